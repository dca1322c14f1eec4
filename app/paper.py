"""Pages of a report: blocks of text, tables, pictures and charts, laid out on A4 and painted as vectors.

Lengths are in points of 1/96 inch, so that fonts measure the same on paper as in the window.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QMarginsF, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QFontMetricsF,
    QImage,
    QPageSize,
    QPainter,
    QPdfWriter,
    QPen,
    QTextDocument,
)

from layers.errors import WriteError

DPI = 96
MM = DPI / 25.4
PAGE_WIDTH, PAGE_HEIGHT = 210 * MM, 297 * MM
LEFT, RIGHT, TOP, BOTTOM = 20 * MM, 18 * MM, 17 * MM, 22 * MM
WIDTH, HEIGHT = PAGE_WIDTH - LEFT - RIGHT, PAGE_HEIGHT - TOP - BOTTOM
#: The first of these that is installed.
FACES = (
    *("Inter", "Source Sans 3", "Segoe UI", "Helvetica Neue", "Helvetica", "Noto Sans", "Liberation Sans"),
    *("Nimbus Sans", "Arial", "DejaVu Sans"),
)
INK, MUTED, RULE, ACCENT, TINT = "#1d262b", "#5d6b74", "#ccd4d8", "#0e6f79", "#f1f5f6"
BODY, SMALL, TINY = 9.0, 7.8, 7.0
#: Longer texts are cut: they would fill pages with one paragraph.
LONGEST = 6000
#: Titles of columns are so wide where there is room, as a part of what they need in one line.
TWO_LINES = 0.6
#: Tables of no more rows stay on one page.
WHOLE_ROWS = 16
#: Room for "Page n of m".
FOLIO_WIDTH = 90.0


def face() -> str:
    """The family that reports are set in."""
    known = {name.partition(" [")[0] for name in QFontDatabase.families()}  # "Name [foundry]"
    return next((name for name in FACES if name in known), QFont().family())


def font(points: float = BODY, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """A font of a report."""
    made = QFont(face())
    made.setPointSizeF(points)
    made.setWeight(weight)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return made


class Block(Protocol):
    """Something on a page; what is higher than the room may be split."""

    gap: float  # above it
    stays_with_next: bool

    def height(self, width: float) -> float:
        """How high it is in a column so wide."""

    def draw(self, painter: QPainter, x: float, y: float, width: float) -> None:
        """Paint it with its upper left corner here."""

    def split(self, width: float, room: float) -> tuple[Block, Block] | None:
        """A part that fits into the room, and the rest; None when it cannot be split there."""


@dataclass
class Whole:
    """What blocks have that are never split."""

    gap: float = 6.0
    stays_with_next: bool = False

    def split(self, _width: float, _room: float) -> tuple[Block, Block] | None:
        """It stays in one piece."""
        return None


@dataclass
class Text(Whole):
    """A paragraph; `html` may hold bold and italic words."""

    html: str = ""
    points: float = BODY
    colour: str = INK
    weight: QFont.Weight = QFont.Weight.Normal

    def _document(self, width: float) -> QTextDocument:
        document = QTextDocument()
        document.setDocumentMargin(0)
        document.setDefaultFont(font(self.points, self.weight))
        # Of all spaces Qt's HTML keeps only this one, and breaks lines at the others.
        kept = self.html.replace("\u202f", "\u00a0")
        document.setHtml(f'<div style="color:{self.colour}; line-height:125%">{kept}</div>')
        document.setTextWidth(width)
        return document

    def height(self, width: float) -> float:
        """As many lines as it takes."""
        return float(self._document(width).size().height())

    def draw(self, painter: QPainter, x: float, y: float, width: float) -> None:
        """Paint the lines."""
        painter.save()
        painter.translate(x, y)
        self._document(width).drawContents(painter)
        painter.restore()


def paragraph(text: str, points: float = BODY, colour: str = INK, gap: float = 6.0) -> Text:
    """Plain words."""
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return Text(gap=gap, html=escape(shown).replace("\n", "<br>"), points=points, colour=colour)


def heading(text: str, points: float = 12.5, gap: float = 20.0) -> Text:
    """A title above what follows, never alone at the foot of a page."""
    return Text(
        gap=gap,
        stays_with_next=True,
        html=escape(text),
        points=points,
        colour=ACCENT if points < 12 else INK,
        weight=QFont.Weight.DemiBold,
    )


@dataclass
class Facts(Whole):
    """Names and values in two columns, several pairs beside each other."""

    rows: Sequence[tuple[str, str]] = ()
    columns: int = 2
    title_share: float = 0.3

    def _texts(self, width: float) -> list[tuple[Text, Text, float, float]]:
        each = (width - 16 * (self.columns - 1)) / self.columns
        left = each * self.title_share
        return [
            (
                paragraph(name, SMALL, MUTED),
                paragraph(value, SMALL),
                left - 8,
                each - left,
            )
            for name, value in self.rows
        ]

    def _lines(self, width: float) -> list[list[tuple[Text, Text, float, float]]]:
        texts = self._texts(width)
        return [texts[start : start + self.columns] for start in range(0, len(texts), self.columns)]

    def height(self, width: float) -> float:
        """The sum of its lines."""
        return sum(_line_height(line) for line in self._lines(width))

    def draw(self, painter: QPainter, x: float, y: float, width: float) -> None:
        """Paint line after line."""
        each = (width - 16 * (self.columns - 1)) / self.columns
        for line in self._lines(width):
            for column, (name, value, left, right) in enumerate(line):
                at = x + column * (each + 16)
                name.draw(painter, at, y, left)
                value.draw(painter, at + left + 8, y, right)
            y += _line_height(line)


def _line_height(line: Sequence[tuple[Text, Text, float, float]]) -> float:
    return max(max(name.height(left), value.height(right)) for name, value, left, right in line) + 3


@dataclass
class Picture(Whole):
    """A picture as wide as the column, with a caption."""

    image: QImage = field(default_factory=QImage)
    caption: str = ""

    def height(self, width: float) -> float:
        """The picture's own proportions, and its caption."""
        return self._picture_height(width) + (self._caption.height(width) + 3 if self.caption else 0)

    def draw(self, painter: QPainter, x: float, y: float, width: float) -> None:
        """Paint it with a thin frame."""
        box = QRectF(x, y, width, self._picture_height(width))
        painter.drawImage(box, self.image)
        painter.setPen(QPen(QColor(RULE), 0.6))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box)
        if self.caption:
            self._caption.draw(painter, x, box.bottom() + 3, width)

    @property
    def _caption(self) -> Text:
        return paragraph(self.caption, TINY, MUTED)

    def _picture_height(self, width: float) -> float:
        return width * self.image.height() / max(self.image.width(), 1)


