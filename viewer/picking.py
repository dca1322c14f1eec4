"""What lies under the cursor: rays against float64 triangles and points, boxes before triangles."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from layers.arrays import Float64
from viewer.camera import Camera, Ray, corners
from viewer.faces import Faces, Index, Mask, spans

#: x0, y0, x1, y1 in pixels, ascending.
Rectangle = tuple[float, float, float, float]

VERTEX_REACH_PX = 10.0
POINT_REACH_PX = 5.0


@dataclass(frozen=True)
class Surface:
    """The polygon under the cursor: its semantic type, and where it is in the object."""

    type: str
    geometry_index: int
    polygon_index: int


@dataclass(frozen=True)
class Hit:
    """What a click found. `fid` is None on what has no object of its own (a raster, a cloud)."""

    layer: int
    fid: int | None
    surface: Surface | None
    point_in_world: Float64
    vertex_in_world: Float64 | None = None


@dataclass(frozen=True, eq=False)
class View2D:
    """The camera with the size of the picture it fills, and how much heights are stretched in it."""

    camera: Camera
    width: int
    height: int
    origin: Float64 = field(default_factory=lambda: np.zeros(3))
    stretch: float = 1.0

    def ray(self, x: float, y: float) -> Ray:
        """The sight line through a pixel position, in the world as it is."""
        ray = self.camera.ray(x, y, self.width, self.height)
        if self.stretch == 1.0:
            return ray
        direction = ray.direction / (1.0, 1.0, self.stretch)
        start = stretched(ray.origin, self.origin, 1.0 / self.stretch)
        return Ray(start, direction / np.linalg.norm(direction))

    def project(self, points: Float64) -> Float64:
        """Pixel x, y and depth of world points."""
        drawn = points if self.stretch == 1.0 else stretched(points, self.origin, self.stretch)
        return self.camera.project(drawn, self.width, self.height)


def stretched(points: Float64, origin: Float64, factor: float) -> Float64:
    """Points with their heights above the origin's multiplied."""
    moved = np.array(points, np.float64)
    moved[..., 2] = origin[2] + (moved[..., 2] - origin[2]) * factor
    return moved


def first_triangle(faces: Faces, ray: Ray, visible_parts: Mask) -> tuple[float, int] | None:
    """Distance and number of the nearest visible triangle on the ray."""
    tiles = np.flatnonzero(ray_meets_boxes(ray, faces.tile_box))
    groups = spans(faces.tile_group[tiles], faces.tile_group[tiles + 1])
    groups = groups[ray_meets_boxes(ray, faces.group_box[groups])]
    chosen = spans(faces.group_triangle[groups, 0], faces.group_triangle[groups, 1])
    chosen = chosen[visible_parts[faces.triangle_part[chosen]]]
    if not len(chosen):
        return None
    distance = ray_meets_triangles(ray, faces.vertices[faces.triangles[chosen]])
    nearest = int(distance.argmin())
    return (float(distance[nearest]), int(chosen[nearest])) if np.isfinite(distance[nearest]) else None


def ray_reaches_boxes(ray: Ray, boxes: Float64) -> Float64:
    """Distance at which the ray enters each box (n, 2, 3), 0 from within, infinite where it misses."""
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = (boxes - ray.origin) / ray.direction
    low, high = reach.min(axis=1), reach.max(axis=1)
    level = ray.direction == 0  # runs between the two planes for ever, or never
    between = (boxes[:, 0] <= ray.origin) & (ray.origin <= boxes[:, 1])
    low = np.where(level, np.where(between, -np.inf, np.inf), low)
    high = np.where(level, np.where(between, np.inf, -np.inf), high)
    nearest, farthest = low.max(axis=1, initial=-np.inf), high.min(axis=1, initial=np.inf)
    slack = 1e-9 * (1.0 + np.minimum(np.abs(farthest), 1e9))
    meets = (nearest <= farthest + slack) & (farthest >= 0)
    return np.where(meets, np.maximum(nearest, 0.0), np.inf)


def ray_meets_boxes(ray: Ray, boxes: Float64) -> Mask:
    """Which boxes (n, 2, 3) the ray passes through."""
    return np.isfinite(ray_reaches_boxes(ray, boxes))


def ray_meets_triangles(ray: Ray, triangles: Float64) -> Float64:
    """Distance to each triangle (n, 3, 3) along the ray, infinite where missed (Möller–Trumbore)."""
    a = triangles[:, 0] - ray.origin
    ab, ac = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    p = np.cross(ray.direction, ac)
    volume = (ab * p).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        u = -(a * p).sum(axis=1) / volume
        q = np.cross(-a, ab)
        v = (q @ ray.direction) / volume
        distance = (ac * q).sum(axis=1) / volume
        edge = 1e-9
        meets = (u >= -edge) & (v >= -edge) & (u + v <= 1 + edge) & (distance > 0)
    return np.where(meets, distance, np.inf)


