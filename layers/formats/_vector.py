"""What all readers of vector records share: ids, types, validity, and what kind of layer they make."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from layers import wkb
from layers.arrays import Float64, Mover
from layers.crs import height_unit
from layers.data import Box, Feature, LayerData, ReadOptions
from layers.epochs import validity
from layers.errors import ReadError, UsageError
from layers.jsontext import raw_members
from layers.pipe_fields import (
    check_mapping,
    guess_mapping,
    has_source,
    is_network,
    unit_of_levels,
    with_units,
)
from layers.place import Place
from layers.report import Report
from layers.vector import type_of_shape
from layers.words import words

#: Where an id may be, best first; the first field whose values are all different is taken.
_ID_FIELDS = words("id identificatie identifier lokaalid gml_id uuid guid name naam code objectid fid nummer")
#: Layers that vector formats can write; all but the last they read, too.
VECTOR_KINDS = ("vector", "pipes", "heritage", "city")
_DATE_FIELDS = ("validFrom", "validTo")
#: From this year on, a date is the way of a database to say that there is none.
_NEVER = "9000"
_SAMPLE = 200
LARGEST_COORDINATE = 1e8


@dataclass(slots=True)
class Record:
    """One record of a vector file, before it becomes a feature."""

    attributes: bytes  # JSON object, as written
    shape: wkb.Shape | None = None
    id: str | None = None  # what the file declares to be its id
    type: str | None = None
    row: int | None = None  # its number in a table, for want of an id


def layer_of(
    name: str, records: Sequence[Record], crs: str | None, report: Report, options: ReadOptions
) -> LayerData:
    """The layer that the records make: what the person says, pipes when they look like a network."""
    values: list[dict[str, Any]] = [orjson.loads(record.attributes) for record in records]
    lines, nodes = _names(records, values, "is_line"), _names(records, values, "is_point")
    kind = options.kind or ("pipes" if is_network(lines, "line") or is_network(nodes, "node") else "vector")
    if kind not in VECTOR_KINDS[:-1]:
        raise UsageError(
            f"Records of points, lines and areas cannot be read as a layer of kind '{kind}'",
            where=name,
            allowed=", ".join(VECTOR_KINDS[:-1]),
        )
    ids = _ids(records, values)
    features: list[Feature] = []
    never: list[str] = []
    for record, attributes, id in zip(records, values, ids, strict=True):
        box = _box(record, id, report)
        valid_from, valid_to, is_never = _lifetime(attributes)
        never += [id] if is_never else []
        features.append(
            Feature(
                id=id,
                type=record.type or _type(kind, record.shape),
                attributes=record.attributes,
                valid_from=valid_from,
                valid_to=valid_to,
                box=box,
                geometry=wkb.write(record.shape) if record.shape is not None and box is not None else None,
            )
        )
    if never:
        text = f"{len(never):,} objects end before they begin, by their dates, which are not used."
        report.warn("validity", never[0], text)
    report.read = len(features)
    layer = LayerData(name, kind, options.crs or crs, report, features, box=union(features))
    if kind == "pipes":
        unit = _level_unit(records, values, options.crs or crs)
        sample, guessed = {**nodes, **lines}, guess_mapping(lines, lines, "line", unit)
        guessed |= guess_mapping(nodes, nodes, "node", unit)
    elif kind == "vector":
        sample = {**_names(records, values, "is_area"), **nodes, **lines}
        guessed = guess_mapping(sample, sample, "shape")
    else:
        return layer
    check_mapping(options.field_map, sample)
    layer.facts["field_map"] = guessed | with_units(options.field_map, sample)
    layer.facts["fields_guessed"] = not options.field_map
    return layer


@dataclass
class Table:
    """The records that a file holds under one name."""

    name: str
    records: Sequence[Record]
    crs: str | None
    report: Report = field(default_factory=Report)
    fields: Mapping[str, str] = field(default_factory=dict)  # types by name, where the file says them


def layers_of(tables: Iterable[Table], path: Path, options: ReadOptions) -> list[LayerData]:
    """One layer per table; what is wrong with one is told, and does not keep the others out.

    A person's field map holds for the tables that have what it names.
    """
    layers: list[LayerData] = []
    refused: list[ReadError] = []
    tables = list(tables)
    names = [_attributes(table) if options.field_map else {} for table in tables]
    check_mapping(options.field_map, {name: None for known in names for name in known})
    for table, known in zip(tables, names, strict=True):
        if not table.records and options.only_facts:
            layers.append(_empty(table, options))
            continue
        if not table.records:
            refused.append(ReadError("There are no features", where=f"{path.name}, table {table.name}"))
            continue
        try:
            fitting = {field: text for field, text in options.field_map.items() if has_source(text, known)}
            asked = replace(options, field_map=fitting)
            layers.append(layer_of(table.name, table.records, table.crs, table.report, asked))
        except ReadError as error:
            refused.append(error)
    if not layers:
        raise refused[0] if refused else ReadError("There are no feature tables", where=path.name)
    for reason in refused:
        layers[0].report.warn("table-left-out", reason.where, reason.sentence())
    return layers


def _empty(table: Table, options: ReadOptions) -> LayerData:
    """What there is to know of a table without rows."""
    table.report.warn("empty", "", "There are no features")
    facts: dict[str, object] = {"fields": dict(table.fields)}
    return LayerData(table.name, "vector", options.crs or table.crs, table.report, facts=facts)


def _attributes(table: Table) -> dict[str, None]:
    """The attributes of a table's records."""
    return {name: None for record in table.records for name in orjson.loads(record.attributes)}


