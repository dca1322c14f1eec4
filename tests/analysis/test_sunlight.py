"""Sunlight hours: closed forms, the error that is stated, states of the city compared, days and bands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis import sunlight
from analysis.casters import Casters
from analysis.days import day_of
from analysis.localtime import day_bounds
from analysis.naming import Naming
from analysis.receivers import on_points
from analysis.site import site_of
from analysis.spells import Steps, spells_of
from analysis.sun import sun_at
from analysis.sunhours import Band, SunWay, days_between, neighbourhoods, sun_way, sunlight_of
from layers.arrays import Float64
from layers.columns import Mask
from layers.errors import Cancelled, UsageError
from layers.project import Project
from layers.runs import Int64
from tests.analysis.town import at
from tests.validation.record import record

#: In the middle of a UTM zone: grid north is true north, so that walls run due east.
PLACE = np.array([500_000.0, 5_500_000.0, 0.0])
WALL_M, WINTER = 20.0, "2026-02-10"
DISTANCES_M = np.array([25.0, 30.0, 50.0, 80.0, 150.0])


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Nothing, near 49.65° N."""
    return Project.create(tmp_path_factory.mktemp("plain") / "plain.city.gpkg", "EPSG:25832")


def wall(height_m: float, half_m: float = 20_000.0) -> Casters:
    """An upright wall that runs due east through the place, as good as endless."""
    corners = np.array([(-half_m, 0, -50), (half_m, 0, -50), (half_m, 0, height_m), (-half_m, 0, height_m)])
    triangles = np.array([(0, 1, 2), (0, 2, 3)], np.int32)
    return Casters.of(corners + PLACE, triangles)


def north_of_it(distances_m: Float64) -> Float64:
    """Points on level ground, and the direction that they look in."""
    count = len(distances_m)
    ground = np.column_stack((np.zeros(count), distances_m, np.zeros(count))) + PLACE
    return np.column_stack((ground, np.tile((0.0, 0.0, 1.0), (count, 1))))


def one_day(project: Project, day: str, steps: Steps, band: Band | None = None) -> SunWay:
    x, y, z = PLACE
    box = (x - 50, y - 50, z, x + 50, y + 50, z)
    return sun_way(project, box, days_between(day, ""), band or Band(), steps)


def step_by_step(sun: SunWay, distance_m: float) -> float:
    """Hours in which the sun is up and above the wall, from its place every five seconds."""
    start, end = day_bounds(sun.site, sun.courses[0].counted.day)
    seconds = np.arange(start, end, np.timedelta64(5000, "ms"))
    _, north, up = sun_at(sun.site, seconds).directions_in_grid.T
    lit = (up > 0) & ((north > 0) | (up * distance_m > -north * WALL_M))
    return float(lit.sum()) / 720


def test_ground_behind_an_endless_wall_has_the_days_of_a_place_farther_north(plain: Project) -> None:
    """Behind a wall of height h, h / d = tan of an angle, the winter day is as long as that angle farther
    north: cos H = - tan declination · tan (latitude + angle). Refraction and the sun's own way north in
    the course of the day make up the difference.
    """
    steps = Steps()
    sun = one_day(plain, WINTER, steps)
    found = sunlight_of(on_points(north_of_it(DISTANCES_M)), wall(WALL_M), sun, steps)
    noon = sun_at(sun.site, np.array([day_of(sun.site, WINTER).noon]))
    declination = np.radians(noon.true_altitude_deg[0] + sun.site.latitude - 90)
    angle = np.arctan(WALL_M / DISTANCES_M)
    cosine = -np.tan(declination) * np.tan(np.radians(sun.site.latitude) + angle)
    expected = np.degrees(np.arccos(np.clip(cosine, -1, 1))) / 7.5
    assert (expected[:2] == 0).all() and (found.hours[:2] == 0).all()
    assert 3 < expected[2] < expected[3] < expected[4]
    # Refraction lifts a sun that grazes the wall by 0.04 to 0.13°: up to two minutes at either end.
    record(
        "Sunlight hours",
        "ground behind an endless wall, on a winter day",
        reference="closed form: the length of the day at the latitude plus the wall's angle",
        quantity="largest difference",
        found=float(np.abs(found.hours - expected).max()),
        tolerance=0.08,
        unit="h",
        note="the closed form has no refraction and one declination for the whole day",
    )


