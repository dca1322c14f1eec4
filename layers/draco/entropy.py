"""Numbers out of a Draco stream: of variable length, and those of its two range coders (rANS, rABS)."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from layers.gltf.document import Unreadable

Int64 = NDArray[np.int64]
Bytes = NDArray[np.uint8]

TAGGED, RAW = 0, 1
_TAGGED_BITS = 12  # of precision
_RABS_BASE = 4096
MOST_VALUES = 60_000_000


class Reader:
    """Reads a stream from its beginning."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        """The next bytes."""
        if count < 0 or self.at + count > len(self.data):
            raise Unreadable("its Draco stream ends early")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, form: str) -> Any:
        """The next number, as `struct` calls its form."""
        return struct.unpack("<" + form, self.take(struct.calcsize(form)))[0]

    def varint(self) -> int:
        """The next number of variable length: seven bits a byte, the lowest first."""
        value = shift = 0
        while shift < 64:
            byte: int = self.number("B")
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
        raise Unreadable("its Draco stream is damaged")

    def array(self, count: int) -> Bytes:
        """The next bytes as an array."""
        return np.frombuffer(self.take(count), np.uint8)

    def flags(self, count: int) -> NDArray[np.bool_]:
        """The next `count` bits, from the lowest bit of each byte on, to the end of the last byte."""
        bits = np.unpackbits(self.array(-(-count // 8)), count=count, bitorder="little")
        return bits.astype(np.bool_)

    def coded(self) -> tuple[int, Bytes]:
        """What `coded_bits` needs: the probability of zero, and bytes."""
        return self.number("B"), self.array(self.varint())


def coded_bits(coded: tuple[int, Bytes], count: int) -> NDArray[np.bool_]:
    """`count` bits out of a stretch that is coded by rABS."""
    zero, data = coded
    if count > MOST_VALUES:
        raise Unreadable("its Draco stream is damaged")
    state, offset = _begin(data, _RABS_BASE, 3)
    found = np.zeros(count, np.bool_)
    _rabs(data, state, offset, zero, found)
    return found


def symbols(reader: Reader, count: int, width: int) -> Int64:
    """`count` numbers not below zero, which come in groups of `width`."""
    if count > MOST_VALUES:
        raise Unreadable("its Draco stream is damaged")
    if not count:
        return np.empty(0, np.int64)
    scheme = reader.number("B")
    if scheme == TAGGED:
        lengths = _rans_symbols(reader, count // width, _TAGGED_BITS)
        found = np.zeros(count, np.int64)
        rest = np.frombuffer(reader.data, np.uint8)[reader.at :]
        used = _tagged(rest, lengths, width, found)
        if used < 0:
            raise Unreadable("its Draco stream is damaged")
        reader.take(-(-used // 8))
        return found
    if scheme != RAW:
        raise Unreadable("its Draco stream is of an unknown scheme")
    bits = min(max(3 * reader.number("B") // 2, 12), 20)
    return _rans_symbols(reader, count, bits)


def _rans_symbols(reader: Reader, count: int, bits: int) -> Int64:
    """`count` symbols coded by rANS with tables of 2^bits."""
    probabilities = _probabilities(reader, 1 << bits)
    data = reader.array(reader.varint())
    found = np.zeros(count, np.int64)
    if count:
        state, offset = _begin(data, 4 << bits, 4)
        cumulated = np.cumsum(probabilities) - probabilities
        table = np.repeat(np.arange(len(probabilities)), probabilities)
        _rans(data, state, offset, bits, table, probabilities, cumulated, found)
    return found


def _probabilities(reader: Reader, total: int) -> Int64:
    """How likely each symbol is, in parts of `total`."""
    count = reader.varint()
    if count > total + (1 << 20):
        raise Unreadable("its Draco stream is damaged")
    found = np.zeros(count, np.int64)
    symbol = 0
    while symbol < count:
        byte = reader.number("B")
        kind = byte & 3
        if kind == 3:
            symbol += (byte >> 2) + 1  # so many symbols never come
            continue
        value = byte >> 2
        for extra in range(kind):
            value |= reader.number("B") << (8 * (extra + 1) - 2)
        found[symbol] = value
        symbol += 1
    if found.sum() != total:
        raise Unreadable("its Draco stream is damaged")
    return found


def _begin(data: Bytes, base: int, most: int) -> tuple[int, int]:
    """The state of a coder, which its last bytes hold, and where the bytes end that are still to come."""
    if not len(data):
        raise Unreadable("its Draco stream ends early")
    size = int(data[-1] >> 6) + 1
    if size > most or size > len(data):
        raise Unreadable("its Draco stream is damaged")
    last = int.from_bytes(data[-size:].tobytes(), "little")
    return (last & ((1 << (8 * size - 2)) - 1)) + base, len(data) - size


@njit(nogil=True, cache=True)
def _rabs(data: Bytes, state: int, offset: int, zero: int, found: NDArray[np.bool_]) -> None:
    one = 256 - zero
    for number in range(len(found)):
        if state < 4096 and offset > 0:
            offset -= 1
            state = state * 256 + data[offset]
        whole, rest = state // 256, state % 256
        if rest < one:
            found[number] = True
            state = whole * one + rest
        else:
            state = state - whole * one - one


@njit(nogil=True, cache=True)
def _rans(
    data: Bytes,
    state: int,
    offset: int,
    bits: int,
    table: Int64,
    probabilities: Int64,
    cumulated: Int64,
    found: Int64,
) -> None:
    total = 1 << bits
    for number in range(len(found)):
        while state < 4 * total and offset > 0:
            offset -= 1
            state = state * 256 + data[offset]
        whole, rest = state // total, state % total
        symbol = table[rest]
        state = whole * probabilities[symbol] + rest - cumulated[symbol]
        found[number] = symbol


@njit(nogil=True, cache=True)
def _tagged(data: Bytes, lengths: Int64, width: int, found: Int64) -> int:
    """Numbers of so many bits each; gives how many bits they took, -1 when there are not so many."""
    at = 0
    for group in range(len(lengths)):
        length = lengths[group]
        if length > 32 or at + length * width > 8 * len(data):
            return -1
        for part in range(width):
            value = 0
            for bit in range(length):
                value |= ((data[at >> 3] >> (at & 7)) & 1) << bit
                at += 1
            found[group * width + part] = value
    return at
