"""Terrain as Esri ASCII grid: a few header lines, then rows of heights from the north."""

from __future__ import annotations

import re
from pathlib import Path

from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats._raster import read_heights

NAME = "asciigrid"
TITLE = "ASCII grid terrain"
ENDINGS = (".asc", ".grd", ".txt")
KINDS = ("terrain",)

_HEADER_BYTES = 4096
_COUNT = rb"(?im)^\s*%s\s+(\d{1,18})\s*$"


def can_read(head: bytes, path: Path) -> int:
    """Surely when the header names columns and rows."""
    both = all(_count(head, word) is not None for word in (b"ncols", b"nrows"))
    return 95 if both else 0


def _count(head: bytes, word: bytes) -> int | None:
    found = re.search(_COUNT % word, head[:_HEADER_BYTES])
    return int(found[1]) if found else None


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The heights of the grid."""
    with path.open("rb") as file:
        head = file.read(_HEADER_BYTES)
        size = path.stat().st_size
    columns, rows = _count(head, b"ncols"), _count(head, b"nrows")
    if columns is None or rows is None:
        raise ReadError(
            "This is not an ASCII grid", where=path.name, found="no ncols and nrows in its header"
        )
    if columns * rows * 2 > size:  # a digit and a space are the least that a height needs
        raise ReadError(
            "This grid's header promises more heights than the file holds",
            where=path.name,
            found=f"{columns} × {rows}",
            allowed=f"at most {size // 2:,} in {size:,} bytes",
            do="Get the file again; it seems to be cut off",
        )
    return read_heights(path, "AAIGrid", ENDINGS, options)
