"""What the colours of a layer of city objects mean, and how much is drawn in each."""

from __future__ import annotations

import numpy as np

from layers.arrays import CityTiles
from layers.records import Layer
from viewer.color import LegendEntry
from viewer.detail import Allowed
from viewer.looks import Looks
from viewer.palette import hex_color, surface_color

#: To count what is left of more surfaces than this would hold up the window.
MOST_COUNTED = 3_000_000


def legend_of(layer: Layer, looks: Looks, city: CityTiles, allowed: Allowed) -> list[LegendEntry]:
    """Classes with the number of objects, or of surfaces, that are drawn in each."""
    objects = city.entry_object[allowed.entries]
    if looks.classes is not None:
        return looks.classes.legend(layer.id, looks.attribute, objects)
    if looks.way == "plain":
        return [LegendEntry(layer.name, looks.plain, len(objects), layer=layer.id, heading=layer.name)]
    if looks.way == "surface" and (rows := _surface_rows(layer, city, allowed)):
        return rows
    counts = np.bincount(looks.object_type[objects], minlength=len(looks.type_names))
    colors = looks.type_colors()
    rows = [
        LegendEntry(name, hex_color(colors[i]), int(counts[i]), "objects", layer.id, "City objects")
        for i, name in enumerate(looks.type_names)
        if counts[i]
    ]
    return sorted(rows, key=lambda row: -row.count)


def _surface_rows(layer: Layer, city: CityTiles, allowed: Allowed) -> list[LegendEntry]:
    names = city.type_names
    if len(city.surface_type) <= MOST_COUNTED:
        surfaces, _ = allowed.surfaces(city, np.arange(len(city.entry_object)))
        counts = np.bincount(city.surface_type[surfaces], minlength=len(names))
    else:  # those of the whole layer, as the import counted them
        known = layer.facts.get("surfaces") or {}
        counts = np.array([int(known.get(name, 0)) for name in names])
    rows = [
        LegendEntry(name, surface_color(name), int(counts[i]), "surfaces", layer.id, "Surfaces")
        for i, name in enumerate(names)
        if i and counts[i] and allowed.types[i]
    ]
    return sorted(rows, key=lambda row: -row.count)
