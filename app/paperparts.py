"""What reports show besides text: verdicts, maps with north and scale, and the colours of a quantity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QLinearGradient, QPainter, QPen, QPolygonF

from app.overlay import length_text, nice_length
from app.paper import ACCENT, INK, MUTED, RULE, SMALL, TINT, TINY, Picture, Text, Whole, font, paragraph
from app.reportmarks import Mark
from app.reportoutlines import ASKED, FRAME, NEW, Outline
from app.resulttext import of_quantity
from layers.results import Quantity
from viewer.palette import hex_color, ramp

GOOD, GOOD_TINT, BAD, BAD_TINT = "#1c6b3c", "#e6f4eb", "#a02a26", "#fcebe9"
CLOSE, CLOSE_TINT = "#7a5200", "#fff4d6"
#: Colour and tint of each verdict.
VERDICT_COLOURS = {"pass": (GOOD, GOOD_TINT), "fail": (BAD, BAD_TINT), "too close": (CLOSE, CLOSE_TINT)}
#: Colours of outlines, by what they mean.
OUTLINES = {ASKED: ACCENT, NEW: "#1f3fb5", FRAME: INK}
#: Of words on pictures, in points; their plates are so high, so far from what they name and from others.
MARK_POINTS, PLATE_HIGH, PLATE_AWAY, PLATE_STEP = 6.5, 12.0, 14.0, 19.0
NO_QUANTITY = Quantity("", "", "")
#: Colours of a bar that shades from one to the next.
STOPS = 24


@dataclass
class VerdictBand(Whole):
    """A verdict, large: the word at the right, what and by which rule at the left, the numbers below."""

    verdict: str = ""
    word: str = ""
    name: str = ""
    words: Sequence[str] = ()
    numbers: Sequence[tuple[str, str]] = ()

    PAD = 12.0
    WORD_WIDTH = 120.0

    def _texts(self) -> list[Text]:
        ink = VERDICT_COLOURS.get(self.verdict, (INK, TINT))[0]
        name = Text(html=escape(self.name), points=11, weight=QFont.Weight.DemiBold, colour=ink)
        return [name, *(paragraph(line, SMALL) for line in self.words if line)]

    def _text_width(self, width: float) -> float:
        return width - 2 * self.PAD - self.WORD_WIDTH

    def height(self, width: float) -> float:
        """The words, and the numbers below them."""
        texts = sum(text.height(self._text_width(width)) + 2 for text in self._texts())
        return float(texts + (32 if self.numbers else 0) + 1.6 * self.PAD)

    def draw(self, painter: QPainter, x: float, y: float, width: float) -> None:
        """Paint the tinted band."""
        ink, tint = VERDICT_COLOURS.get(self.verdict, (INK, TINT))
        high = self.height(width)
        painter.setPen(QPen(QColor(ink), 0.8))
        painter.setBrush(QColor(tint))
        painter.drawRoundedRect(QRectF(x, y, width, high), 5, 5)
        painter.setPen(QColor(ink))
        painter.setFont(font(19 if len(self.word) < 6 else 14, QFont.Weight.Bold))
        box = QRectF(x + width - self.WORD_WIDTH - self.PAD, y + self.PAD * 0.7, self.WORD_WIDTH, 34)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignRight) | int(Qt.AlignmentFlag.AlignTop), self.word)
        at = y + 0.8 * self.PAD
        for text in self._texts():
            text.draw(painter, x + self.PAD, at, self._text_width(width))
            at += text.height(self._text_width(width)) + 2
        for number, (title, value) in enumerate(self.numbers):
            left = x + self.PAD + number * 92
            paragraph(title, TINY, MUTED).draw(painter, left, at + 4, 90)
            shown = Text(html=escape(value), points=10.5, weight=QFont.Weight.DemiBold)
            shown.draw(painter, left, at + 14, 90)


@dataclass
class Map(Picture):
    """A picture with names; where it has one scale, with a scale bar and an arrow to grid north as well."""

    metres_per_pixel: float = 0.0  # of the picture
    azimuth_deg: float = 0.0
    has_north: bool = False  # without a scale, too
    outlines: Sequence[Outline] = ()  # in pixels of the picture
    marks: Sequence[Mark] = ()

    def draw(self, painter: QPainter, x: float, y: float, width: float) -> None:
        """Paint the picture, and the marks on it as vectors."""
        super().draw(painter, x, y, width)
        painter.save()
        box = QRectF(x, y, width, self._picture_height(width))
        painter.setClipRect(box)
        for outline in self.outlines:
            self._draw_outline(painter, x, y, width / self.image.width(), outline)
        self._draw_words(painter, box, width / self.image.width())
        painter.setClipping(False)
        if self.metres_per_pixel > 0 or self.has_north:
            self._draw_north(painter, QPointF(x + width - 15, y + 19))
        if self.metres_per_pixel > 0:
            metres_per_point = self.metres_per_pixel * self.image.width() / width
            self._draw_scale(painter, x + 6, y + self._picture_height(width) - 6, width, metres_per_point)
        painter.restore()

    def _draw_outline(
        self, painter: QPainter, x: float, y: float, points_per_pixel: float, outline: Outline
    ) -> None:
        """A white line with a dark one in it is seen on any ground."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        rings = [
            QPolygonF([QPointF(x + a * points_per_pixel, y + b * points_per_pixel) for a, b in ring.tolist()])
            for ring in outline.rings
        ]
        dashes = Qt.PenStyle.DashLine if outline.role == FRAME else Qt.PenStyle.SolidLine
        for colour, wide, style in (
            ("#ffffff", 2.4, Qt.PenStyle.SolidLine),
            (OUTLINES[outline.role], 1.2, dashes),
        ):
            painter.setPen(QPen(QColor(colour), wide, style))
            for ring in rings:
                painter.drawPolygon(ring)

    def _draw_words(self, painter: QPainter, box: QRectF, points_per_pixel: float) -> None:
        """Names and numbers on plates beside what they are about, none over another."""
        taken: list[QRectF] = []
        for mark in self.marks:
            at = box.topLeft() + QPointF(mark.x, mark.y) * points_per_pixel
            self._draw_word(painter, box, at, mark.words, taken, mark.is_number)
        for outline in self.outlines:
            if outline.name and outline.rings:
                low, high = outline.rings[0].min(axis=0), outline.rings[0].max(axis=0)
                at = box.topLeft() + QPointF((low[0] + high[0]) / 2, high[1]) * points_per_pixel
                self._draw_word(painter, box, at, outline.name, taken, is_number=False)

    def _draw_word(
        self, painter: QPainter, box: QRectF, at: QPointF, words: str, taken: list[QRectF], is_number: bool
    ) -> None:
        """A plate above a place, else below it, with a line between them; numbers the other way round."""
        if not box.contains(at):
            return
        letters = font(MARK_POINTS, QFont.Weight.Normal if is_number else QFont.Weight.DemiBold)
        wide = QFontMetricsF(letters).horizontalAdvance(words) + 6.0
        left = min(max(at.x() - wide / 2, box.left() + 2), box.right() - wide - 2)
        above, below = -PLATE_AWAY - PLATE_HIGH, PLATE_AWAY
        ways = (below, above) if is_number else (above, below, above - PLATE_STEP, below + PLATE_STEP)
        plates = [QRectF(left, at.y() + up, wide, PLATE_HIGH) for up in ways]
        free = (
            plate
            for plate in plates
            if box.contains(plate) and not any(plate.intersects(other) for other in taken)
        )
        plate = next(free, None)
        if plate is None:
            return
        taken.append(plate)
        end = QPointF(at.x(), plate.bottom() if plate.bottom() < at.y() else plate.top())
        for colour, thick in (("#ffffff", 1.8), (INK, 0.7)):
            painter.setPen(QPen(QColor(colour), thick))
            painter.drawLine(at, end)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(255, 255, 255, 225))
        painter.drawRoundedRect(plate, 2, 2)
        painter.setPen(QColor(INK if is_number else ACCENT))
        painter.setFont(letters)
        painter.drawText(plate, int(Qt.AlignmentFlag.AlignCenter), words)

    def _draw_north(self, painter: QPainter, centre: QPointF) -> None:
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(255, 255, 255, 215))
        painter.drawEllipse(centre, 11.5, 11.5)
        painter.translate(centre)
        painter.rotate(-self.azimuth_deg)
        for side, colour in ((1, ACCENT), (-1, MUTED)):
            painter.setBrush(QColor(colour))
            painter.drawPolygon(QPolygonF([QPointF(0, -3.5), QPointF(side * 3.2, 8), QPointF(0, 5.5)]))
        painter.setPen(QColor(INK))
        painter.setFont(font(5.5, QFont.Weight.Bold))
        painter.drawText(QRectF(-6, -11, 12, 8), int(Qt.AlignmentFlag.AlignCenter), "N")
        painter.restore()

    def _draw_scale(
        self, painter: QPainter, x: float, bottom: float, width: float, metres_per_point: float
    ) -> None:
        length = nice_length(width * 0.3 * metres_per_point)
        if length <= 0:
            return
        wide = length / metres_per_point
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(255, 255, 255, 215))
        painter.drawRoundedRect(QRectF(x, bottom - 19, wide + 10, 19), 2, 2)
        painter.setPen(QColor(INK))
        painter.setFont(font(MARK_POINTS))
        words = QRectF(x, bottom - 18, wide + 10, 10)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignCenter), length_text(length))
        left, base = x + 5, bottom - 4
        painter.setPen(QPen(QColor(INK), 0.9))
        painter.drawPolyline(
            [
                QPointF(left, base - 3),
                QPointF(left, base),
                QPointF(left + wide, base),
                QPointF(left + wide, base - 3),
            ]
        )


