"""The widget that shows a chart, and charts as pictures."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRectF, QSize
from PySide6.QtGui import QColor, QHelpEvent, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app import theme
from app.charts.look import Look, of_theme
from app.charts.sheet import Painted

#: Paints one chart: functions of this package with their data filled in.
Paint = Callable[[QPainter, QRectF, Look], Painted]
MARGIN = 8


class ChartView(QWidget):
    """A chart in the window: follows the theme, and tells what is under the pointer."""

    def __init__(self, paint: Paint | None = None, height: int = 180, name: str = "") -> None:
        super().__init__()
        self._paint, self._height = paint, height
        self._painted = Painted()
        self.setAccessibleName(name)
        self.setMinimumSize(200, min(height, 120))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        theme.current().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(320, self._height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the chart in the theme's colours."""
        painter = QPainter(self)
        look = of_theme(theme.current().colours, theme.current().is_dark, self.fontInfo().pixelSize() * 0.92)
        area = QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        self._painted = self._paint(painter, area, look) if self._paint else Painted()
        painter.end()

    def event(self, event: QEvent) -> bool:
        """Tell what is under the pointer when it rests."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self._painted.tip(event.pos().toPointF()), self)
            return True
        return super().event(event)


def as_image(paint: Paint, width: int, height: int, look: Look, scale: float = 1.0) -> tuple[QImage, Painted]:
    """A chart as a picture of so many points, with `scale` pixels to a point."""
    image = QImage(round(width * scale), round(height * scale), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.fill(QColor(look.paper))
    painter = QPainter(image)
    painted = paint(painter, QRectF(MARGIN, MARGIN, width - 2 * MARGIN, height - 2 * MARGIN), look)
    painter.end()
    return image, painted
