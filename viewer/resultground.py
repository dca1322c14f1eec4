"""Results that lie on the ground: rasters of points, and shapes such as shadows, laid over the terrain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.arrays import Float64, UInt8
from layers.results import Grid, Table
from viewer.color import LegendEntry
from viewer.drape import Part
from viewer.faces import Index
from viewer.palette import hex_color, ramp, rgb
from viewer.picture import Float32
from viewer.polygonfill import coverage
from viewer.resultscale import Scale

#: Polygons as shapely has them.
Shapes = NDArray[np.object_]

GRID_OPACITY, SHAPE_OPACITY = 0.88, 0.5
SHADOW, OUTLINE = "#27304a", "#1d2338"
#: Shapes are exact: so fine they are drawn where the terrain is near.
FINEST_M = 0.05
#: The first and last colours of bands, as positions in their map.
BAND_MAP, BAND_RANGE = "sun", (0.86, 0.02)


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
        inside = (column >= 0) & (column < grid.columns) & (row >= 0) & (row < grid.rows)
        wanted = np.where(inside, row * grid.columns + column, -1).astype(np.int64)
        at = np.minimum(np.searchsorted(self._cell, wanted), max(len(self._cell) - 1, 0))
        found = inside & (self._cell[at] == wanted) if len(self._cell) else np.zeros(len(places), bool)
        return np.where(found, self._order[at], -1)


class GridCover:
    """A raster of values over the ground, cell by cell."""

    opacity = GRID_OPACITY

    def __init__(self, grid: Grid, values: Float64, scale: Scale) -> None:
        self._grid, self._cells = grid, Cells(grid)
        colors = np.zeros((len(values) + 1, 4), np.uint8)  # the last one is no cell
        colors[:-1, :3] = scale.colors(values)
        colors[:-1, 3] = np.where(np.isfinite(values), 255, 0)
        self._colors = colors

    def pixel_m(self, part: Part) -> float:
        """Cells have straight edges: they are drawn finer than they are."""
        return self._grid.step_m / 4

    def sampled(self, part: Part, size: tuple[int, int]) -> UInt8:
        """Colours and cover, (h, w, 4), for every pixel of a part of the map, its lowest row first."""
        places = part.grid(*size).reshape(-1, 2)
        found: UInt8 = self._colors[self._cells.points(places)].reshape(size[1], size[0], 4)
        return found


@dataclass(frozen=True, eq=False)
class _Group:
    """Shapes of one colour."""

    shapes: Shapes
    color: UInt8


class ShapeCover:
    """Polygons over the ground, with outlines; shapes of one colour do not darken each other."""

    opacity = SHAPE_OPACITY

    def __init__(self, table: Table, bands: str = "") -> None:
        """`bands` is the column that colours them, in steps; without it they are shadows."""
        shapes = shapely.orient_polygons(shapely.from_wkb(table.texts("wkb")))
        self.legend: list[LegendEntry] = []
        if not bands:
            self._groups = [_Group(shapes, rgb(SHADOW))]
            return
        values = table.numbers(bands)
        steps = np.unique(values)
        colors = ramp(BAND_MAP, np.linspace(*BAND_RANGE, len(steps)))
        self._groups = []
        for step, color in zip(steps.tolist(), colors, strict=True):
            # Longer ones lie within shorter ones, on top of them.
            self._groups.append(_Group(shapes[values == step], color))
            self.legend.insert(0, LegendEntry(f"{step:g} h or more", hex_color(color), 0, "", 0, "In shadow"))

    def pixel_m(self, part: Part) -> float:
        """They are exact."""
        return FINEST_M

    def sampled(self, part: Part, size: tuple[int, int]) -> UInt8:
        """Colours and cover, (h, w, 4), for every pixel of a part of the map, its lowest row first."""
        width, height = size
        found = np.zeros((height, width, 4), np.float32)
        for group in self._groups:
            cover = coverage(_rings(group.shapes, part, size), size)
            edge = _edges(cover)[..., None]
            color = group.color * (1 - edge) + rgb(OUTLINE) * edge
            strength = np.maximum(cover, edge[..., 0])[..., None]
            found[..., :3] = found[..., :3] * (1 - strength) + color * strength
            found[..., 3:] = np.maximum(found[..., 3:], 255 * strength)
        return np.rint(found).astype(np.uint8)


def _rings(shapes: Shapes, part: Part, size: tuple[int, int]) -> list[Float64]:
    """The rings of shapes that reach into a part of the map, in its pixels."""
    near = shapely.intersects(shapes, shapely.box(part.west, part.south, part.east, part.north))
    polygons = shapely.get_parts(shapely.get_parts(shapes[near]))
    rings = shapely.get_rings(polygons[shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON])
    # The middle of the first pixel is the corner of the part.
    corner = np.array([part.west, part.south])
    steps = np.maximum(np.array(size) - 1, 1) / np.maximum((part.east, part.north) - corner, 1e-9)
    return [(shapely.get_coordinates(ring)[:-1] - corner) * steps + 0.5 for ring in rings]


def _edges(cover: Float32) -> Float32:
    """How much of a line along the edge of what is covered each pixel has."""
    most, least = cover.copy(), cover.copy()
    for axis in (0, 1):
        for way in (1, -1):
            moved = np.roll(cover, way, axis)
            np.maximum(most, moved, out=most)
            np.minimum(least, moved, out=least)
    return np.asarray(np.where(cover > 0.5, (most - least) * 0.7, 0.0), np.float32)
