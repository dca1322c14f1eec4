"""What casts shadow: which layers and objects, when, how far around, and how much light gets through."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from analysis import foliage
from analysis.casters import Casters, casters, height_range, margin_for
from analysis.situation import Situation
from layers.arrays import CityTiles
from layers.project import Project
from tests.analysis.scenes import FAR, gabled_houses
from tests.analysis.town import at, make_town

UP = np.array([0.0, 0.0, 1.0])
EAST = np.array([1.0, 0.0, 0.0])


def cast_by(cast: Casters, project: Project) -> set[str]:
    """The ids of objects that cast shadow."""
    return {project.object(fid).id for fid in np.unique(cast.fid).tolist() if fid >= 0}


def test_bodies_cast_shadow_and_flat_covers_do_not(town: Project) -> None:
    assert cast_by(casters(town), town) == {"A", "B", "deck", "lime", "spruce", "hedge"}


def test_terrain_casts_shadow_and_belongs_to_no_object(town: Project) -> None:
    cast = casters(town)
    ground = cast.fid == -1
    assert ground.sum() == 2 * 199 * 199
    under = np.array([at(20.0, 20.0, -1.0)])
    assert cast.rays.blocked(under, UP).all()
    assert cast.fid[cast.rays.first(under, UP)[0]] == -1


def test_what_is_met_says_which_object_and_polygon_it_is(town: Project) -> None:
    cast = casters(town)
    triangle, distance = cast.rays.first(np.array([at(45.0, 55.0, 5.0)]), EAST)
    city = town.drawable(town.layer("town"))
    assert town.object(int(cast.fid[triangle[0]])).id == "A"
    assert distance[0] == pytest.approx(5.0, abs=1e-4)
    assert isinstance(city, CityTiles)
    assert city.type_names[city.surface_type[cast.surface[triangle[0]]]] == "WallSurface"


def test_what_stands_follows_the_date_and_what_is_left_out(town: Project) -> None:
    assert "B" in cast_by(casters(town, Situation(date="1990-01-01")), town)
    assert "B" not in cast_by(casters(town, Situation(date="2020-01-01")), town)
    without = casters(town, Situation(without="type == 'Bridge' or id == 'A'"))
    assert cast_by(without, town) == {"B", "lime", "spruce", "hedge"}


def test_layers_that_are_switched_off_cast_no_shadow_and_the_notes_say_so(tmp_path: Path) -> None:
    with Project.open(make_town(tmp_path)) as project:
        with project.edit("Off") as edit:
            edit.set_layer(project.layer("ground").id, visible=False)
        cast = casters(project)
        assert (cast.fid >= 0).all()
        assert any("switched off" in note for note in cast.notes)


def test_only_what_can_shade_the_box_is_taken(town: Project) -> None:
    low, high = at(20, 50, 0), at(30, 60, 10)
    box = (*low, *high)
    assert cast_by(casters(town, box=box), town) == set()
    assert cast_by(casters(town, box=box, margin_m=35), town) == {"A", "B"}
    assert cast_by(casters(town, box=(*low[:2], 900.0, *high[:2], 900.0), margin_m=35), town) == {"A", "B"}
    # The roofs of A and B are 9.5 m and 10 m above the box's floor and 20 m and 30 m away.
    low_sun = casters(town, box=box, margin_m=35, lowest_altitude_deg=22.0)
    assert cast_by(low_sun, town) == {"A"}


def test_in_the_margin_terrain_is_coarser_but_without_gaps(town: Project) -> None:
    small = (*at(100, 100, 0), *at(110, 110, 10))
    cast = casters(town, box=small, margin_m=300, situation=Situation(without="type != ''"))
    assert (cast.fid == -1).sum() < 2 * 199 * 199 / 3
    random = np.random.default_rng(0)
    places = random.uniform(at(5, 5, 0)[:2], at(195, 195, 0)[:2], (20_000, 2))
    heights = cast.ground.heights(places)
    exact = (places[:, 0] - at(0, 0, 0)[0]) * 0.05
    assert np.abs(heights - exact).max() < 0.01  # it is a plane, whatever its cells; float32 heights
    under = np.column_stack((places, heights - 0.5))
    ways = np.column_stack((random.normal(size=(len(places), 2)), np.full(len(places), 1.0)))
    inner = (np.abs(places - at(100, 100, 0)[:2]) < 80).all(axis=1)
    assert cast.rays.blocked(under[inner], ways[inner]).all()


def test_light_through_plants_depends_on_the_season_and_the_plant(town: Project) -> None:
    cast = casters(town)
    lime, spruce, hedge, house = (
        np.array([at(x, y, 1.0)]) for x, y in ((140, 53), (176.5, 53), (140, 103), (45, 55))
    )
    along = np.array([1.0, 0.0, 0.1])  # steeper than the ground
    back = along * (-1, 1, 1)
    assert cast.share(house, along)[0] == 0
    assert cast.share(spruce, along)[0] == 1
    for in_leaf in (True, False):
        assert cast.share(hedge, along, in_leaf)[0] == pytest.approx(0.2)
        assert cast.share(spruce, back * (1, 1, 0), in_leaf)[0] == 0  # there is house B behind the trees
    # Through both trees: a lime in leaf or bare, a spruce with its needles.
    assert cast.share(lime, along)[0] == pytest.approx(foliage.IN_LEAF**2)
    assert cast.share(lime, along, in_leaf=False)[0] == pytest.approx(foliage.IN_LEAF * foliage.BARE)


def test_a_plant_dims_light_once_however_often_it_is_crossed() -> None:
    sheets = np.array([(x, y, z) for x in range(6) for y, z in ((-5, -5), (5, -5), (0, 5))], np.float64)
    triangles = np.arange(18, dtype=np.int32).reshape(6, 3)
    fid = np.array([1, 1, 2, 1, 2, 3])
    cast = Casters.of(sheets, triangles, fid, np.full((6, 2), 0.5, np.float32))
    start = np.array([[-1.0, 0.0, 0.0]])
    assert cast.share(start, EAST)[0] == 0.125
    assert cast.share(start, 3 * EAST)[0] == 0.125
    assert cast.share(start, np.array([EAST]))[0] == 0.125


@pytest.mark.parametrize(
    ("day", "latitude", "expected"),
    [
        ("2024-07-01", 52, True),
        ("2024-01-01", 52, False),
        ("2024-01-01", -34, True),
        ("2024-07-01", -34, False),
        ("2024-01-01", 5, True),
    ],
)
def test_trees_are_in_leaf_in_their_summer(day: str, latitude: float, expected: bool) -> None:
    assert foliage.in_leaf(date.fromisoformat(day), latitude) is expected


def test_hashes_follow_the_triangles_that_are_used(town: Project) -> None:
    whole, again = casters(town), casters(town)
    assert whole.inputs == again.inputs
    assert dict(whole.inputs).keys() == {"town", "ground"}
    less = casters(town, Situation(without="id == 'lime'"))
    assert dict(less.inputs)["ground"] == dict(whole.inputs)["ground"]
    assert dict(less.inputs)["town"] != dict(whole.inputs)["town"]


def test_the_margin_is_as_long_as_the_longest_shadow(town: Project) -> None:
    assert margin_for(45, 20) == pytest.approx(20)
    assert margin_for(10, 20) == pytest.approx(113.4, abs=0.1)
    assert margin_for(90, 20) == 0
    assert margin_for(0, 20) <= 5_000
    assert height_range(town) > 10


def test_points_in_bodies_are_known(town: Project) -> None:
    cast = casters(town)
    places = np.array([at(55, 55, 1), at(45, 55, 1), at(110, 70, 1), at(152, 53, 1)])
    assert cast.inside(places).tolist() == [True, False, False, False]


def test_triangles_that_lie_nowhere_are_dropped_with_a_note() -> None:
    vertices, triangles = gabled_houses(4)
    bad = np.array([(np.nan, 0, 0), (1e9, 0, 0), (0, np.inf, 0)]) + FAR
    first = len(vertices)
    more = np.array([(0, 1, first), (0, 1, first + 1), (0, 1, first + 2)], np.int32)
    cast = Casters.of(np.concatenate((vertices, bad)), np.concatenate((triangles, more)))
    assert len(cast.triangles) == len(triangles)
    assert "3 triangles are left out" in cast.notes[0]
    start = vertices[:1] - UP
    assert cast.rays.blocked(start, UP) == Casters.of(vertices, triangles).rays.blocked(start, UP)
