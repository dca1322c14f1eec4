"""The edit journal: steps and changes, applied forwards and backwards by the same motion."""

from __future__ import annotations

import getpass
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
import orjson

from layers import resiting, scenariorows, shaperows
from layers.data import Progress
from layers.errors import EditError
from layers.jsontext import join_members, raw_members
from layers.records import Change, Changes, Step
from layers.runs import ascending

ATTRIBUTE = "attr:"
#: Columns of a layer that an edit may set.
LAYER_COLUMNS = frozenset(
    (
        "name", "style", "visible", "opacity", "position", "lod", "epoch", "present", "crs", "source_path",
        "placement", "series", "scenario",
    )
)  # fmt: skip
#: Those that hold JSON.
LAYER_JSON = frozenset(("style", "placement"))
GONE = "gone"
OBJECT_COLUMNS = frozenset(("valid_from", "valid_to", GONE))
RESULT_COLUMNS = frozenset(("present", "title"))
#: Objects that are read and written together.
AT_ONCE = 500

DONE, UNDONE, DROPPED = "done", "undone", "dropped"


def begin(connection: sqlite3.Connection) -> None:
    """Make room for the changes of a step; they leave memory, for there may be a million."""
    connection.execute(
        "CREATE TEMP TABLE IF NOT EXISTS pending (seq INTEGER PRIMARY KEY, tab TEXT, id INTEGER, key TEXT,"
        " before TEXT, after TEXT, UNIQUE (tab, id, key))"
    )
    connection.execute("DELETE FROM temp.pending")


def do(connection: sqlite3.Connection, changes: Sequence[Change]) -> None:
    """Make every value what `after` says, and note it for the step under way."""
    apply(connection, changes)
    connection.executemany(
        "INSERT INTO temp.pending (tab, id, key, before, after) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (tab, id, key) DO UPDATE SET after = excluded.after",
        ((change.table, change.id, change.key, change.before, change.after) for change in changes),
    )


def apply(connection: sqlite3.Connection, changes: Sequence[Change]) -> None:
    """Make every value what `after` says."""
    by_object: dict[int, list[Change]] = {}
    for change in changes:
        if change.table == "object":
            by_object.setdefault(change.id, []).append(change)
        else:
            _APPLY[change.table](connection, change)
    fids = list(by_object)
    for start in range(0, len(fids), AT_ONCE):
        _apply_to_objects(connection, {fid: by_object[fid] for fid in fids[start : start + AT_ONCE]})


def _apply_to_objects(connection: sqlite3.Connection, changes: dict[int, list[Change]]) -> None:
    texts = attributes_of(connection, list(changes))
    columns: dict[str, list[tuple[str | None, int]]] = {}
    for fid, mine in changes.items():
        members = raw_members(texts[fid])
        for change in mine:
            if change.key in shaperows.KEYS:
                shaperows.apply(connection, fid, change.key, change.after)
            elif change.key.startswith(scenariorows.SAME):
                scenariorows.apply_same(connection, change)
            elif change.key in OBJECT_COLUMNS:
                columns.setdefault(change.key, []).append((change.after, fid))
            elif not change.key.startswith(ATTRIBUTE):
                raise EditError(f"An object has no field {change.key!r}")
            elif change.after is None:
                members.pop(change.key[len(ATTRIBUTE) :], None)
            else:
                members[change.key[len(ATTRIBUTE) :]] = change.after.encode()
        columns.setdefault("attributes", []).append((join_members(members).decode(), fid))
    for key, rows in columns.items():
        connection.executemany(f"UPDATE object SET {key} = ?, touched = 1 WHERE fid = ?", rows)


def attributes_of(connection: sqlite3.Connection, fids: Sequence[int]) -> dict[int, bytes]:
    """The attributes of a few objects as JSON text."""
    found = connection.execute(
        f"SELECT fid, attributes FROM object WHERE fid IN ({','.join('?' * len(fids))})", fids
    )
    texts = {fid: text.encode() for fid, text in found}
    for fid in fids:
        if fid not in texts:
            raise EditError("There is no such object", where=f"object {fid}")
    return texts


def _apply_to_layer(connection: sqlite3.Connection, change: Change) -> None:
    if change.key not in LAYER_COLUMNS:
        raise EditError(f"A layer has no field {change.key!r}")
    value = None if change.after is None else orjson.loads(change.after)
    if isinstance(value, dict):
        value = orjson.dumps(value).decode()
    connection.execute(f"UPDATE layer SET {change.key} = ? WHERE id = ?", (value, change.id))
    if change.key == "placement":
        resiting.follow(connection, change)


def _apply_to_project(connection: sqlite3.Connection, change: Change) -> None:
    if change.after is None:
        connection.execute("DELETE FROM project WHERE key = ?", (change.key,))
    else:
        connection.execute(
            "INSERT INTO project VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (change.key, change.after),
        )


def _apply_to_epoch(connection: sqlite3.Connection, change: Change) -> None:
    connection.execute("DELETE FROM epoch WHERE id = ?", (change.id,))
    if change.after is not None:
        row = orjson.loads(change.after)
        connection.execute("INSERT INTO epoch VALUES (?, ?, ?)", (change.id, row["name"], row["date"]))


def _apply_to_result(connection: sqlite3.Connection, change: Change) -> None:
    if change.key not in RESULT_COLUMNS or change.after is None:
        raise EditError(f"A result has no field {change.key!r}")
    connection.execute(
        f"UPDATE result SET {change.key} = ? WHERE id = ?", (orjson.loads(change.after), change.id)
    )


