"""Writing to a project file, step by step: each is kept as a whole, or put back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from layers import opening
from layers.errors import EditError
from layers.lock import WriterLock
from layers.records import Changes


@dataclass
class UnderWay:
    """A step while it is made, and what became of it."""

    connection: sqlite3.Connection
    changes: Changes | None = None


class StepWriter:
    """Has a connection of its own, so that a long edit can run in another thread while the project still
    reads the state before it."""

    def __init__(
        self, path: Path, lock: WriterLock | None, follow: Callable[[sqlite3.Connection, Changes], None]
    ) -> None:
        """`follow` is told what a step changed that was kept."""
        self._path, self._lock, self._follow = path, lock, follow
        self._connection = opening.connect(path.absolute(), "rw")
        self._editing = Lock()

    def close(self) -> None:
        """Write no more."""
        self._connection.close()

    @contextmanager
    def step(self) -> Iterator[UnderWay]:
        """One step at a time, kept or put back as a whole."""
        writer = self._connection
        if self._lock and not self._lock.is_held():
            raise EditError(
                "The change was not made",
                where=str(self._path),
                found="the cache folder was deleted, and the project may be open for writing elsewhere",
                do="Close it there, then try again",
            )
        if not self._editing.acquire(blocking=False):
            raise EditError("An edit is already under way", do="Wait until it is finished, then try again")
        try:
            writer.execute("BEGIN IMMEDIATE")
            under_way = UnderWay(writer)
            try:
                yield under_way
                writer.execute("COMMIT")
            except BaseException:
                if writer.in_transaction:
                    writer.execute("ROLLBACK")
                raise
            if under_way.changes:
                self._follow(writer, under_way.changes)
        except sqlite3.Error as error:
            raise EditError(
                "The change could not be written; nothing was changed",
                where=str(self._path),
                found=str(error),
                do="Free some space or check the disk, then try again" if "full" in str(error) else "",
            ) from error
        finally:
            self._editing.release()
