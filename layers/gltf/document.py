"""The container of glTF 2.0 (ISO/IEC 12113:2022): JSON or GLB, and the buffers that belong to it."""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec
from numpy.typing import NDArray

from layers.errors import ReadError, reason

MAGIC = b"glTF"
_JSON, _BINARY = 0x4E4F534A, 0x004E4942
#: The bytes of a file that a glTF file names; ReadError says why there are none.
Fetch = Callable[[str], bytes]
Extensions = dict[str, Any]

DRACO, MESHOPT = "KHR_draco_mesh_compression", "EXT_meshopt_compression"


class Sparse(msgspec.Struct):
    """Values that differ from those of an accessor's own buffer view."""

    count: int
    indices: dict[str, Any]
    values: dict[str, Any]


class Accessor(msgspec.Struct):
    """A typed view into a buffer view."""

    componentType: int  # noqa: N815
    count: int
    type: str
    bufferView: int | None = None  # noqa: N815
    byteOffset: int = 0  # noqa: N815
    normalized: bool = False
    sparse: Sparse | None = None


class BufferView(msgspec.Struct):
    """A stretch of a buffer."""

    buffer: int
    byteLength: int  # noqa: N815
    byteOffset: int = 0  # noqa: N815
    byteStride: int | None = None  # noqa: N815
    extensions: Extensions = {}


class Buffer(msgspec.Struct):
    """Bytes: in the container, in the text, or in another file."""

    byteLength: int  # noqa: N815
    uri: str | None = None


class Primitive(msgspec.Struct):
    """Points, lines or triangles with one material."""

    attributes: dict[str, int]
    indices: int | None = None
    material: int | None = None
    mode: int = 4
    targets: list[Any] = []
    extensions: Extensions = {}


class MeshOf(msgspec.Struct):
    """Primitives that stand together."""

    primitives: list[Primitive]
    name: str = ""


class Node(msgspec.Struct):
    """A place in the scene."""

    name: str = ""
    mesh: int | None = None
    skin: int | None = None
    children: list[int] = []
    matrix: list[float] | None = None
    translation: list[float] | None = None
    rotation: list[float] | None = None
    scale: list[float] | None = None
    extensions: Extensions = {}


class SceneOf(msgspec.Struct):
    """The roots of a scene."""

    nodes: list[int] = []


class TextureInfo(msgspec.Struct):
    """Which texture, by which set of coordinates."""

    index: int
    texCoord: int = 0  # noqa: N815
    extensions: Extensions = {}


class Pbr(msgspec.Struct):
    """Metallic-roughness: of it the base colour is drawn."""

    baseColorFactor: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)  # noqa: N815
    baseColorTexture: TextureInfo | None = None  # noqa: N815


class Material(msgspec.Struct):
    """How a primitive looks."""

    name: str = ""
    pbrMetallicRoughness: Pbr | None = None  # noqa: N815
    alphaMode: str = "OPAQUE"  # noqa: N815
    extensions: Extensions = {}


class Texture(msgspec.Struct):
    """An image and how it is repeated."""

    source: int | None = None
    sampler: int | None = None
    extensions: Extensions = {}


class Sampler(msgspec.Struct):
    """How an image is repeated."""

    wrapS: int = 10497  # noqa: N815


class Image(msgspec.Struct):
    """An image in a file, in the text, or in a buffer view."""

    uri: str | None = None
    bufferView: int | None = None  # noqa: N815


class Asset(msgspec.Struct):
    """The version, and what the writer says of itself."""

    version: str | float | int = ""
    generator: str = ""
    extras: Any = None


class Gltf(msgspec.Struct):
    """The members of a glTF file that are used."""

    asset: Asset
    scene: int | None = None
    scenes: list[SceneOf] = []
    nodes: list[Node] = []
    meshes: list[MeshOf] = []
    accessors: list[Accessor] = []
    bufferViews: list[BufferView] = []  # noqa: N815
    buffers: list[Buffer] = []
    materials: list[Material] = []
    textures: list[Texture] = []
    samplers: list[Sampler] = []
    images: list[Image] = []
    animations: list[Any] = []
    extensionsRequired: list[str] = []  # noqa: N815
    extensions: Extensions = {}


