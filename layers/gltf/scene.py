"""Nodes of a scene with their places: each node once, each mesh as often as nodes and instances say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from layers.gltf.accessors import array
from layers.gltf.document import Document, MeshOf, Node, Unreadable
from layers.report import Report
from layers.stored import Float64

INSTANCING = "EXT_mesh_gpu_instancing"
DEEPEST = 200
#: glTF has y up; cities have z up.
Y_UP = np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])


@dataclass(frozen=True)
class Placed:
    """A mesh where a node puts it."""

    mesh: MeshOf
    matrices: Float64  # (k, 4, 4), one for each instance
    node: Node
    number: int
    is_instanced: bool


def placed(document: Document, base: Float64, report: Report) -> Iterator[Placed]:
    """The meshes of the scene that is shown, in the coordinates that `base` takes the scene's to."""
    gltf = document.gltf
    roots = list(range(len(gltf.nodes)))
    if gltf.scenes:
        scene = gltf.scene if gltf.scene is not None and 0 <= gltf.scene < len(gltf.scenes) else 0
        roots = gltf.scenes[scene].nodes
        if len(gltf.scenes) > 1:
            report.warn(
                "scenes", "", f"{len(gltf.scenes) - 1} other scenes of the file are not shown", "unsupported"
            )
    else:
        below = {child for node in gltf.nodes for child in node.children}
        roots = [number for number in roots if number not in below]
    waiting = [(number, base, 0) for number in reversed(roots)]
    seen: set[int] = set()
    while waiting:
        number, matrix, depth = waiting.pop()
        if number in seen or depth > DEEPEST or not 0 <= number < len(gltf.nodes):
            report.warn("nodes", str(number), f"node {number} is not there, or in two places", "unsupported")
            continue
        seen.add(number)
        node = gltf.nodes[number]
        try:
            local = matrix @ _matrix(node)
            if not np.isfinite(local).all():
                raise Unreadable("its place is no number")
            if node.mesh is not None:
                mesh = document.item(gltf.meshes, node.mesh, "mesh")
                if INSTANCING in node.extensions:
                    yield Placed(mesh, local @ _instances(document, node), node, number, True)
                else:
                    yield Placed(mesh, local[None], node, number, False)
        except Unreadable as error:
            report.warn("nodes", node.name, f"node {node.name or number!r}: {error}", "unsupported")
            continue
        waiting += [(child, local, depth + 1) for child in reversed(node.children)]


def _matrix(node: Node) -> Float64:
    """The place of a node in that of the node above it."""
    if node.matrix is not None:
        if len(node.matrix) != 16:
            raise Unreadable("its matrix has not 16 numbers")
        return np.array(node.matrix, np.float64).reshape(4, 4).T
    local: Float64 = turned(
        _numbers(node.translation, (0.0, 0.0, 0.0))[None],
        _numbers(node.rotation, (0.0, 0.0, 0.0, 1.0))[None],
        _numbers(node.scale, (1.0, 1.0, 1.0))[None],
    )[0]
    return local


def _numbers(said: list[float] | None, otherwise: tuple[float, ...]) -> Float64:
    if said is not None and len(said) != len(otherwise):
        raise Unreadable(f"its place has not {len(otherwise)} numbers")
    return np.array(otherwise if said is None else said, np.float64)


def turned(translation: Float64, rotation: Float64, scale: Float64) -> Float64:
    """(k, 4, 4) matrices of translations (k, 3), quaternions x y z w (k, 4) and scales (k, 3)."""
    length = np.linalg.norm(rotation, axis=1)[:, None]
    x, y, z, w = np.divide(rotation, length, out=np.zeros_like(rotation), where=length > 0).T
    found = np.zeros((len(translation), 4, 4))
    found[:, 0, :3] = np.stack((1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)), axis=-1)
    found[:, 1, :3] = np.stack((2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)), axis=-1)
    found[:, 2, :3] = np.stack((2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)), axis=-1)
    found[:, :3, :3] *= scale[:, None, :]
    found[:, :3, 3] = translation
    found[:, 3, 3] = 1.0
    return found


def _instances(document: Document, node: Node) -> Float64:
    """(k, 4, 4) places of a node's instances (EXT_mesh_gpu_instancing)."""
    attributes: Any = node.extensions[INSTANCING]
    attributes = attributes.get("attributes") if isinstance(attributes, dict) else None
    if not isinstance(attributes, dict) or not attributes:
        raise Unreadable("its instances have no places")
    known: dict[str, Float64] = {}
    for name, width in (("TRANSLATION", 3), ("ROTATION", 4), ("SCALE", 3)):
        if isinstance(attributes.get(name), int):
            known[name] = array(document, attributes[name], width).astype(np.float64)
    counts = {len(values) for values in known.values()}
    if len(counts) != 1:
        raise Unreadable("its instances have no places, or not as many of each kind")
    (count,) = counts
    return turned(
        known.get("TRANSLATION", np.zeros((count, 3))),
        known.get("ROTATION", np.tile((0.0, 0.0, 0.0, 1.0), (count, 1))),
        known.get("SCALE", np.ones((count, 3))),
    )
