"""Small glTF models and tiles, made value by value."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

_COMPONENTS = {"i1": 5120, "u1": 5121, "i2": 5122, "u2": 5123, "u4": 5125, "f4": 5126}
_TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}

#: A square of two triangles, one metre wide, in glTF's axes (y up).
SQUARE = np.array([[0, 0, 0], [1, 0, 0], [1, 0, -1], [0, 0, -1]], np.float32)
CORNERS = np.array([0, 1, 2, 0, 2, 3], np.uint16)


def f4(values: Any) -> NDArray[np.float32]:
    """Values as glTF stores most."""
    return np.array(values, np.float32)


class Model:
    """A glTF model being put together."""

    def __init__(self) -> None:
        self.json: dict[str, Any] = {
            "asset": {"version": "2.0"},
            "accessors": [],
            "bufferViews": [],
            "meshes": [],
            "nodes": [],
        }
        self.bytes = b""

    def view(self, data: bytes, **more: Any) -> int:
        """The number of a new buffer view."""
        self.bytes += bytes(-len(self.bytes) % 8)
        self.json["bufferViews"].append(
            {"buffer": 0, "byteOffset": len(self.bytes), "byteLength": len(data), **more}
        )
        self.bytes += data
        return len(self.json["bufferViews"]) - 1

    def accessor(self, values: NDArray[Any], **more: Any) -> int:
        """The number of a new accessor with these values."""
        table = values.reshape(len(values), -1)
        kind = values.dtype.newbyteorder("<")
        self.json["accessors"].append(
            {
                "componentType": _COMPONENTS[values.dtype.str[1:]],
                "count": len(table),
                "type": _TYPES[table.shape[1]],
                "bufferView": self.view(table.astype(kind).tobytes()),
                **more,
            }
        )
        return len(self.json["accessors"]) - 1

    def mesh(
        self,
        places: NDArray[np.float32] = SQUARE,
        corners: NDArray[Any] | None = CORNERS,
        more: dict[str, Any] | None = None,
        **attributes: int,
    ) -> int:
        """The number of a new mesh of one primitive."""
        primitive: dict[str, Any] = {"attributes": {"POSITION": self.accessor(places), **attributes}}
        if corners is not None:
            primitive["indices"] = self.accessor(corners)
        self.json["meshes"].append({"primitives": [primitive | (more or {})]})
        return len(self.json["meshes"]) - 1

    def node(self, **said: Any) -> int:
        """The number of a new node."""
        self.json["nodes"].append(said)
        return len(self.json["nodes"]) - 1

    def metadata(self, columns: dict[str, list[Any]], name: str = "thing") -> int:
        """The number of a new property table (EXT_structural_metadata)."""
        whole = self.json.setdefault("extensions", {}).setdefault(
            "EXT_structural_metadata", {"schema": {"id": "test", "classes": {}}, "propertyTables": []}
        )
        properties, values = {}, {}
        for key, column in columns.items():
            properties[key], values[key] = self._column(column)
        whole["schema"]["classes"][name] = {"properties": properties}
        count = len(next(iter(columns.values())))
        whole["propertyTables"].append({"class": name, "count": count, "properties": values})
        return len(whole["propertyTables"]) - 1

    def _column(self, column: list[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        if all(isinstance(value, str) for value in column):
            texts = [value.encode() for value in column]
            ends = np.cumsum([0, *map(len, texts)]).astype("<u4")
            where = {"values": self.view(b"".join(texts)), "stringOffsets": self.view(ends.tobytes())}
            return {"type": "STRING"}, where
        if all(isinstance(value, bool) for value in column):
            bits = np.packbits(column, bitorder="little").tobytes()
            return {"type": "BOOLEAN"}, {"values": self.view(bits)}
        numbers = np.array(column, "<f4" if isinstance(column[0], float) else "<i4")
        kind = "FLOAT32" if numbers.dtype.kind == "f" else "INT32"
        said = {"type": "SCALAR", "componentType": kind}
        return said, {"values": self.view(numbers.tobytes())}

    def glb(self) -> bytes:
        """The model as GLB."""
        self.json["buffers"] = [{"byteLength": len(self.bytes)}]
        text = json.dumps(self.json).encode()
        text += b" " * (-len(text) % 4)
        binary = self.bytes + bytes(-len(self.bytes) % 4)
        chunks = struct.pack("<II", len(text), 0x4E4F534A) + text
        chunks += struct.pack("<II", len(binary), 0x004E4942) + binary
        return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def square_model(**node: Any) -> Model:
    """A model of one square."""
    model = Model()
    model.node(mesh=model.mesh(), **node)
    return model


def featured(columns: dict[str, list[Any]]) -> Model:
    """A model of squares side by side, one for each row of a table."""
    model = Model()
    count = len(next(iter(columns.values())))
    places = np.concatenate([SQUARE + f4([2 * number, 0, 0]) for number in range(count)])
    corners = np.concatenate([CORNERS + 4 * number for number in range(count)]).astype(np.uint16)
    ids = np.repeat(np.arange(count), 4).astype(np.float32)
    table = model.metadata(columns)
    said = {"featureIds": [{"featureCount": count, "attribute": 0, "propertyTable": table}]}
    more = {"extensions": {"EXT_mesh_features": said}}
    model.node(mesh=model.mesh(places, corners, more, _FEATURE_ID_0=model.accessor(ids)))
    return model


def tile(magic: bytes, feature: Any, batch: Any, content: bytes, feature_bytes: bytes = b"") -> bytes:
    """A b3dm or pnts tile of 3D Tiles 1.0."""
    texts = [json.dumps(part).encode() if part is not None else b"" for part in (feature, batch)]
    texts = [text + b" " * (-len(text) % 8) for text in texts]
    feature_bytes += bytes(-len(feature_bytes) % 8)
    sizes = (len(texts[0]), len(feature_bytes), len(texts[1]), 0)
    body = texts[0] + feature_bytes + texts[1] + content
    return struct.pack("<4sII4I", magic, 1, 28 + len(body), *sizes) + body


def instances(feature: Any, batch: Any, content: bytes, feature_bytes: bytes) -> bytes:
    """An i3dm tile with an embedded model."""
    plain = tile(b"i3dm", feature, batch, content, feature_bytes)
    return plain[:8] + struct.pack("<I", len(plain) + 4) + plain[12:28] + struct.pack("<I", 1) + plain[28:]
