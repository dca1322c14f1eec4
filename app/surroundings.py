"""What stands around the view, known to a process that casts rays for the sun and for those who look.

It is gathered around what the camera sees and the places that somebody asks about, and again when the
city, its date or the view has changed; moving the sun or an observer alone needs nothing new.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from analysis.foliage import SPECIES, TRANSMISSIVITY
from app.jobs import Question, Work
from app.rayhelper import Around, RayHelper
from app.session import Session
from layers.arrays import Float64
from layers.history import GONE
from layers.records import Changes
from layers.shaperows import SHAPE
from viewer.camera import Camera

#: The view has come to rest when the camera has not moved for so long.
REST_MS = 250
#: So many distances of the camera around what it looks at may be in view; nothing is gathered beyond.
SEEN_DISTANCES, LEAST_M, MOST_M = 1.6, 150.0, 3_000.0
#: A view much smaller than what was gathered for is gathered for anew: its terrain may be finer.
SMALLER = 6.0
#: So much more than what is seen is gathered: the camera may move a little.
ROOM = 1.5
#: Attributes on which shadows and sight depend.
STANDING = frozenset(("valid_from", "valid_to", GONE, SHAPE, TRANSMISSIVITY, *SPECIES))


class Surroundings(QObject):
    """Has rays cast at what stands around the view of a session, as long as somebody wants it."""

    changed = Signal()  # there are other rays, or none any more

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.rays: RayHelper | None = None
        self.city_date = ""  # the ISO date the city is shown at, '' for all
        self.scenario = ""  # name of the one that is looked at, '' for the city as it is
        self._wanted: dict[object, Float64 | None] = {}  # by whom, and for which place
        self._around: Around | None = None  # what is gathered, or on its way
        self._is_stale = True  # what was gathered no longer is the city
        self._gathering = Question(session.jobs, "Gathering what stands around", self)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._gather)
        session.opened.connect(self._on_opened)
        session.project_changed.connect(self._on_project_changed)
        session.drawing.shown.connect(lambda _layer: self._city_changed())

    def want(self, who: object, on: bool, place: Float64 | None = None) -> None:
        """Somebody wants rays, or does not any more; a place (3,) is where they start beside the view."""
        if on:
            self._wanted[who] = place
            self._gather()
        elif who in self._wanted:
            del self._wanted[who]
            if not self._wanted:
                self._gathering.drop()
                self._let_go()

    def set_city_date(self, city_date: str) -> None:
        """The city is shown at an ISO date, '' for all."""
        if city_date != self.city_date:
            self.city_date = city_date
            self._city_changed()
            self.changed.emit()

    def set_scenario(self, scenario: str) -> None:
        """The city is shown in a scenario, by its name; '' as it is."""
        if scenario != self.scenario:
            self.scenario = scenario
            self._city_changed()
            self.changed.emit()

    def look_from(self, _camera: object = None) -> None:
        """The camera has moved: once it rests, what stands around what it sees is gathered."""
        if self._wanted:
            self._rest.start()

    @property
    def reach_m(self) -> float | None:
        """How far from the middle of the view rays are cast; None where all of the city is known."""
        is_whole = self._around is None or self.rays is None or self.rays.is_whole
        return None if is_whole or self._around is None else self._around.radius_m

    def _gather(self) -> None:
        """Gather what stands around the view, unless that is known."""
        if not self._wanted or not self._session.is_open or not self._session.project.layers:
            return
        middle, radius = seen(self._session.scene.camera)
        for place in self._wanted.values():
            if place is not None:
                middle, radius = holding(middle, radius, place)
        is_coming = self._gathering.is_open or (self.rays is not None and self.rays.is_alive)
        known = self._around
        if is_coming and not self._is_stale and known is not None and holds(known, middle, radius):
            return
        radius = radius * ROOM if radius < MOST_M else radius
        around = Around(
            str(self._session.project.path.absolute()), self.city_date, self.scenario, *middle, radius
        )

        def gather(work: Work) -> RayHelper:
            return RayHelper(around, lambda: work.progress(0.5, "what stands around"))

        def take(found: RayHelper) -> None:
            self._let_go()
            self.rays = found
            self.changed.emit()

        self._around, self._is_stale = around, False
        self._gathering.ask(gather, take)

    def _let_go(self) -> None:
        """End the process that knew what stands around."""
        if self.rays is not None:
            self.rays.end()
            self.rays = None

    def _city_changed(self) -> None:
        self._is_stale = True
        if self._wanted:
            self._rest.start()

    def _on_opened(self) -> None:
        self._gathering.drop()
        self._let_go()
        self._wanted.clear()
        self.city_date, self.scenario, self._is_stale = "", "", True

    def _on_project_changed(self, changes: Changes) -> None:
        if changes.layers or changes.scenarios or changes.keys & STANDING:
            self._city_changed()


Middle = tuple[float, float]


def holds(around: Around, middle: Middle, radius_m: float) -> bool:
    """Whether what is gathered around a place will do for another view."""
    apart = float(np.hypot(middle[0] - around.x, middle[1] - around.y))
    return apart + radius_m <= around.radius_m * 1.01 and radius_m * SMALLER > around.radius_m


def holding(middle: Middle, radius_m: float, place: Float64) -> tuple[Middle, float]:
    """The smallest circle that holds another one and what lies right around a place."""
    ways = np.asarray(place[:2], np.float64) - middle
    apart = float(np.hypot(*ways))
    if apart + LEAST_M <= radius_m:
        return middle, radius_m
    if apart + radius_m <= LEAST_M:
        return (float(place[0]), float(place[1])), LEAST_M
    wide = (apart + radius_m + LEAST_M) / 2
    x, y = np.asarray(middle) + ways * ((wide - radius_m) / apart)
    return (float(x), float(y)), wide


def seen(camera: Camera) -> tuple[Middle, float]:
    """The middle and the radius of what a camera sees of the ground, no larger than rays are cast for."""
    radius = min(max(SEEN_DISTANCES * camera.distance_m, LEAST_M), MOST_M)
    return (float(camera.target[0]), float(camera.target[1])), radius
