"""File geodatabases of Esri: a folder of tables (.gdb), or a zip of one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats._ogr import layers_in
from layers.formats._vector import VECTOR_KINDS
from layers.formats._zipped import members, unpacked

NAME = "geodatabase"
TITLE = "File geodatabase"
ENDINGS = (".gdb", ".gdb.zip")
KINDS = VECTOR_KINDS[:-1]

#: The table of tables, without which there is none.
CATALOG = "a00000001.gdbtable"


def can_read(head: bytes, path: Path) -> int:
    """How surely this is a zip of a geodatabase, or one of its files."""
    return 80 if path.name == CATALOG or members(head, path, CATALOG) else 0


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """One layer per table of features."""
    if path.name == CATALOG:
        return layers_in(path.parent, options)
    with unpacked(path, options, CATALOG) as folder:
        catalogs = sorted(folder.rglob(CATALOG))
        return [layer for catalog in catalogs for layer in layers_in(catalog.parent, options)]


def read_tiles(paths: Sequence[Path], options: ReadOptions) -> list[LayerData]:
    """The tables of the folder that these files are."""
    folders = {path.parent for path in paths if path.name == CATALOG}
    if len(folders) != 1:
        raise ReadError("These files are not one geodatabase", where=str(paths[0].parent))
    return layers_in(folders.pop(), options)
