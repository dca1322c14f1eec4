"""Terrain as quantized mesh 1.0 (Cesium): tiles of triangles, each in its place of the world's grid."""

from __future__ import annotations

import math
import re
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats._files import layer_name
from layers.formats._mesh import ELLIPSOIDAL, GEOCENTRIC, layers_of
from layers.meshes.beside import Beside
from layers.meshes.parts import NOTHING, Assembly, Part, Thing
from layers.moving import way
from layers.place import EARTH_RADIUS_M
from layers.report import Report
from layers.smallfile import read_whole
from layers.tin import TIN

NAME = "quantizedmesh"
TITLE = "Quantized mesh terrain"
ENDINGS = (".terrain",)
KINDS = ("city", "terrain")

MOST_BYTES = 64 << 20
_GZIP = b"\x1f\x8b"
_HEADER = struct.Struct("<3d2f4d3dI")
#: Steps across a tile, and from its lowest to its highest place.
_STEPS = 32767
_NAME = re.compile(r"(?:^|[^\d])(\d{1,2})[_-](\d{1,8})[_-](\d{1,8})(?=[^\d]|$)")
Rectangle = tuple[float, float, float, float]  # west, south, east, north in degrees


def can_read(head: bytes, path: Path) -> int:
    """Surely when its header speaks of a place on the Earth."""
    if path.suffix.lower() not in ENDINGS:
        return 0
    if head.startswith(_GZIP):
        return 80
    return 90 if len(head) >= _HEADER.size and _is_on_earth(_HEADER.unpack_from(head)[:3]) else 0


def _is_on_earth(centre: Sequence[float]) -> bool:
    distance = math.hypot(*centre)
    return EARTH_RADIUS_M[0] - 2e5 < distance < EARTH_RADIUS_M[1] + 1e5


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The tile as terrain."""
    return read_tiles([path], options)


def read_tiles(paths: Sequence[Path], options: ReadOptions) -> list[LayerData]:
    """Tiles as one terrain, each a TINRelief."""
    assembly = Assembly(Report(), has_features=True)
    for number, path in enumerate(paths):
        options.progress(0.5 * number / len(paths), "Reading terrain")
        _add(assembly, path)
    name = layer_name(paths[0], ENDINGS)
    kinds = ReadOptions(kind="city", progress=options.progress)
    return layers_of(assembly, name, kinds, {"tiles": len(paths)}, Beside(crs=GEOCENTRIC))


def _add(assembly: Assembly, path: Path) -> None:
    data = read_whole(path, "terrain", MOST_BYTES)
    if data.startswith(_GZIP):
        data = _unpacked(data, path)
    if len(data) < _HEADER.size:
        raise _ends_early(path)
    header = _HEADER.unpack_from(data)
    if not _is_on_earth(header[:3]):
        raise ReadError("This terrain lies nowhere on the Earth", where=path.name)
    vertices, triangles = _mesh(data, header[-1], path)
    west, south, east, north = _rectangle(path, header[:3])
    low, high = header[3:5]
    u, v, h = vertices.T / _STEPS
    degrees = np.stack(
        (west + u * (east - west), south + v * (north - south), low + h * (high - low)), axis=-1
    )
    thing = assembly.thing(Thing(layer_name(path, ENDINGS), TIN))
    count = len(triangles)
    assembly.count(3 * count)
    assembly.add(
        Part(
            way(ELLIPSOIDAL, GEOCENTRIC).move(degrees),
            triangles,
            np.full(count, NOTHING, np.int32),
            np.full(count, thing, np.int32),
        )
    )


def _unpacked(data: bytes, path: Path) -> bytes:
    """Tiles often lie on disk as servers send them."""
    try:
        unpacker = zlib.decompressobj(wbits=31)
        found = unpacker.decompress(data, min(MOST_BYTES, 100 * len(data)))
    except zlib.error as error:
        raise ReadError("This terrain is damaged", where=path.name, found=str(error)) from error
    if unpacker.unconsumed_tail:
        raise ReadError("This terrain unpacks to far more than an honest one", where=path.name)
    return found


def _mesh(data: bytes, count: int, path: Path) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """(n, 3) steps east, north and up, and (m, 3) triangles."""
    at = _HEADER.size
    if 6 * count > len(data) - at:
        raise _ends_early(path)
    zigzag = np.frombuffer(data, "<u2", 3 * count, at).reshape(3, count).astype(np.int64)
    steps = np.cumsum((zigzag >> 1) ^ -(zigzag & 1), axis=1)
    at += 6 * count
    kind = np.dtype("<u4" if count > 65536 else "<u2")
    at += -at % kind.itemsize
    if at + 4 > len(data):
        raise _ends_early(path)
    (triangles,) = struct.unpack_from("<I", data, at)
    if 3 * triangles * kind.itemsize > len(data) - at - 4:
        raise _ends_early(path)
    codes = np.frombuffer(data, kind, 3 * triangles, at + 4).astype(np.int64)
    # Each code counts back from the highest number so far; 0 is a new one (high water mark).
    new = np.cumsum(codes == 0)
    found = np.where(codes == 0, new - 1, new - codes)
    return steps.T, found.reshape(-1, 3)


def _rectangle(path: Path, centre: Sequence[float]) -> Rectangle:
    """The place of a tile in the grid, by its name and checked by its middle; the file does not say it."""
    longitude, latitude, _height = way(GEOCENTRIC, ELLIPSOIDAL).move(np.array([centre]))[0].tolist()
    folders = "_".join(path.with_suffix("").parts[-3:])
    for text in (path.stem, folders):
        for found in _NAME.finditer(text):
            level, x, y = (int(number) for number in found.groups())
            for grid in (_geodetic, _mercator):
                rectangle = grid(level, x, y)
                west, south, east, north = rectangle
                if west <= longitude <= east and south <= latitude <= north:
                    return rectangle
    raise ReadError(
        "A tile of terrain does not say where it lies",
        where=path.name,
        found=f"its middle is at {longitude:.4f}, {latitude:.4f}, and its name is of no tile there",
        allowed="LEVEL_X_Y.terrain or LEVEL/X/Y.terrain",
        do="Give it back its place in the tileset as its name",
    )


def _geodetic(level: int, x: int, y: int) -> Rectangle:
    """Two tiles on level 0, counted from the south-west."""
    side = 180 / 2**level
    return -180 + x * side, -90 + y * side, -180 + (x + 1) * side, -90 + (y + 1) * side


def _mercator(level: int, x: int, y: int) -> Rectangle:
    """One tile on level 0, counted from the south-west."""

    def north(row: int) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * max(-1.0, min(1.0, 2 * row / 2**level - 1)))))

    side = 360 / 2**level
    return -180 + x * side, north(y), -180 + (x + 1) * side, north(y + 1)


def _ends_early(path: Path) -> ReadError:
    return ReadError("This terrain ends early", where=path.name, do="Ask for the file again")
