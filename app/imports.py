"""Files on their way into the project: read one after the other in jobs, then made present in one step."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app import loading
from app.loading import Options, Outcomes
from layers import importing
from layers.decoding import MissingCrs
from layers.errors import CitystrataError
from layers.intake import Staged
from layers.project import Project

if TYPE_CHECKING:
    from app.session import Session


class Imports(QObject):
    """The imports of one session; what is read next waits here, for the first settles the CRS."""

    imported = Signal(list)  # Layers
    crs_wanted = Signal(object, object)  # path, MissingCrs

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._waiting: list[tuple[tuple[Path, ...], Options]] = []
        self._is_reading = False

    def read(self, paths: Sequence[Path], options: Options) -> None:
        """Read files, and folders of tiles, as layers of the open project, or of an untitled one."""
        self._waiting.append((tuple(paths), dict(options)))
        if self._is_reading:
            return
        self._is_reading = True
        if self._session.is_open:
            self._read_next()
        else:
            self._session.open_untitled(self._read_next, self.forget)

    def forget(self) -> None:
        """Nothing waits any more."""
        self._waiting, self._is_reading = [], False

    def _read_next(self) -> None:
        self._is_reading = bool(self._waiting)
        if not self._is_reading:
            return
        paths, options = self._waiting.pop(0)
        names = paths[0].name if len(paths) == 1 else f"{len(paths)} files"
        project = self._session.project
        work = partial(loading.read, project.path, paths, options, project.place.crs)
        self._session.jobs.run(f"Reading {names}", work, partial(self._on_read, project), self._on_not_read)

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