@dataclass
class ColourBar(Whole):
    """The colours of a quantity with their values."""

    quantity: Quantity = NO_QUANTITY
    low: float = 0.0
    high: float = 1.0

    HIGH, BAR = 27.0, 8.0
    #: As wide as this part of the column.
    SHARE = 0.5

    def height(self, _width: float) -> float:
        """The bar and the numbers below it."""
        return self.HIGH

    def draw(self, painter: QPainter, x: float, y: float, width: float) -> None:
        """Paint title, bar and values."""
        quantity = self.quantity
        title = f"{quantity.title} ({quantity.unit})" if quantity.unit else quantity.title
        painter.setFont(font(SMALL, QFont.Weight.DemiBold))
        painter.setPen(QColor(INK))
        left = width * (1 - self.SHARE)
        box = QRectF(x, y - 2, left - 10, self.BAR + 5)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignRight) | int(Qt.AlignmentFlag.AlignVCenter), title)
        bar = QRectF(x + left, y, width * self.SHARE, self.BAR)
        shades = QLinearGradient(bar.topLeft(), bar.topRight())
        at = np.linspace(0, 1, STOPS)
        for place, colour in zip(at.tolist(), ramp(quantity.color_map, at), strict=True):
            shades.setColorAt(place, QColor(hex_color(colour)))
        painter.setPen(QPen(QColor(RULE), 0.5))
        painter.setBrush(shades)
        painter.drawRect(bar)
        painter.setPen(QColor(MUTED))
        painter.setFont(font(TINY))
        for part, side in ((0.0, "AlignLeft"), (0.5, "AlignHCenter"), (1.0, "AlignRight")):
            value = self.low + part * (self.high - self.low)
            words = QRectF(bar.left(), bar.bottom() + 2, bar.width(), 12)
            painter.drawText(words, int(Qt.AlignmentFlag[side]), of_quantity(value, quantity))


