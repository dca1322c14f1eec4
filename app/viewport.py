"""Where the views of a city lie in a widget, and what of the city lies under its positions."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtWidgets import QWidget

from app.comparing import SPLIT
from app.session import Session
from layers.arrays import Float64
from viewer.camera import Camera
from viewer.scene import Hit, Reading


class Viewport(QWidget):
    """A widget that shows the views of a session."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session

    @property
    def has_city(self) -> bool:
        """Whether there is anything to see."""
        return self._session.is_open and bool(self._session.project.layers)

    @property
    def camera(self) -> Camera:
        """Where the view looks from."""
        return self._session.panes.camera

    @property
    def aspect(self) -> float:
        """How many times as wide as high the first view is."""
        area = self.pane_areas[0]
        return area.width() / max(area.height(), 1.0)

    @property
    def pane_areas(self) -> list[QRectF]:
        """Where the views lie in the widget; those that lie over each other count as one."""
        if not self._session.comparing.is_on or self._session.comparing.way not in SPLIT:
            return [QRectF(self.rect())]
        return [self._area(number) for number in range(len(self._session.panes.scenes))]

    def area_at(self, at: QPointF) -> QRectF:
        """The view under a position, or the one that is active."""
        panes = self._session.panes
        number = panes.under(*self._pixel(at))
        return self._area(panes.active if number is None else number)

    def _area(self, number: int) -> QRectF:
        panes = self._session.panes
        across, down = self.width() / panes.size[0], self.height() / panes.size[1]
        x, y, wide, high = panes.area(number)
        return QRectF(x * across, y * down, wide * across, high * down)

    def _pixel(self, at: QPointF) -> tuple[float, float]:
        """The pixel of the picture at a position in the widget."""
        width, height = self._session.panes.size
        return at.x() * width / self.width(), at.y() * height / self.height()

    def hit(self, at: QPointF) -> Hit | None:
        """What of the city lies at a position in the widget."""
        if not self.has_city:
            return None
        return self._session.panes.pick(*self._pixel(at))

    def point_under(self, at: QPointF) -> Float64:
        """The city under the cursor, else where the sight line meets the height of the target."""
        hit = self.hit(at)
        if hit is not None:
            return hit.point_in_world
        camera = self.camera
        area = self.area_at(at)
        within = at - area.topLeft()
        ray = camera.ray(within.x(), within.y(), round(area.width()), round(area.height()))
        fall = float(ray.direction[2])
        reach = (camera.target[2] - ray.origin[2]) / fall if abs(fall) > 1e-3 else -1.0
        if not 0 < reach < 20 * camera.distance_m + abs(float(camera.eye[2])):
            reach = float((camera.target - ray.origin) @ ray.direction)
        return ray.at(float(reach))

    def reading(self, at: QPointF) -> Reading | None:
        """What the result that is shown says about a position in the widget."""
        return self._session.panes.pick_result(*self._pixel(at))
