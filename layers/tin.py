"""Terrain that city files bring along as triangles: their TINRelief objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from layers.arrays import CityTiles, Float64, Int32
from layers.data import LayerData
from layers.report import Report
from layers.runs import Int64, ranges, starts

TIN = "TINRelief"
RELIEF = frozenset((TIN, "ReliefFeature"))


def with_terrain(city: LayerData) -> list[LayerData]:
    """A layer of city objects, and the terrain that is drawn from them where they have some."""
    layers = [city]
    if any(feature.type == TIN for feature in city.features):
        layers.append(LayerData("", "terrain", city.crs, Report(), box=city.box, partner=0))
    name_layers(layers, city.name)
    return layers


def name_layers(layers: Sequence[LayerData], name: str) -> None:
    """Call a layer and its terrain by the name of their file; where all is terrain, each says what it is."""
    city, *terrains = layers
    is_all = bool(terrains) and all(feature.type.lstrip("+") in RELIEF for feature in city.features)
    city.name = f"{name} objects" if is_all else name
    for terrain in terrains:
        terrain.name = f"{name} terrain"


def entries_of(city: CityTiles, types: Sequence[Any]) -> Int64:
    """The entries of its TINRelief; all of the city's when it has none."""
    is_tin = np.array([name == TIN for name in types], bool)
    found = np.flatnonzero(is_tin[city.entry_object])
    return found if len(found) else np.arange(len(city.entry_object))


def triangles_in(city: CityTiles, entries: Int64) -> tuple[Float64, Int32]:
    """The vertices (n, 3) and triangles (m, 3) of some entries, whatever their level of detail."""
    first, corners = city.entry_vertex[entries], np.diff(city.entry_vertex)[entries]
    counts = np.diff(city.entry_triangle)[entries]
    shift = starts(corners)[:-1] - first
    triangles = city.triangles[ranges(city.entry_triangle[entries], counts)]
    moved = triangles + np.repeat(shift, counts)[:, None].astype(np.int32)
    return np.asarray(city.vertices[ranges(first, corners)]), moved.astype(np.int32)
