"""Opening and making project files: who may write, and what is put in order first."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from layers import cache, resultstore, rows, schema
from layers.errors import ProjectError
from layers.lock import LOCK_NAME, WriterLock

NO_RIGHT = "You may not write to this file or its folder."

# An object's number out of an array is the number, not the bytes it is kept in.
sqlite3.register_adapter(np.int64, int)


@dataclass(frozen=True)
class Opened:
    """A project file that is open; the lock is held by the one who may write."""

    connection: sqlite3.Connection
    lock: WriterLock | None
    why_read_only: str  # '' when it may be written


def create(path: Path, crs: str | None, title: str) -> None:
    """Make an empty project file; refuses to overwrite."""
    if path.exists():
        raise ProjectError("There is a file of that name already", where=str(path), do="Choose another name")
    if not path.parent.is_dir():
        raise ProjectError("The folder does not exist", where=str(path.parent))
    try:
        connection = connect(path.absolute(), "rwc")
        schema.create(connection)
        connection.execute("INSERT INTO project VALUES ('title', ?)", (title,))
        if crs:
            connection.execute("INSERT INTO project VALUES ('crs', ?)", (crs,))
        connection.commit()
        connection.close()
    except sqlite3.Error as error:
        path.unlink(missing_ok=True)
        raise ProjectError("The project could not be made", where=str(path), found=str(error)) from error


def open_file(path: Path, read_only: bool) -> Opened:
    """Open a project file, for writing where that may be."""
    if path.is_dir() or not path.exists():
        raise ProjectError(
            "There is no such project" if not path.exists() else "This is a folder, not a project",
            where=str(path),
        )
    lock, why = _lock(path, read_only)
    connection = None
    try:
        connection = _connected(path.absolute(), bool(why))
        version = schema.check(connection, str(path))
        if not why:
            _begin_writing(connection, version)
            cache.sweep(path.absolute(), rows.uids(connection))
        else:
            schema.stand_in(connection, version)
        return Opened(connection, lock, why)
    except (sqlite3.Error, ProjectError) as error:
        if connection:
            connection.close()
        if lock:
            lock.undo()
        if isinstance(error, ProjectError):
            raise
        if "not a database" in str(error):
            raise ProjectError(
                "This is not a project",
                where=str(path),
                do="Bring it into one first: citystrata import FILE --into NAME.city.gpkg",
            ) from error
        raise ProjectError("The project could not be opened", where=str(path), found=str(error)) from error


def _lock(path: Path, read_only: bool) -> tuple[WriterLock | None, str]:
    """The right to write, or why there is none."""
    if read_only:
        return None, "It was opened for reading only."
    if not os.access(path, os.W_OK) or not os.access(path.absolute().parent, os.W_OK):
        return None, NO_RIGHT
    try:
        lock = WriterLock.take(cache.cache_folder(path.absolute()) / LOCK_NAME)
    except OSError:
        return None, NO_RIGHT
    return lock, "" if lock else "It is open in another window; changes are made there."


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection to a project file."""
    # Opening, closing and long edits happen in other threads than looking things up, one after the other.
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=10, check_same_thread=False
    )
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _connected(path: Path, read_only: bool) -> sqlite3.Connection:
    if not read_only:
        return connect(path, "rw")
    folder_is_closed = not os.access(path.parent, os.W_OK)
    has_log = path.with_name(path.name + "-wal").exists()
    # Without a log there is nothing to share, and a folder without write access allows no index of one.
    return connect(path, "ro&immutable=1" if folder_is_closed and not has_log else "ro")


def _begin_writing(connection: sqlite3.Connection, version: int) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    if version < schema.SCHEMA_VERSION:
        schema.upgrade(connection)
    schema.add_indexes(connection)
    rows.drop_orphans(connection)
    resultstore.drop_orphans(connection, rows.within(rows.DROP_S))
