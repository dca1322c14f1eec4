"""Which outlines of polygons are worth drawing: those where the surface truly bends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, Int32, Mesh
from viewer.faces import Index, spans

#: Two polygons whose normals agree better than this lie in one plane (about 8°).
SAME_PLANE = 0.99
AWAY_M = 0.02
GRAIN_M = 0.005


@dataclass(frozen=True)
class Outlines:
    """The outlines of polygons, part by part, and which way is away from the body there."""

    edges: Int32  # (e, 2) into the vertices
    outward: NDArray[np.float32] | None  # (e, 3); None: along the normal of the polygon
    part_normal: NDArray[np.float32]  # (p, 3)

    def drawn(self, vertices: Float64, part_vertex: Index, parts: Index) -> tuple[Float64, Index]:
        """The ends of the outlines of some parts, two by two, and how many outlines each part has.

        They are drawn a little away from the body, so that its faces do not cover them.
        """
        first = np.searchsorted(self.edges[:, 0], part_vertex[parts])
        counts = np.searchsorted(self.edges[:, 0], part_vertex[parts + 1]) - first
        run = spans(first, first + counts)
        away = (
            np.repeat(self.part_normal[parts], counts, axis=0) if self.outward is None else self.outward[run]
        )
        ends = vertices[self.edges[run].ravel()] + np.repeat(away * np.float32(AWAY_M), 2, axis=0)
        return ends, counts

    def count(self, part_vertex: Index, parts: Index) -> int:
        """How many outlines some parts have."""
        first = np.searchsorted(self.edges[:, 0], part_vertex[parts])
        return int((np.searchsorted(self.edges[:, 0], part_vertex[parts + 1]) - first).sum())


def no_outlines(parts: int) -> Outlines:
    """For what is drawn without."""
    return Outlines(np.empty((0, 2), np.int32), None, np.zeros((parts, 3), np.float32))


def outlines_of(mesh: Mesh, left_out: NDArray[np.bool_], most: int) -> Outlines:
    """The outlines of a mesh without those of some objects; all of them, unthinned, above `most`."""
    edges, normal = np.asarray(mesh.edges), np.asarray(mesh.surface_normal)
    if not len(edges) or len(edges) > most:
        return Outlines(edges, None, normal)
    part = np.searchsorted(mesh.surface_start, edges[:, 0], side="right") - 1
    kept = ~left_out[mesh.surface_object[part]]
    edges, part = edges[kept], part[kept]
    if not len(edges):
        return Outlines(edges, None, normal)
    chosen, outward = _creases(mesh, edges, part)
    return Outlines(edges[chosen], outward, normal)


def _creases(mesh: Mesh, edges: Int32, part: Index) -> tuple[Index, NDArray[np.float32]]:
    """Outlines without those between polygons in one plane, each once per geometry; and outward."""
    key = _keys(mesh, edges, part)
    order = np.argsort(key, kind="stable")
    first = np.flatnonzero(np.r_[True, np.diff(key[order]) != 0])
    count = np.diff(np.r_[first, len(order)])
    one, other = order[first], order[np.minimum(first + 1, len(order) - 1)]
    mine, theirs = mesh.surface_normal[part[one]], mesh.surface_normal[part[other]]
    same_type = mesh.surface_type[part[one]] == mesh.surface_type[part[other]]
    is_flat = (count == 2) & (np.abs((mine * theirs).sum(axis=1)) > SAME_PLANE) & same_type
    outward = np.where((count == 2)[:, None], mine + theirs, mine)
    kept = np.flatnonzero(~is_flat)
    kept = kept[np.argsort(one[kept])]
    return one[kept], outward[kept]


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
