"""Answers that are picked in the view by clicks: while one of them asks, clicks select nothing."""

from __future__ import annotations

from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QPushButton

from analysis.asked import Ask
from app.askfields import AskField
from app.canvas import Canvas
from app.pins import Pins
from app.session import Session
from viewer.scene import Hit

PICK, DONE = "Pick in the view", "Done"
PICKING = "{}: click in the view, each click adds one. Esc ends it."


class PickedAnswer(AskField):
    """A button that lets clicks in the view answer, and pins where they were while the field is seen."""

    def __init__(self, ask: Ask, session: Session, canvas: Canvas) -> None:
        super().__init__(ask)
        self._session, self._canvas = session, canvas
        self._is_picking = False
        self.pick = QPushButton(PICK)
        self.pick.setCheckable(True)
        self.pick.setAutoDefault(False)
        self.pick.toggled.connect(self._on_pick)
        canvas.picked.connect(self._on_picked)
        canvas.picking_ended.connect(self._on_ended)

    def take(self, hit: Hit) -> None:
        """Add what was clicked."""
        raise NotImplementedError

    def pins(self) -> Pins:
        """What marks the answer in the view."""
        raise NotImplementedError

    def mark(self) -> None:
        """Put the pins into the view, or take them out once the field is not seen."""
        is_seen = self.isVisible() and self._session.is_open
        self._canvas.set_pins(self, self.pins() if is_seen else None)

    def showEvent(self, event: QShowEvent) -> None:
        """Put the pins into the view."""
        super().showEvent(event)
        self.mark()

    def hideEvent(self, event: QHideEvent) -> None:
        """Take the pins out of the view, and ask for nothing more."""
        super().hideEvent(event)
        self.pick.setChecked(False)
        self.mark()

    def _on_pick(self, on: bool) -> None:
        self.pick.setText(DONE if on else PICK)
        if on:
            self._canvas.begin_picking(PICKING.format(self.ask.title))
            self._canvas.window().activateWindow()
            self._is_picking = True
        elif self._is_picking:
            self._is_picking = False
            self._canvas.end_picking()

    def _on_ended(self) -> None:
        if self._is_picking:
            self._is_picking = False
            self.pick.setChecked(False)
            self._go_back()

    def _go_back(self) -> None:
        """The keys go to the form again, not to the view that was clicked."""
        if self.isVisible():
            self.window().activateWindow()
            self.pick.setFocus()

    def _on_picked(self, hit: Hit) -> None:
        if self._is_picking and self.is_asked:
            self.take(hit)
