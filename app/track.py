"""The line of the dates, with a tick for every epoch and a handle for the date that is shown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from layers.epochs import Tick

SIDE = 64
RADIUS = 7
#: The line lies so far below the upper edge.
LINE_Y = 16.0
#: How near the handle snaps to an epoch, in points.
SNAP = 7


def parse_date(text: str) -> date | None:
    """A date from "2024", "2024-05" or "2024-05-17"."""
    parts = text.strip().split("-")
    try:
        numbers = [int(part) for part in parts]
        return date(*[*numbers, 1, 1][:3]) if len(numbers) <= 3 else None
    except (ValueError, TypeError):
        return None


class Track(QWidget):
    """The line with a handle; the mouse and the arrow keys move it."""

    moved = Signal(object)  # date

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._epochs: list[tuple[date, str]] = []
        self._changed = np.empty(0, np.int64)  # days, as ordinals, on which objects come or go
        self._first = self._last = self._date = date.today()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Date of the city")
        theme.current().changed.connect(self.update)

    @property
    def day(self) -> date:
        """The date under the handle."""
        return self._date

    @property
    def epochs(self) -> list[tuple[date, str]]:
        """Dates and names of the ticks, oldest first."""
        return self._epochs

    def set_ticks(self, ticks: tuple[Tick, ...]) -> None:
        """Show these dates; the line reaches a little beyond the first and the last."""
        named = [(parse_date(tick.date), tick) for tick in ticks if tick.names]
        self._epochs = [(day, ", ".join(tick.names)) for day, tick in named if day is not None]
        dates = np.array([tick.date for tick in ticks if tick.changes], "datetime64[D]")
        self._changed = dates.astype(np.int64) + date(1970, 1, 1).toordinal()
        ends = [date.fromordinal(int(day)) for day in self._changed[[0, -1]]] if len(dates) else []
        shown = [day for day, _ in self._epochs] or ends
        if shown:
            slack = max((shown[-1] - shown[0]) / 12, timedelta(days=180))
            self._first, self._last = shown[0] - slack, shown[-1] + slack
            if not self._first <= self._date <= self._last:
                self._date = min(shown, key=lambda day: abs(day - self._date))
        self.update()

    def set_date(self, day: date) -> None:
        """Put the handle at a date and tell so."""
        self._date = min(max(day, self._first), self._last)
        self.update()
        self.moved.emit(self._date)

    def put(self, day: date) -> None:
        """Put the handle at a date that was chosen elsewhere."""
        self._date = min(max(day, self._first), self._last)
        self.update()

    @property
    def span(self) -> tuple[date, date]:
        """The first and the last date on which something is said to change."""
        days = [day.toordinal() for day, _ in self._epochs] + self._changed[
            [0, -1][: len(self._changed)]
        ].tolist()
        return (
            (date.fromordinal(min(days)), date.fromordinal(max(days))) if days else (self._first, self._last)
        )

    @property
    def told(self) -> tuple[date, date]:
        """The first and the last date with a name, as far as there are two; else those of `span`."""
        return (self._epochs[0][0], self._epochs[-1][0]) if len(self._epochs) > 1 else self.span

    @property
    def has_many(self) -> bool:
        """Whether objects come and go on more days than there are epochs."""
        return len(self._changed) > len(self._epochs)

    def step(self, direction: int) -> None:
        """Go to the next or the previous epoch, round at the ends."""
        days = np.array([day.toordinal() for day, _ in self._epochs]) if self._epochs else self._changed
        if not len(days):
            return
        now = self._date.toordinal()
        at = np.searchsorted(days, now, "right") if direction > 0 else np.searchsorted(days, now) - 1
        self.set_date(date.fromordinal(int(days[at % len(days)])))

    def sizeHint(self) -> QSize:
        """Room for the line and the names of the epochs."""
        return QSize(320, 48)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The line, the ticks with their names, and the handle."""
        colours = theme.current().colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        y = LINE_Y
        line = QPen(QColor(colours.strong_border), 3)
        line.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(line)
        painter.drawLine(QPointF(self._side, y), QPointF(self.width() - self._side, y))
        painter.setPen(QPen(QColor(colours.faint), 1))
        for x in self._places_of_changes():
            painter.drawLine(QPointF(x, y - 3), QPointF(x, y + 3))
        for day, _ in self._epochs:
            painter.setPen(QPen(QColor(colours.accent if day == self._date else colours.muted), 2))
            painter.drawLine(QPointF(self._x(day), y - 6), QPointF(self._x(day), y + 6))
        for day, name, box in self.labels():
            painter.setPen(QColor(colours.text if day == self._date else colours.muted))
            painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, name)
        painter.setPen(QPen(QColor(colours.panel), 2))
        painter.setBrush(QColor(colours.accent))
        painter.drawEllipse(QPointF(self._x(self._date), y), RADIUS, RADIUS)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colours.accent), 1))
            painter.drawEllipse(QPointF(self._x(self._date), y), RADIUS + 3, RADIUS + 3)
        painter.end()

    def labels(self) -> Iterator[tuple[date, str, QRectF]]:
        """Dates with their names and where these are written: those that have room, below their ticks."""
        free_from = 0.0
        for day, name in self._epochs:
            x, width = self._x(day), self.fontMetrics().horizontalAdvance(name) + 2
            left = max(min(x - width / 2, self.width() - width), free_from)
            if left - x < width and left + width <= self.width():
                yield day, name, QRectF(left, LINE_Y + 10, width, 18)
                free_from = left + width + 8

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the handle under the mouse; a name means its own date, wherever it has room."""
        named = [day for day, _, box in self.labels() if box.contains(event.position())]
        if named:
            self.set_date(named[0])
        else:
            self._move_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Carry the handle along."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._move_to(event.position().x())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from epoch to epoch."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Down: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 1}
        if event.key() in steps:
            self.step(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def _places_of_changes(self) -> list[float]:
        """Where objects come or go, one mark per point of the line however many days fall on it."""
        first, last = self._first.toordinal(), self._last.toordinal()
        days = self._changed[(self._changed >= first) & (self._changed <= last)]
        places = self._side + (days - first) / max(last - first, 1) * self._length
        return [float(place) for place in sorted(set(places.round().tolist()))]

    @property
    def _side(self) -> float:
        """Room beside the line for half a name; little where there is little room at all."""
        return min(SIDE, self.width() / 7)

    @property
    def _length(self) -> float:
        return self.width() - 2 * self._side

    def _x(self, day: date) -> float:
        span = max((self._last - self._first).days, 1)
        return self._side + (day - self._first).days / span * self._length

    def _move_to(self, x: float) -> None:
        for day, _ in self._epochs:
            if abs(self._x(day) - x) <= SNAP:
                self.set_date(day)
                return
        part = (x - self._side) / max(self._length, 1)
        self.set_date(self._first + (self._last - self._first) * min(max(part, 0.0), 1.0))
