"""Rows of two lines: what it is, and below it quieter what else there is to say."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QIcon, QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app import theme

Index = QModelIndex | QPersistentModelIndex

#: What an item holds beside its text (the first line) and its icon.
SECOND_LINE = Qt.ItemDataRole.UserRole + 1
ASIDE = Qt.ItemDataRole.UserRole + 2  # short, at the right of the first line
FAINT = Qt.ItemDataRole.UserRole + 3  # true for what no longer counts
KEY = Qt.ItemDataRole.UserRole + 4  # what the row stands for

MARGIN, GAP, ICON = 8, 2, 16
Elide = Qt.TextElideMode.ElideMiddle  # ids differ at their ends
#: Between what something was and what it is now: each is shortened for itself.
TO = " → "
Align = Qt.AlignmentFlag


class TwoLines(QStyledItemDelegate):
    """Paints an item's text, its second line and what stands aside."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Room for both lines; the second may itself be several."""
        second = str(index.data(SECOND_LINE) or "")
        height = option.fontMetrics.height() + 2 * (MARGIN - 1)
        if second:
            height += GAP + QFontMetrics(_small(option.font)).lineSpacing() * len(second.split("\n"))
        return QSize(80, height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one row."""
        style = option.widget.style() if option.widget else QApplication.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget)
        colours = theme.current().colours
        faint = bool(index.data(FAINT))
        room = option.rect.adjusted(MARGIN, MARGIN - 1, -MARGIN, 1 - MARGIN)
        painter.save()
        icon = index.data(Qt.ItemDataRole.DecorationRole)
        if isinstance(icon, QIcon):
            at = QRect(room.left(), room.top(), ICON, option.fontMetrics.height())
            icon.paint(painter, at, Align.AlignCenter, QIcon.Mode.Disabled if faint else QIcon.Mode.Normal)
            room.setLeft(room.left() + ICON + MARGIN)
        painter.setPen(QColor(colours.faint if faint else colours.muted))
        painter.setFont(_small(option.font))
        room_for_text = self._paint_aside(painter, room, str(index.data(ASIDE) or ""), option)
        self._paint_second(painter, room, str(index.data(SECOND_LINE) or ""), option)
        painter.setPen(QColor(colours.faint if faint else colours.text))
        painter.setFont(option.font)
        text = shortened(str(index.data()), option.fontMetrics, room_for_text)
        painter.drawText(room, Align.AlignLeft | Align.AlignTop, text)
        painter.restore()

    def _paint_aside(self, painter: QPainter, room: QRect, aside: str, option: QStyleOptionViewItem) -> int:
        """Draw what stands aside; gives the width that is left for the text."""
        if not aside:
            return room.width()
        line = QRect(room.left(), room.top(), room.width(), option.fontMetrics.height())
        painter.drawText(line, Align.AlignRight | Align.AlignVCenter, aside)
        return room.width() - painter.fontMetrics().horizontalAdvance(aside) - MARGIN

    def _paint_second(
        self, painter: QPainter, room: QRect, second: str, option: QStyleOptionViewItem
    ) -> None:
        metrics = painter.fontMetrics()
        line = QRect(room.left(), 0, room.width(), metrics.lineSpacing())
        line.moveTop(room.top() + option.fontMetrics.height() + GAP)
        for text in second.split("\n"):  # words and numbers, of which the first ones count most
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(line, Align.AlignLeft | Align.AlignVCenter, shown)
            line.translate(0, line.height())


def shortened(text: str, metrics: QFontMetrics, room: int) -> str:
    """A text that fits, of which every id keeps its beginning and its end."""
    parts = text.split(TO)
    if metrics.horizontalAdvance(text) <= room:
        return text
    each = (room - metrics.horizontalAdvance(TO) * (len(parts) - 1)) // len(parts)
    return TO.join(metrics.elidedText(part, Elide, each) for part in parts)


def _small(font: QFont) -> QFont:
    small = QFont(font)
    small.setPointSizeF(max(font.pointSizeF() - 1, 7))
    return small
