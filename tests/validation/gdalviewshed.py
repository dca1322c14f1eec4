"""GDAL's viewshed, called in the library that rasterio brings, and as the program `gdal_viewshed`."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray

#: GDALViewshedMode and GDALViewshedOutputType of GDAL's C interface.
EDGE, NORMAL = 2, 1
VISIBLE, HIDDEN, BEYOND = 255.0, 0.0, 0.0
#: GDT_Byte, GF_Read.
BYTE, READ = 1, 0


@dataclass(frozen=True)
class Call:
    """What GDAL is asked."""

    raster: Path
    x: float
    y: float
    eye_m: float
    target_m: float = 0.0
    curvature: float = 0.0  # 1 less the refraction; 0: a flat Earth
    most_m: float = 0.0  # 0: no limit


def library() -> Any:
    """GDAL's C interface in the wheel of rasterio; None where rasterio has none of its own."""
    found = sorted((Path(rasterio.__file__).parent.parent / "rasterio.libs").glob("libgdal*.so*"))
    if not found:
        return None
    gdal = ctypes.CDLL(str(found[0]))
    for name in ("GDALOpen", "GDALGetRasterBand", "GDALViewshedGenerate"):
        getattr(gdal, name).restype = ctypes.c_void_p
    gdal.GDALVersionInfo.restype = ctypes.c_char_p
    gdal.GDALAllRegister()
    return gdal


def by_library(gdal: Any, call: Call) -> NDArray[np.bool_]:
    """What GDAL says is seen, (rows, columns)."""
    source = ctypes.c_void_p(gdal.GDALOpen(str(call.raster).encode(), READ))
    band = ctypes.c_void_p(gdal.GDALGetRasterBand(source, 1))
    made = generated(gdal, band, call)
    width, height = (getattr(gdal, f"GDALGetRaster{axis}Size")(made) for axis in "XY")
    cells = np.empty((height, width), np.uint8)
    gdal.GDALRasterIO(
        ctypes.c_void_p(gdal.GDALGetRasterBand(made, 1)), READ, 0, 0, width, height,
        cells.ctypes.data_as(ctypes.c_void_p), width, height, BYTE, 0, 0,
    )  # fmt: skip
    gdal.GDALClose(made)
    gdal.GDALClose(source)
    return cells == VISIBLE


def generated(gdal: Any, band: Any, call: Call) -> Any:
    """A raster in memory, made from a band."""
    numbers = (
        call.x, call.y, call.eye_m, call.target_m, VISIBLE, HIDDEN, BEYOND, -1.0, call.curvature
    )  # fmt: skip
    made = gdal.GDALViewshedGenerate(
        band, b"MEM", b"", None, *map(ctypes.c_double, numbers), EDGE, ctypes.c_double(call.most_m),
        None, None, NORMAL, None,
    )  # fmt: skip
    assert made, "GDAL made no viewshed"
    return ctypes.c_void_p(made)


def by_program(call: Call, out: Path) -> NDArray[np.bool_] | None:
    """What the program `gdal_viewshed` says is seen; None where it is not installed."""
    if shutil.which("gdal_viewshed") is None:
        return None
    subprocess.run(command(call, out), check=True, capture_output=True)
    with rasterio.open(out) as raster:
        found: NDArray[np.bool_] = raster.read(1) == VISIBLE
    return found


def command(call: Call, out: Path) -> list[str]:
    """The program with its arguments."""
    numbers = {
        "-ox": call.x, "-oy": call.y, "-oz": call.eye_m, "-tz": call.target_m,
        "-cc": call.curvature, "-md": call.most_m,
    }  # fmt: skip
    said = [text for name, value in numbers.items() for text in (name, repr(value))]
    return ["gdal_viewshed", "-q", *said, str(call.raster), str(out)]
