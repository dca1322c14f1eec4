"""Tools that draw trees and roads, and that cut buildings along a line."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from PySide6.QtCore import QPointF, Qt

from app.modelling.desk import Desk
from app.modelling.ghost import Ghost
from app.modelling.sketching import HOW, SketchTool
from app.modelling.tool import Field, Pen
from layers.arrays import Float64
from layers.modelling.dividing import Cut
from layers.modelling.plants import CONIFER, DECIDUOUS, tree
from layers.modelling.ways import road
from layers.reworking import Design
from layers.shapes import Shape


class GhostTool(SketchTool):
    """Shows what the corners so far, and the one to come, would make."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.shape: Shape | None = None
        self._ghost: Ghost | None = None

    def made(self) -> Shape | None:
        """What would be made now."""
        raise NotImplementedError

    def on_aimed(self) -> None:
        """Make the ghost anew."""
        self.shape = self.attempt(self.made)
        self._ghost = Ghost([self.shape]) if self.shape is not None else None

    def on_values(self) -> None:
        """Another number."""
        self.on_aimed()

    def sketch(self, pen: Pen) -> None:
        """The ghost, and the corners over it."""
        pen.ghost(self._ghost)
        super().sketch(pen)


class TreeTool(GhostTool):
    """Each click plants a tree."""

    name, title, most, fewest = "tree", "Draw trees", 1, 1
    fields: ClassVar[tuple[Field, ...]] = (
        Field("kind", "Kind", DECIDUOUS, choices=((DECIDUOUS, "Deciduous"), (CONIFER, "Conifer"))),
        Field("height_m", "Height", 12.0, "m", 0.5, 150.0, 1),
        Field("crown_m", "Crown", 7.0, "m", 0.3, 60.0, 1),
    )

    @property
    def hint(self) -> str:
        """What to do next."""
        return "Click where a tree stands. Esc ends it."

    @property
    def numbers(self) -> str:
        """Nothing beside the fields."""
        return ""

    def made(self) -> Shape | None:
        """The tree under the cursor."""
        if self.aimed is None:
            return None
        values = self.values
        return tree(self.aimed.place, values["height_m"], values["crown_m"], kind=values["kind"])

    def complete(self) -> None:
        """Plant it, and go on."""
        shape, values, base = self.shape, self.values, self.desk.base_id
        self.corners = []
        if shape is None:
            return
        told = {"height": values["height_m"], "crownDiameter": values["crown_m"], "class": values["kind"]}
        design = Design("SolitaryVegetationObject", shape, told)
        self.desk.carry_out(
            "Plant a tree", lambda workshop, edit: workshop.add(edit, [design], base), ghost=[shape]
        )


class RoadTool(GhostTool):
    """A centre line, with a carriageway and footways beside it."""

    name, title, button = "road", "Draw road", "Build"
    fields: ClassVar[tuple[Field, ...]] = (
        Field("width_m", "Carriageway", 6.0, "m", 0.5, 200.0),
        Field("footway_m", "Footways", 2.0, "m", 0.0, 50.0),
    )

    @property
    def hint(self) -> str:
        """What to do next."""
        if not self.corners:
            return "Click the places of the centre line."
        return f"Enter or a double click builds it. {HOW}"

    def made(self) -> Shape | None:
        """The road along what is drawn."""
        places = [*self.corners, *([self.aimed.place] if self.aimed is not None else [])]
        return self._along(places) if len(places) > 1 else None

    def _along(self, places: list[Float64]) -> Shape | None:
        line = np.array(places)[:, :2]
        if np.hypot(*(line[-1] - line[-2])) < 0.5 and len(line) < 3:
            return None
        values, aim = self.values, self.desk.aim
        heights = aim.heights if aim.has_terrain else float(places[0][2])
        return road(line, values["width_m"], values["footway_m"], heights)

    def complete(self) -> None:
        """Build it, and be done."""
        shape = self.attempt(lambda: self._along(self.corners))
        if shape is None:
            self.desk.show()
            return
        base, values = self.desk.base_id, self.values
        told = {"width": values["width_m"], "footways": values["footway_m"]}
        make = Design("Road", shape, told)
        if self.desk.carry_out(
            "Draw road", lambda workshop, edit: workshop.add(edit, [make], base), ghost=[shape]
        ):
            self.desk.end()


class Chosen(SketchTool):
    """A sketch about what is selected; a click selects while nothing is."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.shapes: dict[int, Shape] = {}

    def begin(self) -> None:
        """Read what is selected."""
        self.on_selection()

    def on_selection(self) -> None:
        """Something else is meant."""
        self.shapes, self.refusal = {}, ""
        selected = self.desk.session.selection.tolist()
        if selected:
            self.shapes = self.attempt(lambda: self.desk.aim.workshop.shapes(selected)) or {}

    @property
    def is_drawing(self) -> bool:
        """Whether it is known what is meant."""
        return bool(self.shapes)

    def click(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        """A place of the line; a click selects while nothing is."""
        return self.is_drawing and super().click(at, modifiers)


class CutTool(Chosen):
    """A line of two places, along which the selected building is cut in two."""

    name, title, most = "split", "Split by a line", 2

    @property
    def hint(self) -> str:
        """What to do next."""
        if not self.shapes:
            return "Click the building that is to be split."
        return f"Click two places of the line that cuts the building. {HOW}"

    def complete(self) -> None:
        """Cut it, and be done."""
        one, other = self.corners
        parts = self.attempt(lambda: Cut.by_line(one, other).split(self.shapes))
        self.corners = []
        if parts is None:
            self.desk.show()
            return
        ghost = [shape for side in parts for shape in side.values()]
        if self.desk.carry_out("Split", lambda workshop, edit: workshop.divide(edit, parts), ghost=ghost):
            self.desk.end()
