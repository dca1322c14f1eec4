"""GeoJSON (RFC 7946), with the older `crs` member that GIS programs still write."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import orjson

from layers import wkb
from layers.arrays import Float64
from layers.data import Feature, LayerData, Piece, ReadOptions, WriteOptions
from layers.errors import ReadError, reason
from layers.formats import _leaving
from layers.formats._files import layer_name
from layers.formats._vector import VECTOR_KINDS, Record, dated_members, layer_of, moved
from layers.jsontext import address, join_members, members_of, replace_members
from layers.report import Report
from layers.uncollected import collector_off

NAME = "geojson"
TITLE = "GeoJSON"
ENDINGS = (".geojson", ".json")
KINDS = VECTOR_KINDS

_ABSENT = msgspec.Raw()
_BOM = b"\xef\xbb\xbf"
_HEAD = re.compile(rb'"type"\s*:\s*"(FeatureCollection|Feature)"')
_EPSG = re.compile(r"EPSG:+(?:[\d.]*:)?(\d{4,6})$", re.IGNORECASE)
_LONGITUDE_LATITUDE = "EPSG:4326"
leave_out = _leaving.items


class _Collection(msgspec.Struct):
    """The members of the file that matter here; the rest stays text."""

    type: str = ""
    features: list[msgspec.Raw] = []
    crs: msgspec.Raw = _ABSENT


class _RawFeature(msgspec.Struct):
    """One feature, its properties and geometry still text."""

    type: str = ""
    id: str | int | float | None = None
    featureType: str | None = None  # noqa: N815  # the name that JSON-FG gives it
    properties: msgspec.Raw = _ABSENT
    geometry: msgspec.Raw = _ABSENT


class _RawGeometry(msgspec.Struct):
    """One geometry, its coordinates or members still text."""

    type: str = ""
    coordinates: msgspec.Raw = _ABSENT
    geometries: list[msgspec.Raw] = []


_Position = list[float]
#: Per geometry type: its code, and how deep its coordinates nest, as a decoder.
_SHAPES: dict[str, tuple[int, msgspec.json.Decoder[Any]]] = {
    "Point": (wkb.POINT, msgspec.json.Decoder(_Position)),
    "LineString": (wkb.LINE, msgspec.json.Decoder(list[_Position])),
    "Polygon": (wkb.POLYGON, msgspec.json.Decoder(list[list[_Position]])),
    "MultiPoint": (wkb.MULTI_POINT, msgspec.json.Decoder(list[_Position])),
    "MultiLineString": (wkb.MULTI_LINE, msgspec.json.Decoder(list[list[_Position]])),
    "MultiPolygon": (wkb.MULTI_POLYGON, msgspec.json.Decoder(list[list[list[_Position]]])),
}
_TYPE_OF = {code: name for name, (code, _decoder) in _SHAPES.items()}


def can_read(head: bytes, path: Path) -> int:
    """How surely this is GeoJSON."""
    if _HEAD.search(head) and b'"CityJSON' not in head[:4096]:
        return 90 if b'"FeatureCollection"' in head or b'"geometry"' in head else 60
    return 20 if path.suffix.lower() == ".geojson" else 0


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The features of the file as one layer; every feature is one piece of the file."""
    with collector_off():
        return [_layer(path.read_bytes(), path, options)]


def _layer(data: bytes, path: Path, options: ReadOptions) -> LayerData:
    collection = _collection(data, path)
    report = Report()
    records: list[Record] = []
    pieces: list[Piece] = []
    at = 0
    for number, raw in enumerate(collection.features):
        if number % 5000 == 0:
            options.progress(number / len(collection.features), "Reading features")
        record = _record(raw, number, report)
        if record is None:
            continue
        start = address(raw) - address(data)
        end = start + len(memoryview(raw))
        pieces.append(Piece(data[at:end], start - at, len(records), "Feature"))
        records.append(record)
        at = end
    pieces.append(Piece(data[at:]))
    if not records:
        raise ReadError("There are no features", where=path.name, do="Ask for the file again")
    layer = layer_of(layer_name(path, ENDINGS), records, None, report, options)
    layer.pieces = pieces
    layer.crs = options.crs or _crs(collection, layer, report)
    return layer


