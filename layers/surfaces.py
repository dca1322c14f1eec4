"""What one city object's geometry consists of: LoDs, semantic surfaces, their number and area."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from layers.arrays import Float64, Int32, Mesh


@dataclass(frozen=True)
class SurfaceSum:
    """The surfaces of one semantic type in one level of detail."""

    lod: str
    type: str  # '' where the source says none
    count: int
    area: float  # in the square of the CRS's unit


def surface_sums(mesh: Mesh, position: int) -> list[SurfaceSum]:
    """The surfaces of the object at `position` in its layer, by level of detail and type."""
    geometries = _between(mesh.geometry_object, position, position + 1)
    surfaces = _between(mesh.surface_geometry, geometries.start, geometries.stop)
    if surfaces.start == surfaces.stop:
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


def _between(sorted_values: Int32, low: int, high: int) -> slice:
    start, stop = np.searchsorted(sorted_values, (low, high))
    return slice(int(start), int(stop))


def _areas(mesh: Mesh, surfaces: slice) -> Float64:
    """The true area of each surface, the sum of its triangles.

    |(b - a) x (c - a)| / 2
    """
    mine = _between(mesh.triangle_surface, surfaces.start, surfaces.stop)
    corners = mesh.vertices[mesh.triangles[mine]]
    crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    areas = np.linalg.norm(crossed, axis=1) / 2
    owner = mesh.triangle_surface[mine] - surfaces.start
    return np.bincount(owner, weights=areas, minlength=surfaces.stop - surfaces.start)
