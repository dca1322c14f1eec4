"""The sun over the open project: its time, its light in the scene, and its shadows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, Signal

from analysis.days import Day, day_of
from analysis.localtime import clock_time, local
from analysis.site import SITE, TIME_ZONE, Site, place_from, site_of
from app import loading
from app.jobs import Question
from app.session import Session
from app.sunlit import cast_of, sun_light
from app.surroundings import Surroundings
from layers.errors import CitystrataError
from layers.project import Project
from layers.records import Changes
from layers.timezones import zone_named
from viewer.scene import SunLight

NOON = "12:00"


class LiveSun(QObject):
    """Lights the scene of a session with the sun of a place and time, and casts the shadows of the city."""

    changed = Signal()  # on or off, time, place, or what casts shadow
    switched = Signal(bool)

    def __init__(self, session: Session, surroundings: Surroundings) -> None:
        super().__init__(session)
        self._session, self._surroundings = session, surroundings
        self.is_on = False
        self.site: Site | None = None
        self.time: np.datetime64 | None = None  # UTC
        self.light: SunLight | None = None
        self.problem = ""  # why there is no sun: nobody knows where the model lies
        self._first_day: date | None = None
        self._shows_dome = False
        self._finding = Question(session.jobs, "Finding the sun", self)
        surroundings.changed.connect(self._shine)
        session.opened.connect(self._on_opened)
        session.project_changed.connect(self._on_project_changed)

    # -- what a person sets --------------------------------------------------------------------

    def set_on(self, on: bool) -> None:
        """Light the city with the sun, or evenly."""
        if on == self.is_on:
            return
        self.is_on = on
        if on:
            self._begin()
        else:
            self._end()
        self.switched.emit(on)

    def set_time(self, time: np.datetime64) -> None:
        """Move the sun to a time in UTC."""
        self.time = time
        self._shine()

    def set_clock(self, day: date, clock: str) -> None:
        """Move the sun to a date and a time on the clocks of the place, as "09:30"."""
        if self.site is not None:
            self.set_time(clock_time(self.site, day, clock))

    def set_day(self, day: date) -> None:
        """Move the sun to a date at the same time on the clocks, or begin there once the place is known."""
        moment = self.moment
        if moment is not None:
            self.set_clock(day, f"{moment:%H:%M}")
        else:
            self._first_day = day

    def set_now(self) -> None:
        """Move the sun to where it stands at this moment."""
        self.set_time(np.datetime64(datetime.now(UTC).replace(tzinfo=None), "ms"))

    def set_zone(self, name: str) -> None:
        """Let the project's clocks run in a time zone; '' = as its place suggests."""
        zone = zone_named(name).key if name else None
        label = f"Time zone {zone}" if zone else "Time zone of the place"
        self._session.run_edit(label, lambda edit: edit.set_project(TIME_ZONE, zone))

    def set_place(self, text: str) -> None:
        """Say where a model lies that names no place itself: longitude and latitude in degrees."""
        try:
            longitude, latitude, convergence = place_from(text)
        except CitystrataError as error:
            self._session.tell(error)
            return
        place = f"{longitude:g},{latitude:g},{convergence:g}"
        self._session.run_edit("Place of the model", lambda edit: edit.set_project(SITE, place))

    @property
    def shows_dome(self) -> bool:
        """Whether the path of the sun is drawn in the sky."""
        return self._shows_dome

    def set_dome(self, on: bool) -> None:
        """Draw the path of the sun in the sky, or not."""
        self._shows_dome = on
        self._shine()

    @property
    def city_date(self) -> str:
        """The ISO date the city is shown at, '' for all."""
        return self._surroundings.city_date

    # -- what is known of the time -------------------------------------------------------------

    @property
    def day(self) -> Day | None:
        """Sunrise, noon and sunset on the date of the sun."""
        moment = self.moment
        return day_of(self.site, moment.date()) if self.site is not None and moment is not None else None

    @property
    def moment(self) -> datetime | None:
        """The time on the clocks of the place."""
        return local(self.time, self.site) if self.site is not None and self.time is not None else None

    @property
    def note(self) -> str:
        """What is missing in the shadows, '' when they are whole."""
        if not self.is_on or self.light is None:
            return ""
        if self._surroundings.rays is None:
            return "shadows are being prepared …"
        reach = self._surroundings.reach_m
        return f"shadows within {reach / 1000:.1f} km" if reach is not None else ""

    # -- carrying it out -----------------------------------------------------------------------

    def _begin(self) -> None:
        """Find the place and wake what reckons the sun, which takes a second, in a thread."""
        if not self._session.is_open or not self._session.project.layers:
            return
        time, day = self.time, self._first_day or date.today()

        def find(project: Project) -> tuple[Site, np.datetime64]:
            site = site_of(project)
            wanted = clock_time(site, day, NOON) if time is None else time
            sun_light(site, wanted)
            return site, wanted

        def found(answer: tuple[Site, np.datetime64]) -> None:
            self.site, self.time = answer
            self._shine()
            self._surroundings.want(self, True)

        def lost(error: CitystrataError) -> None:
            self.problem = error.sentence()
            self.changed.emit()

        self.problem = ""
        self._finding.ask(partial(loading.look, self._session.project, find), found, lost)
        self.changed.emit()

    def _end(self) -> None:
        self._finding.drop()
        self.light = None
        self._surroundings.want(self, False)
        if self._session.is_open:
            self._session.scene.set_sun(None)
            self._session.scene_changed.emit()
        self.changed.emit()

    def _shine(self) -> None:
        """Light the scene as the sun stands now."""
        if not self.is_on or self.site is None or self.time is None or not self._session.is_open:
            return
        rays = self._surroundings.rays
        cast = cast_of(rays, self.site, self.time) if rays is not None else None
        self.light = sun_light(self.site, self.time, cast)
        scene = self._session.scene
        scene.set_sun(self.light)
        if scene.shows_dome != self._shows_dome:
            scene.shows_dome = self._shows_dome
        self._session.scene_changed.emit()
        self.changed.emit()

    def _on_opened(self) -> None:
        self._finding.drop()
        self.site = self.light = None
        self._surroundings.want(self, False)
        self.problem = ""
        if self.is_on:
            self._begin()
        self.changed.emit()

    def _on_project_changed(self, changes: Changes) -> None:
        if self.is_on and changes.project and self.site is not None:
            clock = self.moment
            self.site = site_of(self._session.project)
            if clock is not None:  # the clocks go on showing the same
                self.set_clock(clock.date(), f"{clock:%H:%M}")
        elif self.is_on and self.site is None and (changes.layers or changes.project):
            self._begin()
