"""How often values occur, in the colours in which they are drawn on the city."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter

from app.charts.axes import level_axis, upright_axis
from app.charts.look import Look
from app.charts.sheet import ABOVE, LEFT, RIGHT, Painted, Sheet, nice_step, number_text
from viewer.palette import ramp

#: Bars are about so wide, in letters.
BAR_LETTERS = 1.4
MOST_BARS = 40


@dataclass(frozen=True)
class Histogram:
    """What a histogram shows."""

    values: NDArray[Any]
    weights: NDArray[Any] | None = None  # areas, else values are counted
    unit: str = ""
    weight_unit: str = "surfaces"
    title: str = ""
    color_map: str = "viridis"
    low: float | None = None  # limits of the colours
    high: float | None = None
    digits: int = 1
    mark: float | None = None  # a value that is pointed out
    mark_name: str = ""


def paint_histogram(painter: QPainter, box: QRectF, histogram: Histogram, look: Look) -> Painted:
    """A histogram with its axes."""
    sheet = Sheet(painter, look)
    top = box.top() + sheet.title(box, histogram.title)
    values = np.asarray(histogram.values, np.float64)
    weights = np.ones(len(values)) if histogram.weights is None else np.asarray(histogram.weights, np.float64)
    known = np.isfinite(values) & np.isfinite(weights)
    if not known.any():
        sheet.text(box.center(), "no values", 0.5, color=look.muted)
        return sheet.painted
    values, weights = values[known], weights[known]
    edges = _edges(values, histogram, box.width() / (look.size * BAR_LETTERS))
    sums, _ = np.histogram(values, edges, weights=weights)
    room = QRectF(box.left(), top, box.width(), box.bottom() - sheet.line_height * 1.5 - top)
    plot, upright = upright_axis(sheet, room, 0.0, float(sums.max()), histogram.weight_unit)
    level = level_axis(sheet, plot, edges[0], edges[-1], histogram.unit, histogram.digits)
    colors = _colors(edges, histogram)
    step = 10.0**-histogram.digits
    for at, total in enumerate(sums):
        bar = QRectF(
            QPointF(level(edges[at]), upright(float(total))), QPointF(level(edges[at + 1]), plot.bottom())
        )
        shown = bar.adjusted(0, 0, -0.6 * look.unit, 0)
        sheet.fill(shown, QColor(*(int(part) for part in colors[at])))
        sheet.frame(shown)  # the palest colours are seen on light ground, and the darkest on dark
        told = f"{number_text(edges[at], step)} to {number_text(edges[at + 1], step)} {histogram.unit}: "
        told += f"{number_text(float(total), 1 if total >= 10 else 0.1)} {histogram.weight_unit}"
        sheet.spot(QRectF(bar.left(), plot.top(), bar.width(), plot.height()), told)
    if histogram.mark is not None and edges[0] <= histogram.mark <= edges[-1]:
        _paint_mark(sheet, histogram, plot, level(histogram.mark))
    return sheet.painted


def _edges(values: NDArray[np.float64], histogram: Histogram, most: float) -> NDArray[np.float64]:
    """Round edges of bars around all values."""
    low, high = float(values.min()), float(values.max())
    if high <= low:
        low, high = low - 0.5 * 10.0**-histogram.digits, high + 0.5 * 10.0**-histogram.digits
    step = nice_step(high - low, int(min(max(most, 5), MOST_BARS)))
    first, last = np.floor(low / step + 1e-9), np.ceil(high / step - 1e-9)
    return np.arange(first, max(last, first + 1) + 1) * step


def _colors(edges: NDArray[np.float64], histogram: Histogram) -> NDArray[np.uint8]:
    low = edges[0] if histogram.low is None else histogram.low
    high = edges[-1] if histogram.high is None else histogram.high
    middles = (edges[:-1] + edges[1:]) / 2
    return ramp(histogram.color_map, np.clip((middles - low) / max(high - low, 1e-12), 0, 1))


def _paint_mark(sheet: Sheet, histogram: Histogram, plot: QRectF, x: float) -> None:
    look = sheet.look
    sheet.line(QPointF(x, plot.top()), QPointF(x, plot.bottom()), look.text, 1.4)
    assert histogram.mark is not None
    number = number_text(histogram.mark, 10.0**-histogram.digits)
    text = f"{histogram.mark_name} {number} {histogram.unit}".strip()
    is_left = x + sheet.width(text) + look.size < plot.right()
    place = QPointF(x + (0.4 if is_left else -0.4) * look.size, plot.top() - 0.1 * look.size)
    sheet.text(place, text, LEFT if is_left else RIGHT, ABOVE, if_free=True)
