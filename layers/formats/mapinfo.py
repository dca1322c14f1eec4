"""MapInfo: tables (.tab with .dat, .map, .id beside it) and interchange files (.mif with .mid)."""

from __future__ import annotations

import re
from pathlib import Path

from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats._ogr import layers_in
from layers.formats._vector import VECTOR_KINDS

NAME = "mapinfo"
TITLE = "MapInfo"
ENDINGS = (".tab", ".mif")
KINDS = VECTOR_KINDS[:-1]

_TABLE = re.compile(rb"\s*!table\b", re.IGNORECASE)
_INTERCHANGE = re.compile(rb"\s*version\s+\d+", re.IGNORECASE)
#: Tables that are made of other tables, or of a picture or a database: what these name is not opened.
_OTHERS = re.compile(
    rb"^\s*(create\s+view|open\s+table|file\s+\"|type\s+(dbf|raster|grid|linked|access|xls\w*|ascii|w[mf]s)\b).*",
    re.IGNORECASE | re.MULTILINE,
)


def can_read(head: bytes, path: Path) -> int:
    """How surely this is a MapInfo file."""
    if path.suffix.lower() == ".tab" and _TABLE.match(head):
        return 90
    return 90 if path.suffix.lower() == ".mif" and _INTERCHANGE.match(head) else 0


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The objects of a table as one layer."""
    if path.suffix.lower() == ".tab":
        other = _OTHERS.search(path.read_bytes()[:65536])
        if other:
            raise ReadError(
                "This MapInfo table only points at other files",
                where=path.name,
                found=other[0].decode("latin-1").strip()[:80],
                allowed="native tables",
                do="Choose the table itself, or save it as a native one",
            )
    return layers_in(path, options)
