"""Terrain from rasters: a pyramid of heights, and the way to any of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from layers.errors import ReadError
from layers.pyramid import Finder, Index, Levels, Span
from layers.relief import UNIT, Float32, first_tiles, height_levels, normals_at, squares_beside, tiles
from layers.stored import Float64, Int32, Int64, Mover, Stored, let_go

if TYPE_CHECKING:
    from layers.data import Box

MANY_PLACES = 10_000


@dataclass(frozen=True)
class TerrainPyramid(Stored):
    """A raster of heights in the layer's CRS, in levels; row 0 is the first row of the file.

    Row r of level k is row r · 2^k of the finest, or its last; so for columns. A tile is a square of
    BLOCK by BLOCK cells of a level together with the row and the column that follow.
    """

    heights: Float32  # (n, BLOCK, BLOCK) metres or the CRS's vertical unit, NaN is a hole
    heights_place: Int32  # per block of all levels: which of `heights`, -1 where there are holes only
    relief: NDArray[np.int8]  # (m, BLOCK, BLOCK, 3) mean normals of the finest level, steepened
    relief_place: Int32  # as `heights_place`; the finest level has none
    tile_range: Float32  # (t, 2) lowest and highest of the finest cells in a tile; inf, -inf in a hole
    tile_error: Float32  # (t,) by how much the tile may deviate from the finest cells
    size: Int64  # (2,) rows, columns
    affine: Float64  # (6,) a b c d e f: x = a*col + b*row + c, y = d*col + e*row + f (cell corners)
    cell_m: Float64  # (2,) width and height of a cell in metres

    @cached_property
    def levels(self) -> Levels:
        """From the finest to the coarsest."""
        rows, columns = self.size.tolist()
        return height_levels(rows, columns)

    @cached_property
    def first_tile(self) -> list[int]:
        """The number of the first tile of each level, and at the end how many there are."""
        return first_tiles(self.levels)

    @cached_property
    def _heights(self) -> Finder:
        return Finder(self.heights, self.heights_place, self.levels, np.nan)

    @cached_property
    def _relief(self) -> Finder:
        return Finder(self.relief, self.relief_place, self.levels, 0)

    def heights_at(self, level: Index | int, rows: Index, columns: Index) -> Float32:
        """Heights of cells of a level; the arguments broadcast."""
        found: Float32 = self._heights(level, rows, columns)
        return found

    def window(self, rows: Span, columns: Span) -> Float32:
        """Heights of some rows and columns of the finest level."""
        found: Float32 = self._heights.window(self.levels[0], rows, columns)
        return found

    def normals_of(self, level: int, rows: Index, columns: Index) -> Float32:
        """Normals of the finest surface, steepened, about the cells where these rows and columns meet.

        (r, c, 3) along the columns, along the rows, and up; shorter than 1 where the ground is rough.
        """
        if level:
            found = self._relief(level, rows[:, None], columns).astype(np.float32)
        else:
            finest = self.levels[0]
            down = np.arange(max(rows[0] - 1, 0), min(rows[-1] + 2, finest.rows))
            across = np.arange(max(columns[0] - 1, 0), min(columns[-1] + 2, finest.columns))
            found = normals_at(
                self.heights_at(0, down[:, None], across),
                (float(self.cell_m[0]), float(self.cell_m[1])),
                squares_beside(rows - down[0], len(down)),
                squares_beside(columns - across[0], len(across)),
            )
        return found * np.float32(1 / UNIT)

    def places(self, level: Index | int, rows: Index, columns: Index) -> Float64:
        """World (x, y) of the centres of cells of a level, (…, 2); the arguments broadcast."""
        down, across = self.size - 1
        row = np.minimum(rows << level, down) + 0.5
        column = np.minimum(columns << level, across) + 0.5
        a, b, c, d, e, f = self.affine
        return np.stack(np.broadcast_arrays(a * column + b * row + c, d * column + e * row + f), axis=-1)

    def to_cells(self, x: Float64, y: Float64) -> tuple[Float64, Float64]:
        """Fractional (column, row) of places, counted from the outer corner of the first cell."""
        a, b, c, d, e, f = self.affine.tolist()
        determinant = a * e - b * d
        if determinant == 0 or not math.isfinite(determinant):
            raise ReadError("The raster's cells have no size", found=f"{a}, {b}, {d}, {e}")
        return (e * (x - c) - b * (y - f)) / determinant, (a * (y - f) - d * (x - c)) / determinant

    def tiles(self, level: int) -> tuple[int, int]:
        """Rows and columns of tiles of a level."""
        return tiles(self.levels[level])

    def tile_numbers(self, level: int, rows: Index, columns: Index) -> Index:
        """The numbers of tiles in `tile_range` and `tile_error`; the arguments broadcast."""
        return self.first_tile[level] + rows * self.tiles(level)[1] + columns


def height_at(terrain: TerrainPyramid, x: ArrayLike, y: ArrayLike) -> Float64:
    """The height at places in the layer's CRS, linear between cell centres; NaN where there is none.

    Within half a cell of the border the outermost cells count.
    """
    rows, columns = terrain.size.tolist()
    column, row = terrain.to_cells(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
    inside = (column >= 0) & (column <= columns) & (row >= 0) & (row <= rows)
    u = np.clip(np.where(inside, column, 0) - 0.5, 0, columns - 1)
    v = np.clip(np.where(inside, row, 0) - 0.5, 0, rows - 1)
    left, top = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
    right, bottom = np.minimum(left + 1, columns - 1), np.minimum(top + 1, rows - 1)
    u, v = u - left, v - top
    height = np.zeros(np.broadcast(column, row).shape)
    for r, c, weight in (
        (top, left, (1 - u) * (1 - v)),
        (top, right, u * (1 - v)),
        (bottom, left, (1 - u) * v),
        (bottom, right, u * v),
    ):
        cells = terrain.heights_at(0, r, c).astype(np.float64)
        height = height + np.where(weight > 0, cells * weight, 0.0)
    return np.where(inside, height, np.nan)


def heights_in(terrain: TerrainPyramid, there: Mover, back: Mover, places: Float64) -> Float64:
    """The height at places (n, 2) of another CRS, in that CRS; `there` moves points into the layer's own."""
    flat = there(np.column_stack((places, np.zeros(len(places)))))
    flat[:, 2] = height_at(terrain, flat[:, 0], flat[:, 1])
    known = np.isfinite(flat[:, 2])
    heights = np.full(len(places), np.nan)
    heights[known] = back(flat[known])[:, 2]
    if len(places) > MANY_PLACES:
        let_go(terrain.heights)  # they may lie all over it
    return heights


