"""Nested JSON lists of whole numbers to flat arrays, with no Python list in between.

A city's boundaries are mostly text like [[[0,1,2,3]],[[4,5,6,7]]]: the brackets alone say how
the numbers are grouped, and the numbers are read in one go.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

_NUMBERS_AND_LISTS = b"0123456789-,[] \t\n\r"
_TO_SPACES = bytes.maketrans(b"[],\t\n\r", b"      ")
_OPENING, _FIRST_BRACKET = ord("["), ord("A")
_DASH, _NUMBER_SIGNS = ord("-"), ord("9") - ord("-") + 1


class NotNested(ValueError):
    """The text is not lists of whole numbers, all at one depth."""


@dataclass(frozen=True)
class Nested:
    """The numbers in order, and how many items each list of each level has."""

    numbers: Int64
    counts: tuple[Int32, ...]  # one entry per level, outermost first


def nested(text: bytes, depth: int) -> Nested:
    """The lists of `text`, which is valid JSON with its numbers in lists `depth` levels deep."""
    if text.translate(None, _NUMBERS_AND_LISTS):
        raise NotNested("there is something else than lists of whole numbers")
    signs = np.frombuffer(text, np.uint8)
    at = np.flatnonzero(signs >= _FIRST_BRACKET)
    opening = signs[at] == _OPENING
    level = np.cumsum(2 * opening.view(np.int8) - 1, dtype=np.int16) + ~opening
    if not len(at) or level.min() < 1 or level.max() > depth:
        raise NotNested(f"the lists are not {depth} levels deep")
    before = _numbers_before(signs)[at]
    holds = np.diff(before) > 0
    if before[0] or (holds & ~(opening[:-1] & ~opening[1:] & (level[:-1] == depth))).any():
        raise NotNested(f"there are numbers that are not {depth} levels deep")
    return Nested(_numbers(text, int(before[-1])), _counts(opening, level, before, depth))


def _numbers_before(signs: NDArray[np.uint8]) -> Int32:
    """How many numbers begin before each place of the text."""
    is_number = signs - np.uint8(_DASH) < _NUMBER_SIGNS
    begins = is_number.copy()
    begins[1:] &= ~is_number[:-1]
    return np.cumsum(begins, dtype=np.int32)


def _numbers(text: bytes, count: int) -> Int64:
    if not count:
        return np.empty(0, np.int64)
    return np.fromstring(text.translate(_TO_SPACES), np.int64, count, sep=" ")


def _counts(
    opening: NDArray[np.bool_], level: NDArray[np.int16], before: Int32, depth: int
) -> tuple[Int32, ...]:
    """The items of the lists, level by level from the innermost; `before` counts items up to each bracket."""
    counts: list[Int32] = []
    for step in range(depth, 0, -1):
        mine = level == step
        counts.append(before[mine & ~opening] - before[mine & opening])
        before = np.cumsum(mine & opening, dtype=np.int32)[~mine]
        opening, level = opening[~mine], level[~mine]
    return tuple(reversed(counts))
