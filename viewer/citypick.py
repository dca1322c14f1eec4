"""What of a city lies under the cursor or in a rectangle: down the quadtree, then exactly, in float64."""

from __future__ import annotations

import numpy as np

from layers.arrays import CityTiles, Float64
from viewer.camera import Ray
from viewer.detail import Allowed
from viewer.faces import Index, spans
from viewer.picking import (
    Rectangle,
    View2D,
    boxes_over,
    boxes_within,
    ray_meets_triangles,
    ray_reaches_boxes,
    triangles_touch,
)
from viewer.quadtree import Quadtree, Tiles

#: Objects looked at closely at a time, nearest first.
ENTRIES_AT_ONCE = 16


def first_surface(
    city: CityTiles, tree: Quadtree, allowed: Allowed, ray: Ray
) -> tuple[float, int, int] | None:
    """Distance, polygon and entry of the nearest visible polygon on the ray."""
    entries = tree.on_ray(ray)
    entries = entries[allowed.entries[entries]]
    reach = ray_reaches_boxes(ray, city.entry_box[entries])
    order = np.argsort(reach)
    order = order[: int(np.isfinite(reach).sum())]
    best: tuple[float, int, int] | None = None
    for first in range(0, len(order), ENTRIES_AT_ONCE):
        chosen = order[first : first + ENTRIES_AT_ONCE]
        if best is not None and best[0] < reach[chosen[0]]:
            break
        found = _in_entries(city, allowed, ray, entries[chosen])
        if found is not None and (best is None or found[0] < best[0]):
            best = found
    return best


def _in_entries(city: CityTiles, allowed: Allowed, ray: Ray, entries: Index) -> tuple[float, int, int] | None:
    surfaces, owner = allowed.surfaces(city, entries)
    first, last = city.surface_triangle[surfaces], city.surface_triangle[surfaces + 1]
    if not (last > first).any():
        return None
    distance = ray_meets_triangles(ray, city.vertices[city.triangles[spans(first, last)]])
    nearest = int(distance.argmin())
    if not np.isfinite(distance[nearest]):
        return None
    which = int(np.searchsorted(np.cumsum(last - first), nearest, side="right"))
    return float(distance[nearest]), int(surfaces[which]), int(owner[which])


def objects_in(city: CityTiles, tiles: Tiles, allowed: Allowed, view: View2D, rectangle: Rectangle) -> Index:
    """The objects with a visible polygon that is drawn in the rectangle, wholly or in part."""
    over = np.flatnonzero(boxes_over(view, tiles.box, *rectangle))
    inside = boxes_within(view, tiles.box[over], rectangle)
    whole = spans(tiles.start[over[inside]], tiles.start[over[inside] + 1])
    rest = spans(tiles.start[over[~inside]], tiles.start[over[~inside] + 1])
    rest = rest[allowed.entries[rest]]
    rest = rest[boxes_over(view, city.entry_box[rest], *rectangle)]
    inside = boxes_within(view, city.entry_box[rest], rectangle)
    whole = np.concatenate((whole[allowed.entries[whole]], rest[inside]))
    border = _touching(city, allowed, view, rectangle, rest[~inside])
    return np.sort(city.entry_object[np.concatenate((whole, border))]).astype(np.int64)


def _touching(city: CityTiles, allowed: Allowed, view: View2D, rectangle: Rectangle, entries: Index) -> Index:
    """Those of the entries with a triangle in the rectangle."""
    surfaces, owner = allowed.surfaces(city, entries)
    first, last = city.surface_triangle[surfaces], city.surface_triangle[surfaces + 1]
    corners: Float64 = city.vertices[city.triangles[spans(first, last)]]
    touches = triangles_touch(view, corners, rectangle)
    chosen = np.zeros(len(city.entry_object), bool)
    chosen[np.repeat(owner, last - first)[touches]] = True
    return np.flatnonzero(chosen)
