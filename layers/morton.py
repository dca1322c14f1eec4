"""Morton keys in three dimensions: points in the order of an octree, every cell of it one stretch.

A key interleaves DEPTH bits per axis. Two points lie in the same cell of depth d where their keys agree
in the uppermost 3 d bits. Which half of a cell comes first is drawn by lot for every cell (nested
scrambling after Owen; the hash is that of Laine and Karras, Stratified sampling for stochastic
transparency, 2011), so that the first points of all cells are no regular pattern.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.stored import Float64, UInt8

Keys = NDArray[np.uint64]

#: Bits per axis of a key.
DEPTH = 21
_LAST = 2.0**DEPTH - 1
_AT_ONCE = 1 << 14  # points whose bits are interleaved while they are in the processor's cache
_SPREAD = (
    (np.uint64(32), np.uint64(0x001F00000000FFFF)),
    (np.uint64(16), np.uint64(0x001F0000FF0000FF)),
    (np.uint64(8), np.uint64(0x100F00F00F00F00F)),
    (np.uint64(4), np.uint64(0x10C30C30C30C30C3)),
    (np.uint64(2), np.uint64(0x1249249249249249)),
)
_SWAP = (
    (np.uint64(4), np.uint64(0x0F0F0F0F0F0F0F0F)),
    (np.uint64(2), np.uint64(0x3333333333333333)),
    (np.uint64(1), np.uint64(0x5555555555555555)),
)
#: Even factors: a product's bit then depends on lower bits only.
_LOTS = tuple(
    np.uint64(factor)
    for factor in (0x9E3779B97F4A7C16, 0xBF58476D1CE4E5BA, 0x94D049BB133111EC, 0xD6E8FEB86659FD94)
)


@dataclass(frozen=True)
class Cube:
    """The root of an octree."""

    low: tuple[float, float, float]  # world
    side_m: float

    @classmethod
    def around(cls, box: Float64) -> Cube:
        """The smallest cube that begins at the lower corner of a box (2, 3)."""
        side = float((box[1] - box[0]).max())
        x, y, z = box[0].tolist()
        return cls((x, y, z), side if side > 0 else 1.0)

    def keys(self, points: Float64) -> Keys:
        """The keys of points (n, 3) in the world; what lies outside counts to the nearest cell."""
        keys = np.empty(len(points), np.uint64)
        steps = 2.0**DEPTH / self.side_m
        for start in range(0, len(points), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            cells = np.clip((points[some] - self.low) * steps, 0, _LAST).astype(np.uint64)
            for way, mask in _SPREAD:
                cells |= cells << way
                cells &= mask
            keys[some] = _scrambled(cells[:, 0] | cells[:, 1] << np.uint64(1) | cells[:, 2] << np.uint64(2))
        return keys

    def spacing_m(self, depth: int) -> float:
        """The side of a cell."""
        return self.side_m / 2.0**depth


def _scrambled(keys: Keys) -> Keys:
    """The keys, every bit turned or not by a hash of the bits above it."""
    keys = _reversed(keys)
    for factor in _LOTS:
        keys ^= keys * factor
    return _reversed(keys)


def _reversed(keys: Keys) -> Keys:
    """The keys' 64 bits in reverse order."""
    keys = keys.byteswap()
    for way, mask in _SWAP:
        keys = (keys >> way) & mask | (keys & mask) << way
    return keys


def common_depth(first: int, last: int) -> int:
    """The depth of the smallest cell that holds both of two keys."""
    return DEPTH - -(-(first ^ last).bit_length() // 3)


def depths_apart(keys: Keys) -> UInt8:
    """(n - 1,) the coarsest depth at which neighbouring keys are in different cells; equal: DEPTH + 1."""
    apart = keys[1:] ^ keys[:-1]
    apart &= ~(apart >> np.uint64(1))  # keeps the highest bit, and float64 from rounding up to the next
    _, bits = np.frexp(apart.astype(np.float64))
    return np.asarray(DEPTH + 1 - (bits + 2) // 3, np.uint8)


def cell_ends(first: int, depth: int) -> Keys:
    """(9,) the bounds of the keys of the eight cells of depth + 1 in the cell of a key."""
    size = 1 << 3 * (DEPTH - depth - 1)
    start = first // (8 * size) * 8 * size
    return np.array([start + number * size for number in range(9)], np.uint64)