@dataclass
class Swatches(Whole):
    """Colours with what each stands for, in rows, the words about them all above; without colour a title."""

    title: str = ""
    entries: Sequence[tuple[str, str]] = ()  # colour and words

    SIDE, GAP, ROW = 8.0, 5.0, 14.0

    def height(self, width: float) -> float:
        """The title, and as many rows as the entries need."""
        return self.ROW * (len(self._rows(width)) + bool(self.title))

    def draw(self, painter: QPainter, x: float, y: float, width: float) -> None:
        """Paint the title and below it squares with their words."""
        if self.title:
            paragraph(self.title, SMALL).draw(painter, x, y, width)
            y += self.ROW
        for number, row in enumerate(self._rows(width)):
            top = y + self.ROW * number
            for left, colour, words in row:
                if colour:
                    painter.setPen(QPen(QColor(RULE), 0.5))
                    painter.setBrush(QColor(colour))
                    painter.drawRect(QRectF(x + left, top + 2, self.SIDE, self.SIDE))
                painter.setPen(QColor(INK if colour else MUTED))
                painter.setFont(self._font(colour))
                at = QRectF(x + left + self._indent(colour), top, width, self.SIDE + 4)
                painter.drawText(at, int(Qt.AlignmentFlag.AlignVCenter), words)

    def _font(self, colour: str) -> QFont:
        return font(TINY, QFont.Weight.Normal if colour else QFont.Weight.DemiBold)

    def _indent(self, colour: str) -> float:
        return self.SIDE + self.GAP if colour else 0.0

    def _rows(self, width: float) -> list[list[tuple[float, str, str]]]:
        rows, left = list[list[tuple[float, str, str]]](), width
        for colour, words in self.entries:
            letters = QFontMetricsF(self._font(colour)).horizontalAdvance(words)
            wide = self._indent(colour) + 3 * self.GAP + letters
            if left + wide > width:
                rows.append([])
                left = 0.0
            rows[-1].append((left, colour, words))
            left += wide
        return rows
