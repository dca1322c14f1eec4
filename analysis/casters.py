"""Everything that casts shadow: the triangles of all layers, as they stand at a date.

City objects in the level of detail their layer is set to, terrain, and scanned meshes are opaque;
vegetation lets a share of the light through, by season. Flat covers of the ground cast no shadow,
and neither do point clouds, pictures and pipes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.foliage import FLAT_COVERS, PLANT_COVER, shares_of
from analysis.ground import Ground, raster_ground
from analysis.obstacles import Casters as Casters
from analysis.obstacles import cleaned
from analysis.situation import CASTING, Situation, state_of
from analysis.standing import (
    TINS,
    Reach,
    below,
    entries_of,
    matched_nothing,
    objects_of,
    standing,
    surfaces_of,
)
from layers.arrays import CityTiles, Float64, Int32, Scan, TerrainPyramid
from layers.columns import Mask
from layers.data import Box, Progress, never_stop
from layers.heritage import records
from layers.project import Project
from layers.records import Layer
from layers.runs import Int64, starts
from layers.tin import triangles_in

Float32 = NDArray[np.float32]

#: Faces that lean less than this (z of the unit normal) make a cover flat: it has no sides.
LEVEL = 0.5
#: Shadows longer than this are not followed: the sun is then so low that haze takes its light.
LONGEST_SHADOW_M = 5_000.0


@dataclass(frozen=True)
class Part:
    """The triangles that one layer casts shadow with."""

    layer: Layer
    vertices: Float64  # (n, 3) world
    triangles: Int32  # (m, 3) into vertices
    fid: Int64  # (m,) -1 for terrain and scans
    surface: Int32  # (m,) polygon of the layer's CityTiles, -1 without
    leafy: Float32  # (m,) share of light let through in leaf, 0 = opaque
    bare: Float32  # (m,) and out of leaf


def margin_for(lowest_altitude_deg: float, height_range_m: float) -> float:
    """How far around an area shadow may come from, when the light is never lower than an altitude."""
    if lowest_altitude_deg >= 90:
        return 0.0
    slope = math.tan(math.radians(max(lowest_altitude_deg, 0.1)))
    return min(max(height_range_m, 0.0) / slope, LONGEST_SHADOW_M)


def height_range(project: Project) -> float:
    """Between the lowest and the highest that any layer of the project reaches, in metres."""
    boxes = [layer.box for layer in project.layers if layer.box and layer.kind != "points"]
    return max((box[5] for box in boxes), default=0.0) - min((box[2] for box in boxes), default=0.0)


def casters(
    project: Project,
    situation: Situation | None = None,
    box: Box | None = None,
    margin_m: float = 0.0,
    progress: Progress = never_stop,
    lowest_altitude_deg: float = 0.0,
    with_terrain: bool = True,
) -> Casters:
    """What casts shadow in a situation, onto a box and a margin around it; without a box, everywhere.

    With a lowest altitude of the light, objects are left out whose shadow does not reach the box.
    """
    situation, reach = situation or Situation(), Reach(box, margin_m, lowest_altitude_deg)
    states = state_of(project, situation)
    notes = matched_nothing(project, situation.without)
    parts: list[Part] = []
    layers = [layer for layer in project.layers if with_terrain or layer.kind != "terrain"]
    for number, layer in enumerate(layers):
        progress(number / len(layers), f"what stands in the way: {layer.name}")
        part = _part(project, layer, situation, states[layer.id][0], reach, notes)
        if part is not None and len(part.triangles):
            parts.append(part)
    return _together(parts, tuple(notes))


def terrain_in(
    project: Project, layer: Layer, situation: Situation, stands: Mask, box: Box
) -> tuple[Float64, tuple[str, ...]]:
    """The triangles (t, 3, 3) of a terrain layer in a box, and what is to be said where not the finest."""
    notes: list[str] = []
    part = _part(project, layer, situation, stands, Reach(box), notes)
    return np.empty((0, 3, 3)) if part is None else part.vertices[part.triangles], tuple(notes)


def _part(
    project: Project, layer: Layer, situation: Situation, stands: Mask, reach: Reach, notes: list[str]
) -> Part | None:
    """What one layer casts shadow with, None where that is nothing."""
    if layer.kind == "points":
        notes.append(f"The point cloud {layer.name!r} is left out: points hide nothing")
    if layer.kind not in CASTING:
        return None
    if not layer.visible:
        notes.append(f"The layer {layer.name!r} is switched off and left out: it hides nothing")
        return None
    drawable = project.drawable(layer)
    if isinstance(drawable, CityTiles):
        stands = standing(project, layer, situation, stands)
        if layer.kind == "terrain":
            return _terrain_part(project, layer, drawable, stands, reach)
        return _city_part(project, layer, drawable, stands, reach)
    if not stands.any():
        return None
    if isinstance(drawable, TerrainPyramid):
        move, back = project.mover(layer), project.place.way_back_of(layer)
        ground, cells = raster_ground(drawable, move, back, reach.box, reach.margin_m)
        if cells and cells[-1] > float(drawable.cell_m.max()):
            far = f", up to {cells[-1]:.3g} m farther away" if len(cells) > 1 else ""
            notes.append(f"The terrain {layer.name!r} is used in cells of {cells[0]:.3g} m{far}")
        return _bare_part(layer, ground)
    if isinstance(drawable, Scan):
        if Path(layer.source_path) in _scans_of_objects(project):
            notes.append(f"The scan {layer.name!r} is left out: the city object it belongs to stands for it")
            return None
        scan = Ground(np.asarray(drawable.vertices), np.asarray(drawable.triangles))
        return _bare_part(layer, scan.near(reach.around))
    return None


def _bare_part(layer: Layer, ground: Ground) -> Part:
    nobody = np.full(len(ground.triangles), -1)
    nothing = np.zeros(len(nobody), np.float32)
    return Part(layer, ground.vertices, ground.triangles, nobody, nobody.astype(np.int32), nothing, nothing)


def _scans_of_objects(project: Project) -> set[Path]:
    """The scans of monuments that are city objects too."""
    found: set[Path] = set()
    for layer in project.layers:
        if layer.kind == "heritage" and layer.object_count:
            found.update(one.scan.path for one in records(project, layer) if one.city_fids and one.scan)
    return found


def _terrain_part(project: Project, layer: Layer, city: CityTiles, stands: Mask, reach: Reach) -> Part:
    is_tin = objects_of(project, layer, TINS)
    if is_tin.any():
        stands = stands & is_tin
    entries = entries_of(city, stands, replace(reach, lowest_altitude_deg=0.0))
    return _bare_part(layer, Ground(*triangles_in(city, entries)).near(reach.around))


def _city_part(project: Project, layer: Layer, city: CityTiles, stands: Mask, reach: Reach) -> Part:
    flat = objects_of(project, layer, FLAT_COVERS)
    if any(other.partner == layer.id for other in project.layers):
        flat |= objects_of(project, layer, TINS)
    cast = stands & ~flat
    entries = entries_of(city, cast, reach)
    entries = entries[~_is_level(city, entries, objects_of(project, layer, PLANT_COVER))]
    surfaces, _, owner = surfaces_of(project, layer, city, entries)
    triangles, of_triangle = below(city.surface_triangle, surfaces, np.arange(len(surfaces)))
    vertices, _ = below(city.surface_vertex, surfaces, owner)
    corners = np.diff(city.surface_vertex)[surfaces]
    shift = starts(corners)[:-1] - city.surface_vertex[surfaces]
    leafy, bare = shares_of(project, layer)
    objects = city.entry_object[owner][of_triangle]
    return Part(
        layer,
        np.asarray(city.vertices[vertices]),
        (city.triangles[triangles] + shift[of_triangle][:, None]).astype(np.int32),
        layer.first_fid + objects.astype(np.int64),
        surfaces[of_triangle].astype(np.int32),
        leafy[objects],
        bare[objects],
    )


def _is_level(city: CityTiles, entries: Int64, covers: Mask) -> Mask:
    """Which entries are plant covers without sides: lawn, not hedge."""
    found = np.zeros(len(entries), bool)
    for at in np.flatnonzero(covers[city.entry_object[entries]]).tolist():
        first, last = city.entry_surface[entries[at] : entries[at] + 2].tolist()
        found[at] = bool((np.abs(city.surface_normal[first:last, 2]) > LEVEL).all())
    return found


def _together(parts: list[Part], notes: tuple[str, ...]) -> Casters:
    """The parts of all layers, opaque triangles before those that let light through."""
    shift = starts(np.array([len(part.vertices) for part in parts], np.int64))

    def joined(name: str, dtype: type[np.generic], *shape: int) -> NDArray[Any]:
        return np.concatenate([np.empty((0, *shape), dtype), *(getattr(part, name) for part in parts)])

    triangles = np.concatenate(
        [
            np.empty((0, 3), np.int32),
            *((part.triangles + start).astype(np.int32) for part, start in zip(parts, shift, strict=False)),
        ]
    )
    layer = np.repeat(
        np.array([part.layer.id for part in parts], np.int32), [len(part.triangles) for part in parts]
    )
    shares = np.column_stack([joined(name, np.float32) for name in ("leafy", "bare")])
    is_veil = shares.any(axis=1)
    order = np.argsort(is_veil, kind="stable") if is_veil.any() else slice(None)
    found = Casters(
        vertices=joined("vertices", np.float64, 3),
        triangles=triangles[order],
        fid=joined("fid", np.int64)[order],
        layer=layer[order],
        surface=joined("surface", np.int32)[order],
        transmissivity=shares[order],
        opaque=int((~is_veil).sum()),
        names={part.layer.id: part.layer.name for part in parts},
        terrain=tuple(part.layer.id for part in parts if part.layer.kind == "terrain"),
        notes=notes,
    )
    return cleaned(found)
