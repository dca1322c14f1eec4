"""Where a layer stands, how large and which way up it is: the numbers of its placement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from app.labels import add_row
from app.numberbox import NumberBox
from layers.placement import FARTHEST, TILTS_DEG, UNITS_M, Placement, Triple
from layers.placing import box_placed, tilted
from layers.project import Project
from layers.records import Layer

GAP_PX = 8
UNITS = (
    ("metres", UNITS_M["m"]),
    ("millimetres", UNITS_M["mm"]),
    ("centimetres", UNITS_M["cm"]),
    ("inches", UNITS_M["in"]),
    ("feet", UNITS_M["ft"]),
    ("another unit", None),
)
AXES = (
    ("z, as it lies now", "z"),
    ("y: it lies on its back", "y"),
    ("−y: it lies on its face", "-y"),
    ("x: it lies on its left side", "x"),
    ("−x: it lies on its right side", "-x"),
    ("−z: it stands on its head", "-z"),
    ("another direction", ""),
)


class Stance(QWidget):
    """Fields for a placement, and how large the layer is by it."""

    def __init__(self, project: Callable[[], Project], layer: Callable[[], Layer]) -> None:
        """`project` and `layer` give both as they are now."""
        super().__init__()
        self._project, self._layer = project, layer
        self._shown = layer().placement
        words = QLabel(
            "Say where the middle of its foot stands, or pick points of the layer and where they belong.",
            wordWrap=True,
        )
        self.east, self.north, self.up = (
            NumberBox(minimum=-FARTHEST, maximum=FARTHEST, decimals=3) for _ in range(3)
        )
        place = QGridLayout()
        place.setVerticalSpacing(2)
        place.setHorizontalSpacing(GAP_PX)
        for column, (field, name) in enumerate(
            ((self.east, "East"), (self.north, "North"), (self.up, "Height"))
        ):
            caption = QLabel(f"{name}, m")
            caption.setObjectName("muted")
            caption.setBuddy(field)
            field.setAccessibleName(f"{name} in metres")
            place.addWidget(caption, 0, column)
            place.addWidget(field, 1, column)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(12)
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(8)
        for title, row in (
            ("Stands at", place),
            ("Turned by", self._rotation_field()),
            ("Its file is in", self._size_fields()),
            ("Heights alone", self._heights_field()),
            ("Up in its file", self._tilt_fields()),
        ):
            add_row(form, title, row)
        self.extent = QLabel(wordWrap=True)
        self.extent.setObjectName("muted")
        box.addWidget(words)
        box.addLayout(form)
        box.addWidget(self.extent)
        for line in self.findChildren(QLineEdit):  # stylesheets do not reach the inside of spin boxes
            line.setTextMargins(GAP_PX - 2, 0, 0, 0)
        for changed in (self.scale, self.heights, *self.tilts):
            changed.valueChanged.connect(self._say_size)

    def _rotation_field(self) -> NumberBox:
        self.rotation = NumberBox(minimum=-360, maximum=360, decimals=5, suffix=" ° anticlockwise")
        self.rotation.setWrapping(True)
        self.rotation.setToolTip("Seen from above; less than 0 turns it clockwise")
        return self.rotation

    def _size_fields(self) -> QHBoxLayout:
        self.unit = QComboBox()
        self.unit.setAccessibleName("Unit of its file")
        for title, metres in UNITS:
            self.unit.addItem(title, metres)
        self.scale = NumberBox(minimum=1e-6, maximum=1e6, decimals=6, prefix="× ")
        self.scale.setAccessibleName("Times as large")
        self.scale.setToolTip("Its coordinates are multiplied by this: 0.001 makes metres of millimetres")
        self.unit.activated.connect(self._on_unit)
        self.scale.valueChanged.connect(self._name_unit)
        row = QHBoxLayout()
        row.setSpacing(GAP_PX)
        row.addWidget(self.unit, 1)
        row.addWidget(self.scale, 1)
        return row

    def _heights_field(self) -> NumberBox:
        self.heights = NumberBox(minimum=1e-6, maximum=1e6, decimals=6, prefix="× ")
        self.heights.setToolTip(
            "Only its heights are multiplied by this: 0.3048 where they are in feet and all else in metres"
        )
        return self.heights

    def _tilt_fields(self) -> QVBoxLayout:
        self.axis = QComboBox()
        self.axis.setAccessibleName("Up in its file")
        for title, axis in AXES:
            self.axis.addItem(title, TILTS_DEG.get(axis))
        self.tilts = tuple(
            NumberBox(minimum=-360, maximum=360, decimals=3, suffix=f" ° about {axis}")
            for axis in ("east", "north")
        )
        for field in self.tilts:
            field.setToolTip("Tilts it before it is turned; fine corrections of what leans")
            field.valueChanged.connect(self._name_axis)
        self.axis.activated.connect(self._on_axis)
        fine = QHBoxLayout()
        fine.setSpacing(GAP_PX)
        for field in self.tilts:
            fine.addWidget(field, 1)
        column = QVBoxLayout()
        column.setSpacing(GAP_PX)
        column.addWidget(self.axis)
        column.addLayout(fine)
        return column

    def _on_unit(self) -> None:
        if (metres := self.unit.currentData()) is not None:
            self.scale.setValue(metres)

    def _name_unit(self) -> None:
        found = [
            row for row, (_, metres) in enumerate(UNITS) if metres and abs(metres - self.scale.value()) < 1e-6
        ]
        self.unit.setCurrentIndex(found[0] if found else len(UNITS) - 1)

    def _on_axis(self) -> None:
        if (tilt := self.axis.currentData()) is not None:
            for field, value in zip(self.tilts, tilt, strict=True):
                field.setValue(value)

    def _name_axis(self) -> None:
        found = [row for row, (_, axis) in enumerate(AXES) if TILTS_DEG.get(axis) == self._tilt_deg]
        self.axis.setCurrentIndex(found[0] if found else len(AXES) - 1)

    @property
    def _tilt_deg(self) -> tuple[float, float]:
        about_east, about_north = (field.value() for field in self.tilts)
        return about_east, about_north

    def _say_size(self) -> None:
        """How large the layer then is: what tells best whether unit and upright are right."""
        box = box_placed(self._project(), self._layer(), replace(self.placement, rotation_deg=0.0))
        if box is None:
            return
        sides = [
            f"{box[axis + 3] - box[axis]:,.{2 if box[axis + 3] - box[axis] < 10 else 1}f} m"
            for axis in range(3)
        ]
        self.extent.setText("It is then {} by {} and {} high.".format(*sides))

    def fill(self, placement: Placement) -> None:
        """Show a placement as numbers."""
        self._shown = placement
        foot = np.array(placement.pivot) + np.array(placement.shift)
        for field, value in zip((self.east, self.north, self.up), foot.tolist(), strict=True):
            field.setValue(value)
        self.rotation.setValue((placement.rotation_deg + 180) % 360 - 180)
        self.scale.setValue(placement.scale)
        self.heights.setValue(placement.height_scale)
        for tilt, angle in zip(self.tilts, placement.tilt_deg, strict=True):
            tilt.setValue(angle)
        self._say_size()

    @property
    def problem(self) -> str:
        """What is typed and no number, '' for nothing."""
        return next((box.problem for box in self.findChildren(NumberBox) if box.problem), "")

    @property
    def placement(self) -> Placement:
        """What the numbers say."""
        shown = replace(self._shown, shift=self._shift(self._shown.pivot))
        if self._tilt_deg != shown.tilt_deg:
            shown = tilted(self._project(), self._layer(), shown, self._tilt_deg)
        return replace(
            shown,
            rotation_deg=self.rotation.value(),
            scale=self.scale.value(),
            height_scale=self.heights.value(),
        )

    def _shift(self, pivot: Triple) -> Triple:
        """What brings the middle of its foot to where it is to stand."""
        foot = [field.value() for field in (self.east, self.north, self.up)]
        east, north, up = (there - here for there, here in zip(foot, pivot, strict=True))
        return east, north, up
