"""Planes over areas of the map: what rises above one is too high. All in metres about a place of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from analysis.clipping import cut, whole
from layers.arrays import Float64
from layers.runs import Int64

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

#: Where nothing may stand at all, the sheet lies deeper than anything is built.
FLOOR_M = -20_000.0
#: Pieces of the map smaller than this are rounding.
LEAST_M2 = 1e-9
#: Planes that differ by less than this are one.
SAME_M = 1e-9
#: A cone about a corner is told by planes that touch it, one for so many degrees: 1.5e-4 too low at most.
FACET_DEG = 2.0


@dataclass(frozen=True)
class Sheet:
    """A plane z = a x + b y + c over an area of the map."""

    area: BaseGeometry  # Polygon or MultiPolygon
    plane: tuple[float, float, float]  # a, b, c

    def heights(self, places: Float64) -> Float64:
        """The height at places (…, 2)."""
        a, b, c = self.plane
        found: Float64 = a * places[..., 0] + b * places[..., 1] + c
        return found


def level(area: BaseGeometry, height_m: float) -> Sheet:
    """The same height everywhere."""
    return Sheet(area, (0.0, 0.0, height_m))


def forbidden(area: BaseGeometry) -> Sheet:
    """An area where nothing may stand."""
    return level(area, FLOOR_M)


def rising(area: BaseGeometry, place: Float64, way: Float64, height_m: float, slope: float) -> Sheet:
    """As high at a place (2,) as given, and higher by `slope` for every metre along a unit vector (2,)."""
    a, b = (slope * way).tolist()
    return Sheet(area, (a, b, height_m - a * float(place[0]) - b * float(place[1])))


def lowest(sheets: Sequence[Sheet]) -> tuple[Sheet, ...]:
    """The lowest of all sheets at every place: their areas meet, but do not overlap."""
    found: list[Sheet] = []
    for sheet in sheets:
        rest = polygons_of(sheet.area)
        kept: list[Sheet] = []
        for other in found:
            shared = polygons_of(shapely.intersection(rest, other.area))
            if shared.area <= LEAST_M2:
                kept.append(other)
                continue
            wins = _lower(sheet, other, shared)
            rest = polygons_of(shapely.difference(rest, shapely.difference(shared, wins)))
            left = polygons_of(shapely.difference(other.area, wins))
            if left.area > LEAST_M2:
                kept.append(replace(other, area=left))
        found = kept
        if rest.area > LEAST_M2:
            found.append(replace(sheet, area=rest))
    return tuple(found)


def _lower(one: Sheet, other: Sheet, area: BaseGeometry) -> BaseGeometry:
    """Where in an area one sheet is lower than another."""
    x0, y0, x1, y1 = area.bounds
    corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
    deeper = other.heights(corners) - one.heights(corners)
    if (deeper <= SAME_M).all():
        return shapely.Polygon()
    if (deeper >= -SAME_M).all():
        return area
    halves = np.column_stack((corners, deeper))[[[0, 1, 2], [0, 2, 3]]]
    pieces = cut(whole(halves, np.arange(2)), halves[..., 2])
    parts = [
        shapely.Polygon(corners[:count, :2])
        for corners, count in zip(pieces.corners, pieces.count, strict=True)
    ]
    return polygons_of(shapely.intersection(area, shapely.union_all(parts)))


def polygons_of(shape: BaseGeometry) -> BaseGeometry:
    """Only what of a shape has an area."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    parts = shapely.get_parts(shape)
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])


@dataclass(frozen=True)
class Cells:
    """The triangles that some sheets are made of, seen from above."""

    corners: Float64  # (n, 3, 2) anticlockwise
    sheet: Int64  # (n,) the number of the sheet of each
    planes: Float64  # (s, 3) of the sheets

    @property
    def boxes(self) -> NDArray[np.object_]:
        """(n,) rectangles around them."""
        low, high = self.corners.min(axis=1), self.corners.max(axis=1)
        return np.asarray(shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1]))


def cells_of(sheets: Sequence[Sheet]) -> Cells:
    """Sheets as triangles."""
    corners, owner = [np.empty((0, 3, 2))], [np.empty(0, np.int64)]
    for number, sheet in enumerate(sheets):
        parts = shapely.get_parts(shapely.constrained_delaunay_triangles(sheet.area))
        rings = shapely.get_coordinates(parts).reshape(-1, 4, 2)[:, :3]
        corners.append(rings)
        owner.append(np.full(len(rings), number))
    found = np.concatenate(corners)
    (ax, ay), (bx, by) = ((found[:, at] - found[:, 0]).T for at in (1, 2))
    turned = ax * by - ay * bx < 0
    found[turned] = found[turned][:, ::-1]
    planes = np.array([sheet.plane for sheet in sheets]).reshape(-1, 3)
    return Cells(found, np.concatenate(owner), planes)


def beside(
    line: Float64,
    height_m: float,
    slope: float,
    reach_m: float,
    closed: bool,
    sides: Sequence[float] = (1.0, -1.0),
) -> list[Sheet]:
    """Sheets that rise from a line (n, 2) with the distance from it, to its left (1) and right (-1).

    They go up to a reach. Around corners they are cones, told by planes that touch these from below. Beyond
    the ends of an open line there is none.
    """
    found = []
    ways = [(end - start) / np.linalg.norm(end - start) for start, end in pairwise(line)]
    for (start, end), way in zip(pairwise(line), ways, strict=True):
        for side in sides:
            across = side * np.array((-way[1], way[0]))
            ring = (start, end, end + reach_m * across, start + reach_m * across)
            found.append(rising(shapely.Polygon(ring), start, across, height_m, slope))
    corners = [*zip(line[1:], pairwise(ways), strict=False)]
    if closed:
        corners.append((line[0], (ways[-1], ways[0])))
    for corner, (before, after) in corners:
        turn = float(np.arctan2(before[0] * after[1] - before[1] * after[0], before @ after))
        if -np.sign(turn) in sides:  # to the right of a line that turns left
            found += _cone(corner, before, turn, height_m, slope, reach_m)
    return found


def _cone(
    corner: Float64, before: Float64, turn: float, height_m: float, slope: float, reach_m: float
) -> list[Sheet]:
    """What fills the gap on the outer side of a corner of a line."""
    count = int(np.ceil(abs(np.degrees(turn)) / FACET_DEG - 1e-9))
    if count == 0:
        return []
    side = -np.sign(turn)
    first = np.arctan2(*(side * np.array((before[0], -before[1]))))
    edges = first + np.linspace(0.0, turn, count + 1)
    far = reach_m / np.cos(turn / count / 2)
    found = []
    for begin, end in pairwise(edges.tolist()):
        ends = [corner + far * np.array((np.cos(angle), np.sin(angle))) for angle in (begin, end)]
        middle = (begin + end) / 2
        way = np.array((np.cos(middle), np.sin(middle)))
        found.append(rising(shapely.Polygon((corner, *ends)), corner, way, height_m, slope))
    return found
