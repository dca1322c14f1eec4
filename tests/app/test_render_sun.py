"""Pictures of the command line in the light of the sun, and coloured by results."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.cli import main
from layers.arrays import UInt8
from layers.pictures import read_png
from layers.project import Project
from layers.results import Pedigree, Quantity, Result, Table, Values
from tests.app.yard import PLAN, TODAY, yards  # noqa: F401 - a fixture

NOON, MORNING = "2035-03-21T12:40", "2035-03-21T07:30"
#: Straight down on the middle of the school yard: 30 pixels are about 10 m.
ABOVE_YARD = "84015,446014,0,160,0,90"


@pytest.fixture
def project(yards: Path, tmp_path: Path) -> Path:  # noqa: F811
    return shutil.copytree(yards.parent, tmp_path / "copy") / yards.name


def drawn(project: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[UInt8, dict[str, object]]:
    """The picture from above the yard, and the answer."""
    out = project.with_name("picture.png")
    arguments = ["render", str(project), "--out", str(out), "--size", "400x300", "--plain", "--overwrite"]
    capsys.readouterr()
    assert main([*arguments, "--json", "--camera", ABOVE_YARD, *more]) == 0
    return read_png(out), json.loads(capsys.readouterr().out)


def yard_of(picture: UInt8) -> float:
    """How bright the middle of the yard is."""
    return float(picture[140:160, 190:210].mean())


def test_the_planned_tower_takes_the_sun_of_the_yard_at_noon(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, answer = drawn(project, capsys, "--sun", NOON, "--date", TODAY)
    after, _ = drawn(project, capsys, "--sun", NOON, "--date", PLAN)
    assert yard_of(after) < 0.75 * yard_of(before)
    audit = str(answer["sun"])
    for word in ("2035-03-21T12:40:00+01:00", "azimuth 17", "altitude 3", "convergence", "SPA"):
        assert word in audit
    evening, _ = drawn(project, capsys, "--sun", "2035-03-21T21:00")
    assert yard_of(evening) < yard_of(after)


def test_without_a_date_the_city_is_that_of_the_day_of_the_sun(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, answer = drawn(project, capsys, "--sun", NOON.replace("2035", "2026"))
    assert answer["date"] == "2026-03-21"
    every, answer = drawn(project, capsys, "--sun", NOON.replace("2035", "2026"), "--date", "all")
    assert answer["date"] is None and yard_of(every) < 0.75 * yard_of(before)


def test_a_time_that_is_none_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    status = main(["render", str(project), "--out", str(project.with_name("a.png")), "--sun", "noon"])
    assert status == 2 and "This time is not understood" in capsys.readouterr().err


def test_a_kept_result_colours_its_surfaces(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Project.open(project) as opened:
        (layer,) = (one for one in opened.layers if one.kind == "city")
        school = next(fid for fid in opened.fids(layer).tolist() if opened.object(fid).id == "school")
        hours = Quantity("sunlight_h", "Sunlight", "h", low=0.0, high=10.0)
        loss = replace(hours, name="sunlight_h_change", title="Sunlight lost", low=None, high=None)
        rows: dict[str, Values] = {
            "layer": np.array([layer.id]), "fid": np.array([school]), "object_id": ["school"],
            "geometry": np.array([0]), "surface": np.array([1]), "surface_id": ["school/0/1"],
            "surface_type": ["RoofSurface"], "area_m2": np.array([300.0]),
            "sunlight_h": np.array([2.0]), "sunlight_h_change": np.array([-6.0]),
        }  # fmt: skip
        made = Result("sunlight", "Hours", {}, Pedigree("by hand", "", ()), (hours, loss), Table(rows))
        with opened.edit("Hours") as edit:
            number = edit.add_result(made)
    roof = np.s_[78:90, 190:210]
    plain, _ = drawn(project, capsys)
    colored, _ = drawn(project, capsys, "--result", str(number))
    change, _ = drawn(project, capsys, "--result", "Hours", "--quantity", "sunlight_h_change")
    assert np.abs(plain[roof].astype(int) - colored[roof]).mean() > 20
    assert change[roof][..., 2].mean() > change[roof][..., 0].mean() + 40  # blue: lost
    out = str(project.with_name("a.png"))
    for wrong in (("--result", "99"), ("--result", "Hours", "--quantity", "warmth")):
        assert main(["render", str(project), "--out", out, *wrong]) == 2
        assert "There is no such result" in (err := capsys.readouterr().err) or "no such quantity" in err
