"""A compressed mesh as triangles and the values of its points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from layers.draco.connectivity import Corners, connectivity
from layers.draco.entropy import Reader, coded_bits, symbols
from layers.draco.prediction import (
    CONSTRAINED,
    DIFFERENCE,
    MOST_PARALLELOGRAMS,
    NONE,
    NORMAL,
    PARALLELOGRAM,
    restored,
    signed,
)
from layers.draco.traversal import Walk, walk
from layers.gltf.document import Unreadable
from layers.stored import Float64

Int64 = NDArray[np.int64]

_MAGIC, _MESH, _EDGEBREAKER, _HAS_METADATA = b"DRACO", 1, 1, 0x8000
#: How values are kept.
PLAIN, WHOLE, QUANTIZED, NORMALS = range(4)
_WRAP = 1
_KINDS: Mapping[int, str] = MappingProxyType(
    {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "i8", 8: "u8", 9: "f4", 10: "f8", 11: "u1"}
)


@dataclass
class _Attribute:
    """An attribute while it is read."""

    id: int
    kind: str
    width: int
    coder: int = PLAIN
    whole: Int64 = field(default_factory=lambda: np.empty((0, 0), np.int64))
    values: Float64 | None = None


@dataclass(frozen=True)
class Decoded:
    """Triangles and values, of points that agree in everything."""

    triangles: Int64  # (m, 3)
    values: Mapping[int, Float64]  # (n, width) by the attribute's unique number


def decoded(data: bytes) -> Decoded:
    """The mesh in the bytes of a Draco stream; Unreadable says why there is none."""
    reader = Reader(data)
    if reader.take(5) != _MAGIC:
        raise Unreadable("its Draco stream does not begin as one")
    version = reader.number("B"), reader.number("B")
    kind, method, flags = reader.number("B"), reader.number("B"), reader.number("H")
    if version != (2, 2) or kind != _MESH or method != _EDGEBREAKER or flags & _HAS_METADATA:
        raise Unreadable(f"its Draco stream is of version {version[0]}.{version[1]}, kind {kind}.{method}")
    corners = connectivity(reader)
    walks, attributes = _attributes(reader, corners)
    return _points(walks, attributes)


def _attributes(reader: Reader, corners: Corners) -> tuple[list[Walk], list[list[_Attribute]]]:
    """The attributes set by set, and how the values of each set lie on the corners."""
    sets = [(reader.number("b"), reader.number("B"), reader.number("B")) for _ in range(reader.number("B"))]
    attributes = [_described(reader) for _ in sets]
    walks = []
    for (number, is_cut, method), mine in zip(sets, attributes, strict=True):
        if number >= len(corners.seams):
            raise Unreadable("its Draco stream is damaged")
        seam = corners.seams[number] if is_cut and number >= 0 else None
        way = walk(corners, seam, method)
        walks.append(way)
        for attribute in mine:
            _read_values(reader, attribute, way)
        for attribute in mine:
            _scale(reader, attribute)
    return walks, attributes


def _described(reader: Reader) -> list[_Attribute]:
    """What a set of attributes is."""
    found = []
    for _ in range(reader.varint()):
        _role, kind, width, _normalized = (reader.number("B") for _ in range(4))
        if kind not in _KINDS or not width:
            raise Unreadable("its Draco stream is damaged")
        found.append(_Attribute(reader.varint(), _KINDS[kind], width))
    for attribute in found:
        attribute.coder = reader.number("B")
    return found


def _read_values(reader: Reader, attribute: _Attribute, way: Walk) -> None:
    """Read the values of an attribute, as whole numbers where they are kept so."""
    count = len(way.corner)
    if attribute.coder == PLAIN:
        kind = np.dtype(attribute.kind).newbyteorder("<")
        raw = reader.take(count * attribute.width * kind.itemsize)
        attribute.values = np.frombuffer(raw, kind).reshape(count, -1).astype(np.float64)
        return
    width = 2 if attribute.coder == NORMALS else attribute.width
    method = reader.number("b")
    if method != NONE:
        transform = reader.number("b")
    if reader.number("B"):
        values = symbols(reader, count * width, width)
    else:
        size = reader.number("B")
        raw_bytes = reader.array(count * width * size).reshape(-1, size).astype(np.int64)
        values = (raw_bytes << (8 * np.arange(size))).sum(axis=1)
    values = values.reshape(count, width)
    if method == NONE:
        attribute.whole = signed(values)
    elif method == NORMAL or transform != _WRAP:
        _skip_normals(reader, method)  # normals are told from the triangles again
    else:
        creases = _creases(reader) if method == CONSTRAINED else ()
        if method not in (DIFFERENCE, PARALLELOGRAM, CONSTRAINED):
            raise Unreadable("its Draco stream foretells values in a way that is not read")
        low, high = reader.number("i"), reader.number("i")
        attribute.whole = restored(method, signed(values), way, low, high, creases)


def _creases(reader: Reader) -> tuple[NDArray[np.bool_], ...]:
    """For each number of parallelograms, which of them foretell nothing."""
    found = []
    for _ in range(MOST_PARALLELOGRAMS):
        count = reader.varint()
        found.append(coded_bits(reader.coded(), count) if count else np.zeros(0, np.bool_))
    return tuple(found)


def _skip_normals(reader: Reader, method: int) -> None:
    """Pass over what the prediction of normals needs."""
    reader.take(8)  # the largest value and the middle one
    if method == NORMAL:
        reader.coded()


def _scale(reader: Reader, attribute: _Attribute) -> None:
    """Whole numbers as what they stand for."""
    if attribute.coder == NORMALS:
        reader.take(1)
    elif attribute.coder == QUANTIZED:
        low = np.array([reader.number("f") for _ in range(attribute.width)])
        span, bits = reader.number("f"), reader.number("B")
        if not 1 <= bits <= 31:
            raise Unreadable("its Draco stream is damaged")
        attribute.values = attribute.whole * (span / ((1 << bits) - 1)) + low
    elif attribute.coder == WHOLE:
        attribute.values = attribute.whole.astype(np.float64)


def _points(walks: list[Walk], attributes: list[list[_Attribute]]) -> Decoded:
    """Points that agree in all attributes, and the triangles between them."""
    columns = np.stack([way.value for way in walks])
    distinct, which = np.unique(columns, axis=1, return_inverse=True)
    values = {
        attribute.id: attribute.values[row]
        for row, mine in zip(distinct, attributes, strict=True)
        for attribute in mine
        if attribute.values is not None
    }
    return Decoded(which.reshape(-1, 3), values)
