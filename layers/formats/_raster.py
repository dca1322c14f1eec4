"""Rasters of heights through GDAL, bounded: what GeoTIFF and ASCII grid have in common."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Grid
from layers.data import LayerData, ReadOptions
from layers.errors import PlaceError, ReadError
from layers.formats._files import layer_name
from layers.place import crs_text, crs_title, fits, parse_crs, unit_names
from layers.report import Report
from layers.terrain import extent

Raster = Any  # rasterio.DatasetReader; rasterio has no types

MAX_CELLS = 400_000_000  # refused above
MAX_CELLS_IN_MEMORY = 25_000_000  # thinned above
MAX_BLOCK_BYTES = 512 * 2**20  # what one tile or strip may need when unpacked
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


def read_heights(path: Path, driver: str, endings: tuple[str, ...], options: ReadOptions) -> list[LayerData]:
    """The first band of a raster as terrain."""
    report = Report(read=1)
    options.progress(0.0, "Reading the raster")
    with _opened(path, driver) as raster:
        _check(raster, path)
        step = max(1, math.ceil(math.sqrt(raster.width * raster.height / MAX_CELLS_IN_MEMORY)))
        heights = _heights(raster, step, report)
        grid = Grid(heights, _affine(raster, heights))
        crs = options.crs or _crs(raster, grid, report)
        _to_metres(heights, raster, crs, report)
        if raster.transform.is_identity:
            report.warn("unplaced", "", "the raster does not say where it lies; cells are taken as 1 × 1")
        facts = _facts(raster, grid, crs, step)
    options.progress(1.0, "Raster read")
    if step > 1:
        report.warn(
            "thinned",
            "",
            f"only every {step}th row and column is used: the raster has {facts['cells']:,} cells",
        )
    if not np.isfinite(heights).any():
        raise ReadError("This raster holds no heights", where=path.name, found="every cell is empty")
    name = layer_name(path, endings)
    return [
        LayerData(name, "terrain", crs, report, drawable=grid, box=extent(grid), linked=True, facts=facts)
    ]


@contextmanager
def _opened(path: Path, driver: str) -> Iterator[Raster]:
    """The raster, read by this driver only; GDAL's complaints become sentences."""
    import rasterio  # type: ignore[import-untyped]  # it has none
    from rasterio._err import CPLE_BaseError  # type: ignore[import-untyped]  # it has none

    errors = rasterio.errors

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", errors.NotGeoreferencedWarning)
            with rasterio.open(path, driver=driver) as raster:
                yield raster
    except (errors.RasterioError, CPLE_BaseError, ValueError) as error:
        raise ReadError("This raster could not be read", where=path.name, found=_first_line(error)) from error


def _first_line(error: Exception) -> str:
    text = str(error.__cause__ or error).strip() or type(error).__name__
    return text.splitlines()[0][:200]


def _check(raster: Raster, path: Path) -> None:
    """Refuses pictures, and rasters that cannot be held."""
    cells = raster.width * raster.height
    if cells > MAX_CELLS:
        raise ReadError(
            "This raster is too large",
            where=path.name,
            found=f"{raster.width} × {raster.height} cells",
            allowed=f"{MAX_CELLS:,} cells",
            do="Cut it into tiles, or resample it to larger cells",
        )
    kind = np.dtype(raster.dtypes[0])
    if kind.kind not in "iuf":
        raise ReadError(
            "This raster does not hold heights", where=path.name, found=f"cells of type {raster.dtypes[0]}"
        )
    colours = {interpretation.name for interpretation in raster.colorinterp}
    if (raster.count >= 3 and kind == np.uint8) or colours & {"red", "palette"}:
        raise ReadError(
            "This raster is a picture, not terrain",
            where=path.name,
            found=f"{raster.count} bands of colours",
            allowed="one band of heights",
            do="Choose the elevation raster (DEM, DTM or DSM) of the same area",
        )
    block = max(rows * columns * kind.itemsize for rows, columns in raster.block_shapes)
    if block > MAX_BLOCK_BYTES:
        raise ReadError(
            "This raster cannot be read piece by piece",
            where=path.name,
            found=f"one block of {block / 2**20:.0f} MiB",
            allowed=f"{MAX_BLOCK_BYTES / 2**20:.0f} MiB",
            do="Rewrite it with tiles, for example gdal_translate -co TILED=YES",
        )


