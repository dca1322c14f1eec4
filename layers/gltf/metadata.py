"""Property tables of glTF: EXT_structural_metadata, and EXT_feature_metadata, which came before it.

Published by the Open Geospatial Consortium with 3D Tiles 1.1 (OGC 22-025r4, annexes).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from layers.errors import reason
from layers.gltf.accessors import normalised
from layers.gltf.document import Document, Unreadable
from layers.meshes.tables import Table

KINDS: Mapping[str, type[np.generic]] = MappingProxyType(
    {
        "INT8": np.int8,
        "UINT8": np.uint8,
        "INT16": np.int16,
        "UINT16": np.uint16,
        "INT32": np.int32,
        "UINT32": np.uint32,
        "INT64": np.int64,
        "UINT64": np.uint64,
        "FLOAT32": np.float32,
        "FLOAT64": np.float64,
    }
)
_WIDTHS: Mapping[str, int] = MappingProxyType(
    {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16, "ENUM": 1}
)
#: The bytes of a buffer view.
View = Callable[[int], memoryview]


class Property(msgspec.Struct):
    """What a class says of a property."""

    type: str = "SCALAR"
    componentType: str | None = None  # noqa: N815
    enumType: str | None = None  # noqa: N815
    array: bool = False
    count: int | None = None
    normalized: bool = False
    offset: Any = None
    scale: Any = None
    noData: Any = None  # noqa: N815
    default: Any = None
    name: str | None = None


class EnumValue(msgspec.Struct):
    """A name and its number."""

    name: str
    value: int


class Enum(msgspec.Struct):
    """Names for numbers."""

    values: list[EnumValue] = []
    valueType: str = "UINT16"  # noqa: N815


class Class(msgspec.Struct):
    """The properties of a kind of thing."""

    properties: dict[str, Property] = {}


class Schema(msgspec.Struct):
    """Classes and enumerations."""

    classes: dict[str, Class] = {}
    enums: dict[str, Enum] = {}


class Column(msgspec.Struct):
    """Where the values of a property are."""

    values: int
    arrayOffsets: int | None = None  # noqa: N815
    stringOffsets: int | None = None  # noqa: N815
    arrayOffsetType: str = "UINT32"  # noqa: N815
    stringOffsetType: str = "UINT32"  # noqa: N815
    offset: Any = None
    scale: Any = None


class PropertyTable(msgspec.Struct):
    """Columns of one class."""

    class_: str = msgspec.field(name="class", default="")
    count: int = 0
    properties: dict[str, Column] = {}


class Structural(msgspec.Struct):
    """EXT_structural_metadata at the top of a document."""

    schema: Schema | None = None
    schemaUri: str | None = None  # noqa: N815
    propertyTables: list[PropertyTable] = []  # noqa: N815


class Metadata:
    """The property tables of a document, read when they are asked for."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._tables: dict[int, Table] = {}
        self.faults: list[str] = []
        said = document.gltf.extensions
        self._names: dict[str, int] = {}
        try:
            if "EXT_structural_metadata" in said:
                self._structural = convert(said["EXT_structural_metadata"], Structural)
            else:
                self._structural = self._older(said.get("EXT_feature_metadata") or {})
            self._schema = self._structural.schema or self._from_file(self._structural.schemaUri)
        except Unreadable as error:
            self.faults.append(str(error))
            self._structural, self._schema = Structural(), Schema()

    def _from_file(self, uri: str | None) -> Schema:
        if uri is None:
            return Schema()
        try:
            return msgspec.json.decode(self._document.content(uri), type=Schema)
        except (msgspec.DecodeError, RecursionError) as error:
            raise Unreadable(f"the schema {uri} is damaged") from error

    def _older(self, said: Any) -> Structural:
        """EXT_feature_metadata in today's words."""
        if not isinstance(said, dict):
            raise Unreadable("its metadata is damaged")
        tables: list[dict[str, Any]] = []
        for name, table in (said.get("featureTables") or {}).items():
            self._names[name] = len(tables)
            tables.append({**table, "properties": _columns(table.get("properties") or {})})
        schema = said.get("schema") or {}
        classes = {
            name: {"properties": {key: _property(value) for key, value in kind.get("properties", {}).items()}}
            for name, kind in (schema.get("classes") or {}).items()
        }
        found: Structural = convert(
            {
                "schema": {"classes": classes, "enums": schema.get("enums") or {}},
                "schemaUri": said.get("schemaUri"),
                "propertyTables": tables,
            },
            Structural,
        )
        return found

    def __len__(self) -> int:
        return len(self._structural.propertyTables)

    def number(self, name: str) -> int | None:
        """The number of a table that is named (EXT_feature_metadata)."""
        return self._names.get(name)

    def table(self, number: int) -> Table:
        """A table by its number."""
        if number not in self._tables:
            said: PropertyTable = self._document.item(
                self._structural.propertyTables, number, "property table"
            )
            self._tables[number] = self._read(said)
        return self._tables[number]

    def _read(self, said: PropertyTable) -> Table:
        return read_table(said, self._schema, self._document.view, self.faults)


def read_table(said: PropertyTable, schema: Schema, view: View, faults: list[str]) -> Table:
    """The columns of a property table; one that is damaged is left out and told in `faults`."""
    known = schema.classes.get(said.class_, Class()).properties
    columns = {}
    count = 0
    for key, column in said.properties.items():
        prop = known.get(key)
        if prop is None:
            faults.append(f"the property {key!r} is not in its class")
            continue
        try:
            columns[prop.name or key] = _values(column, prop, schema, said.count, view)
            count = said.count
        except (Unreadable, ValueError, TypeError, OverflowError) as error:
            faults.append(f"the property {key!r} cannot be read: {error}")
    return Table(count, columns)


