"""Where the camera flies to: objects, layers and results, from where they are seen best."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
from PySide6.QtCore import QObject

from app.canvas import Canvas
from app.jobs import Question
from app.resultbox import subject_box
from app.session import Session
from layers.arrays import Float64
from layers.records import Fids
from layers.results import Result
from viewer.camera import Camera

#: How far to see around a found object, in its own sizes, and at least.
ROOM = 1.5
LEAST_M = 12.0
#: A layer may be one small find.
LEAST_LAYER_M = 0.05
#: A result that takes less of the view both ways is too small to be read.
LEAST_SHOWN = 0.25
#: A result that speaks of a spot alone is seen with so much around it.
RESULT_M = 60.0
#: Where something hides what is flown to, it is looked at more steeply.
STEEPER_DEG = (50.0, 65.0, 80.0, 90.0)


class Flights(QObject):
    """Flies the camera of a canvas to what one wants to see."""

    def __init__(self, session: Session, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._session, self._canvas = session, canvas
        self._flying = Question(session.jobs, "Finding the place", self)

    def to_objects(self, fids: Fids) -> None:
        """Fly to some objects."""

        def fly(box: tuple[float, ...] | None) -> None:
            if box is not None:
                self.to_box(np.array(box, np.float64).reshape(2, 3))

        self._session.look(self._flying, len(fids), lambda project: project.box(fids), fly)

    def to_layer(self, layer: int) -> None:
        """Fly to a layer as it is now."""
        box = self._session.project.layer(layer).box
        if box is not None:
            self.to_box(np.array(box, np.float64).reshape(2, 3), LEAST_LAYER_M)

    def to_result(self, result: Result) -> None:
        """Fly to what a result speaks of, unless all of it is in view and large enough to be read."""
        if self._canvas.looking is not None:  # one looks from a place, and stays there
            return
        box = subject_box(self._session.project, result)
        if not self._shows(box):
            around = np.maximum(RESULT_M - np.ptp(box, axis=0), 0) / 2 * (1, 1, 0)
            self.to_box(np.stack((box[0] - around, box[1] + around)))

    def _shows(self, box: Float64) -> bool:
        """Whether a box is within the view, and not small there."""
        size = np.array((self._canvas.width(), self._canvas.height()), np.float64)
        corners = np.array(list(product(*box.T)))
        seen = self._session.scene.camera.project(corners, round(size[0]), round(size[1]))
        if not np.isfinite(seen).all() or (seen[:, 2] <= 0).any():
            return False
        low, high = seen[:, :2].min(axis=0), seen[:, :2].max(axis=0)
        is_within = bool((low >= 0).all() and (high <= size).all())
        return is_within and bool(((high - low) >= LEAST_SHOWN * size).any())

    def to_box(self, box: Float64, least_m: float = LEAST_M) -> None:
        """Fly until a box, with some room around it and at least so much, fills the view."""
        box = self._on_ground(box)
        half = np.maximum((box[1] - box[0]) / 2 * ROOM, least_m)
        half[2] = (box[1, 2] - box[0, 2]) / 2
        middle = box.mean(axis=0)
        canvas, camera = self._canvas, self._session.scene.camera
        room, aspect = np.stack((middle - half, middle + half)), canvas.width() / canvas.height()
        steeper = [altitude for altitude in STEEPER_DEG if altitude > camera.altitude_deg]
        ways = [camera, *(replace(camera, altitude_deg=altitude) for altitude in steeper)]
        fitted = [way.fitted(room, aspect) for way in ways]
        reach = float(np.linalg.norm(half)) + LEAST_M
        canvas.fly(next((way for way in fitted if self._sees(way, middle, reach)), fitted[0]))

    def _on_ground(self, box: Float64) -> Float64:
        """A box; that of things without heights, which lies at zero, as high as the ground is drawn there."""
        if box[:, 2].any():
            return box
        ground = self._session.scene.ground_height(*box[:, :2].mean(axis=0).tolist())
        return box if ground is None else box + np.array((0.0, 0.0, ground))

    def _sees(self, camera: Camera, point: Float64, reach_m: float) -> bool:
        """Whether nothing stands between a camera and the surroundings of a point."""
        scene = self._session.scene
        before, scene.camera = scene.camera, camera
        x, y, _ = camera.project(point[None], *scene.size)[0]
        hit = scene.pick(float(x), float(y))
        scene.camera = before
        return hit is None or bool(np.linalg.norm(hit.point_in_world - point) <= reach_m)
