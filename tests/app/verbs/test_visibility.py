"""`citystrata visibility`, from the command line to files."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from analysis.analysis import Estimate
from app.cli import main
from app.verbs.verb import Progress
from layers.project import Project
from tests.analysis.town import at
from tests.app.verbs.answering import answer

SOUTH, EAST = (",".join(map(str, at(x, y, 0))) for x, y in ((55, 20), (90, 55)))


def test_surfaces_with_the_keys_and_columns_that_scripts_know(
    town: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "seen.csv"
    argv = ("visibility", town, "--from", SOUTH, "--objects", "id == 'A'", "--date", "2020-01-01")
    status, values = answer(capsys, *argv, "--out", str(out))
    assert status == 0 and values["out"] == str(out)
    wanted = {"object_id", "surface_id", "surface_type", "seen_fraction"}
    assert wanted <= set(values["surfaces"][0]) and len(values["surfaces"]) == 5
    seen = {row["surface_id"] for row in values["surfaces"] if row["seen_fraction"] == 1}
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert (
        wanted <= set(rows[0])
        and {row["surface_id"] for row in rows if row["seen_fraction"] == "1.0"} == seen
    )
    assert len(seen) == 1 and values["observers"][0]["name"] == "place 1"


def test_states_places_and_fields_of_view_are_asked_for(
    town: str, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ("visibility", town, "--from", SOUTH, EAST, "--objects", "id == 'A'", "--date", "2020-01-01")
    status, values = answer(capsys, *argv, "--compare-date", "1990-01-01", "--keep")
    assert status == 0 and values["result"] == 1
    assert {"seen_by", "seen_by_pct", "seen_fraction_before", "seen_by_change"} <= set(values["surfaces"][0])
    assert [row["seen_m2_change"] > 1 for row in values["places"]] == [False, True]
    with Project.open(Path(town), read_only=True) as project:
        assert project.results[0].kind == "visibility"
    status, values = answer(capsys, *argv, "--azimuth", "180", "--width", "90", "--on", "walls")
    assert [row["seen_m2"] for row in values["places"]] == [0, 0]
    status, values = answer(capsys, *argv, "--altitudes", "-10,-5", "--radius", "50", "--no-curvature")
    assert status == 0 and sum(row["seen_m2"] for row in values["places"]) < 20
    walk = (
        "visibility",
        town,
        "--from",
        SOUTH,
        EAST,
        "--path",
        "--step",
        "10",
        "--objects",
        "id == 'street'",
    )
    status, values = answer(capsys, *walk, "--on", "ground", "--spacing", "5")
    assert len(values["places"]) == 6 and values["places"][1]["name"].startswith("at ")


def test_what_takes_long_is_said_before(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    progress.announce(Estimate(5_000_000, 10_000_000, 240.0))
    progress.announce(Estimate(5_000, 10_000, 5.0))
    said = capsys.readouterr().err.replace("\u202f", " ")
    assert said == "About 5 000 000 points, 10 000 000 rays: some 4 min. Ctrl+C ends it.\n"


def test_a_rectangle_of_the_raster_is_one_of_the_raster(
    town: str, capsys: pytest.CaptureFixture[str]
) -> None:
    box = ",".join(map(str, (*at(20, 20, 0)[:2], *at(60, 60, 0)[:2])))
    argv = ("visibility", town, "--from", SOUTH, "--on", "raster", "--box", box, "--date", "2020-01-01")
    status, values = answer(capsys, *argv)
    assert status == 0 and values["numbers"]["cells"] == pytest.approx(1600, abs=90)
    assert "hidden_m" in values["surfaces"][0] or values["points"] == pytest.approx(1600, abs=90)


def test_people_read_sentences_and_a_table(town: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["visibility", town, "--from", SOUTH, "--date", "2020-01-01"]) == 0
    said = capsys.readouterr().out
    assert " %) are seen from place 1." in said and "Accuracy: Points are seen or not" in said


def test_what_cannot_be_asked_is_told_by_its_option(town: str, capsys: pytest.CaptureFixture[str]) -> None:
    for argv, word in (
        (("--from", "here"), "X,Y on the ground"),
        (("--from", SOUTH, "--width", "0"), "--width"),
        (("--from", SOUTH, "--altitudes", "30,-10"), "LOWEST,HIGHEST"),
        (("--from", SOUTH, "--height", "-1"), "--height"),
        (("--from", SOUTH, "--on", "raster", "--objects", "id == 'A'"), "“--objects” says nothing here"),
        (("--from", SOUTH, "--on", "raster", "--spacing", "10"), "with --on surfaces or ground or points"),
        (("--from", SOUTH, "--on", "raster", "--point", "1,2,3,0,1,0"), "--point"),
        (("--from", SOUTH, "--bare"), "“--bare” says nothing here: --on surfaces"),
        (("--from", SOUTH, "--step", "10"), "with --path"),
        (("--from", SOUTH, "--on", "walls", "--box", "1,2,3,4"), "--on roofs, walls or windows"),
        (("--from", "1,2"), "far outside of the city"),
    ):
        assert main(["visibility", town, *argv]) == 2
        assert word in capsys.readouterr().err
