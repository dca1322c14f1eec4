"""Protected views in a small town, end to end, against closed forms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely

from analysis import protectedview
from analysis.protectedview import Inputs
from analysis.rerunning import rerun
from analysis.sight.allowedheights import ALLOWED, ALLOWED_Z, LEFT, MOST_POINTS, spacing_for
from layers.data import ReadOptions, never_stop
from layers.errors import CitystrataError
from layers.importing import import_files
from layers.project import Project
from layers.results import FINDINGS, OBSERVERS, SIGHTLINES, VIEWS, VOLUMES, Result
from layers.views import views_of
from tests.analysis.town import HOUSE_HEIGHT_M, HOUSE_SIDE_M, SLOPE, at, make_town

#: East of A, with B before it: A stands from 50 to 60, B from 60 to 70.
PLACE_X, PLACE_Y, EYE_M = 190.0, 55.0, 1.6
EYE = SLOPE * PLACE_X + EYE_M
A_FOOT, A_TOP = SLOPE * 55, SLOPE * 50 + HOUSE_HEIGHT_M  # in its middle, and its flat roof
B_TOP = SLOPE * 60 + HOUSE_HEIGHT_M
DISTANCE = PLACE_X - 55
INPUTS = Inputs(
    places=(at(PLACE_X, PLACE_Y, 0)[:2],),
    landmark="id == 'A'",
    date="1990-01-01",
    compare=True,
    compare_date="2020-01-01",
    curvature=False,
    spacing_m=1.0,
)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with Project.open(make_town(tmp_path_factory.mktemp("town"))) as project:
        yield project


@pytest.fixture(scope="module")
def broken(town: Project) -> Result:
    """B stands before A."""
    return protectedview.run(town, INPUTS)


def threshold_at(along: float) -> float:
    """Height of the threshold surface, so far from the eye."""
    z = A_TOP - 0.5 * (A_TOP - A_FOOT)
    return EYE + (z - EYE) * along / DISTANCE


def test_what_breaks_the_view_by_how_much_and_where(broken: Result) -> None:
    assert broken.verdict == "fail"
    table = broken.tables["breaks"]
    assert table.texts("name") == ["B"] and table.texts("since") == ["new"]
    # The view falls: B's roof is highest above it where it ends, 130 m away.
    excess = B_TOP - threshold_at(130)
    assert table.numbers("excess_m")[0] == pytest.approx(excess, abs=1e-6)
    assert table.numbers("excess_m_before")[0] == 0
    assert table.numbers("distance_m")[0] == pytest.approx(130, abs=0.2)  # or at a corner of it
    assert table.numbers("allowed_z_m")[0] == pytest.approx(threshold_at(130), abs=1e-6)
    assert table.numbers("hides_m")[0] == pytest.approx((A_TOP - A_FOOT) / 2)
    sentence = f"B breaks the protected view by {excess:.1f} m."
    assert broken.tables[FINDINGS].texts("sentence")[0] == sentence
    assert f"B breaks the protected view by {excess:.1f} m" in broken.title


def test_without_what_is_new_the_view_is_kept(town: Project) -> None:
    found = protectedview.run(town, replace(INPUTS, date="2020-01-01", compare=False))
    assert found.verdict == "pass" and not len(found.tables["breaks"])
    assert found.tables[FINDINGS].texts("sentence")[0].startswith("Nothing breaks the protected view of A")
    assert found.tables["corridors"].numbers("seen_pct")[0] == pytest.approx(100)
    # A lime and a spruce stand in the way: they are left out unless they are asked for, and that is told.
    assert found.tables["corridors"].numbers("seen_with_trees_pct")[0] < 50
    assert any("Trees are left out" in text for text in found.tables[FINDINGS].texts("sentence"))
    leafy = protectedview.run(town, replace(INPUTS, date="2020-01-01", compare=False, vegetation=True))
    assert leafy.verdict == "fail" and set(leafy.tables["breaks"].texts("name")) == {"lime", "spruce"}
    # The other way round: what is gone breaks nothing.
    gone = protectedview.run(town, replace(INPUTS, date="2020-01-01", compare_date="1990-01-01"))
    assert gone.verdict == "pass" and gone.tables["breaks"].texts("since") == ["gone"]
    assert any(
        text.startswith("In the view before, and gone: ") for text in gone.tables[FINDINGS].texts("sentence")
    )


def test_what_stood_there_before_is_told_but_does_not_break_the_view(town: Project) -> None:
    found = protectedview.run(town, replace(INPUTS, compare_without="id == 'deck'"))
    same = protectedview.run(
        town, replace(INPUTS, without="id == 'deck'", compare_date="1990-01-01", landmark="id == 'A'")
    )
    assert found.verdict == "fail"
    assert same.verdict == "pass" and same.tables["breaks"].texts("since") == ["as before"]
    assert any("Already in the view before: B" in text for text in same.tables[FINDINGS].texts("sentence"))


def test_how_high_one_may_build(broken: Result) -> None:
    points, surfaces = broken.points, broken.surfaces
    x = points.numbers("x") - at(0, 0, 0)[0]
    y = points.numbers("y") - at(0, 0, 0)[1]
    along = PLACE_X - x
    expected = np.array([threshold_at(each) for each in along])
    assert points.numbers(ALLOWED_Z) == pytest.approx(expected, abs=1e-6)
    assert points.numbers(ALLOWED) == pytest.approx(expected - SLOPE * x, abs=2e-5)
    on_b = (x > 60.6) & (x < 69.4) & (np.abs(y - 55) < 4)
    assert on_b.any()
    assert points.numbers(LEFT)[on_b] == pytest.approx((expected - B_TOP)[on_b], abs=1e-6)
    assert surfaces.numbers(ALLOWED)[0] == pytest.approx(points.numbers(ALLOWED).min())
    assert broken.grid is not None and len(broken.grid.cell) == len(points)


def test_of_large_corridors_the_map_is_coarser() -> None:
    assert spacing_for(1000.0, 2.0) == 2.0
    coarse = spacing_for(4e6 * MOST_POINTS, 30.0)
    assert coarse % 30 == 0 and 4e6 / coarse**2 <= 1


def test_a_plot_is_told_how_high_it_may_be_built(town: Project) -> None:
    found = protectedview.run(town, replace(INPUTS, plot="id == 'B'"))
    assert len(found.surfaces) == 1 and found.surfaces.texts("object_id") == ["B"]
    x = found.points.numbers("x") - at(0, 0, 0)[0]
    assert ((x > 60) & (x < 70)).all()
    assert any(
        text.startswith("On B, within the corridor") for text in found.tables[FINDINGS].texts("sentence")
    )
    beside = protectedview.run(town, replace(INPUTS, plot="id == 'spruce'", places=(at(55, 20, 0)[:2],)))
    assert any("spruce lies beside the corridor" in text for text in beside.pedigree.limits)


def test_what_is_drawn(broken: Result) -> None:
    volumes = broken.tables[VOLUMES]
    assert volumes.texts("role") == ["corridor", "threshold", "breach"]
    shapes = [shapely.from_wkb(text) for text in volumes.texts("wkb")]
    breach = shapely.get_coordinates(shapes[2], include_z=True)
    assert breach[:, 2].max() == pytest.approx(B_TOP) and breach[:, 2].min() > threshold_at(131)
    eye = (*at(PLACE_X, PLACE_Y, 0)[:2], EYE)
    for shape in shapes[:2]:
        coordinates = shapely.get_coordinates(shape, include_z=True)
        assert np.linalg.norm(coordinates - eye, axis=1).min() < 1e-6
    lines, views = broken.tables[SIGHTLINES], broken.tables[VIEWS]
    assert lines.numbers("visible")[0] == 0 and lines.texts("blocked_by") == ["B"]
    assert views.numbers("z")[0] == pytest.approx(EYE, abs=1e-5) and views.numbers("fov_deg")[0] >= 25
    (view,) = views_of(broken)
    high_deg = np.degrees(np.arctan(np.tan(np.radians(view.fov_deg / 2)) / view.aspect))
    top_deg = (
        broken.tables["skyline"]
        .numbers("altitude_deg")[np.array(broken.tables["skyline"].texts("name")) == "B"]
        .max()
    )
    assert view.altitude_deg + high_deg > top_deg + 1, "the picture cuts what breaks the view"
    assert len(broken.tables[OBSERVERS]) == 1


def test_the_skyline_before_and_after(broken: Result) -> None:
    table = broken.tables["skyline"]
    # True north is not that of the grid: the corridor's axis is at the azimuth that its table tells.
    axis = broken.tables["corridors"].numbers("azimuth_deg")[0]
    middle = int(np.abs(table.numbers("azimuth_deg") - axis).argmin())
    # Their flat roofs lie below the eye: they are highest at their far edges.
    assert table.texts("name")[middle] == "B" and table.texts("name_before")[middle] == "A"
    assert table.numbers("altitude_deg")[middle] == pytest.approx(
        np.degrees(np.arctan((B_TOP - EYE) / 130)), abs=1e-6
    )
    assert table.numbers("altitude_deg_before")[middle] == pytest.approx(
        np.degrees(np.arctan((A_TOP - EYE) / 140)), abs=1e-6
    )
    assert broken.tables["corridors"].numbers("seen_pct")[0] == pytest.approx(0, abs=1e-9)
    change = broken.tables["silhouette"]
    assert change.texts("name") == ["B"] and change.numbers("raised_deg2")[0] > 0


def test_what_rises_behind_the_landmark_counts_where_the_corridor_goes_on(town: Project) -> None:
    west = replace(INPUTS, places=(at(20, 55, 0)[:2],), compare=False)
    assert protectedview.run(town, west).verdict == "pass"
    behind = protectedview.run(town, replace(west, background_m=20.0))
    eye, half = SLOPE * 20 + EYE_M, (A_TOP + A_FOOT) / 2
    table = behind.tables["breaks"]
    assert table.texts("name") == ["B"] and table.numbers("hides_m")[0] == 0
    assert table.numbers("excess_m")[0] == pytest.approx(B_TOP - (eye + (half - eye) * 40 / 35), abs=1e-6)
    assert behind.tables[FINDINGS].texts("sentence")[1].startswith("B rises behind A")
    assert behind.tables["corridors"].numbers("seen_pct")[0] == pytest.approx(100)


def test_of_several_places_the_strictest_limits_what_is_built(town: Project) -> None:
    places = (at(PLACE_X, PLACE_Y, 0)[:2], at(PLACE_X, PLACE_Y, 10))
    found = protectedview.run(town, replace(INPUTS, places=places))
    one, other = (
        protectedview.run(town, replace(INPUTS, places=(place,))).points.numbers(ALLOWED_Z).min()
        for place in places
    )
    assert found.points.numbers(ALLOWED_Z).min() == pytest.approx(min(one, other), abs=1e-9)
    assert len(found.tables["verdicts"]) == 2 and found.tables["verdicts"].texts("verdict") == ["fail"] * 2
    assert set(found.tables["skyline"].texts("place")) == {"place 1", "place 2"}


def test_points_widths_and_heights_may_be_given(town: Project) -> None:
    top = at(55, 55, HOUSE_HEIGHT_M - SLOPE * 5)
    given = replace(INPUTS, landmark="", landmark_points=(top,), width_m=4.0)
    found = protectedview.run(town, replace(given, threshold="height", threshold_z=8.0))
    corridor = found.tables["corridors"]
    assert corridor.numbers("width_m")[0] == pytest.approx(4.0)
    assert corridor.numbers("threshold_z_m")[0] == 8.0
    assert corridor.texts("landmark") == ["a point of A"]
    assert found.tables["breaks"].texts("name") == ["B"]
    metres = protectedview.run(town, replace(INPUTS, threshold="metres", upper_m=2.0, margin_m=1.0))
    assert metres.tables["corridors"].numbers("threshold_z_m")[0] == pytest.approx(A_TOP - 2)
    assert metres.tables["corridors"].numbers("width_m")[0] > HOUSE_SIDE_M + 1.9


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"landmark": ""}, "No landmark is given"),
        ({"landmark": "id == 'Z'"}, "The landmark is not there"),
        ({"landmark": "id == 'B'", "date": "2020-01-01"}, "The landmark is not there"),
        ({"places": ()}, "No viewing place is given"),
        ({"places": (at(55, 55, 0)[:2],)}, "The eye is inside a building"),
        ({"places": (at(190, 55, -5),)}, "The eye is under the ground"),
        ({"threshold": "height", "threshold_z": 99.0}, "Nothing of the landmark is that high"),
        ({"threshold": "height", "threshold_z": 0.0}, "below the foot of the landmark"),
        ({"threshold": "metres", "upper_m": HOUSE_HEIGHT_M + 1}, "The landmark is not that high"),
        (
            {"landmark": "", "landmark_points": (at(55, 55, 9),), "share_pct": 5.0},
            "The corridor has no width",
        ),
        ({"places": (at(60.5, 55, 9),), "date": "2020-01-01"}, "right before it"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    town: Project, change: dict[str, object], words: str
) -> None:
    with pytest.raises(CitystrataError, match=words):
        protectedview.run(town, replace(INPUTS, compare=False, **change))  # type: ignore[arg-type]


def test_a_kept_result_is_computed_again_to_the_same_numbers(town: Project, broken: Result) -> None:
    with town.edit("Keep") as edit:
        number = edit.add_result(broken)
    assert rerun(town, town.result(number), never_stop).same


def test_without_terrain_the_ground_is_that_of_the_objects(tmp_path: Path) -> None:
    with Project.open(make_town(tmp_path, terrain=False)) as project:
        found = protectedview.run(project, replace(INPUTS, places=(at(PLACE_X, PLACE_Y, 0),)))
        assert found.verdict == "fail" and found.tables["breaks"].texts("name") == ["B"]
        assert any("There is no terrain" in note for note in found.pedigree.limits)


def test_the_record_of_a_monument_stands_for_its_city_object(tmp_path: Path) -> None:
    catalogue = tmp_path / "monuments.csv"
    catalogue.write_text("id,name,cityObject\nM1,Church,A\n", encoding="utf-8")
    with Project.open(make_town(tmp_path)) as project:
        import_files(project, [catalogue], ReadOptions(kind="heritage"))
        record = project.by_id("M1")
        assert record is not None
        found = protectedview.run(project, replace(INPUTS, landmark="", landmark_fids=(record.fid,)))
        assert found.tables["corridors"].texts("landmark") == ["A"] and found.verdict == "fail"
