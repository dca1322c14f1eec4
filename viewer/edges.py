"""Which outlines of polygons are worth drawing: those where the surface truly bends."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, Int32
from viewer.faces import Index, Mask

Float32 = NDArray[np.float32]

#: Two polygons whose normals agree better than this lie in one plane (about 8°).
SAME_PLANE = 0.99
GRAIN_M = 0.005


def ring_edges(ring_end: Mask, start: Index, drawn: Mask) -> tuple[Int32, Index]:
    """The outlines of the polygons that are `drawn`, as pairs of vertices, and the polygon of each.

    `start` is the first vertex of every polygon; `ring_end` marks the vertices that close a ring.
    """
    count = len(ring_end)
    part = np.repeat(np.arange(len(start)), np.diff(np.r_[start, count]))
    follower = np.arange(1, count + 1)
    ends = np.flatnonzero(ring_end)
    follower[ends] = np.r_[0, ends[:-1] + 1]
    chosen = np.flatnonzero(drawn[part])
    edges = np.stack((chosen, follower[chosen]), axis=-1).astype(np.int32)
    return edges, part[chosen]


def creases(
    vertices: Float64, edges: Int32, part: Index, normal: Float32, type: Int32, geometry: Index
) -> tuple[Index, Float32]:
    """Outlines without those between polygons in one plane, each once per geometry; and outward.

    `part` is the polygon of every edge; `normal`, `type` and `geometry` are those of the polygons.
    """
    key = _keys(vertices, edges, geometry[part])
    order = np.argsort(key, kind="stable")
    first = np.flatnonzero(np.r_[True, np.diff(key[order]) != 0])
    count = np.diff(np.r_[first, len(order)])
    one, other = order[first], order[np.minimum(first + 1, len(order) - 1)]
    mine, theirs = normal[part[one]], normal[part[other]]
    same_type = type[part[one]] == type[part[other]]
    is_flat = (count == 2) & (np.abs((mine * theirs).sum(axis=1)) > SAME_PLANE) & same_type
    outward = np.where((count == 2)[:, None], mine + theirs, mine)
    kept = np.flatnonzero(~is_flat)
    kept = kept[np.argsort(one[kept])]
    return one[kept], outward[kept]


def _keys(vertices: Float64, edges: Int32, geometry: Index) -> Index:
    """Equal for edges of one geometry with the same two ends."""
    code = place_codes(vertices[edges.ravel()]).reshape(-1, 2)
    low, high = code.min(axis=1), code.max(axis=1)
    keys: Index = (low * 1_000_003) ^ (high * 998_244_353) ^ (geometry * 2_654_435_761)
    return keys


def place_codes(points: Float64) -> Index:
    """A number for every point; the same for those in one place."""
    steps = np.round((points - points.min(axis=0)) / GRAIN_M).astype(np.int64)
    codes: Index = steps[:, 0] * 73_856_093 ^ steps[:, 1] * 19_349_663 ^ steps[:, 2] * 83_492_791
    return codes
