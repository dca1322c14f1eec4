"""Shadows of many objects: those that are chosen, the terrain below them, and what falls on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.casters import Casters, terrain_in
from analysis.missing import why_nothing
from analysis.shadowcast import Shape, Terrain, footprint, reach, shadow_on_plane, shadow_on_terrain
from analysis.situation import Situation, state_of
from layers.arrays import Float64
from layers.columns import NONE, Mask
from layers.data import Box, Progress
from layers.errors import UsageError
from layers.lods import MOST_GENERATIONS, with_parts
from layers.project import Project
from layers.records import Layer
from layers.runs import Int64

#: Objects so near to each other are done together.
TILE_M = 300.0


@dataclass(frozen=True)
class Caster:
    """One object, with its parts, that casts a shadow."""

    fid: int  # -1: a scanned mesh as a whole
    id: str  # of the object, or the layer's name
    layer: str
    corners: Float64  # (m, 3, 3) of its triangles, relative to the origin
    transmissivity: tuple[float, float]  # share of light let through in leaf and out of leaf

    @property
    def foot(self) -> Float64:
        """(3,) the middle of its box, at its lowest corner."""
        low, high = self.corners.min(axis=(0, 1)), self.corners.max(axis=(0, 1))
        return np.append((low + high)[:2] / 2, low[2])


def chosen_box(project: Project, where: str, fids: Sequence[int]) -> Box:
    """The box around the objects that are chosen, in the project's CRS; around all when none are."""
    if where or fids:
        found: list[int] = []
        for layer in _with_objects(project):
            found += (layer.first_fid + np.flatnonzero(_chosen(project, layer, where, fids))).tolist()
        box = project.box(found)
        if box is None:
            raise UsageError(
                "There is nothing that casts a shadow",
                found=why_nothing(project, where, fids, Situation()) or "what is chosen has no geometry",
                do="Choose other objects",
            )
        x0, y0, z0, x1, y1, z1 = box
        return x0, y0, z0, x1, y1, z1
    boxes = np.array(
        [layer.box for layer in project.layers if layer.kind in ("city", "heritage") and layer.box]
    )
    if not len(boxes):
        raise UsageError("The project has nothing that casts a shadow", do="Import a city model first")
    x0, y0, z0 = boxes[:, :3].min(axis=0).tolist()
    x1, y1, z1 = boxes[:, 3:].max(axis=0).tolist()
    return x0, y0, z0, x1, y1, z1


def casters_chosen(
    project: Project, cast: Casters, where: str, fids: Sequence[int], vegetation: bool, origin: Float64
) -> list[Caster]:
    """The chosen objects among what casts shadow, parts with the object that they are parts of."""
    count = len(cast.triangles) if vegetation else cast.opaque
    owner = np.full(count, NONE, np.int64)
    mine = cast.fid[:count]
    for layer in _with_objects(project):
        here = np.flatnonzero((mine >= layer.first_fid) & (mine < layer.first_fid + layer.object_count))
        wholes = _wholes(_chosen(project, layer, where, fids, False), project.parents(layer).astype(np.int64))
        found = wholes[mine[here] - layer.first_fid]
        owner[here] = np.where(found == NONE, NONE, found + layer.first_fid)
    groups = [(fid, rows) for fid, rows in _groups(owner) if fid != NONE]
    if not where and not fids:
        bare = np.flatnonzero((mine == NONE) & ~np.isin(cast.layer[:count], cast.terrain))
        groups += [(NONE, bare[rows]) for _, rows in _groups(cast.layer[bare].astype(np.int64))]
    return [_caster(project, cast, fid, rows, origin) for fid, rows in groups]


def _caster(project: Project, cast: Casters, fid: int, rows: Int64, origin: Float64) -> Caster:
    layer = cast.names[int(cast.layer[rows[0]])]
    leafy, bare = cast.transmissivity[rows].max(axis=0).tolist()
    corners = cast.vertices[cast.triangles[rows]] - origin
    return Caster(fid, layer if fid == NONE else project.object(fid).id, layer, corners, (leafy, bare))


def _with_objects(project: Project) -> list[Layer]:
    return [layer for layer in project.layers if layer.object_count and layer.partner is None]


def _chosen(project: Project, layer: Layer, where: str, fids: Sequence[int], parts: bool = True) -> Mask:
    """The objects of a layer that match an expression, or are named; with their parts."""
    if fids:
        found = np.isin(layer.first_fid + np.arange(layer.object_count), fids)
    elif where:
        found = project.matching(layer, where)
    else:
        found = ~project.gone(layer)
    return with_parts(found, project.parents(layer)) if parts else found


def _wholes(chosen: Mask, parents: Int64) -> Int64:
    """Per object the uppermost of itself and what it is a part of that is chosen, NONE where none is."""
    at = np.arange(len(parents), dtype=np.int64)
    found = np.where(chosen, at, NONE)
    for _ in range(MOST_GENERATIONS):
        at = np.where(at == NONE, NONE, parents[at])
        if (at == NONE).all():
            break
        found = np.where((at != NONE) & chosen[at], at, found)
    return found


