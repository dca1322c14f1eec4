"""What pixels show and what lies in the way of rays, by double precision that knows nothing of the viewer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64
from tests.viewer.blocks_in_sun import MIDDLE, triangles
from viewer.camera import Camera

Mask = NDArray[np.bool_]


def first_hit(origin: Float64, ways: Float64, corners: Float64) -> tuple[Float64, NDArray[np.int64]]:
    """Distance and number of the first triangle on rays (n, 3), by Möller and Trumbore in float64."""
    best, which = np.full(len(ways), np.inf), np.full(len(ways), -1)
    for number, (a, b, c) in enumerate(corners):
        ab, ac = b - a, c - a
        p = np.cross(ways, ac)
        with np.errstate(divide="ignore", invalid="ignore"):
            over = 1.0 / (p @ ab)
            away = origin - a
            u = (away * p).sum(axis=-1) * over
            q = np.cross(np.broadcast_to(away, ways.shape), ab)
            v, t = (ways * q).sum(axis=-1) * over, (q @ ac) * over
        met = (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 1e-9) & (t < best)
        best[met], which[met] = t[met], number
    return best, which


def sight_lines(camera: Camera, size: tuple[int, int]) -> tuple[Float64, Float64]:
    """Origins, from the middle of the quarter, and directions through the middles of pixels, (n, 3)."""
    width, height = size
    x, y = np.meshgrid(np.arange(width) + 0.5 - width / 2, height / 2 - np.arange(height) - 0.5)
    right, up, forward = camera.basis
    aside = (x.reshape(-1, 1) * right + y.reshape(-1, 1) * up) * 2 * camera.half_height / height
    eye = camera.eye - MIDDLE
    if camera.parallel:
        return eye + aside * camera.distance_m - 1000 * forward, np.broadcast_to(forward, aside.shape)
    return np.broadcast_to(eye, aside.shape), forward + aside


def shown(camera: Camera, size: tuple[int, int]) -> tuple[Mask, Float64, Float64]:
    """Which pixels (n,) show something, where (n, 3, from the middle), and the unit normals there."""
    vertices, cells = triangles()
    corners = vertices[cells] - MIDDLE
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    origins, ways = sight_lines(camera, size)
    distance, which = first_hit(origins, ways, corners)
    seen = which >= 0
    return seen, origins + np.where(seen, distance, 0.0)[:, None] * ways, normals[which]


def blocked(points: Float64, normals: Float64, ways: Float64) -> Float64:
    """How far along their ways from points (n, 3) with normals something is met, infinite for nothing."""
    vertices, cells = triangles()
    found, _ = first_hit(points + 1e-7 * normals, ways, vertices[cells] - MIDDLE)
    return found


def away_from_edges(*masks: Mask) -> Mask:
    """Pixels whose neighbours are all alike."""
    inner = np.ones(masks[0].shape, bool)
    for mask in masks:
        for axis in (0, 1):
            differs = np.diff(mask, axis=axis)
            for part in (slice(1, None), slice(-1)):
                inner[(part, slice(None)) if axis == 0 else (slice(None), part)] &= ~differs
    inner[[0, -1]] = inner[:, [0, -1]] = False
    return inner
