"""Isovists in plan against another way to find them, and in a small town on a slope."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from analysis import isovist
from analysis.analysis import analysis_of
from analysis.isovist import Inputs
from analysis.obstacles import Casters
from analysis.sight import planview
from analysis.sight.planview import Plan, cut_level, noded
from analysis.skyfactors import sky_factors
from layers.arrays import Float64
from layers.errors import UsageError
from layers.project import Project
from layers.results import FINDINGS, OBSERVERS, VOLUMES
from tests.analysis.test_shadow import box
from tests.analysis.town import NORTH, SIZE_M, WEST, make_town
from tests.plans import rectangle, seen_in_plan
from tests.validation.scenes import parallel_walls

#: Where house A stands, and B until 2000.
A, B = np.array([(50, 50), (60, 50), (60, 60), (50, 60)]), np.array([(60, 50), (70, 50), (70, 60), (60, 60)])
#: The lime, the spruce and the hedge.
TREES = [
    np.array(corner) + np.array([(0, 0), (6, 0), (6, 6), (0, 6)])
    for corner in ((150, 50), (170, 50), (150, 100))
]


def sides(*rings: Float64) -> Float64:
    """The sides (k, 2, 2) of rings."""
    return np.concatenate([np.stack((ring, np.roll(ring, -1, axis=0)), axis=1) for ring in rings]).astype(
        float
    )


def in_the_world(ring: Float64) -> Float64:
    found: Float64 = ring + np.array((WEST, NORTH - SIZE_M))
    return found


def test_nothing_around_is_a_circle() -> None:
    found = Plan(np.empty((0, 2, 2))).isovist(np.array([3.0, 4.0]), 50.0)
    assert found.area_m2 == pytest.approx(np.pi * 2500) and found.perimeter_m == pytest.approx(np.pi * 100)
    assert found.longest_m == 50.0
    assert shapely.Polygon(found.ring).area == pytest.approx(np.pi * 2500, rel=1e-3)


def test_a_room_is_seen_as_a_whole() -> None:
    room = sides(rectangle(0, 0, 5, 3, 0.4))
    found = Plan(room).isovist(np.array([0.0, 0.0]), 50.0)
    assert found.area_m2 == pytest.approx(60.0) and found.perimeter_m == pytest.approx(32.0)
    assert found.longest_m == pytest.approx(np.hypot(5, 3))
    assert (found.towards - 0.4) % np.pi == pytest.approx(np.arctan2(3, 5)) or (
        0.4 - found.towards
    ) % np.pi == pytest.approx(np.arctan2(3, 5))


def test_a_wall_hides_what_is_behind_it() -> None:
    wall = np.array([[[10.0, -10.0], [10.0, 10.0]]])
    found = Plan(wall).isovist(np.zeros(2), 40.0)
    shadow = np.pi / 4 * 40**2 - 100.0
    assert found.area_m2 == pytest.approx(np.pi * 1600 - shadow)
    jumps = 2 * (40 - np.hypot(10, 10))
    assert found.perimeter_m == pytest.approx(40 * 1.5 * np.pi + 20 + jumps)


def test_walls_that_cross_are_cut_where_they_do() -> None:
    cross = np.array([[[5.0, -10.0], [5.0, 10.0]], [[0.0, 3.0], [20.0, 3.0]]])
    assert len(noded(cross)) == 4
    seen = Plan(noded(cross)).isovist(np.zeros(2), 30.0)
    # Below the level wall the upright one is nearer; above it is hidden by the level one.
    ring = shapely.Polygon(seen.ring)
    assert ring.contains(shapely.Point(4, 0)) and not ring.contains(shapely.Point(6, 0))
    assert not ring.contains(shapely.Point(4, 4))


def test_walls_that_nearer_ones_cover_make_no_difference() -> None:
    random = np.random.default_rng(2)
    rings = [
        rectangle(*place, *half, turn)
        for place, half, turn in zip(
            random.uniform(-90, 90, (120, 2)),
            random.uniform(2, 9, (120, 2)),
            random.uniform(0, 3, 120),
            strict=True,
        )
    ]
    lines = noded(sides(*rings))
    on_walls = lines[::97].mean(axis=1)
    for place in (*random.uniform(-60, 60, (40, 2)), *on_walls, *lines[::131, 0]):
        found, judge = Plan(lines).isovist(place, 70.0), planview.isovist(place, lines, 70.0)
        assert found.area_m2 == pytest.approx(judge.area_m2, rel=1e-12)
        assert found.perimeter_m == pytest.approx(judge.perimeter_m, rel=1e-12)


def test_triangles_are_cut_at_a_level() -> None:
    lines = cut_level(box((0, 0, 0), (4, 6, 10)), 1.6)
    assert shapely.length(shapely.union_all(shapely.linestrings(lines))) == pytest.approx(20.0)
    assert len(cut_level(box((0, 0, 0), (4, 6, 10)), 11.0)) == 0


def test_a_street_that_rises_is_seen_along(town: Project) -> None:
    places = ((WEST + 100.0, NORTH - SIZE_M + 40.0),)
    result = isovist.run(town, Inputs(places=places, date="2026-01-01", radius_m=80.0))
    judge = seen_in_plan(places[0], [in_the_world(ring) for ring in (A, *TREES)], 80.0)
    found = result.surfaces.numbers("isovist_area_m2")[0]
    # The deck is above the eye; the ground rises by 4 m in 80 m, and what stands on it by as much.
    assert found == pytest.approx(judge.area, rel=1e-6)
    ring = shapely.from_wkb(result.tables[VOLUMES].texts("wkb")[0])
    assert ring.area == pytest.approx(judge.area, rel=1e-3)
    assert ring.symmetric_difference(judge).area / judge.area < 1e-3
    assert shapely.get_coordinates(ring, include_z=True)[:, 2] == pytest.approx(5.0 + 1.6, abs=1e-6)
    assert result.tables[OBSERVERS].numbers("z") == pytest.approx(6.6, abs=1e-6)
    assert "one sees" in result.tables[FINDINGS].texts("sentence")[0]


def test_trees_are_left_out_when_they_do_not_count(town: Project) -> None:
    places = ((WEST + 130.0, NORTH - SIZE_M + 52.0),)
    with_trees, without = (
        isovist.run(town, Inputs(places=places, date="2026-01-01", radius_m=60.0, vegetation=leafy))
        for leafy in (True, False)
    )
    assert without.surfaces.numbers("openness_pct")[0] > with_trees.surfaces.numbers("openness_pct")[0]
    judge = seen_in_plan(places[0], [in_the_world(A)], 60.0)
    assert without.surfaces.numbers("isovist_area_m2")[0] == pytest.approx(judge.area, rel=1e-6)


def test_what_a_house_took_is_the_difference(town: Project) -> None:
    places = ((WEST + 90.0, NORTH - SIZE_M + 55.0),)
    inputs = Inputs(places=places, date="2026-01-01", compare=True, compare_date="1990-01-01", radius_m=55.0)
    result = isovist.run(town, inputs)
    now, before = (
        seen_in_plan(places[0], [in_the_world(ring) for ring in bodies], 55.0).area
        for bodies in ((A,), (A, B))
    )
    assert result.surfaces.numbers("isovist_area_m2_change")[0] == pytest.approx(now - before, rel=1e-4)
    assert result.surfaces.numbers("openness_pct_change")[0] > 0
    assert result.tables[VOLUMES].texts("name") == ["place 1", "place 1, before"]
    table = result.tables["isovists"]
    for when in ("", "_before"):  # 400 pi area / perimeter²
        area, around = (table.numbers(f"isovist_{name}{when}")[0] for name in ("area_m2", "perimeter_m"))
        assert table.numbers(f"compactness_pct{when}")[0] == pytest.approx(400 * np.pi * area / around**2)
    # It opens to the east, where the house stood before.
    assert {"longest_azimuth_deg", "longest_azimuth_deg_before"} <= set(table.columns)


def test_everywhere_in_an_area(town: Project) -> None:
    result = isovist.run(town, Inputs(on="ground", where="id == 'street'", spacing_m=4.0, radius_m=50.0))
    alone = isovist.run(
        town,
        Inputs(
            places=tuple(
                map(tuple, np.column_stack([result.points.numbers(axis) for axis in "xy"])[[3, 30]].tolist())
            ),
            radius_m=50.0,
        ),
    )
    for name in ("isovist_area_m2", "longest_sight_m", "openness_pct", "sky_view_factor"):
        assert result.points.numbers(name)[[3, 30]] == pytest.approx(alone.points.numbers(name), rel=1e-6)
    assert result.grid is not None and len(result.grid.cell) == len(result.points) == 44


def test_open_sky_between_two_walls_is_that_of_the_closed_form() -> None:
    scene = parallel_walls(20.0, [-10.0, 10.0], (np.cos(0.3), np.sin(0.3)))
    cast = Casters.of(scene.vertices, scene.triangles)
    seen = sky_factors(cast, np.array([[0.0, 0, 1e-3]]), np.array([[0.0, 0, 1]]), 3000)
    assert seen.openness[0] == pytest.approx(2 / np.pi * np.arctan(10 / 20), abs=0.005)


def test_without_terrain_the_ground_is_where_objects_stand(tmp_path: Path) -> None:
    with Project.open(make_town(tmp_path, terrain=False), read_only=True) as bare:
        x, y = WEST + 100.0, NORTH - SIZE_M + 40.0
        # The deck is the nearest, its foot 10 m high; the houses stand on 2.5 m.
        result = isovist.run(bare, Inputs(places=((x, y, 10.0),), date="2026-01-01", radius_m=80.0))
        # Only what is as high as 1.6 m above its foot stands in the way: the deck is 1 m thick.
        judge = seen_in_plan((x, y), [in_the_world(ring) for ring in (A, *TREES)], 80.0)
        assert result.surfaces.numbers("isovist_area_m2")[0] == pytest.approx(judge.area, rel=1e-6)
        with pytest.raises(UsageError, match="no terrain under"):
            isovist.run(bare, Inputs(places=((x, y),)))
        ground = isovist.run(bare, Inputs(on="ground", where="id == 'street'", spacing_m=4.0, radius_m=50.0))
        assert len(ground.points) == 44 and np.isfinite(ground.points.numbers("isovist_area_m2")).all()


def test_what_cannot_be_is_a_sentence(town: Project) -> None:
    with pytest.raises(UsageError, match="No viewing place is given"):
        isovist.run(town, Inputs())
    with pytest.raises(UsageError, match="nowhere to look from"):
        isovist.run(town, Inputs(on="ground", where="id == 'A'", date="2026-01-01", spacing_m=50.0))
    assert analysis_of("isovist").TITLE