_APPLY: dict[str, Callable[[sqlite3.Connection, Change], None]] = {
    "layer": _apply_to_layer,
    "project": _apply_to_project,
    "epoch": _apply_to_epoch,
    "result": _apply_to_result,
    "scenario": scenariorows.apply,
}


def record(connection: sqlite3.Connection, label: str, why: str) -> Changes | None:
    """Write what was done into the journal, from the first before to the last after of every value.

    Gives None when nothing is different in the end; else what was undone before can no longer be redone.
    """
    connection.execute("DELETE FROM temp.pending WHERE before IS after")
    (count,) = connection.execute("SELECT count(*) FROM temp.pending").fetchone()
    if not count:
        return None
    connection.execute("UPDATE step SET state = ? WHERE state = ?", (DROPPED, UNDONE))
    who, when = person(), datetime.now().astimezone().isoformat(timespec="seconds")
    number = connection.execute(
        "INSERT INTO step (label, who, at, why, state) VALUES (?, ?, ?, ?, ?)", (label, who, when, why, DONE)
    ).lastrowid
    assert number is not None
    connection.execute(
        "INSERT INTO change SELECT ?, row_number() OVER (ORDER BY seq) - 1, tab, id, key, before, after"
        " FROM temp.pending ORDER BY seq",
        (number,),
    )
    return _summary(connection, Step(number, label, who, when, why, False, (), count))


def person() -> str:
    """Who is editing: the login name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


#: Changes are numbered from 0, so that the last one tells how many there are.
_COUNT = "(SELECT coalesce(max(seq) + 1, 0) FROM change WHERE change.step = step.step)"


def next_undo(connection: sqlite3.Connection) -> Step | None:
    """The step that undo would take back."""
    return _step(connection, "state = 'done' ORDER BY step DESC")


def next_redo(connection: sqlite3.Connection) -> Step | None:
    """The step that redo would do again."""
    return _step(connection, "state = 'undone' ORDER BY step ASC")


def _step(connection: sqlite3.Connection, which: str) -> Step | None:
    row = connection.execute(
        f"SELECT step, label, who, at, why, state, {_COUNT} FROM step WHERE {which} LIMIT 1"
    ).fetchone()
    return None if row is None else _step_of(row, (), row[6])


def _step_of(row: tuple[Any, ...], changes: tuple[Change, ...] = (), count: int = 0) -> Step:
    number, label, who, when, why, state = row[:6]
    return Step(number, label, who, when, why, state != DONE, changes, count, state == DROPPED)


def turn(connection: sqlite3.Connection, step: Step, back: bool, progress: Progress) -> Changes:
    """Undo (`back`) or redo a step."""
    order = "DESC" if back else "ASC"
    rows = connection.execute(
        f"SELECT tab, id, key, before, after FROM change WHERE step = ? ORDER BY seq {order}", (step.step,)
    )
    done = 0
    while part := [Change(*row) for row in rows.fetchmany(AT_ONCE)]:
        apply(connection, [change.reversed() for change in part] if back else part)
        done += len(part)
        progress(0.95 * done / step.count, "undoing" if back else "doing again")
    connection.execute("UPDATE step SET state = ? WHERE step = ?", (UNDONE if back else DONE, step.step))
    return _summary(connection, replace(step, undone=back))


def steps(connection: sqlite3.Connection, fid: int | None) -> list[Step]:
    """The journal, oldest first; of one object with its changes."""
    if fid is None:
        rows = connection.execute(
            f"SELECT step, label, who, at, why, state, {_COUNT} FROM step ORDER BY step"
        )
        return [_step_of(row, (), row[6]) for row in rows]
    found = []
    mine: dict[int, list[Change]] = {}
    for number, *values in connection.execute(
        "SELECT step, tab, id, key, before, after FROM change WHERE tab = 'object' AND id = ?"
        " ORDER BY step, seq",
        (fid,),
    ):
        mine.setdefault(number, []).append(Change(*values))
    for number, changes in mine.items():
        row = connection.execute(
            "SELECT step, label, who, at, why, state FROM step WHERE step = ?", (number,)
        ).fetchone()
        found.append(_step_of(row, tuple(changes), len(changes)))
    return found


def _summary(connection: sqlite3.Connection, step: Step) -> Changes:
    """What a step that was just done, undone or redone touched."""
    touched: dict[str, list[int]] = {"object": []}
    for table, number in connection.execute("SELECT tab, id FROM change WHERE step = ?", (step.step,)):
        touched.setdefault(table, []).append(number)
    keys = connection.execute(
        "SELECT DISTINCT key FROM change WHERE step = ? AND tab = 'object'", (step.step,)
    )
    return Changes(
        step,
        ascending(np.array(touched["object"], np.int64)),
        frozenset(key.removeprefix(ATTRIBUTE) for (key,) in keys),
        frozenset(touched.get("layer", ())),
        "project" in touched,
        "epoch" in touched,
        "result" in touched,
        "scenario" in touched,
    )


def json_text(value: object) -> str:
    """A value as JSON text; NaN and infinity have none."""
    if isinstance(value, msgspec.Raw):
        return bytes(value).decode()
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        raise EditError("Only finite numbers can be stored", found=str(value))
    try:
        return orjson.dumps(value).decode()
    except (TypeError, orjson.JSONEncodeError) as error:
        raise EditError("This value cannot be stored", found=str(error)) from error
