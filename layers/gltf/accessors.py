"""Accessors as arrays: strided, normalised, sparse; never larger than the bytes they stand on."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.gltf.document import Accessor, Document, Unreadable

COMPONENTS: Mapping[int, type[np.generic]] = MappingProxyType(
    {
        5120: np.int8,
        5121: np.uint8,
        5122: np.int16,
        5123: np.uint16,
        5124: np.int32,
        5125: np.uint32,
        5126: np.float32,
        5130: np.float64,
    }
)
WIDTHS: Mapping[str, int] = MappingProxyType(
    {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
)
#: Most values of an accessor that stands on no bytes at all.
MOST_EMPTY = 1_000_000


def array(document: Document, number: int, width: int | None = None) -> NDArray[Any]:
    """(count, width) values as stored, or as fractions where they are normalised."""
    accessor: Accessor = document.item(document.gltf.accessors, number, "accessor")
    kind = COMPONENTS.get(accessor.componentType)
    found_width = WIDTHS.get(accessor.type)
    if kind is None or found_width is None or accessor.count < 0:
        raise Unreadable(f"accessor {number} is of an unknown type")
    if width is not None and found_width != width:
        raise Unreadable(f"accessor {number} holds {accessor.type}, not {width} numbers each")
    values = _dense(document, accessor, np.dtype(kind), found_width, number)
    if accessor.sparse is not None:
        values = _sparse(document, accessor, values, number)
    return normalised(values) if accessor.normalized else values


def _dense(
    document: Document, accessor: Accessor, kind: np.dtype[Any], width: int, number: int
) -> NDArray[Any]:
    found = document.decoded.get(number)
    if found is not None:
        if found.shape[1] != width:
            raise Unreadable(f"accessor {number} holds {accessor.type}, its compressed form does not")
        return found.astype(kind)
    if accessor.bufferView is None:
        if accessor.count > MOST_EMPTY:
            raise Unreadable(f"accessor {number} says {accessor.count:,} values and has none")
        return np.zeros((accessor.count, width), kind)
    view = document.view(accessor.bufferView)
    stride = document.gltf.bufferViews[accessor.bufferView].byteStride or kind.itemsize * width
    return strided(view, accessor.byteOffset, accessor.count, stride, kind, width, f"accessor {number}")


def strided(
    data: memoryview, offset: int, count: int, stride: int, kind: np.dtype[Any], width: int, what: str
) -> NDArray[Any]:
    """(count, width) little-endian values, each row `stride` bytes after the one before."""
    size = kind.itemsize * width
    end = offset + (count - 1) * stride + size
    if offset < 0 or stride < 1 or (count and end > len(data)):
        raise Unreadable(f"{what} reaches beyond its bytes")
    if not count:
        return np.empty((0, width), kind)
    little = kind.newbyteorder("<")
    if stride == size:
        return np.frombuffer(data, little, count * width, offset).reshape(count, width).astype(kind)
    raw = np.frombuffer(data, np.uint8)[offset:end]
    rows = np.lib.stride_tricks.as_strided(raw, (count, size), (stride, 1), writeable=False)
    return np.ascontiguousarray(rows).view(little).reshape(count, width).astype(kind)


def _sparse(document: Document, accessor: Accessor, values: NDArray[Any], number: int) -> NDArray[Any]:
    """The values with those put in that differ."""
    sparse = accessor.sparse
    assert sparse is not None
    try:
        index_kind = np.dtype(COMPONENTS[int(sparse.indices["componentType"])])
        index_view = document.view(int(sparse.indices["bufferView"]))
        value_view = document.view(int(sparse.values["bufferView"]))
        index_offset = int(sparse.indices.get("byteOffset", 0))
        value_offset = int(sparse.values.get("byteOffset", 0))
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"accessor {number} is sparse in an unknown way") from error
    what = f"accessor {number}"
    where = strided(index_view, index_offset, sparse.count, index_kind.itemsize, index_kind, 1, what)
    width = values.shape[1]
    stride = values.dtype.itemsize * width
    put = strided(value_view, value_offset, sparse.count, stride, values.dtype, width, what)
    places = where[:, 0].astype(np.int64)
    if len(places) and not (0 <= places.min() and places.max() < len(values)):
        raise Unreadable(f"accessor {number} has sparse values beyond its end")
    changed = values.copy()
    changed[places] = put
    return changed


def normalised(values: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers as fractions: 0 to 1, or -1 to 1 for signed ones (glTF 2.0, 3.6.2.2)."""
    if values.dtype.kind not in "iu":
        return values
    return np.maximum(values / np.float64(np.iinfo(values.dtype).max), -1.0)
