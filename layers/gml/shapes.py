"""Geometries of GML as they are written: solids, surfaces, curves and points down to lists of numbers.

Rings are numbers of texts in `Texts`, so that all coordinates of many objects become one array at once.
A reference to a surface (xlink) stays a `Link` until all that may be meant is known, see `layers.gml.links`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from layers.gml.condense import FACES, LINKS, POLYGONS, Condensed, numbers_of
from layers.gml.geometries import Geometry, Link, Part, Polygon, Run, SemanticSurface, Texts
from layers.gml.names import GML, XLINK_HREF, once, split

if TYPE_CHECKING:
    from lxml.etree import _Element


def _tags(names: str) -> frozenset[str]:
    """Names as GML 3.1 and 3.2 write them, with their namespace."""
    return frozenset(f"{{{namespace}}}{name}" for namespace in GML for name in names.split())


_POLYGONS = _tags("Polygon PolygonPatch Triangle Rectangle")
_ORIENTABLE = _tags("OrientableSurface")
_SURFACES = _POLYGONS | _tags(
    "MultiSurface CompositeSurface Surface Shell TriangulatedSurface Tin PolyhedralSurface MultiPolygon"
    " OrientableSurface TexturedSurface"
)
_SOLIDS, _SOLID_SETS = _tags("Solid"), _tags("MultiSolid CompositeSolid")
_LINES = _tags("LineString LineStringSegment Arc ArcString Circle GeodesicString LinearRing")
_STRAIGHT = _tags("LineString LineStringSegment")
_CURVES = _tags("Curve CompositeCurve MultiCurve MultiLineString OrientableCurve Ring GeometricComplex")
_POINTS, _MIXED = _tags("Point MultiPoint"), _tags("MultiGeometry")
#: Elements that are geometries.
GEOMETRIES = _SURFACES | _SOLIDS | _SOLID_SETS | _LINES | _CURVES | _POINTS | _MIXED
#: Properties of sets of surfaces.
MEMBERS = _tags("surfaceMember surfaceMembers polygonMember")
_POS_LIST, _POS, _COORDINATES, _COORD = map(_tags, ("posList", "pos", "coordinates", "coord"))
_OUTER = _tags("exterior outerBoundaryIs")
_BOUNDARIES = _OUTER | _tags("interior innerBoundaryIs")
#: What surfaces become that are no MultiSurface.
_TYPES = dict.fromkeys(("CompositeSurface", "TriangulatedSurface", "Tin"), "CompositeSurface")
_ID_OF = {namespace: f"{{{namespace}}}id" for namespace in GML}
#: What a reference may mean: parts that have an id together, or a run with ids of its own.
Noted: TypeAlias = "tuple[str, list[Part]] | Run"


class Shapes:
    """Reads the geometries of one batch of members."""

    def __init__(self, tell: Callable[[str, str], None], condensed: Condensed | None = None) -> None:
        """`condensed` are the polygons that were taken out of the text beforehand."""
        self.texts = Texts()
        self._by_id: dict[str, list[Part]] = {}
        self.noted: list[Noted] = []  # what is not in there yet, in order
        self.has_links = False
        self.condensed = condensed
        self.put_back = 0  # of the condensed polygons
        if condensed is not None:
            self.texts.texts += condensed.rings
            self.texts.ring_ids = {id: number for number, id in enumerate(condensed.ring_ids) if id}
        self._tell = tell  # a code and a sentence about what is not as it could be

    def geometries(self, element: _Element, lod: str) -> Iterator[Geometry]:
        """What a geometry element holds: mostly one geometry."""
        tag = element.tag
        if tag in _MIXED:
            for member in _members(element):
                yield from self.geometries(member, lod)
            return
        found = Geometry("MultiSurface", lod, id=id_in(element), srs_name=element.get("srsName") or "")
        name, polygons = split(tag)[1], list[Part]()
        if tag in _SURFACES:
            self.surfaces(element, polygons)
            if name == "Tin" and not polygons:
                self._tell("points", "a Tin gives its points alone: they are kept, not drawn")
            found.type = _TYPES.get(name, "MultiSurface")
            found.solids = [[polygons]]
        elif tag in _SOLIDS:
            found.type, found.solids = "Solid", [self._solid(element)]
        elif tag in _SOLID_SETS:
            found.type, found.solids = name, self._solid_set(element)
        elif tag in _POINTS:
            found.type = "MultiPoint"
            self._points(element, found.lines)
        elif tag in _LINES or tag in _CURVES:
            found.type = "MultiLineString"
            self._lines(element, found.lines)
        else:  # a set of surfaces by another name
            self.surfaces(element, polygons)
            found.solids = [[polygons]]
        yield found

    @property
    def by_id(self) -> dict[str, list[Part]]:
        """What a reference may mean."""
        for noted in self.noted:
            if isinstance(noted, Run):
                self._by_id.update({polygon.id: [polygon] for polygon in noted.polygons() if polygon.id})
            else:
                self._by_id[noted[0]] = noted[1]
        self.noted = []
        return self._by_id

    def _note(self, id: str, parts: list[Part]) -> None:
        """Keep what has an id, which takes the place of what had it before."""
        if self.noted:
            self.noted.append((id, parts))
        else:
            self._by_id[id] = parts

    @property
    def is_whole(self) -> bool:
        """Whether all condensed polygons are back."""
        return self.condensed is None or self.put_back == self.condensed.size

    # --- surfaces --------------------------------------------------------------------------------

    def surfaces(
        self,
        element: _Element,
        found: list[Part],
        surface: SemanticSurface | None = None,
        flipped: bool = False,
    ) -> None:
        """Add the polygons of a surface, and references to those that stand elsewhere."""
        tag = element.tag
        if tag in _POLYGONS:
            self._add_polygon(element, found, surface, flipped)
            return
        first = len(found)
        if tag in _ORIENTABLE and element.get("orientation") == "-":
            flipped = not flipped
        for member in element:
            if not len(member):
                href = member.get(XLINK_HREF)
                if href is not None:
                    self.has_links = True
                    found.append(Link(href, surface, flipped))
                elif self.condensed is not None:
                    self._put_back(member, self.condensed, found, surface, flipped)
                continue
            for part in member:
                kind = part.tag
                if kind in _POLYGONS:
                    self._add_polygon(part, found, surface, flipped)
                elif kind in _SURFACES:
                    self.surfaces(part, found, surface, flipped)
        id = element.get(_id_name(tag))
        if id:
            self._note(id, found[first:])

    def _add_polygon(
        self,
        element: _Element,
        found: list[Part],
        surface: SemanticSurface | None,
        flipped: bool,
    ) -> None:
        if (
            self.condensed is not None
            and not len(element)
            and self._put_back(element, self.condensed, found, surface, flipped)
        ):
            return
        id = element.get(_id_name(element.tag))
        polygon = Polygon(id or "", self._rings(element), surface, flipped)
        if id:
            self._note(id, [polygon])
        found.append(polygon)

    def _put_back(
        self,
        element: _Element,
        condensed: Condensed,
        found: list[Part],
        surface: SemanticSurface | None,
        flipped: bool,
    ) -> bool:
        """Add the polygons and references that were taken out of the text; gives whether there were any."""
        said = element.get(LINKS)
        if said is not None:
            self.has_links = True
            numbers = numbers_of(said)
            hrefs = condensed.hrefs[numbers.start : numbers.stop]
            found += [Link(href, surface, flipped) for href in hrefs]
            self.put_back += len(numbers)
            return True
        said = element.get(POLYGONS)
        if said is None:
            return False
        run = self.run(said, surface, flipped)
        found.append(run)
        self.noted.append(run)
        return True

    def run(self, said: str, surface: SemanticSurface | None, flipped: bool) -> Run:
        """The polygons that were taken out of the text and have these numbers; they are back."""
        assert self.condensed is not None
        run = Run(numbers_of(said), self.condensed.ids, surface, flipped)
        self.put_back += len(run.numbers)
        return run

    def faces(
        self,
        element: _Element,
        parent: SemanticSurface | None,
        surfaces: list[SemanticSurface],
        bounding: dict[str, list[Part]],
    ) -> bool:
        """Add the boundary surfaces that were taken out of the text; gives whether there were any.

        Each has one polygon, which goes to those that bound the object in its LoD.
        """
        condensed = self.condensed
        if condensed is None or not condensed.faces or (said := element.get(FACES)) is None:
            return False
        numbers = numbers_of(said)
        begin, end = numbers.start, numbers.stop
        by_id = self.by_id
        for number, id, (kind, own_id, lod, set_id) in zip(
            numbers, condensed.ids[begin:end], condensed.faces[begin:end], strict=True
        ):
            surface = SemanticSurface(own_id or "", kind, None, parent)
            surfaces.append(surface)
            polygon = Polygon(id or "", [number], surface)
            if id:
                by_id[id] = [polygon]
            if set_id:
                by_id[set_id] = [polygon]
            if lod in bounding:
                bounding[lod].append(polygon)
            else:
                bounding[lod] = [polygon]
        self.put_back += end - begin
        return True

    def values(self, number: str) -> dict[str, Any]:
        """The attributes that were taken out of the text, by their number; none where nothing was."""
        if self.condensed is None:
            return {}
        self.put_back += 1
        return self.condensed.values[int(number)]

    def _solid(self, element: _Element) -> list[list[Part]]:
        shells: list[list[Part]] = []
        for boundary in element:
            if boundary.tag not in _BOUNDARIES:
                continue
            shell: list[Part] = []
            href = boundary.get(XLINK_HREF)
            if href is not None:
                self.has_links = True
                shell.append(Link(href))
            for part in boundary:
                if part.tag in _SURFACES:
                    self.surfaces(part, shell)
            shells.append(shell)
        id = id_in(element)
        if id:
            self._note(id, [polygon for shell in shells for polygon in shell])
        return shells

    def _solid_set(self, element: _Element) -> list[list[list[Part]]]:
        solids: list[list[list[Part]]] = []
        for member in element:
            href = member.get(XLINK_HREF)
            if href is not None:
                self.has_links = True
                solids.append([[Link(href)]])
            for part in member:
                if part.tag in _SOLIDS:
                    solids.append(self._solid(part))
                elif part.tag in _SOLID_SETS:
                    solids += self._solid_set(part)
        return solids

    # --- rings, lines, points --------------------------------------------------------------------

    def _rings(self, polygon: _Element) -> list[int]:
        rings: list[int] = []
        for boundary in polygon:
            tag = boundary.tag
            if tag not in _BOUNDARIES:
                continue
            for ring in boundary:
                number = self._ring(ring)
                if number is None:
                    continue
                if tag in _OUTER:
                    rings.insert(0, number)
                else:
                    rings.append(number)
        return rings

    def _ring(self, ring: _Element) -> int | None:
        if len(ring) == 1 and (only := ring[0]).tag in _POS_LIST:
            texts = self.texts.texts
            number = len(texts)
            texts.append(only.text or "")
            said = only.get("srsDimension")
            if said is not None and said != "3":
                self._note_dimension(number, only)
        elif ring.tag in _LINES:
            number = self._line(ring)
        else:  # a ring of curves, each of which begins where the last one ended
            lines: list[int] = []
            self._lines(ring, lines)
            if not lines:
                return None
            number = self.texts.add(" ".join([self.texts.texts[line] for line in lines]))
            self.texts.dimensions.update({number: self.texts.dimensions.get(lines[0], 0)})
        id = ring.get(_id_name(ring.tag))
        if id is not None:
            self.texts.ring_ids[id] = number
        return number

    def _note_dimension(self, number: int, element: _Element) -> None:
        said = element.get("srsDimension") or element.get("dimension")
        if said is not None:
            self.texts.dimensions[number] = 2 if said.strip() == "2" else 3

    def _line(self, element: _Element) -> int:
        """The number of the text of a line, however its coordinates are written."""
        if len(element) == 1 and (only := element[0]).tag in _POS_LIST and element.tag in _STRAIGHT:
            number = self.texts.add(only.text or "")
            self._note_dimension(number, only)
            return number
        texts: list[str] = []
        dimension = 0
        for child in element:
            tag = child.tag
            if tag in _POS_LIST or tag in _POS:
                texts.append(child.text or "")
                dimension = int((child.get("srsDimension") or "0").strip() == "2") * 2 or dimension
            elif tag in _COORDINATES:
                texts.append(coordinates_text(child))
            elif tag in _COORD:
                texts.append(" ".join(part.text or "" for part in child))
            else:  # pointProperty, pointRep
                texts += [self.texts.texts[self._line(point)] for point in child if point.tag in _POINTS]
        if split(element.tag)[1] in ("Arc", "ArcString", "Circle"):
            self._tell("arc", "arcs are drawn as straight lines between their points")
        number = self.texts.add(" ".join(texts))
        if dimension:
            self.texts.dimensions[number] = dimension
        return number

    def _lines(self, element: _Element, found: list[int]) -> None:
        if element.tag in _LINES:
            found.append(self._line(element))
            return
        for part in _members(element):
            if part.tag in _LINES or part.tag in _CURVES:
                self._lines(part, found)
            elif part.tag in _POINTS:
                self._points(part, found)

    def _points(self, element: _Element, found: list[int]) -> None:
        if split(element.tag)[1] == "Point":
            found.append(self._line(element))
            return
        for part in _members(element):
            self._points(part, found)


def _members(element: _Element) -> Iterator[_Element]:
    """The geometries in the properties of another."""
    for member in element:
        for part in member:
            if part.tag in GEOMETRIES:
                yield part


@once
def _id_name(tag: str) -> str:
    """The name of the attribute with the id of an element of GML."""
    return _ID_OF.get(split(tag)[0], "id")


def id_in(element: _Element) -> str:
    """The gml:id of an element of GML; "" when it has none."""
    return element.get(_id_name(element.tag), "")


def coordinates_text(element: _Element) -> str:
    """Numbers of gml:coordinates with spaces between them and points in them."""
    text = element.text or ""
    decimal = element.get("decimal") or "."
    for separator in (element.get("cs") or ",", element.get("ts") or " "):
        text = text.replace(separator, " ")
    return text.replace(decimal, ".")
