"""INTERLIS 2 transfers (.xtf): Swiss data of sewers, cables and pipes (VSA-DSS, SIA 405), and others.

Every object of the transfer becomes a row. Of a sewer the levels and nodes stand at its ends, in objects of
their own; they come together here, so that each sewer is one line with its inverts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from layers import wkb, xmlsafe
from layers.arrays import Float64
from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats._files import layer_name
from layers.formats._vector import LARGEST_COORDINATE, Record, layer_of
from layers.report import Report

if TYPE_CHECKING:
    from lxml.etree import _Element

NAME = "interlis"
TITLE = "INTERLIS transfer"
ENDINGS = (".xtf",)
KINDS = ("pipes", "vector")

_NAMESPACE = b"interlis.ch/INTERLIS2"
#: Where coordinates lie, by the end of a model's name.
_FRAMES = {"LV95": "EPSG:2056", "LV03": "EPSG:21781"}
_LINES = frozenset(("POLYLINE", "MULTIPOLYLINE"))
_AREAS = frozenset(("SURFACE", "AREA", "MULTISURFACE"))
#: Points that are shafts and joints; others, such as the ends of sewers and lids, stand at the same places.
_NODES = frozenset(("Abwasserknoten", "Kabelpunkt", "Leitungspunkt", "Trasseepunkt"))
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,14})")
_DECIMAL = re.compile(r"-?(0|[1-9]\d{0,14})\.\d{1,15}")
#: Where the fields of a network come from, as far as a transfer has them.
_FIELDS = {
    "diameter_m": ("Lichte_Hoehe [mm]", "Nennweite [mm]", "Aussendurchmesser [mm]"),
    "start_invert_m": ("vonKote [m]",),
    "end_invert_m": ("nachKote [m]",),
    "depth_m": ("Ueberdeckung [m]",),
    "from_node": ("vonKnoten",),
    "to_node": ("nachKnoten",),
    "material": ("Material",),
    "top_level_m": ("Deckelkote [m]",),
    "bottom_level_m": ("Sohlenkote [m]",),
    "node_diameter_m": ("Dimension1 [mm]",),
}


def can_read(head: bytes, path: Path) -> int:
    """How surely this is a transfer."""
    return 95 if xmlsafe.is_xml(head) and _NAMESPACE in head and b"TRANSFER" in head else 0


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The network, if there is one, and beside it all other objects."""
    root = xmlsafe.parse_file(path)
    report = Report()
    objects = [(_name(element), _record(element, report)) for element in _objects(root)]
    if not objects:
        raise ReadError("There are no objects in this transfer", where=path.name)
    models = [model.get("NAME", "") for model in root.iter("{*}MODEL")]
    crs = next((_FRAMES[end] for model in models for end in _FRAMES if model.endswith(end)), None)
    rows = {str(record.id): orjson.loads(record.attributes) for _, record in objects}
    _join(rows, {str(record.id): name for name, record in objects})
    network: list[Record] = []
    others: list[Record] = []
    for name, record in objects:
        record.attributes = orjson.dumps(rows[str(record.id)])
        is_part = record.shape is not None and (record.shape.is_line or name in _NODES)
        (network if is_part else others).append(record)
    layers = []
    title = layer_name(path, ENDINGS)
    if network:
        layer = layer_of(title, network, crs, report, ReadOptions("pipes", options.crs))
        known = {attribute for row in rows.values() for attribute in row}
        layer.facts |= {"field_map": _field_map(known) | options.field_map, "fields_guessed": False}
        layers.append(layer)
    if others:
        name = f"{title} beside" if network else title
        told = Report() if network else report
        layers.append(layer_of(name, others, crs, told, ReadOptions("vector", options.crs)))
    for layer in layers:
        layer.facts["model"] = ", ".join(models)
    return layers


def _objects(root: _Element) -> Iterator[_Element]:
    """The objects in the baskets of the data section."""
    for section in root.iter("{*}DATASECTION"):
        for basket in section:
            yield from (element for element in basket if element.get("TID"))


