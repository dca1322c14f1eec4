"""Which objects of a layer stand in a situation, and which polygons stand for them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.situation import CASTING, Situation
from layers.arrays import CityTiles, Float64, Int32
from layers.columns import Mask
from layers.data import Box
from layers.lods import geometries_at, with_parents, with_parts
from layers.project import Project
from layers.records import Layer
from layers.runs import Int64, ranges
from layers.tin import TIN

#: Terrain of city models, which a layer of its own may show.
TINS = frozenset((TIN,))


@dataclass(frozen=True)
class Reach:
    """Onto what shadow is to fall: a box, and how far and how low its light comes from."""

    box: Box | None = None  # None: everywhere
    margin_m: float = 0.0
    lowest_altitude_deg: float = 0.0  # objects whose shadow then is too short are left out; 0 = none

    @property
    def around(self) -> Box | None:
        """The box with its margin."""
        if self.box is None:
            return None
        (x0, y0, z0, x1, y1, z1), margin = self.box, self.margin_m
        return x0 - margin, y0 - margin, z0, x1 + margin, y1 + margin, z1

    def reached_by(self, boxes: Float64) -> Mask:
        """Which boxes (n, 2, 3) can throw their shadow onto this one."""
        if self.box is None:
            return np.ones(len(boxes), bool)
        low, high = np.reshape(self.box, (2, 3))
        apart = np.maximum(np.maximum(low[:2] - boxes[:, 1, :2], boxes[:, 0, :2] - high[:2]), 0)
        found = np.asarray((apart <= self.margin_m).all(axis=1))
        if self.lowest_altitude_deg > 0:
            slope = math.tan(math.radians(self.lowest_altitude_deg))
            found &= boxes[:, 1, 2] - low[2] >= np.hypot(apart[:, 0], apart[:, 1]) * slope
        return found


def standing(project: Project, layer: Layer, situation: Situation, stands: Mask) -> Mask:
    """Which objects are there: at the date (`stands`), with what they are parts of, and not left out."""
    if situation.without:
        stands = stands & ~project.matching(layer, situation.without)
    return with_parents(stands, project.parents(layer))


def matching(project: Project, layer: Layer, where: str, fids: Sequence[int] | None) -> Mask:
    """The objects that match an expression, or are among `fids`, with all their parts."""
    found = project.matching(layer, where) if where else np.ones(layer.object_count, bool)
    if fids is not None:
        places = np.asarray(fids, np.int64) - layer.first_fid
        chosen = np.zeros(layer.object_count, bool)
        chosen[places[(places >= 0) & (places < layer.object_count)]] = True
        found &= chosen
    return with_parts(found, project.parents(layer))


def casting_layers(project: Project) -> list[Layer]:
    """The layers that may cast shadow: those of the right kinds that are switched on."""
    return [layer for layer in project.layers if layer.kind in CASTING and layer.visible]


def matched_nothing(project: Project, without: str) -> list[str]:
    """What is to be said of an expression on objects that are left out when it matches none."""
    layers = [layer for layer in project.layers if layer.object_count]
    if not without or any(project.matching(layer, without).any() for layer in layers):
        return []
    return [f"Nothing is left out: no object matches {without}"]


def objects_of(project: Project, layer: Layer, types: frozenset[str]) -> Mask:
    """Which objects of a layer are of some types."""
    codes, names = project.values(layer, "type").as_codes()
    found: Mask = np.array([*(str(name) in types for name in names), False])[codes]
    return found


def entries_of(city: CityTiles, wanted: Mask, reach: Reach) -> Int64:
    """Entries of the objects that are wanted and may shade what is reached."""
    chosen = np.flatnonzero(wanted[city.entry_object])
    return chosen[reach.reached_by(np.asarray(city.entry_box)[chosen])]


def surfaces_of(
    project: Project, layer: Layer, city: CityTiles, entries: Int64
) -> tuple[Int64, Int64, Int64]:
    """The polygons of some entries in the layer's level of detail, with the geometry and entry of each."""
    allowed = geometries_at(city, project.parents(layer), layer.lod)
    geometries, entry = below(city.entry_geometry, entries, entries)
    kept = allowed[geometries]
    geometries, entry = geometries[kept], entry[kept]
    surfaces, at = below(city.geometry_surface, geometries, np.arange(len(geometries)))
    return surfaces, geometries[at], entry[at]


def below(begin: Int32, items: Int64, owner: Int64) -> tuple[Int64, Int64]:
    """The items of the next level in some items, and the owner that each has from above."""
    first, counts = begin[items], begin[items + 1] - begin[items]
    return ranges(first, counts), np.repeat(owner, counts)
