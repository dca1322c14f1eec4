"""Straight lines as pixels: how much of each pixel they cover, for many lines at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from layers.arrays import Float64
from viewer.faces import Index
from viewer.picture import Float32

#: Pixels worked on at once.
AT_ONCE = 200_000
#: Lines shorter than this many times half their width are drawn with round ends.
SHORT = 4.0


@dataclass(frozen=True, eq=False)
class Covered:
    """Pixels of a picture that lines cover, some of them several times."""

    row: Index  # (n,) from the top
    column: Index
    cover: Float32  # 0 … 1
    third: Float64  # what was given as the third coordinate, there


def strokes(ends: Float64, width: float, size: tuple[int, int]) -> Iterator[Covered]:
    """What lines of a width in pixels cover of a picture (width, height); short ones have round ends.

    `ends` (n, 2, 3) are pixel x, pixel y and a third number that is linear over the picture, such as
    one over the depth. Lines of no length are discs.
    """
    reach = width / 2 + 0.5
    start, way = _clipped(ends, size, reach + 1)
    is_short = (np.abs(way[:, :2]) < SHORT * reach).all(axis=1)
    steep = np.abs(way[:, 1]) > np.abs(way[:, 0])
    for along in (0, 1):
        some = np.flatnonzero(~is_short & (steep == bool(along)))
        yield from _walked(start[some], way[some], along, reach, size)
    yield from _around(start[is_short], way[is_short], reach, size)


def _clipped(ends: Float64, size: tuple[int, int], margin: float) -> tuple[Float64, Float64]:
    """Starts and ways (n, 3) of what lies over the picture and a margin (Liang and Barsky)."""
    ends = ends[np.isfinite(ends).all(axis=(1, 2))]
    start, way = ends[:, 0], ends[:, 1] - ends[:, 0]
    first, last = np.zeros(len(ends)), np.ones(len(ends))
    with np.errstate(divide="ignore", invalid="ignore"):
        for axis in (0, 1):
            for sign, border in ((-1.0, -margin), (1.0, size[axis] + margin)):
                room = sign * (border - start[:, axis])  # so far inside of this border the start lies
                share = room / (sign * way[:, axis])
                outward = sign * way[:, axis] > 0
                last = np.where(outward, np.minimum(last, share), last)
                inward = sign * way[:, axis] < 0
                first = np.where(inward, np.maximum(first, share), first)
                last = np.where((way[:, axis] == 0) & (room < 0), -1.0, last)
    kept = first <= last
    begin = start[kept] + first[kept, None] * way[kept]
    return begin, (last - first)[kept, None] * way[kept]


def _walked(
    start: Float64, way: Float64, along: int, reach: float, size: tuple[int, int]
) -> Iterator[Covered]:
    """The pixels beside lines that run mostly along an axis, 0 or 1, one step after the other."""
    across, widest = 1 - along, int(np.ceil(reach * np.sqrt(2) + 0.5))
    low = np.minimum(start[:, along], start[:, along] + way[:, along])
    high = low + np.abs(way[:, along])
    first = np.floor(low).astype(np.int64)
    count = np.ceil(high).astype(np.int64) - first
    aside = np.arange(-widest, widest + 1)
    leaning = (np.abs(way[:, along]) / np.hypot(way[:, 0], way[:, 1])).astype(np.float32)
    for begin, end in _portions(count * len(aside)):
        steps = count[begin:end]
        line = np.repeat(np.arange(begin, end), steps)
        at = np.arange(len(line)) - np.repeat(np.cumsum(steps) - steps, steps) + first[line]
        share = (at + 0.5 - start[line, along]) / way[line, along]
        middle = start[line, across] + share * way[line, across]
        whole = np.floor(middle).astype(np.int64)
        off = (whole + 0.5 - middle).astype(np.float32)
        cover = reach - np.abs(off[:, None] + aside.astype(np.float32)) * leaning[line, None]
        beside = whole[:, None] + aside
        inside = (cover > 0) & (beside >= 0) & (beside < size[across])
        inside &= ((at >= 0) & (at < size[along]))[:, None]
        step, _ = np.nonzero(inside)
        ended = np.clip(np.minimum(at + 1, high[line]) - np.maximum(at, low[line]), 0, 1).astype(np.float32)
        found = np.minimum(cover[inside], np.float32(1)) * ended[step]
        place = at[step], beside[inside]
        third = (start[line, 2] + share * way[line, 2])[step]
        yield Covered(place[across], place[along], found.astype(np.float32), third)


def _around(start: Float64, way: Float64, reach: float, size: tuple[int, int]) -> Iterator[Covered]:
    """The pixels about short lines, by how far they are from them."""
    side = int(np.ceil((SHORT / 2 + 1) * reach)) + 1
    square = np.mgrid[-side : side + 1, -side : side + 1].reshape(2, -1)
    length = np.maximum((way[:, :2] ** 2).sum(axis=1), 1e-12)
    for begin, end in _portions(np.full(len(start), square.shape[1])):
        some = slice(begin, end)
        middle = np.floor(start[some, :2] + way[some, :2] / 2).astype(np.int64)
        column, row = middle[:, :1] + square[1], middle[:, 1:] + square[0]
        off_x, off_y = column + 0.5 - start[some, :1], row + 0.5 - start[some, 1:2]
        along = (off_x * way[some, :1] + off_y * way[some, 1:2]) / length[some, None]
        share = np.clip(along, 0.0, 1.0)
        away = np.hypot(off_x - share * way[some, :1], off_y - share * way[some, 1:2])
        inside = (away < reach) & (column >= 0) & (column < size[0]) & (row >= 0) & (row < size[1])
        third = start[some, 2:] + share * way[some, 2:]
        cover = np.minimum(reach - away[inside], 1.0).astype(np.float32)
        yield Covered(row[inside], column[inside], cover, third[inside])


def _portions(sizes: Index) -> Iterator[tuple[int, int]]:
    """Runs of lines with about AT_ONCE pixels each."""
    done = np.concatenate(([0], np.cumsum(sizes)))
    begin = 0
    while begin < len(sizes):
        end = max(int(np.searchsorted(done, done[begin] + AT_ONCE, "right")) - 1, begin + 1)
        yield begin, end
        begin = end
