"""Irradiation of facades and roofs in Zug, against the reference case of the City Energy Analyst (CEA).

The case says how much, not how. Four things were found out, each of them checked here: its sun stands
where it does in the middle of each hour; it goes by mean time, without the equation of time; its shadows
are those of some days before; and the ground reflects onto every wall what open ground without shadow
would.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.casters import Casters
from analysis.irradiation import Irradiation, Spots
from analysis.light import Light, light_of
from analysis.site import Site, site_at
from layers.arrays import Float64
from layers.weather import Weather, read_weather
from tests.conftest import real
from tests.validation import zug
from tests.validation.record import record
from tests.validation.scenes import joined

CEA = (
    "City Energy Analyst, reference case open, https://github.com/architecture-building-systems/cea-examples"
)
BUILDINGS = ("B1000", "B1005", "B1009")
#: Of CEA's case: inputs/building-properties/envelope.csv and its default settings.
GROUND_ALBEDO = 0.2
LIFT_M = 0.01
HOURS = 8760
DAY = np.arange(HOURS) // 24
MONTH = (np.datetime64("2009-01-01") + DAY).astype("datetime64[M]").astype(int) % 12


@dataclass(frozen=True)
class Case:
    """What all tests look at."""

    casters: Casters
    weather: Weather
    site: Site

    @property
    def open_ground(self) -> Float64:
        """(12,) kWh/m² that open ground without shadow reflects onto a wall."""
        return GROUND_ALBEDO / 2 * np.bincount(MONTH, self.weather.ghi, 12) / 1000

    def light(self, periods: NDArray[np.int64], count: int, mean_time: bool = False) -> Light:
        """The light of the weather file; with `mean_time`, without the equation of time."""
        times = self.weather.times
        if mean_time:
            times = times - (equation_of_time_min(DAY + 1) * 60_000).astype("timedelta64[ms]")
        return light_of(self.site, times, self.weather.dni, self.weather.dhi, periods, np.ones(count, bool))


@pytest.fixture(scope="module")
def case() -> Case:
    blocks = [*zug.blocks("zone"), *zug.blocks("surroundings")]
    scene = joined(*(zug.solid(block) for block in blocks), zug.ground())
    # True north is grid north there as in CEA, which knows no convergence.
    return Case(
        Casters.of(scene.vertices, scene.triangles),
        read_weather(real(f"{zug.FOLDER}/weather.epw")),
        site_at(8.513, 47.176, 422.0),
    )


def equation_of_time_min(day: NDArray[np.int64]) -> Float64:
    """Apparent minus mean solar time in minutes (Duffie & Beckman, equation 1.5.3, shortened)."""
    turn = 2 * np.pi * (day - 81) / 364
    return 9.87 * np.sin(2 * turn) - 7.53 * np.cos(turn) - 1.5 * np.sin(turn)


def spots_of(sensors: zug.Sensors) -> Spots:
    normals, row = np.unique(sensors.normals.round(9), axis=0, return_inverse=True)
    return Spots(sensors.points + LIFT_M * sensors.normals, row.reshape(-1), normals)


def by_group(sensors: zug.Sensors, values: Float64) -> dict[str, Float64]:
    """Means of values (n, periods) over the sensors of each group, weighted by their areas."""
    groups = np.array(sensors.group)
    return {
        name: np.average(values[groups == name], axis=0, weights=sensors.area_m2[groups == name])
        for name in sorted(set(sensors.group))
    }


def test_roofs(case: Case) -> None:
    light = case.light(MONTH, 12)
    years, months = [], []
    for building in BUILDINGS:
        sensors = zug.sensors(building)
        ours = by_group(sensors, Irradiation(case.casters, light, exact=True).on(spots_of(sensors)).total)
        theirs = np.bincount(MONTH, zug.hourly(building)["roofs_top"], 12) / 1000
        years.append(ours["roofs_top"].sum() / theirs.sum() - 1)
        months.append(np.abs(ours["roofs_top"] / theirs - 1).max())
    for quantity, found, tolerance in (("per year", years, 5.0), ("of any month", months, 10.0)):
        record(
            "Irradiation among buildings",
            "irradiation of the roofs of three buildings in Zug",
            reference=CEA,
            quantity=f"largest deviation {quantity}",
            found=100 * float(np.abs(found).max()),
            tolerance=tolerance,
            unit=" %",
        )


def test_sun_of_the_reference_goes_by_mean_time(case: Case) -> None:
    """The walls that look east and west of the building that stands most freely."""
    sensors = zug.sensors("B1000")
    theirs = zug.hourly("B1000")
    deviations = {}
    for mean_time in (False, True):
        light = case.light(np.arange(HOURS), HOURS, mean_time)
        squares = 0.0
        for name in ("walls_east", "walls_west"):
            spots = spots_of(sensors.of(name, every=8))
            ours = Irradiation(case.casters, light, exact=True).on(spots).total.mean(axis=0) * 1000
            ours += GROUND_ALBEDO / 2 * case.weather.ghi
            squares += float(((ours - theirs[name]) ** 2).mean())
        deviations[mean_time] = np.sqrt(squares / 2)
    record(
        "Irradiation among buildings",
        "the reference case of Zug leaves out the equation of time: hours of its walls to the east and west",
        reference=CEA,
        quantity="root mean square deviation with it / without it",
        found=deviations[False] / deviations[True],
        tolerance=1.1,
        at_least=True,
        note=f"{deviations[False]:.1f} and {deviations[True]:.1f} W/m²",
    )


def test_shadows_of_the_reference_are_some_days_old(case: Case) -> None:
    """Which day's shadows its wall to the south shows, on clear days whose shadows tell."""
    spots = spots_of(zug.sensors("B1009").of("walls_south"))
    light = case.light(np.arange(HOURS), HOURS, mean_time=True)
    normal = spots.row_normal[0]
    toward = np.zeros((HOURS, 3))
    toward[light.period] = light.sun
    cosine = np.maximum(toward @ normal, 0.0)
    sunlit = lit_shares(case.casters, spots.points, toward, cosine > 0).reshape(365, 24)
    diffuse = Irradiation(case.casters, light, exact=True).on(spots).diffuse.mean(axis=0) * 1000
    beam = case.weather.dni * cosine
    rest = zug.hourly("B1009")["walls_south"] - diffuse - GROUND_ALBEDO / 2 * case.weather.ghi
    share = (rest / np.maximum(beam, 1.0)).reshape(365, 24)
    is_clear = ((case.weather.dni > 350) & (beam > 150)).reshape(365, 24)
    lags = np.array(
        [lag for day in range(365) if (lag := lag_of(day, sunlit, share, is_clear[day])) is not None]
    )
    assert len(lags) >= 15
    record(
        "Irradiation among buildings",
        "shadows in the reference case of Zug are those of days before, on clear days whose shadows tell",
        reference=CEA,
        quantity="days of which they are older",
        found=100 * float((lags > 0).mean()),
        tolerance=95.0,
        at_least=True,
        unit=" %",
        note=f"{len(lags)} days, by {np.median(lags):.0f} days (median), {lags.min()} to {lags.max()}",
    )


def lit_shares(casters: Casters, points: Float64, toward: Float64, up: NDArray[np.bool_]) -> Float64:
    """Share of points (n, 3) that see the sun in each hour."""
    found = np.zeros(len(toward))
    for hour in np.flatnonzero(up & (toward[:, 2] > 0)).tolist():
        found[hour] = 1 - casters.rays.blocked(points, toward[hour]).mean()
    return found


def lag_of(day: int, sunlit: Float64, share: Float64, clear: NDArray[np.bool_]) -> int | None:
    """By how many days the shadows of a day are old; None when the day does not tell."""
    hours = np.flatnonzero(clear)
    if len(hours) < 2:
        return None
    misfit = {
        lag: float(((sunlit[(day - lag) % 365, hours] - share[day, hours]) ** 2).sum())
        for lag in range(-30, 31)
    }
    best = min(misfit, key=lambda lag: misfit[lag])
    return best if misfit[0] - misfit[best] > 0.05 else None