def _lifetime(attributes: Mapping[str, Any]) -> tuple[str | None, str | None, bool]:
    """When an object is there, and whether that would be never: then its dates mean nothing.

    Nor do dates at the end of time.
    """
    start, end = validity(attributes)
    start, end = (None if date is not None and date >= _NEVER else date for date in (start, end))
    is_never = start is not None and end is not None and end <= start
    return (None, None, True) if is_never else (start, end, False)


def dated_members(feature: Feature) -> dict[str, bytes]:
    """A feature's attributes as raw JSON, with its dates where they say nothing or something else."""
    members = raw_members(feature.attributes)
    told = validity(orjson.loads(feature.attributes))
    for name, ours, theirs in zip(_DATE_FIELDS, (feature.valid_from, feature.valid_to), told, strict=True):
        if ours is not None and ours != theirs:
            members[name] = orjson.dumps(ours)
    return members


def moved(layer: LayerData, crs: str | None) -> LayerData:
    """The layer with its geometries in another CRS; the layer itself when that is its own."""
    if crs is None or layer.crs is None or crs == layer.crs:
        return layer
    mover = Place(crs, np.zeros(3)).mover(layer.crs)
    features = [
        replace(
            feature, geometry=feature.geometry and wkb.write(moved_shape(wkb.read(feature.geometry), mover))
        )
        for feature in layer.features
    ]
    return replace(layer, crs=crs, features=features, box=None)


def moved_shape(shape: wkb.Shape, mover: Mover) -> wkb.Shape:
    """The shape in another CRS; a missing height stays missing."""

    def move(sequence: Float64) -> Float64:
        is_missing = np.isnan(sequence[:, 2])
        there = mover(np.column_stack((sequence[:, :2], np.where(is_missing, 0.0, sequence[:, 2])))).copy()
        there[is_missing, 2] = np.nan
        return there

    parts = tuple(tuple(move(sequence) for sequence in part) for part in shape.parts)
    return replace(shape, parts=parts)


def union(features: Sequence[Feature]) -> Box | None:
    """The extent of all features."""
    boxes = [feature.box for feature in features if feature.box is not None]
    if not boxes:
        return None
    low_x, low_y, low_z, high_x, high_y, high_z = zip(*boxes, strict=True)
    return min(low_x), min(low_y), min(low_z), max(high_x), max(high_y), max(high_z)


def _names(records: Sequence[Record], values: Sequence[Mapping[str, Any]], test: str) -> dict[str, list[Any]]:
    """Attribute names of lines or of points, each with some of its values."""
    found: dict[str, list[Any]] = {}
    for record, attributes in zip(records, values, strict=True):
        if record.shape is not None and getattr(record.shape, test):
            for key, value in attributes.items():
                sample = found.setdefault(key, [])
                if value is not None and len(sample) < _SAMPLE:
                    sample.append(value)
    return found


def _level_unit(records: Sequence[Record], values: Sequence[Mapping[str, Any]], crs: str | None) -> str:
    """The unit of the levels of points, as far as the heights of their shapes tell it."""
    unit_m = 1.0 if crs is None else height_unit(crs)[1]
    found: list[tuple[Mapping[str, Any], float]] = []
    for record, attributes in zip(records, values, strict=True):
        if record.shape is not None and record.shape.is_point and len(found) < _SAMPLE:
            height = float(record.shape.coordinates[0, 2])
            found += [(attributes, height * unit_m)] if math.isfinite(height) else []
    return unit_of_levels(found)


def _ids(records: Sequence[Record], values: Sequence[Mapping[str, Any]]) -> list[str]:
    """The records' own ids, else a field that tells them apart, else their numbers."""
    own = [record.id for record in records]
    if records and all(id is not None for id in own):
        return [str(id) for id in own]
    by_word: dict[str, list[str]] = {}
    for key in {key: None for attributes in values for key in attributes}:
        by_word.setdefault(key.lower(), []).append(key)
    for key in (key for word in _ID_FIELDS for key in by_word.get(word, ())):
        found = [attributes.get(key) for attributes in values]
        if all(isinstance(id, str | int) and not isinstance(id, bool) and id != "" for id in found):
            texts = [str(id) for id in found]
            if len(set(texts)) == len(texts):
                return texts
    return [
        record.id or str(number if record.row is None else record.row)
        for number, record in enumerate(records, start=1)
    ]


def _type(kind: str, shape: wkb.Shape | None) -> str:
    if kind == "heritage":
        return "HeritageRecord"
    if kind == "vector":
        return type_of_shape(shape)
    if shape is not None and shape.is_area:
        return "Structure"
    return "Manhole" if shape is not None and shape.is_point else "Conduit"


def _box(record: Record, id: str, report: Report) -> Box | None:
    """The extent of a record's geometry; None, with a warning, when it is not on any map."""
    box = None if record.shape is None else wkb.box(record.shape)
    if box is not None and not all(abs(number) < LARGEST_COORDINATE for number in box):
        report.warn("coordinate-out-of-range", id, "The geometry lies outside any map; it was left out.")
        return None
    return box
