"""GeoPackage (OGC 12-128r18): lines, points and areas of GIS programs.

A stranger's database is opened for reading only, without extensions and without trusting what
its schema would run.
"""

from __future__ import annotations

import math
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
from layers.formats._vector import VECTOR_KINDS, Record, layer_of, moved
from layers.gis import srs_id
from layers.jsontext import join_members
from layers.report import Report
from layers.schema import GEOPACKAGE_ID, GEOPACKAGE_TABLES, GEOPACKAGE_VERSION
from layers.values import type_of_all

NAME = "geopackage"
TITLE = "GeoPackage"
ENDINGS = (".gpkg",)
KINDS = VECTOR_KINDS

_MAGIC = b"SQLite format 3\0"
_APPLICATIONS = (b"GPKG", b"GP10", b"GP11")
_LARGEST_VALUE = 256 * 1024 * 1024
_PROGRESS_ROWS = 2000
_SQL_TYPES = {"integer": "INTEGER", "real": "REAL", "boolean": "BOOLEAN"}
_OWN_COLUMNS = ("fid", "geom", "id", "type", "parent", "valid_from", "valid_to")


def can_read(head: bytes, path: Path) -> int:
    """How surely this is a GeoPackage."""
    if not head.startswith(_MAGIC):
        return 0
    return 90 if head[68:72] in _APPLICATIONS or path.suffix.lower() == ".gpkg" else 0


# ---------------------------------------------------------------- reading


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """One layer per feature table; tables that are no network are left out beside those that are."""
    try:
        with closing(_open(path)) as connection:
            return _layers(connection, path, options)
    except (sqlite3.Error, ValueError, OverflowError) as error:
        raise ReadError("This GeoPackage could not be read", where=path.name, found=str(error)) from error


def _open(path: Path) -> sqlite3.Connection:
    # A log beside the file holds its newest rows; without one, nothing may be made beside it.
    log = path.with_name(f"{path.name}-wal")
    has_log = log.exists() and log.stat().st_size > 0
    uri = f"{path.absolute().as_uri()}?mode=ro{'' if has_log else '&immutable=1'}"
    connection = sqlite3.connect(uri, uri=True)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST_VALUE)
    for pragma in ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON", "mmap_size=0"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _layers(connection: sqlite3.Connection, path: Path, options: ReadOptions) -> list[LayerData]:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if {"project", "layer", "step"} <= tables:
        raise ReadError("This is a Citystrata project", where=path.name, do="Open it instead of importing it")
    if "gpkg_geometry_columns" not in tables:
        raise ReadError("This database is not a GeoPackage with features", where=path.name)
    found = connection.execute("SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns").fetchall()
    layers: list[LayerData] = []
    refused: list[ReadError] = []
    for table, column, srs in found:
        report = Report()
        records = list(_records(connection, table, column, report, options)) if table in tables else []
        if not records:
            refused.append(ReadError("There are no features", where=f"{path.name}, table {table}"))
            continue
        try:
            layers.append(layer_of(table, records, _crs(connection, srs), report, options))
        except ReadError as error:
            refused.append(error)
    if not layers:
        raise refused[0] if refused else ReadError("There are no feature tables", where=path.name)
    for reason in refused:
        layers[0].report.warn("table-left-out", reason.where, reason.sentence())
    return layers


def _records(
    connection: sqlite3.Connection, table: str, geometry: str, report: Report, options: ReadOptions
) -> Iterator[Record]:
    columns = connection.execute(f"PRAGMA table_info({_quoted(table)})").fetchall()
    names = [column[1] for column in columns]
    booleans = {column[1] for column in columns if column[2].upper() == "BOOLEAN"}
    key = next((column[1] for column in columns if column[5]), None)
    for number, row in enumerate(connection.execute(f"SELECT * FROM {_quoted(table)}"), start=1):
        if number % _PROGRESS_ROWS == 0:
            options.progress(0.5, f"Reading {table}: {number} rows")
        values = dict(zip(names, row, strict=True))
        blob = values.pop(geometry, None)
        row_number = values.pop(key, None) if key else number
        name = f"row {row_number}"
        record = Record(join_members(_members(values, booleans, table, report)), _shape(blob, name, report))
        record.row = row_number if isinstance(row_number, int) else number
        yield record


def _members(values: Mapping[str, Any], booleans: set[str], table: str, report: Report) -> dict[str, bytes]:
    """The values of a row as JSON; binary columns are named once and left out."""
    found: dict[str, bytes] = {}
    for name, value in values.items():
        if isinstance(value, bytes):
            text = f"Column '{name}' of table '{table}' holds binary values; they are left out."
            if not any(warning.text == text for warning in report.warnings):
                report.unsupported += 1
                report.warn("column-binary", name, text)
        elif isinstance(value, float):
            found[name] = repr(value).encode() if math.isfinite(value) else b"null"
        elif name in booleans and value in (0, 1):
            found[name] = b"true" if value else b"false"
        else:
            found[name] = orjson.dumps(value)
    return found


def _shape(blob: Any, name: str, report: Report) -> wkb.Shape | None:
    if blob is None:
        return None
    try:
        data = wkb.from_blob(blob) if isinstance(blob, bytes) else None
        shape = None if data is None else wkb.read(data)
    except ReadError as error:
        report.warn("geometry-unreadable", name, error.sentence())
        return None
    if shape is not None and shape.code == wkb.COLLECTION:
        report.unsupported += 1
        report.warn("geometry-type", name, "A mixed geometry collection is left out.")
        return None
    return shape


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
    defined = "".join(f", {_quoted(column)} {sql}" for column, sql in columns.items())
    connection.execute(
        f"CREATE TABLE {_quoted(table)} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL{defined})"
    )
    marks = ", ".join("?" * len(columns))
    connection.executemany(f"INSERT INTO {_quoted(table)} VALUES (NULL, {marks})", rows)


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


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
