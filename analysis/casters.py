"""Everything that casts shadow: the triangles of all layers, as they stand at a date.

City objects in the level of detail their layer is set to, terrain, and scanned meshes are opaque;
vegetation lets a share of the light through, by season. Flat covers of the ground cast no shadow,
and neither do point clouds, pictures and pipes.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.foliage import FLAT_COVERS, PLANT_COVER, shares_of
from analysis.ground import Ground, raster_ground, tin_ground
from analysis.rays import Rays
from analysis.situation import Situation
from analysis.standing import TIN, below, entries_in, objects_of, standing, surfaces_of
from layers.arrays import CityTiles, Float64, Int32, Scan, TerrainPyramid
from layers.cache import CacheMissing
from layers.columns import Mask
from layers.data import Box, Progress, never_stop
from layers.epochs import state_at
from layers.project import Project
from layers.records import Layer
from layers.runs import Int64, starts

Float32 = NDArray[np.float32]

#: Faces that lean less than this (z of the unit normal) make a cover flat: it has no sides.
LEVEL = 0.5
#: Shadows longer than this are not followed: the sun is then so low that haze takes its light.
LONGEST_SHADOW_M = 5_000.0
#: Corners farther than this from the middle of all are mistakes of the source.
FARTHEST_FROM_MIDDLE_M = 1e6
#: So far behind a leaf the light goes on.
STEP_M = 0.01
#: Crowns of trees that one ray of light is followed through.
MOST_CROWNS = 8


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


@dataclass(frozen=True)
class Casters:
    """Triangles that cast shadow, the opaque ones first."""

    vertices: Float64  # (n, 3) world
    triangles: Int32  # (m, 3) into vertices
    fid: Int64  # (m,) of the object, -1 for terrain and scans
    layer: Int32  # (m,) id of the layer
    surface: Int32  # (m,) polygon of the layer's CityTiles, -1 without
    transmissivity: Float32  # (m, 2) share of light let through in leaf and out of leaf; 0 = opaque
    opaque: int  # so many triangles, the first ones, let no light through
    names: dict[int, str] = field(default_factory=dict)  # of layers, by id
    terrain: tuple[int, ...] = ()  # ids of the layers that one stands on
    notes: tuple[str, ...] = ()  # what was left out or assumed

    @classmethod
    def of(
        cls,
        vertices: Float64,
        triangles: Int32,
        fid: Int64 | None = None,
        transmissivity: Float32 | None = None,
    ) -> Casters:
        """Casters from triangles alone, of one nameless layer, the opaque ones first."""
        nobody = np.full(len(triangles), -1)
        shares = np.zeros((len(triangles), 2), np.float32) if transmissivity is None else transmissivity
        return _clean(
            cls(
                vertices=np.asarray(vertices, np.float64),
                triangles=np.asarray(triangles, np.int32),
                fid=nobody if fid is None else fid,
                layer=np.zeros(len(triangles), np.int32),
                surface=nobody.astype(np.int32),
                transmissivity=shares,
                opaque=int((~shares.any(axis=1)).sum()),
                names={0: "triangles"},
            )
        )

    @cached_property
    def rays(self) -> Rays:
        """For rays against what is opaque; its triangles are numbered as here."""
        return Rays(self.vertices, self.triangles[: self.opaque])

    @cached_property
    def veils(self) -> Rays:
        """For rays against vegetation; add `opaque` to its numbers of triangles."""
        return Rays(self.vertices, self.triangles[self.opaque :])

    @cached_property
    def inputs(self) -> tuple[tuple[str, str], ...]:
        """Per layer its name and the SHA-256 of the triangles used of it, for the pedigree."""
        return tuple(
            (name, hashlib.sha256(self._corners(np.flatnonzero(self.layer == id))).hexdigest())
            for id, name in self.names.items()
        )

    @cached_property
    def ground(self) -> Ground:
        """The terrain among them."""
        return Ground(self.vertices, self.triangles[np.isin(self.layer, self.terrain)])

    @cached_property
    def feet(self) -> Float64:
        """(k, 3) of every object its middle, as high as its lowest corner."""
        numbers, owner = np.unique(self.fid, return_inverse=True)
        corners = self.vertices[self.triangles]
        low, high = np.full((len(numbers), 3), np.inf), np.full((len(numbers), 3), -np.inf)
        np.minimum.at(low, owner, corners.min(axis=1))
        np.maximum.at(high, owner, corners.max(axis=1))
        found = np.column_stack(((low + high)[:, :2] / 2, low[:, 2]))
        return found[numbers >= 0]

    def inside(self, points: Float64) -> Mask:
        """Which points (n, 3) lie in objects: what is above them looks up, so it is seen from within."""
        triangle, _ = self.rays.first(points, np.array([0.0, 0.0, 1.0]))
        met = np.flatnonzero(triangle >= 0)
        met = met[self.fid[triangle[met]] >= 0]
        corners = self.vertices[self.triangles[triangle[met]]]
        ab, ac = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        found = np.zeros(len(points), bool)
        found[met] = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0] > 0
        return found

    def _corners(self, triangles: Int64) -> bytes:
        return np.ascontiguousarray(self.vertices[self.triangles[triangles]], "<f8").tobytes()

    def share(
        self,
        points: Float64,
        directions: Float64,
        in_leaf: bool = True,
        progress: Progress = never_stop,
    ) -> Float32:
        """Share of the light (n,) that reaches points (n, 3) from directions, (3,) or (n, 3).

        0 behind what is opaque; behind vegetation the product of the shares that each plant on the
        way lets through, each plant counted once.
        """
        found = np.where(self.rays.blocked(points, directions, progress=progress), 0.0, 1.0)
        shares = found.astype(np.float32)
        if self.opaque < len(self.triangles):
            lit = np.flatnonzero(shares)
            way = directions if np.ndim(directions) == 1 else directions[lit]
            shares[lit] = self.through(points[lit], way, in_leaf, progress)
        return shares

    def through(
        self, points: Float64, directions: Float64, in_leaf: bool = True, progress: Progress = never_stop
    ) -> Float32:
        """Share of light (n,) that vegetation alone lets through."""
        shares = np.ones(len(points), np.float32)
        alive = np.arange(len(points))
        origins, ways = points, directions
        met = np.full((len(points), MOST_CROWNS), -2, np.int64)  # plants met so far, per ray
        for crossing in range(2 * MOST_CROWNS):
            triangle, distance = self.veils.first(origins, ways, progress)
            hit = np.flatnonzero(triangle >= 0)
            if not len(hit):
                break
            alive = alive[hit]
            number = self.opaque + triangle[hit]
            plant = self.fid[number]
            is_new = ~(met[alive] == plant[:, None]).any(axis=1)
            shares[alive[is_new]] *= self.transmissivity[number[is_new], 0 if in_leaf else 1]
            met[alive[is_new], min(crossing, MOST_CROWNS - 1)] = plant[is_new]
            ways = directions if np.ndim(directions) == 1 else directions[alive]
            length = np.sqrt((ways**2).sum(axis=-1))
            origins = origins[hit] + ways * (distance[hit] + STEP_M / length)[:, None]
        return shares


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
) -> Casters:
    """What casts shadow in a situation, onto a box and a margin around it; without a box, everywhere."""
    situation = situation or Situation()
    area = _grown(box, margin_m)
    states = state_at(project, situation.date or None)
    notes: list[str] = []
    parts: list[Part] = []
    layers = project.layers
    for number, layer in enumerate(layers):
        progress(number / len(layers), f"what casts shadow: {layer.name}")
        part = _part(project, layer, situation, states[layer.id][0], area, notes)
        if part is not None and len(part.triangles):
            parts.append(part)
    return _together(parts, tuple(notes))


def _grown(box: Box | None, margin_m: float) -> Box | None:
    if box is None:
        return None
    x0, y0, z0, x1, y1, z1 = box
    return x0 - margin_m, y0 - margin_m, z0, x1 + margin_m, y1 + margin_m, z1


def _part(
    project: Project, layer: Layer, situation: Situation, stands: Mask, area: Box | None, notes: list[str]
) -> Part | None:
    """What one layer casts shadow with, None where that is nothing."""
    if layer.kind in ("pipes", "image"):
        return None
    if layer.kind == "points":
        notes.append(f"The point cloud {layer.name!r} casts no shadow")
        return None
    if not layer.visible:
        notes.append(f"The layer {layer.name!r} is switched off and casts no shadow")
        return None
    try:
        drawable = project.drawable(layer)
    except CacheMissing:
        notes.append(f"The layer {layer.name!r} is not prepared yet and casts no shadow; open it once")
        return None
    if isinstance(drawable, CityTiles):
        stands = standing(project, layer, situation, stands)
        if layer.kind == "terrain":
            return _terrain_part(project, layer, drawable, stands, area)
        return _city_part(project, layer, drawable, stands, area, notes)
    if not stands.any():
        return None
    if isinstance(drawable, TerrainPyramid):
        move, back = project.place.mover(layer.crs), project.place.way_back(layer.crs)
        ground, cell_m = raster_ground(drawable, move, back, area)
        if cell_m > float(drawable.cell_m.max()):
            notes.append(f"The terrain {layer.name!r} is used in cells of {cell_m:.3g} m")
        return _bare_part(layer, ground)
    if isinstance(drawable, Scan):
        return _bare_part(layer, _near(Ground(np.asarray(drawable.vertices), drawable.triangles), area))
    return None


def _bare_part(layer: Layer, ground: Ground) -> Part:
    nobody = np.full(len(ground.triangles), -1)
    nothing = np.zeros(len(nobody), np.float32)
    return Part(layer, ground.vertices, ground.triangles, nobody, nobody.astype(np.int32), nothing, nothing)


def _near(ground: Ground, area: Box | None) -> Ground:
    """The triangles that reach into an area."""
    if area is None:
        return ground
    corners = ground.vertices[ground.triangles][..., :2]
    low, high = corners.min(axis=1), corners.max(axis=1)
    near = (low <= area[3:5]).all(axis=1) & (high >= area[:2]).all(axis=1)
    used, numbers = np.unique(ground.triangles[near], return_inverse=True)
    return Ground(ground.vertices[used], numbers.reshape(-1, 3).astype(np.int32))


def _terrain_part(project: Project, layer: Layer, city: CityTiles, stands: Mask, area: Box | None) -> Part:
    is_tin = objects_of(project, layer, TIN)
    if is_tin.any():
        stands = stands & is_tin
    return _bare_part(layer, _near(tin_ground(city, entries_in(city, stands, area)), area))


def _city_part(
    project: Project, layer: Layer, city: CityTiles, stands: Mask, area: Box | None, notes: list[str]
) -> Part:
    flat = objects_of(project, layer, FLAT_COVERS)
    if any(other.partner == layer.id for other in project.layers):
        flat |= objects_of(project, layer, TIN)
    cast = stands & ~flat
    entries = entries_in(city, cast, area)
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
    return _clean(found)


def _clean(found: Casters) -> Casters:
    """Without triangles that have a corner which is no number, or lies where no city does."""
    known = np.asarray(np.isfinite(found.vertices).all(axis=1))
    if known.any():
        middle = np.median(found.vertices[known], axis=0)
        with np.errstate(invalid="ignore"):
            near = np.abs(found.vertices - middle).max(axis=1) < FARTHEST_FROM_MIDDLE_M
        known = known & near
    if known.all():
        return found
    kept = np.asarray(known[found.triangles].all(axis=1))
    used, numbers = np.unique(found.triangles[kept], return_inverse=True)
    return replace(
        found,
        vertices=found.vertices[used],
        triangles=numbers.reshape(-1, 3).astype(np.int32),
        fid=found.fid[kept],
        layer=found.layer[kept],
        surface=found.surface[kept],
        transmissivity=found.transmissivity[kept],
        opaque=int(kept[: found.opaque].sum()),
        notes=(*found.notes, f"{int((~kept).sum())} triangles are left out: their corners lie nowhere"),
    )
