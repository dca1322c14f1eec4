"""Scans as PLY (Stanford polygon format), ASCII and binary in both byte orders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats._files import layer_name
from layers.formats._mesh import KINDS as KINDS
from layers.formats._mesh import layers_of
from layers.formats._ply_header import START, Element, Header, read_header
from layers.formats._ply_points import point_file
from layers.formats._scan import (
    RGB,
    Raw,
    check_points,
    cloud_of,
    colours,
    layer_around,
    numbers,
    triangles_of,
)
from layers.looks import Look, Picture
from layers.meshes.beside import beside
from layers.meshes.parts import NOTHING, Assembly, Part
from layers.pointfiles import PointFiles
from layers.report import Report

NAME = "ply"
TITLE = "PLY scan"
ENDINGS = (".ply",)

_FACE_LISTS = ("vertex_indices", "vertex_index")
#: What the columns with a vertex's place in the image are called.
_PLACES = (("s", "t"), ("u", "v"), ("texture_u", "texture_v"))

Columns = dict[str, NDArray[Any]]
Lists = dict[str, tuple[NDArray[np.int64], NDArray[Any]]]


def can_read(head: bytes, path: Path) -> int:
    """Surely when the first line is "ply"."""
    return 100 if START.match(head) else 0


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The scan as a mesh, or as a cloud when it has no faces."""
    options.progress(0.0, "Reading the scan")
    data = np.memmap(path, np.uint8, "r") if path.stat().st_size else np.empty(0, np.uint8)
    header, report = read_header(data, path), Report()
    _say_what_is_left_out(header, report)
    facts = {"encoding": header.encoding, "textures": list(header.textures)}
    cloud = point_file(path, header)
    if cloud is not None:
        counts = {"points": cloud.points, "triangles": 0, "coloured": "rgb" in cloud.attributes}
        source = PointFiles((cloud,))
        layer = layer_around(source.box, path, ENDINGS, report, options, {**facts, **counts})
        layer.points = source
        report.read = 1
        return [layer]
    try:
        tables = _tables(data[header.body :], header)
    except ValueError as error:
        raise ReadError("This scan is damaged", where=path.name, found=str(error)) from error
    options.progress(0.8, "Reading the scan")
    raw = _raw(tables, path)
    if not len(raw.lengths):
        return cloud_of(path, ENDINGS, raw, report, options, facts)
    check_points(raw, path)
    assembly = _assembled(raw, tables, header, report)
    return layers_of(assembly, layer_name(path, ENDINGS), options, facts, beside(path))


def _tables(body: NDArray[np.uint8], header: Header) -> dict[str, tuple[Columns, Lists]]:
    """Every element's columns and lists, in the file's order."""
    order = header.byte_order
    values: NDArray[Any] = body if order else numbers(body.tobytes())
    tables, position = {}, 0
    for element in header.elements:
        source = _Source(element, values[position:], order)
        tables[element.name] = (source.columns, source.lists)
        position += source.used
    return tables


class _Source:
    """Reads one element from numbers (ASCII) or from bytes; `used` tells how many of them it took."""

    def __init__(self, element: Element, values: NDArray[Any], order: str) -> None:
        self.element, self.values, self.order = element, values, order
        self.columns: Columns = {}
        self.lists: Lists = {}
        self.used = 0
        if element.count and not self.even():
            self.uneven()

    def type_of(self, kind: str) -> np.dtype[Any]:
        """How one value is stored: in ASCII every number is one float64."""
        return np.dtype(self.order + kind) if self.order else np.dtype(np.float64)

    def size_of(self, kind: str) -> int:
        """How many of `values` one value takes."""
        return self.type_of(kind).itemsize if self.order else 1

    def even(self) -> bool:
        """Reads all records at once, when all lists are as long as those of the first record."""
        fields: list[tuple[str, Any] | tuple[str, Any, tuple[int, ...]]] = []
        position = 0
        for number, prop in enumerate(self.element.properties):
            if prop.count_type:
                length = int(self.one(position, prop.count_type))
                fields.append((f"length {number}", self.type_of(prop.count_type)))
                fields.append((f"value {number}", self.type_of(prop.type), (length,)))
                position += self.size_of(prop.count_type) + length * self.size_of(prop.type)
            else:
                fields.append((f"value {number}", self.type_of(prop.type)))
                position += self.size_of(prop.type)
        if position * self.element.count > len(self.values):
            if any(prop.count_type for prop in self.element.properties):
                return False
            raise ValueError(f"{self.element.name} ends early")
        self.used = position * self.element.count
        records = np.ascontiguousarray(self.values[: self.used]).view(np.dtype(fields))
        for number, prop in enumerate(self.element.properties):
            values = records[f"value {number}"]
            if not prop.count_type:
                self.columns[prop.name] = values
                continue
            lengths = records[f"length {number}"].astype(np.int64)
            if (lengths != values.shape[1]).any():
                return False
            self.lists[prop.name] = (lengths, values.ravel())
        return True

    def uneven(self) -> None:
        """Reads record by record, because lists have different lengths."""
        columns: dict[str, list[Any]] = {prop.name: [] for prop in self.element.properties}
        lengths: dict[str, list[int]] = {p.name: [] for p in self.element.properties if p.count_type}
        position = 0
        for _ in range(self.element.count):
            for prop in self.element.properties:
                count = 1
                if prop.count_type:
                    count = int(self.one(position, prop.count_type))
                    lengths[prop.name].append(count)
                    position += self.size_of(prop.count_type)
                end = position + count * self.size_of(prop.type)
                if count < 0 or end > len(self.values):
                    raise ValueError(f"{self.element.name} ends early")
                columns[prop.name].append(self.values[position:end])
                position = end
        self.used = position
        joined = {
            prop.name: np.ascontiguousarray(np.concatenate(columns[prop.name])).view(self.type_of(prop.type))
            for prop in self.element.properties
        }
        self.lists = {name: (np.array(many, np.int64), joined.pop(name)) for name, many in lengths.items()}
        self.columns = joined

    def one(self, position: int, kind: str) -> Any:
        """The single value at a position, a sensible list length."""
        end = position + self.size_of(kind)
        if end > len(self.values):
            raise ValueError(f"{self.element.name} ends early")
        value = np.ascontiguousarray(self.values[position:end]).view(self.type_of(kind))[0]
        if not 0 <= value <= len(self.values):
            raise ValueError(f"a list of {value:g} values in {self.element.name}")
        return value


