"""Well-known binary: points, lines and areas as the bytes that GeoPackage, QGIS and GDAL read.

Written is ISO WKB in little-endian order, with Z when the coordinates have one. Read is also
the older dialect with flag bits, either byte order, and measures, which are left out.
A coordinate without height has z = NaN.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from layers.arrays import Float64
from layers.data import Box
from layers.errors import ReadError

POINT, LINE, POLYGON, MULTI_POINT, MULTI_LINE, MULTI_POLYGON, COLLECTION = range(1, 8)
#: Surfaces of several polygons, and triangles (SFA 1.2), are read as the plain areas that they are.
_SURFACE, _TIN, _TRIANGLE = 15, 16, 17
TYPE_NAMES = (
    "Geometry",
    "Point",
    "LineString",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
)
_Z = 1000
_HEAD = struct.Struct("<BI")
_COUNT = struct.Struct("<I")
_MAX_DEPTH = 8

#: What takes the well-known binary out of a database's own form; None when that says it is empty.
Unwrap = Callable[[bytes], bytes | None]


# ---------------------------------------------------------------- writing


def point(x: float, y: float, z: float | None = None) -> bytes:
    """A point; with a height when `z` is given."""
    if z is None:
        return struct.pack("<BI2d", 1, POINT, x, y)
    return struct.pack("<BI3d", 1, POINT + _Z, x, y, z)


def points(coordinates: Float64) -> list[bytes]:
    """One point per row of (n, 2) or (n, 3) coordinates, all at once."""
    rows, width = coordinates.shape
    code = POINT if width == 2 else POINT + _Z
    record = np.zeros(rows, dtype=[("order", "u1"), ("code", "<u4"), ("xyz", "<f8", (width,))])
    record["order"], record["code"], record["xyz"] = 1, code, coordinates
    data, size = record.tobytes(), record.dtype.itemsize
    return [data[at : at + size] for at in range(0, len(data), size)]


def line(coordinates: Float64) -> bytes:
    """A line through (n, 2) or (n, 3) coordinates."""
    return _head(LINE, coordinates) + _sequence(coordinates)


def polygon(rings: Sequence[Float64]) -> bytes:
    """An area: the outer ring, then its holes; rings are closed when they are open."""
    return _head(POLYGON, rings[0]) + _COUNT.pack(len(rings)) + b"".join(_sequence(_closed(r)) for r in rings)


def polygons(coordinates: Float64, sizes: Sequence[int]) -> list[bytes]:
    """One area without holes per closed ring of so many consecutive coordinates, all at once."""
    heads = {size: _head(POLYGON, coordinates) + _COUNT.pack(1) + _COUNT.pack(size) for size in set(sizes)}
    data, step = coordinates.astype("<f8", copy=False).tobytes(), coordinates.shape[1] * 8
    found, at = [], 0
    for size in sizes:
        found.append(heads[size] + data[at : at + size * step])
        at += size * step
    return found


def multi_point(coordinates: Float64) -> bytes:
    """Several points as one geometry."""
    return _head(MULTI_POINT, coordinates) + _COUNT.pack(len(coordinates)) + b"".join(points(coordinates))


def multi_line(lines: Sequence[Float64]) -> bytes:
    """Several lines as one geometry."""
    return _head(MULTI_LINE, lines[0]) + _COUNT.pack(len(lines)) + b"".join(line(item) for item in lines)


def multi_polygon(polygons: Sequence[Sequence[Float64]]) -> bytes:
    """Several areas as one geometry; each is its outer ring, then its holes."""
    return together([polygon(rings) for rings in polygons])


def together(polygons: Sequence[bytes]) -> bytes:
    """Areas that are bytes already as one geometry."""
    code = _COUNT.unpack_from(polygons[0], 1)[0] - POLYGON + MULTI_POLYGON
    return _HEAD.pack(1, code) + _COUNT.pack(len(polygons)) + b"".join(polygons)


def _head(code: int, coordinates: Float64) -> bytes:
    return _HEAD.pack(1, code + (_Z if coordinates.shape[1] == 3 else 0))


def _sequence(coordinates: Float64) -> bytes:
    return _COUNT.pack(len(coordinates)) + coordinates.astype("<f8", copy=False).tobytes()


def _closed(ring: Float64) -> Float64:
    return ring if np.array_equal(ring[0], ring[-1]) else np.concatenate((ring, ring[:1]))


# ---------------------------------------------------------------- reading


@dataclass(frozen=True)
class Shape:
    """A geometry as arrays: parts (points, lines or areas), each a list of (n, 3) sequences.

    A point or line has one sequence per part; an area has its outer ring, then its holes.
    """

    code: int  # POINT … COLLECTION
    parts: tuple[tuple[Float64, ...], ...]
    codes: tuple[int, ...] = ()  # of a collection, what each part is: POINT, LINE or POLYGON

    @property
    def part_codes(self) -> tuple[int, ...]:
        """What each part is: POINT, LINE or POLYGON."""
        return self.codes or (self.code - 3 * (self.code > POLYGON),) * len(self.parts)

    @property
    def is_line(self) -> bool:
        """Whether its parts are lines."""
        return self.code in (LINE, MULTI_LINE)

    @property
    def is_point(self) -> bool:
        """Whether its parts are points."""
        return self.code in (POINT, MULTI_POINT)

    @property
    def is_area(self) -> bool:
        """Whether its parts are areas."""
        return self.code in (POLYGON, MULTI_POLYGON)

    @cached_property
    def coordinates(self) -> Float64:
        """All coordinates, (n, 3)."""
        sequences = [sequence for part in self.parts for sequence in part]
        if len(sequences) == 1:
            return sequences[0]
        return np.concatenate(sequences) if sequences else np.zeros((0, 3))

    @cached_property
    def has_height(self) -> bool:
        """Whether every coordinate has a height."""
        heights = self.coordinates[:, 2]
        return len(heights) > 0 and math.isfinite(heights.sum())


def collected(shapes: Iterable[Shape | None]) -> Shape | None:
    """Several shapes as one: a plain one when all are alike, else a collection; None without any."""
    known = [shape for shape in shapes if shape is not None and shape.parts]
    if len(known) < 2:
        return known[0] if known else None
    codes = tuple(code for shape in known for code in shape.part_codes)
    parts = tuple(part for shape in known for part in shape.parts)
    if len(set(codes)) == 1:
        return Shape(codes[0] + 3, parts)
    return Shape(COLLECTION, parts, codes)


def write(shape: Shape) -> bytes:
    """The bytes of a shape, without heights unless every coordinate has one."""
    width = 3 if shape.has_height else 2
    parts = [[sequence[:, :width] for sequence in part] for part in shape.parts]
    match shape.code:
        case 1:
            return _head(POINT, parts[0][0]) + parts[0][0].astype("<f8").tobytes()
        case 2:
            return line(parts[0][0])
        case 3:
            return polygon(parts[0])
        case 4:
            return multi_point(np.concatenate([part[0] for part in parts]))
        case 5:
            return multi_line([part[0] for part in parts])
        case 6:
            return multi_polygon(parts)
    if not shape.has_height:  # all of a collection have heights, or none
        parts = [[np.column_stack((plain, np.full(len(plain), np.nan))) for plain in part] for part in parts]
    single = [write(Shape(code, (tuple(part),))) for code, part in zip(shape.codes, parts, strict=True)]
    code = COLLECTION + (_Z if shape.has_height else 0)
    return _HEAD.pack(1, code) + _COUNT.pack(len(single)) + b"".join(single)


def read(data: bytes) -> Shape:
    """The shape that WKB bytes describe; raises ReadError for bytes that are no geometry."""
    shape, end = _read_at(data, 0, _MAX_DEPTH)
    if end != len(data):
        raise _broken(f"{len(data) - end} bytes left over")
    return shape


def _read_at(data: bytes | bytearray, at: int, depth: int) -> tuple[Shape, int]:
    """One geometry at a byte offset, and the offset behind it."""
    if depth == 0:
        raise _broken("collections inside collections")
    order = _order(data, at)
    word = _unsigned(data, at + 1, order)
    at += 9 if word & 0x20000000 else 5
    dimension, code = divmod(word & 0x1FFFFFFF, _Z)
    has_z = bool(word & 0x80000000) or dimension in (1, 3)
    has_m = bool(word & 0x40000000) or dimension in (2, 3)
    layout = _Layout(order, has_z, 2 + has_z + has_m)
    if code == POINT:
        sequence, at = layout.sequence(data, at, 1)
        is_empty = bool(np.isnan(sequence[0, :2]).all())
        return Shape(code, () if is_empty else ((sequence,),)), at
    if code in (LINE, POLYGON, _TRIANGLE):
        return _read_simple(data, at, code, layout)
    if code in (_SURFACE, _TIN):
        code = MULTI_POLYGON
    if code in (MULTI_POINT, MULTI_LINE, MULTI_POLYGON, COLLECTION):
        return _read_many(data, at, code, order, depth)
    raise _broken(f"geometry type {code}")


def _read_simple(data: bytes | bytearray, at: int, code: int, layout: _Layout) -> tuple[Shape, int]:
    count = _unsigned(data, at, layout.order)
    at += 4
    if code == LINE:
        sequence, at = layout.sequence(data, at, count)
        return Shape(code, ((sequence,),) if count else ()), at
    rings = []
    for _ in range(_checked(count, 4, data, at)):
        ring, at = layout.sequence(data, at + 4, _unsigned(data, at, layout.order))
        rings.append(ring)
    return Shape(POLYGON, (tuple(rings),) if rings else ()), at


def _read_many(data: bytes | bytearray, at: int, code: int, order: str, depth: int) -> tuple[Shape, int]:
    count = _checked(_unsigned(data, at, order), 5, data, at + 4)
    at += 4
    parts: list[tuple[Float64, ...]] = []
    codes: list[int] = []
    for _ in range(count):
        shape, at = _read_at(data, at, depth - 1)
        codes += shape.part_codes
        parts += shape.parts
    if code == COLLECTION and len(set(codes)) == 1:  # all alike: the plain multi geometry
        code = codes[0] + 3
    return Shape(code, tuple(parts), tuple(codes) if code == COLLECTION else ()), at


@dataclass(frozen=True)
class _Layout:
    """How coordinates lie in the bytes."""

    order: str
    has_z: bool
    width: int

    def sequence(self, data: bytes | bytearray, at: int, count: int) -> tuple[Float64, int]:
        """`count` coordinates as (n, 3), and the offset behind them."""
        _checked(count, self.width * 8, data, at)
        raw = np.frombuffer(data, f"{self.order}f8", count * self.width, at).reshape(count, self.width)
        found = np.full((count, 3), np.nan)
        used = 3 if self.has_z else 2
        found[:, :used] = raw[:, :used]
        return found, at + count * self.width * 8


def _checked(count: int, size: int, data: bytes | bytearray, at: int) -> int:
    """`count`, when that many records of at least `size` bytes still fit."""
    if count * size > len(data) - at:
        raise _broken(f"{count} entries promised, {len(data) - at} bytes left")
    return count


def _order(data: bytes | bytearray, at: int) -> str:
    if at >= len(data) or data[at] > 1:
        raise _broken("no byte order mark")
    return "<" if data[at] else ">"


def _unsigned(data: bytes | bytearray, at: int, order: str) -> int:
    if at + 4 > len(data):
        raise _broken("it ends early")
    return int.from_bytes(data[at : at + 4], "little" if order == "<" else "big")


def _broken(found: str) -> ReadError:
    return ReadError("A geometry is not well-known binary", found=found)


def box(shape: Shape) -> Box | None:
    """The extent of a shape, from the heights that it has; without any they count as 0."""
    coordinates = shape.coordinates
    if not len(coordinates):
        return None
    low, high = coordinates.min(axis=0).tolist(), coordinates.max(axis=0).tolist()
    if math.isnan(low[2]):
        heights = coordinates[:, 2]
        known = heights[~np.isnan(heights)]
        low[2], high[2] = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    return low[0], low[1], low[2], high[0], high[1], high[2]


# ---------------------------------------------------------------- GeoPackage


def blob(wkb: bytes | None, srs_id: int, extent: Box | None = None) -> bytes:
    """The geometry as GeoPackage stores it: a header, the extent (x and y), the WKB."""
    if wkb is None:
        return struct.pack("<2sBBi", b"GP", 0, 0b0001_0001, srs_id) + point(np.nan, np.nan)
    if extent is None:
        return struct.pack("<2sBBi", b"GP", 0, 0b0000_0001, srs_id) + wkb
    envelope = struct.pack("<4d", extent[0], extent[3], extent[1], extent[4])
    return struct.pack("<2sBBi", b"GP", 0, 0b0000_0011, srs_id) + envelope + wkb


def from_blob(data: bytes) -> bytes | None:
    """The WKB inside a GeoPackage geometry; None when it says that it is empty."""
    if len(data) < 8 or data[:2] != b"GP":
        raise ReadError("A geometry is not in GeoPackage form", found=repr(data[:8]))
    flags = data[3]
    envelope = (flags >> 1) & 0b111
    if envelope > 4 or flags & 0b0010_0000:
        raise ReadError(
            "A geometry uses an extended GeoPackage form that is not known", found=f"flags {flags}"
        )
    if flags & 0b0001_0000:
        return None
    return data[8 + (0, 32, 48, 48, 64)[envelope] :]


# ---------------------------------------------------------------- SpatiaLite

_SPATIALITE_HEAD = 38  # mark, byte order, SRID, extent, mark
_COMPRESSED = 1_000_000


def from_spatialite(data: bytes) -> bytes:
    """The WKB inside a geometry of SpatiaLite (its "BLOB-Geometry format", uncompressed)."""
    if len(data) < _SPATIALITE_HEAD + 6 or data[0] != 0 or data[_SPATIALITE_HEAD] != 0x7C or data[-1] != 0xFE:
        raise ReadError("A geometry is not in SpatiaLite's form", found=repr(data[:8]))
    order = data[1:2]
    body = order + data[_SPATIALITE_HEAD + 1 : -1]
    word = _unsigned(body, 1, _order(body, 0))
    if word >= _COMPRESSED:
        raise ReadError("A compressed geometry of SpatiaLite is not read", found=f"type {word}")
    if word % _Z < MULTI_POINT:
        return body
    # Each member begins with a mark (0x69) where WKB has the byte order.
    return _ordered_members(bytearray(body), order)


def _ordered_members(body: bytearray, order: bytes) -> bytes:
    sign = _order(body, 0)
    at, count = 9, _unsigned(body, 5, sign)
    for _ in range(_checked(count, 5, body, at)):
        body[at : at + 1] = order
        _, at = _read_at(body, at, 2)
    return bytes(body)
