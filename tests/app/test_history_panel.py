"""The history panel: a double click goes to a step, the list can be narrowed to one object."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.history_panel import BEGINNING_TITLE, HistoryPanel
from app.lines import FAINT, SECOND_LINE
from app.session import Session
from tests.app.panels import Show, attributes_of, fid_of, houses, opened, show

__all__ = ["houses", "opened", "show"]


@pytest.fixture
def panel(opened: Session, show: Show) -> HistoryPanel:
    made = HistoryPanel(opened)
    show(made)
    for name, value in (("A", 1.0), ("B", 2.0), ("A", 3.0)):
        with opened.project.edit(f"Height {value}", why="test") as edit:
            edit.set_attribute(fid_of(opened, name), "measuredHeight", value)
    return made


def titles(panel: HistoryPanel) -> list[str]:
    return [panel.list.item(at).text() for at in range(panel.list.count())]


def activate(panel: HistoryPanel, title: str) -> None:
    panel.list.itemActivated.emit(panel.list.item(titles(panel).index(title)))


def test_a_double_click_goes_back_and_forward(opened: Session, panel: HistoryPanel) -> None:
    assert titles(panel)[:3] == ["Height 3.0", "Height 2.0", "Height 1.0"]
    activate(panel, "Height 1.0")
    assert attributes_of(opened, "A")["measuredHeight"] == 1.0
    assert attributes_of(opened, "B")["measuredHeight"] == 4
    assert [panel.list.item(at).data(FAINT) for at in range(3)] == [True, True, False]
    activate(panel, "Height 3.0")
    assert attributes_of(opened, "A")["measuredHeight"] == 3.0


def test_everything_can_be_taken_back(opened: Session, panel: HistoryPanel) -> None:
    activate(panel, BEGINNING_TITLE)
    assert opened.project.can_undo is None
    activate(panel, "Height 3.0")
    assert attributes_of(opened, "B")["measuredHeight"] == 2.0


def test_what_was_overtaken_cannot_be_done_again(qtbot: QtBot, opened: Session, panel: HistoryPanel) -> None:
    activate(panel, "Height 1.0")
    with opened.project.edit("Another way") as edit:
        edit.set_attribute(fid_of(opened, "C"), "measuredHeight", 7.0)
    with qtbot.waitSignal(opened.problem):
        activate(panel, "Height 2.0")
    assert attributes_of(opened, "B")["measuredHeight"] == 4


def test_it_narrows_to_the_selected_object(opened: Session, panel: HistoryPanel) -> None:
    opened.select([fid_of(opened, "A")])
    panel.only_selected.setChecked(True)
    assert titles(panel) == ["Height 3.0", "Height 1.0"]
    assert "measuredHeight: 12.5 → 1.0" in panel.list.item(1).data(SECOND_LINE)
    opened.select([fid_of(opened, "B")])
    assert titles(panel) == ["Height 2.0"]
