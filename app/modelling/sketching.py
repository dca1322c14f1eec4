"""Tools with which one draws corner by corner on the ground: an outline, or a line."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QPointF, Qt

from app.modelling.aim import NO_EDGES, Aimed
from app.modelling.desk import Desk
from app.modelling.tool import FREELY, Pen, Tool, metres
from layers.arrays import Float64
from layers.modelling.snapping import FREE

#: So near the first corner a click closes an outline, in points.
CLOSING = 10.0
HOW = "Type a length, then < and its direction (0° is north, clockwise). Backspace takes a corner back."


class SketchTool(Tool):
    """Corners on the ground, drawn to what is near; lengths and directions may be typed."""

    closes: bool = False  # whether the corners are an outline
    fewest: int = 2
    most: int = 100_000

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.corners: list[Float64] = []
        self.aimed: Aimed | None = None

    def complete(self) -> None:
        """The last corner is drawn."""
        raise NotImplementedError

    @property
    def is_drawing(self) -> bool:
        """Whether clicks are corners."""
        return True

    @property
    def is_ready(self) -> bool:
        """Whether there are corners enough."""
        return self.is_drawing and len(self.corners) >= self.fewest

    @property
    def numbers(self) -> str:
        """Length of the side that is drawn, and the area."""
        places = [*self.corners, *([self.aimed.place] if self.aimed is not None else [])]
        if not self.closes or len(places) < 3:
            length = sum(math.dist(a[:2], b[:2]) for a, b in pairwise(places))
            return metres(length) if length else ""
        x, y = (np.array(places) - places[0])[:, :2].T
        area = abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
        return f"{area:.1f} m²"

    # -- corners -----------------------------------------------------------------------------------

    @property
    def holds(self) -> bool:
        """Whether there are corners of what is not made yet."""
        return bool(self.corners) or super().holds

    @property
    def drawn(self) -> Float64:
        """(m, 2, 3) the sides that are drawn."""
        if len(self.corners) < 2:
            return NO_EDGES
        return np.stack((np.array(self.corners[:-1]), np.array(self.corners[1:])), axis=1)

    def follow(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Aim at what is under the cursor."""
        if self.is_drawing:
            self._aim(at, bool(modifiers & FREELY))

    def _aim(self, at: QPointF, is_free: bool) -> None:
        self.cursor = at
        start = self.corners[-1] if self.corners else None
        self.aimed = self._said(self.desk.aim.ground_at(at, start, self.drawn, is_free))
        self.on_aimed()

    def on_aimed(self) -> None:
        """The next corner would be another one."""

    def _said(self, aimed: Aimed) -> Aimed:
        """The place that is typed, if one is, else where the cursor is."""
        numbers = self.typed.numbers
        if not self.corners or not numbers:
            return aimed
        start = self.corners[-1]
        if len(numbers) > 1 and self.typed.is_polar:
            turn = math.radians(numbers[1])
            way = np.array([math.sin(turn), math.cos(turn)])
        else:
            way = aimed.place[:2] - start[:2]
            length = float(np.hypot(*way))
            way = way / length if length > 1e-9 else np.array([0.0, 1.0])
        place = start[:2] + numbers[0] * way
        return Aimed(np.array([*place, self.desk.aim.ground(place)]), FREE)

    def on_typed(self) -> None:
        """The next corner is where the numbers say."""
        self._aim(self.cursor, False)

    def click(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        """A corner; on the first one the outline is closed."""
        if not self.is_drawing:
            return True
        if self.closes and self.is_ready and self.desk.near(self.corners[0], at, CLOSING):
            self.complete()
            return True
        self._aim(at, bool(modifiers & FREELY))
        self._add()
        return True

    def _add(self) -> None:
        if self.aimed is None:
            return
        if self.corners and math.dist(self.aimed.place[:2], self.corners[-1][:2]) < 1e-3:
            return
        self.corners.append(self.aimed.place)
        self.typed.text = ""
        self.on_aimed()
        if len(self.corners) == self.most:
            self.complete()
        self.desk.show()

    def enter(self) -> None:
        """Take what is typed as a corner, or be done."""
        if self.typed.numbers and self.corners:
            self._add()
        elif self.is_ready:
            self.complete()

    def back(self) -> None:
        """Take the last corner back."""
        if self.corners:
            self.corners.pop()
            self.on_aimed()

    def on_city(self) -> None:
        """Heights and edges may be others."""
        self.aimed = None

    # -- sketch ------------------------------------------------------------------------------------

    def sketch(self, pen: Pen) -> None:
        """Draw the sides, the one to come with its numbers, and what it is drawn to."""
        pen.line(self.corners)
        if self.aimed is None or not self.is_drawing:
            pen.dots(self.corners)
            return
        if self.corners:
            start, place = self.corners[-1], self.aimed.place
            pen.line([start, place], is_dashed=True)
            if self.closes and len(self.corners) > 1:
                pen.line([place, self.corners[0]], is_dashed=True)
        pen.dots([*self.corners, self.aimed.place])
        said = [] if self.aimed.to == FREE else [self.aimed.to]
        if self.corners and (length := math.dist(start[:2], place[:2])):
            said.insert(0, f"{metres(length)}  {azimuth(start, place):.1f}°")
        if said:
            pen.label(self.aimed.place, "  ".join(said))


def azimuth(start: Float64, end: Float64) -> float:
    """The direction from one place to another, degrees clockwise from grid north."""
    east, north = (end - start)[:2].tolist()
    return math.degrees(math.atan2(east, north)) % 360
