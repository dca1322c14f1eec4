"""Lines as thin as the picture draws any: seen and clicked where a body along them is too thin to see."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64
from viewer.faces import Index, Mask, boxes_of_runs, spans
from viewer.patch import LINES, Patch
from viewer.picking import View2D, boxes_over

#: So near the cursor, in pixels, a line is meant by a click.
REACH_PX = 5.0
#: Lines are darker than the bodies along them.
TONE = 0.9


class Axes:
    """Some lines, each with its points one after the other."""

    def __init__(self, points: Float64, offsets: Index, origin: Float64, width: float = 1.6) -> None:
        """`points` (n, 3) world; `offsets` (lines + 1,) first point of each line."""
        self.points, self.offsets = points, offsets
        self._origin = origin
        self.patch = Patch(LINES, width=width)
        counts = np.diff(offsets)
        self._pieces = spans(offsets[:-1], np.maximum(offsets[1:] - 1, offsets[:-1]))
        self._piece_line = np.repeat(np.arange(len(counts)), np.maximum(counts - 1, 0))
        self._boxes = boxes_of_runs(points, offsets[:-1])
        self._drawn: Mask | None = None

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def forget(self) -> None:
        """The colours have changed: draw anew the next time."""
        self._drawn = None

    def follow(self, visible: Mask, colors: NDArray[np.float32]) -> None:
        """Draw those lines, each in its colour (lines, 3), unless that is what is drawn."""
        if self._drawn is not None and (visible == self._drawn).all():
            return
        self._drawn = visible.copy()
        shown = visible[self._piece_line]
        pieces, owner = self._pieces[shown], self._piece_line[shown]
        ends = np.column_stack((pieces, pieces + 1)).ravel()
        tones = np.repeat((colors[owner] * TONE).astype(np.uint8), 2, axis=0)
        self.patch.fill(self.points[ends], self._origin, np.arange(len(ends), dtype=np.int32), tones)

    def nearest(self, view: View2D, x: float, y: float, visible: Mask) -> tuple[int, Float64, Float64] | None:
        """The line drawn nearest to a pixel position: its number, the place on it, its nearest point."""
        if not len(self):
            return None
        lines = np.flatnonzero(visible & boxes_over(view, self._boxes, x, y, x, y, REACH_PX))
        pieces = spans(self.offsets[lines], np.maximum(self.offsets[lines + 1] - 1, self.offsets[lines]))
        if not len(pieces):
            return None
        start, end = self.points[pieces], self.points[pieces + 1]
        away, along = _distance_px(view, x, y, start, end)
        best = int(away.argmin())
        if away[best] > REACH_PX:
            return None
        line = int(np.searchsorted(self.offsets, pieces[best], side="right")) - 1
        place = start[best] + along[best] * (end[best] - start[best])
        return line, place, start[best] if along[best] < 0.5 else end[best]


def _distance_px(view: View2D, x: float, y: float, start: Float64, end: Float64) -> tuple[Float64, Float64]:
    """How far from the cursor each piece is drawn, and where along it the nearest place is."""
    a, b = view.project(start), view.project(end)
    across = b[:, :2] - a[:, :2]
    length = (across**2).sum(axis=1)
    toward = np.array([x, y]) - a[:, :2]
    along = np.clip((toward * across).sum(axis=1) / np.where(length > 0, length, 1.0), 0, 1)
    away = np.hypot(*(toward - along[:, None] * across).T)
    hidden = (a[:, 2] <= 0) | (b[:, 2] <= 0)
    return np.where(hidden, np.inf, away), along
