"""Which geometries of city objects stand for them at a level of detail, and which parts stand with whom."""

from __future__ import annotations

import numpy as np

from layers.arrays import CityTiles, Int32
from layers.blocks import lod_number
from layers.columns import NONE, Mask

NO_OBJECT = NONE
#: Parts of parts of parts: deeper than any city model goes.
MOST_GENERATIONS = 8


def geometries_at(city: CityTiles, parents: Int32, lod: str) -> Mask:
    """Per geometry, whether it is the one that stands for its object.

    Those of one LoD; where it is not among the city's, the most detailed of every object. A building
    gives way to parts that are more detailed than itself. `parents` holds the position of each object's
    parent, or NO_OBJECT.
    """
    own = np.asarray(city.geometry_lod)
    if lod and lod in city.lod_names:  # '' asks for the most detailed; some geometries say no LoD
        return np.asarray(own == city.lod_names.index(lod))
    objects = np.repeat(city.entry_object, np.diff(city.entry_geometry))
    rank = np.argsort(np.argsort([lod_number(name) for name in city.lod_names], kind="stable"))
    mine = rank[own] if len(rank) else own
    best = np.full(len(parents) + 1, -1)  # the last one stands for "no parent"
    np.maximum.at(best, objects, mine)
    below = best.copy()  # the most detailed of an object and all its parts
    for _ in range(MOST_GENERATIONS if (parents != NO_OBJECT).any() else 0):
        before = below.copy()
        np.maximum.at(below, parents, before[:-1])
        below[NO_OBJECT] = -1
        if (below == before).all():
            break
    found: Mask = (mine == best[objects]) & (best >= below)[objects]
    return found


def with_parts(mask: Mask, parents: Int32) -> Mask:
    """The objects and all their parts, and theirs in turn."""
    found = mask.copy()
    has_parent = parents != NO_OBJECT
    while has_parent.any():
        grown = found | (has_parent & found[parents])
        if (grown == found).all():
            break
        found = grown
    return found


def with_parents(mask: Mask, parents: Int32) -> Mask:
    """Those of the objects whose parents, and theirs in turn, are in the mask too."""
    found = mask.copy()
    has_parent = parents != NO_OBJECT
    while has_parent.any():
        kept = found & (~has_parent | found[parents])
        if (kept == found).all():
            break
        found = kept
    return found
