"""The sentences above the view: what went wrong, what was read, and what one can do about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.analysing import STALE, Analysing
from app.banner import Banner
from app.beginnings import dates_to_compare
from app.importreport import noun_of, report_of, summary
from app.jobs import Question
from app.labels import counted
from app.noticed import WAYS_OUT, distance_text, far_apart, noticed
from app.session import Session
from app.sundays import city_title
from app.timeline import Timeline
from layers import report as reading
from layers.errors import CitystrataError
from layers.records import Layer, Scenario
from layers.report import Report
from layers.unfinished import Unfinished

INFO_MS = 8000
#: So many places are offered to be flown to.
MOST_PLACES = 3


class Notices(QWidget):
    """Bars: one can only look, looks at a scenario, what went wrong, a result is of before, what happened."""

    report_requested = Signal(int)  # the layer whose import report is wanted
    remedy_requested = Signal(str)  # the command that puts right what is said of the current layer
    layer_requested = Signal(int)  # the layer that is to be flown to
    snapshot_requested = Signal(int)  # the layer of which it is to be said of which date it is

    def __init__(self, session: Session, analysing: Analysing) -> None:
        super().__init__()
        self._session, self._analysing = session, analysing
        self._noticing = Question(session.jobs, "Looking at levels", self)
        self.notice, self.danger, self.info = Banner("notice"), Banner("danger"), Banner("info")
        self.outdated, self.scenario = Banner("info"), Banner("scenario")
        self.scenario.acted.connect(lambda: session.situation.set_scenario(None))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for banner in (self.notice, self.scenario, self.danger, self.outdated, self.info):
            column.addWidget(banner)
        self._again: Callable[[], object] | None = None  # what "Try again" does
        self._act: Callable[[], object] = self.info.hide  # what the button of the last bar does
        self._hide_info = QTimer(self, singleShot=True, interval=INFO_MS)
        self._hide_info.timeout.connect(self.info.hide)
        self.danger.acted.connect(self._try_again)
        self.info.acted.connect(self._act_on_info)
        self.outdated.acted.connect(self._run_again)
        session.project_changed.connect(lambda _changes: self._say_outdated())
        analysing.shown_changed.connect(self._say_outdated)
        session.opened.connect(self._on_opened)
        session.problem.connect(self._say_problem)
        session.drawing.lost.connect(self._offer_again)
        session.imports.cut_off.connect(self._offer_to_go_on)

    def _on_opened(self) -> None:
        self.notice.hide()
        if not self._session.is_open:
            self.info.hide()
        elif self._session.project.read_only:
            self.notice.say(f"You can look but not change: {self._session.project.read_only_reason}")

    def _say_outdated(self) -> None:
        """The view may show a result in a city that is no longer the one it is about."""
        shown = self._analysing.shown
        if shown is not None and self._analysing.is_outdated(shown.result.id):
            titles = {result.id: result.title for result in self._analysing.results}  # may be renamed
            self.outdated.say(f"{titles[shown.result.id]}: {STALE}", "Run again")
        else:
            self.outdated.hide()

    def _run_again(self) -> None:
        if self._analysing.shown is not None:
            self._analysing.rerun(self._analysing.shown.result)

    # -- what went wrong ---------------------------------------------------------------------

    def _say_problem(self, sentence: str) -> None:
        self._again = None
        self.danger.say(sentence)

    def _offer_again(self, error: CitystrataError) -> None:
        """A layer could not be drawn: perhaps the disk was full, or its file was away."""
        self._again = self._session.drawing.again
        self.danger.say(error.sentence(), "Try again")

    def _try_again(self) -> None:
        self.danger.hide()
        if self._again is not None:
            self._again()

    # -- what has happened -------------------------------------------------------------------

    def _say(self, sentence: str, button: str, act: Callable[[], object]) -> None:
        self._hide_info.stop()
        self._act = act
        self.info.say(sentence, button)

    def _act_on_info(self) -> None:
        self.info.hide()
        self._act()

    def say_imported(self, layers: list[Layer]) -> None:
        """What was read, and first what is doubtful: with the way out of it on the button."""

        def say(found: dict[int, list[reading.Warning]]) -> None:
            reports = [report_of(layer) for layer in layers]
            for layer, report in zip(layers, reports, strict=True):
                report.warnings += found.get(layer.id, [])
            self._say_read(layers, reports)

        pipes = [layer for layer in layers if layer.kind == "pipes"]
        count = sum(layer.object_count for layer in pipes)
        self._session.look(
            self._noticing,
            count,
            lambda project: {layer.id: noticed(layer, project) for layer in pipes},
            say,
            lambda _error: say({}),
        )

    def _say_read(self, layers: list[Layer], reports: list[Report]) -> None:
        parts = far_apart(self._session.project.layers)
        if any(all(layer in layers for layer in part) for part in parts):
            self._offer_places(parts)
            return
        for layer, report in zip(layers, reports, strict=True):
            doubts = [warning for warning in report.warnings if warning.code in WAYS_OUT]
            if doubts:
                command, button = WAYS_OUT[doubts[0].code]
                act = partial(self._put_right, command, layer.id)
                self._say(f"{layer.name}: {doubts[0].text}", button, act)
                return
        telling = [n for n, report in enumerate(reports) if report.warnings] or [0]
        names = ", ".join(layer.name for layer in layers[:3]) + (" …" if len(layers) > 3 else "")
        found = any(report.warnings or report.dropped for report in reports)
        show = partial(self.report_requested.emit, layers[telling[0]].id)
        self._say(f"{names}: {summary(reports, noun_of(layers))}", "Details" if found else "", show)
        self._hide_info.start()

    def _put_right(self, command: str, layer: int) -> None:
        self._session.set_current_layer(layer)
        self.remedy_requested.emit(command)

    def _offer_places(self, parts: list[list[Layer]]) -> None:
        """Layers lie so far apart that each is a speck in a view of all: one flies to them in turn."""
        self._hide_info.stop()
        away = distance_text(parts)
        self.info.offer(
            f"The layers lie {away} apart, so a view of everything looks empty.",
            [
                (f"Show {part[0].name}", partial(self.layer_requested.emit, part[0].id))
                for part in parts[:MOST_PLACES]
            ],
        )

    def ask_snapshot(self, layer: Layer, question: str) -> None:
        """A layer looks like a snapshot; the button asks of which date and of which layers."""
        self._say(question, "Snapshot of a date…", partial(self.snapshot_requested.emit, layer.id))

    def _offer_to_go_on(self, item: Unfinished) -> None:
        """An import was cut off when the program ended."""
        words = f"The import of {item.source.path.name} was cut off. What was read is kept."
        self._say(words, "Continue", partial(self._session.imports.go_on, item))

    def say_scenario(self, known: Scenario | None) -> None:
        """Which scenario is looked at, so that edits go into it."""
        if known is None:
            self.scenario.hide()
        else:
            self.scenario.say(
                f"You look at the scenario {known.name} ({known.status}). What you change goes into it, "
                "not into the city as it is.",
                "Back to the city as it is",
            )

    def say_written(self, path: Path, pages: int) -> None:
        """A report is written; the button opens it."""
        self._say_on_paper("The report is written", path, pages)

    def say_printed(self, path: Path, pages: int) -> None:
        """A comparison is printed, likewise."""
        self._say_on_paper("The comparison is printed", path, pages)

    def _say_on_paper(self, words: str, path: Path, pages: int) -> None:
        show = partial(QDesktopServices.openUrl, QUrl.fromLocalFile(str(path)))
        self._say(f"{words}, {counted(pages, 'page')}: {path}", "Open", show)

    def say_city_date(self, timeline: Timeline) -> None:
        """Which city casts the shadows; the button shows that of today."""
        epochs, shown = self._session.project.epochs, timeline.track.day.isoformat()
        now, _ = dates_to_compare(epochs, date.today().isoformat(), compares=False)
        words = f"The city is shown as of {city_title(epochs, shown)}: only what stands then casts shadow."
        button = "Show today instead" if shown > now else ""
        self._say(words, button, partial(timeline.show_date, now))
