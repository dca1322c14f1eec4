"""`citystrata protectedview`, from the command line to files, and its skyline as a chart."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from app.charts import on_paper, paint_skyline, skylines_of
from app.charts.view import as_image
from app.cli import main
from layers.project import Project
from tests.analysis.town import at
from tests.app.verbs.answering import answer

PLACE = ",".join(map(str, at(190, 55, 0)[:2]))


def test_what_breaks_a_view_is_told_written_kept_and_drawn(
    town: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], qapp: QApplication
) -> None:
    out = tmp_path / "view.gpkg"
    argv = (town, "--from", PLACE, "--landmark", "id == 'A'", "--date", "1990", "--compare-date", "2020")
    status, values = answer(capsys, "protectedview", *argv, "--out", str(out), "--keep")
    assert status == 0 and out.exists() and values["result"] == 1
    assert values["verdict"] == "fail" and values["broken_by"] == "B"
    assert values["excess_m"] == pytest.approx(4.2, abs=0.1)
    assert values["breaks"][0]["since"] == "new" and "skyline" not in values
    assert {"azimuth_deg", "width_deg", "threshold_z_m", "seen_pct", "seen_pct_before"} <= set(
        values["corridors"][0]
    )
    with Project.open(Path(town), read_only=True) as project:
        (chart,) = skylines_of(project.result(1))
    image, painted = as_image(
        lambda painter, box, look: paint_skyline(painter, box, chart, look), 600, 260, on_paper(), 1
    )
    said = " ".join(text for _, text in painted.texts)
    assert "A" in said and "new" in said and "°" in said and not image.isNull()
    assert any(told.startswith("B: up to") for _, told in painted.spots)


def test_for_people_it_says_the_verdict_first(town: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["protectedview", town, "--from", PLACE, "--landmark", "id == 'A'", "--date", "2020"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "the view is kept" in lines[0] and lines[1].startswith("Nothing breaks the protected view of A")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "not clear what is to be seen"),
        (("--landmark", "id == 'A'", "--upper", "3", "--above", "5"), "more than once"),
        (("--landmark", "id == 'A'", "--upper-share", "0"), "--upper-share"),
    ],
)
def test_wrong_use_is_told(
    town: str, options: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["protectedview", town, "--from", PLACE, *options]) == 2
    assert words in capsys.readouterr().err
