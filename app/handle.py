"""Something in the view that mouse and keys take hold of before the camera does."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent


class Handle(Protocol):
    """What the canvas asks of it; positions are those of the widget."""

    def grabs(self, at: QPointF) -> bool:
        """Whether a press at a position takes hold of it."""

    def drag_to(self, at: QPointF) -> None:
        """The cursor has been dragged to a position."""

    def takes_key(self, event: QKeyEvent) -> bool:
        """Whether it has made use of a key."""


class Tool(Handle, Protocol):
    """A handle that clicks and the cursor are meant for, too, until it is put away."""

    @property
    def words(self) -> str:
        """What the view says of it."""

    def point(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """The cursor is at a position, without a button."""

    def click(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        """Whether it has made use of a click."""

    def finish(self, at: QPointF) -> None:
        """There was a double click, whose first one has been told as a click."""

    def release(self) -> None:
        """What was dragged is let go."""

    def wants_key(self, event: QKeyEvent) -> bool:
        """Whether it would make use of a key that may be one of the window."""