def extent(terrain: TerrainPyramid) -> Box:
    """The box around the raster's cells, with its lowest and highest height (0, 0 when all are holes)."""
    low, high = (float(value) for value in terrain.tile_range[-1])
    if low > high:
        low = high = 0.0
    rows, columns = terrain.size.tolist()
    x0, y0, x1, y1 = outline(terrain.affine, rows, columns)
    return x0, y0, low, x1, y1, high


def outline(affine: Float64, rows: int, columns: int) -> tuple[float, float, float, float]:
    """The least and greatest x and y of a raster's cells."""
    a, b, c, d, e, f = affine.tolist()
    corners = [(column, row) for column in (0, columns) for row in (0, rows)]
    xs = [a * column + b * row + c for column, row in corners]
    ys = [d * column + e * row + f for column, row in corners]
    return min(xs), min(ys), max(xs), max(ys)


def triangles_of(known: NDArray[np.bool_]) -> Index:
    """Triangles between neighbouring known cells (r, c), as positions in the flattened raster.

    A square of four known cells gives two triangles, split from the upper left; one of three gives one.
    They turn from the columns towards the rows.
    """
    rows, columns = known.shape
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = (cells.ravel() for cells in _squares(index))
    if known.all():
        return np.concatenate((np.stack((a, c, d), axis=-1), np.stack((a, d, b), axis=-1)))
    knows_a, knows_b, knows_c, knows_d = (cells.ravel() for cells in _squares(known))
    falling = knows_a & knows_d  # split from a to d, else from b to c
    rising = knows_b & knows_c & ~falling
    parts = (
        (falling & knows_c, (a, c, d)),
        (falling & knows_b, (a, d, b)),
        (rising & knows_a, (a, c, b)),
        (rising & knows_d, (b, c, d)),
    )
    return np.concatenate([np.stack(corners, axis=-1)[there] for there, corners in parts])


def _squares(cells: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """The four corners a, b, c, d of every square of neighbouring cells."""
    return cells[:-1, :-1], cells[:-1, 1:], cells[1:, :-1], cells[1:, 1:]
