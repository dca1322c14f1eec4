"""A line that takes a value as people write it: "9", "900" and "9:00" are the same time."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit


class SpokenField(QLineEdit):
    """Enter, or leaving it, takes what is typed; Escape puts back what was there."""

    entered = Signal(object)  # what `read` made of the text
    refused = Signal(str)  # a sentence

    def __init__(self, name: str, read: Callable[[str], object], allowed: str) -> None:
        """`read` gives nothing for a text that spells no value; `allowed` says in words what does."""
        super().__init__()
        self._read, self._allowed, self._shown = read, allowed, ""
        self.setAccessibleName(name)
        self.setToolTip(f"{name}: {allowed}")
        self.editingFinished.connect(self._take)

    def show_text(self, text: str) -> None:
        """Show a value, unless another one is being typed."""
        self._shown = text
        if not (self.isModified() and self.hasFocus()):
            self._put_back()

    def event(self, event: QEvent) -> bool:
        """Escape comes here before it comes to the window, while there is something to forget."""
        is_escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if is_escape and event.type() == QEvent.Type.ShortcutOverride and self.isModified():
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape forgets what was typed."""
        if event.key() == Qt.Key.Key_Escape and self.isModified():
            self._put_back()
            self.selectAll()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """What is typed replaces what is there."""
        super().focusInEvent(event)
        QTimer.singleShot(0, self.selectAll)  # after the click that gave the focus

    def _take(self) -> None:
        if not self.isModified():
            return
        found = self._read(self.text())
        if found:
            self._put_back()
            self.entered.emit(found)
        else:
            self._mark(True)
            self.refused.emit(f"“{self.text().strip()}” is not understood. Write {self._allowed}.")

    def _put_back(self) -> None:
        self.setText(self._shown)
        self._mark(False)

    def _mark(self, is_wrong: bool) -> None:
        self.setProperty("problem", is_wrong)
        self.style().unpolish(self)
        self.style().polish(self)
