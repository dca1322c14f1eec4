"""Designs that others made (IFC, glTF, OBJ …): read into what is looked at, and put in their place."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from app import loading
from app.jobs import Work
from app.modelling.desk import Desk
from app.modelling.ghost import Ghost
from app.modelling.sketching import SketchTool
from app.modelling.tool import Field, Pen
from app.opening import ask_files
from layers import importing
from layers.arrays import Float64
from layers.data import ReadOptions
from layers.decoding import MissingCrs
from layers.edit import Edit
from layers.errors import CitystrataError
from layers.intake import Staged
from layers.modelling.buildings import building
from layers.modelling.moving import turned
from layers.placing import box_placed, by_numbers, place_layer
from layers.records import Layer
from layers.shapes import Shape
from layers.source import Source

if TYPE_CHECKING:
    from app.session import Session
    from app.window import Window

#: A design is shown as a block that is at least so large, metres.
LEAST_M = 0.5


def import_design(window: Window) -> None:
    """Ask for the file of a design, and read it."""
    paths = ask_files(window, "Import a design")
    if paths:
        read_design(window.modelling.desk, paths[0])


def read_design(desk: Desk, path: Path) -> None:
    """Read a design as a layer of what is looked at; then it is to be placed with a click."""
    session, scenario = desk.session, desk.scenario
    project, name = session.project, session.situation.scenario_name

    def done(staged: Staged) -> None:
        step = f"Import {path.name} into {name}" if name else f"Import {path.name}"
        try:
            layers = importing.admit(project, [staged], scenario=scenario, label=step)
        except CitystrataError as error:
            session.tell(error)
            return
        session.set_current_layer(layers[0].id)
        desk.begin(DesignTool(desk, layers[0]))
        session.message.emit(f"{step}: click where it stands; Esc leaves it where its file says")

    session.jobs.run(f"Reading {path.name}", partial(_read, project.path, path, project.place.crs), done)


def _read(target: Path, path: Path, crs: str | None, work: Work) -> Staged:
    """Stage a file; one that does not say where it lies is taken to be in the project's CRS."""
    for options in ({}, {path: ReadOptions(crs=crs)}):
        ((_, outcome),) = loading.read(target, [Source(path)], options, crs, work)
        if not isinstance(outcome, MissingCrs):
            break
    if isinstance(outcome, CitystrataError):
        raise outcome
    return outcome


class DesignTool(SketchTool):
    """A click puts the middle of a layer's foot there; turned as the field says."""

    name, title, most = "design", "Place the design", 1
    fields: ClassVar[tuple[Field, ...]] = (Field("turn_deg", "Clockwise by", 0.0, "°", -360.0, 360.0, 1),)

    def __init__(self, desk: Desk, layer: Layer) -> None:
        super().__init__(desk)
        self._layer = layer
        self._ghost: Ghost | None = None

    @property
    def hint(self) -> str:
        """What to do next."""
        return f"Click where the middle of {self._layer.name} stands. Esc leaves it where it is."

    def on_aimed(self) -> None:
        """Show its box under the cursor."""
        block = self.attempt(self._block)
        self._ghost = Ghost([block]) if block is not None else None

    def on_values(self) -> None:
        """Turned otherwise."""
        self.on_aimed()

    def _block(self) -> Shape | None:
        box = box_placed(self.desk.session.project, self._layer, self._layer.placement) or self._layer.box
        if box is None or self.aimed is None:
            return None
        wide, deep, high = (max(box[at + 3] - box[at], LEAST_M) for at in range(3))
        corners = np.array([(-wide, -deep), (wide, -deep), (wide, deep), (-wide, deep)]) / 2
        place: Float64 = self.aimed.place
        block = building([corners + place[:2]], float(place[2]), high, lods=("1",))
        return turned(block, -self.values["turn_deg"], place)

    def complete(self) -> None:
        """Put it there, and go on."""
        (place,), self.corners = self.corners, []
        session = self.desk.session
        layer = next((one for one in session.project.layers if one.id == self._layer.id), None)
        if layer is None:
            self.desk.end()
            return
        session.run_edit(f"Place {layer.name}", partial(self._put, session, layer, place))
        self._layer = next(one for one in session.project.layers if one.id == layer.id)

    def _put(self, session: Session, layer: Layer, place: Float64, edit: Edit) -> None:
        now = by_numbers(session.project, layer)
        upright = replace(now, rotation_deg=0.0)
        box = box_placed(session.project, layer, upright) or layer.box
        assert box is not None
        foot = np.array([(box[0] + box[3]) / 2, (box[1] + box[4]) / 2, box[2]])
        x, y, z = (np.array(upright.shift) + place - foot).tolist()
        turned_by = replace(upright, shift=(x, y, z), rotation_deg=-self.values["turn_deg"])
        place_layer(edit, session.project, layer, turned_by)

    def sketch(self, pen: Pen) -> None:
        """The block, and the place."""
        pen.ghost(self._ghost)
        super().sketch(pen)
