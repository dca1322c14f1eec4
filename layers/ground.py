"""How high the ground is, for layers that lie in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from layers.arrays import CityTiles, Float64, TerrainPyramid
from layers.cache import CacheMissing
from layers.epochs import absent_in, lineage
from layers.pipes import Terrain
from layers.records import Layer
from layers.standing import Standing
from layers.terrain import heights_in
from layers.tin import entries_of, triangles_in

if TYPE_CHECKING:
    from layers.project import Project


def terrain_of(project: Project, scenario: int | None = None) -> Terrain | None:
    """Heights from the terrain that stands in a scenario, or in the city as it is; None without terrain.

    Of several layers the uppermost counts that has a height at a place.
    """
    there = [
        layer for layer in project.layers if layer.kind == "terrain" and _stands(project, layer, scenario)
    ]
    found = [one for layer in there if (one := _terrain(project, layer))]
    if not found:
        return None

    def height(places: Float64) -> Float64:
        heights = np.full(len(places), np.nan)
        for one in found:
            missing = np.isnan(heights)
            if missing.any():
                heights[missing] = one(places[missing])
        return heights

    return height


def _stands(project: Project, layer: Layer, scenario: int | None) -> bool:
    own = lineage(project, scenario)
    return (layer.scenario is None or layer.scenario in own) and -layer.id not in absent_in(project, scenario)


def _terrain(project: Project, layer: Layer) -> Terrain | None:
    try:
        drawable = project.drawable(layer)
    except CacheMissing:
        return None
    if isinstance(drawable, TerrainPyramid):
        terrain, back = drawable, project.mover(layer)
        there = project.place.way_back_of(layer)
        return lambda places: heights_in(terrain, there, back, places)
    if isinstance(drawable, CityTiles):
        entries = entries_of(drawable, project.column(layer, "type"))
        return Standing(*triangles_in(drawable, entries)).heights
    return None
