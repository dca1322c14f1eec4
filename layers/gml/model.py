"""A CityGML text as a city model in CityJSON 2.0: solids with their shells, semantics, addresses, looks.

What CityJSON has no type for becomes a generic city object that keeps its type, and the id of what it
was part of, as attributes. Implicit geometries are written out where they stand; terrain intersection
curves are lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from layers import xmlsafe
from layers.arrays import Float64
from layers.citymodel import GENERIC, MEMBER_ORDER, SOURCE_PARENT, SOURCE_TYPE, fitting_scale, known_type
from layers.conformance import SECOND_LEVEL
from layers.crs import same_crs
from layers.data import never_stop
from layers.gml.attributes import ADDRESS, tag_of
from layers.gml.batches import Batch
from layers.gml.coordinates import Lines
from layers.gml.cutting import HEAD, Cut, frame_of, members_in, with_ids
from layers.gml.dressing import Dressing
from layers.gml.edits import Head
from layers.gml.geometries import Geometry, Polygon
from layers.gml.header import Header, header_of
from layers.gml.meaning import Meanings, Tree, each
from layers.gml.names import is_object_like, split
from layers.gml.objects import Extraction, GmlObject, member_of
from layers.gml.reader import Reader
from layers.gml.shapes import GEOMETRIES
from layers.runs import numbered, starts
from layers.srsnames import Reference
from layers.upgrade import Model

if TYPE_CHECKING:
    from lxml.etree import _Element

#: Steps of degrees, some 0.1 mm on the ground.
FINEST_DEG = 1e-9
#: Of geometries whose file does not say it.
USUAL_LOD, USUAL_LOD_OF_LINES = "2", "0"
GROUP, MEMBER_OF_GROUP = "CityObjectGroup", "groupMember"
_LAYER = Path("the layer")
Texts = Callable[[], Iterable[bytes]]


def from_text(text: bytes, crs: str | None = None, ids: Sequence[str] = ()) -> Model:
    """A CityGML text as CityJSON 2.0; `crs` is where its layer is known to lie, if that is known.

    `ids` are what its objects, and perhaps those of further texts, are called, in order: those without a
    gml:id are called after their place in the file as it was read.
    """
    header, cuts = _header(text, crs)
    reader = ModelReader(_LAYER, header)
    reader.texts = lambda: (text,)
    reader.share(text)
    reader.add(text, cuts, 0, never_stop)
    reader.appearances.wear(reader.gathered.batches)
    for taken, id in zip(reader.taken, ids, strict=False):
        taken.item.id = id
    return Builder(reader).model()


def own_geometries(head: bytes, member: bytes, number: int, elsewhere: Texts) -> list[dict[str, Any]]:
    """The geometries of one of the city objects in a member, as CityJSON has them.

    Their boundaries number corners of its own; `elsewhere` gives the texts in which that may stand to which
    the geometries refer.
    """
    frame = frame_of(head, _LAYER.name)
    reader = ModelReader(_LAYER, Header(frame, "", "", 0, Reference(None), {}, [], []))
    reader.texts = lambda: (frame.whole(member), *elsewhere())
    reader.take(member_of(next(Head(head).parsed(member))))
    taken = reader.taken[number]
    builder = Builder(reader)
    return [builder.geometry(taken.item, shape) for shape in taken.shapes]


def header_in(head: bytes, member: bytes, crs: str | None) -> Header:
    """What the head of a file says of one of its members."""
    return _header(_whole(head, member), crs)[0]


def _whole(head: bytes, member: bytes) -> bytes:
    """The text of a file that has one member only."""
    known = Head(head)
    if is_object_like(tag_of(next(known.parsed(member)))):
        # It is one of many in one member, which is not there.
        member = b"<in:featureMember xmlns:in='in'>" + member + b"</in:featureMember>"
    return head + member + known.end


def _header(text: bytes, crs: str | None) -> tuple[Header, list[Cut]]:
    frame = frame_of(text[:HEAD], _LAYER.name)
    cuts = list(members_in(text, frame, _LAYER.name))
    header = header_of(text, frame, cuts, _LAYER)
    known = header.reference.crs
    if crs is not None and (known is None or not same_crs(known, crs)):
        header = header.in_crs(crs)
    return header, cuts


@dataclass(slots=True)
class Shape:
    """A geometry, and where its points are: polygons of a batch, or points of its own."""

    geometry: Geometry
    batch: int
    first: int  # polygon in the batch
    lines: list[Float64] = field(default_factory=list)


@dataclass(slots=True)
class Taken:
    """A city object with what is read of it."""

    item: GmlObject
    shapes: list[Shape] = field(default_factory=list)
    places: list[Float64] = field(default_factory=list)  # points of each address


class ModelReader(Reader):
    """Reads as other readers do, and keeps the objects with the structure of their geometries."""

    condenses = False
    texts: Texts

    def __init__(self, path: Path, header: Header) -> None:
        super().__init__(path, header)
        self.taken: list[Taken] = []
        self.chosen: dict[int, list[Polygon]] = {}  # the polygons of each batch

    def take(self, member: _Element) -> None:
        """Take one member alone."""
        batch = Extraction(self.tell)
        batch.add(member, 0)
        self._take(batch)

    def _take(self, batch: Extraction) -> None:
        items = (item for member in batch.members for item in member.objects)
        self._places = {id(item): list(_address_points(item.element, batch)) for item in items}
        super()._take(batch)

    def _gather(self, items: Sequence[GmlObject], first: int, written: Lines, lines: Lines) -> Batch | None:
        number = len(self.gathered.batches)
        found = super()._gather(items, first, written, lines)
        chosen = [] if found is None else found.chosen()
        self.chosen[number] = chosen  # when there are none, those of the next batch will stand there
        at = 0

        def sound(numbers: Iterable[int]) -> list[Float64]:
            return [lines.line(number) for number in numbers if lines.sound[number]]

        for item in items:
            taken = Taken(item)
            for numbers in self._places[id(item)]:
                taken.places.append(np.concatenate([np.empty((0, 3)), *sound(numbers)]))
            for geometry in item.geometries:
                taken.shapes.append(Shape(geometry, number, at, sound(geometry.lines)))
                for polygon in geometry.polygons():
                    at += at < len(chosen) and chosen[at] is polygon
            self.taken.append(taken)
        return found

    def _fetch(self, batch: Extraction, ids: set[str]) -> None:
        frame, where = self.header.frame, self.path.name
        for text in self.texts():
            for begin, end in with_ids(text, ids, frame.encoding, where):
                root = xmlsafe.parse(frame.whole(text[begin:end]), where, frame.encoding)
                for element in root:
                    if element.tag in GEOMETRIES:
                        list(batch.shapes.geometries(element, ""))


def _address_points(element: _Element, batch: Extraction) -> Iterator[list[int]]:
    """The numbers of the points of each address of a city object."""
    for part in element:
        if split(tag_of(part))[1] == ADDRESS:
            yield [
                line
                for points in part.iter("{*}MultiPoint")
                for shape in batch.shapes.geometries(points, "")
                for line in shape.lines
            ]


class Builder:
    """Makes a model of what was read."""

    def __init__(self, reader: ModelReader) -> None:
        self._taken, self._chosen = reader.taken, reader.chosen
        self._parents = {taken.item.parent.id for taken in reader.taken if taken.item.parent is not None}
        batches = reader.gathered.batches
        self.dressing = Dressing(batches, reader.appearances.looks, reader.appearances.themes)
        self.meanings = Meanings()
        blocks = [batch.corners for batch in batches]
        sizes = [len(block) for block in blocks]
        first = starts(np.array(sizes, np.int64))
        self._rings = [(starts(b.rings) + at).tolist() for b, at in zip(batches, first, strict=False)]
        self._polygons = [starts(batch.polygon_rings).tolist() for batch in batches]
        self._own: dict[int, int] = {}  # where points that are no corners begin
        count = int(first[-1])
        for points in self._single_points():
            self._own[id(points)] = count
            blocks.append(points)
            count += len(points)
        self._number(np.concatenate([np.empty((0, 3)), *blocks]), reader.in_degrees)

    def _single_points(self) -> Iterator[Float64]:
        for taken in self._taken:
            yield from taken.places
            for shape in taken.shapes:
                yield from shape.lines

    def _number(self, points: Float64, in_degrees: bool) -> None:
        """Give points that fall together one number."""
        scale = np.full(3, fitting_scale(points))
        if in_degrees:
            scale = np.array((FINEST_DEG, FINEST_DEG, fitting_scale(points[:, 2:])))
        low = np.floor(points.min(axis=0)) if len(points) else np.zeros(3)
        number, self.vertices = numbered(np.rint((points - low) / scale).astype(np.int64))
        self._numbers: list[int] = number.tolist()
        self.transform = {"scale": scale.tolist(), "translate": low.tolist()}

    def model(self) -> Model:
        """The whole model."""
        objects = {taken.item.id: self._object(taken) for taken in self._taken}
        self._relate(objects)
        model = {
            "type": "CityJSON",
            "version": "2.0",
            "transform": self.transform,
            "CityObjects": objects,
            "vertices": self.vertices,
            "appearance": self.dressing.appearance(),
        }
        return {key: model[key] for key in MEMBER_ORDER if model.get(key) is not None}

    # -- objects -----------------------------------------------------------------------------------

    def _object(self, taken: Taken) -> dict[str, Any]:
        item = taken.item
        kind = self._type(item)
        attributes = dict(item.attributes)
        found: dict[str, Any] = {"type": kind}
        addresses = attributes.pop(ADDRESS, None)
        if kind != item.type:
            attributes.setdefault(SOURCE_TYPE, item.type)
        if item.parent is not None and kind not in SECOND_LEVEL and self._type(item.parent) != GROUP:
            attributes.setdefault(SOURCE_PARENT, item.parent.id)
        if attributes:
            found["attributes"] = attributes
        geometries = [self.geometry(item, shape) for shape in taken.shapes]
        if any(geometry["boundaries"] for geometry in geometries):
            found["geometry"] = [geometry for geometry in geometries if geometry["boundaries"]]
        if addresses is not None:
            found[ADDRESS] = self._addresses(addresses, taken)
        return found

    def _type(self, item: GmlObject) -> str:
        kind = known_type(item.type, item.parent is not None)
        # What has parts, but no type that may have any, is a group: its members may be of any type.
        return GROUP if kind == GENERIC != item.type and item.id in self._parents else kind

    def _addresses(self, addresses: Any, taken: Taken) -> list[dict[str, Any]]:
        said = [address for address in addresses if isinstance(address, dict)]
        found = [dict(address) for address in said]
        lod = next((shape.geometry.lod for shape in taken.shapes if shape.geometry.lod), "1")
        if len(taken.places) == len(found):
            for address, points in zip(found, taken.places, strict=True):
                if len(points):
                    numbers = self._line(points)
                    address["location"] = {"type": "MultiPoint", "lod": lod, "boundaries": numbers}
        return found

    def _relate(self, objects: dict[str, dict[str, Any]]) -> None:
        """Tie parents and children, and groups and their members."""
        for taken in self._taken:
            item, found = taken.item, objects[taken.item.id]
            if item.parent is not None and SOURCE_PARENT not in found.get("attributes", {}):
                _tie(objects, item.parent.id, item.id)
            if item.type == GROUP:
                members = found.get("attributes", {}).pop(MEMBER_OF_GROUP, [])
                for href in members if isinstance(members, list) else [members]:
                    if isinstance(href, str) and href[1:] in objects:
                        _tie(objects, item.id, href[1:])

    # -- geometries --------------------------------------------------------------------------------

    def geometry(self, item: GmlObject, shape: Shape) -> dict[str, Any]:
        """One geometry with its semantics and looks."""
        geometry = shape.geometry
        usual = USUAL_LOD if geometry.solids else USUAL_LOD_OF_LINES
        found: dict[str, Any] = {"type": geometry.type, "lod": geometry.lod or usual}
        if not geometry.solids:
            lines = [self._line(points) for points in shape.lines]
            is_points = geometry.type == "MultiPoint"
            found["boundaries"] = [number for line in lines for number in line] if is_points else lines
            return found
        tree = self._tree(shape)
        found["boundaries"] = each(tree, lambda polygon: self._polygon(shape.batch, polygon))
        if not tree:
            return found  # all of it is broken, or it stands in another file
        chosen = self._chosen[shape.batch]
        semantics = self.meanings.of(item.type, tree, lambda polygon: chosen[polygon].surface)
        if semantics is not None:
            found["semantics"] = semantics
        self.dressing.dress(found, tree, shape.batch)
        return found

    def _tree(self, shape: Shape) -> Tree:
        """The polygons that can be used, by number in their batch, nested as CityJSON nests them."""
        chosen, at = self._chosen[shape.batch], shape.first
        solids: Tree = []
        for shells in shape.geometry.solids:
            solid: Tree = []
            for shell in shells:
                first = at
                for polygon in shell:
                    at += at < len(chosen) and chosen[at] is polygon
                if at > first:
                    solid.append(list(range(first, at)))
            if solid:
                solids.append(solid)
        if shape.geometry.type in ("MultiSolid", "CompositeSolid"):
            return solids
        shells = [shell for solid in solids for shell in solid]
        if shape.geometry.type == "Solid":
            return shells
        return [polygon for shell in shells for polygon in shell]

    def _polygon(self, batch: int, polygon: int) -> list[list[int]]:
        ring, polygons = self._rings[batch], self._polygons[batch]
        return [
            self._numbers[ring[at] : ring[at + 1]] for at in range(polygons[polygon], polygons[polygon + 1])
        ]

    def _line(self, points: Float64) -> list[int]:
        first = self._own[id(points)]
        return self._numbers[first : first + len(points)]


def _tie(objects: dict[str, dict[str, Any]], parent: str, child: str) -> None:
    children = objects[parent].setdefault("children", [])
    if child not in children:
        children.append(child)
        objects[child].setdefault("parents", []).append(parent)
