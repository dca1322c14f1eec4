"""The observer in the view: a pin that is put down with a click, dragged, and moved with the arrow keys."""

from __future__ import annotations

from math import cos, hypot, radians, sin

import numpy as np
from PySide6.QtCore import QObject, QPointF, Qt
from PySide6.QtGui import QKeyEvent

from app.canvas import Canvas
from app.livesight import LiveSight
from app.navigation import ARROWS
from app.pins import STEM, Pins
from app.session import Session
from viewer.scene import Hit

PICKING = "Click where the observer stands. Esc ends it."
#: How near the head or the foot of the pin takes hold of it, in points.
HOLD = 14.0
#: How far a key moves the observer, and with Shift; how much the eye rises or sinks.
STEP_M, STRIDE_M, RISE_M = 1.0, 10.0, 0.5
RISES = {Qt.Key.Key_PageUp: RISE_M, Qt.Key.Key_PageDown: -RISE_M}


class SightPin(QObject):
    """What mouse and keys in the view do to the observer (`app.canvas.Handle`)."""

    def __init__(self, session: Session, live: LiveSight, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._session, self._live, self._canvas = session, live, canvas
        self._is_picking = False
        self._hold = QPointF()  # from the cursor to the foot
        canvas.picked.connect(self._on_picked)
        canvas.picking_ended.connect(self._on_ended)
        live.changed.connect(self._mark)
        live.switched.connect(self._on_switched)

    @property
    def is_picking(self) -> bool:
        """Whether the next click puts the observer down."""
        return self._is_picking

    def pick(self, on: bool) -> None:
        """Let clicks put the observer down, or select again."""
        if on:
            self._canvas.begin_picking(PICKING)
            self._is_picking = True
            self._live.changed.emit()
        elif self._is_picking:
            self._canvas.end_picking()

    # -- what the canvas asks ----------------------------------------------------------------------

    def grabs(self, at: QPointF) -> bool:
        """Whether a press at a position takes hold of the pin."""
        foot = self._foot()
        if foot is None:
            return False
        self._hold = foot - at
        off = at - foot
        return -STEM - HOLD < off.y() < HOLD and hypot(off.x(), max(-STEM - off.y(), 0.0)) < HOLD

    def drag_to(self, at: QPointF) -> None:
        """Put the observer down where the foot of the pin is dragged to."""
        hit = self._canvas.hit(at + self._hold)
        if hit is not None:
            self._live.place(hit.point_in_world)

    def takes_key(self, event: QKeyEvent) -> bool:
        """Walk with the arrows, as one sees it; rise and sink with Page Up and Page Down."""
        key, modifiers = Qt.Key(event.key()), event.modifiers()
        if self._live.foot is None or modifiers & Qt.KeyboardModifier.ControlModifier:
            return False
        if key in RISES:
            self._live.set_eye_height(self._live.eye_height_m + RISES[key])
            return True
        if key not in ARROWS:
            return False
        step = STRIDE_M if modifiers & Qt.KeyboardModifier.ShiftModifier else STEP_M
        right, ahead = -step * ARROWS[key][0], step * ARROWS[key][1]  # they tell where the city goes
        azimuth = radians(self._canvas.camera.azimuth_deg)
        self._live.move(
            right * cos(azimuth) + ahead * sin(azimuth), ahead * cos(azimuth) - right * sin(azimuth)
        )
        return True

    # -- following ---------------------------------------------------------------------------------

    def _foot(self) -> QPointF | None:
        """Where the foot of the pin is in the widget; None where it is not seen."""
        foot, canvas = self._live.foot, self._canvas
        if foot is None or not self._live.is_on or not self._session.is_open:
            return None
        drawn = self._session.scene.as_drawn(foot[None])
        x, y, depth = canvas.camera.project(drawn, canvas.width(), canvas.height())[0].tolist()
        return QPointF(x, y) if depth > 0 and np.isfinite((x, y)).all() else None

    def _mark(self) -> None:
        foot = self._live.foot if self._live.is_on and self._session.is_open else None
        pins = None if foot is None else Pins(self._session.scene.as_drawn(foot[None]), ("",))
        self._canvas.set_pins(self, pins)

    def _on_switched(self, on: bool) -> None:
        self._canvas.handle = self if on else None
        self.pick(on and self._live.foot is None)

    def _on_picked(self, hit: Hit) -> None:
        if self._is_picking:
            self._canvas.end_picking()
            self._live.place(hit.point_in_world)

    def _on_ended(self) -> None:
        if self._is_picking:
            self._is_picking = False
            self._live.changed.emit()
