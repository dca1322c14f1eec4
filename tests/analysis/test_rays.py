"""Rays: right against a second engine, far from zero, on any number of threads, and safe."""

from __future__ import annotations

import time

import numpy as np
import pytest
from shapely import STRtree, points, polygons

from analysis.rays import BLOCK, Rays, Starts, unpacked
from layers.arrays import Float64, Int32
from layers.data import never_stop
from layers.errors import Cancelled, CitystrataError
from tests.analysis.scenes import FAR, GRAIN, gabled_houses
from tests.validation.record import record

HOUSES = 400
UP = np.array([0.0, 0.0, 1.0])


@pytest.fixture(scope="module")
def houses() -> tuple[Float64, Int32]:
    """Vertices and triangles."""
    return gabled_houses(HOUSES)


@pytest.fixture(scope="module")
def rays(houses: tuple[Float64, Int32]) -> Rays:
    """Cast by two threads, however many cores there are."""
    return Rays(*houses, threads=2)


def some_points(vertices: Float64, count: int, seed: int = 0) -> Float64:
    """Anywhere above the plane in the box around the houses, at places that float32 holds."""
    random = np.random.default_rng(seed)
    low, high = vertices.min(axis=0) + GRAIN * UP, vertices.max(axis=0)
    return np.round(random.uniform(low, high, (count, 3)) / GRAIN) * GRAIN


def some_directions(count: int, seed: int = 1) -> Float64:
    """Upwards, as float32 holds them."""
    random = np.random.default_rng(seed)
    found = random.normal(size=(count, 3))
    found[:, 2] = np.abs(found[:, 2]) + 0.05
    return found.astype(np.float32).astype(np.float64)


def first_by_projection(vertices: Float64, triangles: Int32, starts: Float64, way: Float64) -> Float64:
    """How far each start is from what it meets first, in float64 by GEOS: seen along the direction.

    Triangles are drawn on the plane z = 0 along `way`; a start meets those that it lies in there and
    that are before it.
    """
    flat = vertices[:, :2] - vertices[:, 2:] / way[2] * way[:2]
    at = starts[:, :2] - starts[:, 2:] / way[2] * way[:2]
    tree = STRtree(np.asarray(polygons(flat[triangles])))
    start, triangle = tree.query(points(at), predicate="intersects")
    a, b, c = (flat[triangles[triangle, corner]] for corner in range(3))
    za, zb, zc = (vertices[triangles[triangle, corner], 2] for corner in range(3))
    ab, ac, ap = b - a, c - a, at[start] - a
    area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        u = (ap[:, 0] * ac[:, 1] - ap[:, 1] * ac[:, 0]) / area
        v = (ab[:, 0] * ap[:, 1] - ab[:, 1] * ap[:, 0]) / area
    height = za + u * (zb - za) + v * (zc - za)
    distance = (height - starts[start, 2]) / way[2]
    found = np.full(len(starts), np.inf)
    met = distance > 0
    np.minimum.at(found, start[met], distance[met])
    return found


def test_a_second_engine_disagrees_on_at_most_one_ray_per_million_at_e_500_000_n_5_900_000(
    houses: tuple[Float64, Int32], rays: Rays
) -> None:
    vertices, triangles = houses
    cast = wrong = far_off = 0
    for number, way in enumerate(some_directions(5)):
        starts = some_points(vertices, 200_000, seed=number)
        expected = first_by_projection(vertices - FAR, triangles, starts - FAR, way)
        blocked = rays.blocked(starts, way)
        triangle, distance = rays.first(starts, way)
        assert ((triangle >= 0) == blocked).all()
        wrong += int((blocked != np.isfinite(expected)).sum())
        both = np.isfinite(expected) & (triangle >= 0)
        far_off += int((np.abs(distance[both] - expected[both]) > 1e-3).sum())
        cast += len(starts)
    assert cast == 1_000_000
    for quantity, found in (("rays that disagree", wrong), ("rays that end 1 mm or more apart", far_off)):
        record(
            "Rays",
            "a million rays among houses with gable roofs at E 500 000, N 5 900 000",
            reference="the triangles drawn along each ray in float64, by GEOS",
            quantity=quantity,
            found=found,
            tolerance=1,
        )
    assert 0.2 < blocked.mean() < 0.8


