"""The sun: against NREL's table and its published example, at all kinds of places and times."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from analysis.days import day_of, hour_lines, path_of
from analysis.localtime import day_bounds, local, local_iso, moment_from, offset_of, times_of, utc_iso
from analysis.site import SITE, TIME_ZONE, Site, convergence_deg, degrees_of, site_at, site_of
from analysis.sky import directions
from analysis.sun import REFERENCE, Conditions, audit_line, delta_t_of, spa, sun_at, sun_over
from app.cli import main
from layers.arrays import Float64
from layers.errors import PlaceError, UsageError
from layers.project import Project
from layers.timezones import zone_of
from tests.conftest import real
from tests.validation.record import record

#: What SPA's authors state as its uncertainty.
SPA_DEG = 0.0003
SPA_PAPER = "Reda and Andreas 2004, doi:10.1016/j.solener.2003.12.003"


@lru_cache
def reference() -> tuple[list[str], Float64]:
    """Times of NREL's table, and latitude, longitude, azimuth and zenith angle."""
    with real("reference/spa/spa_reference_testdata.csv").open() as file:
        rows = [row for row in csv.reader(file) if row and not row[0].startswith("#")]
    return [row[0] for row in rows], np.array([[float(text) for text in row[1:]] for row in rows])


def between(one: Float64, other: Float64) -> Float64:
    """Angles between directions of azimuth and altitude, degrees."""
    return np.abs((one - other + 180) % 360 - 180)


def utc(text: str) -> np.datetime64:
    return np.datetime64(text, "ms")


def seconds_apart(time: np.datetime64 | None, site: Site, clock: str) -> float:
    assert time is not None
    there = local(time, site)
    hour, minute, second = (int(part) for part in clock.split(":"))
    return abs(
        (there - there.replace(hour=hour, minute=minute, second=second, microsecond=0)).total_seconds()
    )


def test_every_row_of_the_reference_table() -> None:
    times, rows = reference()
    azimuth, altitude, _, _ = spa(
        np.array([time[:-1] for time in times], "datetime64[ms]"), rows[:, 1], rows[:, 0], 0.0, REFERENCE
    )
    worst = max(between(azimuth, rows[:, 2]).max(), np.abs(90 - altitude - rows[:, 3]).max())
    record(
        "Sun position",
        "azimuth and zenith angle of all rows of NREL's reference table",
        reference=SPA_PAPER,
        quantity="largest difference",
        found=worst,
        tolerance=SPA_DEG,
        unit="°",
        note=f"{len(times)} rows, 1910 to 2210",
    )


