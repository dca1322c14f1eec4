"""A box for a number with arrows, in which a decimal comma is one.

Qt's own leaves signs between thousands out, and takes from the language of the desktop which they are.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QFocusEvent, QKeyEvent, QValidator
from PySide6.QtWidgets import QDoubleSpinBox, QWidget

from app.fields import enters
from layers.values import typed_number

SIDE_PX = 6


class NumberBox(QDoubleSpinBox):
    """A number; what is typed and is none stays, marked, until it is put right."""

    def __init__(self, parent: QWidget | None = None, **properties: Any) -> None:
        """`properties` are those of Qt, as minimum and decimals; without decimals the number is whole."""
        super().__init__(parent, **properties)
        self._tip = ""
        self.lineEdit().setTextMargins(SIDE_PX, 0, SIDE_PX, 0)  # as far from the border as in other fields
        self.lineEdit().textChanged.connect(lambda _text: self._mark())

    @property
    def problem(self) -> str:
        """Why what is typed is no number that may be, '' when it is one."""
        return self._problem_of(self.text())

    def textFromValue(self, value: float) -> str:
        """The number with a decimal point, whatever the language of the desktop."""
        return f"{value:.{self.decimals()}f}"

    def valueFromText(self, text: str) -> float:
        """The number that a text spells; the one that was there where it spells none."""
        if self._is_word(text):
            return self.minimum()
        found = typed_number(self._bare(text))
        return self.value() if found is None else float(found)

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Any text may be typed, as it may become a number."""
        state = QValidator.State.Intermediate if self._problem_of(text) else QValidator.State.Acceptable
        return state, text, position

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter takes nothing that is no number."""
        if not (enters(event) and self.problem):
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """What is no number stays to be put right: going elsewhere does not forget it unseen."""
        line = self.lineEdit()
        text = line.text() if self.problem else ""
        super().focusOutEvent(event)
        if text:
            line.setText(text)

    def _bare(self, text: str) -> str:
        return text.strip().removeprefix(self.prefix().strip()).removesuffix(self.suffix().strip()).strip()

    def _is_word(self, text: str) -> bool:
        """Whether a text is the word that stands for the lowest number."""
        word = self.specialValueText().casefold()
        return bool(word) and self._bare(text).casefold() == word

    def _problem_of(self, text: str) -> str:
        if self._is_word(text):
            return ""
        bare = self._bare(text)
        found = typed_number(bare)
        low, high = self.textFromValue(self.minimum()), self.textFromValue(self.maximum())
        if found is None:
            return f"“{bare}” is no number. Write one as 1234.5 or 1234,5, with no other signs in it."
        if not self.minimum() <= found <= self.maximum():
            return f"{bare} is not from {low} to {high}."
        is_cut = not self.decimals() and found != int(found)
        return f"{bare} is no whole number." if is_cut else ""

    def _mark(self) -> None:
        """Show whether what is typed is a number, and why not; its own words are the tip of a good one."""
        problem, was_one = self.problem, bool(self.property("problem"))
        if problem and not was_one:
            self._tip = self.toolTip()
        if problem or was_one:
            self.setToolTip(problem or self._tip)
        if bool(problem) != was_one:
            self.setProperty("problem", bool(problem))
            self.style().unpolish(self)
            self.style().polish(self)
