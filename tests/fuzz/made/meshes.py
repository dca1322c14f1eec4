"""Meshes, with the materials and pictures beside them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import DracoPy
import numpy as np
import trimesh

from tests.dressed import write_image, write_wall
from tests.models import CORNERS, SQUARE, Model, f4, featured, square_model

PLY_HEAD = """ply
format {form} 1.0
comment made
element vertex 4
property float x
property float y
property float z
property uchar red
property uchar green
property uchar blue
element face 2
property list uchar int vertex_indices
end_header
"""


def _ball() -> trimesh.Trimesh:
    return trimesh.creation.icosphere(subdivisions=1, radius=5)


def stl(folder: Path) -> Path:
    """A ball of binary triangles."""
    path = folder / "ball.stl"
    path.write_bytes(_ball().export(file_type="stl"))
    return path


def stl_text(folder: Path) -> Path:
    """Two solids in words."""
    path = folder / "solids.stl"
    box = trimesh.creation.box((1, 2, 3)).export(file_type="stl_ascii")
    path.write_text(f"{_named(box, 'one')}{_named(box, 'two')}")
    return path


def _named(text: str, name: str) -> str:
    lines = text.strip().splitlines()
    return "\n".join([f"solid {name}", *lines[1:-1], f"endsolid {name}", ""])


def ply(folder: Path, form: str = "ascii") -> Path:
    """Four coloured corners and two faces."""
    path = folder / f"{form}.ply"
    head = PLY_HEAD.format(form=form).encode()
    faces = ((0, 1, 2), (0, 2, 3))
    if form == "ascii":
        rows = [f"{x} {y} {z} 10 20 30" for x, y, z in SQUARE] + [f"3 {a} {b} {c}" for a, b, c in faces]
        path.write_bytes(head + "\n".join(rows).encode() + b"\n")
        return path
    order = "<" if form == "binary_little_endian" else ">"
    corners = b"".join(SQUARE[at].astype(f"{order}f4").tobytes() + bytes((10, 20, 30)) for at in range(4))
    sides = b"".join(b"\3" + np.array(face, f"{order}i4").tobytes() for face in faces)
    path.write_bytes(head + corners + sides)
    return path


def obj(folder: Path) -> Path:
    """A wall with a material of its own file and a picture."""
    write_image(folder / "wall.png", 8)
    (folder / "wall.mtl").write_text(
        "newmtl brick\nKd 0.8 0.2 0.1\nd 0.5\nmap_Kd wall.png\nnewmtl plain\nKd 1 1 1\n"
    )
    lines = (
        "mtllib wall.mtl",
        "o wall",
        "v 0 0 0",
        "v 9 0 0",
        "v 9 0 9",
        "v 0 0 9",
        "vt 0 0",
        "vt 1 0",
    )
    more = ("vt 1 1", "vt 0 1", "vn 0 -1 0", "g south", "usemtl brick", "f 1/1/1 2/2/1 3/3/1 4/4/1")
    last = ("o roof", "usemtl plain", "f -4 -3 -2", "f 1//1 3//1 4//1", "l 1 2", "p 3")
    path = folder / "wall.obj"
    path.write_text("\n".join((*lines, *more, *last)) + "\n")
    return path


def gltf(folder: Path) -> Path:
    """Text with its numbers in a file beside, and a picture."""
    write_image(folder / "wall.png", 8)
    model = Model()
    places = model.accessor(f4([[0, 1], [1, 1], [1, 0], [0, 0]]))
    model.node(mesh=model.mesh(more={"material": 0}, TEXCOORD_0=places), name="wall", children=[1])
    model.node(mesh=0, translation=[5, 0, 0], rotation=[0, 0, 0, 1])
    model.json["images"] = [{"uri": "wall.png"}]
    model.json["textures"] = [{"source": 0, "sampler": 0}]
    model.json["samplers"] = [{"wrapS": 10497}]
    dressed = {"baseColorTexture": {"index": 0}, "baseColorFactor": [1, 0.5, 0.5, 1]}
    model.json["materials"] = [{"pbrMetallicRoughness": dressed, "alphaMode": "MASK"}]
    model.json["scenes"], model.json["scene"] = [{"nodes": [0]}], 0
    model.json["buffers"] = [{"byteLength": len(model.bytes), "uri": "wall.bin"}]
    (folder / "wall.bin").write_bytes(model.bytes)
    path = folder / "wall.gltf"
    path.write_text(json.dumps(model.json))
    return path


def picture_inside(folder: Path) -> Path:
    """A binary model that holds its picture, points and lines."""
    picture = write_image(folder / "wall.jpg", 8)
    model = Model()
    view = model.view(picture.read_bytes())
    picture.unlink()
    model.json["images"] = [{"bufferView": view, "mimeType": "image/jpeg"}]
    model.json["textures"] = [{"source": 0}]
    model.json["materials"] = [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}]
    places = model.accessor(f4([[0, 1], [1, 1], [1, 0], [0, 0]]))
    model.node(mesh=model.mesh(more={"material": 0}, TEXCOORD_0=places))
    model.node(mesh=model.mesh(corners=None, more={"mode": 0}))
    model.node(mesh=model.mesh(corners=CORNERS, more={"mode": 1}), matrix=[*np.eye(4).ravel()])
    return _glb(folder, model)


def features(folder: Path) -> Path:
    """Squares that are objects with attributes."""
    return _glb(
        folder,
        featured({"gml_id": ["b1", "b2"], "height": [9.5, 3.0], "storeys": [3, 1], "old": [True, False]}),
    )


def draco(folder: Path) -> Path:
    """A mesh that is compressed."""
    ball, model = _ball(), Model()
    stream = DracoPy.encode(ball.vertices, ball.faces.astype(np.uint32))
    model.json["accessors"] += (
        {"componentType": 5126, "count": len(ball.vertices), "type": "VEC3"},
        {"componentType": 5125, "count": ball.faces.size, "type": "SCALAR"},
    )
    said = {"bufferView": model.view(stream), "attributes": {"POSITION": 0}}
    primitive: dict[str, Any] = {"attributes": {"POSITION": 0}, "indices": 1}
    primitive["extensions"] = {"KHR_draco_mesh_compression": said}
    model.json["meshes"].append({"primitives": [primitive]})
    model.node(mesh=0)
    return _glb(folder, model)


def _glb(folder: Path, model: Model) -> Path:
    path = folder / "model.glb"
    path.write_bytes(model.glb())
    return path


def wall(folder: Path) -> Path:
    """CityJSON with a material and a picture."""
    write_image(folder / "wall.png", 8)
    return write_wall(folder / "wall.city.json", material={"visual": {"value": 0}})


def plain_glb(folder: Path) -> Path:
    """One square."""
    return _glb(folder, square_model(name="square"))


MADE: Mapping[str, Callable[[Path], Path]] = {
    "ball.stl": stl,
    "solids.stl": stl_text,
    "ascii.ply": ply,
    "little.ply": lambda folder: ply(folder, "binary_little_endian"),
    "big.ply": lambda folder: ply(folder, "binary_big_endian"),
    "wall.obj": obj,
    "wall.gltf": gltf,
    "picture.glb": picture_inside,
    "features.glb": features,
    "draco.glb": draco,
    "square.glb": plain_glb,
    "wall.city.json": wall,
}