def _heights(raster: Raster, step: int, report: Report) -> NDArray[np.float32]:
    """Band 1 with holes as NaN, every `step`-th row and column."""
    if raster.count > 1:
        report.warn("bands", "", f"the raster has {raster.count} bands; the first is taken as heights")
    shape = (math.ceil(raster.height / step), math.ceil(raster.width / step))
    stored: NDArray[Any] = raster.read(1, out_shape=shape)
    holes = _holes(stored, raster.nodata, report)
    scale, offset = float(raster.scales[0]), float(raster.offsets[0])
    with np.errstate(over="ignore", invalid="ignore"):
        heights = stored.astype(np.float32)
        if (scale, offset) != (1.0, 0.0) and math.isfinite(scale) and math.isfinite(offset):
            heights = (stored * scale + offset).astype(np.float32)
    heights[holes] = np.nan
    return heights


def _holes(stored: NDArray[Any], nodata: float | None, report: Report) -> NDArray[np.bool_]:
    """Cells without a height: declared fill value, undeclared fill values, impossible numbers."""
    holes: NDArray[np.bool_] = np.asarray(~(np.abs(stored.astype(np.float64)) < HIGHEST))
    if nodata is not None:
        holes |= stored == nodata
        return holes
    fills = [value for value in USUAL_FILLS if (stored == value).any()]
    for value in fills:
        filled = stored == value
        report.warn("fill_value", "", f"{int(filled.sum()):,} cells of {value:g} are taken as empty")
        holes |= filled
    return holes


def _affine(raster: Raster, heights: NDArray[np.float32]) -> NDArray[np.float64]:
    """Six numbers from cells, as read, to the CRS."""
    wide, high = raster.width / heights.shape[1], raster.height / heights.shape[0]
    a, b, c, d, e, f = tuple(raster.transform)[:6]
    affine = np.array([a * wide, b * high, c, d * wide, e * high, f], dtype=np.float64)
    if not np.isfinite(affine).all() or a * e - b * d == 0:
        raise ReadError("This raster does not say where its cells lie", found=f"transform {affine.tolist()}")
    return affine


def _crs(raster: Raster, grid: Grid, report: Report) -> str | None:
    if raster.crs is None:
        return None
    try:
        found = crs_text(parse_crs(raster.crs.to_wkt()))
    except PlaceError as error:
        report.warn("crs", "", f"the raster's CRS is not understood: {error.sentence()}")
        return None
    if not fits(found, extent(grid)):
        report.warn("crs", "", f"the cells do not fit the CRS that the file names, {crs_title(found)}")
        return None
    return found


def _to_metres(heights: NDArray[np.float32], raster: Raster, crs: str | None, report: Report) -> None:
    """Heights declared in feet become metres, unless the CRS itself speaks of heights."""
    factor = FEET_M.get((raster.units[0] or "").strip().lower())
    if factor is None or (crs is not None and unit_names(crs)[1]):
        return
    heights *= np.float32(factor)
    report.warn("feet", "", f"heights in {raster.units[0]} are converted to metres")


def _facts(raster: Raster, grid: Grid, crs: str | None, step: int) -> dict[str, object]:
    a, b, _c, d, e, _f = tuple(raster.transform)[:6]
    box = extent(grid)
    unit, height_unit = unit_names(crs) if crs else ("", "")
    declared = (raster.units[0] or "").strip()
    return {
        "size": [raster.width, raster.height],
        "cells": raster.width * raster.height,
        "cell_size": [math.hypot(a, d), math.hypot(b, e)],
        "unit": unit,
        "height_unit": height_unit or ("metre" if declared.lower() in FEET_M else declared) or METRE_ASSUMED,
        "min_height": box[2],
        "max_height": box[5],
        "empty_cells": int(np.isnan(grid.heights).sum()),
        "read_every": step,
        "local": raster.transform.is_identity,
    }
