"""The sun's path in bins: few directions that stand for all places where the sun is in a year.

Directions are spread by farthest points (Gonzalez, Theoretical Computer Science 38, 1985) and moved to
the middles of what is nearest to them (Lloyd, IEEE Trans. Inf. Theory 28(2), 1982). They lie closer to
the sun's path than patches of the whole sky do, and more evenly than positions at given dates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64

Ints = NDArray[np.int64]

#: How often bins are moved to the middle of what they stand for.
ROUNDS = 20
#: Rays towards a sun at the horizon go no lower than this sine, so as not to graze the ground they leave.
LOWEST_SINE = 0.003


@dataclass(frozen=True)
class SunBins:
    """Directions, and which of them stands for each of many positions of the sun."""

    directions: Float64  # (b, 3) unit, above the horizon
    bin: Ints  # (h,) of each position


def sun_bins(positions: Float64, count: int) -> SunBins:
    """At most `count` bins for positions of the sun (h, 3), unit vectors; none with 0.

    Each position is its own bin where there are no more than that.
    """
    if not count:
        return SunBins(np.empty((0, 3)), np.zeros(len(positions), np.int64))
    positions = above_horizon(positions)
    if len(positions) <= count:
        return SunBins(positions, np.arange(len(positions)))
    middles = positions[_farthest(positions, count)]
    for _ in range(ROUNDS):
        nearest = _nearest(positions, middles)
        middles = np.stack([np.bincount(nearest, axis, count) for axis in positions.T], axis=1)
        middles = above_horizon(middles / np.linalg.norm(middles, axis=1, keepdims=True))
    return SunBins(middles, _nearest(positions, middles))


def above_horizon(ways: Float64) -> Float64:
    """Unit vectors (n, 3); those below the horizon, or all but on it, are lifted above it."""
    found = ways.copy()
    found[:, 2] = np.maximum(found[:, 2], LOWEST_SINE)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))


def _farthest(positions: Float64, count: int) -> Ints:
    """Numbers of positions, each as far as can be from those before it."""
    chosen = np.zeros(count, np.int64)
    nearness = positions @ positions[0]
    for number in range(1, count):
        chosen[number] = nearness.argmin()
        np.maximum(nearness, positions @ positions[chosen[number]], out=nearness)
    return chosen


def _nearest(positions: Float64, middles: Float64) -> Ints:
    found: Ints = (positions @ middles.T).argmax(axis=1)
    return found
