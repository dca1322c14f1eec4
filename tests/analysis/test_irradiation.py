"""Irradiation against pvlib, closed forms, rays to every hour, and itself on one thread."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis import abreast
from analysis.casters import Casters
from analysis.fineness import BINNED, EXACT
from analysis.irradiation import Irradiation, Spots
from analysis.light import Light, light_of
from analysis.perez import SkyLight
from analysis.receivers import LIFT_M
from analysis.site import Site, site_at
from analysis.sunbins import sun_bins
from layers.arrays import Float64
from layers.errors import Cancelled
from tests.analysis.scenes import gabled_houses
from tests.validation.record import record

NOTHING = Casters.of(np.empty((0, 3)), np.empty((0, 3), np.int32))
HOURS = np.datetime64("2023-01-01T00:30", "ms") + np.arange(8760) * np.timedelta64(1, "h")
MONTHS = HOURS.astype("datetime64[M]").astype(np.int64) % 12
YEAR = np.ones(12, bool)


@pytest.fixture(scope="module")
def site() -> Site:
    """Amersfoort."""
    return site_at(5.387, 52.155, 10.0)


@pytest.fixture(scope="module")
def irradiance(site: Site) -> tuple[Float64, Float64]:
    """A year of hours with broken clouds: direct normal and diffuse."""
    from analysis.clearsky import irradiance

    _, dni, dhi = irradiance(site, HOURS)
    clear = np.random.default_rng(3).beta(0.5, 0.5, len(HOURS))
    return dni * clear, dhi * (2 - clear)


@pytest.fixture(scope="module")
def light(site: Site, irradiance: tuple[Float64, Float64]) -> Light:
    """The same by month."""
    return light_of(site, HOURS, *irradiance, MONTHS, YEAR)


def even_sky(periods: int = 1) -> Light:
    """A sky of radiance 1 everywhere and no sun: open ground gets π."""
    ones, none = np.ones(periods), np.zeros(periods)
    up = np.tile((0.0, 0.0, 1.0), (periods, 1))
    return Light(up, none, SkyLight(ones, none, none), None, np.arange(periods), np.ones(periods, bool))


def wall(x: float, height: float, half: float = 1e4) -> tuple[Float64, list[tuple[int, int, int]]]:
    """An endless wall along y."""
    corners = [(x, -half, 0), (x, half, 0), (x, half, height), (x, -half, height)]
    return np.array(corners), [(0, 1, 2), (0, 2, 3)]


def canyon(width: float, height: float) -> Casters:
    """An endless street between two walls, its middle at x = 0."""
    left, faces = wall(-width / 2, height)
    right, _ = wall(width / 2, height)
    triangles = np.array([*faces, *((a + 4, b + 4, c + 4) for a, b, c in faces)], np.int32)
    return Casters.of(np.concatenate([left, right]), triangles)


@pytest.mark.parametrize("fineness", [BINNED, EXACT], ids=["binned", "exact"])
@pytest.mark.parametrize("tilt, azimuth", [(0, 0), (35, 180), (90, 0), (90, 100), (60, 315), (100, 200)])
def test_what_nothing_shades_gets_what_pvlib_gives(
    site: Site, irradiance: tuple[Float64, Float64], tilt: float, azimuth: float, fineness: object
) -> None:
    """Every month within 0.1 % (asked for: 2 % a month, 0.5 % a year)."""
    import pandas as pd
    from pvlib.irradiance import get_total_irradiance

    from analysis.perez import air_mass, extraterrestrial
    from analysis.sun import sun_at
    from layers.weather import day_of_year

    dni, dhi = irradiance
    sun = sun_at(site, HOURS)
    zenith = 90 - sun.altitude_deg
    judge = get_total_irradiance(
        tilt, azimuth, zenith, sun.azimuth_deg, dni, dni * 0, dhi,
        dni_extra=extraterrestrial(day_of_year(HOURS)), airmass=air_mass(zenith), model="perez", albedo=0,
    )  # fmt: skip
    frame = pd.DataFrame(judge).groupby(MONTHS).sum() / 1000
    is_up = zenith <= 90
    lit = light_of(site, HOURS, dni * is_up, dhi * is_up, MONTHS, YEAR)
    slope, turn = np.radians(tilt), np.radians(azimuth)
    normal = np.array([[np.sin(slope) * np.sin(turn), np.sin(slope) * np.cos(turn), np.cos(slope)]])
    assert isinstance(fineness, type(BINNED))
    found = Irradiation(NOTHING, lit, fineness).on(Spots(np.zeros((1, 3)), np.zeros(1, np.int64), normal))
    assert found.direct[0] == pytest.approx(frame["poa_direct"].to_numpy(), rel=1e-3, abs=1e-3)
    assert found.diffuse[0] == pytest.approx(frame["poa_sky_diffuse"].to_numpy(), rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("ratio", [0.5, 1.0, 2.0])
def test_sky_in_a_street_is_that_of_the_closed_form(ratio: float) -> None:
    """Floor, middle: sky view 1/√(1 + 4 ratio²) of its height to its width; exact mode within 0.005."""
    spots = Spots(np.array([(0.0, 0.0, LIFT_M)]), np.zeros(1, np.int64), np.array([(0.0, 0.0, 1.0)]))
    found = Irradiation(canyon(10.0, 10.0 * ratio), even_sky(), EXACT).on(spots).diffuse[0, 0] / np.pi
    record(
        "Irradiation among buildings",
        f"an even sky lights the middle of a street {ratio:g} times as high as wide by its closed form",
        reference="1/√(1 + 4 h²/w²)",
        quantity="difference of the share of the open sky's light",
        found=float(found - 1 / np.sqrt(1 + 4 * ratio**2)),
        tolerance=0.005,
    )


def houses() -> tuple[Casters, Spots]:
    """Some sixty houses close together, and points all over them."""
    vertices, triangles = gabled_houses(64)
    corners = vertices[triangles[:-2]]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    size = np.linalg.norm(across, axis=1)
    normals = across / size[:, None]
    random = np.random.default_rng(5)
    row = random.choice(len(corners), 1500, p=size / size.sum())
    first, second = np.sqrt(random.random(1500)), random.random(1500)
    shares = np.stack([1 - first, first * (1 - second), first * second], axis=1)
    points = (shares[:, :, None] * corners[row]).sum(axis=1) + LIFT_M * normals[row]
    return Casters.of(vertices, triangles), Spots(points, row, normals)


def test_binned_sun_is_close_to_a_ray_every_hour(light: Light) -> None:
    """At most 110 rays per point to the sun's path; root mean square at most 2 % of the mean.

    These houses stand closer than those of a city, where it is 1.25 % (python -m benchmarks irradiation).
    """
    casters, spots = houses()
    binned = Irradiation(casters, light, BINNED)
    fast = binned.on(spots).direct.sum(axis=1)
    exact = Irradiation(casters, light, replace(BINNED, sun_bins=0)).on(spots).direct.sum(axis=1)
    facing = (spots.row_normal @ binned.lines.directions[: binned.bins].T > 0)[spots.row]
    assert facing.sum(axis=1).mean() <= 110
    record(
        "Irradiation among buildings",
        "160 bins of the sun's path stand for every hour's place of the sun, at single points in dense town",
        reference="a ray for every hour of the year with sun",
        quantity="root mean square error of a year's direct irradiation",
        found=100 * float(np.sqrt(np.mean((fast - exact) ** 2)) / exact.mean()),
        tolerance=2.0,
        unit="%",
        note=f"{len(spots)} points on 64 houses, {facing.sum(axis=1).mean():.0f} rays each to the sun's path",
    )
    assert fast.mean() == pytest.approx(exact.mean(), rel=0.003)


def test_answers_do_not_depend_on_threads(light: Light, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bit by bit."""
    casters, spots = houses()
    spots = spots.at(slice(300))
    monkeypatch.setattr("analysis.irradiation.CHUNK", 70)
    answers = []
    for threads in (1, 2, 5):
        monkeypatch.setattr(abreast.os, "cpu_count", lambda threads=threads: threads)
        answers.append(Irradiation(casters, light).on(spots))
    for other in answers[1:]:
        assert (other.direct == answers[0].direct).all()
        assert (other.diffuse == answers[0].diffuse).all()


