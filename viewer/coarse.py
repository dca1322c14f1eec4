"""A surface as it is drawn while the camera moves far from it: vertices that lie together are one."""

from __future__ import annotations

import numpy as np

from layers.arrays import Float64, Int32, UInt8
from viewer.faces import Index
from viewer.patch import Patch

#: Cells along the longest side of the surface; what lies in one becomes one vertex.
CELLS = 64
#: Surfaces with fewer vertices are drawn as they are.
FEWEST = 20_000


class Coarse:
    """A surface with few triangles that looks the same from where a cell is smaller than a pixel or two."""

    def __init__(self, vertices: Float64, triangles: Int32, origin: Float64) -> None:
        low, high = vertices.min(axis=0), vertices.max(axis=0)
        self.cell_m = float((high - low).max()) / CELLS
        self.box: Float64 = np.stack((low, high))[None]
        cell = ((vertices - low) / max(self.cell_m, 1e-9)).astype(np.int64)
        key = (cell[:, 0] * (CELLS + 1) + cell[:, 1]) * (CELLS + 1) + cell[:, 2]
        _, self._of = np.unique(key, return_inverse=True)
        self._count = np.bincount(self._of)
        places = np.column_stack([self._mean(vertices[:, axis] - low[axis]) for axis in range(3)]) + low
        corners = self._of[triangles]
        a, b, c = corners.T
        kept: Index = np.sort(corners[(a != b) & (b != c) & (c != a)], axis=1)
        # Many triangles fall onto one another; seen from both sides, their order does not matter.
        kept = np.unique(kept, axis=0)
        self.patch = Patch()
        self.patch.fill(places, origin, kept.astype(np.int32), None)
        self.patch.show(False)

    def color(self, colors: UInt8) -> None:
        """Take the mean of the colours (n, 3) of the vertices in each cell."""
        self.patch.recolor(np.column_stack([self._mean(channel) for channel in colors.T]).astype(np.uint8))

    def _mean(self, values: Float64 | UInt8) -> Float64:
        found: Float64 = np.bincount(self._of, values) / self._count
        return found
