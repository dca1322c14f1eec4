"""The rows of the style panel that only point clouds have: classes, light, gaps, and the clip box."""

from __future__ import annotations

from typing import Any, Protocol

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QWidget,
)

from app.jobs import Question
from app.labels import thousands
from app.numberbox import NumberBox
from app.session import Session
from app.slider import Steps
from layers.arrays import PointTree
from layers.errors import CitystrataError
from layers.points import class_name
from layers.records import Layer

CODE = Qt.ItemDataRole.UserRole
ROWS_SHOWN = 8
#: Positions of the slider per unit of strength.
STRENGTH = 10
NO_CLIP, INSIDE, OUTSIDE = "", "inside", "outside"
CLIP_TITLES = {NO_CLIP: "None", INSIDE: "Show what lies inside", OUTSIDE: "Show what lies outside"}
AXES = "XYZ"
FARTHEST = 1e8


class SetStyle(Protocol):
    """Changes values of the layer's style, as one step."""

    def __call__(self, **values: Any) -> None:
        """Set these."""


class PointRows(QObject):
    """What can be said about how points are drawn, beside colour, size and opacity; rows of a form."""

    def __init__(self, session: Session, form: QFormLayout, set_style: SetStyle) -> None:
        super().__init__()
        self._session, self._form, self._set_style = session, form, set_style
        self._filling = False
        self._layer: Layer | None = None
        self._asking = Question(session.jobs, "Finding the place", self)
        self.classes = QListWidget()
        self.classes.setAccessibleName("Classes of points that are shown")
        self.classes.itemChanged.connect(self._on_classes)
        self.dome = QCheckBox("Eye dome")
        self.dome.setToolTip("Eye-dome lighting: points are darker where what lies beside them is nearer")
        self.dome.clicked.connect(lambda on: self._change(eye_dome=on))
        self.strength = Steps(1, 3 * STRENGTH, lambda value: self._change(eye_dome_strength=value / STRENGTH))
        self.strength.setToolTip("How dark")
        self.strength.setAccessibleName("Strength of the eye-dome lighting")
        self.gaps = QCheckBox("Close small gaps")
        self.gaps.setToolTip("What was scanned densely enough looks like a surface")
        self.gaps.clicked.connect(lambda on: self._change(fill_gaps=on))
        self.clip = QComboBox()
        self.clip.setAccessibleName("What a box clips")
        for keep, title in CLIP_TITLES.items():
            self.clip.addItem(title, keep)
        self.clip.activated.connect(self._on_clip)
        self.around = QPushButton("Around the selection")
        self.around.clicked.connect(self._ask_selection)
        self.sides = [self._side(number) for number in range(6)]
        self._build()
        session.selection_changed.connect(self._follow_selection)

    def _build(self) -> None:
        self._light = QWidget()
        light = QHBoxLayout(self._light)
        light.setContentsMargins(0, 0, 0, 0)
        light.addWidget(self.dome)
        light.addWidget(self.strength, 1)
        self._box = QWidget()
        grid = QGridLayout(self._box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(6)
        for axis, name in enumerate(AXES):
            grid.addWidget(QLabel(name), axis, 0)
            grid.addWidget(self.sides[axis], axis, 1)
            grid.addWidget(QLabel("–"), axis, 2)
            grid.addWidget(self.sides[axis + 3], axis, 3)
        grid.addWidget(self.around, 3, 1, 1, 3)
        for column in (1, 3):
            grid.setColumnStretch(column, 1)
        self._form.addRow("Light", self._light)
        self._form.addRow("", self.gaps)
        self._form.addRow("Shown", self.classes)
        self._form.addRow("Clip box", self.clip)
        self._form.addRow(self._box)

    def _side(self, number: int) -> NumberBox:
        field = NumberBox(minimum=-FARTHEST, maximum=FARTHEST, decimals=2)
        field.setMinimumWidth(60)
        field.setKeyboardTracking(False)
        field.setAccessibleName(f"{AXES[number % 3]} {'from' if number < 3 else 'to'}")
        field.valueChanged.connect(lambda _value: self._clip_to([side.value() for side in self.sides]))
        return field

    def show_layer(self, layer: Layer) -> None:
        """Show the style of a layer; of one that is no point cloud there is nothing to show."""
        self._layer = layer if layer.kind == "points" else None
        for row in (self._light, self.gaps, self.classes, self.clip, self._box):
            self._form.setRowVisible(row, self._layer is not None)
        if self._layer is None:
            return
        style = layer.style
        self._filling = True
        self.dome.setChecked(bool(style.get("eye_dome", True)))
        self.strength.setValue(round(float(style.get("eye_dome_strength", 1.0)) * STRENGTH))
        self.strength.setEnabled(self.dome.isChecked())
        self.gaps.setChecked(bool(style.get("fill_gaps", True)))
        self._fill_classes(style.get("hidden_classes") or [])
        clip = _first_clip(style)
        self.clip.setCurrentIndex(max(self.clip.findData(clip.get("keep", NO_CLIP)), 0))
        for side, value in zip(self.sides, clip.get("box", ()), strict=False):
            side.setValue(value)
        self._form.setRowVisible(self._box, bool(clip))
        self._follow_selection()
        self._filling = False

    def _fill_classes(self, hidden: list[int]) -> None:
        tree = self._tree()
        counts = tree.class_counts() if tree is not None and tree.has("classification") else {}
        self.classes.clear()
        for code, count in counts.items():
            row = QListWidgetItem(f"{class_name(code).capitalize()}  ({thousands(count)})")
            row.setData(CODE, code)
            row.setToolTip(f"Class {code}")
            row.setCheckState(Qt.CheckState.Unchecked if code in hidden else Qt.CheckState.Checked)
            self.classes.addItem(row)
        self._form.setRowVisible(self.classes, len(counts) > 1)
        height = self.classes.sizeHintForRow(0) * min(len(counts), ROWS_SHOWN)
        self.classes.setFixedHeight(max(height, 0) + 2 * self.classes.frameWidth())

    def _tree(self) -> PointTree | None:
        if self._layer is None:
            return None
        try:
            drawable = self._session.project.drawable(self._layer)
        except CitystrataError:
            return None  # the cache is being made again; the view says so
        return drawable if isinstance(drawable, PointTree) else None

    def _change(self, **values: Any) -> None:
        if not self._filling:
            self._set_style(**values)

    def _on_classes(self) -> None:
        rows = [self.classes.item(number) for number in range(self.classes.count())]
        hidden = [row.data(CODE) for row in rows if row.checkState() == Qt.CheckState.Unchecked]
        self._change(hidden_classes=hidden)

    # -- the clip box ----------------------------------------------------------------------

    def _on_clip(self) -> None:
        if self._layer is None:
            return
        before = _first_clip(self._layer.style).get("box")
        if self.clip.currentData() == NO_CLIP or before is not None:
            self._clip_to(before)
        elif len(self._session.selection):
            self._ask_selection()
        else:
            self._clip_to(self._middle())

    def _middle(self) -> list[float] | None:
        """The middle of the cloud, in its full height."""
        tree = self._tree()
        if tree is None:
            return None
        low, high = tree.box[0]
        quarter = (high - low) / 4
        quarter[2] = 0.0
        return [round(float(value), 2) for value in (*(low + quarter), *(high - quarter))]

    def _ask_selection(self) -> None:
        fids = self._session.selection
        self._session.look(self._asking, len(fids), lambda project: project.box(fids), self._clip_around)

    def _clip_around(self, box: tuple[float, ...] | None) -> None:
        if box is not None:
            self._clip_to([round(value, 2) for value in box])

    def _clip_to(self, box: list[float] | None) -> None:
        """Clip as the choice says; boxes beyond the first one stay as they are."""
        if self._layer is None or self._filling:
            return
        keep, more = self.clip.currentData(), list(self._layer.style.get("clip") or [])[1:]
        mine = [{"box": box, "keep": keep}] if box is not None and keep != NO_CLIP else []
        self._set_style(clip=[*mine, *more])

    def _follow_selection(self) -> None:
        self.around.setEnabled(len(self._session.selection) > 0)


def _first_clip(style: dict[str, Any]) -> dict[str, Any]:
    """The box that the panel is about."""
    boxes = style.get("clip")
    first = boxes[0] if isinstance(boxes, list) and boxes else {}
    return first if isinstance(first, dict) and len(first.get("box", ())) == 6 else {}