@dataclass
class Chart(Whole):
    """Anything painted into a box of a fixed height."""

    high: float = 150.0
    paint: Callable[[QPainter, QRectF], None] = lambda _painter, _box: None
    caption: str = ""

    def height(self, width: float) -> float:
        """Its own height and that of the caption."""
        return self.high + (paragraph(self.caption, TINY, MUTED).height(width) + 3 if self.caption else 0)

    def draw(self, painter: QPainter, x: float, y: float, width: float) -> None:
        """Let it be painted."""
        painter.save()
        painter.setFont(font(SMALL))
        self.paint(painter, QRectF(x, y, width, self.high))
        painter.restore()
        if self.caption:
            paragraph(self.caption, TINY, MUTED).draw(painter, x, y + self.high + 3, width)


@dataclass
class Beside(Whole):
    """Blocks beside each other, equally wide."""

    blocks: Sequence[Block] = ()
    space: float = 10.0

    def _each(self, width: float) -> float:
        return (width - self.space * (len(self.blocks) - 1)) / len(self.blocks)

    def height(self, width: float) -> float:
        """The highest of them."""
        return max(block.height(self._each(width)) for block in self.blocks)

    def draw(self, painter: QPainter, x: float, y: float, width: float) -> None:
        """Paint one beside the other."""
        for number, block in enumerate(self.blocks):
            block.draw(painter, x + number * (self._each(width) + self.space), y, self._each(width))


