"""Tools that move, duplicate, turn and scale what is selected, with handles and with numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QGuiApplication

from app.modelling.aim import NEAR_M, NO_EDGES
from app.modelling.desk import Desk
from app.modelling.handling import HandleTool, foot_of
from app.modelling.outlining import UP
from app.modelling.sketching import azimuth
from app.modelling.tool import FREELY, Field, Pen, metres
from layers.arrays import Float64
from layers.edit import Edit
from layers.footing import carried
from layers.modelling.moving import moved, scaled, turned
from layers.modelling.snapping import CORNER, FREE, Snapper, edges_in
from layers.reworking import Workshop, top_m
from layers.shapes import Shape

#: What is dragged comes to whole parts of these, but with Ctrl.
STEP_M, TURN_DEG, FACTOR = 0.1, 5.0, 0.05
#: Handles beside what is selected are so many times as far from its middle as its corners.
BESIDE = 1.25
#: Heights of what one drags are above its foot so far, where it is small.
LEAST_M = 2.0
#: So many corners of what one drags come to corners near by.
MOST_CORNERS = 24


def is_free() -> bool:
    """Whether one drags without coming to corners and round numbers."""
    return bool(QGuiApplication.keyboardModifiers() & FREELY)


def stepped(value: float, step: float) -> float:
    """A number as a whole part of a step, if it is not to be free."""
    return round(value, 3) if is_free() else round(round(value / step) * step, 6)


class MoveTool(HandleTool):
    """Over the ground with one handle, or the building itself; up and down with the other."""

    name, title, button = "move", "Move", "Move"
    how = (
        "Drag the building, or its upper handle up and down; a corner comes to corners and edges near by, "
        "but with Ctrl. It stays on the ground, unless you say a height. Or type how far: 10 < 90 "
        "(length < direction), or 10 5 (east north), then Enter."
    )
    fields: ClassVar[tuple[Field, ...]] = (
        Field("east_m", "East", 0.0, "m", -100_000.0, 100_000.0),
        Field("north_m", "North", 0.0, "m", -100_000.0, 100_000.0),
        Field("up_m", "Up", 0.0, "m", -5000.0, 5000.0),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._grabbed: Float64 = np.zeros(3)
        self._corners: Float64 = np.empty((0, 2))
        self._own: set[tuple[float, ...]] = set()
        self._cell: list[float] = []  # around which others are known
        self._others: Float64 = NO_EDGES
        self._to = FREE
        self._from = 0.0
        self._says_up = False  # whether what is typed says how high
        self._level: float | None = None  # of the place where the building itself is taken hold of

    def reset(self) -> None:
        """Begin where it is."""
        self._to, self._says_up = FREE, False
        self.values |= dict.fromkeys(("east_m", "north_m", "up_m"), 0.0)

    @property
    def way(self) -> Float64:
        """How far it is moved."""
        return np.array([self.values[name] for name in ("east_m", "north_m", "up_m")])

    def made(self) -> Mapping[int, Shape]:
        """The shapes elsewhere."""
        way = self.way
        if not way.any():
            return {}
        if self._says_up or way[2]:
            return {fid: moved(shape, way) for fid, shape in self.shapes.items()}
        return carried(self.desk.aim.workshop, self.shapes, way)

    @property
    def numbers(self) -> str:
        """How far it goes up or down with the ground."""
        if not self.is_ready or self.way[2]:
            return ""
        fid = next(iter(self.changed))
        up = float((self.changed[fid].vertices - self.shapes[fid].vertices)[0, 2])
        return f"{abs(up):.2f} m {'up' if up > 0 else 'down'}, with the ground" if abs(up) > 0.005 else ""

    def knobs(self) -> Sequence[tuple[Float64, str]]:
        """On the foot, and over the top."""
        if not self.shapes:
            return ()
        foot, way = foot_of(self.shapes), self.way
        top = np.array([*foot[:2], top_m(self.shapes.values())])
        along = f"{metres(math.hypot(*way[:2]))}  {azimuth(foot, foot + way):.1f}°" if way[:2].any() else ""
        said = f"{along}  {self._to}" if along and self._to != FREE else along
        return [(foot + way, said), (top + way, f"{way[2]:+.2f} m" if way[2] else "")]

    def grabs(self, at: QPointF) -> bool:
        """A handle, or the building itself."""
        self._level = None
        if super().grabs(at):
            return True
        hit = self.desk.aim.hit(at) if self.shapes else None
        if hit is None or hit.fid not in self.shapes:
            return False
        self._level = float(hit.point_in_world[2])
        self.take_hold(0, at)
        return True

    def grip(self, knob: int, at: QPointF) -> None:
        """Remember the place that is taken hold of, and the corners, the nearest to it first."""
        aim, foot = self.desk.aim, foot_of(self.shapes)
        if knob:
            self._from = aim.along(at, foot, UP) - self.values["up_m"]
            return
        level = float(foot[2] + self.values["up_m"]) if self._level is None else self._level
        self._grabbed = aim.on_level(at, level) - self.way
        edges = np.concatenate([edges_in(shape) for shape in self.shapes.values()])
        corners = edges.reshape(-1, 3)
        self._own, self._cell = {_key(place) for place in corners}, []
        plan = np.unique(np.round(corners[:, :2], 3), axis=0)
        away = np.linalg.norm(plan - self._grabbed[:2], axis=1)
        self._corners = plan[np.argsort(away, kind="stable")[:MOST_CORNERS]]

    def drag(self, knob: int, at: QPointF) -> None:
        """It follows the cursor."""
        if knob:
            up = self.desk.aim.along(at, foot_of(self.shapes), UP) - self._from
            self.values["up_m"] = stepped(up, STEP_M)
            return
        way = self.desk.aim.on_level(at, float(self._grabbed[2] + self.values["up_m"])) - self._grabbed
        self._to = FREE
        if not is_free():
            snapped = self._snapped(way[:2])
            way[:2] = np.round(way[:2] / STEP_M) * STEP_M if snapped is None else snapped
        self.values |= {"east_m": round(float(way[0]), 6), "north_m": round(float(way[1]), 6)}

    def _snapped(self, way: Float64) -> Float64 | None:
        """The way on which one of its corners comes to a corner near by, or else to an edge."""
        aim, foot = self.desk.aim, foot_of(self.shapes)
        there = np.array([*(foot[:2] + way), foot[2]])
        cell = (there[:2] // NEAR_M).tolist()
        if cell != self._cell:
            self._cell, self._others = cell, aim.others(there, self._own)
        snapper = Snapper(self._others, aim.reach_m(there))
        found: list[tuple[bool, float, Float64, str]] = []
        for corner in self._corners:
            snapped = snapper.snap(corner + way)
            if snapped.to != FREE:
                off = float(np.linalg.norm(snapped.place - corner - way))
                found.append((snapped.to != CORNER, off, snapped.place - corner, snapped.to))
        if not found:
            return None
        _, _, best, self._to = min(found, key=lambda each: each[:2])
        return best

    def on_typed(self) -> None:
        """Without a height it stays on the ground."""
        self._says_up = False
        super().on_typed()

    def typed_numbers(self, numbers: tuple[float, ...]) -> None:
        """East, north and up; or a length and its direction."""
        if self.typed.is_polar and len(numbers) > 1:
            turn = math.radians(numbers[1])
            numbers = (numbers[0] * math.sin(turn), numbers[0] * math.cos(turn))
        self._says_up = len(numbers) > 2
        for name, number in zip(("east_m", "north_m", "up_m"), numbers, strict=False):
            self.values[name] = number

    @property
    def label(self) -> str:
        """How far."""
        way = self.way
        if not way[:2].any():
            return f"{self.title} by {way[2]:g} m upwards"
        return f"{self.title} by {math.hypot(*way[:2]):.2f} m"


def _key(place: Float64) -> tuple[float, ...]:
    return tuple(round(part, 3) for part in place.tolist())


class DuplicateTool(MoveTool):
    """The same, but what is selected stays and a copy is put there."""

    name, title, button = "duplicate", "Duplicate", "Duplicate"

    def write(self, workshop: Workshop, edit: Edit) -> Sequence[int]:
        """Add copies."""
        return workshop.copies(edit, [self.changed])


class TurnTool(HandleTool):
    """Turned about its middle."""

    name, title, button = "turn", "Rotate", "Rotate"
    how = "Drag the handle around, or type by how many degrees, clockwise, then Enter. Ctrl: not by steps."
    fields: ClassVar[tuple[Field, ...]] = (Field("turn_deg", "Clockwise by", 0.0, "°", -360.0, 360.0, 2),)

    def reset(self) -> None:
        """Begin as it stands."""
        self.values["turn_deg"] = 0.0

    def made(self) -> Mapping[int, Shape]:
        """The shapes turned."""
        turn = self.values["turn_deg"]
        if not turn:
            return {}
        about = foot_of(self.shapes)
        return {fid: turned(shape, -turn, about) for fid, shape in self.shapes.items()}

    def knobs(self) -> Sequence[tuple[Float64, str]]:
        """Beside it."""
        if not self.shapes:
            return ()
        turn, foot = self.values["turn_deg"], foot_of(self.shapes)
        way = np.array([math.sin(math.radians(turn + 90)), math.cos(math.radians(turn + 90)), 0.0])
        return [(foot + way * reach_of(self.shapes), f"{turn:+.1f}°" if turn else "")]

    def drag(self, knob: int, at: QPointF) -> None:
        """The handle follows the cursor."""
        foot = foot_of(self.shapes)
        turn = (azimuth(foot, self.desk.aim.on_level(at, float(foot[2]))) - 90 + 180) % 360 - 180
        self.values["turn_deg"] = stepped(turn, TURN_DEG)

    def typed_numbers(self, numbers: tuple[float, ...]) -> None:
        """By so many degrees."""
        self.values["turn_deg"] = numbers[0]

    @property
    def label(self) -> str:
        """By how much."""
        return f"Rotate by {self.values['turn_deg']:g}°"

    def sketch(self, pen: Pen) -> None:
        """Draw the arm of the handle, too."""
        for place, _ in self.knobs():
            pen.line([foot_of(self.shapes), place], is_dashed=True)
        super().sketch(pen)


class ScaleTool(HandleTool):
    """Larger or smaller about the middle of its foot."""

    name, title, button = "scale", "Scale", "Scale"
    how = "Drag the handle, or type a factor (or three: along, across, upwards), then Enter."
    fields: ClassVar[tuple[Field, ...]] = (
        Field("along", "Along", 1.0, "×", 0.01, 100.0, 3),
        Field("across", "Across", 1.0, "×", 0.01, 100.0, 3),
        Field("up", "Upwards", 1.0, "×", 0.01, 100.0, 3),
    )

    def reset(self) -> None:
        """Begin as large as it is."""
        self.values |= dict.fromkeys(("along", "across", "up"), 1.0)

    @property
    def factors(self) -> tuple[float, float, float]:
        """Along its long sides, across, and upwards."""
        values: dict[str, Any] = self.values
        return float(values["along"]), float(values["across"]), float(values["up"])

    def made(self) -> Mapping[int, Shape]:
        """The shapes scaled."""
        if self.factors == (1.0, 1.0, 1.0):
            return {}
        about, axis = foot_of(self.shapes), axis_deg(self.shapes)
        return {fid: scaled(shape, self.factors, about, axis) for fid, shape in self.shapes.items()}

    def knobs(self) -> Sequence[tuple[Float64, str]]:
        """Beside it, along its long sides."""
        if not self.shapes:
            return ()
        axis, factors = math.radians(axis_deg(self.shapes)), self.factors
        way = np.array([math.cos(axis), math.sin(axis), 0.0])
        said = " × ".join(f"{factor:g}" for factor in dict.fromkeys(factors)) if factors != (1, 1, 1) else ""
        return [(foot_of(self.shapes) + way * reach_of(self.shapes) * factors[0], said)]

    def drag(self, knob: int, at: QPointF) -> None:
        """All grows with the way from the middle to the cursor."""
        foot = foot_of(self.shapes)
        away = math.dist(self.desk.aim.on_level(at, float(foot[2]))[:2], foot[:2])
        factor = max(stepped(away / reach_of(self.shapes), FACTOR), FACTOR)
        self.values |= dict.fromkeys(("along", "across", "up"), factor)

    def typed_numbers(self, numbers: tuple[float, ...]) -> None:
        """One factor for all, or one each."""
        each = numbers if len(numbers) == 3 else (numbers[0],) * 3
        self.values |= dict(zip(("along", "across", "up"), each, strict=True))

    @property
    def label(self) -> str:
        """By how much."""
        return f"Scale by {' × '.join(f'{factor:g}' for factor in dict.fromkeys(self.factors))}"

    def write(self, workshop: Workshop, edit: Edit) -> Sequence[int]:
        """Heights that are told follow."""
        before = top_m(self.shapes.values())
        return workshop.reshape(edit, self.changed, rise_m=top_m(self.changed.values()) - before)


def reach_of(shapes: Mapping[int, Shape]) -> float:
    """How far from the middle of shapes a handle stands beside them."""
    foot = foot_of(shapes)
    corners = np.concatenate([shape.vertices for shape in shapes.values()])
    return max(float(np.linalg.norm(corners[:, :2] - foot[:2], axis=1).max()) * BESIDE, LEAST_M)


def axis_deg(shapes: Mapping[int, Shape]) -> float:
    """The direction of the longest level edge of shapes, degrees anticlockwise from east."""
    edges = np.concatenate([edges_in(shape) for shape in shapes.values()])
    ways = edges[:, 1] - edges[:, 0]
    if not len(ways):  # points alone
        return 0.0
    flat = np.hypot(ways[:, 0], ways[:, 1]) * (np.abs(ways[:, 2]) < 0.01)
    longest = ways[int(flat.argmax())]
    return math.degrees(math.atan2(longest[1], longest[0])) % 180
