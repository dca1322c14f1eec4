"""What all tools have in common: numbers in fields, numbers that are typed, a sketch over the view."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QPainter, QPen, QPolygonF

from app import theme
from app.modelling.desk import Desk
from app.modelling.ghost import Ghost
from app.modelling.numbers import BLOCKED, Typed
from layers.arrays import Float64
from layers.errors import EditError
from viewer.camera import Camera

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
KEYS = frozenset((*ENTER, Qt.Key.Key_Escape, Qt.Key.Key_Backspace))
#: With this key nothing is drawn to corners, edges or round numbers.
FREELY = Qt.KeyboardModifier.ControlModifier
#: From the cursor to what is said beside it, and how near a handle is taken hold of, in points.
BESIDE, HOLD = QPointF(16, 18), 15.0
KNOB = 7.0
Made = TypeVar("Made")


@dataclass(frozen=True)
class Field:
    """A number or a choice of a tool."""

    name: str
    title: str
    value: float | str
    unit: str = ""
    low: float = 0.0
    high: float = 1000.0
    decimals: int = 2
    choices: tuple[tuple[str, str], ...] = ()  # what is kept, what is said
    none: str = ""  # what the lowest number means, where it means none
    when: Callable[[Mapping[str, Any]], bool] = lambda _values: True  # shown only then


class Tool:
    """In use from `begin` until the desk puts it away; positions are those of the widget."""

    name: ClassVar[str]
    title: ClassVar[str]
    fields: ClassVar[tuple[Field, ...]] = ()
    button: ClassVar[str] = ""  # what finishes it

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.typed = Typed()
        self.cursor = QPointF(desk.canvas.rect().center())
        self.refusal = ""  # why what is shown cannot be made
        self.misfit = ""  # why a field holds no number that may be
        self._lack = ""  # why what is typed was not taken
        known = desk.memory.setdefault(self.name, {})
        self.values: dict[str, Any] = {field.name: field.value for field in self.fields} | known

    # -- what each does in its own way -------------------------------------------------------------

    def begin(self) -> None:
        """Start with what is selected."""

    @property
    def hint(self) -> str:
        """What to do next."""
        return ""

    @property
    def words(self) -> str:
        """The first thing to do, and where it goes into, for the view."""
        return f"{self.title}: {self.hint.partition('. ')[0].rstrip('.')} – {self.desk.goes_into}"

    @property
    def numbers(self) -> str:
        """The numbers of what is shown."""
        return ""

    @property
    def is_ready(self) -> bool:
        """Whether it could be finished now."""
        return False

    def follow(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """The cursor has come to a position."""

    @property
    def holds(self) -> bool:
        """Whether something is typed, drawn or dragged that is not made yet."""
        return bool(self.typed.text)

    def take_back(self) -> None:
        """Take the last of it back: what is typed, else a corner or number."""
        if self.typed.text:
            self.escape()
        else:
            self.back()
        self.desk.show()

    def enter(self) -> None:
        """Finish what is shown, or take what is typed."""

    def back(self) -> None:
        """Take the last corner or number back."""

    def on_city(self) -> None:
        """The city has changed, or another one is looked at."""

    def on_selection(self) -> None:
        """Something else is selected."""

    def on_values(self) -> None:
        """A field has another value."""

    def sketch(self, pen: Pen) -> None:
        """Draw what is shown."""

    # -- fields ------------------------------------------------------------------------------------

    def set_value(self, name: str, value: float | str) -> None:
        """Give a field another value, which is kept for the next time."""
        if self.values.get(name) == value:
            return
        self.values[name] = value
        self.desk.memory[self.name][name] = value
        self.on_values()
        self.desk.show()

    # -- what the canvas asks ----------------------------------------------------------------------

    def point(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """The cursor is at a position, without a button."""
        self.cursor = at
        self.desk.point(at, modifiers)

    def click(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        """Whether it has made use of a click."""
        return False

    def finish(self, at: QPointF) -> None:
        """A double click is as good as Enter."""
        self.enter()

    def grabs(self, at: QPointF) -> bool:
        """Whether a press at a position takes hold of something."""
        return False

    def drag_to(self, at: QPointF) -> None:
        """What is held has been dragged to a position."""

    def release(self) -> None:
        """What was dragged is let go."""

    def wants_key(self, event: QKeyEvent) -> bool:
        """Whether it would make use of a key."""
        plain = not event.modifiers() & BLOCKED
        return self.typed.wants(event) or (plain and Qt.Key(event.key()) in KEYS)

    def takes_key(self, event: QKeyEvent) -> bool:
        """Numbers, Enter, Backspace and Esc."""
        key = Qt.Key(event.key())
        is_typed = self.typed.take(event)
        if not is_typed and (event.modifiers() & BLOCKED or key not in KEYS):
            return False
        self._lack = ""
        if is_typed:
            self.on_typed()
        elif key in ENTER:
            self._lack = self.typed.problem or self.misfit
            if not self._lack:
                self.enter()
        elif key == Qt.Key.Key_Backspace:
            self.back()
        else:
            self.escape()
        self.desk.show()
        return True

    def on_typed(self) -> None:
        """Another number is typed."""

    def escape(self) -> None:
        """Forget what is typed, or end."""
        if self.typed.text:
            self.typed.text = ""
            self.on_typed()
        else:
            self.desk.end()

    # -- the sketch --------------------------------------------------------------------------------

    def attempt(self, make: Callable[[], Made]) -> Made | None:
        """What is made, or nothing where it is refused; then why is said beside the cursor."""
        self.refusal = ""
        try:
            return make()
        except EditError as error:
            self.refusal = error.sentence()
            return None

    def paint(self, painter: QPainter, area: QRectF, camera: Camera) -> None:
        """Draw the sketch, and beside the cursor what is typed or refused."""
        pen = Pen(painter, area, camera, self.desk)
        self.sketch(pen)
        at = self.cursor - self.desk.canvas.area_at(self.cursor).topLeft()
        if self._lack or self.refusal:
            pen.say(at + BESIDE, self._lack or self.refusal, is_refusal=True)
        elif self.typed.text:
            pen.say(at + BESIDE, self.typed.text)


class Pen:
    """Draws places of the world over the picture."""

    def __init__(self, painter: QPainter, area: QRectF, camera: Camera, desk: Desk) -> None:
        self.painter, self.area, self.camera, self._desk = painter, area, camera, desk
        self._colours = theme.current().colours
        self.accent = QColor(self._colours.accent)

    def at(self, points: Float64) -> list[QPointF | None]:
        """Where places (n, 3) are in the view; None behind the eye."""
        drawn = self._desk.session.scene.as_drawn(np.asarray(points, np.float64).reshape(-1, 3))
        found = self.camera.project(drawn, round(self.area.width()), round(self.area.height()))
        return [QPointF(x, y) if depth > 0.05 and np.isfinite(x) else None for x, y, depth in found.tolist()]

    def ghost(self, ghost: Ghost | None, is_refused: bool = False) -> None:
        """Draw shapes."""
        if ghost is not None:
            colour = QColor(self._colours.danger) if is_refused else self.accent
            ghost.paint(self.painter, self.area, self.camera, self._desk.session.scene.as_drawn, colour)

    def line(self, points: Sequence[Float64], is_dashed: bool = False, closes: bool = False) -> None:
        """Draw a line through places, with a light rim."""
        if len(points) < 2:
            return
        places = [place for place in self.at(np.array(points)) if place is not None]
        if closes and places:
            places.append(places[0])
        style = Qt.PenStyle.DashLine if is_dashed else Qt.PenStyle.SolidLine
        for colour, width in ((QColor(255, 255, 255, 190), 4.5), (self.accent, 2.2)):
            self.painter.setPen(QPen(colour, width, style))
            self.painter.setBrush(Qt.BrushStyle.NoBrush)
            self.painter.drawPolyline(QPolygonF(places))

    def dots(self, points: Sequence[Float64], radius: float = 4.0) -> None:
        """Draw corners."""
        self.painter.setPen(QPen(QColor("white"), 1.5))
        self.painter.setBrush(self.accent)
        for place in self.at(np.array(points)) if len(points) else ():
            if place is not None:
                self.painter.drawEllipse(place, radius, radius)

    def knob(self, point: Float64, text: str = "") -> None:
        """Draw a handle, and its number beside it."""
        (place,) = self.at(point)
        if place is None:
            return
        self.painter.setPen(QPen(QColor("white"), 2.0))
        self.painter.setBrush(self.accent)
        self.painter.drawEllipse(place, KNOB, KNOB)
        if text:
            self.say(place + QPointF(KNOB + 8, -KNOB - 14), text)

    def label(self, point: Float64, text: str) -> None:
        """Say something at a place."""
        (place,) = self.at(point)
        if place is not None:
            self.say(place + QPointF(8, -24), text)

    def say(self, at: QPointF, text: str, is_refusal: bool = False) -> None:
        """Words on a plate."""
        metrics = QFontMetricsF(self.painter.font())
        widest = QRectF(0, 0, 320, 400)
        words = metrics.boundingRect(widest, int(Qt.TextFlag.TextWordWrap), text)
        box = QRectF(at.x(), at.y(), words.width() + 14, words.height() + 8)
        box.moveRight(min(box.right(), self.area.right() - 4))
        box.moveBottom(min(box.bottom(), self.area.bottom() - 4))
        self.painter.setPen(QPen(QColor(self._colours.danger if is_refusal else self._colours.border), 1))
        self.painter.setBrush(QColor(self._colours.danger_soft if is_refusal else self._colours.overlay))
        self.painter.drawRoundedRect(box, 5, 5)
        self.painter.setPen(QColor(self._colours.danger if is_refusal else self._colours.text))
        inner = box.adjusted(7, 4, -7, -4)
        self.painter.drawText(inner, int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignVCenter), text)


def metres(value: float) -> str:
    """A length with its unit."""
    return f"{value:.2f} m"
