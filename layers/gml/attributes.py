"""What the properties of a city object in GML say as attributes: plain ones, generic ones, nested ones.

    <bldg:measuredHeight uom="#m">12.5</…>                       "measuredHeight": 12.5
    <con:height><con:Height>…<con:value>12.5</…>                 "measuredHeight": 12.5
    <gen:stringAttribute name="Owner"><gen:value>City</…>        "Owner": "City"
    <genericAttribute><gen:StringAttribute><gen:name>Owner</…>   "Owner": "City"
    <uro:buildingIDAttribute><uro:BuildingIDAttribute>…          "buildingIDAttribute": {"city": "14201", …}
    <bldg:address><Address>…                                     "address": [{"Locality": "Selfkant", …}]

Names are those of CityJSON 2.0, where it has the attribute. What is repeated becomes a list. Units of
measure and the code lists of codes stay in the source. `parts_of` and `text_of` tell which elements a
value is made of, so that `layers.gml.patch` finds the text behind it again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator
from enum import Enum, auto
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from layers.gml.names import XLINK_HREF, in_gml, is_object_like, module, once, split
from layers.gml.numbers import value_of

if TYPE_CHECKING:
    from lxml.etree import _Element

HEIGHT = "measuredHeight"
ADDRESS = "address"
GENERIC_SET = "genericAttributeSet"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
#: Plain properties that are whole numbers, lists of measures, and measures that may lack their unit.
INTEGERS = frozenset(
    ("storeysAboveGround", "storeysBelowGround", "yearOfConstruction", "yearOfDemolition", "lod")
)
MEASURE_LISTS = frozenset(("storeyHeightsAboveGround", "storeyHeightsBelowGround"))
MEASURES = frozenset((HEIGHT, "averageHeight", "height", "trunkDiameter", "crownDiameter"))
_TRUTH = {"true": True, "false": False}
#: What CityGML says is true or false, besides what is called "is…".
_TRUTHS = frozenset(("clonePredecessor",))
#: What the parts of an address (xAL 2.0 and 3.0) are called in CityJSON.
ADDRESS_NAMES = {
    "CountryName": "Country",
    "LocalityName": "Locality",
    "AdministrativeAreaName": "AdministrativeArea",
    "PostalCodeNumber": "Postcode",
    "PostCode": "Postcode",
    "Thoroughfare": "ThoroughfareName",
    "Number": "ThoroughfareNumber",
}
#: Elements of an address whose name says nothing; that of the element around them does.
_NAMELESS = frozenset(("NameElement", "Identifier"))
#: Generic attributes of CityGML 1.0 and 2.0 ("stringAttribute") and of 3.0 ("StringAttribute").
_GENERIC = re.compile(
    r"(string|int|double|date|uri|measure|code)Attribute|genericAttributeSet", re.IGNORECASE
)
_INTEGER = re.compile(r"[+-]?\d{1,18}")
_LOD = re.compile(r"lod\d")
_WHOLE = "intattribute"
_DECIMALS = frozenset(("doubleattribute", "measureattribute", "height"))


def tag_of(element: _Element) -> str:
    """The tag of an element, which is text: comments and instructions are not in what was parsed."""
    return cast(str, element.tag)


class Form(Enum):
    """How a property holds its value."""

    PLAIN = auto()
    GENERIC = auto()  # of CityGML 1.0 and 2.0: its name is an XML attribute
    WRAPPED = auto()  # of CityGML 3.0: name and value are elements
    HEIGHT = auto()  # of CityGML 3.0
    ADDRESS = auto()


@once
def form_of(tag: str) -> Form:
    """How the properties of this element hold their value."""
    name = split(tag)[1]
    if name == "genericAttribute":
        return Form.WRAPPED
    if module(tag) == "generics" and _GENERIC.fullmatch(name) and not is_object_like(tag):
        return Form.GENERIC
    if name == "height" and module(tag) == "construction":
        return Form.HEIGHT
    return Form.ADDRESS if name == ADDRESS else Form.PLAIN


def attributes_of(properties: Iterable[_Element]) -> dict[str, Any]:
    """The attributes that some properties of one thing say."""
    found: dict[str, Any] = {}
    for element in properties:
        add(found, element)
    return found


def add(attributes: dict[str, Any], element: _Element) -> None:
    """Put what one property of a thing says to its attributes; one that came before makes a list of them."""
    key, value = said(element, attributes)
    if key in attributes or key == ADDRESS:
        put(attributes, key, value)
    else:
        attributes[key] = value


def put(attributes: dict[str, Any], key: str, value: Any) -> None:
    """Put a value to those of its name."""
    if key not in attributes:
        attributes[key] = [value] if key == ADDRESS else value
    elif not isinstance(attributes[key], list):
        attributes[key] = [attributes[key], value]
    elif isinstance(value, list):
        attributes[key] = [*attributes[key], *value]
    else:
        attributes[key].append(value)


def said(element: _Element, before: Container[str] = ()) -> tuple[str, Any]:
    """Name and value of the attribute that a property says; `before` are names its thing has already."""
    tag = element.tag
    form = form_of(tag)
    if form is Form.PLAIN:
        key = split(tag)[1]
        return key, _nested(element) if len(element) else _plain(element)
    if form is Form.GENERIC and len(element) == 1 and split(element[0].tag)[1] == "value":
        return element.get("name") or split(tag)[1], _typed(element[0], kind_of(tag))
    key = key_of(element, before)
    text = text_of(element, key)
    if text is None:
        return key, _nested(element)
    if form is Form.ADDRESS:
        return key, _plain(text)
    around = element if form is Form.GENERIC else text.getparent()
    return key, _typed(text, "" if around is None else kind_of(around.tag))


def key_of(element: _Element, before: Container[str] = ()) -> str:
    """The name of the attribute that a property says."""
    form = form_of(element.tag)
    if form is Form.GENERIC:
        return element.get("name") or split(element.tag)[1]
    if form is Form.WRAPPED:
        name = _child(element[0], "name") if len(element) else None
        return ((name.text or "").strip() if name is not None else "") or split(element.tag)[1]
    if form is Form.HEIGHT and HEIGHT not in before and element.find("{*}Height/{*}value") is not None:
        return HEIGHT
    return split(element.tag)[1]


def text_of(element: _Element, key: str) -> _Element | None:
    """The element whose text is the value of a property; None when the value is nested."""
    form = form_of(element.tag)
    if form is Form.GENERIC:
        return _child(element, "value")
    if form is Form.WRAPPED:
        return _child(element[0], "value") if len(element) else None
    if form is Form.HEIGHT and key == HEIGHT:
        return element.find("{*}Height/{*}value")
    return None if len(element) or form is Form.ADDRESS else element


def _child(element: _Element, name: str) -> _Element | None:
    """The first element of that name in another, in whatever name space; several times as fast as `find`."""
    for part in element:
        if split(part.tag)[1] == name:
            return part
    return None


def _plain(element: _Element) -> Any:
    """The value of a property without elements in it."""
    text = (element.text or "").strip()
    if not text:
        return None if element.get(NIL) in ("true", "1") else element.get(XLINK_HREF, "")
    convert = conversion(tag_of(element), element.get("uom") is not None)
    return text if convert is None else convert(text)


def conversion(tag: str, has_unit: bool) -> Callable[[str], Any] | None:
    """What makes a value of the text of a property with this tag; None where the text is the value."""
    name = split(tag)[1]
    if name in INTEGERS:
        return _whole
    if name in MEASURE_LISTS:
        return _decimals
    if name in MEASURES or has_unit:
        return _decimal
    return None if _is_text(tag) else _truth


@once
def _is_text(tag: str) -> bool:
    """Whether a property says a text even if that is "true": nearly all of CityGML, GML and addresses."""
    namespace, name = split(tag)
    if in_gml(tag) or ":xal:" in namespace.lower():
        return True
    return bool(module(tag)) and not name.startswith("is") and name not in _TRUTHS


@lru_cache(maxsize=4096)
def _whole(text: str) -> int | str:
    return int(text) if _INTEGER.fullmatch(text) else text


@lru_cache(maxsize=4096)
def _decimal(text: str) -> float | str:
    number = value_of(text)
    return text if number is None else number


def _decimals(text: str) -> list[float | None] | str:
    numbers = [value_of(word) for word in text.split()]
    return text if None in numbers or not numbers else numbers


def _truth(text: str) -> bool | str:
    return _TRUTH.get(text, text)


def _typed(element: _Element, kind: str) -> Any:
    """The value of a generic attribute, or of a height, by the type of what it stands in."""
    text = (element.text or "").strip()
    convert = typed_conversion(kind)
    return text if convert is None else convert(text)


def typed_conversion(kind: str) -> Callable[[str], Any] | None:
    """What makes a value of a text in an attribute of this kind; None where the text is the value."""
    if kind == _WHOLE:
        return _whole
    return _decimal if kind in _DECIMALS else None


@once
def kind_of(tag: str) -> str:
    """What a generic attribute is called in every version."""
    return split(tag)[1].lower()


def _nested(element: _Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if form_of(tag_of(element)) is Form.ADDRESS:
        if element.get(XLINK_HREF):
            found["href"] = element.get(XLINK_HREF)
        for key, part in parts_of(element):
            put(found, key, _plain(part))
        return found
    for key, part in parts_of(element):
        put(found, key, said(part, found)[1])
    return found


def parts_of(element: _Element) -> list[tuple[str, _Element]]:
    """The names and elements of what a nested value is made of; shapes are left out."""
    form = form_of(tag_of(element))
    if form is Form.ADDRESS:
        return list(_address_parts(element))
    holder = holder_of(element)
    if form is Form.WRAPPED:
        return _keyed(part for part in holder if form_of(tag_of(part)) is Form.WRAPPED)
    return _keyed(part for part in holder if not is_shape(part))


def holder_of(element: _Element) -> _Element:
    """The element in which the parts of a nested value stand: a data type that is called as its property."""
    if len(element) != 1 or not is_object_like(tag_of(element[0])):
        return element
    if form_of(tag_of(element)) is Form.WRAPPED:
        return element[0]
    called_alike = split(tag_of(element[0]))[1].lower() == split(tag_of(element))[1].lower()
    return element[0] if called_alike else element


def _keyed(parts: Iterable[_Element]) -> list[tuple[str, _Element]]:
    found: list[tuple[str, _Element]] = []
    before: set[str] = set()
    for part in parts:
        found.append((key_of(part, before), part))
        before.add(found[-1][0])
    return found


def is_shape(element: _Element) -> bool:
    """Whether a property of a data type holds a geometry."""
    if not len(element):
        return False
    first = tag_of(element[0])
    return (in_gml(first) and is_object_like(first)) or _LOD.match(split(tag_of(element))[1]) is not None


def _address_parts(element: _Element) -> Iterator[tuple[str, _Element]]:
    """The texts in an address by their CityJSON names."""
    for part in element:
        if is_shape(part):
            continue
        if len(part):
            yield from _address_parts(part)
        elif part.text and part.text.strip():
            name = split(tag_of(part))[1]
            if name in _NAMELESS:
                name = split(tag_of(element))[1]
            yield ADDRESS_NAMES.get(name, name), part
