"""What tools share that change what is selected: by a handle that one drags, or by numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import QPointF

from app.modelling.desk import Desk
from app.modelling.ghost import Ghost
from app.modelling.tool import HOLD, Pen, Tool
from layers.arrays import Float64
from layers.edit import Edit
from layers.errors import CitystrataError
from layers.modelling.moving import middle
from layers.reworking import Workshop
from layers.shapes import Shape

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
        self._begun: dict[str, Any] = {}  # the numbers with which nothing is changed by hand
        self._untyped: dict[str, Any] = {}  # the numbers before something was typed

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
        self._begun = self._untyped = dict(self.values)

    @property
    def holds(self) -> bool:
        """Whether it is dragged, or has other numbers than in the beginning."""
        return self._is_dragged or self.values != self._begun or super().holds

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
            self.show_ghost(self.changed.values())
        self.desk.show()

    def show_ghost(self, shapes: Iterable[Shape]) -> None:
        """Show shapes as what would be."""
        self._ghost = Ghost(shapes)

    def on_values(self) -> None:
        """A field has another number."""
        self._untyped = dict(self.values)
        self.remake()

    def on_typed(self) -> None:
        """Numbers stand for what one drags; half a number, or none any more, changes nothing."""
        if self.shapes:
            self.values |= self._untyped
            if self.typed.text and not self.typed.problem:
                self.typed_numbers(self.typed.numbers)
            self.remake()

    def grabs(self, at: QPointF) -> bool:
        """Whether a handle is there."""
        for number, (place, _) in enumerate(self.knobs()):
            if self.desk.near(place, at, HOLD):
                self.take_hold(number, at)
                return True
        return False

    def take_hold(self, knob: int, at: QPointF) -> None:
        """Hold a handle until it is let go."""
        self._held, self._is_dragged = knob, False
        self.grip(knob, at)

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
        """Make a step of what is shown; what is refused stays, to be put right."""
        self.typed.text = ""
        if self.refusal:
            self.desk.session.message.emit(self.refusal)
            self.desk.show()
        else:
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
