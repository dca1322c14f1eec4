"""What hides the sky around a point, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.obstacles import Casters
from analysis.obstruction import BEHIND, OPEN, obstruction, place_from, place_table, sky_from, sky_table
from analysis.site import site_at
from layers.arrays import Float64

FAR = 100_000.0


def wall(fid: int, start: tuple[float, float], end: tuple[float, float], height: float) -> Casters:
    """An upright wall between two places."""
    corners = [(*start, -1.0), (*end, -1.0), (*end, height), (*start, height)]
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    return Casters.of(np.array(corners), triangles, np.full(2, fid))


HERE: Float64 = np.array([0.0, 0.0, 0.0])


def test_a_long_wall_hides_the_sky_below_its_top() -> None:
    """10 m high, 10 m north: 45° due north, falling to the sides with the cosine of the azimuth."""
    seen = obstruction(wall(7, (-FAR, 10), (FAR, 10), 10), HERE)
    azimuth = np.radians(seen.azimuths_deg)
    top = np.degrees(np.arctan(np.maximum(np.cos(azimuth), 0)))
    horizon = (np.arange(1, len(seen.hider) + 1)[:, None] * seen.hidden * seen.step_deg).max(axis=0)
    assert np.abs(horizon - top).max() <= 1.0  # a cell
    assert set(np.unique(seen.hider)) == {OPEN, 7}
    # Between horizon and a great circle at 45° lie (90° - 45°)/180° of the half dome... of all the sky 1/4.
    assert seen.shares() == pytest.approx({7: 0.25}, abs=0.005)


def test_what_hides_the_sun_is_found_by_its_direction() -> None:
    seen = obstruction(wall(7, (10, -FAR), (10, FAR), 10), HERE)
    azimuths, altitudes = np.array([90.0, 90.0, 270.0, 90.0]), np.array([30.0, 60.0, 30.0, -5.0])
    assert list(seen.at(azimuths, altitudes)) == [7, OPEN, OPEN, OPEN]


def test_true_north_is_not_the_grids() -> None:
    """Grid north 8° west of true north, as in Bohemia: what lies grid north is seen at 352°."""
    seen = obstruction(wall(1, (-1, 50), (1, 50), 10), HERE, convergence_deg=-8.0)
    assert seen.azimuths_deg[seen.hidden.any(axis=0)].mean() == pytest.approx(352, abs=0.6)


def test_behind_its_own_surface_there_is_no_sky() -> None:
    seen = obstruction(wall(1, (-FAR, 10), (FAR, 10), 10), HERE, normal=np.array([0.0, -1.0, 0.0]))
    assert seen.behind.mean() == pytest.approx(0.5, abs=0.01)
    assert not seen.hidden.any() and (seen.hider[seen.behind] == BEHIND).all()


def test_nothing_at_all_hides_nothing() -> None:
    nothing = Casters.of(np.empty((0, 3)), np.empty((0, 3), np.int32))
    assert (obstruction(nothing, HERE).hider == OPEN).all()


def test_finer_cells_when_asked_for() -> None:
    assert obstruction(wall(1, (-1, 5), (1, 5), 3), HERE, step_deg=0.5).hider.shape == (180, 720)


def test_plants_hide_the_sky_where_nothing_else_does() -> None:
    corners = np.array([(-1, 5, 0), (1, 5, 0), (0, 5, 5), (-9, 10, 0), (9, 10, 0), (0, 10, 30)], np.float64)
    shares = np.array([[0, 0], [0.2, 0.6]], np.float32)
    triangles = np.array([[3, 4, 5], [0, 1, 2]], np.int32)
    seen = obstruction(Casters.of(corners, triangles, np.array([1, 2]), shares), HERE)
    assert list(seen.at(np.array([0.0, 0.0]), np.array([20.0, 80.0]))) == [1, OPEN]
    alone = obstruction(Casters.of(corners, triangles[1:], np.array([2]), shares[1:]), HERE)
    assert list(alone.at(np.array([0.0]), np.array([20.0]))) == [2]


def test_a_result_keeps_the_sky_and_the_place() -> None:
    site = site_at(14.4, 50.1, 200.0)
    seen = obstruction(wall(7, (-5, 10), (5, 10), 10), HERE, np.array([0.0, 1.0, 0.2]), -8.0, 2.0)
    again, names = sky_from(sky_table(seen, lambda fid: f"house {fid}"))
    assert (again.hider == seen.hider).all() and again.step_deg == 2
    assert names[7] == "house 7" and names[BEHIND] == "behind the surface"
    kept = place_from(place_table(site))
    assert (kept.longitude, kept.latitude, kept.height_m, kept.zone) == (14.4, 50.1, 200.0, site.zone)
