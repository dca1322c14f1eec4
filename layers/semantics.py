"""Semantic surfaces of CityJSON geometries: the type of every polygon, for many geometries at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from layers.arrays import Int32
from layers.nested import Nested, NotNested, nested
from layers.runs import sums

flat = chain.from_iterable

#: Most files say the same few lists of surfaces again and again; files that do not are not hoarded.
MOST_KNOWN = 4096
MALFORMED = (TypeError, ValueError, KeyError, AttributeError, IndexError)


class Surfaces(NamedTuple):
    """One list of surfaces: the code of each one's type, and how many there are of each type."""

    codes: list[int]
    counts: dict[str, int]


class Meant(NamedTuple):
    """The semantics of one geometry of a batch, its lists still text."""

    position: int  # in the batch
    depth: int  # list levels above the polygons
    surfaces: Surfaces
    values: bytes
    boundaries: bytes


class SurfaceTypes:
    """The names of surface types that were met; code 0 is "no type"."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {"": 0}
        self._known: dict[bytes, Surfaces] = {}

    def surfaces(self, text: bytes) -> Surfaces:
        """What a list of semantic surfaces says."""
        found = self._known.get(text)
        if found is None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            found = self._known[text] = self._surfaces(text)
        return found

    def _surfaces(self, text: bytes) -> Surfaces:
        types = [str(surface["type"]) for surface in orjson.loads(text) or ()]
        counts: dict[str, int] = {}
        for name in types:
            counts[name] = counts.get(name, 0) + 1
        return Surfaces([self.names.setdefault(name, len(self.names)) for name in types], counts)


def type_codes(meant: Sequence[Meant], polygons: NDArray[np.int64]) -> tuple[Int32, list[int]]:
    """The type code of every polygon of a batch, and which geometries' semantics cannot be used.

    `polygons` says how many each geometry of the batch has, with or without semantics.
    """
    codes = np.zeros(int(polygons.sum()), np.int32)
    if not meant:
        return codes, []
    positions = np.array([item.position for item in meant])
    try:
        found = _codes_at_once(meant, polygons[positions])
    except NotNested:
        return codes, _one_by_one(codes, meant, polygons)
    has = np.zeros(len(polygons), np.bool_)
    has[positions] = True
    codes[np.repeat(has, polygons)] = found
    return codes, []


def _codes_at_once(meant: Sequence[Meant], wanted: NDArray[np.int64]) -> Int32:
    text = b",".join([WRAP[item.depth] % item.values for item in meant])
    if b"-" in text:
        raise NotNested("a value is negative")
    found = nested(b"[%s]" % text.replace(b"null", b"-1"), 4)
    if not np.array_equal(_leaves(found), wanted):
        raise NotNested("the values are not as many as the polygons")
    sizes = np.array([len(item.surfaces.codes) for item in meant])
    if (found.numbers >= np.repeat(sizes, wanted)).any():
        raise NotNested("a value names no surface")
    # A zero stands before the first code, where the null of a later geometry may point, too.
    codes = np.array([0, *flat(item.surfaces.codes for item in meant)], np.int32)
    at = found.numbers + np.repeat(np.cumsum(sizes) - sizes + 1, wanted)
    at[found.numbers < 0] = 0
    of_polygons: Int32 = codes[at]
    return of_polygons


#: Values of geometries whose polygons lie under 0, 1 and 2 levels of lists, all brought to 2.
WRAP = (b"[[%s]]", b"[%s]", b"%s")


def _leaves(found: Nested) -> NDArray[np.int64]:
    """How many numbers the lists of the second level hold, lists within them included."""
    return sums(sums(found.counts[3], found.counts[2]), found.counts[1])


def _one_by_one(codes: Int32, meant: Sequence[Meant], polygons: NDArray[np.int64]) -> list[int]:
    """Fill `codes` where nulls stand for whole shells; gives the geometries that are beyond that."""
    ends = np.cumsum(polygons)
    wrong = []
    for item in meant:
        end, count = int(ends[item.position]), int(polygons[item.position])
        try:
            codes[end - count : end] = _codes_of(item, count)
        except MALFORMED:
            wrong.append(item.position)
    return wrong


def _codes_of(item: Meant, count: int) -> list[int]:
    codes = dict(enumerate(item.surfaces.codes))
    values = surface_of_polygons(item.values, item.boundaries, item.depth)
    if len(values) != count:
        raise ValueError("the values are not as many as the polygons")
    return [0 if value is None else codes[value] for value in values]


def surface_of_polygons(values_text: bytes, boundaries_text: bytes, depth: int) -> list[int | None]:
    """Per polygon of a geometry, which of its semantic surfaces it is of; one of MALFORMED where unclear."""
    values, boundaries = orjson.loads(values_text), orjson.loads(boundaries_text)
    for _ in range(depth):
        values = list(flat(_whole(values, boundaries)))
        boundaries = list(flat(boundaries))
    return list(values)


def _whole(values: list[Any], boundaries: list[Any]) -> list[Any]:
    """Values with every null that stands for a whole shell or solid written out."""
    if len(values) != len(boundaries):
        raise ValueError("the values are not nested as the boundaries are")
    return [[None] * len(b) if v is None else v for v, b in zip(values, boundaries, strict=True)]
