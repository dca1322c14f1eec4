"""The import report: what reading found, narrowed, gone to, and written to a file."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.importreport import ImportReport, summary
from app.session import Session
from layers.data import ReadOptions
from layers.importing import import_files
from layers.report import Report
from tests.app.panels import Show, houses, opened, show

__all__ = ["houses", "opened", "show"]

FLAT = {"type": "MultiSurface", "lod": "1", "boundaries": [[[0, 1, 2]]]}
BROKEN = {"type": "MultiSurface", "lod": "1", "boundaries": [[[0, 1, 99]]]}


@pytest.fixture
def panel(opened: Session, show: Show, tmp_path: Path) -> ImportReport:
    city = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [1, 1, 1], "translate": [0, 0, 0]},
        "CityObjects": {
            "whole": {"type": "Building", "geometry": [FLAT]},
            "odd": {"type": "Building", "geometry": [BROKEN]},
        },
        "vertices": [[0, 0, 0], [9, 0, 0], [9, 9, 0]],
    }
    path = tmp_path / "odd.city.json"
    path.write_bytes(orjson.dumps(city))
    import_files(opened.project, [path], ReadOptions(crs=opened.project.place.crs))
    made = ImportReport(opened)
    show(made)
    made.show_layer(opened.project.layer("odd").id)
    return made


def findings(panel: ImportReport) -> list[tuple[str, ...]]:
    rows = panel.rows
    return [tuple(rows.index(row, column).data() for column in range(3)) for row in range(rows.rowCount())]


def test_a_click_goes_to_the_object(qtbot: QtBot, opened: Session, panel: ImportReport) -> None:
    at = next(row for row, found in enumerate(findings(panel)) if found[1] == "odd")
    place = panel.table.visualRect(panel.rows.index(at, 1)).center()
    with qtbot.waitSignal(panel.fly_requested) as flown:
        qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    (odd,) = opened.project.find("odd")
    assert flown.args == [[odd.fid]] and opened.selection.tolist() == [odd.fid]


def test_it_narrows_by_outcome_and_by_text(panel: ImportReport) -> None:
    every = findings(panel)
    panel.text.setText("ODD")
    assert findings(panel) == [found for found in every if found[1] == "odd"]
    panel.text.setText("nothing like it")
    assert findings(panel) == []
    panel.text.clear()
    panel.outcomes.setCurrentIndex(panel.outcomes.findData("unsupported"))
    panel.outcomes.activated.emit(panel.outcomes.currentIndex())
    assert [found[0] for found in findings(panel)] == ["Kept, not drawn"]


def test_it_is_written_as_json(panel: ImportReport, opened: Session, tmp_path: Path) -> None:
    panel.write(tmp_path / "report.json")
    told = orjson.loads((tmp_path / "report.json").read_bytes())
    assert told["layer"] == "odd" and told["read"] == 2 and told["dropped"] == 0
    assert Report.from_dict({k: v for k, v in told.items() if k not in ("layer", "source")}).unsupported == 1


def test_a_layer_that_is_as_it_should_be_says_so(panel: ImportReport, opened: Session) -> None:
    panel.show_layer(opened.project.layers[-1].id)
    assert "nothing to report" in panel.words.text() or panel.rows.rowCount()


def test_the_summary_counts_what_became_of_objects() -> None:
    report = Report(read=3)
    report.warn("rings", "a", "A ring was closed.", "repaired")
    assert summary([report]) == "Read 3 objects, 1 repaired, 1 finding."
