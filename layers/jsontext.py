"""Reading and changing JSON text in place, so that every untouched byte stays as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec
import numpy as np
import orjson

#: What some programs write before the text.
BOM = b"\xef\xbb\xbf"

_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_TOKEN = re.compile(_STRING + rb"|[{}\[\],:]|[^\s{}\[\],:\"]+", re.DOTALL)

_RAW_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True)
class Member:
    """Where one member of a JSON object stands in its text."""

    key: str
    key_start: int
    key_end: int
    value_start: int
    value_end: int


def raw_members(text: bytes | msgspec.Raw) -> dict[str, bytes]:
    """The values of a JSON object as raw text, in order."""
    return {key: bytes(value) for key, value in _RAW_MEMBERS.decode(text).items()}


def compact(text: bytes) -> bytes:
    """JSON text without the white space between its parts; numbers keep their digits."""
    return b"".join(_TOKEN.findall(text))


def join_members(members: Mapping[str, bytes]) -> bytes:
    """A compact JSON object of raw values."""
    return b"{" + b",".join(orjson.dumps(key) + b":" + value for key, value in members.items()) + b"}"


def address(part: bytes | memoryview | msgspec.Raw) -> int:
    """Where a part of a buffer lies in memory; the difference to the whole's is its offset."""
    return int(np.frombuffer(memoryview(part), np.uint8).__array_interface__["data"][0])


def members_of(text: bytes, start: int = 0) -> tuple[list[Member], int]:
    """The members of the object whose brace is the first token from `start`, and where it closes."""
    tokens = _TOKEN.finditer(text, start)
    opening = next(tokens)
    if opening.group() != b"{":
        raise ValueError("not a JSON object")
    members: list[Member] = []
    while True:
        key = next(tokens)
        if key.group() == b",":
            continue
        if key.group() == b"}":
            return members, key.start()
        next(tokens)  # the colon
        value_start, value_end = _value(tokens)
        members.append(Member(orjson.loads(key.group()), key.start(), key.end(), value_start, value_end))


def _value(tokens: Iterator[re.Match[bytes]]) -> tuple[int, int]:
    first = next(tokens)
    depth = 1 if first.group() in (b"{", b"[") else 0
    last = first
    while depth:
        last = next(tokens)
        if last.group() in (b"{", b"["):
            depth += 1
        elif last.group() in (b"}", b"]"):
            depth -= 1
    return first.start(), last.end()


def replace_members(text: bytes, member: str, after: Mapping[str, bytes]) -> bytes:
    """`text` with the object in its `member` changed to hold `after`, raw values by key.

    Only values that differ are touched: others keep their bytes, order and white space. New
    keys come last, in the style of the text; an absent `member` is added when needed.
    """
    found = _member(text, 0, member)
    if found is None:
        return _insert(text, 0, member, join_members(after)) if after else text
    before = raw_members(text[found.value_start : found.value_end])
    for key, value in after.items():
        if key in before and before[key] != value:
            text = _replace(text, found.value_start, key, value)
    for key in before:
        if key not in after:
            text = _remove(text, found.value_start, key)
    for key, value in after.items():
        if key not in before:
            text = _insert(text, found.value_start, key, value)
    return text


def _member(text: bytes, start: int, key: str) -> Member | None:
    # A repeated key: the last one counts, as it does for every JSON parser here.
    return next((m for m in reversed(members_of(text, start)[0]) if m.key == key), None)


def _replace(text: bytes, start: int, key: str, value: bytes) -> bytes:
    member = _member(text, start, key)
    assert member is not None
    return text[: member.value_start] + value + text[member.value_end :]


def _remove(text: bytes, start: int, key: str) -> bytes:
    members, _close = members_of(text, start)
    at = max(i for i, m in enumerate(members) if m.key == key)
    if at > 0:
        cut_from, cut_to = members[at - 1].value_end, members[at].value_end
    elif len(members) > 1:
        cut_from, cut_to = members[0].key_start, members[1].key_start
    else:
        cut_from, cut_to = members[0].key_start, members[0].value_end
    text = text[:cut_from] + text[cut_to:]
    still = _member(text, start, key)
    return text if still is None else _remove(text, start, key)


def _insert(text: bytes, start: int, key: str, value: bytes) -> bytes:
    members, close = members_of(text, start)
    key_text = orjson.dumps(key)
    if not members:
        return text[:close] + key_text + b":" + value + text[close:]
    last = members[-1]
    lead_from = members[-2].value_end if len(members) > 1 else text.index(b"{", start)
    lead = text[lead_from : last.key_start].lstrip(b"{").replace(b",", b"")
    colon = text[last.key_end : last.value_start]
    return text[: last.value_end] + b"," + lead + key_text + colon + value + text[last.value_end :]
