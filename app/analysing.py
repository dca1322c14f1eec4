"""Analyses in a window: estimated, run as jobs on a snapshot, kept as edits, and one of them shown."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from analysis import ANALYSES
from analysis.analysis import Analysis, Estimate, analysis_of
from analysis.asked import as_json
from analysis.sight.standpoints import odd_places
from analysis.spelling import day_from
from analysis.states import situations_told
from app import loading
from app.analysisprocess import carried_out
from app.jobs import Question, Work
from app.resultcharts import ResultChart, further_charts
from app.resulttext import names_of
from app.session import Session
from layers.edit import Edit
from layers.errors import CitystrataError
from layers.project import Project
from layers.records import Changes
from layers.results import BEFORE, Quantity, Result, ResultSummary
from viewer.told import State, Told


@dataclass(frozen=True)
class Shown:
    """The result that the view shows, and which of its quantities."""

    result: Result
    quantity: Quantity | None
    charts: tuple[ResultChart, ...] = ()  # of its tables

    @property
    def date(self) -> str:
        """The date of the city that is spoken of, '' where it is not one date."""
        is_before = self.quantity is not None and self.quantity.name.endswith(BEFORE)
        return str(self.result.inputs.get("compare_date" if is_before else "date") or "")

    @property
    def scenario(self) -> str | None:
        """The scenario that is spoken of, '' for the city as it is; None where that is not said."""
        is_before = self.quantity is not None and self.quantity.name.endswith(BEFORE)
        name = self.result.inputs.get("compare_scenario" if is_before else "scenario")
        return None if name is None else str(name)

    @property
    def day(self) -> datetime.date | None:
        """The one day of the sun that is spoken of; None where it is not one day."""
        inputs = self.result.inputs
        if inputs.get("last_day") or "T" in str(inputs.get("times") or ""):
            return None
        return day_from(str(inputs.get("day") or ""), datetime.date.today().year)


#: What is said of a result in a city that is no longer the one it is about.
STALE = "The city has changed since. Run it again to see what that means."


class Analysing(QObject):
    """What the analyses of one window are about; form, list and view follow its signals."""

    changed = Signal()  # the project has other results, or others names
    made = Signal(object)  # Result: a new one, shown now
    shown_changed = Signal()  # the view shows another result, another quantity, or none

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._answers: dict[str, dict[str, Any]] = {}
        self._awaited: list[Shown] = []  # to be shown as soon as the project keeps them
        self._known = {result.id for result in self.results}  # that the project keeps
        self._reading = Question(session.jobs, "Reading the result", self)
        self.shown: Shown | None = None
        self.last_objects: tuple[int, ...] = ()  # that an analysis was about
        session.opened.connect(self._on_opened)
        session.project_changed.connect(self._on_project_changed)

    # -- what there is -----------------------------------------------------------------------

    @property
    def analyses(self) -> list[Analysis]:
        """All analyses, in the order of the menu."""
        return [analysis_of(name) for name in ANALYSES]

    @property
    def results(self) -> tuple[ResultSummary, ...]:
        """The results that the project keeps, the newest first."""
        return self._session.project.results[::-1] if self._session.is_open else ()

    def answers(self, name: str) -> dict[str, Any]:
        """What was last asked of an analysis in this project."""
        return dict(self._answers.get(name, {}))

    def is_outdated(self, number: int) -> bool:
        """Whether the city has changed since a result was kept."""
        return number > 0 and self._session.project.is_outdated(number)

    # -- running -----------------------------------------------------------------------------

    def estimate(
        self,
        question: Question,
        name: str,
        inputs: Any,
        done: Callable[[Estimate], object],
        failed: Callable[[CitystrataError], object],
    ) -> None:
        """Find out how much there is to do, off the interface thread."""

        def read(project: Project) -> Estimate:
            found = analysis_of(name).estimate(project, inputs)
            return replace(found, warnings=odd_places(project, inputs))

        question.ask(partial(loading.look, self._session.project, read), done, failed)

    def run(self, name: str, inputs: Any) -> None:
        """Run an analysis as a job on the city as it is now, keep its result, and show it."""
        analysis, project = analysis_of(name), self._session.project
        self._answers[name] = dict(as_json(inputs))
        self.last_objects = tuple(self._answers[name].get("fids", ())) or self.last_objects

        def work(work: Work) -> Shown:
            result = carried_out(project.path, name, self._answers[name], work)
            with project.reader() as reader:
                return ready(replace(result, title=titled(reader, result)))

        self._session.jobs.run(analysis.TITLE, work, self._keep)

    def rerun(self, result: ResultSummary | Result) -> None:
        """Run a result's analysis again on the city as it is now; the old result stays beside the new one.

        The new one has the title of its own answer, whatever the old one was called.
        """
        self.run(result.kind, analysis_of(result.kind).Inputs(**result.inputs))

    def _keep(self, found: Shown) -> None:
        """Keep a new result as one undoable step; where nothing can be kept, show it all the same."""
        result = found.result
        if self._session.project.read_only:
            self._show(found)
            self.made.emit(found.result)
            self._session.message.emit(
                f"{result.title} is shown, but cannot be kept: the project is read-only"
            )
            return

        def change(edit: Edit) -> None:
            self._awaited = [replace(found, result=replace(result, id=edit.add_result(result)))]

        rows = len(result.points) + len(result.surfaces) + len(result.shapes)
        self._session.run_edit(f"Keep result {result.title}", change, values=rows)

    # -- showing -----------------------------------------------------------------------------

    def show(self, number: int, quantity: str = "") -> None:
        """Show a result of the project in the view."""
        if self.shown is not None and self.shown.result.id == number:
            self._show(self.shown, quantity)
            return
        read = partial(loading.look, self._session.project, lambda project: ready(project.result(number)))
        self._reading.ask(read, lambda found: self._show(found, quantity))

    def hide(self) -> None:
        """Show no result any more."""
        self._reading.drop()
        if self.shown is not None:
            self.shown = None
            self._draw()

    def _show(self, found: Shown, quantity: str = "") -> None:
        named = {each.name: each for each in found.result.quantities}
        self.shown = replace(found, quantity=named.get(quantity, found.quantity))
        self._draw()

    def _draw(self) -> None:
        shown = self.shown
        if self._session.is_open:
            quantity = shown.quantity.name if shown and shown.quantity else None
            result = shown.result if shown else None
            self._session.panes.tell(Told(result, quantity, self._states(result)))
            self._session.scene_changed.emit()
        self.shown_changed.emit()

    def _states(self, result: Result | None) -> tuple[State, ...]:
        """The states of the city that a result compares, as long as their scenarios are there."""
        known = {"": None, **{each.name: each.id for each in self._session.project.scenarios}}
        told = situations_told(result.inputs) if result is not None else ()
        if any(each.scenario not in known for each in told):
            return ()
        return tuple((each.date or None, known[each.scenario]) for each in told)

    # -- changing ----------------------------------------------------------------------------

    def rename(self, result: ResultSummary, title: str) -> None:
        """Give a result another title."""
        if title != result.title:
            self._session.run_edit(
                f"Rename result {result.title}", lambda edit: edit.rename_result(result.id, title)
            )

    def remove(self, result: ResultSummary) -> None:
        """Keep a result no longer; undo brings it back."""
        label = f"Delete result {result.title}"
        if self._session.run_edit(label, lambda edit: edit.remove_result(result.id)):
            self._session.message.emit(f"Result {result.title} deleted; Ctrl+Z brings it back")

    def _on_opened(self) -> None:
        self._answers, self._awaited, self.shown, self.last_objects = {}, [], None, ()
        self._known = {result.id for result in self.results}
        self._reading.drop()
        self.changed.emit()
        self.shown_changed.emit()

    def _on_project_changed(self, changes: Changes) -> None:
        if not changes.results:
            return
        self.changed.emit()
        there = {result.id: result.title for result in self.results}
        for found in self._awaited:
            if found.result.id in there:
                self._session.select([])  # what is selected would hide the result's colours
                self._show(found)
                self.made.emit(found.result)
        back = [number for number in there if number not in self._known]
        if back and not self._awaited:  # made again, or deleted and brought back
            self.show(back[0])
        self._awaited, self._known = [], set(there)
        if self.shown is not None and self.shown.result.id not in there:
            self.hide()


def ready(result: Result) -> Shown:
    """A result with all that takes a moment, so that it can be shown at once; for any thread."""
    return Shown(result, next(iter(result.quantities), None), tuple(further_charts(result)))


def titled(project: Project, result: Result) -> str:
    """The title of a result, with the names of the objects that were chosen where it lacks them."""
    fids = result.inputs.get("fids") or ()
    names = names_of(project, fids) if fids else ""
    return f"{names}: {result.title}" if names and names not in result.title else result.title
