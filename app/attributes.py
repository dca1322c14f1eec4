"""The attributes of the selected objects: typed, edited in place, several objects at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QMenu,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.dialogs.attribute import AddAttribute, EditJson
from app.editing import editing, why_not_editable
from app.fields import Field, Index, ValueDelegate, code_text, enters
from app.labels import counted, empty_state
from app.session import NOBODY, Session
from layers.overview import Overview, Shared
from layers.records import CityObject
from layers.values import TYPE_TITLES, Value, format_value, subject, type_for_editing

NAME, VALUE = 0, 1
KEY = Qt.ItemDataRole.UserRole
DIFFERENT = "<different values>"
#: Members of one nested value that are shown; "Edit as JSON" shows all.
MOST_MEMBERS = 200


NO_ATTRIBUTES = ("No attributes yet", "“Add” gives it one; so does joining a table from the Edit menu.")


class Attributes(QWidget):
    """A filter line and the list of attributes."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._editing = editing(session)
        self._fids = NOBODY
        self._first: CityObject | None = None
        self._shared: dict[str, Shared] = {}
        self._types: dict[str, str] = {}
        self._filter = QLineEdit(placeholderText="Filter attributes", clearButtonEnabled=True)
        self._filter.setAccessibleName("Filter attributes")
        self._filter.textChanged.connect(self._apply_filter)
        self._add = QToolButton()
        self._add.setText("Add")
        self._add.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._add.setToolTip("Add an attribute to the selected objects")
        self._add.clicked.connect(self.add_attribute)
        self._tree = self._make_tree()
        top = QHBoxLayout()
        top.setContentsMargins(12, 8, 8, 8)
        top.addWidget(self._filter)
        top.addWidget(self._add)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._none = empty_state(*NO_ATTRIBUTES)
        layout.addLayout(top)
        layout.addWidget(self._tree)
        layout.addWidget(self._none)
        theme.current().changed.connect(self._tint)
        self._tint()

    @property
    def tree(self) -> QTreeWidget:
        """The list, one row per attribute."""
        return self._tree

    def show_objects(self, fids: NDArray[np.int64], seen: Overview) -> None:
        """Turn to these objects."""
        keep = self._current_name() if np.array_equal(fids, self._fids) else ""
        self._fids, self._first = fids, seen.first
        self._shared = {shared.name: shared for shared in seen.attributes}
        self._types = self._session.project.attribute_types(seen.first.layer)
        self._add.setEnabled(not why_not_editable(self._session))
        self._fill(keep)

    def add_attribute(self) -> None:
        """Ask for a new attribute and add it to the selected objects."""
        if self._first is None:
            return
        known = {name: type for name, type in self._types.items() if name not in self._shared}
        dialog = AddAttribute(self._session, self._first, known, set(self._shared), self)
        if dialog.exec():
            self._editing.set_attribute(self._fids, dialog.name, dialog.value)

    def remove_current(self) -> None:
        """Remove the attribute of the current row from the selected objects."""
        name = self._current_name()
        if name and not why_not_editable(self._session):
            self._editing.remove_attribute(self._fids, name)

    def _make_tree(self) -> QTreeWidget:
        tree = AttributeTree()
        tree.setColumnCount(2)
        tree.setUniformRowHeights(True)
        tree.setIndentation(14)
        tree.setHeaderHidden(True)
        tree.setAccessibleName("Attributes")
        tree.header().setSectionResizeMode(NAME, QHeaderView.ResizeMode.Interactive)
        tree.header().setStretchLastSection(True)
        tree.header().resizeSection(NAME, 160)
        tree.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.SelectedClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        tree.setItemDelegate(
            ValueDelegate(self._field, self._commit, self._edit_json, self._session.problem.emit, tree)
        )
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        tree.customContextMenuRequested.connect(self._open_menu)
        # The value is what one edits, so the keyboard stays in its column.
        tree.currentItemChanged.connect(self._stay_in_value_column)
        delete = QShortcut(QKeySequence.StandardKey.Delete, tree, self.remove_current)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        return tree

    def _stay_in_value_column(self, item: QTreeWidgetItem | None) -> None:
        if item is not None and self._tree.currentColumn() != VALUE:
            self._tree.setCurrentItem(item, VALUE)

    def _fill(self, current: str) -> None:
        self._tree.clear()
        why_not = why_not_editable(self._session)
        for shared in self._shared.values():
            item = self._row(shared, not why_not)
            self._tree.addTopLevelItem(item)
            if shared.name == current:
                self._tree.setCurrentItem(item, VALUE)
        self._tree.setToolTip(why_not)
        self._tree.setVisible(bool(self._shared))
        self._none.setVisible(not self._shared)
        self._apply_filter()

    def _row(self, shared: Shared, editable: bool) -> QTreeWidgetItem:
        colours = theme.current().colours
        row = QTreeWidgetItem([shared.name, self._shown(shared)])
        row.setData(NAME, KEY, shared.name)
        row.setForeground(NAME, QColor(colours.muted))
        row.setToolTip(NAME, f"{shared.name} · {TYPE_TITLES[self._type(shared)]}")
        row.setToolTip(VALUE, row.text(VALUE))
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        row.setFlags(flags | Qt.ItemFlag.ItemIsEditable if editable else flags)
        if shared.differ:
            font = row.font(VALUE)
            font.setItalic(True)
            row.setFont(VALUE, font)
            row.setForeground(VALUE, QColor(colours.muted))
        elif is_nested(shared.value):
            row.setForeground(VALUE, QColor(colours.muted))
            self._add_members(row, shared.name, shared.value, QColor(colours.muted))
        return row

    def _shown(self, shared: Shared) -> str:
        if shared.differ:
            return DIFFERENT
        assert self._first is not None
        return self._text(shared.name, shared.value)

    def _text(self, name: str, value: Value) -> str:
        """A value as one reads it: a code with its meaning, what is nested in short."""
        assert self._first is not None
        if isinstance(value, list | dict) and not is_quantity(value):
            return in_short(value)
        meaning = self._editing.label(self._first.type, self._first.layer, name, value)
        return code_text(format_value(value), meaning)

    def _add_members(
        self, row: QTreeWidgetItem, key: str, value: list[Any] | dict[str, Any], colour: QColor
    ) -> None:
        """The inside of a nested value, to look at."""
        named = (
            value.items()
            if isinstance(value, dict)
            else ((str(at + 1), each) for at, each in enumerate(value))
        )
        for at, (name, inner) in enumerate(named):
            if at == MOST_MEMBERS:
                row.addChild(QTreeWidgetItem(["…", f"{len(value) - at} more"]))
                break
            of = name if isinstance(value, dict) else key
            child = QTreeWidgetItem([name, self._text(of, inner)])
            child.setForeground(NAME, colour)
            child.setToolTip(VALUE, child.text(VALUE))
            child.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            if is_nested(inner):
                child.setForeground(VALUE, colour)
                self._add_members(child, of, inner, colour)
            row.addChild(child)

    def _type(self, shared: Shared) -> str:
        return type_for_editing(shared.type, self._types.get(shared.name))

    def _field(self, index: Index) -> Field | None:
        name = index.sibling(index.row(), NAME).data(KEY)
        if index.column() != VALUE or index.parent().isValid() or name not in self._shared:
            return None
        assert self._first is not None
        shared = self._shared[name]
        value = None if shared.differ else shared.value
        what = subject(name, self._first.type, self._first.id)
        what = what if len(self._fids) == 1 else f"{name} of {counted(len(self._fids), 'object')}"
        return Field(what, self._type(shared), value, self._editing.codes(self._first, name, value))

    def _commit(self, index: Index, value: Value) -> None:
        self._editing.set_attribute(self._fids, str(index.sibling(index.row(), NAME).data(KEY)), value)

    def _edit_json(self, index: Index) -> None:
        name, field = str(index.sibling(index.row(), NAME).data(KEY)), self._field(index)
        if field is not None:
            dialog = EditJson(field, self)
            if dialog.exec():
                self._editing.set_attribute(self._fids, name, dialog.value)

    def _open_menu(self, at: QPoint) -> None:
        item = self._tree.itemAt(at)
        if item is None or not self._current_name():
            return
        index = self._tree.currentIndex().siblingAtColumn(VALUE)
        menu = QMenu(self)
        edit = menu.addAction("Edit", lambda: self._tree.edit(index))
        json = menu.addAction("Edit as JSON…", lambda: self._edit_json(index))
        remove = menu.addAction(theme.current().icon("trash"), "Remove attribute", self.remove_current)
        for action in (edit, json, remove):
            action.setEnabled(not why_not_editable(self._session))
        menu.exec(self._tree.viewport().mapToGlobal(at))

    def _current_name(self) -> str:
        item = self._tree.currentItem()
        while item is not None and item.parent() is not None:
            item = item.parent()
        return str(item.data(NAME, KEY)) if item is not None else ""

    def _apply_filter(self) -> None:
        typed = self._filter.text().casefold()
        for at in range(self._tree.topLevelItemCount()):
            row = self._tree.topLevelItem(at)
            assert row is not None
            row.setHidden(typed not in _words(row).casefold())

    def _tint(self) -> None:
        self._add.setIcon(theme.current().icon("plus"))
        if self._first is not None:
            self._fill(self._current_name())


