"""Results that lie on the ground, rasters of points and shapes such as shadows, painted pixel by pixel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.arrays import Float64
from layers.results import Grid, Table
from viewer.color import LegendEntry
from viewer.faces import Index
from viewer.palette import hex_color, ramp, rgb
from viewer.picture import Float32
from viewer.polygonfill import coverage
from viewer.resultscale import Scale


@dataclass(frozen=True)
class Ground:
    """The terrain below a city."""

    heights: Callable[[Float64], Float64]  # at places (n, 2); NaN where it is not known
    is_coarse: bool  # whether it may be drawn more coarsely than it is


GRID_OPACITY, SHAPE_OPACITY, OUTLINE_OPACITY = 0.88, 0.55, 0.85
#: The rim of a raster, whose narrow parts would be all edge otherwise.
RIM_OPACITY = 0.3
SHADOW, OUTLINE = "#27304a", "#1d2338"
#: What lies so near the ground, or the points of a raster, is ground: a road, but no roof.
NEAR_GROUND_M = 1.5
#: Shapes are kept as the share of cells that they cover: so large is a cell, and so many are there.
CELL_M, MOST_CELLS = 0.25, 4_000_000
STRIP_CELLS = 200_000
#: Outlines are so wide, in pixels, and at least in metres.
OUTLINE_PX, OUTLINE_M = 1.5, 0.08
SIDES = np.array([(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)])
#: The map of the colours of bands, and where in it the first and the last one lie.
BAND_MAP, BAND_RANGE = "sun", (0.86, 0.02)


class GroundPaint(Protocol):
    """What a result paints onto the ground."""

    legend: list[LegendEntry]

    def work(self) -> bool:
        """Prepare a little; False when there is nothing left to prepare."""

    def blend(self, colors: Float32, places: Float64, pixel_m: Float64, ground: Ground | None) -> None:
        """Paint over the colours (n, 3) of what looks up at places (n, 3), in place.

        `pixel_m` is how much of the world a pixel covers there.
        """


class Cells:
    """The points of a raster, found by place."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._order = np.argsort(grid.cell, kind="stable")
        self._cell = grid.cell[self._order]

    def points(self, places: Float64) -> Index:
        """The point in whose cell each place (n, 2) lies, -1 for none."""
        grid = self._grid
        column = np.floor((places[:, 0] - grid.west) / grid.step_m)
        row = np.floor((grid.north - places[:, 1]) / grid.step_m)
        inside = np.flatnonzero((column >= 0) & (column < grid.columns) & (row >= 0) & (row < grid.rows))
        found = np.full(len(places), -1, np.int64)
        if not len(self._cell) or not len(inside):
            return found
        wanted = (row[inside] * grid.columns + column[inside]).astype(np.int64)
        at = np.minimum(np.searchsorted(self._cell, wanted), len(self._cell) - 1)
        found[inside] = np.where(self._cell[at] == wanted, self._order[at], -1)
        return found


class GridPaint:
    """A raster of values, cell by cell."""

    def __init__(self, grid: Grid, heights: Float64, values: Float64, scale: Scale) -> None:
        """`heights` and `values` of the points of the raster."""
        self.legend: list[LegendEntry] = []
        self._cells, self._heights = Cells(grid), heights
        self._colors, self._known = scale.colors(values).astype(np.float32), np.isfinite(values)

    def work(self) -> bool:
        """Nothing is to be prepared."""
        return False

    def blend(self, colors: Float32, places: Float64, pixel_m: Float64, ground: Ground | None) -> None:
        """Paint over the colours (n, 3) of what looks up at places (n, 3), in place."""
        points = self._cells.points(places[:, :2])
        on = np.flatnonzero(points >= 0)
        on = on[np.abs(self._heights[points[on]] - places[on, 2]) < NEAR_GROUND_M]
        on = on[self._known[points[on]]]
        colors[on] += (self._colors[points[on]] - colors[on]) * np.float32(GRID_OPACITY)
        beside = _beside(places[on], pixel_m[on])
        rim = on[np.any([self._cells.points(side) < 0 for side in beside], axis=0)]
        colors[rim] += (rgb(OUTLINE) - colors[rim]) * np.float32(RIM_OPACITY)


