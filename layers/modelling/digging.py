"""Terrain with pits and mounds in it: a raster of its own, which takes the terrain's place in a project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from layers import safefile
from layers.arrays import Float64, TerrainPyramid
from layers.crs import LOCAL, parse_crs, positions
from layers.data import Progress, ReadOptions, never_stop, part_of
from layers.errors import EditError
from layers.importing import import_files
from layers.modelling.earthworks import Earthwork, Volumes, volumes
from layers.modelling.workplace import Workplace
from layers.project import Project
from layers.pyramid import BLOCK, Span
from layers.records import Layer
from layers.relief import Float32

#: Rows and columns that are worked on at once.
PIECE = 16 * BLOCK
#: Holes in what is written.
NOTHING = -9999.0


@dataclass(frozen=True)
class Work:
    """An earthwork, with an outline in the CRS of the project; level where a height above zero is given."""

    earth: Earthwork
    level_m: float | None = None

    def done(self, heights: Float64, places: Float64) -> Float64:
        """Heights (n,) at places (n, 2) after the work, all in metres."""
        if self.level_m is None:
            return self.earth.changed(heights, places)
        return self.earth.levelled(heights, places, self.level_m)


def dig(
    project: Project,
    layer: Layer,
    works: Sequence[Work],
    path: Path,
    *,
    scenario: int | None = None,
    progress: Progress = never_stop,
) -> tuple[Layer, Volumes]:
    """Put a terrain with these works, written as GeoTIFF, in the place of a terrain layer.

    In a scenario it stands there alone; otherwise the layer as it was is hidden. Undo gives that back.
    """
    moved = write_dug(project, layer, works, path, part_of(progress, 0, 0.5, "moving earth"))
    options = ReadOptions(kind="terrain", crs=layer.crs, placement=layer.placement)
    made = import_files(
        project,
        [path],
        options,
        name=layer.name,
        scenario=scenario,
        instead_of=layer,
        progress=part_of(progress, 0.5, 1),
    )[0]
    return made, moved


def write_dug(
    project: Project, layer: Layer, works: Sequence[Work], path: Path, progress: Progress = never_stop
) -> Volumes:
    """Write a terrain layer with works in it as GeoTIFF, in its CRS; gives what its cells were moved."""
    import rasterio  # type: ignore[import-untyped]  # it has none

    terrain = project.drawable(layer)
    if not isinstance(terrain, TerrainPyramid):
        raise EditError(
            "Earth is moved in terrain of cells only",
            where=layer.name,
            found=f"a layer of kind {layer.kind!r}, or a terrain of triangles",
            allowed="a raster of heights",
        )
    place = Workplace(project, layer)
    rows, columns = terrain.size.tolist()
    found = [Volumes(0.0, 0.0)]

    def fill(partial: Path) -> None:
        with rasterio.open(
            partial,
            "w",
            driver="GTiff",
            width=columns,
            height=rows,
            count=1,
            dtype="float32",
            nodata=NOTHING,
            compress="deflate",
            tiled=True,
            crs=None if layer.crs in (None, LOCAL) else positions(parse_crs(str(layer.crs))).to_wkt(),
            transform=rasterio.Affine(*terrain.affine),
        ) as raster:
            for down, across in _pieces(rows, columns):
                progress(down[0] / rows, f"row {down[0]} of {rows}")
                heights, moved = _piece(terrain, place, works, down, across)
                found.append(moved)
                window = rasterio.windows.Window.from_slices(down, across)
                raster.write(np.where(np.isnan(heights), np.float32(NOTHING), heights), 1, window=window)

    safefile.write_by_path(path, fill)
    total = Volumes(sum(each.cut_m3 for each in found), sum(each.fill_m3 for each in found))
    if total.cut_m3 == total.fill_m3 == 0:
        path.unlink()
        raise EditError(
            "No earth is moved", where=layer.name, found="an outline beside the terrain or within one cell"
        )
    return total


def _pieces(rows: int, columns: int) -> Iterator[tuple[Span, Span]]:
    for top in range(0, rows, PIECE):
        for left in range(0, columns, PIECE):
            yield (top, min(top + PIECE, rows)), (left, min(left + PIECE, columns))


def _piece(
    terrain: TerrainPyramid, place: Workplace, works: Sequence[Work], rows: Span, columns: Span
) -> tuple[Float32, Volumes]:
    """The heights of some rows and columns after the works, and what was moved there."""
    heights = terrain.window(rows, columns)
    known = np.flatnonzero(~np.isnan(heights))
    corners = terrain.places(0, np.array(rows)[:, None], np.array(columns))
    if not len(known) or not _near(place, corners.reshape(-1, 2), float(np.nanmean(heights)), works):
        return heights, Volumes(0.0, 0.0)
    row, column = np.unravel_index(known, heights.shape)
    flat = heights.reshape(-1)[known].astype(np.float64)
    points = place.taken_points(
        np.column_stack((terrain.places(0, row + rows[0], column + columns[0]), flat))
    )
    before = points[:, 2].copy()
    for work in works:
        points[:, 2] = work.done(points[:, 2], points[:, :2])
    changed = np.flatnonzero(points[:, 2] != before)
    after = heights.copy()
    after.reshape(-1)[known[changed]] = place.given_points(points[changed])[:, 2].astype(np.float32)
    cell_m2 = float(terrain.cell_m.prod())
    return after, volumes(before, points[:, 2], cell_m2)


def _near(place: Workplace, corners: Float64, height: float, works: Sequence[Work]) -> bool:
    """Whether the box around a piece meets an outline."""
    spread = place.taken_points(np.column_stack((corners, np.full(len(corners), height))))[:, :2]
    low, high = spread.min(axis=0), spread.max(axis=0)
    for work in works:
        outline = work.earth.outline.places
        if (outline.max(axis=0) >= low - 1).all() and (outline.min(axis=0) <= high + 1).all():
            return True
    return False
