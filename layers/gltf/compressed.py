"""Primitives whose arrays are compressed with Draco (KHR_draco_mesh_compression)."""

from __future__ import annotations

import msgspec

from layers.gltf.document import DRACO, Document, Primitive
from layers.gltf.metadata import convert


class _Compressed(msgspec.Struct):
    """Where the stream is, and which of its attributes is which of the primitive's."""

    bufferView: int  # noqa: N815
    attributes: dict[str, int] = {}


def expand(document: Document, primitive: Primitive) -> None:
    """Decode the arrays of a primitive: from then on its accessors hold them."""
    from layers.draco.mesh import decoded  # its kernels take their time to be compiled

    said: _Compressed = convert(primitive.extensions[DRACO], _Compressed)
    found = decoded(bytes(document.view(said.bufferView)))
    for name, number in said.attributes.items():
        values = found.values.get(number)
        if name in primitive.attributes and values is not None:
            document.decoded[primitive.attributes[name]] = values
    if primitive.indices is not None:
        document.decoded[primitive.indices] = found.triangles.reshape(-1, 1)
