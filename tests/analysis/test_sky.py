"""The sky in patches: geometry and what surfaces see of it, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.sky import sky
from layers.arrays import Float64

UP = np.array([[0.0, 0.0, 1.0]])


def some_normals(count: int) -> Float64:
    found = np.random.default_rng(1).normal(size=(count, 3))
    unit: Float64 = found / np.linalg.norm(found, axis=1, keepdims=True)
    return unit


@pytest.mark.parametrize(("division", "count"), [(1, 145), (2, 577), (4, 2305)])
def test_patches_fill_the_sky_once(division: int, count: int) -> None:
    patches = sky(division)
    assert len(patches) == count
    assert patches.solid_angle_sr.sum() == pytest.approx(2 * np.pi, abs=1e-12)
    assert patches.cells.solid_angle_sr.sum() == pytest.approx(2 * np.pi, abs=1e-12)
    assert (patches.patch_of(patches.directions) == np.arange(count)).all()
    assert (patches.patch_of(patches.cells.directions) == patches.cells.patch).all()
    per_patch = np.bincount(patches.cells.patch, patches.cells.solid_angle_sr)
    assert np.abs(per_patch - patches.solid_angle_sr).max() < 1e-12


def test_patches_lie_as_tregenza_has_them() -> None:
    patches = sky()
    assert list(patches.row_counts) == [30, 30, 24, 24, 18, 12, 6, 1]
    assert list(patches.row_edges_deg) == [0, 12, 24, 36, 48, 60, 72, 84, 90]
    assert (patches.azimuth_deg[:3] == [0, 12, 24]).all() and patches.altitude_deg[0] == 6
    north, east = np.array([[0, 1, 0.1], [1, 0, 0.1]]), patches.directions
    assert list(patches.patch_of(north)) == [0, 7 if east[7, 0] > east[8, 0] else 8]
    below = np.array([[0, 1.0, -0.01]])
    assert patches.patch_of(below)[0] == -1


def test_factors_sum_to_the_view_of_the_sky() -> None:
    """π(1 + cos β)/2 for any normal, within 0.0001; the horizontal ones exactly."""
    normals = some_normals(300)
    factors = sky().factors(normals)
    assert factors.min() >= 0
    assert np.abs(factors.sum(axis=1) - np.pi * (1 + normals[:, 2]) / 2).max() < 1e-4
    assert sky().factors(UP).sum() == pytest.approx(np.pi, abs=1e-12)
    assert sky().factors(-UP).sum() == 0


def test_factors_of_a_patch_before_a_wall() -> None:
    """The closed form over azimuths and altitudes, for a patch wholly in front and one cut in half."""
    facing_east = np.array([[1.0, 0.0, 0.0]])
    factors = sky().factors(facing_east)[0]

    def expected(start_deg: float, end_deg: float, low_deg: float, high_deg: float) -> float:
        start, end, low, high = np.radians([start_deg, end_deg, low_deg, high_deg])
        flat = (high - low) / 2 + (np.sin(2 * high) - np.sin(2 * low)) / 4
        return float(flat * (np.cos(start) - np.cos(end)))

    assert factors[8] == pytest.approx(expected(90, 102, 0, 12), abs=1e-12)
    assert factors[0] == pytest.approx(expected(0, 6, 0, 12), abs=1e-4)
    assert factors[22] == 0


def test_the_bright_horizon_is_seen_by_the_sine_of_the_tilt() -> None:
    normals = some_normals(300)
    found = sky().horizon_factors(normals)
    assert found.min() >= 0 and (found[:, 30:] == 0).all()
    assert np.abs(found.sum(axis=1) - np.hypot(normals[:, 0], normals[:, 1])).max() < 1e-12
    wall = sky().horizon_factors(np.array([[0.0, 1.0, 0.0]]))[0]
    assert (wall[9:22] == 0).all() and wall[0] == wall.max()
