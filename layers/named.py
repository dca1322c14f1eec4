"""Files that a source names by their paths: images, libraries of materials, buffers."""

from __future__ import annotations

import mmap
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote
from xml.sax.saxutils import unescape

import orjson

from layers.errors import ReadError
from layers.gltf.document import Unreadable, document
from layers.jsontext import value_at
from layers.looks import path_within
from layers.meshes.mtl import MOST_BYTES, files_of
from layers.records import Layer
from layers.smallfile import read_whole

#: The bytes of a source, tile by tile: the name of the tile, "" of a single file, and its pieces.
Tiles = Iterable[tuple[str, Iterator[bytes]]]

_TEXTURES = re.compile(rb'"textures"\s*:\s*(?=\[)')
_IMAGE_URI = re.compile(rb"<(?:[\w.-]+:)?imageURI(?:\s[^>]*)?>([^<]*)</")
_LIBRARY = re.compile(rb"^[ \t]*mtllib[ \t]+([^\r\n]*)", re.MULTILINE)
#: What lies on other computers, or in the source itself, is nobody's file.
_ELSEWHERE = re.compile(r"(https?|ftp|data):", re.IGNORECASE)
MOST_GLTF_BYTES = 2 << 30


def named_files(layer: Layer, tiles: Callable[[], Tiles]) -> list[str]:
    """The files that a layer's source names, each once, from the folder of the source or of all its tiles."""
    found = _in_text(layer.source_format, tiles) if not layer.linked else _in_files(layer)
    return list(dict.fromkeys(path for path in found if path and not _ELSEWHERE.match(path)))


def joined(tile: str, said: str) -> str:
    """A path that a tile says, from the folder of all tiles; what lies elsewhere stays as it is."""
    said = said.strip()
    if _ELSEWHERE.match(said) or said.startswith("/"):
        return said
    return posixpath.join(posixpath.dirname(tile), said.replace("\\", "/"))


def _in_text(form: str, tiles: Callable[[], Tiles]) -> Iterator[str]:
    """What the text of city models names."""
    finder = {"cityjson": _textures, "cityjsonseq": _textures, "citygml": _image_uris}.get(form)
    if finder is not None:
        for tile, pieces in tiles():
            yield from (joined(tile, said) for said in finder(pieces))


def _textures(pieces: Iterator[bytes]) -> Iterator[str]:
    """The images of the textures of CityJSON."""
    for data in pieces:
        for match in _TEXTURES.finditer(data):
            value = value_at(data, match.end())
            textures = orjson.loads(value) if value is not None else []
            images = (one.get("image") for one in textures if isinstance(one, dict))
            yield from (image for image in images if isinstance(image, str))


def _image_uris(pieces: Iterator[bytes]) -> Iterator[str]:
    """The images of the textures of CityGML."""
    for data in pieces:
        for found in _IMAGE_URI.findall(data):
            yield unescape(found.decode("utf-8", "replace"))


def _in_files(layer: Layer) -> Iterator[str]:
    """What meshes name, which are linked; of tilesets, all files are their own."""
    path = Path(layer.source_path)
    if layer.source_format == "obj":
        yield from _of_obj(path)
    elif layer.source_format == "ply":
        yield from (said for said in layer.facts.get("textures") or () if isinstance(said, str))
    elif layer.source_format == "gltf":
        yield from _of_gltf(path)


def _of_obj(path: Path) -> Iterator[str]:
    """The libraries of an OBJ file, and the images that they name."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            libraries = [found.decode("utf-8", "replace").strip() for found in _LIBRARY.findall(text)]
    except (OSError, ValueError):  # gone, or empty
        return
    for said in dict.fromkeys(libraries):
        yield said
        library = path_within(path.parent, said)
        if library is not None and library.is_file():
            text_of = read_whole(library, "library of materials", MOST_BYTES).decode("utf-8", "replace")
            yield from (joined(said.replace("\\", "/"), image) for image in files_of(text_of))


def _of_gltf(path: Path) -> Iterator[str]:
    """The buffers and images that a glTF file names."""
    try:
        gltf = document(read_whole(path, "model", MOST_GLTF_BYTES), _nothing, path.name).gltf
    except ReadError:
        return
    uris = [buffer.uri for buffer in gltf.buffers] + [image.uri for image in gltf.images]
    yield from (unquote(uri) for uri in uris if uri is not None and not uri.startswith("data:"))


def _nothing(uri: str) -> bytes:
    raise Unreadable(uri)
