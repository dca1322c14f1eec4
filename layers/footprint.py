"""The footprint of each city object: the polygons that GIS programs show."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layers import wkb
from layers.arrays import Mesh

STEEP = 0.2  # |z| of a unit normal: flatter than about 78° from level counts as facing down


def footprints(mesh: Mesh, count: int) -> list[bytes | None]:
    """WKB MultiPolygon Z per object: LoD 0 where there is one, else its ground, else what faces down."""
    found: list[bytes | None] = [None] * count
    chosen = _chosen(mesh)
    owner = mesh.surface_object[chosen]
    breaks = np.flatnonzero(np.diff(owner)) + 1
    starts = mesh.surface_start
    vertices = np.asarray(mesh.vertices)
    for group in np.split(chosen, breaks):
        if len(group):
            # Holes are left out: the outer ring and the holes lie in one run of corners.
            polygons = [[vertices[starts[s] : starts[s + 1]]] for s in group.tolist()]
            found[int(mesh.surface_object[group[0]])] = wkb.multi_polygon(polygons)
    return found


def _chosen(mesh: Mesh) -> NDArray[np.intp]:
    """The polygons that make the footprints, in order."""
    count = len(mesh.surface_type)
    if count == 0:
        return np.empty(0, np.intp)
    lod_zero = np.array([name.startswith("0") for name in mesh.lod_names])
    ground = np.array([name in ("GroundSurface", "OuterFloorSurface") for name in mesh.type_names])
    down = mesh.surface_normal[:, 2] < -STEEP
    level = np.abs(mesh.surface_normal[:, 2]) > STEEP
    lod = mesh.geometry_lod[mesh.surface_geometry]
    rank = np.full(count, 9, np.int8)
    rank[level] = 3
    rank[down] = 2
    rank[ground[mesh.surface_type]] = 1
    rank[lod_zero[lod]] = 0
    corners = np.diff(mesh.surface_start)
    rank[corners < 3] = 9
    owner = mesh.surface_object
    best = np.full(int(owner.max()) + 1, 9, np.int8)
    np.minimum.at(best, owner, rank)
    # Several LoDs of the same ground would overlap: the first geometry that has it is enough.
    first = np.full(len(best), np.iinfo(np.int64).max)
    candidate = (rank == best[owner]) & (rank < 9)
    np.minimum.at(first, owner[candidate], mesh.surface_geometry[candidate].astype(np.int64))
    return np.flatnonzero(candidate & (mesh.surface_geometry == first[owner]))
