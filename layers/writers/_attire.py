"""What the shapes of a drawn layer wear, as members of their geometries in a CityJSON model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from layers.arrays import CityTiles, Mesh
from layers.citymesh import mesh_of_tiles
from layers.flatten import DEPTH
from layers.shapes import rings_of
from layers.upgrade import Model
from layers.writers._dress import Dress
from layers.writers._pictures import Pictures

#: What a polygon wears that wears nothing.
_BARE: Mapping[str, Any] = {"material": None, "texture": [[None]]}


def dress(
    model: Model, tiles: CityTiles, geometries: Mapping[int, list[dict[str, Any]]], pictures: Pictures
) -> None:
    """Give geometries, by the position of their object in the layer, the looks with which they are drawn."""
    if tiles.album is None or tiles.surface_look is None:
        return
    mesh = mesh_of_tiles(tiles)
    worn = Dress(mesh, np.arange(len(mesh.vertices)), tiles.album, pictures)
    if appearance := worn.appearance():
        model["appearance"] = appearance
    first = np.searchsorted(mesh.surface_geometry, np.arange(len(mesh.geometry_lod) + 1)).tolist()
    owners, places = mesh.geometry_object.tolist(), mesh.geometry_index.tolist()
    for number, (owner, place) in enumerate(zip(owners, places, strict=True)):
        surfaces = np.arange(first[number], first[number + 1])
        geometry = geometries[owner][place]
        for theme in worn.themes:
            rings = None if theme.places is None else [_rings(mesh, at, theme.places) for at in surfaces]
            for member, values in theme.worn(surfaces, rings):
                of = dict(zip(mesh.surface_index[surfaces].tolist(), values, strict=True))
                depth = DEPTH[geometry["type"]]
                count = sum(1 for _ in rings_of(geometry["boundaries"], depth))
                each = iter([of.get(at, _BARE[member]) for at in range(count)])
                nested = _nested(geometry["boundaries"], depth, each)
                geometry.setdefault(member, {})[theme.name] = {"values": nested}


def _rings(mesh: Mesh, surface: int, places: Any) -> list[list[int]]:
    """The numbers that the corners of a polygon have, ring by ring."""
    corners = slice(*mesh.surface_start[surface : surface + 2].tolist())
    ends = np.flatnonzero(mesh.ring_end[corners]) + 1
    return [ring.tolist() for ring in np.split(places[corners], ends[:-1])]


def _nested(boundaries: Sequence[Any], depth: int, values: Iterator[Any]) -> list[Any]:
    """One value for each polygon, in lists as those of the boundaries."""
    if depth:
        return [_nested(part, depth - 1, values) for part in boundaries]
    return [next(values) for _ in boundaries]
