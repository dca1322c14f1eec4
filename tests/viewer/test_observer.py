"""What an observer sees, pixel by pixel, against lines of sight of double precision."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from analysis.obstacles import Casters
from analysis.sight.sights import Sights
from layers.arrays import Float64, UInt8
from tests.viewer.blocks_in_sun import MIDDLE, quarter, triangles
from tests.viewer.exactly import Mask, away_from_edges, blocked, shown
from viewer.camera import Camera
from viewer.depths import Depths
from viewer.observer import SEEN, UNSEEN, tinted
from viewer.palette import rgb
from viewer.picking import View2D
from viewer.picture import Float32, Picture
from viewer.scene import Observer, Scene
from viewer.shade import Pace, Shade

SIZE = (240, 150)
STREET, TOWER = MIDDLE + np.array([4.0, -30.0, 1.6]), MIDDLE + np.array([17.0, 11.0, 33.0])
CAMERAS = {
    "from above": Camera(MIDDLE, 160.0, 25.0, 40.0),
    "near": Camera(MIDDLE + np.array([12.0, 0, 8]), 30.0, 330.0, 15.0),
    "parallel": Camera(MIDDLE, 200.0, 300.0, 50.0, parallel=True),
}


class Eyes:
    """Lines of sight through the boxes by the ray engine; or all free, or none."""

    def __init__(self, answer: float | None = None) -> None:
        self._sights, self._answer = Sights(Casters.of(*triangles())), answer
        self.asked = 0

    def sees(self, points: Float64, eye: Float64) -> Float32:
        self.asked += len(points)
        if self._answer is not None:
            return np.full(len(points), self._answer, np.float32)
        return self._sights.free(eye, points).astype(np.float32)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with quarter(tmp_path_factory.mktemp("quarter"), SIZE) as (_, made):
        yield made


def picture(scene: Scene, observer: Observer | None, fine: bool = False) -> UInt8:
    scene.set_observer(observer)
    scene.settle()
    return scene.frame(fine)


def expected(camera: Camera, eye: Float64) -> tuple[Mask, Mask]:
    """Which pixels (h, w), top row first, show something, and which of them the eye sees."""
    seen, points, normals = shown(camera, SIZE)
    ways = eye - MIDDLE - points
    facing = seen & ((normals * ways).sum(axis=1) > 1e-6)
    found = np.zeros(len(seen), bool)
    found[facing] = blocked(points[facing], normals[facing], ways[facing]) >= 1
    return seen.reshape(SIZE[::-1]), found.reshape(SIZE[::-1])


@pytest.mark.parametrize("name", list(CAMERAS))
@pytest.mark.parametrize("eye", [STREET, TOWER], ids=["street", "tower"])
def test_what_is_tinted_is_what_the_eye_sees(scene: Scene, name: str, eye: Float64) -> None:
    scene.camera = CAMERAS[name]
    anything, seen = expected(scene.camera, eye)
    hidden, found = (picture(scene, Observer(eye, eyes)).astype(int) for eyes in (Eyes(0.0), Eyes()))
    is_seen = np.abs(found - hidden).max(axis=2) > 8
    judged = away_from_edges(anything, seen) & anything
    assert judged.sum() > 0.2 * judged.size and (judged & seen).sum() > 500
    wrong = judged & (is_seen != seen)
    assert wrong.sum() <= 2e-3 * judged.sum(), f"{wrong.sum()} of {judged.sum()}"


def test_nothing_beyond_reach_is_seen(scene: Scene) -> None:
    scene.camera = CAMERAS["from above"]
    hidden, found = (
        picture(scene, Observer(STREET, eyes, reach_m=20.0)).astype(int) for eyes in (Eyes(0.0), Eyes(1.0))
    )
    anything, points, _ = shown(scene.camera, SIZE)
    near = (np.linalg.norm(points + MIDDLE - STREET, axis=1) < 20).reshape(SIZE[::-1])
    is_seen = np.abs(found - hidden).max(axis=2) > 8
    judged = away_from_edges(near) & anything.reshape(SIZE[::-1])
    assert not (judged & is_seen & ~near).any() and (is_seen & near).sum() > 100


def test_a_moved_observer_costs_few_rays_in_motion_and_no_new_drawing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.camera = CAMERAS["from above"]
    every, few = Eyes(), Eyes()
    rest = picture(scene, Observer(TOWER, every)).astype(int)
    asked = every.asked
    with monkeypatch.context() as patched:
        patched.setattr(scene._window, "draw", None)  # to draw would fail
        scene.set_observer(Observer(STREET, every))
        other = scene.frame().astype(int)
        scene.set_observer(Observer(TOWER, every))
        assert np.array_equal(scene.frame(), rest)
    assert not np.array_equal(other, rest)
    scene.moving = True
    scene._finish._pace.step = 3
    moving = picture(scene, Observer(TOWER, few)).astype(int)
    scene.moving = False
    assert few.asked < asked / 6
    assert (np.abs(rest - moving).max(axis=2) < 24).mean() > 0.93


def test_smooth_pictures_have_the_same_tints_for_fewer_rays(scene: Scene) -> None:
    scene.camera = CAMERAS["from above"]
    rough, fine = (picture(scene, Observer(TOWER, Eyes()), fine).astype(int) for fine in (False, True))
    assert (np.abs(rough - fine).max(axis=2) < 24).mean() > 0.9


def test_the_legend_says_what_the_tints_mean_and_both_end_together(scene: Scene) -> None:
    scene.camera = CAMERAS["from above"]
    even = picture(scene, None)
    picture(scene, Observer(STREET, Eyes()))
    assert [(row.label, row.color) for row in scene.legend()] == [("Seen", SEEN), ("Not seen", UNSEEN)]
    assert np.array_equal(picture(scene, None), even)
    assert scene.observer is None and all(row.label != "Seen" for row in scene.legend())


def test_as_long_as_nothing_is_known_nothing_is_seen_and_from_the_eye_nothing_is_tinted(scene: Scene) -> None:
    scene.camera = CAMERAS["from above"]
    assert np.array_equal(picture(scene, Observer(STREET)), picture(scene, Observer(STREET, Eyes(0.0))))
    scene.camera = Camera(STREET + np.array([0.0, 10.0, 0.0]), 10.0, 0.0, 0.0, fov_deg=60.0)
    assert np.allclose(scene.camera.eye, STREET)
    assert np.array_equal(picture(scene, Observer(STREET, Eyes())), picture(scene, None))


def test_tints_keep_what_is_light_and_what_is_dark_and_differ_in_both_hue_and_brightness() -> None:
    colors = np.array([(200.0, 190, 180), (90, 80, 70)], np.float32)
    seen, hidden = (tinted(colors, np.full(2, share, np.float32)) for share in (1.0, 0.0))
    for found in (seen, hidden):
        assert found[0].sum() > 1.8 * found[1].sum()
    assert (hidden.sum(axis=1) < 0.85 * seen.sum(axis=1)).all()
    assert (seen[:, 1] > seen[:, 0]).all() and (hidden[:, 2] >= hidden[:, 1]).all()
    assert rgb(SEEN)[1] > rgb(SEEN)[0]


def test_points_that_the_processor_draws_are_tinted_too() -> None:
    """A carpet of points seen from above, the west half of which is in sight."""

    class WestIsSeen:
        def sees(self, points: Float64, eye: Float64) -> Float32:
            return np.asarray(points[:, 0] < MIDDLE[0], np.float32)

    width, height = SIZE
    view = View2D(Camera(MIDDLE, 50.0, 0.0, 90.0), width, height, MIDDLE)
    depth = np.full((height, width), 50.0, np.float32)
    drawn = Picture(np.full((height, width, 3), 180, np.uint8), depth, view.camera.eye - MIDDLE, 0.1)
    depths = Depths(depth, view, view.camera.eye, drawn.near)
    before = np.full_like(depth, np.inf)
    for _ in Shade(None, Pace(), observer=Observer(TOWER, WestIsSeen())).on_points(
        drawn, before, depths, False
    ):
        pass
    west, east = drawn.pixels[:, : width // 2 - 6], drawn.pixels[:, width // 2 + 6 :]
    assert west[..., 1].min() > 185 and east.max() < 150
