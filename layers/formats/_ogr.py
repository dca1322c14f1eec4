"""Vector files that GDAL reads, by pyogrio, without drivers that follow what a file says to other places.

GDAL guesses what a file is from its content. A stranger's file could so be a list of other files
(VRT) or of addresses; drivers that follow such are never registered, and each format looks at the
first bytes itself before it hands its file over.
"""

from __future__ import annotations

import glob
import math
import os
import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from layers import wkb
from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats._vector import Record, Table, layers_of
from layers.report import Report

#: Drivers that open what a file names, fetch from the net, or read what other formats of ours do.
_LEFT_OUT = (
    "OGR_VRT GDALG HTTP WFS OAPIF OGCAPI CSW Elasticsearch Carto AmigoCloud PLSCENES NGW EEDA ADBC GML LVBAG "
    "GeoJSON GeoJSONSeq ESRIJSON TopoJSON JSONFG GPKG SQLite CSV XLSX ODS OSM MVT MBTiles PMTiles MapML GTFS "
    "PDF PDS4 OGR_PDS VICAR PCIDSK S57 GeoRSS GPX PGDUMP VFK EDIGEO Idrisi SXF Selafin JML VDV WAsP OGR_GMT "
    "MiraMonVector AVCBin AVCE00 AIVector GPSBabel DGN"
)
#: So many rows are no danger, whatever the file's size is.
ALWAYS_ROWS = 100_000
#: An encoding in which every byte is a letter.
_BYTE_BY_BYTE = "ISO-8859-1"
#: Types of attributes by the kinds of arrays that hold them.
_TYPES = {"i": "integer", "u": "integer", "f": "real", "b": "boolean", "M": "date"}
#: The last is pyogrio's answer to a CRS that GDAL cannot write as text.
_READ_ERRORS = (ValueError, RuntimeError, OverflowError, TypeError, UnboundLocalError)


@cache
def load() -> None:
    """Load pyogrio, with only the drivers that read plain vector files."""
    os.environ["GDAL_SKIP"] = ",".join(_LEFT_OUT.split())
    try:
        import pyogrio
    finally:
        del os.environ["GDAL_SKIP"]  # rasterio has a GDAL of its own
    pyogrio.set_gdal_config_options({"DXF_MAX_BSPLINE_CONTROL_POINTS": 10_000, "OGR_ARC_STEPSIZE": 4})


def layers_in(
    path: Path,
    options: ReadOptions,
    encoding: str | None = None,
    crs: str | None = None,
    meaningless: Sequence[str] = (),
) -> list[LayerData]:
    """One layer per table with geometry; `meaningless` columns are left out where they say nothing.

    `crs` is that of formats that have only one.
    """
    return layers_of(_tables(path, options, encoding, crs, frozenset(meaningless)), path, options)


def _tables(
    path: Path, options: ReadOptions, encoding: str | None, crs: str | None, meaningless: frozenset[str]
) -> Iterator[Table]:
    load()
    import pyogrio

    try:
        names = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
    except (*_READ_ERRORS, OSError) as error:
        raise _damaged(path, error) from error
    for number, (name, kind) in enumerate(names):
        options.progress(number / len(names), f"Reading {name}")
        report = Report()
        if kind is None:
            report.warn("no-geometry", name, f"Table '{name}' has no geometry; it is left out.")
        try:
            yield _table(path, name, report, encoding, crs, meaningless)
        except (*_READ_ERRORS, OSError) as error:
            raise _damaged(path, error) from error


