"""The tool that draws points, lines and areas into layers of such, pipes among them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import numpy as np

from app.modelling.sketching import HOW, SketchTool
from app.modelling.tool import Field
from layers import plans
from layers.errors import EditError
from layers.records import Layer

#: How many places each kind has at least.
FEWEST: Mapping[str, int] = MappingProxyType({"point": 1, "line": 2, "area": 3})
KINDS = (("point", "Point"), ("line", "Line"), ("area", "Area"))


class PlanTool(SketchTool):
    """Places on the ground, that become one object of the current layer."""

    name, title, button = "plan", "Draw point, line or area", "Draw"
    fields: ClassVar[tuple[Field, ...]] = (Field("kind", "What", "line", choices=KINDS),)

    @property
    def kind(self) -> str:
        """A point, a line or an area."""
        return str(self.values["kind"])

    @property
    def layer(self) -> Layer | None:
        """The layer into which one draws: the current one, else the uppermost that there is."""
        session = self.desk.session
        layers = session.project.layers if session.is_open else ()
        there = [layer for layer in layers if layer.kind in plans.DRAWN]
        current = session.current_layer
        return current if current in there else next(iter(there), None)

    @property
    def hint(self) -> str:
        """What to do next, and where it goes."""
        layer = self.layer
        if layer is None:
            return "Open a layer of areas, lines, points or pipes to draw in."
        if self.kind == "point":
            return f"Click where a point of {layer.name} lies. Esc ends it."
        if not self.corners:
            return f"Click the places of {'an' if self.kind == 'area' else 'a'} {self.kind} of {layer.name}."
        return f"Enter or a double click draws it. {HOW}"

    @property
    def is_drawing(self) -> bool:
        """Whether there is a layer to draw in."""
        return self.layer is not None

    def begin(self) -> None:
        """As it was used last."""
        self.on_values()

    def on_values(self) -> None:
        """Another kind begins anew."""
        self.corners = []
        self.fewest, self.closes = FEWEST[self.kind], self.kind == "area"
        self.most = 1 if self.kind == "point" else SketchTool.most

    def complete(self) -> None:
        """Draw it, and go on with the next one."""
        layer, places, kind = self.layer, np.array(self.corners)[:, :2], self.kind
        self.corners = []
        if layer is None:
            raise EditError("There is no layer to draw in")
        self.desk.carry_out(f"Draw {kind}", lambda workshop, edit: [workshop.draw(edit, layer, kind, places)])
