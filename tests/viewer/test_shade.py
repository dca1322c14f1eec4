"""The sun in the picture, pixel by pixel, against rays of double precision that know nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from analysis.rays import Rays
from layers.arrays import Float64, UInt8
from tests.viewer.blocks_in_sun import MIDDLE, quarter, triangles
from tests.viewer.exactly import Mask, away_from_edges, blocked, shown
from viewer.camera import Camera
from viewer.depths import Depths
from viewer.picking import View2D
from viewer.picture import Float32, Picture
from viewer.scene import Scene, SunLight
from viewer.shade import Pace, Shade

SIZE = (240, 150)


class Cast:
    """Shadows of the boxes by the ray engine; or everything lit, or nothing."""

    def __init__(self, share: float | None = None) -> None:
        self._rays, self._share = Rays(*triangles()), share
        self.asked = 0

    def lit(self, points: Float64, direction: Float64) -> Float32:
        self.asked += len(points)
        if self._share is not None:
            return np.full(len(points), self._share, np.float32)
        return (~self._rays.blocked(points, direction)).astype(np.float32)


def towards(azimuth_deg: float, altitude_deg: float) -> Float64:
    azimuth, altitude = np.radians((azimuth_deg, altitude_deg))
    level = np.cos(altitude)
    return np.array([np.sin(azimuth) * level, np.cos(azimuth) * level, np.sin(altitude)])


def sun(azimuth_deg: float, altitude_deg: float, shadows: Cast | None = None) -> SunLight:
    return SunLight(towards(azimuth_deg, altitude_deg), altitude_deg, azimuth_deg, shadows=shadows)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with quarter(tmp_path_factory.mktemp("quarter"), SIZE) as (_, made):
        yield made


def picture(scene: Scene, light: SunLight | None, fine: bool = False) -> UInt8:
    scene.set_sun(light)
    scene.settle()
    return scene.frame(fine)


def expected(camera: Camera, to_sun: Float64) -> tuple[Mask, Mask]:
    """Which pixels (h, w), top row first, show a surface that faces the sun, and which of them are lit."""
    width, height = SIZE
    seen, points, normals = shown(camera, SIZE)
    facing = seen & (normals @ to_sun > 1e-6)
    lit = np.zeros(len(seen), bool)
    start = points[facing]
    lit[facing] = ~np.isfinite(blocked(start, normals[facing], np.broadcast_to(to_sun, start.shape)))
    return facing.reshape(height, width), lit.reshape(height, width)


def above(east_m: float, north_m: float, up_m: float) -> Float64:
    found: Float64 = MIDDLE + np.array([east_m, north_m, up_m])
    return found


CAMERAS = {
    "from above": Camera(MIDDLE, 160.0, 25.0, 40.0),
    "in the street": Camera(above(0, 0, 1.7), 10.0, 200.0, 2.0, fov_deg=60.0),
    "near": Camera(above(12, 0, 8), 30.0, 330.0, 15.0),
    "from afar": Camera(MIDDLE, 2500.0, 100.0, 30.0, fov_deg=5.0),
    "parallel": Camera(MIDDLE, 200.0, 300.0, 50.0, parallel=True),
}


@pytest.mark.parametrize(
    ("name", "place"),
    [
        *((name, (135.0, 25.0)) for name in CAMERAS),
        ("from above", (250.0, 8.0)),
        ("from afar", (180.0, 62.0)),
    ],
)
def test_light_and_shadow_are_those_of_exact_rays(
    scene: Scene, name: str, place: tuple[float, float]
) -> None:
    scene.camera = CAMERAS[name]
    facing, lit = expected(scene.camera, towards(*place))
    bright, dark, found = (
        picture(scene, sun(*place, cast)).astype(int).sum(axis=2) for cast in (Cast(1.0), Cast(0.0), Cast())
    )
    judged = away_from_edges(facing, lit) & (np.abs(bright - dark) > 24)
    assert judged.sum() > 0.2 * judged.size or name == "from afar"
    is_lit = np.abs(found - bright) < np.abs(found - dark)
    wrong = judged & (is_lit != lit)
    assert wrong.sum() <= 1e-3 * judged.sum(), f"{wrong.sum()} of {judged.sum()}"


def test_a_box_shades_neither_itself_nor_lets_light_through_at_its_foot(scene: Scene) -> None:
    """Nearest to the foot of a wall the ground is dark behind it and the wall itself is lit before it."""
    scene.camera = CAMERAS["near"]
    facing, lit = expected(scene.camera, towards(135.0, 25.0))
    found, bright = (picture(scene, sun(135.0, 25.0, cast)).astype(int) for cast in (Cast(), Cast(1.0)))
    lit_here = np.abs(found - bright).sum(axis=2) == 0
    edge = ~away_from_edges(facing, lit)
    assert ((lit_here != lit) & facing & ~edge).sum() == 0


def test_the_light_of_motion_is_nearly_that_of_rest_with_far_fewer_rays(scene: Scene) -> None:
    scene.camera = CAMERAS["from above"]
    all_rays, few_rays = Cast(), Cast()
    rest = picture(scene, sun(135.0, 25.0, all_rays)).astype(int)
    scene.moving = True
    scene._finish._pace.step = 3
    moving = picture(scene, sun(135.0, 25.0, few_rays)).astype(int)
    scene.moving = False
    assert few_rays.asked < all_rays.asked / 6
    assert (np.abs(rest - moving).max(axis=2) < 24).mean() > 0.95


def test_the_same_view_gives_the_same_picture(scene: Scene) -> None:
    scene.camera = CAMERAS["from above"]
    light = sun(135.0, 25.0, Cast())
    first = picture(scene, light)
    scene.camera = CAMERAS["near"]
    picture(scene, light)
    scene.camera = CAMERAS["from above"]
    assert np.array_equal(picture(scene, light), first)


def test_without_shadows_surfaces_that_face_the_sun_are_brighter(scene: Scene) -> None:
    scene.camera = Camera(above(12, 6, 20), 60.0, 0.0, 10.0)  # from the south
    south = picture(scene, sun(180.0, 30.0))[75, 120].astype(int).sum()
    north = picture(scene, sun(0.0, 30.0))[75, 120].astype(int).sum()
    assert south > 1.3 * north


def test_a_sun_below_the_horizon_is_told_and_asks_for_no_rays(scene: Scene) -> None:
    scene.camera = CAMERAS["from above"]
    cast = Cast()
    noon = picture(scene, sun(180.0, 40.0, cast))
    asked = cast.asked
    dusk = sun(280.0, -4.2, cast)
    assert picture(scene, dusk).mean() < 0.85 * noon.mean()
    assert cast.asked == asked
    assert dusk.note == "The sun is 4.2° below the horizon: twilight"
    assert replace(dusk, altitude_deg=4.0).note == ""


def test_a_fine_picture_has_the_same_shadows_with_smooth_edges(scene: Scene) -> None:
    scene.camera = CAMERAS["from above"]
    light = sun(135.0, 25.0, Cast())
    rough, fine = (picture(scene, light, fine).astype(int) for fine in (False, True))
    assert (np.abs(rough - fine).max(axis=2) < 24).mean() > 0.9
    assert len(np.unique(fine.reshape(-1, 3), axis=0)) > len(np.unique(rough.reshape(-1, 3), axis=0))


def test_taking_the_sun_away_brings_the_even_light_back(scene: Scene) -> None:
    scene.camera = CAMERAS["from above"]
    even = picture(scene, None)
    assert not np.array_equal(picture(scene, sun(135.0, 25.0)), even)
    assert np.array_equal(picture(scene, None), even)


def test_when_only_the_sun_moves_nothing_is_drawn_anew_but_its_light(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.camera = CAMERAS["from above"]
    cast = Cast()
    later = picture(scene, sun(200.0, 40.0, cast))
    picture(scene, sun(135.0, 25.0, cast))
    with monkeypatch.context() as patched:
        patched.setattr(scene._window, "draw", None)  # to draw would fail
        scene.set_sun(sun(200.0, 40.0, cast))
        assert np.array_equal(scene.frame(), later)
    scene.camera = CAMERAS["near"]
    scene.set_sun(sun(135.0, 25.0, cast))
    assert not np.array_equal(scene.frame(), later)


@pytest.mark.parametrize("moving", [False, True])
def test_points_that_the_processor_draws_lie_in_the_same_shadow(moving: bool) -> None:
    """A carpet of points seen from above, the east half of which is in shadow; some stand before it."""

    class EastIsDark:
        def lit(self, points: Float64, direction: Float64) -> Float32:
            return np.asarray(points[:, 0] < MIDDLE[0], np.float32)

    width, height = SIZE
    view = View2D(Camera(MIDDLE, 50.0, 0.0, 90.0), width, height, MIDDLE)
    depth = np.full((height, width), 50.0, np.float32)
    before = np.where(np.arange(height)[:, None] < 20, np.float32(40.0), np.float32(np.inf))
    depth[:20] = 40.0  # something else is before the points there
    picture = Picture(np.full((height, width, 3), 180, np.uint8), depth, view.camera.eye - MIDDLE, 0.1)
    light = SunLight(towards(90.0, 45.0), 45.0, 90.0, shadows=EastIsDark())
    depths = Depths(depth, view, view.camera.eye, picture.near)
    before = np.broadcast_to(before, depth.shape)
    for _ in Shade(light, Pace()).on_points(picture, before, depths, moving):
        pass
    assert (picture.pixels[:20] == 180).all()
    west, east = picture.pixels[20:, : width // 2 - 6], picture.pixels[20:, width // 2 + 6 :]
    assert west.min() > 165 and east.max() < 125
