"""The colours of the city: object types, semantic surfaces, point classes, and colour maps."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from layers.arrays import UInt8

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

#: Colours of the ASPRS LAS point classes.
POINT_CLASS_COLORS: dict[int, str] = {
    0: "#b5b5b5",
    1: "#a0a0a0",
    2: "#a9896b",
    3: "#b7cf8f",
    4: "#86ad68",
    5: "#4f8a53",
    6: "#c86f5a",
    7: "#d64fb0",
    8: "#7a6fb8",
    9: "#5b9ec9",
    10: "#6f6660",
    11: "#8f8f92",
    12: "#c9b458",
    13: "#d8a93b",
    14: "#e0c040",
    15: "#5a6f8c",
    16: "#a78a3c",
    17: "#9c7f6a",
    18: "#e06a9f",
    26: "#9c7f6a",
}

NO_VALUE = "#b9b9b6"
SELECTED = "#f2a33a"
GHOST = "#9fb1c2"
EARTH = "#cdc6b2"
STONE = "#d5c6ae"

#: Muted colours for anything without a colour of its own.
SPARE_COLORS = ("#b79aa8", "#9aa9b7", "#b7ad9a", "#9ab7ab", "#a89ab7", "#b7a39a", "#9fb79a", "#b0b0a0")

CATEGORY_MAP = "okabe-ito"
COLOR_MAPS = ("viridis", "cividis", "magma", "sun", "heights", "balance", "difference", "seen")


def rgb(color: str) -> UInt8:
    """A colour "#rrggbb" as three bytes."""
    return np.frombuffer(bytes.fromhex(color.lstrip("#")), np.uint8)


def hex_color(color: NDArray[np.generic]) -> str:
    """Three bytes as "#rrggbb"."""
    return "#" + bytes(int(part) for part in color).hex()


def object_color(type_name: str) -> str:
    """The colour of a city object type; "BridgePart" is coloured as "Bridge"."""
    if type_name in OBJECT_COLORS:
        return OBJECT_COLORS[type_name]
    bare = type_name.lstrip("+")
    families = [name for name in OBJECT_COLORS if bare.startswith(name)]
    return OBJECT_COLORS[max(families, key=len)] if families else spare_color(bare)


#: What a network carries, by words in the name of its layer.
PIPE_COLORS: tuple[tuple[str, str], ...] = (
    ("drink water epanet supply trinkwasser drinkwater vand", "#3f7fae"),
    ("storm rain regen surface", "#4f9aa8"),
    ("gas", "#c9a536"),
    ("heat warm district fern", "#b4513f"),
    ("electric power strom kabel cable", "#8a5aa8"),
)
SEWER = "#8d6a4e"


def pipe_color(layer_name: str) -> str:
    """The colour of a network, told from the name of its layer; sewer brown when it says nothing."""
    name = layer_name.casefold()
    for words, color in PIPE_COLORS:
        if any(word in name for word in words.split()):
            return color
    return SEWER


def surface_color(type_name: str) -> str:
    """The colour of a semantic surface type."""
    return SURFACE_COLORS.get(type_name) or spare_color(type_name.lstrip("+"))


def spare_color(name: str) -> str:
    """A muted colour that stays the same for the same name."""
    return SPARE_COLORS[sum(name.encode()) % len(SPARE_COLORS)]


@cache
def color_table(name: str) -> NDArray[np.float64]:
    """The colours of a map, (k, 3), 0 … 255; unknown names give the first map."""
    known = (*COLOR_MAPS, CATEGORY_MAP)
    chosen = name if name in known else known[0]
    text = files("assets").joinpath("colormaps", f"{chosen}.json").read_text("utf-8")
    return np.array([rgb(color) for color in json.loads(text)["colors"]], np.float64)


def ramp(name: str, at: NDArray[np.floating]) -> UInt8:
    """Colours of a map at positions 0 … 1, (n, 3)."""
    table = color_table(name)
    position = np.clip(at, 0, 1) * (len(table) - 1)
    stops = np.arange(len(table))
    mixed = [np.interp(position, stops, table[:, channel]) for channel in range(3)]
    return (np.stack(mixed, axis=-1) + 0.5).astype(np.uint8)
