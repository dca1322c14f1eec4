"""Lines of sight over a raster of heights, compiled: the inner loops of `analysis.sight.viewshed`.

An observer stands on a cell, and looks out over eight octants. In one of them cells are told by their
ring k, 1, 2, … cells away along one axis, and by how far to the side they lie, j = 0 … k. From the eye
rays go out, evenly over the cells of the outermost ring. Ring by ring each ray passes between two cells;
between them heights are linear. A ray keeps the steepest that it has met, as height over ring.

The first call compiles, for some seconds; later ones, of other processes too, read what came of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, uint32, uint64
from numpy.typing import NDArray

from layers.arrays import Float64

UInt16 = NDArray[np.uint16]
Float32 = NDArray[np.float32]

#: Rings that are fetched together: more would not stay in the processor's cache.
TOGETHER = 64
#: Places between cells, and between rays, are whole numbers of this part of them: adding is exact and fast.
BITS = 40
WHOLE = 1 << BITS
PART = 1.0 / WHOLE
#: Nearer to a cell than this a ray meets that cell alone.
ON_CELL = 1e-6
#: Steepness before anything is met, and the height that hides all.
NOTHING, BEYOND = -1e30, 1e30


@njit(nogil=True, cache=True, error_model="numpy")
def see_octant(
    heights: Float32,
    seen: UInt16,
    lowest: Float32,
    start: int,
    steps: tuple[int, int],
    size: tuple[int, int],
    first: int,
    last: int,
    eye_z: float,
    target_m: float,
    along: tuple[float, float, float, float],
    per_m2: float,
    window: tuple[float, ...],
    rays: int,
) -> int:
    """Add one to the cells of an octant that are seen; gives how many they are.

    `heights`, `seen`: flattened rasters; `start`: the observer's cell in them; `steps`: to the next cell
    outwards and sideways; `size`: rings, and cells to the side before the raster ends; `first`: 0 or 1, the
    first cell of a ring that belongs to the octant; `last`: 0, or 1 where the diagonal does not. `along`:
    metres (east, north) of the steps outwards and sideways; `per_m2`: what a cell sinks by at 1 m; `window`:
    see `_close`. `lowest`: raster of heights above the surface from which on a target
    is seen, lowered where that is less; empty where not wanted.
    """
    out, side = steps
    rings, sides = size
    total, met = 0, np.full(rays + 2, NOTHING)
    fetched = np.empty((TOGETHER, sides + 3))
    needed = np.empty((TOGETHER, sides + 3))
    for begin in range(1, rings + 1, TOGETHER):
        count = min(TOGETHER, rings + 1 - begin)
        _fetch(heights, fetched, start + begin * out, out, side, begin, count, sides)
        for at in range(count):
            ring = begin + at
            end = min(ring, sides)
            row, need = fetched[at], needed[at]
            _lower(row, ring, end, eye_z, along, per_m2)
            _need(met, row, need, rays / ring, float(ring), end)
            if window[0] > 0.0:
                _close(row, need, ring, end, target_m, along, window)
            # One ray beside the raster too, over cells like the last ones: for what lies between two.
            last_ray = min(rays, int(sides * (rays / ring)) + 1)
            _meet(met, row, ring / rays, 1.0 / ring, last_ray)
            met[rays + 1] = met[rays]
        beginning = start + begin * out
        total += _store(
            needed, seen, lowest, beginning, out, side, begin, count, sides, first, last, target_m
        )
    return total


@njit(nogil=True, cache=True, error_model="numpy")
def _fetch(
    heights: Float32,
    fetched: Float64,
    start: int,
    out: int,
    side: int,
    begin: int,
    count: int,
    sides: int,
) -> None:
    """The heights of some rings, in the order in which they lie in memory."""
    if side == 1:
        for at in range(count):
            line = heights[start + at * out :]
            for j in range(min(begin + at, sides) + 1):
                fetched[at, j] = line[j]
    elif side == -1:
        for at in range(count):
            end = min(begin + at, sides)
            line = heights[start + at * out - end :]
            for j in range(end + 1):
                fetched[at, j] = line[end - j]
    else:
        for j in range(min(begin + count - 1, sides) + 1):
            for at in range(count):
                fetched[at, j] = heights[start + j * side + at * out]


@njit(nogil=True, cache=True, error_model="numpy", inline="never")
def _lower(
    row: Float64,
    ring: int,
    end: int,
    eye_z: float,
    along: tuple[float, float, float, float],
    per_m2: float,
) -> None:
    """The heights of a ring as heights above the eye's horizontal, less what they sink by."""
    square = per_m2 * (along[0] ** 2 + along[1] ** 2) * ring * ring + eye_z
    mixed = per_m2 * 2 * (along[0] * along[2] + along[1] * along[3]) * ring
    sideways = per_m2 * (along[2] ** 2 + along[3] ** 2)
    for j in range(end + 1):
        row[j] -= square + j * (mixed + sideways * j)
    row[end + 1] = row[end]


