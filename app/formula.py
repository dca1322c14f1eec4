"""A line for an expression, with menus that put names of attributes and functions in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QToolButton, QVBoxLayout, QWidget

from layers.bulk import VALIDITY
from layers.functions import FUNCTIONS
from layers.nodes import written_name


class FormulaField(QWidget):
    """An expression over the attributes of a layer."""

    def __init__(self, names: Iterable[str], title: str, example: str) -> None:
        super().__init__()
        self.line = QLineEdit(placeholderText=example)
        self.line.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.line.setAccessibleName(title)
        self.setFocusProxy(self.line)
        written = [written_name(name) for name in (*names, "id", "type", *VALIDITY)]
        calls = {function.usage: f"{name}(" for name, function in FUNCTIONS.items()}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(self.line)
        row = QHBoxLayout()
        column.addLayout(row)
        row.addWidget(self._inserting("Attribute", {name: name for name in written}))
        row.addWidget(self._inserting("Function", calls))
        row.addStretch()

    @property
    def text(self) -> str:
        """What is written."""
        return str(self.line.text())

    def _inserting(self, title: str, texts: Mapping[str, str]) -> QToolButton:
        """A button with a menu whose entries go into the line."""
        button = QToolButton()
        button.setText(f"{title} ▾")
        button.setToolTip(f"Put the name of {'an' if title[0] in 'AEIOU' else 'a'} {title.lower()} in")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        for shown, text in texts.items():
            menu.addAction(shown, partial(self._insert, text))
        button.setMenu(menu)
        return button

    def _insert(self, text: str) -> None:
        self.line.insert(text)
        self.line.setFocus(Qt.FocusReason.OtherFocusReason)
