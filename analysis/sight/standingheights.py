"""A raster of terrain as it is looked over: its cells about some places, with what stands on them."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.casters import casters
from analysis.obstacles import Casters
from analysis.sight.viewshed import Surface
from analysis.situation import Situation, state_of
from layers.arrays import Float64, Mover, TerrainPyramid
from layers.columns import Mask
from layers.data import Box, Progress, never_stop
from layers.errors import UsageError
from layers.project import Project
from layers.pyramid import Span
from layers.records import Layer
from layers.runs import Int64
from layers.stored import let_go

Float32 = NDArray[np.float32]

#: Cells that are looked over at once: some 30 bytes of memory each.
MOST_CELLS = 50_000_000
#: Cells that are moved, or held against rays, at a time.
CELLS_AT_ONCE = 1 << 20
#: West, south, east and north in the project's CRS.
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Cells:
    """A window of the finest cells of a terrain raster."""

    layer: Layer
    terrain: TerrainPyramid
    rows: Span
    columns: Span
    into: Mover  # points of the raster's CRS into the project's
    back: Mover

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows[1] - self.rows[0], self.columns[1] - self.columns[0]

    def places(self, cells: Int64) -> Float64:
        """Middles of cells, by their numbers in the window, in the raster's CRS (n, 2)."""
        row, column = np.divmod(cells, self.shape[1])
        return self.terrain.places(0, row + self.rows[0], column + self.columns[0])

    def at(self, places: Float64) -> tuple[Int64, Int64]:
        """Row and column in the window of the cell in which each place (n, 2) of the project's CRS lies."""
        flat = self.back(np.column_stack((places[:, :2], np.zeros(len(places)))))
        column, row = self.terrain.to_cells(flat[:, 0], flat[:, 1])
        return (
            np.floor(row).astype(np.int64) - self.rows[0],
            np.floor(column).astype(np.int64) - self.columns[0],
        )

    def holds(self, row: Int64, column: Int64) -> Mask:
        """Which rows and columns are of the window."""
        rows, columns = self.shape
        return (row >= 0) & (row < rows) & (column >= 0) & (column < columns)

    @cached_property
    def bare(self) -> Float32:
        """Heights in the project's CRS (rows, columns), NaN in holes."""
        found = np.ascontiguousarray(self.terrain.window(self.rows, self.columns))
        let_go(self.terrain.heights)
        if self._stays:
            return found
        flat = found.reshape(-1)
        known = np.flatnonzero(np.isfinite(flat))
        for first in range(0, len(known), CELLS_AT_ONCE):
            some = known[first : first + CELLS_AT_ONCE]
            flat[some] = self.into(np.column_stack((self.places(some), flat[some])))[:, 2]
        return flat.reshape(self.shape)

    @cached_property
    def _stays(self) -> bool:
        """Whether points have the same coordinates in the raster's CRS and in the project's."""
        rows, columns = self.shape
        corner = np.column_stack((self.places(np.array([0, rows * columns - 1])), np.zeros(2)))
        return bool(np.array_equal(self.into(corner), corner))

    @cached_property
    def steps_m(self) -> tuple[float, float, float, float]:
        """Metres (east, north) in the project's CRS to the next column and to the next row."""
        rows, columns = self.shape
        middle = rows // 2 * columns + columns // 2
        x, y = self.places(np.array([middle]))[0]
        a, b, _, d, e, _ = self.terrain.affine.tolist()
        around = self.into(np.array([(x, y, 0.0), (x + a, y + d, 0.0), (x + b, y + e, 0.0)]))
        return (*(around[1] - around[0])[:2].tolist(), *(around[2] - around[0])[:2].tolist())

    def inside(self, bounds: Bounds) -> Mask:
        """Which cells (rows, columns) have their middles in a rectangle of the project's CRS."""
        west, south, east, north = bounds
        found = np.zeros(self.shape[0] * self.shape[1], bool)
        for first in range(0, len(found), CELLS_AT_ONCE):
            some = np.arange(first, min(first + CELLS_AT_ONCE, len(found)))
            x, y, _ = self.into(np.column_stack((self.places(some), np.zeros(len(some))))).T
            found[some] = (x >= west) & (x <= east) & (y >= south) & (y <= north)
        return found.reshape(self.shape)

    @property
    def is_upright(self) -> bool:
        """Whether the cells are squares along the axes of the project's CRS, rows from the north."""
        east, north, east_down, north_down = self.steps_m
        return east > 0 and bool(np.allclose((north, east_down, -north_down), (0, 0, east), 0, 1e-9 * east))

    @cached_property
    def cell_m2(self) -> float:
        """Ground that a cell covers."""
        east, north, east_down, north_down = self.steps_m
        return abs(east * north_down - north * east_down)

    @property
    def box(self) -> Box:
        """Around the window in the project's CRS; of unknown height."""
        x0, y0, x1, y1 = self.outline
        return x0, y0, 0.0, x1, y1, 0.0

    @cached_property
    def outline(self) -> tuple[float, float, float, float]:
        """West, south, east and north in the project's CRS, to the outer edges of the cells."""
        a, b, c, d, e, f = self.terrain.affine.tolist()
        corners = [(column, row) for column in self.columns for row in self.rows]
        flat = [(a * column + b * row + c, d * column + e * row + f, 0.0) for column, row in corners]
        moved = self.into(np.array(flat))
        (x0, y0), (x1, y1) = moved[:, :2].min(axis=0).tolist(), moved[:, :2].max(axis=0).tolist()
        return x0, y0, x1, y1


