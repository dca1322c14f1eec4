"""The camera's mathematics against closed forms."""

from __future__ import annotations

from math import radians, sqrt, tan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.views import View
from viewer.camera import EYE_HEIGHT_M, STANDARD_VIEWS, Camera, blend, corners

W, H = 800, 600
PLACE = np.array([85_000.0, 447_000.0, 3.0])
BOX = np.array([[84_000.0, 446_000.0, -2.0], [85_500.0, 447_200.0, 90.0]])

cameras = st.builds(
    lambda azimuth, altitude, distance, parallel: Camera(
        PLACE, distance, azimuth, altitude, parallel=parallel
    ),
    st.floats(0, 359),
    st.floats(5, 90),
    st.floats(20, 5_000),
    st.booleans(),
)
pixels = st.tuples(st.floats(10, W - 10), st.floats(10, H - 10))


def test_azimuth_is_clockwise_from_north_and_altitude_above_the_horizon() -> None:
    camera = Camera(PLACE, 100.0, azimuth_deg=90.0, altitude_deg=30.0)
    east, up = 100 * sqrt(3) / 2, 50.0
    assert camera.eye - PLACE == pytest.approx([-east, 0.0, up])
    right, above, forward = camera.basis
    assert right == pytest.approx([0.0, -1.0, 0.0], abs=1e-12)  # looking east, south is to the right
    assert np.cross(right, forward) == pytest.approx(above)


def test_the_top_view_has_north_up_and_the_right_scale() -> None:
    camera = Camera(PLACE, 500.0).viewed("top")
    size = camera.metres_per_pixel(H)
    assert size == pytest.approx(2 * 500 * tan(radians(camera.fov_deg / 2)) / H)
    x, y, depth = camera.project((PLACE + np.array([10.0, 20.0, 0.0]))[None], W, H)[0]
    assert (x, y, depth) == pytest.approx((W / 2 + 10 / size, H / 2 - 20 / size, 500.0))


@pytest.mark.parametrize("name", STANDARD_VIEWS)
def test_the_camera_stands_where_the_view_says(name: str) -> None:
    away = Camera(PLACE, 100.0).viewed(name).eye - PLACE
    signs = {"north": (0, 1), "south": (0, -1), "east": (1, 0), "west": (-1, 0)}
    if name in signs:
        assert np.sign(np.round(away[:2], 6)).tolist() == list(signs[name])
    if name == "isometric-northeast":
        assert away == pytest.approx(np.full(3, 100 / sqrt(3)))


@settings(max_examples=60, deadline=None)
@given(cameras, pixels)
def test_a_ray_through_a_pixel_is_drawn_on_that_pixel(camera: Camera, pixel: tuple[float, float]) -> None:
    ray = camera.ray(*pixel, W, H)
    point = ray.at(float((PLACE - ray.origin) @ ray.direction))
    assert np.linalg.norm(ray.direction) == pytest.approx(1.0)
    assert camera.project(point[None], W, H)[0, :2] == pytest.approx(pixel, abs=1e-5)


@settings(max_examples=60, deadline=None)
@given(cameras, pixels, st.floats(-40, 40), st.floats(-20, 20), st.floats(0.2, 3))
def test_orbit_and_zoom_keep_the_point_under_the_cursor(
    camera: Camera, pixel: tuple[float, float], turn: float, rise: float, factor: float
) -> None:
    point = _on_ground(camera, pixel)
    for moved in (camera.orbited(point, turn, rise), camera.zoomed(point, factor)):
        assert moved.project(point[None], W, H)[0, :2] == pytest.approx(pixel, abs=1e-3)
    apart = np.linalg.norm(camera.eye - point)
    assert np.linalg.norm(camera.orbited(point, turn, rise).eye - point) == pytest.approx(apart)


@settings(max_examples=60, deadline=None)
@given(cameras, pixels, pixels)
def test_panning_brings_the_grabbed_point_under_the_cursor(
    camera: Camera, here: tuple[float, float], there: tuple[float, float]
) -> None:
    point = _on_ground(camera, here)
    moved = camera.panned(point, *there, W, H)
    assert moved.project(point[None], W, H)[0, :2] == pytest.approx(there, abs=1e-2)
    if camera.altitude_deg > 45:
        assert moved.target[2] == pytest.approx(camera.target[2])


