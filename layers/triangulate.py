"""Polygons in space to triangles, many at once.

Every ring's normal and whether it is convex come from whole arrays; convex polygons are fanned,
the others (dents, holes) go one by one through earcut, seen along their normal's largest axis.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import mapbox_earcut
import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, Int32
from layers.runs import ranges

Int64 = NDArray[np.int64]
Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]

#: Corners handled at a time: what the arrays of one step need stays in the processor's cache.
CORNERS_AT_ONCE = 8192
#: A thousandth of a percent of a ring's own area: rounding of coordinates, not a dent.
DENT = -1e-5


@dataclass(frozen=True)
class Triangulation:
    """Triangles over corner numbers, the polygon of each, and the polygons' unit normals."""

    triangles: Int32  # (m, 3)
    polygon: Int32  # (m,)
    normals: Float32  # (p, 3), zero where degenerate

    def moved(self, corners: int, polygons: int) -> Triangulation:
        """The same triangles behind so many other corners and polygons."""
        return Triangulation(
            self.triangles + np.int32(corners), self.polygon + np.int32(polygons), self.normals
        )


def triangulate(corners: Float64, ring_lengths: Int32, polygon_rings: Int32) -> Triangulation:
    """Triangles of polygons given as consecutive rings of consecutive corners.

    `corners` (n, 3) world; `ring_lengths` (r,); `polygon_rings` (p,) rings of each polygon, at
    least one, the outer ring first.
    """
    ring_end = np.cumsum(ring_lengths, dtype=np.int64)
    first_ring = np.cumsum(polygon_rings, dtype=np.int64) - polygon_rings
    length = ring_lengths[first_ring]
    start = ring_end[first_ring] - length
    normals, convex = _rings(corners, ring_end, ring_lengths)
    if len(first_ring) < len(ring_end):
        normals, convex = normals[first_ring], convex[first_ring]
    fanned = convex & (polygon_rings == 1) & (length >= 3)
    counts = np.where(fanned, length - 2, 0)
    cut = np.flatnonzero(~fanned & (length >= 3) & normals.any(axis=1))
    ring_of_cut = ranges(first_ring[cut], polygon_rings[cut])
    owner = np.repeat(np.arange(len(cut)), polygon_rings[cut])
    # An empty hole is none; earcut does not take it.
    whole = ring_lengths[ring_of_cut] > 0
    ring_of_cut, owner = ring_of_cut[whole], owner[whole]
    ring_ends = ring_end[ring_of_cut] - start[cut][owner]
    rings = np.bincount(owner, minlength=len(cut))
    ears, counts[cut] = _earcut_all(corners, normals[cut], start[cut], ring_ends, rings)
    polygon = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    triangles = _fans(start, counts)
    triangles[np.repeat(~fanned, counts)] = ears
    return Triangulation(triangles, polygon, _unit(normals))


def _unit(normals: Float64) -> Float32:
    length = np.sqrt(np.einsum("ij,ij->i", normals, normals))[:, None]
    unit: Float32 = np.divide(normals, length, out=np.zeros_like(normals), where=length > 0).astype(
        np.float32
    )
    return unit


def _fans(start: Int64, counts: Int64) -> Int32:
    """`counts` triangles for each polygon, from its first corner to every edge further on."""
    ends = np.cumsum(counts, dtype=np.int32)
    triangles = np.empty((len(counts) and int(ends[-1]), 3), np.int32)
    triangles[:, 0] = np.repeat(start.astype(np.int32), counts)
    triangles[:, 1] = np.arange(1, len(triangles) + 1, dtype=np.int32)
    triangles[:, 1] += np.repeat((start - ends + counts).astype(np.int32), counts)
    triangles[:, 2] = triangles[:, 1] + 1
    return triangles


