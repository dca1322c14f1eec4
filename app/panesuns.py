"""The sun over several views: each has the shadows of its own city, of its date and scenario."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject

from app.livesun import LiveSun
from app.session import Session
from app.sunlit import cast_of, sun_light
from app.surroundings import Surroundings
from layers.epochs import date_in
from viewer.camera import Camera


class PaneSuns(QObject):
    """Lights the views after the first one, as long as the sun is on and they show another city."""

    def __init__(self, session: Session, sun: LiveSun) -> None:
        super().__init__(session)
        self._session, self._sun = session, sun
        self._surroundings: list[Surroundings] = []  # of the second view and those after it
        self._are_lit = False
        sun.changed.connect(self._shine)
        session.situation.changed.connect(self._follow)
        session.comparing.changed.connect(self._follow)

    def look_from(self, camera: Camera | None = None) -> None:
        """The camera has moved: what stands around what it sees is gathered once it rests."""
        for surroundings in self._surroundings:
            surroundings.look_from(camera)

    def _follow(self) -> None:
        """Gather what stands around in every view that shows another city than the first one."""
        session = self._session
        showings = session.comparing.showings if session.comparing.is_on else ()
        names = {known.id: known.name for known in session.project.scenarios} if showings else {}
        while len(self._surroundings) < len(showings) - 1:
            made = Surroundings(session)
            made.changed.connect(self._shine)
            self._surroundings.append(made)
        for surroundings, showing in zip(self._surroundings, showings[1:], strict=False):
            surroundings.set_city_date(date_in(session.project, *showing.situation) or "")
            surroundings.set_scenario(names.get(showing.scenario or 0, ""))
            differs = showing.situation != showings[0].situation
            surroundings.want(self, self._sun.is_on and differs)
        for surroundings in self._surroundings[max(len(showings) - 1, 0) :]:
            surroundings.want(self, False)
        self._shine()

    def _shine(self) -> None:
        """Light the views as the sun stands now."""
        session, sun = self._session, self._sun
        if not session.comparing.is_on or not (sun.is_on or self._are_lit):
            return
        self._are_lit = sun.is_on
        showings, panes = session.comparing.showings, session.panes
        for number, surroundings in enumerate(self._surroundings[: len(showings) - 1], 1):
            if showings[number].situation == showings[0].situation or not sun.is_on:
                panes.forget_sun(number)
                surroundings.want(self, False)
            elif sun.site is not None and sun.time is not None:
                surroundings.want(self, True)
                rays = surroundings.rays
                cast = cast_of(rays, sun.site, sun.time) if rays is not None else None
                light = sun_light(sun.site, sun.time, cast)
                panes.set_sun(number, light if cast is not None else replace(light, shadows=None))
        session.scene_changed.emit()