def test_the_verb_gives_the_reference_table(capsys: pytest.CaptureFixture[str]) -> None:
    times, rows = reference()
    worst = 0.0
    for time, (latitude, longitude, azimuth, zenith) in list(zip(times, rows, strict=True))[::10]:
        assert main(["sun", "--at", f"{longitude},{latitude}", "--time", time, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        worst = max(
            worst,
            float(between(found["azimuth_deg"], azimuth)),
            abs(90 - found["altitude_deg"] - zenith),
        )
    record(
        "Sun position",
        "the verb `sun` on rows of NREL's reference table",
        reference=SPA_PAPER,
        quantity="largest difference",
        found=worst,
        tolerance=SPA_DEG,
        unit="°",
        note=f"every tenth of {len(times)} rows",
    )


def test_the_example_of_the_algorithms_paper() -> None:
    """Golden, Colorado, 17 October 2003: within a millionth of a degree."""
    golden = site_at(-105.1786, 39.742476, 1830.14, "America/Denver")
    there = Conditions(pressure_hpa=820.0, temperature_c=11.0, delta_t_s=67.0)
    sun = sun_at(golden, np.array([utc("2003-10-17T19:30:30")]), there)
    assert sun.azimuth_deg[0] == pytest.approx(194.340241, abs=1e-6)
    assert 90 - sun.altitude_deg[0] == pytest.approx(50.111622, abs=1e-6)


def test_rise_noon_and_set_as_nrel_publishes_them() -> None:
    """Golden, by NREL's calculator, within 2 s.

    Not its sunset of 2 August, 19:13:58: it falls on the next day in UTC, and the calculator gives that
    of the day before, 65 s later. The sun of SPA itself is at -0.8333° at our time.
    """
    golden = site_at(-105.1786, 39.742476, zone="Etc/GMT+7")
    winter, summer = day_of(golden, "2015-01-02"), day_of(golden, "2015-08-02")
    published = (
        (winter.sunrise, "7:21:55"), (winter.noon, "12:04:45"), (winter.sunset, "16:47:43"),
        (summer.sunrise, "5:00:27"), (summer.noon, "12:06:58"),
    )  # fmt: skip
    assert max(seconds_apart(time, golden, clock) for time, clock in published) < 2
    edges = sun_at(golden, np.array([summer.sunrise, summer.sunset])).true_altitude_deg
    assert edges == pytest.approx([-0.8333, -0.8333], abs=0.0005)


def test_what_the_age_of_the_earths_turning_is_worth() -> None:
    """ΔT by formula against the measured ones: no difference that moves the sun by 0.0002°."""
    rows = [line.split() for line in real("reference/spa/deltat.data.txt").read_text().splitlines()]
    months = np.array([f"{year}-{int(month):02}" for year, month, _, _ in rows], "datetime64[M]")
    measured = np.array([float(row[3]) for row in rows])
    seconds = np.abs(delta_t_of(months.astype("datetime64[ms]")) - measured).max()
    assert seconds * 0.9856 / 86400 < 0.0002


def test_south_of_the_equator_the_sun_culminates_in_the_north() -> None:
    auckland = site_at(174.74, -36.84)
    noon = day_of(auckland, "2026-12-21").noon
    sun = sun_at(auckland, np.array([noon]))
    assert between(sun.azimuth_deg, np.array([0.0]))[0] < 0.1
    assert sun.altitude_deg[0] == pytest.approx(90 - 36.84 + 23.44, abs=0.05)
    assert day_of(auckland, "2026-12-21").hours > 14 > 10 > day_of(auckland, "2026-06-21").hours


@pytest.mark.parametrize(
    ("longitude", "latitude", "zone"),
    [(-157.4, 1.87, "Pacific/Kiritimati"), (-171.8, -13.8, "Pacific/Apia"), (179.2, -16.5, "Pacific/Fiji")],
)
def test_at_the_date_line_a_day_is_the_local_one(longitude: float, latitude: float, zone: str) -> None:
    site = site_at(longitude, latitude, zone=zone)
    day = day_of(site, "2026-03-21")
    for time in (day.sunrise, day.noon, day.sunset):
        assert time is not None and local_iso(time, site).startswith("2026-03-21")
    assert 11 < local(day.noon, site).hour + local(day.noon, site).minute / 60 < 14
    assert day.sunrise is not None and day.sunset is not None
    assert day.sunrise < day.noon < day.sunset


def test_noon_is_found_on_clocks_of_elsewhere() -> None:
    """At 180° the sun culminates around midnight UTC: on every day some noon near it is given."""
    site = site_at(180, 40, zone="UTC")
    noons = [day_of(site, f"2026-{month:02}-{day:02}").noon for month in (2, 5, 11) for day in (1, 15)]
    assert np.abs(sun_at(site, np.array(noons)).azimuth_deg - 180).max() < 1


def test_polar_day_and_polar_night_are_told() -> None:
    cape = site_at(25.78, 71.17, zone="Europe/Oslo")
    summer, winter = day_of(cape, "2026-06-21"), day_of(cape, "2026-12-21")
    assert (summer.sunrise, summer.sunset, summer.hours) == (None, None, 24)
    assert (winter.sunrise, winter.sunset, winter.hours) == (None, None, 0)
    assert "polar day" in summer.note and "polar night" in winter.note
    assert day_of(site_at(0, 90, zone="UTC"), "2026-06-01").hours == 24
    assert day_of(site_at(0, -90, zone="UTC"), "2026-06-01").hours == 0


def test_rise_and_set_agree_with_those_of_pvlib() -> None:
    """Within 5 s: pvlib interpolates over the day as SPA's authors do, we look for the very moment."""
    from pvlib.spa import transit_sunrise_sunset  # type: ignore[attr-defined]

    site = site_at(4.9, 52.37)
    days = np.arange(np.datetime64("2026-01-05"), np.datetime64("2026-12-30"), 30)
    unix = days.astype("datetime64[s]").astype(np.float64)
    delta_t = delta_t_of(days.astype("datetime64[ms]"))
    found = transit_sunrise_sunset(unix, site.latitude, site.longitude, delta_t, 1)
    for at, day in enumerate(days):
        ours = day_of(site, str(day))
        for mine, theirs in zip((ours.noon, ours.sunrise, ours.sunset), found, strict=True):
            assert abs(mine.astype("datetime64[ms]").astype(np.int64) / 1000 - theirs[at]) < 5


def test_an_hour_that_summer_time_skips_or_repeats_is_told() -> None:
    delft = site_at(4.36, 52.01)
    with pytest.raises(UsageError, match="does not exist"):
        moment_from("2026-03-29T02:30", delft)
    first = moment_from("2026-10-25T02:30", delft)
    assert utc_iso(first.utc) == "2026-10-25T00:30:00Z" and "twice" in first.note
    second = moment_from("2026-10-25T02:30+01:00", delft)
    assert utc_iso(second.utc) == "2026-10-25T01:30:00Z" and not second.note
    assert offset_of(first.utc, delft) == "+02:00" and offset_of(second.utc, delft) == "+01:00"
    hours = [int((end - start) / np.timedelta64(1, "h")) for start, end in _bounds(delft)]
    assert hours == [23, 25, 24]
    assert len(times_of(delft, "2026-03-29")) == 24 and len(times_of(delft, "2026-10-25")) == 26
    with pytest.raises(UsageError, match="left out this date"):
        day_bounds(site_at(-171.8, -13.8, zone="Pacific/Apia"), "2011-12-30")


def _bounds(site: Site) -> list[tuple[np.datetime64, np.datetime64]]:
    return [day_bounds(site, day) for day in ("2026-03-29", "2026-10-25", "2026-07-01")]


@pytest.mark.parametrize("text", ["", "noon", "2026-03-21", "2026-02-30T12:00", "0001-01-01T00:00"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        moment_from(text, site_at(4.36, 52.01))


def test_grid_convergence_as_published() -> None:
    """Flinders Peak in MGA zone 55: 1° 35′ 03.65″ (Geocentric Datum of Australia technical manual)."""
    flinders = np.array([[273741.297, 5796489.777, 0.0]])
    found = convergence_deg("EPSG:28355", flinders)[0]
    published = 1 + 35 / 60 + 3.65 / 3600
    record(
        "Sun position",
        "grid convergence at Flinders Peak (MGA zone 55)",
        reference="GDA94 technical manual, ICSM, worked example of Redfearn's formulae",
        quantity="difference",
        found=abs(found - published),
        tolerance=0.00001,
        unit="°",
    )


@pytest.mark.parametrize(
    ("crs", "east", "north"),
    [
        ("EPSG:25832", 691_000, 5_335_000),
        ("EPSG:28992", 85_000, 447_000),
        ("EPSG:2056", 2_680_000, 1_250_000),
        ("EPSG:5514", -740_000, -1_040_000),  # S-JTSK: negative in both
        ("EPSG:8353", -440_000, -1_200_000),
        ("EPSG:32733", 260_000, 6_240_000),
        ("EPSG:3031", 1_000_000, 500_000),  # polar stereographic
    ],
)
def test_grid_convergence_in_every_projection(crs: str, east: float, north: float) -> None:
    """Within 0.00001° of what PROJ derives from the projection's formulas."""
    from pyproj import Proj

    projection = Proj(crs)
    expected = projection.get_factors(*projection(east, north, inverse=True)).meridian_convergence
    found = convergence_deg(crs, np.array([[east, north, 0.0]]))[0]
    assert between(found, expected) < 1e-5


def test_the_sun_turns_with_the_grid(tmp_path: Path) -> None:
    """Where grid north lies east of true north, the sun's azimuth in the grid is smaller by as much."""
    with Project.create(tmp_path / "praha.city.gpkg", crs="EPSG:5514") as project:
        site = site_of(project, (-740_000.0, -1_040_000.0, 250.0))
    assert site.convergence_deg == pytest.approx(-7.8069, abs=1e-4)
    assert (site.longitude, site.latitude) == pytest.approx((14.4542, 50.1178), abs=0.001)
    assert site.zone == "Europe/Prague"
    noon = sun_at(site, np.array([day_of(site, "2026-03-21").noon]))
    assert noon.azimuth_deg[0] == pytest.approx(180, abs=0.01)
    assert noon.directions_in_grid[0] @ directions(np.array([187.8069]), noon.altitude_deg)[0] > 1 - 1e-8


def test_every_object_has_its_own_sun(tmp_path: Path) -> None:
    """Over a city of 50 km: interpolated from its corners within 0.001° of each point's own."""
    box = np.array([120_000, 470_000, 0, 170_000, 520_000, 50], np.float64)
    times = times_of(site_at(5.1, 52.4), "2026-06-21", "05:00", "21:00", 240)
    rng = np.random.default_rng(4)
    points = box[:3] + rng.random((20, 3)) * (box[3:] - box[:3])
    with Project.create(tmp_path / "noord.city.gpkg", crs="EPSG:28992") as project:
        field = sun_over(project, box, times)
        own = np.stack([sun_at(site_of(project, point), times).directions_in_grid for point in points])
        middle = sun_at(site_of(project, (box[:3] + box[3:]) / 2), times).directions_in_grid
    apart = [
        np.degrees(np.arccos(np.clip((field.directions(points, n) * own[:, n]).sum(axis=1), -1, 1))).max()
        for n in range(len(times))
    ]
    from_middle = np.degrees(np.arccos(np.clip((middle * own).sum(axis=2), -1, 1))).max()
    record(
        "Sun position",
        "the sun of each point of a city of 50 km × 50 km, interpolated from its corners",
        reference="SPA at each point",
        quantity="largest angle",
        found=max(apart),
        tolerance=0.001,
        unit="°",
        note=f"the sun of the city's middle would be {from_middle:.2f}° off",
    )
    assert from_middle > 0.1


def test_a_model_without_crs_must_be_told_its_place(tmp_path: Path) -> None:
    with Project.create(tmp_path / "model.city.gpkg", crs="local") as project:
        with pytest.raises(PlaceError, match="--place LON,LAT"):
            site_of(project, (0, 0, 0))
        with project.edit("Place") as edit:
            edit.set_project(SITE, "4.36,52.01,30")
            edit.set_project(TIME_ZONE, "Europe/Brussels")
        site = site_of(project, (10, 20, 3))
        assert (site.longitude, site.latitude, site.height_m, site.convergence_deg) == (4.36, 52.01, 3, 30)
        assert site.zone == "Europe/Brussels" and site.zone_reason == "as set in the project"
        assert [len(values) for values in degrees_of(project, np.zeros((5, 3)))] == [5, 5, 5]


def test_the_verb_tells_a_project_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "model.city.gpkg"
    Project.create(path, crs="local").close()
    assert main(["sun", str(path), "--time", "2026-03-21T12:00"]) == 1
    assert "--place" in capsys.readouterr().err
    asked = ["sun", str(path), "--place", "-87.65,41.88", "--keep-zone", "America/Chicago"]
    assert main([*asked, "--time", "2026-03-21T12:00", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["longitude"], found["offset"], found["utc"]) == (-87.65, "-05:00", "2026-03-21T17:00:00Z")
    assert {"azimuth_deg", "altitude_deg", "utc", "local", "offset", "algorithm"} <= set(found)
    with Project.open(path) as project:
        assert [step.label for step in project.history()] == ["Set the place of the project"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--at", "4,95"], "no place on Earth"),
        (["--at", "here"], "not understood"),
        (["--at", "4,52", "--zone", "Europe/Atlantis"], "no such time zone"),
        (["--at", "4,52", "--zone", "../../etc/passwd"], "no such time zone"),
        (["--at", "4,52", "--time", "soon"], "not understood"),
        ([], "not clear where"),
    ],
)
def test_wrong_use_is_a_sentence(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sun", *arguments]) in (1, 2)
    told = capsys.readouterr().err
    assert said in told and "Traceback" not in told


@pytest.mark.parametrize(
    ("place", "region", "zone"),
    [
        ((1.85, 50.95), "France - onshore and offshore", "Europe/Paris"),  # Calais: London is nearer
        ((-8.72, 42.23), "Spain - mainland onshore.", "Europe/Madrid"),  # Vigo: Lisbon is nearer
        ((5.7, 50.85), "Netherlands - onshore", "Europe/Amsterdam"),
        ((9.17, 47.66), "Germany - onshore", "Europe/Berlin"),  # Konstanz: Büsingen has its own
        ((-0.13, 51.5), "", "Europe/London"),
        ((151.2, -33.9), "Australia - onshore", "Australia/Sydney"),
        ((-74.0, 40.7), "United States (USA) - New York", "America/New_York"),
    ],
)
def test_the_time_zone_of_a_place(place: tuple[float, float], region: str, zone: str) -> None:
    assert zone_of(*place, region).name == zone


def test_a_doubtful_time_zone_is_told(tmp_path: Path) -> None:
    calais = site_at(1.85, 50.95)
    assert "it may be" in calais.zone_reason and "Europe/Brussels" in calais.zone_reason
    assert "it may be" in audit_line(calais, utc("2026-03-21T11:00"))
    # The heights of a compound CRS tell the country where its positions are those of half a continent.
    with Project.create(tmp_path / "wertheim.city.gpkg", crs="EPSG:25832+7837") as project:
        site = site_of(project, (549_000.0, 5_495_000.0, 150.0))
    assert (site.zone, site.zone_reason) == ("Europe/Berlin", "by its place")


def test_the_audit_line_says_it_all() -> None:
    line = audit_line(site_at(4.3571, 52.0116), utc("2026-03-21T11:00"))
    place, clocks, moment = "52.0116° N, 4.3571° E", "2026-03-21T12:00:00+01:00", "2026-03-21T11:00:00Z"
    for part in (place, clocks, "Europe/Amsterdam", moment, "azimuth 164.3", "altitude 37.2"):
        assert part in line, (part, line)
    assert "grid convergence +0.000°" in line and "SPA" in line and "pvlib" in line


def test_paths_for_diagrams() -> None:
    site = site_at(4.9, 52.37)
    path = path_of(site, "2026-06-21")
    assert len(path.times) == 145 and path.times[-1] - path.times[0] == np.timedelta64(24, "h")
    lines = hour_lines(site, 2026)
    assert 12 in lines and 1 not in lines
    assert {local(time, site).astimezone(None).minute for time in lines[12].times} <= {0}
    assert local(lines[12].times[0], site).utcoffset() == timedelta(hours=1)
