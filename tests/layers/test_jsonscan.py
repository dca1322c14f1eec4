"""Where members stand in a huge JSON file, found in slices: the same as when all of it is decoded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers import jsonscan
from layers.jsonscan import Layout, NotWhole, layout
from layers.jsontext import BOM
from tests.conftest import real

NASTY = st.text(alphabet='ab"\\[]{},:\n é', max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | NASTY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NASTY, inner, max_size=3),
    max_leaves=12,
)


def layout_of(path: Path, slice_bytes: int) -> Layout:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonscan, "SLICE", slice_bytes)
        return layout(path, lambda _fraction: None)


@given(
    document=st.dictionaries(NASTY, VALUES, max_size=5),
    indent=st.sampled_from([None, 1]),
    is_ascii=st.booleans(),
    slice_bytes=st.integers(1, 40),
)
def test_slices_of_any_size_show_what_the_decoder_shows(
    tmp_path_factory: pytest.TempPathFactory,
    document: dict[str, Any],
    indent: int | None,
    is_ascii: bool,
    slice_bytes: int,
) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=is_ascii).encode()
    path = tmp_path_factory.getbasetemp() / "scan.json"
    path.write_bytes(BOM + b" " + text + b"\n")
    found = layout_of(path, slice_bytes)
    data = path.read_bytes()
    nested = {key: value for key, value in document.items() if isinstance(value, dict | list)}
    assert {key: json.loads(value) for key, value in found.scalars.items()} == {
        key: value for key, value in document.items() if key not in nested
    }
    assert [(key, json.loads(data[span.begin : span.end])) for key, span in found.nested] == list(
        nested.items()
    )
    for key, span in found.nested:
        value = nested[key]
        if isinstance(value, dict):
            inner = [item for item in value.values() if isinstance(item, dict | list)]
            assert [decoded_before(data, end) for end in found.ends_in(span).tolist()] == inner


def decoded_before(data: bytes, end: int) -> Any:
    """The list or object that ends there: the shortest text before it that is JSON."""
    for begin in range(end - 1, -1, -1):
        if data[begin : begin + 1] in (b"[", b"{"):
            try:
                return json.loads(data[begin:end])
            except ValueError:
                continue
    raise AssertionError("nothing ends there")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"12",
        b'{"a": [1}',
        b'{"a": 1',
        b'{"a": "1',
        b'{"a": {}} {}',
        b'{"a": {}}]',
        b'{"a" {}}',
        b"{]",
    ],
)
def test_what_is_not_one_whole_object_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(text)
    for slice_bytes in (1, 3, 1000):
        with pytest.raises(NotWhole):
            layout_of(path, slice_bytes)


def test_a_member_that_is_there_twice_is_found_twice(tmp_path: Path) -> None:
    path = tmp_path / "twice.json"
    path.write_bytes(b'{"CityObjects": {"a": {}}, "type": "CityJSON", "CityObjects": {"b": {}}}')
    assert [span.begin for span in layout_of(path, 5).spans("CityObjects")] == [16, 62]


def test_the_objects_of_a_real_city(tmp_path: Path) -> None:
    path = real("cityjson/delfshaven/Rotterdam_3-20-DELFSHAVEN.city.json")
    data, found = path.read_bytes(), layout_of(path, 1000)
    (objects,) = found.spans("CityObjects")
    expected = json.loads(data)["CityObjects"]
    ends = found.ends_in(objects).tolist()
    assert len(ends) == len(expected)
    assert json.loads(data[objects.begin : ends[99]] + b"}") == dict(list(expected.items())[:100])
