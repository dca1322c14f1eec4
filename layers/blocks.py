"""The blocks that stand for city objects from afar: an upright box over each footprint.

A block lies along the longest level edge of its object (or along the axes, where that takes less
ground), reaches over all of it, and is as high as its roof is on average. It may be mistaken by
the largest of: how far the object rises above the block, how far its lowest eaves stay below, and
half the side of a square as large as the ground that lies under the block but not under the object.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from layers.arrays import CityTiles, Float64
from layers.runs import Int64, starts

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]

#: Vertices handled at a time: what the arrays of one step need stays in the processor's cache.
VERTICES_AT_ONCE = 32_768
UPWARD = 0.05  # z of a unit normal: what looks up enough to be seen from above
LEVEL = 0.1  # rise of an edge for its length below which it counts as level
#: Of an object that has such surfaces only they count as its top: not floors within it.
ROOF = "RoofSurface"


class Blocks(NamedTuple):
    """One block per entry, as in `CityTiles`."""

    base: Float64
    shape: Float32
    area: Float32
    error: Float32


def blocks_of(tiles: CityTiles) -> Blocks:
    """The block of each entry from its most detailed geometry, the entries in any order."""
    chosen = _most_detailed(tiles)
    is_roof = np.array([name == ROOF for name in tiles.type_names])
    found = [_blocks(tiles, first, last, chosen, is_roof) for first, last in _stretches(tiles)]
    if not found:
        return Blocks(np.empty((0, 4)), *(np.empty(shape, np.float32) for shape in ((0, 4), 0, 0)))
    return Blocks(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def _stretches(tiles: CityTiles) -> Iterator[tuple[int, int]]:
    """Ranges of entries with about VERTICES_AT_ONCE vertices."""
    ends = tiles.entry_vertex[1:]
    first = 0
    while first < len(ends):
        enough = tiles.entry_vertex[first] + VERTICES_AT_ONCE
        last = max(first + 1, int(np.searchsorted(ends, enough, "right")))
        yield first, last
        first = last


def _most_detailed(tiles: CityTiles) -> Bool:
    """Which polygons are of the highest level of detail that their object has."""
    if not len(tiles.entry_object):
        return np.empty(0, np.bool_)
    order = sorted(range(len(tiles.lod_names)), key=lambda code: lod_number(tiles.lod_names[code]))
    rank = np.argsort(order)[tiles.geometry_lod]
    best = np.maximum.reduceat(rank, tiles.entry_geometry[:-1])
    chosen = rank == np.repeat(best, np.diff(tiles.entry_geometry))
    return np.repeat(chosen, np.diff(tiles.geometry_surface))


def lod_number(name: str) -> float:
    """How detailed a level of detail is; -1 where its name is no number."""
    try:
        return float(name)
    except ValueError:
        return -1.0


def _blocks(tiles: CityTiles, first: int, last: int, chosen: Bool, is_roof: Bool) -> Blocks:
    """The blocks of a stretch of entries."""
    surfaces = slice(tiles.entry_surface[first], tiles.entry_surface[last])
    vertices = slice(tiles.entry_vertex[first], tiles.entry_vertex[last])
    chosen = chosen[surfaces]
    counts = np.diff(tiles.entry_vertex[first : last + 1])
    middle = tiles.entry_box[first:last].mean(axis=1)
    middle[:, 2] = 0
    points = tiles.vertices[vertices].T - np.repeat(middle.T, counts, axis=1)
    outline, ring_end = points, tiles.ring_end[vertices]
    if not chosen.all():
        corners = np.diff(tiles.surface_vertex[surfaces.start : surfaces.stop + 1])
        kept = np.repeat(chosen, corners)
        counts = np.add.reduceat(kept, starts(counts)[:-1], dtype=np.int64)
        outline, ring_end = points[:, kept], ring_end[kept]
    begin = starts(counts)[:-1]
    place, half, direction = _rectangles(outline, ring_end, begin, counts)
    foot, peak = np.minimum.reduceat(outline[2], begin), np.maximum.reduceat(outline[2], begin)
    area, top, eaves = _roofs(tiles, first, last, points, chosen, is_roof)
    ground = 4 * half[0] * half[1]
    seen = area > 0
    area = np.where(seen, np.minimum(area, ground), ground)
    top, eaves = np.where(seen, top, peak), np.where(seen, eaves, peak)
    misfit = np.where(seen, np.sqrt(ground - area) / 2, half.min(axis=0))
    error = np.max((peak - top, top - eaves, misfit), axis=0)
    return Blocks(
        np.column_stack((place.T + middle[:, :2], foot, top)),
        np.column_stack((*half, *direction)).astype(np.float32),
        area.astype(np.float32),
        error.astype(np.float32),
    )


def _rectangles(
    outline: Float64, ring_end: Bool, begin: Int64, counts: Int64
) -> tuple[Float64, Float64, Float64]:
    """Middles (2, k), half lengths and widths, and directions of the rectangles around runs of vertices."""
    turned = _directions(outline, ring_end, begin, counts)
    along = np.zeros_like(turned)
    along[0] = 1
    place, half = _extents(outline, turned, begin, counts)
    plain_place, plain_half = _extents(outline, along, begin, counts)
    better = half[0] * half[1] < plain_half[0] * plain_half[1]
    found = (
        np.where(better, place, plain_place),
        np.where(better, half, plain_half),
        np.where(better, turned, along),
    )
    return found


def _directions(outline: Float64, ring_end: Bool, begin: Int64, counts: Int64) -> Float64:
    """(2, k) cosine and sine of the longest level edge of each run of vertices; along x without any."""
    ends = np.flatnonzero(ring_end)
    following = np.arange(1, outline.shape[1] + 1)
    following[ends] = np.concatenate(([0], ends[:-1] + 1))
    edge = outline[:, following] - outline
    length = edge[0] ** 2 + edge[1] ** 2
    length[edge[2] ** 2 > LEVEL**2 * length] = 0
    longest = np.maximum.reduceat(length, begin)
    hits = np.flatnonzero(length == np.repeat(longest, counts))
    chosen = hits[np.searchsorted(hits, begin)]
    size = np.sqrt(longest)
    flat = size > 0
    direction: Float64 = np.divide(edge[:2, chosen], size, out=np.zeros((2, len(begin))), where=flat)
    direction[0, ~flat] = 1
    return direction


def _extents(outline: Float64, direction: Float64, begin: Int64, counts: Int64) -> tuple[Float64, Float64]:
    """Middles and half sizes (2, k) of the rectangles in these directions around runs of vertices."""
    cosine, sine = np.repeat(direction, counts, axis=1)
    local = np.stack((outline[0] * cosine + outline[1] * sine, outline[1] * cosine - outline[0] * sine))
    low, high = np.minimum.reduceat(local, begin, axis=1), np.maximum.reduceat(local, begin, axis=1)
    u, v = (low + high) / 2
    cosine, sine = direction
    return np.stack((u * cosine - v * sine, u * sine + v * cosine)), (high - low) / 2


def _roofs(
    tiles: CityTiles, first: int, last: int, points: Float64, chosen: Bool, is_roof: Bool
) -> tuple[Float64, Float64, Float64]:
    """Of each entry what is seen of it from above: its area, its mean height, its lowest height."""
    count = last - first
    surfaces = slice(tiles.entry_surface[first], tiles.entry_surface[last])
    owner = np.repeat(np.arange(count), np.diff(tiles.entry_surface[first : last + 1]))
    seen = _seen(tiles.surface_normal[surfaces, 2], is_roof[tiles.surface_type[surfaces]], chosen, owner)
    triangle_counts = np.diff(tiles.surface_triangle[surfaces.start : surfaces.stop + 1])
    kept = np.repeat(seen, triangle_counts)
    owner = np.repeat(owner[seen], triangle_counts[seen])
    of_stretch = slice(tiles.entry_triangle[first], tiles.entry_triangle[last])
    corners = (tiles.triangles[of_stretch][kept] - tiles.entry_vertex[first]).T
    (ax, bx, cx), (ay, by, cy), height = points[0][corners], points[1][corners], points[2][corners]
    size = np.abs((bx - ax) * (cy - ay) - (by - ay) * (cx - ax)) / 2
    area = np.bincount(owner, size, count).astype(np.float64)
    volume = np.bincount(owner, size * height.mean(axis=0), count).astype(np.float64)
    top: Float64 = np.divide(volume, area, out=np.zeros(count), where=area > 0)
    lowest = np.full(count, np.inf)
    if len(owner):
        runs = np.flatnonzero(np.diff(owner, prepend=-1))
        lowest[owner[runs]] = np.minimum.reduceat(height.min(axis=0), runs)
    return area, top, lowest


def _seen(up: Float32, roof: Bool, chosen: Bool, owner: Int64) -> Bool:
    """Which polygons make the top of their objects: roofs, else what looks up, else what lies flat."""
    seen: Bool = chosen & (up > UPWARD)
    roof = seen & roof
    has_roof = np.zeros(int(owner[-1]) + 1, np.bool_)
    has_roof[owner[roof]] = True
    seen &= roof | ~has_roof[owner]
    is_bare = np.ones(len(has_roof), np.bool_)
    is_bare[owner[seen]] = False
    seen |= chosen & is_bare[owner] & (up < -UPWARD)
    return seen
