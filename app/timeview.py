"""What a window has to do with time, put together: views, their heads and bar, scenarios, snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from analysis.analysis import analysis_of
from analysis.change import NAME as CHANGE
from app.analysing import Shown
from app.analysisform import AnalysisForm
from app.beginnings import from_views
from app.comparebar import CompareBar
from app.comparing import SPLIT
from app.dialogs import show_beside
from app.dialogs.printing import PrintingForm
from app.dialogs.snapshot import SnapshotForm
from app.dialogs.timelapse import TimelapseForm
from app.paneheads import PaneHeads
from app.panesuns import PaneSuns
from app.player import Player
from app.printing import ask_printing
from app.recalling import Recalling
from app.scenariopanel import ScenarioPanel
from app.scenarios import Scenarios
from app.timelapse import ask_timelapse
from layers.records import Layer, Scenario
from layers.results import Result, ResultSummary
from layers.series import lies_on, year_of
from viewer.age import AGE
from viewer.arrangement import BLINK, ONION, SWIPE
from viewer.showing import Showing

if TYPE_CHECKING:
    from app.window import Window

#: Layers of which two at one place are perhaps the same at two dates.
SNAPSHOT_KINDS = ("city", "terrain", "points", "image", "pipes")
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
        self._said: tuple[Scenario | None, bool] = None, False  # what the window said last
        self.bar = CompareBar(window.session)
        self.scenarios = Scenarios(window.session, window)
        self.panel = ScenarioPanel(window.session, self.scenarios)

    def join(self) -> None:
        """Join what the window has made by now."""
        window, session = self._window, self._session
        self.heads = PaneHeads(session, window.canvas)
        self.suns = PaneSuns(session, window.sun)
        window.canvas.camera_changed.connect(self.suns.look_from)
        situation, comparing = session.situation, session.comparing
        situation.changed.connect(self._on_situation)
        comparing.changed.connect(self._on_comparing)
        session.opened.connect(self._on_comparing)
        self.player.changed.connect(lambda: window.actions_["play"].setChecked(self.player.is_playing))
        timeline = window.timeline
        timeline.ghosts_changed.connect(window.canvas.set_ghosts)
        timeline.ghosts_changed.connect(window.actions_["ghosts"].setChecked)
        session.project_changed.connect(window.show_title)
        timeline.age_wanted.connect(self.colour_by_age)
        timeline.outlines_changed.connect(self._set_outlines)
        timeline.timelapse_wanted.connect(self.ask_timelapse)
        window.notices.snapshot_requested.connect(
            lambda number: self.ask_snapshot(session.project.layer(number))
        )
        self.bar.what_changed.connect(self.ask_what_changed)
        self.bar.print_wanted.connect(self.ask_printing)
        window.results.print_requested.connect(self.print_of)
        window.results.changes.views_wanted.connect(self.show_both)
        self.recalling = Recalling(window)

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
        known = session.situation.known
        if (known, session.comparing.is_on) != self._said:
            self._said = known, session.comparing.is_on
            window.actions_.refresh()
            window.notices.say_scenario(known)
            window.show_title()

    def _on_comparing(self) -> None:
        actions, way = self._window.actions_, self._session.comparing.way
        for name, ways in WAYS.items():
            actions[name].setChecked(way in ways)
        actions["compare_linked"].setChecked(self._session.comparing.linked)
        self._on_situation()

    def show_situation_of(self, shown: Shown) -> None:
        """Show the city that a result speaks of; where two states are seen, they stay."""
        if self._session.comparing.is_on:
            return
        if shown.scenario is not None:
            known = {one.name: one.id for one in self._session.project.scenarios}
            self._session.situation.set_scenario(known.get(shown.scenario))
        if shown.date:
            self._window.timeline.show_date(shown.date)

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

    def ask_what_changed(self) -> AnalysisForm:
        """Ask what changed between the two situations that are shown, and show two where there is one."""
        window, session = self._window, self._session
        if not session.comparing.is_on:
            session.comparing.begin(SWIPE)
            first, last = session.comparing.showings
            if first.situation == last.situation:  # there is only one state of the city: layers may be asked
                session.comparing.end()
        usual = vars(analysis_of(CHANGE).Inputs()) | window.analysing.answers(CHANGE)
        asked = {name: value for name, value in from_views(session).items() if name in usual}
        return window.ask_analysis(CHANGE, usual | asked)

    def show_both(self, result: Result | ResultSummary) -> None:
        """Show the two states that a result compares."""
        known = {one.name: one.id for one in self._session.project.scenarios}
        showings = [
            Showing(
                str(result.inputs.get(f"{prefix}date") or "") or None,
                known.get(str(result.inputs.get(f"{prefix}scenario") or "")),
                layers=self._only(str(result.inputs.get(f"{prefix}layer") or "")),
            )
            for prefix in ("compare_", "")
        ]
        self._session.comparing.begin(self._session.comparing.way or SWIPE, showings=showings)

    def ask_printing(self) -> PrintingForm:
        """Ask how the views are put on paper."""
        window = self._window
        return ask_printing(window, self._session, window.sun, window.notices.say_printed)

    def print_of(self, result: ResultSummary) -> None:
        """Show the two states that a result compares, and ask how they are put on paper."""
        self.show_both(result)
        self.ask_printing()

    def _only(self, name: str) -> frozenset[int] | None:
        """A layer alone, with all that holds no city objects; None for all layers."""
        layers = self._session.project.layers
        return frozenset(one.id for one in layers if one.name == name or one.kind != "city") if name else None

    def ask_timelapse(self) -> TimelapseForm:
        """Ask for a time-lapse of what is shown."""
        first, last = self._window.timeline.track.told
        return ask_timelapse(self._window, self._session, (first.isoformat(), last.isoformat()))

    def ask_of_snapshots(self, came: Sequence[Layer]) -> None:
        """Where a layer that came may be a snapshot, offer to say of which date and of which layer."""
        project = self._session.project
        if project.read_only:
            return
        for layer in came:
            if layer.epoch or layer.scenario is not None or layer.partner is not None:
                continue
            year, beside = year_of(layer), lies_on(project, layer)
            if beside and layer.kind in SNAPSHOT_KINDS:
                words = f"{layer.name} lies where {beside[0].name} lies. Are they the same at two dates?"
                self._window.notices.ask_snapshot(layer, words)
                return
            if year and layer.kind in SNAPSHOT_KINDS:
                self._window.notices.ask_snapshot(layer, f"Does {layer.name} show the city of {year}?")
                return

    def ask_snapshot(self, layer: Layer) -> SnapshotForm:
        """Ask of which date a layer is."""
        form = SnapshotForm(self._session, layer, self._window)
        form.accepted.connect(self._window.notices.info.hide)
        show_beside(form)
        return form
