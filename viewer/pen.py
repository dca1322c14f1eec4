"""Smooth lines, dots and words, drawn by the processor onto the pixels of a picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from layers.arrays import Float64, UInt8
from viewer.faces import Index
from viewer.lettering import lettering
from viewer.picture import Float32

#: Points along a line, per pixel.
PER_PIXEL = 1.5
FARTHEST_PX = 8_000.0
#: How strong the halo around words is.
HALO = 0.55
#: How strongly points at pixel columns, rows and depths are drawn: less where something is before them.
Seen = Callable[[Index, Index, Float64], Float32]


class Pen:
    """Draws into a picture (h, w, 3), top row first."""

    def __init__(self, pixels: UInt8, halo: tuple[int, int, int]) -> None:
        """`halo` is the colour around words, so that they can be read on anything."""
        self._pixels, self._halo = pixels, np.array(halo, np.float32)

    def line(self, points: Float64, color: Float32, strength: float, width: float, seen: Seen) -> None:
        """Through points (n, 3) of pixel x, pixel y and depth, as far as they are near the picture."""
        x, y, depth = _along(points)
        reach = int(np.ceil(width / 2 + 0.5))
        around = np.arange(-reach, reach + 1)
        row = (np.floor(y).astype(np.int64)[:, None, None] + around[:, None]) + 0 * around
        column = (np.floor(x).astype(np.int64)[:, None, None] + around) + 0 * around[:, None]
        apart = np.hypot(column + 0.5 - x[:, None, None], row + 0.5 - y[:, None, None])
        cover = np.clip(width / 2 + 0.5 - apart, 0, 1).astype(np.float32)
        inside = self._inside(row, column) & (cover > 0)
        depths = np.broadcast_to(depth[:, None, None], inside.shape)[inside]
        row, column = row[inside], column[inside]
        opacity = cover[inside] * seen(column, row, depths) * np.float32(strength)
        self._blend(row, column, opacity, color)

    def dot(self, x: float, y: float, radius: float, color: Float32, strength: float) -> None:
        """A round spot."""
        reach = int(np.ceil(radius + 1))
        rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
        row, column = (rows + int(np.floor(y))).ravel(), (columns + int(np.floor(x))).ravel()
        cover = np.clip(radius + 0.5 - np.hypot(column + 0.5 - x, row + 0.5 - y), 0, 1)
        inside = self._inside(row, column)
        opacity = (cover[inside] * strength).astype(np.float32)
        self._blend(row[inside], column[inside], opacity, color)

    def word(self, x: float, y: float, words: str, color: Float32, strength: float, size: int) -> None:
        """A word with its middle here, with a halo."""
        letters = np.pad(lettering(words, size), 2)
        halo = letters
        for axis in (0, 1):
            halo = np.max([np.roll(halo, way, axis) for way in (-1, 0, 1)], axis=0)
        rows, columns = np.indices(letters.shape)
        row = (rows + round(y) - letters.shape[0] // 2).ravel()
        column = (columns + round(x) - letters.shape[1] // 2).ravel()
        inside = self._inside(row, column)
        for cover, paint, share in ((halo, self._halo, HALO), (letters, color, 1.0)):
            opacity = cover.ravel()[inside] * np.float32(strength * share)
            self._blend(row[inside], column[inside], opacity, paint)

    def _inside(self, row: Index, column: Index) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        height, width, _ = self._pixels.shape
        return np.asarray((row >= 0) & (row < height) & (column >= 0) & (column < width))

    def _blend(self, row: Index, column: Index, opacity: Float32, color: Float32) -> None:
        """Colour pixels; where several fall on one, the strongest counts."""
        flat = self._pixels.reshape(-1, 3)
        at, which = np.unique(row * self._pixels.shape[1] + column, return_inverse=True)
        strongest = np.zeros((len(at), 1), np.float32)
        np.maximum.at(strongest[:, 0], which, opacity)
        flat[at] = flat[at] * (1 - strongest) + color * strongest + np.float32(0.5)


def _along(points: Float64) -> tuple[Float64, Float64, Float64]:
    """Places close to each other along a line, x, y and depth, without its ends that are far away."""
    near = np.abs(points[:, :2]).max(axis=1) < FARTHEST_PX if len(points) else np.zeros(0, bool)
    joined = np.flatnonzero(near[:-1] & near[1:])
    if not len(joined):
        return np.empty(0), np.empty(0), np.empty(0)
    start, step = points[joined], points[joined + 1] - points[joined]
    parts = np.maximum(np.ceil(np.hypot(step[:, 0], step[:, 1]) * PER_PIXEL), 1).astype(np.int64)
    which = np.repeat(np.arange(len(joined)), parts)
    share = (np.arange(len(which)) - np.repeat(np.cumsum(parts) - parts, parts)) / parts[which]
    x, y, depth = (start[which] + share[:, None] * step[which]).T
    return x, y, depth
