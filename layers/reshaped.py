"""The arrays of a city layer with the edited shapes in them: drawn, picked and analysed like any others."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers import tiling
from layers.arrays import CITY_ROWS, CityTiles, Mesh
from layers.merging import Plan, as_they_are, planned
from layers.placement import turned_normals
from layers.records import Layer
from layers.shapes import NO_OUTLINE, Shape, mesh_of_shapes
from layers.stored import Damaged, Mover

FOLDER = "edited-"
#: An edited layer of so many corners or fewer is put together in memory, which is quicker than on disk.
SMALL = 1 << 18


def with_shapes(
    base: CityTiles,
    shapes: Sequence[tuple[int, str]],
    types: Mapping[int, str],
    layer: Layer,
    mover: Mover,
    folder: Path,
) -> CityTiles:
    """A layer's arrays with these shapes (fid and text) in place of the objects' own.

    Large layers are put together once and then mapped from a folder within `folder`, that of the layer.
    """
    if len(base.vertices) <= SMALL:
        return replace(tiling.in_memory(*_plan(base, shapes, types, layer, mover)), album=base.album)
    digest = hashlib.sha256(repr((layer.crs, layer.placement, shapes)).encode()).hexdigest()[:16]
    target = folder / f"{FOLDER}{digest}"
    with suppress(Damaged):
        if target.exists():
            return replace(CityTiles.load(target), album=base.album)
    plan, read = _plan(base, shapes, types, layer, mover)
    try:
        with tempfile.TemporaryDirectory(prefix=FOLDER, dir=folder) as staged:
            tiling.save(plan, read, Path(staged, "arrays"))
            for old in folder.glob(f"{FOLDER}*/"):
                if old.name != Path(staged).name:
                    shutil.rmtree(old, ignore_errors=True)
            os.replace(Path(staged, "arrays"), target)
        return replace(CityTiles.load(target), album=base.album)
    except (OSError, Damaged):
        return replace(tiling.in_memory(plan, read), album=base.album)  # no room there, or no right to write


def tiles_of(
    shapes: Sequence[tuple[int, str]], types: Mapping[int, str], layer: Layer, mover: Mover
) -> CityTiles:
    """The arrays of these shapes (fid and text) alone, as a drawn layer has them."""
    edited = tiling.tiled(_mesh(shapes, types, layer, mover))
    positions = np.array([fid for fid, _ in shapes], np.int64) - layer.first_fid
    return replace(edited, entry_object=positions[edited.entry_object].astype(np.int32))


def renewed(
    known: CityTiles,
    shapes: Sequence[tuple[int, str]],
    gone: Sequence[int],
    types: Mapping[int, str],
    layer: Layer,
    mover: Mover,
) -> CityTiles:
    """The arrays of a drawn layer once some of its objects have (other) shapes, and others have none."""
    return tiling.in_memory(*_plan(known, shapes, types, layer, mover, gone))


def _plan(
    base: CityTiles,
    shapes: Sequence[tuple[int, str]],
    types: Mapping[int, str],
    layer: Layer,
    mover: Mover,
    gone: Sequence[int] = (),
) -> tuple[Plan, Any]:
    """How base and edited objects become one, and what reads their arrays."""
    positions = np.array([*(fid for fid, _ in shapes), *gone], np.int64) - layer.first_fid
    edited = _dressed(tiles_of(shapes, types, layer, mover), base)
    plan = planned([base, edited], [0, 0], as_they_are(base, edited))
    keep = (plan.part == 1) | ~np.isin(plan.object, positions)
    plan = replace(
        plan,
        key=plan.key[keep],
        object=plan.object[keep],
        part=plan.part[keep],
        first={level: rows[keep] for level, rows in plan.first.items()},
        count={level: rows[keep] for level, rows in plan.count.items()},
    )
    parts = (base, edited)

    def read(part: int, name: str) -> NDArray[Any]:
        return np.asarray(getattr(parts[part], name))

    return plan, read


def _dressed(edited: CityTiles, base: CityTiles) -> CityTiles:
    """Edited objects with the looks they had, where all of their polygons have the corners they had."""
    if base.surface_look is None:
        return edited
    looks: dict[str, Any] = {}
    for name, rows in CITY_ROWS.items():
        if rows.of_looks and getattr(base, name) is not None:
            count = {"surface": len(edited.surface_type), "vertex": len(edited.vertices)}
            nothing = {"surface_look": -1, "vertex_uv": np.nan}.get(name, 0)
            shape = (count.get(rows.level, len(edited.entry_object)), *rows.shape_of(base.themes))
            looks[name] = np.full(shape, nothing, rows.dtype)
    entry_of = {int(position): entry for entry, position in enumerate(base.entry_object)}
    for entry, position in enumerate(edited.entry_object.tolist()):
        before = entry_of.get(position)
        if before is None or not _same_corners(base, before, edited, entry):
            continue
        for name, values in looks.items():
            level = CITY_ROWS[name].level
            values[_rows_of(edited, entry, level)] = getattr(base, name)[_rows_of(base, before, level)]
    return replace(edited, **looks)


def _rows_of(city: CityTiles, entry: int, level: str) -> slice:
    """Where the items of a level lie that belong to an entry."""
    if level == "entry":
        return slice(entry, entry + 1)
    begin, end = getattr(city, f"entry_{level}")[entry : entry + 2].tolist()
    return slice(begin, end)


def _same_corners(base: CityTiles, before: int, edited: CityTiles, entry: int) -> bool:
    """Whether an object has the geometries, polygons and rings it had, wherever they are."""
    found = []
    for city, at in ((base, before), (edited, entry)):
        surfaces, corners = _rows_of(city, at, "surface"), _rows_of(city, at, "vertex")
        sizes = np.diff(city.surface_vertex[surfaces.start : surfaces.stop + 1])
        found.append((sizes, city.surface_index[surfaces], city.ring_end[corners]))
    return all(map(np.array_equal, *found))


def _mesh(shapes: Sequence[tuple[int, str]], types: Mapping[int, str], layer: Layer, mover: Mover) -> Mesh:
    """The edited shapes as triangles in the project's CRS; objects are numbered as they come."""
    found = [Shape.from_text(text) for _, text in shapes]
    outlined = [types.get(fid) not in NO_OUTLINE for fid, _ in shapes]
    mesh, _ = mesh_of_shapes(found, layer.crs, outlined)
    if not len(mesh.vertices):
        return mesh
    normals, placement = mesh.surface_normal, layer.placement
    if placement.is_turned:
        normals = turned_normals(normals, placement.matrix())
    return replace(mesh, vertices=mover(mesh.vertices), surface_normal=normals)
