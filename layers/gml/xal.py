"""Addresses as OASIS xAL: 2.0 in CityGML 1.0 and 2.0, 3.0 in CityGML 3.0."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from layers.gml.texts import escaped, items_of, spelt

XAL_2 = "urn:oasis:names:tc:ciq:xsdschema:xAL:2.0"
XAL_3 = "urn:oasis:names:tc:ciq:xal:3"
#: The parts that have an element of their own here; others become lines of free text.
PARTS = frozenset(
    ("Country", "AdministrativeArea", "Locality", "ThoroughfareName", "ThoroughfareNumber", "Postcode")
)
SUFFIX = "ThoroughfareNumberSuffix"  # in xAL 2.0 only


def xal(values: Mapping[str, Any], version: str, prefix: Callable[[str], tuple[str, str]]) -> str:
    """The parts of an address, named as in CityJSON, for a version of CityGML.

    `prefix` says how the elements of a namespace begin, and what must be declared for it.
    """
    begin, declared = prefix(XAL_3 if version == "3.0" else XAL_2)

    def element(name: str, *inner: str) -> str:
        text = "".join(inner)
        return f"<{begin}{name}>{text}</{begin}{name}>" if text else ""

    def text(name: str, key: str) -> str:
        return "".join(element(name, escaped(spelt(item))) for item in items_of(values.get(key)) if item)

    lines = "".join(
        element("AddressLine", escaped(spelt(item)))
        for key, value in values.items()
        if key not in PARTS and (key != SUFFIX or version == "3.0")
        for item in items_of(value)
        if item is not None
    )
    inner = _xal_3(element, text, lines) if version == "3.0" else _xal_2(element, text, lines)
    name = "Address" if version == "3.0" else "AddressDetails"
    return f"<{begin}{name}{declared}>{inner}</{begin}{name}>"


def _xal_2(element: Callable[..., str], text: Callable[[str, str], str], lines: str) -> str:
    street = element(
        "Thoroughfare",
        text("ThoroughfareNumber", "ThoroughfareNumber"),
        text(SUFFIX, SUFFIX),
        text("ThoroughfareName", "ThoroughfareName"),
    )
    town = element(
        "Locality",
        text("LocalityName", "Locality"),
        street,
        element("PostalCode", text("PostalCodeNumber", "Postcode")),
    )
    area = text("AdministrativeAreaName", "AdministrativeArea")
    inside = element("AdministrativeArea", area, town) if area else town
    return element("Country", lines, text("CountryName", "Country"), inside)


def _xal_3(element: Callable[..., str], text: Callable[[str, str], str], lines: str) -> str:
    return "".join(
        (
            element("FreeTextAddress", lines),
            element("Country", text("NameElement", "Country")),
            element("AdministrativeArea", text("NameElement", "AdministrativeArea")),
            element("Locality", text("NameElement", "Locality")),
            element(
                "Thoroughfare", text("NameElement", "ThoroughfareName"), text("Number", "ThoroughfareNumber")
            ),
            element("PostCode", text("Identifier", "Postcode")),
        )
    )
