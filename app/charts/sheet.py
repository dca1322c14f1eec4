"""What charts are painted with: text that knows where it is, round numbers on axes, and tooltips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, floor, isfinite, log10

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from app.charts.look import Look
from layers.written import grouped

#: Where a text lies against its point.
LEFT, MIDDLE, RIGHT = 0.0, 0.5, 1.0
ABOVE, CENTRE, BELOW = 1.0, 0.5, 0.0
#: The longest text on a chart; more is cut with an ellipsis.
LONGEST = 80


@dataclass
class Painted:
    """What was painted: texts with their places, and what is to be told at a place."""

    texts: list[tuple[QRectF, str]] = field(default_factory=list)
    spots: list[tuple[QPainterPath, str]] = field(default_factory=list)

    def tip(self, at: QPointF) -> str:
        """What is to be told there, the uppermost first."""
        return next((text for place, text in reversed(self.spots) if place.contains(at)), "")


class Sheet:
    """A painter with a look, which remembers what it wrote."""

    def __init__(self, painter: QPainter, look: Look) -> None:
        self.painter, self.look, self.painted = painter, look, Painted()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)

    def metrics(self, bold: bool = False, scale: float = 1.0) -> QFontMetricsF:
        """Measures of the letters, on what is painted on."""
        return QFontMetricsF(self.look.font(bold, scale), self.painter.device())

    def width(self, text: str, bold: bool = False, scale: float = 1.0) -> float:
        """How wide a text is."""
        return self.metrics(bold, scale).horizontalAdvance(text)

    @property
    def line_height(self) -> float:
        """How high a line of text is."""
        return self.metrics().height()

    def text(
        self,
        at: QPointF,
        text: str,
        across: float = LEFT,
        down: float = CENTRE,
        color: str = "",
        bold: bool = False,
        scale: float = 1.0,
        if_free: bool = False,
        room: float = 0.0,
    ) -> bool:
        """Write a line beside a point; `if_free`: only where no other text is. Cut to `room` when given."""
        measures = self.metrics(bold, scale)
        text = text[:LONGEST] + "…" if len(text) > LONGEST else text
        if room:
            text = measures.elidedText(text, Qt.TextElideMode.ElideRight, room)
        wide, high = measures.horizontalAdvance(text), measures.height()
        box = QRectF(at.x() - across * wide, at.y() - down * high, wide, high)
        if not text or (if_free and not self.is_free(box)):
            return False
        self.painter.setFont(self.look.font(bold, scale))
        self.painter.setPen(QColor(color or self.look.text))
        self.painter.drawText(QPointF(box.left(), box.top() + measures.ascent()), text)
        self.painted.texts.append((box, text))
        return True

    def is_free(self, box: QRectF) -> bool:
        """Whether nothing is written there yet."""
        near = box.adjusted(-2 * self.look.unit, 0, 2 * self.look.unit, 0)
        return not any(near.intersects(other) for other, _ in self.painted.texts)

    def line(self, start: QPointF, end: QPointF, color: str = "", width: float = 1.0) -> None:
        """A line; its width in hairlines."""
        self.painter.setPen(self.pen(color or self.look.grid, width))
        self.painter.drawLine(start, end)

    def curve(
        self, points: Sequence[QPointF], color: str, width: float = 1.5, dashes: Sequence[float] = ()
    ) -> None:
        """A line through points."""
        pen = self.pen(color, width)
        if dashes:
            pen.setDashPattern(list(dashes))
        self.painter.setPen(pen)
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        self.painter.drawPolyline(QPolygonF(list(points)))

    def pen(self, color: str, width: float = 1.0) -> QPen:
        """A pen with round ends; its width in hairlines."""
        made = QPen(QColor(color), width * self.look.unit)
        made.setCapStyle(Qt.PenCapStyle.RoundCap)
        made.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        return made

    def fill(self, box: QRectF, color: str | QColor, tip: str = "", round: float = 0.0) -> None:
        """A box without an edge."""
        self.painter.setPen(Qt.PenStyle.NoPen)
        self.painter.setBrush(QColor(color))
        if round:
            self.painter.drawRoundedRect(box, round, round)
        else:
            self.painter.drawRect(box)
        if tip:
            self.spot(box, tip)

    def frame(self, box: QRectF) -> None:
        """A fine line around a box that has a height."""
        if box.height() >= self.look.unit:
            self.painter.setPen(self.pen(self.look.muted, 0.6))
            self.painter.setBrush(Qt.BrushStyle.NoBrush)
            self.painter.drawRect(box)

    def spot(self, place: QRectF | QPainterPath, tip: str) -> None:
        """Something to be told where the pointer rests."""
        if isinstance(place, QRectF):
            path = QPainterPath()
            path.addRect(place)
            place = path
        self.painted.spots.append((place, tip))

    def legend(self, box: QRectF, entries: Sequence[tuple[str, str]], most_rows: int = 3) -> float:
        """Colours and their names in rows from the upper left; gives the height that it took."""
        side, gap = self.look.size * 0.8, self.look.size * 0.5
        rows = self._rows(box.width(), entries, most_rows)
        for number, row in enumerate(rows):
            y = box.top() + (number + 0.5) * self.line_height * 1.2
            for x, color, name in row:
                left = box.left() + x
                if color:
                    self.fill(QRectF(left, y - side / 2, side, side), color, round=side / 5)
                    left += side + gap
                self.text(
                    QPointF(left, y), name, color="" if color else self.look.muted, room=box.right() - left
                )
        return len(rows) * self.line_height * 1.2

    def legend_height(self, width: float, entries: Sequence[tuple[str, str]], most_rows: int = 3) -> float:
        """What `legend` will take."""
        return len(self._rows(width, entries, most_rows)) * self.line_height * 1.2

    def _rows(
        self, width: float, entries: Sequence[tuple[str, str]], most_rows: int
    ) -> list[list[tuple[float, str, str]]]:
        """Entries in rows, each with its distance from the left; those without room are counted."""
        rows: list[list[tuple[float, str, str]]] = []
        x = width
        for at, (color, name) in enumerate(entries):
            wide = self.look.size * 1.3 + self.width(name)
            left = len(entries) - at
            more = self.look.size * 1.2 + self.width(f"and {left - 1} more") if left > 1 else 0.0
            is_last_row = len(rows) == most_rows
            if x > 0 and x + wide + (more if is_last_row else 0.0) > width:
                if is_last_row:
                    rows[-1].append((x, "", f"and {left} more"))
                    break
                rows.append([])
                x = 0.0
            rows[-1].append((x, color, name))
            x += wide + self.look.size * 1.2
        return rows

    def title(self, box: QRectF, title: str, unit: str = "") -> float:
        """What a chart shows, at its top; gives the height that it took."""
        if not title:
            return 0.0
        y = box.top() + self.line_height * 0.55
        tail = f", {unit}" if unit else ""
        self.text(QPointF(box.left(), y), title + tail, bold=True, room=box.width())
        return self.line_height * 1.5


def nice_step(span: float, most: int) -> float:
    """The smallest 1, 2, 2.5 or 5 times a power of ten that divides a span into at most so many parts."""
    if not (span > 0 and isfinite(span)):
        return 1.0
    raw = span / max(1, most)
    power = 10.0 ** floor(log10(raw))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= raw * 0.999999)


def ticks(low: float, high: float, step: float) -> list[float]:
    """Multiples of a step from low to high, both included where they are such."""
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def number_text(value: float, step: float = 0.0) -> str:
    """A number with as many digits as its step asks for, thousands apart."""
    digits = max(0, -floor(log10(step) + 1e-9)) if step > 0 else 6
    if step > 0 and round(step * 10**digits) != step * 10**digits:
        digits += 1
    text = grouped(value, min(digits, 6))
    if step <= 0:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text.replace("-", "−")
