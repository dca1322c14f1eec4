"""Tables of features in a stranger's SQLite database.

It is opened for reading only, without extensions and without trusting what its schema would run.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from layers import wkb
from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats._vector import Record, Table, layers_of
from layers.gis import quoted
from layers.jsontext import join_members
from layers.report import Report

MAGIC = b"SQLite format 3\0"
_LARGEST_VALUE = 256 * 1024 * 1024
_PROGRESS_ROWS = 2000
#: What types of attributes are called in declarations of columns, or in what begins them.
_TYPES = {"INT": "integer", "REAL": "real", "DOUB": "real", "FLOA": "real", "BOOL": "boolean", "DATE": "date"}
#: A table with all of these is one that we wrote: its types are those of objects.
OWN_COLUMNS = frozenset(("id", "type", "parent", "valid_from", "valid_to"))


@dataclass(frozen=True)
class FeatureTable:
    """A table, or view, and where its geometries are."""

    name: str
    column: str
    crs: str | None
    unwrap: wkb.Unwrap


def layers_in(
    path: Path,
    options: ReadOptions,
    title: str,
    tables_in: Callable[[sqlite3.Connection, set[str]], Iterable[FeatureTable]],
) -> list[LayerData]:
    """One layer per table of features that `tables_in` finds in a database, of which it is told all names."""
    try:
        with closing(_open(path)) as connection:
            there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            found = list(tables_in(connection, there))
            return layers_of(_tables(connection, found, there, options), path, options)
    except (sqlite3.Error, ValueError, OverflowError) as error:
        raise ReadError(f"This {title} could not be read", where=path.name, found=str(error)) from error


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


def _tables(
    connection: sqlite3.Connection, found: Iterable[FeatureTable], there: set[str], options: ReadOptions
) -> Iterator[Table]:
    for table in found:
        report = Report()
        records = list(_records(connection, table, report, options)) if table.name in there else []
        yield Table(table.name, records, table.crs, report, _fields(connection, table))


def _fields(connection: sqlite3.Connection, table: FeatureTable) -> dict[str, str]:
    """The types of a table's columns by name, as it declares them."""
    columns = connection.execute(f"PRAGMA table_info({quoted(table.name)})")
    return {
        str(name): next((ours for theirs, ours in _TYPES.items() if theirs in str(said).upper()), "text")
        for _, name, said, _, _, key in columns
        if str(name).lower() != table.column.lower() and not key
    }


def _records(
    connection: sqlite3.Connection, table: FeatureTable, report: Report, options: ReadOptions
) -> Iterator[Record]:
    columns = connection.execute(f"PRAGMA table_info({quoted(table.name)})").fetchall()
    names = [column[1] for column in columns]
    geometry = next((name for name in names if name.lower() == table.column.lower()), table.column)
    booleans = {column[1] for column in columns if column[2].upper() == "BOOLEAN"}
    key = next((column[1] for column in columns if column[5]), None)
    is_ours = OWN_COLUMNS <= set(names)
    for number, row in enumerate(connection.execute(f"SELECT * FROM {quoted(table.name)}"), start=1):
        if number % _PROGRESS_ROWS == 0:
            options.progress(0.5, f"Reading {table.name}: {number} rows")
        values = dict(zip(names, row, strict=True))
        blob = values.pop(geometry, None)
        row_number = values.pop(key, None) if key else number
        shape = _shape(blob, table.unwrap, f"row {row_number}", report)
        type = values.pop("type") if is_ours else None
        record = Record(join_members(_members(values, booleans, table.name, report)), shape)
        record.type = type if isinstance(type, str) and type else None
        record.row = row_number if isinstance(row_number, int) else number
        yield record


def _members(values: Mapping[str, Any], booleans: set[str], table: str, report: Report) -> dict[str, bytes]:
    """The values of a row as JSON; binary columns are named once and left out."""
    found: dict[str, bytes] = {}
    for name, value in values.items():
        if isinstance(value, bytes):
            text = f"Column '{name}' of table '{table}' holds binary values; they are left out."
            if not any(warning.text == text for warning in report.warnings):
                report.warn("column-binary", name, text, "unsupported")
        elif isinstance(value, float):
            found[name] = repr(value).encode() if math.isfinite(value) else b"null"
        elif name in booleans and value in (0, 1):
            found[name] = b"true" if value else b"false"
        else:
            found[name] = orjson.dumps(value)
    return found


def _shape(blob: Any, unwrap: wkb.Unwrap, name: str, report: Report) -> wkb.Shape | None:
    if blob is None:
        return None
    try:
        data = unwrap(blob) if isinstance(blob, bytes) else None
        return None if data is None else wkb.read(data)
    except ReadError as error:
        report.warn("geometry-unreadable", name, error.sentence(), "unsupported")
        return None
