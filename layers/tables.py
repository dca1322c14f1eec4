"""Tables of text in CSV files: read as they come, written whole or not at all."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from layers.errors import ReadError
from layers.safefile import write_whole
from layers.smallfile import read_whole
from layers.values import is_date, number_from, typed_number

LARGEST_BYTES: Final = 256 * 1024 * 1024
DELIMITERS: Final = ",;\t|"


@dataclass(frozen=True)
class Table:
    """A table as read: column names and rows of texts."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    has_commas: bool = False  # whether a comma in a number may stand before its decimals

    def column(self, name: str) -> list[str]:
        """The texts of one column."""
        at = self.columns.index(name)
        return [row[at] for row in self.rows]


def read_table(path: Path) -> Table:
    """The rows of a CSV file: UTF-8 or else Windows-1252; comma, semicolon, tab or bar between columns."""
    text = _decoded(read_whole(path, "table", LARGEST_BYTES))
    if "\0" in text:
        raise _no_table(path, "binary data")
    head = text.split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=head.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(row)]
    except csv.Error as error:
        raise _no_table(path, str(error)) from error
    if len(rows) < 2:
        raise _no_table(path, "no rows below a line of column names")
    columns = tuple(name.strip() for name in rows[0])
    repeated = [name for name, count in Counter(columns).items() if count > 1 and name]
    if repeated:
        raise ReadError("Two columns have the same name", where=str(path), found=repeated[0])
    filled = tuple(_filled(row, len(columns)) for row in rows[1:])
    return Table(path, columns, filled, has_commas=delimiter != ",")


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a CSV file in UTF-8; the old file stays until the new one is complete."""

    def fill(file: IO[bytes]) -> None:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        writer = csv.writer(text)
        writer.writerow(columns)
        writer.writerows(rows)
        text.detach()  # flushes, and leaves the file to its owner

    write_whole(path, fill)


def column_type(texts: Sequence[str], has_commas: bool = False) -> str:
    """The type that all texts of a column spell; numbers with leading zeros are codes and stay text.

    With `has_commas` a decimal comma is one.
    """
    filled = [text.strip() for text in texts if text.strip()]
    spelled = typed_number if has_commas else number_from
    numbers = [None if _is_code(text) else spelled(text) for text in filled]
    if not filled:
        return "text"
    if all(number is not None for number in numbers):
        return "integer" if all(isinstance(number, int) for number in numbers) else "real"
    if all(is_date(text) for text in filled):
        return "date"
    return "boolean" if all(text.lower() in ("true", "false") for text in filled) else "text"


def _is_code(text: str) -> bool:
    return len(text) > 1 and text[0] == "0" and text[1].isdigit()


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _filled(row: list[str], width: int) -> tuple[str, ...]:
    return tuple(row[:width]) + ("",) * (width - len(row))


def _no_table(path: Path, found: str) -> ReadError:
    return ReadError(
        "The file is not a table",
        where=str(path),
        found=found,
        do="Choose a CSV file whose first line names the columns",
    )
