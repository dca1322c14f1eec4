"""What an observer sees of the open project: the city is tinted as they are put down and moved.

The rays are cast by the process that knows what stands around; each picture asks for its own pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import cos, radians, sin
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from analysis.analysis import analysis_of
from analysis.asked import as_json
from analysis.sight.looking import EYE_HEIGHT_M
from app.labels import counted
from app.rayhelper import GROUND_M, NO_OBJECT, NOTHING, AllRound
from app.session import Session
from app.surroundings import Surroundings
from layers.arrays import Float64
from layers.errors import CitystrataError
from layers.views import View
from layers.written import grouped
from viewer.scene import Hit, Observer

#: The observer has come to rest when they have not moved for so long; then it is counted what they see.
REST_MS = 200
HIGHEST_M = 1000.0
#: What a line of sight meets so near its end is that end: what is drawn may be coarser than what stands.
SAME_M = 0.3
#: A view from the eye: how wide it is, and how far ahead its middle lies.
FIELD_DEG, AHEAD_M = 65.0, 50.0
#: From here on distances are told in whole metres.
FAR_M = 100.0
#: The analysis that an observer is kept as.
KEPT_AS = "visibility"


class LiveSight(QObject):
    """Tints the scene of a session by what an observer sees."""

    changed = Signal()  # on or off, who looks, or what is known of what they see
    switched = Signal(bool)

    def __init__(self, session: Session, surroundings: Surroundings) -> None:
        super().__init__(session)
        self._session, self._surroundings = session, surroundings
        self.is_on = False
        self.foot: Float64 | None = None  # (3,) world, what they stand on
        self.eye_height_m = EYE_HEIGHT_M
        self.reach_m = np.inf  # how far they look
        self.all_round: AllRound | None = None  # once they have come to rest
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._look_around)
        surroundings.changed.connect(self._look)
        session.opened.connect(self._on_opened)

    # -- what a person sets ------------------------------------------------------------------------

    def set_on(self, on: bool) -> None:
        """Tint the city, or show it as it is."""
        if on == self.is_on:
            return
        self.is_on = on
        if on:
            self._stand()
        else:
            self._end()
        self.switched.emit(on)

    def place(self, foot: Float64) -> None:
        """Let the observer stand at a place (3,)."""
        self.foot = np.asarray(foot, np.float64)
        self._stand()

    def stand_at(self, x: float, y: float, z: float | None = None) -> bool:
        """Let the observer stand at coordinates, on the terrain without a height; False without terrain."""
        height = self._ground_at(np.array([x, y])) if z is None else z
        if height is not None:
            self.place(np.array([x, y, height]))
        return height is not None

    def move(self, east_m: float, north_m: float) -> None:
        """Let the observer walk, at the same height above the terrain."""
        if self.foot is None:
            return
        there = self.foot + np.array([east_m, north_m, 0.0])
        before, after = self._ground_at(self.foot), self._ground_at(there)
        if before is not None and after is not None:
            there[2] += after - before
        self.place(there)

    def set_eye_height(self, height_m: float) -> None:
        """Let the eye be so high above what the observer stands on."""
        self.eye_height_m = float(np.clip(height_m, 0.0, HIGHEST_M))
        self._look()

    def set_reach(self, reach_m: float) -> None:
        """Let nothing count as seen that is farther away."""
        self.reach_m = reach_m
        self._look()

    # -- what is known -----------------------------------------------------------------------------

    @property
    def eye(self) -> Float64 | None:
        """(3,) world."""
        return None if self.foot is None else self.foot + np.array([0.0, 0.0, self.eye_height_m])

    @property
    def above_ground_m(self) -> float | None:
        """How high above the terrain the observer stands; None where there is none."""
        ground = self._ground_at(self.foot) if self.foot is not None else None
        return None if ground is None or self.foot is None else float(self.foot[2]) - ground

    def summary(self) -> str:
        """What the observer sees, in words."""
        found = self.all_round
        if self.foot is None or not self.is_on:
            return ""
        if self._surroundings.rays is None:
            return "What stands around is being gathered …"
        if found is None:
            return ""
        words = [f"The eye is inside {self._name(found.within_fid)}"] if found.within_fid >= 0 else []
        words.append(f"{'sees' if words else 'Sees'} {counted(found.objects, 'object')}")
        if np.isfinite(found.ground_m2):
            share = f"{100 * found.ground_share:.0f} % in {min(GROUND_M, self.reach_m):g} m"
            words.append(f"{area(found.ground_m2)} ground ({share})")
        if found.farthest_fid >= 0:
            words.append(f"farthest {self._name(found.farthest_fid)}, {metres(found.farthest_m)}")
        words.append(f"sky {100 * found.sky:.0f} %")
        reach = self._surroundings.reach_m
        if reach is not None:
            words.append(f"within {reach / 1000:.1f} km of the view")
        return " · ".join(words)

    def told(self, hit: Hit | None) -> str:
        """Whether the place under the cursor is seen, how far away it is, and what hides it."""
        eye, rays = self.eye, self._surroundings.rays
        if hit is None or eye is None or rays is None or not self.is_on:
            return ""
        away = float(np.linalg.norm(hit.point_in_world - eye))
        what = "The ground" if hit.fid is None else self._name(hit.fid)
        if away > self.reach_m:
            return f"{what}: {metres(away)} away, farther than is looked"
        met = rays.meeting(eye, hit.point_in_world)
        if met is None:
            return ""
        if met.fid == NOTHING or met.distance_m > away - SAME_M:
            return f"{what}: seen, {metres(away)} away"
        by = "the terrain" if met.fid == NO_OBJECT else self._name(met.fid)
        by = "itself" if by == what else by
        return f"{what}: not seen, {metres(away)} away; hidden by {by} after {metres(met.distance_m)}"

    def view(self, azimuth_deg: float) -> View | None:
        """What the observer sees when they look level in a direction of the grid."""
        eye, azimuth = self.eye, radians(azimuth_deg)
        if eye is None:
            return None
        to = eye + AHEAD_M * np.array([sin(azimuth), cos(azimuth), 0.0])
        return View("Observer", tuple(eye.tolist()), tuple(to.tolist()), FIELD_DEG)

    def answers(self, on: str = "surfaces") -> Mapping[str, Any]:
        """The inputs of the analysis that keeps this observer: of all surfaces, or of the ground around."""
        inputs = analysis_of(KEPT_AS).Inputs()
        foot = () if self.foot is None else (tuple(round(float(part), 2) for part in self.foot),)
        date = self._surroundings.city_date
        reach = min(self.reach_m, GROUND_M if on == "ground" else np.inf)  # as the bar tells of the ground
        told = replace(inputs, on=on, places=foot, eye_height_m=self.eye_height_m, date=date)
        told = replace(told, scenario=self._surroundings.scenario)
        return as_json(replace(told, radius_m=reach) if np.isfinite(reach) else told)

    # -- carrying it out -----------------------------------------------------------------------------

    def _stand(self) -> None:
        """Take a new place, or begin at one."""
        if self.is_on and self.foot is not None:
            self._surroundings.want(self, True, self.foot)
        self._look()

    def _look(self) -> None:
        """Tint the scene by what is seen from where the observer is now."""
        self.all_round = None
        eye = self.eye
        if self.is_on and eye is not None and self._session.is_open:
            self._session.scene.set_observer(Observer(eye, self._surroundings.rays, self.reach_m))
            self._session.scene_changed.emit()
            self._rest.start()
        self.changed.emit()

    def _look_around(self) -> None:
        rays, eye = self._surroundings.rays, self.eye
        if self.is_on and rays is not None and eye is not None:
            self.all_round = rays.all_round(eye, self.reach_m)
            if self.all_round is None:  # the process that casts the rays has died: another one is wanted
                self._surroundings.want(self, True, self.foot)
            self.changed.emit()

    def _end(self) -> None:
        self._rest.stop()
        self._surroundings.want(self, False)
        if self._session.is_open:
            self._session.scene.set_observer(None)
            self._session.scene_changed.emit()
        self.changed.emit()

    def _on_opened(self) -> None:
        self.foot = self.all_round = None
        self._rest.stop()
        self.changed.emit()

    def _ground_at(self, place: Float64) -> float | None:
        """The height of the terrain, in the world."""
        if not self._session.is_open:
            return None
        scene, (x, y) = self._session.scene, (float(part) for part in place[:2])
        drawn = scene.ground_height(x, y)
        return None if drawn is None else float(scene.in_world(np.array([[x, y, drawn]]))[0, 2])

    def _name(self, fid: int) -> str:
        try:
            thing = self._session.project.object(fid)
        except CitystrataError:  # it is no longer there
            return "an object"
        return str(thing.attributes.get("name") or thing.id)


def area(square_metres: float) -> str:
    """An area as people say it."""
    return f"{square_metres / 1e4:.1f} ha" if square_metres >= 1e4 else f"{grouped(square_metres)} m²"


def metres(distance_m: float) -> str:
    """A distance as far as it matters."""
    return f"{grouped(distance_m)} m" if distance_m >= FAR_M else f"{distance_m:.1f} m"
