"""The coordinates of a batch: texts to points, line by line, with x east and y north."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64
from layers.gml.geometries import Texts
from layers.gml.numbers import LARGEST, numbers
from layers.runs import Int64, ranges, starts


@dataclass
class Lines:
    """The points of many lines or rings, one after the other; `first` and `count` may be asked by number."""

    points: Float64  # (n, 3)
    first: Int64  # (k,) first point of each
    count: Int64  # (k,)
    closed: NDArray[np.bool_]  # (k,) whether the last point is the first one again
    sound: NDArray[np.bool_]  # (k,) whether all its numbers can be used

    def line(self, number: int) -> Float64:
        """The points of one line, (m, 3)."""
        begin = int(self.first[number])
        return self.points[begin : begin + int(self.count[number])]

    def corners(self, rings: Int64, flipped: NDArray[np.bool_]) -> tuple[Float64, NDArray[np.int32]]:
        """The corners of rings without the repeated last one, and how many each has; some in reverse."""
        counts = self.count[rings] - self.closed[rings]
        at = ranges(self.first[rings], counts)
        if flipped.any():
            # What lies i behind the first corner of its ring comes i before its last one.
            turn = np.repeat(np.where(flipped, 2 * self.first[rings] + counts - 1, 0), counts)
            at = np.where(np.repeat(flipped, counts), turn - at, at)
        return self.points[at], counts.astype(np.int32)

    def add(self, lines: Iterable[Float64]) -> Int64:
        """Add rings that do not repeat their first corner; gives their numbers."""
        added = list(lines)
        counts = np.array([len(line) for line in added], np.int64)
        number = len(self.first) + np.arange(len(added))
        self.first = np.concatenate([self.first, len(self.points) + starts(counts)[:-1]])
        self.count = np.concatenate([self.count, counts])
        self.closed = np.concatenate([self.closed, np.zeros(len(added), np.bool_)])
        self.sound = np.concatenate([self.sound, np.ones(len(added), np.bool_)])
        self.points = np.concatenate([self.points, *added])
        return number


def lines_of(texts: Texts, dimension: int = 0) -> Lines:
    """The points of all texts as they stand in the file; `dimension` is what the file says of all, or 0.

    Points of two numbers are given the height 0.
    """
    values, counts = numbers(texts.texts)
    size = dimensions(texts, counts, dimension)
    if not len(size) or (size.min() == 3 and not (counts % 3).any()):
        points, count = values.reshape(-1, 3), counts // 3
    else:
        points, count = _uneven(values, counts, size)
    first = starts(count)
    sound = (count > 0) & (counts % size == 0)
    if not len(points):
        return Lines(points, first[:-1], count, np.zeros(len(count), np.bool_), sound)
    if not (points.min() > -LARGEST and points.max() < LARGEST):  # NaN is neither
        before = starts(np.logical_not((np.abs(points) < LARGEST).all(axis=1)))
        sound &= before[first[1:]] == before[first[:-1]]
    begin = points[np.minimum(first[:-1], len(points) - 1)]
    same = begin == points[np.maximum(first[1:] - 1, 0)]
    closed = same[:, 0] & same[:, 1] & same[:, 2] & (count > 1)
    return Lines(points, first[:-1], count, closed, sound)


def dimensions(texts: Texts, counts: Int64, dimension: int) -> Int64:
    """How many numbers each point of a text has: what is said, else three unless only two can be."""
    said = np.full(len(counts), dimension, np.int64)
    for number, own in texts.dimensions.items():
        said[number] = own or dimension
    # Some say 3 of everything, and write two numbers for some.
    flat = (counts % 3 != 0) & (counts % 2 == 0)
    return np.where((said == 2) & (counts % 2 == 0) | flat, 2, 3)


def _uneven(values: Float64, counts: Int64, size: Int64) -> tuple[Float64, Int64]:
    """Points where some have two numbers."""
    count = counts // size
    of_point = np.repeat(size, count)
    at = np.repeat(starts(counts)[:-1], count) + ranges(np.zeros_like(count), count) * of_point
    points = np.zeros((len(at), 3))
    points[:, 0], points[:, 1] = values[at], values[at + 1]
    high = of_point == 3
    points[high, 2] = values[at[high] + 2]
    return points, count
