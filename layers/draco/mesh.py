"""A compressed mesh as triangles and the values of its points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from layers.draco.connectivity import Corners, Walk, connectivity, in_order
from layers.draco.entropy import Reader, coded_bits, symbols
from layers.draco.prediction import (
    CONSTRAINED,
    MOST_PARALLELOGRAMS,
    NONE,
    NORMAL,
    TEXTURE,
    Hints,
    restored,
    signed,
)
from layers.draco.traversal import walk
from layers.gltf.document import Unreadable
from layers.stored import Float64

Int64 = NDArray[np.int64]

_MAGIC, _MESH, _HAS_METADATA = b"DRACO", 1, 0x8000
_SEQUENTIAL, _EDGEBREAKER = 0, 1
#: How values are kept.
PLAIN, WHOLE, QUANTIZED, NORMALS = range(4)
_WRAP = 1
POSITION = 0  # what the role of places is called
_KINDS: Mapping[int, str] = MappingProxyType(
    {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "i8", 8: "u8", 9: "f4", 10: "f8", 11: "u1"}
)


@dataclass
class _Attribute:
    """An attribute while it is read."""

    id: int
    role: int
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
    try:
        return _decoded(Reader(data))
    except (ValueError, OverflowError, IndexError) as error:  # numbers that fit nothing
        raise Unreadable("its Draco stream is damaged") from error


def _decoded(reader: Reader) -> Decoded:
    if reader.take(5) != _MAGIC:
        raise Unreadable("its Draco stream does not begin as one")
    version = reader.number("B"), reader.number("B")
    kind, method, flags = reader.number("B"), reader.number("B"), reader.number("H")
    known = method in (_SEQUENTIAL, _EDGEBREAKER) and not flags & _HAS_METADATA
    if version != (2, 2) or kind != _MESH or not known:
        raise Unreadable(f"its Draco stream is of version {version[0]}.{version[1]}, kind {kind}.{method}")
    if method == _SEQUENTIAL:
        way = in_order(reader)
        attributes = [_described(reader) for _ in range(reader.number("B"))]
        for mine in attributes:
            _read_set(reader, mine, way, None)
        return _points([way] * len(attributes), attributes)
    walks, attributes = _attributes(reader, connectivity(reader))
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
        _read_set(reader, mine, way, _places(walks[0], attributes[0], way) if len(walks) > 1 else None)
    return walks, attributes


def _read_set(reader: Reader, mine: list[_Attribute], way: Walk, places: Int64 | None) -> None:
    """Read the values of a set of attributes; `places` are those of its values, as far as they are known."""
    for attribute in mine:
        _read_values(reader, attribute, way, places)
        if places is None and attribute.role == POSITION and attribute.whole.shape[1:] == (3,):
            places = attribute.whole
    for attribute in mine:
        _scale(reader, attribute)


def _places(first: Walk, attributes: list[_Attribute], way: Walk) -> Int64 | None:
    """(k, 3) whole numbers of the places at which the values of another walk are."""
    for attribute in attributes:
        if attribute.role == POSITION and attribute.whole.shape[1:] == (3,):
            return attribute.whole[first.value[way.corner]]
    return None


def _described(reader: Reader) -> list[_Attribute]:
    """What a set of attributes is."""
    found = []
    for _ in range(reader.varint()):
        role, kind, width, _normalized = (reader.number("B") for _ in range(4))
        if kind not in _KINDS or not width:
            raise Unreadable("its Draco stream is damaged")
        found.append(_Attribute(reader.varint(), role, _KINDS[kind], width))
    for attribute in found:
        attribute.coder = reader.number("B")
    return found


def _read_values(reader: Reader, attribute: _Attribute, way: Walk, places: Int64 | None) -> None:
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
        hints = _hints(reader, method)
        low, high = reader.number("i"), reader.number("i")
        attribute.whole = restored(method, signed(values), way, (low, high), hints, places)


def _hints(reader: Reader, method: int) -> Hints:
    """For each number of parallelograms, which of them foretell nothing; or which way images turn."""
    if method == TEXTURE:
        count = reader.number("i")
        if count < 0:
            raise Unreadable("its Draco stream is damaged")
        changes = ~coded_bits(reader.coded(), count)
        return (np.cumsum(changes) % 2 == 0,)
    if method != CONSTRAINED:
        return ()
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
    elif attribute.coder != PLAIN and attribute.whole.shape[1] != attribute.width:
        raise Unreadable("its Draco stream is damaged")
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
    if not walks or not walks[0].value.size:
        raise Unreadable("its Draco stream holds no triangles")
    # One number for each combination of values: several times faster to sort than columns.
    which = walks[0].value
    for way in walks[1:]:
        which = np.unique(which * (int(way.value.max()) + 1) + way.value, return_inverse=True)[1]
    _, first, which = np.unique(which, return_index=True, return_inverse=True)
    distinct = [way.value[first] for way in walks]
    values = {
        attribute.id: attribute.values[row]
        for row, mine in zip(distinct, attributes, strict=True)
        for attribute in mine
        if attribute.values is not None
    }
    return Decoded(which.reshape(-1, 3), values)
