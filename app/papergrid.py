"""Tables on paper, which go on over pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from app.paper import INK, MUTED, RULE, SHEETS, SMALL, TINT, Block, font

#: Titles of columns are so wide where there is room, as a part of what they need in one line.
TWO_LINES = 0.6
#: Tables of no more rows stay on one page, unless they are higher than the lowest of all pages.
WHOLE_ROWS, LOWEST = 16, SHEETS["A4"].height


@dataclass
class Grid:
    """A table that goes on over pages, its titles repeated."""

    titles: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: Sequence[bool]
    colours: Sequence[Sequence[str]] = ()  # of cells, where they differ from ink
    gap: float = 8.0
    stays_with_next: bool = False
    points: float = SMALL
    is_rest: bool = False

    PAD = 4.0

    def height(self, width: float) -> float:
        """Titles and all rows."""
        widths = self._widths(width)
        return self._head(widths) + sum(self._row_height(row, widths) for row in self.rows)

    def least(self, width: float) -> float:
        """Room for the titles and the rows that stay with them when it is split."""
        widths, stay = self._widths(width), self.rows if self._is_whole(width) else self.rows[:3]
        return self._head(widths) + sum(self._row_height(row, widths) for row in stay)

    def _is_whole(self, width: float) -> bool:
        """Whether it is so short that it goes to the next page rather than in two."""
        return not self.is_rest and len(self.rows) <= WHOLE_ROWS and self.height(width) <= LOWEST

    def split(self, width: float, room: float) -> tuple[Block, Block] | None:
        """As many rows as fit below the titles; at least two, and all of a short table."""
        if self._is_whole(width):
            return None
        widths = self._widths(width)
        used, count = self._head(widths), 0
        for row in self.rows:
            used += self._row_height(row, widths)
            if used > room:
                break
            count += 1
        if count < 2 or count == len(self.rows):
            return None
        if len(self.rows) - count < 2:
            count -= 1
        first = replace(self, rows=self.rows[:count], colours=self.colours[:count])
        rest = replace(self, rows=self.rows[count:], colours=self.colours[count:], is_rest=True)
        return first, rest

    def draw(self, painter: QPainter, x: float, y: float, width: float) -> None:
        """Paint titles, rules and rows."""
        widths = self._widths(width)
        head = self._head(widths)
        painter.fillRect(QRectF(x, y, width, head), QColor(TINT))
        self._draw_row(painter, x, y, self.titles, widths, [MUTED] * len(widths), QFont.Weight.DemiBold)
        y += head
        for number, row in enumerate(self.rows):
            colours = self.colours[number] if number < len(self.colours) else [INK] * len(widths)
            self._draw_row(painter, x, y, row, widths, colours, QFont.Weight.Normal)
            y += self._row_height(row, widths)
            painter.setPen(QPen(QColor(RULE), 0.5))
            painter.drawLine(QPointF(x, y), QPointF(x + width, y))

    def _head(self, widths: Sequence[float]) -> float:
        return self._row_height(self.titles, widths, QFont.Weight.DemiBold)

    def _draw_row(
        self,
        painter: QPainter,
        x: float,
        y: float,
        cells: Sequence[str],
        widths: Sequence[float],
        colours: Sequence[str],
        weight: QFont.Weight,
    ) -> None:
        high = self._row_height(cells, widths, weight)
        for text, wide, numeric, colour in zip(cells, widths, self.numeric, colours, strict=True):
            bold = weight if colour in (INK, MUTED) else QFont.Weight.DemiBold
            cell_font = font(self.points, bold)
            painter.setFont(cell_font)
            painter.setPen(QColor(colour))
            side = Qt.AlignmentFlag.AlignRight if numeric else Qt.AlignmentFlag.AlignLeft
            box = QRectF(x + self.PAD, y + self.PAD * 0.7, wide - 2 * self.PAD, high)
            flags = _wrap(text, box.width(), QFontMetricsF(cell_font))
            painter.drawText(box, int(side) | int(Qt.AlignmentFlag.AlignTop) | flags, text)
            x += wide

    def _row_height(
        self, cells: Sequence[str], widths: Sequence[float], weight: QFont.Weight = QFont.Weight.Normal
    ) -> float:
        metrics = QFontMetricsF(font(self.points, weight))
        heights = []
        for text, wide in zip(cells, widths, strict=True):
            room = QRectF(0, 0, wide - 2 * self.PAD, 1e5)
            flags = _wrap(text, room.width(), metrics)
            heights.append(metrics.boundingRect(room, flags, text).height())
        return max(metrics.lineSpacing(), *heights) + 1.4 * self.PAD

    def _widths(self, width: float) -> list[float]:
        """Numbers get what they need, texts share the rest by what they would need."""
        metrics = QFontMetricsF(font(self.points, QFont.Weight.DemiBold))
        wanted, easy = [], []  # easy: titles take no more than about two lines
        for at, title in enumerate(self.titles):
            cells = [row[at] for row in self.rows[:400]]
            longest = max((metrics.horizontalAdvance(cell) for cell in cells), default=0.0)
            word = max(metrics.horizontalAdvance(part) for part in title.split() or [""])
            half = max(word, TWO_LINES * metrics.horizontalAdvance(title))
            wanted.append(max(longest, word) + 2 * self.PAD + 2)
            easy.append(max(longest, half) + 2 * self.PAD + 2)
        wanted = easy if sum(easy) <= width else wanted
        spare = width - sum(wanted)
        if spare >= 0:
            texts = [at for at, numeric in enumerate(self.numeric) if not numeric] or list(range(len(wanted)))
            return [each + (spare / len(texts) if at in texts else 0) for at, each in enumerate(wanted)]
        return _narrowed(wanted, width)


def _narrowed(wanted: Sequence[float], width: float) -> list[float]:
    """The widest columns give way until all fit."""
    limit, left, kept = 0.0, width, sorted(wanted)
    for number, each in enumerate(kept):
        limit = left / (len(kept) - number)
        if each > limit:
            break
        left -= each
    return [min(each, limit) for each in wanted]


def _wrap(text: str, wide: float, metrics: QFontMetricsF) -> int:
    """How a cell breaks its lines: between words where they fit, else anywhere."""
    longest = max((metrics.horizontalAdvance(word) for word in text.split()), default=0.0)
    return int(Qt.TextFlag.TextWordWrap if longest <= wide else Qt.TextFlag.TextWrapAnywhere)
