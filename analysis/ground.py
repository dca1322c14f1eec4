"""The ground as triangles; of rasters fine about an area, and coarser the farther away."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from analysis.rays import Rays
from layers.arrays import Float64, Int32, Mover, TerrainPyramid
from layers.columns import Mask
from layers.data import Box
from layers.pyramid import Span
from layers.runs import Int64, starts
from layers.terrain import triangles_of

#: Cells of a raster that are made into triangles about an area, at most; else a coarser level is taken.
MOST_CELLS = 1_000_000
#: Around them each coarser level is this many of its cells wide.
RING_CELLS = 160
#: So many cells, at most, a window is larger than what it is taken for: whole cells of the next level.
CELLS_AROUND = 3
#: Triangles that cover less than this of the map stand upright.
UPRIGHT_M2 = 1e-9
#: Where levels meet, curtains hang down this many cells of the coarser one, so that no light gets under.
CURTAIN_CELLS = 2.0


@dataclass(frozen=True)
class Ground:
    """Triangles that one stands on."""

    vertices: Float64  # (n, 3) world
    triangles: Int32  # (m, 3)

    @cached_property
    def _floor(self) -> Ground:
        """Without what is upright: one does not stand on it."""
        a, b, c = (self.vertices[self.triangles[:, corner], :2] for corner in range(3))
        area = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
        return self.some(np.abs(area) > UPRIGHT_M2)

    @cached_property
    def _rays(self) -> Rays:
        return Rays(self._floor.vertices, self._floor.triangles)

    def heights(self, places: Float64) -> Float64:
        """The height at places (n, 2) of what lies uppermost there; NaN beside the ground."""
        floor = self._floor
        top = float(floor.vertices[:, 2].max()) + 1.0 if len(floor.vertices) else 0.0
        from_above = np.column_stack((places, np.full(len(places), top)))
        triangle, _ = self._rays.first(from_above, np.array([0.0, 0.0, -1.0]))
        found = np.full(len(places), np.nan)
        met = np.flatnonzero(triangle >= 0)
        found[met] = _heights_in(floor.vertices[floor.triangles[triangle[met]]], places[met])
        return found

    def near(self, area: Box | None) -> Ground:
        """Only the triangles that reach into an area."""
        if area is None:
            return self
        corners = self.vertices[self.triangles][..., :2]
        low, high = corners.min(axis=1), corners.max(axis=1)
        return self.some((low <= area[3:5]).all(axis=1) & (high >= area[:2]).all(axis=1))

    def some(self, wanted: Mask) -> Ground:
        """Only these triangles, with their corners."""
        used, numbers = np.unique(self.triangles[wanted], return_inverse=True)
        return Ground(self.vertices[used], numbers.reshape(-1, 3).astype(np.int32))


def together(parts: list[Ground]) -> Ground:
    """Pieces of ground as one."""
    shift = starts(np.array([len(part.vertices) for part in parts], np.int64))
    triangles = [(part.triangles + start).astype(np.int32) for part, start in zip(parts, shift, strict=False)]
    return Ground(
        np.concatenate([np.empty((0, 3)), *(part.vertices for part in parts)]),
        np.concatenate([np.empty((0, 3), np.int32), *triangles]),
    )


def _heights_in(corners: Float64, places: Float64) -> Float64:
    """The heights of the planes of triangles (n, 3, 3) at places (n, 2), in float64."""
    a, ab, ac = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    ap = places - a[:, :2]
    area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    u = (ap[:, 0] * ac[:, 1] - ap[:, 1] * ac[:, 0]) / area
    v = (ab[:, 0] * ap[:, 1] - ab[:, 1] * ap[:, 0]) / area
    found: Float64 = a[:, 2] + u * ab[:, 2] + v * ac[:, 2]
    return found


# -- rasters: the finest cells about an area, and rings of coarser ones around it ------------------


@dataclass(frozen=True)
class _Window:
    """A rectangle of cells of a level: first and last row, first and last column."""

    level: int
    rows: Span
    columns: Span

    @property
    def cells(self) -> int:
        """How many they are."""
        return (self.rows[1] - self.rows[0] + 1) * (self.columns[1] - self.columns[0] + 1)

    def coarser(self) -> _Window:
        """The same rectangle in the next level."""
        rows, columns = ((first // 2, -(-last // 2)) for first, last in (self.rows, self.columns))
        return _Window(self.level + 1, rows, columns)

    def covers(self, other: _Window, cells: int) -> bool:
        """Whether another one of the level reaches out of this one by no more than so many cells."""
        return all(
            first <= low + cells and last >= high - cells
            for (first, last), (low, high) in ((self.rows, other.rows), (self.columns, other.columns))
        )

    def grown(self, cells: int, within: _Window) -> _Window:
        """Larger by so many cells on each side, but no larger than another one."""
        rows, columns = (
            (max(first - cells, low), min(last + cells, high))
            for (first, last), (low, high) in ((self.rows, within.rows), (self.columns, within.columns))
        )
        return _Window(self.level, rows, columns)


def raster_ground(
    terrain: TerrainPyramid, into: Mover, back: Mover, area: Box | None, margin_m: float = 0.0
) -> tuple[Ground, list[float]]:
    """The triangles of a raster in an area and a margin around it, and how wide their cells are, in metres.

    In the margin they grow with the distance from the area. `into` moves points into the project's CRS,
    `back` into the raster's.
    """
    windows = _windows(terrain, back, area, margin_m)
    parts = [_cut(terrain, window, None) for window in windows[:1]]
    for inner, outer in pairwise(windows):
        hole = inner.coarser()
        drop = CURTAIN_CELLS * float(terrain.cell_m.max()) * 2**outer.level
        parts += [_cut(terrain, outer, hole), _curtain(terrain, inner, drop), _curtain(terrain, hole, drop)]
    found = together(parts)
    cells = [float(terrain.cell_m.max()) * 2**window.level for window in windows]
    return Ground(into(found.vertices), found.triangles), cells


def _windows(terrain: TerrainPyramid, back: Mover, area: Box | None, margin_m: float) -> list[_Window]:
    """What is taken of each level, from the area outwards; nothing where the raster lies elsewhere."""
    level = 0
    window = _window(terrain, back, area, 0.0, level)
    while window.cells > MOST_CELLS and level + 1 < len(terrain.levels):
        level += 1
        window = _window(terrain, back, area, 0.0, level)
    found = [window]
    while margin_m and level + 1 < len(terrain.levels):
        level += 1
        whole, hole = _window(terrain, back, area, margin_m, level), found[-1].coarser()
        if hole.covers(whole, CELLS_AROUND):
            break
        found.append(hole.grown(RING_CELLS, whole))
    return [window for window in found if min(np.ptp(window.rows), np.ptp(window.columns)) > 0]


def _window(terrain: TerrainPyramid, back: Mover, area: Box | None, margin_m: float, level: int) -> _Window:
    """The cells of a level in an area and around it, as far as they are whole cells of the next one."""
    last = terrain.levels[level].rows - 1, terrain.levels[level].columns - 1
    if area is None:
        return _Window(level, (0, last[0]), (0, last[1]))
    (x0, y0), (x1, y1) = np.reshape(area, (2, 3))[:, :2] + ((-margin_m,) * 2, (margin_m,) * 2)
    x, y = np.meshgrid(np.linspace(x0, x1, 9), np.linspace(y0, y1, 9))
    edge = back(np.column_stack((x.ravel(), y.ravel(), np.zeros(x.size))))
    column, row = terrain.to_cells(edge[:, 0], edge[:, 1])
    spans = []
    for cells, end in zip((row, column), last, strict=True):
        first = int(np.clip(cells.min() / 2**level - 1, 0, end)) // 2 * 2
        stop = -(-int(np.clip(cells.max() / 2**level + 1, 0, end)) // 2) * 2
        spans.append((first, min(stop, end)))
    return _Window(level, spans[0], spans[1])


def _cut(terrain: TerrainPyramid, window: _Window, hole: _Window | None) -> Ground:
    """The triangles between the cells of a window, without those in a hole."""
    rows, columns = (np.arange(first, last + 1) for first, last in (window.rows, window.columns))
    points = _points(terrain, window.level, rows[:, None], columns)
    triangles = triangles_of(np.isfinite(points[..., 2])).astype(np.int32)
    if hole is not None:
        # A triangle lies in the square that begins at the least row and the least column of its corners.
        down, across = (part.min(axis=1) for part in np.divmod(triangles, len(columns)))
        (top, bottom), (left, right) = hole.rows, hole.columns
        down, across = down + window.rows[0], across + window.columns[0]
        inside = (down >= top) & (down < bottom) & (across >= left) & (across < right)
        triangles = triangles[~inside]
    return Ground(np.nan_to_num(points.reshape(-1, 3)), triangles)


def _curtain(terrain: TerrainPyramid, window: _Window, drop_m: float) -> Ground:
    """Upright triangles that hang down from the edge of a window."""
    parts = []
    rows, columns = (np.arange(first, last + 1) for first, last in (window.rows, window.columns))
    for row, column in (
        *((np.array(row), columns) for row in window.rows),
        *((rows, np.array(column)) for column in window.columns),
    ):
        points = _points(terrain, window.level, row, column)
        known = np.isfinite(points[:, 2])
        both = np.concatenate((points, points - (0.0, 0.0, drop_m)))
        at = np.flatnonzero(known[:-1] & known[1:]).astype(np.int32)
        under = at + np.int32(len(points))
        triangles = np.concatenate(
            (np.column_stack((at, under, at + 1)), np.column_stack((at + 1, under, under + 1)))
        )
        parts.append(Ground(np.nan_to_num(both), triangles))
    return together(parts)


def _points(terrain: TerrainPyramid, level: int, rows: Int64, columns: Int64) -> Float64:
    """Cells of a level as points of the raster's CRS, (…, 3); NaN where it has a hole."""
    heights = terrain.heights_at(level, rows, columns).astype(np.float64)
    return np.concatenate((terrain.places(level, rows, columns), heights[..., None]), axis=-1)
