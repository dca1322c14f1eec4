"""Shapefiles (ESRI, 1998): shapes, with their table, CRS and encoding in files beside, or all in a zip."""

from __future__ import annotations

import shutil
from pathlib import Path

from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats._ogr import layers_in, load
from layers.formats._vector import VECTOR_KINDS
from layers.formats._zipped import members, unpacked

NAME = "shapefile"
TITLE = "Shapefile"
ENDINGS = (".shp", ".shp.zip")
KINDS = VECTOR_KINDS[:-1]

_MAGIC = b"\0\0\x27\x0a"
_PARTS = (".shx", ".dbf", ".prj", ".cpg")
#: "ANSI", or nothing at all: what programs write that do not know, or do not say.
_NO_CODE_PAGE = (0, 0x57)
_HEADER = 32


def can_read(head: bytes, path: Path) -> int:
    """How surely this is a shapefile, or a zip of some."""
    if head.startswith(_MAGIC):
        return 95
    return 70 if members(head, path, ".shp") else 0


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The shapes with their attributes; of a zip, one layer per shapefile."""
    with path.open("rb") as file:
        is_plain = file.read(4) == _MAGIC
    if is_plain:
        return _read_one(path, options)
    with unpacked(path, options, ".shp") as folder:
        return [
            layer
            for part in sorted(folder.rglob("*"))
            if part.suffix.lower() == ".shp"
            for layer in _read_one(part, options)
        ]


def _read_one(path: Path, options: ReadOptions) -> list[LayerData]:
    beside = {file.suffix.lower(): file for file in path.parent.iterdir() if file.stem == path.stem}
    if ".shx" in beside:
        layers = layers_in(path, options, _encoding(beside))
    else:
        layers = _read_without_index(path, beside, options)
    report = layers[0].report
    if ".dbf" not in beside:
        report.warn(
            "table-missing", "", f"The table {path.stem}.dbf is not there: shapes have no attributes."
        )
    if _encoding(beside) is not None:
        text = f"The table does not say how its text is encoded; it was read as {_encoding(beside)}."
        report.warn("encoding", "", text)
    return layers


def _read_without_index(path: Path, beside: dict[str, Path], options: ReadOptions) -> list[LayerData]:
    """The index is made again in a folder of ours: nothing is written beside a stranger's file."""
    if options.scratch is None:
        raise ReadError("The index of the shapes is missing", where=path.with_suffix(".shx").name)
    options.scratch.mkdir(parents=True, exist_ok=True)
    for suffix, file in beside.items():
        if suffix in (".shp", *_PARTS):
            shutil.copyfile(file, options.scratch / f"{path.stem}{suffix}")
    load()
    import pyogrio

    pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": True})
    try:
        layers = layers_in(options.scratch / f"{path.stem}.shp", options, _encoding(beside))
    finally:
        pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": None})
    text = f"The index {path.stem}.shx was missing; it was made again from the shapes."
    layers[0].report.warn("index-missing", "", text, "repaired")
    return layers


def _encoding(beside: dict[str, Path]) -> str | None:
    """The encoding that the table's text shows, where no file says one; None where one does, or needs not."""
    table = beside.get(".dbf")
    if table is None or ".cpg" in beside:
        return None
    data = table.read_bytes()
    if len(data) < _HEADER or data[29] not in _NO_CODE_PAGE or data[_HEADER:].isascii():
        return None
    try:
        data[_HEADER:].decode("utf-8")
    except UnicodeDecodeError:
        return "CP1252"
    return "UTF-8"
