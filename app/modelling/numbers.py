"""Numbers that are typed into the view while one draws or drags: "12.5", "12.5 < 90", "3 4"."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

DIGITS = frozenset("0123456789.,-")
#: Between a length and the direction it has, and between other numbers.
ANGLE, GAP = "<", " "
GAPS = {Qt.Key.Key_Space: GAP, Qt.Key.Key_Semicolon: GAP, Qt.Key.Key_Tab: ANGLE, Qt.Key.Key_Less: ANGLE}
BLOCKED = (
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
)


@dataclass
class Typed:
    """What has been typed so far."""

    text: str = ""

    def wants(self, event: QKeyEvent) -> bool:
        """Whether a key belongs to a number that is typed."""
        if event.modifiers() & BLOCKED:
            return False
        is_gap = Qt.Key(event.key()) in GAPS and bool(self.text)
        return is_gap or event.text() in DIGITS or (event.key() == Qt.Key.Key_Backspace and bool(self.text))

    def take(self, event: QKeyEvent) -> bool:
        """Whether a key was a part of a number."""
        if not self.wants(event):
            return False
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Backspace:
            self.text = self.text[:-1]
        elif key in GAPS:
            self.text = self.text.rstrip(ANGLE + GAP) + GAPS[key]
        else:
            self.text += event.text().replace(",", ".")
        return True

    @property
    def numbers(self) -> tuple[float, ...]:
        """The numbers that are typed, as far as they are some."""
        found = []
        for part in self.text.replace(ANGLE, GAP).split():
            try:
                found.append(float(part))
            except ValueError:
                break
        return tuple(found)

    @property
    def problem(self) -> str:
        """Why what is typed cannot be taken as it is, '' where it can."""
        parts = self.text.replace(ANGLE, GAP).split()
        if len(self.numbers) < max(len(parts), bool(self.text)):
            return f"“{self.text.strip()}” is no number yet. Type it to its end, or Esc."
        if self.is_polar and len(parts) < 2:
            return (
                f"“{self.text.strip()}” lacks its direction: degrees, clockwise from north. Type it, or Esc."
            )
        return ""

    @property
    def is_polar(self) -> bool:
        """Whether a direction follows a length."""
        return ANGLE in self.text
