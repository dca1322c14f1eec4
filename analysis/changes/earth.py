"""How the ground changed: where earth was taken away and brought, cell by cell of the finest raster.

Each cell stands for the ground about its centre, so that what is cut and filled is exact for ground that
is level within cells, and right to the second order of their size for all other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.changes.datum import Datum, datum_between
from analysis.changes.state import State, layers_in
from analysis.underfoot import Relief
from layers.arrays import Float64, TerrainPyramid
from layers.checks.layer import metres
from layers.crs import heights, parse_crs
from layers.data import Progress, never_stop
from layers.project import Project
from layers.records import Layer
from layers.results import Grid
from layers.runs import Int64

#: Cells that are looked at in one go, and shown at most.
AT_ONCE, MOST_SHOWN = 500_000, 250_000
#: Ground of triangles alone is looked at in so many cells.
CELLS_OF_TINS = 1_000_000
#: Cells from which a constant offset is told.
SAMPLE = 100_000


@dataclass(frozen=True)
class Earth:
    """What was moved, and where."""

    before: tuple[Layer, ...]
    after: tuple[Layer, ...]
    cell_m: float  # side of the cells that were counted
    cells: int  # of which both states know the height
    cut_m3: float
    fill_m3: float
    cut_m2: float  # where the ground is lower by more than the tolerance
    fill_m2: float
    deepest_m: float  # below and above what it was, at most
    highest_m: float
    grid: Grid  # of what is shown: means over several cells where there are very many
    places: Float64  # (k, 3) middles of its cells, on the later ground
    rise_m: Float64  # (k,)
    datum: Datum | None  # a constant offset
    is_leveled: bool  # whether that was taken out, as the layers state different references


def earth_moved(
    project: Project, before: State, after: State, tolerance_m: float, progress: Progress = never_stop
) -> Earth | None:
    """The difference of the terrain in two states; None where it is the same, or one has none."""
    layers = [
        tuple(layer for layer in layers_in(project, state, "terrain") if layer.box is not None)
        for state in (before, after)
    ]
    if not all(layers) or layers[0] == layers[1]:
        return None
    reliefs = [Relief(project, some) for some in layers]
    raster = _raster(project, layers)
    if raster is None:
        return None
    unit = metres(project)
    datum = _datum(layers, reliefs, raster, unit[2])
    is_leveled = datum is not None and _references_differ(datum)
    offset = datum.offset_m if datum is not None and is_leveled else 0.0
    counted = _Counted(raster, unit, offset, tolerance_m)
    rows = max(AT_ONCE // raster.columns // counted.factor, 1) * counted.factor
    for first in range(0, raster.rows, rows):
        progress(first / raster.rows, "the ground")
        counted.add(first, min(first + rows, raster.rows), reliefs)
    return counted.found(layers, datum, is_leveled)


@dataclass(frozen=True)
class _Raster:
    """Square cells over what both states know."""

    west: float
    north: float
    step: float  # in units of the project's CRS
    columns: int
    rows: int

    def centres(self, first: int, last: int) -> Float64:
        """(n, 2) of the cells of some rows."""
        x = self.west + (np.arange(self.columns) + 0.5) * self.step
        y = self.north - (np.arange(first, last) + 0.5) * self.step
        return np.column_stack([values.ravel() for values in np.meshgrid(x, y)])


def _raster(project: Project, layers: Sequence[Sequence[Layer]]) -> _Raster | None:
    """The cells of the finest raster where both states have ground; None where they do not meet."""
    boxes = [np.array([layer.box for layer in some]) for some in layers]
    west, south = np.max([box[:, :2].min(axis=0) for box in boxes], axis=0).tolist()
    east, north = np.min([box[:, 3:5].max(axis=0) for box in boxes], axis=0).tolist()
    if west >= east or south >= north:
        return None
    found = [cells for some in layers for layer in some if (cells := _cells(project, layer)) is not None]
    step = math.sqrt((east - west) * (north - south) / CELLS_OF_TINS)
    left, top = west, north
    if found:
        step, left, top = min(found)
        # Whole cells of that raster, of which more than half lies within.
        left += round((west - left) / step) * step
        top -= round((top - north) / step) * step
    columns, rows = round((east - left) / step), round((top - south) / step)
    return _Raster(left, top, step, columns, rows) if columns > 0 and rows > 0 else None


def _cells(project: Project, layer: Layer) -> tuple[float, float, float] | None:
    """Side, west and north of the cells of a raster in the project's CRS; None for triangles."""
    terrain = project.drawable(layer)
    if not isinstance(terrain, TerrainPyramid):
        return None
    height, width = terrain.size.tolist()
    a, b, c, d, e, f = terrain.affine.tolist()
    middle = np.array(
        [[width // 2, height // 2], [width // 2 + 1, height // 2], [width // 2, height // 2 + 1]]
    )
    corners = np.vstack(([[0, 0]], middle)) @ np.array([[a, d], [b, e]]) + (c, f)
    placed = project.mover(layer)(np.column_stack((corners, np.zeros(4))))[:, :2]
    sides = np.linalg.norm(placed[2:] - placed[1], axis=1)
    return float(sides.min()), float(placed[0, 0]), float(placed[0, 1])


def _datum(
    layers: Sequence[Sequence[Layer]], reliefs: Sequence[Relief], raster: _Raster, unit: float
) -> Datum | None:
    """The constant offset of two terrains, if there is one."""
    every = max(raster.rows * raster.columns // SAMPLE, 1)
    rows = np.unique(np.linspace(0, raster.rows - 1, max(raster.rows // every, 1)).astype(int))
    places = np.concatenate([raster.centres(row, row + 1) for row in rows.tolist()])
    rise = (reliefs[1].heights(places) - reliefs[0].heights(places)) * unit
    found = datum_between(layers[0][0], layers[1][0], rise, rise[:0])
    return replace(found, what="cell") if found.is_found else None


def _references_differ(datum: Datum) -> bool:
    """Whether both layers say what their heights refer to, and say different things."""
    one, other = (heights(parse_crs(layer.crs)) if layer.crs else "" for layer in (datum.before, datum.after))
    return bool(one and other and one != other)


class _Counted:
    """What was counted of the cells so far."""

    def __init__(self, raster: _Raster, unit: Float64, offset_m: float, tolerance_m: float) -> None:
        self.raster, self._unit = raster, unit
        self._offset, self._tolerance = offset_m, tolerance_m
        self.factor = max(math.ceil(math.sqrt(raster.rows * raster.columns / MOST_SHOWN)), 1)
        self.shape = -(-raster.rows // self.factor), -(-raster.columns // self.factor)
        self._sum, self._height, self._count = (np.zeros(self.shape) for _ in range(3))
        self._moved = np.zeros(4)
        self._ends = 0.0, 0.0

    @property
    def cell_m2(self) -> float:
        """What a cell covers."""
        return float(self.raster.step**2 * self._unit[0] * self._unit[1])

    def add(self, first: int, last: int, reliefs: Sequence[Relief]) -> None:
        """Count the cells of some rows."""
        places = self.raster.centres(first, last)
        was, stays = (relief.heights(places) for relief in reliefs)
        rise = (stays - was) * self._unit[2] - self._offset
        known = np.isfinite(rise)
        cell = np.flatnonzero(known)
        row, column = (first + cell // self.raster.columns) // self.factor, cell % self.raster.columns
        at = row, column // self.factor
        rise, stays = rise[known], stays[known]
        for into, values in ((self._sum, rise), (self._height, stays), (self._count, np.ones(len(cell)))):
            np.add.at(into, at, values)
        self._moved += (
            -rise[rise < 0].sum(),
            rise[rise > 0].sum(),
            (rise < -self._tolerance).sum(),
            (rise > self._tolerance).sum(),
        )
        low, high = self._ends
        self._ends = min(low, float(rise.min(initial=0.0))), max(high, float(rise.max(initial=0.0)))

    def found(
        self, layers: Sequence[tuple[Layer, ...]], datum: Datum | None, is_leveled: bool
    ) -> Earth | None:
        """All of it; None where the two know no cell in common."""
        cell: Int64 = np.flatnonzero(self._count)
        if not len(cell):
            return None
        raster, step = self.raster, self.raster.step * self.factor
        grid = Grid(raster.west, raster.north, step, self.shape[1], self.shape[0], cell)
        row, column = np.divmod(cell, self.shape[1])
        count = self._count.ravel()[cell]
        x, y = raster.west + (column + 0.5) * step, raster.north - (row + 0.5) * step
        cut, fill, cut_cells, fill_cells = (self._moved * self.cell_m2).tolist()
        return Earth(
            before=layers[0],
            after=layers[1],
            cell_m=math.sqrt(self.cell_m2),
            cells=int(self._count.sum()),
            cut_m3=cut,
            fill_m3=fill,
            cut_m2=cut_cells,
            fill_m2=fill_cells,
            deepest_m=-self._ends[0],
            highest_m=self._ends[1],
            grid=grid,
            places=np.column_stack((x, y, self._height.ravel()[cell] / count)),
            rise_m=self._sum.ravel()[cell] / count,
            datum=datum,
            is_leveled=is_leveled,
        )
