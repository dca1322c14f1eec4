"""The outside of objects in small pieces, and how large those look from somewhere.

Pieces lie in slices of equal height, so that it can be told how much of the height is seen. Solid angles of
triangles are those of Van Oosterom & Strackee 1983, doi:10.1109/TBME.1983.325207.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.gridding import areas_of
from analysis.products import dots
from analysis.receivers import LIFT_M
from layers.arrays import Float64
from layers.columns import Mask
from layers.runs import Int64, totals

#: Pieces of an object, about.
PIECES = 250
#: The plastic number, the real root of x³ = x + 1.
PLASTIC = 1.324717957244746
#: Triangles smaller than this are none.
SMALLEST_M2 = 1e-6
#: Objects whose faces leave no more than this share of their area open are closed bodies.
MOST_OPEN = 1e-3
#: Corners that stand out of the plane of a face by no more than this leave a body convex.
CONVEX_M = 1e-3
#: Seen from farther than so many times its longest edge, a triangle is as large as its middle says.
FAR = 10.0
#: Bodies of more pairs of faces and corners than this are not tried for being convex.
MOST_TRIED = 1_000_000
#: Edges that are up to so many times shorter than the longest are halved with it.
HALVED_TOGETHER = 1.1


@dataclass(frozen=True)
class Patches:
    """Triangles that stand for the outside of objects."""

    corners: Float64  # (p, 3, 3) world
    outward: Float64  # (p, 3) unit normals, out of the body
    is_closed: Mask  # (p,) whether they belong to a body, whose back is hidden; else both sides count
    weight: Float64  # (p,) how many times itself each one stands for
    owner: Int64  # (p,) the triangle it was cut from
    level: Int64  # (p,) its slice, from below
    level_m: float  # height of a slice
    levels: int
    is_convex: bool  # whether nothing of them hides anything else of them

    def __len__(self) -> int:
        return len(self.corners)

    @cached_property
    def middles(self) -> Float64:
        """(p, 3)."""
        found: Float64 = self.corners.mean(axis=1)
        return found

    @cached_property
    def spots(self) -> Float64:
        """(p, 3) the place in each piece that is looked at.

        They lie unevenly, each elsewhere in its piece, so that no row of them follows an edge of what
        hides them: by the additive recurrence R2 (Roberts 2018, The unreasonable effectiveness of
        quasirandom sequences), folded into triangles.
        """
        u, v = (np.arange(1, len(self) + 1) / PLASTIC**power % 1.0 for power in (1, 2))
        beyond = u + v > 1
        u, v = np.where(beyond, 1 - u, u), np.where(beyond, 1 - v, v)
        a, b, c = (self.corners[:, corner] for corner in range(3))
        found: Float64 = a + u[:, None] * (b - a) + v[:, None] * (c - a)
        return found

    @cached_property
    def sides(self) -> Float64:
        """(2p, 3) the spots a little before each piece, then those a little behind."""
        lift = LIFT_M * self.outward
        return np.concatenate((self.spots + lift, self.spots - lift))

    @cached_property
    def area_m2(self) -> Float64:
        """(p,) of the outside that each stands for."""
        return areas_of(self.corners) * self.weight

    @cached_property
    def width_m(self) -> Float64:
        """(p,) the longest edge of each."""
        found: Float64 = _edges(self.corners).max(axis=1)
        return found


def patches_of(triangles: Float64, body: Int64, count: int) -> Patches:
    """About `count` pieces of triangles (m, 3, 3), each of a body (m,) with a number."""
    kept = np.flatnonzero(areas_of(triangles) > SMALLEST_M2)
    triangles, body = triangles[kept], body[kept]
    if not len(kept):
        return NONE
    turn, closed = _turned(triangles, body)
    low, high = float(triangles[..., 2].min()), float(triangles[..., 2].max())
    height = high - low
    levels = max(round(np.sqrt(2.0 * count)), 1) if height > 0 else 1
    pieces, owner = _sliced(triangles, low + height * np.arange(levels + 1) / levels)
    pieces, owner = _halved(pieces, owner, count)
    level = np.zeros(len(pieces), np.int64)
    if height > 0:
        level = ((pieces[..., 2].mean(axis=1) - low) / height * levels).astype(np.int64)
        level = np.clip(level, 0, levels - 1)
    some, weight = _chosen(areas_of(pieces), level, count)
    pieces, owner, level = pieces[some], owner[some], level[some]
    normal = np.cross(pieces[:, 1] - pieces[:, 0], pieces[:, 2] - pieces[:, 0])
    normal *= (turn[owner] / np.linalg.norm(normal, axis=1))[:, None]
    is_closed = closed[owner]
    is_convex = bool(is_closed.all()) and _is_convex(triangles, turn)
    return Patches(pieces, normal, is_closed, weight, kept[owner], level, height / levels, levels, is_convex)


#: Of objects that are not there.
NONE = Patches(
    corners=np.empty((0, 3, 3)),
    outward=np.empty((0, 3)),
    is_closed=np.empty(0, bool),
    weight=np.empty(0),
    owner=np.empty(0, np.int64),
    level=np.empty(0, np.int64),
    level_m=0.0,
    levels=1,
    is_convex=True,
)


def solid_angles(eyes: Float64, corners: Float64) -> Float64:
    """How large triangles (n, 3, 3) look from eyes (n, 3), in steradian (n,)."""
    a, b, c = (corners[:, corner] - eyes for corner in range(3))
    la, lb, lc = (np.sqrt(dots(way, way)) for way in (a, b, c))
    volume = np.abs(dots(a, np.cross(b, c)))
    beside = la * lb * lc + dots(a, b) * lc + dots(a, c) * lb + dots(b, c) * la
    found: Float64 = 2.0 * np.arctan2(volume, beside)
    return found


def far_solid_angles(ways: Float64, outward: Float64, area_m2: Float64) -> Float64:
    """How large small faces look from far away, in steradian (n,); `ways` (n, 3) from the eyes to them."""
    square, across = dots(ways, ways), np.abs(dots(ways, outward))
    found: Float64 = area_m2 * across / (square * np.sqrt(square))
    return found


def _turned(triangles: Float64, body: Int64) -> tuple[Float64, Mask]:
    """1 where the normals of triangles point out of their body, -1 where into it; and which are of bodies."""
    numbers, owner = np.unique(body, return_inverse=True)
    count = len(numbers)
    middle = np.stack([totals(owner, triangles[..., axis].mean(axis=1), count) for axis in range(3)], axis=1)
    middle /= np.maximum(np.bincount(owner, minlength=count), 1)[:, None]
    a, b, c = (triangles[:, corner] - middle[owner] for corner in range(3))
    normal = np.cross(b - a, c - a) / 2
    opening = np.stack([totals(owner, normal[:, axis], count) for axis in range(3)], axis=1)
    area = totals(owner, np.linalg.norm(normal, axis=1), count)
    volume = totals(owner, (a * np.cross(b, c)).sum(axis=1), count)
    closed = np.linalg.norm(opening, axis=1) <= MOST_OPEN * area
    return np.where(volume < 0, -1.0, 1.0)[owner], closed[owner]


def _is_convex(triangles: Float64, turn: Float64) -> bool:
    """Whether all corners lie behind all faces."""
    points = np.unique(np.round(triangles.reshape(-1, 3), 4), axis=0)
    if len(points) * len(triangles) > MOST_TRIED:
        return False
    normal = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    normal *= (turn / np.linalg.norm(normal, axis=1))[:, None]
    offset = (normal * (triangles[:, 0] - points[0])).sum(axis=1)
    before = (points - points[0]) @ normal.T - offset
    return bool(before.max(initial=0.0) <= CONVEX_M)


def _edges(corners: Float64) -> Float64:
    """(n, 3) lengths of the edges that begin at each corner."""
    way = np.roll(corners, -1, axis=1) - corners
    found: Float64 = np.sqrt((way * way).sum(axis=-1))
    return found


def _sliced(triangles: Float64, bounds: Float64) -> tuple[Float64, Int64]:
    """The pieces of triangles between levels, and the triangle that each is of."""
    low, high = triangles[..., 2].min(axis=1, initial=np.inf), triangles[..., 2].max(axis=1, initial=-np.inf)
    # Level ones lie in the slice above them, the uppermost ones in the last.
    first = np.clip(np.searchsorted(bounds, low, "right") - 1, 0, len(bounds) - 2)
    last = np.maximum(np.searchsorted(bounds, high, "left") - 1, first)
    found, whose = [np.empty((0, 3, 3))], [np.empty(0, np.int64)]
    for number in range(len(bounds) - 1):
        owner = np.flatnonzero((first <= number) & (number <= last))
        pieces = triangles[owner]
        for bound, side in ((bounds[number], 1), (bounds[number + 1], -1)):
            pieces, owner = _cut(pieces, owner, bound)
            kept = (first[owner] == last[owner]) | (side * (pieces[..., 2].mean(axis=1) - bound) > 0)
            pieces, owner = pieces[kept], owner[kept]
        found.append(pieces)
        whose.append(owner)
    return np.concatenate(found), np.concatenate(whose)


def _cut(triangles: Float64, owner: Int64, z: float) -> tuple[Float64, Int64]:
    """The triangles cut where they cross a level."""
    above, below = triangles[..., 2] > z, triangles[..., 2] < z
    crosses = above.any(axis=1) & below.any(axis=1)
    if not crosses.any():
        return triangles, owner
    some, mine = triangles[crosses], owner[crosses]
    one_above = above[crosses].sum(axis=1) == 1
    lone = np.where(one_above, above[crosses].argmax(axis=1), below[crosses].argmax(axis=1))
    rows = np.arange(len(some))
    a, b, c = (some[rows, (lone + step) % 3] for step in range(3))
    p, q = (a + (end - a) * ((z - a[:, 2]) / (end[:, 2] - a[:, 2]))[:, None] for end in (b, c))
    parts = [np.stack(corners, axis=1) for corners in ((a, p, q), (p, b, c), (p, c, q))]
    found, whose = np.concatenate(parts), np.tile(mine, 3)
    kept = areas_of(found) > SMALLEST_M2
    return np.concatenate((triangles[~crosses], found[kept])), np.concatenate((owner[~crosses], whose[kept]))


def _halved(triangles: Float64, owner: Int64, count: int) -> tuple[Float64, Int64]:
    """The triangles, those with the longest edges halved along them until there are `count`."""
    while len(triangles) < count:
        edges = _edges(triangles)
        longest = edges.max(axis=1, initial=0.0)
        is_long = longest > longest.max(initial=0.0) / HALVED_TOGETHER
        if not is_long.any():
            break
        rows, first = np.arange(int(is_long.sum())), edges[is_long].argmax(axis=1)
        a, b, c = (triangles[is_long][rows, (first + step) % 3] for step in range(3))
        middle = (a + b) / 2
        halves = (np.stack((a, middle, c), axis=1), np.stack((middle, b, c), axis=1))
        triangles = np.concatenate((triangles[~is_long], *halves))
        owner = np.concatenate((owner[~is_long], np.tile(owner[is_long], 2)))
    return triangles, owner


def _chosen(area: Float64, level: Int64, count: int) -> tuple[Int64, Float64]:
    """All pieces, or where they are far too many evenly some of each level, and how many each stands for."""
    if len(area) <= 4 * count:
        return np.arange(len(area)), np.ones(len(area))
    order = np.argsort(level, kind="stable")
    summed = np.cumsum(area[order])
    each = summed[-1] / (2 * count)
    found = np.searchsorted(summed, (np.arange(2 * count) + 0.5) * each)
    some, times = np.unique(order[np.minimum(found, len(order) - 1)], return_counts=True)
    return some, times * each / area[some]
