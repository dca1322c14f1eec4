"""The height of a surface of triangles at places of the map."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from layers.arrays import Float64, Int32

if TYPE_CHECKING:
    from shapely import STRtree


class Standing:
    """Where one stands on a surface; of what lies above one another, on top."""

    def __init__(self, vertices: Float64, triangles: Int32) -> None:
        self._vertices, self._triangles = vertices, triangles

    @cached_property
    def _corners(self) -> Float64:
        corners: Float64 = self._vertices[self._triangles]
        return corners

    @cached_property
    def _tree(self) -> STRtree:
        from shapely import STRtree, box

        low, high = self._corners[..., :2].min(axis=1), self._corners[..., :2].max(axis=1)
        return STRtree(box(low[:, 0], low[:, 1], high[:, 0], high[:, 1]))

    def heights(self, places: Float64) -> Float64:
        """The height at places (n, 2); NaN beside the surface."""
        from shapely import points

        place, triangle = self._tree.query(points(places), predicate="intersects")
        a, b, c = (self._corners[triangle, i] for i in range(3))
        p = places[place]
        ab, ac, ap = b - a, c - a, p - a[:, :2]
        area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            u = (ap[:, 0] * ac[:, 1] - ap[:, 1] * ac[:, 0]) / area
            v = (ab[:, 0] * ap[:, 1] - ab[:, 1] * ap[:, 0]) / area
            inside = (u >= -1e-9) & (v >= -1e-9) & (u + v <= 1 + 1e-9)
            height = a[:, 2] + u * ab[:, 2] + v * ac[:, 2]
        heights = np.full(len(places), -np.inf)
        np.maximum.at(heights, place[inside], height[inside])
        return np.where(np.isfinite(heights), heights, np.nan)
