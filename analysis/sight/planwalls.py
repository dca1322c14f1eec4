"""Which walls of a plan may be seen from a place: those that no nearer one covers, compiled.

The circle around the place is cut into sectors. A wall that reaches across a whole sector hides what lies
behind it there; walls that are hidden so in all the sectors they reach into are left out. The first call
compiles, for some seconds; later ones, of other processes too, read what came of it.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from analysis.sight.planview import ON_WALL_M
from layers.arrays import Float64
from layers.runs import Int64

SECTORS = 720
SECTOR_RAD = 2 * math.pi / SECTORS
EAST = np.cos(np.arange(SECTORS + 1) * SECTOR_RAD)
NORTH = np.sin(np.arange(SECTORS + 1) * SECTOR_RAD)
#: So much nearer than what covers it a wall still counts as seen, in metres.
SLACK_M = 1e-3


@njit(nogil=True, cache=True, error_model="numpy")
def perhaps_seen(x: float, y: float, lines: Float64, radius_m: float, east: Float64, north: Float64) -> Int64:
    """The numbers of lines (k, 2, 2) that may be seen from a place, no farther than a radius.

    `east`, `north`: the directions between sectors, EAST and NORTH.
    """
    count = len(lines)
    sectors = len(east) - 1
    width = 2 * math.pi / sectors
    cover = np.full(sectors, radius_m)
    near = np.empty(count)
    begin, end = np.empty(count), np.empty(count)
    for number in range(count):
        ax, ay = lines[number, 0, 0] - x, lines[number, 0, 1] - y
        bx, by = lines[number, 1, 0] - x, lines[number, 1, 1] - y
        wx, wy = bx - ax, by - ay
        at = min(max(-(ax * wx + ay * wy) / (wx * wx + wy * wy), 0.0), 1.0)
        near[number] = math.hypot(ax + at * wx, ay + at * wy)
        side = ax * wy - ay * wx
        if abs(side) <= ON_WALL_M * math.hypot(wx, wy):
            near[number] = np.inf  # edge on, or the place lies on it
        if near[number] > radius_m:
            continue
        one, other = math.atan2(ay, ax), math.atan2(by, bx)
        if side < 0:
            one, other = other, one
        if one < 0:
            one += 2 * math.pi
        if other < one:
            other += 2 * math.pi
        if other < one:
            other += 2 * math.pi
        begin[number], end[number] = one, other
        first, last = math.ceil(one / width), math.floor(other / width)
        if last <= first:
            continue
        before = side / (east[first % sectors] * wy - north[first % sectors] * wx)
        for edge in range(first + 1, last + 1):
            here = side / (east[edge % sectors] * wy - north[edge % sectors] * wx)
            sector = (edge - 1) % sectors
            cover[sector] = min(cover[sector], max(before, here))
            before = here
    found = np.empty(count, np.int64)
    kept = 0
    for number in range(count):
        if near[number] > radius_m:
            continue
        for sector in range(math.floor(begin[number] / width), math.floor(end[number] / width) + 1):
            if near[number] <= cover[sector % sectors] + SLACK_M:
                found[kept] = number
                kept += 1
                break
    return found[:kept]
