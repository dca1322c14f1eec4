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
from layers.arrays import CityTiles, Mesh
from layers.attire import Wardrobe, dressed
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
    positions = [fid - layer.first_fid for fid, _ in shapes]
    wardrobe = Wardrobe(base, layer.first_fid)
    if len(base.vertices) <= SMALL:
        edited = tiles_of(shapes, types, layer, mover, wardrobe)
        return replace(tiling.in_memory(*_plan(base, edited, positions)), album=base.album)
    digest = hashlib.sha256(repr((layer.crs, layer.placement, shapes)).encode()).hexdigest()[:16]
    target = folder / f"{FOLDER}{digest}"
    with suppress(Damaged):
        if target.exists():
            return replace(CityTiles.load(target), album=base.album)
    plan, read = _plan(base, tiles_of(shapes, types, layer, mover, wardrobe), positions)
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
    texts: Sequence[tuple[int, str]],
    types: Mapping[int, str],
    layer: Layer,
    mover: Mover,
    wardrobe: Wardrobe | None = None,
) -> CityTiles:
    """The arrays of these shapes (fid and text) alone, as a drawn layer has them."""
    shapes = {fid: Shape.from_text(text) for fid, text in texts}
    edited = tiling.tiled(_mesh(shapes, types, layer, mover))
    positions = np.array(list(shapes), np.int64) - layer.first_fid
    edited = replace(edited, entry_object=positions[edited.entry_object].astype(np.int32))
    if wardrobe is None:
        return edited
    worn = {fid: shape.wears or (None if layer.is_drawn else fid) for fid, shape in shapes.items()}
    of = {fid - layer.first_fid: held - wardrobe.first_fid for fid, held in worn.items() if held}
    return replace(dressed(edited, wardrobe.tiles, of), album=wardrobe.tiles.album)


def renewed(
    known: CityTiles,
    shapes: Sequence[tuple[int, str]],
    gone: Sequence[int],
    types: Mapping[int, str],
    layer: Layer,
    mover: Mover,
    wardrobe: Wardrobe | None = None,
) -> CityTiles:
    """The arrays of a drawn layer once some of its objects have (other) shapes, and others have none."""
    edited = tiles_of(shapes, types, layer, mover, wardrobe)
    positions = [fid - layer.first_fid for fid in (*(fid for fid, _ in shapes), *gone)]
    return replace(tiling.in_memory(*_plan(known, edited, positions)), album=edited.album)


def _plan(base: CityTiles, edited: CityTiles, positions: Sequence[int]) -> tuple[Plan, Any]:
    """How edited objects come in place of those at some positions, and what reads the arrays of all."""
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


def _mesh(shapes: Mapping[int, Shape], types: Mapping[int, str], layer: Layer, mover: Mover) -> Mesh:
    """The edited shapes as triangles in the project's CRS; objects are numbered as they come."""
    outlined = [types.get(fid) not in NO_OUTLINE for fid in shapes]
    mesh, _ = mesh_of_shapes(list(shapes.values()), layer.crs, outlined)
    if not len(mesh.vertices):
        return mesh
    normals, placement = mesh.surface_normal, layer.placement
    if placement.is_turned:
        normals = turned_normals(normals, placement.matrix())
    return replace(mesh, vertices=mover(mesh.vertices), surface_normal=normals)
