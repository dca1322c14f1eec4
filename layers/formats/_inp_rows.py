"""Rows of .inp files: words at their places, their values as JSON, and changes word by word."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import orjson

from layers.errors import WriteError
from layers.formats._inp_tables import PUMP_KEYS, TEXT_FIELDS, Section

COMMENT = "comment"
_WORD = re.compile(rb'"[^"\r\n]*"|;[^\r\n]*|[^\s;]+')
_NUMBER = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?([eE][+-]?\d+)?", re.ASCII)
_UNWRITABLE = re.compile(r'[";\r\n]')

Span = tuple[int, int]


@dataclass(frozen=True)
class Row:
    """One line of a section: where its words stand, and its comment without the semicolon."""

    line: bytes
    words: tuple[Span, ...]
    comment: Span | None

    @classmethod
    def parse(cls, line: bytes) -> Row:
        """The words of a line; a semicolon starts the comment."""
        found: list[Span] = []
        for match in _WORD.finditer(line):
            if line[match.start()] == ord(";"):
                text = match.group()[1:]
                start = match.start() + 1 + len(text) - len(text.lstrip())
                return cls(line, tuple(found), (start, start + len(text.strip())))
            found.append(match.span())
        return cls(line, tuple(found), None)

    def text(self, number: int) -> str:
        """The word at a position, without its quotes; '' when there are fewer."""
        if number >= len(self.words):
            return ""
        return decoded(self.line[slice(*self.words[number])]).strip('"')

    def texts(self) -> list[str]:
        """All words."""
        return [self.text(number) for number in range(len(self.words))]

    def fields(self, section: Section) -> dict[str, Span]:
        """Where the value of each field stands."""
        texts = self.texts()
        named = section.fields(texts[1:])
        values = self.words[1:]
        spans = dict(zip(named, values, strict=False))
        rest = range(len(named) + 1, len(self.words))
        if section.keys:
            spans |= _keyed(texts, self.words, rest)
        else:
            spans |= {f"field{number}": self.words[number] for number in rest}
        if self.comment is not None and self.comment[0] < self.comment[1]:
            spans[COMMENT] = self.comment
        return spans

    def values(self, section: Section) -> dict[str, bytes]:
        """The value of each field as JSON text."""
        return {name: as_json(name, self.line[slice(*span)]) for name, span in self.fields(section).items()}


def _keyed(texts: list[str], spans: tuple[Span, ...], numbers: range) -> dict[str, Span]:
    """Values behind keywords; a bare number is the power of old pumps."""
    found: dict[str, Span] = {}
    waiting = "power"
    for number in numbers:
        key = PUMP_KEYS.get(texts[number].upper())
        if key is None:
            found[waiting] = spans[number]
            waiting = f"field{number}"
        else:
            waiting = key
    return found


def decoded(raw: bytes) -> str:
    """Text of a file that does not say how it is encoded: UTF-8, else Windows' Western European."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def as_json(field: str, raw: bytes) -> bytes:
    """A word as JSON: a number as it is written where it can be, else text."""
    text = decoded(raw)
    number = None if field in TEXT_FIELDS or field == COMMENT else json_number(text)
    return orjson.dumps(text.strip('"')) if number is None else number


def json_number(text: str) -> bytes | None:
    """The JSON spelling of a number such as `.5`, `+3` or `07`; None for anything else."""
    match = _NUMBER.fullmatch(text)
    if match is None or not (match[2] or match[3]) or not math.isfinite(float(text)):
        return None
    sign = "-" if match[1] == "-" else ""
    fraction = f".{match[3]}" if match[3] else ""
    return f"{sign}{match[2].lstrip('0') or '0'}{fraction}{match[4] or ''}".encode()


def changed(row: Row, section: Section, after: Mapping[str, bytes], object: str) -> tuple[bytes, set[str]]:
    """The line with the fields that differ rewritten, and the fields that it holds now."""
    spans = row.fields(section)
    line = row.line
    for name, span in sorted(spans.items(), key=lambda item: item[1], reverse=True):
        new = after.get(name, b"null")
        if new == as_json(name, row.line[slice(*span)]):
            continue
        if new != b"null":
            line = _replaced(line, span, _word(name, new, object, line))
        elif name == COMMENT or span == row.words[-1]:
            line = line[: span[0]] + line[span[1] :]
        else:
            raise _no_place(name, object, "a value in the middle of a row cannot be left out")
    return _extended(line, row, section, after, object, set(spans))


def _extended(
    line: bytes, row: Row, section: Section, after: Mapping[str, bytes], object: str, held: set[str]
) -> tuple[bytes, set[str]]:
    """The line with the fields added that come right behind its last word."""
    for name in section.fields(row.texts()[1:])[len(row.words) - 1 :]:
        if after.get(name, b"null") == b"null":
            break
        now = Row.parse(line)
        at = now.words[-1][1]
        line = _replaced(
            line[:at] + b" " + line[at:], (at + 1, at + 1), _word(name, after[name], object, line)
        )
        held.add(name)
    if COMMENT in after and COMMENT not in held:
        body = line.rstrip(b"\r\n")
        lead = b"" if Row.parse(line).comment is not None else b" ;"
        line = body + lead + _word(COMMENT, after[COMMENT], object, line) + line[len(body) :]
        held.add(COMMENT)
    return line, held


def _replaced(line: bytes, span: Span, word: bytes) -> bytes:
    """The line with one word replaced; what follows keeps its column where it fits."""
    start, end = span
    rest = line[end:]
    spaces = len(rest) - len(rest.lstrip(b" "))
    growth = len(word) - (end - start)
    is_last = not rest.strip()
    if growth > 0:
        rest = rest[min(growth, spaces if is_last else max(spaces - 1, 0)) :]
    elif spaces:
        rest = b" " * -growth + rest
    return line[:start] + word + rest


def _word(name: str, value: bytes, object: str, line: bytes) -> bytes:
    """A JSON value as one word of a row, in the encoding of its line."""
    decoded_value = msgspec.json.decode(value)
    if isinstance(decoded_value, list | dict):
        raise _no_place(name, object, "lists and nested values do not fit into a row")
    if isinstance(decoded_value, bool):
        return b"YES" if decoded_value else b"NO"
    if not isinstance(decoded_value, str):
        return value
    if _UNWRITABLE.search(decoded_value):
        raise _no_place(name, object, "quotes, semicolons and line breaks cannot be written")
    needs_quotes = name != COMMENT and (not decoded_value or len(decoded_value.split()) > 1)
    text = f'"{decoded_value}"' if needs_quotes else decoded_value
    try:
        line.decode()
        return text.encode()
    except UnicodeDecodeError:
        return text.encode("cp1252", errors="replace")


def _no_place(name: str, object: str, why: str) -> WriteError:
    return WriteError(
        f"The attribute '{name}' has no place in an .inp file",
        where=object,
        found=why,
        do="Undo that change, or export to GeoPackage or GeoJSON",
    )


def no_field(name: str, object: str) -> WriteError:
    """The error for an attribute that no row of its object has a field for."""
    return _no_place(name, object, "no row of this object has a field for it")
