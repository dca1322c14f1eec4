"""What a window has to do with time, put together: views, their heads and bar, scenarios, snapshots."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.comparebar import CompareBar
from app.comparing import SPLIT
from app.dialogs import show_beside
from app.dialogs.snapshot import SnapshotForm
from app.dialogs.timelapse import TimelapseForm
from app.paneheads import PaneHeads
from app.player import Player
from app.scenariopanel import ScenarioPanel
from app.scenarios import Scenarios
from app.timelapse import ask_timelapse
from layers.records import Layer
from viewer.age import AGE
from viewer.arrangement import BLINK, ONION, SWIPE

if TYPE_CHECKING:
    from app.window import Window

#: The way to compare that every command stands for.
WAYS = {
    "compare_swipe": (SWIPE,),
    "compare_split": SPLIT,
    "compare_onion": (ONION,),
    "compare_blink": (BLINK,),
}


class TimeView(QObject):
    """The parts of a window that show and change time, and what connects them."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self.bar = CompareBar(window.session)
        self.scenarios = Scenarios(window.session, window)
        self.panel = ScenarioPanel(window.session, self.scenarios)

    def join(self) -> None:
        """Join what the window has made by now."""
        window, session = self._window, self._session
        self.heads = PaneHeads(session, window.canvas)
        situation, comparing = session.situation, session.comparing
        situation.changed.connect(self._on_situation)
        comparing.changed.connect(self._on_comparing)
        session.opened.connect(self._on_comparing)
        self.player.changed.connect(lambda: window.actions_["play"].setChecked(self.player.is_playing))
        timeline = window.timeline
        timeline.age_wanted.connect(self.colour_by_age)
        timeline.outlines_changed.connect(self._set_outlines)
        timeline.timelapse_wanted.connect(self.ask_timelapse)

    @property
    def player(self) -> Player:
        """What plays the dates."""
        return self._window.timeline.player

    # -- following -----------------------------------------------------------------------------

    def _on_situation(self) -> None:
        """Sun and sight are those of the first view; the window says into which scenario one edits."""
        window, session = self._window, self._session
        if session.is_open:
            first = session.comparing.showings[0]
            names = {known.id: known.name for known in session.project.scenarios}
            window.surroundings.set_city_date(first.date or "")
            window.surroundings.set_scenario(names.get(first.scenario or 0, ""))
        ages = session.situation.showing.color_by == AGE
        window.actions_["colour_age"].setChecked(ages)
        window.timeline.age.blockSignals(True)
        window.timeline.age.setChecked(ages)
        window.timeline.age.blockSignals(False)
        window.actions_.refresh()
        window.notices.say_scenario(session.situation.known)
        window.show_title()

    def _on_comparing(self) -> None:
        actions, way = self._window.actions_, self._session.comparing.way
        for name, ways in WAYS.items():
            actions[name].setChecked(way in ways)
        actions["compare_linked"].setChecked(self._session.comparing.linked)
        self._on_situation()

    # -- what actions ask for ----------------------------------------------------------------------

    def colour_by_age(self, on: bool) -> None:
        """Colour all views by age, or as layers are."""
        panes = self._session.panes
        for number, showing in enumerate(panes.showings):
            panes.show(number, replace(showing, color_by=AGE if on else None))
        self._session.comparing.changed.emit()
        self._session.situation.tell()

    def _set_outlines(self, on: bool) -> None:
        if self._session.is_open:
            self._session.scene.ghost_outlines = on
            self._session.scene_changed.emit()

    def ask_timelapse(self) -> TimelapseForm:
        """Ask for a time-lapse of what is shown."""
        first, last = self._window.timeline.track.span
        return ask_timelapse(self._window, self._session, (first.isoformat(), last.isoformat()))

    def ask_snapshot(self, layer: Layer) -> SnapshotForm:
        """Ask of which date a layer is."""
        form = SnapshotForm(self._session, layer, self._window)
        show_beside(form)
        return form
