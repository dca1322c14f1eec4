"""Everything is reached by keyboard: letters in menus and windows, and the key that stops reading."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QPushButton
from pytestqt.qtbot import QtBot

from app.dialogs.mapping import FieldMapping
from app.mnemonics import letter_dialog, lettered
from app.window import Window
from layers.pipe_fields import FIELDS
from tests.boxes import some_boxes, write_boxes


def letters(texts: list[str]) -> list[str]:
    keys = [QKeySequence.mnemonic(text).toString() for text in texts]
    return [key for key in keys if key]


def test_letters_are_given_once_and_those_that_are_there_stay() -> None:
    assert lettered(["Save", "&Stop", "Show"]) == ["S&ave", "&Stop", "S&how"]
    assert lettered(["Undo “a && b”"]) == ["&Undo “a && b”"]
    assert lettered(["…", "—"]) == ["…", "—"]


def test_every_row_of_every_menu_has_a_letter_of_its_own(window: Window) -> None:
    for menu in window.menuBar().findChildren(QMenu):
        texts = [action.text() for action in menu.actions() if not action.isSeparator()]
        found = letters(texts)
        assert len(found) == len(set(found)), texts
        assert len(found) == len(texts), texts


def test_buttons_of_windows_have_letters(qapp: object, qtbot: QtBot) -> None:
    dialog = FieldMapping("Sewer", FIELDS, {"DIAM": [300]}, {})
    qtbot.addWidget(dialog)
    letter_dialog(dialog)
    found = letters([button.text() for button in dialog.findChildren(QPushButton)])
    assert len(found) == len(set(found)) == 2


def test_esc_stops_reading_and_nothing_of_it_comes_in(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    session = window.session
    window.open_paths([write_boxes(tmp_path / "town.city.jsonl", some_boxes(60_000))])
    qtbot.waitUntil(
        lambda: session.is_open and any("Reading" in job.title for job in session.jobs.long), timeout=10_000
    )
    qtbot.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert any(job.work.cancelled() for job in session.jobs.long)
    qtbot.waitUntil(lambda: not session.is_loading, timeout=30_000)
    assert not session.project.layers and not window.notices.danger.text
