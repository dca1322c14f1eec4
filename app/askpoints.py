"""Points that an analysis looks from, picked in the view: a window, a balcony, a bench."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtWidgets import QLabel, QPushButton

from analysis.asked import Ask
from app.askfields import NotYet
from app.askpicked import PickedAnswer
from app.canvas import Canvas
from app.labels import counted
from app.pins import Pins
from app.session import Session
from layers.arrays import CityTiles, Float64
from layers.project import Project
from viewer.scene import Hit

UP = np.array((0.0, 0.0, 1.0))


class PointsAnswer(PickedAnswer):
    """How many points there are; a button lets clicks in the view add more."""

    def __init__(self, ask: Ask, session: Session, canvas: Canvas) -> None:
        super().__init__(ask, session, canvas)
        self._points: list[tuple[float, ...]] = []
        self._count = QLabel()
        self.clear = QPushButton("Clear")
        self.clear.setAutoDefault(False)
        self.clear.clicked.connect(lambda: self.show_value(()))
        self._put(self._count, 1)
        self._row.addWidget(self.pick)
        self._row.addWidget(self.clear)
        self.show_value(())

    def value(self) -> tuple[tuple[float, ...], ...]:
        """The points: x, y, z and the direction they look in."""
        if len(self._points) < (self.ask.low or 0):
            raise NotYet("No point is given yet", do="Pick one in the view")
        return tuple(self._points)

    def show_value(self, value: Sequence[Sequence[float]] | str) -> None:
        """Show how many points these are."""
        self._points = [tuple(map(float, point)) for point in value]
        self._count.setText(counted(len(self._points), "point") if self._points else "none yet")
        self.clear.setEnabled(bool(self._points))
        self.mark()
        self.changed.emit()

    def take(self, hit: Hit) -> None:
        """The clicked point, looking where its surface looks."""
        self.show_value([*self._points, point_of(self._session.project, hit)])

    def pins(self) -> Pins:
        """A pin for each point."""
        places = np.array([point[:3] for point in self._points]).reshape(-1, 3)
        signs = tuple(str(row + 1) for row in range(len(places)))
        return Pins(self._session.scene.as_drawn(places), signs)


def point_of(project: Project, hit: Hit) -> tuple[float, ...]:
    """What was clicked: x, y, z and the direction that its surface looks in."""
    return *hit.point_in_world.tolist(), *normal_of(project, hit).tolist()


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
