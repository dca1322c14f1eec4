"""Which objects of a layer stand in a situation, and which polygons stand for them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.situation import Situation
from layers.arrays import CityTiles, Int32
from layers.columns import Mask
from layers.data import Box
from layers.lods import geometries_at, with_parents, with_parts
from layers.project import Project
from layers.records import Layer
from layers.runs import Int64, ranges

#: Terrain of city models, which a layer of its own may show.
TIN = frozenset(("TINRelief",))


def standing(project: Project, layer: Layer, situation: Situation, stands: Mask) -> Mask:
    """Which objects are there: at the date (`stands`), with what they are parts of, and not left out."""
    if situation.without:
        stands = stands & ~project.matching(layer, situation.without)
    return with_parents(stands, project.parents(layer))


def matching(project: Project, layer: Layer, where: str, fids: Sequence[int] | None) -> Mask:
    """The objects that match an expression, or are among `fids`, with all their parts."""
    found = project.matching(layer, where) if where else np.ones(layer.object_count, bool)
    if fids is not None:
        places = np.asarray(fids, np.int64) - layer.first_fid
        chosen = np.zeros(layer.object_count, bool)
        chosen[places[(places >= 0) & (places < layer.object_count)]] = True
        found &= chosen
    return with_parts(found, project.parents(layer))


def objects_of(project: Project, layer: Layer, types: frozenset[str]) -> Mask:
    """Which objects of a layer are of some types."""
    codes, names = project.values(layer, "type").as_codes()
    found: Mask = np.array([*(str(name) in types for name in names), False])[codes]
    return found


def entries_in(city: CityTiles, wanted: Mask, area: Box | None) -> Int64:
    """Entries of the objects that are wanted and reach into an area."""
    chosen = wanted[city.entry_object]
    if area is not None:
        low, high = np.asarray(city.entry_box[:, 0]), np.asarray(city.entry_box[:, 1])
        for axis in (0, 1):
            chosen &= (low[:, axis] <= area[3 + axis]) & (high[:, axis] >= area[axis])
    return np.flatnonzero(chosen)


def surfaces_of(
    project: Project, layer: Layer, city: CityTiles, entries: Int64
) -> tuple[Int64, Int64, Int64]:
    """The polygons of some entries in the layer's level of detail, with the geometry and entry of each."""
    allowed = geometries_at(city, project.parents(layer), layer.lod)
    geometries, entry = below(city.entry_geometry, entries, entries)
    kept = allowed[geometries]
    geometries, entry = geometries[kept], entry[kept]
    surfaces, at = below(city.geometry_surface, geometries, np.arange(len(geometries)))
    return surfaces, geometries[at], entry[at]


def below(begin: Int32, items: Int64, owner: Int64) -> tuple[Int64, Int64]:
    """The items of the next level in some items, and the owner that each has from above."""
    first, counts = begin[items], begin[items + 1] - begin[items]
    return ranges(first, counts), np.repeat(owner, counts)
