"""Points of facades that light never reaches: below the ground, and where another house is built against."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.casters import Casters, casters
from analysis.facades import on_surfaces
from analysis.hidden import built_against, without_hidden
from analysis.receivers import on_points
from analysis.situation import Situation
from analysis.survey import Surveyed, receivers_of
from layers.project import Project
from tests.analysis.town import FACES, HOUSE_HEIGHT_M, HOUSE_SIDE_M, at

BOTH, ALONE = Situation(date="1990-01-01"), Situation(date="2020-01-01")
WALL_M2 = HOUSE_SIDE_M * HOUSE_HEIGHT_M


def area_of_walls(project: Project, dates: tuple[str, ...]) -> dict[tuple[str, int], float]:
    """Square metres of each wall, by its house and the way it looks, that are receivers at some dates."""
    asked = Surveyed(surfaces="walls", date=dates[0], compare=len(dates) > 1, compare_date=dates[-1])
    found = receivers_of(project, asked)
    assert np.bincount(found.row, found.area_m2) == pytest.approx(found.row_area_m2)
    return {
        (id, 90 * round(azimuth / 90) % 360): area
        for id, azimuth, area in zip(found.object_id, found.azimuth_deg, found.row_area_m2, strict=True)
    }


def test_party_walls_and_what_is_below_the_ground_get_no_points(town: Project) -> None:
    """The ground rises along the walls of house A, whose foot is level; B stands half a metre higher."""
    walls = area_of_walls(town, ("1990-01-01",))
    assert walls["A", 270] == WALL_M2
    # The lowest metre of A's wall lies below the ground, and B stands against the rest.
    assert ("A", 90) not in walls
    # Only the topmost half metre of B's wall stands over A's roof, and its points lie at the height of it.
    assert walls.get(("B", 270), 0.0) <= HOUSE_SIDE_M


def test_what_is_free_in_one_of_two_states_stays(town: Project) -> None:
    """A wall that a new house will cover loses all its sun: that must be seen."""
    alone, both = area_of_walls(town, ("2020-01-01",)), area_of_walls(town, ("2020-01-01", "1990-01-01"))
    assert alone["A", 90] == pytest.approx(WALL_M2 - HOUSE_SIDE_M)
    assert both["A", 90] == alone["A", 90]


def test_what_is_left_out_is_said_in_square_metres(town: Project) -> None:
    found = without_hidden(on_surfaces(town, BOTH), [casters(town, BOTH)])
    (below, party) = found.notes
    assert "m² of surfaces below the terrain" in below
    assert "(party walls)" in party and float(party.split()[0]) == pytest.approx(2 * 70, abs=HOUSE_SIDE_M)
    alone = on_surfaces(town, ALONE)
    left = without_hidden(alone, [casters(town, ALONE)])
    assert alone.area_m2.sum() - left.area_m2.sum() == float(left.notes[0].split()[0])


def test_nothing_is_left_out_where_nothing_is_hidden() -> None:
    box = np.array([(x, y, z) for z in (0, 8) for x, y in ((0, 0), (10, 0), (10, 10), (0, 10))], np.float64)
    triangles = [corner for a, b, c, d in FACES for corner in ((a, b, c), (a, c, d))]
    cast = Casters.of(box, np.array(triangles, np.int32), np.full(12, 7))
    own = on_points(np.array([(10.01, 5, 4, 1, 0, 0.0), (5, 5, 8.01, 0, 0, 1.0)]))
    assert not built_against(own, cast).any()
    # A wall that looks at the box from less than 5 cm away is built against it, one 20 cm away is not.
    others = on_points(np.array([(-0.04, 5, 4, 1, 0, 0.0), (-0.2, 5, 4, 1, 0, 0.0)]))
    assert built_against(others, cast).tolist() == [True, False]


def test_a_wall_under_the_eaves_of_a_neighbour_stays() -> None:
    """A roof is seen from within above it, but nothing below."""
    sheet = np.array([(-1, -1, 5), (2, -1, 5), (2, 2, 5), (-1, 2, 5)], np.float64)
    cast = Casters.of(sheet, np.array([(0, 1, 2), (0, 2, 3)], np.int32), np.array([3, 3]))
    assert not built_against(on_points(np.array([(0, 0, 2, 1, 0, 0.0)])), cast).any()


def test_points_and_ground_stay_as_they_are_asked_for(town: Project) -> None:
    window = (*at(60.01, 55, 2), 1.0, 0.0, 0.0)
    found = receivers_of(town, Surveyed(on="points", points=(window,), date="1990-01-01"))
    assert found.points[0] == pytest.approx(window[:3]) and at(0, 0, 0)[2] == 0.0
