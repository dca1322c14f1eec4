"""Viewsheds of a raster of 11.2 million cells against `gdal_viewshed` (Debian package gdal-bin), in turns.

The raster is a surface model of hills with buildings in cells of 1 m; eyes stand 30 m above it, and look as
far as it reaches on a flat Earth. From file to file: both read a plain GeoTIFF and write one; GDAL's program
has to start too, ours runs already, as it does in the window. In memory: GDAL's function
GDALViewshedGenerate, in the library that rasterio brings, against ours. Agreement is with every cell's own
line of sight.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.figure import Figure, fastest, in_child, show

if TYPE_CHECKING:
    from analysis.sight.viewshed import Eye

SIDE, EYE_M, BUILDINGS = 3_346, 30.0, 12_000
CORNER = (356_000.0, 5_700_000.0)
#: Observers who are counted together, and how many of GDAL's calls stand for as many.
OBSERVERS = int(os.environ.get("CITYSTRATA_OBSERVERS", "100"))
SAMPLE, ROUNDS = 20_000, 11
MOST_OF_GDAL, LEAST_AGREEMENT, LEAST_GAIN = 0.4, 99.0, 5.0


def write_surface(path: Path) -> None:
    """Hills, and buildings on them."""
    import rasterio
    from rasterio.transform import from_origin

    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    heights = 40 * np.sin(x / 310) * np.cos(y / 230) + 6 * np.sin(x / 30) * np.sin(y / 40)
    random = np.random.default_rng(1)
    for _ in range(BUILDINGS):
        row, column = random.integers(0, SIDE - 40, 2)
        down, across = random.integers(8, 25, 2)
        heights[row : row + down, column : column + across] += random.uniform(4, 18)
    with rasterio.open(
        path, "w", driver="GTiff", height=SIDE, width=SIDE, count=1, dtype="float32", crs="EPSG:25832",
        transform=from_origin(*CORNER, 1.0, 1.0),
    ) as file:  # fmt: skip
        file.write(heights.astype(np.float32), 1)


def places() -> list[tuple[int, int]]:
    """Rows and columns of the observers, the first one in the middle."""
    random = np.random.default_rng(2)
    found = random.integers(0, SIDE, (OBSERVERS - 1, 2)).tolist()
    return [(SIDE // 2, SIDE // 2), *((row, column) for row, column in found)]


def measured(folder: str) -> dict[str, Any]:
    """Times of both, in seconds, and how many cells of ours are as their own lines of sight say."""
    import rasterio

    from analysis.sight.viewshed import Aim, Surface, excess_m, viewshed

    path = Path(folder, "heights.tif")
    with rasterio.open(path) as file:
        surface = Surface(file.read(1))
    eyes = [_eye(surface.heights, row, column) for row, column in places()]
    found = viewshed(surface, eyes[:1], Aim())
    measures = {
        "ours": partial(_timed, lambda: viewshed(surface, eyes[:1])),
        "ours, files": partial(_timed, lambda: _file_to_file(path, Path(folder, "ours.tif"))),
        "gdal, files": partial(_program, path, Path(folder, "gdal.tif"), *places()[0]),
    }
    gdal = _in_memory(path)
    if gdal is not None:
        measures["gdal"] = partial(_timed, gdal)
    seconds = fastest(measures, ROUNDS)
    many_s = _timed(lambda: viewshed(surface, eyes))
    calls_s = sum(_program(path, Path(folder, "gdal.tif"), row, column) for row, column in places())
    rows, columns = np.random.default_rng(3).integers(0, SIDE, (2, SAMPLE))
    own = excess_m(surface, eyes[0], rows, columns) <= 0
    _program(path, Path(folder, "gdal.tif"), *places()[0])
    with rasterio.open(Path(folder, "gdal.tif")) as file:
        theirs = file.read(1)[rows, columns] > 0
    return {
        "seconds": seconds,
        "many_s": many_s,
        "calls_s": calls_s,
        "agreement": 100 * float(((found.count[rows, columns] > 0) == own).mean()),
        "gdal_agreement": 100 * float((theirs == own).mean()),
    }


def _eye(heights: np.ndarray[Any, np.dtype[np.float32]], row: int, column: int) -> Eye:
    from analysis.sight.viewshed import Eye

    return Eye(row, column, float(heights[row, column]) + EYE_M)


def _timed(do: Any) -> float:
    start = perf_counter()
    do()
    return perf_counter() - start


def _file_to_file(path: Path, out: Path) -> None:
    import rasterio

    from analysis.sight.viewshed import Surface, viewshed

    # Cells that are not compressed go straight from the file to where they are wanted.
    with rasterio.Env(GTIFF_DIRECT_IO="YES"), rasterio.open(path) as file:
        heights, profile = file.read(1), file.profile
    seen = viewshed(Surface(heights), [_eye(heights, *places()[0])]).count
    out.unlink(missing_ok=True)
    with rasterio.open(out, "w", **{**profile, "dtype": "uint8"}) as file:
        file.write(seen.astype(np.uint8), 1)


def _program(path: Path, out: Path, row: int, column: int) -> float:
    """Seconds of one call of `gdal_viewshed`."""
    from tests.validation.gdalviewshed import command

    out.unlink(missing_ok=True)
    call = command(_call(path, row, column), out)
    return _timed(lambda: subprocess.run(call, check=True))


def _call(path: Path, row: int, column: int) -> Any:
    from tests.validation.gdalviewshed import Call

    return Call(path, CORNER[0] + column + 0.5, CORNER[1] - row - 0.5, EYE_M)


def _in_memory(path: Path) -> Any:
    """A call of GDAL's function on a raster that is read already; None where rasterio has no GDAL."""
    import ctypes

    from tests.validation.gdalviewshed import READ, generated, library

    gdal = library()
    if gdal is None:
        return None
    gdal.GDALGetDriverByName.restype = gdal.GDALCreateCopy.restype = ctypes.c_void_p
    source = ctypes.c_void_p(gdal.GDALOpen(str(path).encode(), READ))
    memory = ctypes.c_void_p(gdal.GDALGetDriverByName(b"MEM"))
    held = ctypes.c_void_p(gdal.GDALCreateCopy(memory, b"", source, 0, None, None, None))
    band = ctypes.c_void_p(gdal.GDALGetRasterBand(held, 1))
    call = _call(path, *places()[0])
    return lambda: gdal.GDALClose(generated(gdal, band, call))


