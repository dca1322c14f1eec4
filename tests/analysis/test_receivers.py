"""Points that receive light: where they lie, what they stand for, and that they neither shade themselves
nor see through joints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from analysis.casters import casters
from analysis.facades import Wanted, on_surfaces
from analysis.facing import in_plane, normals_and_areas
from analysis.gridding import Polygons, gridded
from analysis.plots import Area, on_ground, settled
from analysis.receivers import LIFT_M, WINDOW_LIFT_M, Receivers, on_points, on_windows
from analysis.situation import Situation
from layers.arrays import Float64
from layers.errors import UsageError
from layers.project import Project
from layers.triangulate import triangulate
from tests.analysis.town import HOUSE_HEIGHT_M, HOUSE_SIDE_M, SLOPE, at, make_town
from tests.cities import make_project
from tests.conftest import real

TODAY = Situation(date="2020-01-01")  # house B is gone


def lattice(rings: list[Float64], spacing_m: float) -> tuple[Float64, Float64, float]:
    """Points, their areas, and the area of one polygon with holes."""
    corners = np.concatenate(rings)
    found = triangulate(
        corners, np.array([len(ring) for ring in rings], np.int32), np.array([len(rings)], np.int32)
    )
    triangles, count = corners[found.triangles], np.array([len(found.triangles)])
    normals, _ = normals_and_areas(triangles, count)
    points = gridded(
        Polygons(triangles, count, normals, in_plane(corners[1:2] - corners[:1], normals)), spacing_m
    )
    return points.points, points.area_m2, float(points.polygon_area_m2[0])


def test_a_square_gets_the_centres_of_its_cells() -> None:
    ring = np.array([(0, 0, 7), (4, 0, 7), (4, 2, 7), (0, 2, 7)], np.float64)
    points, areas, area = lattice([ring], 1.0)
    assert area == pytest.approx(8)
    assert areas.tolist() == [1.0] * 8
    expected = {(x + 0.5, y + 0.5, 7.0) for x in range(4) for y in range(2)}
    assert {tuple(np.round(point, 9)) for point in points} == expected


def test_holes_have_no_points_and_areas_add_up() -> None:
    outer = np.array([(0, 0, 0), (10, 0, 0), (10, 0, 10), (0, 0, 10)], np.float64)
    hole = np.array([(3, 0, 3), (3, 0, 7), (7, 0, 7), (7, 0, 3)], np.float64)
    points, areas, area = lattice([outer, hole], 0.5)
    assert area == pytest.approx(84)
    assert areas.sum() == pytest.approx(84, rel=1e-12)
    assert len(points) == 84 * 4
    assert not ((np.abs(points[:, 0] - 5) < 2) & (np.abs(points[:, 2] - 5) < 2)).any()
    assert np.abs(points[:, 1]).max() < 1e-12


def test_a_sliver_gets_a_point_of_its_own() -> None:
    sliver = np.array([(0, 0, 0), (3, 0.0, 0), (6, 0.0, 0.001)], np.float64)
    points, areas, area = lattice([sliver], 1.0)
    assert len(points) >= 1
    assert areas.sum() == pytest.approx(area)


def test_points_of_a_warped_surface_lie_on_its_triangles() -> None:
    warped = np.array([(0, 0, 0), (10, 0, 0), (10, 10, 1), (0, 10, 0)], np.float64)
    points, _, _ = lattice([warped], 1.0)
    on_first = np.maximum(points[:, 0] + points[:, 1] - 10, 0) / 10
    on_second = np.minimum(points[:, 0], points[:, 1]) / 10
    away = np.minimum(np.abs(points[:, 2] - on_first), np.abs(points[:, 2] - on_second))
    assert away.max() < 1e-9


def test_a_house_has_a_roof_and_walls_that_look_to_the_four_winds(town: Project) -> None:
    found = on_surfaces(town, TODAY, spacing_m=1.0, convergence_deg=0.0)
    roof, walls = HOUSE_SIDE_M**2, HOUSE_SIDE_M * HOUSE_HEIGHT_M
    assert found.surface_type == ["RoofSurface", *["WallSurface"] * 4]
    assert found.row_area_m2 == pytest.approx([roof, *[walls] * 4])
    assert found.tilt_deg == pytest.approx([0, 90, 90, 90, 90])
    assert sorted(found.azimuth_deg[1:]) == pytest.approx([0, 90, 180, 270])
    assert set(found.object_id) == {"A"}
    assert len(found) == roof + 4 * walls
    assert np.bincount(found.row, found.area_m2) == pytest.approx(found.row_area_m2, rel=1e-12)


def test_azimuths_are_from_true_north(town: Project) -> None:
    grid, true = on_surfaces(town, TODAY), on_surfaces(town, TODAY, convergence_deg=1.5)
    assert true.azimuth_deg[1:] == pytest.approx((grid.azimuth_deg[1:] + 1.5) % 360)
    assert true.azimuth_deg[0] == 0


def test_what_is_asked_for_is_given(town: Project) -> None:
    bridge = on_surfaces(town, TODAY, Wanted(where="type == 'Bridge'"))
    assert set(bridge.object_id) == {"deck"}
    fid = int(bridge.fid[0])
    assert on_surfaces(town, TODAY, Wanted(fids=[fid])).surface_id == bridge.surface_id
    walls = on_surfaces(town, TODAY, Wanted(types=frozenset(("WallSurface",))))
    assert set(walls.surface_type) == {"WallSurface"}
    before = on_surfaces(town, Situation(date="1990-01-01"))
    assert set(before.object_id) == {"A", "B"}
    assert len(on_surfaces(town, TODAY, Wanted(box=(0, 0, 0, 1, 1, 1)))) == 0


def test_nothing_shades_itself(town: Project) -> None:
    found = on_surfaces(town, TODAY)
    cast = casters(town, TODAY)
    assert not cast.rays.blocked(found.points, found.normals, 1.0).any()
    random = np.random.default_rng(1)
    ways = random.normal(size=(len(found), 3))
    ways *= np.sign((ways * found.normals).sum(axis=1))[:, None]
    # Of rays that leave a box in any direction, only those downwards and those to the neighbours end.
    ways[:, 2] = np.abs(ways[:, 2])
    assert cast.rays.blocked(found.points, ways).mean() < 0.08


def test_walls_that_touch_are_dark_and_no_light_comes_through_their_joint(town: Project) -> None:
    situation = Situation(date="1990-01-01")
    found, cast = on_surfaces(town, situation), casters(town, situation)
    east_of_a = [
        number
        for number, (id, azimuth) in enumerate(zip(found.object_id, found.azimuth_deg, strict=True))
        if id == "A" and azimuth == 90
    ]
    mine = found.row == east_of_a[0]
    # House B stands half a metre higher on its slope, and covers the wall but for its lowest row.
    random = np.random.default_rng(2)
    ways = random.normal(size=(int(mine.sum()), 3))
    ways[:, 0], ways[:, 2] = np.abs(ways[:, 0]), np.abs(ways[:, 2])
    covered = found.points[mine][:, 2] > at(60, 50, 0)[2] + 0.1
    assert cast.rays.blocked(found.points[mine], ways)[covered].all()
    assert covered.mean() == 7 / 8


def test_untyped_surfaces_are_named_after_how_they_lean(tmp_path: Path) -> None:
    with Project.open(make_town(tmp_path, terrain=False, semantics=False), read_only=True) as project:
        found = on_surfaces(project, TODAY)
        assert sorted(found.surface_type) == ["RoofSurface", *["WallSurface"] * 4]
        assert any("have no type" in note for note in found.notes)


def test_bodies_turned_inside_out_are_turned_round(tmp_path: Path) -> None:
    with Project.open(make_town(tmp_path, terrain=False, turned=True), read_only=True) as project:
        found = on_surfaces(project, TODAY)
        assert found.tilt_deg == pytest.approx([0, 90, 90, 90, 90])
        assert any("inside out" in note for note in found.notes)
        assert not casters(project, TODAY).rays.blocked(found.points, found.normals, 1.0).any()


def plot(x0: float, y0: float, x1: float, y1: float) -> Area:
    return Area(shapely.box(*at(x0, y0, 0)[:2], *at(x1, y1, 0)[:2]), "plot")


def test_ground_points_lie_on_the_terrain_and_not_in_buildings(town: Project) -> None:
    area = plot(40, 40, 80, 80)
    cast = casters(town, TODAY, box=(*area.polygon.bounds[:2], 0, *area.polygon.bounds[2:], 0), margin_m=50)
    found = on_ground(cast, [area], 0.5)
    assert found.points[:, 2] == pytest.approx(
        (found.points[:, 0] - at(0, 0, 0)[0]) * SLOPE + LIFT_M, abs=1e-4
    )
    assert found.row_area_m2[0] == pytest.approx(40 * 40 - 100, rel=0.01)
    in_house = (np.abs(found.points[:, :2] - at(55, 55, 0)[:2]) < 4.9).all(axis=1)
    assert not in_house.any()
    steep = np.array([0.1, 0.0, 0.2])
    away = found.points[:, 0] > at(60.1, 0, 0)[0]
    assert not cast.rays.blocked(found.points[away], steep, 50.0).any()


def test_the_raster_of_the_ground_puts_every_point_in_its_cell(town: Project) -> None:
    found = on_ground(casters(town, TODAY), [plot(41.3, 40.2, 47.9, 60.0)], 2.0)
    assert found.grid is not None
    grid = found.grid
    row, column = np.divmod(grid.cell, grid.columns)
    assert grid.west + (column + 0.5) * 2 == pytest.approx(found.points[:, 0])
    assert grid.north - (row + 0.5) * 2 == pytest.approx(found.points[:, 1])
    assert row.max() < grid.rows and grid.west % 2 == 0 and grid.north % 2 == 0


def test_without_terrain_the_ground_is_at_the_feet_of_objects(tmp_path: Path) -> None:
    with Project.open(make_town(tmp_path, terrain=False), read_only=True) as project:
        found = on_ground(casters(project, TODAY), [plot(40, 40, 48, 60)], 2.0)
        assert set(np.round(found.points[:, 2] - LIFT_M, 6)) == {at(50, 50, 0)[2]}
        assert "no terrain" in found.notes[0]


def test_streets_under_the_ground_are_raised_onto_it(town: Project) -> None:
    found = on_surfaces(town, TODAY, Wanted(where="type == 'Road'"))
    deep = Receivers(**{**found.__dict__, "points": found.points - (0.0, 0.0, 0.2)})
    cast = casters(town, TODAY)
    raised = settled(deep, cast)
    ground = (raised.points[:, 0] - at(0, 0, 0)[0]) * SLOPE
    assert raised.points[:, 2] == pytest.approx(ground + LIFT_M, abs=1e-4)
    assert (settled(found, cast).points == found.points).all()


def test_windows_are_seen_from_outside() -> None:
    ring = np.array([(0, 0, 1), (2, 0, 1), (2, 0, 2), (0, 0, 2)], np.float64)
    found = on_windows([ring, ring + np.array((0, 5, 0))], 0.5, names=["kitchen"])
    assert found.azimuth_deg == pytest.approx([180, 180])
    assert found.row_area_m2 == pytest.approx([2, 2])
    assert found.points[found.row == 0][:, 1] == pytest.approx(-WINDOW_LIFT_M)
    assert found.surface_id == ["kitchen", "point 2"]
    with pytest.raises(UsageError, match="no area"):
        on_windows([np.zeros((4, 3))])


def test_given_points_are_taken_as_they_are() -> None:
    found = on_points(np.array([(1, 2, 3, 0, -2, 0), (4, 5, 6, 0, 0, 1.0)]))
    assert found.points.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert found.tilt_deg == pytest.approx([90, 0])
    assert found.azimuth_deg == pytest.approx([180, 0])
    assert found.per_row(np.array([7.0, 9.0])).tolist() == [7, 9]


def test_real_buildings_do_not_shade_themselves() -> None:
    """Of the points on a real city's surfaces, hardly any has something within 5 cm before it."""
    with make_project(real("cityjson/denhaag/denhaag.city.json")) as project:
        found = on_surfaces(project)
        cast = casters(project)
        near = cast.rays.blocked(found.points, found.normals, 0.05)
        assert np.bincount(found.row, found.area_m2) == pytest.approx(found.row_area_m2, rel=1e-9)
        assert near.mean() < 0.01
