"""Smooth lines, dots and words, drawn by the processor onto the pixels of a picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from layers.arrays import Float64, UInt8
from viewer.faces import Index
from viewer.lettering import lettering
from viewer.picture import Float32
from viewer.strokes import strokes

#: How strong the halo around words is.
HALO = 0.55
#: How much of what is behind them plates cover.
PLATE = 0.82
#: How strongly points at pixel columns, rows and depths are drawn: less where something is before them.
Seen = Callable[[Index, Index, Float64], Float32]


class Pen:
    """Draws into a picture (h, w, 3), top row first."""

    def __init__(self, pixels: UInt8, halo: tuple[int, int, int]) -> None:
        """`halo` is the colour around words, so that they can be read on anything."""
        self._pixels, self._halo = pixels, np.array(halo, np.float32)

    def line(self, points: Float64, color: Float32, strength: float, width: float, seen: Seen) -> None:
        """Through points (n, 3) of pixel x, pixel y and depth, as far as they are in the picture."""
        self.lines(np.stack((points[:-1], points[1:]), axis=1), color, strength, width, seen)

    def lines(self, ends: Float64, color: Float32, strength: float, width: float, seen: Seen) -> None:
        """Many straight lines (n, 2, 3); the third coordinate is linear over the picture, for `seen`."""
        height, across, _ = self._pixels.shape
        strongest = np.zeros(height * across, np.float32)
        first, last = len(strongest), 0
        for some in strokes(ends, width, (across, height)):
            opacity = some.cover * seen(some.column, some.row, some.third) * np.float32(strength)
            at = some.row * across + some.column
            np.maximum.at(strongest, at, opacity)
            first, last = min(first, at.min(initial=first)), max(last, at.max(initial=last) + 1)
        at = first + np.flatnonzero(strongest[first:last] > 0)
        self._mix(at, strongest[at, None], color)

    def dot(self, x: float, y: float, radius: float, color: Float32, strength: float) -> None:
        """A round spot."""
        reach = int(np.ceil(radius + 1))
        rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
        row, column = (rows + int(np.floor(y))).ravel(), (columns + int(np.floor(x))).ravel()
        cover = np.clip(radius + 0.5 - np.hypot(column + 0.5 - x, row + 0.5 - y), 0, 1)
        inside = self._inside(row, column)
        opacity = (cover[inside] * strength).astype(np.float32)
        self._blend(row[inside], column[inside], opacity, color)

    def word(
        self,
        x: float,
        y: float,
        words: str,
        color: Float32,
        strength: float,
        size: int,
        bold: bool = False,
        plate: bool = False,
    ) -> None:
        """A word with its middle here, with a halo, or on a plate where what is behind it is restless."""
        letters = np.pad(lettering(words, size, bold), ((3, 3), (5, 5)) if plate else 2)
        halo = letters
        for axis in (0, 1):
            halo = np.max([np.roll(halo, way, axis) for way in (-1, 0, 1)], axis=0)
        rows, columns = np.indices(letters.shape)
        row = (rows + round(y) - letters.shape[0] // 2).ravel()
        column = (columns + round(x) - letters.shape[1] // 2).ravel()
        inside = self._inside(row, column)
        under = np.full_like(letters, PLATE) if plate else halo * np.float32(HALO)
        for cover, paint, share in ((under, self._halo, 1.0), (letters, color, 1.0)):
            opacity = cover.ravel()[inside] * np.float32(strength * share)
            self._blend(row[inside], column[inside], opacity, paint)

    def _inside(self, row: Index, column: Index) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        height, width, _ = self._pixels.shape
        return np.asarray((row >= 0) & (row < height) & (column >= 0) & (column < width))

    def _blend(self, row: Index, column: Index, opacity: Float32, color: Float32) -> None:
        """Colour pixels; where several fall on one, the strongest counts."""
        at, which = np.unique(row * self._pixels.shape[1] + column, return_inverse=True)
        strongest = np.zeros((len(at), 1), np.float32)
        np.maximum.at(strongest[:, 0], which, opacity)
        self._mix(at, strongest, color)

    def _mix(self, at: Index, share: Float32, color: Float32) -> None:
        flat = self._pixels.reshape(-1, 3)
        flat[at] = flat[at] * (1 - share) + color * share + np.float32(0.5)
