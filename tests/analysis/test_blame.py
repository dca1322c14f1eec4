"""Who takes my sun: what is blamed is what gives the sun back when it is gone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from analysis import blame, sunlight
from analysis.blame import Inputs
from analysis.blockers import AWAY, LIT, Blockers
from analysis.casters import Casters
from analysis.receivers import on_points
from layers.arrays import Float64
from layers.project import Project
from layers.results import Table
from tests.analysis.town import at

TOWER = "Lohe tower (proposed)"
YARD = "name == 'Lohe School yard'"
PLAN = "2035-07-01"


def row_of(table: Table, name: str) -> dict[str, float]:
    number = table.texts("name").index(name)
    return {
        key: float(values[number]) for key, values in table.columns.items() if isinstance(values, np.ndarray)
    }


def test_sunlight_and_what_is_taken_make_up_the_day(demo_city: Project) -> None:
    result = blame.run(demo_city, Inputs(on="ground", where=YARD, date=PLAN, spacing_m=2.0, year=False))
    hours, blockers = result.tables["hours"], result.tables["blockers"]
    (lit,) = result.surfaces.numbers("sunlight_h")
    step_h = 12.16 / len(hours)
    assert lit + blockers.numbers("taken_h").sum() == pytest.approx(12.16, abs=0.05)
    assert lit == pytest.approx(float((hours.numbers("lit_share") * step_h).sum()), abs=0.01)
    assert (blockers.numbers("sole_h") <= blockers.numbers("taken_h") + 1e-9).all()
    noon = hours.texts("time").index(min(hours.texts("time"), key=lambda text: abs(int(text[:2]) - 12.5)))
    assert hours.texts("name")[noon + 3] == TOWER


def test_what_a_tower_takes_alone_comes_back_without_it(demo_city: Project) -> None:
    asked = Inputs(on="ground", where=YARD, date=PLAN, spacing_m=2.0, day="2026-03-21", year=False)
    taken = row_of(blame.run(demo_city, asked).tables["blockers"], TOWER)
    states = sunlight.Inputs(
        on="ground",
        where=YARD,
        date=PLAN,
        spacing_m=2.0,
        day="2026-03-21",
        compare=True,
        compare_date=PLAN,
        compare_without=f"name == '{TOWER}'",
    )
    (change,) = sunlight.run(demo_city, states).surfaces.numbers("sunlight_h_change")
    # Steps of 5 min: each of the two changes at a point is within 2.5 min.
    assert taken["sole_h"] == pytest.approx(-change, abs=0.04)
    assert taken["sole_h"] > 1.5


def test_a_house_takes_alone_only_what_no_other_behind_it_would_take() -> None:
    """Two upright walls to the south, the nearer one lower: what passes above it, the farther one takes."""
    walls = np.concatenate([south(10.0, 5.0), south(20.0, 30.0)])
    triangles = np.arange(len(walls)).reshape(-1, 3).astype(np.int32)
    cast = Casters.of(walls, triangles, fid=np.repeat([7, 8], 2))
    points = on_points(np.array([[0.0, 0.0, 0.0, 0.0, 0.0, 1.0]] * 4))
    blockers = Blockers(points, cast, lambda fids: fids, 0.25)
    altitudes = np.radians([10.0, 40.0, 70.0, -5.0])
    ways = np.column_stack((np.zeros(4), -np.cos(altitudes), np.sin(altitudes)))
    keys, alone = blockers.between(np.arange(4), ways, leafy=True)
    assert keys.tolist() == [7, 8, LIT, AWAY]
    assert alone.tolist() == [False, True, False, False]


def south(distance_m: float, height_m: float) -> Float64:
    """Triangles (6, 3) of an upright wall south of the origin."""
    low, high, half = -1.0, height_m, 100.0
    corners: Sequence[tuple[float, float, float]] = [
        (x, -distance_m, z) for x, z in ((-half, low), (half, low), (half, high), (-half, high))
    ]
    return np.array([corners[number] for number in (0, 1, 2, 0, 2, 3)])


def test_a_tree_is_blamed_in_leaf_and_not_when_bare(town: Project) -> None:
    window = (*at(153.0, 57.0, 2.0), 0.0, -1.0, 0.0)

    def taken_h(day: str) -> float:
        inputs = Inputs(on="points", points=(window,), day=day, year=False)
        return row_of(blame.run(town, inputs).tables["blockers"], "lime")["taken_h"]

    # Bare, the lime shades only where the spruce behind it does too.
    assert taken_h("2026-10-20") > 4 > 2 > taken_h("2026-03-01")


def test_the_year_has_months_and_names_who_takes_them(demo_city: Project) -> None:
    inputs = Inputs(on="ground", where=YARD, date=PLAN, spacing_m=8.0, step_min=30.0)
    tables = blame.run(demo_city, inputs).tables
    months, by_object = tables["months"], tables["blockers_by_month"]
    assert months.numbers("month").tolist() == list(range(1, 13))
    june, december = months.numbers("sunlight_h")[[5, 11]]
    assert june > 100 > 40 > december
    mine = np.array(by_object.texts("name")) == TOWER
    total = by_object.numbers("taken_h")[mine].sum()
    assert total == pytest.approx(row_of(tables["blockers"], TOWER)["taken_year_h"])
    assert 300 < total < 700
