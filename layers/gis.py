"""The view of each layer that GIS programs see: one table with geometry and typed attributes."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable

import numpy as np
import orjson

from layers.history import ATTRIBUTE, GONE
from layers.records import Changes
from layers.values import merge_types, type_of

#: What SQLite calls the types, so that GDAL sees the same ones.
SQL_TYPES = {"integer": "INTEGER", "real": "REAL", "boolean": "BOOLEAN"}
#: SQLite allows 2000 columns; attributes beyond are in the project, but not in the view.
MOST_COLUMNS = 1900
GEOMETRY_TYPES = {"city": "MULTIPOLYGON"}
#: Characters that SQLite's paths into JSON cannot hold.
UNQUOTABLE = frozenset('"\\\0')
FIXED = ("fid", "geom", "id", "type", "parent", "valid_from", "valid_to")


def srs_id(connection: sqlite3.Connection, crs: str | None) -> int:
    """The number of a CRS in this GeoPackage; registers it when new."""
    from layers.place import LOCAL, parse_crs

    if crs in (None, LOCAL):
        return -1
    assert crs is not None
    parsed = parse_crs(crs)
    code = parsed.to_epsg()
    number = code if code is not None else _free_number(connection, crs)
    known = connection.execute("SELECT 1 FROM gpkg_spatial_ref_sys WHERE srs_id = ?", (number,)).fetchone()
    if not known:
        connection.execute(
            "INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)",
            (parsed.name, number, "EPSG" if code else "NONE", number, _wkt1(crs), crs[:200]),
        )
    return number


def _free_number(connection: sqlite3.Connection, crs: str) -> int:
    row = connection.execute(
        "SELECT srs_id FROM gpkg_spatial_ref_sys WHERE description = ?", (crs[:200],)
    ).fetchone()
    if row:
        return int(row[0])
    highest = connection.execute("SELECT max(srs_id) FROM gpkg_spatial_ref_sys").fetchone()[0]
    return max(100_000, int(highest) + 1)


def _wkt1(crs: str) -> str:
    from pyproj.enums import WktVersion
    from pyproj.exceptions import CRSError

    from layers.place import parse_crs

    parsed = parse_crs(crs)
    try:
        return str(parsed.to_wkt(WktVersion.WKT1_GDAL))
    except CRSError:
        return str(parsed.to_wkt())


def make_view(connection: sqlite3.Connection, layer: int) -> None:
    """Make or remake the view of a layer."""
    name, kind, crs, view, facts = connection.execute(
        "SELECT name, kind, crs, view, facts FROM layer WHERE id = ?", (layer,)
    ).fetchone()
    if view:
        drop_view(connection, layer)
    else:
        view = _free_name(connection, name)
        connection.execute("UPDATE layer SET view = ? WHERE id = ?", (view, layer))
    columns = ", ".join(_columns(connection, layer))
    connection.execute(
        f"CREATE VIEW {quoted(view)} AS SELECT fid AS OGC_FID, geom, id, type, parent, valid_from, valid_to"
        f"{', ' + columns if columns else ''} FROM object"
        f" WHERE layer = {int(layer)} AND gone = 0"
    )
    number = srs_id(connection, crs)
    extent = orjson.loads(facts).get("layer_box") or [None] * 6
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, min_x, min_y, max_x, max_y, srs_id)"
        " VALUES (?, 'features', ?, ?, ?, ?, ?, ?)",
        (view, view, extent[0], extent[1], extent[3], extent[4], number),
    )
    connection.execute(
        "INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, ?, ?, 0)",
        (view, GEOMETRY_TYPES.get(kind, "GEOMETRY"), number, 1 if kind == "city" else 2),
    )


def drop_view(connection: sqlite3.Connection, layer: int) -> None:
    """Hide a layer from GIS programs."""
    (view,) = connection.execute("SELECT view FROM layer WHERE id = ?", (layer,)).fetchone()
    if view:
        connection.execute("DELETE FROM gpkg_geometry_columns WHERE table_name = ?", (view,))
        connection.execute("DELETE FROM gpkg_contents WHERE table_name = ?", (view,))
        connection.execute(f"DROP VIEW IF EXISTS {quoted(view)}")


def _columns(connection: sqlite3.Connection, layer: int) -> Iterable[str]:
    """The layer's attributes as typed columns of its view."""
    taken = {name.lower() for name in FIXED} | {"ogc_fid"}
    known = {row[1] for row in connection.execute("PRAGMA table_xinfo(object)")}
    known_lower = {column.lower() for column in known}
    found = connection.execute(
        "SELECT name, type FROM attribute WHERE layer = ? ORDER BY position", (layer,)
    ).fetchall()
    for name, type in found:
        if UNQUOTABLE & set(name):
            continue
        typed = SQL_TYPES.get(type, "TEXT")
        column = f"{typed} {name}"
        if column in known:
            value = quoted(column)
        elif column.lower() in known_lower:
            # SQLite takes "Name" and "name" for one column; the second is shown without a type.
            value = _extracted(name)
        elif len(known) < MOST_COLUMNS:
            _add_column(connection, column, typed, name)
            known.add(column)
            known_lower.add(column.lower())
            value = quoted(column)
        else:
            return
        alias = name
        while alias.lower() in taken:
            alias += "_"
        taken.add(alias.lower())
        yield f"{value} AS {quoted(alias)}"


