"""GeoTIFF (https://docs.ogc.org/is/19-008r4/19-008r4.html): terrain, or a picture of the ground."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from layers.data import LayerData, ReadOptions
from layers.formats._dem import read_heights
from layers.formats._photo import read_image
from layers.formats._raster import holds_picture

NAME = "geotiff"
TITLE = "GeoTIFF terrain or picture"
ENDINGS = (".tif", ".tiff")
KINDS = ("terrain", "image")

_DRIVER = "GTiff"
_MARKS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # TIFF and BigTIFF, in both byte orders


def can_read(head: bytes, path: Path) -> int:
    """Surely a TIFF by its mark; what it holds shows on reading."""
    if head[:4] not in _MARKS:
        return 0
    return 90 if path.suffix.lower() in ENDINGS else 70


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """Heights or colours."""
    return read_tiles([path], options)


def read_tiles(paths: Sequence[Path], options: ReadOptions) -> list[LayerData]:
    """Several files as one raster; colours, heights in one band, or what the person says they are."""
    kind = options.kind or ("image" if holds_picture(paths[0], _DRIVER) else "terrain")
    reader = read_image if kind == "image" else read_heights
    return reader(paths, _DRIVER, ENDINGS, options)
