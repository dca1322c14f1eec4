"""Tools that repeat what is selected: in rows and columns, or along a line."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import ClassVar

import numpy as np

from app.modelling.desk import Desk
from app.modelling.drawing import Chosen
from app.modelling.ghost import Ghost
from app.modelling.handling import HandleTool, foot_of
from app.modelling.placing import axis_deg
from app.modelling.sketching import HOW
from app.modelling.tool import Field, Pen
from layers.arrays import Float64
from layers.edit import Edit
from layers.errors import EditError
from layers.modelling.moving import moved, turned
from layers.reworking import Workshop
from layers.shapes import Shape

#: Of more copies not all are shown as ghosts.
MOST_SHOWN = 300
#: So many copies are made at once; more would keep one waiting.
MOST_COPIES = 2000


class ArrayTool(HandleTool):
    """Rows and columns beside the first one."""

    name, title, button = "array", "Array", "Make copies"
    how = "Say how many rows and columns there are, and how far they are apart. Enter makes the copies."
    fields: ClassVar[tuple[Field, ...]] = (
        Field("columns", "Columns", 3.0, low=1, high=1000, decimals=0),
        Field("rows", "Rows", 1.0, low=1, high=1000, decimals=0),
        Field("along_m", "Apart in a row", 0.0, "m", -10_000.0, 10_000.0),
        Field("across_m", "Rows apart", 0.0, "m", -10_000.0, 10_000.0),
        Field("direction_deg", "Direction of rows", 0.0, "°", 0.0, 360.0, 1),
    )

    def reset(self) -> None:
        """Rows run along the building, with gaps as wide as it is deep."""
        if not self.shapes:
            return
        axis = axis_deg(self.shapes)
        corners = np.concatenate([shape.vertices[:, :2] for shape in self.shapes.values()])
        turn = math.radians(axis)
        along = np.array([math.cos(turn), math.sin(turn)])
        wide, deep = float(np.ptp(corners @ along)), float(np.ptp(corners @ (-along[1], along[0])))
        self.values |= {
            "along_m": round(wide + deep / 2, 1),
            "across_m": round(2 * deep, 1),
            "direction_deg": round((90 - axis) % 360, 1),
        }
        self.remake()

    def _ways(self) -> Iterator[Float64]:
        """From the first one to each of the others."""
        values = self.values
        turn = math.radians(values["direction_deg"])
        along = np.array([math.sin(turn), math.cos(turn), 0.0]) * values["along_m"]
        across = np.array([-math.cos(turn), math.sin(turn), 0.0]) * values["across_m"]
        for row in range(int(values["rows"])):
            for column in range(int(values["columns"])):
                if row or column:
                    yield row * across + column * along

    def made(self) -> Mapping[int, Shape]:
        """The first copy, checked, stands for all in the ghost."""
        count = int(self.values["rows"] * self.values["columns"]) - 1
        if count < 1 or not self.shapes:
            return {}
        if count > MOST_COPIES:
            raise EditError("There cannot be so many copies", found=str(count), allowed=f"1 to {MOST_COPIES}")
        way = next(self._ways())
        if not way.any():
            raise EditError("The copies would stand in the same place", do="Say how far they are apart")
        return {fid: moved(shape, way) for fid, shape in self.shapes.items()}

    def remake(self) -> None:
        """Show all copies, or the first ones of very many."""
        super().remake()
        if self.changed:
            self.show_ghost(
                Shape(shape.geometries, shape.vertices + way)
                for way in islice(self._ways(), MOST_SHOWN)
                for shape in self.shapes.values()
            )

    @property
    def numbers(self) -> str:
        """How many there will be."""
        return f"{int(self.values['rows'] * self.values['columns']) - 1} copies" if self.shapes else ""

    @property
    def label(self) -> str:
        """How many."""
        return f"Array of {int(self.values['rows'])} × {int(self.values['columns'])}"

    def write(self, workshop: Workshop, edit: Edit) -> Sequence[int]:
        """Add the copies."""
        sets = (
            {fid: Shape(shape.geometries, shape.vertices + way) for fid, shape in self.shapes.items()}
            for way in self._ways()
        )
        return workshop.copies(edit, sets)

    def commit(self) -> None:
        """Make the copies, and be done."""
        was = self.desk.session.project.can_undo
        super().commit()
        if self.desk.session.project.can_undo != was:
            self.desk.end()


class LineArrayTool(Chosen):
    """Copies at even distances along a line."""

    name, title, button = "array_line", "Array along a line", "Make copies"
    fields: ClassVar[tuple[Field, ...]] = (
        Field("count", "Copies", 5.0, low=2, high=1000, decimals=0),
        Field("turned", "Stand", "", choices=(("", "As the first one"), ("turned", "Along the line"))),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._ghost: Ghost | None = None

    @property
    def hint(self) -> str:
        """What to do next."""
        if not self.shapes:
            return "Select what is to be repeated first."
        return f"Click the places of the line; Enter makes the copies. {HOW}"

    def _sets(self, places: Sequence[Float64]) -> Iterator[dict[int, Shape]]:
        line = np.array(places)[:, :2]
        lengths = np.hypot(*np.diff(line, axis=0).T)
        ends = np.concatenate(([0.0], np.cumsum(lengths)))
        foot, heights = foot_of(self.shapes), self.desk.aim
        for at in np.linspace(0, ends[-1], int(self.values["count"])).tolist():
            piece = min(int(np.searchsorted(ends, at, "right")) - 1, len(lengths) - 1)
            along = (line[piece + 1] - line[piece]) / lengths[piece]
            place = line[piece] + (at - ends[piece]) * along
            up = heights.ground(place) - heights.ground(foot) if heights.has_terrain else 0.0
            way = np.array([*(place - foot[:2]), up])
            angle = math.degrees(math.atan2(along[1], along[0])) - axis_deg(self.shapes)
            found = {}
            for fid, shape in self.shapes.items():
                start = turned(shape, angle, foot) if self.values["turned"] else shape
                found[fid] = Shape(start.geometries, start.vertices + way)
            yield found

    def on_aimed(self) -> None:
        """Show the copies along what is drawn."""
        places = [*self.corners, *([self.aimed.place] if self.aimed is not None else [])]
        self._ghost = None
        if self.shapes and len(places) > 1 and min(map(math.dist, places[1:], places)) > 0.01:
            sets = self.attempt(lambda: list(islice(self._sets(places), MOST_SHOWN)))
            self._ghost = Ghost(shape for each in sets or () for shape in each.values())

    def on_values(self) -> None:
        """Another number."""
        self.on_aimed()

    def complete(self) -> None:
        """Make the copies, and be done."""
        sets = self.attempt(lambda: list(self._sets(self.corners)))
        if not sets:
            self.desk.show()
            return
        ghost = [shape for each in sets[:MOST_SHOWN] for shape in each.values()]
        if self.desk.carry_out(
            f"Array of {len(sets)} along a line",
            lambda workshop, edit: workshop.copies(edit, sets),
            ghost=ghost,
        ):
            self.desk.end()

    def sketch(self, pen: Pen) -> None:
        """The ghosts, and the line over them."""
        pen.ghost(self._ghost)
        super().sketch(pen)
