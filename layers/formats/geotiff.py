"""Terrain as GeoTIFF (https://docs.ogc.org/is/19-008r4/19-008r4.html)."""

from __future__ import annotations

from pathlib import Path

from layers.data import LayerData, ReadOptions
from layers.formats._raster import read_heights

NAME = "geotiff"
TITLE = "GeoTIFF terrain"
ENDINGS = (".tif", ".tiff")
KINDS = ("terrain",)

_MARKS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # TIFF and BigTIFF, in both byte orders


def can_read(head: bytes, path: Path) -> int:
    """Surely a TIFF by its mark; whether it holds heights shows on reading."""
    if head[:4] not in _MARKS:
        return 0
    return 90 if path.suffix.lower() in ENDINGS else 70


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The heights of the first band."""
    return read_heights(path, "GTiff", ENDINGS, options)