def _collection(data: bytes, path: Path) -> _Collection:
    body = memoryview(data)[len(_BOM) :] if data.startswith(_BOM) else memoryview(data)
    try:
        str(body, "utf-8")
        collection = msgspec.json.decode(body, type=_Collection)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ReadError(
            "This GeoJSON file is damaged", where=path.name, found=reason(error), do="Ask for the file again"
        ) from error
    if collection.type == "Feature":
        collection.features = [msgspec.Raw(body)]
    elif collection.type != "FeatureCollection":
        raise ReadError(
            "This is not GeoJSON",
            where=path.name,
            found=f"type {collection.type!r}",
            allowed="FeatureCollection or Feature",
        )
    return collection


def _record(raw: msgspec.Raw, number: int, report: Report) -> Record | None:
    """One feature; None, and counted as dropped, when it is none."""
    name = f"feature {number + 1}"
    try:
        feature = msgspec.json.decode(raw, type=_RawFeature)
        properties = bytes(feature.properties) or b"null"
        if not isinstance(orjson.loads(properties), dict | None):
            raise ValueError("its properties are no object")
    except (ValueError, RecursionError) as error:
        text = f"The feature could not be read: {reason(error)}."
        report.warn("feature-unreadable", name, text, "dropped")
        return None
    id = None if feature.id is None else str(feature.id)
    return Record(
        b"{}" if properties == b"null" else properties,
        _shape(feature.geometry, id or name, report),
        id,
        feature.featureType,
    )


def _shape(raw: msgspec.Raw, name: str, report: Report) -> wkb.Shape | None:
    if bytes(raw) in (b"", b"null"):
        return None
    try:
        geometry = msgspec.json.decode(raw, type=_RawGeometry)
        if geometry.type == "GeometryCollection":
            return wkb.collected(_shape(member, name, report) for member in geometry.geometries)
        if geometry.type not in _SHAPES:
            text = f"Geometry of type {geometry.type!r} is kept but not shown."
            report.warn("geometry-type", name, text, "unsupported")
            return None
        code, decoder = _SHAPES[geometry.type]
        return wkb.Shape(code, _parts(code, decoder.decode(geometry.coordinates)))
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        report.warn("geometry-unreadable", name, f"The geometry could not be read: {reason(error)}.")
        return None


def _parts(code: int, coordinates: list[Any]) -> tuple[tuple[Float64, ...], ...]:
    """Nested coordinates as the parts of a shape."""
    if not coordinates:
        return ()
    if code == wkb.POINT:
        return ((_sequence([coordinates]),),)
    if code == wkb.LINE:
        return ((_sequence(coordinates),),)
    if code == wkb.MULTI_POINT:
        return tuple((_sequence([position]),) for position in coordinates)
    if code == wkb.MULTI_LINE:
        return tuple((_sequence(line),) for line in coordinates if line)
    areas = [coordinates] if code == wkb.POLYGON else coordinates
    return tuple(tuple(_sequence(ring) for ring in rings if ring) for rings in areas if rings)


def _sequence(positions: list[list[float]]) -> Float64:
    """Positions as (n, 3); heights that are missing are NaN."""
    width = min(map(len, positions))
    if width < 2:
        raise ValueError("a position needs two or three numbers")
    if width > 2:
        return np.array([position[:3] for position in positions])
    found = np.full((len(positions), 3), np.nan)
    found[:, :2] = [position[:2] for position in positions]
    return found


