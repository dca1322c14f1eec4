"""Which geometries of city objects are drawn at a level of detail."""

from __future__ import annotations

import numpy as np

from layers.arrays import CityTiles
from layers.blocks import lod_number
from viewer.columns import NO_OBJECT, Columns
from viewer.faces import Mask

#: Parts of parts of parts: deeper than any city model goes.
MOST_GENERATIONS = 8


def allowed_geometries(city: CityTiles, lod: str, columns: Columns) -> Mask:
    """Those of one LoD; where it is not among the city's, the most detailed of every object.

    A building gives way to parts that are more detailed than itself.
    """
    own = np.asarray(city.geometry_lod)
    if lod in city.lod_names:
        chosen: Mask = own == city.lod_names.index(lod)
        return chosen
    objects = np.repeat(city.entry_object, np.diff(city.entry_geometry))
    rank = np.argsort(np.argsort([lod_number(name) for name in city.lod_names], kind="stable"))
    mine = rank[own] if len(rank) else own
    best = np.full(columns.count + 1, -1)  # the last one stands for "no parent"
    np.maximum.at(best, objects, mine)
    below, parents = best.copy(), columns.parents  # the most detailed of an object and all its parts
    if (parents != NO_OBJECT).any():
        for _ in range(MOST_GENERATIONS):
            before = below.copy()
            np.maximum.at(below, parents, before[:-1])
            below[NO_OBJECT] = -1
            if (below == before).all():
                break
    found: Mask = (mine == best[objects]) & (best >= below)[objects]
    return found