@dataclass
class Narrow(Whole):
    """A block in the middle of the column, narrower than it."""

    block: Block = field(default_factory=Text)
    wide: float = WIDTH

    def height(self, width: float) -> float:
        """That of the block."""
        return self.block.height(min(self.wide, width))

    def draw(self, painter: QPainter, x: float, y: float, width: float) -> None:
        """Paint the block with as much room at its left as at its right."""
        wide = min(self.wide, width)
        self.block.draw(painter, x + (width - wide) / 2, y, wide)


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
        return not self.is_rest and len(self.rows) <= WHOLE_ROWS and self.height(width) <= HEIGHT

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


@dataclass(frozen=True)
class Placed:
    """A block and where on its page it goes."""

    block: Block
    y: float


def laid_out(blocks: Sequence[Block]) -> list[list[Placed]]:
    """The blocks on pages; headings stay with what follows, tables are split."""
    pages: list[list[Placed]] = [[]]
    y, todo = 0.0, list(blocks)
    while todo:
        block = todo.pop(0)
        top = y + (block.gap if pages[-1] else 0)
        room = HEIGHT - top
        needed = block.height(WIDTH) + _what_stays(block, todo)
        if needed <= room:
            pages[-1].append(Placed(block, top))
            y = top + block.height(WIDTH)
            continue
        parts = block.split(WIDTH, room)
        if parts is not None:
            pages[-1].append(Placed(parts[0], top))
            todo.insert(0, parts[1])
        elif not pages[-1]:  # higher than a page: it is cut there
            pages[-1].append(Placed(block, top))
        else:
            todo.insert(0, block)
        if todo:
            pages.append([])
            y = 0.0
    return [page for page in pages if page]


def _what_stays(block: Block, following: Sequence[Block]) -> float:
    """The room that must be left for what a heading stands above."""
    if not block.stays_with_next or not following:
        return 0.0
    first = following[0]
    least = first.least(WIDTH) if isinstance(first, Grid) else first.height(WIDTH)
    return float(first.gap + least + _what_stays(first, following[1:]))


@dataclass(frozen=True)
class Chapter:
    """Blocks that begin on a page of their own, and what stands in the margins of all its pages."""

    blocks: Sequence[Block]
    head: str = ""
    foot: str = ""


def write_pdf(path: Path, title: str, chapters: Sequence[Chapter]) -> int:
    """Write chapters as a PDF file; gives how many pages there are."""
    pages = [(chapter, page) for chapter in chapters for page in laid_out(chapter.blocks)]
    writer = QPdfWriter(str(path))
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setResolution(DPI)
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    writer.setTitle(title)
    writer.setCreator("Citystrata")
    painter = QPainter()
    if not painter.begin(writer):
        raise WriteError("The PDF file cannot be written", where=str(path), do="Choose another folder")
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    for number, (chapter, page) in enumerate(pages, 1):
        if number > 1:
            writer.newPage()
        _draw_margins(painter, chapter, number, len(pages))
        for placed in page:
            placed.block.draw(painter, LEFT, TOP + placed.y, WIDTH)
    painter.end()
    return len(pages)


def _draw_margins(painter: QPainter, chapter: Chapter, number: int, count: int) -> None:
    right = int(Qt.AlignmentFlag.AlignRight)
    if number > 1:
        paragraph(chapter.head, TINY, MUTED).draw(painter, LEFT, TOP - 24, WIDTH)
    line = PAGE_HEIGHT - BOTTOM + 10
    painter.setPen(QPen(QColor(RULE), 0.6))
    painter.drawLine(QPointF(LEFT, line), QPointF(LEFT + WIDTH, line))
    paragraph(chapter.foot, TINY, MUTED).draw(painter, LEFT, line + 5, WIDTH - FOLIO_WIDTH)
    painter.setFont(font(TINY))
    painter.setPen(QColor(MUTED))
    painter.drawText(QRectF(LEFT, line + 5, WIDTH, 14), right, f"Page {number} of {count}")
