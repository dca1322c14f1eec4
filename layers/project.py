"""The project file: layers, city objects, edits, undo and redo that survive closing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from layers import drawn, gis, history, opening
from layers.contents import Contents
from layers.data import Progress, never_stop
from layers.edit import Edit
from layers.errors import EditError
from layers.lock import WriterLock
from layers.records import Changes, Step
from layers.schema import ENDING as ENDING  # whoever opens projects names them
from layers.shaperows import BOX
from layers.signal import Signal
from layers.stepwriter import StepWriter, UnderWay

#: Finds the step that is to be undone or done again.
Which = Callable[[sqlite3.Connection], Step | None]


class Project(Contents):
    """An open project. Reading is free (see `Contents`); changing happens inside `edit`."""

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: WriterLock | None, why: str) -> None:
        super().__init__(path, connection)
        self.read_only_reason = why
        self.changed: Signal[Changes] = Signal()
        self._lock = lock
        self._writer = None if why else StepWriter(path, lock, self._attributes.follow)

    # --- opening and closing -------------------------------------------------------------------

    @classmethod
    def create(cls, path: Path, crs: str | None = None, title: str = "") -> Project:
        """A new, empty project; refuses to overwrite."""
        opening.create(Path(path), crs, title)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path, read_only: bool = False) -> Project:
        """An existing project; read-only when asked, when the file is, or when another window has it."""
        opened = opening.open_file(Path(path), read_only)
        return cls(Path(path), opened.connection, opened.lock, opened.why_read_only)

    def close(self) -> None:
        """Leave one plain file behind."""
        if self._writer is not None:
            self._writer.close()
            try:
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                self._connection.execute("PRAGMA journal_mode = DELETE")
            except sqlite3.OperationalError:
                # Somebody still reads; the log stays and the next opening folds it in.
                pass
        self._connection.close()
        if self._lock:
            self._lock.close()

    def __enter__(self) -> Project:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def reader(self) -> Project:
        """The same project for reading in another thread; close it afterwards."""
        found = Project.open(self.path, read_only=True)
        found._attributes = self._attributes
        return found

    @property
    def read_only(self) -> bool:
        """Whether edits are refused."""
        return bool(self.read_only_reason)

    # --- changing it ---------------------------------------------------------------------------

    @contextmanager
    def edit(
        self, label: str, why: str = "", announce: bool = True, progress: Progress = never_stop
    ) -> Iterator[Edit]:
        """One undoable step: all of it is kept, or on an exception none of it.

        In another thread use `announce=False` and hand `edit.changes` to `announce` in this one.
        """
        with self._step() as under_way:
            edit = Edit(under_way.connection, progress)
            try:
                yield edit
                edit.finish(label, why)
            finally:
                edit.close()
            under_way.changes = edit.changes
        if edit.changes and announce:
            self.announce(edit.changes)

    def undo(self, announce: bool = True, progress: Progress = never_stop) -> Changes | None:
        """Take the last step back."""
        return self._turn(history.next_undo, True, announce, progress)

    def redo(self, announce: bool = True, progress: Progress = never_stop) -> Changes | None:
        """Do the last undone step again."""
        return self._turn(history.next_redo, False, announce, progress)

    def _turn(self, which: Which, back: bool, announce: bool, progress: Progress) -> Changes | None:
        with self._step() as under_way:
            step = which(under_way.connection)
            if step:
                under_way.changes = history.turn(under_way.connection, step, back, progress)
                drawn.follow(under_way.connection, under_way.changes)
                gis.follow(under_way.connection, under_way.changes)
        if under_way.changes and announce:
            self.announce(under_way.changes)
        return under_way.changes

    def check_writable(self) -> None:
        """Refuse, before long work is begun, what is to be kept in a project that is only read."""
        if self.read_only:
            raise EditError(
                "This project is open for reading only", where=str(self.path), found=self.read_only_reason
            )

    def _step(self) -> AbstractContextManager[UnderWay]:
        self.check_writable()
        assert self._writer is not None
        return self._writer.step()

    def announce(self, changes: Changes) -> None:
        """Tell everyone what a step changed that was just done, undone or redone."""
        if changes.layers or changes.project or changes.keys & {history.GONE, BOX}:
            self._layers = self._place = None
        if changes.scenarios:
            self._scenarios = None
        self.changed.send(changes)

    def history(self, fid: int | None = None) -> list[Step]:
        """The journal, newest last; of one object with what changed in it."""
        return history.steps(self._connection, fid)

    @property
    def can_undo(self) -> Step | None:
        """The step that undo would take back."""
        return history.next_undo(self._connection)

    @property
    def can_redo(self) -> Step | None:
        """The step that redo would do again."""
        return history.next_redo(self._connection)
