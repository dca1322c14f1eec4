"""Edited shapes in the text of a CityJSON file: their geometries are written anew, all else stays as it was.

New corners come behind the vertices there are; those that are there already are named by their numbers.
"""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import msgspec
import numpy as np
import orjson
from numpy.typing import NDArray

from layers.arrays import Float64
from layers.data import Piece
from layers.formats._cityobjects import ROOT, Root, transform_of
from layers.formats._vertices import Transformation, vertices_in
from layers.jsontext import BOM, address, raw_members, replace_member
from layers.shapes import SOURCE, Shape, renumbered

Int64 = NDArray[np.int64]
#: Where the JSON object that holds an object and its vertices begins and ends in a text.
Document = Callable[[mmap.mmap, int], tuple[int, int]]
#: What may stand before a text is shorter.
MOST_BLANK = 1 << 12
Touched = tuple[Piece, int | None]

_LISTED = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True)
class _Held:
    """A piece without its bytes."""

    begin: int  # in the file
    size: int
    start: int
    feature: int | None
    role: str
    touched: int | None


def reshape(
    pieces: Iterator[Touched], shapes: Mapping[int, Shape], document: Document, header: bool
) -> Iterator[Touched]:
    """The pieces of a text with other geometries; `header`: its first line holds the transform for all."""
    with tempfile.TemporaryDirectory() as folder, Path(folder, "source").open("w+b") as file:
        held = list(_kept(pieces, file))
        file.flush()
        if not file.tell():
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            edits = _Edits(file, text, shapes, header)
            for piece in held:
                if piece.feature in shapes:
                    edits.number(piece, document(text, piece.begin + piece.start))
            for piece in held:
                yield edits.written(piece), piece.touched
            del edits


def own_text(text: bytes, shape: Shape) -> bytes:
    """The text of an object with the geometries of a shape, over the vertices of the shape."""
    return _with_geometry(text, shape, list(range(len(shape.vertices))))


def whole_text(text: mmap.mmap, _at: int) -> tuple[int, int]:
    """The document of a file that is one JSON object."""
    return _first(text), len(text)


def line_of(text: mmap.mmap, at: int) -> tuple[int, int]:
    """The document of a sequence: the line in which a place lies."""
    end = text.find(b"\n", at)
    return text.rfind(b"\n", 0, at) + 1, len(text) if end < 0 else end


def _first(text: mmap.mmap) -> int:
    """Where the text begins, behind what stands before it."""
    head = text[:MOST_BLANK]
    return len(head) - len(head.removeprefix(BOM).lstrip())


def _kept(pieces: Iterator[Touched], file: IO[bytes]) -> Iterator[_Held]:
    for piece, touched in pieces:
        begin = file.tell()
        file.write(piece.data)
        yield _Held(begin, len(piece.data), piece.start, piece.feature, piece.role, touched)


class _Edits:
    """What becomes of a text: numbers of the edited objects' corners, and vertices that are put in."""

    def __init__(self, file: IO[bytes], text: mmap.mmap, shapes: Mapping[int, Shape], header: bool) -> None:
        self._file, self._text, self._shapes = file, text, shapes
        first = _first(text)
        self._header = transform_of(_root(text, (first, line_of(text, first)[1])), Path()) if header else None
        self._lists: dict[tuple[int, int], _Vertices] = {}
        self._numbers: dict[int, list[int]] = {}

    def number(self, piece: _Held, document: tuple[int, int]) -> None:
        """Find the numbers of an edited object's corners among the vertices of its document."""
        assert piece.feature is not None
        vertices = self._lists.get(document)
        if vertices is None:
            root = _root(self._text, document)
            transform = self._header
            if transform is None:
                transform = transform_of(root, Path())
            begin = address(root.vertices) - address(memoryview(self._text))
            end = begin + len(memoryview(root.vertices))
            whole = transform if root.transform is not None or self._header is not None else None
            del root
            vertices = self._lists[document] = _Vertices(self._file, (begin, end), transform, whole is None)
        self._numbers[piece.feature] = vertices.numbers_of(self._shapes[piece.feature].vertices)

    def written(self, piece: _Held) -> Piece:
        """A piece as it becomes."""
        data, start = self._text[piece.begin : piece.begin + piece.size], piece.start
        end = piece.begin + piece.size
        inside = [found for found in self._lists.values() if piece.begin < found.place <= end]
        for vertices in sorted(inside, key=lambda found: found.place, reverse=True):
            place, text = vertices.place - piece.begin, vertices.text()
            data = data[:place] + text + data[place:]
            start += len(text) if place <= start else 0
        if piece.feature in self._numbers:
            own = _with_geometry(data[start:], self._shapes[piece.feature], self._numbers[piece.feature])
            data = data[:start] + own
        return Piece(data, start, piece.feature, piece.role)


