"""Objects and their attributes as a property table (EXT_structural_metadata) of a glTF file.

https://github.com/CesiumGS/glTF/tree/3d-tiles-next/extensions/2.0/Vendor/EXT_structural_metadata
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from layers.columns import Column, encoded
from layers.project import Project
from layers.records import Layer
from layers.runs import Int64, starts
from layers.writers._glb import Glb

EXTENSION = "EXT_structural_metadata"
#: What an object itself has, before its attributes.
OWN = ("id", "type", "parent", "valid_from", "valid_to")
#: Values that may stand for "none" of numbers and of texts; the first that no object has is taken.
NO_NUMBERS = (-9999.0, -99999.0, -1e30, -1e300)
NO_TEXTS = ("", "null", "none", "\u2400")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_]")
INT32 = np.iinfo(np.int32)

Property = tuple[dict[str, Any], dict[str, Any]]


class Tables:
    """The property tables of one file."""

    def __init__(self, glb: Glb) -> None:
        self._glb = glb
        self._classes: dict[str, Any] = {}
        self._tables: list[dict[str, Any]] = []

    def add(self, name: str, count: int, columns: Iterable[tuple[str, Column]]) -> int:
        """A table with a row for each of so many things; gives its number."""
        described: dict[str, Any] = {}
        held: dict[str, Any] = {}
        for title, column in columns:
            key = _key(title, described)
            described[key], held[key] = self._property(column)
            if title != key:
                described[key]["name"] = title
            if title == OWN[0]:
                described[key]["semantic"] = "ID"
        self._classes[name] = {"properties": described}
        self._tables.append({"name": name, "class": name, "count": count, "properties": held})
        schema = {"id": "citystrata", "classes": self._classes}
        self._glb.use(EXTENSION, {"schema": schema, "propertyTables": self._tables})
        return len(self._tables) - 1

    def _property(self, column: Column) -> Property:
        """How a column is described, and where its values are."""
        numbers, has_others = column.numbers, column.codes is not None and bool((column.codes >= 0).any())
        if numbers is not None and not has_others:
            return self._numbers(numbers, column.whole)
        values = column.tolist()
        if numbers is None and all(isinstance(value, bool) for value in values):
            bits = np.packbits(np.array(values, np.bool_), bitorder="little")
            return {"type": "BOOLEAN", "required": True}, {"values": self._glb.view(bits)}
        return self._texts(values)

    def _numbers(self, numbers: NDArray[np.float64], whole: NDArray[np.bool_] | None) -> Property:
        """Whole numbers of 32 or 64 bits, or decimal ones."""
        missing = np.isnan(numbers)
        is_whole = whole is not None and bool((whole | missing).all())
        described: dict[str, Any] = {"type": "SCALAR"}
        if missing.any():
            free = [value for value in NO_NUMBERS if not (numbers == value).any()]
            absent = free[0] if free else float(np.nextafter(np.nanmin(numbers), -np.inf))
            is_whole &= absent > INT32.min
            described["noData"] = int(absent) if is_whole else absent
            numbers = np.where(missing, absent, numbers)
        else:
            described["required"] = True
        kind, code = "FLOAT64", "<f8"
        if is_whole:
            fits = bool((numbers >= INT32.min).all() and (numbers <= INT32.max).all())
            kind, code = ("INT32", "<i4") if fits else ("INT64", "<i8")
        return {**described, "componentType": kind}, {"values": self._glb.view(numbers.astype(code))}

    def _texts(self, values: Sequence[Any]) -> Property:
        texts = [None if value is None else text_of(value) for value in values]
        described: dict[str, Any] = {"type": "STRING"}
        if None in texts:
            held = {text for text in texts if text is not None}
            unheard_of = "".join(NO_TEXTS) + max(held, key=len, default="")
            described["noData"] = next((text for text in NO_TEXTS if text not in held), unheard_of)
        written = [(described.get("noData", "") if text is None else text).encode() for text in texts]
        ends = starts(np.fromiter(map(len, written), np.int64, len(written)))
        where = {
            # A view of no bytes is none: a single byte that nobody points to takes its place.
            "values": self._glb.view(b"".join(written) or b"\0"),
            "stringOffsets": self._glb.view(ends.astype("<u4")),
        }
        return described, where


def object_columns(
    project: Project, layer: Layer, rows: Int64, lods: Sequence[str]
) -> Iterable[tuple[str, Column]]:
    """What is known of the objects at some positions of a layer, and the LoD that each is written in."""
    for name in (*OWN, *project.attribute_types(layer)):
        column = _of(project.values(layer, name), rows)
        if name in OWN[:2] or not bool(column.is_none.all()):
            yield name, column
        if name == OWN[-1] and any(lods):
            yield "lod", encoded([lod or None for lod in lods])


def _of(column: Column, rows: Int64) -> Column:
    """The values of some objects alone: those of all others need not be decoded."""
    return column.taken(rows) if column.codes is None else encoded(column[rows])


def text_of(value: Any) -> str:
    """A value as text: texts as they are, all else as JSON."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _key(title: str, taken: dict[str, Any]) -> str:
    """The name of a property as schemas allow it, unlike all that are taken."""
    plain = _NOT_PLAIN.sub("_", title) or "_"
    plain = f"_{plain}" if plain[0].isdigit() else plain
    found, number = plain, 2
    while found in taken:
        found, number = f"{plain}_{number}", number + 1
    return found
