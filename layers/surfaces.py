"""What one city object's geometry consists of: LoDs, semantic surfaces, their number and area."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, Mesh


@dataclass(frozen=True)
class SurfaceSum:
    """The surfaces of one semantic type in one level of detail."""

    lod: str
    type: str  # '' where the source says none
    count: int
    area: float  # in the square of the CRS's unit


def surface_sums(mesh: Mesh, position: int) -> list[SurfaceSum]:
    """The surfaces of the object at `position` in its layer, by level of detail and type."""
    geometries = np.flatnonzero(mesh.geometry_object == position)
    surfaces = np.flatnonzero(np.isin(mesh.surface_geometry, geometries))
    if not len(surfaces):
        return []
    areas = _areas(mesh, surfaces)
    types = np.asarray(mesh.surface_type[surfaces])
    lods = np.asarray(mesh.geometry_lod[mesh.surface_geometry[surfaces]])
    sums = []
    for lod, type in sorted({(int(lod), int(type)) for lod, type in zip(lods, types, strict=True)}):
        mine = (lods == lod) & (types == type)
        sums.append(
            SurfaceSum(mesh.lod_names[lod], mesh.type_names[type], int(mine.sum()), float(areas[mine].sum()))
        )
    return sums


def _areas(mesh: Mesh, surfaces: NDArray[np.int64]) -> Float64:
    """The true area of each of these consecutive surfaces, the sum of its triangles.

    |(b - a) x (c - a)| / 2
    """
    first, last = surfaces[0], surfaces[-1]
    mine = np.flatnonzero((mesh.triangle_surface >= first) & (mesh.triangle_surface <= last))
    corners = mesh.vertices[mesh.triangles[mine]]
    crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    areas = np.linalg.norm(crossed, axis=1) / 2
    summed = np.bincount(mesh.triangle_surface[mine] - first, weights=areas, minlength=last - first + 1)
    return np.asarray(summed[surfaces - first], np.float64)
