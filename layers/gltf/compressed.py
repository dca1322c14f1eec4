"""Primitives whose arrays are compressed with Draco (KHR_draco_mesh_compression)."""

from __future__ import annotations

import msgspec

from layers.gltf.document import DRACO, Document, Primitive, Unreadable
from layers.gltf.metadata import convert

_MAGIC, _HEADER, _EDGEBREAKER = b"DRACO", 11, 1
#: Triangles of one stream, and of one byte of it: the most even mesh takes more room.
MOST_FACES, MOST_FACES_OF_A_BYTE = 10_000_000, 512


class _Compressed(msgspec.Struct):
    """Where the stream is, and which of its attributes is which of the primitive's."""

    bufferView: int  # noqa: N815
    attributes: dict[str, int] = {}


def expand(document: Document, primitive: Primitive) -> None:
    """Decode the arrays of a primitive: from then on its accessors hold them."""
    import DracoPy

    said: _Compressed = convert(primitive.extensions[DRACO], _Compressed)
    stream = bytes(document.view(said.bufferView))
    _check(stream)
    try:
        mesh = DracoPy.decode(stream)
    except (DracoPy.FileTypeException, ValueError, RuntimeError) as error:
        raise Unreadable("its Draco stream is damaged") from error
    if not isinstance(mesh, DracoPy.DracoMesh) or not len(mesh.faces):
        raise Unreadable("its Draco stream holds no triangles")
    found = {attribute["unique_id"]: attribute["data"] for attribute in mesh.attributes}
    for name, number in said.attributes.items():
        if name in primitive.attributes and number in found:
            if len(found[number]) != len(mesh.points):
                raise Unreadable("its Draco stream is damaged")
            document.decoded[primitive.attributes[name]] = found[number]
    if primitive.indices is not None:
        document.decoded[primitive.indices] = mesh.faces.reshape(-1, 1)


def _check(stream: bytes) -> None:
    """Refuse a stream that is none, or that says more triangles than it can hold."""
    if not stream.startswith(_MAGIC) or len(stream) < 2 * _HEADER:
        raise Unreadable("its Draco stream does not begin as one")
    at = _HEADER
    if stream[8] == _EDGEBREAKER:
        _vertices, at = _varint(stream, at + 1)  # behind the kind of its traversal
    faces, _ = _varint(stream, at)
    if faces > min(MOST_FACES, MOST_FACES_OF_A_BYTE * len(stream)):
        raise Unreadable("its Draco stream promises more than it holds")


def _varint(stream: bytes, at: int) -> tuple[int, int]:
    """A number of variable length (seven bits a byte, the lowest first), and where it ends."""
    value = 0
    for shift, byte in enumerate(stream[at : at + 10]):
        value |= (byte & 127) << (7 * shift)
        if byte < 128:
            return value, at + shift + 1
    raise Unreadable("its Draco stream is damaged")
