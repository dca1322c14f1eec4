"""Irradiation of points on surfaces: direct and diffuse, of every month or every hour.

Daylight coefficients (P. R. Tregenza and I. M. Waters, Lighting Research and Technology 15(2), 65-71,
1983): what a point sees is found once, and every step of time weighs it with its own light. Only
whether the sun is seen is taken from the bins of its path; the angle at which it shines is that of
every hour. So surfaces that nothing shades get what Perez's model gives them, hour by hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis.abreast import abreast
from analysis.casters import Casters
from analysis.daylight import LEAST_SINE, Lines, Shares, lines_of, seen
from analysis.fineness import BINNED, Fineness
from analysis.light import BinnedSun, Light
from analysis.products import product
from analysis.sky import sky
from analysis.sunbins import above_horizon, sun_bins
from layers.arrays import Float64
from layers.data import Progress, never_stop

Float32 = NDArray[np.float32]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: Points whose rays are cast and counted together by one thread.
CHUNK = 32_768
#: Few points are shared out too, in so many parts of at least so many points.
SHARES, LEAST = 8, 512
#: What they may get in all their periods, in numbers: fewer points where every hour is a period.
MOST_VALUES = 8_000_000
#: Points that are summed up at once: matrices this small are multiplied without further threads.
FEW = 64
#: Positions of the sun that are traced together where every one of them is.
STEPS_AT_ONCE = 256


@dataclass(frozen=True)
class Spots:
    """Points (n, 3), each on one of some surfaces with unit normals (r, 3)."""

    points: Float64
    row: Ints  # (n,) into row_normal
    row_normal: Float64

    def __len__(self) -> int:
        return len(self.points)

    def at(self, which: slice | Ints) -> Spots:
        """Some of them."""
        return Spots(self.points[which], self.row[which], self.row_normal)

    def sorted(self) -> tuple[Spots, Ints]:
        """The points of each normal after one another, each normal once, and where each point was."""
        used, row = np.unique(self.row, return_inverse=True)
        normals, again = np.unique(self.row_normal[used], axis=0, return_inverse=True)
        row = again.reshape(-1)[row.reshape(-1)]
        order = np.argsort(row, kind="stable")
        return Spots(self.points[order], row[order], normals), order


@dataclass(frozen=True)
class Irradiance:
    """kWh/m² of points in every period, (n, periods) each."""

    direct: Float32
    diffuse: Float32
    rays: int = 0  # cast for it

    @property
    def total(self) -> Float32:
        """Both together."""
        return self.direct + self.diffuse


@dataclass(frozen=True)
class Season:
    """Periods in which trees are in leaf, or are not, with the sun's light then."""

    in_leaf: bool
    periods: Mask
    sun: BinnedSun
    steps: Ints  # in which the sun shines, by their periods


