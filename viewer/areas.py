"""Areas as triangles: laid over the ground, or raised into bodies with upright walls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64
from layers.pipes import Terrain
from layers.runs import starts
from layers.triangulate import triangulate
from viewer.faces import Index
from viewer.solids import Solids

#: What lies on the ground is drawn so far above it.
LIFT_M = 0.15
#: Areas are cut so finely that they follow the ground, as far as so many triangles allow.
MOST_TRIANGLES, FINEST_M, COARSEST_M = 200_000, 2.0, 200.0
MOST_HALVINGS = 40


@dataclass(frozen=True)
class Outlines:
    """Polygons, each so many rings, the outer one first and counter-clockwise, the holes clockwise."""

    corners: Float64  # (n, 3) world; z NaN where the ground gives it
    rings: Index  # (r,) corners of each ring
    polygon_rings: Index  # (p,)

    @property
    def corner_polygon(self) -> Index:
        """The polygon of each corner."""
        ring_polygon = np.repeat(np.arange(len(self.polygon_rings)), self.polygon_rings)
        return np.repeat(ring_polygon, self.rings)

    def only(self, polygons: NDArray[np.bool_]) -> Outlines:
        """Some of them."""
        of_ring = np.repeat(polygons, self.polygon_rings)
        return Outlines(
            self.corners[np.repeat(of_ring, self.rings)], self.rings[of_ring], self.polygon_rings[polygons]
        )


def outlines(corners: Float64, rings: Index, polygon_rings: Index) -> Outlines:
    """Polygons whose rings may turn either way."""
    first = starts(rings)[:-1]
    following = np.arange(len(corners)) + 1
    following[first + rings - 1] = first
    x, y = corners[:, 0], corners[:, 1]
    shift = np.repeat(first, rings)  # sums of large coordinates would lose what is looked for
    x, y = x - x[shift], y - y[shift]
    area = np.add.reduceat(x * y[following] - x[following] * y, first) if len(first) else np.empty(0)
    is_outer = np.zeros(len(rings), bool)
    is_outer[starts(polygon_rings)[:-1]] = True
    turned = (area > 0) != is_outer
    order = np.arange(len(corners))
    backward = np.repeat(2 * first + rings - 1, rings) - order
    return Outlines(corners[np.where(np.repeat(turned, rings), backward, order)], rings, polygon_rings)


def laid(areas: Outlines, terrain: Terrain | None) -> Solids:
    """The areas as surfaces on the ground, or as high as their corners say; one body each."""
    triangles, owner = _flat(areas)
    if terrain is not None and np.isnan(triangles[..., 2]).any():
        triangles, owner = _cut(triangles, owner, _fineness(triangles))
    vertices = triangles.reshape(-1, 3)
    vertices[:, 2] = on_ground(vertices, terrain) + LIFT_M
    up = np.zeros(vertices.shape, np.float32)
    up[:, 2] = 1.0
    return _loose(vertices, up, owner, len(areas.polygon_rings))


def on_ground(points: Float64, terrain: Terrain | None) -> Float64:
    """The heights of points: their own, else that of the ground, beside it that of the others, else 0."""
    height = points[:, 2].copy()
    missing = np.isnan(height)
    if terrain is not None and missing.any():
        height[missing] = terrain(points[missing, :2])
    known = height[np.isfinite(height)]
    found: Float64 = np.nan_to_num(height, nan=float(np.median(known)) if len(known) else 0.0)
    return found


def raised(areas: Outlines, height_m: Float64, foot_m: Float64, terrain: Terrain | None) -> Solids:
    """Bodies with level roofs over the areas, one each.

    They stand on the level `foot_m` (p,), or where that is NaN on the lowest ground at their corners.
    """
    polygon = areas.corner_polygon
    lowest = np.full(len(height_m), np.inf)
    np.minimum.at(lowest, polygon, on_ground(areas.corners, terrain))
    foot = np.where(np.isnan(foot_m), lowest, foot_m)
    roof, roof_owner = _flat(areas)
    roof[..., 2] = (foot + height_m)[roof_owner, None]
    walls, normals = _walls(areas, foot, foot + height_m)
    wall_owner = np.repeat(polygon, 2)
    up = np.broadcast_to(np.array([0.0, 0.0, 1.0]), (len(roof), 3))
    owner = np.concatenate((roof_owner, wall_owner))
    order = np.argsort(owner, kind="stable")
    corners = np.concatenate((roof, walls))[order].reshape(-1, 3)
    facing = np.repeat(np.concatenate((up, normals))[order], 3, axis=0).astype(np.float32)
    return _loose(corners, facing, owner[order], len(height_m))


def _walls(areas: Outlines, foot: Float64, top: Float64) -> tuple[Float64, Float64]:
    """Two triangles (2 n, 3, 3) under every edge, and their normals (2 n, 3)."""
    first = starts(areas.rings)[:-1]
    following = np.arange(len(areas.corners)) + 1
    following[first + areas.rings - 1] = first
    polygon = areas.corner_polygon
    here, there = areas.corners[:, :2], areas.corners[following, :2]
    a, b = np.column_stack((here, foot[polygon])), np.column_stack((there, foot[polygon]))
    c, d = np.column_stack((there, top[polygon])), np.column_stack((here, top[polygon]))
    corners = np.stack((np.stack((a, b, c), axis=1), np.stack((a, c, d), axis=1)), axis=1)
    along = there - here
    length = np.maximum(np.hypot(*along.T), 1e-9)
    outward = np.column_stack((along[:, 1] / length, -along[:, 0] / length, np.zeros(len(along))))
    return corners.reshape(-1, 3, 3), np.repeat(outward, 2, axis=0)


def _flat(areas: Outlines) -> tuple[Float64, Index]:
    """Triangles (m, 3, 3) of the areas, seen from above, and whose they are."""
    flat = areas.corners.copy()
    flat[:, 2] = 0.0
    middle = flat.mean(axis=0) if len(flat) else np.zeros(3)
    found = triangulate(flat - middle, areas.rings.astype(np.int32), areas.polygon_rings.astype(np.int32))
    order = np.argsort(found.polygon, kind="stable")
    return areas.corners[found.triangles[order]], found.polygon[order].astype(np.int64)


def _fineness(triangles: Float64) -> float:
    """The longest edge that keeps the number of triangles within bounds."""
    a, b = (triangles[:, k, :2] - triangles[:, 0, :2] for k in (1, 2))
    area = float(np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / 2
    return float(np.clip(2.5 * np.sqrt(area / MOST_TRIANGLES), FINEST_M, COARSEST_M))


def _cut(triangles: Float64, owner: Index, longest_m: float) -> tuple[Float64, Index]:
    """Triangles halved across their longest edges until none is longer; neighbours stay neighbours."""
    done, owners = [], []
    for _ in range(MOST_HALVINGS):
        edges = np.roll(triangles, -1, axis=1)[..., :2] - triangles[..., :2]
        lengths = np.hypot(edges[..., 0], edges[..., 1])
        longest = lengths.argmax(axis=1)
        is_long = lengths.max(axis=1, initial=0) > longest_m
        done.append(triangles[~is_long])
        owners.append(owner[~is_long])
        if not is_long.any():
            break
        triangles, owner, longest = triangles[is_long], owner[is_long], longest[is_long]
        rows = np.arange(len(triangles))
        a, b, c = (triangles[rows, (longest + k) % 3] for k in range(3))
        middle = (a + b) / 2
        triangles = np.concatenate((np.stack((a, middle, c), axis=1), np.stack((middle, b, c), axis=1)))
        owner = np.concatenate((owner, owner))
    else:
        done.append(triangles)
        owners.append(owner)
    joined, whose = np.concatenate(done), np.concatenate(owners)
    order = np.argsort(whose, kind="stable")
    return joined[order], whose[order]


def _loose(vertices: Float64, normals: NDArray[np.float32], owner: Index, count: int) -> Solids:
    """Triangles that share no vertices, in the order of the bodies they belong to."""
    each = np.bincount(owner, minlength=count)
    return Solids(
        vertices,
        normals,
        np.arange(len(vertices), dtype=np.int32).reshape(-1, 3),
        owner.astype(np.int32),
        starts(each * 3),
    )
