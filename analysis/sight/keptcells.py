"""What a result keeps of the many cells of a raster: a grid of them, and how many see each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.plots import GROUND_AREA
from analysis.receivers import Receivers
from analysis.sight.outlook import SEEN, SEEN_BY, SEEN_BY_PCT
from analysis.sight.standingheights import Cells, Standing
from analysis.sight.viewshed import Seen
from layers.arrays import Float64
from layers.data import Progress
from layers.errors import UsageError
from layers.results import BEFORE, Grid, Raster

Float32 = NDArray[np.float32]

#: Cells of the grid that a result keeps; of a finer raster several are taken together.
MOST_KEPT = 400_000
HIDDEN = "hidden_m"


@dataclass(frozen=True)
class Kept:
    """The grid of a result, and what is seen of the raster's cells in each of its cells."""

    grid: Grid  # of the cells that somebody looks at
    group: int  # cells of the raster along the side of one of the grid's
    places: Float64  # (n, 3) world
    seen: Sequence[Mapping[str, Float64]]  # per state, sums over the cells of the raster (n,)
    looked_at: Float64  # (n,) so many of them

    def columns(self, state: int, observers: int) -> dict[str, Float64]:
        """The quantities of the points (n,) in a state."""
        sums = self.seen[state]
        found = {SEEN: sums["any"] / self.looked_at}
        if observers > 1:
            mean = sums["count"] / self.looked_at
            found |= {SEEN_BY: mean, SEEN_BY_PCT: 100.0 * mean / observers}
        return {**found, HIDDEN: np.where(np.isfinite(sums["lowest"]), sums["lowest"], np.nan)}

    def receivers(self, cells: Cells) -> Receivers:
        """The points, all of one piece of ground."""
        count = len(self.places)
        return Receivers(
            points=self.places,
            area_m2=self.looked_at * cells.cell_m2,
            row=np.zeros(count, np.int32),
            row_normal=np.array([(0.0, 0.0, 1.0)]),
            layer=np.array([cells.layer.id], np.int32),
            fid=np.array([-1], np.int64),
            object_id=[cells.layer.name],
            geometry=np.array([-1], np.int32),
            surface=np.array([-1], np.int32),
            surface_id=[cells.layer.name],
            surface_type=[GROUND_AREA],
            row_area_m2=np.array([float(self.looked_at.sum()) * cells.cell_m2]),
            tilt_deg=np.zeros(1),
            azimuth_deg=np.zeros(1),
            grid=self.grid,
        )


def kept_of(cells: Cells, states: Sequence[Standing], seen: Sequence[Seen], progress: Progress) -> Kept:
    """What is seen, on a grid along the axes of the project's CRS as fine as is kept.

    Each of its cells is looked up at as many places as it takes cells of the raster together; where the
    raster lies along the axes those are the middles of its cells.
    """
    west, south, east, north = cells.outline
    side = math.sqrt(cells.cell_m2)
    group = max(1, math.ceil(math.sqrt((east - west) * (north - south) / cells.cell_m2 / MOST_KEPT)))
    step = side * group
    columns, rows = (max(1, math.ceil(span / step - 1e-6)) for span in (east - west, north - south))
    number = np.arange(rows * columns)
    corner = np.column_stack((west + number % columns * step, north - number // columns * step))
    sums = [
        {"any": np.zeros(len(number)), "count": np.zeros(len(number)), "lowest": np.full(len(number), np.inf)}
        for _ in seen
    ]
    height, bare = np.zeros((2, len(number))), np.zeros((2, len(number)), np.int64)
    looked_at = np.zeros(len(number))
    for part in range(group * group):
        progress(part / group**2, "what is kept")
        down, across = divmod(part, group)
        row, column = cells.at(corner + np.array((across + 0.5, -down - 0.5)) * side)
        inside = np.flatnonzero(cells.holds(row, column))
        row, column = row[inside], column[inside]
        lowest = [lowest_of(found)[row, column] for found in seen]
        is_looked_at = np.isfinite(np.min(lowest, axis=0))
        at, row, column = inside[is_looked_at], row[is_looked_at], column[is_looked_at]
        looked_at[at] += 1
        is_covered = states[0].covered[row, column].astype(np.int64)
        height[is_covered, at] += states[0].surface.heights[row, column]
        bare[is_covered, at] += 1
        for found, total, least in zip(seen, sums, lowest, strict=True):
            count = found.count[row, column]
            total["any"][at] += count > 0
            total["count"][at] += count
            total["lowest"][at] = np.minimum(total["lowest"][at], least[is_looked_at])
    some = np.flatnonzero(looked_at)
    if not len(some):
        raise UsageError(
            "There is no terrain in view",
            where=cells.layer.name,
            do="Look farther, or choose another place",
        )
    # As high as the open ground in it, or as the roof where there is no open ground.
    which = (bare[0, some] == 0).astype(np.int64)
    middle = corner[some] + (step / 2, -step / 2)
    return Kept(
        Grid(west, north, step, columns, rows, some),
        group,
        np.column_stack((middle, height[which, some] / bare[which, some])),
        [{name: values[some] for name, values in total.items()} for total in sums],
        looked_at[some],
    )


def raster_of_counts(cells: Cells, seen: Sequence[Seen], project_crs: str | None) -> Raster:
    """How many see each cell, in the cells of the terrain themselves."""
    values = {}
    for name, found in zip((SEEN_BY, SEEN_BY + BEFORE), seen, strict=False):
        kind = np.uint8 if int(found.count.max()) < np.iinfo(np.uint8).max else np.uint16
        is_looked_at = np.isfinite(lowest_of(found))
        values[name] = np.where(is_looked_at, found.count, np.iinfo(kind).max).astype(kind).ravel()
    rows, columns = cells.shape
    crs = cells.layer.crs if cells.layer.placement.is_as_read else project_crs
    return Raster(crs, _affine(cells), columns, rows, values)


def _affine(cells: Cells) -> tuple[float, ...]:
    """Where the cells of the window lie, as rasters say it: in the layer's CRS, or in the project's when the
    layer was put elsewhere by hand."""
    a, b, c, d, e, f = cells.terrain.affine.tolist()
    row, column = cells.rows[0], cells.columns[0]
    corner = a * column + b * row + c, d * column + e * row + f
    if cells.layer.placement.is_as_read:
        return a, b, corner[0], d, e, corner[1]
    rows, columns = cells.shape
    ends = np.array([(0, 0), (a * columns, d * columns), (b * rows, e * rows)]) + corner
    start, across, down = cells.into(np.column_stack((ends, np.zeros(3))))[:, :2]
    (a, d), (b, e) = (across - start) / columns, (down - start) / rows
    return float(a), float(b), float(start[0]), float(d), float(e), float(start[1])


def lowest_of(found: Seen) -> Float32:
    """The heights from which on one sees a target."""
    assert found.lowest_m is not None
    return found.lowest_m