def cells_about(
    project: Project, layer: Layer, places: Float64, radius_m: float, bounds: Bounds | None = None
) -> Cells:
    """The cells of a raster within a radius of places (n, 2 or 3) of the project's CRS.

    With bounds, no more than lie between the places and the rectangle, or in it.
    """
    terrain = project.drawable(layer)
    assert isinstance(terrain, TerrainPyramid)
    rows, columns = terrain.size.tolist()
    into, back = project.mover(layer), project.place.way_back_of(layer)
    whole = Cells(layer, terrain, (0, rows), (0, columns), into, back)
    row, column = whole.at(places)
    beside = np.flatnonzero(~whole.holds(row, column))
    if len(beside):
        x, y = places[beside[0], :2]
        raise UsageError(
            "A viewing place lies beside the terrain",
            where=f"{x:.2f}, {y:.2f}",
            allowed="{:.0f} to {:.0f} by {:.0f} to {:.0f}".format(*np.array(whole.outline)[[0, 2, 1, 3]]),
            do="Choose a place on the terrain, or look at surfaces of buildings instead",
        )
    found = whole
    if math.isfinite(radius_m):
        east, north, east_down, north_down = whole.steps_m
        down = radius_m / (whole.cell_m2 / math.hypot(east, north))
        across = radius_m / (whole.cell_m2 / math.hypot(east_down, north_down))
        found = replace(whole, rows=_span(row, down, rows), columns=_span(column, across, columns))
    if bounds is not None:
        west, south, east, north = bounds
        corners = whole.at(np.array([(west, south), (west, north), (east, south), (east, north)]))
        found = replace(
            found,
            rows=_cut(found.rows, np.concatenate((row, corners[0]))),
            columns=_cut(found.columns, np.concatenate((column, corners[1]))),
        )
    if found.shape[0] * found.shape[1] > MOST_CELLS:
        raise UsageError(
            "The terrain has more cells there than can be looked over at once",
            where=layer.name,
            found=f"{found.shape[0] * found.shape[1]:,} cells",
            allowed=f"{MOST_CELLS:,}",
            do="Look less far",
        )
    return found


def _span(cells: Int64, reach: float, count: int) -> Span:
    """From the first to past the last cell within reach of some."""
    first, last = int(cells.min()) - math.ceil(reach), int(cells.max()) + math.ceil(reach)
    return max(first, 0), min(last + 1, count)


def _cut(span: Span, cells: Int64) -> Span:
    """What of a span lies from the first to past the last of some cells."""
    return max(span[0], int(cells.min())), min(span[1], int(cells.max()) + 1)


def stands(project: Project, layer: Layer, situation: Situation) -> bool:
    """Whether a layer shows at the date of a situation."""
    return bool(state_of(project, situation)[layer.id][0].any())


