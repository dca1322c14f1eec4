"""The panel of results: what it lists, shows and says, and what can be done with a result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from analysis.analysis import analysis_of
from app import reporting
from app.analysing import Analysing
from app.dialogs.compare import NOTHING_SHARED, CompareResults
from app.lines import ASIDE
from app.resultpanel import ResultPanel
from app.resultsummary import VerdictCard
from app.resulttable import order_of
from app.session import Session
from layers.edit import Edit
from tests.app.panels import Show, show
from tests.app.yard import TODAY, fid, judged_yards, yard

__all__ = ["judged_yards", "show", "yard"]


@pytest.fixture(scope="module")
def yards(judged_yards: Path) -> Path:
    return judged_yards


@pytest.fixture
def analysing(yard: Session) -> Analysing:
    return Analysing(yard)


@pytest.fixture
def panel(yard: Session, analysing: Analysing, show: Show) -> ResultPanel:
    made = ResultPanel(yard, analysing)
    show(made)
    return made


@pytest.fixture
def judged(qtbot: QtBot, analysing: Analysing, panel: ResultPanel) -> ResultPanel:
    """The panel with the verdict shown."""
    panel.list.setCurrentRow(1)
    qtbot.waitUntil(lambda: analysing.shown is not None and analysing.shown.result.kind == "rules")
    return panel


def words(card: VerdictCard) -> set[str]:
    return {label.text() for label in card.findChildren(QLabel)}


def test_without_results_it_says_what_to_do(panel: ResultPanel, analysing: Analysing) -> None:
    for result in analysing.results:
        analysing.remove(result)
    assert any("menu Analyse" in label.text() for label in panel.findChildren(QLabel) if label.isVisible())


def test_a_verdict_stands_large_with_its_numbers(judged: ResultPanel) -> None:
    assert judged.list.item(1).data(ASIDE) == "FAIL" and judged.list.item(0).data(ASIDE) == ""
    (card,) = judged.glance.findChildren(VerdictCard)
    assert {"FAIL", "School yard", "100.0\u202f%", "50.0\u202f%"} <= words(card)


def test_another_quantity_is_drawn_when_it_is_chosen(judged: ResultPanel, analysing: Analysing) -> None:
    before = judged.glance.quantity.findData("sunlight_h_before")
    judged.glance.quantity.setCurrentIndex(before)
    assert analysing.shown is not None and analysing.shown.quantity is not None
    assert analysing.shown.quantity.name == "sunlight_h_before"
    assert analysing.shown.date == TODAY, "the view goes to the date that is spoken of"


def test_a_row_of_the_table_selects_its_object(judged: ResultPanel, yard: Session) -> None:
    judged.table.which.setCurrentIndex(judged.table.which.findData("surfaces"))
    judged.table.view.selectRow(0)
    assert yard.selection.tolist() == [fid(yard, "yard")]


def test_rows_are_sorted_with_nothing_last() -> None:
    values = np.array([2.0, np.nan, 3.0, 1.0])
    assert order_of(values, descending=False).tolist() == [3, 0, 2, 1]
    assert order_of(values, descending=True).tolist() == [2, 0, 3, 1]
    assert order_of(["b", "a"], descending=False).tolist() == [1, 0]


def test_the_origin_says_method_error_and_what_was_asked(judged: ResultPanel, yard: Session) -> None:
    text = judged.origin.toPlainText()
    for part in ("Method", "How exact", "BR 209", "2035-07-01 (plan)", "sun azimuth", "SHA-256"):
        assert part in text, part
    assert "has changed" not in text

    def change(edit: Edit) -> None:
        edit.set_valid(fid(yard, "tower"), "2036-01-01")

    yard.run_edit("Later", change)
    assert "The city has changed since" in judged.origin.toPlainText()


def test_hiding_gives_the_city_its_own_colours_back(
    qtbot: QtBot, judged: ResultPanel, analysing: Analysing
) -> None:
    qtbot.mouseClick(judged.shown, Qt.MouseButton.LeftButton)
    assert analysing.shown is None
    qtbot.mouseClick(judged.shown, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: analysing.shown is not None)


def test_deleting_can_be_undone(judged: ResultPanel, analysing: Analysing, yard: Session) -> None:
    assert judged.current is not None
    analysing.remove(judged.current)
    assert judged.list.count() == 1 and analysing.shown is None
    yard.undo()
    assert judged.list.count() == 2


def test_running_again_gives_the_same_beside_the_old(
    qtbot: QtBot, judged: ResultPanel, analysing: Analysing, yard: Session
) -> None:
    assert judged.current is not None
    old = yard.project.result(judged.current.id)
    analysing.rerun(judged.current)
    qtbot.waitUntil(lambda: judged.list.count() == 3, timeout=20_000)
    assert analysing.shown is not None
    new = analysing.shown.result
    assert new.id != old.id and new.title == old.title
    assert new.points.numbers("sunlight_h").tolist() == old.points.numbers("sunlight_h").tolist()


def test_a_result_is_exported_in_a_job(
    qtbot: QtBot, judged: ResultPanel, yard: Session, tmp_path: Path, settled: Callable[[Session], None]
) -> None:
    assert judged.current is not None
    reporting.run_export(yard, judged.current, tmp_path / "yard.csv")
    settled(yard)
    text = (tmp_path / "yard.csv").read_text("utf-8")
    assert "sunlight_h" in text.splitlines()[0]


def test_two_results_are_compared_surface_by_surface(
    qtbot: QtBot, judged: ResultPanel, analysing: Analysing, yard: Session
) -> None:
    rules = analysis_of("rules")
    today = rules.Inputs(fids=(fid(yard, "yard"),), date=TODAY, compare=False, spacing_m=2.0)
    analysing.run("rules", today)
    qtbot.waitUntil(lambda: judged.list.count() == 3, timeout=20_000)
    newest, _, planned = analysing.results
    dialog = CompareResults(yard, analysing, planned)
    qtbot.addWidget(dialog)
    assert dialog.other.currentData() == newest.id, "another one of its kind comes first"
    qtbot.waitUntil(lambda: "1 surface in both" in dialog.words.text(), timeout=5000)
    assert dialog.words.text().startswith("Mean ") and ": -" in dialog.words.text()
    dialog.other.setCurrentIndex(1)
    qtbot.waitUntil(lambda: dialog.words.text() == NOTHING_SHARED, timeout=5000)
