"""The inspector, with real keys: typed fields, several objects, refusals, reasons, read-only."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.attributes import DIFFERENT
from app.dialogs.attribute import AddAttribute, EditJson
from app.fields import Field
from app.inspector import Inspector
from app.lines import SECOND_LINE
from app.session import Session
from tests.app.panels import Show, attributes_of, fid_of, houses, opened, show, type_into_focus
from tests.houses import HOUSES

__all__ = ["houses", "opened", "show"]

VALUE = 1


@pytest.fixture
def inspector(opened: Session, show: Show) -> Inspector:
    made = Inspector(opened)
    show(made)
    return made


def shown(inspector: Inspector) -> dict[str, str]:
    """The list as it is on the screen."""
    tree = inspector.attributes.tree
    rows = [tree.topLevelItem(at) for at in range(tree.topLevelItemCount())]
    return {row.text(0): row.text(VALUE) for row in rows if row is not None}


def open_field(qtbot: QtBot, inspector: Inspector, name: str) -> None:
    """Go to an attribute and open its field with the keyboard."""
    tree = inspector.attributes.tree
    (row,) = tree.findItems(name, Qt.MatchFlag.MatchExactly)
    tree.setFocus()
    tree.setCurrentItem(row, VALUE)
    qtbot.keyClick(tree, Qt.Key.Key_F2)


def select(session: Session, *ids: str) -> None:
    session.select([fid_of(session, id) for id in ids])


def test_with_nothing_selected_it_says_what_to_do(inspector: Inspector) -> None:
    texts = [label.text() for label in inspector.findChildren(QLabel) if label.isVisible()]
    assert any("Ctrl+F" in text for text in texts)


def test_a_number_is_corrected_with_a_reason(qtbot: QtBot, opened: Session, inspector: Inspector) -> None:
    select(opened, "A")
    assert shown(inspector) == {
        "measuredHeight": "12.5",
        "roofType": "1000 · flat roof",
        "name": "Old Mill",
        "built": "1961-05-01",
    }
    qtbot.keyClicks(inspector.validity.why, "survey 2024")
    open_field(qtbot, inspector, "measuredHeight")
    type_into_focus(qtbot, "13.25")
    qtbot.waitUntil(lambda: attributes_of(opened, "A")["measuredHeight"] == 13.25)
    assert shown(inspector)["measuredHeight"] == "13.25"
    step = opened.project.history()[-1]
    assert (step.label, step.why) == ("Set measuredHeight of A", "survey 2024")
    opened.undo()
    assert shown(inspector)["measuredHeight"] == "12.5"


def test_arrow_keys_count(qtbot: QtBot, opened: Session, inspector: Inspector) -> None:
    select(opened, "B")
    open_field(qtbot, inspector, "storeys")
    field = type_into_focus(qtbot, "", None)
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Return):
        qtbot.keyClick(field, key)
    qtbot.waitUntil(lambda: attributes_of(opened, "B")["storeys"] == 3)


def test_what_is_no_number_keeps_the_field_open(qtbot: QtBot, opened: Session, inspector: Inspector) -> None:
    select(opened, "A")
    open_field(qtbot, inspector, "measuredHeight")
    field = type_into_focus(qtbot, "1.012,5")
    assert field.isVisible() and field.property("problem")
    assert "decimal point" in field.toolTip()
    with qtbot.waitSignal(field.destroyed):
        qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert attributes_of(opened, "A") == HOUSES["A"]


def test_a_decimal_comma_is_one(qtbot: QtBot, opened: Session, inspector: Inspector) -> None:
    select(opened, "A")
    open_field(qtbot, inspector, "measuredHeight")
    type_into_focus(qtbot, "12,5")
    qtbot.waitUntil(lambda: attributes_of(opened, "A")["measuredHeight"] == 12.5)


def test_codes_are_offered_with_their_names(qtbot: QtBot, opened: Session, inspector: Inspector) -> None:
    select(opened, "A")
    open_field(qtbot, inspector, "roofType")
    type_into_focus(qtbot, "1040")
    qtbot.waitUntil(lambda: attributes_of(opened, "A")["roofType"] == "1040")
    assert shown(inspector)["roofType"] == "1040 · hipped roof"


def test_several_objects_are_edited_in_one_step(qtbot: QtBot, opened: Session, inspector: Inspector) -> None:
    select(opened, "A", "B", "C")
    assert shown(inspector)["roofType"] == DIFFERENT
    open_field(qtbot, inspector, "roofType")
    type_into_focus(qtbot, "1010")
    qtbot.waitUntil(lambda: shown(inspector)["roofType"] == "1010 · monopitch roof")
    assert {attributes_of(opened, id)["roofType"] for id in "ABC"} == {"1010"}
    opened.undo()
    assert [attributes_of(opened, id)["roofType"] for id in "ABC"] == ["1000", "1030", "1000"]


def test_an_attribute_is_removed_and_comes_back(qtbot: QtBot, opened: Session, inspector: Inspector) -> None:
    select(opened, "A")
    tree = inspector.attributes.tree
    tree.setFocus()
    tree.setCurrentItem(tree.findItems("name", Qt.MatchFlag.MatchExactly)[0], VALUE)
    qtbot.keyClick(tree, Qt.Key.Key_Delete)
    assert "name" not in attributes_of(opened, "A")
    opened.undo()
    assert attributes_of(opened, "A") == HOUSES["A"]


def test_a_new_attribute_is_typed(qtbot: QtBot, opened: Session) -> None:
    item = opened.project.object(fid_of(opened, "A"))
    dialog = AddAttribute(opened, item, {"storeys": "integer"}, set(item.attributes))
    qtbot.addWidget(dialog)
    dialog.show()
    assert "Write a name" in dialog.sentence
    qtbot.keyClicks(dialog._name, "roofType")
    assert "already" in dialog.sentence
    dialog._name.clear()
    qtbot.keyClicks(dialog._name, "storeys")
    qtbot.keyClicks(dialog._value, "two")
    assert "a whole number" in dialog.sentence
    dialog._value.clear()  # type: ignore[operator]  # a line of text for this type
    qtbot.keyClicks(dialog._value, "2")
    assert (dialog.name, dialog.value, dialog.sentence) == ("storeys", 2, "")


def test_lists_are_edited_as_json(qtbot: QtBot) -> None:
    dialog = EditJson(Field("tags of C", "list", ["old"]))
    qtbot.addWidget(dialog)
    dialog._text.setPlainText('["old", ')
    assert "not JSON" in dialog.sentence
    dialog._text.setPlainText('{"a": 1.5}')
    assert "becomes a nested" in dialog.sentence
    assert dialog.value == {"a": 1.5}


def test_validity_is_a_date_and_ends_after_it_begins(
    qtbot: QtBot, opened: Session, inspector: Inspector
) -> None:
    select(opened, "A")
    start, end = inspector.validity.dates.values()
    qtbot.keyClicks(start, "1961-05-01")
    qtbot.keyClick(start, Qt.Key.Key_Return)
    assert opened.project.object(fid_of(opened, "A")).valid_from == "1961-05-01"
    with qtbot.waitSignal(opened.problem):
        qtbot.keyClicks(end, "1950-01-01")
        qtbot.keyClick(end, Qt.Key.Key_Return)
    assert opened.project.object(fid_of(opened, "A")).valid_to is None


def test_the_other_sides_of_an_object(qtbot: QtBot, opened: Session, inspector: Inspector) -> None:
    select(opened, "A")
    with opened.project.edit("Measured", why="survey") as edit:
        edit.set_attribute(fid_of(opened, "A"), "measuredHeight", 9.0)
    geometry, history, source = inspector._facets
    inspector._tabs.setCurrentWidget(geometry)
    (row,) = geometry.tree.findItems("RoofSurface", Qt.MatchFlag.MatchRecursive)
    assert [row.text(1), row.text(2)] == ["1", "135.0 m²"]
    inspector._tabs.setCurrentWidget(history)
    assert history.list.item(0).text() == "Measured"
    assert "measuredHeight: 12.5 → 9.0" in history.list.item(0).data(SECOND_LINE)
    assert "“survey”" in history.list.item(0).data(SECOND_LINE)
    inspector._tabs.setCurrentWidget(source)
    assert '"measuredHeight": 9.0' in source.text.toPlainText()
    qtbot.keyClicks(source.field, "rooftype")
    assert source.text.textCursor().selectedText() == "roofType"
    select(opened, "A", "B")
    assert not source.text.isVisible()


def test_a_read_only_project_shows_why_nothing_can_be_changed(
    qtbot: QtBot, opened: Session, show: Show
) -> None:
    path = opened.project.path
    opened.close_project()
    opened.open_project(path, read_only=True)
    qtbot.waitUntil(lambda: opened.is_open and not opened.is_loading)
    inspector = Inspector(opened)
    show(inspector)
    select(opened, "A")
    texts = [label.text() for label in inspector.findChildren(QLabel) if label.isVisible()]
    assert any(text.startswith("Read-only: ") for text in texts)
    open_field(qtbot, inspector, "name")
    assert inspector.attributes.tree.state() == inspector.attributes.tree.State.NoState
    assert not inspector.validity.why.isEnabled()


def test_nested_values_are_rows_and_their_codes_have_meanings(opened: Session, inspector: Inspector) -> None:
    value = {"roofType": "1000", "survey": {"by": "Office", "height": {"value": 9.5, "uom": "m"}}}
    fid = fid_of(opened, "A")
    opened.run_edit("Nested", lambda edit: edit.set_attribute(fid, "record", value))
    select(opened, "A")
    assert shown(inspector)["record"] == "2 values"
    (row,) = inspector.attributes.tree.findItems("record", Qt.MatchFlag.MatchExactly)
    below = {row.child(at).text(0): row.child(at) for at in range(row.childCount())}
    assert below["roofType"].text(VALUE) == "1000 · flat roof"
    assert below["survey"].text(VALUE) == "Office, 9.5 m"
    assert below["survey"].child(1).text(VALUE) == "9.5 m"
