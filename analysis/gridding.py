"""Polygons in space to points on a regular grid in their planes, many at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from layers.arrays import Float64
from layers.columns import Mask
from layers.data import Progress, never_stop
from layers.runs import Int64, ranges, starts

#: Cells that are held against triangles at a time.
CELLS_AT_ONCE = 1 << 20
#: Of a triangle's extent: so far outside it a centre still counts as on its edge.
ON_EDGE = 1e-9
#: Triangles smaller than this are no faces.
SMALLEST_M2 = 1e-6
#: Where spread, points move on by this share of a cell from row to row, and by this from column to column:
#: so they are even along every line (Roberts 2018, R2 sequence).
SPREAD = (0.7548776662466927, 0.5698402909980532)


@dataclass(frozen=True)
class Polygons:
    """Polygons as runs of triangles, with a direction in each one's plane along which its grid lies."""

    corners: Float64  # (m, 3, 3) of all triangles, those of a polygon after one another
    triangle_count: Int64  # (p,)
    normal: Float64  # (p, 3) unit
    along: Float64  # (p, 3) unit, in the plane

    def some(self, kept: Int64) -> Polygons:
        """Only these polygons."""
        wanted = np.zeros(len(self.triangle_count), bool)
        wanted[kept] = True
        return Polygons(
            self.corners[wanted[self.polygon]], self.triangle_count[kept], self.normal[kept], self.along[kept]
        )

    @property
    def polygon(self) -> Int64:
        """(m,) the polygon of each triangle."""
        return np.repeat(np.arange(len(self.triangle_count)), self.triangle_count)


@dataclass(frozen=True)
class Points:
    """Points in polygons, polygon by polygon."""

    points: Float64  # (n, 3) on the polygon
    polygon: Int64  # (n,)
    area_m2: Float64  # (n,) equal shares of the polygon's area
    polygon_area_m2: Float64  # (p,)


def areas_of(corners: Float64) -> Float64:
    """The areas of triangles (m, 3, 3)."""
    crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    found: Float64 = np.sqrt((crossed**2).sum(axis=1)) / 2
    return found


def gridded(
    polygons: Polygons,
    spacing_m: float | Float64,
    spread: bool = False,
    progress: Progress = never_stop,
) -> Points:
    """The centres of cells about `spacing_m` wide, (p,) or one for all, that lie in the polygons.

    The cells fill the rectangle around a polygon; there is one at least in each. Polygons without area get
    no point. `spread`: points move off the centres, so that edges along the grid fall evenly between them.
    """
    area = areas_of(polygons.corners)
    owner = polygons.polygon
    count = len(polygons.triangle_count)
    polygon_area: Float64 = np.bincount(owner, area, count).astype(np.float64)
    grids = _grids(polygons, owner, spacing_m, spread)
    solid = np.flatnonzero(area > 0)
    met = _first_triangles(grids, solid, progress)
    cells = np.flatnonzero(met < len(owner))
    triangle = met[cells]
    points = _in_triangles(polygons.corners, grids, triangle, cells)
    bare = (polygon_area > SMALLEST_M2) & (np.bincount(owner[triangle], minlength=count) == 0)
    if bare.any():
        lone = _largest(area, owner, bare)
        triangle = np.concatenate((triangle, lone))
        points = np.concatenate((points, polygons.corners[lone].mean(axis=1)))
        order = np.argsort(owner[triangle], kind="stable")
        triangle, points = triangle[order], points[order]
    kept = polygon_area[owner[triangle]] > SMALLEST_M2
    mine, points = owner[triangle[kept]], points[kept]
    share = polygon_area / np.maximum(np.bincount(mine, minlength=count), 1)
    return Points(points, mine, share[mine], polygon_area)


@dataclass(frozen=True)
class _Grids:
    """One grid per polygon: its cells are numbered through, row by row, polygon by polygon."""

    flat: Float64  # (m, 3, 2) corners of triangles, counted in cells of their polygon's grid
    columns: Int64  # (p,)
    rows: Int64  # (p,)
    first: Int64  # (p + 1,) number of the first cell
    owner: Int64  # (m,) polygon of each triangle
    spread: bool  # whether points lie off the centres of their cells

    def points(self, row: Int64, column: Int64) -> tuple[Float64, Float64]:
        """Where the points of cells lie, counted in columns and rows."""
        x, y = column.astype(np.float64), row.astype(np.float64)
        if not self.spread:
            return x + 0.5, y + 0.5
        return x + (0.5 + SPREAD[0] * y) % 1.0, y + (0.5 + SPREAD[1] * x) % 1.0


