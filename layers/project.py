"""The project file: layers, city objects, edits, undo and redo that survive closing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from layers import cache, gis, history, opening, reshaped, resultstore, rows, searching, shaperows, wkb
from layers.arrays import CityTiles, Drawable, Int32, Mover
from layers.attributes import Attributes
from layers.columns import Column
from layers.data import Progress, never_stop
from layers.edit import Edit
from layers.errors import EditError, ProjectError
from layers.expression import Expression, parse
from layers.lock import WriterLock
from layers.place import Place
from layers.records import Changes, CityObject, Epoch, Layer, Step, named
from layers.results import Result, ResultSummary
from layers.schema import ENDING as ENDING  # whoever opens projects names them
from layers.shapes import Shape
from layers.signal import Signal
from layers.siting import stamp
from layers.stepwriter import StepWriter, UnderWay

#: Finds the step that is to be undone or done again.
Which = Callable[[sqlite3.Connection], Step | None]


class Project:
    """An open project. Reading is free; changing happens inside `edit`."""

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: WriterLock | None, why: str) -> None:
        self.path = path
        self.read_only_reason = why
        self.changed: Signal[Changes] = Signal()
        self._connection = connection
        self._lock = lock
        self._layers: tuple[Layer, ...] | None = None
        self._place: Place | None = None
        self._attributes = Attributes(path.absolute())
        self._writer = None if why else StepWriter(path, lock, self._attributes.follow)
        self._reshaped: dict[int, tuple[object, CityTiles]] = {}  # arrays with edited shapes, and of which

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
        """A layer by its id, or by its name where it is the only one of that name."""
        return named(self.layers, which, self.path)

    @property
    def epochs(self) -> tuple[Epoch, ...]:
        """The named dates of the timeline, in order."""
        found = self._connection.execute("SELECT id, name, date FROM epoch ORDER BY date, id")
        return tuple(Epoch(*row) for row in found)

    @property
    def results(self) -> tuple[ResultSummary, ...]:
        """The results of analyses that are kept, the oldest first."""
        return tuple(resultstore.summaries(self._connection))

    @property
    def has_results(self) -> bool:
        """Whether a result of an analysis is kept."""
        return resultstore.has_any(self._connection)

    def result(self, number: int) -> Result:
        """A result that is kept, by its id, with all its values."""
        return resultstore.read(self._connection, number, str(self.path))

    def is_outdated(self, result: int) -> bool:
        """Whether the city has changed since a result was kept, so that it may be another one now."""
        return resultstore.is_outdated(self._connection, result)

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
        if layer is not None and fids is None and expression is not None:
            fids, expression = self.fids(layer, expression), None
        for found in rows.some_objects(self._connection, self._number(layer), fids):
            if expression is None or expression.matches(found.row()):
                yield found

    def fids(self, layer: Layer | int, where: str | Expression | None = None) -> NDArray[np.int64]:
        """The fids of a layer's objects that match, in layer order."""
        holder = self._holder(layer)
        if where is None:
            return np.arange(holder.first_fid, holder.first_fid + holder.object_count)
        return holder.first_fid + np.flatnonzero(self.matching(holder, where))

    def matching(self, layer: Layer | int, where: str | Expression) -> NDArray[np.bool_]:
        """Which of a layer's objects match, in layer order."""
        expression = parse(where) if isinstance(where, str) else where
        return self._attributes.matching(self._connection, self._holder(layer), expression)

    def values(self, layer: Layer | int, key: str) -> Column:
        """The values of an attribute of all objects of a layer, in layer order; or of id, type, parent,
        valid_from, valid_to, lods."""
        return self._attributes.values(self._connection, self._holder(layer), key)

    def column(self, layer: Layer | int, key: str) -> list[Any]:
        """The same as a list of Python values, for layers that are not large."""
        return self.values(layer, key).tolist()

    def parents(self, layer: Layer | int) -> Int32:
        """The position of each object's parent in the layer, or -1."""
        return self._attributes.parents(self._connection, self._holder(layer))

    def store_values(self, layer: Layer | int, progress: Progress = never_stop) -> None:
        """Make the columns of a large layer in the cache if they are not there, so that `values` is quick."""
        self._attributes.store(self._connection, self._holder(layer), progress)

    def attribute_types(self, layer: Layer | int) -> dict[str, str]:
        """The attributes of a layer and their types."""
        sql = "SELECT name, type FROM attribute WHERE layer = ? ORDER BY position"
        return dict(self.query(sql, (self._number(layer),)))

    def children(self, fid: int) -> list[int]:
        """The parts of an object."""
        parent = self.object(fid)
        sql = "SELECT fid FROM object WHERE parent = ? AND layer = ? ORDER BY fid"
        return [row[0] for row in self.rows(sql, (parent.id, parent.layer))]

    def by_id(self, id: str, layer: Layer | int | None = None) -> CityObject | None:
        """The object with this id, in one layer or in any that is present."""
        number = self._number(layer)
        for found in rows.objects(self._connection, rows.NAMED, (id, id)):
            if found.layer == number or (number is None and self._is_present(found.layer)):
                return found
        return None

    def find(self, text: str, limit: int = 20) -> list[CityObject]:
        """Objects whose id, or a word of whose name, begins with the text; then those that hold it.

        Answers at once: of a large project only the first objects are looked through, see `search`.
        """
        return searching.first(self.search(text), limit)

    def search(self, text: str) -> Iterator[CityObject | None]:
        """All objects that `find` is about. None comes again and again meanwhile, so that one can stop."""
        return searching.search(self._connection, text, [self._holder(layer) for layer in self.layers])

    def box(self, fids: Iterable[int]) -> tuple[float, ...] | None:
        """The box around some objects in the project's CRS."""
        return rows.box(self._connection, fids)

    def wkb(self, fid: int) -> bytes | None:
        """The geometry that GIS programs see, as WKB in the layer's CRS."""
        row = self._connection.execute("SELECT geom FROM object WHERE fid = ?", (fid,)).fetchone()
        return wkb.from_blob(row[0]) if row and row[0] else None

    def geometries(self, fid: int) -> list[dict[str, Any]]:
        """The CityJSON geometries of a city object; those of an edited one number its shape's vertices."""
        edited = self.shape(fid)
        if edited is not None:
            return edited.geometries
        from layers.exporting import object_geometries

        return object_geometries(self, fid)

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
        found = cache.load(folder, self.stamp(layer))
        if not isinstance(found, CityTiles) or not (shapes := self._shapes(layer)):
            return found
        made_of = (self.stamp(layer), shapes)
        known = self._reshaped.get(layer.id)
        if known is None or known[0] != made_of:
            types = {item.fid: item.type for item in self.objects(fids=[fid for fid, _ in shapes])}
            arrays = reshaped.with_shapes(found, shapes, types, layer, self.mover(layer), folder)
            known = self._reshaped[layer.id] = made_of, arrays
        return known[1]

    def _shapes(self, layer: Layer) -> list[tuple[int, str]]:
        """The edited shapes of a layer: fid and text."""
        return shaperows.shapes_of(self._connection, layer.first_fid, layer.object_count)

    def shapes(self, layer: Layer | int) -> dict[int, Shape]:
        """The edited shapes of a layer's objects, by fid, in the layer's CRS."""
        return {fid: Shape.from_text(text) for fid, text in self._shapes(self._holder(layer))}

    def shape(self, fid: int) -> Shape | None:
        """The edited shape of an object in its layer's CRS; None where it is as in the source."""
        found = shaperows.shapes_of(self._connection, fid, 1)
        return Shape.from_text(found[0][1]) if found else None

    def mover(self, layer: Layer) -> Mover:
        """What moves points of a layer's file to where they are in the project."""
        return self.place.mover_of(layer)

    def stamp(self, layer: Layer) -> str:
        """What the cache of a layer depends on."""
        return stamp(layer.source_sha256, layer.crs, self.place.crs, layer.placement)

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

    def _holder(self, layer: Layer | int) -> Layer:
        """The layer that holds the objects."""
        number = self._number(layer)
        assert number is not None
        return next((found for found in self.layers if found.id == number), None) or self.any_layer(number)

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
