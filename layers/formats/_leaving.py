"""Objects that are gone, left out of the text of their source: nothing but what spoke of them is cut out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import orjson

from layers.data import Gone, Piece
from layers.jsontext import raw_members, replace_member

Touched = tuple[Piece, int | None]

#: Members of a city object that list its parts, one value for each.
LISTS = ("children", "children_roles")


def records(pieces: Iterator[Touched], gone: Gone) -> Iterator[Touched]:
    """Without records that nothing separates but their ends."""
    for piece, touched in pieces:
        if piece.feature not in gone.fids:
            yield piece, touched
        elif piece.start:
            yield Piece(piece.data[: piece.start]), None


def items(pieces: Iterator[Touched], gone: Gone) -> Iterator[Touched]:
    """Without items of a JSON list, and the commas that they need no more."""
    return _separated(pieces, gone, lambda piece: piece.start)


def members(pieces: Iterator[Touched], gone: Gone) -> Iterator[Touched]:
    """Without members of a JSON object, and in others without the ids of their parts that are gone."""
    return _separated(_parted(pieces, gone), gone, _key_of)


def lines(pieces: Iterator[Touched], gone: Gone) -> Iterator[Touched]:
    """The same where each line holds an object of its own; a line of which all is gone goes as a whole."""
    line: list[Touched] = []
    is_first = True  # the line that all others depend on stays
    for piece, touched in pieces:
        cut = piece.data.rfind(b"\n", 0, piece.start) + 1 if piece.feature is not None else 0
        if piece.feature is not None and not cut:
            line.append((piece, touched))
            continue
        before = piece.data[:cut] if piece.feature is not None else piece.data
        yield from _line(line, before, gone, is_first)
        is_first = is_first and b"\n" not in before
        rest = replace(piece, data=piece.data[cut:], start=piece.start - cut)
        line = [(rest, touched)] if piece.feature is not None else []
        if piece.role and piece.feature is None:  # a tile of its own begins
            is_first = True
    yield from _line(line, b"", gone, is_first)


def _line(line: list[Touched], rest: bytes, gone: Gone, is_first: bool) -> Iterator[Touched]:
    """The objects of a line, and what follows up to the next object."""
    if line and not is_first and all(piece.feature in gone.fids for piece, _ in line):
        rest = rest.partition(b"\n")[2]
    else:
        yield from members(iter(line), gone)
    if rest:
        yield Piece(rest), None


def _separated(pieces: Iterable[Touched], gone: Gone, begin_of: Callable[[Piece], int]) -> Iterator[Touched]:
    """Without some items; `begin_of` says where in its piece an item begins, behind brackets and commas."""
    has_one = False  # item before, of those that stand in one pair of brackets
    for piece, touched in pieces:
        if piece.feature is None:
            yield piece, touched
            continue
        begin = begin_of(piece)
        before = piece.data[:begin]
        if not before.lstrip().startswith(b","):
            has_one = False
        if piece.feature in gone.fids:
            # Behind the bracket may stand what nobody understood.
            is_more = before.rstrip().endswith(b",")
            before = before.rstrip()[:-1] if is_more else before
            if before.strip():
                yield Piece(before), None
                has_one |= is_more
            continue
        if not has_one and before.lstrip().startswith(b","):
            rest = before.lstrip()[1:].lstrip()
            cut = begin - len(rest)
            piece = replace(piece, data=piece.data[cut:], start=piece.start - cut)
        has_one = True
        yield piece, touched


def _key_of(piece: Piece) -> int:
    """Where the key of a member begins."""
    end = piece.data.rindex(b'"', 0, piece.start)
    begin = piece.data.rindex(b'"', 0, end)
    while (begin - len(piece.data[:begin].rstrip(b"\\"))) % 2:
        begin = piece.data.rindex(b'"', 0, begin)
    return begin


def _parted(pieces: Iterator[Touched], gone: Gone) -> Iterator[Touched]:
    """City objects without the ids of their parts that are gone."""
    for piece, touched in pieces:
        lost = gone.parts.get(-1 if piece.feature is None else piece.feature)
        if lost:
            text = _without(piece.data[piece.start :], lost)
            piece = replace(piece, data=piece.data[: piece.start] + text)
        yield piece, touched


def _without(text: bytes, lost: frozenset[str]) -> bytes:
    held = raw_members(text)
    listed = [orjson.loads(held.get(key, b"[]")) for key in LISTS]
    kept = [at for at, id in enumerate(listed[0]) if id not in lost]
    for key, values in zip(LISTS, listed, strict=True):
        if len(kept) < len(values) == len(listed[0]):
            text = replace_member(text, key, orjson.dumps([values[at] for at in kept]))
    return text
