"""Picking against a plain search through all triangles, and what must not be picked."""

from __future__ import annotations

import numpy as np
import pytest

from layers.arrays import Float64
from viewer.camera import Camera, Ray
from viewer.faces import Faces, grouped, smooth, welded
from viewer.picking import View2D, first_triangle, objects_in_rectangle, ray_meets_boxes, ray_meets_triangles

ORIGIN = np.array([500_000.0, 5_400_000.0, 40.0])


def boxes(count: int, seed: int = 1) -> Faces:
    """Little houses without floors, five quads each, one group per house."""
    rng = np.random.default_rng(seed)
    quads = np.array(
        [
            [[0, 0, 0], [1, 0, 0], [1, 0, 1], [0, 0, 1]],
            [[1, 0, 0], [1, 1, 0], [1, 1, 1], [1, 0, 1]],
            [[1, 1, 0], [0, 1, 0], [0, 1, 1], [1, 1, 1]],
            [[0, 1, 0], [0, 0, 0], [0, 0, 1], [0, 1, 1]],
            [[0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]],
        ],
        float,
    )
    size = rng.uniform((6, 6, 4), (14, 14, 30), (count, 3))
    place = np.column_stack((rng.uniform(0, 1_000, (count, 2)), np.zeros(count))) + ORIGIN
    vertices = (quads[None] * size[:, None, None] + place[:, None, None]).reshape(-1, 3)
    first = np.arange(0, len(vertices), 4)
    triangles = np.stack((first, first + 1, first + 2, first, first + 2, first + 3), axis=1).reshape(-1, 3)
    parts = np.arange(5 * count, dtype=np.int32)
    return grouped(
        vertices,
        triangles.astype(np.int32),
        np.repeat(parts, 2),
        np.append(first, len(vertices)),
        parts // 5,
        parts // 5,
        16,
    )


@pytest.fixture(scope="module")
def town() -> Faces:
    return boxes(400)


def views() -> list[View2D]:
    middle = ORIGIN + np.array([500.0, 500.0, 5.0])
    overview = Camera(middle, 1_200.0, 30.0, 35.0)
    return [
        View2D(camera, 800, 600)
        for camera in (
            overview,
            Camera(middle, 900.0, 200.0, 90.0),
            Camera(middle, 700.0, 120.0, 20.0, parallel=True),
            overview.standing(middle - np.array([0.0, 0.0, 5.0])),
        )
    ]


@pytest.mark.parametrize("number", range(4))
def test_the_nearest_triangle_is_found(town: Faces, number: int) -> None:
    view, rng = views()[number], np.random.default_rng(number)
    visible = rng.random(len(town.part_object)) > 0.3
    every = np.flatnonzero(visible[town.triangle_part])
    hits = 0
    for x, y in rng.uniform((0, 0), (800, 600), (120, 2)):
        ray = view.ray(x, y)
        distance = ray_meets_triangles(ray, town.vertices[town.triangles[every]])
        found = first_triangle(town, ray, visible)
        if not np.isfinite(distance).any():
            assert found is None
            continue
        hits += 1
        assert found is not None and found[0] == pytest.approx(distance.min(), abs=1e-9)
        assert visible[town.triangle_part[found[1]]]
    assert hits > 3


def test_a_corner_is_met_to_a_fraction_of_a_millimetre(town: Faces) -> None:
    """At five million metres from zero, where single precision has steps of half a metre."""
    camera = Camera(ORIGIN + np.array([500.0, 500.0, 0.0]), 900.0, 30.0, 50.0)
    visible = np.ones(len(town.part_object), bool)
    roofs = town.vertices.reshape(-1, 4, 3)[4::5]
    for corner in roofs[:40]:
        inside = corner[0] + 1e-4 * (corner[2] - corner[0])
        away = inside - camera.eye
        found = first_triangle(town, Ray(camera.eye, away / np.linalg.norm(away)), visible)
        assert found is not None
        met = camera.eye + away / np.linalg.norm(away) * found[0]
        if found[0] > np.linalg.norm(away) - 0.01:  # nothing stands before it
            assert met == pytest.approx(inside, abs=1e-6)


