"""Which geometries of city objects are drawn at a level of detail."""

from __future__ import annotations

import numpy as np

from layers.arrays import CityTiles
from layers.blocks import lod_number
from viewer.columns import NO_OBJECT, Columns
from viewer.faces import Index, Mask

#: Parts of parts of parts: deeper than any city model goes.
MOST_GENERATIONS = 8


class Lods:
    """The levels of detail of a city; answers for the same one are the same arrays."""

    def __init__(self, city: CityTiles, columns: Columns) -> None:
        self._city, self._columns = city, columns
        self._lod: str | None = None
        self._allowed: Mask = np.empty(0, bool)
        self._triangles: Index = np.empty(0, np.int64)

    def allowed(self, lod: str) -> Mask:
        """Per geometry, whether it is drawn.

        Those of one LoD; where it is not among the city's, the most detailed of every object. A building
        gives way to parts that are more detailed than itself.
        """
        names = self._city.lod_names
        if self._lod != lod:
            own = np.asarray(self._city.geometry_lod)
            self._allowed = own == names.index(lod) if lod in names else self._best()
            triangles = np.diff(np.asarray(self._city.surface_triangle)[self._city.geometry_surface])
            if len(triangles):
                triangles = np.add.reduceat(triangles * self._allowed, self._city.entry_geometry[:-1])
            self._lod, self._triangles = lod, triangles.astype(np.int64)
        return self._allowed

    def triangles(self, allowed: Mask) -> Index:
        """How many triangles every entry has in the geometries that were last allowed."""
        assert allowed is self._allowed
        return self._triangles

    def _best(self) -> Mask:
        city, columns = self._city, self._columns
        objects = np.repeat(city.entry_object, np.diff(city.entry_geometry))
        rank = np.argsort(np.argsort([lod_number(name) for name in city.lod_names], kind="stable"))
        mine = rank[city.geometry_lod] if len(rank) else np.asarray(city.geometry_lod)
        best = np.full(columns.count + 1, -1)  # the last one stands for "no parent"
        np.maximum.at(best, objects, mine)
        below = best.copy()  # the most detailed of an object and all its parts
        for _ in range(MOST_GENERATIONS if columns.has_parents else 0):
            before = below.copy()
            np.maximum.at(below, columns.parents, before[:-1])
            below[NO_OBJECT] = -1
            if (below == before).all():
                break
        found: Mask = (mine == best[objects]) & (best >= below)[objects]
        return found
