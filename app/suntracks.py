"""The two tracks on which the sun is moved: through a day, and through a year.

Their colour is that of the sky: how high the sun stands at each time of the day, or at each noon of the year.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from layers.arrays import Float64

#: Left and right of the bar.
SIDE = 14.0
BAR_TOP, BAR_HEIGHT = 20.0, 10.0
RADIUS = 8.0
#: How near the handle snaps to a mark, in points.
SNAP = 5.0
#: What the sky looks like when the sun is so many degrees high.
SKY = (
    (-18.0, "#1b2340"),
    (-6.0, "#3d4a78"),
    (-1.0, "#b5708a"),
    (3.0, "#f2a65a"),
    (12.0, "#ffd58a"),
    (35.0, "#ffe9b3"),
    (65.0, "#fff4cf"),
)


def sky_colour(altitude_deg: float) -> QColor:
    """The colour of a time at which the sun stands so high."""
    heights = [height for height, _ in SKY]
    colours = [QColor(name) for _, name in SKY]
    parts = [[colour.red() for colour in colours], [colour.green() for colour in colours]]
    parts.append([colour.blue() for colour in colours])
    red, green, blue = (round(float(np.interp(altitude_deg, heights, part))) for part in parts)
    return QColor(red, green, blue)


@dataclass(frozen=True)
class Mark:
    """A place on a track that has a name."""

    at: float  # 0 … 1
    text: str
    is_above: bool = False  # over the bar: sunrise, solstice; under it: hours, months


class SunTrack(QWidget):
    """A bar with a handle; mouse, wheel and arrow keys move it."""

    moved = Signal(float)  # 0 … 1, by a person

    def __init__(self, name: str, step: float, leap: float) -> None:
        """`step` and `leap` are what arrow keys and page keys move by, as parts of the track."""
        super().__init__()
        self._step, self._leap = step, leap
        self._value, self._grain = 0.5, step
        self._marks: Sequence[Mark] = ()
        self._gradient: Sequence[tuple[float, QColor]] = ()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.current().changed.connect(self.update)

    @property
    def value(self) -> float:
        """Where the handle is, 0 … 1."""
        return self._value

    def show_value(self, value: float) -> None:
        """Put the handle somewhere, without telling so."""
        self._value = min(max(value, 0.0), 1.0)
        self.update()

    def show_scale(self, marks: Sequence[Mark], altitude_deg: Float64, grain: float) -> None:
        """Show marks, and the sky of a sun so high at even steps; the handle moves by `grain`."""
        self._marks, self._grain = marks, grain
        steps = np.linspace(0, 1, len(altitude_deg)).tolist()
        self._gradient = [
            (at, sky_colour(height)) for at, height in zip(steps, altitude_deg.tolist(), strict=True)
        ]
        self.update()

    def sizeHint(self) -> QSize:
        """Room for names above and below the bar."""
        return QSize(240, 50)

    def minimumSizeHint(self) -> QSize:
        """Hours and months can still be told apart."""
        return QSize(160, 50)

    # -- painting ------------------------------------------------------------------------------

    def x_of(self, value: float) -> float:
        """Where a value is, in points."""
        return SIDE + value * (self.width() - 2 * SIDE)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The sky, the marks and the handle."""
        colours = theme.current().colours
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            bar = QRectF(SIDE, BAR_TOP, self.width() - 2 * SIDE, BAR_HEIGHT)
            gradient = QLinearGradient(bar.topLeft(), bar.topRight())
            for at, colour in self._gradient:
                gradient.setColorAt(at, colour)
            rounded = QPainterPath()
            rounded.addRoundedRect(bar, BAR_HEIGHT / 2, BAR_HEIGHT / 2)
            painter.fillPath(rounded, gradient if self._gradient else QColor(colours.border))
            painter.setPen(QPen(QColor(colours.strong_border), 1))
            painter.drawPath(rounded)
            self._paint_marks(painter)
            handle = QPointF(self.x_of(self._value), bar.center().y())
            painter.setPen(QPen(QColor(colours.panel), 2))
            painter.setBrush(QColor(colours.accent if self.isEnabled() else colours.faint))
            painter.drawEllipse(handle, RADIUS, RADIUS)
            if self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(colours.accent), 1.5))
                painter.drawEllipse(handle, RADIUS + 3, RADIUS + 3)

    def _paint_marks(self, painter: QPainter) -> None:
        colours = theme.current().colours
        font = painter.font()
        font.setPointSizeF(max(font.pointSizeF() - 1.5, 7.0))
        painter.setFont(font)
        metrics = painter.fontMetrics()
        free = {True: 0.0, False: 0.0}
        for mark in self._marks:
            x = self.x_of(mark.at)
            painter.setPen(QPen(QColor(colours.text if mark.is_above else colours.muted), 1))
            end = BAR_TOP - 4 if mark.is_above else BAR_TOP + BAR_HEIGHT + 4
            start = BAR_TOP + BAR_HEIGHT / 2 if mark.is_above else BAR_TOP + BAR_HEIGHT
            painter.drawLine(QPointF(x, start), QPointF(x, end))
            width = metrics.horizontalAdvance(mark.text) + 4
            left = min(max(x - width / 2, 0.0), self.width() - width)
            if left < free[mark.is_above] or not mark.text:
                continue
            free[mark.is_above] = left + width + 4
            top = 0.0 if mark.is_above else BAR_TOP + BAR_HEIGHT + 4
            painter.drawText(QRectF(left, top, width, 15), Qt.AlignmentFlag.AlignCenter, mark.text)

    # -- moving --------------------------------------------------------------------------------

    def _move(self, value: float) -> None:
        self._put(round(value / self._grain) * self._grain)

    def _put(self, value: float) -> None:
        self.show_value(value)
        self.moved.emit(self._value)

    def _move_to(self, x: float, is_click: bool = False) -> None:
        """Put the handle at a place, or at a mark near it; hours and months catch clicks alone."""
        marks = [mark.at for mark in self._marks if mark.is_above or is_click]
        nearest = min(marks, key=lambda at: abs(self.x_of(at) - x), default=-1.0)
        if marks and abs(self.x_of(nearest) - x) <= SNAP:
            self._put(nearest)
        else:
            self._move((x - SIDE) / max(self.width() - 2 * SIDE, 1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the handle under the mouse."""
        self.setFocus()
        self._move_to(event.position().x(), is_click=True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Carry the handle along."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._move_to(event.position().x())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """One step per notch."""
        notches = (event.angleDelta().y() or event.angleDelta().x()) / 120
        self._move(self._value + notches * self._step)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move by a step, page keys by more, Home and End to the ends."""
        key = event.key()
        steps = {
            Qt.Key.Key_Left: -self._step,
            Qt.Key.Key_Down: -self._step,
            Qt.Key.Key_Right: self._step,
            Qt.Key.Key_Up: self._step,
            Qt.Key.Key_PageDown: -self._leap,
            Qt.Key.Key_PageUp: self._leap,
            Qt.Key.Key_Home: -1.0,
            Qt.Key.Key_End: 1.0,
        }
        if key in steps:
            self._move(self._value + steps[Qt.Key(key)])
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that keys go here."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """And no longer."""
        super().focusOutEvent(event)
        self.update()
