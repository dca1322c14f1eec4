"""The find box: by id, by attribute, with the keyboard alone."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.find import NOTHING_FOUND, FindBox
from app.lines import SECOND_LINE
from app.session import Session
from tests.app.panels import Show, fid_of, houses, opened, show

__all__ = ["houses", "opened", "show"]


@pytest.fixture
def find(opened: Session, show: Show) -> FindBox:
    made = FindBox(opened)
    show(made)
    return made


def test_enter_selects_the_first_and_flies_there(qtbot: QtBot, opened: Session, find: FindBox) -> None:
    qtbot.keyClicks(find, "B")
    with qtbot.waitSignal(find.fly_requested) as flown:
        qtbot.keyClick(find, Qt.Key.Key_Return)
    assert flown.args == [[fid_of(opened, "B")]]
    assert opened.selection.tolist() == [fid_of(opened, "B")]


def test_attributes_are_found_and_named(qtbot: QtBot, opened: Session, find: FindBox) -> None:
    qtbot.keyClicks(find, "mill")
    qtbot.waitUntil(lambda: find.list.count() == 2)
    rows = [find.list.item(at) for at in range(2)]
    assert [row.text() for row in rows] == ["Old Mill", "New mill"], "names come first"
    assert [row.data(SECOND_LINE) for row in rows] == ["A · houses", "B · houses"]
    qtbot.keyClick(find, Qt.Key.Key_Down)
    qtbot.keyClick(find, Qt.Key.Key_Return)
    assert opened.selection.tolist() == [fid_of(opened, "B")]


@pytest.mark.parametrize("key", [Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier])
def test_with_control_or_shift_the_found_is_added(
    qtbot: QtBot, opened: Session, find: FindBox, key: Qt.KeyboardModifier
) -> None:
    opened.select([fid_of(opened, "A")])
    qtbot.keyClicks(find, "New mill")
    qtbot.waitUntil(lambda: find.list.count() == 1)
    at = find.list.visualItemRect(find.list.item(0)).center()
    with qtbot.waitSignal(find.fly_requested) as flown:
        qtbot.mouseClick(find.list.viewport(), Qt.MouseButton.LeftButton, key, at)
    both = sorted((fid_of(opened, "A"), fid_of(opened, "B")))
    assert opened.selection.tolist() == both and flown.args == [both]


def test_what_is_not_there_is_said(qtbot: QtBot, opened: Session, find: FindBox) -> None:
    qtbot.keyClicks(find, "cathedral")
    qtbot.waitUntil(lambda: find.list.count() == 1)
    assert find.list.item(0).text() == NOTHING_FOUND
    qtbot.keyClick(find, Qt.Key.Key_Return)
    assert opened.selection.tolist() == []
