"""Lists of numbers, taken from their text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.nested import NotNested, nested

numbers = st.integers(-(10**12), 10**12)


def regrouped(text: bytes, depth: int) -> Any:
    """What `nested` found, put together again from the innermost lists outwards."""
    found = nested(text, depth)
    items: list[Any] = found.numbers.tolist()
    for counts in reversed(found.counts):
        rest = iter(items)
        items = [[next(rest) for _ in range(count)] for count in counts.tolist()]
    return items[0]


@settings(deadline=None)
@given(st.lists(st.lists(st.lists(numbers, max_size=5), max_size=4), max_size=4), st.sampled_from((None, 1)))
def test_any_lists_come_back_as_json_has_them(lists: list[Any], indent: int | None) -> None:
    assert regrouped(json.dumps(lists, indent=indent).encode(), 3) == lists


@pytest.mark.parametrize(
    "text",
    [
        b"[1,[2]]",
        b"[[1],2]",
        b"[[[1]]]",
        b"[[1.5]]",
        b"[[1e3]]",
        b"[[null]]",
        b'[["1"]]',
        b"7",
        b"[" * 300 + b"]" * 300,
    ],
)
def test_uneven_lists_and_other_values_are_refused(text: bytes) -> None:
    with pytest.raises(NotNested):
        nested(text, 2)
