"""What one city object's geometry consists of: LoDs, semantic surfaces, their number and area."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from layers.arrays import CityTiles, Float64


@dataclass(frozen=True)
class SurfaceSum:
    """The surfaces of one semantic type in one level of detail."""

    lod: str
    type: str  # '' where the source says none
    count: int
    area: float  # in the square of the CRS's unit


def surface_sums(city: CityTiles, position: int) -> list[SurfaceSum]:
    """The surfaces of the object at `position` in its layer, by level of detail and type."""
    entry = np.flatnonzero(city.entry_object == position)
    if not len(entry):
        return []
    first, last = city.entry_geometry[entry[0] : entry[0] + 2]
    begin = city.geometry_surface[first : last + 1]
    areas = _areas(city, begin[0], begin[-1])
    types = np.asarray(city.surface_type[begin[0] : begin[-1]])
    lods = np.repeat(city.geometry_lod[first:last], np.diff(begin))
    sums = []
    for lod, type in sorted({(int(lod), int(type)) for lod, type in zip(lods, types, strict=True)}):
        mine = (lods == lod) & (types == type)
        sums.append(
            SurfaceSum(city.lod_names[lod], city.type_names[type], int(mine.sum()), float(areas[mine].sum()))
        )
    return sums


def _areas(city: CityTiles, first: int, last: int) -> Float64:
    """The true area of each surface from `first` to before `last`, the sum of its triangles.

    |(b - a) x (c - a)| / 2
    """
    begin = np.asarray(city.surface_triangle[first : last + 1])
    corners = city.vertices[city.triangles[begin[0] : begin[-1]]]
    crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    owner = np.repeat(np.arange(last - first), np.diff(begin))
    areas = np.bincount(owner, weights=np.linalg.norm(crossed, axis=1) / 2, minlength=last - first)
    return np.asarray(areas, np.float64)