@settings(max_examples=60, deadline=None)
@given(cameras, st.floats(0.3, 3))
def test_fitting_shows_every_corner_and_wastes_little(camera: Camera, aspect: float) -> None:
    width = round(H * aspect)
    seen = camera.fitted(BOX, width / H).project(corners(BOX), width, H)
    low, high = seen[:, :2].min(axis=0), seen[:, :2].max(axis=0)
    assert (low >= 0).all() and (high <= (width, H)).all()
    assert max((high - low) / (width, H)) > 0.6
    assert camera.parallel or (seen[:, 2] > 0).all()
    assert low + high == pytest.approx((width, H), rel=0.02)


def test_near_and_far_hold_the_city_and_keep_depth_apart() -> None:
    camera = Camera(PLACE).fitted(BOX, W / H)
    near, far = camera.depth_range(BOX)
    depth = camera.project(corners(BOX), W, H)[:, 2]
    assert 0 < near < depth.min() and depth.max() < far < near * 20_001
    inside = camera.standing(PLACE)
    assert 0 < inside.depth_range(BOX)[0] < 0.2


def test_a_walker_stands_on_the_ground_and_turns_on_the_spot() -> None:
    walker = Camera(PLACE, 300.0, azimuth_deg=0.0).standing(PLACE)
    assert walker.eye == pytest.approx(PLACE + np.array([0, 0, EYE_HEIGHT_M]))
    ahead = walker.walked(10.0, 2.0, PLACE[2] + 4.0)
    assert ahead.eye == pytest.approx(PLACE + np.array([2.0, 10.0, 4.0 + EYE_HEIGHT_M]))
    turned = ahead.looked(90.0, 10.0)
    assert turned.eye == pytest.approx(ahead.eye)
    assert turned.basis[2] == pytest.approx([0.984808, 0.0, 0.173648], abs=1e-6)


def test_blending_goes_the_short_way_round() -> None:
    a, b = Camera(PLACE, 100.0, azimuth_deg=350.0), Camera(PLACE + 50.0, 400.0, azimuth_deg=20.0)
    half = blend(a, b, 0.5)
    assert half.azimuth_deg == pytest.approx(5.0)
    assert half.distance_m == pytest.approx(200.0)
    assert half.target == pytest.approx(PLACE + 25.0)
    for end, t in ((a, 0.0), (b, 1.0)):
        assert blend(a, b, t).eye == pytest.approx(end.eye)


def _on_ground(camera: Camera, pixel: tuple[float, float]) -> np.ndarray:
    """The point at the target's height under a pixel, or at the target's depth where there is none."""
    ray = camera.ray(*pixel, W, H)
    forward = camera.basis[2]
    return ray.at(float((PLACE - ray.origin) @ forward / (ray.direction @ forward)))


def test_a_view_has_its_true_field_of_view() -> None:
    eye = PLACE + np.array([0.0, 0.0, 1.6])
    to = eye + np.array([300.0, 400.0, 50.0])
    camera = Camera.looking(eye, to, 60.0, W / H)
    assert camera.eye == pytest.approx(eye, abs=1e-8)
    assert camera.project(to[None], W, H)[0] == pytest.approx((W / 2, H / 2, np.linalg.norm(to - eye)))
    assert camera.horizontal_fov_deg(W / H) == pytest.approx(60.0)
    sides = [camera.ray(x, H / 2, W, H).direction for x in (0, W)]
    assert np.degrees(np.arccos(sides[0] @ sides[1])) == pytest.approx(60.0)
    near, _ = camera.depth_range(BOX)
    assert near <= 0.2  # a window's own reveal is not cut away


@pytest.mark.parametrize("aspect", [0.7, 1.5, 2.4])
def test_a_picture_of_another_shape_holds_all_of_a_view(aspect: float) -> None:
    view = View("place", (0.0, 0.0, 2.0), (0.0, 80.0, 12.0), 50.0, 1.5)
    own, other = Camera.of_view(view), Camera.of_view(view, aspect)
    assert other.horizontal_fov_deg(aspect) >= 50.0 - 1e-9
    assert other.fov_deg >= own.fov_deg - 1e-9
    fits = min(other.horizontal_fov_deg(aspect) - 50.0, other.fov_deg - own.fov_deg)
    assert fits == pytest.approx(0.0, abs=1e-9)
