"""Tools that raise roofs, push and pull faces, and split at a height."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from PySide6.QtCore import QPointF, Qt

from app.modelling.desk import Desk
from app.modelling.handling import HandleTool, foot_of
from app.modelling.outlining import UP
from app.modelling.tool import Field, Pen, metres
from layers.arrays import Float64
from layers.edit import Edit
from layers.modelling.bodies import body_of
from layers.modelling.dividing import Cut
from layers.modelling.figures import face_at
from layers.modelling.pushing import pushed, raised
from layers.reworking import Workshop, top_m
from layers.shapes import Shape

#: Lengths that are dragged are whole parts of this, metres.
STEP_M = 0.1


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


class PushTool(HandleTool):
    """One face of a building moves outwards or inwards."""

    name, title, button, whole = "push", "Push or pull a face", "Push", False
    fields: ClassVar[tuple[Field, ...]] = (Field("by_m", "By", 0.0, "m", -500.0, 500.0),)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._fid = self._geometry = self._face = -1
        self._start: Float64 = np.zeros(3)
        self._normal: Float64 = UP
        self._ring: list[Float64] = []
        self._from = 0.0

    def reset(self) -> None:
        """Begin with no face, or with the same one where it still is."""
        self.values["by_m"] = 0.0
        self._fid = -1

    @property
    def hint(self) -> str:
        """What to do next."""
        if self._fid < 0:
            return "Click the face of a building that is to be moved."
        return "Drag the handle, or type by how much: outwards is more, inwards is less than 0. Then Enter."

    def click(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        """Choose the face that is clicked."""
        hit = self.desk.aim.hit(at)
        if hit is None or hit.fid is None:
            return True
        self.desk.session.select([hit.fid])
        self.take()
        if hit.fid in self.shapes:
            self._choose(hit.fid, hit.point_in_world)
        self.desk.show()
        return True

    def _choose(self, fid: int, point: Float64) -> None:
        shape = self.shapes[fid]
        found = self.attempt(lambda: face_at(shape, point))
        if found is None:
            return
        self._fid, (self._geometry, self._face), self._start = fid, found, point
        body = body_of(shape.geometries[self._geometry], shape.vertices)
        self._normal = body.normals()[self._face]
        self._ring = [body.points[node] for node in body.faces[self._face][0]]

    def made(self) -> Mapping[int, Shape]:
        """The building with its face elsewhere."""
        by_m = self.values["by_m"]
        if self._fid < 0 or not by_m:
            return {}
        return {self._fid: pushed(self.shapes[self._fid], self._geometry, self._face, by_m)}

    def knobs(self) -> Sequence[tuple[Float64, str]]:
        """On the face."""
        if self._fid < 0:
            return ()
        by_m = self.values["by_m"]
        return [(self._start + by_m * self._normal, f"{by_m:+.2f} m" if by_m else "")]

    def grip(self, knob: int, at: QPointF) -> None:
        """Remember where on the way it is taken hold of."""
        self._from = self.desk.aim.along(at, self._start, self._normal) - self.values["by_m"]

    def drag(self, knob: int, at: QPointF) -> None:
        """The face follows the cursor."""
        by_m = self.desk.aim.along(at, self._start, self._normal) - self._from
        self.values["by_m"] = round(round(by_m / STEP_M) * STEP_M, 3)

    def typed_numbers(self, numbers: tuple[float, ...]) -> None:
        """By so many metres."""
        self.values["by_m"] = numbers[0]

    @property
    def label(self) -> str:
        """By how much."""
        by_m = self.values["by_m"]
        return f"{'Pull' if by_m > 0 else 'Push'} a face by {abs(by_m):g} m"

    def sketch(self, pen: Pen) -> None:
        """Draw the face that is meant, too."""
        super().sketch(pen)
        if self._fid >= 0:
            pen.line([place + self.values["by_m"] * self._normal for place in self._ring], closes=True)


class FloorTool(HandleTool):
    """A building is split at a height: what lies below, and what lies above."""

    name, title, button = "split_height", "Split at a height", "Split"
    how = "Drag the handle to the height, or type it in metres above the ground. Enter splits."
    fields: ClassVar[tuple[Field, ...]] = (Field("height_m", "Height above ground", 3.0, "m", 0.01, 2000.0),)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._parts: tuple[Mapping[int, Shape], ...] = ()
        self._from = 0.0

    def reset(self) -> None:
        """Begin in the middle."""
        if self.shapes:
            foot = foot_of(self.shapes)
            self.values["height_m"] = round((top_m(self.shapes.values()) - foot[2]) / 2, 1)
            self.remake()

    def made(self) -> Mapping[int, Shape]:
        """What lies above stands for both in the ghost."""
        self._parts = Cut.at_height(foot_of(self.shapes)[2] + self.values["height_m"]).split(self.shapes)
        return self._parts[1]

    def knobs(self) -> Sequence[tuple[Float64, str]]:
        """Over the middle, at the height."""
        if not self.shapes:
            return ()
        height = self.values["height_m"]
        return [(foot_of(self.shapes) + height * UP, metres(height))]

    def grip(self, knob: int, at: QPointF) -> None:
        """Remember where it is taken hold of."""
        self._from = self.desk.aim.along(at, foot_of(self.shapes), UP) - self.values["height_m"]

    def drag(self, knob: int, at: QPointF) -> None:
        """The height follows the cursor."""
        height = self.desk.aim.along(at, foot_of(self.shapes), UP) - self._from
        self.values["height_m"] = max(round(height, 1), 0.1)

    def typed_numbers(self, numbers: tuple[float, ...]) -> None:
        """So high."""
        self.values["height_m"] = numbers[0]

    def release(self) -> None:
        """Letting go is not enough: the button splits."""

    @property
    def label(self) -> str:
        """At which height."""
        return f"Split at {self.values['height_m']:g} m"

    def write(self, workshop: Workshop, edit: Edit) -> Sequence[int]:
        """Two buildings in the place of one."""
        return workshop.divide(edit, self._parts)

    def commit(self) -> None:
        """Split, and be done."""
        was = self.desk.session.project.can_undo
        super().commit()
        if self.desk.session.project.can_undo != was:
            self.desk.end()
