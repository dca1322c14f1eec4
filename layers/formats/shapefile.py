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
#: What text that is no UTF-8 is taken for.
_WESTERN = "CP1252"


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
    crs = beside.get(".prj")
    is_odd = crs is not None and not _is_utf8(crs.read_bytes())
    if ".shx" in beside and not is_odd:
        layers = layers_in(path, options, _encoding(beside))
    else:
        layers = _read_mended(path, beside, options)
    report = layers[0].report
    if ".shx" not in beside:
        text = f"The index {path.stem}.shx was missing; it was made again from the shapes."
        report.warn("index-missing", "", text, "repaired")
    if is_odd:
        text = f"The CRS in {path.stem}.prj is not written in UTF-8; it was read as {_WESTERN}."
        report.warn("encoding", "", text, "repaired")
    if ".dbf" not in beside:
        report.warn(
            "table-missing", "", f"The table {path.stem}.dbf is not there: shapes have no attributes."
        )
    if _encoding(beside) is not None:
        text = f"The table does not say how its text is encoded; it was read as {_encoding(beside)}."
        report.warn("encoding", "", text)
    return layers


def _read_mended(path: Path, beside: dict[str, Path], options: ReadOptions) -> list[LayerData]:
    """What lacks an index, or has a CRS in letters that GDAL refuses, is made whole in a folder of ours.

    Nothing is written beside a stranger's file.
    """
    if options.scratch is None:
        raise ReadError("The shapes cannot be read without an index and a CRS in UTF-8", where=path.name)
    options.scratch.mkdir(parents=True, exist_ok=True)
    for suffix, file in beside.items():
        if suffix in (".shp", *_PARTS):
            shutil.copyfile(file, options.scratch / f"{path.stem}{suffix}")
    crs = options.scratch / f"{path.stem}.prj"
    if crs.exists() and not _is_utf8(crs.read_bytes()):
        crs.write_text(crs.read_bytes().decode(_WESTERN, "replace"), encoding="utf-8")
    load()
    import pyogrio

    pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": True})
    try:
        return layers_in(options.scratch / f"{path.stem}.shp", options, _encoding(beside))
    finally:
        pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": None})


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _encoding(beside: dict[str, Path]) -> str | None:
    """The encoding that the table's text shows, where no file says one; None where one does, or needs not."""
    table = beside.get(".dbf")
    if table is None or ".cpg" in beside:
        return None
    data = table.read_bytes()
    if len(data) < _HEADER or data[29] not in _NO_CODE_PAGE or data[_HEADER:].isascii():
        return None
    return "UTF-8" if _is_utf8(data[_HEADER:]) else _WESTERN