@pytest.mark.parametrize("end_s", [0.0, 10.0])
@pytest.mark.parametrize("step_min", [2.0, 5.0, 15.0])
def test_hours_are_within_the_error_that_is_stated(plain: Project, step_min: float, end_s: float) -> None:
    steps = Steps(step_min, end_s)
    sun = one_day(plain, WINTER, steps)
    found = sunlight_of(on_points(north_of_it(DISTANCES_M)), wall(WALL_M), sun, steps)
    exact = np.array([step_by_step(sun, distance) for distance in DISTANCES_M.tolist()])
    own = 10 / 3600  # the comparison's: five seconds at either end
    assert (np.abs(found.hours - exact) <= found.error_h + own).all()
    assert found.error_h[2] == pytest.approx(2 * steps.end_error_s / 3600)
    assert steps.end_error_s == (step_min * 30 if end_s == 0 else pytest.approx(end_s / 2, rel=0.5))
    if (step_min, end_s) == (5.0, 10.0):
        record(
            "Sunlight hours",
            "the same against the sun's place every five seconds",
            reference="the wall's shadow in closed form, NREL SPA every 5 s",
            quantity="largest difference",
            found=float(np.abs(found.hours - exact).max()) * 3600,
            tolerance=2 * steps.end_error_s + 10,
            unit="s",
            note="steps of 5 min, starts and ends found by halving",
        )


def test_a_finer_step_changes_no_more_than_the_errors_of_both(town: Project) -> None:
    inputs = sunlight.Inputs(day="2026-03-21", spacing_m=4.0, vegetation=False)
    coarse, fine = (sunlight.run(town, replace(inputs, step_min=step)).points for step in (5.0, 1.0))
    errors = coarse.numbers("error_h") + fine.numbers("error_h")
    change = np.abs(coarse.numbers("sunlight_h") - fine.numbers("sunlight_h"))
    # Spells shorter than the step may be missed, as the statement says.
    assert (change <= errors + 1e-9).mean() > 0.98
    assert change.max() < 0.1


def test_spells_are_added_up_found_and_left_out_by_their_length() -> None:
    """One point, lit from 1.3 to 2.1 h and from 3 to 3.05 h."""
    hours = np.linspace(0, 4, 49)  # 5 min
    spells = ((1.3, 2.1), (3.0, 3.09))

    def look(numbers: Int64) -> Mask:
        return lit(numbers, numbers, np.zeros(len(numbers)))[:, None]

    def lit(some: Int64, numbers: Int64, share: Float64) -> Mask:
        at = (numbers + share) / 12
        found: Mask = np.any([(low <= at) & (at <= high) for low, high in spells], axis=0)
        return found

    both = spells_of(look, lit, 1, hours, Steps(5.0, 1.0))
    assert both.hours[0] == pytest.approx(0.89, abs=both.error_h[0])
    assert both.longest_h[0] == pytest.approx(0.8, abs=both.error_h[0])
    assert both.error_h[0] == pytest.approx(4 * Steps(5.0, 1.0).end_error_s / 3600)
    long = spells_of(look, lit, 1, hours, Steps(5.0, 1.0, least_spell_min=10.0))
    assert long.hours[0] == pytest.approx(0.8, abs=long.error_h[0])
    # As long as the least, to the second: it may count or not, and the error says so.
    unsure = spells_of(look, lit, 1, hours, Steps(5.0, 1.0, least_spell_min=5.4))
    assert unsure.error_h[0] > 0.08


def test_one_and_two_threads_give_the_same_hours(plain: Project) -> None:
    random = np.random.default_rng(3)
    points = on_points(north_of_it(random.uniform(5, 200, 70_000)))
    steps, walls = Steps(30.0), wall(WALL_M)
    sun = one_day(plain, WINTER, steps)
    found = []
    for threads in (1, 2):
        walls.rays.threads = threads
        found.append(sunlight_of(points, walls, sun, steps).hours)
    assert np.array_equal(found[0], found[1])


