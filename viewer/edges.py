"""Which outlines of polygons are worth drawing: those where the surface truly bends."""

from __future__ import annotations

import numpy as np

from layers.arrays import Float64, Int32, Mesh
from viewer.faces import Index

#: Two polygons whose normals agree better than this lie in one plane (about 8°).
SAME_PLANE = 0.99
GRAIN_M = 0.005


def edge_runs(edges: Int32, part_vertex: Index, parts: Index) -> tuple[Index, Index]:
    """Where the outlines of each part begin and end in `edges`, which come part by part."""
    first = edges[:, 0]
    return np.searchsorted(first, part_vertex[parts]), np.searchsorted(first, part_vertex[parts + 1])


def creases(mesh: Mesh) -> Int32:
    """Outlines without those between polygons in one plane, each once per geometry."""
    edges = np.asarray(mesh.edges)
    if not len(edges):
        return edges
    part = np.searchsorted(mesh.surface_start, edges[:, 0], side="right") - 1
    key = _keys(mesh, edges, part)
    order = np.argsort(key, kind="stable")
    first = np.flatnonzero(np.r_[True, np.diff(key[order]) != 0])
    count = np.diff(np.r_[first, len(order)])
    one = order[first]
    other = order[np.minimum(first + 1, len(order) - 1)]
    alike = (mesh.surface_normal[part[one]] * mesh.surface_normal[part[other]]).sum(axis=1)
    same_type = mesh.surface_type[part[one]] == mesh.surface_type[part[other]]
    keep = ~((count == 2) & (np.abs(alike) > SAME_PLANE) & same_type)
    found: Int32 = edges[np.sort(one[keep])]
    return found


def _keys(mesh: Mesh, edges: Int32, part: Index) -> Index:
    """Equal for edges of one geometry with the same two ends."""
    ends = mesh.vertices[edges.ravel()]
    code = _place_codes(ends).reshape(-1, 2)
    geometry = mesh.surface_geometry[part].astype(np.int64)
    low, high = code.min(axis=1), code.max(axis=1)
    keys: Index = (low * 1_000_003) ^ (high * 998_244_353) ^ (geometry * 2_654_435_761)
    return keys


def _place_codes(points: Float64) -> Index:
    steps = np.round((points - points.min(axis=0)) / GRAIN_M).astype(np.int64)
    codes: Index = steps[:, 0] * 73_856_093 ^ steps[:, 1] * 19_349_663 ^ steps[:, 2] * 83_492_791
    return codes
