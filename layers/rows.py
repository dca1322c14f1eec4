"""Rows of the project file to values, and a few set-wise queries."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import orjson

from layers.columnstore import FIXED, Row
from layers.history import DONE
from layers.placement import Placement
from layers.records import CityObject, Layer, Step

OBJECT = (
    "SELECT fid, layer, id, type, parent, valid_from, valid_to, attributes, lods, surfaces, gone, replaces"
    " FROM object"
)
#: Of those that are there: nobody sees what is gone.
PRESENT = "gone = 0"
LAYER = (
    "SELECT id, uid, name, kind, crs, style, visible, opacity, position, lod, epoch, present, source_path,"
    " source_sha256, source_format, linked, first_fid, object_count, box, facts, report, drawable, partner,"
    " view, placement, series, scenario FROM layer"
)
#: An object by its id, given twice: the index knows no capitals.
NAMED = "id = ? COLLATE NOCASE AND id = ? AND gone = 0"
MANY = 500
ROWS_AT_ONCE = 1000
#: `present` of a layer whose rows are still to be removed.
ABANDONED = -1
#: Whoever waits for a project to open waits no longer than this for them.
DROP_S = 0.5


def layers(connection: sqlite3.Connection, only: int | None = None) -> Iterator[Layer]:
    """The present layers, the uppermost first; or one by id, present or not."""
    if only is None:
        found = connection.execute(f"{LAYER} WHERE present = 1 ORDER BY position DESC, id DESC")
    else:
        found = connection.execute(f"{LAYER} WHERE id = ?", (only,))
    for row in found:
        values = list(row)
        for json in (5, 19, 20):
            values[json] = orjson.loads(values[json])
        for flag in (6, 11, 15):
            values[flag] = bool(values[flag])
        values[18] = tuple(orjson.loads(values[18])) if values[18] else None
        values[24] = Placement.from_text(values[24])
        yield Layer(*values)


def objects(
    connection: sqlite3.Connection, where: str, values: Sequence[Any], limit: int = -1
) -> Iterator[CityObject]:
    """Objects by a condition on their columns."""
    for row in connection.execute(f"{OBJECT} WHERE {where} LIMIT ?", (*values, limit)):
        yield _object(row)


def some_objects(
    connection: sqlite3.Connection, layer: int | None, fids: Iterable[int] | None
) -> Iterator[CityObject]:
    """Objects that are there: of a layer, or by fid, or all of the present layers."""
    if fids is not None:
        wanted = [int(fid) for fid in fids]
        for start in range(0, len(wanted), MANY):
            part = wanted[start : start + MANY]
            marks = ",".join("?" * len(part))
            found = {item.fid: item for item in objects(connection, f"fid IN ({marks}) AND {PRESENT}", part)}
            yield from (found[fid] for fid in part if fid in found)
    elif layer is not None:
        yield from objects(connection, f"fid BETWEEN ? AND ? AND {PRESENT}", _range(connection, layer))
    else:
        for (number,) in connection.execute(
            "SELECT id FROM layer WHERE present = 1 AND partner IS NULL ORDER BY first_fid"
        ).fetchall():
            yield from some_objects(connection, number, None)


def _range(connection: sqlite3.Connection, layer: int) -> tuple[int, int]:
    first, count = connection.execute(
        "SELECT first_fid, object_count FROM layer WHERE id = ?", (layer,)
    ).fetchone()
    return first, first + count - 1


def _object(row: tuple[Any, ...]) -> CityObject:
    fid, layer, id, type, parent, valid_from, valid_to, attributes, lods, surfaces, gone, replaces = row
    counted = (item.rpartition(":") for item in surfaces.split(",") if item)
    return CityObject(
        fid,
        layer,
        id,
        type,
        parent,
        valid_from,
        valid_to,
        orjson.loads(attributes),
        tuple(lods.split(",")) if lods else (),
        {name: int(count) for name, _, count in counted},
        bool(gone),
        replaces,
    )


def raw(connection: sqlite3.Connection, first: int, last: int) -> Iterator[Row]:
    """What the columns of a layer are made of, object by object."""
    found: Iterator[Row] = connection.execute(
        f"SELECT {', '.join(FIXED)}, attributes FROM object WHERE fid BETWEEN ? AND ? ORDER BY fid",
        (first, last),
    )
    return found


def values(connection: sqlite3.Connection, key: str, first: int, last: int) -> Iterator[Any]:
    """The value of each object of a stretch."""
    column = key if key in FIXED else "attributes"
    found = connection.execute(
        f"SELECT {column} FROM object WHERE fid BETWEEN ? AND ? ORDER BY fid", (first, last)
    )
    for (text,) in found:
        if key == "lods":
            yield text.split(",") if text else []
        else:
            yield text if key in FIXED else orjson.loads(text).get(key)


def edited_values(connection: sqlite3.Connection, key: str, first: int, last: int) -> dict[int, str | None]:
    """What a value is now, as the journal writes it, in all objects of a stretch in which it was edited."""
    found: dict[int, str | None] = {}
    for fid, before, after, state in connection.execute(
        "SELECT id, before, after, state FROM change JOIN step USING (step)"
        " WHERE tab = 'object' AND key = ? AND id BETWEEN ? AND ? ORDER BY id, step",
        (key, first, last),
    ):
        found.setdefault(fid, before)
        if state == DONE:
            found[fid] = after
    return found


def changed_values(
    connection: sqlite3.Connection, step: Step, key: str, first: int, last: int
) -> dict[int, str | None]:
    """What a value has become, as the journal writes it, by a step or by undoing it."""
    value = "before" if step.undone else "after"
    found = connection.execute(
        f"SELECT id, {value} FROM change"
        " WHERE step = ? AND tab = 'object' AND key = ? AND id BETWEEN ? AND ?",
        (step.step, key, first, last),
    )
    return dict(found)


def around(connection: sqlite3.Connection, layer: Layer, x: float, y: float) -> list[int]:
    """The objects of a layer whose boxes lie around a place."""
    found = connection.execute(
        "SELECT r.fid FROM object_rtree r JOIN object o ON o.fid = r.fid"
        " WHERE r.minx <= ? AND r.maxx >= ? AND r.miny <= ? AND r.maxy >= ?"
        " AND o.gone = 0 AND o.layer = ? ORDER BY r.fid",
        (x, x, y, y, layer.id),
    )
    return [int(fid) for (fid,) in found]


def box(connection: sqlite3.Connection, fids: Iterable[int]) -> tuple[float, ...] | None:
    """The box around some objects."""
    found: list[float] | None = None
    wanted = [int(fid) for fid in fids]
    for start in range(0, len(wanted), MANY):
        part = wanted[start : start + MANY]
        row = connection.execute(
            "SELECT min(minx), min(miny), min(minz), max(maxx), max(maxy), max(maxz)"
            f" FROM object_rtree WHERE fid IN ({','.join('?' * len(part))})",
            part,
        ).fetchone()
        if row[0] is None:
            continue
        if found is None:
            found = list(row)
        found = [min(a, b) for a, b in zip(found[:3], row[:3], strict=True)] + [
            max(a, b) for a, b in zip(found[3:], row[3:], strict=True)
        ]
    return tuple(found) if found else None


def uids(connection: sqlite3.Connection) -> set[str]:
    """The names of the layers' cache folders, of removed layers too: undo may bring them back."""
    return {row[0] for row in connection.execute("SELECT uid FROM layer")}


