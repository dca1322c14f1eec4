"""Viewsheds of rasters, against closed forms, against every cell's own line, and against themselves."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.sight.fieldofview import FieldOfView
from analysis.sight.sights import EARTH_RADIUS_M, Bend
from analysis.sight.viewshed import Aim, Eye, Surface, excess_m, viewshed, viewshed_as_gdal
from layers.errors import UsageError
from tests.rasters import hilly


def town(rows: int = 150, columns: int = 200, seed: int = 3) -> Surface:
    """Hills with boxes on them."""
    heights = hilly(rows, columns)
    random = np.random.default_rng(seed)
    for _ in range(60):
        row, column = random.integers(0, (rows - 12, columns - 12))
        heights[row : row + 9, column : column + 7] += random.uniform(3, 20)
    return Surface(heights.astype(np.float32))


def on(surface: Surface, row: int, column: int, height_m: float = 1.6) -> Eye:
    return Eye(row, column, float(surface.heights[row, column]) + height_m)


@pytest.mark.parametrize("is_ridge", [False, True])
@pytest.mark.parametrize("turned", range(4))
def test_behind_a_wall_or_a_ridge_one_sees_from_where_the_line_over_its_top_meets(
    is_ridge: bool, turned: int
) -> None:
    rows, columns, away = 41, 101, 10
    heights = np.zeros((rows, columns), np.float32)
    heights[:, away] = 12.0
    if is_ridge:
        heights[:, away - 4 : away + 5] = 12.0 - 3.0 * np.abs(np.arange(-4, 5))
    eye = Eye(20, 0, 2.0)
    row, column = np.mgrid[0:rows, 0:columns]
    expected = 2.0 + (12.0 - 2.0) * column / away
    behind = (column > away + 4) & (np.abs(row - 20) <= column)
    for _ in range(turned):
        heights, expected, behind = np.rot90(heights), np.rot90(expected), np.rot90(behind)
        eye = Eye(heights.shape[0] - 1 - eye.column, eye.row, eye.z)
    surface = Surface(np.ascontiguousarray(heights))
    found = viewshed(surface, [eye], with_lowest=True)
    assert found.lowest_m is not None
    assert found.lowest_m[behind] == pytest.approx(expected[behind], abs=1e-3)
    assert not found.count[behind].any()


@pytest.mark.parametrize("refraction", [0.0, 0.13])
@pytest.mark.parametrize("upright", [False, True])
def test_of_a_tower_20_km_away_the_earth_hides_what_the_closed_form_says(
    refraction: float, upright: bool
) -> None:
    sea = np.zeros((3, 2002), np.float32)
    eye_m, cell_m, bend = 10.0, 10.0, Bend(refraction)
    steps = (cell_m, 0.0, 0.0, -cell_m)
    surface = Surface(np.ascontiguousarray(sea.T) if upright else sea, steps)
    eye = Eye(0, 1, eye_m) if upright else Eye(1, 0, eye_m)
    found = viewshed(surface, [eye], Aim(bend=bend), with_lowest=True).lowest_m
    assert found is not None
    factor = (1 - refraction) / (2 * EARTH_RADIUS_M)
    horizon_m = np.sqrt(eye_m / factor)
    expected = factor * (20_000.0 - horizon_m) ** 2
    assert (found[2000, 1] if upright else found[1, 2000]) == pytest.approx(expected, abs=1e-3)


def test_nearly_all_cells_are_as_their_own_lines_of_sight_say() -> None:
    surface = town()
    rows, columns = (cells.ravel() for cells in np.mgrid[0:150, 0:200])
    for eye in (on(surface, 70, 90, 15.0), on(surface, 2, 197, 30.0), on(surface, 149, 0)):
        excess = excess_m(surface, eye, rows, columns).reshape(150, 200)
        found = viewshed(surface, [eye], Aim(1.0, rays_per_cell=2))
        assert found.cells.tolist() == [found.count.sum()]
        differ = (found.count > 0) != (excess <= 1.0)
        assert differ.mean() < 0.005
        assert np.abs(excess[differ] - 1.0).max(initial=0.0) < 1.5  # they are at the edge of what is seen


@pytest.mark.parametrize("count", [3, 15])
def test_the_count_of_many_observers_is_the_sum_of_each(count: int) -> None:
    surface = Surface(town().heights, (2.0, 0.1, 0.2, -1.5))
    eyes = [on(surface, 9 * number + 4, 13 * number + 2, 8.0) for number in range(count)]
    aim = Aim(0.0, Bend(0.13), FieldOfView(radius_m=170.0, azimuth_deg=40.0, width_deg=260.0))
    together = viewshed(surface, eyes, aim, with_lowest=True)
    each = [viewshed(surface, [eye], aim, with_lowest=True) for eye in eyes]
    assert np.array_equal(together.count, sum(one.count.astype(np.int64) for one in each))
    assert together.cells.tolist() == [int(one.count.sum()) for one in each]
    assert together.lowest_m is not None
    least = np.min([one.lowest_m for one in each if one.lowest_m is not None], axis=0)
    assert np.array_equal(together.lowest_m, least)
    assert np.array_equal(together.count > 0, together.lowest_m <= 0)


@pytest.mark.parametrize(
    "view",
    [
        FieldOfView(radius_m=37.5),
        FieldOfView(azimuth_deg=200.0, width_deg=75.0),
        FieldOfView(azimuth_deg=-30.0, width_deg=250.0, radius_m=60.0),
        FieldOfView(low_deg=-4.0, high_deg=7.0),
    ],
)
def test_a_field_of_view_takes_away_what_lies_outside_it(view: FieldOfView) -> None:
    surface = Surface(town().heights, (2.0, 0.0, 0.0, -1.5))
    eye, bend = on(surface, 60, 110, 10.0), Bend(0.13)
    every = viewshed(surface, [eye], Aim(0.5, bend, FieldOfView(), 8)).count > 0
    found = viewshed(surface, [eye], Aim(0.5, bend, view, 8)).count > 0
    rows, columns = (cells.ravel() for cells in np.mgrid[0:150, 0:200])
    ends = np.column_stack(
        (2.0 * (columns - 110), -1.5 * (rows - 60), surface.heights.ravel().astype(np.float64) + 0.5)
    )
    inside = view.holds(np.array((0.0, 0.0, eye.z)), ends, bend).reshape(150, 200)
    inside[60, 110] = True
    assert not (found & ~inside).any()
    assert ((every & inside) != found).mean() < 0.002  # a shorter reach has other rays


def test_holes_hide_nothing_and_are_not_seen() -> None:
    heights = np.zeros((21, 61), np.float32)
    heights[:, 20] = 10.0
    heights[:, 30:40] = np.nan
    heights[10, 20] = np.nan
    found = viewshed(Surface(heights), [Eye(10, 0, 2.0)]).count
    assert not found[:, 30:40].any()
    assert found[10, 45] == 1  # through the hole in the wall
    assert found[4, 45] == 0
    assert not viewshed(Surface(np.full((3, 3), np.nan, np.float32)), [Eye(1, 1, 2.0)]).count.any()


def test_from_below_the_surface_one_sees_no_more_than_the_next_cells() -> None:
    found = viewshed(Surface(np.full((9, 9), 10.0, np.float32)), [Eye(4, 4, 0.0)]).count
    assert found.sum() <= 9


def test_an_observer_beside_the_raster_is_refused() -> None:
    with pytest.raises(UsageError, match="beside the raster"):
        viewshed(town(), [Eye(0, 200, 50.0)])
    with pytest.raises(UsageError, match="cannot be counted"):
        viewshed_as_gdal(town(), [])


def test_the_method_of_gdal_agrees_with_lines_of_sight_but_for_its_interpolation() -> None:
    surface = town()
    eye = on(surface, 70, 90, 15.0)
    theirs = viewshed_as_gdal(surface, [eye]).count
    ours = viewshed(surface, [eye]).count
    assert theirs.max() == 1
    assert 0.93 < (theirs == ours).mean() < 1.0
