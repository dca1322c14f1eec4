"""What the elements of CityGML are called here: city object types, semantic surfaces, LoDs.

Types are those of CityJSON 2.0; what it has none for has a "+" before its own name, as in extensions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeAlias, TypeVar

if TYPE_CHECKING:
    from lxml.etree import QName

    #: What lxml says an element's tag may be; of elements it is "{namespace}name".
    Tag: TypeAlias = str | bytes | bytearray | QName

Found = TypeVar("Found")
#: A file that makes up more names than this is not remembered.
MOST_KNOWN = 4096

GML = frozenset(("http://www.opengis.net/gml", "http://www.opengis.net/gml/3.2"))
CITYGML = "http://www.opengis.net/citygml/"
XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
GML_IDS = tuple(f"{{{namespace}}}id" for namespace in sorted(GML))

#: City objects whose name is their type, by the module of their namespace.
_OBJECTS = {
    "building": "Building BuildingPart BuildingInstallation BuildingFurniture BuildingRoom BuildingUnit"
    " BuildingConstructiveElement",
    "bridge": "Bridge BridgePart BridgeInstallation BridgeFurniture BridgeRoom BridgeConstructiveElement",
    "tunnel": "Tunnel TunnelPart TunnelInstallation TunnelFurniture TunnelConstructiveElement",
    "construction": "OtherConstruction",
    "relief": "TINRelief",
    "transportation": "Road Railway Waterway",
    "waterbody": "WaterBody",
    "vegetation": "SolitaryVegetationObject PlantCover",
    "cityfurniture": "CityFurniture",
    "landuse": "LandUse",
    "generics": "GenericCityObject",
    "cityobjectgroup": "CityObjectGroup",
}
#: City objects that CityJSON calls otherwise.
_RENAMED = {
    ("building", "IntBuildingInstallation"): "BuildingInstallation",
    ("building", "Room"): "BuildingRoom",
    ("building", "Storey"): "BuildingStorey",
    ("bridge", "IntBridgeInstallation"): "BridgeInstallation",
    ("bridge", "BridgeConstructionElement"): "BridgeConstructiveElement",
    ("tunnel", "IntTunnelInstallation"): "TunnelInstallation",
    ("tunnel", "HollowSpace"): "TunnelHollowSpace",
    ("transportation", "Square"): "TransportSquare",
    ("generics", "GenericOccupiedSpace"): "GenericCityObject",
}
#: City objects that CityJSON does not have.
_OTHERS = {
    "construction": "Door Window",
    "relief": "ReliefFeature MassPointRelief BreaklineRelief RasterRelief",
    "transportation": "Track TransportationComplex Section Intersection TrafficSpace AuxiliaryTrafficSpace"
    " ClearanceSpace",
    "generics": "GenericLogicalSpace GenericUnoccupiedSpace",
    "versioning": "Version VersionTransition",
}
_TYPES = {
    **{(module, name): name for module, names in _OBJECTS.items() for name in names.split()},
    **{(module, name): f"+{name}" for module, names in _OTHERS.items() for name in names.split()},
    **_RENAMED,
}
#: Boundary surfaces and openings, in whatever module.
_SAME_SURFACES = (
    "RoofSurface WallSurface GroundSurface ClosureSurface OuterCeilingSurface OuterFloorSurface"
    " InteriorWallSurface CeilingSurface FloorSurface Window Door WaterSurface WaterGroundSurface"
    " WaterClosureSurface TrafficArea AuxiliaryTrafficArea"
)
_SURFACES = {name: name for name in _SAME_SURFACES.split()} | {
    "WindowSurface": "Window",
    "DoorSurface": "Door",
    "Marking": "TransportationMarking",
    "Hole": "TransportationHole",
    "GenericThematicSurface": "+GenericThematicSurface",
}
#: Those that CityJSON calls the same.
SURFACE_NAMES = tuple(_SAME_SURFACES.split())
#: What a property says of its geometry when the geometry has no semantic surface of its own.
_MEANT = {"lod0RoofEdge": "RoofSurface"}  # as CityGML 3.0 writes it
_LOD = re.compile(r"lod([0-4])([A-Z]\w*)?$")
#: LoD 4 of CityGML 1.0 and 2.0 is LoD 3 with an interior in 3.0, and in CityJSON.
INDOORS, FINEST = "4", "3"
#: Where an object has LoD 3, too, that which was LoD 4 is told apart by this.
FINER = "3.3"


class _Known(dict[Any, Found], Generic[Found]):
    """What was found out about tags."""

    def __init__(self, find: Callable[[str], Found]) -> None:
        self._find = find

    def __missing__(self, tag: str) -> Found:
        if len(self) >= MOST_KNOWN:
            self.clear()
        found = self[tag] = self._find(tag)
        return found


def once(find: Callable[[str], Found]) -> Callable[[Tag], Found]:
    """A function of tags that is asked once for each."""
    return _Known(find).__getitem__


class Shape(NamedTuple):
    """What the name of a geometry property tells."""

    lod: str  # "" where it does not tell
    meaning: str = ""  # type of semantic surface
    cuts_terrain: bool = False  # a terrain intersection curve


@once
def split(tag: str) -> tuple[str, str]:
    """Namespace and local name of "{namespace}name"."""
    namespace, _, name = tag.rpartition("}")
    return namespace[1:], name


@once
def module(tag: str) -> str:
    """The CityGML module of an element, "core" for the core; "" when it is none of CityGML's."""
    namespace, _ = split(tag)
    if not namespace.startswith(CITYGML):
        return ""
    first, _, version = namespace[len(CITYGML) :].partition("/")
    return first if version else "core"


@once
def object_type(tag: str) -> str | None:
    """The type of the city objects whose element this is; None when it is no known city object's."""
    _, name = split(tag)
    if is_opening(tag):
        return None
    return _TYPES.get((module(tag), name))


def object_names(namespace: str) -> list[str]:
    """What the elements of known city objects are called in a namespace."""
    where = module(f"{{{namespace}}}_")
    names = [name for of, name in _TYPES if of == where]
    return [name for name in names if object_type(f"{{{namespace}}}{name}")]


@once
def is_opening(tag: str) -> bool:
    """Whether this is a door or window of CityGML 1.0 or 2.0, which is a surface; in 3.0 it is a thing."""
    return split(tag)[1] in ("Door", "Window") and module(tag) != "construction"


@once
def surface_type(tag: str) -> str | None:
    """The semantic type of a boundary surface or opening; None when this is none."""
    where, name = module(tag), split(tag)[1]
    if not where or object_type(tag):
        return None
    return _SURFACES.get(name)


@once
def extended_surface_type(tag: str) -> str:
    """The semantic type of a surface of an extension: some have the names of CityGML's own."""
    name = split(tag)[1]
    return _SURFACES.get(name, f"+{name}")


@once
def is_object_like(tag: str) -> bool:
    """Whether this is a thing (a feature or a data type), not a property: things begin with a capital."""
    return split(tag)[1][:1].isupper()


@once
def in_gml(tag: str) -> bool:
    """Whether this is an element of GML itself."""
    return split(tag)[0] in GML


@once
def shape_of(tag: str) -> Shape:
    """What a property that holds a geometry says by its name."""
    _, name = split(tag)
    found = _LOD.match(name)
    lod = found[1] if found else ""
    kind = (found[2] or "") if found else name
    return Shape(lod, _MEANT.get(name, ""), "terrainintersection" in kind.lower())
