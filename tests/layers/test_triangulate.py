"""Polygons to triangles: nothing lost, nothing added, all facing the polygon's way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from layers.triangulate import triangulate

Points = NDArray[np.float64]


def star(corners: int, seed: int, radius: float = 10.0) -> Points:
    """A polygon that its middle sees whole, with dents."""
    random = np.random.default_rng(seed)
    angle = 2 * np.pi * (np.arange(corners) + random.uniform(0, 0.8, corners)) / corners
    distance = random.uniform(0.3, 1, corners) * radius
    return np.stack((distance * np.cos(angle), distance * np.sin(angle), np.zeros(corners)), axis=-1)


def turned(points: Points, seed: int) -> Points:
    """The points in some plane, far from the origin as projected coordinates are."""
    basis = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[0]
    if np.linalg.det(basis) < 0:
        basis[:, 2] *= -1
    moved: Points = points @ basis.T + (84_000.0, 446_000.0, 12.0)
    return moved


def area_vector(ring: Points) -> Points:
    """Newell's normal, twice the area long."""
    local = ring - ring[0]
    found: Points = np.cross(local, np.roll(local, -1, axis=0)).sum(axis=0)
    return found


def triangle_vectors(corners: Points, triangles: NDArray[np.int32]) -> Points:
    """The normal of each triangle, twice its area long."""
    a, b, c = (corners[triangles[:, i]] for i in range(3))
    return np.cross(b - a, c - a)


@settings(deadline=None)
@given(st.lists(st.integers(3, 20), min_size=1, max_size=12), st.integers(0, 2**31), st.booleans())
def test_triangles_cover_each_polygon_and_face_its_way(sizes: list[int], seed: int, flip: bool) -> None:
    rings = [turned(star(size, seed + i), seed + 7 * i) for i, size in enumerate(sizes)]
    rings = [ring[::-1] if flip else ring for ring in rings]
    corners, lengths = np.concatenate(rings), np.array(sizes, np.int32)
    found = triangulate(corners, lengths, np.ones(len(rings), np.int32))
    vectors = triangle_vectors(corners, found.triangles)
    for polygon, ring in enumerate(rings):
        mine = vectors[found.polygon == polygon]
        whole = area_vector(ring)
        assert np.allclose(mine.sum(axis=0), whole, rtol=1e-6, atol=1e-6)
        assert np.linalg.norm(mine, axis=1).sum() == pytest.approx(np.linalg.norm(whole), rel=1e-6)
        assert np.allclose(found.normals[polygon], whole / np.linalg.norm(whole), atol=1e-6)


def test_holes_are_left_out() -> None:
    outer = np.array([[0, 0, 5], [10, 0, 5], [10, 10, 5], [0, 10, 5]], np.float64)
    holes = [outer * (0.2, 0.2, 1) + (1, 1, 0), outer * (0.1, 0.3, 1) + (5, 5, 0)]
    corners = np.concatenate([outer, *(hole[::-1] for hole in holes), outer + np.array((50, 0, 0))])
    found = triangulate(corners, np.array([4, 4, 4, 4], np.int32), np.array([3, 1], np.int32))
    areas = np.bincount(found.polygon, triangle_vectors(corners, found.triangles)[:, 2] / 2)
    assert areas.tolist() == pytest.approx([100 - 4 - 3, 100])


def test_polygons_without_area_have_no_triangles_and_no_normal() -> None:
    line = np.array([[0, 0, 0], [1, 1, 1], [2, 2, 2], [3, 3, 3]], np.float64)
    square = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float64)
    corners = np.concatenate([line[:2], line[:0], line[[1, 1, 1]], square])
    found = triangulate(corners, np.array([2, 0, 3, 4], np.int32), np.ones(4, np.int32))
    assert found.polygon[-2:].tolist() == [3, 3] and not np.isin(found.polygon, [0, 1]).any()
    assert found.normals.tolist() == [[0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 1]]