def _values(column: Column, prop: Property, schema: Schema, count: int, view: View) -> list[Any]:
    """One value for each row."""
    if count < 0:
        raise Unreadable("a negative number of rows")
    ends = None
    items = count
    if prop.array and prop.count is None:
        ends = _offsets(column.arrayOffsets, column.arrayOffsetType, count, view)
        items = int(ends[-1])
    elif prop.array:
        items = count * (prop.count or 0)
    singles = _singles(column, prop, schema, items, view)
    if not prop.array:
        return [_known(value, prop) for value in singles]
    if ends is None:
        ends = np.arange(count + 1) * (prop.count or 0)
    edges = ends.tolist()
    return [_known(singles[a:b], prop) for a, b in pairwise(edges)]


def _known(value: Any, prop: Property) -> Any:
    """The value, or what stands for it where the file says that there is none."""
    return prop.default if prop.noData is not None and value == prop.noData else value


def _singles(column: Column, prop: Property, schema: Schema, items: int, view: View) -> list[Any]:
    """Values that are no arrays, `items` of them."""
    data = view(column.values)
    if prop.type == "STRING":
        ends = _offsets(column.stringOffsets, column.stringOffsetType, items, view).tolist()
        if ends[-1] > len(data):
            raise Unreadable("texts reach beyond their bytes")
        return [str(data[a:b], "utf-8", "replace") for a, b in pairwise(ends)]
    if prop.type == "BOOLEAN":
        if items > 8 * len(data):
            raise Unreadable("bits reach beyond their bytes")
        bits = np.unpackbits(np.frombuffer(data, np.uint8), count=items, bitorder="little")
        found: list[Any] = bits.astype(np.bool_).tolist()
        return found
    enum = schema.enums.get(prop.enumType or "", Enum()) if prop.type == "ENUM" else None
    kind = KINDS.get(enum.valueType if enum else prop.componentType or "")
    width = _WIDTHS.get(prop.type)
    if kind is None or width is None:
        raise Unreadable(f"type {prop.type} {prop.componentType or ''} is not known")
    values = _numbers(data, np.dtype(kind), items, width)
    if enum:
        names = {one.value: one.name for one in enum.values}
        return [names.get(value, value) for value in values[:, 0].tolist()]
    return _scaled(values, column, prop)


def _numbers(data: memoryview, kind: np.dtype[Any], items: int, width: int) -> NDArray[Any]:
    if items * width * kind.itemsize > len(data):
        raise Unreadable("numbers reach beyond their bytes")
    return np.frombuffer(data, kind.newbyteorder("<"), items * width).reshape(items, width)


def _scaled(values: NDArray[Any], column: Column, prop: Property) -> list[Any]:
    if prop.normalized:
        values = normalised(values)
    scale = column.scale if column.scale is not None else prop.scale
    offset = column.offset if column.offset is not None else prop.offset
    if scale is not None and not prop.array:
        values = values * np.asarray(scale, np.float64).reshape(-1)
    if offset is not None and not prop.array:
        values = values + np.asarray(offset, np.float64).reshape(-1)
    if values.dtype == np.float32:
        # The shortest decimals that mean the same number: 16.1, not 16.100000381.
        values = np.array([float(str(value)) for value in values.ravel()]).reshape(values.shape)
    found: list[Any] = (values[:, 0] if values.shape[1] == 1 else values).tolist()
    return found


def _offsets(number: int | None, kind: str, count: int, view: View) -> NDArray[np.int64]:
    """count + 1 places that do not go back."""
    if number is None or kind not in KINDS:
        raise Unreadable("it says not where its values begin")
    found = _numbers(view(number), np.dtype(KINDS[kind]), count + 1, 1)[:, 0]
    ends = found.astype(np.int64)
    if ends[0] < 0 or (np.diff(ends) < 0).any():
        raise Unreadable("its values do not follow each other")
    return ends


def convert(value: Any, kind: type[Any]) -> Any:
    """A value of JSON as a struct."""
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise Unreadable(f"its metadata is damaged: {reason(error)}") from error


def _columns(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of EXT_feature_metadata in today's words."""
    return {
        key: {
            "values": said.get("bufferView"),
            "arrayOffsets": said.get("arrayOffsetBufferView"),
            "stringOffsets": said.get("stringOffsetBufferView"),
            "arrayOffsetType": said.get("offsetType", "UINT32"),
            "stringOffsetType": said.get("offsetType", "UINT32"),
        }
        for key, said in properties.items()
        if isinstance(said, dict)
    }


def _property(said: Any) -> dict[str, Any]:
    """A property of EXT_feature_metadata in today's words."""
    if not isinstance(said, dict):
        raise Unreadable("its metadata is damaged")
    kind = said.get("type", "")
    is_array = kind == "ARRAY"
    single = said.get("componentType", "") if is_array else kind
    new = {"array": is_array, "count": said.get("componentCount"), "name": said.get("name")}
    if single in ("STRING", "BOOLEAN", "ENUM"):
        return {**new, "type": single, "enumType": said.get("enumType")}
    return {**new, "type": "SCALAR", "componentType": single, "normalized": bool(said.get("normalized"))}
