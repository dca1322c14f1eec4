"""What the colours of a layer of city objects mean, and how much is drawn in each."""

from __future__ import annotations

import re
from collections import Counter
from itertools import count as count_from

import numpy as np

from layers.album import MISSING, NONE, Album
from layers.arrays import CityTiles, Int32
from layers.records import Layer
from layers.tones import HATCH
from viewer.color import LegendEntry
from viewer.detail import Allowed
from viewer.faces import Index, Mask
from viewer.looks import APPEARANCE, GUESSES, Looks
from viewer.palette import hex_color, surface_color

#: To count what is left of more surfaces than this would hold up the window.
MOST_COUNTED = 3_000_000
#: More materials than this are put together by their colours.
MOST_MATERIALS = 8
#: A name that tells a person nothing: an id.
IDENTIFIER = re.compile(r"[\w-]*[0-9A-Fa-f]{8}-?[0-9A-Fa-f-]{8,}.*")
LOOKS = "Materials and textures"
#: Of several materials without a name each has a number.
UNNAMED = "Material"
#: What stands for images in a legend.
IMAGE = (150, 140, 130)


def legend_of(
    layer: Layer, looks: Looks, city: CityTiles, allowed: Allowed, theme: int = 0
) -> list[LegendEntry]:
    """Classes with the number of objects, or of surfaces, that are drawn in each."""
    if looks.way == APPEARANCE and city.album is not None and city.themes:
        surfaces = _surfaces(city, allowed)
        look = np.asarray(city.surface_look)[surfaces, theme]
        bare = _drawn_as(looks, city, surfaces, look < 0)
        return [*_look_rows(layer, city.album, look), *_bare_rows(layer, bare)]
    objects = city.entry_object[allowed.entries]
    if looks.grouping is not None:
        return looks.grouping.legend(layer, objects)
    if looks.way == "plain":
        return [LegendEntry(layer.name, looks.plain, len(objects), layer=layer.id, heading=layer.name)]
    if looks.way == "surface" and (rows := _surface_rows(layer, looks, city, allowed)):
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


def _drawn_as(
    looks: Looks, city: CityTiles, surfaces: Index | slice, chosen: Mask
) -> Counter[tuple[str, str]]:
    """How many of some polygons are drawn as what (name and colour), where they have no look of their own:
    as their semantic type, as what they are guessed to be, or as their object."""
    types = np.asarray(city.surface_type)[surfaces][chosen]
    counts = np.bincount(types, minlength=len(city.type_names)) if looks.by_surface else np.zeros(1, int)
    found = Counter(
        {
            (city.type_names[i], surface_color(city.type_names[i])): int(counts[i])
            for i in range(1, len(counts))
        }
    )
    others = np.arange(len(city.surface_type))[surfaces][chosen][(types == 0) | (not looks.by_surface)]
    entry = np.searchsorted(np.asarray(city.entry_surface), others, side="right") - 1
    objects = np.asarray(city.entry_object)[entry]
    guessed = looks.guessed(objects, np.asarray(city.surface_normal)[others])
    for i, name in enumerate(GUESSES):
        found[name, surface_color(name)] += int((guessed == i).sum())
    kinds = np.bincount(looks.object_type[objects[guessed < 0]], minlength=len(looks.type_names))
    for i, name in enumerate(looks.type_names):
        found[name, hex_color(looks.type_colors()[i])] += int(kinds[i])
    return +found


def _bare_rows(layer: Layer, counts: Counter[tuple[str, str]]) -> list[LegendEntry]:
    """The polygons without any look, which have the colours of their types."""
    return [
        LegendEntry(f"{name}, no image", color, count, "surfaces", layer.id, LOOKS)
        for (name, color), count in counts.most_common()
    ]


def _look_rows(layer: Layer, album: Album, look: Int32) -> list[LegendEntry]:
    """How many polygons have images, are hatched for want of one, or are of which material."""
    each = np.bincount(look + 1, minlength=len(album.picture) + 1)[1:]
    rows = []
    shown = _materials(album, each)
    for label, color, count in (
        ("Image of the file", hex_color(np.array(IMAGE)), int(each[album.picture >= 0].sum())),
        (
            "Image is missing: hatched near by",
            hex_color(np.mean(HATCH, axis=0)),
            int(each[album.picture == MISSING].sum()),
        ),
        *shown[:MOST_MATERIALS],
        ("Other materials", hex_color(np.array(IMAGE)), sum(row[2] for row in shown[MOST_MATERIALS:])),
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
        key = name if name and not IDENTIFIER.fullmatch(name) else UNNAMED, hex_color(colors[number])
        found[key] = found.get(key, 0) + int(counts[number])
    rows = sorted(((name, color, count) for (name, color), count in found.items()), key=lambda row: -row[2])
    if sum(name == UNNAMED for name, _, _ in rows) < 2:
        return rows
    numbers = count_from(1)
    return [(f"{name} {next(numbers)}" if name == UNNAMED else name, color, n) for name, color, n in rows]


def _surface_rows(layer: Layer, looks: Looks, city: CityTiles, allowed: Allowed) -> list[LegendEntry]:
    names = city.type_names
    if len(city.surface_type) <= MOST_COUNTED:
        surfaces = _surfaces(city, allowed)
        every = np.ones(len(np.asarray(city.surface_type)[surfaces]), bool)
        found = _drawn_as(looks, city, surfaces, every)
    else:  # those of the whole layer, as the import counted them
        known = layer.facts.get("surfaces") or {}
        shown = [name for i, name in enumerate(names) if i and allowed.types[i]]
        found = +Counter({(name, surface_color(name)): int(known.get(name, 0)) for name in shown})
    return [
        LegendEntry(name, color, count, "surfaces", layer.id, "Polygons of surfaces")
        for (name, color), count in found.most_common()
    ]
