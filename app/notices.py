"""The sentences above the view: what went wrong, what was read, and what one can do about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.banner import Banner
from app.beginnings import dates_to_compare
from app.importreport import report_of, summary
from app.labels import counted
from app.session import Session
from app.sunpanel import city_title
from app.timeline import Timeline
from layers.errors import CitystrataError
from layers.records import Layer, Scenario
from layers.siting import UNIT_UNKNOWN
from layers.unfinished import Unfinished

INFO_MS = 8000


class Notices(QWidget):
    """Bars: that the project can only be looked at, which scenario is, what went wrong, what has happened."""

    report_requested = Signal(int)  # the layer whose import report is wanted
    place_requested = Signal(int)  # the layer that is to be placed
    snapshot_requested = Signal(int)  # the layer of which it is to be said of which date it is

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.notice, self.danger, self.info = Banner("notice"), Banner("danger"), Banner("info")
        self.scenario = Banner("scenario")
        self.scenario.acted.connect(lambda: session.situation.set_scenario(None))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for banner in (self.notice, self.scenario, self.danger, self.info):
            column.addWidget(banner)
        self._again: Callable[[], object] | None = None  # what "Try again" does
        self._act: Callable[[], object] = self.info.hide  # what the button of the last bar does
        self._hide_info = QTimer(self, singleShot=True, interval=INFO_MS)
        self._hide_info.timeout.connect(self.info.hide)
        self.danger.acted.connect(self._try_again)
        self.info.acted.connect(self._act_on_info)
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
        """What was read; the button opens the report of the first layer that has something to say."""
        reports = list(map(report_of, layers))
        for layer, report in zip(layers, reports, strict=True):
            doubts = [warning.text for warning in report.warnings if warning.code == UNIT_UNKNOWN]
            if doubts:
                place = partial(self.place_requested.emit, layer.id)
                self._say(f"{layer.name}: {doubts[0]}", "Set size and upright…", place)
                return
        telling = [n for n, report in enumerate(reports) if report.warnings] or [0]
        names = ", ".join(layer.name for layer in layers[:3]) + (" …" if len(layers) > 3 else "")
        found = any(report.warnings or report.dropped for report in reports)
        show = partial(self.report_requested.emit, layers[telling[0]].id)
        self._say(f"{names}: {summary(reports)}", "Details" if found else "", show)
        self._hide_info.start()

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
        show = partial(QDesktopServices.openUrl, QUrl.fromLocalFile(str(path)))
        self._say(f"The report is written, {counted(pages, 'page')}: {path}", "Open", show)

    def say_city_date(self, timeline: Timeline) -> None:
        """Which city casts the shadows; the button shows that of today."""
        epochs, shown = self._session.project.epochs, timeline.track.day.isoformat()
        now, _ = dates_to_compare(epochs, date.today().isoformat(), compares=False)
        words = f"The city is shown as of {city_title(epochs, shown)}: only what stands then casts shadow."
        button = "Show today instead" if shown > now else ""
        self._say(words, button, partial(timeline.show_date, now))