def test_answers_are_the_same_with_one_and_two_threads(houses: tuple[Float64, Int32], rays: Rays) -> None:
    starts, ways = some_points(houses[0], 3 * BLOCK + 5), some_directions(7)
    alone = rays.on_one_thread()
    normals = some_directions(len(starts), seed=5)
    each = np.resize(ways, (len(starts), 3))
    assert (alone.blocked(starts, each, 40.0) == rays.blocked(starts, each, 40.0)).all()
    for one, two in zip(alone.first(starts, each), rays.first(starts, each), strict=True):
        assert (one == two).all()
    assert (alone.visible(starts, normals, ways) == rays.visible(starts, normals, ways)).all()
    assert (alone.first_of(starts, normals, ways) == rays.first_of(starts, normals, ways)).all()


def test_all_against_all_says_what_single_rays_say(houses: tuple[Float64, Int32], rays: Rays) -> None:
    starts, ways = some_points(houses[0], 5_003), some_directions(6)
    normals = np.tile((0.6, 0.0, 0.8), (len(starts), 1))
    ready = rays.starts(starts)
    bits = rays.visible(ready, normals, ways)
    met = rays.first_of(ready, None, ways)
    behind = rays.first_of(ready, normals, ways)
    for number, way in enumerate(ways):
        free = ~rays.blocked(ready, way)
        faces = bool(way @ normals[0] > 0)
        assert (unpacked(bits[number], len(starts)) == (free & faces)).all()
        assert ((met[number] == -1) == free).all()
        assert (behind[number] == (met[number] if faces else -2)).all()


def test_a_reach_ends_a_ray(rays: Rays, houses: tuple[Float64, Int32]) -> None:
    starts = some_points(houses[0], 20_000)
    way = np.array([0.2, -0.3, 0.5])
    _, distance = rays.first(starts, way)
    near = np.isfinite(distance)
    reach = np.where(near, distance, 1.0).astype(np.float64)
    assert rays.blocked(starts, way, reach * 1.001 + 1e-4)[near].all()
    assert not rays.blocked(starts, way, reach * 0.999 - 1e-4)[distance > 1e-3].any()
    assert not rays.blocked(starts, way, 0.0)[distance > 0].any()
    assert not rays.blocked(starts, way, -1.0)[distance > 0].any()


def test_starts_are_prepared_once_and_may_be_chosen_from(rays: Rays, houses: tuple[Float64, Int32]) -> None:
    starts = some_points(houses[0], 999)
    ready = rays.starts(starts)
    assert isinstance(ready, Starts) and len(ready) == 999
    chosen = np.flatnonzero(starts[:, 2] > 5)
    assert (rays.blocked(ready[chosen], UP) == rays.blocked(starts, UP)[chosen]).all()


def test_no_light_leaks_through_joints() -> None:
    """Rays aimed from within at the shared edges and corners of a closed house never get through it."""
    vertices, triangles = gabled_houses(1)
    house = triangles[:-2]
    rays = Rays(vertices, house)
    middle = vertices[:10].mean(axis=0)
    random = np.random.default_rng(3)
    edges = np.concatenate([house[:, [0, 1]], house[:, [1, 2]], house[:, [2, 0]]])
    edges = edges[(vertices[edges][:, :, 2] > FAR[2] + 0.01).any(axis=1)]
    along = random.uniform(0.02, 1, (200, len(edges), 1))
    ends = vertices[edges]
    targets = (ends[:, 0] * along + ends[:, 1] * (1 - along)).reshape(-1, 3)
    targets = targets[targets[:, 2] > FAR[2] + 0.05]
    assert rays.blocked(np.tile(middle, (len(targets), 1)), targets - middle).all()


