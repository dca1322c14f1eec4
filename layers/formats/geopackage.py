"""GeoPackage (OGC 12-128r18): lines, points and areas of GIS programs."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import orjson

from layers import wkb
from layers.data import Feature, LayerData, ReadOptions, WriteOptions
from layers.errors import ReadError, WriteError
from layers.formats._database import MAGIC, FeatureTable, layers_in
from layers.formats._vector import VECTOR_KINDS, moved
from layers.gis import quoted, srs_id
from layers.schema import GEOPACKAGE_ID, GEOPACKAGE_TABLES, GEOPACKAGE_VERSION
from layers.values import type_of_all

NAME = "geopackage"
TITLE = "GeoPackage"
ENDINGS = (".gpkg",)
KINDS = VECTOR_KINDS

_APPLICATIONS = (b"GPKG", b"GP10", b"GP11")
_SQL_TYPES = {"integer": "INTEGER", "real": "REAL", "boolean": "BOOLEAN"}
_OWN_COLUMNS = ("fid", "geom", "id", "type", "parent", "valid_from", "valid_to")


def can_read(head: bytes, path: Path) -> int:
    """How surely this is a GeoPackage."""
    if not head.startswith(MAGIC):
        return 0
    return 90 if head[68:72] in _APPLICATIONS or path.suffix.lower() == ".gpkg" else 0


# ---------------------------------------------------------------- reading


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """One layer per feature table."""
    return layers_in(path, options, TITLE, _tables)


def _tables(connection: sqlite3.Connection, there: set[str]) -> Iterator[FeatureTable]:
    if {"project", "layer", "step"} <= there:
        raise ReadError("This is a Citystrata project", do="Open it instead of importing it")
    if "gpkg_geometry_columns" not in there:
        raise ReadError("This database is not a GeoPackage with features")
    found = connection.execute("SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns")
    for table, column, srs in found.fetchall():
        yield FeatureTable(table, column, _crs(connection, srs), wkb.from_blob)


def _crs(connection: sqlite3.Connection, srs: int) -> str | None:
    row = connection.execute(
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys"
        " WHERE srs_id = ?",
        (srs,),
    ).fetchone()
    if row is None or srs in (-1, 0):
        return None
    if str(row[0]).upper() == "EPSG":
        return f"EPSG:{row[1]}"
    return str(row[2]) if row[2] and row[2] != "undefined" else None


# ---------------------------------------------------------------- writing


def write(path: Path, layer: LayerData, options: WriteOptions) -> None:
    """A new GeoPackage with one table: geometry, our columns, and every attribute in its type."""
    layer = moved(layer, options.crs)
    with new_package(path) as connection:
        _write_table(connection, layer)


@contextmanager
def new_package(path: Path) -> Iterator[sqlite3.Connection]:
    """A new, empty GeoPackage at `path`; what is done to it is in the file at the end."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.executescript(
                f"PRAGMA application_id={GEOPACKAGE_ID}; PRAGMA user_version={GEOPACKAGE_VERSION};"
                f"PRAGMA journal_mode=MEMORY; BEGIN; {GEOPACKAGE_TABLES}"
            )
            yield connection
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise WriteError("The GeoPackage could not be written", where=str(path), found=str(error)) from error


def _write_table(connection: sqlite3.Connection, layer: LayerData) -> None:
    values = [orjson.loads(feature.attributes) for feature in layer.features]
    columns = _columns(values)
    own = {
        "id": "TEXT",
        "type": "TEXT",
        "parent": "TEXT",
        "valid_from": _sql_type([feature.valid_from for feature in layer.features]),
        "valid_to": _sql_type([feature.valid_to for feature in layer.features]),
    }
    add_features(
        connection,
        layer.name,
        layer.crs,
        own | dict(columns.values()),
        [feature.geometry for feature in layer.features],
        (_row(feature, row, columns) for feature, row in zip(layer.features, values, strict=True)),
    )


