"""What can be seen from where: straight lines of sight between points, over a round Earth with air.

Light bends a little towards the Earth. Both together let what lies at a distance d sink by
(1 - k) d² / 2R below the horizontal, k being the coefficient of refraction. The city stays as it is:
instead each line of sight is cut into stretches that follow that curve within half a millimetre.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.obstacles import Casters
from analysis.products import dots
from analysis.rays import Rays
from layers.arrays import Float64
from layers.columns import Mask
from layers.data import Progress, never_stop
from layers.runs import Int64

#: Mean radius of the Earth (IUGG).
EARTH_RADIUS_M = 6_371_008.8
#: Coefficient of refraction of surveying (Gauss); 0 in empty space.
REFRACTION = 0.13
#: Stretches of a line of sight leave its curve by no more than this.
OFF_CURVE_M = 0.0005
#: So far before its end a line of sight ends: what the end lies on does not hide it.
GAP_M = 0.002
#: Lines of sight shorter than this are free.
SHORTEST_M = 0.01


@dataclass(frozen=True)
class Bend:
    """How lines of sight bend down: the Earth's curvature less refraction."""

    refraction: float = REFRACTION
    radius_m: float = EARTH_RADIUS_M  # infinite: a flat Earth
    off_curve_m: float = OFF_CURVE_M  # by how much stretches may leave the curve

    @property
    def per_m2(self) -> float:
        """What something sinks by at 1 m, in metres; it grows with the square of the distance."""
        return (1.0 - self.refraction) / (2.0 * self.radius_m)

    def drop_m(self, distance_m: Float64) -> Float64:
        """How far below the horizontal what lies at some distances (n,) appears."""
        return self.per_m2 * np.square(distance_m)

    def sag_m(self, done_m: Float64, whole_m: Float64) -> Float64:
        """How far a line of sight of a length lies below its chord, at some distance along it."""
        return self.per_m2 * done_m * (whole_m - done_m)

    @property
    def stretch_m(self) -> float:
        """As long as a straight piece of a line of sight may be; infinite on a flat Earth."""
        return float(np.sqrt(4 * self.off_curve_m / self.per_m2)) if self.per_m2 > 0 else np.inf


#: As on a flat Earth without air.
STRAIGHT = Bend(0.0, np.inf)


@dataclass(frozen=True)
class Sights:
    """Lines of sight through what stands: what casts shadow also hides."""

    cast: Casters
    plants: bool = True  # whether they hide
    bend: Bend = STRAIGHT

    def free(
        self, eyes: Float64, ends: Float64, gap_m: float = GAP_M, progress: Progress = never_stop
    ) -> Mask:
        """Whether nothing lies between eyes, (3,) or (n, 3), and the ends (n, 3) of lines of sight."""
        found = np.ones(len(ends), bool)
        for one in self._stretches(eyes, ends, gap_m, found):
            hidden = self.cast.rays.blocked(one.start, one.ways, one.reach, progress)
            if self._has_plants:
                rest = np.flatnonzero(~hidden)
                hidden[rest] = self.cast.veils.blocked(
                    one.start[rest], one.ways[rest], one.reach[rest], progress
                )
            found[one.some[hidden]] = False
        return found

    def first(
        self, eyes: Float64, ends: Float64, gap_m: float = GAP_M, progress: Progress = never_stop
    ) -> tuple[Int64, Float64]:
        """The triangle of the casters that each line of sight meets first, -1 for none, and at what share.

        The share, 0 … 1, is of the way from the eye to the end, infinite for none.
        """
        triangle = np.full(len(ends), -1, np.int64)
        share = np.full(len(ends), np.inf)
        is_open = np.ones(len(ends), bool)
        for one in self._stretches(eyes, ends, gap_m, is_open):
            met, away = _within(self.cast.rays, one, progress)
            if self._has_plants:
                leaf, leaf_away = _within(self.cast.veils, one, progress)
                nearer = leaf_away < away
                met[nearer] = self.cast.opaque + leaf[nearer]
                away = np.minimum(away, leaf_away)
            hit = np.flatnonzero(met >= 0)
            triangle[one.some[hit]] = met[hit]
            share[one.some[hit]] = one.begin[hit] + away[hit] * one.part[hit]
            is_open[one.some[hit]] = False
        return triangle, share

    @property
    def _has_plants(self) -> bool:
        return self.plants and self.cast.opaque < len(self.cast.triangles)

    def _stretches(self, eyes: Float64, ends: Float64, gap_m: float, is_open: Mask) -> Iterator[_Stretch]:
        """The lines of sight, stretch by stretch from the eyes, as long as they are open."""
        ways = ends - eyes
        flat, whole = np.hypot(ways[:, 0], ways[:, 1]), np.sqrt(dots(ways, ways))
        if np.isfinite(self.bend.stretch_m):
            pieces = np.maximum(np.ceil(flat / self.bend.stretch_m), 1)
        else:
            pieces = np.ones(len(ends))
        if len(ends) and (pieces == 1).all() and is_open.all() and (whole > SHORTEST_M).all():
            yield _Stretch.straight(eyes, ways, 1 - gap_m / whole)
            return
        for number in range(int(pieces.max(initial=0))):
            some = np.flatnonzero(is_open & (pieces > number) & (whole > SHORTEST_M))
            begin, part = number / pieces[some], 1 / pieces[some]
            sag, sag_after = (self.bend.sag_m(at * flat[some], flat[some]) for at in (begin, begin + part))
            start = (eyes if np.ndim(eyes) == 1 else eyes[some]) + begin[:, None] * ways[some]
            start[:, 2] -= sag
            onward = ways[some] * part[:, None]
            onward[:, 2] -= sag_after - sag
            is_last = pieces[some] == number + 1
            reach = np.where(is_last, 1 - gap_m * pieces[some] / whole[some], 1.0)
            yield _Stretch(some, start, onward, reach, begin, part)


@dataclass(frozen=True)
class _Stretch:
    """A straight piece of some lines of sight."""

    some: Int64  # (m,) which of them
    start: Float64  # (m, 3)
    ways: Float64  # (m, 3) to its end
    reach: Float64  # (m,) how much of that way counts
    begin: Float64  # (m,) at what share of the whole line it begins
    part: Float64  # (m,) and how much of it it is

    @classmethod
    def straight(cls, eyes: Float64, ways: Float64, reach: Float64) -> _Stretch:
        """Whole lines of sight, none of which is bent."""
        count = len(ways)
        start = np.broadcast_to(eyes, (count, 3))
        return cls(np.arange(count), start, ways, reach, np.zeros(count), np.ones(count))


def _within(rays: Rays, one: _Stretch, progress: Progress) -> tuple[Int64, Float64]:
    """What is met first within reach, -1 and infinitely far for nothing."""
    triangle, away = rays.first(one.start, one.ways, progress)
    is_far = away > one.reach
    return np.where(is_far, -1, triangle).astype(np.int64), np.where(is_far, np.inf, away.astype(np.float64))
