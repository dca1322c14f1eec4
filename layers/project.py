"""The project file: layers, city objects, edits, undo and redo that survive closing."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from layers import cache, gis, history, rows, schema, wkb
from layers.arrays import Drawable
from layers.data import Progress, never_stop
from layers.edit import Edit
from layers.errors import EditError, ProjectError
from layers.expression import Expression, parse
from layers.lock import LOCK_NAME, WriterLock
from layers.place import Place
from layers.records import Changes, CityObject, Epoch, Layer, Step
from layers.signal import Signal

ENDING = ".city.gpkg"
LOCAL_ORIGIN_STEP = 100.0
NO_RIGHT = "You may not write to this file or its folder."


class Project:
    """An open project. Reading is free; changing happens inside `edit`."""

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: WriterLock | None, why: str) -> None:
        self.path = path
        self.read_only_reason = why
        self.changed: Signal[Changes] = Signal()
        self._connection = connection
        # Edits have a connection of their own, so that a long one can run in another thread while
        # this one still reads the state before it.
        self._writer = None if why else _connect(f"{path.absolute().as_uri()}?mode=rw")
        self._lock = lock
        self._editing = Lock()
        self._layers: tuple[Layer, ...] | None = None
        self._place: Place | None = None
        self._columns: dict[tuple[int, str], list[Any]] = {}

    # --- opening and closing -------------------------------------------------------------------

    @classmethod
    def create(cls, path: Path, crs: str | None = None, title: str = "") -> Project:
        """A new, empty project; refuses to overwrite."""
        path = Path(path)
        if path.exists():
            raise ProjectError(
                "There is a file of that name already", where=str(path), do="Choose another name"
            )
        if not path.parent.is_dir():
            raise ProjectError("The folder does not exist", where=str(path.parent))
        try:
            connection = _connect(f"{path.absolute().as_uri()}?mode=rwc")
            schema.create(connection)
            connection.execute("INSERT INTO project VALUES ('title', ?)", (title,))
            if crs:
                connection.execute("INSERT INTO project VALUES ('crs', ?)", (crs,))
            connection.commit()
            connection.close()
        except sqlite3.Error as error:
            path.unlink(missing_ok=True)
            raise ProjectError("The project could not be made", where=str(path), found=str(error)) from error
        return cls.open(path)

    @classmethod
    def open(cls, path: Path, read_only: bool = False) -> Project:
        """An existing project; read-only when asked, when the file is, or when another window has it."""
        path = Path(path)
        if path.is_dir() or not path.exists():
            raise ProjectError(
                "There is no such project" if not path.exists() else "This is a folder, not a project",
                where=str(path),
            )
        why, lock = "", None
        if read_only:
            why = "It was opened for reading only."
        elif not os.access(path, os.W_OK) or not os.access(path.absolute().parent, os.W_OK):
            why = NO_RIGHT
        else:
            try:
                lock = WriterLock.take(cache.cache_folder(path.absolute()) / LOCK_NAME)
                why = "" if lock else "It is open in another window; changes are made there."
            except OSError:
                why = NO_RIGHT
        connection = None
        try:
            connection = _open_database(path.absolute(), bool(why))
            schema.check(connection, str(path))
            if not why:
                _begin_writing(connection)
                cache.sweep(path.absolute(), rows.uids(connection))
            return cls(path, connection, lock, why)
        except (sqlite3.Error, ProjectError) as error:
            if connection:
                connection.close()
            if lock:
                lock.undo()
            if isinstance(error, ProjectError):
                raise
            raise ProjectError(
                "The project could not be opened", where=str(path), found=str(error)
            ) from error

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
        return Project.open(self.path, read_only=True)

    @property
    def read_only(self) -> bool:
        """Whether edits are refused."""
        return bool(self.read_only_reason)

    # --- what is in it -------------------------------------------------------------------------

    def fact(self, key: str) -> str | None:
        """A value of the project table: title, crs, origin."""
        row = self._connection.execute("SELECT value FROM project WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    @property
    def title(self) -> str:
        """What the project is called."""
        return self.fact("title") or self.path.name.removesuffix(ENDING)

    @property
    def place(self) -> Place:
        """The CRS and the local origin."""
        if self._place is None:
            origin = self.fact("origin")
            self._place = Place(
                self.fact("crs"), np.array(orjson.loads(origin) if origin else (0.0, 0.0, 0.0), np.float64)
            )
        return self._place

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers that are present, the uppermost first."""
        if self._layers is None:
            self._layers = tuple(rows.layers(self._connection))
        return self._layers

    def layer(self, which: int | str) -> Layer:
        """A layer by its id or its name."""
        for layer in self.layers:
            if which in (layer.id, layer.name):
                return layer
        raise ProjectError(
            f"There is no layer {which!r}",
            where=str(self.path),
            allowed=", ".join(layer.name for layer in self.layers) or "none yet",
        )

    @property
    def epochs(self) -> tuple[Epoch, ...]:
        """The named dates of the timeline, in order."""
        found = self._connection.execute("SELECT id, name, date FROM epoch ORDER BY date, id")
        return tuple(Epoch(*row) for row in found)

    def object(self, fid: int) -> CityObject:
        """One object."""
        for found in rows.objects(self._connection, "fid = ?", (fid,)):
            return found
        raise ProjectError("There is no such object", where=f"object {fid}")

    def objects(
        self,
        layer: Layer | int | None = None,
        where: str | Expression | None = None,
        fids: Iterable[int] | None = None,
    ) -> Iterator[CityObject]:
        """Objects of a layer or by fid, in layer order, that match an expression."""
        expression = parse(where) if isinstance(where, str) else where
        for found in rows.some_objects(self._connection, self._number(layer), fids):
            if expression is None or expression.matches(found.row()):
                yield found

    def fids(self, layer: Layer | int, where: str | Expression | None = None) -> NDArray[np.int64]:
        """The fids of a layer's objects that match, in layer order."""
        if where is None:
            found = self._connection.execute(
                "SELECT fid FROM object WHERE fid BETWEEN ? AND ?", self._fid_range(layer)
            )
            return np.fromiter((row[0] for row in found), np.int64)
        return np.fromiter((found.fid for found in self.objects(layer, where)), np.int64)

    def column(self, layer: Layer | int, key: str) -> list[Any]:
        """One value per object of a layer, in layer order; None where there is none."""
        number = self._number(layer)
        assert number is not None
        if (number, key) not in self._columns:
            read = rows.fixed_columns if key in rows.COLUMNS else rows.attribute_column
            for name, values in read(self._connection, *self._fid_range(layer), key).items():
                self._columns[number, name] = values
        return self._columns[number, key]

    def attribute_types(self, layer: Layer | int) -> dict[str, str]:
        """The attributes of a layer and their types."""
        found = self._connection.execute(
            "SELECT name, type FROM attribute WHERE layer = ? ORDER BY position", (self._number(layer),)
        )
        return dict(found.fetchall())

    def children(self, fid: int) -> list[int]:
        """The parts of an object."""
        parent = self.object(fid)
        found = self._connection.execute(
            "SELECT fid FROM object WHERE parent = ? AND layer = ? ORDER BY fid", (parent.id, parent.layer)
        )
        return [row[0] for row in found]

    def by_id(self, id: str, layer: Layer | int | None = None) -> CityObject | None:
        """The object with this id, in one layer or in any that is present."""
        number = self._number(layer)
        for found in rows.objects(self._connection, "id = ?", (id,)):
            if found.layer == number or (number is None and self._is_present(found.layer)):
                return found
        return None

    def find(self, text: str, limit: int = 20) -> list[CityObject]:
        """Objects whose id begins with or holds the text, then those with it in an attribute."""
        if not text:
            return []
        found: dict[int, CityObject] = {}
        pattern = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        searches = (("id LIKE ? ESCAPE '\\'", f"{pattern}%"), ("id LIKE ? ESCAPE '\\'", f"%{pattern}%"))
        for where, value in (*searches, ("attributes LIKE ? ESCAPE '\\'", f"%{pattern}%")):
            for item in rows.objects(self._connection, where, (value,), limit):
                if self._is_present(item.layer):
                    found.setdefault(item.fid, item)
            if len(found) >= limit:
                break
        return list(found.values())[:limit]

    def box(self, fids: Iterable[int]) -> tuple[float, ...] | None:
        """The box around some objects in the project's CRS."""
        return rows.box(self._connection, fids)

    def wkb(self, fid: int) -> bytes | None:
        """The geometry that GIS programs see, as WKB in the layer's CRS."""
        row = self._connection.execute("SELECT geom FROM object WHERE fid = ?", (fid,)).fetchone()
        return wkb.from_blob(row[0]) if row and row[0] else None

    def geometries(self, fid: int) -> list[dict[str, Any]]:
        """The CityJSON geometries of a city object."""
        text = self.source_text(fid)
        try:
            values = orjson.loads(text)
        except orjson.JSONDecodeError:
            return []
        found = values.get("geometry") if isinstance(values, dict) else None
        return found if isinstance(found, list) else []

    def source_text(self, fid: int) -> str:
        """The object's text as it would be exported now; '' where the source is not text."""
        from layers.exporting import object_text

        return object_text(self, fid)

    def drawable(self, layer: Layer) -> Drawable | None:
        """The arrays of a layer from the cache; CacheMissing when they must be made again."""
        if layer.partner is not None:
            layer = self.any_layer(layer.partner)
        if layer.drawable is None:
            return None
        folder = cache.layer_folder(self.path.absolute(), layer.uid)
        return cache.load(folder, self.stamp(layer))

    def stamp(self, layer: Layer) -> str:
        """What the cache of a layer depends on."""
        return f"{layer.source_sha256} {layer.crs} {self.place.crs}"

    def query(self, sql: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a SELECT, for the rooms of this package."""
        return list(self.rows(sql, values))

    def rows(self, sql: str, values: Iterable[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Rows of a SELECT, one after the other."""
        return iter(self._connection.execute(sql, tuple(values)))

    def any_layer(self, number: int) -> Layer:
        """A layer by its id, present or not."""
        return next(iter(rows.layers(self._connection, number)))

    def _is_present(self, number: int) -> bool:
        return any(layer.objects_layer == number for layer in self.layers)

    def _number(self, layer: Layer | int | None) -> int | None:
        """The id of the layer that holds the objects."""
        if isinstance(layer, int):
            layer = self.any_layer(layer)
        return None if layer is None else layer.objects_layer

    def _fid_range(self, layer: Layer | int) -> tuple[int, int]:
        number = self._number(layer)
        assert number is not None
        holder = self.any_layer(number)
        return holder.first_fid, holder.first_fid + holder.object_count - 1

    # --- changing it ---------------------------------------------------------------------------

    @contextmanager
    def edit(
        self, label: str, why: str = "", announce: bool = True, progress: Progress = never_stop
    ) -> Iterator[Edit]:
        """One undoable step: all of it is kept, or on an exception none of it.

        In another thread use `announce=False` and hand `edit.changes` to `announce` in this one.
        """
        with self._transaction() as connection:
            edit = Edit(connection, progress)
            try:
                yield edit
                edit.finish(label, why)
            finally:
                edit.close()
        if edit.changes and announce:
            self.announce(edit.changes)

    def undo(self, announce: bool = True, progress: Progress = never_stop) -> Changes | None:
        """Take the last step back."""
        return self._turn(history.next_undo, True, announce, progress)

    def redo(self, announce: bool = True, progress: Progress = never_stop) -> Changes | None:
        """Do the last undone step again."""
        return self._turn(history.next_redo, False, announce, progress)

    def _turn(
        self,
        which: Callable[[sqlite3.Connection], Step | None],
        back: bool,
        announce: bool,
        progress: Progress,
    ) -> Changes | None:
        changes = None
        with self._transaction() as connection:
            step = which(connection)
            if step:
                changes = history.turn(connection, step, back, progress)
                gis.follow(connection, changes)
        if changes and announce:
            self.announce(changes)
        return changes

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        writer = self._writer
        if writer is None:
            raise EditError(
                "This project is open for reading only", where=str(self.path), found=self.read_only_reason
            )
        if not self._editing.acquire(blocking=False):
            raise EditError("An edit is already under way", do="Wait until it is finished, then try again")
        try:
            writer.execute("BEGIN IMMEDIATE")
            try:
                yield writer
                writer.execute("COMMIT")
            except BaseException:
                if writer.in_transaction:
                    writer.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise EditError(
                "The change could not be written; nothing was changed",
                where=str(self.path),
                found=str(error),
                do="Free some space or check the disk, then try again" if "full" in str(error) else "",
            ) from error
        finally:
            self._editing.release()

    def announce(self, changes: Changes) -> None:
        """Tell everyone what a step changed that was just done, undone or redone."""
        self._columns.clear()
        if changes.layers or changes.project:
            self._layers = self._place = None
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


def _connect(uri: str) -> sqlite3.Connection:
    # Opening, closing and long edits happen in other threads than looking things up, one after the other.
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=10, check_same_thread=False)
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _open_database(path: Path, read_only: bool) -> sqlite3.Connection:
    if not read_only:
        return _connect(f"{path.as_uri()}?mode=rw")
    folder_is_closed = not os.access(path.parent, os.W_OK)
    has_log = path.with_name(path.name + "-wal").exists()
    # Without a log there is nothing to share, and a folder without write access allows no index of one.
    return _connect(f"{path.as_uri()}?mode=ro{'&immutable=1' if folder_is_closed and not has_log else ''}")


def _begin_writing(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    rows.drop_orphans(connection)
