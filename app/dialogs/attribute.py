"""Small windows of the inspector: add an attribute, edit a value as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Set

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QIcon, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from app.editing import editing
from app.fields import Field, ValueField, make_field, problem_of
from app.labels import add_row
from app.mnemonics import letter_dialog
from app.session import Session
from layers.errors import EditError
from layers.expression import RESERVED
from layers.records import CityObject
from layers.values import TYPE_TITLES, TYPES, Value, from_json, pretty_json, subject, type_of


class Asking(QDialog):
    """A window whose OK is off, with a sentence why, until what it asks for is complete."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self._sentence = QLabel(wordWrap=True)
        self._sentence.setObjectName("muted")
        self._sentence.setMinimumHeight(36)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignTop)
        kinds = QDialogButtonBox.StandardButton
        self._buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel)
        for button in self._buttons.buttons():
            button.setIcon(QIcon())
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(20, 16, 20, 16)
        self._layout.setSpacing(12)

    @property
    def sentence(self) -> str:
        """What the window says now."""
        return str(self._sentence.text())

    def showEvent(self, event: QShowEvent) -> None:
        """Give what can be pressed a letter."""
        letter_dialog(self)
        super().showEvent(event)

    def _finish(self) -> None:
        """Put sentence and buttons below what was added."""
        self._layout.addWidget(self._sentence)
        self._layout.addWidget(self._buttons)

    def _name_ok(self, text: str) -> None:
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setText(text)

    def _say(self, sentence: str, can_accept: bool) -> None:
        self._sentence.setText(sentence)
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(can_accept)


class AddAttribute(Asking):
    """Name, type and value of a new attribute; the names that the layer's other objects have are offered."""

    def __init__(
        self,
        session: Session,
        item: CityObject,
        known: Mapping[str, str],
        taken: Set[str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Add attribute", parent)
        self._editing = editing(session)
        self._item, self._known, self._taken = item, known, taken
        self._name = QLineEdit(placeholderText="e.g. yearOfConstruction")
        completer = QCompleter(sorted(known), self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._name.setCompleter(completer)
        self._name.textChanged.connect(self._on_name)
        self._type = QComboBox()
        for type in TYPES:
            self._type.addItem(TYPE_TITLES[type], type)
        self._type.currentIndexChanged.connect(self._make_value)
        self._form = QFormLayout()
        add_row(self._form, "Name", self._name)
        add_row(self._form, "Type", self._type)
        self._value: ValueField = make_field(Field("Value", "text", None))
        add_row(self._form, "Value", self._value)
        self._layout.addLayout(self._form)
        self._finish()
        self._name_ok("Add")
        self.setMinimumWidth(420)
        self._make_value()

    @property
    def name(self) -> str:
        """The name of the new attribute."""
        return str(self._name.text()).strip()

    @property
    def value(self) -> Value:
        """Its value."""
        return self._value.value()

    def _on_name(self) -> None:
        known = self._known.get(self.name)
        self._type.setEnabled(known is None)
        if known is not None:
            self._type.setCurrentIndex(self._type.findData(known))
        self._make_value()

    def _make_value(self) -> None:
        what = subject(self.name or "The attribute", self._item.type, self._item.id)
        field = Field(what, str(self._type.currentData()), None, self._editing.codes(self._item, self.name))
        made = make_field(field)
        self._form.replaceWidget(self._value, made)
        self._value.deleteLater()
        self._value = made
        for signal in ("textChanged", "editTextChanged"):
            if hasattr(made, signal):
                getattr(made, signal).connect(self._check)
        self._check()

    def _check(self) -> None:
        if not self.name:
            self._say("Write a name. Names that other objects of the layer have are offered.", False)
        elif self.name in self._taken or self.name in RESERVED:
            self._say(f"There is already a '{self.name}'. Change its value instead.", False)
        else:
            problem = problem_of(self._value)
            self._say(problem, not problem)


class EditJson(Asking):
    """Any value, in the notation of the file."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__("Edit as JSON", parent)
        self._type = field.type
        heading = QLabel(field.what)
        heading.setObjectName("heading")
        self._text = QPlainTextEdit()
        self._text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._text.setPlainText(pretty_json(field.value))
        self._text.setTabChangesFocus(True)
        self._text.textChanged.connect(self._check)
        self._layout.addWidget(heading)
        self._layout.addWidget(self._text)
        self._finish()
        self._name_ok("Set")
        self.resize(520, 420)
        self._check()

    @property
    def value(self) -> Value:
        """The value the text spells."""
        return from_json(self._text.toPlainText())

    def _check(self) -> None:
        try:
            type = type_of(self.value)
        except EditError as error:
            self._say(error.sentence(), False)
            return
        becomes = "" if type in (None, self._type) else TYPE_TITLES[type].lower()
        usual = TYPE_TITLES[self._type].lower()
        self._say(f"This was a {usual} and becomes a {becomes}." if becomes else "", True)
