"""CSV text as rows that know their bytes: encodings, separators, and changes field by field."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from layers.errors import ReadError

BOM = b"\xef\xbb\xbf"
_SEPARATORS = (",", ";", "\t", "|")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")  # splitlines knows more separators


@dataclass(frozen=True)
class Table:
    """A CSV file: its header, and every record with the bytes it stands in."""

    encoding: str  # "utf-8", "cp1252" or "latin-1"
    separator: str
    header: tuple[str, ...]
    head: bytes  # the bytes up to the first record
    records: list[tuple[list[str], bytes]]


def parse(data: bytes, where: str) -> Table:
    """The records of a CSV file with one header line; blank lines are records without fields."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise _refused(where, "UTF-16 text", "Save it as CSV in UTF-8")
    if b"\0" in data:
        raise _refused(where, "zero bytes", "Ask for the file again, as CSV text")
    encoding = _encoding(data)
    body = data[len(BOM) :] if data.startswith(BOM) else data
    lines = _LINE.findall(body.decode(encoding))
    separator = find_separator(lines[0] if lines else "")
    rows = list(_rows(lines, separator, encoding, where))
    if not rows or not any(rows[0][0]):
        raise _refused(where, "no header line", "The first line must name the columns")
    lead = data[: len(data) - len(body)]
    return Table(encoding, separator, header_names(rows[0][0]), lead + rows[0][1], rows[1:])


def _encoding(data: bytes) -> str:
    """The first encoding that gives every byte a character; latin-1 always does."""
    for encoding in ("utf-8", "cp1252"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return "latin-1"


def header_names(row: Sequence[str]) -> tuple[str, ...]:
    """The columns' names, each different; a column without one is called by its place."""
    names: list[str] = []
    for number, cell in enumerate(row, start=1):
        name = cell.strip() or f"column{number}"
        while name in names:
            name += "_"
        names.append(name)
    return tuple(names)


def parse_header(text: str, separator: str) -> tuple[str, ...]:
    """The columns' names of a file from its first bytes as text."""
    return header_names(next(csv.reader(_LINE.findall(text), delimiter=separator), []))


def find_separator(header: str) -> str:
    """The separator that stands in a header line most often."""
    return max(_SEPARATORS, key=header.count)


def _rows(lines: list[str], separator: str, encoding: str, where: str) -> Iterator[tuple[list[str], bytes]]:
    """Each row with its bytes; a quoted field may run over several lines."""
    reader = csv.reader(lines, delimiter=separator, strict=True)
    done = 0
    try:
        for row in reader:
            text = "".join(lines[done : reader.line_num])
            done = reader.line_num
            yield row, text.encode(encoding)
    except csv.Error as error:
        raise _refused(f"{where}, line {done + 1}", str(error), "Correct that line") from error


def _refused(where: str, found: str, do: str) -> ReadError:
    return ReadError("The catalogue could not be read", where=where, found=found, do=do)


def changed(record: bytes, separator: str, encoding: str, values: Sequence[str]) -> bytes:
    """The record with the fields that differ from `values` rewritten; others keep their bytes."""
    text = record.decode(encoding)
    body = text.rstrip("\r\n")
    fields = _written(body, separator)
    fields += [""] * (len(values) - len(fields))
    is_changed = False
    for number, value in enumerate(values):
        written = fields[number]
        if _unquoted(written).strip() != value.strip():
            fields[number] = _quoted(value, separator, written.startswith('"'))
            is_changed = True
    if not is_changed:
        return record
    while len(fields) > len(_written(body, separator)) and not fields[-1]:
        fields.pop()
    return (separator.join(fields) + text[len(body) :]).encode(encoding, errors="replace")


def _written(body: str, separator: str) -> list[str]:
    """The fields of a record as they are written, quotes included."""
    mark = re.escape(separator)
    field = re.compile(rf'{mark}((?:"(?:[^"]|"")*")?[^{mark}]*)', re.DOTALL)
    return field.findall(separator + body)


def _unquoted(written: str) -> str:
    return written[1:-1].replace('""', '"') if written.startswith('"') else written


def _quoted(value: str, separator: str, was_quoted: bool) -> str:
    if was_quoted or any(c in value for c in (separator, '"', "\r", "\n")):
        return '"' + value.replace('"', '""') + '"'
    return value


def to_line(values: Sequence[str], separator: str = ",") -> str:
    """A record as a line of text."""
    return separator.join(_quoted(value, separator, False) for value in values) + "\r\n"
