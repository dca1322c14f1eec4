"""Triangles out of Edgebreaker symbols (Rossignac 1999; Draco 2.2), as a table of corners.

Corner c is of triangle c // 3. `vertex[c]` is the vertex there, `opposite[c]` the corner across the edge
that c does not touch, -1 at a rim.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from layers.draco.entropy import Reader, coded_bits, symbols
from layers.gltf.document import Unreadable

Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

STANDARD, VALENCE = 0, 2
C, S, L, R, E = 0, 1, 3, 5, 7
#: Symbols of the valence coder in the numbers of the standard one.
_TOPOLOGY = np.array([C, S, L, R, E], np.int64)
_VALENCES = 6  # contexts, for valences from 2 to 7
#: Triangles of one stream, and of one byte of it: the most even mesh takes more room.
MOST_FACES, MOST_FACES_OF_A_BYTE = 10_000_000, 512


@dataclass(frozen=True)
class Walk:
    """The corners at which values are met, and the number of the value at each corner."""

    vertex: Int64  # (3 n,) as a set of attributes sees it: cut along its seams
    opposite: Int64  # (3 n,) the same
    corner: Int64  # (k,) of each value
    value: Int64  # (3 n,) of each corner


@dataclass(frozen=True)
class Corners:
    """A table of corners, and for each further set of attributes the edges along which it is cut."""

    vertex: Int64  # (3 n,)
    opposite: Int64  # (3 n,)
    seams: tuple[Bool, ...]  # (3 n,) each, whether the edge across the corner is a seam


def connectivity(reader: Reader) -> Corners:
    """The triangles of a stream, from behind its header."""
    kind = reader.number("B")
    if kind not in (STANDARD, VALENCE):
        raise Unreadable("its Draco stream is of an unknown kind")
    vertices, faces = reader.varint(), reader.varint()
    sets = reader.number("B")
    count, splits = reader.varint(), reader.varint()
    _check(reader, faces, vertices)
    if count > faces or splits > count:
        raise Unreadable("its Draco stream is damaged")
    sources, targets, edges = _splits(reader)
    codes, contexts, starts = np.empty(0, np.int64), np.zeros(_VALENCES + 1, np.int64), None
    if kind == STANDARD:
        codes = _standard(reader, count)
    starts = reader.coded()
    coded_seams = [reader.coded() for _ in range(sets)]
    if kind == VALENCE:
        lists = [symbols(reader, reader.varint(), 1) for _ in range(_VALENCES)]
        contexts = np.cumsum([0, *map(len, lists)]).astype(np.int64)
        codes = np.concatenate(lists)
        if codes.size and codes.max() > 4:
            raise Unreadable("its Draco stream is damaged")
        codes = _TOPOLOGY[codes]
    vertex, opposite = np.full(3 * faces, -1, np.int64), np.full(3 * faces, -1, np.int64)
    inner = coded_bits(starts, faces + 1)
    done = _rebuild(
        codes,
        contexts,
        kind == VALENCE,
        count,
        sources,
        targets,
        edges,
        inner,
        vertices + splits,
        vertex,
        opposite,
    )
    if done != faces:
        raise Unreadable("its Draco stream is damaged")
    return Corners(vertex, opposite, tuple(_seams(opposite, coded) for coded in coded_seams))


def _check(reader: Reader, faces: int, vertices: int) -> None:
    """Refuse counts that the stream cannot hold."""
    if faces > min(MOST_FACES, MOST_FACES_OF_A_BYTE * len(reader.data)) or vertices > 3 * faces:
        raise Unreadable("its Draco stream promises more than it holds")


def in_order(reader: Reader) -> Walk:
    """The triangles of a stream that lists them, with values in the order of the points."""
    faces, points = reader.varint(), reader.varint()
    _check(reader, faces, points)
    if reader.number("B"):
        kind = "u1" if points < 1 << 8 else "<u2" if points < 1 << 16 else "<u4"
        if 1 << 16 <= points < 1 << 21:
            corner = np.array([reader.varint() for _ in range(3 * faces)], np.int64)
        else:
            raw = reader.take(3 * faces * np.dtype(kind).itemsize)
            corner = np.frombuffer(raw, kind).astype(np.int64)
    else:
        coded = symbols(reader, 3 * faces, 1)
        corner = np.cumsum(np.where(coded & 1, -(coded >> 1), coded >> 1))
    if len(corner) and not 0 <= corner.min() <= corner.max() < points:
        raise Unreadable("its Draco stream is damaged")
    nowhere = np.full(len(corner), -1, np.int64)
    return Walk(corner, nowhere, np.zeros(points, np.int64), corner)


def _splits(reader: Reader) -> tuple[Int64, Int64, Bool]:
    """Where the way over the triangles came back to itself: symbols from and to, and on which side."""
    count = reader.varint()
    if count > len(reader.data):
        raise Unreadable("its Draco stream promises more than it holds")
    sources, targets = np.zeros(count, np.int64), np.zeros(count, np.int64)
    last = 0
    for number in range(count):
        last += reader.varint()
        sources[number] = last
        targets[number] = last - reader.varint()
    return sources, targets, reader.flags(count)


def _standard(reader: Reader, count: int) -> Int64:
    """`count` symbols of one bit (C) or three."""
    data = reader.array(reader.varint())
    found = np.zeros(count, np.int64)
    if _symbols_in_bits(data, found) < count:
        raise Unreadable("its Draco stream ends early")
    return found


def _seams(opposite: Int64, coded: tuple[int, NDArray[np.uint8]]) -> Bool:
    """Which edges are seams: those at rims, and those that the bits say."""
    corner = np.arange(len(opposite))
    found: Bool = opposite < 0
    asked = np.flatnonzero((opposite >= 0) & (opposite // 3 >= corner // 3))
    said = asked[coded_bits(coded, len(asked))]
    found[said] = True
    found[opposite[said]] = True
    return found


@njit(nogil=True, cache=True)
def _symbols_in_bits(data: NDArray[np.uint8], found: Int64) -> int:
    at = 0
    for number in range(len(found)):
        if at >= 8 * len(data):
            return number
        symbol = (data[at >> 3] >> (at & 7)) & 1
        at += 1
        if symbol:
            for bit in range(1, 3):
                if at < 8 * len(data):
                    symbol |= ((data[at >> 3] >> (at & 7)) & 1) << bit
                at += 1
        found[number] = symbol
    return len(found)


@njit(nogil=True, cache=True)
def following(corner: int) -> int:
    """The next corner of the same triangle."""
    return corner - 2 if corner % 3 == 2 else corner + 1


@njit(nogil=True, cache=True)
def previous(corner: int) -> int:
    """The corner before it in the same triangle."""
    return corner + 2 if corner % 3 == 0 else corner - 1


@njit(nogil=True, cache=True)
def _rebuild(
    codes: Int64,
    contexts: Int64,
    by_valence: bool,
    count: int,
    sources: Int64,
    targets: Int64,
    edges: Bool,
    inner: Bool,
    most_vertices: int,
    vertex: Int64,
    opposite: Int64,
) -> int:
    """Fill the table symbol by symbol, backwards to how it was taken apart; gives the triangles made."""
    left_most = np.full(most_vertices + 3, -1, np.int64)
    valence = np.zeros(most_vertices + 3, np.int64)
    split_corner = np.full(count + 1, -1, np.int64)
    stack = np.zeros(2 * count + 4, np.int64)
    ends = contexts[1:].copy()
    top, next_vertex, split, context = 0, 0, len(sources) - 1, -1
    for number in range(count):
        corner = 3 * number
        if not by_valence:
            symbol = codes[number]
        elif context < 0:
            symbol = E
        else:
            ends[context] -= 1
            if ends[context] < contexts[context]:
                return -1
            symbol = codes[ends[context]]
        if symbol != E and top == 0:
            return -1
        if symbol == E:
            if next_vertex + 3 > most_vertices:
                return -1
            for local in range(3):
                vertex[corner + local] = next_vertex
                left_most[next_vertex] = corner + local
                next_vertex += 1
            stack[top] = corner
            top += 1
        elif symbol == C:
            a = stack[top - 1]
            x = vertex[following(a)]
            if left_most[x] < 0:
                return -1
            b = following(left_most[x])
            if a == b or opposite[a] >= 0 or opposite[b] >= 0:
                return -1
            opposite[a], opposite[corner + 1] = corner + 1, a
            opposite[b], opposite[corner + 2] = corner + 2, b
            vertex[corner], vertex[corner + 1], vertex[corner + 2] = (
                x,
                vertex[following(b)],
                vertex[previous(a)],
            )
            left_most[vertex[corner + 2]] = corner + 2
            stack[top - 1] = corner
        elif symbol in (R, L):
            a = stack[top - 1]
            if opposite[a] >= 0 or next_vertex >= most_vertices:
                return -1
            if symbol == R:
                tip, left, right = corner + 2, corner + 1, corner
            else:
                tip, left, right = corner + 1, corner, corner + 2
            opposite[tip], opposite[a] = a, tip
            vertex[tip] = next_vertex
            left_most[next_vertex] = tip
            next_vertex += 1
            vertex[right] = vertex[previous(a)]
            left_most[vertex[right]] = right
            vertex[left] = vertex[following(a)]
            stack[top - 1] = corner
        elif symbol == S:
            top -= 1
            b = stack[top]
            if split_corner[number] >= 0:
                stack[top] = split_corner[number]
                top += 1
            if top == 0:
                return -1
            a = stack[top - 1]
            if a == b or opposite[a] >= 0 or opposite[b] >= 0:
                return -1
            opposite[a], opposite[corner + 2] = corner + 2, a
            opposite[b], opposite[corner + 1] = corner + 1, b
            kept = vertex[previous(a)]
            vertex[corner], vertex[corner + 1], vertex[corner + 2] = (
                kept,
                vertex[following(a)],
                vertex[previous(b)],
            )
            left_most[vertex[corner + 2]] = corner + 2
            n = following(b)
            gone = vertex[n]
            valence[kept] += valence[gone]
            left_most[kept] = left_most[gone]
            first = n
            while n >= 0:
                vertex[n] = kept
                across = opposite[following(n)]
                n = following(across) if across >= 0 else -1
                if n == first:
                    return -1
            left_most[gone] = -1
            stack[top - 1] = corner
        else:
            return -1
        if by_valence:
            own, nxt, prv = vertex[corner], vertex[corner + 1], vertex[corner + 2]
            if symbol == E:
                valence[own] += 2
                valence[nxt] += 2
                valence[prv] += 2
            elif symbol == R:
                valence[own] += 1
                valence[nxt] += 1
                valence[prv] += 2
            elif symbol == L:
                valence[own] += 1
                valence[nxt] += 2
                valence[prv] += 1
            else:
                valence[nxt] += 1
                valence[prv] += 1
            context = min(max(valence[nxt], 2), 7) - 2
        if symbol != C and symbol != S:
            while split >= 0 and sources[split] == count - number - 1:
                target = count - targets[split] - 1
                if target < 0 or target > count:
                    return -1
                corner_on_top = stack[top - 1]
                split_corner[target] = following(corner_on_top) if edges[split] else previous(corner_on_top)
                split -= 1
    made = count
    asked = 0
    while top > 0:
        top -= 1
        a = stack[top]
        is_inner = inner[asked]
        asked += 1
        if not is_inner:
            continue
        if 3 * made + 3 > len(vertex):
            return -1
        n = vertex[following(a)]
        if left_most[n] < 0:
            return -1
        b = following(left_most[n])
        x = vertex[following(b)]
        if left_most[x] < 0:
            return -1
        c = following(left_most[x])
        if a in (b, c) or b == c or opposite[a] >= 0 or opposite[b] >= 0 or opposite[c] >= 0:
            return -1
        corner = 3 * made
        made += 1
        opposite[corner], opposite[a] = a, corner
        opposite[corner + 1], opposite[b] = b, corner + 1
        opposite[corner + 2], opposite[c] = c, corner + 2
        vertex[corner], vertex[corner + 1], vertex[corner + 2] = x, vertex[following(c)], n
    return made
