"""Perez's skies: unshaded surfaces get what pvlib gives them; every patch its share."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.clearsky import clear_sky
from analysis.days import changes
from analysis.localtime import Times
from analysis.perez import BRIGHTENING, all_weather, sky_light
from analysis.site import Site, site_at
from analysis.sky import directions, sky
from analysis.sun import SunPositions, sun_at
from layers.arrays import Float64
from layers.weather import Weather, read_weather
from tests.conftest import real
from tests.validation.record import record

FILES = {
    "Amsterdam": "reference/pvlib/NLD_Amsterdam062400_IWEC.epw",
    "Chicago": "reference/epw/chicago.epw",
    "Zug": "reference/cea-zug/weather.epw",
}
#: Tilt and azimuth, degrees: roofs, walls, and one that leans forward.
SURFACES = (
    (0, 0),
    (20, 135),
    (35, 180),
    (45, 270),
    (60, 20),
    (90, 0),
    (90, 90),
    (90, 180),
    (90, 265),
    (110, 200),
)
UP = np.array([[0.0, 0.0, 1.0]])


def sun_of(site: Site, weather: Weather) -> SunPositions:
    """The sun at a site for each value of a weather file (n,)."""
    if weather.is_instant:
        return sun_at(site, weather.times)
    return sun_at(site, sunlit_middles(site, weather.times, weather.step_h))


def sunlit_middles(site: Site, middles: Times, step_h: float) -> Times:
    """The middle of the time the sun is up, for steps in which it rises or sets; else the middle itself.

    What a whole hour's direct irradiance says then comes from where the sun was, and not from below
    the horizon.
    """
    half = np.timedelta64(round(step_h * 1_800_000), "ms")
    start_up, end_up = sun_at(site, middles - half).up, sun_at(site, middles + half).up
    at = np.flatnonzero(start_up != end_up)
    was_up, low, high = start_up[at], middles[at] - half, middles[at] + half
    change = changes(low, high, was_up, lambda times: sun_at(site, times).up)
    edge: Times = np.where(was_up, low, high)
    found = middles.copy()
    found[at] = edge + (change - edge) / 2
    return found


@lru_cache
def year(city: str) -> tuple[Weather, Site, SunPositions]:
    weather = read_weather(real(FILES[city]))
    assert weather.longitude is not None and weather.latitude is not None
    site = site_at(weather.longitude, weather.latitude, weather.height_m or 0.0)
    return weather, site, sun_of(site, weather)


def unshaded(weather: Weather, sun: SunPositions, tilt: float, azimuth: float) -> Float64:
    """Hourly irradiance of the sun and the sky, W/m², put together from its parts as an analysis does."""
    normal = directions(np.array([azimuth]), np.array([90.0 - tilt]))
    light = sky_light(weather.dni, weather.dhi, 90 - sun.altitude_deg, weather.day_of_year)
    facing = np.maximum(0.0, directions(sun.azimuth_deg, sun.altitude_deg) @ normal[0])
    facing = np.where(sun.up, facing, 0.0)
    found: Float64 = (
        (weather.dni + light.circumsolar) * facing
        + light.isotropic * sky().factors(normal).sum()
        + light.horizon * sky().horizon_factors(normal).sum()
    )
    return found


def pvlibs(weather: Weather, sun: SunPositions, tilt: float, azimuth: float) -> Float64:
    from pvlib.irradiance import get_extra_radiation, get_total_irradiance

    found = get_total_irradiance(
        tilt, azimuth, 90 - sun.altitude_deg, sun.azimuth_deg, weather.dni, weather.ghi, weather.dhi,
        dni_extra=get_extra_radiation(weather.day_of_year), albedo=0.0, model="perez",
    )  # fmt: skip
    return np.nan_to_num(np.asarray(found["poa_global"], np.float64))


@pytest.mark.parametrize("city", FILES)
def test_an_unshaded_surface_gets_what_pvlib_gives_it(city: str) -> None:
    weather, _, sun = year(city)
    by_hour, by_year, by_month = 0.0, 0.0, 0.0
    for tilt, azimuth in SURFACES:
        ours, theirs = unshaded(weather, sun, tilt, azimuth), pvlibs(weather, sun, tilt, azimuth)
        by_hour = max(by_hour, np.abs(ours - theirs).max())
        by_year = max(by_year, abs(ours.sum() / theirs.sum() - 1))
        months = [np.bincount(weather.months, hours)[1:] for hours in (ours, theirs)]
        by_month = max(by_month, np.abs(months[0] / months[1] - 1).max())
    claims = (("per year", by_year, 0.005), ("per month", by_month, 0.02))
    for name, found, tolerance in claims:
        record(
            "Irradiation of unshaded surfaces",
            f"direct and diffuse irradiation {name} of {len(SURFACES)} tilts and azimuths, {city}",
            reference="pvlib get_total_irradiance(model='perez'), hourly",
            quantity="largest relative difference",
            found=found * 100,
            tolerance=tolerance * 100,
            unit="%",
            note=f"largest difference of an hour {by_hour:.3g} W/m²",
        )
    assert by_year < 0.0005 and by_month < 0.002


@pytest.mark.parametrize("city", FILES)
def test_the_middle_of_the_hour_would_lose_little(city: str) -> None:
    """Hours of sunrise and sunset: taking their middle instead of their sunlit part moves a year by < 1 %."""
    weather, site, sun = year(city)
    at_middle = sun_at(site, weather.times)
    for tilt, azimuth in ((30, 180), (90, 90), (90, 270)):
        ours = unshaded(weather, sun, tilt, azimuth).sum()
        assert pvlibs(weather, at_middle, tilt, azimuth).sum() == pytest.approx(ours, rel=0.01)
    # No direct light comes from below the horizon.
    assert weather.dni[~sun.up].sum() * 1e-3 < 0.001 * weather.dni.sum() * 1e-3


def test_horizontal_irradiation_is_what_the_file_says() -> None:
    """Global = direct + diffuse on the ground, within 2 % of a year: files round, and mean over the hour."""
    for city in FILES:
        weather, _, sun = year(city)
        assert unshaded(weather, sun, 0, 0).sum() == pytest.approx(weather.ghi.sum(), rel=0.02)


def test_the_coefficients_are_those_of_pvlib() -> None:
    from pvlib.irradiance import _get_perez_coefficients  # type: ignore[attr-defined]

    assert (np.hstack(_get_perez_coefficients("allsitescomposite1990")) == BRIGHTENING).all()


def test_the_all_weather_sky_is_that_of_radiance(tmp_path: Path) -> None:
    """Patches of many hours against gendaymtx, which has its own sun and air mass: 9 in 10 within 1.5 %."""
    weather, site, _ = year("Zug")
    sun = sun_at(site, weather.times)
    hours = np.flatnonzero((sun.altitude_deg > 10) & (weather.dhi > 20))[::37]
    ways = directions(sun.azimuth_deg, sun.altitude_deg)[hours]
    dni, dhi = weather.dni[hours], weather.dhi[hours]
    theirs = radiances(tmp_path / "zug.wea", weather, hours)
    horizontal = sky().factors(UP)[0]
    # It scales by sums over whole patches, which gives 0.5 % less than the diffuse irradiance it was told.
    assert theirs @ horizontal == pytest.approx(dhi * 0.9945, rel=0.001)
    theirs *= (dhi / (theirs @ horizontal))[:, None]
    ours = all_weather(sky(), dni, dhi, ways, weather.day_of_year[hours])
    apart = np.abs(ours / theirs - 1)
    record(
        "Irradiation of unshaded surfaces",
        "radiance of the 145 patches of the all-weather sky, Zug",
        reference="Radiance gendaymtx, Perez 1993 doi:10.1016/0038-092X(93)90017-I",
        quantity="relative difference, 9 of 10 patches are within",
        found=float(np.percentile(apart, 90)) * 100,
        tolerance=1.5,
        unit="%",
        note=f"{len(hours)} hours, median {np.median(apart) * 100:.2f} %",
    )


def radiances(path: Path, weather: Weather, hours: NDArray[np.int64]) -> Float64:
    """What Radiance's gendaymtx gives for the patches at some hours, W/(m² sr)."""
    import pyradiance

    offset = weather.utc_offset_h
    assert weather.longitude is not None
    head = (
        f"place x\nlatitude {weather.latitude}\nlongitude {-weather.longitude}\ntime_zone {-15 * offset:g}\n"
        f"site_elevation {weather.height_m}\nweather_data_file_units 1\n"
    )
    rows = []
    for hour in hours:
        clock = (weather.times[hour] + np.timedelta64(round(offset), "h")).astype(datetime)
        rows.append(
            f"{clock.month} {clock.day} {clock.hour + clock.minute / 60:.3f} "
            f"{weather.dni[hour]:.2f} {weather.dhi[hour]:.2f}\n"
        )
    path.write_text(head + "".join(rows))
    given = pyradiance.gendaymtx(
        str(path), header=False, sky_only=True, sky_color=[1, 1, 1], ground_color=[0, 0, 0], outform="f",
        solar_radiance=True,
    )  # fmt: skip
    patches = np.frombuffer(given, np.float32).reshape(146, len(hours), 3)
    return patches[1:, :, 0].T.astype(np.float64)


