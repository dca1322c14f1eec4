"""Irradiation of points on surfaces: direct and diffuse, of every month or every hour.

Daylight coefficients (P. R. Tregenza and I. M. Waters, Lighting Research and Technology 15(2), 65-71,
1983): what a point sees is found once, and every step of time weighs it with its own light. Only
whether the sun is seen is taken from the bins of its path; the angle at which it shines is that of
every hour. So surfaces that nothing shades get what Perez's model gives them, hour by hour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.abreast import abreast
from analysis.casters import Casters
from analysis.daylight import Lines, Shares, lines_of, seen
from analysis.light import BinnedSun, Light
from analysis.sky import sky
from analysis.sunbins import BINS, above_horizon, sun_bins
from layers.arrays import Float64
from layers.data import Progress, never_stop

Float32 = NDArray[np.float32]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: Points whose rays are cast and counted together by one thread.
CHUNK = 8_192
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
        """Some of the points; each normal that they have is then there once."""
        used, row = np.unique(self.row[which], return_inverse=True)
        normals, again = np.unique(self.row_normal[used], axis=0, return_inverse=True)
        return Spots(self.points[which], again.reshape(-1)[row.reshape(-1)], normals)


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
    steps: Ints  # in which the sun shines


class Irradiation:
    """The light of a place among what casts shadow there."""

    def __init__(
        self, casters: Casters, light: Light, exact: bool = False, bins: int = BINS, every: int = 1
    ) -> None:
        """With `exact`, rays go to every single position of the sun. Of the patches of the sky that no
        ray to the sun's path passes, `every` so-manieth gets one."""
        self.casters, self.light, self.exact = casters, light, exact
        path = sun_bins(light.sun[light.sunny], bins)
        self.bins = len(path.directions)
        self.lines: Lines = lines_of(path.directions, every)
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
            sun = BinnedSun(light, *((steps[:0], bins[:0]) if self.exact else (steps, bins[mine])), self.bins)
            found.append(Season(in_leaf, periods, sun, steps))
        return found

    def on(self, spots: Spots, progress: Progress = never_stop) -> Irradiance:
        """What points get; the same whatever the number of threads."""
        found = np.zeros((2, len(spots), self.light.periods), np.float32)
        parts = [slice(start, start + CHUNK) for start in range(0, len(spots), CHUNK)]
        rays = 0

        def work(part: slice) -> tuple[slice, Float64, int]:
            return part, *_Chunk(self, spots.at(part)).irradiance()

        for part, values, cast in abreast(work, parts, progress, "sun and sky"):
            found[:, part] = values
            rays += cast
        return Irradiance(*found, rays)


class _Chunk:
    """Some points that are looked at together."""

    def __init__(self, whole: Irradiation, spots: Spots) -> None:
        self._whole, self._spots = whole, spots
        share = whole.lines.patch_share
        self._factors = sky().factors(spots.row_normal)
        self._even = self._factors @ share  # (u, d)
        self._low = sky().horizon_factors(spots.row_normal) @ share
        self._rays = 0

    def irradiance(self) -> tuple[Float64, int]:
        """(2, n, periods) direct and diffuse, and how many rays it took."""
        whole, spots = self._whole, self._spots
        weights = [season.sun.weights(spots.row_normal) for season in whole.seasons]
        needed = (self._even > 0) | (self._low > 0)
        for weight in weights:
            needed[:, : whole.bins] |= weight.any(axis=(2, 3))
        shares = self._seen(whole.lines.directions, needed, tuple(s.in_leaf for s in whole.seasons))
        correction = whole.light.negative(spots.row_normal)
        order = np.argsort(spots.row, kind="stable")
        ends = np.searchsorted(spots.row[order], np.arange(len(spots.row_normal) + 1))
        found = np.zeros((2, len(spots), whole.light.periods))
        for season, weight, share in zip(whole.seasons, weights, shares, strict=True):
            for row, (start, end) in enumerate(zip(ends[:-1], ends[1:], strict=True)):
                mine = order[start:end]
                light = self._summed(season, row, weight[row], share[:, mine], correction[row])
                found[:, mine] += light
        if whole.exact:
            for season in whole.seasons:
                self._add_sun(season, found)
        return found, self._rays

    def _summed(self, season: Season, row: int, sun: Float64, share: Shares, correction: Float64) -> Float64:
        """(2, k, periods) what k points of one normal get in a season, given what each sees (d, k)."""
        whole, light = self._whole, self._whole.light
        through = share.T.astype(np.float64)
        bins, periods = whole.bins, light.periods
        found = (through[:, :bins] @ sun.reshape(bins, -1)).reshape(len(through), 2, periods).swapaxes(0, 1)
        if light.radiance is None:
            slant = float(np.hypot(*self._spots.row_normal[row, :2]))
            horizon = light.horizon - (correction / slant if slant > 0 else 0.0)
            parts = through @ np.stack([self._even[row], self._low[row]], axis=1)
            diffuse = parts @ np.stack([light.isotropic, horizon])
        else:
            patches = self._factors[row][:, None] * light.radiance.T
            diffuse = through @ (whole.lines.patch_share.T @ patches)
        found[1] += np.where(season.periods, diffuse, 0.0)
        return found

    def _add_sun(self, season: Season, found: Float64) -> None:
        """Add the sun's light where every one of its positions has a ray."""
        light, spots = self._whole.light, self._spots
        for start in range(0, len(season.steps), STEPS_AT_ONCE):
            steps = season.steps[start : start + STEPS_AT_ONCE]
            cosine = np.maximum(spots.row_normal @ light.sun[steps].T, 0.0)
            (share,) = self._seen(above_horizon(light.sun[steps]), cosine > 0, (season.in_leaf,))
            lit = cosine[spots.row].T * share
            first = np.flatnonzero(np.diff(light.period[steps], prepend=-1))
            periods = light.period[steps][first]
            for kind, source in enumerate((light.beam, light.sky.circumsolar)):
                sums = np.add.reduceat(lit * source[steps][:, None], first, axis=0)
                np.add.at(found[kind], (slice(None), periods), sums.T)

    def _seen(self, directions: Float64, needed: Mask, seasons: tuple[bool, ...]) -> tuple[Shares, ...]:
        spots = self._spots
        self._rays += int(needed.sum(axis=1)[spots.row].sum())
        return seen(
            self._whole.casters, spots.points, spots.row_normal, spots.row, directions, needed, seasons
        )