def _root(text: mmap.mmap, document: tuple[int, int]) -> Root:
    return ROOT.decode(memoryview(text)[slice(*document)])


class _Vertices:
    """The list of vertices of a document, and what is put behind its last one."""

    def __init__(
        self, file: IO[bytes], span: tuple[int, int], transform: Transformation, is_plain: bool
    ) -> None:
        self._scale, self._translate = transform
        self._is_plain = is_plain  # coordinates stand in the file as they are
        self._added: dict[tuple[Any, ...], int] = {}
        stretches = list(vertices_in(file, *span, transform, Path())) if span[1] - span[0] > 2 else []
        self._known = np.concatenate([np.empty((0, 3)), *stretches])
        file.seek(span[0])
        listed = file.read(span[1] - span[0])
        #: Behind the last vertex; bytes of the source.
        self.place = span[0] + len(listed[:-1].rstrip())
        self._keys: Int64 | None = None

    def numbers_of(self, points: Float64) -> list[int]:
        """The numbers of points, of those that are new behind all others."""
        wanted = self._rows(points)
        known = self._known_rows()
        here = np.isin(known[:, 0], wanted[:, 0]) & np.isin(known[:, 1], wanted[:, 1])
        places = np.flatnonzero(here)
        numbers = dict(zip(map(tuple, known[places].tolist()), places.tolist(), strict=True))
        found = []
        for row in map(tuple, wanted.tolist()):
            number = numbers.get(row)
            if number is None:
                number = self._added.setdefault(row, len(self._known) + len(self._added))
            found.append(number)
        return found

    def _known_rows(self) -> NDArray[Any]:
        if self._keys is None:
            self._keys = self._rows(self._known)
        return self._keys

    def _rows(self, points: Float64) -> NDArray[Any]:
        """Points as the file writes them."""
        if self._is_plain:
            return points
        return np.rint((points - self._translate) / self._scale).astype(np.int64)

    def text(self) -> bytes:
        """What is put in."""
        if not self._added:
            return b""
        rows = b",".join(orjson.dumps(row) for row in self._added)
        return (b"," if len(self._known) else b"") + rows


def _with_geometry(text: bytes, shape: Shape, numbers: list[int]) -> bytes:
    """An object with the geometries of a shape; those that are as they were keep their bytes."""
    members = raw_members(text)
    held = [bytes(raw) for raw in _LISTED.decode(members.get("geometry", b"[]"))]
    geometries = []
    for place, geometry in enumerate(shape.geometries):
        if geometry["type"] == SOURCE:
            geometries.append(held[geometry["place"]])
            continue
        wanted = {**geometry, "boundaries": renumbered(geometry["boundaries"], numbers)}
        is_same = place < len(held) and orjson.loads(held[place]) == wanted
        geometries.append(held[place] if is_same else orjson.dumps(wanted))
    if geometries != held:
        text = replace_member(text, "geometry", b"[" + b",".join(geometries) + b"]")
    if "geographicalExtent" in members and len(shape.vertices):
        extent = [*shape.vertices.min(axis=0).tolist(), *shape.vertices.max(axis=0).tolist()]
        text = replace_member(text, "geographicalExtent", orjson.dumps(extent))
    return text
