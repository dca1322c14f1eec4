"""A camera that sees everything leaves the corner of the legend free, where it can without going far."""

from __future__ import annotations

import numpy as np
import pytest

from layers.arrays import Float64
from viewer.camera import Camera, corners
from viewer.framing import framed

FLAT = np.array([[[0.0, 0.0, 0.0], [400.0, 300.0, 20.0]]])
HIGH, ASPECT = 600, 4 / 3


def pixels(camera: Camera, boxes: Float64) -> Float64:
    """Where the corners of boxes are in a picture of 800 by 600."""
    return camera.project(np.concatenate([corners(box) for box in boxes]), round(HIGH * ASPECT), HIGH)[:, :2]


def under(camera: Camera, boxes: Float64, legend: tuple[float, float]) -> int:
    x, y = pixels(camera, boxes).T
    return int(((x > HIGH * ASPECT * (1 - legend[0])) & (y > HIGH * (1 - legend[1]))).sum())


@pytest.mark.parametrize("azimuth", [0.0, 20.0, 45.0, 200.0])
@pytest.mark.parametrize("altitude", [35.0, 90.0])
def test_the_legend_lies_beside_the_city(azimuth: float, altitude: float) -> None:
    camera, legend = Camera(np.zeros(3), 1.0, azimuth, altitude), (0.3, 0.25)
    found = framed(camera, FLAT, ASPECT, legend)
    seen = pixels(found, FLAT)
    assert (seen >= -1).all() and (seen <= [HIGH * ASPECT + 1, HIGH + 1]).all(), "all is in the picture"
    assert (found.azimuth_deg, found.altitude_deg) == (azimuth, altitude)
    assert found.distance_m <= 1.25 * camera.fitted(FLAT, ASPECT).distance_m
    assert under(found, FLAT, legend) <= under(camera.fitted(FLAT, ASPECT), FLAT, legend)
    if altitude < 90:
        assert under(found, FLAT, legend) == 0


def test_what_is_free_anyway_is_looked_at_as_ever() -> None:
    camera = Camera(np.zeros(3), 1.0, 20.0, 35.0)
    fitted = camera.fitted(FLAT, ASPECT)
    for legend in ((0.0, 0.0), (0.05, 0.05)):
        found = framed(camera, FLAT, ASPECT, legend)
        assert found.distance_m == fitted.distance_m and (found.target == fitted.target).all()


def test_many_boxes_are_looked_at_in_a_sample() -> None:
    places = np.random.default_rng(7).uniform(0, 1000, (5000, 3)) * [1, 1, 0.01]
    boxes = np.stack((places, places + 5), axis=1)
    found = framed(Camera(np.zeros(3), 1.0, 30.0, 40.0), boxes, ASPECT, (0.3, 0.3))
    seen = pixels(found, boxes)
    assert (seen >= -8).all() and (seen <= [HIGH * ASPECT + 8, HIGH + 8]).all()
