"""The profile along a line of sight: ground, what stands on it, and the line, seen or hidden."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPolygonF

from analysis.sight.profile import COLUMNS, GONE, GROUND, NEW, OBJECT, PLANT, PROFILE, SIGHT
from app.charts.axes import Scale, level_axis, upright_axis
from app.charts.look import Look
from app.charts.sheet import ABOVE, LEFT, RIGHT, Painted, Sheet, nice_step, number_text
from layers.results import SIGHTLINES, Result, Table

Numbers = NDArray[np.float64]

#: Of the range of heights, so much is free above and below.
HEADROOM = 0.12
#: Less than this is no range of heights.
LEAST_RANGE_M = 4.0
#: Heights that are drawn larger than lengths by less than this are not said to be.
UNTOLD = 1.15
#: Names of things are written where there is room for them, of so many at most.
MOST_NAMED = 10


@dataclass(frozen=True)
class Body:
    """Something in the section: parts between two distances, from low to high (NaN: from the ground)."""

    name: str
    kind: str  # GROUND, OBJECT or PLANT
    state: str  # NEW, GONE or ""
    parts: Numbers  # (n, 6) first and last distance, low at both, high at both

    @property
    def top(self) -> tuple[float, float]:
        """Distance and height of where it is highest."""
        at = int(np.argmax(self.parts[:, 4:].max(axis=1)))
        side = int(self.parts[at, 5] > self.parts[at, 4])
        return float(self.parts[at, side]), float(self.parts[at, 4 + side])


@dataclass(frozen=True)
class ProfileChart:
    """What the chart shows."""

    name: str  # of the line: "place 1 to target A"
    bodies: tuple[Body, ...]
    sight: Numbers  # (k, 2) distances and heights along the line
    blocked_at_m: float | None = None  # on the map; None: it is free
    blocked_by: str = ""
    excess_m: float = 0.0
    title: str = ""

    @property
    def verdict(self) -> str:
        """Whether one sees along the line, in words."""
        if self.blocked_at_m is None:
            return "seen"
        return f"hidden by {self.blocked_by}, {number_text(self.excess_m, 0.1)} m too high"


def profiles_of(result: Result) -> list[ProfileChart]:
    """The profiles that a result keeps, line by line."""
    table, lines = result.tables.get(PROFILE, Table()), result.tables.get(SIGHTLINES, Table())
    if not len(table) or not len(lines):
        return []
    of_line = np.array(table.texts("line"), object)
    numbers = np.column_stack([table.numbers(name) for name in COLUMNS])
    said = [np.array(table.texts(name), object) for name in ("name", "kind", "state")]
    rows = {name: row for row, name in enumerate(lines.texts("name"))}
    found = []
    for name in dict.fromkeys(of_line.tolist()):
        mine = np.flatnonzero(of_line == name)
        found.append(_chart(name, numbers[mine], [words[mine] for words in said], lines, rows[name]))
    return found


def _chart(
    name: str, numbers: Numbers, said: Sequence[NDArray[np.object_]], lines: Table, row: int
) -> ProfileChart:
    is_sight = said[1] == SIGHT
    sight = numbers[is_sight]
    keys = list(zip(*(words.tolist() for words in said), strict=True))
    bodies = []
    for key in dict.fromkeys(keys):
        if key[1] != SIGHT:
            some = np.array([other == key for other in keys], bool)
            name_of, kind, state = key
            bodies.append(Body(name_of, kind, state, numbers[some]))
    at, eye = (
        np.array([lines.numbers(f"{begin}{axis}{end}")[row] for axis in "xy"])
        for begin, end in (("at_", ""), ("", "0"))
    )
    is_free = bool(lines.numbers("visible")[row])
    return ProfileChart(
        name,
        tuple(bodies),
        np.array([sight[0, [0, 4]], *sight[:, [1, 5]]]),
        None if is_free else float(np.hypot(*(at - eye))),
        lines.texts("blocked_by")[row],
        float(lines.numbers("excess_m")[row]),
    )


def paint_profile(painter: QPainter, box: QRectF, chart: ProfileChart, look: Look) -> Painted:
    """The profile with its axes."""
    sheet = Sheet(painter, look)
    top = box.top() + sheet.title(box, chart.title)
    top += sheet.legend(QRectF(box.left(), top, box.width(), 0), _legend(chart, look))
    room = QRectF(box.left(), top, box.width(), box.bottom() - sheet.line_height * 1.5 - top)
    low, high = _range(chart)
    plot, upright = upright_axis(sheet, room, low, high, "m")
    level = level_axis(sheet, plot, 0.0, float(chart.sight[-1, 0]), "m")
    painter.save()
    painter.setClipRect(plot)
    for body in sorted(chart.bodies, key=lambda body: _ORDER[body.kind]):
        _paint_body(sheet, body, chart, level, upright)
    painter.restore()
    _paint_sight(sheet, chart, level, upright)
    _write_names(sheet, chart, plot, level, upright)
    _write_scale(sheet, plot, level, upright)
    return sheet.painted


#: What is painted over what: ground hides cellars.
_ORDER = {PLANT: 0, OBJECT: 1, GROUND: 2}


def _range(chart: ProfileChart) -> tuple[float, float]:
    """Heights from below the lowest ground or line to above all that stands, in round numbers."""
    grounds = [body.parts[:, 4:] for body in chart.bodies if body.kind == GROUND]
    lows = [*(float(part.min()) for part in grounds), float(chart.sight[:, 1].min())]
    highs = [*(float(body.parts[:, 4:].max()) for body in chart.bodies), float(chart.sight[:, 1].max())]
    span = max(max(highs) - min(lows), LEAST_RANGE_M)
    step = nice_step(span, 8)
    return np.floor((min(lows) - HEADROOM * span / 2) / step) * step, max(highs) + HEADROOM * span


def _color(body: Body, chart: ProfileChart, look: Look) -> str:
    """What a thing is painted in."""
    if body.kind == GROUND:
        return look.hiders[-1]
    if body.kind == PLANT:
        return look.series[2]
    if body.state == NEW:
        return look.accent
    return look.series[5] if body.name == chart.blocked_by else look.shade


def _paint_body(sheet: Sheet, body: Body, chart: ProfileChart, level: Scale, upright: Scale) -> None:
    """All parts of a thing as one shape; what is gone as an outline."""
    path = QPainterPath()
    for ring in _rings(body.parts, level, upright):
        path.addPolygon(ring)
        path.closeSubpath()
    path.setFillRule(Qt.FillRule.WindingFill)
    color = QColor(_color(body, chart, sheet.look))
    if body.state == GONE:
        pen = sheet.pen(sheet.look.muted, 1.0)
        pen.setStyle(Qt.PenStyle.DotLine)
        sheet.painter.setPen(pen)
        sheet.painter.setBrush(Qt.BrushStyle.NoBrush)
        path = path.simplified()
    else:
        # Neighbouring parts must not show a seam between them.
        sheet.painter.setPen(sheet.pen(color.name(), 0.4))
        sheet.painter.setBrush(color)
    sheet.painter.drawPath(path)
    if body.kind != GROUND:
        states = {NEW: " (new)", GONE: " (no longer there)"}
        told = f"{body.name}{states.get(body.state, '')}, up to {number_text(body.top[1], 0.1)} m"
        sheet.spot(path, told)


def _rings(parts: Numbers, level: Scale, upright: Scale) -> Iterator[QPolygonF]:
    for d0, d1, low0, low1, high0, high1 in parts.tolist():
        low0, low1 = (upright.low if np.isnan(low) else low for low in (low0, low1))
        corners = ((d0, low0), (d1, low1), (d1, high1), (d0, high0))
        yield QPolygonF([QPointF(level(at), upright(z)) for at, z in corners])


def _paint_sight(sheet: Sheet, chart: ProfileChart, level: Scale, upright: Scale) -> None:
    """The line: as far as one sees, and what is hidden of it."""
    look, sight = sheet.look, chart.sight
    free, hidden = look.series[2], look.series[5]
    end = float(sight[-1, 0]) if chart.blocked_at_m is None else chart.blocked_at_m
    height = float(np.interp(end, sight[:, 0], sight[:, 1]))
    before, after = sight[sight[:, 0] < end], sight[sight[:, 0] > end]
    stops = np.array([[end, height]])
    for points, color, dashes in (
        (np.concatenate((before, stops)), free, ()),
        (np.concatenate((stops, after)), hidden, (2.0, 2.5)),
    ):
        if len(points) > 1:
            sheet.curve(_placed(points, level, upright), look.paper, 4.0)
            sheet.curve(_placed(points, level, upright), color, 2.0, dashes)
    for (at, z), color in ((sight[0], free), (sight[-1], free if chart.blocked_at_m is None else hidden)):
        _dot(sheet, QPointF(level(float(at)), upright(float(z))), color)
    if chart.blocked_at_m is not None:
        _cross(sheet, QPointF(level(end), upright(height)), hidden)


def _placed(points: Numbers, level: Scale, upright: Scale) -> list[QPointF]:
    return [QPointF(level(at), upright(z)) for at, z in points.tolist()]


def _dot(sheet: Sheet, at: QPointF, color: str) -> None:
    sheet.painter.setPen(sheet.pen(sheet.look.paper, 1.0))
    sheet.painter.setBrush(QColor(color))
    sheet.painter.drawEllipse(at, 3.6 * sheet.look.unit, 3.6 * sheet.look.unit)


def _cross(sheet: Sheet, at: QPointF, color: str) -> None:
    side = 4.5 * sheet.look.unit
    for back, width in ((sheet.look.paper, 4.5), (color, 2.2)):
        for turn in (1, -1):
            sheet.line(at - QPointF(side, turn * side), at + QPointF(side, turn * side), back, width)


def _write_names(sheet: Sheet, chart: ProfileChart, plot: QRectF, level: Scale, upright: Scale) -> None:
    """What blocks first, then what is new, then what is highest; each above its top, where there is room."""
    look = sheet.look
    things = [body for body in chart.bodies if body.kind == OBJECT and body.state != GONE]
    things.sort(key=lambda body: (body.name != chart.blocked_by, body.state != NEW, -body.top[1]))
    skyline = np.concatenate([np.empty((0, 6)), *(body.parts for body in chart.bodies)])
    for body in things[:MOST_NAMED]:
        is_main = body.name == chart.blocked_by
        wide, high = sheet.width(body.name, is_main), sheet.line_height
        left, right = level(float(body.parts[:, 0].min())), level(float(body.parts[:, 1].max()))
        bottom = upright(body.top[1]) - look.size * 0.2
        for start in ((left + right - wide) / 2, left, right - wide):
            box = QRectF(start, bottom - high, wide, high)
            is_clear = plot.contains(box) and _is_clear(box, skyline, level, upright)
            crossed = not is_main and _is_crossed(box, chart.sight, level, upright)
            if is_clear and not crossed and sheet.is_free(box):
                color = "" if is_main else look.muted
                sheet.text(box.bottomLeft(), body.name, LEFT, ABOVE, color, bold=is_main)
                break


def _is_clear(box: QRectF, skyline: Numbers, level: Scale, upright: Scale) -> bool:
    """Whether nothing stands in a box."""
    first, last = _distances(box, level)
    under = (skyline[:, 0] < last) & (skyline[:, 1] > first)
    tallest = float(skyline[under, 4:].max(initial=-np.inf))
    return tallest <= upright.low or upright(tallest) >= box.bottom()


def _is_crossed(box: QRectF, sight: Numbers, level: Scale, upright: Scale) -> bool:
    """Whether the line of sight goes through a box."""
    heights = np.interp(_distances(box, level), sight[:, 0], sight[:, 1])
    line = [upright(float(height)) for height in heights]
    return max(line) >= box.top() and min(line) <= box.bottom()


def _distances(box: QRectF, level: Scale) -> tuple[float, float]:
    """From where to where a box reaches along the line."""
    per_m = level(1.0) - level(0.0)
    return (box.left() - level(0.0)) / per_m, (box.right() - level(0.0)) / per_m


def _write_scale(sheet: Sheet, plot: QRectF, level: Scale, upright: Scale) -> None:
    """How much larger heights are drawn than lengths, where they are."""
    across = (level.end - level.start) / (level.high - level.low)
    up = (upright.start - upright.end) / (upright.high - upright.low)
    if up / across > UNTOLD:
        text = f"heights {number_text(up / across, 0.1 if up / across < 10 else 1)} times enlarged"
        sheet.text(
            plot.topRight() + QPointF(0, -sheet.line_height * 0.8), text, RIGHT, color=sheet.look.muted
        )


def _legend(chart: ProfileChart, look: Look) -> list[tuple[str, str]]:
    hidden = chart.blocked_at_m is not None
    entries = [(look.series[5] if hidden else look.series[2], chart.verdict[:1].upper() + chart.verdict[1:])]
    if any(body.state == NEW for body in chart.bodies):
        entries.append((look.accent, "new"))
    return entries