class ShapePaint:
    """Polygons with outlines; where some of one kind lie over each other it is no darker."""

    def __init__(self, table: Table, bands: str = "") -> None:
        """`bands` is the column of what they stand for, in steps; without it they are shadows."""
        shapes = shapely.orient_polygons(shapely.from_wkb(table.texts("wkb")))
        values = table.numbers(bands) if bands else np.zeros(len(shapes))
        steps = np.unique(values)
        colors = ramp(BAND_MAP, np.linspace(*BAND_RANGE, len(steps))) if bands else rgb(SHADOW)[None]
        self._colors = colors.astype(np.float32)
        # Longer lasting shapes lie within shorter lasting ones: a cell counts those that cover it.
        self._rings = [_rings(shapes[values == step]) for step in steps]
        self._west, self._south, east, north = shapely.total_bounds(shapes).tolist()
        wide, deep = max(east - self._west, CELL_M), max(north - self._south, CELL_M)
        self._cell_m = max(CELL_M, float(np.sqrt(wide * deep / MOST_CELLS)))
        size = (int(wide / self._cell_m) + 3, int(deep / self._cell_m) + 3)
        self._covered = np.zeros(size[::-1], np.float32)
        self._done = 0  # rows that are filled in
        self.legend = [
            LegendEntry(f"{step:g} h or more", hex_color(color), 0, "", 0, _heading(table))
            for step, color in zip(steps[::-1].tolist(), colors[::-1], strict=True)
        ]
        if not bands:
            self.legend = [LegendEntry("Shadow", SHADOW, len(shapes), "", 0, "Shadows")]

    def work(self) -> bool:
        """Fill in some more rows."""
        rows, columns = self._covered.shape
        if self._done >= rows:
            return False
        last = min(self._done + max(STRIP_CELLS // columns, 1), rows)
        corner = np.array([self._west, self._south + (self._done - 1) * self._cell_m])
        corner[0] -= self._cell_m
        for rings in self._rings:
            low, high = corner[1], corner[1] + (last - self._done) * self._cell_m
            near = [ring for ring in rings if ring[:, 1].max() > low and ring[:, 1].min() < high]
            if near:
                moved = [(ring - corner) / self._cell_m for ring in near]
                self._covered[self._done : last] += coverage(moved, (columns, last - self._done))
        self._done = last
        return True

    def blend(self, colors: Float32, places: Float64, pixel_m: Float64, ground: Ground | None) -> None:
        """Paint over the colours (n, 3) of what looks up at places (n, 3), in place."""
        counted = self._counted(places[:, :2])
        on = np.flatnonzero(counted >= 0.5)
        if ground is not None and len(on):
            height = ground.heights(places[on, :2])
            on = on[~(np.abs(height - places[on, 2]) > NEAR_GROUND_M)]
        band = np.minimum((counted[on] + 0.5).astype(np.int64), len(self._colors)) - 1
        beside = _beside(places[on], pixel_m[on])
        edge = np.min([self._counted(side) for side in beside], axis=0) < band + 0.5
        paint = np.where(edge[:, None], rgb(OUTLINE).astype(np.float32), self._colors[band])
        share = np.where(edge, np.float32(OUTLINE_OPACITY), np.float32(SHAPE_OPACITY))[:, None]
        colors[on] += (paint - colors[on]) * share

    def _counted(self, places: Float64) -> Float32:
        """How many kinds of shapes cover places, with the shares of cells blended into each other."""
        rows, columns = self._covered.shape
        x = (places[:, 0] - self._west) / self._cell_m + 0.5
        y = (places[:, 1] - self._south) / self._cell_m + 0.5
        inside = np.flatnonzero((x >= 0) & (x < columns - 1) & (y >= 0) & (y < rows - 1))
        left, low = x[inside].astype(np.int64), y[inside].astype(np.int64)
        u, v = ((one[inside] - whole).astype(np.float32) for one, whole in ((x, left), (y, low)))
        flat, at = self._covered.reshape(-1), low * columns + left
        below = flat[at] * (1 - u) + flat[at + 1] * u
        above = flat[at + columns] * (1 - u) + flat[at + columns + 1] * u
        found = np.zeros(len(places), np.float32)
        found[inside] = below * (1 - v) + above * v
        return found


def _heading(table: Table) -> str:
    """What bands are of, and how uncertain they are where it is known."""
    longer = table.numbers("longer_h") if "longer_h" in table.columns else np.zeros(1)
    return f"In shadow, or up to {longer.max():g} h longer" if longer.max() > 0 else "In shadow"


def _beside(places: Float64, pixel_m: Float64) -> list[Float64]:
    """Places (n, 2) so far to all sides as an outline is wide."""
    apart = np.maximum(OUTLINE_PX * pixel_m, OUTLINE_M)[:, None]
    return [places[:, :2] + apart * side for side in SIDES]


def _rings(shapes: NDArray[np.object_]) -> list[Float64]:
    """The rings of all polygons, without their last point, which is their first; (n, 2) each."""
    polygons = shapely.get_parts(shapely.get_parts(shapes))
    polygons = polygons[shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON]
    rings = shapely.get_rings(polygons)
    return [shapely.get_coordinates(ring)[:-1] for ring in rings]
