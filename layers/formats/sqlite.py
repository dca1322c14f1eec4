"""SQLite databases with geometries: those of GDAL (FDO RFC 16) and of SpatiaLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from layers import wkb
from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats._database import MAGIC, FeatureTable, layers_in
from layers.formats._vector import VECTOR_KINDS

NAME = "sqlite"
TITLE = "SQLite database"
ENDINGS = (".sqlite", ".spatialite", ".db")
KINDS = VECTOR_KINDS[:-1]

_COLUMNS = "geometry_columns"


def can_read(head: bytes, path: Path) -> int:
    """How surely this is a database with geometries; a GeoPackage is surer to be one."""
    return 40 if head.startswith(MAGIC) else 0


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """One layer per table with geometries."""
    return layers_in(path, options, TITLE, _tables)


def _tables(connection: sqlite3.Connection, there: set[str]) -> Iterator[FeatureTable]:
    if _COLUMNS not in there:
        raise ReadError("This database holds no geometries", found="no table 'geometry_columns'")
    named = [column[1] for column in connection.execute(f"PRAGMA table_info({_COLUMNS})")]
    forms = "geometry_format" if "geometry_format" in named else "'SpatiaLite'"
    found = connection.execute(
        f"SELECT f_table_name, f_geometry_column, srid, {forms} FROM {_COLUMNS}"
    ).fetchall()
    for table, column, srid, form in found:
        # SpatiaLite writes names in small letters, however the table was made.
        name = next((other for other in there if other.lower() == str(table).lower()), str(table))
        yield FeatureTable(name, str(column), _crs(connection, srid), _unwrap(name, str(form)))


def _unwrap(table: str, form: str) -> wkb.Unwrap:
    if form.upper() == "WKB":
        return bytes
    if form.upper() == "SPATIALITE":
        return wkb.from_spatialite
    raise ReadError(
        "Geometries of this form are not read", where=f"table {table}", found=form, allowed="WKB, SpatiaLite"
    )


def _crs(connection: sqlite3.Connection, srid: int | None) -> str | None:
    named = [column[1] for column in connection.execute("PRAGMA table_info(spatial_ref_sys)")]
    number = next((name for name in ("auth_srid", "auth_code") if name in named), None)
    if srid is None or srid <= 0 or number is None:
        return None
    row = connection.execute(
        f"SELECT auth_name, {number} FROM spatial_ref_sys WHERE srid = ?", (srid,)
    ).fetchone()
    return f"{str(row[0]).upper()}:{row[1]}" if row and row[0] and row[1] else None
