"""Polygons as pixels: how much of each pixel they cover, by signed areas along its edges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layers.arrays import Float64
from viewer.picture import Float32

#: Lines of a pixel row that are looked at.
LINES = 3


def coverage(rings: Sequence[Float64], size: tuple[int, int]) -> Float32:
    """How much of every pixel (h, w), 0 … 1, lies in polygons.

    Rings are (n, 2) in pixels, outer ones turned one way and holes the other; `size` is (width, height).
    """
    width, height = size
    starts, ends = [np.empty((0, 2))], [np.empty((0, 2))]
    for ring in rings:
        starts.append(ring)
        ends.append(np.roll(ring, -1, axis=0))
    turns = _crossings(np.concatenate(starts), np.concatenate(ends), width, height)
    filled = np.cumsum(turns.reshape(height, LINES, width + 2), axis=2)[..., :width]
    found: Float32 = np.abs(filled).clip(0, 1).mean(axis=1).astype(np.float32)
    return found


def _crossings(start: Float64, end: Float64, width: int, height: int) -> Float64:
    """How much more is inside from each pixel on than before it, (height · LINES, width + 2)."""
    y0, y1 = start[:, 1] * LINES, end[:, 1] * LINES
    low, high = np.minimum(y0, y1), np.maximum(y0, y1)
    # An edge crosses the lines whose middles (k + 0.5) it passes.
    first = np.clip(np.ceil(low - 0.5), 0, height * LINES).astype(np.int64)
    last = np.clip(np.ceil(high - 0.5), 0, height * LINES).astype(np.int64)
    counts = last - first
    edge = np.repeat(np.arange(len(start)), counts)
    line = np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts) + first[edge]
    share = (line + 0.5 - y0[edge]) / (y1[edge] - y0[edge])
    x = np.clip(start[edge, 0] + share * (end[edge, 0] - start[edge, 0]), 0, width)
    way = np.sign(y1[edge] - y0[edge])
    column = np.floor(x).astype(np.int64)
    part = x - column
    at = line * (width + 2) + column
    size = height * LINES * (width + 2)
    turns: Float64 = np.bincount(at, way * (1 - part), size).astype(np.float64)
    turns += np.bincount(at + 1, way * part, size)
    return turns.reshape(height * LINES, width + 2)
