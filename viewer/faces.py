"""Triangles grouped for drawing and for picking, whatever layer they come from."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, Int32
from layers.runs import ranges

Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: How little the areas of a closed body, as vectors, may sum to, of its surface.
OPEN_SHARE = 1e-3
TRIANGLES_AT_ONCE = 30_000  # their coordinates fit into the cache of the processor
CHUNK = 96  # triangles of a smooth surface that share one box when picking


@dataclass(frozen=True)
class Faces:
    """Parts are what is coloured and hidden as one; groups share a box when picking; tiles are drawn.

        tile ──< group ──< part ──< vertices, triangles     (city: group = geometry, part = polygon)
        tile = part ──< group ──< triangles                 (smooth surfaces)

    The vertices and the triangles of a part are consecutive, and so are the triangles of a group.
    """

    vertices: Float64  # (n, 3) world
    triangles: Int32  # (m, 3) into vertices
    triangle_part: Int32  # (m,)
    part_vertex: Index  # (p + 1,) first vertex of each part
    part_triangle: Index  # (p + 1,) first triangle of each part
    part_object: Int32  # (p,) position of the object in its layer
    tile_parts: list[Index]  # per tile
    group_triangle: Index  # (g, 2) first triangle, and one past the last; ordered by tile
    group_box: Float64  # (g, 2, 3)
    tile_group: Index  # (t + 1,) first group of each tile
    tile_box: Float64  # (t, 2, 3)
    tile_closed: Mask  # (t,) all its groups are bodies that are only seen from outside

    @cached_property
    def _by_object(self) -> tuple[Index, Int32]:
        """Parts ordered by object, and the object of each."""
        if (np.diff(self.part_object) >= 0).all():
            return np.arange(len(self.part_object)), self.part_object
        order = np.argsort(self.part_object, kind="stable")
        return order, self.part_object[order]

    def parts_of(self, objects: NDArray[np.integer]) -> Index:
        """The parts of these objects."""
        order, owner = self._by_object
        return order[spans(np.searchsorted(owner, objects), np.searchsorted(owner, objects, side="right"))]


def spans(starts: NDArray[np.integer], stops: NDArray[np.integer]) -> Index:
    """All indices start … stop - 1 of every span, one after the other."""
    return ranges(starts, stops - starts)


def boxes_of_runs(points: Float64, starts: NDArray[np.integer]) -> Float64:
    """The boxes of consecutive runs of points, (k, 2, 3); no run may be empty."""
    if not len(starts):
        return np.empty((0, 2, 3))
    low = np.stack([np.minimum.reduceat(points[:, axis], starts) for axis in range(3)], axis=-1)
    high = np.stack([np.maximum.reduceat(points[:, axis], starts) for axis in range(3)], axis=-1)
    return np.stack((low, high), axis=1)


def boxes_of_cells(points: Float64) -> Float64:
    """The boxes of points that lie together, in whatever order they come."""
    cells = tile_numbers(points, 1024)
    order = np.argsort(cells, kind="stable")
    starts = np.flatnonzero(np.diff(cells[order], prepend=-1))
    return boxes_of_runs(points[order], starts)


def outer_boxes(boxes: Float64) -> Float64:
    """The boxes that reach farthest in any of many directions: enough to frame them all."""
    if len(boxes) < 64:
        return boxes
    cells = tile_numbers(boxes.mean(axis=1), 1024)
    order = np.argsort(cells, kind="stable")
    boxes = united(boxes[order], np.flatnonzero(np.r_[True, np.diff(cells[order]) != 0]))
    azimuth = np.arange(24) * (np.pi / 12)
    level = np.column_stack((np.cos(azimuth), np.sin(azimuth), np.zeros(24)))
    straight_up = np.array([(0.0, 0.0, 1.0)])
    ways = np.concatenate((level, level + straight_up, level - straight_up, straight_up, -straight_up))
    middle, half = boxes.mean(axis=1), np.ptp(boxes, axis=1) / 2
    reach = middle @ ways.T + half @ np.abs(ways).T
    found: Float64 = boxes[np.unique(reach.argmax(axis=0))]
    return found


def tile_numbers(centres: Float64, most: int) -> Int32:
    """Which square of a grid over the city each point falls in, with at most `most` squares."""
    if not len(centres):
        return np.empty(0, np.int32)
    low = centres[:, :2].min(axis=0)
    wide, high = np.maximum(centres[:, :2].max(axis=0) - low, 1e-6)
    columns = int(np.clip(np.round(np.sqrt(most * wide / high)), 1, most))
    rows = max(most // columns, 1)
    cell = (centres[:, :2] - low) / (wide, high) * (columns, rows)
    column, row = np.minimum(cell, np.array([columns, rows]) - 1).astype(np.int32).T
    number: Int32 = row * np.int32(columns) + column
    return number


def grouped(
    vertices: Float64,
    triangles: Int32,
    triangle_part: Int32,
    part_vertex: Index,
    part_object: Int32,
    part_group: Int32,
    most_tiles: int,
) -> Faces:
    """Faces from parts that come in groups (`part_group` ascends); groups are put into square tiles."""
    triangles, triangle_part = _by_part(triangles, triangle_part)
    parts = np.arange(len(part_object) + 1)
    part_triangle = np.searchsorted(triangle_part, parts)
    group_part = np.flatnonzero(np.r_[True, np.diff(part_group) != 0]) if len(part_group) else parts[:0]
    group_end = np.r_[group_part[1:], len(part_object)] if len(group_part) else group_part
    boxes = boxes_of_runs(vertices, part_vertex[group_part])
    runs = np.stack((part_triangle[group_part], part_triangle[group_end]), axis=-1)
    closed = closed_bodies(vertices, triangles, runs, boxes)
    tile = _tiles_apart(boxes.mean(axis=1), closed, most_tiles)
    order = np.argsort(tile, kind="stable")
    tile_group = np.r_[np.flatnonzero(np.r_[True, np.diff(tile[order]) != 0]), len(order)]
    if not len(order):
        tile_group = np.zeros(1, np.int64)
    first, last = group_part[order], group_end[order]
    tile_parts = [spans(first[a:b], last[a:b]) for a, b in itertools.pairwise(tile_group)]
    return Faces(
        vertices,
        triangles,
        triangle_part,
        part_vertex,
        part_triangle,
        part_object,
        tile_parts,
        runs[order],
        boxes[order],
        tile_group,
        united(boxes[order], tile_group[:-1]),
        closed[order[tile_group[:-1]]],
    )


def closed_bodies(vertices: Float64, triangles: Int32, runs: Index, boxes: Float64) -> Mask:
    """Which runs of triangles enclose a volume, all facing outward: their areas sum to nothing."""
    closed = np.zeros(len(runs), bool)
    filled = np.flatnonzero(runs[:, 1] > runs[:, 0])
    for chosen in np.array_split(filled, max(1, len(triangles) // TRIANGLES_AT_ONCE)):
        if not len(chosen):
            continue
        start, stop = runs[chosen[0], 0], runs[chosen[-1], 1]
        counts = runs[chosen, 1] - runs[chosen, 0]
        middle = np.repeat(boxes[chosen].mean(axis=1).T, counts, axis=1)
        a, b, c = (np.take(vertices, triangles[start:stop, i], axis=0).T - middle for i in range(3))
        area = _cross(b - a, c - a)
        first = runs[chosen, 0] - start
        total = np.add.reduceat(area, first, axis=1)
        size = np.add.reduceat(np.sqrt((area * area).sum(axis=0)), first)
        volume = np.add.reduceat((area * a).sum(axis=0), first)
        closed[chosen] = (np.sqrt((total * total).sum(axis=0)) < OPEN_SHARE * size) & (volume > 0)
    return closed


def _cross(a: Float64, b: Float64) -> Float64:
    """Cross products of (3, n) vectors; np.cross is slower by far."""
    return np.stack([a[i - 2] * b[i - 1] - a[i - 1] * b[i - 2] for i in range(3)])


def _tiles_apart(centres: Float64, closed: Mask, most: int) -> Int32:
    """Tile numbers with closed bodies in tiles of their own."""
    for_closed = int(np.clip(round(most * float(closed.mean())), 1, max(most - 1, 1))) if len(closed) else 1
    tile = np.empty(len(centres), np.int32)
    tile[closed] = tile_numbers(centres[closed], for_closed)
    tile[~closed] = for_closed + tile_numbers(centres[~closed], max(most - for_closed, 1))
    return tile


def smooth(
    vertices: Float64, triangles: Int32, triangle_object: Int32, most_tiles: int
) -> tuple[Faces, Index]:
    """Faces of continuous surfaces, cut into tiles; also which vertex each new vertex was."""
    centres = vertices[triangles[:, 0]]
    objects = np.unique(triangle_object)
    tile = tile_numbers(centres, max(most_tiles // max(len(objects), 1), 1)) * len(objects)
    tile = tile + np.searchsorted(objects, triangle_object)
    order = np.lexsort((_morton(centres), tile))
    triangle_object = triangle_object[order]
    tile, triangles = tile[order], triangles[order]
    first = np.flatnonzero(np.r_[True, np.diff(tile) != 0]) if len(tile) else np.empty(0, np.int64)
    part_triangle = np.r_[first, len(tile)]
    sources, local = [], np.empty_like(triangles)
    part_vertex = np.zeros(len(first) + 1, np.int64)
    for i, (a, b) in enumerate(itertools.pairwise(part_triangle)):
        used, back = np.unique(triangles[a:b], return_inverse=True)
        local[a:b] = back.reshape(-1, 3) + part_vertex[i]
        part_vertex[i + 1] = part_vertex[i] + len(used)
        sources.append(used)
    source = np.concatenate(sources).astype(np.int64) if sources else np.empty(0, np.int64)
    starts = [np.arange(a, b, CHUNK) for a, b in itertools.pairwise(part_triangle)]
    group_first = np.concatenate(starts) if starts else np.empty(0, np.int64)
    group_triangle = np.stack((group_first, np.r_[group_first[1:], len(tile)][: len(group_first)]), axis=-1)
    tile_group = np.r_[0, np.cumsum([len(run) for run in starts])].astype(np.int64)
    moved = np.asarray(vertices[source], np.float64)
    boxes = boxes_of_runs(moved[local.ravel()], group_first * 3)
    count = len(first)
    faces = Faces(
        moved,
        local.astype(np.int32),
        np.repeat(np.arange(count, dtype=np.int32), np.diff(part_triangle)),
        part_vertex,
        part_triangle,
        triangle_object[first].astype(np.int32),
        [np.array([i]) for i in range(count)],
        group_triangle,
        boxes,
        tile_group,
        united(boxes, tile_group[:-1]),
        np.zeros(count, bool),
    )
    return faces, source


def vertex_normals(vertices: Float64, triangles: Int32) -> NDArray[np.float32]:
    """Unit normals at shared vertices, the mean of the triangles around by area; up where undefined."""
    a, b, c = (vertices[triangles[:, i]] for i in range(3))
    across = np.cross(b - a, c - a)
    corner = triangles.ravel()
    total = np.stack(
        [np.bincount(corner, np.repeat(across[:, axis], 3), len(vertices)) for axis in range(3)], axis=-1
    )
    length = np.linalg.norm(total, axis=1, keepdims=True)
    total = np.where(length > 0, total / np.where(length > 0, length, 1), (0.0, 0.0, 1.0))
    return total.astype(np.float32)


def welded(vertices: Float64, triangles: Int32, to_m: float = 1e-3) -> tuple[Float64, Int32, Index]:
    """The same surface with one vertex per place: vertices, triangles, and the vertex each one was."""
    low = vertices.min(axis=0, initial=np.inf)
    steps = np.round((vertices - low) / to_m).astype(np.int64)
    key = (steps[:, 0] * 73_856_093) ^ (steps[:, 1] * 19_349_663) ^ (steps[:, 2] * 83_492_791)
    _, first, back = np.unique(key, return_index=True, return_inverse=True)
    same = (steps[first][back] == steps).all(axis=1)
    if not same.all():  # two places met in one key: compare the places themselves
        _, first, back = np.unique(steps, axis=0, return_index=True, return_inverse=True)
    return vertices[first], back.reshape(-1)[triangles].astype(np.int32), first


def _by_part(triangles: Int32, triangle_part: Int32) -> tuple[Int32, Int32]:
    if (np.diff(triangle_part) >= 0).all():
        return triangles, triangle_part
    order = np.argsort(triangle_part, kind="stable")
    return triangles[order], triangle_part[order]


def united(boxes: Float64, first: Index) -> Float64:
    """The boxes around runs of boxes that begin at `first`, the last one ending with the boxes."""
    if not len(first):
        return np.empty((0, 2, 3))
    low = np.minimum.reduceat(boxes[:, 0], first, axis=0)
    high = np.maximum.reduceat(boxes[:, 1], first, axis=0)
    return np.stack((low, high), axis=1)


def _morton(points: Float64) -> NDArray[np.uint64]:
    """A code by which near points sort near each other."""
    low = points.min(axis=0) if len(points) else np.zeros(3)
    size = max(float(np.ptp(points, axis=0).max()), 1e-9) if len(points) else 1.0
    cell = ((points - low) / size * 2047).astype(np.uint64)
    code = np.zeros(len(points), np.uint64)
    for axis in range(3):
        bits = cell[:, axis]
        for shift, keep in ((16, 0x30000FF), (8, 0x300F00F), (4, 0x30C30C3), (2, 0x9249249)):
            bits = (bits | (bits << np.uint64(shift))) & np.uint64(keep)
        code |= bits << np.uint64(axis)
    return code
