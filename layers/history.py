"""The edit journal: steps and changes, applied forwards and backwards by the same motion."""

from __future__ import annotations

import getpass
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import orjson

from layers.errors import EditError
from layers.jsontext import join_members, raw_members
from layers.records import Change, Changes, Step

ATTRIBUTE = "attr:"
#: Columns of a layer that an edit may set.
LAYER_COLUMNS = frozenset(
    ("name", "style", "visible", "opacity", "position", "lod", "epoch", "present", "crs", "source_path")
)
OBJECT_COLUMNS = frozenset(("valid_from", "valid_to"))

DONE, UNDONE, DROPPED = "done", "undone", "dropped"


def apply(connection: sqlite3.Connection, changes: Sequence[Change]) -> None:
    """Make every value what `after` says."""
    by_object: dict[int, list[Change]] = {}
    for change in changes:
        if change.table == "object":
            by_object.setdefault(change.id, []).append(change)
        else:
            _APPLY[change.table](connection, change)
    for fid, mine in by_object.items():
        _apply_to_object(connection, fid, mine)


def _apply_to_object(connection: sqlite3.Connection, fid: int, changes: list[Change]) -> None:
    row = connection.execute("SELECT attributes FROM object WHERE fid = ?", (fid,)).fetchone()
    if row is None:
        raise EditError("The object is no longer in the project", where=f"object {fid}")
    members = raw_members(row[0].encode())
    for change in changes:
        if change.key.startswith(ATTRIBUTE):
            name = change.key[len(ATTRIBUTE) :]
            if change.after is None:
                members.pop(name, None)
            else:
                members[name] = change.after.encode()
        elif change.key in OBJECT_COLUMNS:
            connection.execute(f"UPDATE object SET {change.key} = ? WHERE fid = ?", (change.after, fid))
        else:
            raise EditError(f"An object has no field {change.key!r}")
    connection.execute(
        "UPDATE object SET attributes = ?, touched = 1 WHERE fid = ?", (join_members(members).decode(), fid)
    )


def _apply_to_layer(connection: sqlite3.Connection, change: Change) -> None:
    if change.key not in LAYER_COLUMNS:
        raise EditError(f"A layer has no field {change.key!r}")
    value = None if change.after is None else orjson.loads(change.after)
    if isinstance(value, dict):
        value = orjson.dumps(value).decode()
    connection.execute(f"UPDATE layer SET {change.key} = ? WHERE id = ?", (value, change.id))


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


_APPLY = {"layer": _apply_to_layer, "project": _apply_to_project, "epoch": _apply_to_epoch}


def merged(changes: Iterable[Change]) -> list[Change]:
    """One change per value, from the first before to the last after; gone if nothing changed."""
    kept: dict[tuple[str, int, str], Change] = {}
    for change in changes:
        place = (change.table, change.id, change.key)
        earlier = kept.get(place)
        kept[place] = change if earlier is None else Change(*place, earlier.before, change.after)
    return [change for change in kept.values() if change.before != change.after]


def record(connection: sqlite3.Connection, label: str, why: str, changes: Sequence[Change]) -> Step:
    """Write a step that has been applied; what was undone before it can no longer be redone."""
    connection.execute("UPDATE step SET state = ? WHERE state = ?", (DROPPED, UNDONE))
    who, when = person(), datetime.now().astimezone().isoformat(timespec="seconds")
    number = connection.execute(
        "INSERT INTO step (label, who, at, why, state) VALUES (?, ?, ?, ?, ?)", (label, who, when, why, DONE)
    ).lastrowid
    assert number is not None
    connection.executemany(
        "INSERT INTO change VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (number, seq, change.table, change.id, change.key, change.before, change.after)
            for seq, change in enumerate(changes)
        ),
    )
    return Step(number, label, who, when, why, False, tuple(changes), len(changes))


def person() -> str:
    """Who is editing: the login name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def changes_of(connection: sqlite3.Connection, step: int) -> tuple[Change, ...]:
    """The changes of a step, in order."""
    rows = connection.execute(
        "SELECT tab, id, key, before, after FROM change WHERE step = ? ORDER BY seq", (step,)
    )
    return tuple(Change(*row) for row in rows)


def next_undo(connection: sqlite3.Connection) -> Step | None:
    """The step that undo would take back."""
    return _step(connection, "state = 'done' ORDER BY step DESC")


def next_redo(connection: sqlite3.Connection) -> Step | None:
    """The step that redo would do again."""
    return _step(connection, "state = 'undone' ORDER BY step ASC")


def _step(connection: sqlite3.Connection, which: str) -> Step | None:
    row = connection.execute(
        "SELECT step, label, who, at, why, state,"
        " (SELECT count(*) FROM change WHERE change.step = step.step)"
        f" FROM step WHERE {which} LIMIT 1"
    ).fetchone()
    return None if row is None else _step_of(row, (), row[6])


def _step_of(row: tuple[Any, ...], changes: tuple[Change, ...] = (), count: int = 0) -> Step:
    number, label, who, when, why, state = row[:6]
    return Step(number, label, who, when, why, state != DONE, changes, count)


def turn(connection: sqlite3.Connection, step: Step, back: bool) -> Step:
    """Undo (`back`) or redo a step."""
    changes = changes_of(connection, step.step)
    apply(connection, [change.reversed() for change in reversed(changes)] if back else changes)
    connection.execute("UPDATE step SET state = ? WHERE step = ?", (UNDONE if back else DONE, step.step))
    return Step(step.step, step.label, step.who, step.when, step.why, back, changes, len(changes))


def steps(connection: sqlite3.Connection, fid: int | None) -> list[Step]:
    """The journal, oldest first; of one object with its changes."""
    if fid is None:
        rows = connection.execute(
            "SELECT s.step, label, who, at, why, state, (SELECT count(*) FROM change c WHERE c.step = s.step)"
            " FROM step s ORDER BY s.step"
        )
        return [_step_of(row, (), row[6]) for row in rows]
    numbers = connection.execute(
        "SELECT DISTINCT s.step, label, who, at, why, state FROM step s JOIN change c USING (step)"
        " WHERE c.tab = 'object' AND c.id = ? ORDER BY s.step",
        (fid,),
    ).fetchall()
    found = []
    for row in numbers:
        mine = tuple(c for c in changes_of(connection, row[0]) if c.table == "object" and c.id == fid)
        found.append(_step_of(row, mine, len(mine)))
    return found


def summary(step: Step) -> Changes:
    """What a step that was just done, undone or redone touched."""
    objects: dict[int, set[str]] = {}
    for change in step.changes:
        if change.table == "object":
            objects.setdefault(change.id, set()).add(change.key.removeprefix(ATTRIBUTE))
    return Changes(
        step,
        {fid: frozenset(keys) for fid, keys in objects.items()},
        frozenset(change.id for change in step.changes if change.table == "layer"),
        any(change.table == "project" for change in step.changes),
        any(change.table == "epoch" for change in step.changes),
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
