"""Rules: their files, the verdict and its error, and the school yard of the demo city before and after."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis import rules
from analysis.rules import Inputs
from analysis.situation import Situation
from analysis.states import states_title
from analysis.verdicts import CLOSE, FAIL, NO_RATIO, PASS, Measured, Spread, judge, overall, ratio_of
from layers.errors import ReadError, UsageError
from layers.project import Project
from layers.rulefiles import PRESETS, Enough, Level, all_rules, read_rule
from tests.analysis.town import at, make_town

YARD = "name == 'Lohe School yard'"
TODAY, PLAN = "2025-07-01", "2035-07-01"


# --- files ----------------------------------------------------------------------------------------


def test_the_presets_can_be_used_and_say_where_they_come_from() -> None:
    found = {path.stem: read_rule(path) for path in PRESETS.glob("*.toml")}
    assert len(found) >= 5 and {rule.measure for rule in found.values()} == {"share", "hours", "sky"}
    for rule in found.values():
        assert any(word in rule.source for word in ("BR 209", "EN 17037", "GB 50180")), rule.name
    assert found["bre-amenity"].enough == Enough(50.0, 0.8)
    assert [level.at_least for level in found["en17037-sunlight"].enough.levels] == [1.5, 3.0, 4.0]


def test_a_rule_of_the_user_stands_beside_the_presets_or_takes_the_place_of_one(tmp_path: Path) -> None:
    text = (PRESETS / "bre-amenity.toml").read_text(encoding="utf-8")
    (tmp_path / "strict.toml").write_text(
        text.replace("at_least = 50.0", "at_least = 75.0"), encoding="utf-8"
    )
    (tmp_path / "bre-amenity.toml").write_text(text.replace("hours = 2.0", "hours = 3.0"), encoding="utf-8")
    found = all_rules(tmp_path)
    assert found.problems == ()
    assert found.rules["strict"].enough.at_least == 75.0
    assert found.rules["bre-amenity"].hours == 3.0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("at_least = 50.0", 'at_least = "half"', "at_least"),
        ('day = "03-21"', 'day = "21 March"', "day"),
        ('day = "03-21"', "", "day"),
        ("or_ratio = 0.8", "or_ratio = 8", "or_ratio"),
        ('judges = "areas"', 'judges = "windows"', "areas"),
        ('measure = "share"', 'measure = "sky"', "sun"),
        ("[enough]", "[enough", "line"),
        ("hours = 2.0", "hours = 2.0\nlevel = 3", "level"),
    ],
)
def test_a_bad_file_gives_a_sentence_and_the_others_still_work(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    text = (PRESETS / "bre-amenity.toml").read_text(encoding="utf-8")
    (tmp_path / "own.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ReadError, match=said):
        read_rule(tmp_path / "own.toml")
    found = all_rules(tmp_path)
    assert "own" not in found.rules and "bre-amenity" in found.rules
    (problem,) = found.problems
    assert "own.toml" in problem and said in problem


def test_a_rule_is_a_page_of_text(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_bytes(b"#" * 100_000)
    with pytest.raises(ReadError, match="rule is too large"):
        read_rule(tmp_path / "own.toml")


# --- verdicts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "ratio", "verdict"),
    [
        (Measured(60, 2), Measured(0.67, 0.1), PASS),  # enough, whatever it was
        (Measured(45, 2), Measured(0.9, 0.08), PASS),  # 0.9 of what it was
        (Measured(30, 2), Measured(0.33, 0.1), FAIL),
        (Measured(49, 2), Measured(0.54, 0.1), CLOSE),  # within its error of the half
        (Measured(51, 2), Measured(0.57, 0.1), CLOSE),
        (Measured(39, 1), Measured(0.796, 0.04), CLOSE),
        (Measured(49, 2), Measured(1.0, 0.0), PASS),  # as it was
        (Measured(30, 2), NO_RATIO, FAIL),
        (Measured(50, 0), NO_RATIO, PASS),  # at least is at least
        (Measured(math.nan), NO_RATIO, ""),
    ],
)
def test_a_value_passes_fails_or_is_too_close_to_call(after: Measured, ratio: Measured, verdict: str) -> None:
    assert judge(Enough(50.0, 0.8), after, ratio).verdict == verdict


def test_the_ratio_is_as_wrong_as_both_its_values() -> None:
    after, before = Spread.around(np.array([40.0]), 2.0), Spread.around(np.array([80.0]), 4.0)
    ratio = ratio_of(after, before, np.array([False]))
    assert (ratio.value, ratio.error) == pytest.approx((0.5, 42 / 76 - 0.5))
    nothing = Spread.around(np.zeros(1), 0.0)
    assert math.isnan(ratio_of(after, nothing, np.array([False])).value)


def test_what_is_as_it_was_has_a_ratio_without_error() -> None:
    """Points that are as they were are wrong alike in both states; changes make it unsure again."""
    hours = np.array([1.99, 2.01, 3.0, 0.0])
    spread = Spread.around(hours, 0.05).reaching(2.0)
    same = ratio_of(spread, spread, np.ones(4, bool), is_share=True)
    assert (same.value, same.error) == (1.0, 0.0)
    later = Spread.around(hours - (0, 0, 3, 0), 0.05).reaching(2.0)
    less = ratio_of(later, spread, np.array([True, True, False, True]), is_share=True)
    # One of two has enough still: 0 of 1 up to 2 of 3, and a standard deviation of half of one in two.
    assert less.value == 0.5
    assert less.error == pytest.approx(0.5 + math.sqrt(0.5) / 2)


def test_levels_are_reached_surely_or_not_at_all() -> None:
    enough = Enough(1.5, None, (Level("minimum", 1.5), Level("medium", 3.0), Level("high", 4.0)))
    assert judge(enough, Measured(3.2, 0.1)).level == "medium"
    assert judge(enough, Measured(3.05, 0.1)).level == "minimum"


def test_one_failure_fails_all() -> None:
    assert overall([PASS, CLOSE, FAIL]) == FAIL
    assert overall([PASS, CLOSE]) == CLOSE
    assert overall([PASS, PASS, ""]) == PASS


# --- cities ---------------------------------------------------------------------------------------


def test_the_school_yard_of_the_demo_city_passes_today_and_fails_behind_the_tower(demo_city: Project) -> None:
    today = rules.run(demo_city, Inputs(where=YARD, date=TODAY, compare=False))
    assert today.verdict == PASS
    assert today.title == "Lohe School yard: sunlight in gardens (BRE), 2025-07-01: passed"
    plan = rules.run(demo_city, Inputs(where=YARD, date=PLAN, compare_date=TODAY))
    table = plan.tables["verdicts"]
    assert plan.title == "Lohe School yard: sunlight in gardens (BRE), 2035-07-01 against 2025-07-01: failed"
    assert (plan.kind, plan.verdict, table.texts("name")) == ("rules", FAIL, ["Lohe School yard"])
    (before,), (after,), (error,), (ratio,) = (
        table.numbers(name) for name in ("before", "after", "error", "ratio")
    )
    assert before > 95 and after + error < 45 and ratio < 0.6
    assert "50 % are asked for" in table.texts("reason")[0]
    assert "BR 209" in plan.pedigree.method and len(plan.pedigree.sun) == 3
    assert plan.grid is not None and len(plan.points) > 300
    assert plan.pedigree.inputs[0] == ("rule bre-amenity", all_rules().rules["bre-amenity"].sha256)


def test_titles_call_states_by_their_epochs(tmp_path: Path) -> None:
    with Project.open(make_town(tmp_path, terrain=False)) as project:
        with project.edit("Epochs") as edit:
            edit.set_epoch("plan", "2035-01-01")
        states = [Situation("2035-01-01"), Situation("2020-01-01", "id == 'A'"), Situation()]
        said = states_title(project, states)
    assert said == "plan against 2020-01-01 without id == 'A' against all dates"


def test_no_ratio_is_made_to_one_and_the_same_city(demo_city: Project) -> None:
    same = rules.run(demo_city, Inputs(where=YARD, date=PLAN, compare_date=PLAN))
    assert same.verdict == FAIL
    assert math.isnan(same.tables["verdicts"].numbers("ratio")[0])


def test_it_is_the_tower_that_makes_it_fail(demo_city: Project) -> None:
    without = Inputs(where=YARD, date=PLAN, without="name == 'Lohe tower (proposed)'", compare=False)
    assert rules.run(demo_city, without).verdict == PASS


def test_one_window_of_a_building_is_enough_where_the_rule_says_so(demo_city: Project) -> None:
    """North walls get no sun: they fail, and their building passes by its best wall."""
    both = Inputs(
        rule="en17037-sunlight",
        where="name in ('Lohe School', 'Lohe tower (proposed)')",
        date=PLAN,
        compare_date=TODAY,
    )
    found = rules.run(demo_city, both)
    table = found.tables["verdicts"]
    counts = np.asarray(table.columns["counts"])
    assert found.verdict == PASS and counts.sum() == 2 and len(table) > 10
    buildings = [name for name, is_one in zip(table.texts("name"), counts, strict=True) if is_one]
    assert set(buildings) == {"Lohe School", "Lohe tower (proposed)"}
    windows = [word for word, is_one in zip(table.texts("verdict"), counts, strict=True) if not is_one]
    assert FAIL in windows and PASS in windows
    assert "stands in for its windows" in table.texts("reason")[0]
    assert "No windows were given" in found.pedigree.method
    # The tower did not stand before: neither its walls nor it have a value then.
    was = table.numbers("before")
    assert [math.isnan(value) for value in was] == ["tower" in name for name in table.texts("name")]


def test_windows_are_judged_by_the_sky_and_by_the_sun(town: Project) -> None:
    """South of house A nothing stands; its east wall was against house B until 2000."""
    south, east = (*at(55, 49.99, 2), 0.0, -1.0, 0.0), (*at(60.01, 55, 2), 1.0, 0.0, 0.0)
    inputs = Inputs(
        rule="bre-sky-component", points=(south, east), date="2020-01-01", compare_date="1990-01-01"
    )
    table = rules.run(town, inputs).tables["verdicts"]
    assert table.texts("verdict") == [PASS, PASS]
    # An open wall sees 39.6 %, less the ground that rises to the east.
    assert table.numbers("after") == pytest.approx([39.6, 37], abs=2.0)
    assert table.numbers("before")[1] < 1
    back = replace(inputs, date="1990-01-01", compare_date="2020-01-01")
    assert rules.run(town, back).tables["verdicts"].texts("verdict") == [PASS, FAIL]
    sun = rules.run(town, replace(inputs, rule="gb50180-great-cold", compare=False))
    assert sun.tables["verdicts"].numbers("after")[0] == pytest.approx(8.0, abs=0.05)


def test_a_rule_with_a_choice_of_days_holds_on_those_alone(town: Project) -> None:
    window = (*at(55, 49.99, 2), 0.0, -1.0, 0.0)
    inputs = Inputs(rule="en17037-sunlight", points=(window,), compare=False, day="2026-02-10")
    assert rules.run(town, inputs).tables["verdicts"].texts("level") == ["high"]
    with pytest.raises(UsageError, match="02-01 to 03-21"):
        rules.run(town, replace(inputs, day="2026-06-21"))
    with pytest.raises(UsageError, match="which areas"):
        rules.run(town, Inputs())
    with pytest.raises(UsageError, match="bre-amenity"):
        rules.run(town, Inputs(rule="no-such-rule"))
