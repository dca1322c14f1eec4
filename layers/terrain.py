"""Terrain from rasters: a drawable surface, and the height at a place."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from layers.arrays import Float64, Grid, Int32, Mover
from layers.data import Box
from layers.errors import ReadError

_CORNERS = 4  # of a square of cells: a, b in one row, c, d in the next


def surface(grid: Grid, mover: Mover, max_vertices: int) -> tuple[Float64, Int32]:
    """Vertices (n, 3), moved by `mover`, and triangles facing up; cells without a height are left out.

    Rasters of more cells than `max_vertices` are thinned to every k-th row and column; the last
    row and column always stay, so that neighbouring tiles keep meeting.
    """
    rows, columns = grid.heights.shape
    step = max(1, math.ceil(math.sqrt(rows * columns / max(max_vertices, _CORNERS))))
    points = cell_centres(grid, _every(step, rows), _every(step, columns))
    known = np.isfinite(points[..., 2])
    numbers = np.cumsum(known.ravel(), dtype=np.int64) - 1
    triangles = numbers[_triangles(known)].astype(np.int32)
    vertices = mover(points[known])
    return vertices, _facing_up(vertices, triangles)


def _every(step: int, count: int) -> NDArray[np.int64]:
    """0, step, 2 step, … and always the last."""
    picked = np.arange(0, count, step)
    return picked if picked[-1] == count - 1 else np.append(picked, count - 1)


def cell_centres(grid: Grid, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Float64:
    """World (x, y, z) of the centres of the given rows and columns, (r, c, 3)."""
    a, b, c, d, e, f = grid.affine
    column, row = np.meshgrid(columns + 0.5, rows + 0.5)
    z = grid.heights[np.ix_(rows, columns)].astype(np.float64)
    return np.stack((a * column + b * row + c, d * column + e * row + f, z), axis=-1)


def _triangles(known: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Triangles between neighbouring known cells, as positions in the flattened raster.

    A square of four known cells gives two triangles, one of three known cells gives one.
    """
    rows, columns = known.shape
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = (cells.ravel() for cells in _squares(index))
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


def _facing_up(vertices: Float64, triangles: Int32) -> Int32:
    """The same triangles, counter-clockwise seen from above."""
    if not len(triangles):
        return triangles
    p, q, r = (vertices[triangles[:, i], :2] for i in range(3))
    area = np.sum((q[:, 0] - p[:, 0]) * (r[:, 1] - p[:, 1]) - (q[:, 1] - p[:, 1]) * (r[:, 0] - p[:, 0]))
    return triangles if area >= 0 else np.ascontiguousarray(triangles[:, ::-1])


def height_at(grid: Grid, x: ArrayLike, y: ArrayLike) -> Float64:
    """The height at places in the layer's CRS, linear between cell centres; NaN where there is none.

    Within half a cell of the border the outermost cells count.
    """
    rows, columns = grid.heights.shape
    column, row = _to_cells(grid, np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
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
        height = height + np.where(weight > 0, grid.heights[r, c].astype(np.float64) * weight, 0.0)
    return np.where(inside, height, np.nan)


def _to_cells(grid: Grid, x: Float64, y: Float64) -> tuple[Float64, Float64]:
    """Fractional (column, row) of places, counted from the outer corner of the first cell."""
    a, b, c, d, e, f = (float(value) for value in grid.affine)
    determinant = a * e - b * d
    if determinant == 0 or not math.isfinite(determinant):
        raise ReadError("The raster's cells have no size", found=f"{a}, {b}, {d}, {e}")
    return (e * (x - c) - b * (y - f)) / determinant, (a * (y - f) - d * (x - c)) / determinant


def extent(grid: Grid) -> Box:
    """The box around the raster's cells, with its lowest and highest height (0, 0 when all are holes)."""
    rows, columns = grid.heights.shape
    a, b, c, d, e, f = (float(value) for value in grid.affine)
    corners = [(column, row) for column in (0, columns) for row in (0, rows)]
    xs = [a * column + b * row + c for column, row in corners]
    ys = [d * column + e * row + f for column, row in corners]
    low, high = (float(pick.reduce(grid.heights, axis=None)) for pick in (np.fmin, np.fmax))
    if math.isnan(low):
        low = high = 0.0
    return min(xs), min(ys), low, max(xs), max(ys), high
