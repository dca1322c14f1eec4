"""Fields for typed values, edited in place in the inspector and the attribute table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from PySide6.QtCore import (
    QAbstractItemModel,
    QDate,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    Qt,
    QTimer,
)
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCalendarWidget,
    QComboBox,
    QCompleter,
    QFrame,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from app import theme
from layers.codelists import Codes
from layers.errors import EditError
from layers.values import ALLOWED, Value, editable_text, format_value, typed_number, typed_value

Index = QModelIndex | QPersistentModelIndex

NOTHING = "no value"
#: Which keys end an edit; they do not while the text is no value of the type.
ENDING_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab, Qt.Key.Key_Backtab)


@dataclass(frozen=True)
class Field:
    """What a field is about: how errors name it, its type, its value, the codes it may take."""

    what: str
    type: str
    value: Value
    codes: Codes = ()


class TextField(QLineEdit):
    """One line of text that says at once when it is no value of the type."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._field = field
        self.setFrame(False)
        self.setAccessibleName(field.what)
        self.setPlaceholderText(ALLOWED[field.type] if field.type != "text" else "")
        self.setText(editable_text(field.value, field.type))
        self.textChanged.connect(self._check)

    def show_field(self, field: Field) -> None:
        """Turn to another value."""
        self._field = field
        self.setText(editable_text(field.value, field.type))

    def value(self) -> Value:
        """The value that the text spells; EditError when it spells none."""
        return typed_value(self.text(), self._field.type, self._field.what)

    def _check(self) -> None:
        problem = problem_of(self)
        self.setProperty("problem", bool(problem))
        self.style().unpolish(self)
        self.style().polish(self)
        self.setToolTip(problem)


class NumberField(TextField):
    """A number; the arrow keys count up and down."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys count, ten at a time with Ctrl."""
        steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            step *= 10
        if typed_number(self.text() or "0") is not None:
            self.setText(str(Decimal(self.text().strip().replace(",", ".") or "0") + step))
            self.selectAll()


class DateField(TextField):
    """A date, typed or taken from a calendar; a time that follows it stays."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.setPlaceholderText("YYYY-MM-DD")
        action = self.addAction(theme.current().icon("calendar"), QLineEdit.ActionPosition.TrailingPosition)
        action.setToolTip("Choose from a calendar (Alt+Down)")
        action.setShortcut("Alt+Down")
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(self._open_calendar)

    def _open_calendar(self) -> None:
        popup = QFrame(self, Qt.WindowType.Popup)
        popup.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        calendar = QCalendarWidget(popup)
        calendar.setVerticalHeaderFormat(QCalendarWidget.VerticalHeaderFormat.NoVerticalHeader)
        shown = QDate.fromString(self.text()[:10], Qt.DateFormat.ISODate)
        calendar.setSelectedDate(shown if shown.isValid() else QDate.currentDate())

        def take(date: QDate) -> None:
            self.setText(date.toString(Qt.DateFormat.ISODate) + self.text()[10:])
            popup.close()

        calendar.activated.connect(take)
        calendar.clicked.connect(take)
        layout = QVBoxLayout(popup)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.addWidget(calendar)
        popup.move(self.mapToGlobal(QPoint(0, self.height())))
        popup.show()
        calendar.setFocus()


class ChoiceField(QComboBox):
    """Yes, no, or no value."""

    CHOICES = ((True, "yes"), (False, "no"), (None, NOTHING))

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(field.what)
        for value, text in self.CHOICES:
            self.addItem(text, value)
        self.setCurrentText(format_value(field.value) or NOTHING)

    def value(self) -> Value:
        """The choice."""
        value: Value = self.currentData()
        return value


class CodeField(QComboBox):
    """A code from a list, found by number or by name; another value may be typed."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._field = field
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setAccessibleName(field.what)
        for code in field.codes:
            self.addItem(code_text(code.value, code.label), code.value)
        completer = QCompleter(self.model(), self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.setCompleter(completer)
        text = editable_text(field.value, field.type)
        at = self.findData(text)
        self.setCurrentIndex(at)
        if at < 0:
            self.setEditText(text)
        line = self.lineEdit()
        assert line is not None
        line.selectAll()

    def value(self) -> Value:
        """The code, in the type of the attribute; EditError when what was typed does not fit."""
        at = self.findText(self.currentText(), Qt.MatchFlag.MatchFixedString)
        text = str(self.itemData(at)) if at >= 0 else self.currentText()
        return typed_value(text, self._field.type, self._field.what)


ValueField = TextField | ChoiceField | CodeField


def code_text(value: str, label: str) -> str:
    """How a coded value reads: "1030 · gabled roof"."""
    return f"{value} · {label}" if label and label != value else value


def enters(event: QKeyEvent) -> bool:
    """Whether a key is one of the two that confirm."""
    return event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)


def make_field(field: Field, parent: QWidget | None = None) -> ValueField:
    """The field that fits a type."""
    if field.codes and field.type in ("text", "integer"):
        return CodeField(field, parent)
    if field.type == "boolean":
        return ChoiceField(field, parent)
    kinds = {"integer": NumberField, "real": NumberField, "date": DateField}
    return kinds.get(field.type, TextField)(field, parent)


def problem_of(field: ValueField) -> str:
    """Why a field holds no value, '' when it does."""
    try:
        field.value()
    except EditError as error:
        return error.sentence()
    return ""


class ValueDelegate(QStyledItemDelegate):
    """Opens the field that fits a cell, and hands on what was entered if it is new."""

    def __init__(
        self,
        describe: Callable[[Index], Field | None],
        commit: Callable[[Index, Value], None],
        edit_json: Callable[[Index], None],
        refuse: Callable[[str], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._describe, self._commit, self._edit_json, self._refuse = describe, commit, edit_json, refuse

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        """The field for a cell; lists and nested values open in a window of their own instead."""
        field = self._describe(index)
        if field is None:
            return None  # type: ignore[return-value]  # Qt's way to say that there is no editor
        if field.type in ("list", "nested"):
            # Qt is in the middle of opening an editor; the window opens after that.
            kept = QPersistentModelIndex(index)
            QTimer.singleShot(0, lambda: self._edit_json(kept))
            return None  # type: ignore[return-value]  # as above
        made = make_field(field, parent)
        made.setAutoFillBackground(True)
        return made

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Nothing: fields are born with their value, and keep what is typed when the city changes."""

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        """Hand on what was entered, if it is a value and a new one."""
        assert isinstance(editor, TextField | ChoiceField | CodeField)
        field, problem = self._describe(index), problem_of(editor)
        if problem:
            self._refuse(problem)
        if field is None or problem:
            return
        value = editor.value()
        if value != field.value or type(value) is not type(field.value):
            self._commit(index, value)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        """The field fills its cell."""
        editor.setGeometry(option.rect)

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        """Keep a field open while what it holds is no value, and say why."""
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() in ENDING_KEYS
            and isinstance(editor, TextField | CodeField)
        ):
            problem = problem_of(editor)
            if problem:
                QToolTip.showText(editor.mapToGlobal(QPoint(0, editor.height())), problem, editor)
                return True
        return bool(super().eventFilter(editor, event))
