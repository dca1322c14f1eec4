"""From drags, wheels and keys to cameras."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from time import monotonic

from PySide6.QtCore import QObject, QPointF, Qt, QTimer

from layers.arrays import Float64
from viewer.camera import Camera, blend

ORBIT_DEG_PER_POINT = 0.35
LOOK_DEG_PER_POINT = 0.2
ZOOM_PER_NOTCH = 0.85
ARROW_POINTS = 60.0
FLIGHT_S = 0.45
WALK_M_PER_S = 6.0
HURRY = 4.0
TURN_DEG_PER_S = 70.0
TICK_MS = 16

WALK_KEYS = {
    Qt.Key.Key_W: (1.0, 0.0, 0.0),
    Qt.Key.Key_S: (-1.0, 0.0, 0.0),
    Qt.Key.Key_D: (0.0, 1.0, 0.0),
    Qt.Key.Key_A: (0.0, -1.0, 0.0),
    Qt.Key.Key_Up: (1.0, 0.0, 0.0),
    Qt.Key.Key_Down: (-1.0, 0.0, 0.0),
    Qt.Key.Key_Right: (0.0, 0.0, 1.0),
    Qt.Key.Key_Left: (0.0, 0.0, -1.0),
}
ARROWS = {
    Qt.Key.Key_Left: (1.0, 0.0),
    Qt.Key.Key_Right: (-1.0, 0.0),
    Qt.Key.Key_Up: (0.0, 1.0),
    Qt.Key.Key_Down: (0.0, -1.0),
}


class Grip(Enum):
    """What a drag does to the camera."""

    ORBIT = auto()
    PAN = auto()
    LOOK = auto()


class Flight(QObject):
    """Carries the camera from where it is to another place in less than half a second."""

    def __init__(self, show: Callable[[Camera], None], parent: QObject) -> None:
        super().__init__(parent)
        self._show = show
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self._step)
        self._from: Camera | None = None
        self._to: Camera | None = None
        self._started_at = 0.0

    @property
    def under_way(self) -> bool:
        """Whether the camera is flying."""
        return bool(self._timer.isActive())

    def start(self, here: Camera, there: Camera) -> None:
        """Fly from `here` to `there`."""
        self._from, self._to, self._started_at = here, there, monotonic()
        self._timer.start()

    def stop(self) -> None:
        """Stay where the camera is."""
        self._timer.stop()

    def _step(self) -> None:
        assert self._from is not None and self._to is not None
        part = (monotonic() - self._started_at) / FLIGHT_S
        if part >= 1.0:
            self._timer.stop()
            self._show(self._to)
        else:
            self._show(blend(self._from, self._to, part))


class Walk(QObject):
    """Walking: keys held down move the camera while they are held."""

    def __init__(self, step: Callable[[float, float, float], None], parent: QObject) -> None:
        super().__init__(parent)
        self._step = step  # forward_m, right_m, turn_deg
        self._held: dict[Qt.Key, tuple[float, float, float]] = {}
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._moved_at = 0.0
        self.hurry = False

    def press(self, key: Qt.Key) -> bool:
        """Begin to move; False when the key means nothing to a walker."""
        if key not in WALK_KEYS:
            return False
        if not self._held:
            self._moved_at = monotonic()
            self._timer.start()
        self._held[key] = WALK_KEYS[key]
        return True

    def release(self, key: Qt.Key) -> None:
        """End the move of this key."""
        self._held.pop(key, None)
        if not self._held:
            self._timer.stop()

    def stop(self) -> None:
        """Stand still."""
        self._held.clear()
        self._timer.stop()

    def _tick(self) -> None:
        now = monotonic()
        seconds, self._moved_at = min(now - self._moved_at, 0.25), now
        forward, right, turn = (sum(parts) for parts in zip(*self._held.values(), strict=True))
        metres = seconds * WALK_M_PER_S * (HURRY if self.hurry else 1.0)
        self._step(forward * metres, right * metres, turn * seconds * TURN_DEG_PER_S)


def dragged(
    camera: Camera, grip: Grip, grabbed: Float64, moved: QPointF, to: QPointF, width: int, height: int
) -> Camera:
    """The camera after a drag by `moved` points that ended at `to`, both in points of the widget."""
    if grip is Grip.PAN:
        return camera.panned(grabbed, to.x(), to.y(), width, height)
    if grip is Grip.LOOK:
        return camera.looked(moved.x() * LOOK_DEG_PER_POINT, -moved.y() * LOOK_DEG_PER_POINT)
    return camera.orbited(grabbed, moved.x() * ORBIT_DEG_PER_POINT, moved.y() * ORBIT_DEG_PER_POINT)
