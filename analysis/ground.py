"""The ground as triangles: rasters of heights cut out of their pyramids, and terrain made of triangles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.rays import Rays
from layers.arrays import CityTiles, Float64, Int32, Mover, TerrainPyramid
from layers.data import Box
from layers.pyramid import Level
from layers.runs import Int64, ranges, starts
from layers.terrain import triangles_of

#: Cells of a raster that are made into triangles, at most; of larger areas a coarser level is taken.
MOST_CELLS = 1_000_000


@dataclass(frozen=True)
class Ground:
    """Triangles that one stands on."""

    vertices: Float64  # (n, 3) world
    triangles: Int32  # (m, 3)

    @cached_property
    def _rays(self) -> Rays:
        return Rays(self.vertices, self.triangles)

    def heights(self, places: Float64) -> Float64:
        """The height at places (n, 2) of what lies uppermost there; NaN beside the ground."""
        top = float(self.vertices[:, 2].max()) + 1.0 if len(self.vertices) else 0.0
        from_above = np.column_stack((places, np.full(len(places), top)))
        triangle, _ = self._rays.first(from_above, np.array([0.0, 0.0, -1.0]))
        found = np.full(len(places), np.nan)
        met = np.flatnonzero(triangle >= 0)
        found[met] = _heights_in(self.vertices[self.triangles[triangle[met]]], places[met])
        return found


def _heights_in(corners: Float64, places: Float64) -> Float64:
    """The heights of the planes of triangles (n, 3, 3) at places (n, 2), in float64."""
    a, ab, ac = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    ap = places - a[:, :2]
    area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    u = (ap[:, 0] * ac[:, 1] - ap[:, 1] * ac[:, 0]) / area
    v = (ab[:, 0] * ap[:, 1] - ab[:, 1] * ap[:, 0]) / area
    found: Float64 = a[:, 2] + u * ab[:, 2] + v * ac[:, 2]
    return found


def raster_ground(terrain: TerrainPyramid, into: Mover, back: Mover, box: Box | None) -> tuple[Ground, float]:
    """The triangles of a raster within a box of the project, and the size of their cells in metres.

    `into` moves points into the project's CRS, `back` into the raster's.
    """
    level, rows, columns = _cells(terrain, back, box)
    cell_m = float(terrain.cell_m.max()) * 2**level.number
    if len(rows) < 2 or len(columns) < 2:
        return Ground(np.empty((0, 3)), np.empty((0, 3), np.int32)), cell_m
    heights = terrain.heights_at(level.number, rows[:, None], columns).astype(np.float64)
    known = np.isfinite(heights)
    points = np.empty((*known.shape, 3))
    points[..., :2] = terrain.places(level.number, rows[:, None], columns)
    points[..., 2] = np.where(known, heights, 0.0)
    triangles = triangles_of(known).astype(np.int32)
    return Ground(into(points.reshape(-1, 3)), triangles), cell_m


def _cells(terrain: TerrainPyramid, back: Mover, box: Box | None) -> tuple[Level, Int64, Int64]:
    """The finest level of which a box has no more cells than there is room for, and its cells there."""
    rows, columns = terrain.size.tolist()
    top, bottom, left, right = 0.0, float(rows), 0.0, float(columns)
    if box is not None:
        x, y = np.meshgrid(np.linspace(box[0], box[3], 9), np.linspace(box[1], box[4], 9))
        edge = back(np.column_stack((x.ravel(), y.ravel(), np.zeros(x.size))))
        column, row = terrain.to_cells(edge[:, 0], edge[:, 1])
        top, bottom = max(float(row.min()), top), min(float(row.max()), bottom)
        left, right = max(float(column.min()), left), min(float(column.max()), right)
    for level in terrain.levels:
        step = 2**level.number
        down = np.arange(max(int(top / step) - 1, 0), min(int(bottom / step) + 2, level.rows))
        across = np.arange(max(int(left / step) - 1, 0), min(int(right / step) + 2, level.columns))
        if len(down) * len(across) <= MOST_CELLS:
            break
    return level, down, across


def tin_ground(city: CityTiles, entries: Int64) -> Ground:
    """The triangles of some objects of a layer."""
    first, corners = city.entry_vertex[entries], np.diff(city.entry_vertex)[entries]
    counts = np.diff(city.entry_triangle)[entries]
    shift = starts(corners)[:-1] - first
    triangles = city.triangles[ranges(city.entry_triangle[entries], counts)]
    triangles = triangles + np.repeat(shift, counts)[:, None].astype(np.int32)
    return Ground(np.asarray(city.vertices[ranges(first, corners)]), triangles)
