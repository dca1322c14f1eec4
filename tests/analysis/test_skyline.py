"""Skylines against closed forms, and against rays just above and just below them."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.casters import Casters
from analysis.sight.sights import STRAIGHT, Bend, Sights
from analysis.sight.skyline import NOTHING, envelopes
from layers.arrays import Float64
from tests.analysis.scenes import FAR, gabled_houses

EYE = FAR + np.array((0.0, 0.0, 1.6))


def wall(distance: float, top: float, half_width: float = 40.0) -> tuple[Float64, np.ndarray]:
    """An upright wall north of the eye, so far away and up to a height above it."""
    corners = [(-half_width, distance, -2.0), (half_width, distance, -2.0), (half_width, distance, top)]
    corners.append((-half_width, distance, top))
    return EYE + np.array(corners), np.array([(0, 1, 2), (0, 2, 3)], np.int32)


def test_a_wall_s_upper_edge_in_every_direction() -> None:
    vertices, triangles = wall(100.0, 25.0)
    azimuth = np.linspace(-30, 30, 601)
    found, _ = envelopes(vertices, triangles, np.arange(2), EYE, azimuth, STRAIGHT)
    is_on = np.abs(100 * np.tan(np.radians(azimuth))) < 40
    expected = np.arctan(25 * np.cos(np.radians(azimuth)) / 100)
    assert np.radians(found.altitude_deg[is_on]) == pytest.approx(expected[is_on], abs=1e-9)
    assert found.distance_m[is_on] == pytest.approx(100 / np.cos(np.radians(azimuth[is_on])))
    assert (found.triangle[~is_on] == NOTHING).all() and np.isnan(found.altitude_deg[~is_on]).all()


def test_far_away_the_round_earth_lowers_it() -> None:
    vertices, triangles = wall(20_000.0, 100.0, 500.0)
    bend = Bend()
    found, _ = envelopes(vertices, triangles, np.arange(2), EYE, np.array([-0.1, 0.0, 0.1]), bend)
    expected = (100 - bend.drop_m(np.array([20_000.0]))[0]) / 20_000
    assert found.tangent[1] == pytest.approx(expected, abs=1e-12)


def test_only_what_is_nearer_counts_where_that_is_asked_for() -> None:
    near, triangles = wall(50.0, 5.0)
    far, _ = wall(200.0, 40.0)
    vertices, both = np.concatenate((near, far)), np.concatenate((triangles, triangles + 4))
    azimuth = np.array([-1.0, 0.0, 1.0])
    whole, front = envelopes(
        vertices, both, np.arange(4), EYE, azimuth, STRAIGHT, nearer_than_m=np.full(3, 100.0)
    )
    assert whole.tangent[1] == pytest.approx(0.2) and front.tangent[1] == pytest.approx(0.1)
    assert whole.triangle[1] >= 2 > front.triangle[1]


def test_all_around_a_street_of_houses_rays_pass_above_and_hit_below() -> None:
    vertices, triangles = gabled_houses(60)
    cast = Casters.of(vertices, triangles)
    eye = vertices.mean(axis=0) * (1, 1, 0) + (11.0, 4.0, vertices[:, 2].min() + 1.6)
    azimuth = np.linspace(0.013, 359.9, 1200)
    found, _ = envelopes(cast.vertices, cast.triangles, np.arange(len(triangles)), eye, azimuth, STRAIGHT)
    known = np.flatnonzero(found.triangle >= 0)
    assert len(known) > 600
    turn = np.radians(azimuth[known])
    for shift, is_free in ((2e-5, True), (-2e-5, False)):
        rise = np.tan(np.arctan(found.tangent[known]) + shift)
        ends = eye + np.column_stack((np.sin(turn), np.cos(turn), rise)) * 2000.0
        assert (Sights(cast).free(eye, ends) == is_free).mean() > 0.997