def add_features(
    connection: sqlite3.Connection,
    title: str,
    crs: str | None,
    columns: Mapping[str, str],
    geometries: Sequence[bytes | None],
    rows: Iterable[Sequence[Any]],
) -> None:
    """A table of features: WKB, and per row a value for each of the columns, which come with SQL types."""
    table, srs = _table_name(title), srs_id(connection, crs)
    shapes = [geometry and wkb.read(geometry) for geometry in geometries]
    boxes = [wkb.box(shape) if isinstance(shape, wkb.Shape) else None for shape in shapes]
    _fill(
        connection,
        table,
        {"geom": "GEOMETRY", **columns},
        (
            [wkb.blob(geometry, srs, box) if box else None, *row]
            for geometry, box, row in zip(geometries, boxes, rows, strict=True)
        ),
    )
    known = [box for box in boxes if box]
    extent = (
        [
            min(b[0] for b in known),
            min(b[1] for b in known),
            max(b[3] for b in known),
            max(b[4] for b in known),
        ]
        if known
        else [None] * 4
    )
    type_name, heights = _geometry_type(geometries)
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, min_x, min_y, max_x, max_y, srs_id)"
        " VALUES (?, 'features', ?, ?, ?, ?, ?, ?)",
        (table, title, *extent, srs),
    )
    connection.execute(
        "INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, ?, ?, 0)",
        (table, type_name, srs, heights),
    )


def add_attributes(
    connection: sqlite3.Connection, title: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]
) -> None:
    """A table without geometry."""
    table = _table_name(title)
    _fill(connection, table, columns, rows)
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES (?, 'attributes', ?)",
        (table, title),
    )


def _fill(
    connection: sqlite3.Connection, table: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]
) -> None:
    defined = "".join(f", {quoted(column)} {sql}" for column, sql in columns.items())
    connection.execute(
        f"CREATE TABLE {quoted(table)} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL{defined})"
    )
    marks = ", ".join("?" * len(columns))
    connection.executemany(f"INSERT INTO {quoted(table)} VALUES (NULL, {marks})", rows)


def _row(feature: Feature, values: Mapping[str, Any], columns: Mapping[str, tuple[str, str]]) -> list[Any]:
    own = [feature.id, feature.type, feature.parent, feature.valid_from, feature.valid_to]
    return own + [_sql_value(values.get(name)) for name in columns]


def _sql_value(value: Any) -> Any:
    if isinstance(value, list | dict):
        return orjson.dumps(value).decode()
    return str(value) if isinstance(value, int) and abs(value) >= 2**63 else value


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    """Per attribute, the name of its column, unlike all others in any case of letters, and its SQL type."""
    values: dict[str, list[Any]] = {}
    for row in rows:
        for name, value in row.items():
            values.setdefault(name, []).append(value)
    taken = set(_OWN_COLUMNS)
    found = {}
    for name, held in values.items():
        column = name or "_"
        while column.lower() in taken:
            column += "_"
        taken.add(column.lower())
        found[name] = column, _sql_type(held)
    return found


def _sql_type(values: Sequence[Any]) -> str:
    """The column type for some values; DATE only where GDAL accepts every one as a date."""
    type = type_of_all(values)
    if type == "date" and all(value is None or len(value) == 10 for value in values):
        return "DATE"
    return _SQL_TYPES.get(type, "TEXT")


def _geometry_type(geometries: Sequence[bytes | None]) -> tuple[str, int]:
    """The type that all geometries have, and whether they have heights: 0 none, 1 all, 2 some."""
    codes = {struct.unpack_from("<I", geometry, 1)[0] for geometry in geometries if geometry}
    names = {wkb.TYPE_NAMES[code % 1000].upper() for code in codes}
    heights = {code >= 1000 for code in codes}
    return names.pop() if len(names) == 1 else "GEOMETRY", 2 if len(heights) > 1 else int(True in heights)


def _table_name(name: str) -> str:
    plain = "".join(c if c.isalnum() else "_" for c in name).strip("_") or "layer"
    return f"{plain}_layer" if plain.lower().startswith(("gpkg_", "sqlite_", "rtree_")) else plain