def _crs(collection: _Collection, layer: LayerData, report: Report) -> str | None:
    """The CRS that the file names; longitude and latitude where it names none and the numbers fit."""
    if bytes(collection.crs) not in (b"", b"null"):
        name = str(_named_crs(bytes(collection.crs)))
        if found := _EPSG.search(name):
            return f"EPSG:{found[1]}"
        if name.upper().endswith("CRS84"):
            return _LONGITUDE_LATITUDE
        report.warn("crs-unknown", "", f"The file names a CRS that is not known: {name}.")
        return None
    if layer.box is None:
        return None
    west, south, _low, east, north, _high = layer.box
    fits = west >= -180 and east <= 180 and south >= -90 and north <= 90
    return _LONGITUDE_LATITUDE if fits else None


def _named_crs(text: bytes) -> Any:
    try:
        return msgspec.json.decode(text)["properties"]["name"]
    except (msgspec.DecodeError, KeyError, TypeError):
        return text.decode()


def rewrite(
    pieces: Iterator[tuple[Piece, int | None]], attributes_of: Callable[[int], dict[str, bytes]]
) -> Iterator[bytes]:
    """The file's bytes, with the properties of the features that come with a fid."""
    for piece, fid in pieces:
        if fid is None:
            yield piece.data
        else:
            yield piece.data[: piece.start] + _changed(piece.data[piece.start :], attributes_of(fid))


def _changed(feature: bytes, after: dict[str, bytes]) -> bytes:
    """The feature with other properties; where they are null, they become an object when needed."""
    for member in members_of(feature)[0]:
        if member.key == "properties" and feature[member.value_start : member.value_end] == b"null":
            value = join_members(after) if after else b"null"
            return feature[: member.value_start] + value + feature[member.value_end :]
    return replace_members(feature, "properties", after)


def write(path: Path, layer: LayerData, options: WriteOptions) -> None:
    """A new file with every feature of a layer, one per line."""
    layer = moved(layer, options.crs)
    with path.open("wb") as file:
        file.write(b'{"type":"FeatureCollection",\n')
        if layer.crs is not None and layer.crs != _LONGITUDE_LATITUDE:
            file.write(b'"crs":%b,\n' % orjson.dumps(crs_member(layer.crs)))
        file.write(b'"features":[')
        for number, feature in enumerate(layer.features):
            file.write((b",\n" if number else b"\n") + _feature_text(feature))
        file.write(b"\n]}\n")


def crs_member(crs: str) -> dict[str, Any]:
    """What says that coordinates are in a CRS, as GDAL reads it."""
    authority, _, code = crs.partition(":")
    name = f"urn:ogc:def:crs:{authority}::{code}" if code.isdigit() else crs
    return {"type": "name", "properties": {"name": name}}


def _feature_text(feature: Feature) -> bytes:
    geometry = None if feature.geometry is None else geometry_of(wkb.read(feature.geometry))
    return b'{"type":"Feature","id":%b,"featureType":%b,"properties":%b,"geometry":%b}' % (
        orjson.dumps(feature.id),
        orjson.dumps(feature.type),
        join_members(dated_members(feature)),
        orjson.dumps(geometry),
    )


def geometry_of(shape: wkb.Shape) -> dict[str, Any] | None:
    """A shape as a GeoJSON geometry."""
    if not shape.parts:
        return None
    width = 3 if shape.has_height else 2
    parts = [[sequence[:, :width].tolist() for sequence in part] for part in shape.parts]
    coordinates: Any
    match shape.code:
        case wkb.POINT:
            coordinates = parts[0][0][0]
        case wkb.LINE:
            coordinates = parts[0][0]
        case wkb.POLYGON:
            coordinates = parts[0]
        case wkb.MULTI_POINT:
            coordinates = [part[0][0] for part in parts]
        case wkb.MULTI_LINE:
            coordinates = [part[0] for part in parts]
        case wkb.COLLECTION:
            members = zip(shape.codes, shape.parts, strict=True)
            single = [geometry_of(wkb.Shape(code, (part,))) for code, part in members]
            return {"type": "GeometryCollection", "geometries": single}
        case _:
            coordinates = parts
    return {"type": _TYPE_OF[shape.code], "coordinates": coordinates}
