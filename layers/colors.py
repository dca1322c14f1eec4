"""The colours of city objects and of their surfaces, alike on the screen and in what is written."""

from __future__ import annotations

#: City object types (CityJSON 2.0). A subtype falls back to its family, see `object_color`.
OBJECT_COLORS: dict[str, str] = {
    "Building": "#dccfb9",
    "BuildingPart": "#dccfb9",
    "BuildingInstallation": "#bfae95",
    "BuildingConstructiveElement": "#c9bba3",
    "BuildingFurniture": "#a78f74",
    "BuildingRoom": "#d8d2c6",
    "BuildingStorey": "#d3c8b4",
    "BuildingUnit": "#cdbfa6",
    "Bridge": "#b3a08c",
    "Tunnel": "#958c84",
    "OtherConstruction": "#b9a992",
    "Road": "#bdbbb6",
    "Railway": "#97908b",
    "TransportSquare": "#cfc8ba",
    "Waterway": "#84abc4",
    "WaterBody": "#8fb5cb",
    "PlantCover": "#a5b98c",
    "SolitaryVegetationObject": "#83a06d",
    "LandUse": "#cdcdb2",
    "TINRelief": "#cbc8b0",
    "CityFurniture": "#8a7f74",
    "GenericCityObject": "#b8adb4",
    "CityObjectGroup": "#c4c0bb",
    "Conduit": "#8a6f5a",
    "Manhole": "#6f6a66",
}

#: Semantic surfaces (CityGML 3.0 thematic surfaces).
SURFACE_COLORS: dict[str, str] = {
    "RoofSurface": "#c88a6f",
    "WallSurface": "#ece5d8",
    "GroundSurface": "#a79d8f",
    "ClosureSurface": "#cfc9d2",
    "OuterCeilingSurface": "#cdb49c",
    "OuterFloorSurface": "#b9a894",
    "CeilingSurface": "#e9e3d6",
    "FloorSurface": "#b7a58d",
    "InteriorWallSurface": "#ece6da",
    "Window": "#7c9db3",
    "Door": "#8d6c51",
    "WaterSurface": "#8fb5cb",
    "WaterGroundSurface": "#8a8f7e",
    "WaterClosureSurface": "#b9ccd8",
    "TrafficArea": "#b9b6b0",
    "AuxiliaryTrafficArea": "#aab595",
    "TransportationMarking": "#f3f1e8",
    "TransportationHole": "#6e6b68",
}

#: Cables and pipes by their theme, in the colours that the Dutch rules for showing IMKL (PMKL) prescribe.
THEME_COLORS: dict[str, str] = {
    "landelijkHoogspanningsnet": "#ff0000",
    "hoogspanning": "#ff0000",
    "middenspanning": "#c80000",
    "laagspanning": "#960000",
    "gasLageDruk": "#ffd750",
    "gasHogeDruk": "#ffaf3c",
    "buisleidingGevaarlijkeInhoud": "#ff7f00",
    "petrochemie": "#b64a00",
    "water": "#0000ff",
    "warmte": "#008080",
    "datatransport": "#00ff00",
    "rioolVrijverval": "#ba38a8",
    "rioolOnderOverOfOnderdruk": "#800080",
    "wees": "#918a6f",
    "overig": "#6f5c10",
}
#: Attributes whose values have colours that their readers rely on.
AGREED_COLORS = {"thema": THEME_COLORS}

#: Muted colours for anything without a colour of its own.
SPARE_COLORS = ("#b79aa8", "#9aa9b7", "#b7ad9a", "#9ab7ab", "#a89ab7", "#b7a39a", "#9fb79a", "#b0b0a0")


def object_color(type_name: str) -> str:
    """The colour of a city object type; "BridgePart" is coloured as "Bridge"."""
    if type_name in OBJECT_COLORS:
        return OBJECT_COLORS[type_name]
    bare = type_name.lstrip("+")
    families = [name for name in OBJECT_COLORS if bare.startswith(name)]
    return OBJECT_COLORS[max(families, key=len)] if families else spare_color(bare)


def surface_color(type_name: str) -> str:
    """The colour of a semantic surface type."""
    return SURFACE_COLORS.get(type_name) or spare_color(type_name.lstrip("+"))


def spare_color(name: str) -> str:
    """A muted colour that stays the same for the same name."""
    return SPARE_COLORS[sum(name.encode()) % len(SPARE_COLORS)]
