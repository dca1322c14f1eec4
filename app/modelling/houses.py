"""The tool that draws a building: its footprint corner by corner, then its height and roof."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from app.modelling.desk import Desk
from app.modelling.ghost import Ghost
from app.modelling.outlining import OutlineTool
from app.modelling.tool import Field, Pen
from layers.modelling.buildings import building
from layers.modelling.figures import figures
from layers.modelling.roofs import Roof
from layers.reworking import Design, building_attributes
from layers.shapes import Shape

ROOFS = (
    ("flat", "Flat"),
    ("gable", "Gable"),
    ("hip", "Hip"),
    ("shed", "Shed"),
    ("pyramid", "Pyramid"),
    ("mansard", "Mansard"),
)
TYPES = (("Building", "Building"), ("OtherConstruction", "Other construction"))
#: Roofs whose ridge, or fall, has a direction.
DIRECTED = ("gable", "shed")


def _slopes(values: Mapping[str, Any]) -> bool:
    return bool(values["roof"] != "flat")


def _has_ridge(values: Mapping[str, Any]) -> bool:
    return values["roof"] in DIRECTED


def _breaks(values: Mapping[str, Any]) -> bool:
    return bool(values["roof"] == "mansard")


class BuildingTool(OutlineTool):
    """Footprint, then a ghost of the building whose top is dragged, or typed, until it is built."""

    name, title, button, size = "building", "Draw building", "Build", "eaves_m"
    first_hint = "Click the corners of the footprint on the ground."
    then_hint = "Drag the handle or type the height of the eaves. Enter builds, Backspace goes back."
    fields: ClassVar[tuple[Field, ...]] = (
        Field("roof", "Roof", "gable", choices=ROOFS),
        Field("storeys", "Storeys", 3.0, low=1, high=300, decimals=0),
        Field("storey_m", "Storey height", 3.0, "m", 2.0, 20.0),
        Field("eaves_m", "Eaves height", 9.0, "m", 0.01, 2000.0),
        Field("pitch_deg", "Pitch", 0.0, "°", 0.0, 89.0, 1, none="usual", when=_slopes),
        Field("break_m", "Break over eaves", 0.0, "m", 0.0, 100.0, none="usual", when=_breaks),
        Field("upper_deg", "Pitch above", 0.0, "°", 0.0, 89.0, 1, none="usual", when=_breaks),
        Field("ridge_deg", "Direction", -1.0, "°", -1.0, 360.0, 1, none="by shape", when=_has_ridge),
        Field("type", "Type", "Building", choices=TYPES),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._shape: Shape | None = None
        self._ghost: Ghost | None = None

    @property
    def is_made(self) -> bool:
        """Whether there is a building to be built."""
        return self._shape is not None

    @property
    def numbers(self) -> str:
        """The sizes of what is drawn."""
        if not self.is_closed:
            return super().numbers
        if self._shape is None:
            return ""
        found = figures(self._shape)
        return (
            f"{found.footprint_m2:.1f} m² footprint · {found.height_m:.2f} m high · "
            f"{found.volume_m3:.0f} m³ · {found.footprint_m2 * self.values['storeys']:.0f} m² floor area"
        )

    def set_value(self, name: str, value: float | str) -> None:
        """Storeys and the height of the eaves follow each other."""
        known, values = self.desk.memory[self.name], self.values
        if name == "eaves_m":
            values["storeys"] = float(max(round(float(value) / values["storey_m"]), 1))
        elif name == "storeys":
            values["eaves_m"] = float(value) * values["storey_m"]
        elif name == "storey_m":
            values["eaves_m"] = float(value) * values["storeys"]
        known |= {"storeys": values["storeys"], "eaves_m": values["eaves_m"]}
        super().set_value(name, value)

    def remake(self) -> None:
        """Make the ghost anew; where it is refused, the last one stays."""
        self._shape = self.attempt(self._made)
        if self._shape is not None:
            self._ghost = Ghost([self._shape])

    def _made(self) -> Shape:
        values = self.values
        kind, ridge = values["roof"], values["ridge_deg"]
        roof = Roof(
            kind,
            pitch_deg=values["pitch_deg"] or None if _slopes(values) else None,
            direction_deg=ridge if ridge >= 0 and _has_ridge(values) else None,
            upper_pitch_deg=values["upper_deg"] or None if _breaks(values) else None,
            break_m=values["break_m"] or None if _breaks(values) else None,
        )
        return building(self.outline, self.ground_m, values["eaves_m"], roof)

    def make(self) -> None:
        """Build it, and be done."""
        shape, values = self._shape, self.values
        assert shape is not None
        told = building_attributes(shape, values["roof"], int(values["storeys"]))
        base = self.desk.base_id
        made = self.desk.carry_out(
            f"Draw {dict(TYPES)[values['type']].lower()}",
            lambda workshop, edit: workshop.add(edit, [Design(values["type"], shape, told)], base),
            ghost=[shape],
        )
        if made:
            self.desk.end()

    def sketch_made(self, pen: Pen) -> None:
        """Draw the ghost."""
        pen.ghost(self._ghost, bool(self.refusal))
