"""Upright sections: what the plane that stands on a line cuts out of triangles, exactly, in float64.

Triangles lie together in runs with a box around each, so that a line looks only at those near it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.obstacles import Casters
from layers.arrays import Float64
from layers.runs import Int64, ranges

#: Triangles in a run: neighbours in a layer mostly lie beside each other.
RUN = 16
#: Lines that are shorter than this on the map have no direction.
SHORTEST_M = 1e-3


@dataclass(frozen=True)
class Section:
    """Straight pieces of cut triangles, in distances along the line on the map and heights."""

    triangle: Int64  # (k,) of the casters
    distance_m: Float64  # (k, 2) from where the line begins, the smaller one first
    z: Float64  # (k, 2) world

    def __len__(self) -> int:
        return len(self.triangle)

    def within(self, first_m: float, last_m: float) -> Section:
        """Only what lies between two distances; pieces that reach out of them are cut off there."""
        begin, end = self.distance_m.T
        near = np.flatnonzero((end >= first_m) & (begin <= last_m))
        distance, z = self.distance_m[near], self.z[near]
        wide = np.ptp(distance, axis=1)
        slope = np.divide(z[:, 1] - z[:, 0], wide, out=np.zeros(len(near)), where=wide > 0)
        kept = np.clip(distance, first_m, last_m)
        return Section(self.triangle[near], kept, z + slope[:, None] * (kept - distance))

    def reversed(self, length_m: float) -> Section:
        """The same seen from the other end of a line of some length."""
        return Section(self.triangle, length_m - self.distance_m[:, ::-1], self.z[:, ::-1])

    def some(self, wanted: Int64) -> Section:
        """Only these pieces."""
        return Section(self.triangle[wanted], self.distance_m[wanted], self.z[wanted])


class Cutter:
    """Cuts triangles along lines."""

    def __init__(self, cast: Casters, plants: bool = True) -> None:
        triangles = cast.triangles if plants else cast.triangles[: cast.opaque]
        self._corners = cast.vertices[triangles]  # (m, 3, 3): those of a run lie together
        corners = self._corners[..., :2]
        self._first = np.arange(0, len(corners), RUN)
        empty = np.empty((0, 2))
        low, high = corners.min(axis=1, initial=np.inf), corners.max(axis=1, initial=-np.inf)
        self._low = np.minimum.reduceat(low, self._first, axis=0) if len(low) else empty
        self._high = np.maximum.reduceat(high, self._first, axis=0) if len(high) else empty

    def along(self, begin: Float64, end: Float64) -> Section:
        """The section from one place to another one, each (2,) or (3,) in the world."""
        way = end[:2] - begin[:2]
        length = float(np.hypot(*way))
        if length < SHORTEST_M:
            return Section(np.empty(0, np.int64), np.empty((0, 2)), np.empty((0, 2)))
        onward = way / length
        number = self.near(begin[:2], end[:2])
        corners = self._corners[number]
        east, north = corners[..., 0] - begin[0], corners[..., 1] - begin[1]
        along, across = east * onward[0] + north * onward[1], north * onward[0] - east * onward[1]
        return _cut(number, along, across, corners[..., 2], length)

    def near(self, begin: Float64, end: Float64) -> Int64:
        """The triangles of all runs whose box a line crosses between two places (2,)."""
        length = float(np.hypot(*(end - begin)))
        onward = (end - begin) / max(length, SHORTEST_M)
        aside = np.array((-onward[1], onward[0]))
        middle, half = (self._low + self._high) / 2 - begin, (self._high - self._low) / 2
        along, reach = middle @ onward, half @ np.abs(onward)
        crossed = np.abs(middle @ aside) <= half @ np.abs(aside)
        crossed &= (along + reach >= 0) & (along - reach <= length)
        first = self._first[crossed]
        return ranges(first, np.minimum(first + RUN, len(self._corners)) - first)


def _cut(number: Int64, along: Float64, across: Float64, z: Float64, length: float) -> Section:
    """Triangles, their corners (t, 3) along and across the line and high, cut where across is 0.

    What just touches the plane from its left side is not cut, what does so from its right side is.
    """
    is_left = across >= 0
    lefts = is_left.sum(axis=1)
    cut = np.flatnonzero((lefts == 1) | (lefts == 2))
    corners = np.stack((along[cut], across[cut], z[cut]), axis=-1)
    lone = np.where(lefts[cut] == 1, is_left[cut].argmax(axis=1), is_left[cut].argmin(axis=1))
    rows = np.arange(len(cut))
    apex = corners[rows, lone]
    ends = []
    for other in (corners[rows, (lone + 1) % 3], corners[rows, (lone + 2) % 3]):
        share = apex[:, 1] / (apex[:, 1] - other[:, 1])
        ends.append(apex + share[:, None] * (other - apex))
    both = np.stack(ends, axis=1)
    order = np.argsort(both[..., 0], axis=1, kind="stable")
    distance = np.take_along_axis(both[..., 0], order, axis=1)
    heights = np.take_along_axis(both[..., 2], order, axis=1)
    near = np.flatnonzero((distance[:, 1] >= 0) & (distance[:, 0] <= length))
    return Section(number[cut], distance, heights).some(near)