@njit(nogil=True, cache=True, error_model="numpy", inline="never")
def _need(met: Float64, row: Float64, need: Float64, spread: float, ring: float, end: int) -> None:
    """How high above its cell a target must rise to be seen: between two rays their steepness is linear."""
    at, step = uint64(0), uint64(spread * WHOLE + 0.5)
    for j in range(end + 1):
        ray = uint32(at >> uint64(BITS))
        share = np.int64(at & uint64(WHOLE - 1)) * PART
        at += step
        below = met[ray]
        need[j] = (below + share * (met[ray + uint32(1)] - below)) * ring - row[j]


@njit(nogil=True, cache=True, error_model="numpy", inline="never")
def _meet(met: Float64, row: Float64, spread: float, per_ring: float, last: int) -> None:
    """Lift the rays over what they meet in a ring. Between a cell and a hole nothing is met."""
    at, step = uint64(0), uint64(spread * WHOLE + 0.5)
    for ray in range(last + 1):
        cell = uint32(at >> uint64(BITS))
        share = np.int64(at & uint64(WHOLE - 1)) * PART
        at += step
        height = row[cell]
        rise = share * (row[cell + uint32(1)] - height)
        steepness = (height + (rise if share > ON_CELL else 0.0)) * per_ring
        met[ray] = steepness if steepness > met[ray] else met[ray]


@njit(nogil=True, cache=True, error_model="numpy")
def _close(
    row: Float64,
    need: Float64,
    ring: int,
    end: int,
    target_m: float,
    along: tuple[float, float, float, float],
    window: tuple[float, ...],
) -> None:
    """Hide what is out of sight: beyond a distance, or beside, below or above a field of view.

    `window`: 1 where there are limits; square of the distance in m²; 1 for a field of view, with the
    directions (east, north) of its left and right edges, 1 where it is wider than half a turn; least and
    greatest slope of the line of sight.
    """
    for j in range(end + 1):
        east, north = ring * along[0] + j * along[2], ring * along[1] + j * along[3]
        square = east * east + north * north
        is_in = square <= window[1]
        if window[2] > 0.0:
            after_left = window[4] * east - window[3] * north >= 0.0
            before_right = east * window[6] - north * window[5] <= 0.0
            is_in &= (after_left or before_right) if window[7] > 0.0 else (after_left and before_right)
        if window[8] > NOTHING or window[9] < BEYOND:
            away, rise = np.sqrt(square), row[j] + target_m
            is_in &= window[8] * away <= rise <= window[9] * away
        if not is_in:
            need[j] = np.nan


@njit(nogil=True, cache=True, error_model="numpy")
def _store(
    needed: Float64,
    seen: UInt16,
    lowest: Float32,
    start: int,
    out: int,
    side: int,
    begin: int,
    count: int,
    sides: int,
    first: int,
    last: int,
    target_m: float,
) -> int:
    """Count what is seen in some rings, in the order in which it lies in memory; gives how many."""
    total = 0
    if side == 1:
        for at in range(count):
            line = seen[start + at * out :]
            for j in range(first, min(begin + at - last, sides) + 1):
                is_seen = needed[at, j] <= target_m
                line[j] += is_seen
                total += is_seen
    elif side == -1:
        for at in range(count):
            end = min(begin + at - last, sides)
            line = seen[start + at * out - end :]
            for j in range(first, end + 1):
                is_seen = needed[at, j] <= target_m
                line[end - j] += is_seen
                total += is_seen
    else:
        for j in range(first, min(begin + count - 1 - last, sides) + 1):
            for at in range(max(0, j + last - begin), count):
                is_seen = needed[at, j] <= target_m
                seen[start + j * side + at * out] += is_seen
                total += is_seen
    if len(lowest):
        for at in range(count):
            for j in range(first, min(begin + at - last, sides) + 1):
                cell = start + at * out + j * side
                if needed[at, j] < lowest[cell]:
                    lowest[cell] = max(needed[at, j], 0.0)
    return total


