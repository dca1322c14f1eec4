"""A city of N buildings as CityJSONSeq or CityJSON 2.0, the same at every run.

    python -m benchmarks.city 1000000 city.city.jsonl

Terraces, villas, closed blocks, slabs, towers and halls stand along streets, lower and looser from the
middle outwards. Each building has its footprint as LoD 0, a solid with semantic surfaces under one of
eight forms of roof as LoD 2.2 (about 25 triangles), and nine attributes. Parts are written at once by
one process per core, in bounded memory.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.roofs import FORMS, Face, Float64, Shape
from benchmarks.streets import FORM_NAMES, KINDS, SEED, Blocks, Int64, Lots, city_blocks, lots_of, rotated

SCALE = 0.001
MIDDLE = (155_000.0, 463_000.0, 0.0)  # in EPSG:7415
PART = 8_000  # buildings, about
HEAD = (
    f'"version":"2.0","transform":{{"scale":[{SCALE},{SCALE},{SCALE}],"translate":[%s,%s,%s]}},'
    '"metadata":{"referenceSystem":"https://www.opengis.net/def/crs/EPSG/0/7415"},"CityObjects":{'
) % MIDDLE
SEMANTICS = '"semantics":{"surfaces":[{"type":"GroundSurface"},{"type":"WallSurface"},{"type":"RoofSurface"}]'
ATTRIBUTES = (
    '"attributes":{"identificatie":"NL.IMBAG.Pand.%016d","function":"%d","roofType":"%s",'
    '"measuredHeight":%.2f,"storeysAboveGround":%d,"yearOfConstruction":%d,'
    '"dateOfConstruction":"%d-07-01","energyLabel":%s,"floorArea":%.1f}'
)
LABELS = ('"A"', '"B"', '"C"', '"D"', '"E"', '"F"', '"G"', "null")


@dataclass(frozen=True)
class Part:
    """Some blocks of the city, and the number of their first building."""

    number: int
    blocks: Blocks
    first: int

    def lots(self) -> tuple[Lots, np.random.Generator]:
        """Its lots, and the chance that goes on from there."""
        random = np.random.default_rng((SEED, self.number))
        return lots_of(self.blocks, random), random


def city_parts(buildings: int) -> Iterator[Part]:
    """The city in parts of about `PART` buildings."""
    blocks = city_blocks(buildings)
    ends = np.cumsum(blocks.buildings)
    cuts = np.unique(np.searchsorted(ends, np.arange(PART, buildings, PART)))
    for number, (start, end) in enumerate(zip((0, *cuts), (*cuts, len(ends)), strict=True)):
        yield Part(number, blocks.part(start, end), int(ends[start] - blocks.buildings[start]))


def write_sequence(path: Path, buildings: int) -> None:
    """Write the city as CityJSONSeq: a header, then one feature per line."""
    with path.open("wb") as file, ProcessPoolExecutor(os.cpu_count()) as pool:
        file.write(f'{{"type":"CityJSON",{HEAD}}},"vertices":[]}}\n'.encode())
        parts = city_parts(buildings)
        waiting = [pool.submit(features, part) for part in islice(parts, 4)]
        while waiting:
            file.write(waiting.pop(0).result())
            waiting += [pool.submit(features, part) for part in islice(parts, 1)]


def write_city(path: Path, buildings: int) -> None:
    """Write the city as one CityJSON object: objects first, and their vertices from a second file."""
    with tempfile.TemporaryFile("w+", encoding="ascii") as points, path.open("w", encoding="ascii") as file:
        file.write(f'{{"type":"CityJSON",{HEAD}')
        first_vertex = 0
        for part in city_parts(buildings):
            texts, vertices = objects(part, first_vertex)
            file.write(("," if part.number else "") + ",".join(texts))
            points.write(("," if part.number else "") + ",".join(vertices))
            first_vertex += sum(text.count("[") for text in vertices)
        file.write('},"vertices":[')
        points.seek(0)
        shutil.copyfileobj(points, file)
        file.write("]}")


def features(part: Part) -> bytes:
    """The lines of a part of the city."""
    texts, vertices = objects(part, None)
    lines = [
        f'{{"type":"CityJSONFeature","id":"b{number}","CityObjects":{{{text}}},"vertices":[{points}]}}\n'
        for number, (text, points) in enumerate(zip(texts, vertices, strict=True), part.first)
    ]
    return "".join(lines).encode()


def objects(part: Part, first_vertex: int | None) -> tuple[list[str], list[str]]:
    """The JSON members of the buildings of a part, and their vertices.

    Vertices are numbered on from `first_vertex`, or from 0 in each building when it is None.
    """
    lots, random = part.lots()
    count = len(lots.form)
    dents = random.uniform(-0.12, 0.06, (count, 16))
    chance = random.random((count, 4))
    shapes: list[tuple[Int64, Shape]] = []
    for number, name in enumerate(FORM_NAMES):
        mine = np.flatnonzero(lots.form == number)
        if len(mine):
            length, width, height = lots.size[mine].T
            shapes.append((mine, FORMS[name](length, width, height, dents[mine])))
    sizes = np.zeros(count, np.int64)
    for mine, shape in shapes:
        sizes[mine] = shape.points.shape[1]
    starts = None if first_vertex is None else np.cumsum(sizes) - sizes + first_vertex
    texts, vertices = [""] * count, [""] * count
    for mine, shape in shapes:
        filled = _filled(shape, part.first + mine, mine, lots, chance[mine], starts)
        placed = _placed(shape.points, lots.place[mine], lots.angle[mine])
        triples = ",".join(["[%d,%d,%d]"] * placed.shape[1])
        rows = placed.reshape(len(mine), -1).tolist()
        for at, text, row in zip(mine.tolist(), filled, rows, strict=True):
            texts[at], vertices[at] = text, triples % tuple(row)
    return texts, vertices


def _filled(
    shape: Shape, numbers: Int64, mine: Int64, lots: Lots, chance: Float64, starts: Int64 | None
) -> list[str]:
    """The members of the buildings of one shape: one format string, filled for all."""
    geometry, corners = _geometry(shape)
    rows = _attributes(shape, numbers, lots.kind[mine], lots.centrality[mine], chance)
    if starts is None:
        # Vertices have the same numbers in every building.
        template = f'"b%d":{{"type":"Building",{ATTRIBUTES},{geometry % tuple(corners.tolist())}}}'
        return [template % row for row in rows]
    template = f'"b%d":{{"type":"Building",{ATTRIBUTES},{geometry}}}'
    indices = (starts[mine, None] + corners).tolist()
    return [template % (*row, *own) for row, own in zip(rows, indices, strict=True)]


def _geometry(shape: Shape) -> tuple[str, Int64]:
    """The member "geometry" as a format string, and the corners that go into it."""
    footprint = tuple(ring[::-1] for ring in shape.ground[0])
    faces = (*shape.ground, *shape.walls, *shape.roofs)
    values = [0] * len(shape.ground) + [1] * len(shape.walls) + [2] * len(shape.roofs)
    text = (
        f'"geometry":[{{"type":"MultiSurface","lod":"0","boundaries":[{_rings(footprint)}]}},'
        f'{{"type":"Solid","lod":"2.2","boundaries":[[{",".join(map(_rings, faces))}]],'
        f'{SEMANTICS},"values":[{str(values).replace(" ", "")}]}}}}]'
    )
    return text, np.array([corner for face in (footprint, *faces) for ring in face for corner in ring])


def _rings(face: Face) -> str:
    return "[" + ",".join("[" + ",".join(["%d"] * len(ring)) + "]" for ring in face) + "]"


def _attributes(
    shape: Shape, numbers: Int64, kind: Int64, centrality: Float64, chance: Float64
) -> Iterator[tuple[object, ...]]:
    height = shape.points[..., 2].max(axis=1)
    storeys = np.maximum(1, np.round(height / 3.1)).astype(int)
    years = (2024 - 134 * chance[:, 0] ** 0.6 * (0.35 + 0.65 * centrality)).astype(int)
    area = np.ptp(shape.points[..., 0], axis=1) * np.ptp(shape.points[..., 1], axis=1) * storeys
    codes = np.array([(rule.function * 3)[:3] for rule in KINDS.values()])
    functions = codes[kind, (chance[:, 1] * 3).astype(int)]
    # Newer houses have better labels; some have none.
    newer = np.clip((2024 - years) / 134 * 5 + chance[:, 2] * 3, 0, 6).astype(int)
    labels = np.array(LABELS)[np.where(chance[:, 3] < 0.06, 7, newer)]
    ids = 503100000000000 + numbers
    roofs = [shape.roof] * len(ids)
    columns = (numbers, ids, functions, roofs, height, storeys, years, years, labels, area)
    return zip(*(list(column) for column in columns), strict=True)


def _placed(points: Float64, place: Float64, angle: Float64) -> Int64:
    """Whole numbers of the file: turned, and set on their lots in rolling terrain."""
    ground = ground_m(place)
    flat = rotated(points[..., :2], angle[:, None]) + place[:, None]
    high = points[..., 2] + ground[:, None]
    return np.round(np.concatenate((flat, high[..., None]), axis=-1) / SCALE).astype(np.int64)


def ground_m(place: Float64) -> Float64:
    """Height of the terrain at places (n, 2), metres from the middle of the city."""
    return np.asarray(12 + 8 * np.sin(place[:, 0] / 900) + 6 * np.cos(place[:, 1] / 700))


def city_file(buildings: int, ending: str = ".city.json", folder: Path | None = None) -> Path:
    """The city in a temporary folder, written only once per machine."""
    folder = folder or Path(tempfile.gettempdir()) / "citystrata-benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"city-{buildings}{ending}"
    if not path.exists():
        partial = path.with_suffix(".partial")
        write(partial, buildings, is_sequence=ending.endswith("l"))
        partial.replace(path)
    return path


def write(path: Path, buildings: int, is_sequence: bool) -> None:
    """Write the city in one of both formats."""
    (write_sequence if is_sequence else write_city)(path, buildings)


if __name__ == "__main__":
    write(Path(sys.argv[2]), int(sys.argv[1]), is_sequence=sys.argv[2].endswith("l"))
