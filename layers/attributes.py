"""The values of all objects of a layer as they are now: what the cache holds, with what was edited since.

One `Attributes` belongs to an open project and to all its readers in other threads, so that a column is
read once. Columns never change; an edit puts renewed ones in their place.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np
import orjson

from layers import cache, columnstore, rows
from layers.arrays import Int32
from layers.columns import Column, Mask, encoded
from layers.columnstore import FIXED, Table
from layers.data import Progress, never_stop
from layers.expression import Expression
from layers.history import ATTRIBUTE, GONE
from layers.records import Changes, Layer
from layers.values import Value

#: Layers of up to so many objects are read from the project itself, which is as quick.
SMALL: Final = 20_000
AT_ONCE: Final = 20_000
FOLDER: Final = "columns"


class Attributes:
    """Columns of a project by layer and key; in any thread, each with a connection of its own."""

    def __init__(self, project: Path) -> None:
        self._project = project
        self._tables: dict[int, Table] = {}
        self._columns: dict[tuple[int, str], Column] = {}
        self._layers: dict[int, Layer] = {}
        self._gone: dict[int, Mask] = {}
        self._edits = 0
        self._lock = Lock()

    def has(self, layer: Layer, key: str) -> bool:
        """Whether the values are at hand, without reading anything."""
        return (layer.id, key) in self._columns

    def values(self, connection: sqlite3.Connection, layer: Layer, key: str) -> Column:
        """The values of an attribute, or of a column that every object has."""
        found = self._columns.get((layer.id, key))
        if found is not None and len(found) == layer.object_count:  # objects may have been added since
            return found
        edits = self._edits
        table = self._table(connection, layer)
        if table is None:
            found = encoded(list(rows.values(connection, key, *_range(layer))))
        else:
            found = _edited(connection, layer, key, table.column(_name(key)))
        with self._lock:
            if edits == self._edits:
                self._layers[layer.id] = layer
                self._columns[layer.id, key] = found
        return found

    def gone(self, connection: sqlite3.Connection, layer: Layer) -> Mask:
        """Which objects of a layer were taken away."""
        found = self._gone.get(layer.id)
        if found is not None and len(found) == layer.object_count:
            return found
        edits = self._edits
        found = np.zeros(layer.object_count, bool)
        taken = np.array(rows.gone(connection, layer.id), np.int64) - layer.first_fid
        found[taken[taken < layer.object_count]] = True
        with self._lock:
            if edits == self._edits:
                self._gone[layer.id] = found
        return found

    def parents(self, connection: sqlite3.Connection, layer: Layer) -> Int32:
        """The position of each object's parent in the layer, or -1."""
        table = self._table(connection, layer)
        if table is None:
            self.store(connection, layer)
            table = self._table(connection, layer)
        if table is None:  # there is no room for it in the cache
            ids, parents = (self.values(connection, layer, key).tolist() for key in ("id", "parent"))
            return columnstore.positions_of(parents, ids)
        return table.parents

    def matching(self, connection: sqlite3.Connection, layer: Layer, where: Expression) -> Mask:
        """Which objects of a layer an expression holds for."""
        columns = {name: self.values(connection, layer, name) for name in where.names}
        return where.matching(columns, layer.object_count)

    def _table(self, connection: sqlite3.Connection, layer: Layer) -> Table | None:
        """All columns as they are stored, or those of a small layer; None when they must first be stored."""
        table = self._tables.get(layer.id)
        if table is None or table.count != layer.object_count:
            table = columnstore.load(self._folder(layer), layer.object_count)
            if table is None and layer.object_count <= SMALL:
                table = columnstore.table_of(rows.raw(connection, *_range(layer)))
            if table is not None:
                self._tables[layer.id] = table
        return table

    def _folder(self, layer: Layer) -> Path:
        return cache.layer_folder(self._project, layer.uid) / FOLDER

    # --- the cache ------------------------------------------------------------------------------

    def store(self, connection: sqlite3.Connection, layer: Layer, progress: Progress = never_stop) -> None:
        """Make the columns of a large layer in the cache, unless they are there; takes a while."""
        if self._table(connection, layer) is not None:
            return
        first, last = _range(layer)
        try:
            with cache.staging(self._project) as folder:
                parts = []
                for start in range(first, last + 1, AT_ONCE):
                    progress((start - first) / layer.object_count, "attributes")
                    parts.append(folder / str(start))
                    end = min(start + AT_ONCE - 1, last)
                    columnstore.build_part(rows.raw(connection, start, end), parts[-1])
                columnstore.merge(parts, folder / FOLDER)
                cache.adopt(folder / FOLDER, self._folder(layer))
        except OSError:
            return  # no room, or no right to write there: columns are then read one by one

    # --- edits ----------------------------------------------------------------------------------

    def follow(self, connection: sqlite3.Connection, changes: Changes) -> None:
        """Take in what a step changed, or the undoing of one; only the touched values are looked at."""
        with self._lock:
            self._edits += 1
            if GONE in changes.keys:
                self._gone.clear()
            held = [place for place in self._columns if place[1] in changes.keys]
        for number, key in held:
            layer = self._layers[number]
            try:
                found = rows.changed_values(connection, changes.step, _name(key), *_range(layer))
            except sqlite3.Error:
                del self._columns[number, key]
            else:
                self._columns[number, key] = _renewed(self._columns[number, key], layer, key, found)


def _range(layer: Layer) -> tuple[int, int]:
    return layer.first_fid, layer.first_fid + layer.object_count - 1


def _name(key: str) -> str:
    """What a column is called in the store, and its changes in the journal."""
    return key if key in FIXED else ATTRIBUTE + key


def _decoded(key: str, texts: Iterable[str | None]) -> list[Value]:
    """Values as the journal writes them."""
    if key == "lods":
        return [text.split(",") if text else [] for text in texts]
    if key in FIXED:
        return list(texts)
    return [None if text is None else orjson.loads(text) for text in texts]


def _edited(connection: sqlite3.Connection, layer: Layer, key: str, column: Column) -> Column:
    """A column as it was stored, with what was edited since, before or after it was stored."""
    return _renewed(column, layer, key, rows.edited_values(connection, _name(key), *_range(layer)))


def _renewed(column: Column, layer: Layer, key: str, texts: dict[int, str | None]) -> Column:
    """A column with other values, by fid and as the journal writes them."""
    if not texts:
        return column
    positions = np.fromiter(texts, np.int64, len(texts)) - layer.first_fid
    return column.renewed(positions, _decoded(key, texts.values()))
