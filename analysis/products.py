"""Products of matrices and of vectors, the same on any number of threads."""

from __future__ import annotations

import numpy as np

from layers.arrays import Float64

#: Multiplications up to which OpenBLAS takes no threads of its own: those would wait for the cores that
#: ours are busy on, and sums would be rounded otherwise with another number of them.
MOST_MULTIPLICATIONS = 250_000


def product(left: Float64, right: Float64) -> Float64:
    """left (n, k) @ right (k, m), a few rows at a time; the same on any number of threads."""
    rows = max(1, MOST_MULTIPLICATIONS // max(1, right.size))
    found = np.empty((len(left), right.shape[1]))
    for start in range(0, len(left), rows):
        np.matmul(left[start : start + rows], right, out=found[start : start + rows])
    return found


def dots(left: Float64, right: Float64) -> Float64:
    """Products (n,) of vectors (n, 3) with each other, added in one order on every machine."""
    found: Float64 = left[:, 0] * right[:, 0]
    found += left[:, 1] * right[:, 1]
    found += left[:, 2] * right[:, 2]
    return found
