"""What the colours of a layer of city objects mean, and how much is drawn in each."""

from __future__ import annotations

import re

import numpy as np

from layers.album import MISSING, NONE, Album
from layers.arrays import CityTiles, Int32
from layers.records import Layer
from layers.tones import HATCH
from viewer.color import LegendEntry
from viewer.detail import Allowed
from viewer.faces import Index
from viewer.looks import APPEARANCE, PLAIN, Looks
from viewer.palette import hex_color, surface_color

#: To count what is left of more surfaces than this would hold up the window.
MOST_COUNTED = 3_000_000
#: More materials than this are put together by their colours.
MOST_MATERIALS = 8
#: A name that tells a person nothing: an id.
IDENTIFIER = re.compile(r"[\w-]*[0-9A-Fa-f]{8}-?[0-9A-Fa-f-]{8,}.*")
LOOKS = "Materials and textures"
#: What stands for images in a legend.
IMAGE = (150, 140, 130)


def legend_of(
    layer: Layer, looks: Looks, city: CityTiles, allowed: Allowed, theme: int = 0
) -> list[LegendEntry]:
    """Classes with the number of objects, or of surfaces, that are drawn in each."""
    if looks.way == APPEARANCE and city.album is not None and city.themes:
        surfaces = _surfaces(city, allowed)
        look = np.asarray(city.surface_look)[surfaces, theme]
        bare = np.bincount(np.asarray(city.surface_type)[surfaces][look < 0], minlength=len(city.type_names))
        return [*_look_rows(layer, city.album, look, int(bare[0])), *_bare_rows(layer, city, bare)]
    objects = city.entry_object[allowed.entries]
    if looks.grouping is not None:
        return looks.grouping.legend(layer, objects)
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


def _surfaces(city: CityTiles, allowed: Allowed) -> Index | slice:
    """The polygons that are drawn; all of them where they are too many to be counted."""
    if len(city.surface_type) > MOST_COUNTED:
        return slice(None)
    return allowed.surfaces(city, np.arange(len(city.entry_object)))[0]


def _bare_rows(layer: Layer, city: CityTiles, counts: Index) -> list[LegendEntry]:
    """The semantic surfaces without any look, which have the colours of their types."""
    rows = [
        LegendEntry(f"{name}, no image", surface_color(name), int(counts[i]), "surfaces", layer.id, LOOKS)
        for i, name in enumerate(city.type_names)
        if i and counts[i]
    ]
    return sorted(rows, key=lambda row: -row.count)


def _look_rows(layer: Layer, album: Album, look: Int32, bare: int) -> list[LegendEntry]:
    """How many polygons have images, are hatched for want of one, are of which material, or of nothing."""
    each = np.bincount(look + 1, minlength=len(album.picture) + 1)[1:]
    rows = []
    shown = _materials(album, each)
    for label, color, count in (
        ("Image of the file", hex_color(np.array(IMAGE)), int(each[album.picture >= 0].sum())),
        (
            "Image is missing: hatched",
            hex_color(np.mean(HATCH, axis=0)),
            int(each[album.picture == MISSING].sum()),
        ),
        *shown[:MOST_MATERIALS],
        ("Other materials", hex_color(np.array(IMAGE)), sum(row[2] for row in shown[MOST_MATERIALS:])),
        ("No material or image", PLAIN, bare),
    ):
        if count:
            rows.append(LegendEntry(label, color, count, "surfaces", layer.id, LOOKS))
    return rows


def _materials(album: Album, counts: Index) -> list[tuple[str, str, int]]:
    """Name, colour and number of polygons of every material; names that are for programs are left out."""
    found: dict[tuple[str, str], int] = {}
    colors = album.shown
    for number in np.flatnonzero((counts > 0) & (album.picture == NONE)).tolist():
        name = album.names[number]
        key = name if name and not IDENTIFIER.fullmatch(name) else "Material", hex_color(colors[number])
        found[key] = found.get(key, 0) + int(counts[number])
    return sorted(((name, color, count) for (name, color), count in found.items()), key=lambda row: -row[2])


def _surface_rows(layer: Layer, city: CityTiles, allowed: Allowed) -> list[LegendEntry]:
    names = city.type_names
    if len(city.surface_type) <= MOST_COUNTED:
        counts = np.bincount(city.surface_type[_surfaces(city, allowed)], minlength=len(names))
    else:  # those of the whole layer, as the import counted them
        known = layer.facts.get("surfaces") or {}
        counts = np.array([int(known.get(name, 0)) for name in names])
    rows = [
        LegendEntry(name, surface_color(name), int(counts[i]), "surfaces", layer.id, "Surfaces")
        for i, name in enumerate(names)
        if i and counts[i] and allowed.types[i]
    ]
    return sorted(rows, key=lambda row: -row.count)