def _name(element: _Element) -> str:
    """The class of an object: the last word of Model.Topic.Class."""
    return _local(element).rpartition(".")[2]


def _local(element: _Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _record(element: _Element, report: Report) -> Record:
    """An object: its attributes, references by their ids, and its shape."""
    id = element.get("TID", "")
    values: dict[str, Any] = {}
    shapes: list[wkb.Shape | None] = []
    for part in element:
        kinds = {_local(child) for child in part}
        if kinds & (_LINES | _AREAS | {"COORD"}):
            shapes.append(_shape(part, kinds, id, report))
        else:
            values[_local(part)] = _value(part)
    return Record(orjson.dumps(values), wkb.collected(shapes), id, _name(element))


def _value(part: _Element) -> Any:
    """The value of an attribute: the id it refers to, a number, a text, or what a structure holds."""
    reference = part.get("REF")
    if reference is not None:
        return reference
    if len(part):
        found = [{_local(value): _value(value) for value in structure} for structure in part]
        return found[0] if len(found) == 1 else found
    text = (part.text or "").strip()
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text or None


# ---------------------------------------------------------------- shapes


def _shape(part: _Element, kinds: set[str], id: str, report: Report) -> wkb.Shape | None:
    try:
        if kinds & _AREAS:
            rings = [_line(line, id, report) for line in part.iter("{*}POLYLINE")]
            return wkb.Shape(wkb.POLYGON, (tuple(rings),))
        if kinds & _LINES:
            lines = [_line(line, id, report) for line in part.iter("{*}POLYLINE")]
            return wkb.collected(wkb.Shape(wkb.LINE, ((line,),)) for line in lines)
        points = [_point(point) for point in part.iter("{*}COORD")]
        return wkb.collected(wkb.Shape(wkb.POINT, ((point[None, :],),)) for point in points)
    except ValueError as error:
        report.warn("geometry-unreadable", id, f"Its coordinates could not be read: {error}.", "unsupported")
        return None


def _line(line: _Element, id: str, report: Report) -> Float64:
    points = []
    for point in line:
        if _local(point) == "ARC":
            report.warn("arc", id, "An arc is drawn as straight lines between its points.")
            points.append(_point(point, "A"))
        if _local(point) in ("COORD", "ARC"):
            points.append(_point(point))
    if not points:
        raise ValueError("a line has no points")
    return np.array(points)


def _point(point: _Element, axis: str = "C") -> Float64:
    """A point, z NaN where there is no height."""
    texts = [point.findtext(f"{{*}}{axis}{number}") for number in (1, 2, 3)]
    found = np.array([np.nan if text is None else float(text) for text in texts])
    if not (np.abs(found[:2]) < LARGEST_COORDINATE).all():
        raise ValueError("a number is missing or out of range")
    return found


# ---------------------------------------------------------------- sewers


def _join(rows: Mapping[str, dict[str, Any]], names: Mapping[str, str]) -> None:
    """Bring levels and nodes to sewers, lids and widths to their shafts."""
    lids = {
        row["AbwasserbauwerkRef"]: row["Kote"]
        for id, row in rows.items()
        if names[id] == "Deckel" and row.get("AbwasserbauwerkRef") and row.get("Kote") is not None
    }
    for id, row in rows.items():
        for end in ("von", "nach"):
            point = rows.get(str(row.get(f"{end}HaltungspunktRef")), {})
            _take(row, f"{end}Kote", point.get("Kote"))
            _take(row, f"{end}Knoten", point.get("AbwassernetzelementRef"))
        if names[id] in _NODES:
            structure = str(row.get("AbwasserbauwerkRef"))
            _take(row, "Deckelkote", lids.get(structure))
            _take(row, "Dimension1", rows.get(structure, {}).get("Dimension1"))


def _take(row: dict[str, Any], name: str, value: Any) -> None:
    if value is not None:
        row.setdefault(name, value)


def _field_map(known: set[str]) -> dict[str, str]:
    there = {
        field: " | ".join(text for text in texts if text.partition(" [")[0] in known)
        for field, texts in _FIELDS.items()
    }
    return {field: text for field, text in there.items() if text}
