"""Where the members of a huge JSON object stand in its file, found slice by slice in little memory.

Only brackets and quotes are looked at. Whether what lies between them is JSON is for those to say who read
the members one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from layers.jsontext import BOM, members_of, raw_members

Int64 = NDArray[np.int64]

SLICE = 2 << 20
#: The object's own text, the lists and objects in it left out: if it is longer, it is not one of ours.
MOST_TEXT = 16 << 20
QUOTE, OPENING, CLOSING = 1, 2, 3
_SIGNS = np.zeros(256, np.uint8)
_SIGNS[ord('"')] = QUOTE
_SIGNS[[ord("{"), ord("[")]] = OPENING
_SIGNS[[ord("}"), ord("]")]] = CLOSING
#: What stands in the outermost object's text in place of a list or an object.
_NESTED = b"[]"


class NotWhole(ValueError):
    """The text is not one whole JSON object."""


class Span(NamedTuple):
    """Bytes of the file from `begin` to `end`."""

    begin: int
    end: int


@dataclass(frozen=True)
class Layout:
    """The members of the outermost object."""

    scalars: dict[str, bytes]  # the text of numbers, strings and words
    nested: list[tuple[str, Span]]  # lists and objects; a name that the file repeats is there again
    ends: Int64  # where what is in those objects ends, each member of theirs that is a list or object

    def spans(self, key: str) -> list[Span]:
        """Where the lists and objects of that name stand."""
        return [span for name, span in self.nested if name == key]

    def ends_in(self, span: Span) -> Int64:
        """Where the lists and objects within an object end, in order."""
        first, last = np.searchsorted(self.ends, span)
        return self.ends[first:last]


def layout(path: Path, progress: Callable[[float], None]) -> Layout:
    """The layout of a file that holds one JSON object; NotWhole when it does not."""
    scan = _Scan()
    size = max(1, path.stat().st_size)
    with path.open("rb") as file:
        for begin, part in _slices(file):
            scan.take(begin, part)
            progress(begin / size)
    return scan.layout()


def _slices(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """The file in slices, none of which ends between a backslash and what it escapes."""
    begin = 0
    while part := file.read(SLICE):
        while part.endswith(b"\\") and (more := file.read(1)):
            part += more
        yield begin, part
        begin += len(part)


@dataclass
class _Scan:
    """What is known after some slices."""

    depth: int = 0
    in_string: bool = False
    texts: list[bytes] = field(default_factory=list)  # the outermost object's own text
    text_size: int = 0
    spans: list[Span] = field(default_factory=list)  # the lists and objects in it
    begin: int = -1  # of the one that is not closed yet
    is_object: bool = False
    ends: list[Int64] = field(default_factory=list)

    def take(self, begin: int, part: bytes) -> None:
        """Look at the next slice, which begins there in the file."""
        at, kind = self._brackets(part)
        step = np.where(kind == OPENING, np.int8(1), np.int8(-1))
        depth = np.cumsum(step, dtype=np.int32) + self.depth
        if len(depth):
            if depth.min() < 0:
                raise NotWhole("a bracket closes that was never opened")
            self.depth = int(depth[-1])
        opens = at[(step > 0) & (depth == 2)]
        closes = at[(step < 0) & (depth == 1)] + 1
        ends = at[(step < 0) & (depth == 2)] + 1
        here = 0
        for place in sorted([*opens.tolist(), *closes.tolist()]):
            if self.begin < 0:
                self._keep(part[here:place] + _NESTED)
                self.begin, self.is_object = begin + place, part[place] == ord("{")
            else:
                self._note_ends(begin, ends, here, place)
                self.spans.append(Span(self.begin, begin + place))
                self.begin = -1
            here = place
        if self.begin < 0:
            self._keep(part[here:])
        else:
            self._note_ends(begin, ends, here, len(part))

    def _brackets(self, part: bytes) -> tuple[Int64, NDArray[np.uint8]]:
        """Where the brackets outside strings stand, and their kinds."""
        signs = _SIGNS[np.frombuffer(part, np.uint8)]
        at = np.flatnonzero(signs)
        kind = signs[at]
        if b"\\" in part:
            whole = ~_escaped(part, at, kind)
            at, kind = at[whole], kind[whole]
        is_quote = kind == QUOTE
        quotes = np.cumsum(is_quote, dtype=np.int32) + self.in_string
        if len(quotes):
            self.in_string = bool(quotes[-1] % 2)
        outside = ~is_quote & (quotes % 2 == 0)
        return at[outside], kind[outside]

    def _keep(self, text: bytes) -> None:
        self.text_size += len(text)
        if self.text_size > MOST_TEXT:
            raise NotWhole("it is not one JSON object of lists and objects")
        self.texts.append(text)

    def _note_ends(self, begin: int, ends: Int64, first: int, last: int) -> None:
        if self.is_object:
            self.ends.append(ends[(ends > first) & (ends <= last)] + begin)

    def layout(self) -> Layout:
        """All that was found, once every slice was looked at."""
        text = b"".join(self.texts).removeprefix(BOM).strip()
        if self.in_string or self.depth or not (text.startswith(b"{") and text.endswith(b"}")):
            raise NotWhole("it ends before all strings and brackets are closed")
        try:
            raw_members(text)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise NotWhole(str(error)) from error
        members, _close = members_of(text)
        scalars: dict[str, bytes] = {}
        nested: list[tuple[str, Span]] = []
        spans = iter(self.spans)
        for member in members:
            value = text[member.value_start : member.value_end]
            if value == _NESTED:
                nested.append((member.key, next(spans)))
            else:
                scalars[member.key] = value
        return Layout(scalars, nested, np.concatenate([np.empty(0, np.int64), *self.ends]))


def _escaped(part: bytes, at: Int64, kind: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which signs are quotes within a string: an odd number of backslashes stands before them."""
    escaped = np.zeros(len(at), np.bool_)
    before = np.frombuffer(part, np.uint8)[np.maximum(at - 1, 0)]
    for number in np.flatnonzero((kind == QUOTE) & (before == ord("\\")) & (at > 0)).tolist():
        place = run = int(at[number])
        while run and part[run - 1] == ord("\\"):
            run -= 1
        escaped[number] = (place - run) % 2 == 1
    return escaped
