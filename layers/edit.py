"""The only way to change a project: the object that `with project.edit(…) as edit` gives."""

from __future__ import annotations

import sqlite3
from types import EllipsisType
from typing import Any

import orjson

from layers import gis, history
from layers.errors import EditError
from layers.jsontext import raw_members
from layers.records import Change, Step


class Edit:
    """Collects and applies the changes of one step; dead once its `with` block ends."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._open = True
        self.changes: list[Change] = []
        self.step: Step | None = None

    def finish(self, label: str, why: str) -> None:
        """Write the step into the journal, unless nothing changed in the end."""
        changes = history.merged(self.changes)
        if changes:
            self.step = history.record(self._connection, label, why, changes)
            gis.follow(self._connection, changes)

    def close(self) -> None:
        """End the edit: any later call raises."""
        self._open = False

    def _do(self, change: Change) -> None:
        if not self._open:
            raise EditError(
                "Nothing changes outside an edit", do='Put the change inside "with project.edit(…) as edit:"'
            )
        history.apply(self._connection, [change])
        self.changes.append(change)

    def set_attribute(self, fid: int, name: str, value: Any) -> None:
        """Give an attribute any JSON value; `msgspec.Raw` keeps its very text."""
        if not name or "\0" in name:
            raise EditError("An attribute needs a name")
        text = history.json_text(value)
        before = self._attribute(fid, name)
        if before is None or not _same(before, text):
            self._do(Change("object", fid, history.ATTRIBUTE + name, before, text))

    def remove_attribute(self, fid: int, name: str) -> None:
        """Take an attribute away; nothing happens if it is not there."""
        before = self._attribute(fid, name)
        if before is not None:
            self._do(Change("object", fid, history.ATTRIBUTE + name, before, None))

    def _attribute(self, fid: int, name: str) -> str | None:
        row = self._connection.execute("SELECT attributes FROM object WHERE fid = ?", (fid,)).fetchone()
        if row is None:
            raise EditError("There is no such object", where=f"object {fid}")
        raw = raw_members(row[0].encode()).get(name)
        return None if raw is None else raw.decode()

    def set_valid(
        self,
        fid: int,
        valid_from: str | EllipsisType | None = ...,
        valid_to: str | EllipsisType | None = ...,
    ) -> None:
        """Say from when (included) to when (excluded) an object stands.

        ISO dates, None where it is open; a bound that is not given stays as it is.
        """
        row = self._connection.execute(
            "SELECT valid_from, valid_to FROM object WHERE fid = ?", (fid,)
        ).fetchone()
        if row is None:
            raise EditError("There is no such object", where=f"object {fid}")
        start = row[0] if isinstance(valid_from, EllipsisType) else valid_from
        end = row[1] if isinstance(valid_to, EllipsisType) else valid_to
        if start and end and end < start:
            raise EditError("An object cannot end before it begins", found=f"{start} to {end}")
        for key, before, after in zip(("valid_from", "valid_to"), row, (start, end), strict=True):
            if before != after:
                self._do(Change("object", fid, key, before, after))

    def set_layer(self, layer: int, **values: Any) -> None:
        """Set columns of a layer: name, visible, opacity, position, lod, style, epoch, present."""
        for key, value in values.items():
            if key not in history.LAYER_COLUMNS:
                raise EditError(f"A layer has no field {key!r}")
            row = self._connection.execute(f"SELECT {key} FROM layer WHERE id = ?", (layer,)).fetchone()
            if row is None:
                raise EditError("There is no such layer", where=f"layer {layer}")
            if key == "name" and not str(value).strip():
                raise EditError("A layer needs a name")
            before = row[0] if key == "style" else orjson.dumps(row[0]).decode()
            after = orjson.dumps(int(value) if isinstance(value, bool) else value).decode()
            if before != after:
                self._do(Change("layer", layer, key, before, after))

    def set_project(self, key: str, value: str | None) -> None:
        """Set a fact of the project: title, crs, origin."""
        row = self._connection.execute("SELECT value FROM project WHERE key = ?", (key,)).fetchone()
        before = row[0] if row else None
        if before != value:
            self._do(Change("project", 0, key, before, value))

    def set_epoch(self, name: str, date: str) -> int:
        """Put a named date on the timeline; gives its id."""
        row = self._connection.execute(
            "SELECT max(id) FROM (SELECT id FROM epoch UNION SELECT id FROM change WHERE tab = 'epoch')"
        ).fetchone()
        number = (row[0] or 0) + 1
        self._do(Change("epoch", number, "row", None, orjson.dumps({"name": name, "date": date}).decode()))
        return number

    def remove_epoch(self, epoch: int) -> None:
        """Take a date off the timeline."""
        row = self._connection.execute("SELECT name, date FROM epoch WHERE id = ?", (epoch,)).fetchone()
        if row:
            before = orjson.dumps({"name": row[0], "date": row[1]}).decode()
            self._do(Change("epoch", epoch, "row", before, None))


def _same(one: str, other: str) -> bool:
    """Whether two JSON texts are the same value; 1 and 1.0 are not."""
    try:
        return orjson.dumps(orjson.loads(one)) == orjson.dumps(orjson.loads(other))
    except orjson.JSONEncodeError:
        # Deeper than can be written: no value that a person typed.
        return one == other
