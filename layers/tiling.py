"""From the triangles of city objects to tiles: sorted along a quadtree, with a block for each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from layers.arrays import KEY_BITS, CityTiles, Float64, Int32, Mesh
from layers.blocks import blocks_of
from layers.runs import Int64, ranges, starts

SMALLEST_SQUARE_M = 1.0


def tiled(mesh: Mesh) -> CityTiles:
    """The city objects of a mesh as they are drawn."""
    found = _in_order_of_file(mesh)
    base, shape, area, error = blocks_of(found)
    square = square_around(found.entry_box)
    key = keys_of(found.entry_box, square)
    found = replace(
        found, entry_key=key, block_base=base, block_shape=shape, block_area=area, block_error=error
    )
    return _sorted(replace(found, square=square), np.lexsort((found.entry_object, key)))


def square_around(boxes: Float64) -> Float64:
    """Corner and side of the smallest square that holds the middles of all boxes."""
    if not len(boxes):
        return np.array([0.0, 0.0, SMALLEST_SQUARE_M])
    middles = boxes[:, :, :2].mean(axis=1)
    low = middles.min(axis=0)
    side = max(float((middles.max(axis=0) - low).max()), SMALLEST_SQUARE_M)
    return np.array([*low, side])


def keys_of(boxes: Float64, square: Float64) -> NDArray[np.uint64]:
    """The Morton keys of the middles of boxes: the bits of x and y in turn, y first."""
    cells = 1 << KEY_BITS
    place = (boxes[:, :, :2].mean(axis=1) - square[:2]) / square[2] * cells
    x, y = np.clip(place, 0, cells - 1).astype(np.uint64).T
    return _spread(x) | _spread(y) << np.uint64(1)


def _spread(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Numbers of up to 32 bits with a zero before each bit."""
    for shift, keep in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        bits = (bits | bits << np.uint64(shift)) & np.uint64(keep)
    return bits


def _in_order_of_file(mesh: Mesh) -> CityTiles:
    """The objects of a mesh that have surfaces, one after the other, with neither keys nor blocks."""
    corners = np.diff(mesh.surface_start)
    triangle_counts = np.bincount(mesh.triangle_surface, minlength=len(corners))
    filled = np.flatnonzero(corners)  # a polygon without corners is none
    geometry_of = mesh.surface_geometry[filled]
    first_surface = _first_of_runs(geometry_of)
    geometry = geometry_of[first_surface[:-1]]
    first_geometry = _first_of_runs(mesh.geometry_object[geometry])
    surface_vertex = starts(corners[filled]).astype(np.int32)
    entry_vertex = surface_vertex[first_surface[first_geometry]]
    count = len(first_geometry) - 1
    return CityTiles(
        entry_object=mesh.geometry_object[geometry][first_geometry[:-1]],
        entry_key=np.zeros(count, np.uint64),
        entry_box=_boxes(mesh.vertices, entry_vertex),
        entry_geometry=first_geometry,
        block_base=np.zeros((count, 4)),
        block_shape=np.zeros((count, 4), np.float32),
        block_area=np.zeros(count, np.float32),
        block_error=np.zeros(count, np.float32),
        geometry_surface=first_surface,
        geometry_lod=mesh.geometry_lod[geometry],
        geometry_index=mesh.geometry_index[geometry],
        surface_vertex=surface_vertex,
        surface_triangle=starts(triangle_counts[filled]).astype(np.int32),
        surface_normal=mesh.surface_normal[filled],
        surface_type=mesh.surface_type[filled],
        surface_index=mesh.surface_index[filled],
        vertices=mesh.vertices,
        ring_end=mesh.ring_end,
        outlined=mesh.surface_outlined[filled],
        triangles=mesh.triangles,
        square=np.zeros(3),
        type_names=mesh.type_names,
        lod_names=mesh.lod_names,
        points=mesh.points,
        lines=mesh.lines,
    )


def _first_of_runs(owner: Int32) -> Int32:
    """Where each run of equal numbers begins, and at the end where the last one stops."""
    changes = np.flatnonzero(np.diff(owner, prepend=-1))
    return np.append(changes, len(owner)).astype(np.int32)


def _boxes(vertices: Float64, first: Int32) -> Float64:
    """(k, 2, 3) boxes around runs of vertices."""
    if len(first) < 2:
        return np.empty((0, 2, 3))
    low = np.minimum.reduceat(vertices, first[:-1], axis=0)
    return np.stack((low, np.maximum.reduceat(vertices, first[:-1], axis=0)), axis=1)


def _sorted(tiles: CityTiles, order: Int64) -> CityTiles:
    """The same entries in another order."""
    geometry, entry_geometry = _moved(tiles.entry_geometry, order)
    surface, _ = _moved(tiles.entry_surface, order)
    vertex, entry_vertex = _moved(tiles.entry_vertex, order)
    triangle, entry_triangle = _moved(tiles.entry_triangle, order)
    shift = entry_vertex[:-1] - tiles.entry_vertex[order]
    by_entry = ("object", "key", "box")
    return replace(
        tiles,
        **{f"entry_{name}": getattr(tiles, f"entry_{name}")[order] for name in by_entry},
        **{name: getattr(tiles, name)[order] for name in BLOCK},
        entry_geometry=entry_geometry,
        geometry_surface=starts(np.diff(tiles.geometry_surface)[geometry]).astype(np.int32),
        geometry_lod=tiles.geometry_lod[geometry],
        geometry_index=tiles.geometry_index[geometry],
        surface_vertex=starts(np.diff(tiles.surface_vertex)[surface]).astype(np.int32),
        surface_triangle=starts(np.diff(tiles.surface_triangle)[surface]).astype(np.int32),
        **{name: getattr(tiles, name)[surface] for name in SURFACE},
        vertices=tiles.vertices[vertex],
        ring_end=tiles.ring_end[vertex],
        triangles=tiles.triangles[triangle] + np.repeat(shift, np.diff(entry_triangle))[:, None],
    )


BLOCK = ("block_base", "block_shape", "block_area", "block_error")
SURFACE = ("surface_normal", "surface_type", "surface_index", "outlined")


def _moved(first: Int32, order: Int64) -> tuple[Int64, Int32]:
    """Which items, and where each entry begins, when entries that begin at `first` come in another order."""
    counts = np.diff(first)[order]
    return ranges(first[order], counts), starts(counts).astype(np.int32)