def _raw(tables: dict[str, tuple[Columns, Lists]], path: Path) -> Raw:
    columns, _lists = tables.get("vertex", ({}, {}))
    if not all(axis in columns for axis in "xyz"):
        raise ReadError("This scan has no vertices with x, y and z", where=path.name)
    vertices = np.stack([columns[axis].astype(np.float64) for axis in "xyz"], axis=-1)
    lists = tables.get("face", ({}, {}))[1]
    nothing = (np.empty(0, np.int64), np.empty(0, np.int64))
    lengths, corners = next((lists[name] for name in _FACE_LISTS if name in lists), nothing)
    named = next((names for names in RGB if all(name in columns for name in names)), ())
    rgb = colours([columns[name] for name in named])
    return Raw(vertices, corners.astype(np.int64), lengths, rgb)


def _assembled(
    raw: Raw, tables: dict[str, tuple[Columns, Lists]], header: Header, report: Report
) -> Assembly:
    """The polygons as triangles, with the image that is laid over them."""
    assembly = Assembly(report)
    owner, positions = triangles_of(raw, report)
    triangles, vertices, rgb = raw.corners[positions], raw.vertices, raw.rgb
    looks = [assembly.look(Look(picture=Picture(path=name), name=name)) for name in header.textures]
    uv, of_face = _places(raw, tables) if looks else (None, None)
    if uv is not None and len(uv) == len(raw.corners) and of_face is not None:
        # Every corner has a place of its own in the image: corners that agree in both are one.
        pairs = np.column_stack((triangles.ravel(), np.nan_to_num(uv[positions.ravel()], nan=np.inf)))
        distinct, which = np.unique(pairs, axis=0, return_inverse=True)
        used = distinct[:, 0].astype(np.int64)
        triangles, vertices = which.reshape(-1, 3), raw.vertices[used]
        rgb = None if rgb is None else rgb[used]
        uv = np.where(np.isfinite(distinct[:, 1:]), distinct[:, 1:], np.nan)
    numbers_of_looks = np.full(len(triangles), NOTHING, np.int32)
    if looks and uv is not None:
        textures = np.zeros(len(raw.lengths), np.int64) if of_face is None else of_face
        numbers_of_looks = np.array(looks, np.int32)[np.clip(textures[owner], 0, len(looks) - 1)]
    assembly.add(
        Part(vertices, triangles, numbers_of_looks, rgb=rgb, uv=None if uv is None else uv.astype(np.float32))
    )
    return assembly


def _places(
    raw: Raw, tables: dict[str, tuple[Columns, Lists]]
) -> tuple[NDArray[np.float64] | None, NDArray[np.int64] | None]:
    """Places in the image, of vertices or of all corners of faces; and which image each face has."""
    columns = tables["vertex"][0]
    named = next((pair for pair in _PLACES if all(name in columns for name in pair)), None)
    if named is not None:
        return np.stack([columns[name].astype(np.float64) for name in named], axis=-1), None
    of_faces, lists = tables.get("face", ({}, {}))
    found = lists.get("texcoord")
    if found is None or not np.array_equal(found[0], 2 * raw.lengths):
        return None, None
    which = of_faces.get("texnumber")
    textures = np.zeros(len(raw.lengths), np.int64) if which is None else which.astype(np.int64)
    return found[1].astype(np.float64).reshape(-1, 2), textures


def _say_what_is_left_out(header: Header, report: Report) -> None:
    for element in header.elements:
        if element.count and element.name not in ("vertex", "face"):
            report.warn(
                "unsupported",
                "",
                f"{element.count:,} records of {element.name} are not used",
                "unsupported",
                element.count,
            )
