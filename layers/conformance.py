"""Whether a CityJSON document keeps the rules of the specification, with the official validator's codes.

schema                        members that are missing, unknown or of the wrong kind
parents_children_consistency  children and parents that do not know each other
wrong_vertex_index            indices beyond the list of vertices
semantics_array               semantic values that do not fit the boundaries
textures, materials           appearance values that do not fit
extra_root_properties, duplicate_vertices, unused_vertices     warnings
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from layers.fitting import are_numbers, collect, is_a, is_index, texture_fits, values_fit
from layers.jsontext import objects_in
from layers.words import words

WARNINGS = frozenset(
    ("extra_root_properties", "duplicate_vertices", "unused_vertices", "broken_target", "609")
)

#: How deep lists are nested down to the vertex indices.
DEPTHS = {
    "MultiPoint": 1,
    "MultiLineString": 2,
    "MultiSurface": 3,
    "CompositeSurface": 3,
    "Solid": 4,
    "MultiSolid": 5,
    "CompositeSolid": 5,
}
#: Object types that stand alone, and those that are part of another.
FIRST_LEVEL = frozenset(
    words(
        "Bridge Building CityFurniture CityObjectGroup GenericCityObject LandUse OtherConstruction "
        "PlantCover Railway Road SolitaryVegetationObject TINRelief TransportSquare TransportationComplex "
        "Tunnel WaterBody Waterway"
    )
)
SECOND_LEVEL = frozenset(
    words(
        "BridgePart BridgeInstallation BridgeConstructiveElement BridgeConstructionElement BridgeRoom "
        "BridgeFurniture BuildingPart BuildingInstallation BuildingConstructiveElement BuildingRoom "
        "BuildingFurniture BuildingStorey BuildingUnit TunnelPart TunnelInstallation "
        "TunnelConstructiveElement TunnelHollowSpace TunnelFurniture"
    )
)
_BUILT = frozenset(
    words(
        "RoofSurface GroundSurface WallSurface ClosureSurface OuterCeilingSurface OuterFloorSurface Window "
        "Door InteriorWallSurface CeilingSurface FloorSurface"
    )
)
_TRAFFIC = frozenset(words("TrafficArea AuxiliaryTrafficArea TransportationMarking TransportationHole"))
#: Semantic surfaces that each family of objects may have, by how the type's name begins.
SURFACES = {
    **dict.fromkeys(words("Building Bridge Tunnel OtherConstruction"), _BUILT),
    **dict.fromkeys(words("Road Railway Transport Waterway"), _TRAFFIC),
    "WaterBody": frozenset(words("WaterSurface WaterGroundSurface WaterClosureSurface")),
}
ROOT = frozenset(
    words("type version transform metadata CityObjects vertices geometry-templates appearance extensions id")
)
_LOD = re.compile(r"[0-3](\.[0-3])?")
_REFERENCE = re.compile(r"https?://www\.opengis\.net/def/crs/[^/]+/[^/]+/[^/]+|urn:ogc:def:crs:.+")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: a stable code, the object and surface (or ''), a sentence."""

    code: str
    object: str
    surface: str
    text: str
    geometry: int = -1  # position in the object's list
    polygon: int = -1  # position in the geometry
    at: tuple[float, ...] = ()  # a place, in the coordinates of what was checked

    @property
    def is_warning(self) -> bool:
        """Whether the file is still valid and usable."""
        return self.code in WARNINGS


