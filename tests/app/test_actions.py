"""The action table: every command is complete, reachable by keyboard, and does not fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from html import escape
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from pytestqt.qtbot import QtBot

from app.actions import ACTIONS, MENUS
from app.commands import Commands
from app.help import page
from app.icons import FOLDER
from app.palette import match, ranked
from app.session import Session
from app.window import Window
from tests.app.blocks import write_city

#: Commands that end the test's window, or open a dialog of the system that waits for a person.
WAITING = {
    "open",
    "import",
    "import_folder",
    "new",
    "save_as",
    "export",
    "picture",
    "model_design",
    "epoch_add",
    "quit",
    "close",
    "demo",
}


def test_every_row_is_complete() -> None:
    for row in ACTIONS:
        assert row.text and row.help.endswith("."), row.name
        assert callable(getattr(Commands, row.handler)), row.name
        assert (FOLDER / f"{row.icon}.svg").exists(), row.name
        assert not row.place or row.place[0] in MENUS, row.name
        assert not row.shortcut or not QKeySequence(row.shortcut).isEmpty(), row.name


def test_names_texts_and_keys_are_used_once() -> None:
    for field in ("name", "text"):
        assert max(Counter(getattr(row, field) for row in ACTIONS).values()) == 1
    keys = Counter(QKeySequence(row.shortcut).toString() for row in ACTIONS if row.shortcut)
    assert [key for key, count in keys.items() if count > 1] == []


def test_every_command_can_be_reached_by_keyboard(qtbot: QtBot, window: Window) -> None:
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(window.palette_.isVisible, timeout=2000)
    for row in ACTIONS:
        found = [each.name for each, _ in ranked(row.text, window.actions_)]
        assert row.name in found[:3] or not window.actions_[row.name].isEnabled(), row.name
        assert row.name in found, row.name
        assert escape(row.text.rstrip("…")) in page(), row.name


def test_the_palette_runs_what_was_typed(qtbot: QtBot, window: Window) -> None:
    window.actions_["palette"].trigger()
    field = window.palette_.focusWidget()
    assert field is not None
    qtbot.keyClicks(field, "dark")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not window.palette_.isVisible(), timeout=2000)
    assert window.settings.theme == "dark"
    window.actions_["theme_light"].trigger()


def test_matching_prefers_the_starts_of_words() -> None:
    assert match("zs", "Zoom to selection") > match("zs", "Zoom in, as usual")
    assert match("xyz", "Zoom to selection") == 0


def test_every_command_that_is_enabled_runs_without_a_complaint(
    qtbot: QtBot, window: Window, settled: Callable[[Session], None], tmp_path: Path
) -> None:
    window.open_paths([write_city(tmp_path / "blocks.city.json")])
    settled(window.session)
    window.session.select(window.session.project.fids(window.session.project.layers[0])[:1].tolist())
    complaints: list[str] = []
    window.session.problem.connect(complaints.append)
    ran = []
    for row in ACTIONS:
        action = window.actions_[row.name]
        if row.name not in WAITING and action.isEnabled():
            action.trigger()
            ran.append(row.name)
            if row.checkable:
                action.trigger()
            if row.name == "layer_remove":  # what comes behind it needs a city, too
                window.actions_["undo"].trigger()
        qtbot.wait(1)
    assert complaints == []
    assert len(ran) > 0.5 * sum(row.name not in WAITING for row in ACTIONS)


def test_nothing_that_needs_a_project_is_enabled_without_one(window: Window) -> None:
    for name in ("undo", "save_as", "export", "fit", "layer_remove", "calculator", "hide"):
        assert not window.actions_[name].isEnabled(), name
    for name in ("open", "demo", "palette", "keyboard", "quit"):
        assert window.actions_[name].isEnabled(), name
