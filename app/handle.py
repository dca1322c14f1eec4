"""Something in the view that mouse and keys take hold of before the camera does."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QPointF
from PySide6.QtGui import QKeyEvent


class Handle(Protocol):
    """What the canvas asks of it; positions are those of the widget."""

    def grabs(self, at: QPointF) -> bool:
        """Whether a press at a position takes hold of it."""

    def drag_to(self, at: QPointF) -> None:
        """The cursor has been dragged to a position."""

    def takes_key(self, event: QKeyEvent) -> bool:
        """Whether it has made use of a key."""
