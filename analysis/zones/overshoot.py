"""What of a body rises above sheets: its pieces, how high, how much; exact for the triangles, in float64.

A closed body is the sum of what lies under each of its triangles, those that look down counted off
(divergence theorem). So what of it rises above a plane needs no cut through the body: the triangles are
cut by the plane and by the edges of the plane's area, and the columns between both are added up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from analysis.clipping import Cut, cut, whole
from analysis.zones.sheets import Cells
from layers.arrays import Float64
from layers.runs import Int64

#: What looks up and down of a closed body covers the same, but for this share.
OPEN = 0.02


@dataclass(frozen=True)
class Overshoot:
    """Pieces of triangles above sheets."""

    pieces: Cut  # numbers into triangle and sheet
    above: Float64  # (n, k) metres above the sheet at the corners, 0 where there is none
    triangle: Int64  # (n,)
    sheet: Int64  # (n,)

    def __len__(self) -> int:
        return len(self.triangle)

    @property
    def polygons(self) -> list[Float64]:
        """The pieces as corners (k, 3)."""
        corners, counts = self.pieces.corners, self.pieces.count.tolist()
        return [corners[row, :count] for row, count in enumerate(counts)]

    @property
    def most(self) -> tuple[float, Float64]:
        """How far the highest corner is above its sheet, and where it is (3,)."""
        if not len(self):
            return 0.0, np.full(3, np.nan)
        row, corner = np.unravel_index(int(self.above.argmax()), self.above.shape)
        return float(self.above[row, corner]), self.pieces.corners[row, corner]

    @property
    def volume_m3(self) -> float:
        """What lies between the pieces and the sheets below them."""
        return float((self._fans * (self.above[:, :1] + self.above[:, 1:-1] + self.above[:, 2:]) / 3).sum())

    @property
    def area_m2(self) -> float:
        """Of the map, what lies under pieces that look up."""
        return float(np.maximum(self._fans.sum(axis=1), 0.0).sum())

    @property
    def _fans(self) -> Float64:
        """(n, k - 2) signed areas, seen from above, of the triangles that make up each piece."""
        corners = self.pieces.corners[..., :2]
        first, second = (corners[:, 1:-1] - corners[:, :1]), (corners[:, 2:] - corners[:, :1])
        area = (first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]) / 2
        return np.where(self.pieces.valid[:, 2:], area, 0.0)


def overshoot(triangles: Float64, cells: Cells) -> Overshoot:
    """What of triangles (m, 3, 3), anticlockwise seen from outside, rises above sheets."""
    low, high = triangles[..., :2].min(axis=1), triangles[..., :2].max(axis=1)
    boxes = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    triangle, cell = shapely.STRtree(cells.boxes).query(boxes, predicate="intersects")
    top = triangles[..., 2].max(axis=1)[triangle]
    planes = cells.planes[cells.sheet[cell]]
    corners = triangles[triangle]
    is_near = (corners[..., 2] > _heights(planes, corners)).any(axis=1) & np.isfinite(top)
    triangle, cell = triangle[is_near], cell[is_near]
    pieces = whole(triangles[triangle], np.arange(len(triangle)))
    for at in range(3):
        start, end = cells.corners[cell, at], cells.corners[cell, (at + 1) % 3]
        start, way = (start[pieces.triangle][:, None], (end - start)[pieces.triangle][:, None])
        away = pieces.corners[..., :2] - start
        pieces = cut(pieces, way[..., 0] * away[..., 1] - way[..., 1] * away[..., 0])
    planes = cells.planes[cells.sheet[cell]]
    pieces = cut(pieces, pieces.corners[..., 2] - _heights(planes[pieces.triangle], pieces.corners))
    above = pieces.corners[..., 2] - _heights(planes[pieces.triangle], pieces.corners)
    return Overshoot(
        pieces,
        np.where(pieces.valid, np.maximum(above, 0.0), 0.0),
        triangle[pieces.triangle],
        cells.sheet[cell[pieces.triangle]],
    )


def _heights(planes: Float64, corners: Float64) -> Float64:
    """(n, k) heights of planes (n, 3) at corners (n, k, 3)."""
    found: Float64 = (
        planes[:, None, 0] * corners[..., 0] + planes[:, None, 1] * corners[..., 1] + planes[:, None, 2]
    )
    return found


def volume_and_sides(triangles: Float64) -> tuple[float, bool]:
    """m³ within triangles (m, 3, 3), negative where they look inwards, and whether they close a body."""
    a, b, c = (triangles[:, at] for at in range(3))
    area = ((b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])) / 2
    if not np.abs(area).any():
        return 0.0, False
    height = triangles[..., 2].mean(axis=1) - triangles[..., 2].min()
    is_closed = abs(float(area.sum())) <= OPEN * float(np.abs(area).sum())
    return float((area * height).sum()), is_closed
