"""From the triangles of city objects to tiles: sorted along a quadtree, with a block for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.arrays import CityTiles, Float64, Int32, Mesh
from layers.blocks import blocks_of
from layers.data import Progress, never_stop
from layers.merging import Folders, Joined, Plan, Read, as_they_are, plan_of, planned
from layers.runs import Int64, starts
from layers.stored import array_path, write
from layers.tones import block_tones


def tiled(mesh: Mesh) -> CityTiles:
    """The city objects of a mesh as they are drawn."""
    found = _in_order_of_file(mesh)
    base, shape, area, error = blocks_of(found)
    found = replace(found, block_base=base, block_shape=shape, block_area=area, block_error=error)
    if found.surface_tone is not None:
        found = replace(found, block_tone=block_tones(found))
    plan = planned([found], [0], as_they_are(found))
    return in_memory(plan, lambda _part, name: np.asarray(getattr(found, name)))


def tile(
    parts: Sequence[tuple[Path, int]],
    out: Path,
    progress: Progress = never_stop,
    looks: Joined | None = None,
) -> None:
    """Merge the `CityTiles` that are saved in folders into one, saved in `out`.

    Each part, of at least one, comes with the position in the layer of its first object. `looks` says
    how those of the parts become those of all, where any has some. However large the city is, memory
    stays within some hundred megabytes.
    """
    plan = planned((CityTiles.load(folder) for folder, _ in parts), [first for _, first in parts], looks)
    save(plan, Folders([folder for folder, _ in parts]), out, progress)


def save(plan: Plan, read: Read, out: Path, progress: Progress = never_stop) -> None:
    """Write what a plan makes of its parts into a folder, array by array."""
    out.mkdir(parents=True, exist_ok=True)
    arrays = list(plan.arrays(read))
    all_rows, done = sum(rows for _, rows, _ in arrays), 0

    def told(pieces: Iterable[NDArray[Any]]) -> Iterator[NDArray[Any]]:
        nonlocal done
        for piece in pieces:
            progress(done / all_rows, "tiles")
            yield piece
            done += len(piece)

    for name, rows, pieces in arrays:
        write(array_path(out, name), rows, told(pieces))
    for name, names in plan.names.items():
        write(array_path(out, name), len(names), [np.asarray(names, np.str_)])


def in_memory(plan: Plan, read: Read) -> CityTiles:
    """What a plan makes of its parts."""
    values: dict[str, Any] = {name: np.concatenate(list(parts)) for name, _, parts in plan.arrays(read)}
    return CityTiles(**(values | plan.names))


def some(tiles: CityTiles, objects: Int64) -> CityTiles:
    """The arrays of some objects of a layer alone, by position, without its loose points and lines."""
    entries = np.flatnonzero(np.isin(tiles.entry_object, objects))
    found: dict[str, Any] = {"points": np.empty((0, 3)), "lines": np.empty((0, 2), np.int32)}
    plan = plan_of(tiles, entries)
    for name, _, parts in plan.arrays(lambda _part, name: np.asarray(getattr(tiles, name))):
        pieces = list(parts)
        if pieces:
            found[name] = np.concatenate(pieces)
    return CityTiles(**(found | plan.names), album=tiles.album)


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
    surface_triangle = starts(triangle_counts[filled]).astype(np.int32)
    entry_surface = first_surface[first_geometry]
    entry_vertex = surface_vertex[entry_surface]
    count = len(first_geometry) - 1
    return CityTiles(
        entry_object=mesh.geometry_object[geometry][first_geometry[:-1]],
        entry_key=np.zeros(count, np.uint64),
        entry_box=boxes_of_runs(mesh.vertices, entry_vertex),
        entry_geometry=first_geometry,
        entry_surface=entry_surface,
        entry_vertex=entry_vertex,
        entry_triangle=surface_triangle[entry_surface],
        block_base=np.zeros((count, 4)),
        block_shape=np.zeros((count, 4), np.float32),
        block_area=np.zeros(count, np.float32),
        block_error=np.zeros(count, np.float32),
        geometry_surface=first_surface,
        geometry_lod=mesh.geometry_lod[geometry],
        geometry_index=mesh.geometry_index[geometry],
        surface_vertex=surface_vertex,
        surface_triangle=surface_triangle,
        surface_normal=mesh.surface_normal[filled],
        surface_type=mesh.surface_type[filled],
        surface_index=mesh.surface_index[filled],
        vertices=mesh.vertices,
        ring_end=mesh.ring_end,
        outlined=mesh.outlined[filled],
        triangles=mesh.triangles,
        square=np.zeros(3),
        type_names=mesh.type_names,
        lod_names=mesh.lod_names,
        points=mesh.points,
        lines=mesh.lines,
        **_looks(mesh, filled),
    )


def _looks(mesh: Mesh, filled: Int64) -> dict[str, Any]:
    """What these polygons look like; nothing of looks without tones, for there are no blocks of them."""
    if mesh.surface_look is None or mesh.surface_tone is None:
        return {}
    return {
        "surface_look": mesh.surface_look[filled],
        "surface_tone": mesh.surface_tone[filled],
        "vertex_uv": mesh.vertex_uv,
    }


def _first_of_runs(owner: Int32) -> Int32:
    """Where each run of equal numbers begins, and at the end where the last one stops."""
    changes = np.flatnonzero(np.diff(owner, prepend=-1))
    return np.append(changes, len(owner)).astype(np.int32)


def boxes_of_runs(vertices: Float64, first: Int32) -> Float64:
    """(k, 2, 3) boxes around runs of vertices."""
    if len(first) < 2:
        return np.empty((0, 2, 3))
    low = np.minimum.reduceat(vertices, first[:-1], axis=0)
    return np.stack((low, np.maximum.reduceat(vertices, first[:-1], axis=0)), axis=1)
