"""Changing JSON text in place gives what changing its value gives, and leaves every other byte."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.jsontext import compact, join_members, members_of, raw_members, replace_members

texts = st.text(st.characters(codec="utf-8"), max_size=6) | st.sampled_from(
    ['"', "\\", "}{", '":', "a,b", ""]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(texts, values, max_size=5)


def written(value: Any, dice: random.Random) -> str:
    """The value as JSON with white space and escapes as the dice fall."""

    def space() -> str:
        return dice.choice(["", "", "", " ", "\n", "\t ", "\r\n    "])

    def text(value: str) -> str:
        return json.dumps(value, ensure_ascii=dice.random() < 0.5)

    if isinstance(value, dict):
        inner = ",".join(
            f"{space()}{text(key)}{space()}:{space()}{written(item, dice)}{space()}"
            for key, item in value.items()
        )
        return f"{{{inner or space()}}}"
    if isinstance(value, list):
        inner = ",".join(f"{space()}{written(item, dice)}{space()}" for item in value)
        return f"[{inner or space()}]"
    return text(value) if isinstance(value, str) else json.dumps(value)


@given(
    before=objects,
    after=objects,
    kept=st.sets(st.integers(0, 4)),
    around=objects,
    place=st.integers(0, 5),
    dice=st.randoms(use_true_random=False),
)
def test_members_change_as_values_do_and_nothing_else_moves(
    before: dict[str, Any],
    after: dict[str, Any],
    kept: set[int],
    around: dict[str, Any],
    place: int,
    dice: random.Random,
) -> None:
    around.pop("attributes", None)
    items = list(around.items())
    items.insert(place, ("attributes", before))
    source = written(dict(items), dice).encode()
    raw_before = raw_members(raw_members(source)["attributes"])
    wanted = {key: raw_before[key] for number, key in enumerate(before) if number in kept}
    wanted |= {key: json.dumps(value).encode() for key, value in after.items() if key not in wanted}

    result = replace_members(source, "attributes", wanted)

    found = json.loads(result)
    assert found["attributes"] == {key: json.loads(value) for key, value in wanted.items()}
    assert {key: value for key, value in found.items() if key != "attributes"} == around
    (start, end), (new_start, new_end) = attributes_at(source), attributes_at(result)
    assert result[:new_start] == source[:start]
    assert result[new_end:] == source[end:]
    raw_after = raw_members(raw_members(result)["attributes"])
    assert all(raw_after[key] == wanted[key] for key in wanted), "values keep their very text"
    if wanted == raw_before:
        assert result == source


def attributes_at(text: bytes) -> tuple[int, int]:
    (found,) = (member for member in members_of(text)[0] if member.key == "attributes")
    return found.value_start, found.value_end


@given(before=objects, dice=st.randoms(use_true_random=False), around=objects)
def test_taking_all_back_needs_no_memory(
    before: dict[str, Any], dice: random.Random, around: dict[str, Any]
) -> None:
    source = written({**around, "attributes": before}, dice).encode()
    raw = raw_members(raw_members(source)["attributes"])
    assert replace_members(source, "attributes", raw) == source


@given(around=objects, after=objects, dice=st.randoms(use_true_random=False))
def test_a_missing_member_is_added_in_the_style_of_the_text(
    around: dict[str, Any], after: dict[str, Any], dice: random.Random
) -> None:
    around.pop("attributes", None)
    source = written(around, dice).encode()
    result = replace_members(source, "attributes", raw_members(json.dumps(after).encode()))
    assert json.loads(result) == ({**around, "attributes": after} if after else around)
    assert source[1:].lstrip() in result


@given(objects, st.randoms(use_true_random=False))
def test_compact_text_says_the_same(value: dict[str, Any], dice: random.Random) -> None:
    found = compact(written(value, dice).encode())
    assert json.loads(found) == value
    assert b"\n" not in found
    assert json.loads(join_members(raw_members(found))) == value


@pytest.mark.parametrize(
    ("source", "after", "result"),
    [
        (b'{"attributes":{"a":1,"a":2}}', {"a": b"3"}, b'{"attributes":{"a":1,"a":3}}'),
        (b'{"attributes":{"a":1,"b":0,"a":2}}', {"b": b"0"}, b'{"attributes":{"b":0}}'),
        (
            b'{"attributes":{"a":1},"attributes":{"b":2}}',
            {"b": b"3"},
            b'{"attributes":{"a":1},"attributes":{"b":3}}',
        ),
        (b'{"attributes":{"\\u0061":1}}', {"a": b"2"}, b'{"attributes":{"\\u0061":2}}'),
        (b'{"attributes":null,"x":1}', {"a": b"2"}, b'{"attributes":{"a":2},"x":1}'),
        (b'{"attributes":null,"x":1}', {}, b'{"attributes":null,"x":1}'),
        (b'{"attributes": { }}', {"a": b"2"}, b'{"attributes": { "a":2}}'),
        (b'{ "x": 1 }', {"a": b"2"}, b'{ "attributes": {"a":2}, "x": 1 }'),
        (b"{}", {"a": b"2"}, b'{"attributes":{"a":2}}'),
        (
            b'{"attributes":{\n  "a": 1\n}}',
            {"a": b"1", "b": b"2"},
            b'{"attributes":{\n  "a": 1,\n  "b": 2\n}}',
        ),
        (b'{"attributes":{"a": 1, "b": 2}}', {"b": b"2"}, b'{"attributes":{"b": 2}}'),
        (
            b'{"attributes":{"a":1.50}}',
            {"a": b"1.50", "\xe9": b"-0.0"},
            b'{"attributes":{"a":1.50,"\xc3\xa9":-0.0}}',
        ),
    ],
)
def test_repeated_escaped_empty_and_null_members(
    source: bytes, after: dict[Any, bytes], result: bytes
) -> None:
    named = {key.decode("latin-1") if isinstance(key, bytes) else key: value for key, value in after.items()}
    assert replace_members(source, "attributes", named) == result