def _extracted(name: str) -> str:
    """SQL for the value of an attribute."""
    path = f'$."{name}"'.replace("'", "''")
    return f"json_extract(attributes, '{path}')"


def _add_column(connection: sqlite3.Connection, column: str, typed: str, name: str) -> None:
    """A virtual column of the object table: no bytes stored, but a declared type that views pass on."""
    connection.execute(
        f"ALTER TABLE object ADD COLUMN {quoted(column)} {typed}"
        f" GENERATED ALWAYS AS ({_extracted(name)}) VIRTUAL"
    )


def _free_name(connection: sqlite3.Connection, name: str) -> str:
    base = re.sub(r"\W+", "_", name).strip("_").lower() or "layer"
    if base[0].isdigit():
        base = f"layer_{base}"
    taken = {row[0].lower() for row in connection.execute("SELECT name FROM sqlite_master")}
    found, number = base, 2
    while found in taken or found.startswith(("gpkg_", "sqlite_", "rtree_")):
        found, number = f"{base}_{number}", number + 1
    return found


def quoted(name: str) -> str:
    """A name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'


def follow(connection: sqlite3.Connection, changes: Changes) -> None:
    """After a step or its undoing: views of layers that came or went, columns of attributes that are new."""
    stale = _learn(connection, changes)
    for layer in changes.layers:
        present, view = connection.execute(
            "SELECT present, view FROM layer WHERE id = ?", (layer,)
        ).fetchone()
        is_listed = connection.execute("SELECT 1 FROM gpkg_contents WHERE table_name = ?", (view,)).fetchone()
        if present and not is_listed:
            stale.add(layer)
        elif not present:
            drop_view(connection, layer)
    for layer in stale:
        has_objects = connection.execute(
            "SELECT object_count FROM layer WHERE id = ? AND present = 1 AND partner IS NULL", (layer,)
        ).fetchone()
        if has_objects and has_objects[0]:
            make_view(connection, layer)


def _learn(connection: sqlite3.Connection, changes: Changes) -> set[int]:
    """Note the types of new values; gives the layers whose columns must change."""
    if not len(changes.fids):
        return set()
    ranges = connection.execute(
        "SELECT id, first_fid, first_fid + object_count - 1 FROM layer WHERE object_count > 0"
    ).fetchall()
    learned: dict[tuple[int, str], str] = {}
    came_or_went: set[int] = set()  # layers whose views may be of an earlier version, or lack new attributes
    value = "before" if changes.step.undone else "after"
    for layer, first, last in ranges:
        at = np.searchsorted(changes.fids, first)
        if at == len(changes.fids) or changes.fids[at] > last:
            continue
        if GONE in changes.keys:
            came_or_went.add(layer)
        known = dict(connection.execute("SELECT name, type FROM attribute WHERE layer = ?", (layer,)))
        found = connection.execute(
            f"SELECT DISTINCT key, {value} FROM change WHERE step = ? AND tab = 'object'"
            f" AND id BETWEEN ? AND ? AND {value} IS NOT NULL AND key LIKE '{ATTRIBUTE}%'",
            (changes.step.step, first, last),
        )
        for key, text in found:
            name = key.removeprefix(ATTRIBUTE)
            type = merge_types(known.get(name), type_of(orjson.loads(text))) or "text"
            if known.get(name) != type:
                known[name] = learned[layer, name] = type
    connection.executemany(
        "INSERT INTO attribute VALUES (?, ?, ?, (SELECT count(*) FROM attribute WHERE layer = ?))"
        " ON CONFLICT (layer, name) DO UPDATE SET type = excluded.type",
        ((layer, name, type, layer) for (layer, name), type in learned.items()),
    )
    return {layer for layer, _ in learned} | came_or_went
