"""`citystrata scenario` and what other verbs say of scenarios, from the first step to the merged city."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layers.project import Project
from tests.app.verbs.answering import answer
from tests.towns import write_town


@pytest.fixture
def town(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    source, path = write_town(tmp_path / "town.city.json"), str(tmp_path / "town.city.gpkg")
    for year in ("2016", "2022"):
        status, _said = answer(
            capsys, "import", str(source), "--into", path, "--layer", "Town", "--epoch", year
        )
        assert status == 0
    return path


def test_a_scenario_from_its_beginning_to_the_merged_city(
    town: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, begun = answer(capsys, "scenario", town, "add", "Higher", "--epoch", "2022", "--note", "draft")
    assert (status, begun["name"], begun["epoch"], begun["note"]) == (0, "Higher", "2022-01-01", "draft")
    where = ("--layer", "Town 2022", "--where", "storeys == 1", "--scenario", "Higher")
    _, changed = answer(capsys, "set", town, *where, "--set", "storeys=7")
    assert (changed["selected"], changed["changed"]) == (1, 1)
    # What was changed there is changed again there.
    _, again = answer(capsys, "set", town, "--layer", "Town", "--where", "storeys == 7", *where[-2:],
                      "--calculate", "storeys=storeys+1")  # fmt: skip
    assert again["changed"] == 1
    (listed,) = answer(capsys, "scenario", town, "list")[1]
    assert (listed["changed"], listed["removed"], listed["added"]) == (1, 0, 0)
    assert listed["layers"] == ["Town 2022 – Higher"]
    _, objects = answer(capsys, "query", town, "--layer", "Town 2022", "--where", "storeys > 6")
    assert objects == []

    out = tmp_path / "higher.city.json"
    assert answer(capsys, "scenario", town, "export", "Higher", str(out))[0] == 0
    (written,) = json.loads(out.read_bytes())["CityObjects"].values()
    assert written["attributes"]["storeys"] == 8

    assert answer(capsys, "scenario", town, "status", "Higher", "approved")[1]["status"] == "approved"
    _, merged = answer(capsys, "scenario", town, "merge", "Higher")
    assert (merged["changed"], merged["added"]) == (1, 0)
    _, objects = answer(capsys, "query", town, "--layer", "Town 2022", "--where", "storeys > 6")
    assert [item["id"] for item in objects] == ["barn"]
    assert answer(capsys, "undo", town)[0] == 0
    with Project.open(Path(town), read_only=True) as project:
        assert project.scenario("Higher").status == "approved"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("add",), "The scenario is not named"),
        (("add", "X", "--epoch", "soon"), "The epoch is not known"),
        (("add", "X", "--from", "Nowhere"), "There is no scenario 'Nowhere'"),
        (("merge", "X"), "There is no scenario 'X'"),
    ],
)
def test_what_cannot_be_done_is_said(
    town: str, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    status, said = answer(capsys, "scenario", town, *arguments)
    assert status in (1, 2)
    assert sentence in said["error"]["what"]


def test_a_layer_can_be_imported_into_a_scenario(
    town: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(capsys, "scenario", town, "add", "Design")
    source = str(tmp_path / "town.city.json")
    arguments = ("import", source, "--into", town, "--layer", "Proposal", "--scenario", "Design")
    assert answer(capsys, *arguments)[0] == 0
    with Project.open(Path(town), read_only=True) as project:
        assert project.layer("Proposal").scenario == project.scenario("Design").id
    status, _ = answer(capsys, "scenario", town, "merge", "Design")
    with Project.open(Path(town), read_only=True) as project:
        assert (status, project.layer("Proposal").scenario) == (0, None)
