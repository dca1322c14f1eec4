"""Attribute values: what JSON can hold, with a type for each and clear words when one does not fit.

A value is what JSON knows: nothing, yes/no, whole and decimal numbers, text, lists and nested
objects. Its type is one of TYPES; a date is text that reads YYYY-MM-DD, with or without a time.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterable
from typing import Any, Final, TypeAlias

import msgspec

from layers.errors import EditError, reason

Value: TypeAlias = bool | int | float | str | list[Any] | dict[str, Any] | None

TYPES: Final = ("text", "integer", "real", "boolean", "date", "list", "nested")

TYPE_TITLES: Final = {
    "text": "Text",
    "integer": "Whole number",
    "real": "Decimal number",
    "boolean": "Yes / no",
    "date": "Date",
    "list": "List",
    "nested": "Nested",
}

ALLOWED: Final = {
    "text": "any text",
    "integer": "a whole number such as 12",
    "real": "a decimal number with a point, such as 12.5",
    "boolean": "yes or no",
    "date": "a date as YYYY-MM-DD, such as 2024-05-31",
    "list": 'a JSON list such as ["a", "b"]',
    "nested": 'a JSON object such as {"value": 11.2, "uom": "m"}',
}

YES: Final = frozenset({"yes", "true", "1"})
NO: Final = frozenset({"no", "false", "0"})

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_WHOLE: Final = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?", re.ASCII)
_LARGEST: Final = 2**63 - 1


def type_of(value: object) -> str | None:
    """The type of a JSON value; None for nothing."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "real"
    if isinstance(value, str):
        return "date" if is_date(value) else "text"
    if isinstance(value, list | tuple):
        return "list"
    return "nested" if isinstance(value, dict) else None


def merge_types(first: str | None, second: str | None) -> str | None:
    """The narrowest type that holds both."""
    if first == second or second is None:
        return first
    if first is None:
        return second
    both = {first, second}
    if both == {"integer", "real"}:
        return "real"
    return "nested" if both & {"list", "nested"} else "text"


def type_of_all(values: Iterable[object]) -> str:
    """The narrowest type that holds every value; text when there is none."""
    merged: str | None = None
    for value in values:
        merged = merge_types(merged, type_of(value))
    return merged or "text"


def is_date(text: str) -> bool:
    """Whether the text is a date of the calendar, YYYY-MM-DD, with or without a time."""
    if not _DATE.fullmatch(text):
        return False
    try:
        datetime.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def number_from(text: str) -> int | float | None:
    """The number a text spells with a decimal point, or None."""
    text = text.strip()
    if _WHOLE.fullmatch(text) and abs(int(text)) <= _LARGEST:
        return int(text)
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def typed_number(text: str) -> int | float | None:
    """The number that a person typed, with a point or a comma before its decimals, none between thousands."""
    return number_from(_with_point(text))


def _with_point(text: str) -> str:
    return text.replace(",", ".", 1) if "." not in text else text


def subject(attribute: str, type: str, id: str) -> str:
    """How an error names a field: "Height of Building 'B-104'"."""
    return f"{attribute} of {type} '{id}'" if type else f"{attribute} of '{id}'"


def parse_typed(text: str, type: str, what: str = "The value") -> Value:
    """The value that a text spells; empty means nothing, except for text. `what` names the field."""
    if type == "text":
        return text
    stripped = text.strip()
    if not stripped:
        return None
    parsed = _parse(stripped, type)
    if parsed is None:
        hint = "Write the decimal point as a point" if "," in stripped and type in ("integer", "real") else ""
        raise EditError(f"{what} was not changed", found=f"'{stripped}'", allowed=ALLOWED[type], do=hint)
    return parsed


def typed_value(text: str, type: str, what: str = "The value") -> Value:
    """As `parse_typed`, of what a person typed: a decimal comma is one."""
    is_number = type in ("integer", "real") and typed_number(text) is not None
    return parse_typed(_with_point(text) if is_number else text, type, what)


def _parse(text: str, type: str) -> Value:
    """The value of a type, or None when the text does not spell one."""
    if type in ("integer", "real"):
        number = number_from(text)
        if number is None or type == "real":
            return None if number is None else float(number)
        return int(number) if number == int(number) and abs(number) <= _LARGEST else None
    if type == "boolean":
        word = text.lower()
        return word in YES if word in YES | NO else None
    if type == "date":
        return text if is_date(text) else None
    try:
        value: Value = from_json(text)
    except EditError:
        return None
    return value if isinstance(value, list if type == "list" else dict) else None


def converted(value: Value, type: str, what: str = "The value") -> Value:
    """A computed value brought to an attribute's type, or an EditError when it does not fit."""
    if value is None or type_of(value) == type:
        return value
    if type == "text" and not isinstance(value, list | dict):
        return plain_text(value)
    if type == "real" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, float) and type == "integer" and value == int(value):
        return int(value)
    if isinstance(value, str) and type != "nested":
        return parse_typed(value, type, what)
    raise EditError(f"{what} was not changed", found=f"'{format_value(value)}'", allowed=ALLOWED[type])


def plain_text(value: Value) -> str:
    """A value as text the way JSON writes it; texts without quotes, nothing as empty."""
    if value is None or isinstance(value, str):
        return value or ""
    return to_json(value).decode()


def format_value(value: Value) -> str:
    """A value for people to read. A unit is shown only where the value itself states it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(format_value(item) for item in value)
    if isinstance(value, dict) and set(value) == {"value", "uom"}:
        return f"{format_value(value['value'])} {value['uom']}"
    return plain_text(value)


def editable_text(value: Value, type: str) -> str:
    """A value as the text `parse_typed` reads back as the same value."""
    if isinstance(value, bool):
        return format_value(value)
    return plain_text(value) if type not in ("list", "nested") or value is not None else ""


def to_json(value: Value) -> bytes:
    """The JSON text of a value; numbers that JSON cannot write are refused."""
    _refuse_unwritable(value)
    return msgspec.json.encode(value)


def from_json(text: bytes | str) -> Value:
    """The value of a JSON text."""
    try:
        value: Value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise EditError(
            "The text is not JSON", found=reason(error), do="Put texts and names in double quotes"
        ) from error
    _refuse_unwritable(value)
    return value


def _refuse_unwritable(value: Value) -> None:
    """Raise for NaN and infinity, which JSON has no text for, at any depth."""
    waiting: list[Any] = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, float) and not math.isfinite(item):
            raise EditError("The number cannot be kept", found=str(item), allowed="finite numbers")
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list | tuple):
            waiting.extend(item)


def type_for_editing(own: str | None, layer: str | None) -> str:
    """The type a value is edited as: its own, unless its layer's is wider in the same sense."""
    if own is None:
        return layer or "text"
    wider = (own, layer) in (("integer", "real"), ("date", "text"))
    return layer if wider and layer else own


def pretty_json(value: Value) -> str:
    """The JSON text of a value over several lines, for people."""
    return msgspec.json.format(to_json(value), indent=2).decode()