def nearest_vertex(view: View2D, x: float, y: float, vertices: Float64) -> Float64 | None:
    """The vertex that is drawn nearest to the cursor, if within reach."""
    if not len(vertices):
        return None
    seen = view.project(vertices)
    away = np.hypot(seen[:, 0] - x, seen[:, 1] - y)
    away[~(seen[:, 2] > 0) & (not view.camera.parallel)] = np.inf
    nearest = int(np.nanargmin(np.where(np.isfinite(away), away, 1e30)))
    return np.array(vertices[nearest]) if away[nearest] <= VERTEX_REACH_PX else None


def boxes_over(
    view: View2D, boxes: Float64, x0: float, y0: float, x1: float, y1: float, slack: float = 0.0
) -> Mask:
    """Which boxes (n, 2, 3) may be drawn over a rectangle; one that reaches behind the eye always may."""
    seen = view.project(_corners_of_all(boxes).reshape(-1, 3)).reshape(-1, 8, 3)
    behind = (seen[..., 2] <= 0).any(axis=1) & (not view.camera.parallel)
    with np.errstate(invalid="ignore"):
        low, high = seen.min(axis=1), seen.max(axis=1)
        over = (low[:, 0] <= x1 + slack) & (high[:, 0] >= x0 - slack)
        over &= (low[:, 1] <= y1 + slack) & (high[:, 1] >= y0 - slack)
    over |= behind & (seen[..., 2] > 0).any(axis=1)
    return np.asarray(over)


def boxes_within(view: View2D, boxes: Float64, rectangle: Rectangle) -> Mask:
    """Which boxes (n, 2, 3) are drawn wholly inside a rectangle."""
    corner = _corners_of_all(boxes).reshape(-1, 3)
    return np.asarray(in_rectangle(view, corner, rectangle).reshape(-1, 8).all(axis=1))


def objects_in_rectangle(faces: Faces, view: View2D, rectangle: Rectangle, visible_parts: Mask) -> Index:
    """Objects with a visible triangle that is drawn in the rectangle, wholly or in part."""
    tiles = np.flatnonzero(boxes_over(view, faces.tile_box, *rectangle))
    groups = spans(faces.tile_group[tiles], faces.tile_group[tiles + 1])
    groups = groups[boxes_over(view, faces.group_box[groups], *rectangle)]
    groups = groups[faces.group_triangle[groups, 1] > faces.group_triangle[groups, 0]]
    groups = groups[_shows(faces, groups, visible_parts)]
    owner = faces.part_object[faces.triangle_part[faces.group_triangle[groups, 0]]]
    found = np.unique(owner[boxes_within(view, faces.group_box[groups], rectangle)])
    left = groups[~np.isin(owner, found)]  # objects on the border of the rectangle: look closely
    chosen = spans(faces.group_triangle[left, 0], faces.group_triangle[left, 1])
    chosen = chosen[visible_parts[faces.triangle_part[chosen]]]
    inside = triangles_touch(view, faces.vertices[faces.triangles[chosen]], rectangle)
    border = np.unique(faces.part_object[faces.triangle_part[chosen[inside]]])
    return np.union1d(found, border).astype(np.int64)


def _shows(faces: Faces, groups: Index, visible_parts: Mask) -> Mask:
    """Which groups have a visible part; the parts of a group are consecutive."""
    first = faces.triangle_part[faces.group_triangle[groups, 0]]
    last = faces.triangle_part[faces.group_triangle[groups, 1] - 1]
    until = np.concatenate(([0], np.cumsum(visible_parts)))
    shows: Mask = until[last + 1] > until[first]
    return shows


def triangles_touch(view: View2D, triangles: Float64, rectangle: Rectangle) -> Mask:
    """Which triangles (n, 3, 3) are drawn over a rectangle: no line separates the two."""
    x0, y0, x1, y1 = rectangle
    seen = view.project(triangles.reshape(-1, 3)).reshape(-1, 3, 3)
    front = (seen[..., 2] > 0).all(axis=1) | view.camera.parallel
    corner = seen[front, :, :2]
    frame = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
    apart = (corner.max(axis=1) < frame.min(axis=0)).any(axis=1)
    apart |= (corner.min(axis=1) > frame.max(axis=0)).any(axis=1)
    for side in range(3):
        along = corner[:, (side + 1) % 3] - corner[:, side]
        across = np.stack((-along[:, 1], along[:, 0]), axis=-1)
        mine = (corner * across[:, None]).sum(axis=2)
        other = across @ frame.T
        apart |= (mine.max(axis=1) < other.min(axis=1)) | (mine.min(axis=1) > other.max(axis=1))
    touches = np.zeros(len(triangles), bool)
    touches[front] = ~apart
    return touches


def in_rectangle(view: View2D, points: Float64, rectangle: Rectangle) -> Mask:
    """Which points are drawn inside the rectangle x0, y0, x1, y1."""
    x0, y0, x1, y1 = rectangle
    x, y, depth = view.project(points).T
    front = depth > 0 if not view.camera.parallel else np.ones(len(depth), bool)
    inside: Mask = (x >= x0) & (x <= x1) & (y >= y0) & (y <= y1) & front
    return inside


def _corners_of_all(boxes: Float64) -> Float64:
    choice = corners(np.array([[0.0, 0, 0], [1, 1, 1]])).astype(np.int64)
    found: Float64 = boxes[:, choice, np.arange(3)]
    return found
