"""The dome of the sky: in the right directions, and out of the way."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from layers.arrays import Float64, UInt8
from tests.viewer.blocks_in_sun import MIDDLE, quarter
from viewer.camera import Camera
from viewer.scene import Dome, Scene, SkyMark, SkyPath, SunLight
from viewer.skydome import REACH, SUN_COLOR

SIZE = (480, 320)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with quarter(tmp_path_factory.mktemp("quarter"), SIZE) as (_, made):
        yield made


def towards(azimuth_deg: float, altitude_deg: float) -> Float64:
    azimuth, altitude = np.radians((azimuth_deg, altitude_deg))
    level = np.cos(altitude)
    return np.array([np.sin(azimuth) * level, np.cos(azimuth) * level, np.sin(altitude)])


def sun(azimuth_deg: float, altitude_deg: float, convergence_deg: float = 0.0) -> SunLight:
    path = np.array([towards(90 + 6 * step, 60 * np.sin(step * np.pi / 30)) for step in range(31)])
    day = SkyPath("", path, True, (SkyMark(path[15], "12"), SkyMark(path[0], "6:12", is_horizon=True)))
    dome = Dome((SkyPath("21 June", path), day), convergence_deg)
    return SunLight(towards(azimuth_deg, altitude_deg), altitude_deg, azimuth_deg, dome=dome)


def drawn(scene: Scene, light: SunLight) -> tuple[UInt8, UInt8]:
    """The picture without the dome, and with it."""
    scene.set_sun(light)
    scene.settle()
    pictures = []
    for shows in (False, True):
        scene.shows_dome = shows
        pictures.append(scene.frame())
    return pictures[0], pictures[1]


@pytest.mark.parametrize("parallel", [False, True])
def test_the_disc_of_the_sun_is_where_the_sun_is(scene: Scene, parallel: bool) -> None:
    scene.camera = camera = Camera(MIDDLE, 150.0, 10.0, 35.0, parallel=parallel)
    _, picture = drawn(scene, sun(160.0, 50.0))
    radius = REACH * 2 * camera.half_height * camera.distance_m
    x, y, _ = camera.project((MIDDLE + radius * towards(160.0, 50.0))[None], *SIZE)[0]
    assert np.abs(picture[round(y), round(x)].astype(int) - SUN_COLOR).max() < 12


def test_north_on_the_ring_is_true_north(scene: Scene) -> None:
    """With a grid that is turned by 10°, the arrow of the ring is turned too, against the grid."""
    scene.camera = Camera(MIDDLE, 150.0, 0.0, 90.0)  # straight down, grid north is up
    without, straight = (picture.astype(int) for picture in drawn(scene, sun(180.0, 40.0)))
    _, turned = (picture.astype(int) for picture in drawn(scene, sun(180.0, 40.0, 10.0)))
    reach = 1.13 * REACH * SIZE[1]

    def ink_at(picture: np.ndarray[tuple[int, ...], np.dtype[np.int_]], azimuth_deg: float) -> float:
        x = SIZE[0] / 2 + reach * np.sin(np.radians(azimuth_deg))
        y = SIZE[1] / 2 - reach * np.cos(np.radians(azimuth_deg))
        part = np.s_[round(y) - 5 : round(y) + 6, round(x) - 5 : round(x) + 6]
        return float(np.abs(picture[part] - without[part]).mean())

    assert ink_at(straight, 0.0) > 4 > ink_at(straight, -10.0)
    assert ink_at(turned, -10.0) > 4 > ink_at(turned, 0.0)


def test_it_is_drawn_over_the_picture_and_covers_little_of_it(scene: Scene) -> None:
    scene.camera = Camera(MIDDLE, 150.0, 30.0, 30.0)
    without, picture = drawn(scene, sun(160.0, 50.0))
    changed = (without != picture).any(axis=2).mean()
    assert 0.005 < changed < 0.1
    below = drawn(scene, sun(160.0, -10.0))
    assert (np.abs(below[1].astype(int) - SUN_COLOR).max(axis=2) > 12).all()  # no disc at night


def test_paths_behind_the_eye_are_left_out(scene: Scene) -> None:
    scene.camera = Camera(MIDDLE + np.array([0, 0, 2.0]), 10.0, 0.0, -5.0, fov_deg=90.0)
    _, picture = drawn(scene, sun(20.0, 30.0))
    assert picture.shape == (SIZE[1], SIZE[0], 3)
