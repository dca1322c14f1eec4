"""Points that an analysis looks from, picked in the view: a window, a balcony, a bench."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtWidgets import QLabel, QPushButton

from analysis.asked import Ask
from app.askfields import AskField
from app.canvas import Canvas
from app.labels import counted
from app.session import Session
from layers.arrays import CityTiles, Float64
from layers.project import Project
from viewer.scene import Hit

UP = np.array((0.0, 0.0, 1.0))
PICKING = "Click in the view; each click adds a point. Esc or Done ends it."


class PointsAnswer(AskField):
    """How many points there are; a button lets clicks in the view add more."""

    def __init__(self, ask: Ask, session: Session, canvas: Canvas) -> None:
        super().__init__(ask)
        self._session = session
        self._points: list[tuple[float, ...]] = []
        self._count = QLabel()
        self.pick = QPushButton("Pick in the view")
        self.pick.setCheckable(True)
        self.clear = QPushButton("Clear")
        for button in (self.pick, self.clear):
            button.setAutoDefault(False)
        self.pick.toggled.connect(self._on_pick)
        self.clear.clicked.connect(lambda: self.show_value(()))
        self._put(self._count, 1)
        self._row.addWidget(self.pick)
        self._row.addWidget(self.clear)
        self._canvas = canvas
        canvas.clicked.connect(self._on_click)
        self.show_value(())

    def value(self) -> tuple[tuple[float, ...], ...]:
        """The points: x, y, z and the direction they look in."""
        return tuple(self._points)

    def show_value(self, value: Sequence[Sequence[float]] | str) -> None:
        """Show how many points these are."""
        self._points = [tuple(map(float, point)) for point in value]
        self._count.setText(counted(len(self._points), "point") if self._points else "none yet")
        self.clear.setEnabled(bool(self._points))
        self.changed.emit()

    def _on_pick(self, on: bool) -> None:
        self.pick.setText("Done" if on else "Pick in the view")
        if on:
            self._session.message.emit(PICKING)
            self._canvas.window().activateWindow()

    def _on_click(self, hit: Hit | None, _reading: object) -> None:
        if self.pick.isChecked() and self.is_asked and hit is not None:
            direction = normal_of(self._session.project, hit)
            self.show_value([*self._points, (*hit.point_in_world.tolist(), *direction.tolist())])


def normal_of(project: Project, hit: Hit) -> Float64:
    """The direction that the surface under a click looks in; up where that is not known."""
    tiles = project.drawable(project.layer(hit.layer))
    if not isinstance(tiles, CityTiles) or hit.surface is None or hit.fid is None:
        return UP
    position = hit.fid - project.layer(hit.layer).first_fid
    for entry in np.flatnonzero(tiles.entry_object == position):
        geometries = np.arange(tiles.entry_geometry[entry], tiles.entry_geometry[entry + 1])
        found = geometries[tiles.geometry_index[geometries] == hit.surface.geometry_index]
        for geometry in found:
            surfaces = np.arange(tiles.geometry_surface[geometry], tiles.geometry_surface[geometry + 1])
            polygon = surfaces[tiles.surface_index[surfaces] == hit.surface.polygon_index]
            if len(polygon) and tiles.surface_normal[polygon[0]].any():
                return np.asarray(tiles.surface_normal[polygon[0]], np.float64)
    return UP
