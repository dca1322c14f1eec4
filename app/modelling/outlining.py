"""What tools share that draw an outline first, and then drag how high or deep it is."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from PySide6.QtCore import QPointF, Qt

from app.modelling.desk import Desk
from app.modelling.sketching import HOW, SketchTool
from app.modelling.tool import HOLD, Pen, metres
from layers.arrays import Float64
from layers.modelling.outlines import Outline

#: Heights that are dragged are whole parts of this, metres.
STEP_M = 0.1
UP: Float64 = np.array([0.0, 0.0, 1.0])


class OutlineTool(SketchTool):
    """An outline, and once it is closed a handle over its middle."""

    closes, fewest = True, 3
    size: ClassVar[str]  # the field that the handle sets
    first_hint: ClassVar[str] = "Click the corners on the ground."
    then_hint: ClassVar[str] = ""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.is_closed = False
        self.ground_m = 0.0
        self.way = 1.0  # of the handle: 1 upwards, -1 downwards
        self._grip_m = 0.0  # from the cursor to the handle when it was taken hold of

    def remake(self) -> None:
        """Make what is shown anew: the outline is closed, and numbers are known."""
        raise NotImplementedError

    def make(self) -> None:
        """Make a step of what is shown."""
        raise NotImplementedError

    @property
    def is_made(self) -> bool:
        """Whether there is something to be made."""
        return not self.refusal

    # -- the stages --------------------------------------------------------------------------------

    @property
    def is_drawing(self) -> bool:
        """Whether the outline is not closed yet."""
        return not self.is_closed

    @property
    def is_ready(self) -> bool:
        """Whether it could be closed, or made."""
        return self.is_made if self.is_closed else len(self.corners) >= self.fewest

    @property
    def hint(self) -> str:
        """What to do next."""
        if not self.corners:
            return self.first_hint
        if not self.is_closed:
            return f"Enter, a double click or the first corner closes it. {HOW}"
        return self.then_hint

    @property
    def outline(self) -> Outline:
        """What is drawn; refused where it crosses itself."""
        return Outline.of(np.array(self.corners)[:, :2])

    def complete(self) -> None:
        """The outline is closed, if it can be."""
        if self.attempt(lambda: self.outline) is not None:
            places, aim = np.array(self.corners), self.desk.aim
            heights = aim.heights(places[:, :2]) if aim.has_terrain else places[:, 2]
            self.ground_m = float(heights.min())
            self.is_closed = True
            self.remake()
        self.desk.show()

    def back(self) -> None:
        """Open the outline again, or take its last corner back."""
        if self.is_closed:
            self.is_closed, self.refusal = False, ""
        else:
            super().back()

    def on_values(self) -> None:
        """Another number."""
        if self.is_closed:
            self.remake()

    def enter(self) -> None:
        """Close the outline, or make it."""
        if not self.is_closed:
            super().enter()
        elif self.typed.text:
            self.typed.text = ""
        elif self.is_made:
            self.make()

    # -- the handle --------------------------------------------------------------------------------

    @property
    def foot(self) -> Float64:
        """The middle of the outline, on the ground."""
        x, y = np.mean([corner[:2] for corner in self.corners], axis=0).tolist()
        return np.array([x, y, self.ground_m])

    @property
    def top(self) -> Float64:
        """Where the handle is."""
        return self.foot + self.way * float(self.values[self.size]) * UP

    def grabs(self, at: QPointF) -> bool:
        """Whether the handle is there."""
        if not self.is_closed or not self.desk.near(self.top, at, HOLD):
            return False
        self._grip_m = float(self.values[self.size]) - self._dragged(at)
        return True

    def _dragged(self, at: QPointF) -> float:
        return self.way * self.desk.aim.along(at, self.foot, UP)

    def drag_to(self, at: QPointF) -> None:
        """The handle follows the cursor."""
        self.cursor = at
        size = self._dragged(at) + self._grip_m
        self.set_value(self.size, max(round(round(size / STEP_M) * STEP_M, 3), STEP_M))

    def on_typed(self) -> None:
        """A number is the size."""
        if not self.is_closed:
            super().on_typed()
        elif self.typed.numbers and self.typed.numbers[0] > 0:
            self.set_value(self.size, self.typed.numbers[0])

    def follow(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Corners follow the cursor until the outline is closed."""
        super().follow(at, modifiers)
        self.cursor = at

    # -- sketch ------------------------------------------------------------------------------------

    def sketch(self, pen: Pen) -> None:
        """Draw the outline, and its handle."""
        if not self.is_closed:
            super().sketch(pen)
            return
        self.sketch_made(pen)
        pen.line([np.array([*corner[:2], self.ground_m]) for corner in self.corners], closes=True)
        pen.knob(self.top, metres(float(self.values[self.size])))

    def sketch_made(self, pen: Pen) -> None:
        """Draw what would be made."""
