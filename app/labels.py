"""Small labels that panels share."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from layers.written import counted as counted
from layers.written import grouped

#: Longer words, such as ids, may be broken where a line ends: after a sign, or after so many letters.
LONG_WORD = re.compile(r"\S{19,}")
PIECE = re.compile(r"([-_./:]|\w{12})(?=\w)")
BREAK = "\u200b"


def breakable(text: str) -> str:
    """A text with long words that do not widen what they stand in."""
    return LONG_WORD.sub(lambda word: PIECE.sub(rf"\1{BREAK}", word[0]), text)


def thousands(number: int) -> str:
    """A count with thin spaces between the thousands."""
    return grouped(number)


def add_row(form: QFormLayout, title: str, field: QWidget | QLayout) -> QLabel:
    """Add a row whose title, which is given back, stands level with its field."""
    label = QLabel(title)
    height = QLineEdit().sizeHint().height()
    label.setMinimumHeight(min(height, field.sizeHint().height()))
    if isinstance(field, QWidget):
        label.setBuddy(field)
    form.addRow(label, field)
    return label


class ElidedLabel(QLabel):
    """One line of text, shortened in the middle where it has no room; the tooltip has all of it."""

    def __init__(self) -> None:
        super().__init__()
        self._whole = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    def set_text(self, text: str) -> None:
        """Show a text."""
        self._whole = text
        self.setToolTip(text)
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten to the new width."""
        self._elide()

    def _elide(self) -> None:
        self.setText(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideMiddle, self.width()))


def narrow(box: QComboBox) -> QComboBox:
    """A choice that may be narrower than its longest entry, so that panels and forms may too."""
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(8)
    return box


def empty_state(title: str, text: str) -> QWidget:
    """What a panel shows while it has nothing to show: what to do."""
    page = QWidget()
    heading, words = QLabel(title), QLabel(text, wordWrap=True)
    heading.setObjectName("heading")
    words.setObjectName("muted")
    column = QVBoxLayout(page)
    column.setContentsMargins(24, 24, 24, 24)
    column.setSpacing(8)
    column.addStretch(2)
    for label in (heading, words):
        label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(label)
    column.addStretch(3)
    return page
