"""Typed values, and what coded ones mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers import codelists, values
from layers.codelists import Code
from layers.errors import EditError
from tests.conftest import real


@pytest.mark.parametrize(
    ("text", "type", "value"),
    [
        (" 12 ", "integer", 12),
        ("12.0", "integer", 12),
        ("1e3", "integer", 1000),
        ("12", "real", 12.0),
        (".5", "real", 0.5),
        ("yes", "boolean", True),
        ("FALSE", "boolean", False),
        ("2024-02-29", "date", "2024-02-29"),
        ("2024-03-15T00:00:00+01:00", "date", "2024-03-15T00:00:00+01:00"),
        (" kept ", "text", " kept "),
        ("", "text", ""),
        ("", "real", None),
        ('[1, "a"]', "list", [1, "a"]),
        ('{"value": 11.2, "uom": "dB"}', "nested", {"value": 11.2, "uom": "dB"}),
    ],
)
def test_what_a_person_writes_becomes_a_value(text: str, type: str, value: object) -> None:
    parsed = values.parse_typed(text, type)
    assert (parsed, parsed.__class__) == (value, value.__class__)


@pytest.mark.parametrize(
    ("text", "type"),
    [
        ("12,5", "real"),
        ("12.5", "integer"),
        ("nan", "real"),
        ("inf", "real"),
        ("1e999", "real"),
        ("9" * 25, "integer"),
        ("perhaps", "boolean"),
        ("2023-02-29", "date"),
        ("29.2.2024", "date"),
        ("{1}", "nested"),
        ("[1]", "nested"),
        ("[" * 5000 + "]" * 5000, "list"),
        ("[1e999]", "list"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_field_and_what_is_allowed(text: str, type: str) -> None:
    with pytest.raises(EditError) as caught:
        values.parse_typed(text, type, values.subject("Height", "building", "B-104"))
    sentence = caught.value.sentence()
    assert sentence.startswith("Height of building 'B-104' was not changed: ")
    assert values.ALLOWED[type] in sentence


def test_a_comma_is_named_as_the_fault() -> None:
    with pytest.raises(EditError, match="Write the decimal point as a point"):
        values.parse_typed("12,5", "real")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (1.50, "1.5"),
        (1e22, "1e22"),
        (["a", 1, False], "a, 1, no"),
        ({"value": 57.5, "uom": "dB"}, "57.5 dB"),
        ({"a": 1}, '{"a":1}'),
    ],
)
def test_values_are_written_for_people(value: values.Value, text: str) -> None:
    assert values.format_value(value) == text


def test_types_merge_to_the_narrowest_that_holds_all() -> None:
    assert values.type_of_all([1, 2.5, None]) == "real"
    assert values.type_of_all(["2024-01-01", "2024-01-01T10:00:00Z"]) == "date"
    assert values.type_of_all(["2024-01-01", "soon"]) == "text"
    assert values.type_of_all([True, 1]) == "text"
    assert values.type_of_all([[1], "a"]) == "nested"
    assert values.type_of_all([None]) == "text"


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_an_editor_that_changes_nothing_gives_the_same_value(value: values.Value) -> None:
    assert values.from_json(values.to_json(value)) == value
    type = values.type_of(value)
    if type is not None:
        assert values.parse_typed(values.editable_text(value, type), type) == value


def test_numbers_that_json_cannot_write_are_refused() -> None:
    for value in (float("nan"), [float("inf")], {"a": {"b": float("-inf")}}):
        with pytest.raises(EditError, match="finite"):
            values.to_json(value)


def test_computed_values_take_the_type_of_their_attribute() -> None:
    assert values.converted(12, "text") == "12"
    assert values.converted("12", "integer") == 12
    assert isinstance(values.converted(12, "real"), float)
    assert values.converted(12.0, "integer") == 12
    for value, type in ((12.5, "integer"), (True, "real"), ("x", "date"), ([1], "text")):
        with pytest.raises(EditError):
            values.converted(value, type)


def test_roof_types_have_names() -> None:
    assert codelists.label("BuildingPart", "roofType", "1030") == "gabled roof"
    assert codelists.label("Building", "roofType", 3200) == "hipped roof"
    assert codelists.label("Building", "roofType", "pointy") == ""
    assert Code("1010", "monopitch roof") in codelists.codes_for("Building", "roofType")
    assert Code("2100", "monopitch roof") in codelists.codes_for("Building", "roofType", ["3200", "1000"])
    assert codelists.codes_for("Building", "measuredHeight") == ()
    assert codelists.label("Bridge", "relativeToTerrain", "entirelyAboveTerrain") == "entirely above terrain"


def test_an_extension_brings_its_own_codes() -> None:
    schemas = real("cityjson/cjval-texture/schemas/extensions/20")
    found = codelists.beside(schemas / "any.city.json")
    codes = codelists.codes_for("Building", "+building-type", extension=found)
    assert [code.value for code in codes] == ["residential", "school", "commercial"]
    dynamizer = codelists.beside(real("cityjson/dynamizer/dynamizer.ext.json"))
    assert Code("double", "double") in dynamizer["+TabulatedFileTimeseries", "valueType"]
