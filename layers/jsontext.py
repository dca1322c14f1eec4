"""Reading and changing JSON text in place, so that every untouched byte stays as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

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


def objects_in(value: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The members of a decoded JSON object that are objects themselves; none of another value."""
    if isinstance(value, dict):
        yield from ((key, member) for key, member in value.items() if isinstance(member, dict))


def address(part: bytes | memoryview | msgspec.Raw) -> int:
    """Where a part of a buffer lies in memory; the difference to the whole's is its offset."""
    return int(np.frombuffer(memoryview(part), np.uint8).__array_interface__["data"][0])


def members_of(text: bytes) -> tuple[list[Member], int]:
    """The members of a JSON object, and where it closes."""
    tokens = _TOKEN.finditer(text)
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


def value_at(text: bytes, begin: int) -> bytes | None:
    """The value that begins there, as raw text; None where it does not end."""
    try:
        start, end = _value(_TOKEN.finditer(text, begin))
    except StopIteration:
        return None
    return text[start:end]


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
    # The parser finds the member many times faster than stepping through a large geometry does.
    found = _RAW_MEMBERS.decode(text).get(member)
    if found is None:
        return _insert_first(text, member, join_members(after)) if after else text
    start = address(found) - address(text)
    end = start + len(memoryview(found))
    return text[:start] + with_members(text[start:end], after) + text[end:]


def replace_member(text: bytes, member: str, value: bytes) -> bytes:
    """`text` with another value of its `member`, which is added when it is not there."""
    found = _RAW_MEMBERS.decode(text).get(member)
    if found is None:
        return _insert_first(text, member, value)
    start = address(found) - address(text)
    return text[:start] + value + text[start + len(memoryview(found)) :]


def with_members(text: bytes, after: Mapping[str, bytes]) -> bytes:
    """An object, or null, changed to hold `after` as `replace_members` does."""
    if text == b"null":
        return join_members(after) if after else text
    before = raw_members(text)
    for key, value in after.items():
        if key in before and before[key] != value:
            text = _replace(text, key, value)
    for key in before:
        if key not in after:
            text = _remove(text, key)
    for key, value in after.items():
        if key not in before:
            text = _insert(text, key, value)
    return text


def _replace(text: bytes, key: str, value: bytes) -> bytes:
    # A repeated key: the last one counts, as it does for every JSON parser here.
    member = [member for member in members_of(text)[0] if member.key == key][-1]
    return text[: member.value_start] + value + text[member.value_end :]


def _remove(text: bytes, key: str) -> bytes:
    """The object without a key, however often it is repeated."""
    members, _close = members_of(text)
    found = [place for place, member in enumerate(members) if member.key == key]
    if not found:
        return text
    at = found[-1]
    if at > 0:
        cut_from, cut_to = members[at - 1].value_end, members[at].value_end
    elif len(members) > 1:
        cut_from, cut_to = members[0].key_start, members[1].key_start
    else:
        cut_from, cut_to = members[0].key_start, members[0].value_end
    return _remove(text[:cut_from] + text[cut_to:], key)


def _insert(text: bytes, key: str, value: bytes) -> bytes:
    members, close = members_of(text)
    key_text = orjson.dumps(key)
    if not members:
        return text[:close] + key_text + b":" + value + text[close:]
    last = members[-1]
    lead_from = members[-2].value_end if len(members) > 1 else 0
    lead = text[lead_from : last.key_start].lstrip(b"{").replace(b",", b"")
    colon = text[last.key_end : last.value_start]
    return text[: last.value_end] + b"," + lead + key_text + colon + value + text[last.value_end :]


def _insert_first(text: bytes, key: str, value: bytes) -> bytes:
    """The object with a new first member, in the style of the one that was the first."""
    tokens = _TOKEN.finditer(text)
    opening, first = next(tokens), next(tokens)
    if first.group() == b"}":
        return _insert(text, key, value)
    next(tokens)  # the colon
    lead, colon = text[opening.end() : first.start()], text[first.end() : next(tokens).start()]
    return text[: opening.end()] + lead + orjson.dumps(key) + colon + value + b"," + text[opening.end() :]