class Conformance:
    """Checks one CityJSON object, or one feature of a sequence with its header."""

    def __init__(self, document: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> None:
        self.document, self.header = document, header if header is not None else document
        self.version = str(self.header.get("version") or "")
        vertices = document.get("vertices")
        self.vertices: list[Any] = vertices if isinstance(vertices, list) else []
        objects = document.get("CityObjects")
        self.objects: dict[str, Any] = objects if isinstance(objects, dict) else {}
        templates = self.header.get("geometry-templates") or {}
        self.templates = templates if isinstance(templates, dict) else {}
        self.used: set[int] = set()

    def findings(self) -> Iterator[Finding]:
        """All that is wrong, in the order of the document."""
        yield from self._root()
        yield from self._extra_members()
        for id, members in self.objects.items():
            if isinstance(members, dict):
                yield from self._object(id, members)
                yield from self._family(id, members)
            else:
                yield _schema(id, "a city object must be a JSON object")
        yield from self._templates()
        yield from self._vertex_list()

    # -- the document itself -----------------------------------------------------------------------

    def _root(self) -> Iterator[Finding]:
        document = self.document
        wanted = "CityJSON" if self.header is document else "CityJSONFeature"
        if document.get("type") != wanted:
            yield _schema("", f"type is {document.get('type')!r}; allowed: {wanted!r}")
        for member, kind in (("CityObjects", dict), ("vertices", list)):
            if not isinstance(document.get(member), kind):
                yield _schema("", f"the member {member!r} is missing or of the wrong kind")
        if self.header is document:
            yield from self._header()
        elif not isinstance(document.get("id"), str):
            yield _schema("", "a feature needs an id")

    def _header(self) -> Iterator[Finding]:
        if self.version not in ("1.0", "1.1", "2.0"):
            yield _schema("", f"version is {self.header.get('version')!r}; allowed: 1.0, 1.1, 2.0")
        transform = self.header.get("transform")
        if transform is None:
            if self.version != "1.0":
                yield _schema("", "the member 'transform' is missing")
        elif not isinstance(transform, dict) or not all(
            are_numbers(transform.get(name), 3) for name in ("scale", "translate")
        ):
            yield _schema("", "transform needs 'scale' and 'translate' with three numbers each")
        metadata = self.header.get("metadata", {})
        if not isinstance(metadata, dict):
            yield _schema("", "metadata must be a JSON object")
            return
        if "geographicalExtent" in metadata and not are_numbers(metadata["geographicalExtent"], 6):
            yield _schema("", "metadata.geographicalExtent needs six numbers")
        reference = metadata.get("referenceSystem")
        if reference is not None and not (isinstance(reference, str) and _REFERENCE.fullmatch(reference)):
            yield _schema("", f"metadata.referenceSystem {reference!r} is not a URL of a CRS")

    def _extra_members(self) -> Iterator[Finding]:
        extras = sorted(set(self.document) - ROOT)
        for name in (name for name in extras if not name.startswith("+")):
            yield Finding("extra_root_properties", "", "", f"the root has the unknown member {name!r}")
        extensions = self.header.get("extensions")
        if extensions is not None and not isinstance(extensions, dict):
            yield _schema("", "extensions must be a JSON object")

    # -- objects -----------------------------------------------------------------------------------

    def _object(self, id: str, members: Mapping[str, Any]) -> Iterator[Finding]:
        type = members.get("type")
        if not isinstance(type, str) or not (
            type in FIRST_LEVEL or type in SECOND_LEVEL or type.startswith("+")
        ):
            yield _schema(id, f"type {type!r} is not a type of city object")
        elif type.startswith("+") and not self.header.get("extensions") and self.version != "1.0":
            yield _schema(id, f"type {type!r} belongs to an extension, and none is declared")
        elif type in SECOND_LEVEL and not members.get("parents"):
            yield _schema(id, f"a {type} needs parents")
        if "attributes" in members and not isinstance(members["attributes"], dict):
            yield _schema(id, "attributes must be a JSON object")
        if "geographicalExtent" in members and not are_numbers(members["geographicalExtent"], 6):
            yield _schema(id, "geographicalExtent needs six numbers")
        geometries = members.get("geometry", [])
        if not isinstance(geometries, list):
            yield _schema(id, "geometry must be a list")
            return
        for position, geometry in enumerate(geometries):
            if isinstance(geometry, dict):
                yield from self._geometry(id, str(type), geometry, f"geometry {position}")
            else:
                yield _schema(id, f"geometry {position} must be a JSON object")

    def _family(self, id: str, members: Mapping[str, Any]) -> Iterator[Finding]:
        for ours, theirs in (("children", "parents"), ("parents", "children")):
            relatives = members.get(ours, [])
            if not isinstance(relatives, list):
                yield _schema(id, f"{ours} must be a list of ids")
                continue
            for other in relatives:
                found = self.objects.get(other) if isinstance(other, str) else None
                if not isinstance(found, dict):
                    text = f"{ours} names {other!r}, which is not there"
                elif id in (found.get(theirs) or ()) or "CityObjectGroup" in (
                    found.get("type"),
                    members.get("type"),
                ):
                    continue
                else:
                    text = f"{ours} names {other!r}, whose {theirs} do not name this object"
                yield Finding("parents_children_consistency", id, "", text)

    def _geometry(self, id: str, type: str, geometry: Mapping[str, Any], where: str) -> Iterator[Finding]:
        kind = geometry.get("type")
        if kind == "GeometryInstance":
            yield from self._instance(id, geometry, where)
            return
        if kind not in DEPTHS:
            yield _schema(id, f"{where} has the unknown type {kind!r}")
            return
        lod = geometry.get("lod")
        if not _is_lod(lod, self.version):
            yield _schema(id, f"{where} has the LoD {lod!r}; allowed: a text such as '1', '1.2' or '2.2'")
        depth, boundaries = DEPTHS[kind], geometry.get("boundaries")
        indices: list[int] = []
        if not collect(boundaries, depth, indices):
            yield _schema(
                id, f"{where}: boundaries of a {kind} must be whole numbers in {depth} nested lists"
            )
            return
        yield from self._indices(id, indices, where, len(self.vertices))
        self.used.update(indices)
        if "semantics" in geometry:
            yield from self._semantics(id, type, geometry["semantics"], boundaries, depth, where)
        yield from self._appearance(id, geometry, boundaries, depth, where)

    def _instance(self, id: str, geometry: Mapping[str, Any], where: str) -> Iterator[Finding]:
        templates = self.templates.get("templates") or []
        number = geometry.get("template")
        if not is_index(number) or not isinstance(templates, list) or number >= len(templates):
            yield _schema(id, f"{where} names the template {number!r}; there are {len(templates)}")
        if not are_numbers(geometry.get("transformationMatrix"), 16):
            yield _schema(id, f"{where}: transformationMatrix needs 16 numbers")
        indices: list[int] = []
        if not collect(geometry.get("boundaries"), 1, indices) or len(indices) != 1:
            yield _schema(id, f"{where}: an instance has exactly one reference point")
            return
        yield from self._indices(id, indices, where, len(self.vertices))
        self.used.update(indices)

    def _indices(self, id: str, indices: list[int], where: str, count: int) -> Iterator[Finding]:
        wrong = [index for index in indices if not 0 <= index < count]
        if wrong:
            text = f"{where} uses vertex {wrong[0]}; there are {count}"
            yield Finding("wrong_vertex_index", id, where, text)

    # -- what belongs to the surfaces ----------------------------------------------------------------

    def _semantics(
        self, id: str, type: str, semantics: Any, boundaries: Any, depth: int, where: str
    ) -> Iterator[Finding]:
        surfaces = semantics.get("surfaces") if isinstance(semantics, dict) else None
        if not isinstance(surfaces, list):
            yield _schema(id, f"{where}: semantics needs a list of surfaces")
            return
        allowed = next(
            (names for family, names in SURFACES.items() if type.startswith(family)), frozenset[str]()
        )
        for surface in surfaces:
            name = surface.get("type") if isinstance(surface, dict) else None
            is_named = isinstance(name, str)
            # Of families without a list of their own, any kind of surface is taken.
            if not is_named or (allowed and name not in allowed and not str(name).startswith("+")):
                yield _schema(id, f"{where}: {name!r} is not a semantic surface of a {type}")
        levels = {1: 1, 2: 1}.get(depth, depth - 2)
        if not values_fit(semantics.get("values"), boundaries, levels, len(surfaces)):
            text = f"{where}: the semantic values do not fit the boundaries and the {len(surfaces)} surfaces"
            yield Finding("semantics_array", id, where, text)

    def _appearance(
        self, id: str, geometry: Mapping[str, Any], boundaries: Any, depth: int, where: str
    ) -> Iterator[Finding]:
        appearance = self.document.get("appearance") or self.header.get("appearance") or {}
        if not isinstance(appearance, dict):
            return
        materials = len(appearance.get("materials") or ())
        for theme, use in objects_in(geometry.get("material")):
            single = use.get("value")
            fits = (
                is_index(single) and single < materials
                if "value" in use
                else values_fit(use.get("values"), boundaries, max(1, depth - 2), materials)
            )
            if not fits:
                text = f"{where}: theme {theme!r} does not fit the boundaries and the {materials} materials"
                yield Finding("materials", id, where, text)
        textures = len(appearance.get("textures") or ())
        corners = len(appearance.get("vertices-texture") or ())
        for theme, use in objects_in(geometry.get("texture")):
            if not texture_fits(use.get("values"), boundaries, depth - 1, textures, corners):
                text = (
                    f"{where}: theme {theme!r} does not fit the boundaries, the {textures} textures"
                    f" and their {corners} coordinates"
                )
                yield Finding("textures", id, where, text)

    # -- vertices ------------------------------------------------------------------------------------

    def _templates(self) -> Iterator[Finding]:
        if self.header is not self.document:
            return
        count = len(self.templates.get("vertices-templates") or ())
        for position, template in enumerate(self.templates.get("templates") or ()):
            where = f"template {position}"
            kind = template.get("type") if isinstance(template, dict) else None
            if kind not in DEPTHS:
                yield _schema("", f"{where} has the unknown type {kind!r}")
                continue
            if not _is_lod(template.get("lod"), self.version):
                yield _schema("", f"{where} has the LoD {template.get('lod')!r}")
            indices: list[int] = []
            if not collect(template.get("boundaries"), DEPTHS[kind], indices):
                yield _schema("", f"{where}: boundaries of a {kind} must be nested {DEPTHS[kind]} deep")
            yield from self._indices("", indices, where, count)

    def _vertex_list(self) -> Iterator[Finding]:
        kinds = (int,) if self.version in ("1.1", "2.0") else (int, float)
        points: list[tuple[Any, ...]] = []
        for position, vertex in enumerate(self.vertices):
            if not isinstance(vertex, list) or len(vertex) != 3 or not all(is_a(v, kinds) for v in vertex):
                text = f"vertex {position} must be three {'whole ' if kinds == (int,) else ''}numbers"
                yield _schema("", text)
                return
            points.append(tuple(vertex))
        repeated = len(points) - len(set(points))
        if repeated:
            yield Finding("duplicate_vertices", "", "", f"{repeated} vertices repeat another one")
        for members in self.objects.values():
            self._use_addresses(members)
        unused = len(set(range(len(points))) - self.used)
        if unused:
            yield Finding("unused_vertices", "", "", f"{unused} vertices are used by nothing")

    def _use_addresses(self, members: Any) -> None:
        found = members.get("address", ()) if isinstance(members, dict) else ()
        for address in found if isinstance(found, list) else [found]:
            location = address.get("location") if isinstance(address, dict) else None
            indices: list[int] = []
            if isinstance(location, dict) and collect(location.get("boundaries"), 1, indices):
                self.used.update(indices)


def _schema(object: str, text: str) -> Finding:
    return Finding("schema", object, "", text)


def _is_lod(lod: Any, version: str) -> bool:
    if version == "1.0":
        return is_a(lod, (int, float)) or isinstance(lod, str)
    return isinstance(lod, str) and bool(_LOD.fullmatch(lod))
