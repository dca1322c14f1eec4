"""A binary glTF 2.0 file (Khronos, 2021) as it is put together: JSON, then all arrays in one block."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from layers.errors import WriteError

MAGIC, VERSION, JSON_CHUNK, BINARY_CHUNK = b"glTF", 2, b"JSON", b"BIN\0"
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963
BYTE_CODES = {"uint8": 5121, "uint16": 5123, "uint32": 5125, "float32": 5126}
VECTORS = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}
#: Arrays of property tables begin at multiples of it (EXT_structural_metadata).
STEP = 8
LARGEST = 2**32 - 1
#: From east, north, up to what glTF has: right, up, backwards.
TURN = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])


class Glb:
    """The parts of a file; `json` takes whatever else it should say."""

    def __init__(self, extras: dict[str, Any] | None = None) -> None:
        self.json: dict[str, Any] = {
            "asset": {"version": "2.0", "generator": "Citystrata"},
            "extensionsUsed": [],
        }
        if extras is not None:
            self.json["asset"]["extras"] = {"citystrata": extras}
        self._blocks: list[bytes | NDArray[Any]] = []
        self._size = 0

    def add(self, list_name: str, item: dict[str, Any]) -> int:
        """Append to one of the top-level lists; gives the position there."""
        items = self.json.setdefault(list_name, [])
        items.append(item)
        return len(items) - 1

    def use(self, extension: str, value: dict[str, Any] | None = None) -> None:
        """Name an extension, with what it says of the whole file."""
        if extension not in self.json["extensionsUsed"]:
            self.json["extensionsUsed"].append(extension)
        if value is not None:
            self.json.setdefault("extensions", {})[extension] = value

    def view(self, data: bytes | NDArray[Any], target: int | None = None) -> int:
        """A stretch of the binary block."""
        size = len(data) if isinstance(data, bytes) else data.nbytes
        described: dict[str, Any] = {"buffer": 0, "byteOffset": self._size, "byteLength": size}
        if target is not None:
            described["target"] = target
        self._blocks += [data, bytes(-size % STEP)]
        self._size += size + -size % STEP
        if self._size > LARGEST:
            raise WriteError(
                "A binary glTF file holds no more than 4 GB",
                do="Write 3D Tiles instead, or one level of detail with less in it",
            )
        return self.add("bufferViews", described)

    def accessor(
        self, values: NDArray[Any], target: int, limits: bool = False, normalized: bool = False
    ) -> int:
        """(n,) or (n, k) numbers as an accessor; with `limits` it says between which they lie."""
        width = 1 if values.ndim == 1 else values.shape[1]
        described: dict[str, Any] = {
            "bufferView": self.view(np.ascontiguousarray(values), target),
            "componentType": BYTE_CODES[values.dtype.name],
            "count": len(values),
            "type": VECTORS[width],
        }
        if normalized:
            described["normalized"] = True
        if limits:
            rows = values.reshape(len(values), width)
            described |= {"min": rows.min(axis=0).tolist(), "max": rows.max(axis=0).tolist()}
        return self.add("accessors", described)

    def save(self, path: Path) -> None:
        """Write the file."""
        with path.open("wb") as file:
            for piece in self.pieces():
                file.write(piece)

    def pieces(self) -> Sequence[bytes | memoryview]:
        """The bytes of the file, one piece after the other."""
        if not self.json["extensionsUsed"]:
            del self.json["extensionsUsed"]
        if self._size:
            self.json["buffers"] = [{"byteLength": self._size}]
        text = orjson.dumps(self.json)
        text += b" " * (-len(text) % 4)
        whole = 12 + 8 + len(text) + (8 + self._size if self._size else 0)
        if whole > LARGEST:
            raise WriteError("A binary glTF file holds no more than 4 GB", do="Write 3D Tiles instead")
        head = struct.pack("<4sII", MAGIC, VERSION, whole)
        found: list[bytes | memoryview] = [head, struct.pack("<I4s", len(text), JSON_CHUNK), text]
        if self._size:
            found.append(struct.pack("<I4s", self._size, BINARY_CHUNK))
            for block in self._blocks:
                found.append(block if isinstance(block, bytes) else block.reshape(-1).view(np.uint8).data)
        return found
