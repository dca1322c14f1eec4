"""Skylines: up to which altitude something stands, in each direction from a place, and what that is.

The upper envelope of all edges of triangles, which each direction's upright plane through the eye cuts
exactly, in float64: nothing is sampled but the directions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.sight.sights import Bend
from layers.arrays import Float64, Int32
from layers.columns import Mask
from layers.data import Progress, never_stop
from layers.runs import Int64, ranges

#: Edges that are cut at a time.
EDGES_AT_ONCE = 200_000
#: What is nearer than this to the eye is not seen: it is where the eye is.
NEAREST_M = 0.05
#: In place of a triangle where nothing stands.
NOTHING = -1


@dataclass(frozen=True)
class Envelope:
    """The highest that is seen in each direction."""

    tangent: Float64  # (m,) of the altitude; -inf where nothing stands
    distance_m: Float64  # (m,) level; NaN where nothing stands
    triangle: Int64  # (m,) NOTHING where nothing stands

    @property
    def altitude_deg(self) -> Float64:
        """(m,) NaN where nothing stands."""
        return np.where(self.triangle >= 0, np.degrees(np.arctan(self.tangent)), np.nan)


@dataclass(frozen=True)
class Met:
    """Where edges meet the upright planes of directions."""

    direction: Int64  # (k,)
    tangent: Float64  # (k,) of the altitude
    distance_m: Float64  # (k,)
    triangle: Int64  # (k,)

    def some(self, kept: Mask) -> Met:
        """Only these."""
        return Met(self.direction[kept], self.tangent[kept], self.distance_m[kept], self.triangle[kept])


def envelopes(
    vertices: Float64,
    triangles: Int32,
    some: Int64,
    eye: Float64,
    directions_deg: Float64,
    bend: Bend,
    nearer_than_m: Float64 | None = None,
    progress: Progress = never_stop,
) -> tuple[Envelope, Envelope]:
    """The skyline of some of the triangles, and of what of them is nearer than so many metres (m,).

    Directions (m,) are azimuths in the grid, clockwise from its north, ascending over less than 360°.
    """
    count = len(directions_deg)
    near = np.full(count, np.inf) if nearer_than_m is None else nearer_than_m
    whole, part = _Highest(count), _Highest(count)
    for met in _meetings(vertices, triangles, some, eye, directions_deg, bend, progress):
        whole.add(met)
        if nearer_than_m is not None:
            kept = met.distance_m < near[met.direction]
            part.add(met.some(kept))
    return whole.found, part.found


class _Highest:
    """Keeps the highest of each direction; of equals the one with the lowest number."""

    def __init__(self, count: int) -> None:
        self.found = Envelope(
            np.full(count, -np.inf), np.full(count, np.nan), np.full(count, NOTHING, np.int64)
        )

    def add(self, met: Met) -> None:
        order = np.lexsort((met.triangle, -met.tangent, met.direction))
        direction = met.direction[order]
        is_first = np.ones(len(order), bool)
        is_first[1:] = np.diff(direction) > 0
        best = order[is_first]
        best = best[met.tangent[best] > self.found.tangent[met.direction[best]]]
        at = met.direction[best]
        self.found.tangent[at] = met.tangent[best]
        self.found.distance_m[at] = met.distance_m[best]
        self.found.triangle[at] = met.triangle[best]


def _meetings(
    vertices: Float64,
    triangles: Int32,
    some: Int64,
    eye: Float64,
    directions_deg: Float64,
    bend: Bend,
    progress: Progress,
) -> Iterator[Met]:
    """All edges of triangles with the directions they lie in, in stretches."""
    middle = (directions_deg[0] + directions_deg[-1]) / 2
    # Turned so that the middle of the directions lies ahead: bearings then grow from -180° to 180°.
    ahead = np.array((np.sin(np.radians(middle)), np.cos(np.radians(middle))))
    away = vertices - eye
    local = np.column_stack((away[:, :2] @ ahead, away[:, 0] * ahead[1] - away[:, 1] * ahead[0], away[:, 2]))
    bearing = np.degrees(np.arctan2(local[:, 1], local[:, 0]))
    wanted = directions_deg - middle
    for first in range(0, len(some), EDGES_AT_ONCE):
        progress(first / len(some), "the skyline")
        numbers = some[first : first + EDGES_AT_ONCE]
        for begin, end in ((0, 1), (1, 2), (2, 0)):
            a, b = triangles[numbers, begin], triangles[numbers, end]
            yield from _cut_edges(local, bearing, a, b, numbers, wanted, bend)


def _cut_edges(
    local: Float64, bearing: Float64, a: Int32, b: Int32, numbers: Int64, wanted: Float64, bend: Bend
) -> Iterator[Met]:
    low, high = np.minimum(bearing[a], bearing[b]), np.maximum(bearing[a], bearing[b])
    is_behind = high - low > 180  # it passes behind the eye
    pieces = [(low, high, ~is_behind)]
    if is_behind.any() and max(-wanted[0], wanted[-1]) > 90:
        pieces += [(np.full(len(low), -180.0), low, is_behind), (high, np.full(len(low), 180.0), is_behind)]
    for start, stop, kept in pieces:
        first = np.searchsorted(wanted, start, "left")
        counts = np.where(kept, np.searchsorted(wanted, stop, "right") - first, 0)
        if not counts.any():
            continue
        direction, edge = ranges(first, counts), np.repeat(np.arange(len(a)), counts)
        yield _met(local[a[edge]], local[b[edge]], direction, wanted, numbers[edge], bend)


def _met(begin: Float64, end: Float64, direction: Int64, wanted: Float64, triangle: Int64, bend: Bend) -> Met:
    """Where edges cross the upright planes of their directions."""
    turn = np.radians(wanted[direction])
    cos, sin = np.cos(turn), np.sin(turn)
    off, off_end = (place[:, 1] * cos - place[:, 0] * sin for place in (begin, end))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.clip(off / (off - off_end), 0.0, 1.0)[:, None]
        place = begin + share * (end - begin)
        distance = place[:, 0] * cos + place[:, 1] * sin
        tangent = place[:, 2] / distance - bend.per_m2 * distance
    met = Met(direction, tangent, distance, triangle)
    return met.some(np.isfinite(tangent) & (distance > NEAREST_M))


def between(values: Float64, directions_deg: Float64) -> float:
    """The area below values (m,) over directions, by trapezoids; what is unknown is nothing."""
    return float(np.trapezoid(np.nan_to_num(values, neginf=0.0), directions_deg))