def test_a_ray_along_a_wall_of_a_box_is_not_lost() -> None:
    box = np.array([[[0.0, 0, 0], [1, 1, 1]]])
    for start, way in (((-1, 0, 0), (1, 0, 0)), ((0.5, -1, 1), (0, 1, 0)), ((0.5, 0.5, 9), (0, 0, -1))):
        assert ray_meets_boxes(Ray(np.array(start, float), np.array(way, float)), box).all()
    assert not ray_meets_boxes(Ray(np.array([-1.0, 2, 0]), np.array([1.0, 0, 0])), box).any()


@pytest.mark.parametrize("number", range(4))
def test_a_rectangle_holds_what_is_drawn_in_it(town: Faces, number: int) -> None:
    view = views()[number]
    visible = np.random.default_rng(number).random(len(town.part_object)) > 0.5
    rectangle = (250.0, 200.0, 520.0, 430.0)
    seen = view.project(town.vertices)
    inside = (seen[:, 0] > 250) & (seen[:, 0] < 520) & (seen[:, 1] > 200) & (seen[:, 1] < 430)
    inside &= (seen[:, 2] > 0) | view.camera.parallel
    part = inside.reshape(-1, 4).any(axis=1) & visible
    expected = set(np.unique(town.part_object[part]).tolist())
    found = set(objects_in_rectangle(town, view, rectangle, visible).tolist())
    assert expected <= found
    assert len(found - expected) <= 0.1 * len(expected) + 3  # a side may cross the border


def test_stretched_heights_are_picked_where_they_are_drawn(town: Faces) -> None:
    camera = Camera(ORIGIN + np.array([500.0, 500.0, 30.0]), 900.0, 30.0, 40.0)
    view = View2D(camera, 800, 600, ORIGIN, 3.0)
    roof = town.vertices.reshape(-1, 4, 3)[4::5][:, [0, 2]].mean(axis=1)
    x, y, depth = view.project(roof).T
    drawn = roof * (1, 1, 3) - ORIGIN * (0, 0, 2)
    assert camera.project(drawn, 800, 600) == pytest.approx(np.column_stack((x, y, depth)))
    for number in np.flatnonzero((x > 0) & (x < 800) & (y > 0) & (y < 600))[:30]:
        ray = view.ray(x[number], y[number])
        aside = np.cross(roof[number] - ray.origin, ray.direction)
        assert np.linalg.norm(aside) < 1e-6


def test_a_welded_surface_is_the_same_surface() -> None:
    rng = np.random.default_rng(2)
    x, y = np.meshgrid(np.arange(12.0), np.arange(9.0))
    grid = np.stack((x, y, rng.uniform(0, 3, x.shape)), axis=-1) + ORIGIN
    a, b, c, d = grid[:-1, :-1], grid[:-1, 1:], grid[1:, :-1], grid[1:, 1:]
    corners = np.concatenate([np.stack(t, axis=2).reshape(-1, 3, 3) for t in ((a, b, d), (a, d, c))])
    loose = np.arange(len(corners) * 3, dtype=np.int32).reshape(-1, 3)
    vertices, triangles, _ = welded(corners.reshape(-1, 3), loose)
    assert len(vertices) == 12 * 9
    assert vertices[triangles] == pytest.approx(corners)
    faces, source = smooth(vertices, triangles, np.zeros(len(triangles), np.int32), 9)
    assert np.array_equal(faces.vertices, vertices[source])
    assert _sorted(faces.vertices[faces.triangles]) == pytest.approx(_sorted(corners))
    held = np.concatenate([np.arange(*run) for run in faces.group_triangle])
    assert held.tolist() == list(range(len(triangles)))


def test_a_surface_without_triangles_is_no_trouble() -> None:
    vertices, triangles, _ = welded(np.empty((0, 3)), np.empty((0, 3), np.int32))
    faces, _ = smooth(vertices, triangles, np.empty(0, np.int32), 9)
    assert first_triangle(faces, Ray(ORIGIN, np.array([0.0, 0, -1])), np.ones(0, bool)) is None
    town = boxes(0)
    assert objects_in_rectangle(town, views()[0], (0, 0, 9, 9), np.ones(0, bool)).tolist() == []


def _sorted(triangles: Float64) -> Float64:
    rows = triangles.reshape(len(triangles), -1)
    return rows[np.lexsort(rows.T[::-1])]
