"""Files on their way into the project: read one after the other in jobs, then made present in one step."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app import loading
from app.jobs import Job, Question
from app.loading import Options, Outcomes
from layers import importing
from layers.decoding import MissingCrs
from layers.errors import CitystrataError
from layers.intake import Staged
from layers.project import Project
from layers.source import Source
from layers.unfinished import Unfinished, unfinished

if TYPE_CHECKING:
    from app.session import Session


class Imports(QObject):
    """The imports of one session; what is read next waits here, for the first settles the CRS."""

    imported = Signal(list)  # Layers
    crs_wanted = Signal(object, object)  # path, MissingCrs
    cut_off = Signal(object)  # Unfinished, of the project that has just been opened

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._waiting: list[tuple[tuple[Source, ...], Options]] = []
        self._is_reading = False
        self._job: Job | None = None
        self._looking = Question(session.jobs, "Looking for imports that were cut off", self)

    def read(self, sources: Sequence[Source], options: Options) -> None:
        """Read files, and folders of tiles, as layers of the open project, or of an untitled one."""
        self._waiting.append((tuple(sources), dict(options)))
        if self._is_reading:
            return
        self._is_reading = True
        if self._session.is_open:
            self._read_next()
        else:
            self._session.open_untitled(self._read_next, self.forget)

    def stop(self) -> None:
        """Stop what is being read: nothing of it is in the project; parts that are finished are kept."""
        if self._job is not None:
            self._waiting.clear()
            self._job.cancel()
            self._session.jobs.changed.emit()

    def go_on(self, item: Unfinished) -> None:
        """Import what was cut off; what was read of it before is not read again."""
        self.read([item.source], {item.source.path: item.options})

    def look_for_unfinished(self) -> None:
        """Tell of an import that was cut off by the end of the program."""
        project = self._session.project
        if not project.read_only:
            self._looking.ask(lambda _work: unfinished(project.path), self._tell_unfinished)

    def _tell_unfinished(self, items: list[Unfinished]) -> None:
        for item in items[:1]:
            self.cut_off.emit(item)

    def forget(self) -> None:
        """Nothing waits any more."""
        self._waiting, self._is_reading, self._job = [], False, None

    def _read_next(self) -> None:
        self._is_reading, self._job = bool(self._waiting), None
        if not self._is_reading:
            return
        sources, options = self._waiting.pop(0)
        names = sources[0].path.name if len(sources) == 1 else f"{len(sources)} files"
        project = self._session.project
        work = partial(loading.read, project.path, sources, options, project.place.crs)
        self._job = self._session.jobs.run(
            f"Reading {names}", work, partial(self._on_read, project), self._on_not_read
        )

    def _on_read(self, project: Project, outcomes: Outcomes) -> None:
        staged = [outcome for _, outcome in outcomes if isinstance(outcome, Staged)]
        try:
            layers = importing.admit(project, staged)
        except CitystrataError as error:
            self._session.problem.emit(error.sentence())
            layers = []
        if layers:
            self._session.set_current_layer(layers[0].id)
        for path, outcome in outcomes:
            if isinstance(outcome, MissingCrs):
                self.crs_wanted.emit(path, outcome)
            elif isinstance(outcome, CitystrataError):
                self._session.problem.emit(outcome.sentence())
        if layers:
            self.imported.emit(layers)
        self._read_next()

    def _on_not_read(self, error: CitystrataError) -> None:
        self._session.tell(error)
        self._read_next()
