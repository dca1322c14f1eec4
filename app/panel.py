"""A panel that costs nothing while it cannot be seen."""

from __future__ import annotations

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget


class Panel(QWidget):
    """Fills itself when asked and visible, or else as soon as it is shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.is_stale = True

    def refresh(self, *_args: object) -> None:
        """Show what there is now."""
        self.is_stale = not self.isVisible()
        if not self.is_stale:
            self._fill()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up."""
        super().showEvent(event)
        if self.is_stale:
            self.refresh()

    def _fill(self) -> None:
        """Show what there is now; called only while visible."""
        raise NotImplementedError
