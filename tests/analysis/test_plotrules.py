"""Rules of plots as people write them, as plots state them, and what they have in common."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis import zoning
from analysis.zones.ordinance import COVERAGE, HEIGHT, SETBACK, STOREYS, TERMS, TOP
from analysis.zones.plotrules import (
    Shared,
    plot_under,
    plots_among,
    plots_of,
    rule_from,
    rule_text,
    value_in,
)
from layers.project import Project
from layers.results import VIOLATIONS
from layers.scenarios import editable
from tests.analysis.planned import make_plan, rectangle
from tests.cities import imported_here
from tests.towns import ORIGIN

LAYERS = {
    "plots": {
        "A": ("Polygon", rectangle(0, 0, 20, 20), {"maxHeight (ft)": 20, "bebouwingspercentage": 40}),
        "B": ("Polygon", rectangle(20, 0, 40, 20), {"maxHeight (ft)": 30, "setback": "about 3"}),
    },
    "districts": {"South": ("Polygon", rectangle(-10, -10, 60, 60), {})},
    "lines": {"axis": ("LineString", [(0, 5), (20, 5)], {})},
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with imported_here():
        made = make_plan(
            tmp_path_factory.mktemp("plan"),
            {"mill": (2, 2, 10, 6, 0, 10), "hut": (25, 5, 5, 5, 0, 3)},
            LAYERS,
        )
    yield made
    made.close()


@pytest.mark.parametrize(
    ("name", "text", "number"),
    [
        (HEIGHT, "15", 15.0),
        (HEIGHT, "15,5 m", 15.5),
        (HEIGHT, "10ft", 3.048),
        (HEIGHT, "150 cm", 1.5),
        (HEIGHT, "0", 0.0),
        (TOP, "-2.5", -2.5),
        (COVERAGE, "40 %", 0.4),
        (COVERAGE, "0.4", 0.4),
        (STOREYS, "3", 3.0),
        (HEIGHT, "-1", None),
        (HEIGHT, "15 kg", None),
        (HEIGHT, "high", None),
        (HEIGHT, "1.2.3", None),
        (COVERAGE, "40", None),
        (STOREYS, "3 m", None),
        (STOREYS, "30 %", None),
    ],
)
def test_rules_are_written_with_units(name: str, text: str, number: float | None) -> None:
    assert rule_from(TERMS[name], text) == number


@pytest.mark.parametrize("name", TERMS)
def test_what_is_shown_reads_back(name: str) -> None:
    assert rule_text(TERMS[name], 0.25).startswith("0.25")
    assert rule_from(TERMS[name], rule_text(TERMS[name], 0.25)) == 0.25


def test_attributes_count_in_their_own_units() -> None:
    assert value_in(TERMS[HEIGHT], "maxHeight (ft)", 3.048) == 10
    assert value_in(TERMS[COVERAGE], "bebouwingspercentage", 0.4) == 40
    assert value_in(TERMS[COVERAGE], "GRZ", 0.4) == 0.4
    assert isinstance(value_in(TERMS[STOREYS], "maxStoreys", 3.0), int)


def test_every_rule_finds_the_attribute_that_it_makes() -> None:
    for term in TERMS.values():
        assert [other.name for other in TERMS.values() if other.attribute_among([term.attribute])] == [
            term.name
        ]


def test_what_plots_have_in_common(project: Project) -> None:
    first = project.layer("plots").first_fid
    one, two = plots_among(project, [first]), plots_among(project, [first, first + 1])
    plot = plots_of(project, one)
    assert (plot.title, plot.layers, plot.area_m2) == ("A", "plots", pytest.approx(400))
    assert plot.rules[HEIGHT] == Shared(6.096, False, "maxHeight (ft)")
    assert plot.rules[COVERAGE].number == 0.4 and plot.allowance == "On 400 m² that is up to 160 m² covered."
    both = plots_of(project, two)
    assert both.title == "2 plots" and both.rules[HEIGHT].differ and both.rules[HEIGHT].number is None
    assert both.odd == "setback says “about 3”: write a number such as 15, 15 m or 49 ft."
    buildings = project.fids(project.layer("boxes")).tolist()
    assert not plots_among(project, [*buildings, project.layer("lines").first_fid])


def test_the_smallest_area_around_a_place_is_the_plot(project: Project) -> None:
    x, y = ORIGIN[:2]
    first = project.layer("plots").first_fid
    assert plot_under(project, x + 5, y + 5, None) == first
    assert plot_under(project, x + 30, y + 5, None) == first + 1
    assert plot_under(project, x + 50, y + 50, None) == project.layer("districts").first_fid
    assert plot_under(project, x + 90, y + 5, None) is None


def test_a_check_reads_feet_and_per_cent_by_their_names(project: Project) -> None:
    inputs = zoning.Inputs(plots="plots", plot_where="name == 'A'")
    broken = zoning.run(project, inputs).tables[VIOLATIONS]
    assert broken.texts("name") == ["mill"] and broken.numbers("allowed").tolist() == [6.096]
    assert broken.numbers("excess")[0] == pytest.approx(10 - 6.096)
    assert SETBACK not in broken.texts("rule")


def test_a_scenario_has_rules_of_its_own_and_is_checked_against_them(tmp_path: Path) -> None:
    layers = {"plots": {"A": ("Polygon", rectangle(0, 0, 20, 20), {"maxHeight": 7})}}
    with imported_here():
        project = make_plan(tmp_path, {"mill": (2, 2, 10, 6, 0, 10)}, layers)
    (plot,) = project.fids(project.layer("plots")).tolist()
    with project.edit("Begin") as edit:
        number = edit.add_scenario("Upzoned")
    with project.edit("Allow more") as edit:
        (copy,) = editable(project, edit, [plot], number).values()
        edit.set_attributes([copy], "maxHeight", [12.0])
    x, y = ORIGIN[:2]
    assert plot_under(project, x + 5, y + 5, number) == copy
    assert plot_under(project, x + 5, y + 5, None) == plot
    for scenario, broken in (("", [3.0]), ("Upzoned", [])):
        inputs = zoning.Inputs(plots="plots", scenario=scenario, own=False)
        found = zoning.run(project, inputs).tables[VIOLATIONS].numbers("excess").tolist()
        assert found == pytest.approx(broken), scenario
    project.close()
