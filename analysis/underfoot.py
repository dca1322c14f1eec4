"""How high the terrain is under city objects, and where their feet are; a building stands as a whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from analysis.ground import Ground
from layers.arrays import CityTiles, Float64, TerrainPyramid
from layers.columns import Mask
from layers.project import Project
from layers.records import Layer
from layers.runs import Int64, ranges
from layers.terrain import heights_in
from layers.tin import TIN, triangles_in

#: Objects that stand on the ground, by how their types begin.
STANDING = ("Building", "OtherConstruction", "CityFurniture", "SolitaryVegetationObject")
#: Objects that are the ground, where no terrain says how high it is.
GROUND = ("LandUse", "Road", "Railway", "Transport", "Water", "PlantCover", TIN)
#: Corners no higher than this above the lowest one are an object's foot.
FOOT_M = 0.5


@dataclass(frozen=True)
class Feet:
    """Objects that stand on the ground, each with all its parts, and the ground under their feet."""

    layer: Layer
    fid: Int64  # (n,) of the whole: the building, not its parts
    foot_z: Float64  # (n,) the lowest corner
    top_z: Float64  # (n,) the highest
    low_z: Float64  # (n,) lowest terrain under the corners of the foot; NaN beside the terrain
    mid_z: Float64  # (n,) the middle one
    high_z: Float64  # (n,) the highest
    part_fid: Int64  # (m,) everything with a shape that belongs to one of them
    part_row: Int64  # (m,) to which

    def __len__(self) -> int:
        return len(self.fid)

    @property
    def over_terrain(self) -> Mask:
        """Which of them have terrain under them."""
        return np.isfinite(self.mid_z)


def terrains(project: Project) -> list[Layer]:
    """The layers that say how high the ground is, the uppermost first; then those with objects on it."""
    return [layer for kind in ("terrain", "city") for layer in project.layers if layer.kind == kind]


class Relief:
    """The ground of some layers, the first of which that knows it counts."""

    def __init__(self, project: Project, layers: Sequence[Layer]) -> None:
        self._ground = [found for layer in layers if (found := _ground_of(project, layer)) is not None]

    def heights(self, places: Float64) -> Float64:
        """The ground at places (n, 2) of the project's CRS; NaN where no layer knows it."""
        found = np.full(len(places), np.nan)
        for ground in self._ground:
            missing = np.flatnonzero(np.isnan(found))
            if not len(missing):
                break
            found[missing] = ground(places[missing])
        return found


def ground_heights(project: Project, places: Float64) -> Float64:
    """The terrain at places (n, 2) of the project's CRS: of the uppermost layer that knows it, else NaN."""
    return Relief(project, terrains(project)).heights(places)


def _ground_of(project: Project, layer: Layer) -> Callable[[Float64], Float64] | None:
    """What says how high the ground of a layer is; None where it has no ground."""
    drawable = project.drawable(layer)
    if isinstance(drawable, TerrainPyramid):
        return partial(heights_in, drawable, project.place.way_back_of(layer), project.mover(layer))
    if not isinstance(drawable, CityTiles):
        return None
    lies = GROUND if layer.kind == "city" else TIN
    types = np.array([str(name).startswith(lies) for name in project.column(layer, "type")], np.bool_)
    entries = np.flatnonzero(types[drawable.entry_object])
    return Ground(*triangles_in(drawable, entries)).heights if len(entries) else None


def feet_of(project: Project, layer: Layer, chosen: Mask, swapped: bool = False) -> Feet:
    """The feet of the chosen objects of a city layer; `swapped`: as if x and y were the other way round."""
    city = project.drawable(layer)
    assert isinstance(city, CityTiles)
    stands = np.array([str(name).startswith(STANDING) for name in project.column(layer, "type")], np.bool_)
    whole = _wholes(np.asarray(project.parents(layer), np.int64), stands)
    meant = np.zeros(layer.object_count, np.bool_)
    meant[whole[stands & chosen]] = True
    objects = city.entry_object.astype(np.int64)
    entries = np.flatnonzero(stands[objects] & meant[whole[objects]])
    wholes, row = np.unique(whole[objects[entries]], return_inverse=True)
    first, counts = city.entry_vertex[entries].astype(np.int64), np.diff(city.entry_vertex)[entries]
    corners = np.asarray(city.vertices[ranges(first, counts)])
    owner = np.repeat(row, counts)
    boxes = np.asarray(city.entry_box[entries])
    foot, top = np.full(len(wholes), np.inf), np.full(len(wholes), -np.inf)
    np.minimum.at(foot, row, boxes[:, 0, 2])
    np.maximum.at(top, row, boxes[:, 1, 2])
    low = corners[:, 2] <= foot[owner] + FOOT_M
    places, owner = corners[low, :2], owner[low]
    if swapped:
        places = places[:, ::-1]
    places, at = np.unique(places, axis=0, return_inverse=True)
    heights = ground_heights(project, places)[at.reshape(-1)]
    lowest, middle, highest = _spread(heights, owner, len(wholes))
    parts = objects[np.isin(whole[objects], wholes)]
    part_row = np.searchsorted(wholes, whole[parts])
    fid, part_fid = layer.first_fid + wholes, layer.first_fid + parts
    return Feet(layer, fid, foot, top, lowest, middle, highest, part_fid, part_row)


def _wholes(parents: Int64, stands: Mask) -> Int64:
    """(n,) the outermost object that each one belongs to and that stands on the ground; else itself."""
    own = np.arange(len(parents))
    up = np.where((parents >= 0) & stands[parents], parents, own)
    for _ in range(len(parents).bit_length()):
        up = up[up]
    return up


def _spread(heights: Float64, owner: Int64, count: int) -> tuple[Float64, Float64, Float64]:
    """The lowest, the middle and the highest of the known heights of each owner."""
    known = np.isfinite(heights)
    heights, owner = heights[known], owner[known]
    order = np.lexsort((heights, owner))
    heights, owner = heights[order], owner[order]
    counts = np.bincount(owner, minlength=count)
    begin = np.cumsum(counts) - counts
    found = [np.full(count, np.nan) for _ in range(3)]
    has = counts > 0
    for values, at in zip(found, (begin, begin + counts // 2, begin + counts - 1), strict=True):
        values[has] = heights[at[has]]
    return found[0], found[1], found[2]
