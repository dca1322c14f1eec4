"""Corridors: pieces of triangles inside, and how far they rise above the threshold surface."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.clipping import Cut, cut
from analysis.sight.corridor import Corridor, axis_to, breaking, highest, inside, surfaces_of
from analysis.sight.sights import STRAIGHT, Bend
from layers.arrays import Float64

EYE = np.array((548_000.0, 5_494_000.0, 101.6))
EAST = np.array((1.0, 0.0))


def corridor(bend: Bend = STRAIGHT, distance_m: float = 1000.0, top_z: float = 141.6) -> Corridor:
    """Looks east, 10 m wide on both sides at the landmark."""
    side = 10.0 / distance_m
    return Corridor(EYE, EAST, side, -side, distance_m, top_z, distance_m, bend)


def local(*points: tuple[float, float, float]) -> Float64:
    found: Float64 = EYE + np.array(points)
    return found


def test_a_ridge_across_the_corridor_breaks_it_most_where_it_leaves_it() -> None:
    # The ridge rises from 0 to 100 m above the eye while it crosses the axis at 500 m, at a right angle.
    roof = local((500, -50, 0), (500, 50, 100), (500, 50, 0))
    pieces = inside(corridor(), roof, np.array([[0, 1, 2]], np.int32))
    above, at = highest(corridor(), pieces)
    # At 500 m the corridor reaches 5 m to the left: the ridge is 55 m up there, 20 m are allowed.
    assert above[0] == pytest.approx(55 - 20, abs=1e-9)
    assert at[0] == pytest.approx((500, 5, 55), abs=1e-9)
    assert corridor().world(at)[0] == pytest.approx(local((500, 5, 55))[0], abs=1e-6)


def test_what_is_beside_behind_or_at_the_back_of_the_eye_is_not_in_it() -> None:
    places = ((500, 6), (500, -6), (1001, 0), (-5, 0), (300, 3.1))
    corners = [(x + dx, y + dy, 200.0) for x, y in places for dx, dy in ((0, 0), (0.05, 0), (0, 0.05))]
    triangles = np.arange(15, dtype=np.int32).reshape(-1, 3)
    assert not len(inside(corridor(), local(*corners), triangles).count)


@pytest.mark.parametrize("bend", [STRAIGHT, Bend(), Bend(0.0, 40_000.0)])
def test_random_triangles_rise_as_high_as_their_densest_samples(bend: Bend) -> None:
    random = np.random.default_rng(5)
    look = corridor(bend)
    corners = random.uniform((100, -12, -20), (1100, 12, 80), (60, 3, 3))
    corners[:, 1:] = corners[:, :1] + (corners[:, 1:] - corners[:, :1]) * 0.2
    world = EYE + corners.reshape(-1, 3)
    pieces = inside(look, world, np.arange(180, dtype=np.int32).reshape(-1, 3))
    above, at = highest(look, pieces)
    found = np.full(60, -np.inf)
    found[pieces.triangle] = above
    u, v = (part.ravel() for part in np.meshgrid(np.linspace(0, 1, 400), np.linspace(0, 1, 400)))
    weights = np.column_stack((1 - u, u * (1 - v), u * v))
    for triangle, most in zip(corners, found, strict=True):
        points = weights @ triangle
        kept = look.holds(points[:, 0], points[:, 1])
        if kept.any():
            sampled = look.above(points[kept]).max()
            assert sampled <= most + 1e-6 + bend.per_m2 * 50**2
            assert most <= sampled + 2.0  # samples lie apart
        else:
            assert np.isinf(most) or most < 80
    assert look.above(at) == pytest.approx(above)
    assert (look.holds(at[:, 0] - 1e-9, at[:, 1] * (1 - 1e-9))).all()


def test_along_an_edge_the_round_earth_lets_the_middle_rise_the_most() -> None:
    # A level cable of 8 km along the axis: above the curved surface it is highest where that lies lowest.
    bend = Bend(0.0)
    look = Corridor(EYE, EAST, 0.01, -0.01, 10_000.0, EYE[2] + 10.0, 10_000.0, bend)
    cable = local((1000, 0, 5), (9000, 0, 5), (9000, 0, -50))
    above, at = highest(look, inside(look, cable, np.array([[0, 1, 2]], np.int32)))
    slope = look.rise
    best = min(max(-slope / (2 * bend.per_m2), 1000.0), 9000.0)
    assert at[0, 0] == pytest.approx(best, rel=1e-9)
    assert above[0] == pytest.approx(5 - slope * best - bend.per_m2 * best**2, abs=1e-9)


def test_only_what_is_above_the_threshold_surface_is_drawn_as_breaking() -> None:
    wall = local((500, -2, 0), (500, 2, 0), (500, 2, 30), (500, -2, 30))
    pieces = inside(corridor(), wall, np.array([[0, 1, 2], [0, 2, 3]], np.int32))
    found = breaking(corridor(), pieces)
    corners = found.corners[found.valid]
    assert corners[:, 2].min() == pytest.approx(20) and corners[:, 2].max() == pytest.approx(30)


def test_the_threshold_surface_ends_at_its_height_and_is_known_at_places() -> None:
    look = corridor(Bend())
    threshold, walls = surfaces_of(look, 161.6)
    ends = np.concatenate([polygon[polygon[:, 0] > EYE[0] + 999] for polygon in threshold])
    assert ends[:, 2] == pytest.approx(141.6, abs=1e-4)
    assert max(polygon[:, 2].max() for polygon in walls) == pytest.approx(161.6, abs=1e-4)
    places = EYE[:2] + np.array(((1000, 0), (500, 0), (500, 5.1), (1001, 0)))
    allowed = look.allowed_z(places)
    assert allowed[0] == pytest.approx(141.6, abs=1e-9)
    assert allowed[1] == pytest.approx(101.6 + 20 - Bend().per_m2 * 500 * 500, abs=1e-9)
    assert np.isnan(allowed[2:]).all()


def test_the_axis_halves_the_angle_and_the_sides_are_its_ends() -> None:
    places = EYE[:2] + np.array(((100, 10), (120, -30), (90, 0)))
    axis, left, right = axis_to(EYE, places)
    turn = np.arctan2(places[:, 1] - EYE[1], places[:, 0] - EYE[0])
    assert np.arctan2(axis[1], axis[0]) == pytest.approx((turn.max() + turn.min()) / 2)
    assert np.arctan(left) == pytest.approx((turn.max() - turn.min()) / 2) and right == -left


def test_cutting_keeps_what_lies_on_the_edge() -> None:
    square = np.array([[(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)]], np.float64)
    whole = Cut(square, np.array([4]), np.array([7]))
    half = cut(whole, square[..., 0] - 0.25)
    assert half.count.tolist() == [4] and half.triangle.tolist() == [7]
    assert half.corners[half.valid][:, 0].min() == 0.25
    assert not len(cut(whole, square[..., 0] - 2).count)
    assert cut(whole, square[..., 0]).count.tolist() == [4]
