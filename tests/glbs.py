"""Binary glTF and 3D Tiles as their specifications say, read without the program's help; npm's validators."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.conftest import ROOT

NODE = ROOT / "build" / "node" / "node_modules"
TYPES = {5121: "<u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
COMPONENTS = {"INT32": "<i4", "INT64": "<i8", "FLOAT64": "<f8"}
VALIDATE = """
const validator = require(process.argv[1]), fs = require('fs');
const files = process.argv.slice(2), reports = {};
Promise.all(files.map(f => validator.validateBytes(new Uint8Array(fs.readFileSync(f))).then(
  r => { reports[f] = r.issues; }))).then(() => console.log(JSON.stringify(reports)));
"""


@dataclass(frozen=True)
class Glb:
    """The JSON and the binary block of a file."""

    json: dict[str, Any]
    data: bytes

    @classmethod
    def of(cls, path: Path) -> Glb:
        """A file whose header and chunks are as long as they say."""
        data = path.read_bytes()
        magic, version, length = struct.unpack_from("<4sII", data)
        assert (magic, version, length) == (b"glTF", 2, len(data))
        size, kind = struct.unpack_from("<I4s", data, 12)
        assert kind == b"JSON" and size % 4 == 0
        document = json.loads(data[20 : 20 + size])
        rest = data[20 + size :]
        if rest:
            block, kind = struct.unpack_from("<I4s", rest)
            assert kind == b"BIN\0" and block % 4 == 0 and len(rest) == 8 + block
            assert document["buffers"][0]["byteLength"] <= block
        return cls(document, rest[8:])

    def view(self, number: int) -> bytes:
        """The bytes of a buffer view."""
        view = self.json["bufferViews"][number]
        return self.data[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]

    def values(self, number: int) -> NDArray[Any]:
        """The values of an accessor."""
        accessor = self.json["accessors"][number]
        found = np.frombuffer(self.view(accessor["bufferView"]), TYPES[accessor["componentType"]])
        assert len(found) == accessor["count"] * WIDTHS[accessor["type"]]
        return found.reshape(accessor["count"], -1)

    @property
    def primitives(self) -> list[dict[str, Any]]:
        """The primitives of all meshes."""
        return [primitive for mesh in self.json.get("meshes", []) for primitive in mesh["primitives"]]

    def points(self) -> NDArray[np.float64]:
        """(n, 3) all places, east, north, up of the origin."""
        found = [self.values(p["attributes"]["POSITION"]).astype(np.float64) for p in self.primitives]
        x, y, z = np.concatenate([np.empty((0, 3)), *found]).T
        return np.column_stack((x, -z, y))

    def rows(self, table: int = 0) -> list[dict[str, Any]]:
        """The rows of a property table, as EXT_structural_metadata says; what has no data is left out."""
        metadata = self.json["extensions"]["EXT_structural_metadata"]
        held = metadata["propertyTables"][table]
        described = metadata["schema"]["classes"][held["class"]]["properties"]
        assert set(held["properties"]) == set(described)
        columns = {}
        for key, where in held["properties"].items():
            values = self._column(described[key], where, held["count"])
            absent = described[key].get("noData", ...)
            columns[described[key].get("name", key)] = [None if v == absent else v for v in values]
        return [
            {name: values[i] for name, values in columns.items() if values[i] is not None}
            for i in range(held["count"])
        ]

    def _column(self, described: dict[str, Any], where: dict[str, int], count: int) -> list[Any]:
        for view in where.values():
            assert self.json["bufferViews"][view]["byteOffset"] % 8 == 0
        data = self.view(where["values"])
        if described["type"] == "STRING":
            ends = np.frombuffer(self.view(where["stringOffsets"]), "<u4").tolist()
            assert len(ends) == count + 1 and ends == sorted(ends) and ends[-1] <= len(data)
            return [data[a:b].decode() for a, b in pairwise(ends)]
        if described["type"] == "BOOLEAN":
            return np.unpackbits(np.frombuffer(data, "u1"), bitorder="little")[:count].astype(bool).tolist()
        values = np.frombuffer(data, COMPONENTS[described["componentType"]])
        assert described["type"] == "SCALAR" and len(values) == count
        found: list[Any] = values.tolist()
        return found


def issues(*paths: Path) -> Iterator[tuple[int, int, list[Any]]]:
    """Errors, warnings and messages of the Khronos validator for each file; skips where there is none."""
    package = NODE / "gltf-validator"
    if shutil.which("node") is None or not package.is_dir():
        pytest.skip("the Khronos glTF validator is not here: make test brings it where there is npm")
    run = ["node", "-e", VALIDATE, str(package), *map(str, paths)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=100, check=True)
    for report in json.loads(done.stdout).values():
        yield report["numErrors"], report["numWarnings"], report["messages"]


def tiles_tool(*arguments: str) -> str:
    """What 3d-tiles-tools says; skips where it is not."""
    tool = NODE / ".bin" / "3d-tiles-tools"
    if shutil.which("node") is None or not tool.exists():
        pytest.skip("3d-tiles-tools is not here: make test brings it where there is npm")
    done = subprocess.run([str(tool), *arguments], capture_output=True, text=True, timeout=100, check=True)
    return done.stdout + done.stderr


@dataclass(frozen=True)
class Tile:
    """A tile: its members, where its content is on Earth, its parent."""

    members: dict[str, Any]
    transform: NDArray[np.float64]  # (4, 4) to EPSG:4978
    parent: Tile | None
    folder: Path

    @property
    def content(self) -> Glb:
        """What is in it."""
        return Glb.of(self.folder / self.members["content"]["uri"])

    def on_earth(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 3) points of the tile's frame in EPSG:4978."""
        found: NDArray[np.float64] = points @ self.transform[:3, :3].T + self.transform[:3, 3]
        return found

    def corners(self) -> NDArray[np.float64]:
        """(8, 3) the corners of the bounding box on Earth."""
        middle, *halves = np.array(self.members["boundingVolume"]["box"]).reshape(4, 3)
        signs = np.array([(a, b, c) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)])
        return self.on_earth(middle + signs @ np.array(halves))

    def holds(self, on_earth: NDArray[np.float64], slack_m: float) -> bool:
        """Whether points on Earth lie in the bounding box."""
        local = np.linalg.solve(self.transform[:3, :3], (on_earth - self.transform[:3, 3]).T).T
        middle, *halves = np.array(self.members["boundingVolume"]["box"]).reshape(4, 3)
        along = np.abs((local - middle) @ np.linalg.inv(np.array(halves)))
        return bool((along <= 1 + slack_m / np.abs(np.diag(halves)).min()).all())


def tiles_of(path: Path) -> list[Tile]:
    """All tiles of a tileset that keeps to OGC 22-025r4, the root first."""
    tileset = json.loads(path.read_text("utf-8"))
    assert tileset["asset"]["version"] == "1.1" and tileset["geometricError"] >= 0
    root = tileset["root"]
    assert root["refine"] == "ADD"
    found: list[Tile] = []

    def add(members: dict[str, Any], above: Tile | None) -> None:
        own = np.array(members.get("transform", np.eye(4).ravel()), np.float64).reshape(4, 4).T
        assert np.allclose(own[3], (0, 0, 0, 1))
        tile = Tile(members, own if above is None else above.transform @ own, above, path.parent)
        found.append(tile)
        largest = tileset["geometricError"] if above is None else above.members["geometricError"]
        assert 0 <= members["geometricError"] <= largest
        for child in members.get("children", []):
            add(child, tile)

    add(root, None)
    return found
