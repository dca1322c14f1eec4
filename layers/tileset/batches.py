"""Feature tables and batch tables: JSON beside a body of binary values, as in all tiles of 3D Tiles 1.0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from layers.errors import ReadError
from layers.gltf.accessors import strided
from layers.gltf.document import Unreadable
from layers.meshes.tables import Table
from layers.stored import Float64

_COMPONENTS: Mapping[str, type[np.generic]] = MappingProxyType(
    {
        "BYTE": np.int8,
        "UNSIGNED_BYTE": np.uint8,
        "SHORT": np.int16,
        "UNSIGNED_SHORT": np.uint16,
        "INT": np.int32,
        "UNSIGNED_INT": np.uint32,
        "FLOAT": np.float32,
        "DOUBLE": np.float64,
    }
)
_WIDTHS: Mapping[str, int] = MappingProxyType({"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4})
HIERARCHY = "3DTILES_batch_table_hierarchy"


class Body:
    """The JSON of a feature or batch table, and its binary body."""

    def __init__(self, text: bytes, binary: bytes, where: str) -> None:
        self.where, self._binary = where, memoryview(binary)
        stripped = text.strip(b"\0 \t\r\n")
        try:
            found = orjson.loads(stripped) if stripped else {}
        except orjson.JSONDecodeError as error:
            raise ReadError("A table of a tile is damaged", where=where, found=str(error)) from error
        self.json: dict[str, Any] = found if isinstance(found, dict) else {}

    def numbers(self, said: Any, count: int, kind: str, width: int) -> NDArray[Any]:
        """(count, width) values: a list in the JSON, or a place in the body, perhaps with its own type."""
        if isinstance(said, dict):
            kind = str(said.get("componentType", kind))
            width = _WIDTHS.get(str(said.get("type", "")), width)
            offset = said.get("byteOffset")
            if kind not in _COMPONENTS or not isinstance(offset, int) or count < 0:
                raise Unreadable("a table has values of an unknown type")
            dtype = np.dtype(_COMPONENTS[kind])
            return strided(self._binary, offset, count, dtype.itemsize * width, dtype, width, "a table")
        values = np.asarray(said, _COMPONENTS[kind])
        if values.size != count * width:
            raise Unreadable("a table has not as many values as it should")
        return values.reshape(count, width)

    def get(self, name: str, count: int, kind: str, width: int) -> NDArray[Any] | None:
        """Values by name, None where there are none."""
        if name not in self.json:
            return None
        try:
            return self.numbers(self.json[name], count, kind, width)
        except (ValueError, TypeError, OverflowError) as error:
            raise Unreadable(f"{name} of a table is damaged") from error

    def positions(self, count: int) -> Float64 | None:
        """(count, 3) places, as they are or quantized; None where there are none."""
        found = self.get("POSITION", count, "FLOAT", 3)
        if found is not None:
            return found.astype(np.float64)
        stored = self.get("POSITION_QUANTIZED", count, "UNSIGNED_SHORT", 3)
        offset = self.get("QUANTIZED_VOLUME_OFFSET", 1, "FLOAT", 3)
        scale = self.get("QUANTIZED_VOLUME_SCALE", 1, "FLOAT", 3)
        if stored is None or offset is None or scale is None:
            return None
        places: Float64 = stored * (scale.astype(np.float64) / 65535) + offset
        return places

    def count(self, name: str) -> int:
        """A whole number, 0 where there is none."""
        found = self.json.get(name, 0)
        return found if isinstance(found, int) and 0 <= found < 2**31 else 0


def table_of(body: Body, count: int, faults: list[str]) -> Table:
    """The batch table as columns; what is damaged is left out and told in `faults`."""
    columns: dict[str, Sequence[Any]] = {}
    for name, said in body.json.items():
        if name in ("extensions", "extras", HIERARCHY):
            continue
        if isinstance(said, list):
            columns[name] = [*said, *[None] * (count - len(said))][:count]
            continue
        if not isinstance(said, dict):
            continue
        try:
            values = body.numbers(said, count, "FLOAT", 1)
        except Unreadable as error:
            faults.append(f"the property {name!r} cannot be read: {error}")
            continue
        columns[name] = (values[:, 0] if values.shape[1] == 1 else values).tolist()
    extensions = body.json.get("extensions")
    hierarchy = body.json.get(HIERARCHY)
    if isinstance(extensions, dict):
        hierarchy = extensions.get(HIERARCHY, hierarchy)
    if isinstance(hierarchy, dict):
        try:
            columns |= _hierarchy(hierarchy, count)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError):
            faults.append("its hierarchy of classes cannot be read")
    return Table(count, columns)


def _hierarchy(said: dict[str, Any], count: int) -> dict[str, list[Any]]:
    """Columns of 3DTILES_batch_table_hierarchy: each row's class, and the values of it and of its parents."""
    classes, ids = said["classes"], said["classIds"]
    if isinstance(ids, dict) or any(
        isinstance(v, dict) for one in classes for v in one["instances"].values()
    ):
        raise ValueError("binary hierarchies are not read")
    seen = [0] * len(classes)
    own: list[tuple[str, dict[str, Any]]] = []
    for number in ids:
        one, at = classes[number], seen[number]
        seen[number] += 1
        own.append((one["name"], {name: values[at] for name, values in one["instances"].items()}))
    parents = _parents(said, len(own))
    columns: dict[str, list[Any]] = {"class": [None] * count}
    for row in range(min(count, len(own))):
        columns["class"][row] = own[row][0]
        waiting, visited = [row], set()
        while waiting:
            number = waiting.pop(0)
            if number in visited or not 0 <= number < len(own):
                continue
            visited.add(number)
            for name, value in own[number][1].items():
                column = columns.setdefault(name, [None] * count)
                if column[row] is None:
                    column[row] = value
            waiting += parents[number]
    return columns


def _parents(said: dict[str, Any], count: int) -> list[list[int]]:
    """The parents of each instance; one that is its own parent has none."""
    ids = said.get("parentIds")
    if not isinstance(ids, list):
        return [[] for _ in range(count)]
    counts = said.get("parentCounts")
    lengths = counts if isinstance(counts, list) else [1] * count
    found, at = [], 0
    for number, length in enumerate(lengths):
        found.append([parent for parent in ids[at : at + length] if parent != number])
        at += length
    return found
