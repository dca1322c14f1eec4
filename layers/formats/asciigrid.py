"""Terrain as Esri ASCII grid: a few header lines, then rows of heights from the north."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats._dem import read_heights

NAME = "asciigrid"
TITLE = "ASCII grid terrain"
ENDINGS = (".asc", ".grd", ".txt")
KINDS = ("terrain",)

_HEADER_BYTES = 4096
_HEADER_WORDS = frozenset(
    b"ncols nrows xllcorner yllcorner xllcenter yllcenter cellsize dx dy nodata_value".split()
)
_NUMBERS = b"0123456789+-.,eE \t\r\n" + b"nNaAiIfF"  # and nan, inf
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
    return read_tiles([path], options)


def read_tiles(paths: Sequence[Path], options: ReadOptions) -> list[LayerData]:
    """The heights of several grids that are tiles of one."""
    for path in paths:
        _check(path)
    return read_heights(paths, "AAIGrid", ENDINGS, options)


def _check(path: Path) -> None:
    """Refuses what GDAL would read as something else than it is."""
    with path.open("rb") as file:
        head = file.read(_HEADER_BYTES)
        columns, rows = _count(head, b"ncols"), _count(head, b"nrows")
        if columns is None or rows is None:
            raise ReadError("This is not an ASCII grid", where=path.name, found="no ncols and nrows")
        file.seek(0)
        found = _count_heights(file, path)
    if found < columns * rows:
        raise ReadError(
            "This grid's header promises more heights than the file holds",
            where=path.name,
            found=f"{found:,} heights",
            allowed=f"{columns:,} × {rows:,}",
            do="Get the file again; it seems to be cut off",
        )


def _count_heights(file: BinaryIO, path: Path) -> int:
    """How many numbers follow the header; GDAL would take words among them as 0."""
    count = 0
    for number, line in enumerate(file, 1):
        words = line.split()
        if words and words[0].lower() in _HEADER_WORDS:
            continue
        if line.translate(None, _NUMBERS):
            raise ReadError(
                "This grid holds something else than numbers",
                where=f"{path.name}, line {number}",
                found=line[:60].decode("latin-1").strip(),
            )
        count += len(words)
    return count