def raster_of(project: Project, name: str, situation: Situation) -> Layer:
    """The terrain raster of that name, or the uppermost one that is switched on and stands."""
    found = [
        layer
        for layer in project.layers
        if layer.kind == "terrain" and isinstance(project.drawable(layer), TerrainPyramid)
    ]
    if name:
        chosen = project.layer(name)
        if chosen in found:
            return chosen
        raise UsageError(
            "One looks over the cells of a terrain raster",
            found=f"{name}, which is none",
            allowed=", ".join(layer.name for layer in found) or "the project has none",
        )
    for layer in found:
        if layer.visible and stands(project, layer, situation):
            return layer
    raise UsageError(
        "There is no terrain raster to look over",
        found=f"{found[0].name}, which is switched off or of another date"
        if found
        else "no raster of heights",
        do="Import a raster of heights, or look at surfaces of buildings or at the ground instead",
    )


@dataclass(frozen=True)
class Standing:
    """Cells with what stands on them in a state of the city."""

    surface: Surface
    covered: Mask  # (rows, columns) by an object
    inputs: tuple[tuple[str, str], ...]  # what went in, with its SHA-256
    notes: tuple[str, ...]
    is_leafy: bool = False  # whether trees stand among it


def with_objects(
    project: Project,
    cells: Cells,
    situation: Situation,
    plants: bool,
    progress: Progress = never_stop,
) -> Standing:
    """Cells as high as what stands uppermost over their middles."""
    cast = casters(project, situation, cells.box, progress=progress, with_terrain=False)
    heights, covered = cells.bare.copy(), np.zeros(cells.shape, bool)
    flat, over = heights.reshape(-1), covered.reshape(-1)
    under = _under(cells, cast if plants else _opaque(cast))
    for first in range(0, len(under), CELLS_AT_ONCE):
        progress(first / len(under), "what stands on the terrain")
        some = under[first : first + CELLS_AT_ONCE]
        places = cells.into(np.column_stack((cells.places(some), np.zeros(len(some)))))
        top = _tops(cast, places[:, :2], plants)
        with np.errstate(invalid="ignore"):
            is_over = np.isfinite(top) & ~(top <= flat[some])
        flat[some[is_over]] = top[is_over]
        over[some[is_over]] = True
    return Standing(
        Surface(heights, cells.steps_m),
        covered,
        (*bare_of(cells).inputs, *cast.inputs),
        cast.notes,
        plants and cast.opaque < len(cast.triangles),
    )


def bare_of(cells: Cells) -> Standing:
    """Cells as high as the terrain."""
    sha256 = hashlib.sha256(np.ascontiguousarray(cells.bare, "<f4").tobytes()).hexdigest()
    nothing = np.zeros(cells.shape, bool)
    return Standing(Surface(cells.bare, cells.steps_m), nothing, ((cells.layer.name, sha256),), ())


def _opaque(cast: Casters) -> Casters:
    return replace(cast, triangles=cast.triangles[: cast.opaque])


def _tops(cast: Casters, places: Float64, plants: bool) -> Float64:
    """The height of what is uppermost at places (n, 2); NaN where nothing is."""
    found = np.full(len(places), -np.inf)
    top = float(cast.vertices[:, 2].max(initial=0.0)) + 1.0
    above, down = np.column_stack((places, np.full(len(places), top))), np.array([0.0, 0.0, -1.0])
    for rays in (cast.rays, cast.veils) if plants and cast.opaque < len(cast.triangles) else (cast.rays,):
        triangle, away = rays.first(above, down)
        found = np.maximum(found, np.where(triangle >= 0, top - away, -np.inf))
    return np.where(np.isfinite(found), found, np.nan)


def _under(cells: Cells, cast: Casters) -> Int64:
    """The numbers of cells that lie in the rectangle around some triangle, seen from above."""
    rows, columns = cells.shape
    row, column = cells.at(cast.vertices)
    down, across = row[cast.triangles], column[cast.triangles]
    top, bottom = np.clip(down.min(axis=1), 0, rows), np.clip(down.max(axis=1) + 1, 0, rows)
    left, right = np.clip(across.min(axis=1), 0, columns), np.clip(across.max(axis=1) + 1, 0, columns)
    edges = np.zeros((rows + 1, columns + 1), np.int32)
    for corner_row, corner_column, sign in (
        (top, left, 1),
        (top, right, -1),
        (bottom, left, -1),
        (bottom, right, 1),
    ):
        np.add.at(edges, (corner_row, corner_column), sign)
    np.cumsum(edges, axis=0, out=edges)
    np.cumsum(edges, axis=1, out=edges)
    return np.flatnonzero(edges[:-1, :-1])
