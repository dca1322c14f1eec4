"""Coordinates in GML: lists of numbers as text, thousands of them at once, to arrays.

A number of at most 15 digits without exponent is a whole number divided by a power of ten, both exact
in float64, so the quotient is the nearest there is (Clinger 1990, doi:10.1145/93542.93557). Longer ones
are read digit by digit as Python does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from layers.arrays import Float64
from layers.runs import Int64, starts

#: No coordinate is larger.
LARGEST = 1e8
_SPACES = bytes.maketrans(b"\t\n\r", b"   ")
_PLAIN = b"0123456789.- "
_ALL_SIGNS = _PLAIN + b"+eE"
_MOST_SIGNS = 16  # a sign, a point, and 15 digits less one of them
_POWERS = 10.0 ** np.arange(_MOST_SIGNS + 1)
_SPACE, _POINT = ord(" "), ord(".")


class Numbers(NamedTuple):
    """The numbers of some texts, one text after the other."""

    values: Float64  # NaN where a word is no number
    counts: Int64  # of each text


def numbers(texts: Sequence[str]) -> Numbers:
    """The numbers in each text, set apart by white space."""
    # A space before each text and one behind all: a number begins behind a space and ends before one.
    data = f" {' '.join(texts)} ".encode("utf-8", "replace").translate(_SPACES)
    signs = np.frombuffer(data, np.uint8)
    space = signs == _SPACE
    edge = np.flatnonzero(space[1:] != space[:-1])
    first, last = edge[::2], edge[1::2]  # the space before each number, and its last sign
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    if sum(map(str.isascii, texts)) < len(texts):
        lengths = np.fromiter((len(text.encode("utf-8", "replace")) for text in texts), np.int64, len(texts))
    ends = starts(lengths + 1)
    counts = np.diff(np.searchsorted(first, ends))
    return Numbers(_values(data, signs, first, last), counts)


def _values(data: bytes, signs: NDArray[np.uint8], first: Int64, last: Int64) -> Float64:
    if not len(first):
        return np.empty(0)
    length = last - first
    if data.translate(None, _PLAIN) or length.max() > _MOST_SIGNS:
        return _long_values(data)
    points = np.flatnonzero(signs == _POINT)
    digits, decimals = length, np.zeros(len(first), np.int64)
    if len(points) == len(first) and (points > first).all() and (points <= last).all():
        digits, decimals = length - 1, last - points
    elif len(points):
        of = np.searchsorted(first, points) - 1
        if len(np.unique(of)) < len(of):
            return _long_values(data)  # two points in a word
        digits = length.copy()
        digits[of] -= 1
        decimals[of] = last[of] - points
    if b"-" in data and not _signs_are_right(signs, first):
        return _long_values(data)
    whole = np.fromstring(data.translate(None, b"."), np.int64, len(first), sep=" ")
    if len(whole) != len(first) or not digits.all():
        return _long_values(data)
    found: Float64 = whole / _POWERS[decimals]
    return found


def _signs_are_right(signs: NDArray[np.uint8], first: Int64) -> bool:
    """Whether every minus is the first sign of its word and a digit follows."""
    minus = np.flatnonzero(signs == ord("-"))
    digit = (signs[minus + 1] - np.uint8(ord("0"))) < 10
    return bool((signs[minus - 1] == _SPACE).all() and digit.all())


def _long_values(data: bytes) -> Float64:
    """Any numbers; NaN for words that are none."""
    words = data.split()
    if not data.translate(None, _ALL_SIGNS):
        try:
            return np.array(orjson.loads(b"[" + b",".join(words) + b"]"), np.float64)
        except (orjson.JSONDecodeError, OverflowError):
            pass  # such as "+1" or "5.", which are numbers in XML
    return np.array([_value(word) for word in words], np.float64)


def _value(word: bytes) -> float:
    try:
        return float("nan") if b"_" in word else float(word)
    except ValueError:
        return float("nan")


def value_of(text: str | None) -> float | None:
    """The one number that a text is."""
    found = _value((text or "").strip().encode("utf-8", "replace"))
    return found if isfinite(found) else None
