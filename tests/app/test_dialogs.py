"""Calculator, find and replace, CSV join: a sentence while incomplete, a preview, one step."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from app.dialogs.bulk import BulkDialog
from app.dialogs.calculator import Calculator
from app.dialogs.join import JoinCsv
from app.dialogs.replace import FindReplace
from app.session import Session
from tests.app.panels import Show, attributes_of, fid_of, houses, opened, show

__all__ = ["houses", "opened", "show"]


def settle(qtbot: QtBot, dialog: BulkDialog) -> None:
    """Wait until the preview is up to date."""
    qtbot.waitUntil(lambda: not dialog._pause.isActive())


def preview(dialog: BulkDialog) -> list[list[str]]:
    rows = (dialog._preview.topLevelItem(at) for at in range(dialog._preview.topLevelItemCount()))
    return [[row.text(column) for column in range(4)] for row in rows if row is not None]


def can_accept(dialog: BulkDialog) -> bool:
    return dialog._buttons.button(QDialogButtonBox.StandardButton.Ok).isEnabled()


def test_the_calculator_explains_previews_and_calculates(qtbot: QtBot, opened: Session, show: Show) -> None:
    dialog = Calculator(opened)
    show(dialog)
    settle(qtbot, dialog)
    assert "has no name" in dialog.sentence and not can_accept(dialog)
    qtbot.keyClicks(dialog.target, "storeys")
    qtbot.keyClicks(dialog.formula, "round(measuredHeight / ")
    settle(qtbot, dialog)
    assert "character 24" in dialog.sentence and not can_accept(dialog)
    qtbot.keyClicks(dialog.formula, "3.1)")
    settle(qtbot, dialog)
    assert preview(dialog) == [["A", "storeys", "—", "4"]]
    assert dialog.sentence == "1 of 3 objects change. 2 stay as they are."
    qtbot.keyClicks(dialog._why, "no survey")
    dialog._buttons.button(QDialogButtonBox.StandardButton.Ok).click()
    assert attributes_of(opened, "A")["storeys"] == 4
    assert opened.project.history()[-1].why == "no survey"
    assert not dialog.isVisible()


def test_it_can_be_kept_to_the_selection(qtbot: QtBot, opened: Session, show: Show) -> None:
    opened.select([fid_of(opened, "B")])
    dialog = Calculator(opened)
    show(dialog)
    qtbot.keyClicks(dialog.target, "measuredHeight")
    qtbot.keyClicks(dialog.formula, "8")
    settle(qtbot, dialog)
    assert preview(dialog) == [["B", "measuredHeight", "4", "8.0"]]
    qtbot.keyClick(dialog._scope, Qt.Key.Key_Down)
    settle(qtbot, dialog)
    assert [row[0] for row in preview(dialog)] == ["A", "B", "C"]


def test_replace_shows_what_it_would_do(qtbot: QtBot, opened: Session, show: Show) -> None:
    dialog = FindReplace(opened)
    show(dialog)
    settle(qtbot, dialog)
    assert "nothing to find" in dialog.sentence
    dialog.attribute.setCurrentText("name")
    qtbot.keyClicks(dialog.wanted, "mill")
    qtbot.keyClicks(dialog.replacement, "house")
    settle(qtbot, dialog)
    assert [row[3] for row in preview(dialog)] == ["New house"]
    dialog.case.click()
    settle(qtbot, dialog)
    assert [row[3] for row in preview(dialog)] == ["Old house", "New house"]


def test_a_table_is_joined(qtbot: QtBot, opened: Session, show: Show, tmp_path: Path) -> None:
    table = tmp_path / "owners.csv"
    table.write_text("nr,id,owner,year\n1,A,city,1900\n2,X,nobody,1901\n", encoding="utf-8")
    dialog = JoinCsv(opened)
    show(dialog)
    settle(qtbot, dialog)
    assert "Choose a CSV file" in dialog.sentence
    dialog.read(table)
    settle(qtbot, dialog)
    assert dialog.key.currentText() == "id"
    row = dialog.columns.findItems("nr", Qt.MatchFlag.MatchExactly)[0]
    row.setCheckState(0, Qt.CheckState.Unchecked)
    settle(qtbot, dialog)
    assert preview(dialog) == [["A", "owner", "—", "city"], ["A", "year", "—", "1900"]]
    assert "2 objects have no row (B, C); 1 row has no object (X)" in dialog.sentence
    dialog.accept()
    assert attributes_of(opened, "A")["year"] == 1900


def test_a_refused_plan_says_which_object(qtbot: QtBot, opened: Session, show: Show) -> None:
    dialog = Calculator(opened)
    show(dialog)
    qtbot.keyClicks(dialog.target, "measuredHeight")
    qtbot.keyClicks(dialog.formula, "name")
    settle(qtbot, dialog)
    assert "measuredHeight of Building 'A' was not changed" in dialog.sentence
    assert not can_accept(dialog)


@pytest.mark.parametrize("kind", [Calculator, FindReplace, JoinCsv])
def test_escape_leaves_everything_as_it_was(
    qtbot: QtBot, opened: Session, show: Show, kind: type[BulkDialog]
) -> None:
    dialog = kind(opened)
    show(dialog)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert len(opened.project.history()) == 1
