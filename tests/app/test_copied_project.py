"""A project that came without its cache, copied or mailed: the same numbers, never those of an empty city."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from analysis.casters import casters
from app.cli import main
from layers.cache import CacheMissing, cache_folder
from layers.project import Project
from tests.analysis.town import at, make_town
from tests.app.yard import PLAN, TODAY, yards  # noqa: F401 - a fixture

#: In the south wall of the school, facing the tower.
WINDOW = "84015,446029.99,2,0,-1,0"
YARD = ("--objects", "id == 'yard'")
STATES = ("--date", PLAN, "--compare-date", TODAY)
ASKED = {
    "rules": ("rules", "--rule", "bre-sky-component", "--point", WINDOW, *STATES),
    "sunlight": ("sunlight", "--box", "84000,446004,84030,446024", "--date", "2035-03-21", "--spacing", "4"),
    "blame": ("blame", *YARD, "--on", "ground", "--spacing", "4", "--day-only", "--date", PLAN),
    "shadow": ("shadow", "--time", "2035-03-21T12:00"),
}
#: What of the answer is compared.
TOLD = {"rules": "verdicts", "sunlight": "objects", "blame": "blockers", "shadow": "features"}


def answer(project: Path, capsys: pytest.CaptureFixture[str], verb: str, *more: str) -> Any:
    capsys.readouterr()
    assert main([verb, str(project), *more, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def bare_copy(project: Path, folder: Path) -> Path:
    return Path(shutil.copy(project, folder / "copy.city.gpkg"))


@pytest.mark.parametrize("name", ASKED)
def test_the_answer_is_that_of_the_whole_project(
    yards: Path,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    copy, (verb, *more) = bare_copy(yards, tmp_path), ASKED[name]
    found = answer(copy, capsys, verb, *more)[TOLD[name]]
    assert found and found == answer(yards, capsys, verb, *more)[TOLD[name]]


def test_a_kept_result_is_the_same_in_the_copy(
    yards: Path,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    copy = bare_copy(yards, tmp_path)
    verb, *more = ASKED["rules"]
    assert answer(copy, capsys, verb, *more, "--keep")["verdict"] == "fail"
    shutil.rmtree(cache_folder(copy))
    assert answer(copy, capsys, "rerun", "1")["same"]
    assert not answer(copy, capsys, "results")[0]["outdated"]


def test_a_result_of_a_city_that_has_changed_is_told_with_both_values(
    yards: Path,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    copy = bare_copy(yards, tmp_path)
    verb, *more = ASKED["rules"]
    answer(copy, capsys, verb, *more, "--keep")
    assert (
        answer(copy, capsys, "set", "--where", "id == 'tower'", "--set", "validFrom=2040-01-01")["changed"]
        == 1
    )
    assert answer(copy, capsys, "results")[0]["outdated"]
    assert main(["rerun", str(copy), "1", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["same"], found["verdict_then"], found["verdict"]) == (False, "fail", "pass")
    assert {"where": "verdict", "then": "fail", "now": "pass"} in found["differences"]
    assert len(found["changed_inputs"]) == 1


def test_a_result_whose_object_or_file_is_gone_is_outdated_and_not_a_wrong_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    town = make_town(tmp_path)
    eye = ",".join(map(str, at(55, 20, 0)))
    box = box_of(40, 20, 60, 40)
    assert answer(town, capsys, "exposure", "--of", "id == 'A'", "--box", box, "--keep")["result"] == 1
    seen = answer(town, capsys, "visibility", "--from", eye, "--objects", "id == 'A'", "--keep")
    assert seen["result"] == 2
    assert [one["why_outdated"] for one in answer(town, capsys, "results")] == [None, None]
    ground = tmp_path / "ground.tif"
    ground.rename(tmp_path / "elsewhere.tif")
    for one in answer(town, capsys, "results"):
        assert one["outdated"] and one["why_outdated"] == "the file of layer 'ground' is gone"
    (tmp_path / "elsewhere.tif").rename(ground)
    answer(town, capsys, "set", "--where", "id == 'A'", "--set", "validTo=1990-01-01")
    for number in ("1", "2"):
        assert main(["rerun", str(town), number, "--json"]) == 1
        assert "no longer in the city" in json.loads(capsys.readouterr().out)["error"]["found"]


def box_of(west: float, south: float, east: float, north: float) -> str:
    corners = (*at(west, south, 0)[:2], *at(east, north, 0)[:2])
    return ",".join(map(str, corners))


def test_what_casts_shadow_is_never_left_out_in_silence(yards: Path, tmp_path: Path) -> None:  # noqa: F811
    with (
        Project.open(bare_copy(yards, tmp_path), read_only=True) as project,
        pytest.raises(CacheMissing, match="made again"),
    ):
        casters(project)