@njit(nogil=True, cache=True, error_model="numpy")
def excess_of(
    heights: Float32,
    row: int,
    column: int,
    eye_z: float,
    rows: NDArray[Any],
    columns: NDArray[Any],
    steps: tuple[float, float, float, float],
    per_m2: float,
    found: Float64,
) -> None:
    """By how much the surface rises above the line of sight to each of some cells, in metres at that cell.

    Every cell's own line is followed from line to line of the raster; between two cells heights are
    linear. `steps`: metres (east, north) to the next column and to the next row.
    """
    most_row, most_column = heights.shape[0] - 1, heights.shape[1] - 1
    for number in range(len(rows)):
        down, across = rows[number] - row, columns[number] - column
        rings = max(abs(down), abs(across))
        is_steep = abs(down) == rings
        steepest = NOTHING
        for ring in range(1, rings):
            share = ring / rings
            r, c = row + down * share, column + across * share
            if is_steep:
                first, second = round(r), int(np.floor(c))
                between = c - second
                height = heights[first, second]
                other = heights[first, min(second + 1, most_column)]
            else:
                first, second = int(np.floor(r)), round(c)
                between = r - first
                height = heights[first, second]
                other = heights[min(first + 1, most_row), second]
            level = np.float64(height)
            if between > 0.0:
                level += between * (np.float64(other) - level)
            east = share * (across * steps[0] + down * steps[2])
            north = share * (across * steps[1] + down * steps[3])
            steepness = (level - eye_z - per_m2 * (east * east + north * north)) / share
            if steepness > steepest:
                steepest = steepness
        east, north = across * steps[0] + down * steps[2], across * steps[1] + down * steps[3]
        sunk = per_m2 * (east * east + north * north)
        found[number] = steepest - (heights[rows[number], columns[number]] - eye_z - sunk)


@njit(nogil=True, cache=True, error_model="numpy")
def see_as_gdal(
    heights: Float32,
    seen: UInt16,
    lowest: Float32,
    row: int,
    column: int,
    eye_z: float,
    target_m: float,
    steps: tuple[float, float, float, float],
    per_m2: float,
    most_m2: float,
) -> None:
    """Add one to the cells that GDAL's viewshed (mode GVM_Edge) says are seen.

    C. Wang, G. Robinson, K. White (2000): Generating viewsheds without using sightlines. The height from
    which on a cell is seen follows from those of two of its neighbours, nearer to the observer. `lowest`
    as in `see_octant`.
    """
    height, width = heights.shape
    for way in (-1, 1):
        before, lines = np.empty(width), (row if way < 0 else height - 1 - row)
        for down in range(lines + 1):
            this = np.empty(width)
            r = row + way * down
            for turn in (1, -1):
                for across in range(column + 1 if turn < 0 else width - column):
                    c = column + turn * across
                    if turn < 0 and across == 0:
                        continue
                    east = turn * across * steps[0] + way * down * steps[2]
                    north = turn * across * steps[1] + way * down * steps[3]
                    square = east * east + north * north
                    level = np.float64(heights[r, c]) - per_m2 * square - eye_z
                    needed = level
                    if across > 1 or down > 1:
                        longer, shorter = max(across, down), min(across, down)
                        if across == down:
                            corner = before[c - turn]
                            needed = corner + corner / (across - 1)
                        elif shorter == 0:
                            straight = this[c - turn] if down == 0 else before[c]
                            needed = straight + straight / (longer - 1)
                        else:
                            corner = before[c - turn]
                            edge = this[c - turn] if across > down else before[c]
                            needed = (corner * shorter + edge * (longer - shorter)) / (longer - 1)
                    if square <= most_m2 and (way > 0 or down > 0):
                        seen[r * width + c] += level + target_m >= needed
                        if len(lowest):
                            lowest[r * width + c] = max(needed - level, 0.0)
                    this[c] = max(level, needed)
            before = this
