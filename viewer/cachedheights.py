"""Heights of a surface that are slow to find, kept cell by cell."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from layers.arrays import Float64

#: The side of a cell, and how many there are at most.
CELL_M, MOST_CELLS = 1.0, 4_000_000
UNKNOWN = -np.inf


class CachedHeights:
    """The height in the middle of the cell that a place lies in; NaN where there is none."""

    def __init__(self, heights: Callable[[Float64], Float64], box: Float64) -> None:
        """`heights` of places (n, 2), within a box (2, 3)."""
        self._heights, self._corner = heights, box[0, :2]
        size = np.maximum(np.ptp(box[:, :2], axis=0), CELL_M)
        self._cell_m = max(CELL_M, float(np.sqrt(size.prod() / MOST_CELLS)))
        columns, rows = (np.floor(size / self._cell_m) + 1).astype(np.int64).tolist()
        self._kept = np.full((rows, columns), UNKNOWN)

    def __call__(self, places: Float64) -> Float64:
        """Heights (n,) at places (n, 2)."""
        rows, columns = self._kept.shape
        column, row = np.floor((places - self._corner) / self._cell_m).astype(np.int64).T
        inside = np.flatnonzero((column >= 0) & (column < columns) & (row >= 0) & (row < rows))
        cell, flat = row[inside] * columns + column[inside], self._kept.reshape(-1)
        missing = np.unique(cell[flat[cell] == UNKNOWN])
        if len(missing):
            middle = np.stack((missing % columns, missing // columns), axis=-1) + 0.5
            flat[missing] = self._heights(self._corner + middle * self._cell_m)
        found = np.full(len(places), np.nan)
        found[inside] = flat[cell]
        return found
