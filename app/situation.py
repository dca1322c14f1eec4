"""What the window looks at: the date and the scenario of the city in the active view.

What is drawn or changed goes into that scenario, or into the city as it is where none is looked at.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.jobs import Question
from layers.epochs import Tick, date_in, dates_of
from layers.records import Changes, Scenario
from viewer.showing import Showing

if TYPE_CHECKING:
    from app.session import Session

DATES = frozenset(("valid_from", "valid_to"))
#: What is looked at where neither a date nor a scenario is chosen.
ALL_DATES, AS_IT_IS = "All dates", "The city as it is"


class LiveSituation(QObject):
    """The date and scenario of one session; the timeline, the scenarios and the views follow its signal."""

    changed = Signal()  # another date, scenario or active view

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.ticks: tuple[Tick, ...] = ()  # the dates of the timeline, oldest first
        self._dating = Question(session.jobs, "Reading the dates", self)
        session.project_changed.connect(self._on_project_changed)

    @property
    def showing(self) -> Showing:
        """What the active view shows."""
        if not self._session.is_open:
            return Showing()
        panes = self._session.panes
        return panes.showings[panes.active]

    @property
    def date(self) -> str:
        """The ISO date that is looked at, '' for all dates."""
        return self.showing.date or ""

    @property
    def city_date(self) -> str:
        """The date of what is seen: where none is chosen, that of the scenario; '' for all dates."""
        if not self._session.is_open:
            return ""
        return date_in(self._session.project, *self.showing.situation) or ""

    @property
    def scenario(self) -> int | None:
        """The scenario that is looked at, and that edits go into; None for the city as it is."""
        return self.showing.scenario

    @property
    def known(self) -> Scenario | None:
        """The same with all that is said of it."""
        if self.scenario is None:
            return None
        return next((one for one in self._session.project.scenarios if one.id == self.scenario), None)

    @property
    def scenario_name(self) -> str:
        """Its name, '' for the city as it is."""
        return self.known.name if self.known is not None else ""

    @property
    def title(self) -> str:
        """What the active view is called, '' for the city as it is at all dates."""
        return self.showing.title(self._session.project) if self._session.is_open else ""

    def set_date(self, date: str) -> None:
        """Look at an ISO date; '' at all dates."""
        self.show(replace(self.showing, date=date or None, caption=""))

    def set_scenario(self, scenario: int | None) -> None:
        """Look at a scenario; None at the city as it is."""
        self.show(replace(self.showing, scenario=scenario, caption=""))

    def show(self, showing: Showing) -> None:
        """Let the active view show something else."""
        if not self._session.is_open or showing == self.showing:
            return
        panes = self._session.panes
        panes.show(panes.active, showing)
        self.tell()

    # -- the dates there are -------------------------------------------------------------------

    def read_ticks(self) -> None:
        """Gather the dates of the timeline: every object may have two."""
        objects = sum(layer.object_count for layer in self._session.project.layers)
        self._session.look(self._dating, objects, dates_of, self._set_ticks)

    def forget(self) -> None:
        """No project is open any more."""
        self._dating.drop()
        self._set_ticks([])

    def _set_ticks(self, ticks: list[Tick]) -> None:
        self.ticks = tuple(ticks)
        self._session.ticks_changed.emit()

    # -- following -----------------------------------------------------------------------------

    def tell(self) -> None:
        """Say that what is looked at has changed."""
        self.changed.emit()
        self._session.scene_changed.emit()

    def _on_project_changed(self, changes: Changes) -> None:
        """Objects may stand at other dates; a scenario that is no longer there cannot be looked at."""
        if changes.epochs or changes.layers or changes.keys & DATES:
            self.read_ticks()
        if not changes.scenarios or not self._session.is_open:
            return
        there, panes = {known.id for known in self._session.project.scenarios}, self._session.panes
        for number, showing in enumerate(panes.showings):
            if showing.scenario is not None and showing.scenario not in there:
                panes.show(number, replace(showing, scenario=None, caption=""))
        self.tell()
