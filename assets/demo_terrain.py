"""The land below the demo city: a river valley with a terrace, hills and a castle knoll, at 2 m."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio  # type: ignore[import-untyped]  # it has none
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

CRS = "EPSG:5555"  # ETRS89 / UTM zone 32N + DHHN92 height, one code for both
CORNER = (548_000.0, 5_494_000.0)  # south-west, open land in the Tauber valley
SIZE_M = 1000.0
CELL_M = 2.0
WATER_HALF_WIDTH_M = 11.0
WATER_LEVEL_M = 196.0
WATER_FALL = 0.0008  # metres down for each metre east


def river_y(x: Float64) -> Float64:
    """Northing of the river's middle line."""
    return np.asarray(
        268 + 30 * np.sin(2 * np.pi * (x - 150) / 850) + 6 * np.sin(2 * np.pi * x / 310), np.float64
    )


def water_level(x: Float64) -> Float64:
    """Height of the water's surface, falling to the east."""
    return np.asarray(WATER_LEVEL_M - WATER_FALL * x, np.float64)


def _smooth(value: Float64, low: float, high: float) -> Float64:
    """0 below `low`, 1 above `high`, a smooth step between."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float64)


def _bump(x: Float64, y: Float64, at: tuple[float, float], width: float, height: float) -> Float64:
    return np.asarray(height * np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / (2 * width**2)), np.float64)


def _land(x: Float64, y: Float64) -> Float64:
    """Height of the ground everywhere in the area."""
    slope = np.gradient(river_y(np.array([0.0, 1.0])))[0]
    north = (y - river_y(x)) / np.hypot(1, slope)
    level = water_level(x)
    rise = (
        4.2 + 5.5 * _smooth(north, 50, 260) + 44 * _smooth(north, 240, 820) + 3.0 * _smooth(-north, 60, 200)
    )
    rise = (
        rise
        + _bump(x, y, (130, 800), 75, 30)
        + _bump(x, y, (490, 515), 48, 3.2)
        + _bump(x, y, (880, 900), 150, 16)
    )
    rise = rise - _bump(x, y, (560, 900), 70, 9) + _bump(x, y, (70, 20), 110, 12)
    roll = np.sin(x / 61 + 1.3) * np.cos(y / 47 + 0.4) + 0.6 * np.sin((x + y) / 33) * np.cos((x - 2 * y) / 71)
    rise = rise + roll * (0.25 + 1.3 * _smooth(np.abs(north), 150, 500))
    bank = _smooth(np.abs(north), WATER_HALF_WIDTH_M - 4, WATER_HALF_WIDTH_M + 7)
    return level - 2.4 + (rise + 2.4) * bank


class Terrain:
    """The grid of heights; everything else stands on it."""

    def __init__(self) -> None:
        centres = np.arange(CELL_M / 2, SIZE_M, CELL_M)
        x, y = np.meshgrid(centres, centres)
        self.heights = _land(x, y).round(3)  # row 0 is the south
        self.heights.flags.writeable = False
        self._rows: list[list[float]] = self.heights.tolist()  # one place at a time is quicker from lists

    def at(self, x: float, y: float) -> float:
        """Height of the ground at one place."""
        last = len(self._rows) - 1.000001
        col, row = (min(max((v - CELL_M / 2) / CELL_M, 0.0), last) for v in (x, y))
        c, r = int(col), int(row)
        fc, fr = col - c, row - r
        south, north = self._rows[r], self._rows[r + 1]
        low = south[c] * (1 - fc) + south[c + 1] * fc
        return low * (1 - fr) + (north[c] * (1 - fc) + north[c + 1] * fc) * fr

    def along(self, x: Float64, y: Float64) -> Float64:
        """Heights of the ground, bilinear between cell centres."""
        last = self.heights.shape[0] - 1.000001
        col = np.clip((x - CELL_M / 2) / CELL_M, 0, last)
        row = np.clip((y - CELL_M / 2) / CELL_M, 0, last)
        c, r = col.astype(int), row.astype(int)
        fc, fr = col - c, row - r
        h = self.heights
        low = h[r, c] * (1 - fc) + h[r, c + 1] * fc
        high = h[r + 1, c] * (1 - fc) + h[r + 1, c + 1] * fc
        return np.asarray(low * (1 - fr) + high * fr, np.float64)

    def write(self, path: Path) -> None:
        """The grid as a GeoTIFF, north up."""
        rows, columns = self.heights.shape
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            width=columns,
            height=rows,
            count=1,
            dtype="float32",
            crs=CRS,
            transform=rasterio.Affine(CELL_M, 0, CORNER[0], 0, -CELL_M, CORNER[1] + SIZE_M),
            nodata=-9999.0,
            compress="deflate",
            predictor=3,
        ) as raster:
            raster.write(self.heights[::-1].astype(np.float32), 1)
            raster.set_band_description(1, "ground height, DHHN92, metres")
