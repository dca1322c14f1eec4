"""The line between two views, dragged with the mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent

from viewer.arrangement import SWIPE

if TYPE_CHECKING:
    from app.canvas import Canvas
    from app.session import Session

#: So near the line a press means it, in points.
REACH = 9.0


class SwipeLine:
    """Takes hold of the line of a swipe, before the camera does."""

    def __init__(self, session: Session, canvas: Canvas) -> None:
        self._comparing, self._canvas = session.comparing, canvas
        self._is_under = False

    def grabs(self, at: QPointF) -> bool:
        """Whether a press at a position takes hold of the line."""
        comparing = self._comparing
        return comparing.way == SWIPE and abs(at.x() - comparing.at * self._canvas.width()) <= REACH

    def drag_to(self, at: QPointF) -> None:
        """Put the line under the cursor."""
        self._comparing.set_at(at.x() / max(self._canvas.width(), 1))

    def takes_key(self, _event: QKeyEvent) -> bool:
        """Keys that move the line are commands of the window."""
        return False

    def point(self, at: QPointF) -> None:
        """Show by the cursor that the line may be dragged."""
        is_under = self.grabs(at)
        if is_under != self._is_under:
            self._is_under = is_under
            if is_under:
                self._canvas.setCursor(Qt.CursorShape.SplitHCursor)
            else:
                self._canvas.show_cursor()
