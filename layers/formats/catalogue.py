"""Tables as CSV: heritage catalogues, tied to city objects and scans, and records with places."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import orjson

from layers import wkb
from layers.data import Feature, LayerData, Piece, ReadOptions, WriteOptions
from layers.errors import ReadError, UsageError, WriteError
from layers.formats import _csv, _leaving
from layers.formats._files import layer_name
from layers.formats._places import AXES, Places
from layers.formats._vector import Record, dated_members, layer_of, moved
from layers.heritage import OBJECT_FIELDS, RECORD_TYPE, SCAN_FIELDS, find_fields, safe_scan, scan_facts
from layers.jsontext import join_members, raw_members
from layers.report import Report
from layers.words import find_field

NAME = "catalogue"
TITLE = "Table (CSV)"
ENDINGS = (".csv", ".tsv")
KINDS = ("heritage", "vector", "pipes", "city")  # it writes tables of all of them

#: What a table of a layer has: it begins with the first, and its attributes may have the other.
OWN_COLUMNS = ("id", "type")
#: Fields of a catalogue that objects of other layers have as well.
_OF_ANYTHING = {"name", "material", "period", "protectionStatus"}
#: So many records without a place are named.
_MOST_SHOWN = 3
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,17})(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
leave_out = _leaving.records


def can_read(head: bytes, path: Path) -> int:
    """How surely this is a catalogue."""
    if path.suffix.lower() not in ENDINGS or b"\0" in head:
        return 0
    return 60


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The records as one layer; every record is one piece of the file."""
    if options.kind not in (None, *KINDS[:-1]):
        raise UsageError(
            "A table is not read as a layer of this kind",
            where=path.name,
            found=f"kind '{options.kind}'",
            allowed=", ".join(KINDS[:-1]),
        )
    table = _csv.parse(path.read_bytes(), path.name)
    header = table.dialect.header
    first = next((row for row, _ in table.records if any(row)), None)
    if first is None:
        raise ReadError("There are no records in this table, only the names of its columns", where=path.name)
    places = Places(header, dict(zip(header, map(str.strip, first), strict=False)))
    fields, object_field = find_fields(header), find_field(header, OBJECT_FIELDS)
    is_of_layer = header[:1] == OWN_COLUMNS[:1] and OWN_COLUMNS[1] in header
    telling = fields.keys() - (_OF_ANYTHING if is_of_layer else set())
    is_catalogue = options.kind == KINDS[0] or (
        options.kind is None and bool(telling or object_field is not None)
    )
    if not is_catalogue and options.kind is None and not places.known:
        if is_of_layer:
            raise ReadError(
                "This is a table of the objects of a layer, as it is exported; it says not where they lie",
                where=path.name,
                do="Join it to that layer by its ids: Edit, Join CSV in the window, or"
                f" citystrata set P --layer NAME --join {path.name}",
            )
        raise ReadError(
            "This table is no heritage catalogue, and does not say where its records lie",
            where=path.name,
            found=f"columns {', '.join(header[:8])}",
            allowed="columns such as name, condition or city_object; x and y; or a shape as WKT",
            do="Name one of its columns so, or join it to a layer: Edit, Join CSV in the window, or"
            " citystrata set --join",
        )
    report = Report()
    if table.dialect.encoding != "utf-8":
        report.warn("encoding", "", f"The file is not UTF-8; it was read as {table.dialect.encoding}.")
    number_field = fields.get("monumentNumber") if is_catalogue else None
    records, pieces = _records(table, places, {number_field, object_field}, is_catalogue, report)
    asked = replace(options, kind="heritage") if is_catalogue else options
    layer = layer_of(layer_name(path, ENDINGS), records, places.crs, report, asked)
    layer.pieces = pieces
    if is_catalogue:
        scans = _scans(path.parent, records, find_field(header, SCAN_FIELDS), options, report)
        layer.facts["scans"] = scans
    _warn_of_twins(table, records, report)
    return [layer]


def _records(
    table: _csv.Table, places: Places, texts: Container[str | None], may_have_none: bool, report: Report
) -> tuple[list[Record], list[Piece]]:
    """The records, and the file as their pieces; `may_have_none`: a record need not say where it lies."""
    header = table.dialect.header
    words = {*places.texts, find_field(header, SCAN_FIELDS), _id_field(table)}
    numeric = [
        name not in texts
        and name not in words
        and _is_numeric(row[at].strip() for row, _ in table.records if at < len(row))
        for at, name in enumerate(header)
    ]
    records: list[Record] = []
    pieces: list[Piece] = []
    lead = table.head
    unplaced: list[str] = []
    for line, (row, data) in enumerate(table.records, start=2):
        if not any(row):
            lead += data
            continue
        if len(row) > len(header):
            report.warn(
                "row-long", f"record {line}", f"Record {line} has more fields than there are columns."
            )
        cells = {name: cell.strip() for name, cell in zip(header, row, strict=False) if cell.strip()}
        values = {
            name: cells[name].encode() if is_number else orjson.dumps(cells[name])
            for name, is_number in zip(header, numeric, strict=True)
            if name in cells
        }
        pieces.append(Piece(lead + data, len(lead), len(records), table.role))
        unreadable = report.unsupported
        shape = places.shape(cells, f"record {line}", report)
        is_told = report.unsupported > unreadable or (may_have_none and not places.are_said(cells))
        if places.known and shape is None and not is_told:
            unplaced.append(f"record {line}, {places.found(cells)}")
        records.append(Record(join_members(values), shape, row=line - 1))
        lead = b""
    pieces.append(Piece(lead))
    if unplaced:
        shown = "; ".join(unplaced[:_MOST_SHOWN]) + ("; …" if len(unplaced) > _MOST_SHOWN else ".")
        text = f"{len(unplaced):,} of {len(records):,} records have no place: {shown}"
        first = unplaced[0].partition(",")[0]
        report.warn("no-place", first, text, "unsupported", len(unplaced))
    return records, pieces


