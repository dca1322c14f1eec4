"""How high the ground is, for layers that lie in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from layers.arrays import CityTiles, Float64, TerrainPyramid
from layers.cache import CacheMissing
from layers.pipes import Terrain
from layers.records import Layer
from layers.terrain import heights_in
from viewer.tin import tin_of

if TYPE_CHECKING:
    from layers.project import Project


def terrain_of(project: Project) -> Terrain | None:
    """Heights from the project's terrain layers, the uppermost that has one; None without terrain."""
    found = [one for layer in project.layers if layer.kind == "terrain" and (one := _terrain(project, layer))]
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


def _terrain(project: Project, layer: Layer) -> Terrain | None:
    try:
        drawable = project.drawable(layer)
    except CacheMissing:
        return None
    if isinstance(drawable, TerrainPyramid):
        terrain, back = drawable, project.place.mover(layer.crs)
        there = project.place.way_back(layer.crs)
        return lambda places: heights_in(terrain, there, back, places)
    if isinstance(drawable, CityTiles):
        vertices, triangles, _ = tin_of(drawable, project.column(layer, "type"))
        return lambda places: heights_on(vertices, triangles, places)
    return None


def heights_on(
    vertices: Float64, triangles: np.ndarray[tuple[int, int], np.dtype[np.int32]], places: Float64
) -> Float64:
    """The height of a triangulated surface at places (n, 2); NaN beside it."""
    from shapely import STRtree, box, points

    corner = vertices[triangles]
    low, high = corner[..., :2].min(axis=1), corner[..., :2].max(axis=1)
    tree = STRtree(box(low[:, 0], low[:, 1], high[:, 0], high[:, 1]))
    place, triangle = tree.query(points(places), predicate="intersects")
    a, b, c = (corner[triangle, i] for i in range(3))
    p = places[place]
    ab, ac, ap = b - a, c - a, p - a[:, :2]
    area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        u = (ap[:, 0] * ac[:, 1] - ap[:, 1] * ac[:, 0]) / area
        v = (ab[:, 0] * ap[:, 1] - ab[:, 1] * ap[:, 0]) / area
        inside = (u >= -1e-9) & (v >= -1e-9) & (u + v <= 1 + 1e-9)
        height = a[:, 2] + u * ab[:, 2] + v * ac[:, 2]
    heights = np.full(len(places), -np.inf)
    np.maximum.at(heights, place[inside], height[inside])
    return np.where(np.isfinite(heights), heights, np.nan)
