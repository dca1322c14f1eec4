"""The attribute table with real keys: order, filter, linked selection, editing, copying, export."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.session import Session
from app.table import AttributeTable
from tests.app.panels import Show, attributes_of, fid_of, houses, opened, show, type_into_focus

__all__ = ["houses", "opened", "show"]


@pytest.fixture
def table(opened: Session, show: Show) -> AttributeTable:
    made = AttributeTable(opened)
    show(made)
    return made


def column(table: AttributeTable, key: str) -> list[str]:
    """A column as it is on the screen."""
    at = table.rows.keys.index(key)
    return [str(table.rows.index(row, at).data()) for row in range(table.rows.rowCount())]


def click_header(qtbot: QtBot, table: AttributeTable, key: str) -> None:
    header = table.view.horizontalHeader()
    at = header.sectionViewportPosition(table.rows.keys.index(key)) + 10
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(at, 10))


def edit(qtbot: QtBot, table: AttributeTable, row: int, key: str, text: str) -> None:
    """Go to a cell and write a value with the keyboard."""
    table.view.setFocus()
    table.view.setCurrentIndex(table.rows.index(row, table.rows.keys.index(key)))
    qtbot.keyClick(table.view, Qt.Key.Key_Return)
    type_into_focus(qtbot, text)


def test_it_shows_the_layer_with_codes_spelled_out(table: AttributeTable) -> None:
    assert column(table, "id") == ["A", "B", "C"]
    assert column(table, "roofType") == ["1000 · flat roof", "1030 · gabled roof", "1000 · flat roof"]
    assert column(table, "measuredHeight") == ["12.5", "4", ""]
    assert column(table, "tags") == ["", "", "old"]
    assert table._count.text() == "3 objects"


def test_a_click_on_a_title_sorts_and_empty_values_come_last(qtbot: QtBot, table: AttributeTable) -> None:
    click_header(qtbot, table, "measuredHeight")
    assert column(table, "id") == ["B", "A", "C"]
    click_header(qtbot, table, "measuredHeight")
    assert column(table, "id") == ["A", "B", "C"]


def test_what_is_taken_away_is_in_no_row(qtbot: QtBot, table: AttributeTable, opened: Session) -> None:
    last = fid_of(opened, "C")
    opened.select([fid_of(opened, "B"), last])
    with opened.project.edit("Demolish") as step:
        step.remove_objects([fid_of(opened, "B")])
    assert (column(table, "id"), table._count.text()) == (["A", "C"], "2 objects")
    assert opened.selection.tolist() == [last]
    click_header(qtbot, table, "measuredHeight")
    assert column(table, "id") == ["A", "C"]
    opened.project.undo()
    assert column(table, "id") == ["B", "A", "C"]


def test_the_filter_speaks_the_expression_language(qtbot: QtBot, table: AttributeTable) -> None:
    qtbot.keyClicks(table.filter, "measuredHeight > 3 and name like '%mill'")
    assert column(table, "id") == ["A", "B"]
    assert table._count.text() == "2 of 3"
    assert not table.problem.isVisible()
    table.filter.clear()
    assert table.rows.rowCount() == 3
    qtbot.keyClicks(table.filter, "'2' in lods and 'old' in tags")
    assert column(table, "id") == ["C"]


def test_a_filter_with_a_fault_says_where_and_keeps_the_rows(qtbot: QtBot, table: AttributeTable) -> None:
    qtbot.keyClicks(table.filter, "measuredHeight > 3")
    qtbot.keyClicks(table.filter, " and and")
    assert table.problem.isVisible()
    assert table.problem.text().startswith("At character 24: 'and'; expected ")
    assert column(table, "id") == ["A", "B"]
    table.filter.clear()
    qtbot.keyClicks(table.filter, "measuredheight > 3")
    assert "Did you mean measuredHeight" in table.problem.text()


def test_selection_leads_and_follows(qtbot: QtBot, opened: Session, table: AttributeTable) -> None:
    opened.select([fid_of(opened, "B"), fid_of(opened, "C")])
    assert [index.row() for index in table.view.selectionModel().selectedRows()] == [1, 2]
    table.view.setFocus()
    table.view.selectRow(0)
    assert opened.selection.tolist() == [fid_of(opened, "A")]
    qtbot.keyClick(table.view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(opened.selection) == 3
    click_header(qtbot, table, "measuredHeight")
    assert len(table.view.selectionModel().selectedRows()) == 3


def test_cells_are_edited_in_place(qtbot: QtBot, opened: Session, table: AttributeTable) -> None:
    edit(qtbot, table, 0, "measuredHeight", "20")
    qtbot.waitUntil(lambda: attributes_of(opened, "A")["measuredHeight"] == 20.0)
    assert column(table, "measuredHeight")[0] == "20.0"
    opened.undo()
    assert column(table, "measuredHeight")[0] == "12.5"
    edit(qtbot, table, 2, "valid_from", "1900-01-01")
    qtbot.waitUntil(lambda: opened.project.object(fid_of(opened, "C")).valid_from == "1900-01-01")
    index = table.rows.index(0, table.rows.keys.index("id"))
    assert not table.rows.flags(index) & Qt.ItemFlag.ItemIsEditable


def test_an_edit_that_leaves_the_filter_leaves_the_rows(
    qtbot: QtBot, opened: Session, table: AttributeTable
) -> None:
    qtbot.keyClicks(table.filter, "measuredHeight > 10")
    edit(qtbot, table, 0, "measuredHeight", "5")
    qtbot.waitUntil(lambda: column(table, "id") == [])
    opened.undo()
    assert column(table, "id") == ["A"]


def test_new_attributes_become_columns(opened: Session, table: AttributeTable) -> None:
    with opened.project.edit("Add") as edit:
        edit.set_attribute(fid_of(opened, "C"), "owner", "city")
    assert column(table, "owner") == ["", "", "city"]
    table.show_column("owner", False)
    opened.undo()
    assert column(table, "owner") == ["", "", ""]
    assert table.view.isColumnHidden(table.rows.keys.index("owner"))


def test_rows_are_copied_and_exported_as_shown(
    qtbot: QtBot, opened: Session, table: AttributeTable, tmp_path: Path
) -> None:
    for key in table.rows.keys:
        table.show_column(key, key in ("id", "roofType", "tags"))
    table.view.selectRow(2)
    table.view.setFocus()
    qtbot.keyClick(table.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == 'id\troofType\ttags\nC\t1000\t["old"]\n'
    qtbot.keyClicks(table.filter, "roofType == '1000'")
    with qtbot.waitSignal(opened.message):
        table.export(tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == b'id,roofType,tags\r\nA,1000,\r\nC,1000,"[""old""]"\r\n'
    with qtbot.waitSignal(opened.problem):
        table.export(tmp_path / "no folder" / "out.csv")
