"""The geometries of a batch of city objects as arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from layers.gml.coordinates import Lines
from layers.gml.geometries import Geometry, Link, Part, Polygon, Run, each
from layers.gml.objects import GmlObject
from layers.polygons import METRES_PER_DEGREE, Gathered, Polygons

#: Outlines of these would be a net of triangles.
NO_OUTLINE = frozenset(("TINRelief",))
#: As val3dity numbers it.
RING_NOT_CLOSED = "103"
#: Hears a code, an object's id and a sentence.
Tell = Callable[[str, str, str], None]


@dataclass
class _Columns:
    """The polygons of a batch, column by column: alone, or in runs that are alike."""

    rings: list[Sequence[int]] = field(default_factory=list)  # of a polygon, or one of each polygon of a run
    sizes: list[int] = field(default_factory=list)  # so many polygons
    polygon_rings: list[int] = field(default_factory=list)  # of each of them
    flipped: list[bool] = field(default_factory=list)
    types: list[int] = field(default_factory=list)
    chosen: list[Polygon | Run] = field(default_factory=list)
    geometries: list[tuple[int, int, int, int, bool]] = field(default_factory=list)


@dataclass
class Batch:
    """A batch of polygons, and whose they are: what appearances are told of."""

    polygons: Polygons
    parts: list[Polygon | Run]  # of which there are p polygons
    rings: NDArray[np.int64]  # (r,) the number of each ring's text
    flipped: NDArray[np.bool_]  # (r,)

    def chosen(self) -> list[Polygon]:
        """The polygons, (p,)."""
        return [polygon for polygon in each(self.parts) if isinstance(polygon, Polygon)]


def gather(
    items: Sequence[GmlObject],
    first: int,
    lines: Lines,
    gathered: Gathered,
    tell: Tell,
    placed: Callable[[Geometry, Lines], dict[int, int]],
) -> Batch | None:
    """Put the geometries of objects, the first of which is number `first` of its layer, to those gathered.

    `placed` adds the rings of an implicit geometry, and gives the number of each by that of its template.
    """
    columns = _Columns()
    bad = set(np.flatnonzero(~lines.sound).tolist())
    still_open = set(np.flatnonzero(lines.sound & ~lines.closed).tolist())
    for number, item in enumerate(items, first):
        outlined = item.type not in NO_OUTLINE
        for place, geometry in enumerate(item.geometries):
            lod = gathered.lod_names.code(geometry.lod)
            if geometry.solids:
                rings = None if geometry.placed is None else placed(geometry, lines)
                count, wrong = _add_polygons(columns, geometry, bad, rings, gathered)
                if count:
                    columns.geometries.append((number, lod, place, count, outlined))
                if wrong:
                    _tell_of_bad(item, wrong, tell)
                if still_open:
                    _tell_of_open(item, geometry, still_open, tell)
            elif not geometry.cuts_terrain:
                sound = [line for line in geometry.lines if line not in bad]
                gathered.points += [lines.line(line) for line in sound]
                if len(sound) < len(geometry.lines):
                    tell(
                        "bad_geometry", item.id, f"a line of {item.id!r} has coordinates that are no numbers"
                    )
    return _arrays(columns, lines, gathered) if columns.geometries else None


def _add_polygons(
    columns: _Columns, geometry: Geometry, bad: set[int], placed: dict[int, int] | None, gathered: Gathered
) -> tuple[int, int]:
    """Add the polygons that can be drawn; gives how many, and how many cannot."""
    every = [
        part for shells in geometry.solids for shell in shells for part in shell if type(part) is not Link
    ]
    if Run not in map(type, every):
        return _add_singly(columns, every, bad, placed, gathered)
    if bad or placed is not None:
        return _add_singly(columns, list(each(every)), bad, placed, gathered)
    count = wrong = 0
    for part in every:
        if type(part) is Run and part.known is None:
            _add_run(columns, part, gathered)
            count += len(part.numbers)
        else:
            more, others = _add_singly(columns, list(each([part])), bad, placed, gathered)
            count, wrong = count + more, wrong + others
    return count, wrong


def _add_run(columns: _Columns, run: Run, gathered: Gathered) -> None:
    """Add polygons of which nothing but their coordinates is known."""
    columns.rings.append(run.numbers)
    columns.sizes.append(len(run.numbers))
    columns.polygon_rings.append(1)
    columns.types.append(0 if run.surface is None else gathered.type_names.code(run.surface.type))
    columns.flipped.append(run.flipped)
    columns.chosen.append(run)


def _add_singly(
    columns: _Columns,
    every: Sequence[Part],
    bad: set[int],
    placed: dict[int, int] | None,
    gathered: Gathered,
) -> tuple[int, int]:
    """Add each of these polygons that can be drawn; gives how many, and how many cannot."""
    code = gathered.type_names.code
    chosen = [polygon for polygon in every if type(polygon) is Polygon and polygon.rings]
    if bad:
        chosen = [polygon for polygon in chosen if bad.isdisjoint(polygon.rings)]
    rings = [polygon.rings for polygon in chosen]
    if placed is None:
        columns.rings += rings
    else:
        columns.rings += [[placed[ring] for ring in of_polygon] for of_polygon in rings]
    columns.sizes += [1] * len(rings)
    columns.polygon_rings += map(len, rings)
    surfaces = [polygon.surface for polygon in chosen]
    columns.types += [0 if surface is None else code(surface.type) for surface in surfaces]
    columns.flipped += [polygon.flipped for polygon in chosen]
    columns.chosen += chosen
    return len(chosen), len(every) - len(chosen)


def _tell_of_bad(item: GmlObject, wrong: int, tell: Tell) -> None:
    text = f"{wrong} polygons of {item.id!r} are kept but cannot be drawn: their coordinates are no numbers"
    tell("bad_geometry", item.id, text)


def _tell_of_open(item: GmlObject, geometry: Geometry, still_open: set[int], tell: Tell) -> None:
    polygons = (polygon for polygon in geometry.polygons() if isinstance(polygon, Polygon))
    wrong = sum(ring in still_open for polygon in polygons for ring in polygon.rings)
    if wrong and geometry.placed is None:
        text = f"{wrong} rings of {item.id!r} do not end where they begin; they are drawn as if they did"
        tell(RING_NOT_CLOSED, item.id, text)


def _arrays(columns: _Columns, lines: Lines, gathered: Gathered) -> Batch:
    polygon_rings = np.repeat(np.array(columns.polygon_rings, np.int32), columns.sizes)
    rings = np.fromiter(chain.from_iterable(columns.rings), np.int64, int(polygon_rings.sum()))
    flipped = np.repeat(np.array(columns.flipped, np.bool_), columns.sizes)
    flipped = np.repeat(flipped, polygon_rings)
    corners, counts = lines.corners(rings, flipped)
    objects, lods, places, polygons, outlined = zip(*columns.geometries, strict=True)
    found = Polygons(
        corners=corners,
        rings=counts,
        polygon_rings=polygon_rings,
        types=np.repeat(np.array(columns.types, np.int32), columns.sizes),
        polygons=np.array(polygons, np.int64),
        objects=np.array(objects, np.int32),
        lods=np.array(lods, np.int32),
        places=np.array(places, np.int32),
        outlined=np.array(outlined, np.bool_),
    )
    gathered.batches.append(found)
    return Batch(found, columns.chosen, rings, flipped)


def placed_rings(geometry: Geometry, template: Lines, lines: Lines, in_degrees: bool) -> dict[int, int]:
    """Add the rings of an implicit geometry where it stands; gives the number of each by its template's.

    `template` has the points as they stand in the file. The matrix is applied to them, then the reference
    point is added (OGC 12-019, 8.3); where positions are degrees, metres become so at the reference point.
    """
    assert geometry.placed is not None
    matrix = np.array(geometry.placed.matrix).reshape(4, 4)
    anchor = lines.line(geometry.placed.anchor)[0]
    scale = np.ones(3)
    if in_degrees:
        scale[:2] = METRES_PER_DEGREE * np.cos(np.radians(anchor[1])), METRES_PER_DEGREE
    rings = [
        ring for polygon in geometry.polygons() if isinstance(polygon, Polygon) for ring in polygon.rings
    ]
    rings = list(dict.fromkeys(rings))
    corners, counts = template.corners(np.array(rings, np.int64), np.zeros(len(rings), np.bool_))
    moved = (corners @ matrix[:3, :3].T + matrix[:3, 3]) / scale + anchor
    ends = np.cumsum(counts)[:-1]
    return dict(zip(rings, lines.add(np.split(moved, ends)).tolist(), strict=True))
