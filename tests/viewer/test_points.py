"""Point clouds out of core: which nodes are drawn, how points look, what is clipped, and what is picked."""

from __future__ import annotations

from dataclasses import fields, replace
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layers.arrays import Float64, PointTree, UInt8
from layers.clip import Clip
from layers.octree import Cloud
from layers.octree_index import tree_of
from layers.records import Layer
from layers.stored import Int64
from viewer.aim import Aim
from viewer.camera import Camera
from viewer.color import LegendEntry
from viewer.palette import POINT_CLASS_COLORS, rgb
from viewer.patch import Patch
from viewer.picking import POINT_REACH_PX, View2D
from viewer.picture import Picture
from viewer.pointpick import scores
from viewer.points import PointsView
from viewer.splat import Batch, Dots, Look, Pace, Splats
from viewer.stock import Node, Stock, packed
from viewer.window import Window

ORIGIN = np.array([120_000.0, 480_000.0, 0.0])
WIDTH, HEIGHT = 320, 200
PLENTY = 10_000_000
POINTS = 400_000
GROUND, ROOF = 2, 6


def world(x: float, y: float, z: float = 0.0) -> Float64:
    return np.asarray(ORIGIN + np.array([x, y, z]))


def town(count: int, seed: int = 1) -> Cloud:
    """Hilly ground with flat-roofed boxes, as an airborne scanner sees it; places to the millimetre."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 400, (2, count))
    is_roof = (x % 60 < 30) & (y % 50 < 25)
    z = np.where(is_roof, 12 + 3 * (x // 60), 6 * np.sin(x / 50) * np.cos(y / 40)) + rng.normal(
        0, 0.02, count
    )
    points = np.round(np.column_stack((x, y, z)), 3) + ORIGIN
    return Cloud(
        points,
        rng.integers(0, 256, (count, 3), np.uint8),
        rng.integers(0, 4000, count, np.uint16),
        np.where(is_roof, ROOF, GROUND).astype(np.uint8),
        rng.integers(1, 4, count, np.uint8),
    )


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> PointTree:
    return tree_of(town(POINTS), tmp_path_factory.mktemp("town"))


def points_of(tree: PointTree) -> Float64:
    return np.concatenate([tree.read(node).points for node in range(len(tree.count))])


def layer(**style: Any) -> Layer:
    values: dict[str, Any] = dict.fromkeys(item.name for item in fields(Layer))
    values |= {"id": 1, "name": "Scan", "style": style, "visible": True, "opacity": 1.0}
    return Layer(**values)


def view_of(tree: PointTree, **style: Any) -> PointsView:
    return PointsView(layer(**style), tree)


def overview(**changes: Any) -> View2D:
    camera = Camera(world(200, 200), 700.0, 30.0, 40.0)
    return View2D(replace(camera, **changes), WIDTH, HEIGHT, ORIGIN)


def aimed(view: PointsView, at: View2D, points: int = PLENTY, moving: bool = False) -> PointsView:
    """The view after it had time to read."""
    view.aim(Aim(at, False, 0, points))
    assert view.catch_up(inf)
    view.aim(Aim(at, moving, 0, points))
    return view


def drawn_points(view: PointsView) -> int:
    dots = view.dots()
    return sum(len(batch.colors) for batch in dots.batches) if dots is not None else 0


def keys_of(points: Float64) -> Int64:
    """One number per place, to the millimetre."""
    x, y, z = np.round((points - ORIGIN) * 1000).astype(np.int64).T + 100_000
    return np.asarray((x << 40) + (y << 20) + z)


def drawn_keys(view: PointsView) -> Int64:
    """The places of the points that would be drawn, ascending."""
    dots = view.dots()
    assert dots is not None
    return np.sort(keys_of(np.concatenate([batch.places.T + batch.corner for batch in dots.batches])))


def empty_picture(at: View2D) -> Picture:
    pixels = np.full((at.height, at.width, 3), 250, np.uint8)
    depth = np.full((at.height, at.width), np.inf, np.float32)
    return Picture(pixels, depth, at.camera.eye - at.origin, 0.1)


def dots_of(points: Float64, colors: UInt8, look: Look, size_px: int) -> Dots:
    node = Node.of(Cloud(points, colors))
    assert node.rgb is not None
    return Dots(look, [Batch(node.corner, node.places, node.rgb)], [size_px])


def painted(at: View2D, points: Float64, colors: UInt8, look: Look, size_px: int = 1) -> Picture:
    picture = empty_picture(at)
    Splats().draw(picture, at, [dots_of(points, colors, look, size_px)])
    return picture


def is_drawn(picture: Picture) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return np.isfinite(picture.depth)


PLAIN = Look(1.0, 0.0, 0)


# -- which nodes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("budget", [60_000, 150_000])
def test_no_more_is_drawn_than_the_budget(tree: PointTree, budget: int) -> None:
    near = overview(distance_m=150.0)
    assert budget / 2 < drawn_points(aimed(view_of(tree), near, budget)) <= budget
    assert drawn_points(aimed(view_of(tree, point_budget=budget), near)) <= budget
    assert drawn_points(aimed(view_of(tree, point_budget=PLENTY), near, budget, moving=True)) <= budget


@pytest.mark.parametrize(("away_m", "altitude_deg"), [(700.0, 40.0), (150.0, 25.0), (30.0, 70.0)])
def test_at_rest_everything_in_view_is_refined(tree: PointTree, away_m: float, altitude_deg: float) -> None:
    at = overview(distance_m=away_m, altitude_deg=altitude_deg)
    aim = Aim(at, False, 0, PLENTY)
    view = view_of(tree)
    chosen = set(aimed(view, at)._ranked.tolist())
    seen, coarse = aim.sees(tree.box), tree.spacing_m > aim.metres_per_pixel(tree.box)
    for node, parent in enumerate(tree.parent.tolist()):
        is_needed = bool(seen[node]) and (parent < 0 or (parent in chosen and bool(coarse[parent])))
        assert (node in chosen) == is_needed
    assert drawn_points(view) == tree.count[list(chosen)].sum()


def test_coarse_nodes_come_before_what_refines_them(tree: PointTree) -> None:
    order = aimed(view_of(tree), overview(distance_m=100.0))._ranked.tolist()
    assert order[0] == 0 and len(order) > 8
    for node in order[1:]:
        assert order.index(int(tree.parent[node])) < order.index(node)


def test_what_is_there_stays_until_the_finer_is_there(
    tree: PointTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    view, budget = view_of(tree), 120_000
    before = drawn_points(aimed(view, overview(), budget))
    monkeypatch.setattr(view._stock, "want", lambda _nodes: None)  # nothing more is read
    for away_m in (500.0, 300.0, 150.0):
        view.aim(Aim(overview(distance_m=away_m), True, 0, budget))
        assert 0 < drawn_points(view) <= before


def test_memory_is_bounded_and_what_is_in_use_stays(tree: PointTree) -> None:
    stock = Stock(tree.read, most_bytes=2_000_000)
    for first in range(0, len(tree.count) - 3, 3):
        wanted = [first, first + 1, first + 2]
        stock.want(wanted)
        assert stock.wait(None)
        assert [number for number, _ in stock.found(wanted)] == wanted
        needed = sum(node.bytes for _, node in stock.found(wanted))
        assert stock._bytes == sum(node.bytes for node in stock._nodes.values()) <= max(2_000_000, needed)


def view_row(view: PointsView, label: str) -> list[LegendEntry]:
    return [row for row in view.legend() if row.label == label]


def test_a_damaged_part_leaves_the_rest(tmp_path: Path) -> None:
    tree = tree_of(town(150_000), tmp_path)
    for part in sorted(tree.folder.glob("points-*.bin")):
        part.write_bytes(part.read_bytes()[: part.stat().st_size // 2])
    view = aimed(view_of(tree), overview(distance_m=100.0))
    assert 0 < drawn_points(view) < 150_000
    (row,) = view_row(view, "Unreadable")
    assert row.count + drawn_points(view) == 150_000


# -- how points look -----------------------------------------------------------------------------


@pytest.mark.parametrize("parallel", [False, True])
@pytest.mark.parametrize("stretch", [1.0, 2.5])
def test_points_are_drawn_where_they_are(parallel: bool, stretch: float) -> None:
    at = replace(overview(parallel=parallel), stretch=stretch)
    cloud = town(300)
    picture = painted(at, cloud.points, np.full((300, 3), 9, np.uint8), PLAIN)
    column, row, depth = at.project(cloud.points).T
    inside = (column > 0) & (column < WIDTH) & (row > 0) & (row < HEIGHT)
    assert inside.sum() > 200
    found = picture.depth[row[inside].astype(int), column[inside].astype(int)]
    assert (found <= depth[inside] * (1 + 1e-5)).all()
    assert np.isfinite(found).all() and is_drawn(picture).sum() <= 300
    assert (picture.pixels[is_drawn(picture)] == 9).all()


def test_far_from_the_origin_points_do_not_jump() -> None:
    far = world(80_000, 60_000)
    at = View2D(Camera(far, 5.0, 10.0, 50.0), WIDTH, HEIGHT, ORIGIN)
    points = far + np.random.default_rng(3).uniform(-1, 1, (200, 3))
    drawn = is_drawn(painted(at, points, np.zeros((200, 3), np.uint8), PLAIN))
    x, y, _ = at.project(points).T
    inside = (x > 1) & (x < WIDTH - 1) & (y > 1) & (y < HEIGHT - 1)
    edge = np.abs(np.stack((x, y)) % 1 - 0.5).max(axis=0) > 0.49  # may fall to either side
    assert drawn[y[inside & ~edge].astype(int), x[inside & ~edge].astype(int)].all()


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8])
def test_a_point_is_a_square_of_its_size(size: int) -> None:
    at = overview()
    drawn = is_drawn(painted(at, at.camera.target[None], np.zeros((1, 3), np.uint8), PLAIN, size))
    rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
    assert len(rows) == len(columns) == size and drawn.sum() == size**2
    assert abs(rows.mean() + 0.5 - HEIGHT / 2) <= 0.5 and abs(columns.mean() + 0.5 - WIDTH / 2) <= 0.5


def test_the_nearest_point_is_on_top_and_opacity_mixes() -> None:
    at = overview()
    toward_eye = at.camera.target - 10 * at.camera.basis[2]
    points, colors = np.stack((at.camera.target, toward_eye)), np.array([[200, 0, 0], [0, 100, 0]], np.uint8)
    for order in ([0, 1], [1, 0]):
        picture = painted(at, points[order], colors[order], replace(PLAIN, opacity=0.5))
        assert picture.pixels[is_drawn(picture)] == pytest.approx(np.array([[125, 175, 125]]), abs=1)


def test_small_gaps_are_closed_and_outlines_stay() -> None:
    at = View2D(Camera(ORIGIN, 100.0, 0.0, 90.0, parallel=True), WIDTH, HEIGHT, ORIGIN)
    pixel = at.camera.metres_per_pixel(HEIGHT)
    grid = np.stack(np.meshgrid(np.arange(10), np.arange(10), [0]), axis=-1).reshape(-1, 3).astype(float)
    look = replace(PLAIN, gap_px=4)
    for step_px, is_closed in ((4, True), (7, False)):
        points = ORIGIN + (grid * step_px + 0.25) * pixel
        drawn = is_drawn(painted(at, points, np.zeros((100, 3), np.uint8), look))
        side = 9 * step_px + 1
        assert drawn.sum() == (side**2 if is_closed else 100)
    # What shines through the gaps of a surface before it is covered.
    behind = ORIGIN + (grid * 3 + 1.25) * pixel - (0, 0, 30)
    points = np.concatenate((ORIGIN + (grid * 4 + 0.25) * pixel, behind))
    colors = np.repeat(np.array([[0, 0, 0], [250, 0, 0]], np.uint8), 100, axis=0)
    picture = painted(at, points, colors, look)
    assert (picture.pixels[is_drawn(picture)] == 0).all()


def test_points_that_lie_far_apart_in_the_picture_are_drawn_larger(tree: PointTree) -> None:
    def sizes(away_m: float, **style: Any) -> list[int]:
        dots = aimed(view_of(tree, **style), overview(distance_m=away_m)).dots()
        assert dots is not None
        return dots.sizes_px

    assert set(sizes(700.0)) == {2} and max(sizes(15.0)) >= 4
    assert set(sizes(15.0, fill_gaps=False)) == {2} and min(sizes(700.0, point_size=3)) == 3


def test_sizes_meet_in_one_picture() -> None:
    at = overview()
    aside = at.camera.basis[0] * 20 * at.camera.metres_per_pixel(HEIGHT)
    dots = [
        dots_of((at.camera.target + side * aside)[None], np.zeros((1, 3), np.uint8), PLAIN, size)
        for side, size in ((-1, 2), (1, 6))
    ]
    picture = empty_picture(at)
    Splats().draw(picture, at, dots)
    left, right = is_drawn(picture)[:, : WIDTH // 2], is_drawn(picture)[:, WIDTH // 2 :]
    assert (left.sum(), right.sum()) == (4, 36)


def test_eye_dome_lighting_darkens_steps_and_leaves_planes() -> None:
    at = View2D(Camera(ORIGIN, 100.0, 0.0, 90.0), WIDTH, HEIGHT, ORIGIN)
    x, y = np.meshgrid(np.arange(-20, 20, 0.1), np.arange(-15, 15, 0.1))
    points = ORIGIN + np.column_stack((x.ravel(), y.ravel(), np.where(np.abs(x.ravel()) < 5, 8.0, 0.0)))
    grey = np.full((len(points), 3), 200, np.uint8)
    lit = painted(at, points, grey, Look(1.0, 1.0, 0), 2).pixels[HEIGHT // 2, :, 0].astype(int)
    middle = at.width // 2
    assert (lit[middle - 5 : middle + 5] >= 195).all() and (lit[middle + 30 : middle + 35] >= 195).all()
    assert lit[middle : middle + 30].min() < 60
    plain = painted(at, points, grey, PLAIN, 2)
    assert (plain.pixels[is_drawn(plain)] == 200).all()


def test_what_stands_before_points_covers_them() -> None:
    window = Window(WIDTH, HEIGHT)
    at = overview(altitude_deg=90.0, azimuth_deg=0.0)
    at.camera.apply(window.renderer.GetActiveCamera(), ORIGIN, np.stack((ORIGIN, world(400, 400, 60))))
    wall = Patch()
    corners = ORIGIN + np.array([(0.0, 0, 20), (200, 0, 20), (200, 400, 20), (0, 400, 20)])
    wall.fill(corners, ORIGIN, np.array([(0, 1, 2), (0, 2, 3)], np.int32), np.full((4, 3), 90, np.uint8))
    window.renderer.AddActor(wall.actor)
    wall.show(True)
    x, y = np.meshgrid(np.arange(110.0, 290, 1), np.arange(110.0, 290, 1))
    for height_m, covered in ((10.0, True), (30.0, False)):
        points = ORIGIN + np.column_stack((x.ravel(), y.ravel(), np.full(x.size, height_m)))
        dots = dots_of(points, np.full((x.size, 3), 7, np.uint8), PLAIN, 2)
        window.draw()
        picture = window.deep_picture()
        Splats().draw(picture, at, [dots])
        row = picture.pixels[HEIGHT // 2, :, 0]
        assert (row[WIDTH // 2 + 2 : WIDTH // 2 + 20] == 7).all()
        assert (row[WIDTH // 2 - 20 : WIDTH // 2 - 2] == (90 if covered else 7)).all()
    window.close()


def test_the_bare_sky_is_the_one_that_is_drawn() -> None:
    window = Window(WIDTH, HEIGHT)
    window.draw()
    drawn = window.picture()
    window.draw()
    assert np.abs(window.picture().astype(int) - drawn).max() <= 1
    window.close()


# -- colours -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> PointTree:
    """Four points of which everything is known."""
    cloud = Cloud(
        ORIGIN + np.array([(0.0, 0, 0), (100, 0, 10), (0, 100, 20), (100, 100, 30)]),
        np.array([(255, 0, 0), (0, 255, 0), (0, 0, 255), (9, 8, 7)], np.uint8),
        np.array([0, 1000, 2000, 3000], np.uint16),
        np.array([2, 6, 6, 9], np.uint8),
        np.array([1, 2, 1, 3], np.uint8),
    )
    return tree_of(cloud, tmp_path_factory.mktemp("four"))


def colors_in_order(view: PointsView) -> UInt8:
    """The colours of the four points, by their heights."""
    dots = aimed(view, overview()).dots()
    assert dots is not None
    (batch,) = dots.batches
    return batch.colors.view(np.uint8).reshape(-1, 4)[np.argsort(batch.places[2]), :3]


def test_colours_are_what_the_style_says(four: PointTree) -> None:
    assert colors_in_order(view_of(four)).tolist() == [[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 8, 7]]
    classes = [rgb(POINT_CLASS_COLORS[code]).tolist() for code in (2, 6, 6, 9)]
    assert colors_in_order(view_of(four, color_by="classification")).tolist() == classes
    grey = colors_in_order(view_of(four, color_by="intensity"))
    assert (np.diff(grey.astype(int), axis=0) > 40).all() and (np.ptp(grey, axis=1) == 0).all()
    returns = colors_in_order(view_of(four, color_by="return_number"))
    assert returns[0].tolist() == returns[2].tolist() and len(np.unique(returns, axis=0)) == 3
    assert (colors_in_order(view_of(four, color_by="plain", color="#102030")) == (16, 32, 48)).all()
    heights = colors_in_order(view_of(four, color_by="height", color_map="viridis"))
    assert heights[0].tolist() != heights[3].tolist() and len(np.unique(heights, axis=0)) == 4


def test_a_new_style_recolours_what_is_there(four: PointTree) -> None:
    view = aimed(view_of(four), overview())
    view.restyle(layer(color_by="plain", color="#405060"))
    assert (colors_in_order(view) == (64, 80, 96)).all()


def test_the_legend_counts_all_points(tree: PointTree) -> None:
    codes = town(POINTS).classification
    assert codes is not None
    rows = view_of(tree, color_by="classification").legend()
    assert {row.label: row.count for row in rows} == {
        "Ground": int((codes == GROUND).sum()),
        "Building": int((codes == ROOF).sum()),
    }
    returns = view_of(tree, color_by="return_number").legend()
    assert [row.label for row in returns] == ["Return 1", "Return 2", "Return 3"]
    assert sum(row.count for row in returns) == POINTS
    heights = [float(row.label) for row in view_of(tree, color_by="height").legend()]
    assert heights == sorted(heights, reverse=True) and 3 <= len(heights) <= 12
    assert packed(np.array([[1, 2, 3]], np.uint8)).view(np.uint8).tolist() == [1, 2, 3, 255]


# -- what is left out ----------------------------------------------------------------------------

WEST = [*ORIGIN.tolist(), *world(123.456, 400, 100).tolist()]
POND = [*world(60, 60, -50).tolist(), *world(200.001, 140, 50).tolist()]


def test_hidden_classes_are_neither_drawn_nor_picked(tree: PointTree) -> None:
    at, cloud = overview(distance_m=80.0), town(POINTS)
    drawn, every = (
        drawn_keys(aimed(view_of(tree, **style), at)) for style in ({"hidden_classes": [ROOF]}, {})
    )
    ground = keys_of(cloud.points[cloud.classification == GROUND])
    assert 0 < len(drawn) < len(every) and np.isin(drawn, ground).all()
    view = aimed(view_of(tree, hidden_classes=[ROOF]), at)
    picked = [
        view.pick(at, x, y) for x, y in np.random.default_rng(4).uniform((0, 0), (WIDTH, HEIGHT), (40, 2))
    ]
    places = np.array([found.hit.point_in_world for found in picked if found is not None])
    assert len(places) > 10 and np.isin(keys_of(places), ground).all()


@pytest.mark.parametrize(
    "clip",
    [
        [{"box": WEST, "keep": "inside"}],
        [{"box": POND, "keep": "outside"}],
        [{"box": WEST, "keep": "inside"}, {"box": POND, "keep": "outside"}],
        [{"box": WEST, "keep": "inside"}, {"box": POND, "keep": "inside"}],
    ],
)
def test_clip_boxes_are_exact(tree: PointTree, clip: list[dict[str, Any]]) -> None:
    at = overview(distance_m=300.0)
    points = points_of(tree)
    kept = Clip.of({"clip": clip}).shows(points)
    inside = [(points >= box[:3]).all(axis=1) & (points <= box[3:]).all(axis=1) for box in (WEST, POND)]
    expected = {1: inside[0] if clip[0]["keep"] == "inside" else ~inside[1]}.get(len(clip))
    if expected is None:
        expected = inside[0] & ~inside[1] if clip[1]["keep"] == "outside" else inside[0] | inside[1]
    assert np.array_equal(kept, expected)
    drawn, every = drawn_keys(aimed(view_of(tree, clip=clip), at)), drawn_keys(aimed(view_of(tree), at))
    allowed = keys_of(points[kept])
    assert 0 < len(drawn) < len(every) and np.isin(drawn, allowed).all()
    # No fewer nodes are in view than without clipping.
    assert np.isin(every[np.isin(every, allowed)], drawn).all()


def test_what_is_clipped_away_is_not_framed(tree: PointTree) -> None:
    boxes = view_of(tree, clip=[{"box": WEST, "keep": "inside"}]).boxes
    assert boxes[:, 1, 0].max() == WEST[3] and len(boxes)
    assert len(view_of(tree, clip=[{"box": [0.0] * 6, "keep": "inside"}]).boxes) == 0


def test_the_moving_budget_follows_the_machine() -> None:
    budgets = []
    for seconds_per_point, seconds_per_picture in ((1e-8, 0.02), (5e-8, 0.02), (1e-7, 0.2)):
        pace = Pace()
        assert pace.moving_points(1_000_000) == 1_000_000
        for _ in range(100):
            pace.learn(500_000, 500_000 * seconds_per_point, seconds_per_picture)
        budgets.append(pace.moving_points(1_000_000))
    assert budgets[0] == 1_000_000 and 400_000 < budgets[1] <= 600_000 and budgets[2] == 100_000


def test_a_clip_that_says_nothing_clips_nothing() -> None:
    wrong: tuple[object, ...] = (
        None,
        "all",
        [None],
        [{}],
        [{"box": [1, 2]}],
        [{"box": ["a"] * 6}],
        [{"box": None}],
    )
    for clip in wrong:
        assert not Clip.of({"clip": clip})


# -- picking -------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(4))
def test_picks_are_what_a_search_through_all_points_finds(tree: PointTree, number: int) -> None:
    at = [
        overview(distance_m=40.0),
        overview(distance_m=60.0, altitude_deg=90.0),
        overview(distance_m=50.0, altitude_deg=10.0),
        replace(overview(distance_m=60.0, parallel=True), stretch=2.0),
    ][number]
    view, points = aimed(view_of(tree), at), points_of(tree)
    hits = 0
    for x, y in np.random.default_rng(number).uniform((0, 0), (WIDTH, HEIGHT), (25, 2)):
        score = scores(at, x, y, points)
        found = view.pick(at, x, y)
        if not np.isfinite(score).any():
            assert found is None
            continue
        hits += 1
        assert found is not None
        best = points[score.argmin()]
        assert np.array_equal(found.hit.point_in_world, best)
        ray = at.ray(x, y)
        assert found.distance_m == pytest.approx(float((best - ray.origin) @ ray.direction))
    assert hits > 8


def test_a_pick_finds_points_that_are_not_drawn(tree: PointTree) -> None:
    """From afar only some points are drawn, yet the nearest of all is found where one of them is."""
    at = overview(distance_m=500.0)
    view = aimed(view_of(tree), at, points=60_000)
    every, drawn = points_of(tree), drawn_keys(view)
    finer = 0
    for x, y in np.random.default_rng(7).uniform((60, 60), (WIDTH - 60, HEIGHT - 60), (20, 2)):
        found = view.pick(at, x, y)
        if found is None:
            continue
        place = found.hit.point_in_world
        assert (every == place).all(axis=1).any()
        seen = at.project(place[None])[0]
        assert np.hypot(seen[0] - x, seen[1] - y) <= POINT_REACH_PX
        finer += keys_of(place[None])[0] not in drawn
    assert finer > 0


def test_nothing_hidden_is_picked(tree: PointTree) -> None:
    at = overview(distance_m=40.0)
    view = aimed(view_of(tree), at)
    view.restyle(replace(view.layer, visible=False))
    assert view.pick(at, WIDTH / 2, HEIGHT / 2) is None and view.dots() is None
