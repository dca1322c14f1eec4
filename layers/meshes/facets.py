"""Flat polygons out of triangles: neighbours in one plane are one wall, with its outline and its holes.

Meshes of buildings come as triangles. Put together again they have the surfaces that people know:
each can be picked, outlined and analysed as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.runs import starts
from layers.stored import Float64, Int32

Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

#: Corners nearer than this are one corner.
WELD_M = 1e-4
#: Neighbours whose normals differ by less than this are in one plane, if no corner is far from the plane of
#: all; where one is, those that differ by less than the next. Tiles have corners rounded to some centimetres.
FLAT_DEG = (10.0, 1.0)
OFF_PLANE_M = 0.05
#: What is flat covers as much, seen along its normal, as its triangles do together.
FLAT_SHARE = 0.999


@dataclass(frozen=True)
class Facets:
    """Polygons: each so many rings, the outer one first, each so many corners."""

    corners: Int64  # numbers of vertices
    rings: Int32  # corners of each ring
    polygon_rings: Int32
    triangle: Int64  # (p,) one of the triangles that the polygon is made of
    is_merged: Bool  # (p,) whether it is more than one


def facets(vertices: Float64, triangles: Int64, groups: Int64, alone: Bool) -> Facets:
    """Polygons of (m, 3) triangles; only triangles of one group are put together, those `alone` never."""
    welded = _welded(vertices)[triangles]
    flat = _flat(vertices, triangles, welded, groups, alone)
    rings, whole = _outlines(vertices, triangles, welded, flat)
    single = np.flatnonzero(~whole[flat])
    merged = _polygons(rings)
    return Facets(
        corners=np.concatenate((merged.corners, triangles[single].ravel())),
        rings=np.concatenate((merged.rings, np.full(len(single), 3, np.int32))),
        polygon_rings=np.concatenate((merged.polygon_rings, np.ones(len(single), np.int32))),
        triangle=np.concatenate((merged.triangle, single)),
        is_merged=np.concatenate((merged.is_merged, np.zeros(len(single), np.bool_))),
    )


def _welded(vertices: Float64) -> Int64:
    """The number of each vertex's place: the same for all that lie together."""
    if not len(vertices):
        return np.empty(0, np.int64)
    grid = np.rint((vertices - vertices.min(axis=0)) / WELD_M).astype(np.int64)
    return _numbered(*grid.T)


def _flat(vertices: Float64, triangles: Int64, welded: Int64, groups: Int64, alone: Bool) -> Int64:
    """For each triangle the first of those that it is in one plane with, from neighbour to neighbour."""
    normals = _normals(vertices, triangles)
    sides = np.roll(welded, -1, axis=1)
    one, other = _neighbours(welded.ravel(), sides.ravel(), groups)
    bend = np.einsum("ij,ij->i", normals[one], normals[other])
    found = np.arange(len(triangles))
    is_open = ~alone
    for degrees in FLAT_DEG:
        near = (bend > np.cos(np.radians(degrees))) & is_open[one] & is_open[other]
        joined = _only_flat(vertices, triangles, _connected(len(triangles), one[near], other[near]))
        size = np.bincount(joined, minlength=len(triangles))
        done = size[joined] > 1
        found[done] = joined[done]
        is_open &= ~done
    return found


def _normals(vertices: Float64, triangles: Int64) -> Float64:
    """(m, 3) unit normals, zero where a triangle has no area."""
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    normals = np.cross(b - a, c - a)
    length = np.linalg.norm(normals, axis=1)[:, None]
    unit: Float64 = np.divide(normals, length, out=np.zeros_like(normals), where=length > WELD_M**2)
    return unit


def _neighbours(begin: Int64, end: Int64, groups: Int64) -> tuple[Int64, Int64]:
    """Pairs of triangles of one group that share an edge, which no third one shares, each from its side."""
    low, high, group = np.minimum(begin, end), np.maximum(begin, end), np.repeat(groups, 3)
    edges = _numbered(group, low, high)
    order = np.argsort(edges, kind="stable")
    count = np.bincount(edges)
    first = (np.cumsum(count) - count)[count == 2]
    one, other = order[first], order[first + 1]
    fits = begin[one] == end[other]
    return one[fits] // 3, other[fits] // 3


def _connected(count: int, one: Int64, other: Int64) -> Int64:
    """The smallest number that each of `count` numbers is joined with, directly or through others."""
    root = np.arange(count)
    while len(one):
        a, b = root[one], root[other]
        low, high = np.minimum(a, b), np.maximum(a, b)
        apart = low != high
        if not apart.any():
            break
        one, other = one[apart], other[apart]
        np.minimum.at(root, high[apart], low[apart])
        while (root[root] != root).any():
            root = root[root]
    return root


def _only_flat(vertices: Float64, triangles: Int64, component: Int64) -> Int64:
    """The components without those that bend, whose triangles are alone again."""
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    normals = np.cross(b - a, c - a)
    count = len(triangles)
    mean = np.stack([np.bincount(component, normals[:, axis], count) for axis in range(3)], axis=-1)
    length = np.linalg.norm(mean, axis=1)[:, None]
    mean = np.divide(mean, length, out=np.zeros_like(mean), where=length > 0)
    origin = vertices[triangles[:, 0]][component]  # a corner of the component's first triangle
    plane = mean[component]
    off = np.max([np.abs(np.einsum("ij,ij->i", p - origin, plane)) for p in (a, b, c)], axis=0, initial=0)
    bent = length[:, 0] < FLAT_SHARE * np.bincount(component, np.linalg.norm(normals, axis=1), count)
    bent[component[off > OFF_PLANE_M]] = True
    return np.where(bent[component], np.arange(count), component)


