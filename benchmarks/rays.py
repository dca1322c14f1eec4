"""What a sight line meets first, by trying triangles in float64: the judge of the viewer's picks.

It shares nothing with the viewer but the arrays of the city. Boxes around stretches of objects, then
around single ones, only leave out what cannot be met.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.arrays import CityTiles, Float64

STRETCH = 1024  # objects in one box
SLACK_M = 1e-3


@dataclass(frozen=True)
class Met:
    """What lies on a sight line: the nearest distance, and the objects that are met there."""

    distance_m: float
    objects: tuple[int, ...]  # positions in the layer; several where they touch


class BruteForce:
    """Casts rays at a city in one level of detail."""

    def __init__(self, tiles: CityTiles, lod: str = "") -> None:
        self._tiles = tiles
        lods = tiles.lod_names
        self._lod = lods.index(lod) if lod else len(lods) - 1
        boxes = np.asarray(tiles.entry_box)
        starts = np.arange(0, len(boxes), STRETCH)
        low = np.minimum.reduceat(boxes[:, 0], starts)
        high = np.maximum.reduceat(boxes[:, 1], starts)
        self._starts, self._stretches = starts, np.stack((low, high), axis=1)

    def first(self, origin: Float64, direction: Float64) -> Met | None:
        """The first surface on a ray, or None."""
        tiles = self._tiles
        near = [
            np.arange(start, min(start + STRETCH, len(tiles.entry_object)))
            for start in self._starts[_meets(self._stretches, origin, direction)].tolist()
        ]
        if not near:
            return None
        entries = np.concatenate(near)
        entries = entries[_meets(tiles.entry_box[entries], origin, direction)]
        met = [self._distances(int(entry), origin, direction) for entry in entries]
        nearest = min((distance for distance in met), default=np.inf)
        if not np.isfinite(nearest):
            return None
        within = [
            int(tiles.entry_object[entry])
            for entry, distance in zip(entries, met, strict=True)
            if distance <= nearest + SLACK_M
        ]
        return Met(nearest, tuple(within))

    def _distances(self, entry: int, origin: Float64, direction: Float64) -> float:
        """How far away an object's nearest triangle is, of those of this level of detail."""
        tiles = self._tiles
        first, last = tiles.entry_geometry[entry : entry + 2].tolist()
        nearest = np.inf
        for geometry in range(first, last):
            if tiles.geometry_lod[geometry] != self._lod:
                continue
            start, end = tiles.surface_triangle[tiles.geometry_surface[geometry : geometry + 2]].tolist()
            corners = tiles.vertices[tiles.triangles[start:end]]
            nearest = min(nearest, hit_distance(corners, origin, direction))
        return nearest


def _meets(boxes: Float64, origin: Float64, direction: Float64) -> NDArray[np.bool_]:
    """Which boxes (n, 2, 3) a ray passes through, or passes by very closely."""
    with np.errstate(divide="ignore", invalid="ignore"):
        to_low = (boxes[:, 0] - SLACK_M - origin) / direction
        to_high = (boxes[:, 1] + SLACK_M - origin) / direction
    enters = np.nanmax(np.minimum(to_low, to_high), axis=1)
    leaves = np.nanmin(np.maximum(to_low, to_high), axis=1)
    return np.asarray((leaves >= 0) & (enters <= leaves))


def hit_distance(corners: Float64, origin: Float64, direction: Float64) -> float:
    """How far along the ray the nearest of some triangles (n, 3, 3) is; inf without any."""
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    across = np.cross(direction, second)
    determinant = (first * across).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 1 / determinant
        away = origin - corners[:, 0]
        u = (away * across).sum(axis=1) * scale
        turned = np.cross(away, first)
        v = (turned @ direction) * scale
        distance = (second * turned).sum(axis=1) * scale
    inside = (u >= 0) & (v >= 0) & (u + v <= 1) & (distance > 0) & np.isfinite(distance)
    return float(distance[inside].min()) if inside.any() else np.inf