def _table(
    path: Path, name: str, report: Report, encoding: str | None, crs: str | None, meaningless: frozenset[str]
) -> Table:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        meta, rows, blobs, columns = _read(path, name, report, encoding)
    for text in dict.fromkeys(str(item.message) for item in told):
        report.warn("gdal", name, f"{text.rstrip('.')}.")
    fields = dict(zip(map(str, meta["fields"]), columns, strict=True))
    kinds = dict(zip(fields, zip(meta["ogr_types"], meta["ogr_subtypes"], strict=True), strict=True))
    values = {field: _plain(column.tolist(), *kinds[field]) for field, column in fields.items()}
    values = {field: column for field, column in values.items() if not _is_empty(field, column, meaningless)}
    records = []
    for number, row in enumerate(rows.tolist()):
        data = orjson.dumps({field: column[number] for field, column in values.items()})
        blob = None if blobs is None else blobs[number]
        records.append(Record(data, shape_of(blob, f"feature {row}", report), row=row))
    types = {field: _TYPES.get(column.dtype.kind, "text") for field, column in fields.items()}
    return Table(name, records, crs or meta["crs"], report, types)


def _read(path: Path, name: str, report: Report, encoding: str | None) -> tuple[Any, Any, Any, Any]:
    """Fields, row numbers, shapes and columns; text that was cut within a letter spoils no more than it."""
    from pyogrio.raw import read

    _check_count(path, name)
    try:
        return read(path, layer=name, encoding=encoding, datetime_as_string=True, return_fids=True)
    except UnicodeDecodeError as error:
        said = error.encoding
    meta, rows, blobs, columns = read(
        path, layer=name, encoding=_BYTE_BY_BYTE, datetime_as_string=True, return_fids=True
    )
    report.warn(
        "text", name, f"Some text is no {said.upper()}: letters that cannot be read are �.", "repaired"
    )
    meta["fields"] = [_spelled(str(field), said) for field in meta["fields"]]
    for column in columns:
        if column.dtype == object:
            column[:] = [_spelled(text, said) if isinstance(text, str) else text for text in column]
    return meta, rows, blobs, columns


def _check_count(path: Path, name: str) -> None:
    """Refuse a table that says it has more rows than there are bytes: room would be made for all of them."""
    import pyogrio

    count = pyogrio.read_info(path, layer=name)["features"]  # -1 where only reading them would tell
    if count <= ALWAYS_ROWS:
        return
    files = path.rglob("*") if path.is_dir() else path.parent.glob(f"{glob.escape(path.stem)}.*")
    size = sum(file.stat().st_size for file in files if file.is_file())
    if count > size:
        raise ReadError(
            "The file says that it holds more than it can",
            where=path.name,
            found=f"{count:,} rows in {size:,} bytes",
            do="Ask for it again",
        )


def _spelled(text: str, encoding: str) -> str:
    return text.encode(_BYTE_BY_BYTE).decode(encoding, "replace")


def shape_of(blob: bytes | None, name: str, report: Report) -> wkb.Shape | None:
    """The shape that well-known binary describes; None, and told, when it cannot be read."""
    if blob is None:
        return None
    try:
        return wkb.read(blob)
    except ReadError as error:
        report.warn("geometry-unreadable", name, error.sentence(), "unsupported")
        return None


def _plain(values: list[Any], kind: str, subtype: str) -> list[Any]:
    """The values of a column as JSON has them: whole numbers and yes/no are so even beside missing ones."""
    if kind == "OFTReal":
        return [value if value is not None and math.isfinite(value) else None for value in values]
    if subtype == "OFSTBoolean":
        return [None if value is None or value != value else bool(value) for value in values]
    if kind in ("OFTInteger", "OFTInteger64"):
        return [None if value is None or value != value else int(value) for value in values]
    if kind == "OFTDateTime":
        return [value.replace(" ", "T") if isinstance(value, str) else None for value in values]
    return [value if isinstance(value, str | list) else None for value in values]


def _is_empty(name: str, values: Sequence[Any], meaningless: frozenset[str]) -> bool:
    """Whether a column that every file of the format has says nothing."""
    return name in meaningless and all(value in (None, "", -1, 0) for value in values)


def _damaged(path: Path, error: Exception) -> ReadError:
    found = "a damaged CRS" if isinstance(error, UnboundLocalError) else str(error)
    return ReadError("This file could not be read", where=path.name, found=found, do="Ask for it again")
