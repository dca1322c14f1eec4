"""How far the polygons of one shell are from another shell, compiled.

A polygon that has its counterpart, corner by corner, no farther than COUNTERPART_M is as far away as its
corners are. Of all others places are taken, no farther apart than a step, and the nearest place of the other
shell is found for each, on a triangle or one of its sides. The first call compiles, for some seconds; later
ones, of other processes too, read what came of it.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from layers.arrays import Float64
from layers.columns import Mask
from layers.runs import Int64

#: Shells (k): the first polygon of each row (k + 1,), the first corner of each polygon (s + 1,), corners
#: (n, 3), whether a polygon is one ring without holes (s,), its first triangle (s + 1,), triangles (t, 3, 3).
Side = tuple[Int64, Int64, Float64, Mask, Int64, Float64]
#: Of a counterpart farther away it is not certain that it is one.
COUNTERPART_M = 1.0
#: Places on a triangle are no farther apart than this, unless they were more than MOST along a side.
STEP_M = 1.0
MOST = 12


@njit(nogil=True, cache=True, error_model="numpy")
def _square_to_side(px: float, py: float, pz: float, a: Float64, b: Float64) -> float:
    """The square of the distance of a place from a line between two corners."""
    x, y, z = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    qx, qy, qz = px - a[0], py - a[1], pz - a[2]
    long = x * x + y * y + z * z
    at = min(max((qx * x + qy * y + qz * z) / long, 0.0), 1.0) if long > 0.0 else 0.0
    return float((qx - at * x) ** 2 + (qy - at * y) ** 2 + (qz - at * z) ** 2)


@njit(nogil=True, cache=True, error_model="numpy")
def _square_to_triangle(px: float, py: float, pz: float, t: Float64) -> float:
    """The square of the distance of a place from a triangle (3, 3), be it as thin as a line."""
    ux, uy, uz = t[1, 0] - t[0, 0], t[1, 1] - t[0, 1], t[1, 2] - t[0, 2]
    vx, vy, vz = t[2, 0] - t[0, 0], t[2, 1] - t[0, 1], t[2, 2] - t[0, 2]
    nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    qx, qy, qz = px - t[0, 0], py - t[0, 1], pz - t[0, 2]
    square = nx * nx + ny * ny + nz * nz
    if square > 0.0:
        # By how much the foot of the place on the plane lies along either side (barycentric).
        w = (uy * qz - uz * qy) * nx + (uz * qx - ux * qz) * ny + (ux * qy - uy * qx) * nz
        v = (qy * vz - qz * vy) * nx + (qz * vx - qx * vz) * ny + (qx * vy - qy * vx) * nz
        if v >= 0.0 and w >= 0.0 and v + w <= square:
            away = qx * nx + qy * ny + qz * nz
            return float(away * away / square)
    return min(
        _square_to_side(px, py, pz, t[0], t[1]),
        _square_to_side(px, py, pz, t[1], t[2]),
        _square_to_side(px, py, pz, t[2], t[0]),
    )


@njit(nogil=True, cache=True, error_model="numpy")
def _farthest(one: Float64, other: Float64, first: int, step: int, enough: float) -> float:
    """The square of how far corners are at most from those of another ring, from one corner of it on."""
    count = len(one)
    far = 0.0
    for at in range(count):
        to = (first + step * at) % count
        x, y, z = one[at, 0] - other[to, 0], one[at, 1] - other[to, 1], one[at, 2] - other[to, 2]
        far = max(far, x * x + y * y + z * z)
        if far >= enough:
            return enough
    return far


@njit(nogil=True, cache=True, error_model="numpy")
def _rings_apart(one: Float64, other: Float64, is_ring: bool, enough: float) -> float:
    """The square of how far two polygons of as many corners are apart, corner by corner."""
    far = _farthest(one, other, 0, 1, enough)
    if not is_ring:
        return far
    for first in range(len(one)):
        for step in (1, -1):
            far = _farthest(one, other, first, step, far)
    return far


@njit(nogil=True, cache=True, error_model="numpy")
def _to_shell(px: float, py: float, pz: float, triangles: Float64, boxes: Float64, near: float) -> float:
    """The square of the distance of a place from triangles; it need not be more exact than `near`."""
    best = np.inf
    for at in range(len(triangles)):
        gap = 0.0
        for axis, value in enumerate((px, py, pz)):
            away = max(boxes[at, 0, axis] - value, value - boxes[at, 1, axis], 0.0)
            gap += away * away
        if gap < best:
            best = min(best, _square_to_triangle(px, py, pz, triangles[at]))
            if best <= near:
                break
    return best


@njit(nogil=True, cache=True, error_model="numpy")
def _from_triangle(t: Float64, triangles: Float64, boxes: Float64, far: float) -> float:
    """The square of how far a triangle is at most from others; `far` if it is no farther than that."""
    long = 0.0
    for a, b in ((0, 1), (1, 2), (2, 0)):
        side = math.sqrt((t[a, 0] - t[b, 0]) ** 2 + (t[a, 1] - t[b, 1]) ** 2 + (t[a, 2] - t[b, 2]) ** 2)
        long = max(long, side)
    parts = min(max(math.ceil(long / STEP_M), 2), MOST)
    for i in range(parts + 1):
        for j in range(parts + 1 - i):
            v, w = i / parts, j / parts
            u = 1.0 - v - w
            x = u * t[0, 0] + v * t[1, 0] + w * t[2, 0]
            y = u * t[0, 1] + v * t[1, 1] + w * t[2, 1]
            z = u * t[0, 2] + v * t[1, 2] + w * t[2, 2]
            far = max(far, _to_shell(x, y, z, triangles, boxes, far))
    return far


@njit(nogil=True, cache=True, error_model="numpy")
def _boxes(triangles: Float64) -> Float64:
    found = np.empty((len(triangles), 2, 3))
    for at in range(len(triangles)):
        for axis in range(3):
            a, b, c = triangles[at, 0, axis], triangles[at, 1, axis], triangles[at, 2, axis]
            found[at, 0, axis] = min(a, b, c)
            found[at, 1, axis] = max(a, b, c)
    return found


@njit(nogil=True, cache=True, error_model="numpy")
def deviations(first: int, last: int, side: Side, other: Side) -> Float64:
    """Metres by which each polygon of the rows from `first` up to `last` is away from the other shell.

    That is the farthest of its places; infinite where the other shell has no polygons.
    """
    rows, polygons, corners, is_ring, faces, triangles = side
    other_rows, other_polygons, other_corners, other_is_ring, other_faces, other_triangles = other
    start = rows[first]
    found = np.zeros(rows[last] - start)
    for row in range(first, last):
        begin, end = other_faces[other_rows[row]], other_faces[other_rows[row + 1]]
        others = other_triangles[begin:end]
        boxes = _boxes(others)
        for polygon in range(rows[row], rows[row + 1]):
            mine = corners[polygons[polygon] : polygons[polygon + 1]]
            best = COUNTERPART_M**2
            for candidate in range(other_rows[row], other_rows[row + 1]):
                low, high = other_polygons[candidate], other_polygons[candidate + 1]
                if high - low == len(mine) and is_ring[polygon] == other_is_ring[candidate]:
                    best = min(best, _rings_apart(mine, other_corners[low:high], is_ring[polygon], best))
            if best < COUNTERPART_M**2:
                found[polygon - start] = math.sqrt(best)
                continue
            far = 0.0
            for face in range(faces[polygon], faces[polygon + 1]):
                far = _from_triangle(triangles[face], others, boxes, far)
            found[polygon - start] = math.sqrt(far)
    return found
