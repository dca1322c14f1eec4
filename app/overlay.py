"""What lies on the picture: scale bar, north arrow, date, legend, and words when there is nothing yet."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from math import floor, log10

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from app import theme
from viewer.scene import LegendEntry

#: A colour, or None of a heading; what it means; how many there are.
LegendRow = tuple[str | None, str, str]
END = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
MARGIN = 16
PADDING = 10
ROW = 20
SWATCH = 12
SCALE_BAR_WIDTH = 140
CENTRED = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
#: Rows of a legend before "and n more".
MAX_ROWS = 18
#: A legend of so many rows is shown as a whole even in a low view; of more, so much of the height is covered.
SHORT_LEGEND, MOST_HIGH = 7, 0.32


def nice_length(longest: float) -> float:
    """The largest 1, 2 or 5 times a power of ten that is at most `longest`."""
    if not longest > 0:
        return 0.0
    power = 10.0 ** floor(log10(longest))
    return max(step * power for step in (1, 2, 5) if step * power <= longest * 1.000001)


def length_text(metres: float) -> str:
    """A length with the unit people would say."""
    if metres >= 1000:
        return f"{metres / 1000:g} km"
    if metres >= 1:
        return f"{metres:g} m"
    return f"{metres * 100:g} cm" if metres >= 0.01 else f"{metres * 1000:g} mm"


def _plate(painter: QPainter, box: QRectF) -> None:
    """The quiet rounded ground that words on the picture stand on."""
    painter.setPen(QPen(QColor(theme.current().colours.border), 1))
    painter.setBrush(QColor(theme.current().colours.overlay))
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)


def draw_scale_bar(painter: QPainter, area: QRectF, metres_per_point: float) -> None:
    """A bar of a round length, lower left; true at the point the camera looks at."""
    length = nice_length(SCALE_BAR_WIDTH * metres_per_point)
    if length <= 0:
        return
    width = length / metres_per_point
    box = QRectF(MARGIN, area.bottom() - MARGIN - 34, width + 2 * PADDING, 34)
    _plate(painter, box)
    colour = QColor(theme.current().colours.text)
    painter.setPen(colour)
    painter.drawText(box.adjusted(0, 3, 0, -13), Qt.AlignmentFlag.AlignCenter, length_text(length))
    left, y = box.left() + PADDING, box.bottom() - 8
    painter.setPen(QPen(colour, 1.5))
    painter.drawPolyline(
        [QPointF(left, y - 4), QPointF(left, y), QPointF(left + width, y), QPointF(left + width, y - 4)]
    )


def draw_north(painter: QPainter, area: QRectF, azimuth_deg: float) -> None:
    """An arrow to grid north, upper right, as the camera stands."""
    colours = theme.current().colours
    radius = 22.0
    centre = QPointF(area.right() - MARGIN - radius, area.top() + MARGIN + radius)
    painter.setPen(QPen(QColor(colours.border), 1))
    painter.setBrush(QColor(colours.overlay))
    painter.drawEllipse(centre, radius, radius)
    painter.save()
    painter.translate(centre)
    painter.rotate(-azimuth_deg)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.accent))
    painter.drawPolygon(QPolygonF([QPointF(0, -6), QPointF(5.5, 13), QPointF(0, 9.5)]))
    painter.setBrush(QColor(colours.faint))
    painter.drawPolygon(QPolygonF([QPointF(0, -6), QPointF(-5.5, 13), QPointF(0, 9.5)]))
    painter.setPen(QColor(colours.text))
    small = QFont(painter.font())
    small.setPointSizeF(small.pointSizeF() * 0.8)
    small.setBold(True)
    painter.setFont(small)
    painter.drawText(QRectF(-10, -20, 20, 14), Qt.AlignmentFlag.AlignCenter, "N")
    painter.restore()


def draw_words(painter: QPainter, area: QRectF, texts: Sequence[str]) -> None:
    """Lines of words below each other in the middle of the upper edge: the date of the city, what keys do."""
    metrics, top = QFontMetricsF(painter.font()), area.top() + MARGIN
    widest = QRectF(0, 0, area.width() - 2 * (MARGIN + PADDING), area.height())
    for text in texts:
        words = metrics.boundingRect(widest, CENTRED, text)
        width, height = words.width() + 2 * PADDING + 4, words.height() + 12
        box = QRectF(area.center().x() - width / 2, top, width, height)
        _plate(painter, box)
        painter.setPen(QColor(theme.current().colours.text))
        painter.drawText(box.adjusted(PADDING, 0, -PADDING, 0), CENTRED, text)
        top += height + MARGIN / 2


def source_height(font: QFont, width: float, text: str) -> float:
    """How high the strip is that says where the light comes from."""
    return QFontMetricsF(_smaller(font)).boundingRect(_strip(width), CENTRED, text).height() + 8


def draw_source(painter: QPainter, strip: QRectF, text: str) -> None:
    """Say where the light comes from, in a strip below the picture."""
    painter.save()
    painter.setFont(_smaller(painter.font()))
    painter.fillRect(strip, QColor(theme.current().colours.panel))
    painter.setPen(QColor(theme.current().colours.text))
    painter.drawText(strip.adjusted(PADDING, 0, -PADDING, 0), CENTRED, text)
    painter.restore()


def _smaller(font: QFont) -> QFont:
    small = QFont(font)
    small.setPointSizeF(max(small.pointSizeF() - 1.5, 7.0))
    return small


def _strip(width: float) -> QRectF:
    return QRectF(PADDING, 0, width - 2 * PADDING, 10_000)


def draw_empty(painter: QPainter, area: QRectF, title: str, text: str) -> None:
    """What to do when there is nothing to see."""
    colours = theme.current().colours
    large = QFont(painter.font())
    large.setPointSizeF(large.pointSizeF() * 1.6)
    painter.save()
    painter.setFont(large)
    painter.setPen(QColor(colours.text))
    flags = Qt.AlignmentFlag.AlignHCenter
    middle = area.center().y()
    painter.drawText(
        QRectF(area.left(), middle - 40, area.width(), 36), flags | Qt.AlignmentFlag.AlignBottom, title
    )
    painter.restore()
    painter.setPen(QColor(colours.muted))
    painter.drawText(
        QRectF(area.left() + MARGIN, middle + 6, area.width() - 2 * MARGIN, 60),
        int(flags) | int(Qt.TextFlag.TextWordWrap),
        text,
    )


def legend_box(font: QFont, area: QRectF, entries: Sequence[LegendEntry]) -> QRectF:
    """Where a legend lies in an area: in the lower right corner; empty where it has no rows."""
    rows = _fitting_rows(area, entries)
    if not rows:
        return QRectF()
    metrics, heads = QFontMetricsF(font), QFontMetricsF(_bold(font))
    label_width = max(
        heads.horizontalAdvance(text) - SWATCH - 8 if colour is None else metrics.horizontalAdvance(text)
        for colour, text, _ in rows
    )
    width = SWATCH + 8 + label_width + 16 + _count_width(metrics, rows) + 2 * PADDING
    width, height = min(width, area.width() * 0.6), len(rows) * ROW + 2 * PADDING - 4
    return QRectF(area.right() - MARGIN - width, area.bottom() - MARGIN - height, width, height)


def draw_legend(painter: QPainter, area: QRectF, entries: Sequence[LegendEntry]) -> QRectF:
    """Colours with their meaning: one block per layer, counts at the right; gives its place."""
    rows, bold, box = _fitting_rows(area, entries), _bold(painter.font()), QRectF()
    if not rows:
        return box
    box = legend_box(painter.font(), area, entries)
    width, count_width = box.width(), _count_width(QFontMetricsF(painter.font()), rows)
    _plate(painter, box)
    colours = theme.current().colours
    y = box.top() + PADDING - 2
    for colour, text, count in rows:
        row = QRectF(box.left() + PADDING, y, width - 2 * PADDING, ROW)
        y += ROW
        if colour is None:
            painter.save()
            painter.setFont(bold)
            _draw_words(painter, row, text, colours.text)
            painter.restore()
            painter.setPen(QColor(colours.muted))
            painter.drawText(row, END, count)
            continue
        # The line makes the darkest colours seen on dark ground and the lightest on light.
        painter.setPen(QPen(QColor(colours.muted), 0.8) if QColor(colour).alpha() else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(QRectF(row.left(), row.center().y() - SWATCH / 2, SWATCH, SWATCH), 3, 3)
        _draw_words(painter, row.adjusted(SWATCH + 8, 0, -count_width - 8, 0), text, colours.text)
        painter.setPen(QColor(colours.muted))
        painter.drawText(row, END, count)
    return box


def _bold(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setWeight(QFont.Weight.DemiBold)
    return bold


def _count_width(metrics: QFontMetricsF, rows: Sequence[LegendRow]) -> float:
    return max(metrics.horizontalAdvance(count) for _, _, count in rows)


def _fitting_rows(area: QRectF, entries: Sequence[LegendEntry]) -> list[LegendRow]:
    """The rows of a legend that an area has room for."""
    usual, most = area.height() * MOST_HIGH // ROW, (area.height() - 4 * MARGIN) // ROW
    return legend_rows(entries, int(min(max(usual, SHORT_LEGEND), most)))


def _draw_words(painter: QPainter, box: QRectF, text: str, colour: str) -> None:
    """Words in one line, shortened where they do not fit."""
    shown = QFontMetricsF(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    painter.setPen(QColor(colour))
    painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)


def legend_rows(entries: Sequence[LegendEntry], room: int) -> list[LegendRow]:
    """(colour, label, count) of every row; headings have no colour."""
    rows: list[LegendRow] = []
    blocks = [list(found) for _, found in groupby(entries, key=lambda entry: (entry.layer, entry.heading))]
    # A single row speaks for itself, and comes first: below a heading it would seem to belong there.
    for block in sorted(blocks, key=lambda block: len(block) > 1):
        heading = block[0].heading
        if len(block) > 1:
            unit = block[0].unit
            rows.append((None, heading, "" if heading.lower().endswith(unit) else unit))
        rows += [
            (entry.color, entry.label, f"{entry.count:,}".replace(",", "\u202f") if entry.count else "")
            for entry in block
        ]
    most = min(MAX_ROWS, room)
    if len(rows) > most > 1:
        rows = [*rows[: most - 1], ("#00000000", f"and {len(rows) - most + 1} more", "")]
    return rows if most > 0 else []