def test_at_night_there_is_no_light_and_at_dusk_it_is_even() -> None:
    none, some = np.zeros(2), np.array([0.0, 5.0])
    light = sky_light(none, some, np.array([120.0, 92.0]), np.array([80.0, 80.0]))
    assert (light.circumsolar == 0).all() and (light.horizon == 0).all()
    assert light.isotropic * np.pi == pytest.approx(some)


@pytest.mark.parametrize("city", FILES)
def test_the_all_weather_sky_gives_its_diffuse_irradiance(city: str) -> None:
    weather, _, sun = year(city)
    ways = directions(sun.azimuth_deg, sun.altitude_deg)
    radiance = all_weather(sky(), weather.dni, weather.dhi, ways, weather.day_of_year)
    assert radiance.min() >= 0 and np.isfinite(radiance).all()
    assert np.abs(radiance @ sky().factors(UP)[0] - weather.dhi).max() < 1e-9
    clear = np.flatnonzero((weather.dni > 600) & (sun.altitude_deg > 20))
    # A clear sky is brightest around the sun.
    assert (radiance[clear].argmax(axis=1) == sky().patch_of(ways[clear])).mean() > 0.6
    # Both of Perez's skies give a tilted roof much the same over a year.
    roof = directions(np.array([180.0]), np.array([55.0]))
    light = sky_light(weather.dni, weather.dhi, 90 - sun.altitude_deg, weather.day_of_year)
    tilted = (
        light.isotropic * sky().factors(roof).sum()
        + light.circumsolar * np.maximum(0, ways @ roof[0]) * sun.up
        + light.horizon * sky().horizon_factors(roof).sum()
    )
    assert (radiance @ sky().factors(roof)[0]).sum() == pytest.approx(tilted.sum(), rel=0.06)


def test_a_cloudless_year_is_plausible_and_symmetric() -> None:
    """Amsterdam 1500 to 1650 kWh/m²; hours in the mean time of the place; no light at night."""
    site = site_at(4.9, 52.37)
    weather = clear_sky(site, 2023)
    sun = sun_of(site, weather)
    assert len(weather.times) == 8760 and 1500 < weather.yearly_ghi_kwh_m2 < 1650
    assert unshaded(weather, sun, 0, 0).sum() == pytest.approx(weather.ghi.sum(), rel=0.01)
    assert (weather.ghi[sun.altitude_deg < -2] == 0).all()
    south = clear_sky(site_at(174.74, -36.84), 2024)
    assert len(south.times) == 8784
    by_month = np.bincount(south.months, south.ghi)[1:]
    assert by_month.argmax() in (0, 11) and by_month.argmin() == 5
