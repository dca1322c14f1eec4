"""Geometries of CityJSON, many at a time: boundaries as text become lists of corners, rings, polygons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, Int32
from layers.nested import NotNested, nested
from layers.polygons import Polygons
from layers.runs import sums
from layers.semantics import Meant, type_codes
from layers.wearing import Dress, Forms, Wardrobe, Worn, dressed

Said = TypeVar("Said", Meant, Worn)


class BadGeometry(ValueError):
    """A geometry that does not follow CityJSON; says how."""


class Entry(NamedTuple):
    """What is known of one geometry besides its polygons."""

    object: int
    lod: int
    place: int  # in the object's list
    base: int  # its vertex 0 in the vertices of all
    limit: int  # how many vertices it may name
    outlined: bool


@dataclass(frozen=True)
class Part:
    """A batch as arrays."""

    corners: Int32
    rings: Int32  # corners of each ring
    polygon_rings: Int32
    types: Int32
    polygons: NDArray[np.int64]  # of each geometry
    entries: list[Entry]
    dress: Dress | None


@dataclass
class Batch:
    """Geometries with polygons, their boundaries as text."""

    entries: list[Entry] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)
    meant: list[Meant] = field(default_factory=list)
    worn: list[Worn] = field(default_factory=list)
    size: int = 0

    def halves(self) -> tuple[Batch, Batch]:
        """The first and the second half of it."""
        middle = len(self.entries) // 2
        meant, worn = _halves(self.meant, middle), _halves(self.worn, middle)
        return (
            Batch(self.entries[:middle], self.texts[:middle], meant[0], worn[0]),
            Batch(self.entries[middle:], self.texts[middle:], meant[1], worn[1]),
        )


def _halves(items: Sequence[Said], middle: int) -> tuple[list[Said], list[Said]]:
    """What is said of the first geometries of a batch, up to `middle`, and of the others."""
    first = [item for item in items if item.position < middle]
    return first, [item._replace(position=item.position - middle) for item in items[len(first) :]]


def flat_part(batch: Batch, wardrobe: Wardrobe) -> tuple[Part, list[int]]:
    """A batch as arrays, and the positions of geometries whose semantics cannot be used."""
    entries = batch.entries
    try:
        found = nested(b"[%s]" % b",".join(batch.texts), 6)
    except NotNested as error:
        raise BadGeometry(
            "its boundaries are not lists of vertex numbers, nested as its type asks"
        ) from error
    _all, solids, shells, polygons, polygon_rings, rings = found.counts
    if len(polygon_rings) and polygon_rings.min() == 0:
        raise BadGeometry("a surface has no ring")
    of_shells = sums(polygons, shells)
    counts = sums(of_shells, solids)
    corner_counts = sums(sums(rings, polygon_rings), counts)
    limit = np.repeat([entry.limit for entry in entries], corner_counts)
    corners = found.numbers
    wrong = (corners < 0) | (corners >= limit)
    if wrong.any():
        at = int(wrong.argmax())
        raise BadGeometry(f"vertex {corners[at]} does not exist, there are {limit[at]}")
    corners += np.repeat([entry.base for entry in entries], corner_counts)
    types, unusable = type_codes(batch.meant, counts)
    dress = dressed(batch.worn, Forms(counts, polygon_rings, rings), wardrobe)
    return Part(corners.astype(np.int32), rings, polygon_rings, types, counts, entries, dress), unusable


def placed(part: Part, corners: Float64, themes: int) -> Polygons:
    """A part with the coordinates of its corners; of one theme alone nothing is said twice."""
    entries, dress = part.entries, part.dress
    shown = slice(0, 1 if themes < 2 else 1 + themes)
    return Polygons(
        corners=corners,
        rings=part.rings,
        polygon_rings=part.polygon_rings,
        types=part.types,
        polygons=part.polygons,
        objects=np.array([entry.object for entry in entries], np.int32),
        lods=np.array([entry.lod for entry in entries], np.int32),
        places=np.array([entry.place for entry in entries], np.int32),
        outlined=np.array([entry.outlined for entry in entries], np.bool_),
        looks=None if dress is None else dress.looks[:, shown],
        uv=None if dress is None else dress.places[:, shown],
    )
