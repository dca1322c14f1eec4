"""Tools that change what is selected by a handle, or by a number: raise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from PySide6.QtCore import QPointF, Qt

from app.modelling.desk import Desk
from app.modelling.ghost import Ghost
from app.modelling.tool import HOLD, Field, Pen, Tool, metres
from layers.arrays import Float64
from layers.edit import Edit
from layers.errors import CitystrataError
from layers.modelling.moving import middle
from layers.modelling.pushing import raised
from layers.reworking import Workshop, top_m
from layers.shapes import Shape

UP: Float64 = np.array([0.0, 0.0, 1.0])
CHOOSE = "Click the building that is meant."


class HandleTool(Tool):
    """Has the shapes of what is selected, and shows what would become of them as a ghost.

    Letting go of the handle makes a step of it; so does Enter after a number.
    """

    whole: ClassVar[bool] = True  # whether buildings are meant with all their parts

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.shapes: dict[int, Shape] = {}
        self.changed: dict[int, Shape] = {}
        self._ghost: Ghost | None = None
        self._is_committing = False

    # -- what each does in its own way -------------------------------------------------------------

    def made(self) -> Mapping[int, Shape]:
        """What would become of the shapes; nothing where they stay."""
        raise NotImplementedError

    def knobs(self) -> Sequence[tuple[Float64, str]]:
        """Where the handles are, and what is said beside them."""
        return ()

    def grip(self, knob: int, at: QPointF) -> None:
        """A handle is taken hold of."""

    def drag(self, knob: int, at: QPointF) -> None:
        """It is dragged."""

    def typed_numbers(self, numbers: tuple[float, ...]) -> None:
        """Numbers are typed."""

    def reset(self) -> None:
        """Begin with nothing changed."""

    @property
    def label(self) -> str:
        """The name of the step."""
        return self.title

    def write(self, workshop: Workshop, edit: Edit) -> Sequence[int]:
        """Make the change."""
        return workshop.reshape(edit, self.changed)

    # -- what is selected --------------------------------------------------------------------------

    def begin(self) -> None:
        """Take the shapes of what is selected."""
        self.take()

    def take(self) -> None:
        """Read the shapes of what is selected, if it has any."""
        self.shapes, self.changed, self._ghost, self.refusal = {}, {}, None, ""
        selected = self.desk.session.selection
        if len(selected):
            try:
                self.shapes = self.desk.aim.workshop.shapes(selected.tolist(), self.whole)
            except CitystrataError as error:
                self.refusal = error.sentence()
        self.reset()

    def on_selection(self) -> None:
        """Another building is meant."""
        if not self._is_committing:
            self.take()

    def on_city(self) -> None:
        """The shapes may be others."""
        if not self._is_committing:
            self.take()

    @property
    def hint(self) -> str:
        """What to do next."""
        return self.how if self.shapes else CHOOSE

    how: ClassVar[str] = ""

    @property
    def is_ready(self) -> bool:
        """Whether something would change."""
        return bool(self.changed) and not self.refusal

    # -- changing ----------------------------------------------------------------------------------

    def remake(self) -> None:
        """Make the ghost anew."""
        found = self.attempt(self.made)
        if found is not None:
            self.changed = dict(found)
            self._ghost = Ghost(self.changed.values()) if self.changed else None
        self.desk.show()

    def on_values(self) -> None:
        """A field has another number."""
        self.remake()

    def on_typed(self) -> None:
        """Numbers stand for what one drags."""
        if self.shapes and self.typed.numbers:
            self.typed_numbers(self.typed.numbers)
            self.remake()

    def grabs(self, at: QPointF) -> bool:
        """Whether a handle is there."""
        for number, (place, _) in enumerate(self.knobs()):
            if self.desk.near(place, at, HOLD):
                self._held, self._is_dragged = number, False
                self.grip(number, at)
                return True
        return False

    _held, _is_dragged = 0, False

    def drag_to(self, at: QPointF) -> None:
        """The handle follows the cursor."""
        self.cursor, self._is_dragged = at, True
        self.drag(self._held, at)
        self.remake()

    def release(self) -> None:
        """Letting go makes a step of it."""
        if self._is_dragged:
            self._is_dragged = False
            self.commit()

    def enter(self) -> None:
        """Make a step of what is shown."""
        self.typed.text = ""
        self.commit()

    def back(self) -> None:
        """Nothing is changed."""
        self.take()
        self.desk.show()

    def commit(self) -> None:
        """Make a step of what is shown, and go on with what became of it."""
        if not self.is_ready:
            self.take()
            self.desk.show()
            return
        self._is_committing = True
        try:
            self.desk.carry_out(self.label, self.write, ghost=list(self.changed.values()))
        finally:
            self._is_committing = False
        self.take()
        self.desk.show()

    # -- sketch ------------------------------------------------------------------------------------

    def sketch(self, pen: Pen) -> None:
        """Draw the ghost and the handles."""
        pen.ghost(self._ghost, bool(self.refusal))
        for place, text in self.knobs():
            pen.knob(place, text)


def foot_of(shapes: Mapping[int, Shape]) -> Float64:
    """The middle of all shapes, on their foot."""
    corners = np.concatenate([shape.vertices for shape in shapes.values()])
    return middle(Shape([], corners))


class RaiseTool(HandleTool):
    """The roof moves up or down."""

    name, title, button = "raise", "Raise", "Raise"
    whole = False
    how = "Drag the handle up or down, or type by how much, then Enter."
    fields: ClassVar[tuple[Field, ...]] = (
        Field("by_m", "By", 0.0, "m", -1000.0, 1000.0),
        Field("storeys", "Storeys", 0.0, "", -100, 100, 0),
        Field("storey_m", "Storey height", 3.0, "m", 2.0, 20.0),
    )

    def reset(self) -> None:
        """Begin with the roof where it is."""
        self.values |= {"by_m": 0.0, "storeys": 0.0}

    def set_value(self, name: str, value: float | str) -> None:
        """Storeys are metres, too."""
        if name == "storeys":
            self.values["by_m"] = float(value) * self.values["storey_m"]
        elif name == "by_m":
            self.values["storeys"] = float(round(float(value) / self.values["storey_m"]))
        super().set_value(name, value)

    def made(self) -> Mapping[int, Shape]:
        """The roofs at their new heights."""
        by_m = self.values["by_m"]
        if not by_m:
            return {}
        return {fid: raised(shape, by_m) for fid, shape in self.shapes.items()}

    def knobs(self) -> Sequence[tuple[Float64, str]]:
        """Over the middle, at the top."""
        if not self.shapes:
            return ()
        foot, by_m = foot_of(self.shapes), self.values["by_m"]
        top = top_m(self.shapes.values())
        said = f"{by_m:+.2f} m → {metres(top + by_m - foot[2])}" if by_m else ""
        return [(np.array([*foot[:2], top + by_m]), said)]

    def grip(self, knob: int, at: QPointF) -> None:
        """Remember where on the way up it is taken hold of."""
        self._from = self.desk.aim.along(at, foot_of(self.shapes), UP) - self.values["by_m"]

    _from = 0.0

    def drag(self, knob: int, at: QPointF) -> None:
        """The roof follows the cursor, by tenths of a metre."""
        up = self.desk.aim.along(at, foot_of(self.shapes), UP) - self._from
        self.values["by_m"] = round(up, 1)
        self.values["storeys"] = float(round(up / self.values["storey_m"]))

    def typed_numbers(self, numbers: tuple[float, ...]) -> None:
        """By so many metres."""
        self.values["by_m"] = numbers[0]

    @property
    def label(self) -> str:
        """By how much."""
        return f"Raise by {self.values['by_m']:g} m"

    def write(self, workshop: Workshop, edit: Edit) -> Sequence[int]:
        """Roofs move, and so do the heights that are told."""
        return workshop.reshape(edit, self.changed, rise_m=self.values["by_m"])

    def click(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        """Clicks select."""
        return False
