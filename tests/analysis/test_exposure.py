"""How much of a house is seen from the street of a small town."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import exposure
from analysis.exposure import Inputs
from layers.errors import UsageError
from layers.project import Project
from layers.results import FINDINGS, OBSERVERS
from layers.views import views_of
from tests.analysis.town import NORTH, SIZE_M, WEST

A = "id == 'A'"


def test_a_house_is_seen_from_the_street_before_it(town: Project) -> None:
    result = exposure.run(town, Inputs(target=A, spacing_m=4.0, date="2026-01-01"))
    x = result.points.numbers("x") - WEST
    share, height = result.points.numbers("seen_pct"), result.points.numbers("seen_height_m")
    assert len(x) == 44  # 180 m by 4 m, a row of places every 4 m
    before = (x > 20) & (x < 80)
    assert share[before].min() > 95.0, "nothing stands between, but a little of it is under the ground"
    # The ground rises by 0.5 m along it: what is under the ground at its east end is not seen.
    assert height[before] == pytest.approx(8.0, abs=0.7)
    behind = x > 185  # the hedge, the trees and the deck stand between, or the ground
    assert share[behind].max() < share[before].min()
    areas = result.tables["areas"]
    assert areas.texts("object_id") == ["street"] and areas.numbers("area_m2") == pytest.approx(720.0)
    assert "A is seen from" in result.tables[FINDINGS].texts("sentence")[0]
    assert "street" in result.pedigree.method or "streets" in result.pedigree.method


def test_several_objects_are_spoken_of_as_several(town: Project) -> None:
    both = "id == 'A' or id == 'deck'"
    asked = Inputs(target=both, spacing_m=4.0, date="2026-01-01", compare=True, compare_date="1990-01-01")
    said = exposure.run(town, asked).tables[FINDINGS].texts("sentence")
    assert said[0].startswith("2 objects are seen from") and said[2].startswith("Where they are seen,")
    assert said[1].startswith(("Compared with before they are", "As much of them is seen"))


def test_the_picture_is_taken_from_where_it_looks_largest_at_some_distance(town: Project) -> None:
    result = exposure.run(town, Inputs(target=A, spacing_m=4.0, date="2026-01-01"))
    (view,) = views_of(result)
    x, solid = result.points.numbers("x"), result.points.numbers("solid_angle_msr")
    size = np.linalg.norm((10, 10, 8))
    middle = np.array((WEST + 55, NORTH - SIZE_M + 55))
    away = np.hypot(x - middle[0], result.points.numbers("y") - middle[1])
    far = away >= 1.5 * size
    assert view.eye[0] == x[far][np.argmax(solid[far])]
    assert view.to[:2] == pytest.approx(middle, abs=0.01) and view.to[2] == pytest.approx(6.5, abs=0.01)
    assert view.name == f"street, {away[far].min():.0f} m away" and 40 < view.fov_deg < 80
    observers = result.tables[OBSERVERS]
    assert observers.numbers("x") == pytest.approx([view.eye[0]])
    assert observers.numbers("z") - observers.numbers("foot_z") == pytest.approx([1.6], abs=1e-6)


def test_solid_angles_fall_with_the_square_of_the_distance(town: Project) -> None:
    inputs = Inputs(target=A, spacing_m=4.0, date="2026-01-01", pieces=1000)
    points = exposure.run(town, inputs).points
    x, solid = points.numbers("x") - WEST, points.numbers("solid_angle_msr")
    at = int(np.argmin(np.abs(x - 55)))
    # Right before the middle of its north wall: 10 m wide, 22 m away, from 1.6 m above the street.
    away = points.numbers("y")[at] - (NORTH - SIZE_M + 60)
    eye = points.numbers("z")[at] + 1.6 - 2.5
    parts = (
        half * np.sign(z) * np.arcsin(5 * abs(z) / np.hypot(5, away) / np.hypot(z, away))
        for half, z in ((2, 8 - eye), (-2, -eye))
    )
    assert solid[at] == pytest.approx(1000 * sum(parts), rel=0.06)


def test_what_a_neighbour_takes_away_is_the_difference(town: Project) -> None:
    inputs = Inputs(target=A, spacing_m=4.0, date="2026-01-01", compare=True, compare_date="1990-01-01")
    result = exposure.run(town, inputs)
    x, change = result.points.numbers("x") - WEST, result.points.numbers("seen_pct_change")
    assert change[x < 50] == pytest.approx(0.0), "B touches its east wall"
    assert change[(x > 90) & (x < 110)].min() > 30
    names = result.surfaces.texts("object_id")
    east = [
        row
        for row, name in enumerate(names)
        if name == "A"
        and result.surfaces.numbers("azimuth_deg")[row] == pytest.approx(90, abs=3)
        and result.surfaces.texts("surface_type")[row] == "WallSurface"
    ]
    assert result.surfaces.numbers("seen_from_pct_before")[east[0]] == pytest.approx(0.0, abs=1e-9)
    assert result.surfaces.numbers("seen_from_pct")[east[0]] > 20
    sentences = result.tables[FINDINGS].texts("sentence")
    assert "; before from" in sentences[0]
    changes = dict(
        zip(*(result.tables["changes"].columns[key] for key in ("change", "area_m2")), strict=True)
    )
    assert changes["seen less"] == 0 and changes["seen more"] > 300
    assert sentences[1].startswith("Compared with before it is seen more from")


def test_what_does_not_stand_in_a_state_is_not_seen_there(town: Project) -> None:
    inputs = Inputs(
        target="id == 'B'", spacing_m=4.0, date="2026-01-01", compare=True, compare_date="1990-01-01"
    )
    result = exposure.run(town, inputs)
    assert result.points.numbers("seen_pct") == pytest.approx(0.0)
    assert result.points.numbers("seen_pct_before").max() > 50
    assert any("does not stand" in limit for limit in result.pedigree.limits)


def test_as_far_as_asked_and_over_a_rectangle(town: Project) -> None:
    x, y = WEST + 50, NORTH - SIZE_M + 50
    inputs = Inputs(target=A, box=f"{x - 50},{y - 50},{x + 150},{y + 150}", spacing_m=5.0, radius_m=30.0)
    points = exposure.run(town, inputs).points
    east, north = points.numbers("x") - x, points.numbers("y") - y
    away = np.hypot(
        np.maximum(np.maximum(-east, east - 10), 0), np.maximum(np.maximum(-north, north - 10), 0)
    )
    assert away.max() <= 30.0
    assert len(points) == pytest.approx((10 * 10 + 4 * 10 * 30 + np.pi * 900) / 25, rel=0.1)
    assert not ((east > 0.5) & (east < 9.5) & (north > 0.5) & (north < 9.5)).any()


def test_what_cannot_be_is_a_sentence(town: Project) -> None:
    with pytest.raises(UsageError, match="No object is chosen"):
        exposure.run(town, Inputs())
    with pytest.raises(UsageError, match="no object matches id == 'Z'"):
        exposure.run(town, Inputs(target="id == 'Z'"))
    with pytest.raises(UsageError, match="stood only until 2000-01-01"):
        exposure.run(town, Inputs(target="id == 'B'", date="2026-01-01"))
    with pytest.raises(UsageError, match="nowhere to look from"):
        exposure.run(town, Inputs(target="id == 'spruce'", where=A, radius_m=10.0, date="2026-01-01"))


def test_areas_without_places_are_told(town: Project) -> None:
    inputs = Inputs(target=A, where="id == 'street' or id == 'hedge'", spacing_m=4.0, date="2026-01-01")
    result = exposure.run(town, inputs)
    assert any(limit.startswith("1 of 2 areas are built over") for limit in result.pedigree.limits)
    assert result.tables["areas"].texts("object_id") == ["street"], "nobody stands in a hedge"
    with pytest.raises(UsageError, match="smaller distance"):
        exposure.run(town, Inputs(target=A, spacing_m=50.0, date="2026-01-01"))


def test_what_is_estimated_is_about_what_is_done(town: Project) -> None:
    inputs = Inputs(target=A, spacing_m=4.0)
    assert exposure.estimate(town, inputs).points == pytest.approx(45, abs=2)
