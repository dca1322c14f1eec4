"""Picks in a city of thousands of buildings: the same as trying every triangle, in float64."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from layers.arrays import Float64
from layers.project import Project
from tests.boxes import SIDES, some_boxes, write_boxes
from tests.cities import import_here
from viewer.camera import Camera
from viewer.scene import Scene, prepare

BUILDINGS = 5000
CAMERAS = 20
PICKS = 50  # with each camera
SIZE = (1600, 1000)
CORNER = (85_000.0, 447_000.0, 0.0)
SAME_M = 1e-6


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Scene, int, Float64]]:
    """The city in a scene, the fid of its first building, and its triangles as they were written."""
    folder = tmp_path_factory.mktemp("picks")
    boxes = some_boxes(BUILDINGS)
    with Project.create(folder / "city.city.gpkg") as project:
        layer = import_here(project, write_boxes(folder / "city.city.jsonl", boxes))
        scene = Scene(project, SIZE)
        scene.add(prepare(layer, project.drawable(layer), project.place, project))
        corners = np.stack([box.corners.round(3) for box in boxes]) + CORNER
        halves = np.array([half for a, b, c, d in SIDES for half in ((a, b, c), (a, c, d))])
        yield scene, layer.first_fid, corners[:, halves].reshape(-1, 3, 3)
        scene.close()


def some_cameras(triangles: Float64, seed: int) -> Iterator[tuple[Camera, Float64]]:
    """Cameras all over the city, near and far, steep and flat, and places in their pictures."""
    random = np.random.default_rng(seed)
    middles = triangles.mean(axis=1)
    for target in random.choice(middles, CAMERAS):
        distance_m = float(np.exp(random.uniform(np.log(60), np.log(4000))))
        camera = Camera(target, distance_m, random.uniform(0, 360), random.uniform(8, 90))
        yield camera, random.uniform(0, SIZE, (PICKS, 2))


def sight_lines(camera: Camera, places: Float64) -> Float64:
    """Directions from the eye through places in the picture; not of unit length."""
    right, up, forward = camera.basis
    aside = (places - (SIZE[0] / 2, SIZE[1] / 2)) / (SIZE[1] / 2) * camera.half_height
    directions: Float64 = forward + aside[:, :1] * right - aside[:, 1:] * up
    return directions / np.linalg.norm(directions, axis=1, keepdims=True)


def distances(triangles: Float64, eye: Float64, directions: Float64) -> Float64:
    """How far each line from the eye goes until it meets each triangle; inf where it does not.

    A line passes through a triangle when it passes all its edges on the same side.
    """
    a, b, c = (triangles[:, i] - eye for i in range(3))
    sides = np.stack([directions @ np.cross(p, q).T for p, q in ((a, b), (b, c), (c, a))])
    meets = (sides >= 0).all(axis=0) | (sides <= 0).all(axis=0)
    normal = np.cross(b - a, c - a)
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = (a * normal).sum(axis=1) / (directions @ normal.T)
    return np.where(meets & (reach > 0), reach, np.inf)


def check(scene: Scene, first_fid: int, triangles: Float64, kept: NDArray[np.bool_], seed: int) -> int:
    """Compare picks with trying all triangles of the buildings that are kept; gives how many met one."""
    owner = np.repeat(np.arange(BUILDINGS), 12)[kept]
    met = 0
    for camera, places in some_cameras(triangles, seed):
        scene.camera = camera
        found = distances(triangles[kept], camera.eye, sight_lines(camera, places))
        for (x, y), reach in zip(places, found, strict=True):
            hit = scene.pick(x, y)
            nearest = float(reach.min())
            if np.isinf(nearest):
                assert hit is None
                continue
            assert hit is not None and hit.fid is not None
            met += 1
            assert hit.fid - first_fid in owner[reach <= nearest + SAME_M]
            assert np.linalg.norm(hit.point_in_world - camera.eye) == pytest.approx(nearest, abs=SAME_M)
            assert camera.project(hit.point_in_world[None], *SIZE)[0, :2] == pytest.approx((x, y), abs=1e-3)
    return met


def test_a_thousand_picks_agree_with_trying_every_triangle(city: tuple[Scene, int, Float64]) -> None:
    scene, first_fid, triangles = city
    met = check(scene, first_fid, triangles, np.ones(len(triangles), bool), seed=1)
    assert met > CAMERAS * PICKS / 4


def test_what_is_hidden_is_not_in_the_way(city: tuple[Scene, int, Float64]) -> None:
    scene, first_fid, triangles = city
    hidden = np.random.default_rng(5).choice(BUILDINGS, BUILDINGS // 2, replace=False)
    scene.hide(first_fid + hidden)
    kept = np.repeat(~np.isin(np.arange(BUILDINGS), hidden), 12)
    met = check(scene, first_fid, triangles, kept, seed=2)
    scene.show_all()
    assert met > CAMERAS * PICKS / 8
