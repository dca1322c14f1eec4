"""Indicators of areas: numbers of boxes, shares on a border, scenarios side by side, energy, green, files."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis import indicators
from analysis.analysis import perform
from analysis.rerunning import rerun
from app.cli import main
from layers.errors import CitystrataError
from layers.project import Project
from layers.results import INDICATORS, Pedigree, Result, Table
from layers.scenarios import add, remove
from tests.analysis.planned import make_plan, rectangle
from tests.cities import imported_here
from tests.towns import box

BOXES = {"mill": (2, 2, 10, 6, 0, 10), "shed": (18, 12, 4, 4, 0, 3), "barn": (30, 5, 5, 10, 0, 6)}
LAYERS = {
    "districts": {
        "West": ("Polygon", rectangle(0, 0, 20, 20), {}),
        "East": ("Polygon", rectangle(20, 0, 40, 20), {}),
    },
    "parks": {"park": ("Polygon", rectangle(10, 10, 30, 20), {"use": "park"})},
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Three boxes in two districts, one of them on the border, a park, and a scenario."""
    storeys = {"mill": {"storeysAboveGround": 4, "function": "homes"}}
    with imported_here(), make_plan(tmp_path_factory.mktemp("districts"), BOXES, LAYERS, storeys) as project:
        with project.edit("A tower is proposed") as edit:
            number = edit.add_scenario("Tower")
        barn = next(thing.fid for thing in project.objects(where="id == 'barn'"))
        with project.edit("Draw it") as edit:
            add(project, edit, number, "Building", box((25, 12, 4, 5, 0, 30)), id="tower")
            remove(project, edit, [barn], number)
        yield project


def looked(project: Project, **more: Any) -> Result:
    given = {"areas": "districts", **more}
    return perform(indicators, project, indicators.Inputs(**given), lambda *_: None)


def row(result: Result, area: str, situation: str) -> dict[str, float]:
    """The numbers of an area in a situation."""
    table = result.tables[INDICATORS]
    at = list(zip(table.texts("name"), table.texts("situation"), strict=True)).index((area, situation))
    return {
        name: float(table.numbers(name)[at])
        for name in table.columns
        if name not in ("name", "situation", "wkb")
    }


def test_numbers_of_boxes_and_shares_on_a_border(project: Project) -> None:
    result = looked(project, homes="function == 'homes'", green="use == 'park'", m2_per_person=40)
    west, east = row(result, "West", "all dates"), row(result, "East", "all dates")
    assert (west["area_m2"], west["footprint_m2"], west["coverage_pct"]) == pytest.approx((400, 68, 17))
    # Four storeys that are stated; the shed, by its height of 3 m, has one, and half of it is here.
    assert west["floor_area_m2"] == pytest.approx(4 * 60 + 8) and west["floor_area_ratio"] == pytest.approx(
        0.62
    )
    assert west["volume_m3"] == pytest.approx(600 + 2 * 4 * 3) and east["volume_m3"] == pytest.approx(
        24 + 300
    )
    assert east["floor_area_m2"] == pytest.approx(8 + 2 * 50)
    assert west["roof_m2"] == pytest.approx(68) and west["population"] == pytest.approx(240 / 40)
    assert west["buildings"] + east["buildings"] == 3 and east["population"] == 0
    assert east["height_max_m"] == 6 and math.isnan(east["roof_mwh"])
    assert west["height_weighted_m"] == pytest.approx(10 if west["buildings"] == 1 else (600 + 48) / 76)
    assert (west["green_pct"], east["green_pct"]) == pytest.approx((25, 25))
    assert any(note.startswith("67 % of the gross floor area") for note in result.pedigree.limits)


def test_where_buildings_overlap_it_is_said_what_is_a_sum(project: Project) -> None:
    before = looked(project)
    assert not any("more than one building" in note for note in before.pedigree.limits)
    with project.edit("A twin of the mill") as edit:
        add(project, edit, None, "Building", box((2, 2, 10, 6, 0, 10)), id="twin")
    after = looked(project)
    project.undo()
    said = (
        "60 m² are covered by more than one building: floor areas and volumes are sums there, the footprint"
    )
    assert any(note.startswith(said) for note in after.pedigree.limits)
    now = before.tables[INDICATORS].texts("situation")[0]
    one, other = row(before, "West", now), row(after, "West", now)
    assert other["footprint_m2"] == pytest.approx(one["footprint_m2"])
    assert other["volume_m3"] == pytest.approx(one["volume_m3"] + 600)


def test_situations_side_by_side(project: Project) -> None:
    result = looked(project, scenario="Tower", compare=True, further="2030")
    now, before = row(result, "East", "Tower"), row(result, "East", "all dates")
    assert now["volume_m3"] - before["volume_m3"] == pytest.approx(4 * 5 * 30 - 300)
    assert now["height_max_m"] == 30 and now["floor_area_m2"] == pytest.approx(8 + 10 * 20)
    side = result.tables["comparison"]
    at = list(zip(side.texts("name"), side.texts("indicator"), strict=True)).index(("East", "Built volume"))
    assert side.numbers("Tower")[at] == pytest.approx(624) and side.numbers("2030")[at] == pytest.approx(324)
    assert side.numbers("Tower minus all dates")[at] == pytest.approx(300)
    heights = dict(
        zip(
            result.surfaces.texts("object_id"),
            result.surfaces.numbers("building_height_m").tolist(),
            strict=True,
        )
    )
    assert heights == {"mill": 10, "shed": 3, "tower": 30}
    assert {"floor_area_ratio_change", "coverage_pct_change"} <= set(result.surfaces.columns)
    assert not rerun(project, result, lambda *_: None).differences


def test_the_energy_of_roofs_comes_from_a_kept_result(project: Project) -> None:
    mill = project.by_id("mill")
    assert mill is not None
    solar = Result(
        "solar",
        "Solar energy",
        {},
        Pedigree("", "", ()),
        surfaces=Table(
            {
                "layer": np.array([mill.layer] * 2),
                "fid": np.array([mill.fid] * 2),
                "surface_type": ["RoofSurface", "WallSurface"],
                "area_m2": np.array([60.0, 100.0]),
                "total_kwh_m2": np.array([1000.0, 500.0]),
                "pv_kwh": np.array([9000.0, 1.0]),
            }
        ),
    )
    with project.edit("Keep") as edit:
        edit.add_result(solar)
    try:
        result = looked(project)
        west, east = row(result, "West", "all dates"), row(result, "East", "all dates")
        assert (west["roof_mwh"], west["roof_pv_mwh"]) == pytest.approx((60, 9))
        assert math.isnan(east["roof_mwh"])
        assert any("52 % of the roofs" in note for note in result.pedigree.limits)
        with pytest.raises(CitystrataError, match="no such solar result"):
            looked(project, solar=99)
    finally:
        project.undo()


def test_the_whole_city_and_the_command_line(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = looked(project, areas="")
    assert whole.tables[INDICATORS].numbers("footprint_m2").tolist() == pytest.approx([60 + 16 + 50])
    out = tmp_path / "indicators.csv"
    verb = ["indicators", str(project.path), "--areas", "districts", "--situations", "Tower,all,2030"]
    assert main([*verb, "--out", str(out), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [each["situation"] for each in answer["indicators"][:3]] == ["Tower", "all dates", "2030"]
    lines = out.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("name,situation,area_m2") and len(lines) == 1 + 2 * 3
    assert main([*verb[:2], "--areas", "boxes2", "--json"]) in (1, 2)
