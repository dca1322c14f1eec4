"""A result of an analysis as colours on the surfaces, points, grids and shapes it speaks of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from layers.arrays import Float64
from layers.errors import UsageError
from layers.results import Quantity, Result, Table
from viewer.city import CityView
from viewer.color import LegendEntry
from viewer.faces import Index
from viewer.patch import POINTS, Patch
from viewer.picking import Hit, View2D
from viewer.resultcity import painted, surfaces_of
from viewer.resultground import Cells, GridPaint, GroundPaint, ShapePaint
from viewer.resultlines import ResultLines
from viewer.resultscale import scale_of
from viewer.resulttexture import points_of
from viewer.resultvolumes import ResultVolumes
from viewer.view import LayerView

#: Tables with shapes that tell how long the ground is covered, and how long.
BANDS, HOURS = "bands", "hours"
#: Points that lie on no polygon are drawn by themselves, so large.
LOOSE_PX = 7.0
MOST_LOOSE = 60_000
#: A point speaks for places as far as this times how far points lie apart.
NEAR = 1.0


@dataclass(frozen=True)
class Reading:
    """What a result says about the place under the cursor."""

    values: tuple[tuple[Quantity, float], ...]  # every quantity that is known there
    point_in_world: Float64
    is_point: bool  # of the sample point nearest to the place; else of the surface as a whole
    row: int = -1  # of the result's surfaces, -1: none
    fid: int | None = None
    object_id: str = ""
    surface_id: str = ""
    surface_type: str = ""
    words: tuple[str, ...] = ()  # of a pin or a line, its name first; then all else is empty


class ResultView:
    """One result, coloured by one of its quantities."""

    def __init__(self, result: Result, quantity: str | None) -> None:
        self.result = result
        self.quantity = _chosen(result, quantity)
        self.scale = scale_of(result, self.quantity) if self.quantity is not None else None
        self._surfaces: dict[int, Index] = {}  # per layer, the polygon of every row
        self._rows: dict[tuple[int, int, int], int] | None = None
        self._loose = Patch(POINTS, width=LOOSE_PX)
        points = result.points
        self._row = np.asarray(points.columns["row"], np.int64) if len(points) else np.empty(0, np.int64)
        self._place = (
            np.column_stack([points.numbers(axis) for axis in "xyz"]) if len(points) else np.empty((0, 3))
        )
        self._by_row = np.argsort(self._row, kind="stable")
        self._cells = Cells(result.grid) if result.grid is not None else None
        #: What is painted onto the ground.
        self.paints: tuple[GroundPaint, ...] = tuple(self._paints())
        self._volumes = ResultVolumes(result)
        #: Drawn over the finished picture.
        self.lines = ResultLines(result, self._volumes.outlines)

    # -- what is drawn -----------------------------------------------------------------------------

    def patches(self) -> Iterator[Patch]:
        """What is drawn beside the layers."""
        yield self._loose
        yield from self._volumes.patches()

    def paint(self, views: Iterable[LayerView], origin: Float64) -> None:
        """Colour the polygons of layers."""
        on_polygons = np.zeros(len(self.result.surfaces) + 1, bool)  # the last one stands for no row
        for view in views:
            if isinstance(view, CityView):
                self._paint_city(view)
                on_polygons[:-1] |= self._surfaces.get(view.layer.id, np.full(len(on_polygons) - 1, -1)) >= 0
        self._fill_loose(np.flatnonzero(~on_polygons[self._row]), origin)
        self._volumes.place(origin)

    def _paint_city(self, view: CityView) -> None:
        rows, scale, city = self.result.surfaces, self.scale, view.tiles
        if scale is None or not len(rows):
            view.paint(None)
            return
        surfaces = surfaces_of(city, view.first_fid, rows)
        surfaces[np.asarray(rows.columns["layer"]) != view.layer.id] = -1
        self._surfaces[view.layer.id] = surfaces
        name, count = scale.quantity.name, len(city.surface_type)
        points = self.result.points
        values = rows.numbers(name) if name in rows.columns else np.full(len(rows), np.nan)
        fine = None
        if name in points.columns:
            on = np.append(surfaces, -1)[self._row]
            fine = points_of(count, on, self._place, points.numbers(name), points.numbers("area_m2"), scale)
        view.paint(painted(city, surfaces, values, scale), fine)

    def _fill_loose(self, chosen: Index, origin: Float64) -> None:
        """Points that lie neither on a polygon nor in a raster."""
        scale, points = self.scale, self.result.points
        hidden = scale is None or scale.quantity.name not in points.columns or self.result.grid is not None
        if scale is None or hidden or not 0 < len(chosen) <= MOST_LOOSE:
            self._loose.show(False)
            return
        colors = scale.colors(points.numbers(scale.quantity.name)[chosen])
        cells = np.arange(len(chosen), dtype=np.int32)
        self._loose.fill(self._place[chosen], origin, cells, colors)
        self._loose.show(True)

    def work(self) -> bool:
        """Prepare a little of what is painted onto the ground; False when nothing is left."""
        return any(paint.work() for paint in self.paints)

    def _paints(self) -> Iterator[GroundPaint]:
        result, scale = self.result, self.scale
        bands = result.tables.get(BANDS, Table())
        if HOURS in bands.columns and "wkb" in bands.columns and len(bands):
            yield ShapePaint(bands, HOURS)
        elif "wkb" in result.shapes.columns and len(result.shapes):
            yield ShapePaint(result.shapes)
        if result.grid is not None and scale is not None and scale.quantity.name in result.points.columns:
            values = result.points.numbers(scale.quantity.name)
            yield GridPaint(result.grid, self._place[:, 2], values, scale)

    def signs(self) -> list[LegendEntry]:
        """What its lines and volumes mean."""
        return [*self.lines.legend(), *self._volumes.legend]

    def legend(self) -> list[LegendEntry]:
        """What the colours mean."""
        shapes = [row for paint in self.paints for row in paint.legend]
        scale = None if self._is_of_shapes else self.scale
        values = scale.legend() if scale is not None and len(scale.values) else []
        return [*shapes, *self.signs(), *values]

    @property
    def _is_of_shapes(self) -> bool:
        """Whether the quantity is one of shapes alone, such as their area."""
        name = self.quantity.name if self.quantity is not None else ""
        return name not in self.result.points.columns and name not in self.result.surfaces.columns

    # -- what it says ------------------------------------------------------------------------------

    def reading_of_line(self, view: View2D, x: float, y: float) -> Reading | None:
        """What it says about the pin or the line that is drawn at a pixel position."""
        found = self.lines.words(view, x, y)
        return None if found is None else Reading((), found[0], is_point=True, words=found[1])

    def reading(self, hit: Hit) -> Reading | None:
        """What it says about what was hit."""
        row = self._row_of(hit)
        point = self._point_of(hit, row)
        if point < 0 and row < 0:
            return None
        if row < 0:
            row = int(self._row[point])
        surfaces, points = self.result.surfaces, self.result.points
        values = []
        for quantity in self.result.quantities:
            at_point = point >= 0 and quantity.name in points.columns
            table, at = (points, point) if at_point else (surfaces, row)
            if quantity.name in table.columns and 0 <= at < len(table):
                value = float(table.numbers(quantity.name)[at])
                if np.isfinite(value):
                    values.append((quantity, value))
        return Reading(
            tuple(values),
            hit.point_in_world,
            point >= 0,
            row,
            hit.fid,
            object_id=self._word(row, "object_id"),
            surface_id=self._word(row, "surface_id"),
            surface_type=self._word(row, "surface_type"),
        )

    def _word(self, row: int, name: str) -> str:
        rows = self.result.surfaces
        return str(rows.columns[name][row]) if 0 <= row < len(rows) and name in rows.columns else ""

    def _row_of(self, hit: Hit) -> int:
        """The row of the surface that was hit, -1 for none."""
        rows = self.result.surfaces
        if hit.fid is None or hit.surface is None or not len(rows):
            return -1
        if self._rows is None:
            names = ("fid", "geometry", "surface")
            keys = zip(*(np.asarray(rows.columns[name]).tolist() for name in names), strict=True)
            self._rows = {(fid, geometry, surface): row for row, (fid, geometry, surface) in enumerate(keys)}
        return self._rows.get((hit.fid, hit.surface.geometry_index, hit.surface.polygon_index), -1)

    def _point_of(self, hit: Hit, row: int) -> int:
        """The sample point that speaks for a place, -1 for none."""
        place = hit.point_in_world
        if row < 0:
            return int(self._cells.points(place[None, :2])[0]) if self._cells is not None else -1
        first, last = np.searchsorted(self._row[self._by_row], (row, row + 1))
        mine = self._by_row[first:last]
        if not len(mine):
            return -1
        away = np.linalg.norm(self._place[mine] - place, axis=1)
        nearest = int(away.argmin())
        spacing = float(np.sqrt(self.result.points.numbers("area_m2")[mine].max()))
        return int(mine[nearest]) if away[nearest] <= NEAR * spacing * np.sqrt(2) else -1


def _chosen(result: Result, name: str | None) -> Quantity | None:
    """The quantity of this name, or the first one."""
    if name is None:
        return result.quantities[0] if result.quantities else None
    found = next((one for one in result.quantities if one.name == name), None)
    if found is None:
        names = ", ".join(one.name for one in result.quantities)
        raise UsageError("The result has no such quantity", found=name, allowed=names or "it has none")
    return found
