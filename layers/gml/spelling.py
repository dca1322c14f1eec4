"""New properties of a city object as GML: how values are spelt, which element holds them, where it stands.

The order of properties is that of the schemas (OGC 08-007r1, 12-019, 20-010): an attribute that the
class has becomes its own element, any other a generic attribute.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from layers.gml.attributes import ADDRESS, GENERIC_SET, HEIGHT, MEASURE_LISTS, tag_of
from layers.gml.names import CITYGML, GML, module, split
from layers.gml.texts import element_name, escaped, items_of, quoted, spelt
from layers.gml.xal import xal
from layers.words import words

if TYPE_CHECKING:
    from lxml.etree import _Element

_DATE = re.compile(r"\d{4}-\d\d-\d\d")

_GML_ORDER = words("metaDataProperty description descriptionReference identifier name boundedBy location")
_CORE_ORDER = words(
    "creationDate terminationDate validFrom validTo externalReference generalizesTo relativeToTerrain "
    "relativeToWater relatedTo appearance genericAttribute dynamizer"
)
_CON_ORDER = words(
    "conditionOfConstruction dateOfConstruction dateOfDemolition constructionEvent elevation height occupancy"
)
_OWN_ORDER = words(
    "class function usage yearOfConstruction yearOfDemolition roofType measuredHeight storeysAboveGround "
    "storeysBelowGround storeyHeightsAboveGround storeyHeightsBelowGround"
)
_CORE, _SPACE, _CON, _OWN, _LAST = 100, 200, 300, 400, 500  # how the groups follow one another
_GENERIC = _CORE + _CORE_ORDER.index("genericAttribute")
_BUILDINGS = frozenset(("Building", "BuildingPart"))
#: What CityGML 3.0 demands to be said of each height.
_HEIGHT_3 = (
    "<{p}height{declared}><{p}Height><{p}highReference>highestRoofEdge</{p}highReference>"
    "<{p}lowReference>lowestGroundPoint</{p}lowReference><{p}status>estimated</{p}status>"
    '<{p}value uom="m">{value}</{p}value></{p}Height></{p}height>'
)


def kind_of(value: Any) -> str:
    """The type of generic attribute that holds a value."""
    if isinstance(value, bool):
        return "string"
    if isinstance(value, int | float):
        return "int" if isinstance(value, int) else "double"
    if isinstance(value, str) and _DATE.fullmatch(value):
        return "date"
    return "uri" if isinstance(value, str) and value.startswith(("http://", "https://")) else "string"


def rank(tag: str) -> int:
    """Where the properties of this element stand among those of their thing."""
    where, name = module(tag), split(tag)[1]
    if split(tag)[0] in GML:
        return _GML_ORDER.index(name) if name in _GML_ORDER else len(_GML_ORDER)
    if where in ("generics", "appearance") and not name.startswith("lod"):
        return _GENERIC
    if where == "core":
        return _CORE + _CORE_ORDER.index(name) if name in _CORE_ORDER else _SPACE
    if where == "construction":
        return _CON + _CON_ORDER.index(name) if name in _CON_ORDER else _SPACE
    return _OWN + _OWN_ORDER.index(name) if where and name in _OWN_ORDER else _LAST


@dataclass(frozen=True)
class Speller:
    """Writes new properties of one thing, in its version of CityGML and with the prefixes known there."""

    thing: _Element

    @property
    def version(self) -> str:
        """The version of CityGML, as its namespaces end."""
        for namespace in (split(tag_of(self.thing))[0], *self.thing.nsmap.values()):
            if str(namespace).startswith(CITYGML):
                return str(namespace).rpartition("/")[2]
        return "2.0"

    def prefix(self, namespace: str) -> tuple[str, str]:
        """How the elements of a namespace begin there, and what must be declared for it."""
        for prefix, known in self.thing.nsmap.items():
            if known == namespace:
                return (f"{prefix}:" if prefix else ""), ""
        name = "xAL" if ":xal:" in namespace.lower() else namespace.rstrip("/").split("/")[-2]
        return f"{name}:", f" xmlns:{name}={quoted(namespace)}"

    @property
    def core(self) -> str:
        """The namespace of the core module."""
        return f"{CITYGML}{self.version}"

    def of(self, name: str) -> str:
        """The namespace of a module."""
        return f"{CITYGML}{name}/{self.version}"

    def properties(self, key: str, value: Any) -> tuple[str, int]:
        """The elements that say an attribute which the thing does not have yet, and their rank."""
        is_address = key == ADDRESS and module(tag_of(self.thing)) in ("building", "bridge")
        if is_address and isinstance(value, list) and all(isinstance(item, dict) for item in value):
            return "".join(map(self.address, value)), _LAST
        namespace = self._namespace_of(key, value)
        if namespace is None:
            return "".join(self.generic(key, item) for item in items_of(value)), _GENERIC
        prefix, declared = self.prefix(namespace)
        place = rank(f"{{{namespace}}}{key}")
        if key == HEIGHT and self.version == "3.0":
            text = _HEIGHT_3.format(p=prefix, declared=declared, value=escaped(spelt(value)))
            return text, rank(f"{{{namespace}}}height")
        unit = ' uom="m"' if key == HEIGHT or key in MEASURE_LISTS else ""
        return f"<{prefix}{key}{declared}{unit}>{escaped(spelt(value))}</{prefix}{key}>", place

    def _namespace_of(self, key: str, value: Any) -> str | None:
        """The namespace of the element that the schema has for an attribute of the thing, if any."""
        own, name = split(tag_of(self.thing))
        where = module(tag_of(self.thing))
        if isinstance(value, dict) or (isinstance(value, list) and key not in MEASURE_LISTS) or not where:
            return None
        if key in ("name", "description"):
            return next((known for known in self.thing.nsmap.values() if known in GML), None)
        if key in ("creationDate", "terminationDate"):
            return self.core
        if key in ("class", "function", "usage"):
            return None if where in ("core", "relief", "versioning") else own
        if where != "building" or name not in _BUILDINGS:
            return None
        if self.version == "3.0" and key in (HEIGHT, "dateOfConstruction", "dateOfDemolition"):
            return self.of("construction") if key != HEIGHT or kind_of(value) in ("int", "double") else None
        return own if key in _OWN_ORDER and self._fits(key, value) else None

    def _fits(self, key: str, value: Any) -> bool:
        """Whether the schema has the attribute for such a value."""
        if key.startswith("yearOf"):
            return self.version != "3.0" and kind_of(value) == "int"
        if key in MEASURE_LISTS:
            return isinstance(value, list) and all(kind_of(item) in ("int", "double") for item in value)
        if key == "roofType":
            return isinstance(value, str)
        return kind_of(value) == "int" or (key == HEIGHT and kind_of(value) == "double")

    def generic(self, key: str, value: Any, in_set: bool = False) -> str:
        """A generic attribute, or a set of them, which CityGML has since 2.0."""
        prefix, declared = self.prefix(self.of("generics"))
        declared = "" if in_set else declared
        if isinstance(value, dict) and self.version != "1.0":
            kind = GENERIC_SET
            inner = "".join(
                self.generic(name, item, in_set=True)
                for name, part in value.items()
                for item in items_of(part)
            )
        else:
            kind = f"{kind_of(value)}Attribute"
            inner = f"<{prefix}value>{escaped(spelt(value))}</{prefix}value>"
        if self.version != "3.0":
            return f"<{prefix}{kind}{declared} name={quoted(key)}>{inner}</{prefix}{kind}>"
        # In a set it stands in a property of the generics module, elsewhere in one of the core.
        around = prefix if in_set else self.prefix(self.core)[0]
        thing = kind[0].upper() + kind[1:]
        name = f"<{prefix}name>{escaped(key)}</{prefix}name>"
        return (
            f"<{around}genericAttribute{declared}><{prefix}{thing}>{name}{inner}</{prefix}{thing}>"
            f"</{around}genericAttribute>"
        )

    def plain(self, like: bytes, key: str, value: Any) -> str:
        """A part of a nested value, with the prefix of a name that stands there."""
        prefix = like.decode("ascii", "replace").rpartition(":")[0]
        name = f"{prefix}:{element_name(key)}" if prefix else element_name(key)
        if isinstance(value, dict):
            inner = "".join(
                self.plain(like, part, item) for part, found in value.items() for item in items_of(found)
            )
        else:
            inner = escaped(spelt(value))
        return f"<{name}>{inner}</{name}>"

    def address(self, values: Mapping[str, Any]) -> str:
        """A new address."""
        prefix, declared = self.prefix(split(tag_of(self.thing))[0])
        core, _ = self.prefix(self.core)
        return (
            f"<{prefix}{ADDRESS}{declared}><{core}Address><{core}xalAddress>{self.xal(values)}"
            f"</{core}xalAddress></{core}Address></{prefix}{ADDRESS}>"
        )

    def xal(self, values: Mapping[str, Any]) -> str:
        """The parts of an address as xAL."""
        return xal(values, self.version, self.prefix)