def test_days_stand_for_those_around_them_and_months_for_their_days() -> None:
    weeks = days_between("2026-01-01", "2026-12-31", 7)
    assert sum(day.weight for day in weeks) == 365 and len(weeks) == 53
    assert weeks[0].day.isoformat() == "2026-01-04"
    february = [day.months[2] for day in weeks if 2 in day.months]
    assert sum(february) == 28
    for first, last in (("2026-03-21", "2026-03-20"), ("2026-01-01", "2027-06-01")):
        with pytest.raises(UsageError, match="days"):
            days_between(first, last)


def test_hours_of_true_solar_time_lie_evenly_around_noon(plain: Project) -> None:
    sun = one_day(plain, "2026-01-20", Steps(), Band(0.0, "09:00", "15:00", is_solar=True))
    assert sun.hours == pytest.approx(6.0, abs=1e-3)
    (course,) = sun.courses
    middle = course.times[0] + (course.times[-1] - course.times[0]) // 2
    assert sun_at(sun.site, np.array([middle])).azimuth_deg[0] == pytest.approx(180, abs=0.01)


def test_a_low_sun_does_not_count(plain: Project) -> None:
    high = one_day(plain, WINTER, Steps(), Band(10.0))
    (course,) = high.courses
    ends = sun_at(high.site, course.times[[0, -1]]).altitude_deg
    assert ends == pytest.approx([10, 10], abs=1e-3)


def test_polar_day_and_night_have_all_hours_and_none(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "north.city.gpkg", "EPSG:25833")
    box = (500_000.0, 8_680_000.0, 0.0, 500_010.0, 8_680_010.0, 0.0)
    summer, winter = (
        sun_way(project, box, days_between(day, ""), Band(), Steps()) for day in ("2026-06-21", "2026-12-21")
    )
    assert summer.hours == pytest.approx(24.0) and winter.hours == 0


def test_trees_cast_shade_by_their_season(town: Project) -> None:
    """Behind a lime: lit through its bare crown in March, unless less light than all is shade."""
    window = (*at(153.0, 57.0, 2.0), 0.0, -1.0, 0.0)
    inputs = sunlight.Inputs(on="points", points=(window,), begin="11:00", end="14:00")

    def hours(day: str, shade_pct: float = 25.0, vegetation: bool = True) -> float:
        asked = replace(inputs, day=day, shade_pct=shade_pct, vegetation=vegetation)
        return float(sunlight.run(town, asked).surfaces.numbers("sunlight_h")[0])

    assert hours("2026-03-21") == pytest.approx(3.0, abs=0.01)
    assert hours("2026-06-21", vegetation=False) == pytest.approx(3.0, abs=0.01)
    assert hours("2026-03-21", shade_pct=100.0) < 1.5
    assert hours("2026-03-21", shade_pct=100.0) == pytest.approx(hours("2026-03-21", 60.0), abs=0.01)


def test_before_and_after_are_compared_on_the_same_points(town: Project) -> None:
    """House B, west-east neighbour of A, was demolished in 2000: A's east wall came into the sun."""
    inputs = sunlight.Inputs(
        where="id == 'A'",
        surfaces="walls",
        day="2026-03-21",
        date="2020-01-01",
        compare=True,
        compare_date="1990-01-01",
    )
    result = sunlight.run(town, inputs)
    surfaces = result.surfaces
    change = surfaces.numbers("sunlight_h_change")
    looks_east = np.abs(surfaces.numbers("azimuth_deg") - 90) < 2
    assert (change[looks_east] > 4).all() and (surfaces.numbers("sunlight_h_before")[looks_east] < 0.2).all()
    assert np.array_equal(change, surfaces.numbers("sunlight_h") - surfaces.numbers("sunlight_h_before"))
    (lost,) = result.tables["hours_lost"].numbers("sunlight_h_change")
    area = surfaces.numbers("area_m2")
    assert lost == pytest.approx(float((change * area).sum() / area.sum()))
    assert {quantity.name for quantity in result.quantities} >= {"sunlight_h", "sunlight_h_before"}
    assert len(result.pedigree.sun) == 3 and "±" not in result.pedigree.error
    assert all(len(digest) == 64 for _, digest in result.pedigree.inputs)


