"""Edited shapes in CityGML: the coordinates of the polygons that differ are written anew, nothing else.

Polygons keep their elements, ids and looks. One that is gone goes with its property and the references to
it; one that is new has no surface it belongs to, and is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

import numpy as np

from layers.arrays import Float64
from layers.crs import is_geographic
from layers.data import HEAD, MEMBER, Piece
from layers.errors import WriteError
from layers.flatten import DEPTH
from layers.gml.attributes import tag_of
from layers.gml.coordinates import Lines, lines_of
from layers.gml.edits import Edits, Head
from layers.gml.geometries import Geometry, Polygon
from layers.gml.header import Header
from layers.gml.links import settle
from layers.gml.model import header_in
from layers.gml.names import XLINK_HREF, split
from layers.gml.objects import Extraction, GmlObject, member_of
from layers.gml.shapes import Shapes
from layers.shapes import SOURCE, Shape, rings_of

if TYPE_CHECKING:
    from lxml.etree import _Element

#: Nearer than this a corner is where it was.
NEAR = 1e-9
#: Decimals of new coordinates, of metres and of degrees, where the file itself has no more.
DECIMALS, DECIMALS_DEG = 6, 12
Touched = tuple[Piece, int | None]


def reshape(
    pieces: Iterable[Touched], shapes: Mapping[int, Shape], crs: str | None = None
) -> Iterator[Touched]:
    """The pieces of one file with other geometries of some objects; `crs` is where the layer lies."""
    head, before_members = b"", False
    for piece, touched in pieces:
        if piece.role == HEAD:
            head, before_members = b"", True
        before_members &= not piece.role.startswith(MEMBER)
        if before_members:
            head += piece.data
        if piece.role.startswith(MEMBER) and piece.feature is not None:
            first = piece.feature
            numbers = range(int(piece.role.removeprefix(MEMBER)))
            own = {number: shapes[first + number] for number in numbers if first + number in shapes}
            if own:
                data = piece.data[: piece.start] + reshaped(head, piece.data[piece.start :], own, crs)
                piece = Piece(data, piece.start, piece.feature, piece.role)
        yield piece, touched


def reshaped(head: bytes, member: bytes, shapes: Mapping[int, Shape], crs: str | None) -> bytes:
    """A member some of whose objects, by their number among its rows, have other shapes."""
    edits = Edits(Head(head), member)
    reshaping = _Reshaping(edits, header_in(head, member, crs))
    for number, shape in shapes.items():
        reshaping.object(reshaping.objects[number], shape)
    return edits.result()


class _Recorded(Shapes):
    """Reads geometries, and keeps the elements of polygons and rings."""

    def __init__(self) -> None:
        super().__init__(lambda _code, _text: None)
        self.polygons: dict[int, _Element] = {}  # by the identity of the list of rings
        self.rings: dict[int, _Element] = {}

    def _rings(self, polygon: _Element) -> list[int]:
        rings = super()._rings(polygon)
        self.polygons[id(rings)] = polygon
        return rings

    def _ring(self, ring: _Element) -> int | None:
        number = super()._ring(ring)
        if number is not None:
            self.rings[number] = ring
        return number


@dataclass(frozen=True)
class _Drawn:
    """A polygon as it is drawn."""

    polygon: Polygon
    rings: list[Float64]  # corners, which are not repeated, in the layer's CRS

    @property
    def key(self) -> frozenset[tuple[float, ...]]:
        """The same for polygons with the same corners."""
        return _key(self.rings)


def _key(rings: Sequence[Float64]) -> frozenset[tuple[float, ...]]:
    return frozenset(map(tuple, np.round(np.concatenate(rings), 6).tolist()))


class _Reshaping:
    """Writes new coordinates into a member."""

    def __init__(self, edits: Edits, header: Header) -> None:
        self._edits, self._header = edits, header
        batch = Extraction(lambda _code, _id, _text: None)
        batch.shapes = self._shapes = _Recorded()
        self.objects = batch.add(member_of(edits.elements[0]), 0).objects
        settle(batch, lambda _ids: None, lambda _code, _id, _text: None)
        self._written = lines_of(self._shapes.texts, header.dimension)
        reference = header.reference
        self._lines = Lines(
            reference.placed(self._written.points),
            self._written.first,
            self._written.count,
            self._written.closed,
            self._written.sound,
        )
        self._done: dict[int, list[Float64]] = {}

    def object(self, item: GmlObject, shape: Shape) -> None:
        """Give an object another shape."""
        if len(shape.geometries) != len(item.geometries):
            raise _refused(item, "it has more or fewer geometries than before")
        for geometry, wanted in zip(item.geometries, shape.geometries, strict=True):
            if wanted["type"] == SOURCE or not geometry.solids:
                continue
            new = [
                [shape.vertices[ring] for ring in polygon]
                for polygon in rings_of(wanted["boundaries"], DEPTH[wanted["type"]])
            ]
            self._geometry(item, geometry, new)

    def _geometry(self, item: GmlObject, geometry: Geometry, new: list[list[Float64]]) -> None:
        old = [
            _Drawn(polygon, [self._corners(polygon, ring) for ring in polygon.rings])
            for polygon in geometry.polygons()
            if isinstance(polygon, Polygon) and polygon.rings and self._lines.sound[polygon.rings].all()
        ]
        if len(new) == len(old):
            pairs = list(zip(old, new, strict=True))
        else:
            pairs = list(self._aligned(item, old, new))
        for drawn, rings in pairs:
            if not _same(drawn.rings, rings):
                if geometry.placed is not None or self._is_foreign(geometry):
                    raise _refused(item, "its geometry is a template's, or in another CRS than the file's")
                self._polygon(item, drawn.polygon, rings)

    def _aligned(
        self, item: GmlObject, old: Sequence[_Drawn], new: Sequence[list[Float64]]
    ) -> Iterator[tuple[_Drawn, list[Float64]]]:
        """Old and new polygons that belong together; those that are gone are taken out."""
        matcher = SequenceMatcher(None, [drawn.key for drawn in old], [_key(rings) for rings in new], False)
        for what, a, b, c, d in matcher.get_opcodes():
            if d - c > b - a:
                raise _refused(item, "it has polygons that were not there before")
            yield from zip(old[a:b], new[c:d], strict=False)
            if what != "equal":
                for drawn in old[a + d - c : b]:
                    self._remove(item, drawn.polygon)

    def _is_foreign(self, geometry: Geometry) -> bool:
        return bool(geometry.srs_name) and geometry.srs_name != self._header.srs_name

    def _corners(self, polygon: Polygon, ring: int) -> Float64:
        points = self._lines.line(ring)
        points = points[:-1] if self._lines.closed[ring] else points
        return points[::-1] if polygon.flipped else points

    # -- polygons ----------------------------------------------------------------------------------

    def _polygon(self, item: GmlObject, polygon: Polygon, rings: list[Float64]) -> None:
        """Write the rings of a polygon, once for all that refer to it."""
        rings = [ring[::-1] for ring in rings] if polygon.flipped else rings
        before = self._done.setdefault(id(polygon.rings), rings)
        if before is not rings:
            if not _same(before, rings):
                raise _refused(item, "a polygon that two geometries share would be in two places")
            return
        element = self._shapes.polygons.get(id(polygon.rings))
        if element is None:
            raise _refused(item, "its polygons stand in another member of the file")
        for number, points in zip(polygon.rings, rings, strict=False):
            self._ring(item, number, points)
        for number in polygon.rings[len(rings) :]:
            boundary = self._shapes.rings[number].getparent()
            assert boundary is not None
            self._edits.remove(boundary)
        if len(rings) > len(polygon.rings):
            raise _refused(item, "a polygon has inner rings that were not there before")

    def _remove(self, item: GmlObject, polygon: Polygon) -> None:
        """Take a polygon out, and the references to it."""
        if id(polygon.rings) in self._done:
            return
        self._done[id(polygon.rings)] = []
        element = self._shapes.polygons.get(id(polygon.rings))
        if element is None:
            raise _refused(item, "its polygons stand in another member of the file")
        around = element.getparent()
        assert around is not None
        self._edits.remove(around if split(tag_of(around))[1].endswith("Member") else element)
        for other in self._edits.elements:
            if polygon.id and other.get(XLINK_HREF) == f"#{polygon.id}":
                self._edits.remove(other)

    def _ring(self, item: GmlObject, number: int, points: Float64) -> None:
        """Write the coordinates of a ring; those that were there before as they were spelt."""
        ring = self._shapes.rings[number]
        spelt = self._spelt(number, points)
        children = list(ring)
        names = {split(tag_of(child))[1] for child in children}
        if names == {"posList"} and len(children) == 1:
            self._edits.write(children[0], " ".join(spelt))
        elif names == {"coordinates"} and len(children) == 1:
            self._edits.write(children[0], " ".join(point.replace(" ", ",") for point in spelt))
        elif names == {"pos"} and len(children) == len(spelt):
            for child, text in zip(children, spelt, strict=True):
                if (child.text or "").split() != text.split():
                    self._edits.write(child, text)
        elif names == {"pos"}:
            name = self._edits.name(children[0]).decode()
            self._edits.fill(ring, "".join(f"<{name}>{text}</{name}>" for text in spelt))
        else:
            raise _refused(
                item, "the coordinates of its polygons are written in a way that is not written back"
            )

    def _spelt(self, number: int, points: Float64) -> list[str]:
        """The points of a ring as text, each of two or three numbers, the first one again at the end."""
        reference = self._header.reference
        words = self._shapes.texts.texts[number].replace(",", " ").split()
        rows = self._written.line(number)
        size = len(words) // len(rows)
        known = {
            tuple(row): " ".join(words[at * size : (at + 1) * size])
            for at, row in enumerate(np.round(self._lines.line(number), 9).tolist())
        }
        decimals = max((len(word.partition(".")[2]) for word in words if "e" not in word.lower()), default=0)
        decimals = max(decimals, DECIMALS_DEG if is_geographic(reference.crs) else DECIMALS)
        found = []
        for point in [*points, *points[:1]]:
            text = known.get(tuple(np.round(point, 9).tolist()))
            if text is None:
                x, y, z = (point - reference.shift).tolist()
                row = (y, x, z) if reference.swapped else (x, y, z)
                text = " ".join(repr(round(value, decimals)) for value in row[:size])
            found.append(text)
        return found if self._written.closed[number] else found[:-1]


def _same(one: Sequence[Float64], other: Sequence[Float64]) -> bool:
    return len(one) == len(other) and all(
        a.shape == b.shape and bool(np.allclose(a, b, rtol=0, atol=NEAR))
        for a, b in zip(one, other, strict=True)
    )


def _refused(item: GmlObject, why: str) -> WriteError:
    return WriteError(
        f"The edited shape of {item.id!r} cannot be written into its CityGML",
        found=why,
        do="Export the layer as CityJSON",
    )
