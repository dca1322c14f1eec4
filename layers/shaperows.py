"""What the project file holds of edited shapes, value by value as the journal names them."""

from __future__ import annotations

import sqlite3

import orjson

#: What the journal calls an object's shape and the values that follow it; the last two are its columns.
SHAPE, BOX, FOOTPRINT, LODS, SURFACES = "shape", "box", "geom", "lods", "surfaces"
KEYS = frozenset((SHAPE, BOX, FOOTPRINT, LODS, SURFACES))


def held(connection: sqlite3.Connection, fid: int) -> dict[str, str | None]:
    """The values as they are now."""
    shape = connection.execute("SELECT data FROM shape WHERE object = ?", (fid,)).fetchone()
    geom, lods, surfaces = connection.execute(
        "SELECT geom, lods, surfaces FROM object WHERE fid = ?", (fid,)
    ).fetchone()
    return {
        SHAPE: shape[0] if shape else None,
        BOX: box(connection, fid),
        FOOTPRINT: geom.hex() if geom else None,
        LODS: lods,
        SURFACES: surfaces,
    }


def box(connection: sqlite3.Connection, fid: int) -> str | None:
    """The box of an object in the project's CRS."""
    row = connection.execute(
        "SELECT minx, miny, minz, maxx, maxy, maxz FROM object_rtree WHERE fid = ?", (fid,)
    ).fetchone()
    return orjson.dumps(row).decode() if row else None


def apply(connection: sqlite3.Connection, fid: int, key: str, after: str | None) -> None:
    """Make one of the values what `after` says."""
    if key == SHAPE and after is None:
        connection.execute("DELETE FROM shape WHERE object = ?", (fid,))
    elif key == SHAPE:
        connection.execute("INSERT OR REPLACE INTO shape VALUES (?, ?)", (fid, after))
    elif key == BOX:
        connection.execute("DELETE FROM object_rtree WHERE fid = ?", (fid,))
        if after is not None:
            low_x, low_y, low_z, high_x, high_y, high_z = orjson.loads(after)
            values = (fid, low_x, high_x, low_y, high_y, low_z, high_z)
            connection.execute("INSERT INTO object_rtree VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    elif key == FOOTPRINT:
        value = None if after is None else bytes.fromhex(after)
        connection.execute("UPDATE object SET geom = ? WHERE fid = ?", (value, fid))
    else:
        connection.execute(f"UPDATE object SET {key} = ? WHERE fid = ?", (after or "", fid))


def shapes_of(
    connection: sqlite3.Connection, first: int, count: int, with_gone: bool = False
) -> list[tuple[int, str]]:
    """The edited shapes of a stretch of objects, as far as they are there: fid and text."""
    return connection.execute(
        "SELECT object, data FROM shape JOIN object ON fid = object WHERE object BETWEEN ? AND ?"
        " AND gone <= ? ORDER BY object",
        (first, first + count - 1, with_gone),
    ).fetchall()
