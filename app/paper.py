"""What is printed: paper, and blocks of text, pictures and charts that are painted on it as vectors.

Lengths are in points of 1/96 inch, so that fonts measure the same on paper as in the window.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Protocol

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QImage, QPainter, QPen, QTextDocument

DPI = 96
MM = DPI / 25.4
#: The first of these that is installed.
FACES = (
    *("Inter", "Source Sans 3", "Segoe UI", "Helvetica Neue", "Helvetica", "Noto Sans", "Liberation Sans"),
    *("Nimbus Sans", "Arial", "DejaVu Sans"),
)
INK, MUTED, RULE, ACCENT, TINT = "#1d262b", "#5d6b74", "#ccd4d8", "#0e6f79", "#f1f5f6"
BODY, SMALL, TINY = 9.0, 7.8, 7.0
#: Longer texts are cut: they would fill pages with one paragraph.
LONGEST = 6000


@dataclass(frozen=True)
class Page:
    """Paper as it lies, with its margins, in millimetres."""

    width_mm: float
    height_mm: float
    left_mm: float
    right_mm: float
    top_mm: float
    bottom_mm: float

    @property
    def left(self) -> float:
        """Where the column begins that is printed on."""
        return self.left_mm * MM

    @property
    def top(self) -> float:
        """Where it begins below the upper edge."""
        return self.top_mm * MM

    @property
    def width(self) -> float:
        """How wide it is."""
        return (self.width_mm - self.left_mm - self.right_mm) * MM

    @property
    def height(self) -> float:
        """How high it is."""
        return (self.height_mm - self.top_mm - self.bottom_mm) * MM


#: Standing paper, for reports that are filed.
A4 = Page(210, 297, 20, 18, 17, 22)
#: Lying paper, for pictures beside each other.
SHEETS = {"A4": Page(297, 210, 14, 14, 12, 15), "A3": Page(420, 297, 16, 16, 14, 17)}
WIDTH, HEIGHT = A4.width, A4.height


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

    def least(self, width: float) -> float:
        """How much of it stays in one piece below its heading."""

    def draw(self, painter: QPainter, x: float, y: float, width: float) -> None:
        """Paint it with its upper left corner here."""

    def split(self, width: float, room: float) -> tuple[Block, Block] | None:
        """A part that fits into the room, and the rest; None when it cannot be split there."""


@dataclass
class Whole(ABC):
    """What blocks have that are never split."""

    gap: float = 6.0
    stays_with_next: bool = False

    @abstractmethod
    def height(self, width: float) -> float:
        """How high it is in a column so wide."""

    def least(self, width: float) -> float:
        """All of it."""
        return self.height(width)

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
class Stacked(Whole):
    """Blocks one below the other, kept together."""

    blocks: Sequence[Block] = ()

    def height(self, width: float) -> float:
        """All of them, with the gaps between."""
        return sum(block.height(width) for block in self.blocks) + sum(b.gap for b in self.blocks[1:])

    def draw(self, painter: QPainter, x: float, y: float, width: float) -> None:
        """Paint one below the other."""
        for number, block in enumerate(self.blocks):
            y += block.gap if number else 0.0
            block.draw(painter, x, y, width)
            y += block.height(width)
