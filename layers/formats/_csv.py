"""CSV text as records that know their bytes: encodings, separators, and changes field by field."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from layers.errors import ReadError
from layers.formats._text import encoding_of, lines_of
from layers.tables import DELIMITERS

BOM = b"\xef\xbb\xbf"
#: The longest cell: shapes are written into one.
csv.field_size_limit(1 << 20)


@dataclass(frozen=True)
class Dialect:
    """How a file is written: its encoding, what separates its fields, and its columns."""

    encoding: str  # "utf-8", "cp1252" or "latin-1"
    separator: str
    header: tuple[str, ...]

    @classmethod
    @lru_cache(maxsize=8)
    def parse(cls, role: str) -> Dialect:
        """The dialect of a piece: its encoding and the file's first line."""
        encoding, _, line = role.partition(" ")
        separator = max(DELIMITERS, key=line.count)
        return cls(encoding, separator, _names(next(csv.reader([line], delimiter=separator), [])))

    def changed(self, record: bytes, values: Sequence[str]) -> bytes:
        """The record with the fields that differ from `values` rewritten; others keep their bytes."""
        text = record.decode(self.encoding)
        body = text.rstrip("\r\n")
        fields = self._written(body)
        held = len(fields)
        fields += [""] * (len(values) - held)
        for number, value in enumerate(values):
            if _unquoted(fields[number]).strip() != value.strip():
                fields[number] = self._quoted(value, fields[number].startswith('"'))
                held = max(held, number + 1)
        return (self.separator.join(fields[:held]) + text[len(body) :]).encode(
            self.encoding, errors="replace"
        )

    def _written(self, body: str) -> list[str]:
        """The fields of a record as they are written, quotes included."""
        mark = re.escape(self.separator)
        field = re.compile(rf'{mark}((?:"(?:[^"]|"")*")?[^{mark}]*)', re.DOTALL)
        return field.findall(self.separator + body)

    def _quoted(self, value: str, was_quoted: bool) -> str:
        if was_quoted or any(c in value for c in (self.separator, '"', "\r", "\n")):
            return '"' + value.replace('"', '""') + '"'
        return value


@dataclass(frozen=True)
class Table:
    """A CSV file: how it is written, and every record with the bytes it stands in."""

    dialect: Dialect
    role: str  # the dialect as text
    head: bytes  # the bytes up to the first record
    records: list[tuple[list[str], bytes]]


def parse(data: bytes, where: str) -> Table:
    """The records of a CSV file with one header line; blank lines are records without fields."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise _refused(where, "UTF-16 text", "Save it as CSV in UTF-8")
    if b"\0" in data:
        raise _refused(where, "zero bytes", "Ask for the file again, as CSV text")
    encoding = encoding_of(data)
    body = data.removeprefix(BOM)
    lines = lines_of(body.decode(encoding))
    header = lines[0].rstrip("\r\n") if lines else ""
    if not header.strip():
        raise _refused(where, "no header line", "The first line must name the columns")
    role = f"{encoding} {header}"
    dialect = Dialect.parse(role)
    head = data[: len(data) - len(body)] + lines[0].encode(encoding)
    return Table(dialect, role, head, list(_records(lines, dialect, where)))


def _names(row: Sequence[str]) -> tuple[str, ...]:
    """The columns' names, each different; a column without one is called by its place."""
    names: list[str] = []
    for number, cell in enumerate(row, start=1):
        name = cell.strip() or f"column{number}"
        while name in names:
            name += "_"
        names.append(name)
    return tuple(names)


def _records(lines: list[str], dialect: Dialect, where: str) -> Iterator[tuple[list[str], bytes]]:
    """Each record with its bytes; a quoted field may run over several lines."""
    reader = csv.reader(lines[1:], delimiter=dialect.separator, strict=True)
    done = 0
    try:
        for row in reader:
            text = "".join(lines[1 + done : 1 + reader.line_num])
            done = reader.line_num
            yield row, text.encode(dialect.encoding)
    except csv.Error as error:
        raise _refused(f"{where}, line {done + 2}", str(error), "Correct that line") from error


def _unquoted(written: str) -> str:
    text = written.rstrip()
    return text[1:-1].replace('""', '"') if text.startswith('"') else text


def _refused(where: str, found: str, do: str) -> ReadError:
    return ReadError("The catalogue could not be read", where=where, found=found, do=do)