class AttributeTree(QTreeWidget):
    """Enter edits the current value."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open the field of the current row."""
        if enters(event) and self.state() != QAbstractItemView.State.EditingState:
            self.edit(self.currentIndex())
        else:
            super().keyPressEvent(event)


def _words(row: QTreeWidgetItem) -> str:
    """All that is said in a row and below it."""
    children = (row.child(at) for at in range(row.childCount()))
    below = " ".join(_words(child) for child in children if child is not None)
    return f"{row.text(NAME)} {row.text(VALUE)} {below}"


def is_quantity(value: Value) -> bool:
    """Whether a value is a number with its unit, which is one thing to read."""
    return isinstance(value, dict) and set(value) == {"value", "uom"}


def is_nested(value: Value) -> bool:
    """Whether a value has an inside that is shown as rows."""
    return isinstance(value, list | dict) and bool(value) and not is_quantity(value)


def in_short(value: list[Any] | dict[str, Any]) -> str:
    """A nested value in a line: the values that are simple, or how many there are."""
    inner = list(value.values()) if isinstance(value, dict) else value
    if any(is_nested(each) for each in inner) or not inner:
        return (
            counted(len(inner), "value")
            if isinstance(value, dict)
            else counted(len(inner), "entry", "entries")
        )
    return ", ".join(filter(None, map(format_value, inner)))
