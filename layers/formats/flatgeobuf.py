"""FlatGeobuf 3: features in binary, as web maps and GIS programs pass them on."""

from __future__ import annotations

from pathlib import Path

from layers.data import LayerData, ReadOptions
from layers.formats._ogr import layers_in
from layers.formats._vector import VECTOR_KINDS

NAME = "flatgeobuf"
TITLE = "FlatGeobuf"
ENDINGS = (".fgb",)
KINDS = VECTOR_KINDS[:-1]

_MAGIC = b"fgb\x03fgb"


def can_read(head: bytes, path: Path) -> int:
    """How surely this is FlatGeobuf."""
    return 95 if head.startswith(_MAGIC) else 0


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The features as one layer."""
    return layers_in(path, options)