def _groups(numbers: Int64) -> list[tuple[int, Int64]]:
    """The rows of each number, in the order of the numbers."""
    order = np.argsort(numbers, kind="stable")
    some, first = np.unique(numbers[order], return_index=True)
    return list(zip(some.tolist(), np.split(order, first[1:]), strict=True)) if len(some) else []


class Receiving:
    """The terrain that shadows fall on, cut out where it is needed; `layer` is None without one."""

    def __init__(self, project: Project, on: str, situation: Situation, origin: Float64) -> None:
        self._project, self._situation, self._origin = project, situation, origin
        states = state_of(project, situation)
        self.layer = _terrain_layer(project, on, states)
        self._stands = None if self.layer is None else states[self.layer.id][0]
        self.triangles = 0  # so many were cut out in all

    @property
    def lowest(self) -> float:
        """A height above the origin that no ground lies below."""
        box = None if self.layer is None else self.layer.box
        return np.inf if box is None else box[2] - float(self._origin[2])

    def terrain(self, low: Float64, high: Float64) -> tuple[Terrain, tuple[str, ...]]:
        """The terrain in a rectangle, relative to the origin; and what is to be said where not the finest."""
        if self.layer is None or self._stands is None:
            return Terrain(np.empty((0, 3, 3))), ()
        (x0, y0), (x1, y1) = (low + self._origin[:2]).tolist(), (high + self._origin[:2]).tolist()
        corners, notes = terrain_in(
            self._project, self.layer, self._situation, self._stands, (x0, y0, 0.0, x1, y1, 0.0)
        )
        self.triangles += len(corners)
        return Terrain(corners - self._origin), notes


def _terrain_layer(project: Project, on: str, states: Mapping[int, tuple[Mask, Mask]]) -> Layer | None:
    """The layer of that name, or the uppermost terrain that is switched on and stands."""
    layers = [layer for layer in project.layers if layer.kind == "terrain"]
    if not on:
        shown = [layer for layer in layers if layer.visible]
        return next((layer for layer in shown if states[layer.id][0].any()), next(iter(shown), None))
    chosen = project.layer(on)
    if chosen not in layers or not chosen.visible:
        raise UsageError(
            "Shadows fall on terrain that is switched on",
            found=f"{on}, a layer of kind {chosen.kind}",
            allowed=", ".join(layer.name for layer in layers if layer.visible) or "none yet",
        )
    return chosen


# --- shadows --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shadow:
    """The shadow of one object at one time."""

    caster: Caster
    number: int  # of the caster
    time: int  # number of it
    shape: Shape  # in plan, relative to the origin
    beside_m2: float  # outside the object's own footprint


class Cutter:
    """Goes through objects and times, neighbours together, so that little of the terrain is in memory."""

    def __init__(
        self, chosen: Sequence[Caster], directions: Float64, ground: Receiving, progress: Progress
    ) -> None:
        """`directions` (times, objects, 3) to the sun."""
        self._chosen, self._directions, self._ground, self._progress = chosen, directions, ground, progress
        self._done = 0
        self.notes: set[str] = set()

    def shadows(self) -> Iterator[Shadow]:
        """The shadows of all objects at all times, in any order."""
        tiles: dict[tuple[int, int], list[int]] = {}
        for number, caster in enumerate(self._chosen):
            east, north = (caster.foot[:2] // TILE_M).astype(int).tolist()
            tiles.setdefault((east, north), []).append(number)
        for numbers in tiles.values():
            yield from self._together(numbers, range(len(self._directions)))

    def _together(self, numbers: Sequence[int], times: Sequence[int]) -> Iterator[Shadow]:
        """The shadows of some objects at some times; of fewer where the terrain is too fine for all."""
        corners = [self._chosen[number].corners for number in numbers]
        directions = self._directions[np.ix_(times, numbers)]
        terrain, notes = self._ground.terrain(*reach(corners, self._ground.lowest, directions))
        if notes and len(times) > 1:
            for part in (times[: len(times) // 2], times[len(times) // 2 :]):
                yield from self._together(numbers, part)
        elif notes and len(numbers) > 1:
            for some in (numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :]):
                yield from self._together(some, times)
        else:
            self.notes.update(notes)
            for number in numbers:
                yield from self._of(number, times, terrain)

    def _of(self, number: int, times: Sequence[int], terrain: Terrain) -> Iterator[Shadow]:
        """The shadows of one object."""
        caster = self._chosen[number]
        own = footprint(caster.corners)
        for time in times:
            self._progress(self._done / self._directions[..., 0].size, f"shadow of {caster.id}")
            self._done += 1
            to_sun = self._directions[time, number]
            shape = shadow_on_terrain(caster.corners, terrain, to_sun)
            if shape is None:
                shape = shadow_on_plane(caster.corners, float(caster.foot[2]), to_sun)
            if not shape.is_empty:
                beside_m2 = float(shape.area - shape.intersection(own).area)
                yield Shadow(caster, number, time, shape, beside_m2)
