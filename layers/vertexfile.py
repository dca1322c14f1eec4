"""The vertices that all objects of a file share, in a file of their own: they may be too many for memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, Int32
from layers.data import Box

#: Vertices that are read at a time.
AT_ONCE = 1 << 20
#: Where the named ones lie as close together as this, all from the first to the last are read.
MOST_PER_NAME = 4
ROW_BYTES = 24


class VertexFile:
    """Rows of x, y, z as float64 and nothing else."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count = path.stat().st_size // ROW_BYTES

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, numbers: NDArray[np.integer]) -> Float64:
        """A few vertices, in any order."""
        if not len(numbers):
            return np.empty((0, 3))
        rows = np.memmap(self._path, np.float64, "r", shape=(self._count, 3))
        return np.asarray(rows[numbers])

    def gathered(self, corners: Sequence[Int32]) -> Float64:
        """The vertices that the corners name, or some more; the corners' numbers become those in the array.

        Numbers beyond the file are of what follows it; they become those of what follows the array.
        """
        inside = [part < self._count for part in corners]
        named = [part[mine] for part, mine in zip(corners, inside, strict=True) if mine.any()]
        total = sum(map(len, named))
        low = min((int(part.min()) for part in named), default=0)
        high = max((int(part.max()) + 1 for part in named), default=0)
        if high - low <= MOST_PER_NAME * total:
            numbers, rows = None, self._between(low, high)
        else:
            numbers = np.unique(np.concatenate(named))
            rows = self._at(numbers)
        for part, mine in zip(corners, inside, strict=True):
            there = part[mine]
            part[mine] = there - low if numbers is None else np.searchsorted(numbers, there)
            part[~mine] += len(rows) - self._count
        return rows

    def _between(self, first: int, last: int) -> Float64:
        values = np.fromfile(self._path, np.float64, 3 * (last - first), offset=ROW_BYTES * first)
        return values.reshape(-1, 3)

    def _at(self, numbers: Int32) -> Float64:
        """The vertices of ascending numbers; the file is read a stretch at a time."""
        found = np.empty((len(numbers), 3))
        for first in range(0, self._count, AT_ONCE):
            begin, end = np.searchsorted(numbers, (first, first + AT_ONCE))
            if end > begin:
                last = min(self._count, first + AT_ONCE)
                np.take(self._between(first, last), numbers[begin:end] - first, axis=0, out=found[begin:end])
        return found


def write_vertices(path: Path, stretches: Iterable[Float64]) -> Box | None:
    """Make the file of these rows; gives the box around them, if there are any."""
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    with path.open("wb") as file:
        for rows in stretches:
            file.write(np.ascontiguousarray(rows, np.float64).tobytes())
            if len(rows):
                low, high = np.minimum(low, rows.min(axis=0)), np.maximum(high, rows.max(axis=0))
    return (*low.tolist(), *high.tolist()) if np.isfinite(low).all() else None