def test_trees_let_light_through_by_the_season() -> None:
    """A sky seen through one closed crown: 3 % in leaf, 46 % bare, whatever else the year brings."""
    roof = np.array([(-1e5, -1e5, 5), (1e5, -1e5, 5), (1e5, 1e5, 5), (-1e5, 1e5, 5)], float)
    veil = np.full((2, 2), (0.03, 0.46), np.float32)
    casters = Casters.of(roof, np.array([(0, 1, 2), (0, 2, 3)], np.int32), np.zeros(2, np.int64), veil)
    sky = replace(even_sky(2), in_leaf=np.array([True, False]))
    spots = Spots(np.zeros((1, 3)), np.zeros(1, np.int64), np.array([(0.0, 0.0, 1.0)]))
    found = Irradiation(casters, sky).on(spots).diffuse[0]
    assert found == pytest.approx(np.pi * np.array([0.03, 0.46]), rel=1e-4)


def test_it_can_be_stopped(light: Light, monkeypatch: pytest.MonkeyPatch) -> None:
    casters, spots = houses()
    monkeypatch.setattr("analysis.irradiation.CHUNK", 100)
    told: list[float] = []

    def stop(fraction: float, _text: str) -> None:
        told.append(fraction)
        if len(told) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        Irradiation(casters, light).on(spots, stop)
    assert len(told) == 2


def test_bins_lie_on_the_path_and_stand_for_what_is_near(light: Light) -> None:
    """150 bins of a year at 52° N: no hour is farther than 7° from its bin, half of them nearer than 3°."""
    positions = light.sun[light.sunny]
    bins = sun_bins(positions, 150)
    away = np.degrees(np.arccos(np.clip((positions * bins.directions[bins.bin]).sum(axis=1), -1, 1)))
    assert len(bins.directions) == 150
    assert away.max() < 7
    assert np.median(away) < 3
    assert (bins.directions[:, 2] > 0).all()


def test_few_positions_are_their_own_bins() -> None:
    positions = np.array([(0.0, 0.6, 0.8), (0.6, 0.0, 0.8)])
    assert sun_bins(positions, 150).directions == pytest.approx(positions)