def _id_field(table: _csv.Table) -> str | None:
    return next((name for name in table.dialect.header if name.lower() == "id"), None)


def _is_numeric(cells: Iterator[str]) -> bool:
    """Whether a column holds nothing but numbers as JSON spells them: `012` is no number."""
    found = [bool(_NUMBER.fullmatch(cell)) and math.isfinite(float(cell)) for cell in cells if cell]
    return bool(found) and all(found)


def _scans(
    folder: Path, records: Sequence[Record], field: str | None, options: ReadOptions, report: Report
) -> dict[str, object]:
    """Size and hash of every scan that the catalogue names and that is there."""
    found: dict[str, object] = {}
    for number, record in enumerate(records):
        options.progress(number / len(records), "Looking at scans")
        raw = raw_members(record.attributes).get(field or "")
        if raw is None:
            continue
        text = str(msgspec.json.decode(raw))
        path = safe_scan(folder, text)
        if path is None:
            report.warn(
                "scan-outside", text, f"The scan '{text}' is not in the catalogue's folder; it is not linked."
            )
            continue
        facts = scan_facts(path)
        if facts is None:
            report.warn("scan-missing", text, f"The scan '{text}' is not there.")
        else:
            found[text] = facts
    return found


def _warn_of_twins(table: _csv.Table, records: Sequence[Record], report: Report) -> None:
    field = _id_field(table)
    seen: set[bytes] = set()
    for record in records:
        id = raw_members(record.attributes).get(field or "")
        if id is not None and id in seen:
            report.warn("duplicate-id", id.decode().strip('"'), "Several records have the same id.")
        seen.add(id or b"")


def rewrite(
    pieces: Iterator[tuple[Piece, int | None]], attributes_of: Callable[[int], dict[str, bytes]]
) -> Iterator[bytes]:
    """The file's bytes, with the fields changed in the records that come with a fid."""
    for piece, fid in pieces:
        if fid is None:
            yield piece.data
            continue
        after = attributes_of(fid)
        dialect = _csv.Dialect.parse(piece.role)
        homeless = set(after) - set(dialect.header)
        if homeless:
            raise WriteError(
                f"The attribute '{min(homeless)}' has no column in this catalogue",
                do="Undo that change, or export to GeoPackage or GeoJSON",
            )
        values = [_cell(after.get(name, b"null")) for name in dialect.header]
        yield piece.data[: piece.start] + dialect.changed(piece.data[piece.start :], values)


def _cell(value: bytes) -> str:
    """A JSON value as the text of a field."""
    if value == b"null":
        return ""
    return str(msgspec.json.decode(value)) if value.startswith(b'"') else value.decode()


def write(path: Path, layer: LayerData, options: WriteOptions) -> None:
    """A new table with every feature of a layer: id, type, attributes, and the place of points."""
    layer = moved(layer, options.crs)
    rows = [dated_members(feature) for feature in layer.features]
    names = list({name: None for row in rows for name in row})
    own = [name for name in OWN_COLUMNS if name not in names and _says_something(name, layer)]
    places = [_place(feature) for feature in layer.features]
    axes = [] if any(find_field(names, axis) for axis in AXES[:2]) or not any(places) else ["x", "y", "z"]
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow([*own, *names, *axes])
        for feature, row, place in zip(layer.features, rows, places, strict=True):
            cells = [str(getattr(feature, name)) for name in own]
            cells += [_cell(row.get(name, b"null")) for name in names]
            table.writerow(cells + (place or [""] * 3 if axes else []))


def _says_something(name: str, layer: LayerData) -> bool:
    return name == "id" or any(feature.type != RECORD_TYPE for feature in layer.features)


def _place(feature: Feature) -> list[str] | None:
    """The x, y and z of a point."""
    shape = None if feature.geometry is None else wkb.read(feature.geometry)
    if shape is None or shape.code != wkb.POINT or not shape.parts:
        return None
    return ["" if np.isnan(value) else repr(value) for value in shape.coordinates[0].tolist()]