def main() -> int:
    """Measure and print."""
    if shutil.which("gdal_viewshed") is None:
        print("      gdal_viewshed is not here (Debian: apt-get install gdal-bin)")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        write_surface(Path(folder, "heights.tif"))
        found = in_child(__spec__.name, "measured", folder)
    seconds = found["seconds"]
    cells = SIDE * SIDE
    what = f"viewshed of {cells / 1e6:.1f} M cells"
    in_memory = (
        f"in memory {seconds['ours']:.3f} s on {os.cpu_count()} cores, "
        f"{cells / seconds['ours'] / 1e6:.0f} M cells/s"
    )
    if "gdal" in seconds:
        in_memory += f", GDALViewshedGenerate {seconds['gdal']:.3f} s on one"
    figures = [
        Figure(
            f"{what}, from file to file, × gdal_viewshed",
            seconds["ours, files"] / seconds["gdal, files"],
            MOST_OF_GDAL,
            note=f"{seconds['ours, files']:.3f} s in a running program, {seconds['gdal, files']:.3f} s "
            f"with its start; {in_memory}",
        ),
        Figure(
            "cells that are as their own lines of sight say",
            found["agreement"],
            LEAST_AGREEMENT,
            " %",
            f"{SAMPLE:,} random cells; GDAL {found['gdal_agreement']:.1f} %",
            at_least=True,
        ),
        Figure(
            f"{OBSERVERS} observers together, × as fast as {OBSERVERS} calls of gdal_viewshed",
            found["calls_s"] / found["many_s"],
            LEAST_GAIN,
            at_least=True,
            note=f"{found['many_s']:.1f} s in memory, {found['calls_s']:.1f} s from file to file",
        ),
    ]
    return show(*figures)


if __name__ == "__main__":
    sys.exit(main())
