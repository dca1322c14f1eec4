"""Rectangles put side by side into one picture."""

from __future__ import annotations

import numpy as np

from viewer.faces import Index


def packed(size: Index, across: int) -> tuple[Index, Index, int]:
    """Left and lower edges of rectangles (n, 2) put on shelves so wide; and how high all shelves are."""
    left, foot = np.zeros(len(size), np.int64), np.zeros(len(size), np.int64)
    x = shelf = top = 0
    for number in np.argsort(-size[:, 1], kind="stable").tolist():
        wide, high = size[number].tolist()
        if x + wide > across:
            x, shelf = 0, top
        left[number], foot[number] = x, shelf
        x, top = x + wide, max(top, shelf + high)
    return left, foot, top
