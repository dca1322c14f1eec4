"""Triangles cut by planes and other surfaces: what of them lies on the wanted side, in float64."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from layers.arrays import Float64
from layers.columns import Mask
from layers.runs import Int64

#: Corners of the least polygon; each cut may add one.
SIDES = 3


@dataclass(frozen=True)
class Cut:
    """Pieces of triangles, as convex polygons."""

    corners: Float64  # (n, k, 3)
    count: Int64  # (n,) corners of each, the first ones
    triangle: Int64  # (n,) that it is a piece of

    def some(self, kept: Mask) -> Cut:
        """Only these pieces."""
        count = self.count[kept]
        most = int(count.max(initial=SIDES))
        return Cut(self.corners[kept, :most], count, self.triangle[kept])

    @property
    def valid(self) -> Mask:
        """(n, k) which corners there are."""
        found: Mask = np.arange(self.corners.shape[1]) < self.count[:, None]
        return found

    @property
    def following(self) -> Int64:
        """(n, k) the number of the corner that follows each one."""
        at = np.arange(1, self.corners.shape[1] + 1)
        return np.where(at < self.count[:, None], at, 0)


def whole(triangles: Float64, numbers: Int64) -> Cut:
    """Triangles (n, 3, 3) that are not cut yet, with a number for each (n,)."""
    return Cut(triangles, np.full(len(triangles), SIDES), numbers)


def cut(pieces: Cut, side: Float64) -> Cut:
    """What of polygons lies where `side` (n, k), given at their corners, is not negative.

    Sutherland and Hodgman, Reentrant polygon clipping, 1974, doi:10.1145/360767.360802.
    """
    following = pieces.following
    is_in = (side >= 0) & pieces.valid
    after = np.take_along_axis(side, following, axis=1)
    crosses = pieces.valid & ((side >= 0) != (after >= 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(crosses, side / (side - after), 0.0)[..., None]
    nexts = np.take_along_axis(pieces.corners, following[..., None], axis=1)
    crossing = pieces.corners + share * (nexts - pieces.corners)
    count, most = pieces.corners.shape[:2]
    both = np.stack((pieces.corners, crossing), axis=2).reshape(count, 2 * most, 3)
    kept = np.stack((is_in, crosses), axis=2).reshape(count, 2 * most)
    order = np.argsort(~kept, axis=1, kind="stable")[:, : most + 1]
    corners = np.take_along_axis(both, order[..., None], axis=1)
    found = Cut(corners, kept.sum(axis=1), pieces.triangle)
    return found.some(found.count >= SIDES)