@dataclass(frozen=True)
class _Rings:
    """Outlines of components, one after the other."""

    corners: Int64
    lengths: Int64
    component: Int64  # (r,)
    area: Float64  # (r,) along the component's normal; holes are negative


def _outlines(vertices: Float64, triangles: Int64, welded: Int64, component: Int64) -> tuple[_Rings, Bool]:
    """The rings around the components of more than one triangle, and which of these have plain ones."""
    size = np.bincount(component, minlength=len(triangles))
    several = np.flatnonzero(size[component] > 1)
    owner = np.repeat(component[several], 3)
    corner = triangles[several].ravel()
    begin, end = welded[several].ravel(), np.roll(welded[several], -1, axis=1).ravel()
    rim = _rim(begin, end, owner)
    owner, corner, begin, end = owner[rim], corner[rim], begin[rim], end[rim]
    # From each edge to the one that begins where it ends; a place where two begin is no plain outline.
    places = _numbered(np.concatenate((owner, owner)), np.concatenate((begin, end)))
    from_place, to_place = places[: len(owner)], places[len(owner) :]
    edge_from = np.zeros(int(places.max(initial=-1)) + 1, np.int64)
    edge_from[from_place] = np.arange(len(owner))
    begun = np.bincount(from_place, minlength=len(edge_from))
    odd = np.zeros(len(triangles), np.bool_)
    odd[owner[begun[to_place] != 1]] = True
    after = edge_from[to_place]
    whole = (size > 1) & ~odd
    rings = _walked(vertices, corner, owner, after, whole)
    # One outline and any number of holes, or it is no polygon.
    outer = np.bincount(rings.component[rings.area > 0], minlength=len(triangles))
    whole &= outer == 1
    keep = whole[rings.component]
    kept_corners = np.repeat(keep, rings.lengths)
    rings = _Rings(rings.corners[kept_corners], rings.lengths[keep], rings.component[keep], rings.area[keep])
    return rings, whole


def _rim(begin: Int64, end: Int64, owner: Int64) -> Bool:
    """Which edges have not exactly one of the same component that goes back along them."""
    edges = _numbered(
        np.concatenate((owner, owner)), np.concatenate((begin, end)), np.concatenate((end, begin))
    )
    forth, back = edges[: len(owner)], edges[len(owner) :]
    found: Bool = np.bincount(back, minlength=int(edges.max(initial=-1)) + 1)[forth] != 1
    return found


def _numbered(*columns: Int64) -> Int64:
    """A number for each row, the same for equal ones."""
    order = np.lexsort(columns)
    new = np.zeros(len(order), np.bool_)
    for column in columns:
        new[1:] |= np.diff(column[order]) != 0
    found = np.empty(len(order), np.int64)
    found[order] = np.cumsum(new)
    return found


def _walked(vertices: Float64, corner: Int64, owner: Int64, after: Int64, whole: Bool) -> _Rings:
    """The closed ways along edges, of components that have plain ones."""
    following, kept = after.tolist(), whole[owner].tolist()
    seen = [not keep for keep in kept]
    way: list[int] = []
    lengths: list[int] = []
    for first in range(len(following)):
        edge, begin = first, len(way)
        while not seen[edge]:
            seen[edge] = True
            way.append(edge)
            edge = following[edge]
        if len(way) > begin:
            lengths.append(len(way) - begin)
    edges, counts = np.array(way, np.int64), np.array(lengths, np.int64)
    first_edge = edges[starts(counts)[:-1]]
    corners = corner[edges]
    return _Rings(corners, counts, owner[first_edge], _areas(vertices[corners], counts, owner[first_edge]))


def _areas(points: Float64, counts: Int64, component: Int64) -> Float64:
    """Areas of rings along the sum of all rings' normals of their component: holes turn the other way."""
    if not len(counts):
        return np.empty(0)
    begin = starts(counts)[:-1]
    local = points - np.repeat(points[begin], counts, axis=0)
    after = np.roll(local, -1, axis=0)
    after[begin + counts - 1] = local[begin]
    normals = np.add.reduceat(np.cross(local, after), begin, axis=0) / 2
    _, rank = np.unique(component, return_inverse=True)
    total = np.stack([np.bincount(rank, normals[:, axis]) for axis in range(3)], axis=-1)
    length = np.linalg.norm(total, axis=1)[:, None]
    unit = np.divide(total, length, out=np.zeros_like(total), where=length > 0)
    return np.asarray(np.einsum("ij,ij->i", normals, unit[rank]))


def _polygons(rings: _Rings) -> Facets:
    """Rings put into order: each component's outer ring, then its holes."""
    order = np.lexsort((-rings.area, rings.component))
    begin = starts(rings.lengths)[:-1][order]
    lengths = rings.lengths[order]
    component, counts = np.unique(rings.component, return_counts=True)
    inside = np.arange(int(lengths.sum())) - np.repeat(starts(lengths)[:-1], lengths)
    return Facets(
        rings.corners[np.repeat(begin, lengths) + inside],
        lengths.astype(np.int32),
        counts.astype(np.int32),
        component,
        np.ones(len(component), np.bool_),
    )
