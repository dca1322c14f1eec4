"""How high the ground is, for layers that lie in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from layers.arrays import CityTiles, Float64, TerrainPyramid
from layers.cache import CacheMissing
from layers.epochs import BASE, absent_in, lineage
from layers.pipes import Terrain
from layers.records import Layer
from layers.runs import Int64
from layers.standing import Standing
from layers.terrain import heights_in
from layers.tin import TIN, entries_of, triangles_in

if TYPE_CHECKING:
    from layers.project import Project


def terrain_of(project: Project, scenario: int | None = None) -> Terrain | None:
    """Heights from the terrain that stands in a scenario, or in the city as it is; None without terrain.

    Of several layers the uppermost counts that has a height at a place.
    """
    there = [
        layer for layer in project.layers if layer.kind == "terrain" and _stands(project, layer, scenario)
    ]
    found = [one for layer in there for one in _terrains(project, layer, scenario)]
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


def _terrains(project: Project, layer: Layer, scenario: int | None) -> Iterator[Terrain]:
    """The heights of a layer; of triangles first what is in their place in the scenario."""
    try:
        drawable = project.drawable(layer)
    except CacheMissing:
        return
    if isinstance(drawable, TerrainPyramid):
        terrain, back = drawable, project.mover(layer)
        there = project.place.way_back_of(layer)
        yield lambda places: heights_in(terrain, there, back, places)
    elif isinstance(drawable, CityTiles):
        absent = absent_in(project, scenario)
        holder = project.any_layer(layer.objects_layer)
        own = lineage(project, scenario)
        for copies in project.layers:
            if copies.scenario in own and copies.facts.get(BASE) == holder.id:
                city = project.drawable(copies)
                assert isinstance(city, CityTiles)
                yield from _triangles(city, project.column(copies, "type"), copies.first_fid, absent, True)
        yield from _triangles(drawable, project.column(layer, "type"), holder.first_fid, absent)


def _triangles(
    city: CityTiles, types: list[Any], first_fid: int, absent: Int64, is_mixed: bool = False
) -> Iterator[Terrain]:
    """The heights of a city's TINRelief that is not absent; where `is_mixed`, of nothing else."""
    if is_mixed and TIN not in types:
        return
    entries = entries_of(city, types)
    entries = entries[~np.isin(city.entry_object[entries] + first_fid, absent)]
    if len(entries):
        yield Standing(*triangles_in(city, entries)).heights
