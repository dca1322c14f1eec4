"""What the project file holds of scenarios, and of who is the same at two dates, as the journal names it."""

from __future__ import annotations

import sqlite3

import orjson

from layers.errors import EditError
from layers.records import DRAWN, Change, Scenario

#: Columns of a scenario that an edit may set.
COLUMNS = frozenset(("name", "parent", "epoch", "status", "color", "note", "present"))
#: How the journal begins to name an object that does not stand in a scenario, and one that is (not) the same.
ABSENT, SAME = "absent:", "same:"
#: The objects of a scenario's own layers that are there, found without a look at all others.
OWN = (
    "FROM layer l CROSS JOIN object o ON o.fid BETWEEN l.first_fid AND l.first_fid + l.object_count - 1"
    " WHERE l.scenario = ? AND l.present = 1 AND +o.gone = 0"  # the sign: no index of all that is there
)
_SCENARIO = "SELECT id, name, parent, epoch, status, color, note FROM scenario"


def scenarios(connection: sqlite3.Connection) -> tuple[Scenario, ...]:
    """Those that are present, as they were added."""
    return tuple(Scenario(*row) for row in connection.execute(f"{_SCENARIO} WHERE present = 1 ORDER BY id"))


def absent(connection: sqlite3.Connection, scenario: int) -> list[int]:
    """The objects of others that do not stand in a scenario, ascending."""
    found = connection.execute("SELECT object FROM absent WHERE scenario = ? ORDER BY object", (scenario,))
    return [fid for (fid,) in found]


def copies(connection: sqlite3.Connection, scenario: int) -> list[tuple[int, int]]:
    """The objects of a scenario's own layers that stand for others, each with what it replaces."""
    return connection.execute(
        f"SELECT o.fid, o.replaces {OWN} AND l.reserved > 0 AND o.replaces IS NOT NULL", (scenario,)
    ).fetchall()


def apply(connection: sqlite3.Connection, change: Change) -> None:
    """Make one value of a scenario what `after` says."""
    if change.key.startswith(ABSENT):
        row = change.id, int(change.key.removeprefix(ABSENT))
        if change.after is None:
            connection.execute("DELETE FROM absent WHERE scenario = ? AND object = ?", row)
        else:
            connection.execute("INSERT OR IGNORE INTO absent VALUES (?, ?)", row)
        return
    if change.key not in COLUMNS:
        raise EditError(f"A scenario has no field {change.key!r}")
    value = None if change.after is None else orjson.loads(change.after)
    connection.execute(f"UPDATE scenario SET {change.key} = ? WHERE id = ?", (value, change.id))


def apply_same(connection: sqlite3.Connection, change: Change) -> None:
    """Note whether an object is the same as another one, or that nobody has said so."""
    pair = change.id, int(change.key.removeprefix(SAME))
    connection.execute("DELETE FROM identity WHERE object = ? AND other = ?", pair)
    if change.after is not None:
        verdict = orjson.loads(change.after)
        connection.execute("INSERT INTO identity VALUES (?, ?, ?)", (*pair, verdict))


def replaced(connection: sqlite3.Connection) -> dict[int, int]:
    """What objects that were added by hand stand for, by the fids of both."""
    found = connection.execute(
        "SELECT object.fid, replaces FROM layer JOIN object"
        " ON object.fid BETWEEN first_fid AND first_fid + object_count - 1"
        " WHERE source_format = ? AND replaces IS NOT NULL",
        (DRAWN,),
    )
    return dict(found)


def verdicts(connection: sqlite3.Connection) -> dict[tuple[int, int], str]:
    """What was said of pairs of objects: same or different."""
    found = connection.execute("SELECT object, other, verdict FROM identity ORDER BY object, other")
    return {(one, other): verdict for one, other, verdict in found}
