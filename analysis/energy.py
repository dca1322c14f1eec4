"""Irradiation of points with all its parts: direct and diffuse light, and what surfaces reflect."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.fineness import BINNED, COARSE, Fineness
from analysis.irradiation import Irradiation, Spots
from analysis.light import Light
from analysis.obstacles import Casters
from analysis.pieces import Albedo
from analysis.reflection import reflected
from layers.arrays import Float64
from layers.data import Progress, never_stop, part_of

Float32 = NDArray[np.float32]

#: Of the time, what sun and sky take before anything is reflected.
FIRST_SHARE = 0.75
#: Points at which binned positions of the sun are judged by rays to every one.
SAMPLE = 1_000


@dataclass(frozen=True)
class Energy:
    """kWh/m² of points in every period, (n, periods) each."""

    direct: Float32
    diffuse: Float32  # of the sky, the light around the sun included
    reflected: Float32
    rays: int  # cast for them
    pieces: int  # of surfaces that reflect

    @property
    def total(self) -> Float32:
        """All together."""
        return self.direct + self.diffuse + self.reflected


def energy_on(
    spots: Spots,
    casters: Casters,
    light: Light,
    albedo: Albedo,
    ground_m: Float64,
    fineness: Fineness = BINNED,
    bounces: int = 1,
    progress: Progress = never_stop,
) -> Energy:
    """What points get among what casts shadow; `ground_m` (n,) is the height of open ground beneath them."""
    share = FIRST_SHARE if bounces else 1.0
    first = Irradiation(casters, light, fineness).on(spots, part_of(progress, 0.0, share))
    if not bounces:
        return Energy(first.direct, first.diffuse, np.zeros_like(first.direct), first.rays, 0)
    coarse = Irradiation(casters, light, replace(COARSE, sun_bins=min(fineness.sun_bins, COARSE.sun_bins)))
    rays = first.rays

    def lit(some: Spots, told: Progress) -> Float32:
        nonlocal rays
        found = coarse.on(some, told)
        rays += found.rays
        return found.total

    told = part_of(progress, share, 1.0)
    again = reflected(casters, albedo, spots, first.total, ground_m, lit, fineness, bounces, told)
    return Energy(first.direct, first.diffuse, again.light, rays + again.rays, again.pieces)


@dataclass(frozen=True)
class BinningError:
    """By how much binned positions of the sun change the direct irradiation of a year."""

    points: int  # at which this was found
    positions: int  # of the sun that each of them was held against
    rmse_kwh_m2: float
    mean_kwh_m2: float

    @property
    def share(self) -> float:
        """Root mean square error as a share of the mean."""
        return self.rmse_kwh_m2 / self.mean_kwh_m2 if self.mean_kwh_m2 else 0.0


def binning_error(
    spots: Spots, casters: Casters, light: Light, direct: Float32, count: int = SAMPLE
) -> BinningError:
    """Hold the direct light of some of the points against rays to every position of the sun."""
    some = np.unique(np.linspace(0, len(spots) - 1, min(count, len(spots))).astype(np.int64))
    exact = Irradiation(casters, light, replace(COARSE, sun_bins=0))
    judge = exact.on(spots.at(some)).direct.sum(axis=1)
    off = direct[some].sum(axis=1) - judge
    return BinningError(len(some), len(light.sunny), float(np.sqrt(np.mean(off**2))), float(judge.mean()))
