"""From my window, end to end: shares of the view before and after, the sun, and who makes the difference."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis import sunlight, windowview
from analysis.casters import casters
from analysis.landcover import BUILDING, GREEN, GROUND, KINDS, OTHER, SKY, land_cover, says_green
from analysis.receivers import WINDOW_LIFT_M
from analysis.situation import Situation
from analysis.windowview import Inputs
from layers.errors import UsageError
from layers.project import Project
from layers.results import FINDINGS, OBSERVERS, Result, Table
from layers.views import views_of
from tests.analysis.town import at

TOWER = "Lohe tower (proposed)"
PLAN, TODAY = "2035-07-01", "2025-07-01"
#: On the south side of Lohe School, across the street from the tower.
WINDOW = (548734.0, 5494567.9, 214.0, 0.0, -1.0, 0.0)


@pytest.fixture(scope="module")
def compared(demo_city: Project) -> Result:
    inputs = Inputs(points=(WINDOW,), date=PLAN, compare=True, compare_date=TODAY, every=28, step_min=15.0)
    return windowview.run(demo_city, inputs)


def column(table: Table, name: str, key: str = "name") -> dict[str, float]:
    return dict(zip(table.texts(key), table.numbers(name).tolist(), strict=True))


def test_lines_of_sight_end_at_what_is_there(town: Project) -> None:
    land = land_cover(town, Situation(), casters(town, Situation()))
    #: Places above each thing, looked at from above; the street lies on the ground, and so does the lawn.
    ends = {
        (55, 55): BUILDING,
        (110, 70): OTHER,  # the bridge
        (153, 53): GREEN,
        (153, 103): GREEN,
        (50, 122): GREEN,
        (50, 82): GROUND,
        (30, 30): GROUND,
    }
    eyes = np.array([at(x, y, 40.0) for x, y in ends])
    met = land.look(eyes, np.tile((0.0, 0.0, -1.0), (len(eyes), 1)))
    assert met.kind.tolist() == list(ends.values())
    assert land.look(eyes, np.tile((0.0, 0.0, 1.0), (len(eyes), 1))).kind.tolist() == [SKY] * len(eyes)
    level = land.look(eyes, np.tile((0.0, 1.0, -0.01), (len(eyes), 1)))
    assert set(level.kind.tolist()) == {GROUND}  # beyond the model


def test_what_is_said_of_land_makes_it_green() -> None:
    assert [
        says_green(text) for text in ("Public park", "grass", "parking", "business park", "school yard")
    ] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_the_tower_takes_sky_and_sun_and_is_named(compared: Result) -> None:
    shares = compared.tables["view_shares"]
    now, before = column(shares, "view_pct", "kind"), column(shares, "view_pct_before", "kind")
    assert sum(now.values()) == pytest.approx(100.0) == sum(before.values())
    assert before["sky"] - now["sky"] > 4.0
    assert now["building"] > before["building"]
    seen = column(compared.tables["seen_objects"], "view_pct_change")
    assert next(iter(seen)) == TOWER  # what changes most comes first
    assert seen[TOWER] == pytest.approx(7.6, abs=0.3)
    taken = column(compared.tables["seen_objects"], "sun_taken_h_change")[TOWER]
    months = compared.tables["months"]
    lost = (months.numbers("sunlight_h_before") - months.numbers("sunlight_h")).sum()
    assert len(months) == 12
    # It takes more than is lost: what another took before it takes now.
    assert 100 < lost < taken + 30
    first, own, *rest = compared.tables[FINDINGS].texts("sentence")
    # What is lost comes first; what the tower takes, others took in part before.
    down = f"sky goes down from {before['sky']:.1f} to {now['sky']:.1f} % of the view"
    assert first == f"{TOWER} makes the difference: {down} and {lost:.0f} h of sun a year are lost."
    assert own.startswith("By itself it covers 7.") and f"takes {taken:.0f} h of sun a year" in own
    assert (f"of which others took {taken - lost:.0f} h before" in own) == (taken - lost >= 0.5)
    assert "sees" in rest[0] and "% sky" in rest[0]
    assert rest[-1].endswith("before.")
    assert "The sun is that of 2035 in both states" in compared.pedigree.limits


def test_the_quantities_of_the_window_are_those_of_the_tables(compared: Result) -> None:
    shares = column(compared.tables["view_shares"], "view_pct", "kind")
    for kind, share in shares.items():
        assert compared.surfaces.numbers(f"{kind}_pct") == pytest.approx([share])
    (view,) = views_of(compared)
    assert view.fov_deg == 90.0
    assert view.azimuth_deg == pytest.approx(180.0)  # straight out
    assert view.eye == pytest.approx((548734.0, 5494567.8, 214.0))
    assert compared.tables[OBSERVERS].numbers("z") == pytest.approx([214.0])


def test_the_panorama_covers_all_before_the_facade_in_both_states(compared: Result) -> None:
    table = compared.tables["panorama"]
    for state in ("now", "before"):
        mine = np.array(table.texts("state")) == state
        low, high = (
            np.radians(table.numbers(name)[mine]) for name in ("from_altitude_deg", "to_altitude_deg")
        )
        solid = np.radians(table.numbers("step_deg")[mine]) * (np.sin(high) - np.sin(low))
        assert solid.sum() == pytest.approx(2 * np.pi, rel=1e-6)
        kinds = np.array(table.texts("kind"))[mine]
        sky = solid[kinds == "sky"].sum() / (2 * np.pi)
        suffix = "" if state == "now" else "_before"
        stated = column(compared.tables["view_shares"], f"view_pct{suffix}", "kind")["sky"]
        assert 100 * sky == pytest.approx(stated, abs=0.5)  # cells twice as large


def test_a_spot_looks_all_around_from_eye_height_towards_what_changes(demo_city: Project) -> None:
    spot = (548734.0, 5494560.0)
    inputs = Inputs(
        points=(spot,), date=PLAN, compare=True, compare_date=TODAY, sun=False, step_deg=2.0, reach_m=300.0
    )
    result = windowview.run(demo_city, inputs)
    observers = result.tables[OBSERVERS]
    assert observers.numbers("z") - observers.numbers("foot_z") == pytest.approx([1.6])
    (view,) = views_of(result)
    to_tower = np.degrees(np.arctan2(548765.0 - spot[0], 5494536.0 - spot[1])) % 360
    assert abs(view.azimuth_deg - to_tower) < 15
    assert "months" not in result.tables
    assert result.title == f"Spot 1: from my window, {PLAN} against {TODAY}"


def test_all_walls_have_shares_and_the_window_that_changes_most_is_looked_at(demo_city: Project) -> None:
    inputs = Inputs(
        on="surfaces",
        where="name == 'Lohe School'",
        spacing_m=4.0,
        sun=False,
        directions=400,
        reach_m=300.0,
        date=PLAN,
        compare=True,
        compare_date=TODAY,
    )
    result = windowview.run(demo_city, inputs)
    surfaces = result.surfaces
    assert [quantity.name for quantity in result.quantities][:2] == ["sky_pct", "sky_pct_before"]
    assert set(surfaces.texts("surface_type")) <= {"WallSurface", "Window", "Door"} and len(surfaces) > 4
    sums = np.sum([surfaces.numbers(f"{kind}_pct") for kind in KINDS], axis=0)
    assert sums[np.isfinite(sums)] == pytest.approx(100.0)
    points = result.points
    most = int(np.argmin(points.numbers("sky_pct_change")))
    assert result.tables[OBSERVERS].numbers("y") == pytest.approx([points.numbers("y")[most]], abs=6.0)
    first = result.tables[FINDINGS].texts("sentence")[0]
    assert first.startswith(f"Where the view changes most, {TOWER} makes the difference")
    x, y, z = (result.tables[OBSERVERS].numbers(axis)[0] for axis in "xyz")
    last = result.tables[FINDINGS].texts("sentence")[-1]
    assert f"one window of Lohe School at {x:.2f}, {y:.2f}, {z:.2f}, where the view changes most" in last


def test_an_eye_inside_a_house_or_nowhere_is_refused(town: Project) -> None:
    with pytest.raises(UsageError, match="inside something"):
        windowview.run(town, Inputs(points=(at(55, 55, 3.0),), eye_height_m=0.0, sun=False))
    with pytest.raises(UsageError, match="No window or spot"):
        windowview.run(town, Inputs())
    with pytest.raises(UsageError, match="not understood"):
        windowview.run(town, Inputs(points=((1.0,),)))
    with pytest.raises(UsageError, match="no terrain"):
        windowview.run(town, Inputs(points=(at(-500, 55, 0)[:2],)))


def test_a_facade_that_is_clicked_gives_the_window_its_name(town: Project) -> None:
    # The west side of house A.
    x, y, z = at(50, 55, 4.0)
    result = windowview.run(town, Inputs(points=((x, y, z, -1.0, 0.0, 0.0),), sun=False, step_deg=2.0))
    assert result.title.startswith("Window of A: from my window")
    sky = column(result.tables["view_shares"], "view_pct", "kind")["sky"]
    assert 40 < sky < 55
    assert result.tables[FINDINGS].texts("sentence")[0].startswith("The window of A sees")


def test_hours_of_sun_are_those_of_the_analysis_of_sunlight(town: Project) -> None:
    x, y, z = at(55, 50, 4.0)
    inputs = Inputs(points=((x, y, z, 0.0, -1.0, 0.0),), every=31, step_min=30.0, date="2026-01-01")
    months = windowview.run(town, replace(inputs, step_deg=5.0)).tables["months"].numbers("sunlight_h")
    eye = (x, y - WINDOW_LIFT_M, z, 0.0, -1.0, 0.0)
    year = sunlight.Inputs(
        on="points",
        points=(eye,),
        day="2026-01-01",
        last_day="2026-12-31",
        every=31,
        step_min=30.0,
        date="2026-01-01",
    )
    surfaces = sunlight.run(town, year).surfaces
    expected = [surfaces.numbers(f"sunlight_h_{month:02}")[0] for month in range(1, 13)]
    assert months == pytest.approx(expected, abs=0.01)
    assert months.sum() > 1500
