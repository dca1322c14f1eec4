"""The tool that digs pits and raises mounds in the terrain."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np

from app.jobs import Work
from app.modelling.desk import Desk
from app.modelling.outlining import OutlineTool
from app.modelling.tool import Field, Pen
from layers import importing
from layers.arrays import Float64, TerrainPyramid
from layers.cache import CacheMissing
from layers.data import ReadOptions, part_of
from layers.epochs import state_at
from layers.errors import CitystrataError, EditError
from layers.intake import Staged
from layers.modelling.digging import Work as Digging
from layers.modelling.digging import write_dug
from layers.modelling.earthworks import Earthwork, Volumes
from layers.records import Layer

PIT, MOUND = "pit", "mound"
KINDS = ((PIT, "Pit"), (MOUND, "Mound"))


class EarthTool(OutlineTool):
    """An outline on the ground, how deep or high, and how steep its sides are."""

    name, title, button, size = "earth", "Pit or mound", "Move the earth", "depth_m"
    first_hint = "Click the corners of the pit or mound on the ground."
    then_hint = "Drag the handle or type how deep or high. Enter moves the earth, Backspace goes back."
    fields: ClassVar[tuple[Field, ...]] = (
        Field("kind", "What", PIT, choices=KINDS),
        Field("depth_m", "Depth or height", 3.0, "m", 0.01, 1000.0),
        Field("slope", "Sides 1 :", 1.0, "", 0.0, 100.0, none="upright"),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._earth: Earthwork | None = None
        self._rims: list[Float64] = []

    @property
    def is_made(self) -> bool:
        """Whether earth can be moved."""
        return self._earth is not None and not self.refusal

    @property
    def numbers(self) -> str:
        """How much earth is moved."""
        if not self.is_closed or self._earth is None:
            return super().numbers
        return f"{self._earth.outline.area_m2:.1f} m² · {abs(self._earth.volume_m3):.1f} m³ of earth"

    def remake(self) -> None:
        """Reckon the earth, and the rim of its floor."""
        self.way = -1.0 if self.values["kind"] == PIT else 1.0
        self._earth = self.attempt(self._made)
        if self._earth is not None:
            self._rims = self._floor(self._earth)

    def _made(self) -> Earthwork:
        earth = Earthwork(self.outline, -self.way * self.values["depth_m"], self.values["slope"])
        if self._terrain() is None and not self.desk.aim.workshop.reliefs(earth.outline.places):
            raise EditError("There is no terrain here", do="Add a raster of heights, or a TINRelief, first")
        return earth

    def _floor(self, earth: Earthwork) -> list[Float64]:
        level = self.ground_m + self.way * self.values["depth_m"]
        inner = earth.outline.polygon.buffer(-earth.run_m, join_style="mitre")
        found = []
        for part in getattr(inner, "geoms", [inner]):
            if not part.is_empty:
                ring = np.array(part.exterior.coords)
                found.append(np.column_stack((ring, np.full(len(ring), level))))
        return found

    def _terrain(self) -> Layer | None:
        """The uppermost terrain of cells that stands in what is looked at."""
        project = self.desk.session.project
        state = state_at(project, self.desk.session.situation.date or None, self.desk.scenario)
        for layer in project.layers:
            if layer.kind == "terrain" and layer.visible and state[layer.id][0].any():
                try:
                    if isinstance(project.drawable(layer), TerrainPyramid):
                        return layer
                except CacheMissing:
                    continue
        return None

    def make(self) -> None:
        """Write the terrain anew in a job, and put it in the place of the one there is."""
        layer, earth = self._terrain(), self._earth
        if earth is None:
            return
        label = f"{dict(KINDS)[self.values['kind']]} of {self.values['depth_m']:g} m"
        if layer is not None:
            dig(self.desk, layer, earth, label)
        elif not self.desk.carry_out(label, lambda workshop, edit: workshop.dig(edit, earth)[0]):
            return
        self.desk.end()

    def sketch_made(self, pen: Pen) -> None:
        """Draw the rim of the floor."""
        for ring in self._rims:
            pen.line([*ring], is_dashed=True)


def dig(desk: Desk, layer: Layer, earth: Earthwork, label: str) -> None:
    """Move earth in a terrain, as a step of the scenario that is looked at, or of the city as it is."""
    session, scenario = desk.session, desk.scenario
    project, name = session.project, session.situation.scenario_name
    path = free_path(project.path, f"{layer.name} {name}".strip())

    def work(job: Work) -> tuple[Staged, Volumes]:
        with project.reader() as reader:
            progress = part_of(job.progress, 0, 0.5, "moving earth")
            moved = write_dug(reader, layer, [Digging(earth)], path, progress)
        options = ReadOptions(kind="terrain", crs=layer.crs, placement=layer.placement)
        progress = part_of(job.progress, 0.5, 1, "reading the terrain")
        return importing.stage(project.path, path, options, project.place.crs, progress=progress), moved

    def done(found: tuple[Staged, Volumes]) -> None:
        staged, moved = found
        step = f"{label} in {name}" if name else label
        called = f"{layer.name} – {name}" if name and layer.scenario is None else layer.name
        try:
            importing.admit(project, [staged], called, scenario=scenario, instead_of=layer, label=step)
        except CitystrataError as error:
            session.tell(error)
        else:
            earth_m3 = f"{moved.cut_m3:.1f} m³ taken away, {moved.fill_m3:.1f} m³ brought"
            session.message.emit(f"{step}: {earth_m3}; Ctrl+Z takes it back")

    session.jobs.run(label, work, done, partial(_give_up, session.tell, path))


def _give_up(tell: Callable[[CitystrataError], None], path: Path, error: CitystrataError) -> None:
    path.unlink(missing_ok=True)
    tell(error)


def free_path(project: Path, name: str) -> Path:
    """A file beside the project that does not exist yet."""
    clean = "".join(sign if sign.isalnum() or sign in " -_" else "_" for sign in name)
    names = (f"{clean}{f' {number}' if number > 1 else ''}.tif" for number in range(1, 10_000))
    return next(path for each in names if not (path := project.parent / each).exists())
