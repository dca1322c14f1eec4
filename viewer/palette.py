"""The colours of the city: object types, semantic surfaces, point classes, and colour maps."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from layers.arrays import UInt8
from layers.colors import OBJECT_COLORS as OBJECT_COLORS
from layers.colors import SURFACE_COLORS as SURFACE_COLORS
from layers.colors import object_color as object_color
from layers.colors import spare_color as spare_color
from layers.colors import surface_color as surface_color

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
GHOST, GHOST_LINE = "#9fb1c2", "#6d8296"
EARTH = "#cdc6b2"
STONE = "#d5c6ae"

CATEGORY_MAP = "okabe-ito"
COLOR_MAPS = (
    *("viridis", "cividis", "magma", "sun", "heights"),
    *("balance", "difference", "change", "seen", "amber"),
)


def rgb(color: str) -> UInt8:
    """A colour "#rrggbb" as three bytes."""
    return np.frombuffer(bytes.fromhex(color.lstrip("#")), np.uint8)


def hex_color(color: NDArray[np.generic]) -> str:
    """Three bytes as "#rrggbb"."""
    return "#" + bytes(int(part) for part in color).hex()


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
