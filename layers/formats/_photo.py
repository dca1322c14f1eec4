"""Pictures of the ground as GeoTIFF: colours, greys, palettes, of 8 bits or more."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats._files import layer_name
from layers.formats._raster import Mosaic, Raster, box_of, is_placed, raster_crs, scratch_folder
from layers.images import ImagePyramid, build_image
from layers.place import unit_names
from layers.pyramid import Cells, Span
from layers.report import Report
from layers.stored import Float64, UInt8

PYRAMID_BYTES = 5.4  # per pixel
#: Deeper pixels are looked at in so many windows of so many pixels, to find the values to show.
SAMPLES, SAMPLE_SIDE = 5, 128
SHOWN_PERCENT = (0.5, 99.5)


def read_image(
    paths: Sequence[Path], driver: str, endings: tuple[str, ...], options: ReadOptions
) -> list[LayerData]:
    """A picture of the ground, or several that are tiles of one."""
    options.progress(0.0, "Reading the picture")
    mosaic = Mosaic.of_files(paths, driver, lambda _raster, _path: None)
    report = Report(read=1)
    crs = options.crs or raster_crs(mosaic, report)
    name = layer_name(paths[0], endings)
    facts = {**mosaic.facts(), "bands": mosaic.first.bands, "unit": unit_names(crs)[0] if crs else ""}
    box = box_of(mosaic, 0.0, 0.0)
    layer = LayerData(name, "image", crs, report, box=box, linked=True, facts=facts)
    if mosaic.first.local:
        report.warn("unplaced", "", "the picture does not say where it lies; pixels are taken as 1 × 1")
    if options.only_facts or not is_placed(mosaic, crs, options):
        return [layer]
    rows, columns = mosaic.size
    folder = scratch_folder(options, "image", PYRAMID_BYTES * rows * columns)
    pixels = partial(_pixels, mosaic, _shown_range(mosaic))
    build_image(
        folder, mosaic.size, mosaic.affine, mosaic.piece, pixels,
        lambda fraction: options.progress(fraction, "Making picture tiles"),
    )  # fmt: skip
    layer.drawable, layer.stored = ImagePyramid.load(folder), folder
    if not (layer.drawable.pixels_place >= 0).any():
        raise ReadError("This picture is empty", where=paths[0].name, found="no pixel covers anything")
    return [layer]


def _pixels(mosaic: Mosaic, shown: Float64 | None, rows: Span, columns: Span) -> UInt8:
    whole: UInt8 = np.zeros((rows[1] - rows[0], columns[1] - columns[0], 4), np.uint8)
    mosaic.read(rows, columns, whole, partial(_cells, shown))
    return whole


def _cells(shown: Float64 | None, raster: Raster, window: Any) -> tuple[Cells, Cells]:
    """Pixels of a window of one file, and which of them hold a picture."""
    covered: UInt8 = raster.dataset_mask(window=window)
    names = [interpretation.name for interpretation in raster.colorinterp]
    found = np.empty((*covered.shape, 4), np.uint8)
    if names[0] == "palette":
        found[..., :3] = _palette(raster)[raster.read(1, window=window)]
    else:
        bands = raster.read(_color_bands(raster), window=window)
        found[..., :3] = np.moveaxis(_shown(bands, shown), 0, -1)
    found[..., 3] = covered
    return found, covered > 0


def _color_bands(raster: Raster) -> list[int]:
    """The numbers of the bands for red, green and blue; one for all three in a grey picture."""
    names = [interpretation.name for interpretation in raster.colorinterp]
    if {"red", "green", "blue"} <= set(names):
        return [names.index(color) + 1 for color in ("red", "green", "blue")]
    others = [number for number, name in enumerate(names, 1) if name != "alpha"]
    return others[:3] if len(others) >= 3 else others[:1] * 3


def _palette(raster: Raster) -> UInt8:
    """The colour of every value of a pixel."""
    table = np.zeros((1 << (8 * np.dtype(raster.dtypes[0]).itemsize), 3), np.uint8)
    for value, color in raster.colormap(1).items():
        table[value] = color[:3]
    return table


def _shown(bands: NDArray[Any], shown: Float64 | None) -> Cells:
    """8 bits as they are; other values spread over the range that is shown."""
    if shown is None:
        return bands
    low, high = shown
    with np.errstate(invalid="ignore"):
        bright = (bands.astype(np.float32) - low) * (255 / max(high - low, 1e-9))
    bytes_: UInt8 = np.nan_to_num(np.clip(bright, 0, 255)).astype(np.uint8)
    return bytes_


def _shown_range(mosaic: Mosaic) -> Float64 | None:
    """Between which values other pixels than bytes are spread: what nearly all have, in some samples."""
    if mosaic.first.type == "uint8" or mosaic.first.palette:
        return None
    found: list[NDArray[Any]] = []

    def collect(raster: Raster, window: Any) -> tuple[Cells, Cells]:
        covered = raster.dataset_mask(window=window) > 0
        bands = raster.read(_color_bands(raster), window=window)[:, covered]
        found.append(bands[np.isfinite(bands)])
        return covered, covered

    rows, columns = mosaic.size
    for row in np.linspace(0, max(rows - SAMPLE_SIDE, 0), SAMPLES).astype(int).tolist():
        for column in np.linspace(0, max(columns - SAMPLE_SIDE, 0), SAMPLES).astype(int).tolist():
            span = (row, min(row + SAMPLE_SIDE, rows)), (column, min(column + SAMPLE_SIDE, columns))
            whole = np.zeros((span[0][1] - row, span[1][1] - column), bool)
            mosaic.read(*span, whole, collect)
    values = np.concatenate(found) if found else np.empty(0)
    return np.percentile(values, SHOWN_PERCENT) if len(values) else np.array([0.0, 1.0])
