"""What mesh files call city objects, in CityJSON's words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from layers.conformance import FIRST_LEVEL, SECOND_LEVEL, SURFACES
from layers.words import plain

ANYTHING = "GenericCityObject"
#: Which attribute holds an object's id, type and level of detail, best first (plain names).
ID_FIELDS = (
    "gmlid",
    "id",
    "identificatie",
    "identifier",
    "lokaalid",
    "guid",
    "globalid",
    "uuid",
    "buildingid",
)
TYPE_FIELDS = ("type", "featuretype", "citygmlclass", "classname", "objecttype", "cityobjecttype")
LOD_FIELDS = ("lod", "levelofdetail")
_LODS = ("0", "1", "2", "3", "4")

_KNOWN = {plain(name): name for name in FIRST_LEVEL | SECOND_LEVEL}
#: Words of producers of tiles and meshes (3dfier, PLATEAU, FME) for the same things.
_OTHERS = {
    "forest": "PlantCover",
    "terrain": "LandUse",
    "water": "WaterBody",
    "separation": "GenericCityObject",
    "vegetation": "PlantCover",
    "tree": "SolitaryVegetationObject",
    "relief": "TINRelief",
    "relieffeature": "TINRelief",
    "track": "Road",
    "square": "TransportSquare",
    "genericcityobject": "GenericCityObject",
    "furniture": "CityFurniture",
}
#: Semantic surfaces by the beginning of the type of the object whose material ends in "Wall".
_WALLS: Mapping[str, str] = MappingProxyType({"Building": "WallSurface", "Bridge": "WallSurface"})
_TOPS: Mapping[str, str] = MappingProxyType({"Building": "RoofSurface", "WaterBody": "WaterSurface"})


def city_type(said: str) -> str | None:
    """The type that a word such as "bldg:Building" or "Forest" names; None when it names none."""
    word = said.rsplit(":", 1)[-1].strip()
    if said.startswith("+") and len(said) > 1:
        return said  # of an extension of CityJSON
    return _KNOWN.get(plain(word)) or _OTHERS.get(plain(word))


def lod_name(said: object) -> str:
    """The level of detail that a number or a text such as "LOD2" or 2.2 names; '' when it names none."""
    text = str(said).strip().lower().removeprefix("lod").strip()
    if text.endswith(".0"):
        text = text[:-2]
    return text if text[:1] in _LODS and (len(text) == 1 or text[1:2] == ".") and len(text) <= 3 else ""


def material_type(material: str) -> tuple[str, str] | None:
    """The type of object, and of surface, that the name of a material of 3dfier and the like says.

    Where materials are called as semantic surfaces are, the type is that of what has them mostly.
    """
    family = next((family for family, surfaces in SURFACES.items() if material in surfaces), None)
    if family is not None:
        return family, material
    base = material.removesuffix("Wall")
    found = city_type(base)
    if found is None:
        return None
    return found, (_TOPS if base == material else _WALLS).get(found, "")