def test_what_did_not_stand_before_has_no_hours_before(town: Project) -> None:
    inputs = sunlight.Inputs(date="1990-01-01", compare=True, compare_date="2020-01-01", spacing_m=5.0)
    result = sunlight.run(town, inputs)
    was = result.surfaces.numbers("sunlight_h_before")
    titles = [Naming(town).title(fid) for fid in result.surfaces.numbers("fid").astype(int).tolist()]
    assert np.isnan(was[[title == "B" for title in titles]]).all()
    assert np.isfinite(was[[title == "A" for title in titles]]).all()


def test_windows_are_points_or_rings_of_corners(town: Project) -> None:
    x, y, z = at(55.0, 49.99, 2.0)
    ring = ((x - 1, y, z), (x + 1, y, z), (x + 1, y, z + 2), (x - 1, y, z + 2))
    point = (x, y, z + 1, 0.0, -1.0, 0.0)
    inputs = sunlight.Inputs(on="points", points=(point, ring), day="2026-03-21", spacing_m=0.5)
    result = sunlight.run(town, inputs)
    assert result.surfaces.texts("surface_type") == ["point", "window"]
    lone, window = result.surfaces.numbers("sunlight_h")
    assert lone == pytest.approx(window, abs=0.3) and lone > 8
    with pytest.raises(UsageError, match="understood"):
        sunlight.run(town, replace(inputs, points=((1.0, 2.0),)))


def test_a_range_gives_months_and_says_what_skipped_days_cost(town: Project) -> None:
    inputs = sunlight.Inputs(
        where="id == 'A'", day="2026-02-01", last_day="2026-04-30", every=10, spacing_m=5.0, step_min=20.0
    )
    result = sunlight.run(town, inputs)
    months = result.tables["months"]
    assert months.numbers("month").tolist() == [2, 3, 4]
    total = np.average(result.points.numbers("sunlight_h"), weights=result.points.numbers("area_m2"))
    assert months.numbers("sunlight_h").sum() == pytest.approx(total)
    per_day = result.surfaces.numbers("sunlight_h_day")
    assert per_day == pytest.approx(result.surfaces.numbers("sunlight_h") / 89)
    assert "half as many days" in result.pedigree.error and "9 of 89 days" in result.pedigree.method


def test_a_run_can_be_stopped(town: Project) -> None:
    def stop(fraction: float, text: str) -> None:
        if "following" in text:
            raise Cancelled

    with pytest.raises(Cancelled):
        sunlight.run(town, sunlight.Inputs(), stop)


def test_the_site_is_the_middle_of_what_is_looked_at(town: Project) -> None:
    result = sunlight.run(town, sunlight.Inputs(where="id == 'A'", day="2026-03-21", spacing_m=10.0))
    middle = site_of(town, np.array(at(55, 55, 0)))
    assert result.pedigree.sun[0].startswith(middle.title)


def test_the_ground_of_a_rectangle_is_a_raster(town: Project) -> None:
    west, south, _ = at(20, 20, 0)
    inputs = sunlight.Inputs(on="ground", box=f"{west},{south},{west + 12},{south + 8}", day="2026-06-21")
    result = sunlight.run(town, inputs)
    assert result.grid is not None and (result.grid.columns, result.grid.rows) == (12, 8)
    assert len(result.points) == 96 and result.title.startswith("rectangle: ")
    with pytest.raises(UsageError, match="rectangle"):
        sunlight.run(town, replace(inputs, box=f"{west},{south},{west},{south}"))


def test_far_points_have_their_own_sun(plain: Project) -> None:
    points = PLACE + np.random.default_rng(1).uniform(0, 6_000, (500, 3)) * (1, 1, 0)
    box = on_points(np.column_stack((points, np.tile((0.0, 0.0, 1.0), (500, 1))))).box
    sun = sun_way(plain, box, days_between(WINTER, ""), Band(), Steps(60.0))
    groups = neighbourhoods(points)
    assert sorted(np.concatenate(groups).tolist()) == list(range(500)) and len(groups) > 36
    for some in groups:
        one = sun.towards(points[some])
        for number in (0, 5, len(one) - 1):
            own = sun.field.directions(points[some], number)
            apart = np.degrees(np.arccos(np.clip(own @ one[number], -1, 1)))
            assert apart.max() < 0.006
