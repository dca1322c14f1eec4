"""What shines on a place, hour by hour, and what surfaces of any tilt would get of it unshaded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.foliage import in_leaf
from analysis.localtime import Times
from analysis.perez import SkyLight, all_weather, sky_light
from analysis.products import product
from analysis.site import Site
from analysis.sky import sky
from analysis.sun import sun_at
from layers.arrays import Float64
from layers.weather import Weather, day_of_year

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: How the light of the sky is spread: Perez 1990 for tilted surfaces, or Perez 1993 over every patch.
MODELS = ("perez1990", "perez1993")
#: Normals whose cosines are counted at once: they stay in the processor's cache.
NORMALS_AT_ONCE = 16


@dataclass(frozen=True)
class Light:
    """Steps of time with light, (h,) each, as energy in kWh/m², and the period that each counts to."""

    sun: Float64  # (h, 3) unit vectors towards the sun, in the project's grid
    beam: Float64  # of the sun, on a surface that faces it
    sky: SkyLight  # of the sky
    radiance: Float64 | None  # (periods, patches) kWh/(m² sr) of the sky in patches; `sky` is dark then
    period: Ints  # a month, or the hour itself
    in_leaf: Mask  # (periods,) whether trees are

    @property
    def periods(self) -> int:
        """How many periods there are."""
        return len(self.in_leaf)

    def of(self, steps: Ints) -> Light:
        """The light of some steps; the radiance of patches stays with the whole."""
        parts = (part[steps] for part in (self.sky.isotropic, self.sky.circumsolar, self.sky.horizon))
        return Light(
            self.sun[steps], self.beam[steps], SkyLight(*parts), None, self.period[steps], self.in_leaf
        )

    @cached_property
    def sunny(self) -> Ints:
        """Steps in which light comes from where the sun is."""
        found: Ints = np.flatnonzero((self.beam > 0) | (self.sky.circumsolar > 0))
        return found

    @cached_property
    def isotropic(self) -> Float64:
        """(periods,) radiance of the even part of the sky, kWh/(m² sr)."""
        return self.per_period(self.sky.isotropic)

    @cached_property
    def horizon(self) -> Float64:
        """(periods,) kWh/m² on a vertical surface from the line along the horizon."""
        return self.per_period(self.sky.horizon)

    def per_period(self, values: Float64) -> Float64:
        """Sums of values (h,) over the steps of each period."""
        return np.asarray(np.bincount(self.period, values, self.periods), np.float64)

    def negative(self, normals: Float64) -> Float64:
        """(n, periods) kWh/m², at most 0: what the sky would take from unshaded surfaces with these normals.

        Where Perez's horizon is darker than the rest of a surface's sky is bright, its light counts as none.
        """
        whole = np.pi * (1 + normals[:, 2]) / 2
        slant = np.hypot(normals[:, 0], normals[:, 1])
        found = np.zeros((len(normals), self.periods))
        dark = np.flatnonzero(self.sky.horizon < 0)
        sun = np.ascontiguousarray(self.sun[dark].T)
        to_period = np.zeros((len(dark), self.periods))
        to_period[np.arange(len(dark)), self.period[dark]] = 1.0
        for start in range(0, len(normals), NORMALS_AT_ONCE):
            part = slice(start, start + NORMALS_AT_ONCE)
            light = np.maximum(product(normals[part], sun), 0.0)
            light *= self.sky.circumsolar[dark]
            light += whole[part, None] * self.sky.isotropic[dark]
            light += slant[part, None] * self.sky.horizon[dark]
            found[part] = product(np.minimum(light, 0.0, out=light), to_period)
        return found


class BinnedSun:
    """The sun's light by bin and period, for surfaces of any tilt with the exact cosine of every step.

    Most bins shine in few periods: only those pairs of them, the slots, are counted.
    """

    def __init__(self, light: Light, steps: Ints, bins: Ints, count: int) -> None:
        """`bins` (of the `steps` of the light) says which of `count` bins stands for each."""
        slots = bins * light.periods + light.period[steps]
        order = np.argsort(slots, kind="stable")
        steps, slots = steps[order], slots[order]
        self._first = np.flatnonzero(np.diff(slots, prepend=-1))
        self._bin, period = np.divmod(slots[self._first], light.periods)
        self._places = np.concatenate([(2 * self._bin + kind) * light.periods + period for kind in (0, 1)])
        self._shape = count, 2 * light.periods
        self._sun = np.ascontiguousarray(light.sun[steps].T)
        self._sources = (light.beam[steps], light.sky.circumsolar[steps])

    def weights(self, normals: Float64) -> Float64:
        """(n, 2 · slots) kWh/m² that the sun itself, then the sky around it, give unshaded."""
        slots = len(self._first)
        found = np.zeros((len(normals), 2 * slots))
        for start in range(0, len(normals) if slots else 0, NORMALS_AT_ONCE):
            part = slice(start, start + NORMALS_AT_ONCE)
            cosine = np.maximum(product(normals[part], self._sun), 0.0)
            for kind, source in enumerate(self._sources):
                here = slice(kind * slots, (kind + 1) * slots)
                found[part, here] = np.add.reduceat(cosine * source, self._first, axis=1)
        return found

    def shining(self, weights: Float64) -> Mask:
        """(n, bins) which bins give light to surfaces of these weights."""
        found = np.zeros((len(weights), self._shape[0]), bool)
        slots = len(self._first)
        gives = (weights[:, :slots] > 0) | (weights[:, slots:] > 0)
        for slot, bin in enumerate(self._bin.tolist()):
            found[:, bin] |= gives[:, slot]
        return found

    def table(self) -> Float64:
        """(bins, 2 · periods) of zeros, for `spread`."""
        return np.zeros(self._shape)

    def spread(self, weights: Float64, table: Float64) -> None:
        """Write the weights of one normal (2 · slots,) into a table: first of the sun, then of the sky."""
        table.reshape(-1)[self._places] = weights


def light_by_month(site: Site, weather: Weather, model: str = MODELS[0]) -> Light:
    """The light of weather at a site in each month of a mean year; the clock is the weather's."""
    in_leaf_in = [in_leaf(date(2001, month, 15), site.latitude) for month in range(1, 13)]
    share = weather.step_h / weather.years
    sky_and_sun = np.maximum(weather.dni, 0.0), np.maximum(weather.dhi, 0.0)
    return light_of(site, weather.times, *sky_and_sun, weather.months - 1, np.array(in_leaf_in), model, share)


def light_of(
    site: Site,
    times: Times,
    dni: Float64,
    dhi: Float64,
    period: Ints,
    in_leaf: Mask,
    model: str = MODELS[0],
    step_h: float = 1.0,
) -> Light:
    """The light at a site at times (h,) in UTC, the middles of steps, with irradiance in W/m²."""
    kept = np.flatnonzero((dni > 0) | (dhi > 0))
    dni, dhi, period = dni[kept], dhi[kept], np.asarray(period, np.int64)[kept]
    sun = sun_at(site, times[kept])
    day = day_of_year(sun.times)
    energy = step_h / 1000
    if model == MODELS[0]:
        light = sky_light(dni, dhi, 90 - sun.altitude_deg, day)
        parts = (light.isotropic, light.circumsolar, light.horizon)
        shining = SkyLight(*(part * energy for part in parts))
        radiance = None
    else:
        shining = SkyLight(*np.zeros((3, len(kept))))
        patches = all_weather(sky(), dni, dhi, sun.directions_in_grid, day) * energy
        radiance = np.zeros((len(in_leaf), patches.shape[1]))
        np.add.at(radiance, period, patches)
    return Light(sun.directions_in_grid, dni * energy, shining, radiance, period, in_leaf)
