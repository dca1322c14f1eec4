"""3D Tiles in folders: what is named, by what, and what it holds."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tests.models import f4, featured, instances, square_model, tile

BOX = {"box": [0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 9]}
TREES = {"INSTANCES_LENGTH": 2, "POSITION": {"byteOffset": 0}, "SCALE": [1.0, 2.0]}
CLOUD = {
    "POINTS_LENGTH": 2,
    "POSITION_QUANTIZED": {"byteOffset": 0},
    "QUANTIZED_VOLUME_OFFSET": [10, 20, 30],
    "QUANTIZED_VOLUME_SCALE": [1, 2, 4],
    "CONSTANT_RGBA": [1, 2, 3, 255],
}
EVERYWHERE = {"constant": 1}


def composite() -> bytes:
    """Instances and points in one content."""
    places = f4([[0, 0, 0], [50, 0, 0]]).tobytes()
    trees = instances(TREES, {"kind": ["oak", "elm"]}, square_model().glb(), places)
    cloud = tile(b"pnts", CLOUD, None, b"", np.array([[0, 0, 0], [65535] * 3], "<u2").tobytes())
    inner = trees + cloud
    return struct.pack("<4s3I", b"cmpt", 1, 16 + len(inner), 2) + inner


def building() -> bytes:
    """A model with a table of its objects."""
    return tile(b"b3dm", {"BATCH_LENGTH": 2}, {"id": ["a", "b"], "h": [1.5, 2]}, square_model().glb())


def subtree() -> bytes:
    """What there is of an implicit tree: bits in its own buffer."""
    said = {
        "buffers": [{"byteLength": 16}],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": 1},
            {"buffer": 0, "byteOffset": 8, "byteLength": 1},
        ],
        "tileAvailability": {"bitstream": 0, "availableCount": 5},
        "contentAvailability": [{"bitstream": 1, "availableCount": 4}],
        "childSubtreeAvailability": {"constant": 0},
    }
    text = json.dumps(said).encode()
    text += b" " * (-len(text) % 8)
    return b"subt" + struct.pack("<IQQ", 1, len(text), 16) + text + b"\x1f" + bytes(7) + b"\x1e" + bytes(7)


def _written(folder: Path, root: dict[str, Any], files: Mapping[str, bytes], version: str = "1.1") -> Path:
    whole = {"boundingVolume": BOX, "geometricError": 1, "refine": "REPLACE", **root}
    said = {"asset": {"version": version}, "geometricError": 9, "root": whole}
    for name, data in {"tileset.json": json.dumps(said).encode(), **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder / "tileset.json"


def explicit(folder: Path) -> Path:
    """A tree of tiles of every kind, with a tileset within."""
    inner = {"asset": {"version": "1.0"}, "geometricError": 2, "root": _tile("../b.b3dm")}
    files = {
        "a.glb": featured({"gml_id": ["b1", "b2"], "height": [2.5, 3.5]}).glb(),
        "b.b3dm": building(),
        "c.cmpt": composite(),
        "inner/tileset.json": json.dumps(inner).encode(),
    }
    children = [_tile(name) for name in ("a.glb", "c.cmpt", "inner/tileset.json")]
    shifted = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 100, 0, 0, 1]
    return _written(folder, {"transform": shifted, "children": children}, files)


def _tile(uri: str) -> dict[str, Any]:
    return {"boundingVolume": BOX, "geometricError": 0, "content": {"uri": uri}}


def implicit(folder: Path) -> Path:
    """A tree of tiles that is told by bits."""
    tree = {"subdivisionScheme": "QUADTREE", "subtreeLevels": 2, "availableLevels": 2}
    tree["subtrees"] = {"uri": "s/{level}.{x}.{y}.subtree"}
    root = {"content": {"uri": "c/{level}.{x}.{y}.glb"}, "implicitTiling": tree}
    contents = {f"c/1.{x}.{y}.glb": square_model().glb() for x in (0, 1) for y in (0, 1)}
    return _written(folder, root, {"s/0.0.0.subtree": subtree(), **contents})


def _content(name: str, data: Callable[[], bytes]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(data())
        return path

    return write


MADE: Mapping[str, Callable[[Path], Path]] = {
    "tileset.json": explicit,
    "implicit/tileset.json": implicit,
    "composite.cmpt": _content("composite.cmpt", composite),
    "building.b3dm": _content("building.b3dm", building),
}
