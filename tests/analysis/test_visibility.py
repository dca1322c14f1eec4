"""Viewsheds of a small town: what of its houses and its ground is seen, from where, in which state."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis import visibility
from analysis.sight.fieldofview import FieldOfView
from analysis.sight.outlook import SEEN, SEEN_BY, SEEN_BY_PCT
from analysis.sight.sights import Bend
from analysis.sight.waypoints import stops
from analysis.visibility import Inputs
from layers.cache import cache_folder
from layers.errors import UsageError
from layers.importing import complete
from layers.project import Project
from layers.results import FINDINGS, OBSERVERS, Result
from tests.analysis.town import SLOPE, at, make_town

#: South of house A, and east of it where house B stood until 2000.
SOUTH, EAST = at(55, 20, 0), at(90, 55, 0)
HOUSE = "id == 'A'"
NOW, THEN = "2020-01-01", "1990-01-01"


def shares(result: Result, column: str = SEEN) -> dict[str, float]:
    """What is seen of the roof, and of the walls by the way they look."""
    found = {}
    table = result.surfaces
    values = zip(
        table.texts("surface_type"), table.numbers("azimuth_deg"), table.numbers(column), strict=True
    )
    for kind, azimuth, value in values:
        name = {0: "north", 1: "east", 2: "south", 3: "west"}[round(azimuth / 90) % 4]
        found["roof" if kind == "RoofSurface" else name] = value
    return found


def sentences(result: Result) -> str:
    return " ".join(result.tables[FINDINGS].texts("sentence"))


def test_a_house_shows_the_wall_that_one_stands_before(town: Project) -> None:
    result = visibility.run(town, Inputs(places=(SOUTH[:2],), where=HOUSE, date=NOW))
    assert shares(result) == {"south": 1.0, "north": 0.0, "east": 0.0, "west": 0.0, "roof": 0.0}
    (eye,) = result.tables[OBSERVERS].numbers("z")
    assert eye == pytest.approx(SLOPE * 55 + 1.6, abs=0.01)
    above = visibility.run(town, Inputs(places=(at(55, 20, 30),), where=HOUSE, date=NOW))
    assert shares(above)["roof"] == 1.0
    points = above.points
    assert set(points.numbers(SEEN)) == {0.0, 1.0}
    assert len(above.pedigree.inputs[0][1]) == 64 and "0.01" in above.pedigree.error


def test_what_comes_into_sight_when_a_house_is_gone(town: Project) -> None:
    inputs = Inputs(places=(EAST,), where=HOUSE, date=NOW, compare=True, compare_date=THEN)
    result = visibility.run(town, inputs)
    assert (shares(result)["east"], shares(result, SEEN + "_before")["east"]) == (1.0, 0.0)
    assert shares(result, SEEN + "_change")["east"] == 1.0
    assert "that were hidden before are seen now" in sentences(result)
    objects = result.tables["objects"]
    assert objects.numbers("seen_m2_change") == pytest.approx(objects.numbers("seen_m2"))
    # The other way round the house comes, and takes it; of what was not there before nothing was seen.
    inputs = Inputs(places=(EAST,), date=THEN, compare=True, compare_date=NOW)
    back = visibility.run(town, inputs)
    assert "that were seen before are no longer seen" in sentences(back)
    new = np.array(back.surfaces.texts("object_id"), object) == "B"
    assert np.isnan(back.surfaces.numbers(SEEN + "_before")[new]).all()
    assert "of what was not there before are seen" in sentences(back)


def test_places_add_up(town: Project) -> None:
    both = Inputs(places=(SOUTH, at(55, 90, 0)), where=HOUSE, date=NOW)
    result = visibility.run(town, both)
    assert (shares(result)["south"], shares(result)["north"]) == (1.0, 1.0)
    assert shares(result, SEEN_BY)["south"] == 1 and shares(result, SEEN_BY_PCT)["south"] == 50
    table = result.tables["places"]
    each = [visibility.run(town, Inputs(places=(place,), where=HOUSE, date=NOW)) for place in both.places]
    assert table.numbers("seen_m2") == pytest.approx(
        [one.tables["places"].numbers("seen_m2")[0] for one in each]
    )


def test_on_the_ground_a_house_leaves_its_shadow_of_sight(town: Project) -> None:
    # On a slope, so with eye and targets 1.6 m above it: what the house hides is as on a plane.
    inputs = Inputs(
        places=(at(30, 55, 0)[:2],),
        on="ground",
        box=",".join(str(value) for value in (*at(71, 20, 0)[:2], *at(95, 90, 0)[:2])),
        spacing_m=1.0,
        target_height_m=1.6,
        date=NOW,
        curvature=False,
    )
    points = visibility.run(town, inputs).points
    x, y = points.numbers("x") - at(0, 0, 0)[0], points.numbers("y") - at(0, 0, 0)[1]
    slope = np.abs(y - 55) / (x - 30)
    hidden = slope < 5 / 20
    clear = np.abs(slope - 5 / 20) > 1e-6
    assert (points.numbers(SEEN) == ~hidden)[clear].all() and 0.2 < hidden.mean() < 0.8


def test_a_reach_without_objects_is_the_ground_within_it(town: Project) -> None:
    result = visibility.run(
        town, Inputs(places=(at(30, 120, 0)[:2],), on="ground", radius_m=12.0, date=NOW, spacing_m=1.0)
    )
    x, y, _ = at(30, 120, 0)
    away = np.hypot(result.points.numbers("x") - x, result.points.numbers("y") - y)
    assert away.max() <= 12.0 and result.surfaces.numbers("area_m2") == pytest.approx(np.pi * 144, rel=0.01)
    assert result.grid is not None and "within 12 m" in result.title


def test_square_metres_do_not_depend_on_how_far_apart_points_are(town: Project) -> None:
    # The ground rises along the walls, so that some of them is under it.
    fine, coarse = (
        visibility.run(town, Inputs(places=(SOUTH[:2],), where=HOUSE, date=NOW, spacing_m=spacing))
        for spacing in (0.3, 10.0)
    )
    for name in ("area_m2", "seen_m2"):
        values = (result.tables["objects"].numbers(name) for result in (fine, coarse))
        assert next(values) == pytest.approx(next(values), rel=1e-9), name
    walls = [row for row, kind in enumerate(fine.surfaces.texts("surface_type")) if kind == "WallSurface"]
    area = fine.surfaces.numbers("area_m2")
    # Walls are 10 m wide and 8 m high, and reach down to where the ground is 0.5 m per 10 m higher.
    assert 0.9 * 80 < area[walls].min() < area[walls].max() <= 80.0 + 1e-9
    assert fine.tables[FINDINGS].texts("sentence")[0] == coarse.tables[FINDINGS].texts("sentence")[0]


def test_shares_are_of_what_lies_within_reach_and_in_view(town: Project) -> None:
    place, box = at(30, 120, 0)[:2], ",".join(map(str, (*at(0, 100, 0)[:2], *at(60, 140, 0)[:2])))
    ask = Inputs(places=(place,), on="ground", box=box, date=NOW, radius_m=10.0, width_deg=90.0)
    result = visibility.run(town, ask)
    quarter = np.pi * 100 / 4
    assert result.surfaces.numbers("area_m2").sum() == pytest.approx(quarter, rel=0.06)
    assert result.grid is not None and len(result.grid.cell) == len(result.points)
    assert " m² within reach (100 %) are seen" in sentences(result)
    # The bridge beside the view does not count; what lies in no view, but is asked for, is not seen.
    east = replace(ask, places=(SOUTH[:2],), on="surfaces", box="", width_deg=60.0, radius_m=200.0)
    alone = visibility.run(town, replace(east, where=HOUSE))
    both = visibility.run(town, replace(east, where=f"{HOUSE} or id == 'deck'"))
    assert alone.tables["places"].numbers("seen_pct") == pytest.approx(
        both.tables["places"].numbers("seen_pct")
    )
    away = visibility.run(town, replace(east, where=HOUSE, azimuth_deg=180.0))
    assert "Nothing of it is seen" in sentences(away) and len(away.surfaces) == len(alone.surfaces)


def test_what_went_in_has_the_same_hashes_every_time(tmp_path: Path) -> None:
    path, found = make_town(tmp_path), []
    for _ in range(2):
        with Project.open(path, read_only=True) as project:
            complete(project, project.layers)
            result = visibility.run(project, Inputs(places=(SOUTH[:2],), where=HOUSE, date=NOW))
            found.append(result.pedigree.inputs)
        shutil.rmtree(cache_folder(path))  # made again from the sources
    assert found[0] == found[1] and len(found[0]) == 2


def test_given_windows_and_points_are_seen_or_not(town: Project) -> None:
    south, north = ((*at(55, y, 4), 0.0, side, 0.0) for y, side in ((49.9, -1.0), (60.1, 1.0)))
    result = visibility.run(
        town, Inputs(places=(SOUTH,), on="points", points=(south, north), date=NOW, compare=True)
    )
    assert result.surfaces.numbers(SEEN).tolist() == [1.0, 0.0]
    assert "1 of 2 points are seen" in sentences(result) and "nothing changes" in sentences(result)
    assert result.tables["objects"].numbers(SEEN).tolist() == [1.0]


def test_a_field_of_view_leaves_out_what_is_beside_above_and_beyond_it() -> None:
    eye = np.array([0.0, 0.0, 10.0])
    ends = np.array([[0, 100, 10], [100, 0, 10], [-70, 70, 10], [0, 300, 10], [0, 100, 40.0]])
    north = FieldOfView(radius_m=200, azimuth_deg=0, width_deg=90, low_deg=-5, high_deg=10)
    assert north.holds(eye, ends).tolist() == [True, False, True, False, False]
    assert FieldOfView(azimuth_deg=350, width_deg=20).holds(eye, ends)[0]
    assert FieldOfView().holds(eye, ends).all() and FieldOfView().title == ""
    # What is level at 20 km lies 27 m lower over a round Earth with air: 0.078 degrees.
    far = np.array([[0.0, 20_000.0, 10.0]])
    assert FieldOfView(low_deg=-0.07).holds(eye, far).all()
    assert not FieldOfView(low_deg=-0.07).holds(eye, far, Bend()).any()


def test_azimuths_are_those_of_true_north(town: Project) -> None:
    # Towards the house, which lies due (grid) north of the place, and away from it.
    seen = [
        shares(visibility.run(town, Inputs(places=(SOUTH,), where=HOUSE, azimuth_deg=to, width_deg=60.0)))
        for to in (0.0, 180.0)
    ]
    assert [one["south"] for one in seen] == [1.0, 0.0]


def test_along_a_path_one_stops_every_few_metres() -> None:
    corners = np.array([[0.0, 0.0, 5.0], [30.0, 40.0, 15.0], [30.0, 45.0, np.nan]])
    places, names = stops(corners, 20.0)
    legs = np.array([[0, 0], [10, 40 / 3], [20, 80 / 3], [30, 40], [30, 45]])
    assert places[:, :2] == pytest.approx(legs)
    assert places[:4, 2] == pytest.approx([5, 5 + 10 / 3, 5 + 20 / 3, 15]) and np.isnan(places[4, 2])
    assert names == ("at 0 m", "at 17 m", "at 33 m", "at 50 m", "at 55 m")
    with pytest.raises(UsageError, match="two places"):
        stops(corners[:1], 20.0)
    with pytest.raises(UsageError, match="too many"):
        stops(corners, 0.001)


def test_what_is_odd_about_a_place_is_said(town: Project) -> None:
    inside = visibility.run(town, Inputs(places=(at(55, 55, 1),), date=NOW))
    assert any("place 1 is inside A, where" in limit for limit in inside.pedigree.limits)
    assert "Nothing of it is seen" in sentences(inside)
    target = Inputs(places=(SOUTH,), on="points", points=((*at(30, 30, -5), 0.0, 0.0, 1.0),), date=NOW)
    limits = visibility.run(town, target).pedigree.limits
    assert "Warning: point 1 is below the terrain, where little else is in sight" in limits
    leaves = Inputs(places=(at(153, 53, 1),), date=NOW)  # in the lime
    assert any("inside a tree" in limit for limit in visibility.run(town, leaves).pedigree.limits)
    bare = visibility.run(town, replace(leaves, vegetation=False))
    assert not any("inside" in limit for limit in bare.pedigree.limits)
    with pytest.raises(UsageError, match="no terrain"):
        visibility.run(town, Inputs(places=(at(-500, 0, 0)[:2],)))
    with pytest.raises(UsageError, match="far outside"):
        visibility.run(town, Inputs(places=((0.0, 0.0),)))
    with pytest.raises(UsageError, match="No viewing place"):
        visibility.run(town, Inputs())
    with pytest.raises(UsageError, match="nothing to measure"):
        visibility.run(town, Inputs(places=(SOUTH,), where="id == 'Z'"))
    with pytest.raises(UsageError, match="within reach"):
        visibility.run(town, Inputs(places=(at(20, 190, 0),), where=HOUSE, radius_m=10.0))
