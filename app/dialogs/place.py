"""Putting a layer elsewhere: by numbers, or by points that are picked in it and where they belong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from analysis.spelling import place_from
from app.canvas import Canvas
from app.dialogs.stance import Stance
from app.pins import Pins
from app.session import Session
from layers.arrays import Float64
from layers.errors import CitystrataError
from layers.importing import check_source
from layers.placement import Placement
from layers.placing import by_numbers, fitted, place_layer, unplaced
from layers.records import Layer
from viewer.scene import Hit

PICK, DONE = "Pick pairs in the view", "Done"
IN_LAYER = "Click a point of {}. Esc ends it."
ON_GROUND = "Click where that point belongs. Esc ends it."
COLUMNS = ("In the layer", "Belongs at", "Off by")
MOVED, GROUND, OFF = range(3)
#: A corner this near to a click, as a share of how far the eye is away, is what was meant.
SNAP = 0.012
WIDTH_PX, MARGIN_PX, TABLE_PX = 480, 12, 132


@dataclass
class Pair:
    """A point of the layer, where its file puts it, and where it belongs once that is known."""

    source: Float64
    ground: Float64 | None = None


class PlaceLayer(QDialog):
    """Stays open beside the view while points are picked in it."""

    def __init__(
        self, session: Session, canvas: Canvas, layer: Layer, show: Callable[[], object], parent: QWidget
    ) -> None:
        """`show` flies to the layer, where it is then."""
        super().__init__(parent)
        self.setWindowTitle(f"Place {layer.name}")
        self.setMinimumWidth(WIDTH_PX)
        self._session, self._canvas, self._layer, self._show = session, canvas, layer.objects_layer, show
        self._pairs: list[Pair] = []
        self._is_picking = self._is_filling = self._goes_there = False
        self.stance = Stance(lambda: session.project, lambda: self.layer)
        self._build()
        self.stance.fill(by_numbers(session.project, self.layer))
        canvas.picked.connect(self._on_picked)
        canvas.picking_ended.connect(self._end_picking)
        session.project_changed.connect(self._on_changes)
        session.opened.connect(self.close)

    @property
    def layer(self) -> Layer:
        """The layer as it is now."""
        return self._session.project.layer(self._layer)

    # -- what is seen --------------------------------------------------------------------------

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(self.stance)
        layout.addLayout(self._pairs_box())
        self.said = QLabel(wordWrap=True)
        self.said.setObjectName("muted")
        layout.addWidget(self.said)
        layout.addWidget(self._buttons())

    def _pairs_box(self) -> QVBoxLayout:
        self.table = QTableWidget(0, len(COLUMNS))
        self.table.setHorizontalHeaderLabels(COLUMNS)
        self.table.setAccessibleName("Points")
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(OFF, QHeaderView.ResizeMode.ResizeToContents)
        self.table.setFixedHeight(TABLE_PX)
        self.table.itemChanged.connect(self._on_typed)
        self.pick = QPushButton(PICK)
        self.pick.setCheckable(True)
        self.pick.toggled.connect(self._on_pick)
        self.remove = QPushButton("Remove")
        self.remove.clicked.connect(self._remove)
        self.with_scale = QCheckBox("Change its size to fit them")
        self.with_scale.toggled.connect(self._on_with_scale)
        below = QHBoxLayout()
        below.addWidget(self.pick)
        below.addWidget(self.remove)
        below.addWidget(self.with_scale)
        below.addStretch(1)
        box = QVBoxLayout()
        box.addWidget(self.table)
        box.addLayout(below)
        return box

    def _buttons(self) -> QWidget:
        self.back = QPushButton("Back to where its file says")
        self.back.clicked.connect(self._go_back)
        self.place = QPushButton("Place", default=True)
        self.place.clicked.connect(self._place)
        close = QPushButton("Close")
        close.clicked.connect(self.close)
        self.ending = QWidget()
        row = QHBoxLayout(self.ending)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.back)
        row.addStretch(1)
        row.addWidget(self.place)
        row.addWidget(close)
        for button in (self.pick, self.remove, self.back, close):
            button.setAutoDefault(False)
        return self.ending

    # -- out of the way ------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Stand at the edge of the window, not before what is looked at."""
        super().showEvent(event)
        if not event.spontaneous():
            self._step_aside(at_bottom=False)

    def _step_aside(self, at_bottom: bool) -> None:
        self._fit_content()
        frame = self._canvas.window().frameGeometry()
        bottom = frame.bottom() - self.frameGeometry().height() - MARGIN_PX
        top = self._canvas.mapToGlobal(self._canvas.rect().topLeft()).y() + MARGIN_PX
        left = frame.right() - self.frameGeometry().width() - MARGIN_PX
        self.move(max(left, frame.left()), max(bottom if at_bottom else min(top, bottom), 0))

    def _fit_content(self) -> None:
        """As high as the content needs; `adjustSize` would squeeze it on low screens."""
        layout = self.layout()
        assert layout is not None
        layout.activate()
        width = max(WIDTH_PX, layout.minimumSize().width())
        self.resize(width, max(layout.totalHeightForWidth(width), layout.minimumSize().height()))

    # -- points --------------------------------------------------------------------------------

    def _on_pick(self, on: bool) -> None:
        self.pick.setText(DONE if on else PICK)
        for part in (self.stance, self.ending):
            part.setVisible(not on)
        self._step_aside(at_bottom=on)
        if on:
            self._ask()
            self._canvas.window().activateWindow()
        elif self._is_picking:
            self._is_picking = False
            self._canvas.end_picking()

    def _ask(self) -> None:
        """Let the next click tell a point of the layer, or where the last one belongs."""
        self._is_picking = False  # what ends now is not asked for by whoever comes next
        self._canvas.begin_picking(ON_GROUND if self._is_half else IN_LAYER.format(self.layer.name))
        self._is_picking = True

    @property
    def _is_half(self) -> bool:
        return bool(self._pairs) and self._pairs[-1].ground is None

    def _end_picking(self) -> None:
        if self._is_picking:
            self._is_picking = False
            self.pick.setChecked(False)
            if self.isVisible():
                self.activateWindow()

    def _on_picked(self, hit: Hit) -> None:
        if not self._is_picking:
            return
        is_of_layer = any(hit.layer == layer.id for layer in self._own_layers())
        if self._is_half:
            self._pairs[-1].ground = self._meant(hit)
        elif is_of_layer:
            source = self.layer.placement.take_back(self._meant(hit)[None])[0]
            self._pairs.append(Pair(source))
        else:
            self.said.setText(f"That is not a point of {self.layer.name}.")
            return
        self._list()
        self._fit()
        self._ask()

    def _own_layers(self) -> list[Layer]:
        return [layer for layer in self._session.project.layers if layer.objects_layer == self._layer]

    def _meant(self, hit: Hit) -> Float64:
        """The corner that was clicked nearly, or the point itself."""
        point, corner = hit.point_in_world, hit.vertex_in_world
        if corner is None:
            return point
        away = float(np.linalg.norm(self._canvas.camera.eye - point))
        return corner if float(np.linalg.norm(corner - point)) < SNAP * away else point

    def _remove(self) -> None:
        rows = {index.row() for index in self.table.selectedIndexes()} or {len(self._pairs) - 1}
        self._pairs = [pair for row, pair in enumerate(self._pairs) if row not in rows]
        self._list()
        self._fit()

    def _on_typed(self, item: QTableWidgetItem) -> None:
        if self._is_filling:
            return
        typed = item.text()
        point = _point(typed)
        if point is not None and item.column() == GROUND:
            self._pairs[item.row()].ground = point
        elif point is not None and item.column() == MOVED:
            self._pairs[item.row()].source = self.layer.placement.take_back(point[None])[0]
        self._list()
        self._fit()
        if point is None:
            self.said.setText(f"“{typed}” is no point. Write x, y and z with blanks between them.")

    def _list(self, residuals: Float64 | None = None) -> None:
        """Show the pairs, and how far they are off where that is known."""
        self._is_filling = True
        self.table.setRowCount(len(self._pairs))
        whole = 0
        for row, pair in enumerate(self._pairs):
            off = ""
            if pair.ground is not None:
                off = "" if residuals is None else f"{np.linalg.norm(residuals[whole]):.3f} m"
                whole += 1
            moved = self.layer.placement.put(pair.source[None])[0]
            for column, text in enumerate((_text(moved), _text(pair.ground), off)):
                item = QTableWidgetItem(text)
                if column == OFF:
                    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
                self.table.setItem(row, column, item)
        self._is_filling = False
        self._mark()

    def _on_with_scale(self, on: bool) -> None:
        if not on:
            self.stance.scale.setValue(self.layer.placement.scale)
        self._fit()

    def _fit(self) -> None:
        """Find the placement that brings the points where they belong, and show it in numbers."""
        pairs = [(pair.source, pair.ground) for pair in self._pairs if pair.ground is not None]
        self.said.setText("")
        if not pairs:
            return
        source, ground = (np.array([pair[side] for pair in pairs]) for side in (0, 1))
        now = self.stance.placement
        try:
            fit = fitted(now, now.put(source), ground, self.with_scale.isChecked())
        except CitystrataError as error:
            self.said.setText(error.sentence())
            return
        self.stance.fill(fit.placement.about(now.pivot))
        self._list(fit.residuals_m)
        if len(pairs) == 1:
            self.said.setText("One pair moves the layer; from two on it is turned as well.")
        else:
            self.said.setText(f"The points are off by {fit.rms_m:.3f} m (root mean square).")

    def _mark(self) -> None:
        """Pins where the points are, and where they belong."""
        if not self._session.is_open or not self.isVisible():
            return
        points, texts = [], []
        for number, pair in enumerate(self._pairs, 1):
            points.append(self.layer.placement.put(pair.source[None])[0])
            texts.append(str(number))
            if pair.ground is not None:
                points.append(pair.ground)
                texts.append(f"{number}′")
        drawn = self._session.scene.as_drawn(np.array(points).reshape(-1, 3))
        self._canvas.set_pins(self, Pins(drawn, tuple(texts)))

    # -- what it does --------------------------------------------------------------------------

    def _place(self) -> None:
        if self.stance.problem:
            self.said.setText(self.stance.problem)
            return
        self._carry_out(self.stance.placement)

    def _go_back(self) -> None:
        self._carry_out(unplaced(self.layer.placement))

    def _carry_out(self, placement: Placement) -> None:
        session, layer = self._session, self.layer
        self.pick.setChecked(False)
        try:
            placement.check()
            check_source(layer)
        except CitystrataError as error:
            self.said.setText(error.sentence())
            return
        self._goes_there = True
        session.run_edit(
            f"Place {layer.name}",
            lambda edit: place_layer(edit, session.project, layer, placement),
            values=layer.object_count,
        )

    def _on_changes(self) -> None:
        """The layer was placed, or a placement was undone; or the layer is gone."""
        if not any(layer.id == self._layer for layer in self._session.project.layers):
            self.close()
            return
        self.stance.fill(by_numbers(self._session.project, self.layer))
        self._list()
        if self._goes_there:
            self._goes_there = False
            self._show()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Take the pins out of the view, and ask for nothing more."""
        self.pick.setChecked(False)
        self._canvas.set_pins(self, None)
        super().closeEvent(event)


def _text(point: Float64 | None) -> str:
    return "" if point is None else "{:.3f}, {:.3f}, {:.3f}".format(*point.tolist())


def _point(text: str) -> Float64 | None:
    """Three numbers with commas or blanks between them."""
    found = place_from(text)
    return np.array(found) if found is not None and len(found) == 3 else None
