"""Rows of .inp files: words at their places, their values as JSON, and changes word by word."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from layers.errors import WriteError
from layers.formats._inp_tables import PUMP_KEYS, TEXT_FIELDS, Section

COMMENT = "comment"
_WORD = re.compile(r'"[^"\r\n]*"|;[^\r\n]*|[^\s;]+')
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,17})(?:\.\d{1,30})?", re.ASCII)
_NUMBER = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?([eE][+-]?\d+)?", re.ASCII)
_UNWRITABLE = re.compile(r'[";\r\n]')

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a section: its words as written, where they stand, and its comment's text."""

    line: str
    words: tuple[str, ...]
    spans: tuple[Span, ...]
    comment: Span | None

    @classmethod
    def parse(cls, line: str) -> Row:
        """The words of a line; a semicolon starts the comment."""
        words: list[str] = []
        spans: list[Span] = []
        for match in _WORD.finditer(line):
            word = match.group()
            if word[0] == ";":
                text = word[1:]
                start = match.start() + 1 + len(text) - len(text.lstrip())
                return cls(line, tuple(words), tuple(spans), (start, start + len(text.strip())))
            words.append(word)
            spans.append(match.span())
        return cls(line, tuple(words), tuple(spans), None)

    def text(self, number: int) -> str:
        """The word at a position, without its quotes; '' when there are fewer."""
        return self.words[number].strip('"') if number < len(self.words) else ""

    def fields(self, section: Section) -> dict[str, Span]:
        """Where the value of each field stands."""
        named = section.fields(self.words[1:])
        spans = dict(zip(named, self.spans[1:], strict=False))
        rest = range(len(named) + 1, len(self.words))
        if section.keys:
            spans |= self._keyed(rest)
        elif rest:
            extra = "field" if section.part else f"{section.name.lower()}Field"
            spans |= {f"{extra}{number}": self.spans[number] for number in rest}
        if section.part and self.comment is not None and self.comment[0] < self.comment[1]:
            spans[COMMENT] = self.comment
        return spans

    def _keyed(self, numbers: range) -> dict[str, Span]:
        """Values behind keywords; a bare number is the power of old pumps."""
        found: dict[str, Span] = {}
        waiting = "power"
        for number in numbers:
            key = PUMP_KEYS.get(self.words[number].upper())
            if key is None:
                found[waiting] = self.spans[number]
                waiting = f"field{number}"
            else:
                waiting = key
        return found

    def values(self, section: Section) -> dict[str, bytes]:
        """The value of each field as JSON text."""
        return {name: as_json(name, self.line[a:b]) for name, (a, b) in self.fields(section).items()}


def as_json(field: str, word: str) -> bytes:
    """A word as JSON: a number as it is written where it can be, else text."""
    number = None if field in TEXT_FIELDS or field == COMMENT else json_number(word)
    return orjson.dumps(word.strip('"')) if number is None else number


def json_number(text: str) -> bytes | None:
    """The JSON spelling of a number such as `.5`, `+3` or `07`; None for anything else."""
    if _JSON_NUMBER.fullmatch(text):
        return text.encode()
    match = _NUMBER.fullmatch(text)
    if match is None or not (match[2] or match[3]) or not math.isfinite(float(text)):
        return None
    sign = "-" if match[1] == "-" else ""
    fraction = f".{match[3]}" if match[3] else ""
    return f"{sign}{match[2].lstrip('0') or '0'}{fraction}{match[4] or ''}".encode()


def changed(row: Row, section: Section, after: Mapping[str, bytes], object: str) -> tuple[str, set[str]]:
    """The line with the fields that differ rewritten, and the fields that it holds now."""
    spans = row.fields(section)
    line = row.line
    for name, (start, end) in sorted(spans.items(), key=lambda item: item[1], reverse=True):
        new = after.get(name, b"null")
        if new == as_json(name, row.line[start:end]):
            continue
        if new != b"null":
            line = _replaced(line, (start, end), _word(name, new, object))
        elif name == COMMENT or (start, end) == row.spans[-1]:
            line = line[:start] + line[end:]
        else:
            raise _no_place(name, object, "a value in the middle of a row cannot be left out")
    return _extended(line, row, section, after, object, set(spans))


def _extended(
    line: str, row: Row, section: Section, after: Mapping[str, bytes], object: str, held: set[str]
) -> tuple[str, set[str]]:
    """The line with the fields added that come right behind its last word."""
    for name in section.fields(row.words[1:])[len(row.words) - 1 :]:
        if after.get(name, b"null") == b"null":
            break
        at = Row.parse(line).spans[-1][1]
        line = _replaced(f"{line[:at]} {line[at:]}", (at + 1, at + 1), _word(name, after[name], object))
        held.add(name)
    if section.part and COMMENT in after and COMMENT not in held:
        body = line.rstrip("\r\n")
        lead = "" if Row.parse(line).comment is not None else " ;"
        line = body + lead + _word(COMMENT, after[COMMENT], object) + line[len(body) :]
        held.add(COMMENT)
    return line, held


def _replaced(line: str, span: Span, word: str) -> str:
    """The line with one word replaced; what follows keeps its column where it fits."""
    start, end = span
    rest = line[end:]
    spaces = len(rest) - len(rest.lstrip(" "))
    growth = len(word) - (end - start)
    is_last = not rest.strip()
    if growth > 0:
        rest = rest[min(growth, spaces if is_last else max(spaces - 1, 0)) :]
    elif spaces:
        rest = " " * -growth + rest
    return line[:start] + word + rest


def _word(name: str, value: bytes, object: str) -> str:
    """A JSON value as one word of a row."""
    decoded = orjson.loads(value)
    if isinstance(decoded, list | dict):
        raise _no_place(name, object, "lists and nested values do not fit into a row")
    if isinstance(decoded, bool):
        return "YES" if decoded else "NO"
    if not isinstance(decoded, str):
        return value.decode()
    if _UNWRITABLE.search(decoded):
        raise _no_place(name, object, "quotes, semicolons and line breaks cannot be written")
    needs_quotes = name != COMMENT and len(decoded.split()) != 1
    return f'"{decoded}"' if needs_quotes else decoded


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
