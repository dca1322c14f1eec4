"""Axes: from values to places on a chart, with round numbers and units."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF

from app.charts.sheet import BELOW, MIDDLE, RIGHT, Sheet, nice_step, number_text, ticks


@dataclass(frozen=True)
class Scale:
    """From values to one coordinate of the painter."""

    low: float
    high: float
    start: float  # where the low value is
    end: float

    def __call__(self, value: float) -> float:
        """Where a value is."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def upright_axis(sheet: Sheet, box: QRectF, low: float, high: float, unit: str) -> tuple[QRectF, Scale]:
    """Grid lines with numbers at the left of a box; gives what is left of the box, and the scale."""
    look = sheet.look
    head = sheet.line_height * (1.6 if unit else 0.5)
    plot = box.adjusted(0, head, 0, 0)
    most = max(2, int(plot.height() / (sheet.line_height * 2.2)))
    span = high - low if high > low else 1.0
    step = nice_step(span, most)
    marks = ticks(low, low + span + step * 0.999, step)
    scale = Scale(low, max(low + span, marks[-1]), plot.bottom(), plot.top())
    texts = [number_text(mark, step) for mark in marks]
    plot.setLeft(box.left() + max(sheet.width(text) for text in texts) + look.size * 0.7)
    for mark, text in zip(marks, texts, strict=True):
        sheet.line(QPointF(plot.left(), scale(mark)), QPointF(plot.right(), scale(mark)))
        place = QPointF(plot.left() - look.size * 0.5, scale(mark))
        sheet.text(place, text, RIGHT, color=look.muted, if_free=True)
    if unit:
        place = QPointF(box.left(), box.top() + sheet.line_height * 0.5)
        sheet.text(place, unit, color=look.muted, room=box.width())
    return plot, scale


def level_axis(sheet: Sheet, plot: QRectF, low: float, high: float, unit: str, digits: int = 6) -> Scale:
    """Numbers below a plot, and its unit at their end; gives the scale."""
    look = sheet.look
    scale = Scale(low, high, plot.left(), plot.right())
    y = plot.bottom() + sheet.line_height * 0.35
    if unit:
        sheet.text(QPointF(plot.right(), y), unit, RIGHT, BELOW, look.muted)
    widest = max(sheet.width(number_text(value, 1)) for value in (low, high)) + look.size * 2.5
    step = max(nice_step(high - low, max(2, int(plot.width() / widest))), 10.0**-digits)
    for mark in ticks(low, high, step):
        at = QPointF(scale(mark), plot.bottom())
        sheet.line(at, at + QPointF(0, look.size * 0.3), look.muted)
        sheet.text(QPointF(at.x(), y), number_text(mark, step), MIDDLE, BELOW, look.muted, if_free=True)
    sheet.line(plot.bottomLeft(), plot.bottomRight(), look.muted)
    return scale
