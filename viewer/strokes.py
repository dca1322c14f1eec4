"""Straight lines as pixels: how much of each pixel they cover, for many lines at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from layers.arrays import Float64
from viewer.faces import Index
from viewer.picture import Float32

#: Pixels worked on at once.
AT_ONCE = 1_000_000


@dataclass(frozen=True, eq=False)
class Covered:
    """Pixels of a picture that lines cover, some of them several times."""

    row: Index  # (n,) from the top
    column: Index
    cover: Float32  # 0 … 1
    third: Float64  # what was given as the third coordinate, there


def strokes(ends: Float64, width: float, size: tuple[int, int]) -> Iterator[Covered]:
    """What lines of a width in pixels, with round ends, cover of a picture (width, height).

    `ends` (n, 2, 3) are pixel x, pixel y and a third number that is linear over the picture, such as
    one over the depth. Lines of no length are discs.
    """
    reach = width / 2 + 0.5
    start, way = _clipped(ends, size, reach + 1)
    steep = np.abs(way[:, 1]) > np.abs(way[:, 0])
    for along in (0, 1):
        some = np.flatnonzero(steep == bool(along))
        yield from _walked(start[some], way[some], along, reach, size)


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
    """The pixels beside lines that run mostly along an axis, 0 or 1."""
    across = 1 - along
    low = np.minimum(start[:, along], start[:, along] + way[:, along])
    first = np.floor(low - reach).astype(np.int64)
    count = np.ceil(np.abs(way[:, along]) + 2 * reach).astype(np.int64) + 1
    aside = np.arange(-int(np.ceil(1.5 * reach)), int(np.ceil(1.5 * reach)) + 1)
    whole = (way[:, :2] ** 2).sum(axis=1)
    done = np.concatenate(([0], np.cumsum(count * len(aside))))
    begin = 0
    while begin < len(start):
        end = max(int(np.searchsorted(done, done[begin] + AT_ONCE, "right")) - 1, begin + 1)
        line = np.repeat(np.arange(begin, end), count[begin:end])
        step = np.arange(len(line)) - np.repeat(
            np.cumsum(count[begin:end]) - count[begin:end], count[begin:end]
        )
        at = first[line] + step
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (at + 0.5 - start[line, along]) / way[line, along]
        share = np.clip(np.where(way[line, along] == 0, 0.0, share), 0.0, 1.0)
        middle = np.floor(start[line, across] + share * way[line, across]).astype(np.int64)
        yield _covered(start, way, whole, line, at, middle[:, None] + aside, along, reach, size)
        begin = end


def _covered(
    start: Float64,
    way: Float64,
    whole: Float64,
    line: Index,
    at: Index,
    beside: Index,
    along: int,
    reach: float,
    size: tuple[int, int],
) -> Covered:
    """How much of candidates, `at` along and `beside` (m, k) across their lines, is covered."""
    inside = (at[:, None] >= 0) & (at[:, None] < size[along])
    inside = inside & (beside >= 0) & (beside < size[1 - along])
    chosen, _ = np.nonzero(inside)
    line, place = line[chosen], np.empty((len(chosen), 2))
    place[:, along], place[:, 1 - along] = at[chosen], beside[inside]
    off = place + 0.5 - start[line, :2]
    ways = way[line]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.clip((off * ways[:, :2]).sum(axis=1) / whole[line], 0.0, 1.0)
    share[whole[line] == 0] = 0.0
    away = np.sqrt(((off - share[:, None] * ways[:, :2]) ** 2).sum(axis=1))
    cover = np.clip(reach - away, 0.0, 1.0)
    kept = np.flatnonzero(cover > 0)
    third = start[line[kept], 2] + share[kept] * ways[kept, 2]
    return Covered(
        place[kept, 1].astype(np.int64),
        place[kept, 0].astype(np.int64),
        cover[kept].astype(np.float32),
        third,
    )
