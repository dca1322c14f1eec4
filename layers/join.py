"""Bringing the columns of a CSV table to the objects with the same key."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from layers.bulk import Plan, Proposed, carry_out, check_target, same, value_of
from layers.errors import EditError, ReadError
from layers.project import Project
from layers.records import CityObject, Layer
from layers.values import Value, is_date, number_from, parse_typed, plain_text, subject

LARGEST_CSV_BYTES: Final = 256 * 1024 * 1024
DELIMITERS: Final = ",;\t|"


@dataclass(frozen=True)
class Table:
    """A CSV file as read: column names and rows of texts."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def column(self, name: str) -> list[str]:
        """The texts of one column."""
        at = self.columns.index(name)
        return [row[at] for row in self.rows]


@dataclass(frozen=True)
class JoinReport:
    """How a table and the objects of a layer came together."""

    matched: int  # objects with a row
    objects_without_row: tuple[str, ...]
    rows_without_object: tuple[str, ...]
    duplicates: tuple[str, ...]  # keys of several rows; the first row counts

    def sentence(self) -> str:
        """The report as one readable line."""
        parts = [f"{self.matched} objects found their row"]
        for keys, text in (
            (self.objects_without_row, "objects have no row"),
            (self.rows_without_object, "rows have no object"),
            (self.duplicates, "keys stand in several rows, of which the first counts"),
        ):
            if keys:
                parts.append(f"{len(keys)} {text} ({_some(keys)})")
        return "; ".join(parts) + "."


def read_table(path: Path) -> Table:
    """The rows of a CSV file; UTF-8 or else Windows-1252, separated by comma, semicolon, tab or bar."""
    try:
        if path.stat().st_size > LARGEST_CSV_BYTES:
            raise ReadError(
                "The table is too large", where=str(path), allowed=f"up to {LARGEST_CSV_BYTES >> 20} MB"
            )
        data = path.read_bytes()
    except OSError as error:
        raise ReadError("The table could not be read", where=str(path), found=str(error.strerror)) from error
    text = _decoded(data)
    head = text.split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=head.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(row)]
    except csv.Error as error:
        raise ReadError("The table could not be read", where=str(path), found=str(error)) from error
    if len(rows) < 2 or "\0" in text:
        raise ReadError(
            "The file is not a table",
            where=str(path),
            found="no rows below a line of column names" if "\0" not in text else "binary data",
            do="Choose a CSV file whose first line names the columns",
        )
    columns = tuple(name.strip() for name in rows[0])
    repeated = [name for name, count in Counter(columns).items() if count > 1 and name]
    if repeated:
        raise ReadError("Two columns have the same name", where=str(path), found=repeated[0])
    return Table(path, columns, tuple(_filled(row, len(columns)) for row in rows[1:]))


def plan_join(
    project: Project,
    layer: Layer,
    table: Table,
    key_column: str,
    id_attribute: str,
    columns: Mapping[str, str],
) -> tuple[Plan, JoinReport]:
    """`columns` (CSV column to attribute) of the row whose key equals `id_attribute` ('id' for the id)."""
    for name in (key_column, *columns):
        if name not in table.columns:
            raise EditError(
                "The table has no such column", found=f"'{name}'", allowed=", ".join(table.columns)
            )
    for name in columns.values():
        check_target(name)
        if name in ("valid_from", "valid_to"):
            raise EditError(
                f"A join cannot set '{name}'", do=f"Join into an attribute, then calculate {name}"
            )
    keys = [key.strip() for key in table.column(key_column)]
    row_of = {key: row for key, row in zip(reversed(keys), reversed(table.rows), strict=True) if key}
    objects = list(project.objects(layer=layer))
    own_key = {item.fid: _key(item, id_attribute) for item in objects}
    matched = [item for item in objects if own_key[item.fid] in row_of]
    types = _types(project, layer, table, columns)
    changes = [
        change
        for item in matched
        for change in _joined(item, row_of[own_key[item.fid]], table, columns, types)
    ]
    found = {own_key[item.fid] for item in matched}
    report = JoinReport(
        len(matched),
        tuple(item.id for item in objects if own_key[item.fid] not in row_of),
        tuple(key for key in row_of if key not in found)[::-1],
        tuple(key for key, count in Counter(keys).items() if count > 1 and key),
    )
    return Plan(f"Join {table.path.name} by {key_column}", tuple(changes), len(objects)), report


def join_csv(
    project: Project,
    layer: Layer,
    path: Path,
    key_column: str,
    id_attribute: str = "id",
    columns: Sequence[str] | Mapping[str, str] | None = None,
    why: str = "",
) -> JoinReport:
    """Carry out `plan_join` as one step; without `columns` all of the table's other ones."""
    table = read_table(path)
    chosen = columns if columns is not None else [n for n in table.columns if n and n != key_column]
    mapping = chosen if isinstance(chosen, Mapping) else {name: name for name in chosen}
    plan, report = plan_join(project, layer, table, key_column, id_attribute, mapping)
    carry_out(project, plan, why)
    return report


def _joined(
    item: CityObject,
    row: tuple[str, ...],
    table: Table,
    columns: Mapping[str, str],
    types: Mapping[str, str],
) -> list[Proposed]:
    """The values of one row that differ from the object's; empty cells change nothing."""
    changes = []
    for column, name in columns.items():
        text = row[table.columns.index(column)]
        if text.strip():
            before = value_of(item, name)
            after = parse_typed(text, types[name], subject(name, item.type, item.id))
            if not same(before, after):
                changes.append(Proposed(item.fid, name, before, after))
    return changes


def _types(project: Project, layer: Layer, table: Table, columns: Mapping[str, str]) -> dict[str, str]:
    known = project.attribute_types(layer)
    return {name: known.get(name) or column_type(table.column(column)) for column, name in columns.items()}


def column_type(texts: Sequence[str]) -> str:
    """The type that all texts of a column spell; numbers with leading zeros are codes and stay text."""
    filled = [text.strip() for text in texts if text.strip()]
    numbers = [None if _is_code(text) else number_from(text) for text in filled]
    if not filled:
        return "text"
    if all(number is not None for number in numbers):
        return "integer" if all(isinstance(number, int) for number in numbers) else "real"
    if all(is_date(text) for text in filled):
        return "date"
    return "boolean" if all(text.lower() in ("true", "false") for text in filled) else "text"


def _is_code(text: str) -> bool:
    return len(text) > 1 and text[0] == "0" and text[1].isdigit()


def _key(item: CityObject, id_attribute: str) -> str:
    value: Value = item.id if id_attribute == "id" else item.attributes.get(id_attribute)
    return plain_text(value).strip()


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _filled(row: list[str], width: int) -> tuple[str, ...]:
    return tuple(row[:width]) + ("",) * (width - len(row))


def _some(keys: Sequence[str], most: int = 3) -> str:
    return ", ".join(keys[:most]) + (", …" if len(keys) > most else "")
