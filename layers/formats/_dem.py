"""Rasters of heights: what GeoTIFF and ASCII grid have in common."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats._files import layer_name
from layers.formats._raster import (
    Mosaic,
    Raster,
    box_of,
    cell_m,
    is_picture,
    is_placed,
    raster_crs,
    scratch_folder,
)
from layers.place import unit_names
from layers.pyramid import Cells, Level, Span, pieces_of
from layers.relief import Float32, Source, build_terrain
from layers.report import Report
from layers.terrain import TerrainPyramid, extent

HIGHEST = 1e6  # no height of the Earth in any unit; larger numbers are fill values
#: The feet that rasters declare, in metres.
FEET_M = {
    **dict.fromkeys(("foot", "feet", "ft", "international foot"), 0.3048),
    **dict.fromkeys(("us survey foot", "us-ft", "ftus", "us foot", "foot_us"), 1200 / 3937),
}
#: Heights of a raster that names no unit; most DEMs are in metres, also where the grid is in feet.
METRE_ASSUMED = "metre (assumed)"
#: Fill values that rasters use without declaring them.
USUAL_FILLS = (-9999.0, -99999.0, -32768.0, -32767.0)
PYRAMID_BYTES = 6.4  # per cell


def read_heights(
    paths: Sequence[Path], driver: str, endings: tuple[str, ...], options: ReadOptions
) -> list[LayerData]:
    """The first band of a raster, or of several that are tiles of one, as terrain."""
    options.progress(0.0, "Reading the raster")
    mosaic = Mosaic.of_files(paths, driver, _check)
    report = Report(read=1)
    crs = options.crs or raster_crs(mosaic, report)
    reader = _Reader(mosaic, _metres(mosaic, crs, report))
    name = layer_name(paths[0], endings)
    facts = _facts(mosaic, crs)
    if not is_placed(mosaic, crs, options):
        return [LayerData(name, "terrain", None, report, box=box_of(mosaic, 0.0, 0.0), facts=facts)]
    if options.only_facts:
        low, high = reader.range(options)
        reader.tell(report)
        facts |= {"min_height": low, "max_height": high}
        return [LayerData(name, "terrain", crs, report, box=box_of(mosaic, low, high), facts=facts)]
    rows, columns = mosaic.size
    folder = scratch_folder(options, "terrain", PYRAMID_BYTES * rows * columns)
    source = Source(mosaic.size, mosaic.affine, cell_m(mosaic, crs), mosaic.piece, reader.heights)
    build_terrain(folder, source, lambda fraction: options.progress(fraction, "Making terrain tiles"))
    terrain = TerrainPyramid.load(folder)
    reader.tell(report)
    if not (terrain.heights_place >= 0).any():
        raise ReadError("This raster holds no heights", where=paths[0].name, found="every cell is empty")
    box = extent(terrain)
    facts |= {"min_height": box[2], "max_height": box[5]}
    return [
        LayerData(
            name, "terrain", crs, report, drawable=terrain, box=box, linked=True, facts=facts, stored=folder
        )
    ]


def _check(raster: Raster, path: Path) -> None:
    if raster.count >= 3 and is_picture(raster):
        raise ReadError(
            "This raster is a picture, not terrain",
            where=path.name,
            found=f"{raster.count} bands of colours",
            allowed="one band of heights",
            do="Choose the elevation raster (DEM, DTM or DSM) of the same area",
        )


class _Reader:
    """Band 1 in metres with holes as NaN, and what is to be said about it."""

    def __init__(self, mosaic: Mosaic, factor: float) -> None:
        self._mosaic, self._factor = mosaic, factor
        self._fills: Counter[float] = Counter()
        self._lock = threading.Lock()

    def heights(self, rows: Span, columns: Span) -> Float32:
        """The heights of a window."""
        whole = np.full((rows[1] - rows[0], columns[1] - columns[0]), np.nan, np.float32)
        self._mosaic.read(rows, columns, whole, self._cells)
        return whole

    def _cells(self, raster: Raster, window: Any) -> tuple[Cells, Cells]:
        stored: NDArray[Any] = raster.read(1, window=window)
        holes = self._holes(stored, raster.nodata)
        scale, offset = float(raster.scales[0]), float(raster.offsets[0])
        with np.errstate(over="ignore", invalid="ignore"):
            heights = stored.astype(np.float32)
            if (scale, offset) != (1.0, 0.0) and math.isfinite(scale) and math.isfinite(offset):
                heights = (stored * scale + offset).astype(np.float32)
        if self._factor != 1.0:
            heights *= np.float32(self._factor)
        return heights, ~holes

    def _holes(self, stored: NDArray[Any], nodata: float | None) -> NDArray[np.bool_]:
        """Cells without a height: declared fill value, undeclared fill values, impossible numbers."""
        holes: NDArray[np.bool_] = ~((stored < HIGHEST) & (stored > -HIGHEST))
        if nodata is not None:
            holes |= stored == nodata
            return holes
        for value in USUAL_FILLS:
            filled = stored == value
            count = int(np.count_nonzero(filled))
            if count:
                holes |= filled
                with self._lock:
                    self._fills[value] += count
        return holes

    def range(self, options: ReadOptions) -> tuple[float, float]:
        """The lowest and the highest height, for who wants to know no more; 0, 0 when all are holes."""
        rows, columns = self._mosaic.size
        level = Level(0, rows, columns, 0)
        low, high = np.inf, -np.inf
        for piece in pieces_of(level, *self._mosaic.piece):
            heights = self.heights(piece.rows, piece.columns)
            if not np.isnan(heights).all():
                low, high = min(low, float(np.nanmin(heights))), max(high, float(np.nanmax(heights)))
            options.progress(piece.rows[1] / rows, "Reading the raster")
        return (low, high) if low <= high else (0.0, 0.0)

    def tell(self, report: Report) -> None:
        """Say what was taken as empty, and which bands were left."""
        if self._mosaic.first.bands > 1:
            bands = self._mosaic.first.bands
            report.warn("bands", "", f"the raster has {bands} bands; the first is taken as heights")
        if self._mosaic.first.local:
            report.warn("unplaced", "", "the raster does not say where it lies; cells are taken as 1 × 1")
        for value, count in self._fills.items():
            report.warn("fill_value", "", f"{count:,} cells of {value:g} are taken as empty")


def _metres(mosaic: Mosaic, crs: str | None, report: Report) -> float:
    """What makes metres of heights that are declared in feet, unless the CRS itself speaks of heights."""
    unit = mosaic.first.unit
    factor = FEET_M.get(unit.lower())
    if factor is None or (crs is not None and unit_names(crs)[1]):
        return 1.0
    report.warn("feet", "", f"heights in {unit} are converted to metres")
    return factor


def _facts(mosaic: Mosaic, crs: str | None) -> dict[str, object]:
    unit, height_unit = unit_names(crs) if crs else ("", "")
    declared = mosaic.first.unit
    height_unit = height_unit or ("metre" if declared.lower() in FEET_M else declared) or METRE_ASSUMED
    return {**mosaic.facts(), "unit": unit, "height_unit": height_unit}
