"""What IFC classes are called among city objects (CityJSON 2.0), and what their surfaces are."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

#: Objects that hold others; what is in them is called after them.
FACILITIES = ("Building", "Bridge", "Tunnel")
GENERIC = "GenericCityObject"

#: The most special class first; what stands in a building is "Building" and the word.
_SPATIAL = (
    ("IfcSite", "LandUse"),
    ("IfcBuildingStorey", "BuildingStorey"),
    ("IfcBuilding", "Building"),
    ("IfcBridgePart", "BridgePart"),
    ("IfcBridge", "Bridge"),
    ("IfcRoad", "Road"),
    ("IfcRailway", "Railway"),
    ("IfcFacility", "OtherConstruction"),
)
_CONSTRUCTIVE = (
    "IfcBuildingElement",
    "IfcBuiltElement",
    "IfcElementComponent",
    "IfcElementAssembly",
    "IfcFeatureElement",
    "IfcGeotechnicalElement",
)
_INSTALLED = (
    "IfcRailing",
    "IfcChimney",
    "IfcShadingDevice",
    "IfcDistributionElement",
    "IfcTransportElement",
    "IfcTransportationDevice",
    "IfcElectricalElement",
    "IfcEquipmentElement",
)
_FURNITURE = ("IfcFurnishingElement",)
_ROOMS = ("IfcSpace", "IfcSpatialZone")

#: Semantic surfaces by class, the special ones first; a slab is named by its use.
_SURFACES = (
    ("IfcWindow", "Window"),
    ("IfcDoor", "Door"),
    ("IfcRoof", "RoofSurface"),
    ("IfcWall", "WallSurface"),
    ("IfcCurtainWall", "WallSurface"),
    ("IfcFooting", "GroundSurface"),
)
_BY_USE: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "IfcSlab": {
            "ROOF": "RoofSurface",
            "BASESLAB": "GroundSurface",
            "FLOOR": "FloorSurface",
            "LANDING": "FloorSurface",
        },
        "IfcCovering": {
            "CEILING": "CeilingSurface",
            "FLOORING": "FloorSurface",
            "ROOFING": "RoofSurface",
            "CLADDING": "WallSurface",
        },
    }
)


def type_of(product: Any, facility: str) -> str:
    """The type of a product in a facility ("Building", "Bridge", …, '' in none)."""
    for name, type in _SPATIAL:
        if product.is_a(name):
            return "BuildingPart" if type == "Building" and facility == "Building" else type
    if facility in FACILITIES:
        return _within(product, facility)
    if product.is_a("IfcFurnishingElement") or product.is_a("IfcTransportElement"):
        return "CityFurniture"
    if any(product.is_a(name) for name in _CONSTRUCTIVE):
        return "OtherConstruction"
    return GENERIC


def _within(product: Any, facility: str) -> str:
    words = (
        (_INSTALLED, "Installation"),
        (_FURNITURE, "Furniture"),
        (_ROOMS, "HollowSpace" if facility == "Tunnel" else "Room"),
        (_CONSTRUCTIVE, "ConstructiveElement"),
    )
    for names, word in words:
        if any(product.is_a(name) for name in names):
            return facility + word
    return GENERIC


def surface_of(product: Any) -> str:
    """The semantic type of a product's surfaces, '' when there is none."""
    for name, uses in _BY_USE.items():
        if product.is_a(name):
            return uses.get(str(getattr(product, "PredefinedType", "") or ""), "")
    return next((type for name, type in _SURFACES if product.is_a(name)), "")
