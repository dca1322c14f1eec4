"""`citystrata sunlight`, `rules` and `blame`, from the command line to files."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from app.cli import main
from layers.project import Project
from tests.analysis.town import at, make_town
from tests.app.verbs.answering import answer

WINDOW = ",".join(str(number) for number in (*at(55, 49.99, 2), 0, -1, 0))


def test_sunlight_goes_to_a_table_with_the_columns_that_scripts_know(
    town: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "sunlight.csv"
    argv = ("sunlight", town, "--date", "2026-03-21", "--objects", "id == 'A'", "--spacing", "2")
    status, values = answer(capsys, *argv, "--out", str(out))
    assert status == 0 and values["out"] == str(out)
    assert values["objects"][0]["name"] == "A" and "UTC" not in values["title"]
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    wanted = "object_id surface_id surface_type area_m2 tilt_deg azimuth_deg sunlight_h"
    assert set(wanted.split()) <= set(rows[0]) and {row["object_id"] for row in rows} == {"A"}
    roof = next(row for row in rows if row["surface_type"] == "RoofSurface")
    assert 10 < float(roof["sunlight_h"]) < 12.2


def test_hours_of_the_day_months_and_two_states(town: str, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ("sunlight", town, "--point", WINDOW, "--from", "10:00", "--to", "12:00")
    status, values = answer(capsys, *argv, "--date", "2026-06-21")
    assert status == 0 and values["objects"][0]["sunlight_h"] == pytest.approx(2.0, abs=0.01)
    status, values = answer(capsys, *argv, "--date", "2026-06", "--every", "10", "--step", "20")
    assert values["objects"][0]["sunlight_h"] == pytest.approx(60, abs=0.5)
    status, values = answer(
        capsys, *argv, "--date", "2026-06-21", "--compare-without", "id == 'A'", "--no-trees"
    )
    assert values["hours_lost"][0]["sunlight_h_change"] == 0


def test_a_rule_gives_a_table_of_verdicts_and_may_be_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    town = str(make_town(tmp_path, terrain=False))
    argv = ("rules", town, "--rule", "bre-sky-component", "--point", WINDOW, "--date", "2020-01-01")
    status, values = answer(capsys, *argv, "--compare-date", "1990-01-01", "--keep")
    assert (status, values["verdict"]) == (0, "pass")
    (verdict,) = values["verdicts"]
    assert verdict["ratio"] == pytest.approx(1.0, abs=0.01) and verdict["threshold"] == 27
    with Project.open(Path(town), read_only=True) as project:
        (kept,) = project.results
        assert (kept.id, kept.kind, kept.verdict) == (values["result"], "rules", "pass")
    assert main(["rules", town]) == 0
    assert "BR 209" in capsys.readouterr().out


def test_blame_names_the_neighbour(town: str, capsys: pytest.CaptureFixture[str]) -> None:
    east = ",".join(str(number) for number in (*at(60.005, 55, 2), 1, 0, 0))
    argv = ("blame", town, "--point", east, "--day", "2026-03-21", "--day-only", "--date", "1990-01-01")
    status, values = answer(capsys, *argv)
    assert status == 0 and values["blockers"][0]["name"] == "B"
    assert {row["state"] for row in values["hours"]} == {"shade", "turned away"}


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("--date", "21 March"), "2026-03-21"),
        (("--date", "2026-03-21", "--point", "1,2,3"), "X,Y,Z"),
        (("--date", "2026-03-21", "--window", "1,2,3;4,5,6"), "three corners"),
        (("--date", "2026-03-21", "--step", "0"), "--step"),
        (("--date", "2026-03-21", "--from", "14:00", "--to", "9:00"), "sun does not count"),
        (("--date", "2026-03-21", "--objects", "id ="), "expression"),
        (("--date", "2026-03-21", "--objects", "id == 'nobody'"), "no object matches id == 'nobody'"),
        (("--date", "2026-03-21", "--objects", "id == 'B'"), "stood only until 2000-01-01"),
        (("--date", "2026-03-21", "--without", "specie == 'Picea'"), "Did you mean species"),
    ],
)
def test_wrong_use_is_told_in_a_sentence(
    town: str, argv: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sunlight", town, *argv]) in (1, 2)
    told = capsys.readouterr().err
    assert said in told and "Traceback" not in told
