"""A document's meshes into an assembly: triangles, points and lines with their features and looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.gltf.accessors import array
from layers.gltf.compressed import expand
from layers.gltf.document import DRACO, Document, Primitive, TextureInfo, Unreadable
from layers.gltf.features import Features
from layers.gltf.materials import TRANSFORM, Materials
from layers.gltf.scene import Placed, placed
from layers.meshes.parts import NOTHING, Assembly, Part, Thing
from layers.meshes.tables import Table
from layers.octree import Cloud
from layers.stored import Float64, Int32, UInt8

POINTS, LINES, LINE_LOOP, LINE_STRIP, TRIANGLES, STRIP, FAN = range(7)


@dataclass(frozen=True)
class _Shape:
    """A primitive in its own coordinates."""

    vertices: Float64
    indices: NDArray[np.int64]
    rgb: UInt8 | None
    uv: NDArray[np.float32] | None
    things: Int32 | None  # of corners
    surfaces: Int32 | None  # of corners
    look: int


class Reading:
    """Takes one document after the other into an assembly."""

    def __init__(self, assembly: Assembly, by_node: bool = False) -> None:
        self._assembly = assembly
        self._by_node = by_node  # whether meshes without features become things by the names of their nodes

    def add(
        self,
        document: Document,
        base: Float64,
        content: str,
        batch: Table | None = None,
        folder: str | None = "",
        thing: int | None = None,
    ) -> None:
        """Take a document whose coordinates `base` moves; `content` is what it is called in the report.

        `batch` is the batch table around it, `folder` that of its images below the source's; all of it is
        `thing` where that is said.
        """
        report = self._assembly.report
        features = Features(document, self._assembly, content, batch)
        materials = Materials(document, folder)
        for place in placed(document, base, report):
            for primitive in place.mesh.primitives:
                try:
                    self._add(document, place, primitive, features, materials, content, thing)
                except Unreadable as error:
                    name = place.node.name or place.mesh.name or content
                    report.warn(
                        "unreadable_mesh", name, f"A part of {name!r} is not read: {error}", "unsupported"
                    )
        features.all_things()
        for fault in (*features.metadata.faults, *materials.faults):
            report.warn("unreadable", content, f"{content}: {fault}", "unsupported")
        if document.gltf.animations:
            report.warn("animation", content, f"{content}: animations are not played", "unsupported")

    def _add(
        self,
        document: Document,
        place: Placed,
        primitive: Primitive,
        features: Features,
        materials: Materials,
        content: str,
        thing: int | None,
    ) -> None:
        if DRACO in primitive.extensions and _without_fallback(document, primitive):
            expand(document, primitive)
        shape = self._shape(document, primitive, features, materials)
        own = features.of_instances(place.node, len(place.matrices)) if place.is_instanced else None
        if thing is not None:
            own = np.full(len(place.matrices), thing, np.int32)
        if own is None and shape.things is None and self._by_node:
            own = self._named(place, content)
        self._assembly.count(len(place.matrices) * max(len(shape.indices), len(shape.vertices)))
        for number, matrix in enumerate(place.matrices):
            vertices = shape.vertices @ matrix[:3, :3].T + matrix[:3, 3]
            mirrored = bool(np.linalg.det(matrix[:3, :3]) < 0)
            self._take(shape, vertices, primitive.mode, None if own is None else int(own[number]), mirrored)

    def _named(self, place: Placed, content: str) -> Int32:
        """Each instance of a node as a thing of its own, called as the node is."""
        name = place.node.name or place.mesh.name or f"{content} {place.number}"
        many = len(place.matrices) > 1
        names = [f"{name} {number}" if many else name for number in range(len(place.matrices))]
        return np.array([self._assembly.thing(Thing(one)) for one in names], np.int32)

    def _take(self, shape: _Shape, vertices: Float64, mode: int, own: int | None, mirrored: bool) -> None:
        """Add one instance of a shape to the assembly."""
        if mode == POINTS:
            self._assembly.points.append(
                Cloud(vertices[shape.indices], None if shape.rgb is None else shape.rgb[shape.indices])
            )
            return
        if mode in (LINES, LINE_LOOP, LINE_STRIP):
            self._assembly.lines += [vertices[line] for line in _lines(shape.indices, mode)]
            return
        triangles = _triangles(shape.indices, mode)
        if mirrored:
            triangles = triangles[:, ::-1]
        first = triangles[:, 0]
        things = None if shape.things is None else shape.things[first]
        if own is not None:
            things = np.full(len(triangles), own, np.int32)
        self._assembly.add(
            Part(
                vertices,
                np.ascontiguousarray(triangles),
                np.full(len(triangles), shape.look, np.int32),
                things,
                None if shape.surfaces is None else shape.surfaces[first],
                shape.rgb,
                shape.uv,
            )
        )

    def _shape(
        self, document: Document, primitive: Primitive, features: Features, materials: Materials
    ) -> _Shape:
        if "POSITION" not in primitive.attributes:
            raise Unreadable("it has no places")
        vertices = array(document, primitive.attributes["POSITION"], 3).astype(np.float64)
        indices = np.arange(len(vertices))
        if primitive.indices is not None:
            indices = array(document, primitive.indices, 1)[:, 0].astype(np.int64)
        if len(indices) and indices.max() >= len(vertices):
            raise Unreadable("it names corners that are not there")
        look, info = materials.look(primitive.material)
        return _Shape(
            vertices,
            indices,
            _colours(document, primitive, len(vertices)),
            _places(document, primitive, info, len(vertices)),
            features.of_primitive(primitive, len(vertices)),
            features.surfaces(primitive, len(vertices)),
            NOTHING if look is None else self._assembly.look(look),
        )


def _without_fallback(document: Document, primitive: Primitive) -> bool:
    """Whether the places of a compressed primitive are nowhere else."""
    number = primitive.attributes.get("POSITION", -1)
    accessors = document.gltf.accessors
    return not 0 <= number < len(accessors) or accessors[number].bufferView is None


def _lines(indices: NDArray[np.int64], mode: int) -> list[NDArray[np.int64]]:
    if mode == LINES:
        return list(indices[: len(indices) // 2 * 2].reshape(-1, 2))
    return [np.append(indices, indices[:1])] if mode == LINE_LOOP else [indices]


def _triangles(indices: NDArray[np.int64], mode: int) -> NDArray[np.int64]:
    """(m, 3) corners of triangles, in the way they are listed."""
    if mode == TRIANGLES:
        return indices[: len(indices) // 3 * 3].reshape(-1, 3)
    count = max(len(indices) - 2, 0)
    at = np.arange(count)
    if mode == STRIP:
        odd = at % 2
        return indices[np.stack((at, at + 1 + odd, at + 2 - odd), axis=-1)]
    if mode == FAN:
        return indices[np.stack((np.zeros_like(at), at + 1, at + 2), axis=-1)]
    raise Unreadable(f"it is of the unknown mode {mode}")


def _colours(document: Document, primitive: Primitive, corners: int) -> UInt8 | None:
    """(corners, 3) colours; where all are white there are none."""
    if "COLOR_0" not in primitive.attributes:
        return None
    values: Any = array(document, primitive.attributes["COLOR_0"])
    if len(values) != corners or values.shape[1] < 3:
        raise Unreadable("it has not as many colours as corners")
    if values.dtype.kind in "iu":
        values = values / np.iinfo(values.dtype).max
    linear = np.clip(np.nan_to_num(values[:, :3].astype(np.float64)), 0, 1)
    # As for materials: linear to what screens take.
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    rgb = np.rint(255 * encoded).astype(np.uint8)
    return None if (rgb == 255).all() else rgb


def _places(
    document: Document, primitive: Primitive, info: TextureInfo | None, corners: int
) -> NDArray[np.float32] | None:
    """(corners, 2) places in the image, v upwards; None without an image."""
    if info is None:
        return None
    transform = info.extensions.get(TRANSFORM)
    transform = transform if isinstance(transform, dict) else {}
    which = transform.get("texCoord", info.texCoord)
    if f"TEXCOORD_{which}" not in primitive.attributes:
        return None
    uv = array(document, primitive.attributes[f"TEXCOORD_{which}"], 2).astype(np.float64)
    if len(uv) != corners:
        raise Unreadable("it has not as many places in the image as corners")
    u, v = (uv * _pair(transform.get("scale"), 1.0)).T
    angle = transform.get("rotation", 0.0)
    angle = float(angle) if isinstance(angle, int | float) else 0.0
    east, south = _pair(transform.get("offset"), 0.0)
    cos, sin = np.cos(angle), np.sin(angle)
    turned = np.stack((cos * u + sin * v + east, -sin * u + cos * v + south), axis=-1)
    turned[:, 1] = 1.0 - turned[:, 1]
    return turned.astype(np.float32)


def _pair(said: Any, otherwise: float) -> tuple[float, float]:
    if isinstance(said, list) and len(said) == 2 and all(isinstance(value, int | float) for value in said):
        return float(said[0]), float(said[1])
    return otherwise, otherwise
