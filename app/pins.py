"""Numbered pins on the picture: the places that a form is being told, joined where they make a path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from app import theme
from layers.arrays import Float64
from viewer.camera import Camera

RADIUS = 10.0
#: From the place to the middle of the head above it.
STEM = 22.0
#: Draws on a view of some size, as a camera sees it.
Sketch = Callable[[QPainter, QRectF, Camera], None]
#: A place that is nearer to the eye than this has no pin.
NEAREST_M = 0.05


@dataclass(frozen=True, eq=False)
class Pins:
    """Places as they are drawn (`Scene.as_drawn`), and what is written on their pins."""

    points: Float64  # (n, 3)
    texts: tuple[str, ...]
    joined: bool = False  # by a line, in their order


def draw_pins(painter: QPainter, area: QRectF, camera: Camera, pins: Pins) -> None:
    """Draw pins over the picture, also of places that something hides; nearer ones over farther ones."""
    if not len(pins.points):
        return
    drawn = camera.project(pins.points, round(area.width()), round(area.height()))
    ahead = np.isfinite(drawn).all(axis=1) & (drawn[:, 2] > NEAREST_M)
    places = [QPointF(float(x), float(y)) for x, y in drawn[:, :2]]
    accent = QColor(theme.current().colours.accent)
    if pins.joined:
        painter.setPen(QPen(accent, 2.0, Qt.PenStyle.DashLine))
        for at in np.flatnonzero(ahead[:-1] & ahead[1:]):
            painter.drawLine(places[at], places[at + 1])
    for at in np.argsort(-drawn[:, 2], kind="stable"):
        if ahead[at]:
            _draw_pin(painter, places[at], pins.texts[at], accent)


def _draw_pin(painter: QPainter, foot: QPointF, text: str, colour: QColor) -> None:
    head = foot - QPointF(0, STEM)
    shape, stem = QPainterPath(), QPainterPath()
    shape.addEllipse(head, RADIUS, RADIUS)
    beside = QPointF(RADIUS * 0.62, 0)
    stem.addPolygon(QPolygonF([foot, head + beside, head - beside]))
    stem.closeSubpath()
    painter.save()
    painter.setPen(QPen(QColor("white"), 1.5))
    painter.setBrush(colour)
    painter.drawPath(shape.united(stem).simplified())
    _write(painter, head, text)
    painter.restore()


def sign(text: str, ratio: float) -> QPixmap:
    """The head of a pin alone, to stand before its line."""
    side = 2 * RADIUS
    picture = QPixmap(round(side * ratio), round(side * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.current().colours.accent))
        painter.drawEllipse(QRectF(1, 1, side - 2, side - 2))
        painter.setPen(QColor("white"))
        _write(painter, QPointF(RADIUS, RADIUS), text)
    return picture


def _write(painter: QPainter, middle: QPointF, text: str) -> None:
    font = QFont(painter.font())
    font.setBold(True)
    painter.setFont(font)
    box = QRectF(middle.x() - RADIUS, middle.y() - RADIUS, 2 * RADIUS, 2 * RADIUS)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
