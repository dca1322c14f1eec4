"""City objects of CityGML, taken out of a member of a city model one after the other.

    member ──< GmlObject (parents first) ──< Geometry ──< Polygon ──> SemanticSurface

Whatever CityGML, or an extension of it, nests in a city object is one of these: a city object of its
own, a boundary surface, a geometry, an appearance, or an attribute.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from layers.gml import attributes as values
from layers.gml.condense import Condensed
from layers.gml.geometries import Geometry, Link, Part, Placed, Polygon, SemanticSurface, each
from layers.gml.ids import made_id, own_id
from layers.gml.names import (
    XLINK_HREF,
    extended_surface_type,
    in_gml,
    is_object_like,
    module,
    object_type,
    once,
    shape_of,
    split,
    surface_type,
)
from layers.gml.numbers import value_of
from layers.gml.plain import VALUES
from layers.gml.shapes import GEOMETRIES, MEMBERS, Shapes

if TYPE_CHECKING:
    from lxml.etree import _Element

#: What the first element within a property makes of the property.
OBJECT, SURFACE, GEOMETRY, IMPLICIT, APPEARANCE, VALUE, UNKNOWN, NOTHING = range(8)
#: Properties that hold boundary surfaces and openings, of whatever name.
_BOUNDS = frozenset(("boundedBy", "boundary", "opening", "fillingSurface"))


@dataclass(slots=True, eq=False)
class GmlObject:
    """One city object as its element tells it."""

    id: str
    type: str  # as in CityJSON
    element: _Element
    parent: GmlObject | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    geometries: list[Geometry] = field(default_factory=list)
    surfaces: list[SemanticSurface] = field(default_factory=list)
    #: By LoD, the polygons of the boundary surfaces.
    bounding: dict[str, list[Part]] = field(default_factory=dict)


@dataclass(slots=True)
class Member:
    """What a member of a city model holds."""

    offset: int  # its first byte in the file
    objects: list[GmlObject] = field(default_factory=list)
    appearances: list[_Element] = field(default_factory=list)  # elements Appearance


class Teller:
    """Tells what is not as it could be, of the object that is being read."""

    def __init__(self, tell: Callable[[str, str, str], None]) -> None:
        self.tell = tell
        self.id = ""

    def of_this(self, code: str, text: str) -> None:
        """Tell a code and a sentence."""
        self.tell(code, self.id, text)


class Extraction:
    """Takes the city objects out of the members of one batch."""

    def __init__(
        self, tell: Callable[[str, str, str], None], shapeless: str = "", condensed: Condensed | None = None
    ) -> None:
        """`tell` hears a code, an object's id and a sentence of what is not as it could be.

        Things in a name space that holds `shapeless` are drawn by somebody else. `condensed` was taken out
        of the text of the members.
        """
        self._shapeless = shapeless
        self.teller = Teller(tell)
        self.shapes = Shapes(self.teller.of_this, condensed)
        self.members: list[Member] = []

    def add(self, member: _Element, offset: int) -> Member:
        """Take a member (cityObjectMember, appearanceMember …), or a feature alone, that begins there."""
        found = Member(offset)
        self.members.append(found)
        for element in (member,) if is_object_like(member.tag) else member:
            if split(element.tag)[1] == "Appearance":
                found.appearances.append(element)
            elif is_object_like(element.tag):
                self._object(element, None, found)
        return found

    def _object(self, element: _Element, parent: GmlObject | None, member: Member) -> None:
        tag = element.tag
        id = own_id(element) or made_id(element, member.offset, len(member.objects))
        item = GmlObject(id, object_type(tag) or f"+{split(tag)[1]}", element, parent)
        member.objects.append(item)
        self.teller.id = id
        if item.type == "+RasterRelief":
            self.teller.tell(
                "raster", id, "the heights of this relief are in a raster: import its file as terrain"
            )
        condensed = element.get(VALUES)
        if condensed is not None:
            item.attributes = self.shapes.values(condensed)
        faces, surfaces, bounding = self.shapes.faces, item.surfaces, item.bounding
        for part in element:
            if is_value(part):
                if len(part) or not faces(part, None, surfaces, bounding):
                    values.add(item.attributes, part)
            elif len(part):
                self._property(part, item, member)
            else:
                self._linked(part, item)

    def _property(self, part: _Element, item: GmlObject, member: Member) -> None:
        """Take a property that holds elements and is no attribute."""
        role = role_of(part[0].tag)
        if role == SURFACE or (role == UNKNOWN and split(part.tag)[1] in _BOUNDS):
            for element in part:
                self._surface(element, item, None, member)
        elif role == GEOMETRY:
            self._geometry(part, item)
        elif role in (OBJECT, UNKNOWN):
            for element in part:
                self._object(element, item, member)
            self.teller.id = item.id
        elif role == IMPLICIT:
            for element in part:
                self._implicit(element, shape_of(part.tag).lod, item, None)
        elif role == APPEARANCE:
            member.appearances += part

    def _geometry(self, part: _Element, item: GmlObject) -> None:
        """Take a property that holds a geometry."""
        if self._shapeless and self._shapeless in split(item.element.tag)[0]:
            return
        said = shape_of(part.tag)
        lod = said.lod or _own_lod(item.element)
        if said.meaning:
            item.surfaces.append(SemanticSurface("", said.meaning))
            self._bound(part, item, item.surfaces[-1])
            return
        for element in self._shapes_in(part):
            for geometry in self.shapes.geometries(element, lod):
                geometry.cuts_terrain = said.cuts_terrain
                item.geometries.append(geometry)

    def _bound(self, part: _Element, item: GmlObject, surface: SemanticSurface) -> None:
        """Take a property that holds the geometry of a boundary surface."""
        lod = shape_of(part.tag).lod
        polygons = item.bounding.get(lod)
        if polygons is None:
            polygons = item.bounding[lod] = []
        for element in self._shapes_in(part):
            self.shapes.surfaces(element, polygons, surface)

    def _shapes_in(self, part: _Element) -> list[_Element]:
        """The geometries in a property; one that holds members itself is meant to be one."""
        found = [element for element in part if element.tag in GEOMETRIES]
        if not found:
            text = f"{split(part.tag)[1]} is no geometry of GML by its name space; it is read as one"
            self.teller.tell("not_gml", self.teller.id, text)
        return found or [part]

    def _linked(self, part: _Element, item: GmlObject, surface: SemanticSurface | None = None) -> None:
        """Take a property whose geometry stands elsewhere."""
        self.shapes.has_links = True
        said = shape_of(part.tag)
        link = Link(part.get(XLINK_HREF, ""), surface)
        if surface is not None:
            item.bounding.setdefault(said.lod, []).append(link)
            return
        kind = "Solid" if split(part.tag)[1].endswith("Solid") else "MultiSurface"
        item.geometries.append(Geometry(kind, said.lod, [[[link]]], cuts_terrain=said.cuts_terrain))

    def _surface(
        self, element: _Element, item: GmlObject, parent: SemanticSurface | None, member: Member
    ) -> None:
        """Take a boundary surface, or an opening in one."""
        tag = element.tag
        kind = surface_type(tag) or extended_surface_type(tag)
        surface = SemanticSurface(own_id(element), kind, element, parent)
        item.surfaces.append(surface)
        for part in element:
            if not len(part):
                if part.get(XLINK_HREF) is not None and shape_of(part.tag).lod:
                    self._linked(part, item, surface)
                else:
                    self.shapes.faces(part, surface, item.surfaces, item.bounding)
                continue
            first = part[0].tag
            if role_of(first) == GEOMETRY:
                self._bound(part, item, surface)
            elif surface_type(first):
                for opening in part:
                    self._surface(opening, item, surface, member)
            elif object_type(first):
                for thing in part:
                    self._object(thing, item, member)
                self.teller.id = item.id
            elif split(first)[1] == "ImplicitGeometry":
                self._implicit(part[0], shape_of(part.tag).lod, item, surface)
            elif split(first)[1] == "Appearance":
                member.appearances += part

    def _implicit(
        self, element: _Element, lod: str, item: GmlObject, surface: SemanticSurface | None
    ) -> None:
        """Take a shape that stands here as it stands elsewhere (OGC 12-019, 8.3)."""
        matrix, anchor, shapes, library = "", None, [], ""
        for part in element:
            name = split(part.tag)[1]
            if name == "transformationMatrix":
                matrix = part.text or ""
            elif name == "libraryObject":
                library = (part.text or part.get(XLINK_HREF) or "").strip()
            elif name == "referencePoint":
                lines = [
                    line
                    for point in part
                    for shape in self.shapes.geometries(point, lod)
                    for line in shape.lines
                ]
                anchor = lines[0] if lines else None
            elif name in ("relativeGMLGeometry", "relativeGeometry"):
                shapes = self._relative(part, lod)
        if library:
            text = f"the shape {library[:200]!r} is in a library that is not read"
            self.teller.tell("library_object", item.id, text)
        numbers = [value_of(word) for word in matrix.split()] or [float(k % 5 == 0) for k in range(16)]
        if len(numbers) != 16 or anchor is None or None in numbers:
            self.teller.tell(
                "bad_implicit", item.id, "an implicit geometry has no sound matrix or no reference point"
            )
            return
        placed = Placed([number for number in numbers if number is not None], anchor)
        for shape in shapes:
            shape.placed = placed
            if surface is not None:
                shape.solids = [
                    [[polygon_of(polygon, surface) for polygon in each(shell)] for shell in shells]
                    for shells in shape.solids
                ]
            item.geometries.append(shape)

    def _relative(self, part: _Element, lod: str) -> list[Geometry]:
        href = part.get(XLINK_HREF)
        if href is not None:
            self.shapes.has_links = True
            return [Geometry("MultiSurface", lod, [[[Link(href)]]])]
        return [
            shape
            for element in part
            if element.tag in GEOMETRIES
            for shape in self.shapes.geometries(element, lod)
        ]


def member_of(first: _Element) -> _Element:
    """The member that an element is, or that of many features in which it stands."""
    found = first.getparent() if is_object_like(first.tag) else first
    assert found is not None  # what stands before the members is around them
    return found


def is_value(part: _Element) -> bool:
    """Whether a property of a city object is one of its attributes."""
    if not len(part):
        return part.get(XLINK_HREF) is None or not shape_of(part.tag).lod
    role = role_of(part[0].tag)
    return role == VALUE or (role == UNKNOWN and not _has_shapes(part[0], split(part.tag)[1] in _BOUNDS))


def polygon_of(polygon: Polygon | Link, surface: SemanticSurface) -> Part:
    """The polygon as one of a semantic surface."""
    if isinstance(polygon, Link):
        return polygon._replace(surface=surface)
    return Polygon(polygon.id, polygon.rings, surface, polygon.flipped)


@once
def role_of(tag: str) -> int:
    """What a property is whose first element has this tag."""
    name = split(tag)[1]
    if object_type(tag):
        return OBJECT
    if surface_type(tag):
        return SURFACE
    if tag in GEOMETRIES or tag in MEMBERS:
        return GEOMETRY
    if name == "ImplicitGeometry":
        return IMPLICIT
    if name == "Appearance":
        return APPEARANCE
    if name == "Envelope":
        return NOTHING
    if in_gml(tag) or module(tag) or not is_object_like(tag):
        return VALUE
    return UNKNOWN


def _has_shapes(element: _Element, bounds: bool) -> bool:
    """Whether a thing of an extension has geometries, and an id unless it bounds something."""
    return (bounds or bool(own_id(element))) and next(element.iter(*GEOMETRIES), None) is not None


def _own_lod(element: _Element) -> str:
    """The LoD of what says it once for all its geometries, as reliefs do."""
    for part in element:
        if split(part.tag)[1] == "lod" and not len(part):
            return (part.text or "").strip()
    return ""
