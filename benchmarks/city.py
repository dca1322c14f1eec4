"""A city of N buildings as CityJSON 2.0, the same at every run.

    python -m benchmarks.city 100000 city.city.json

Footprints have 4 to 16 corners, a third of them concave (L, U and comb shapes), under flat,
gable, hip and pyramid roofs in LoD 2.2, with semantic surfaces and eight attributes.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import roofs
from benchmarks.roofs import Face, Float64, Shape

SEED = 20240501
PLOT_M = 33.0
SCALE = 0.001
ORIGIN = (80_000.0, 450_000.0, 0.0)  # in EPSG:7415
HEAD = (
    '{"type":"CityJSON","version":"2.0","transform":{"scale":[%s,%s,%s],"translate":[%s,%s,%s]},'
    '"metadata":{"referenceSystem":"https://www.opengis.net/def/crs/EPSG/0/7415"},"CityObjects":{'
)
SEMANTICS = '"semantics":{"surfaces":[{"type":"GroundSurface"},{"type":"WallSurface"},{"type":"RoofSurface"}]'
ATTRIBUTES = (
    '"attributes":{"identificatie":"NL.IMBAG.Pand.%016d","function":"%d","roofType":"%s",'
    '"measuredHeight":%.2f,"storeysAboveGround":%d,"yearOfConstruction":%d,"energyLabel":"%s",'
    '"floorArea":%.1f}'
)


def write_city(path: Path, buildings: int) -> None:
    """Write the city; buildings of all shapes stand in no order."""
    shapes = list(_shapes(buildings, np.random.default_rng(SEED)))
    plots = np.random.default_rng(SEED + 1).permutation(buildings)
    side = int(np.ceil(np.sqrt(buildings)))
    texts: list[str] = []
    vertices: list[NDArray[np.int64]] = []
    first_plot = first_vertex = 0
    for number, shape in enumerate(shapes):
        count = len(shape.points)
        mine = plots[first_plot : first_plot + count]
        placed = _placed(shape.points, mine, side, np.random.default_rng(SEED + 2 + number))
        texts += _objects(shape, mine, first_vertex)
        vertices.append(np.round((placed - ORIGIN) / SCALE).astype(np.int64).reshape(-1, 3))
        first_plot, first_vertex = first_plot + count, first_vertex + len(vertices[-1])
    with path.open("w", encoding="ascii") as file:
        file.write(HEAD % (SCALE, SCALE, SCALE, *ORIGIN))
        file.write(",".join(texts[i] for i in np.argsort(plots)))
        file.write('},"vertices":[')
        file.write(_triples(np.concatenate(vertices)))
        file.write("]}")


def _shapes(buildings: int, random: np.random.Generator) -> Iterator[Shape]:
    """The mix of forms; their counts add up to `buildings`."""
    forms = 18
    counts = random.multinomial(buildings, np.array(_SHARES) / sum(_SHARES))
    for form in range(forms):
        count = int(counts[form])
        length, width = random.uniform(11, 20, count), random.uniform(7, 10.5, count)
        height = np.exp(random.normal(np.log(9), 0.35, count))
        dents = random.uniform(-0.12, 0.06, (count, 16))
        if count:
            yield _shape(form, length, width, height, dents)


#: Buildings per form of `_shape`, in hundredths.
_SHARES = (13, 13, 9, 10, 5, 3, 3, 2, 2, 6, 7, 6, 5, 4, 3, 3, 3, 3)


def _shape(form: int, length: Float64, width: Float64, height: Float64, dents: Float64) -> Shape:
    if form == 0:
        return roofs.rectangle("gable", length, width, height)
    if form == 1:
        return roofs.rectangle("hip", length, width, height)
    if form == 2:
        return roofs.flat(roofs.around(4, length, dents[:, :4]), height)
    if form == 3:
        return roofs.l_shape(length, width, height)
    if form == 4:
        return roofs.u_shape(length, width, height)
    if form < 9:
        return roofs.flat(roofs.comb((1, 2, 3, 4)[form - 5], length, width), height)
    corners = (5, 6, 7, 8, 10, 11, 12, 14, 16)[form - 9]
    return roofs.pyramid(roofs.around(corners, length, dents[:, :corners]), height)


def _placed(points: Float64, plots: NDArray[np.int64], side: int, random: np.random.Generator) -> Float64:
    """Turned, and set on their plots in rolling terrain."""
    angle = random.uniform(0, 2 * np.pi, len(points))
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    east, north = (plots % side) * PLOT_M, (plots // side) * PLOT_M
    ground = 12 + 8 * np.sin(east / 900) + 6 * np.cos(north / 700)
    x = points[..., 0] * cos - points[..., 1] * sin + east[:, None]
    y = points[..., 0] * sin + points[..., 1] * cos + north[:, None]
    return np.stack((x, y, points[..., 2] + ground[:, None]), axis=-1) + ORIGIN


def _objects(shape: Shape, plots: NDArray[np.int64], first_vertex: int) -> list[str]:
    """The JSON members of the buildings of one shape: one format string, filled for all."""
    faces = (*shape.ground, *shape.walls, *shape.roofs)
    corners = np.array([corner for face in faces for corner in face])
    count, points, _ = shape.points.shape
    numbers = corners + first_vertex + points * np.arange(count)[:, None]
    values = [0] * len(shape.ground) + [1] * len(shape.walls) + [2] * len(shape.roofs)
    boundaries = ",".join(_face_format(face) for face in faces)
    template = (
        f'"b%d":{{"type":"Building",{ATTRIBUTES},"geometry":[{{"type":"Solid","lod":"2.2",'
        f'"boundaries":[[{boundaries}]],{SEMANTICS},"values":[{str(values).replace(" ", "")}]}}}}]}}'
    )
    columns = zip(_attributes(shape, plots), numbers.tolist(), strict=True)
    return [template % (*attributes, *row) for attributes, row in columns]


def _face_format(face: Face) -> str:
    return "[[" + ",".join(["%d"] * len(face)) + "]]"


def _attributes(shape: Shape, plots: NDArray[np.int64]) -> Iterator[tuple[object, ...]]:
    height = shape.points[..., 2].max(axis=1)
    storeys = np.maximum(1, np.round(height / 3.1)).astype(int)
    years = 1890 + (plots * 7919) % 130
    area = np.ptp(shape.points[..., 0], axis=1) * np.ptp(shape.points[..., 1], axis=1) * storeys
    functions = np.array((1000, 1010, 1120, 2030))[(plots * 31) % 4]
    labels = np.array(list("ABCDEFG"))[(plots * 17) % 7]
    columns = (plots, 503100000000000 + plots, functions, [shape.roof] * len(plots), height, storeys, years)
    return zip(*(list(column) for column in (*columns, labels, area)), strict=True)


def _triples(values: NDArray[np.int64]) -> str:
    return ("[%d,%d,%d]," * len(values))[:-1] % tuple(values.ravel().tolist())


def city_file(buildings: int, folder: Path | None = None) -> Path:
    """The city in a temporary folder, written only once per machine."""
    folder = folder or Path(tempfile.gettempdir()) / "citystrata-benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"city-{buildings}.city.json"
    if not path.exists():
        partial = path.with_suffix(".partial")
        write_city(partial, buildings)
        partial.replace(path)
    return path


if __name__ == "__main__":
    write_city(Path(sys.argv[2]), int(sys.argv[1]))
