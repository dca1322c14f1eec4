"""Small rasters and clouds, in the ways in which programs pack them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import laspy
import numpy as np

from tests.rasters import hilly, write


def heights(folder: Path, **more: Any) -> Path:
    """Heights with a hole."""
    array = hilly(40, 50).astype(np.float32)
    array[3:9, 3:9] = -9999
    return write(folder / "heights.tif", array, **{"crs": "EPSG:25832", "nodata": -9999, **more})


def photo(folder: Path, **more: Any) -> Path:
    """A picture of three bands."""
    bands = np.stack([np.clip(hilly(40, 50) + 60 * n, 0, 255) for n in range(3)]).astype(np.uint8)
    return write(folder / "photo.tif", bands, **{"crs": "EPSG:25832", "photometric": "RGB", **more})


def grid(folder: Path) -> Path:
    """Heights as text."""
    rows = "\n".join(" ".join(f"{value:.1f}" for value in row) for row in hilly(8, 10))
    head = "ncols 10\nnrows 8\nxllcorner 500000\nyllcorner 5700000\ncellsize 2\nNODATA_value -9999\n"
    path = folder / "heights.asc"
    path.write_text(head + rows + "\n")
    return path


def points(folder: Path, name: str, form: int = 3) -> Path:
    """A hundred points of a format."""
    header = laspy.LasHeader(point_format=form, version="1.4" if form > 5 else "1.2")
    header.scales, header.offsets = np.full(3, 0.01), np.array((500000.0, 5700000.0, 0.0))
    header.creation_date = None
    cloud = laspy.LasData(header)
    cloud.x, cloud.y = 500000 + np.arange(100) % 10, 5700000 + np.arange(100) // 10
    cloud.z, cloud.red, cloud.classification = np.arange(100) / 10, np.arange(100) * 600, np.arange(100) % 9
    path = folder / name
    cloud.write(path)
    return path


def lines(folder: Path) -> Path:
    """Points as lines of numbers with names above."""
    rows = "".join(f"{500000 + n % 9};{5700000 + n // 9};{n / 10};{n};{n * 2};7\n" for n in range(60))
    path = folder / "points.xyz"
    path.write_text("x;y;z;red;green;blue\n" + rows)
    return path


MADE: Mapping[str, Callable[[Path], Path]] = {
    "deflate.tif": lambda folder: heights(
        folder, compress="deflate", tiled=True, blockxsize=16, blockysize=16
    ),
    "lzw.tif": lambda folder: heights(folder, compress="lzw", predictor=3),
    "jpeg.tif": lambda folder: photo(folder, compress="jpeg"),
    "big.tif": lambda folder: heights(folder, BIGTIFF="YES", compress="zstd"),
    "heights.asc": grid,
    "six.laz": lambda folder: points(folder, "six.laz", 7),
    "two.las": lambda folder: points(folder, "two.las", 2),
    "points.xyz": lines,
}