def test_a_cancel_is_heard_within_200_ms(rays: Rays, houses: tuple[Float64, Int32]) -> None:
    starts, ways = some_points(houses[0], 300_000), some_directions(145)
    said = 0.0

    def stop(fraction: float, _text: str) -> None:
        nonlocal said
        if fraction > 0.02:
            said = time.perf_counter()
            raise Cancelled

    with pytest.raises(Cancelled):
        rays.visible(starts, None, ways, stop)
    assert time.perf_counter() - said < 0.2


def test_progress_rises_to_nearly_one(rays: Rays, houses: tuple[Float64, Int32]) -> None:
    told: list[float] = []
    rays.visible(some_points(houses[0], 70_000), None, some_directions(9), lambda f, _: told.append(f))
    assert told == sorted(told) and told[0] == 0.0 and 0.8 < told[-1] < 1.0


@pytest.mark.parametrize(
    ("starts", "ways", "reach"),
    [
        (np.zeros((5, 2)), UP, 1.0),
        (np.zeros((5, 3)), np.zeros((4, 3)), 1.0),
        (np.zeros((5, 3)), UP, np.ones(4)),
        (np.full((5, 3), np.nan), UP, 1.0),
        (np.full((5, 3), np.inf), UP, 1.0),
        (np.zeros((5, 3)), np.array([0.0, np.nan, 1.0]), 1.0),
        (np.zeros((5, 3)), np.zeros(3), 1.0),
        (np.zeros((5, 3)), UP, np.full(5, np.nan)),
        (np.zeros((5, 3)), UP * 1e300, 1.0),
    ],
)
def test_what_would_hurt_the_engine_never_reaches_it(
    rays: Rays, starts: Float64, ways: Float64, reach: Float64 | float
) -> None:
    with np.errstate(over="ignore"), pytest.raises(ValueError, match=r"points|directions|reach|rays"):
        rays.blocked(starts, ways, reach)


def test_triangles_of_vertices_that_do_not_exist_are_refused() -> None:
    for triangle in ((0, 1, 3), (0, 1, -1), (0, 1, 500_000_000)):
        with pytest.raises(CitystrataError, match="do not exist"):
            Rays(np.eye(3), np.array([triangle], np.int32))


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 1e300])
def test_coordinates_that_are_no_place_are_refused(number: float) -> None:
    vertices = np.eye(3)
    vertices[1, 1] = number
    with pytest.raises(CitystrataError):
        Rays(vertices, np.array([[0, 1, 2]], np.int32))


def test_degenerate_triangles_hide_nothing_and_harm_nothing() -> None:
    vertices = np.array([(0, 0, 5), (1, 0, 5), (2, 0, 5), (0, 0, 9), (1, 0, 9), (0, 1, 9)], np.float64)
    triangles = np.array([(0, 1, 2), (0, 0, 0), (3, 4, 5)], np.int32)
    triangle, distance = Rays(vertices, triangles).first(np.array([[0.2, 0.2, 0.0], [5.0, 5.0, 0.0]]), UP)
    assert triangle.tolist() == [2, -1]
    assert distance[0] == pytest.approx(9, abs=1e-6)


def test_without_triangles_nothing_is_hidden() -> None:
    rays = Rays(np.empty((0, 3)), np.empty((0, 3), np.int32))
    assert not rays.blocked(np.zeros((3, 3)), UP).any()
    assert (rays.first(np.zeros((3, 3)), UP)[0] == -1).all()
    assert unpacked(rays.visible(np.zeros((3, 3)), None, UP[None], never_stop), 3).all()


def test_without_points_there_is_no_answer_to_give(rays: Rays) -> None:
    assert rays.blocked(np.empty((0, 3)), UP).shape == (0,)
    assert rays.visible(np.empty((0, 3)), None, UP[None]).shape == (1, 0)
