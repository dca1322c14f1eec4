"""Bars side by side or on top of each other: hours and energy by month, before and after, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from app.charts.axes import Scale, upright_axis
from app.charts.look import Look
from app.charts.sheet import BELOW, MIDDLE, Painted, Sheet, number_text

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: Of the room that a label has, its bars take so much.
BAR_SHARE = 0.74


@dataclass(frozen=True)
class Series:
    """Values of one kind, one for each label."""

    name: str  # '' when there is only one
    values: tuple[float, ...]
    color: str = ""  # "accent", "shade", "sun" or "light" of the look; '' = the next of its series


@dataclass(frozen=True)
class Bars:
    """What a bar chart shows."""

    labels: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str = ""
    title: str = ""
    stacked: bool = False
    digits: int = 1  # of values in tooltips


def by_month(
    values: Sequence[float], unit: str, title: str = "", before: Sequence[float] | None = None
) -> Bars:
    """Twelve values, or two times twelve to be compared."""
    if before is None:
        return Bars(MONTHS, (Series("", _floats(values), "accent"),), unit, title)
    both = (Series("before", _floats(before), "shade"), Series("after", _floats(values), "accent"))
    return Bars(MONTHS, both, unit, title)


def stacked_by_month(parts: Mapping[str, Sequence[float]], unit: str, title: str = "") -> Bars:
    """Parts of twelve sums by their names, such as direct, diffuse and reflected, the first at the bottom."""
    known = {"direct": "sun", "diffuse": "light", "reflected": "shade"}
    series = tuple(
        Series(name, _floats(values), known.get(name.lower(), "")) for name, values in parts.items()
    )
    return Bars(MONTHS, series, unit, title, stacked=True)


def _floats(values: Sequence[float]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def paint_bars(painter: QPainter, box: QRectF, bars: Bars, look: Look) -> Painted:
    """A bar chart with its axes."""
    sheet = Sheet(painter, look)
    colors = _colors(bars, look)
    top = box.top() + sheet.title(box, bars.title)
    named = [(color, series.name) for color, series in zip(colors, bars.series, strict=True) if series.name]
    top += sheet.legend(QRectF(box.left(), top, box.width(), 0), named)
    room = QRectF(box.left(), top, box.width(), box.bottom() - sheet.line_height * 1.4 - top)
    low, high = _range(bars)
    plot, scale = upright_axis(sheet, room, low, high, bars.unit)
    slot = plot.width() / max(1, len(bars.labels))
    short = bars.labels == MONTHS and any(sheet.width(label) > slot * 0.95 for label in bars.labels)
    for at, label in enumerate(bars.labels):
        left = plot.left() + at * slot
        _paint_bars_of(sheet, bars, at, QRectF(left, plot.top(), slot, plot.height()), scale, colors)
        below = QPointF(left + slot / 2, plot.bottom() + sheet.line_height * 0.25)
        text = label[:1] if short else label
        sheet.text(below, text, MIDDLE, BELOW, look.muted, if_free=True, room=0 if short else slot)
    sheet.line(QPointF(plot.left(), scale(0)), QPointF(plot.right(), scale(0)), look.muted)
    return sheet.painted


def _paint_bars_of(
    sheet: Sheet, bars: Bars, at: int, slot: QRectF, scale: Scale, colors: Sequence[str]
) -> None:
    """The bars of one label."""
    count = 1 if bars.stacked else len(bars.series)
    wide = slot.width() * BAR_SHARE / count
    left = slot.left() + slot.width() * (1 - BAR_SHARE) / 2
    up = down = 0.0
    for number, (series, color) in enumerate(zip(bars.series, colors, strict=True)):
        value = series.values[at]
        start = (up if value >= 0 else down) if bars.stacked else 0.0
        end = start + value
        up, down = (end, down) if value >= 0 else (up, end)
        x = left if bars.stacked else left + number * wide
        bar = QRectF(QPointF(x, scale(max(start, end))), QPointF(x + wide, scale(min(start, end))))
        if not bars.stacked and count > 1:
            bar.adjust(wide * 0.04, 0, -wide * 0.04, 0)
        sheet.fill(bar, color)
        name = f" {series.name}" if series.name else ""
        told = f"{bars.labels[at]}{name}: {number_text(value, 10.0**-bars.digits)} {bars.unit}".rstrip()
        # Thin bars are told all the way up.
        sheet.spot(bar if bars.stacked else QRectF(x, slot.top(), wide, slot.height()), told)


def _colors(bars: Bars, look: Look) -> list[str]:
    named = {"accent": look.accent, "shade": look.shade, "sun": look.sun, "light": look.series[4]}
    free = look.series
    return [
        named.get(series.color) or series.color or free[at % len(free)]
        for at, series in enumerate(bars.series)
    ]


def _range(bars: Bars) -> tuple[float, float]:
    """From the lowest to the highest that a bar reaches, zero always among it."""
    columns = list(zip(*(series.values for series in bars.series), strict=True))
    if bars.stacked:
        low = min((sum(min(value, 0.0) for value in column) for column in columns), default=0.0)
        high = max((sum(max(value, 0.0) for value in column) for column in columns), default=0.0)
    else:
        low = min((min(column) for column in columns), default=0.0)
        high = max((max(column) for column in columns), default=0.0)
    return min(low, 0.0), max(high, 0.0) if high > 0 or low < 0 else 1.0