def drop_orphans(connection: sqlite3.Connection) -> None:
    """Remove what an import that was cut off left behind: layers no step ever made present."""
    orphans = connection.execute(
        "SELECT id FROM layer WHERE present = 0"
        " AND id NOT IN (SELECT id FROM change WHERE tab = 'layer' AND key = 'present')"
    ).fetchall()
    for (number,) in orphans:
        abandon(connection, number)
    drop_abandoned(connection, within(DROP_S))


def abandon(connection: sqlite3.Connection, layer: int) -> None:
    """Give up a layer that was never present; its rows go when there is time."""
    first, last = _range(connection, layer)
    (last,) = connection.execute(
        "SELECT max(fid) FROM object WHERE fid BETWEEN ? AND ?", (first, last)
    ).fetchone()
    count = 0 if last is None else last - first + 1  # an import reserves more fids than it needs
    connection.execute(
        "UPDATE layer SET present = ?, object_count = ? WHERE id = ?", (ABANDONED, count, layer)
    )


def drop_abandoned(connection: sqlite3.Connection, enough: Callable[[], bool]) -> None:
    """Remove the layers that were given up, in small transactions that let edits through, until `enough`."""
    for (number,) in connection.execute("SELECT id FROM layer WHERE present = ?", (ABANDONED,)).fetchall():
        if not _drop_layer(connection, number, enough):
            return


def within(seconds: float) -> Callable[[], bool]:
    """Whether so much time has gone by since now."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def next_place(connection: sqlite3.Connection) -> tuple[int, int]:
    """The first fid that no layer has or has reserved, and the position above all layers."""
    found: tuple[int, int] = connection.execute(
        "SELECT coalesce(max(first_fid + max(object_count, reserved)), 1), coalesce(max(position), 0) + 1"
        " FROM layer"
    ).fetchone()
    return found


def gone(connection: sqlite3.Connection, layer: int) -> list[int]:
    """The objects of a layer that were taken away, or are no longer added; ascending."""
    found = connection.execute("SELECT fid FROM object WHERE layer = ? AND gone = 1 ORDER BY fid", (layer,))
    return [fid for (fid,) in found]


def first_fid(connection: sqlite3.Connection, layer: int) -> int:
    """The fid of the first object of a layer."""
    return _range(connection, layer)[0]


def _drop_layer(connection: sqlite3.Connection, number: int, enough: Callable[[], bool]) -> bool:
    """Remove a layer and its rows; gives whether it came to the end."""
    first, last = _range(connection, number)
    (at,) = connection.execute(
        "SELECT coalesce(min(fid), ?) FROM object WHERE fid BETWEEN ? AND ?", (last + 1, first, last)
    ).fetchone()
    for start in range(at, last + 1, ROWS_AT_ONCE):
        some = "SELECT fid FROM object WHERE fid BETWEEN ? AND ?"
        ends = (start, min(last, start + ROWS_AT_ONCE - 1))
        connection.execute("BEGIN IMMEDIATE")
        # An R-tree finds objects one by one; a range would have it look at all of them.
        connection.execute(f"DELETE FROM object_rtree WHERE fid IN ({some})", ends)
        connection.execute(f"DELETE FROM object WHERE fid IN ({some})", ends)
        connection.execute("COMMIT")
        if enough():
            return False
    pieces = "SELECT min(seq), max(seq) FROM piece WHERE layer = ?"
    at, last = connection.execute(pieces, (number,)).fetchone()
    for start in range(at or 0, -1 if last is None else last + 1, ROWS_AT_ONCE):
        connection.execute(
            "DELETE FROM piece WHERE layer = ? AND seq BETWEEN ? AND ?",
            (number, start, start + ROWS_AT_ONCE - 1),
        )
        if enough():
            return False
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("DELETE FROM attribute WHERE layer = ?", (number,))
    connection.execute("DELETE FROM layer WHERE id = ?", (number,))
    connection.execute("COMMIT")
    return True
