"""What is written onto the pictures of a report: who looks, what is judged, and heights along a corridor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.sight.allowedheights import ALLOWED
from analysis.sight.viewtables import BREAKS, CORRIDORS
from analysis.sight.windowtables import PICTURE, SEEN
from app.resulttext import amount
from layers.arrays import Float64
from layers.project import Project
from layers.results import CHANGE, OBSERVERS, SIGHTLINES, VOLUMES, Result, Table
from viewer.camera import Camera

#: Numbers stand so far apart on a map, as a part of its width.
APART = 0.085
#: More names would hide the map.
MOST_NAMED = 8
#: What changes less of a picture than this is not named in it.
LEAST_CHANGE_PCT = 1.0
#: The kind of surfaces on the ground.
GROUND = "ground"
#: The role of volumes that say up to where one may build.
THRESHOLD = "threshold"


@dataclass(frozen=True)
class Mark:
    """Words with a line to the place they are about; a small one is a number."""

    x: float  # pixels of the picture
    y: float
    words: str
    is_number: bool = False


def unnamed(result: Result) -> Result:
    """The result without names of those who look: reports write these in letters that can be read."""
    lookers = result.tables.get(OBSERVERS, Table())
    if not len(lookers):
        return result
    silent = Table({**lookers.columns, "name": [""] * len(lookers)})
    return replace(result, tables={**result.tables, OBSERVERS: silent})


def flat(result: Result) -> Result:
    """The result without threshold surfaces, which from above hide the colours of the heights below them."""
    volumes = result.tables.get(VOLUMES, Table())
    if not len(volumes) or not result.quantities:
        return result
    kept = [row for row, role in enumerate(volumes.texts("role")) if role != THRESHOLD]
    some = Table({name: [str(values[row]) for row in kept] for name, values in volumes.columns.items()})
    return replace(result, tables={**result.tables, VOLUMES: some})


def marks_on_map(result: Result, quantity: str, camera: Camera, size: tuple[int, int]) -> tuple[Mark, ...]:
    """The names of places and landmarks, and how high one may build at places along a corridor."""
    found = [*_named(result)]
    places = np.array([place for place, _ in found]).reshape(-1, 3)
    names = [
        Mark(x, y, words)
        for (x, y, _), (_, words) in zip(camera.project(places, *size).tolist(), found, strict=True)
    ]
    return (*names, *_heights(result, quantity, camera, size))


def _named(result: Result) -> Iterator[tuple[tuple[float, float, float], str]]:
    lookers = result.tables.get(OBSERVERS, Table())
    if 0 < len(lookers) <= MOST_NAMED:
        axes = (lookers.numbers(axis).tolist() for axis in "xyz")
        yield from zip(zip(*axes, strict=True), lookers.texts("name"), strict=True)
    corridors, lines = result.tables.get(CORRIDORS, Table()), result.tables.get(SIGHTLINES, Table())
    if len(corridors) and len(lines):
        x, y, z = (float(lines.numbers(f"{axis}1")[0]) for axis in "xyz")
        yield (x, y, z), corridors.texts("landmark")[0]


def _heights(result: Result, quantity: str, camera: Camera, size: tuple[int, int]) -> Iterator[Mark]:
    """Numbers where how high one may build is mapped, from the eye outwards."""
    lookers, points = result.tables.get(OBSERVERS, Table()), result.points
    if quantity != ALLOWED or not len(lookers) or not len(points):
        return
    values = points.numbers(quantity)
    places = np.column_stack([points.numbers(axis) for axis in "xyz"])[np.isfinite(values)]
    values = values[np.isfinite(values)]
    eye = np.array([lookers.numbers(axis)[0] for axis in "xy"])
    drawn = camera.project(places, *size)[:, :2]
    order = np.argsort(np.hypot(*(places[:, :2] - eye).T), kind="stable")
    for at in _apart(drawn[order], APART * size[0]):
        point = order[at]
        x, y = drawn[point].tolist()
        yield Mark(x, y, amount(float(values[point]), 1, "m"), is_number=True)


def _apart(places: Float64, distance: float) -> list[int]:
    """Those of some places (n, 2), the first ones first, that lie apart from each other."""
    chosen: list[int] = []
    free: NDArray[np.bool_] = np.ones(len(places), bool)
    while free.any():
        at = int(free.argmax())
        chosen.append(at)
        free &= np.hypot(*(places - places[at]).T) >= distance
    return chosen


def marks_in_view(
    project: Project, fids: NDArray[np.int64], camera: Camera, size: tuple[int, int]
) -> tuple[Mark, ...]:
    """The names of objects at their tops, as far as they are in a picture."""
    found = []
    for fid in fids.tolist()[:MOST_NAMED]:
        box = project.box([fid])
        if box is None:
            continue
        top = np.array([[(box[0] + box[3]) / 2, (box[1] + box[4]) / 2, box[5]]])
        x, y, depth = camera.project(top, *size)[0].tolist()
        if depth > 0 and 0 <= x < size[0]:
            item = project.object(fid)
            found.append(Mark(x, y, str(item.attributes.get("name") or item.id)))
    return tuple(found)


def judged(result: Result) -> NDArray[np.int64]:
    """What pictures of views are about: what breaks the view, what changes it, or what is looked at."""
    breaks, objects = (result.tables.get(name, Table()) for name in (BREAKS, SEEN))
    if len(breaks):
        return np.unique(breaks.columns["fid"][np.asarray(breaks.columns["breaks"], bool)])
    if PICTURE + CHANGE in objects.columns:
        changed = np.abs(objects.numbers(PICTURE + CHANGE)) >= LEAST_CHANGE_PCT
        return np.asarray(objects.columns["fid"], np.int64)[changed]
    return built(result)


def built(result: Result) -> NDArray[np.int64]:
    """The objects among whose surfaces there are others than ground."""
    if "surface_type" not in result.surfaces.columns:
        return np.empty(0, np.int64)
    stands = np.array(result.surfaces.texts("surface_type"), object) != GROUND
    fids = np.asarray(result.surfaces.columns["fid"], np.int64)[stands]
    return np.unique(fids[fids >= 0])
