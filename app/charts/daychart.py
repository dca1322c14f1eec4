"""A day as a timeline: when the sun shines on a place, and what takes it away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter

from app.charts.look import Look
from app.charts.sheet import BELOW, MIDDLE, RIGHT, Painted, Sheet

#: Kinds of spells: sunlit, shaded by an object, light through leaves, the sun behind the surface or down.
SUN, SHADE, VEIL, AWAY = "sun", "shade", "veil", "away"


@dataclass(frozen=True)
class Spell:
    """A stretch of a day, in hours on the clocks of the place."""

    start_h: float
    end_h: float
    kind: str
    by: str = ""  # the name of what takes the sun


@dataclass(frozen=True)
class Row:
    """One line of the chart: a date, a state, or an object."""

    label: str
    spells: tuple[Spell, ...]
    note: str = ""  # behind the line, as "5 h 20 min"


@dataclass(frozen=True)
class DayChart:
    """What the chart shows."""

    rows: tuple[Row, ...]
    title: str = ""
    clock: str = ""  # of which place the hours are, as "Europe/Amsterdam, UTC+02:00"
    order: tuple[str, ...] = ()  # of what takes the sun: the first have the same colours in all charts


def duration(hours: float) -> str:
    """As in "5 h 20 min"."""
    minutes = round(hours * 60)
    whole, rest = divmod(minutes, 60)
    return f"{whole} h {rest:02} min" if whole else f"{rest} min"


def clock_time(hours: float) -> str:
    """As in "09:30"."""
    minutes = round(hours * 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def paint_day(painter: QPainter, box: QRectF, chart: DayChart, look: Look) -> Painted:
    """The timeline with its hours, rows and legend."""
    sheet = Sheet(painter, look)
    colors = _colors(chart, look)
    top = box.top() + sheet.title(box, chart.title)
    top += sheet.legend(QRectF(box.left(), top, box.width(), 0), _legend(chart, colors, look))
    top += look.size * 0.6
    label_room = min(
        max((sheet.width(row.label) for row in chart.rows), default=0) + look.size, box.width() * 0.3
    )
    note_room = max((sheet.width(row.note) for row in chart.rows), default=0)
    note_room = min(note_room + look.size * 0.8, box.width() * 0.25) if note_room else look.size
    foot = sheet.line_height * (2.5 if chart.clock else 1.4)
    plot = QRectF(
        QPointF(box.left() + label_room, top), QPointF(box.right() - note_room, box.bottom() - foot)
    )
    first, last = _hours(chart)
    wide = plot.width() / (last - first)
    _paint_hours(sheet, plot, first, last, wide)
    if chart.clock:
        place = QPointF(box.right(), plot.bottom() + look.size * 0.3 + sheet.line_height)
        sheet.text(place, chart.clock, RIGHT, BELOW, look.muted, room=box.width())
    high = plot.height() / max(1, len(chart.rows))
    for at, row in enumerate(chart.rows):
        line = QRectF(plot.left(), plot.top() + at * high, plot.width(), high)
        _paint_row(sheet, row, line, first, wide, colors)
        middle = line.center().y()
        sheet.text(
            QPointF(plot.left() - look.size * 0.6, middle),
            row.label,
            RIGHT,
            room=label_room - look.size * 0.6,
        )
        if row.note:
            sheet.text(
                QPointF(plot.right() + look.size * 0.6, middle), row.note, color=look.muted, room=note_room
            )
    return sheet.painted


def _paint_hours(sheet: Sheet, plot: QRectF, first: int, last: int, wide: float) -> None:
    look = sheet.look
    every = next(
        step for step in (1, 2, 3, 4, 6, 12) if step * wide > sheet.width("00:00") * 1.25 or step == 12
    )
    for hour in range(first, last + 1):
        x = plot.left() + (hour - first) * wide
        sheet.line(QPointF(x, plot.top()), QPointF(x, plot.bottom()), width=1 if hour % every == 0 else 0.5)
        if hour % every == 0:
            place = QPointF(x, plot.bottom() + look.size * 0.3)
            sheet.text(place, f"{hour:02}:00", MIDDLE, BELOW, look.muted, if_free=True)


def _paint_row(sheet: Sheet, row: Row, line: QRectF, first: int, wide: float, colors: dict[str, str]) -> None:
    look = sheet.look
    thick = min(line.height() * 0.72, look.size * 2.2)
    y = line.center().y() - thick / 2
    for spell in row.spells:
        left = line.left() + (spell.start_h - first) * wide
        bar = QRectF(left, y, (spell.end_h - spell.start_h) * wide, thick)
        color = QColor(_color(spell, colors, look))
        if spell.kind == VEIL:
            color.setAlphaF(0.55)
        if spell.kind != AWAY:
            sheet.fill(bar, color)
        sheet.spot(bar, _told(spell))
        words = duration(spell.end_h - spell.start_h) if spell.kind == SUN else spell.by
        if words and spell.kind != AWAY and sheet.width(words) < bar.width() - look.size * 0.6:
            sheet.text(bar.center(), words, MIDDLE, color=_on(color), if_free=True)


def _told(spell: Spell) -> str:
    what = {
        SUN: "sunlit",
        SHADE: f"shaded by {spell.by}" if spell.by else "shaded",
        VEIL: f"light through {spell.by}" if spell.by else "light through leaves",
        AWAY: "the sun is behind the surface or down",
    }[spell.kind]
    hours = duration(spell.end_h - spell.start_h)
    return f"{clock_time(spell.start_h)} to {clock_time(spell.end_h)} ({hours}): {what}"


def _on(color: QColor) -> str:
    """Black or white, whichever is read better on a colour (WCAG's relative luminance)."""
    parts = (color.redF(), color.greenF(), color.blueF())
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return "#10181c" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.22 else "#ffffff"


def _color(spell: Spell, colors: dict[str, str], look: Look) -> str:
    return look.sun if spell.kind == SUN else colors.get(spell.by, look.shade)


def _colors(chart: DayChart, look: Look) -> dict[str, str]:
    """The colours of those that are named first, or else of those that take the most sun."""
    taken: dict[str, float] = {}
    for row in chart.rows:
        for spell in row.spells:
            if spell.by:
                taken[spell.by] = taken.get(spell.by, 0.0) + spell.end_h - spell.start_h
    most = sorted(taken, key=lambda name: (-taken[name], name))
    found = look.hider_colors([*chart.order, *most])
    return {name: found[name] for name in most if name in found}


def _legend(chart: DayChart, colors: dict[str, str], look: Look) -> Sequence[tuple[str, str]]:
    spells = [spell for row in chart.rows for spell in row.spells]
    entries = [(look.sun, "sunlit")] if any(spell.kind == SUN for spell in spells) else []
    entries += [(color, name) for name, color in colors.items()]
    has_others = any(spell.kind in (SHADE, VEIL) and spell.by not in colors for spell in spells)
    return [*entries, (look.shade, "shaded by others" if colors else "shaded")] if has_others else entries


def _hours(chart: DayChart) -> tuple[int, int]:
    """Whole hours around all spells but those without sun."""
    spells = [spell for row in chart.rows for spell in row.spells if spell.kind != AWAY]
    if not spells:
        return 6, 18
    first, last = min(spell.start_h for spell in spells), max(spell.end_h for spell in spells)
    return int(first), max(int(-(-last // 1)), int(first) + 1)
