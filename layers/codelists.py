"""What coded attribute values mean: published code lists, those of a source, and of CityJSON extensions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import orjson

from layers.jsontext import objects_in
from layers.values import Value, plain_text

FOLDER: Final = Path(__file__).parent.parent / "assets" / "vocabularies"
#: The order decides which list names a code that several know, and which is offered first.
FILES: Final = ("citygml.json", "adv.json", "cityjson.json")

#: The fact of a layer that tells what codes mean, by attribute and code, from lists beside its source.
CODES: Final = "codes"
#: Schemas refer to their own definitions; a circle of references ends here.
MAX_REFERENCES: Final = 8


@dataclass(frozen=True)
class Code:
    """One allowed value and what it means."""

    value: str
    label: str


Codes = tuple[Code, ...]
#: Codes by object type ('*' for any) and attribute.
Vocabulary = dict[tuple[str, str], Codes]


def codes_for(
    type: str, attribute: str, present: Iterable[Value] = (), extension: Vocabulary | None = None
) -> Codes:
    """The codes that fit an attribute; of several lists the one that knows most of the values present."""
    lists = _lists(type, attribute, extension)
    if not lists:
        return ()
    values = {plain_text(value) for value in present}
    return max(lists, key=lambda codes: sum(code.value in values for code in codes))


def label(type: str, attribute: str, value: Value, extension: Vocabulary | None = None) -> str:
    """What a coded value means; '' when no list knows it."""
    text = plain_text(value)
    for codes in _lists(type, attribute, extension):
        for code in codes:
            if code.value == text:
                return code.label
    return ""


def from_extension(schema: Mapping[str, Any]) -> Vocabulary:
    """The enumerations of a CityJSON extension schema; each value is its own label."""
    found: Vocabulary = {}
    for type, attributes in _attributes_by_type(schema):
        for attribute, rule in attributes.items():
            codes = _enumerated(_resolved(rule, schema))
            if codes:
                found[type, attribute] = codes
    return found


def told(facts: Mapping[str, Any]) -> Vocabulary:
    """The code lists that came with a layer's source, whatever the type of an object."""
    return {
        ("*", attribute): tuple(Code(value, text) for value, text in codes.items())
        for attribute, codes in facts.get(CODES, {}).items()
    }


def beside(source: Path) -> Vocabulary:
    """The enumerations of all extension schemas (`*.ext.json`) next to a source file."""
    found: Vocabulary = {}
    for path in sorted(source.parent.glob("*.ext.json")) if source.name else ():
        try:
            schema = orjson.loads(path.read_bytes())
        except (OSError, orjson.JSONDecodeError):
            continue  # a schema is a courtesy; the file it belongs to reads without it
        if isinstance(schema, dict):
            found.update(from_extension(schema))
    return found


def _lists(type: str, attribute: str, extension: Vocabulary | None) -> list[Codes]:
    found = []
    for vocabulary in (extension or {}, *_published()):
        for key in ((type, attribute), ("*", attribute)):
            if key in vocabulary:
                found.append(vocabulary[key])
    return found


@lru_cache(maxsize=1)
def _published() -> tuple[Vocabulary, ...]:
    return tuple(_read(FOLDER / name) for name in FILES)


def _read(path: Path) -> Vocabulary:
    found: Vocabulary = {}
    for item in orjson.loads(path.read_bytes())["lists"]:
        codes = tuple(Code(value, text) for value, text in item["codes"].items())
        found.update(((type, name), codes) for type in item["types"] for name in item["attributes"])
    return found


def _attributes_by_type(schema: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    yield from objects_in(schema.get("extraAttributes"))
    for type, rule in objects_in(schema.get("extraCityObjects")):
        for part in (rule, *(rule.get("allOf") or ())):
            properties = part.get("properties") if isinstance(part, dict) else None
            attributes = properties.get("attributes") if isinstance(properties, dict) else None
            if isinstance(attributes, dict) and isinstance(attributes.get("properties"), dict):
                yield type, attributes["properties"]


def _resolved(rule: object, schema: Mapping[str, Any]) -> object:
    """The rule that a `$ref` into the same schema points to."""
    for _ in range(MAX_REFERENCES):
        reference = rule.get("$ref") if isinstance(rule, dict) else None
        if not isinstance(reference, str) or not reference.startswith("#/"):
            break
        rule = schema
        for step in reference[2:].split("/"):
            rule = rule.get(step) if isinstance(rule, dict) else None
    return rule


def _enumerated(rule: object) -> Codes:
    values = rule.get("enum") if isinstance(rule, dict) else None
    if not isinstance(values, list):
        return ()
    return tuple(Code(plain_text(value), plain_text(value)) for value in values)
