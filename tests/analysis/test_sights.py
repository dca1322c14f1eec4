"""Lines of sight, against closed forms: a wall, a ridge, and a tower beyond the horizon."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.obstacles import Casters
from analysis.sight.sights import EARTH_RADIUS_M, STRAIGHT, Bend, Sights


def wall(x: float, top: float, half_width: float = 50_000.0) -> Casters:
    """An upright wall across the x axis."""
    corners = [(x, -half_width, -500.0), (x, half_width, -500.0), (x, half_width, top), (x, -half_width, top)]
    return Casters.of(np.array(corners), np.array([(0, 1, 2), (0, 2, 3)]))


def lowest_seen(sights: Sights, eye: float, distance: float) -> float:
    """The lowest height at a distance that is seen from an eye, by halving."""
    low, high = -400.0, 4000.0
    eyes = np.array((0.0, 0.0, eye))
    for _ in range(40):
        middle = (low + high) / 2
        is_free = bool(sights.free(eyes, np.array([(distance, 0.0, middle)]))[0])
        low, high = (low, middle) if is_free else (middle, high)
    return high


@pytest.mark.parametrize(("near", "top", "far"), [(10.0, 3.0, 100.0), (250.0, 30.0, 1_000.0)])
def test_behind_a_wall_one_sees_from_where_the_line_over_its_top_meets(
    near: float, top: float, far: float
) -> None:
    found = lowest_seen(Sights(wall(near, top)), 1.6, far)
    assert found == pytest.approx(1.6 + (top - 1.6) * far / near, abs=1e-3 * far / near)


@pytest.mark.parametrize("refraction", [0.0, 0.13])
def test_of_a_tower_20_km_away_the_earth_hides_what_the_closed_form_says(refraction: float) -> None:
    # A low wall at half the way stands for the sea's surface between.
    bend = Bend(refraction)
    found = lowest_seen(Sights(wall(10_000.0, 0.0), bend=bend), 1.6, 20_000.0)
    factor = (1 - refraction) / (2 * EARTH_RADIUS_M)
    # The sight over height 0 at 10 km, in heights above the curved ground.
    slope = (0 - factor * 10_000.0**2 - 1.6) / 10_000.0
    expected = 1.6 + slope * 20_000.0 + factor * 20_000.0**2
    assert found == pytest.approx(expected, abs=20_000 * 1e-6)


def test_what_is_met_first_and_where() -> None:
    sights = Sights(wall(250.0, 30.0), bend=Bend(0.0))
    triangle, share = sights.first(
        np.array((0.0, 5.0, 2.0)), np.array([(1000.0, 5.0, 2.0), (200.0, 5.0, 2.0)])
    )
    assert triangle[0] >= 0
    assert share[0] == pytest.approx(0.25, abs=1e-5)
    assert triangle[1] == -1
    assert np.isinf(share[1])


def test_the_end_of_a_line_of_sight_does_not_hide_itself() -> None:
    sights = Sights(wall(100.0, 30.0))
    assert sights.free(np.array((0.0, 0.0, 2.0)), np.array([(100.0, 3.0, 10.0)]))[0]
    assert STRAIGHT.stretch_m == np.inf
