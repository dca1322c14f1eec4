"""Which geometries of city objects are drawn at a level of detail."""

from __future__ import annotations

import numpy as np

from layers.arrays import CityTiles
from layers.lods import geometries_at
from viewer.columns import Columns
from viewer.faces import Index, Mask


class Lods:
    """The levels of detail of a city; answers for the same one are the same arrays."""

    def __init__(self, city: CityTiles, columns: Columns) -> None:
        self._city, self._columns = city, columns
        self._lod: str | None = None
        self._allowed: Mask = np.empty(0, bool)
        self._triangles: Index = np.empty(0, np.int64)

    def allowed(self, lod: str) -> Mask:
        """Per geometry, whether it is drawn."""
        if self._lod != lod:
            self._allowed = geometries_at(self._city, self._columns.parents, lod)
            triangles = np.diff(np.asarray(self._city.surface_triangle)[self._city.geometry_surface])
            if len(triangles):
                triangles = np.add.reduceat(triangles * self._allowed, self._city.entry_geometry[:-1])
            self._lod, self._triangles = lod, triangles.astype(np.int64)
        return self._allowed

    def triangles(self, allowed: Mask) -> Index:
        """How many triangles every entry has in the geometries that were last allowed."""
        assert allowed is self._allowed
        return self._triangles
