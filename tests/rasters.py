"""Rasters for tests: heights, and pictures of the ground, as GeoTIFF files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio import Affine

from layers.relief import Source, build_terrain
from layers.terrain import TerrainPyramid

WEST, NORTH = 356_000.0, 5_700_000.0  # in EPSG:25832


def write(path: Path, array: Any, **more: Any) -> Path:
    """A raster as GeoTIFF, by default of cells of 1 m; (rows, columns) or (bands, rows, columns)."""
    bands = array if array.ndim == 3 else array[np.newaxis]
    profile = {
        "driver": "GTiff",
        "dtype": bands.dtype,
        "transform": Affine(1, 0, WEST, 0, -1, NORTH),
        "count": bands.shape[0],
        "height": bands.shape[1],
        "width": bands.shape[2],
    }
    with rasterio.open(path, "w", **{**profile, **more}) as raster:
        raster.write(bands)
    return path


def hilly(rows: int, columns: int) -> np.ndarray:
    """Hills with steep bumps on them."""
    y, x = np.mgrid[0:rows, 0:columns]
    return 40 * np.sin(x / 31) * np.cos(y / 23) + 6 * np.sin(x / 3) * np.sin(y / 4)


def made(
    folder: Path, heights: np.ndarray, cell: float = 1.0, piece: tuple[int, int] = (256, 512)
) -> TerrainPyramid:
    """A terrain of these heights; its upper left corner is at 100, 200."""
    affine = np.array([cell, 0, 100.0, 0, -cell, 200.0])
    array = heights.astype(np.float32)
    source = Source(
        array.shape, affine, (cell, cell), piece, lambda rows, columns: array[slice(*rows), slice(*columns)]
    )
    build_terrain(folder, source, lambda fraction: None)
    return TerrainPyramid.load(folder)