class Unreadable(Exception):
    """A part of the file that cannot be read; says why in a few words."""


@dataclass
class Document:
    """A glTF file: what it says, and its buffers, fetched when they are first asked for."""

    gltf: Gltf
    binary: bytes | None  # the binary chunk of a GLB
    fetch: Fetch
    #: Accessors whose values were compressed, once they are decoded.
    decoded: dict[int, NDArray[Any]] = field(default_factory=dict)
    _buffers: dict[int, bytes] = field(default_factory=dict)

    def view(self, number: int) -> memoryview:
        """The bytes of a buffer view."""
        view = self.item(self.gltf.bufferViews, number, "buffer view")
        if MESHOPT in view.extensions:
            raise Unreadable("it is compressed with meshopt, which is not read")
        data = memoryview(self._buffer(view.buffer))
        end = view.byteOffset + view.byteLength
        if view.byteOffset < 0 or view.byteLength < 0 or end > len(data):
            raise Unreadable(f"buffer view {number} reaches beyond its buffer")
        return data[view.byteOffset : end]

    def _buffer(self, number: int) -> bytes:
        if number not in self._buffers:
            buffer = self.item(self.gltf.buffers, number, "buffer")
            if buffer.uri is not None:
                self._buffers[number] = self.content(buffer.uri)
            elif number == 0 and self.binary is not None:
                self._buffers[number] = self.binary
            else:
                raise Unreadable(f"buffer {number} is nowhere")
        return self._buffers[number]

    def content(self, uri: str) -> bytes:
        """The bytes that a URI stands for: in itself, or in another file."""
        if uri.startswith("data:"):
            return data_of(uri)
        try:
            return self.fetch(uri)
        except ReadError as error:
            raise Unreadable(f"{error.what[:1].lower()}{error.what[1:]} ({error.where or uri})") from error

    @staticmethod
    def item(items: list[Any], number: int, what: str) -> Any:
        """An item of a list by its number."""
        if not 0 <= number < len(items):
            raise Unreadable(f"{what} {number} is missing")
        return items[number]


def data_of(uri: str) -> bytes:
    """The bytes in a data URI (RFC 2397)."""
    head, comma, text = uri.partition(",")
    if not comma:
        raise Unreadable("a data URI without data")
    plain = unquote_to_bytes(text)
    if not head.endswith(";base64"):
        return plain
    try:
        return base64.b64decode(plain, validate=False)
    except binascii.Error as error:
        raise Unreadable("a data URI whose base64 is damaged") from error


def document(data: bytes, fetch: Fetch, where: str) -> Document:
    """The document in the bytes of a .gltf or .glb file."""
    text, binary = _chunks(data, where) if data.startswith(MAGIC) else (data, None)
    try:
        gltf = msgspec.json.decode(text.strip(b"\0 \t\r\n\xef\xbb\xbf"), type=Gltf)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ReadError(
            "This glTF file is damaged", where=where, found=reason(error), do="Ask for the file again"
        ) from error
    if not str(gltf.asset.version).startswith("2"):
        raise ReadError(
            "This version of glTF is not read", where=where, found=str(gltf.asset.version), allowed="2.0"
        )
    return Document(gltf, binary, fetch)


def _chunks(data: bytes, where: str) -> tuple[bytes, bytes | None]:
    """The JSON and the binary chunk of a GLB."""
    if len(data) < 20:
        raise ReadError("This GLB file ends early", where=where, do="Ask for the file again")
    version, _length = struct.unpack_from("<II", data, 4)
    if version != 2:
        raise ReadError("This version of GLB is not read", where=where, found=str(version), allowed="2")
    text: bytes | None = None
    binary: bytes | None = None
    at = 12
    while at + 8 <= len(data):
        size, kind = struct.unpack_from("<II", data, at)
        chunk = data[at + 8 : at + 8 + size]
        if len(chunk) < size:
            raise ReadError("This GLB file ends early", where=where, do="Ask for the file again")
        if kind == _JSON and text is None:
            text = chunk
        elif kind == _BINARY and binary is None:
            binary = chunk
        at += 8 + size + (-size) % 4
    if text is None:
        raise ReadError("This GLB file has no JSON", where=where, do="Ask for the file again")
    return text, binary
