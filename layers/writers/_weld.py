"""Corners that fall together, as one: for formats in which polygons share their vertices."""

from __future__ import annotations

import numpy as np

from layers.arrays import Float64
from layers.runs import Int64, numbered


def welded(points: Float64, step: float) -> tuple[Int64, Float64]:
    """For each point which of the different places it is, and those places, to the nearest `step`."""
    if not len(points):
        return np.empty(0, np.int64), np.empty((0, 3))
    low = np.floor(points.min(axis=0))
    number, cells = numbered(np.rint((points - low) / step).astype(np.int64))
    return number, cells * step + low