def _grids(polygons: Polygons, owner: Int64, spacing_m: float | Float64, spread: bool) -> _Grids:
    begin = starts(polygons.triangle_count)[:-1]
    across = np.cross(polygons.normal, polygons.along)
    has = np.flatnonzero(polygons.triangle_count)
    zero = np.zeros((len(begin), 3))
    zero[has] = polygons.corners[begin[has], 0]
    local = polygons.corners - zero[owner][:, None]
    flat = np.stack(
        [(local * axis[owner][:, None]).sum(axis=-1) for axis in (polygons.along, across)], axis=-1
    )
    low, high = np.zeros((len(begin), 2)), np.zeros((len(begin), 2))
    low[has] = np.minimum.reduceat(flat.min(axis=1), begin[has], axis=0)
    high[has] = np.maximum.reduceat(flat.max(axis=1), begin[has], axis=0)
    size = high - low
    # Half a millionth keeps rounding from deciding where a length is a whole number and a half.
    cells = np.maximum(np.rint(size / np.reshape(spacing_m, (-1, 1)) - 5e-7), 1).astype(np.int64)
    scale = cells / np.where(size > 0, size, 1.0)
    flat = (flat - low[owner][:, None]) * scale[owner][:, None]
    return _Grids(flat, cells[:, 0], cells[:, 1], starts(cells.prod(axis=1)), owner, spread)


def _first_triangles(grids: _Grids, triangles: Int64, progress: Progress) -> Int64:
    """Per cell the first of the triangles that its centre lies in; a number beyond all where none does."""
    nobody = len(grids.owner)
    met = np.full(int(grids.first[-1]), nobody, np.int64)
    # Points lie in the middle of their cells, or anywhere in them.
    before, after = (0.0, 1.0) if grids.spread else (0.5, 0.5)
    low = np.ceil(grids.flat[triangles].min(axis=1) - after - ON_EDGE).astype(np.int64)
    high = np.floor(grids.flat[triangles].max(axis=1) - before + ON_EDGE).astype(np.int64)
    if grids.spread:
        ends = np.column_stack((grids.columns, grids.rows))[grids.owner[triangles]] - 1
        low, high = np.maximum(low, 0), np.minimum(high, ends)
    wide, tall = np.maximum(high - low + 1, 0).T
    for first, last in _stretches(wide * tall):
        progress(first / len(triangles), "laying out points")
        some = slice(first, last)
        counts = (wide * tall)[some]
        which = np.repeat(np.arange(first, last), counts)
        at = ranges(np.zeros(last - first, np.int64), counts)
        row, column = np.divmod(at, np.maximum(wide, 1)[which])
        row, column = row + low[which, 1], column + low[which, 0]
        triangle = triangles[which]
        u, v = _weights(grids.flat[triangle], *grids.points(row, column))
        inside = (u >= -ON_EDGE) & (v >= -ON_EDGE) & (u + v <= 1 + ON_EDGE)
        polygon = grids.owner[triangle[inside]]
        cell = grids.first[polygon] + row[inside] * grids.columns[polygon] + column[inside]
        np.minimum.at(met, cell, triangle[inside])
    return met


def _stretches(counts: Int64) -> Iterator[tuple[int, int]]:
    """Ranges of triangles with about CELLS_AT_ONCE cells."""
    ends = np.cumsum(counts)
    first = 0
    while first < len(counts):
        enough = (ends[first - 1] if first else 0) + CELLS_AT_ONCE
        last = max(first + 1, int(np.searchsorted(ends, enough, "right")))
        yield first, last
        first = last


def _weights(flat: Float64, x: Float64, y: Float64) -> tuple[Float64, Float64]:
    """Barycentric weights of the second and third corner of triangles (n, 3, 2) at places."""
    a, ab, ac = flat[:, 0], flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    px, py = x - a[:, 0], y - a[:, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 1 / (ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0])
        return (px * ac[:, 1] - py * ac[:, 0]) * scale, (ab[:, 0] * py - ab[:, 1] * px) * scale


def _in_triangles(corners: Float64, grids: _Grids, triangle: Int64, cells: Int64) -> Float64:
    """The points of triangles over the centres of cells."""
    polygon = grids.owner[triangle]
    row, column = np.divmod(cells - grids.first[polygon], grids.columns[polygon])
    u, v = _weights(grids.flat[triangle], *grids.points(row, column))
    a, b, c = (corners[triangle, corner] for corner in range(3))
    found: Float64 = a + u[:, None] * (b - a) + v[:, None] * (c - a)
    return found


def _largest(area: Float64, owner: Int64, wanted: Mask) -> Int64:
    """The largest triangle of each wanted polygon."""
    mine = np.flatnonzero(wanted[owner])
    order = mine[np.lexsort((-area[mine], owner[mine]))]
    first = np.ones(len(order), bool)
    first[1:] = np.diff(owner[order]) > 0
    return order[first]