class Irradiation:
    """The light of a place among what casts shadow there."""

    def __init__(self, casters: Casters, light: Light, fineness: Fineness = BINNED) -> None:
        self.casters, self.light, self.exact = casters, light, not fineness.sun_bins
        path = sun_bins(light.sun[light.sunny], fineness.sun_bins)
        self.bins = len(path.directions)
        self.lines: Lines = lines_of(path.directions, fineness)
        self.seasons = tuple(self._seasons(path.bin))

    def _seasons(self, bins: Ints) -> list[Season]:
        light, found = self.light, []
        has_veils = self.casters.opaque < len(self.casters.triangles)
        for in_leaf in (True, False):
            periods = light.in_leaf == in_leaf if has_veils else np.full(light.periods, in_leaf)
            if not periods.any():
                continue
            mine = periods[light.period[light.sunny]]
            steps = light.sunny[mine]
            # Where every position has its own ray there is nothing to sum up.
            binned = slice(0) if self.exact else slice(None)
            sun = BinnedSun(light, steps[binned], bins[mine][binned], self.bins)
            by_period = np.argsort(light.period[steps], kind="stable")
            found.append(Season(in_leaf, periods, sun, steps[by_period]))
        return found

    def on(self, spots: Spots, progress: Progress = never_stop) -> Irradiance:
        """What points get; the same whatever the number of threads."""
        found = np.zeros((2, len(spots), self.light.periods), np.float32)
        size = max(1, min(CHUNK, max(len(spots) // SHARES, LEAST), MOST_VALUES // self.light.periods))
        parts = [slice(start, start + size) for start in range(0, len(spots), size)]
        rays = 0

        def work(part: slice) -> tuple[Ints, Float64, int]:
            some, order = spots.at(part).sorted()
            return part.start + order, *_Chunk(self, some).irradiance()

        for where, values, cast in abreast(work, parts, progress, "sun and sky"):
            found[:, where] = values
            rays += cast
        return Irradiance(found[0], found[1], rays)


class _Chunk:
    """Some points that are looked at together, sorted by their normals."""

    def __init__(self, whole: Irradiation, spots: Spots) -> None:
        self._whole, self._spots = whole, spots
        share = whole.lines.patch_share
        self._facing = product(spots.row_normal, whole.lines.directions.T) >= LEAST_SINE
        self._factors = sky().factors(spots.row_normal)
        even = self._in_front(product(self._factors, share))
        low = self._in_front(product(sky().horizon_factors(spots.row_normal), share))
        self._sky = np.stack([even, low], axis=1)  # (u, 2, d)
        begins = np.searchsorted(spots.row, np.arange(len(spots.row_normal)))
        ends = np.unique([*begins, *range(0, len(spots), FEW), len(spots)]).tolist()
        #: Few points of one normal each: its number, the first point, and where they end.
        self._groups = [(int(spots.row[start]), start, end) for start, end in pairwise(ends)]
        self._rays = 0

    def _in_front(self, weights: Float64) -> Float64:
        """Weights (u, d) of the sky; those of directions behind a surface go to the others."""
        kept = np.where(self._facing, weights, 0.0)
        whole, front = weights.sum(axis=1), kept.sum(axis=1)
        scale = np.divide(whole, front, out=np.zeros_like(front), where=front > 0)
        return np.where((front > 0)[:, None], kept * scale[:, None], weights)

    def irradiance(self) -> tuple[Float64, int]:
        """(2, n, periods) direct and diffuse, and how many rays it took."""
        whole, spots = self._whole, self._spots
        weights = [season.sun.weights(spots.row_normal) for season in whole.seasons]
        needed: Mask = np.any(self._sky > 0, axis=1)
        for season, weight in zip(whole.seasons, weights, strict=True):
            needed[:, : whole.bins] |= season.sun.shining(weight)
        shares = self._seen(whole.lines.directions, needed, tuple(s.in_leaf for s in whole.seasons))
        found = np.zeros((2, whole.light.periods, len(spots)))
        for season, weight, share in zip(whole.seasons, weights, shares, strict=True):
            brightness, table = self._brightness(season), season.sun.table()
            for row, start, end in self._groups:
                season.sun.spread(weight[row], table)
                through = share[:, start:end].astype(np.float64)
                sun = table.T @ through[: whole.bins]
                found[:, :, start:end] += sun.reshape(2, -1, end - start)
                if brightness is not None:
                    found[1, :, start:end] += brightness[row] @ (self._sky[row] @ through)
                else:
                    found[1, :, start:end] += self._patches(season, row) @ through
        if whole.exact:
            for season in whole.seasons:
                self._add_sun(season, found)
        return found.swapaxes(1, 2), self._rays

    def _brightness(self, season: Season) -> Float64 | None:
        """(u, periods, 2) radiance of the sky and light of the horizon, where the sky is not in patches."""
        light, normals = self._whole.light, self._spots.row_normal
        if light.radiance is not None:
            return None
        slant = np.hypot(normals[:, 0], normals[:, 1])[:, None]
        less = np.divide(
            light.negative(normals), slant, out=np.zeros((len(normals), light.periods)), where=slant > 0
        )
        horizon = light.horizon - less
        both = np.stack([np.broadcast_to(light.isotropic, horizon.shape), horizon], axis=2)
        return np.asarray(both * season.periods[:, None])

    def _patches(self, season: Season, row: int) -> Float64:
        """(periods, d) what surfaces of one normal get of the sky in patches."""
        assert self._whole.light.radiance is not None
        radiance = np.where(season.periods[:, None], self._whole.light.radiance, 0.0)
        return product(radiance * self._factors[row], self._whole.lines.patch_share)

    def _add_sun(self, season: Season, found: Float64) -> None:
        """Add the sun's light where every one of its positions has a ray."""
        light, spots = self._whole.light, self._spots
        for start in range(0, len(season.steps), STEPS_AT_ONCE):
            steps = season.steps[start : start + STEPS_AT_ONCE]
            cosine = np.maximum(product(spots.row_normal, light.sun[steps].T), 0.0)
            (share,) = self._seen(above_horizon(light.sun[steps]), cosine > 0, (season.in_leaf,))
            periods, of_step = np.unique(light.period[steps], return_inverse=True)
            sources = np.zeros((2, len(periods), len(steps)))
            for kind, source in enumerate((light.beam, light.sky.circumsolar)):
                sources[kind, of_step, np.arange(len(steps))] = source[steps]
            flat = sources.reshape(-1, len(steps))
            for row, first, end in self._groups:
                sums = product(flat * cosine[row], share[:, first:end].astype(np.float64))
                found[:, periods, first:end] += sums.reshape(2, len(periods), -1)

    def _seen(self, directions: Float64, needed: Mask, seasons: tuple[bool, ...]) -> tuple[Shares, ...]:
        spots = self._spots
        self._rays += int(needed.sum(axis=1)[spots.row].sum())
        return seen(
            self._whole.casters, spots.points, spots.row_normal, spots.row, directions, needed, seasons
        )
