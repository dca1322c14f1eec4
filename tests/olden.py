"""Projects as earlier versions of the program left them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

#: What each version added, taken back.
_TAKEN_BACK = {
    5: "DROP INDEX object_gone; ALTER TABLE object DROP gone; ALTER TABLE object DROP replaces;"
    "ALTER TABLE layer DROP series; ALTER TABLE layer DROP scenario; ALTER TABLE layer DROP reserved;"
    "DROP TABLE scenario; DROP TABLE absent; DROP TABLE identity;",
    3: "ALTER TABLE layer DROP placement; DROP TABLE shape;",
    2: "DROP TABLE result; DROP TABLE result_block;",
}


def age(path: Path, version: int) -> None:
    """Make a closed project what it was in an earlier version of the tables, from 1 on."""
    with closing(sqlite3.connect(path)) as connection:
        views = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'view'").fetchall()
        for name, _sql in views:
            connection.execute(f'DROP VIEW "{name}"')
        for newer in sorted(_TAKEN_BACK, reverse=True):
            if newer > version:
                connection.executescript(_TAKEN_BACK[newer])
        for _name, sql in views:
            connection.execute(sql.replace(" AND gone = 0", ""))
        connection.execute("UPDATE project SET value = ? WHERE key = 'schema_version'", (str(version),))
        connection.commit()
