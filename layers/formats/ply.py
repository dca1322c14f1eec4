"""Scans as PLY (Stanford polygon format), ASCII and binary in both byte orders."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats._scan import KINDS as KINDS
from layers.formats._scan import Raw, colours, layer_of, numbers
from layers.report import Report

NAME = "ply"
TITLE = "PLY scan"
ENDINGS = (".ply",)

MAX_HEADER = 65536
_ENCODINGS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
_TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1",
    "short": "i2", "int16": "i2", "ushort": "u2", "uint16": "u2",
    "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4",
    "float": "f4", "float32": "f4", "double": "f8", "float64": "f8",
}  # fmt: skip
_FACE_LISTS = ("vertex_indices", "vertex_index")
_RGB = (("red", "green", "blue"), ("diffuse_red", "diffuse_green", "diffuse_blue"), ("r", "g", "b"))


@dataclass(frozen=True)
class Property:
    """One value of each record, or a list when `count_type` says how its length is stored."""

    name: str
    type: str
    count_type: str = ""


@dataclass
class Element:
    """A table of the file: its columns, and its lists as (lengths, all values in a row)."""

    name: str
    count: int
    properties: list[Property]

    def smallest_record(self, text: bool) -> int:
        """The least bytes that a record can need."""
        if text:
            return 2 * len(self.properties)  # a digit and a space
        return sum(np.dtype(prop.count_type or prop.type).itemsize for prop in self.properties)


Columns = dict[str, NDArray[Any]]
Lists = dict[str, tuple[NDArray[np.int64], NDArray[Any]]]


def can_read(head: bytes, path: Path) -> int:
    """Surely when the first line is "ply"."""
    return 100 if re.match(rb"ply[ \t]*\r?\n", head) else 0


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The scan as a mesh, or as a cloud when it has no faces."""
    options.progress(0.0, "Reading the scan")
    data = np.memmap(path, np.uint8, "r") if path.stat().st_size else np.empty(0, np.uint8)
    head = data[:MAX_HEADER].tobytes()
    end = re.search(rb"(?m)^end_header[ \t]*\r?\n", head)
    if not can_read(head, path) or end is None:
        raise ReadError("This is not a PLY file", where=path.name, found="no complete PLY header")
    encoding, elements, textures = _header(head[: end.start()].decode("latin-1"), path)
    _check_counts(elements, len(data) - end.end(), encoding, path)
    try:
        tables = _tables(data[end.end() :], elements, encoding)
    except ValueError as error:
        raise ReadError("This scan is damaged", where=path.name, found=str(error)) from error
    options.progress(0.8, "Reading the scan")
    raw, report = _raw(tables, path), Report()
    _say_what_is_left_out(elements, textures, report)
    facts = {"encoding": encoding, "textures": textures}
    return layer_of(path, ENDINGS, raw, report, options, facts)


def _header(text: str, path: Path) -> tuple[str, list[Element], list[str]]:
    """Encoding, elements and names of textures."""
    encoding, elements, textures = "", [], []
    for line in text.splitlines():
        words = line.split()
        try:
            match words:
                case ["format", kind, *_]:
                    encoding = kind
                case ["comment", "TextureFile", *name]:
                    textures.append(" ".join(name))
                case ["element", name, count]:
                    elements.append(Element(name, int(count), []))
                case ["property", "list", count_type, kind, name]:
                    elements[-1].properties.append(Property(name, _TYPES[kind], _TYPES[count_type]))
                case ["property", kind, name]:
                    elements[-1].properties.append(Property(name, _TYPES[kind]))
        except (ValueError, KeyError, IndexError) as error:
            raise ReadError(
                "A line of the PLY header is not understood", where=path.name, found=line[:80]
            ) from error
    if encoding not in _ENCODINGS:
        raise ReadError(
            "This PLY encoding is not known",
            where=path.name,
            found=encoding or "none",
            allowed=", ".join(_ENCODINGS),
        )
    return encoding, elements, textures


def _check_counts(elements: list[Element], room: int, encoding: str, path: Path) -> None:
    for element in elements:
        need = element.count * element.smallest_record(encoding == "ascii")
        if element.count < 0 or need > room + 1:
            raise ReadError(
                "This scan's header promises more than the file holds",
                where=path.name,
                found=f"{element.count:,} records of {element.name}, at least {need:,} bytes",
                allowed=f"{room:,} bytes",
                do="Get the file again; it seems to be cut off",
            )
        room -= need


def _tables(
    body: NDArray[np.uint8], elements: list[Element], encoding: str
) -> dict[str, tuple[Columns, Lists]]:
    """Every element's columns and lists, in the file's order."""
    text = encoding == "ascii"
    values: NDArray[Any] = numbers(body.tobytes()) if text else body
    tables, position = {}, 0
    for element in elements:
        source = _Source(element, values[position:], "" if text else _ENCODINGS[encoding])
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
    named = next((names for names in _RGB if all(name in columns for name in names)), ())
    rgb = colours([columns[name] for name in named])
    return Raw(vertices, corners.astype(np.int64), lengths, rgb)


def _say_what_is_left_out(elements: list[Element], textures: list[str], report: Report) -> None:
    if textures:
        report.warn("texture", "", f"the texture {textures[0]} is not drawn")
    for element in elements:
        if element.count and element.name not in ("vertex", "face"):
            report.unsupported += element.count
            report.warn("unsupported", "", f"{element.count:,} records of {element.name} are not used")
