"""The tool that draws a building: its footprint corner by corner, then its height and roof."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from PySide6.QtCore import QPointF, Qt

from app.modelling.desk import Desk
from app.modelling.ghost import Ghost
from app.modelling.sketching import HOW, SketchTool
from app.modelling.tool import HOLD, Field, Pen, metres
from layers.arrays import Float64
from layers.modelling.buildings import building
from layers.modelling.figures import figures
from layers.modelling.outlines import Outline
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
TYPES = (
    ("Building", "Building"),
    ("BuildingPart", "Building part"),
    ("OtherConstruction", "Other construction"),
)
#: Heights that are dragged are whole parts of this, metres.
STEP_M = 0.1
UP: Float64 = np.array([0.0, 0.0, 1.0])


def _slopes(values: object) -> bool:
    return isinstance(values, dict) and values["roof"] != "flat"


def _has_ridge(values: object) -> bool:
    return isinstance(values, dict) and values["roof"] in ("gable", "shed")


class BuildingTool(SketchTool):
    """Footprint, then a ghost of the building whose top is dragged, or typed, until it is built."""

    name, title, button = "building", "Draw building", "Build"
    closes, fewest = True, 3
    fields: ClassVar[tuple[Field, ...]] = (
        Field("roof", "Roof", "gable", choices=ROOFS),
        Field("storeys", "Storeys", 3.0, low=1, high=300, decimals=0),
        Field("storey_m", "Storey height", 3.0, "m", 2.0, 20.0),
        Field("eaves_m", "Eaves height", 9.0, "m", 0.01, 2000.0),
        Field("pitch_deg", "Pitch", 0.0, "°", 0.0, 89.0, 1, none="usual", when=_slopes),
        Field("ridge_deg", "Direction", -1.0, "°", -1.0, 360.0, 1, none="by shape", when=_has_ridge),
        Field("type", "Type", "Building", choices=TYPES[:1] + TYPES[2:]),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.is_closed = False
        self._ground_m = 0.0
        self._shapes: list[Shape] = []
        self._ghost: Ghost | None = None
        self._grip_m = 0.0  # from the cursor to the top when it was taken hold of

    # -- the stages --------------------------------------------------------------------------------

    @property
    def is_drawing(self) -> bool:
        """Whether the footprint is not closed yet."""
        return not self.is_closed

    @property
    def is_ready(self) -> bool:
        """Whether it could be closed, or built."""
        return bool(self._shapes) if self.is_closed else len(self.corners) >= self.fewest

    @property
    def hint(self) -> str:
        """What to do next."""
        if not self.corners:
            return "Click the corners of the footprint on the ground."
        if not self.is_closed:
            return f"Enter, a double click or the first corner closes it. {HOW}"
        return "Drag the handle or type the height of the eaves. Enter builds, Backspace goes back."

    @property
    def numbers(self) -> str:
        """The sizes of what is drawn."""
        if not self.is_closed:
            return super().numbers
        if not self._shapes:
            return ""
        found = figures(self._shapes[0])
        return (
            f"{found.footprint_m2:.1f} m² footprint · {found.height_m:.2f} m high · "
            f"{found.volume_m3:.0f} m³ · {found.footprint_m2 * self.values['storeys']:.0f} m² floor area"
        )

    def complete(self) -> None:
        """The footprint is closed, if it can be."""
        if self.attempt(self._checked) is None:
            self.desk.show()
            return
        places = np.array([corner[:2] for corner in self.corners])
        self._ground_m = (
            float(self.desk.aim.heights(places).min())
            if self.desk.aim.has_terrain
            else min(float(corner[2]) for corner in self.corners)
        )
        self.is_closed = True
        self.remake()
        self.desk.show()

    def _checked(self) -> Outline:
        """The footprint, refused where it crosses itself."""
        return Outline.of(np.array(self.corners)[:, :2])

    def back(self) -> None:
        """Open the footprint again, or take its last corner back."""
        if self.is_closed:
            self.is_closed, self._shapes, self._ghost = False, [], None
        else:
            super().back()

    # -- height and roof ---------------------------------------------------------------------------

    def on_values(self) -> None:
        """Storeys and eaves follow each other."""
        values, known = self.values, self.desk.memory[self.name]
        if abs(values["storeys"] * values["storey_m"] - values["eaves_m"]) > 1e-9:
            last = self._last
            if last == "eaves_m":
                values["storeys"] = known["storeys"] = float(
                    max(round(values["eaves_m"] / values["storey_m"]), 1)
                )
            else:
                values["eaves_m"] = known["eaves_m"] = values["storeys"] * values["storey_m"]
        self.remake()

    _last = ""

    def set_value(self, name: str, value: float | str) -> None:
        """Remember which number was meant."""
        self._last = name
        super().set_value(name, value)

    def remake(self) -> None:
        """Make the ghost anew."""
        if self.is_closed:
            made = self.attempt(self._made)
            self._shapes = [] if made is None else [made]
            self._ghost = Ghost(self._shapes) if self._shapes else self._ghost

    def _made(self) -> Shape:
        values = self.values
        pitch, ridge = values["pitch_deg"], values["ridge_deg"]
        roof = Roof(
            values["roof"],
            pitch_deg=pitch if pitch > 0 and values["roof"] != "flat" else None,
            direction_deg=ridge if ridge >= 0 and values["roof"] in ("gable", "shed") else None,
        )
        return building(self._checked(), self._ground_m, values["eaves_m"], roof)

    @property
    def _top(self) -> Float64:
        """The handle: over the middle of the footprint, at the eaves."""
        x, y = np.mean([corner[:2] for corner in self.corners], axis=0).tolist()
        return np.array([x, y, self._ground_m + self.values["eaves_m"]])

    def grabs(self, at: QPointF) -> bool:
        """Whether the handle is there."""
        if not self.is_closed or not self.desk.near(self._top, at, HOLD):
            return False
        self._grip_m = self.values["eaves_m"] - self.desk.aim.along(at, self._foot, UP)
        return True

    @property
    def _foot(self) -> Float64:
        top = self._top
        return np.array([top[0], top[1], self._ground_m])

    def drag_to(self, at: QPointF) -> None:
        """The eaves follow the cursor."""
        self.cursor = at
        height = self.desk.aim.along(at, self._foot, UP) + self._grip_m
        self.set_value("eaves_m", max(round(round(height / STEP_M) * STEP_M, 3), STEP_M))

    def on_typed(self) -> None:
        """A number is the height of the eaves."""
        if not self.is_closed:
            super().on_typed()
        elif self.typed.numbers and self.typed.numbers[0] > 0:
            self.set_value("eaves_m", self.typed.numbers[0])

    def follow(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Corners follow the cursor until the footprint is closed."""
        super().follow(at, modifiers)
        self.cursor = at

    def enter(self) -> None:
        """Close the footprint, or build."""
        if not self.is_closed:
            super().enter()
        elif self.typed.text:
            self.typed.text = ""
        elif self._shapes:
            self._build()

    def _build(self) -> None:
        shape, values = self._shapes[0], self.values
        told = building_attributes(shape, values["roof"], int(values["storeys"]))
        base = self.desk.base
        number = None if base is None else base.id
        made = self.desk.carry_out(
            f"Draw {'building' if values['type'] == 'Building' else 'construction'}",
            lambda workshop, edit: workshop.add(edit, [Design(values["type"], shape, told)], number),
            ghost=[shape],
        )
        if made:
            self.desk.end()

    # -- sketch ------------------------------------------------------------------------------------

    def sketch(self, pen: Pen) -> None:
        """Draw the footprint, or the ghost with its handle."""
        if not self.is_closed:
            super().sketch(pen)
            return
        pen.ghost(self._ghost, bool(self.refusal))
        pen.line([np.array([*corner[:2], self._ground_m]) for corner in self.corners], closes=True)
        pen.knob(self._top, metres(self.values["eaves_m"]))
