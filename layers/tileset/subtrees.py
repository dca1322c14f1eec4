"""Implicit tiling: which tiles of a quadtree or an octree there are, from the bits of subtree files."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from layers.errors import ReadError, reason

MAGIC = b"subt"
#: Most tiles in a subtree, and levels of all together.
MOST_TILES = 4_000_000
DEEPEST = 32


class _Buffer(msgspec.Struct):
    byteLength: int  # noqa: N815
    uri: str | None = None


class _View(msgspec.Struct):
    buffer: int
    byteOffset: int  # noqa: N815
    byteLength: int  # noqa: N815


class _Availability(msgspec.Struct):
    bitstream: int | None = None
    bufferView: int | None = None  # noqa: N815
    constant: int | None = None


class _Subtree(msgspec.Struct):
    tileAvailability: _Availability  # noqa: N815
    childSubtreeAvailability: _Availability  # noqa: N815
    contentAvailability: list[_Availability] | _Availability | None = None  # noqa: N815
    buffers: list[_Buffer] = []
    bufferViews: list[_View] = []  # noqa: N815


@dataclass(frozen=True)
class Subtree:
    """Bits of a subtree, level after level, in Morton order within each."""

    tiles: NDArray[np.bool_]
    contents: tuple[NDArray[np.bool_], ...]  # for each content of a tile
    below: NDArray[np.bool_]  # subtrees that begin under its last level


def count_above(ways: int, level: int) -> int:
    """Tiles of a whole tree above a level; `ways` is 4 or 8."""
    return int((ways**level - 1) // (ways - 1))


def subtree_of(data: bytes, ways: int, levels: int, fetch: Callable[[str], bytes], where: str) -> Subtree:
    """The subtree in the bytes of a .subtree file (or of its form as JSON)."""
    if levels < 1 or levels > DEEPEST or count_above(ways, levels) > MOST_TILES:
        raise ReadError("The subtrees are too large", where=where, found=f"{levels} levels")
    text, binary = data, b""
    if data.startswith(MAGIC):
        if len(data) < 24:
            raise ReadError("A subtree ends early", where=where)
        json_bytes, binary_bytes = struct.unpack_from("<QQ", data, 8)
        text = data[24 : 24 + json_bytes]
        binary = data[24 + json_bytes : 24 + json_bytes + binary_bytes]
    try:
        said = msgspec.json.decode(text.strip(b"\0 "), type=_Subtree)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ReadError("A subtree is damaged", where=where, found=reason(error)) from error

    def bits(of: _Availability, count: int) -> NDArray[np.bool_]:
        return _bits(of, count, said, binary, fetch, where)

    count = count_above(ways, levels)
    contents: Any = said.contentAvailability
    listed = contents if isinstance(contents, list) else [contents] if contents is not None else []
    return Subtree(
        bits(said.tileAvailability, count),
        tuple(bits(one, count) for one in listed),
        bits(said.childSubtreeAvailability, ways**levels),
    )


def _bits(
    of: _Availability, count: int, said: _Subtree, binary: bytes, fetch: Callable[[str], bytes], where: str
) -> NDArray[np.bool_]:
    if of.constant is not None:
        return np.full(count, of.constant == 1)
    number = of.bitstream if of.bitstream is not None else of.bufferView
    if number is None or not 0 <= number < len(said.bufferViews):
        raise ReadError("A subtree does not say which tiles there are", where=where)
    view = said.bufferViews[number]
    if not 0 <= view.buffer < len(said.buffers):
        raise ReadError("A subtree does not say which tiles there are", where=where)
    uri = said.buffers[view.buffer].uri
    data = binary if uri is None else fetch(uri)
    part = data[view.byteOffset : view.byteOffset + view.byteLength] if view.byteOffset >= 0 else b""
    if 8 * len(part) < count:
        raise ReadError("A subtree ends early", where=where)
    bits = np.unpackbits(np.frombuffer(part, np.uint8), count=count, bitorder="little")
    return bits.astype(np.bool_)


def place(morton: int, dimensions: int) -> tuple[int, ...]:
    """x, y (and z) of a tile from its Morton number."""
    found = [0] * dimensions
    bit = 0
    while morton >> (bit * dimensions):
        for axis in range(dimensions):
            found[axis] |= ((morton >> (bit * dimensions + axis)) & 1) << bit
        bit += 1
    return tuple(found)


def named(template: str, level: int, at: tuple[int, ...]) -> str:
    """A template URI with the level and the place of a tile in it."""
    values = {"level": level, **dict(zip("xyz", at, strict=False))}
    for name, value in values.items():
        template = template.replace(f"{{{name}}}", str(value))
    return template