def _rings(corners: Float64, ring_end: Int64, ring_lengths: Int32) -> tuple[Float64, Bool]:
    """Newell's normal of each ring, twice its area long, and whether the ring has no dent."""
    normals = np.zeros((len(ring_lengths), 3))
    convex = np.zeros(len(ring_lengths), np.bool_)
    for first, last in _stretches(ring_end, ring_lengths):
        lengths = ring_lengths[first:last]
        whole = np.flatnonzero(lengths > 0)
        begin, end = int(ring_end[first] - ring_lengths[first]), int(ring_end[last - 1])
        starts = (ring_end[first:last] - lengths)[whole] - begin
        found, fine = _normals_and_dents(corners[begin:end].T.copy(), starts, lengths[whole])
        normals[first + whole] = found.T
        convex[first + whole] = fine
    return normals, convex


def _stretches(ring_end: Int64, ring_lengths: Int32) -> Iterator[tuple[int, int]]:
    """Ranges of rings with about CORNERS_AT_ONCE corners."""
    first = 0
    while first < len(ring_end):
        begin = int(ring_end[first] - ring_lengths[first])
        last = max(first + 1, int(np.searchsorted(ring_end, begin + CORNERS_AT_ONCE, "right")))
        if ring_end[last - 1] > begin:
            yield first, last
        first = last


def _normals_and_dents(points: Float64, starts: Int64, lengths: Int32) -> tuple[Float64, Bool]:
    """(3, r) normals and (r,) convexity of the rings in (3, n) points; no ring is empty."""
    here = points - np.repeat(points[:, starts], lengths, axis=1)
    ends = starts + lengths - 1
    # Relative to its first corner, the corner after the last is zero.
    after = np.empty_like(here)
    after[:, :-1] = here[:, 1:]
    after[:, ends] = 0
    normals = np.add.reduceat(_cross(here, after), starts, axis=1)
    edge = after - here
    before = np.empty_like(edge)
    before[:, 1:] = edge[:, :-1]
    before[:, starts] = edge[:, ends]
    turn = np.einsum("ij,ij->j", _cross(before, edge), np.repeat(normals, lengths, axis=1))
    smallest = np.minimum.reduceat(turn, starts)
    return normals, smallest >= DENT * np.einsum("ij,ij->j", normals, normals)


def _cross(a: Float64, b: Float64) -> Float64:
    # np.cross is several times slower on short axes.
    found = np.empty_like(a)
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        np.multiply(a[u], b[v], out=found[axis])
        found[axis] -= a[v] * b[u]
    return found


def _earcut_all(
    corners: Float64, normals: Float64, starts: Int64, ring_ends: Int64, rings: Int64
) -> tuple[Int32, Int64]:
    """Triangles over corner numbers, turning as the outer rings do, and how many each polygon has."""
    last_ring = np.cumsum(rings)
    sizes = ring_ends[last_ring - 1]
    flat = _flattened(corners, normals, starts, sizes)
    ends = ring_ends.astype(np.uint32)
    found = []
    corner = ring = 0
    for size, next_ring in zip(sizes.tolist(), last_ring.tolist(), strict=True):
        found.append(mapbox_earcut.triangulate_float64(flat[corner : corner + size], ends[ring:next_ring]))
        corner, ring = corner + size, next_ring
    lengths = np.fromiter(map(len, found), np.int64, len(found))
    local = np.concatenate(found) if found else np.empty(0)
    return (local.astype(np.int32) + np.repeat(starts, lengths)).reshape(-1, 3), lengths // 3


def _flattened(corners: Float64, normals: Float64, starts: Int64, sizes: Int64) -> Float64:
    """Polygons seen along their normals' largest axes, turning anticlockwise, one after the other."""
    axis = np.abs(normals).argmax(axis=1)
    backwards = np.take_along_axis(normals, axis[:, None], 1)[:, 0] < 0
    u, v = (axis + 1 + backwards) % 3, (axis + 2 - backwards) % 3
    local = corners[ranges(starts, sizes)] - np.repeat(corners[starts], sizes, axis=0)
    sides = np.repeat(np.stack((u, v), axis=-1), sizes, axis=0)
    return np.take_along_axis(local, sides, axis=1)
