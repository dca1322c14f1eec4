"""Whole numbers out of corrections to what was foretold of them."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from layers.draco.connectivity import Walk
from layers.gltf.document import Unreadable

Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

NONE, DIFFERENCE, PARALLELOGRAM, CONSTRAINED, TEXTURE, NORMAL = -2, 0, 1, 4, 5, 6
MOST_PARALLELOGRAMS = 4
#: Bits that help some ways of foretelling.
Hints = tuple[Bool, ...]


def signed(values: Int64) -> Int64:
    """Numbers below zero too, from those that have the sign as their lowest bit."""
    return np.where(values & 1, -(values >> 1) - 1, values >> 1)


def restored(
    method: int,
    corrections: Int64,
    walk: Walk,
    limits: tuple[int, int],
    hints: Hints,
    places: Int64 | None,
) -> Int64:
    """(k, width) values out of as many corrections, kept between limits; `places` (k, 3) are theirs."""
    found = corrections.copy()
    low, high = limits
    if high < low:
        raise Unreadable("its Draco stream is damaged")
    mesh = walk.corner, walk.opposite, walk.value
    if method == DIFFERENCE:
        _by_difference(found, low, high)
    elif method == PARALLELOGRAM:
        _by_parallelogram(found, *mesh, low, high)
    elif method == CONSTRAINED:
        starts = np.cumsum([0, *map(len, hints)]).astype(np.int64)
        flags = np.concatenate((*hints, np.zeros(1, np.bool_)))
        _by_parallelograms(found, *mesh, low, high, flags, starts)
    elif method == TEXTURE and places is not None and found.shape[1] == 2:
        _by_texture(found, walk.corner, walk.value, places, low, high, hints[0])
    else:
        raise Unreadable("its Draco stream foretells values in a way that is not read")
    return found


@njit(nogil=True, cache=True)
def _correct(foretold: int, correction: int, low: int, high: int) -> int:
    value = min(max(foretold, low), high) + correction
    if value > high:
        return value - (1 + high - low)
    if value < low:
        return value + (1 + high - low)
    return value


@njit(nogil=True, cache=True)
def _by_difference(found: Int64, low: int, high: int) -> None:
    for number in range(len(found)):
        for part in range(found.shape[1]):
            before = found[number - 1, part] if number else 0
            found[number, part] = _correct(before, found[number, part], low, high)


@njit(nogil=True, cache=True)
def _parallelogram(
    found: Int64, number: int, corner: int, opposite: Int64, value: Int64, foretold: Int64
) -> bool:
    """Whether the fourth corner over the edge across a corner is known, and what it foretells."""
    across = opposite[corner]
    if across < 0:
        return False
    first = across - across % 3
    tip = value[across]
    one, other = value[first + (across + 1) % 3], value[first + (across + 2) % 3]
    if tip >= number or one >= number or other >= number:
        return False
    for part in range(found.shape[1]):
        foretold[part] = found[one, part] + found[other, part] - found[tip, part]
    return True


@njit(nogil=True, cache=True)
def _by_parallelogram(
    found: Int64, corner: Int64, opposite: Int64, value: Int64, low: int, high: int
) -> None:
    foretold = np.zeros(found.shape[1], np.int64)
    for number in range(len(found)):
        if number and not _parallelogram(found, number, corner[number], opposite, value, foretold):
            foretold[:] = found[number - 1]
        for part in range(found.shape[1]):
            found[number, part] = _correct(foretold[part], found[number, part], low, high)


@njit(nogil=True, cache=True)
def _by_parallelograms(
    found: Int64,
    corner: Int64,
    opposite: Int64,
    value: Int64,
    low: int,
    high: int,
    creases: Bool,
    starts: Int64,
) -> None:
    width = found.shape[1]
    several = np.zeros((MOST_PARALLELOGRAMS, width), np.int64)
    foretold = np.zeros(width, np.int64)
    used_flags = starts.copy()
    for number in range(len(found)):
        count = 0
        if number:
            start = corner[number]
            at, leftwards = start, True
            while at >= 0:
                if _parallelogram(found, number, at, opposite, value, several[count]):
                    count += 1
                    if count == MOST_PARALLELOGRAMS:
                        break
                first = at - at % 3
                side = first + (at + (1 if leftwards else 2)) % 3
                across = opposite[side]
                at = -1 if across < 0 else across - across % 3 + (across + (1 if leftwards else 2)) % 3
                if at == start:
                    break
                if at < 0 and leftwards:
                    leftwards = False
                    across = opposite[start - start % 3 + (start + 2) % 3]
                    at = -1 if across < 0 else across - across % 3 + (across + 2) % 3
        used = 0
        foretold[:] = 0
        for one in range(count):
            flag = used_flags[count - 1]
            used_flags[count - 1] += 1
            is_crease = flag < starts[count] and creases[flag]
            if not is_crease:
                used += 1
                foretold += several[one]
        if used:
            for part in range(width):
                # As whole numbers are divided in C: towards zero.
                whole = abs(foretold[part]) // used
                foretold[part] = whole if foretold[part] >= 0 else -whole
        elif number:
            foretold[:] = found[number - 1]
        for part in range(width):
            found[number, part] = _correct(foretold[part], found[number, part], low, high)


@njit(nogil=True, cache=True)
def _root(number: int) -> int:
    """The whole part of a square root."""
    if number <= 0:
        return 0
    rest, found = number, 1
    while rest >= 2:
        found *= 2
        rest //= 4
    while True:
        found = (found + number // found) // 2
        if found * found <= number:
            return found


@njit(nogil=True, cache=True)
def _towards_zero(one: int, other: int) -> int:
    """A quotient of whole numbers as in C."""
    whole = abs(one) // other
    return whole if one >= 0 else -whole


@njit(nogil=True, cache=True)
def _by_texture(
    found: Int64, corner: Int64, value: Int64, places: Int64, low: int, high: int, turns: Bool
) -> None:
    """Places in an image out of the triangle's shape, and of two of its corners' places in the image."""
    foretold = np.zeros(2, np.int64)
    asked = len(turns)
    for number in range(len(found)):
        first = corner[number] - corner[number] % 3
        after, before = value[first + (corner[number] + 1) % 3], value[first + (corner[number] + 2) % 3]
        is_told = False
        if before < number and after < number:
            across = found[before] - found[after]
            if across[0] == 0 and across[1] == 0:
                foretold[:] = found[before]
                is_told = True
            else:
                side, reach = places[before] - places[after], places[number] - places[after]
                length = (side * side).sum()
                if length != 0 and asked > 0:
                    along = (side * reach).sum()
                    foot = np.zeros(3, np.int64)
                    for axis in range(3):
                        foot[axis] = reach[axis] - _towards_zero(side[axis] * along, length)
                    height = _root((foot * foot).sum() * length)
                    asked -= 1
                    sign = 1 if turns[asked] else -1
                    for axis in range(2):
                        turned = across[1] if axis == 0 else -across[0]
                        whole = found[after, axis] * length + across[axis] * along + sign * turned * height
                        foretold[axis] = _towards_zero(whole, length)
                    is_told = True
        if not is_told:
            if after < number:
                foretold[:] = found[after]
            elif number:
                foretold[:] = found[number - 1]
            else:
                foretold[:] = 0
        for part in range(2):
            found[number, part] = _correct(foretold[part], found[number, part], low, high)
