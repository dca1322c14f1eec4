"""What is seen in plan: the isovist of a place among what stands at the height of the eye.

The isovist (Benedikt 1979, doi:10.1068/b060047) is all of the map that is seen from a place, here up to a
distance. It is exact: between two directions to corners of the plan, the nearest wall is one and the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.obstacles import Casters
from analysis.plots import feet_near
from layers.arrays import Float64, Int32
from layers.columns import Mask
from layers.data import Box
from layers.runs import Int64, ranges

#: Arcs are drawn with a corner at least every so many degrees.
ARC_DEG = 1.0
#: Directions nearer to each other than this are one.
SAME_RAD = 1e-13
#: Walls whose line passes a place nearer than this hide nothing: it lies on them, or they are seen edge on.
ON_WALL_M = 1e-6


@dataclass(frozen=True)
class Isovist:
    """What is seen from a place in plan, side by side around it."""

    place: Float64  # (2,)
    begin: Float64  # (s,) direction in which each side begins, counter-clockwise from east in radians
    end: Float64  # (s,)
    from_m: Float64  # (s,) how far one sees there
    to_m: Float64  # (s,)
    is_arc: Mask  # (s,) whether one sees as far as one looks; else the side is straight

    @property
    def area_m2(self) -> float:
        """Of all that is seen."""
        turn = self.end - self.begin
        return float((np.where(self.is_arc, turn, np.sin(turn)) * self.from_m * self.to_m / 2).sum())

    @property
    def perimeter_m(self) -> float:
        """Length of the outline, that along lines of sight past corners included."""
        turn = self.end - self.begin
        along = np.where(self.is_arc, self.from_m * turn, _across(self.from_m, self.to_m, turn))
        return float(along.sum() + np.abs(np.roll(self.from_m, -1) - self.to_m).sum())

    @property
    def longest_m(self) -> float:
        """The longest sight."""
        return float(max(self.from_m.max(), self.to_m.max()))

    @property
    def towards(self) -> float:
        """The direction of the longest sight, in the middle where one sees as far in several."""
        side = int(np.argmax(np.maximum(self.from_m, self.to_m)))
        if self.is_arc[side]:
            return float(self.begin[side] + self.end[side]) / 2
        return float((self.begin if self.from_m[side] >= self.to_m[side] else self.end)[side])

    @property
    def ring(self) -> Float64:
        """(k, 2) its outline, arcs in short steps; turns to the left, not closed."""
        steps = np.where(self.is_arc, np.ceil(np.degrees(self.end - self.begin) / ARC_DEG), 1).astype(
            np.int64
        )
        side = np.repeat(np.arange(len(steps)), steps + 1)
        share = ranges(np.zeros(len(steps), np.int64), steps + 1) / steps[side]
        turn = self.begin[side] + share * (self.end - self.begin)[side]
        far = np.where(share < 1, self.from_m[side], self.to_m[side])
        found = self.place + np.column_stack((np.cos(turn) * far, np.sin(turn) * far))
        kept: Float64 = found[(np.abs(found - np.roll(found, 1, axis=0)) > ON_WALL_M).any(axis=1)]
        return kept


@dataclass(frozen=True)
class Levelled:
    """What stands, with heights above the ground instead of heights above sea level."""

    vertices: Float64  # (n, 3) z above the ground
    triangles: Int32  # (m, 3)

    def plan(self, height_m: float) -> Plan:
        """What stands, cut at a height above the ground."""
        return Plan(noded(cut_level(self.vertices[self.triangles], height_m)))


@dataclass(frozen=True)
class Plan:
    """Walls in plan, which do not cross each other."""

    lines: Float64  # (k, 2, 2)

    def isovist(self, place: Float64, radius_m: float) -> Isovist:
        """What is seen from a place (2,), up to a distance."""
        from analysis.sight.planwalls import EAST, NORTH, perhaps_seen  # takes a while to load

        x, y = place.tolist()
        near = perhaps_seen(x, y, self.lines, radius_m, EAST, NORTH)
        return isovist(place, self.lines[near], radius_m)


def levelled(cast: Casters, plants: bool, box: Box) -> Levelled:
    """What stands on the ground in a box on the map, without the ground itself."""
    stands = ~np.isin(cast.layer, cast.terrain)
    if not plants:
        stands[cast.opaque :] = False
    triangles = cast.triangles[stands]
    places = cast.vertices[triangles][..., :2]
    kept = (places.min(axis=1) <= box[3:5]).all(axis=1) & (places.max(axis=1) >= box[:2]).all(axis=1)
    used, numbers = np.unique(triangles[kept], return_inverse=True)
    vertices = cast.vertices[used]
    vertices[:, 2] -= ground_under(cast, vertices[:, :2])
    return Levelled(vertices, numbers.reshape(-1, 3).astype(np.int32))


def ground_under(cast: Casters, places: Float64) -> Float64:
    """How high the ground is at places (n, 2); beside the terrain, as the foot of the nearest object."""
    found = cast.ground.heights(places)
    missing = np.flatnonzero(np.isnan(found))
    if len(missing):
        found[missing] = feet_near(cast, places[missing])
    return found


def cut_level(corners: Float64, z: float) -> Float64:
    """The lines (k, 2, 2) in which triangles (m, 3, 3) are cut at a height."""
    above = corners[..., 2] >= z
    crosses = above.any(axis=1) & ~above.all(axis=1)
    some, up = corners[crosses], above[crosses]
    lone = np.where(up.sum(axis=1) == 1, up.argmax(axis=1), (~up).argmax(axis=1))
    rows = np.arange(len(some))
    a, b, c = (some[rows, (lone + step) % 3] for step in range(3))
    ends = [a + (end - a) * ((z - a[:, 2]) / (end[:, 2] - a[:, 2]))[:, None] for end in (b, c)]
    found = np.stack(ends, axis=1)[..., :2]
    kept: Float64 = found[(found[:, 0] != found[:, 1]).any(axis=1)]
    return kept


def noded(lines: Float64) -> Float64:
    """Lines (k, 2, 2) cut where they cross each other, each once."""
    if not len(lines):
        return lines
    import shapely

    whole = shapely.union_all(shapely.linestrings(lines))
    places, owner = shapely.get_coordinates(shapely.get_parts(whole), return_index=True)
    follows = owner[1:] == owner[:-1]
    found: Float64 = np.stack((places[:-1][follows], places[1:][follows]), axis=1)
    return found


def isovist(place: Float64, lines: Float64, radius_m: float) -> Isovist:
    """What is seen from a place (2,) among lines (k, 2, 2) that do not cross, up to a distance."""
    walls = _Walls.around(place, lines, radius_m)
    bounds = _distinct(np.concatenate((walls.begin, walls.end, [0.0, 2 * np.pi])))
    nearest = walls.nearest(bounds)
    edge = np.flatnonzero(np.diff(nearest)) + 1  # where another wall begins to be the nearest
    first, last = np.concatenate(([0], edge)), np.concatenate((edge, [len(nearest)]))
    wall, begin, end = nearest[first], bounds[first], bounds[last]
    reach = [walls.reach(wall, at, radius_m) for at in (begin, end)]
    return Isovist(place, begin, end, reach[0], reach[1], wall < 0)


@dataclass(frozen=True)
class _Walls:
    """Lines around a place as it sees them: none goes past the direction of east."""

    start: Float64  # (k, 2) from the place
    way: Float64  # (k, 2) along the line
    begin: Float64  # (k,) direction, 0 … 2π
    end: Float64  # (k,) a larger one

    @classmethod
    def around(cls, place: Float64, lines: Float64, radius_m: float) -> _Walls:
        """Those parts of lines that lie within a radius."""
        a, b = lines[:, 0] - place, lines[:, 1] - place
        way = b - a
        # |a + t way| = radius
        square, half, rest = (way**2).sum(axis=1), (a * way).sum(axis=1), (a**2).sum(axis=1) - radius_m**2
        root = np.sqrt(np.maximum(half**2 - square * rest, 0.0))
        low, high = np.maximum((-half - root) / square, 0.0), np.minimum((-half + root) / square, 1.0)
        side = a[:, 0] * way[:, 1] - a[:, 1] * way[:, 0]
        kept = (high > low) & (np.abs(side) > ON_WALL_M * np.sqrt(square))
        a, way, low, high, side = a[kept], way[kept], low[kept], high[kept], side[kept]
        ends = [a + at[:, None] * way for at in (low, high)]
        turn = [np.mod(np.arctan2(end[:, 1], end[:, 0]), 2 * np.pi) for end in ends]
        left = side > 0
        begin, end = np.where(left, turn[0], turn[1]), np.where(left, turn[1], turn[0])
        past = np.flatnonzero(end < begin)
        begin = np.concatenate((begin, np.zeros(len(past))))
        after = end[past].copy()
        end[past] = 2 * np.pi
        number = np.concatenate((np.arange(len(a)), past))
        return cls(a[number], way[number], begin, np.concatenate((end, after)))

    def nearest(self, bounds: Float64) -> Int64:
        """(b - 1,) the wall that is seen between each direction and the next, -1 for none."""
        first = np.searchsorted(bounds, self.begin - SAME_RAD)
        counts = np.maximum(np.searchsorted(bounds, self.end - SAME_RAD) - first, 0)
        between, wall = ranges(first, counts), np.repeat(np.arange(len(first)), counts)
        middle = (bounds[:-1] + bounds[1:]) / 2
        away = self._distance(wall, middle[between])
        order = np.lexsort((wall, away, between))
        found = np.full(len(bounds) - 1, -1, np.int64)
        at, row = np.unique(between[order], return_index=True)
        found[at] = wall[order][row]
        return found

    def reach(self, wall: Int64, direction: Float64, radius_m: float) -> Float64:
        """How far one sees in directions to walls; as far as the radius where there is none."""
        found = np.full(len(wall), radius_m)
        is_wall = wall >= 0
        mine = wall[is_wall]
        ends = self.start[mine], self.start[mine] + self.way[mine]
        farthest = np.sqrt(np.maximum(*((end**2).sum(axis=1) for end in ends)))
        found[is_wall] = np.clip(
            self._distance(mine, direction[is_wall]), 0.0, np.minimum(farthest, radius_m)
        )
        return found

    def _distance(self, wall: Int64, direction: Float64) -> Float64:
        a, way = self.start[wall], self.way[wall]
        across = np.cos(direction) * way[:, 1] - np.sin(direction) * way[:, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Float64 = (a[:, 0] * way[:, 1] - a[:, 1] * way[:, 0]) / across
        return found


def _distinct(angles: Float64) -> Float64:
    """Sorted directions, those that are as good as equal once."""
    found = np.sort(angles)
    kept = np.concatenate(([True], np.diff(found) > SAME_RAD))
    found = found[kept]
    found[-1] = 2 * np.pi
    return found


def _across(one: Float64, other: Float64, turn: Float64) -> Float64:
    """The side of triangles opposite to an angle between two sides."""
    found: Float64 = np.sqrt(np.maximum(one**2 + other**2 - 2 * one * other * np.cos(turn), 0.0))
    return found
