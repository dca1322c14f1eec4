"""Level bars, one below the other: what takes the sun, with names that have room."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from app.charts.look import Look
from app.charts.sheet import Painted, Sheet, number_text

#: Of the chart, names take no more than this; of a row, its bar takes so much.
NAMES_SHARE, BAR_SHARE = 0.5, 0.62


@dataclass(frozen=True)
class LevelBars:
    """Names with a value each; the first have the colours that they have in other charts."""

    labels: tuple[str, ...]
    values: tuple[float, ...]  # none below 0
    unit: str = ""
    digits: int = 1


def paint_level_bars(painter: QPainter, box: QRectF, bars: LevelBars, look: Look) -> Painted:
    """Names at the left, bars, and their values at the right."""
    sheet = Sheet(painter, look)
    texts = [f"{number_text(value, 10.0**-bars.digits)}\u202f{bars.unit}".rstrip() for value in bars.values]
    gap = look.size * 0.6
    widest = max((sheet.width(label) for label in bars.labels), default=0.0) + gap
    names = min(widest, box.width() * NAMES_SHARE)
    room = box.width() - names - max((sheet.width(text) for text in texts), default=0.0) - gap
    most = max(bars.values, default=0.0) or 1.0
    high = box.height() / max(1, len(bars.labels))
    colors = look.hider_colors(bars.labels)
    for at, (label, value, text) in enumerate(zip(bars.labels, bars.values, texts, strict=True)):
        row = QRectF(box.left(), box.top() + at * high, box.width(), high)
        middle = row.center().y()
        sheet.text(QPointF(row.left(), middle), label, room=names - gap)
        wide = max(room * value / most, look.unit)
        bar = QRectF(row.left() + names, middle - high * BAR_SHARE / 2, wide, high * BAR_SHARE)
        sheet.fill(bar, colors.get(label, look.shade))
        sheet.text(QPointF(bar.right() + gap, middle), text, color=look.muted)
        sheet.spot(row, f"{label}: {text}")
    return sheet.painted
