"""Coordinates in GML: lists of numbers as text, thousands of them at once, to arrays.

Numbers are read as those of JSON, in one go, each to the nearest float64 there is. Texts that hold what is
a number in XML and none in JSON ("+1", "5."), or no number at all, are read word by word.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, repeat
from math import isfinite
from struct import pack_into
from typing import NamedTuple

import msgspec
import numpy as np

from layers.arrays import Float64
from layers.runs import Int64

#: No coordinate is larger.
LARGEST = 1e8
_BLANKS = " \t\r\n"
_NUMBERS = msgspec.json.Decoder(list[float])


class Numbers(NamedTuple):
    """The numbers of some texts, one text after the other."""

    values: Float64  # NaN where a word is no number
    counts: Int64  # of each text


def numbers(texts: Sequence[str]) -> Numbers:
    """The numbers in each text, set apart by white space."""
    # Mostly there is one space between two numbers.
    bare = list(map(str.strip, texts, repeat(_BLANKS)))
    values = _plain_values(",".join(bare).replace(" ", ",").encode("utf-8", "replace"))
    counts = np.array(list(map(str.count, bare, repeat(" "))), np.int64) + 1
    if values is not None and len(values) == counts.sum():
        return Numbers(values, counts)
    words = [text.encode("utf-8", "replace").split() for text in texts]
    counts = np.fromiter(map(len, words), np.int64, len(words))
    every = list(chain.from_iterable(words))
    values = _plain_values(b",".join(every))
    if values is None or len(values) != len(every):
        values = np.array([_value(word) for word in every], np.float64)
    return Numbers(values, counts)


def _plain_values(data: bytes) -> Float64 | None:
    """Numbers that commas set apart; None where one is none in JSON."""
    try:
        found = _NUMBERS.decode(b"[%b]" % data)
    except msgspec.DecodeError:
        return None  # such as "+1" or "5.", which are numbers in XML
    packed = bytearray(8 * len(found))
    pack_into(f"{len(found)}d", packed, 0, *found)  # twice as fast as numpy takes a list
    return np.frombuffer(packed, np.float64)


def _value(word: bytes) -> float:
    try:
        return float("nan") if b"_" in word else float(word)
    except ValueError:
        return float("nan")


def value_of(text: str | None) -> float | None:
    """The one number that a text is."""
    found = _value((text or "").strip().encode("utf-8", "replace"))
    return found if isfinite(found) else None
