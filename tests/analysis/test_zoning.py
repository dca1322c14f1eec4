"""The zoning check: limits against closed forms, verdicts, what is drawn, scenarios, the command line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import protectedview, zoning
from analysis.analysis import perform
from analysis.localtime import times_of
from analysis.rerunning import rerun
from analysis.site import site_of
from analysis.sun import sun_at
from analysis.zones.overshoot import overshoot, volume_and_sides
from analysis.zones.sheets import Sheet, beside, cells_of, forbidden, level, lowest, polygons_of
from analysis.zones.solids import solid_above
from app.cli import main
from layers.arrays import Float64
from layers.errors import CitystrataError
from layers.modelling.buildings import building
from layers.modelling.roofs import Roof
from layers.project import Project
from layers.results import FINDINGS, OBSERVERS, VIOLATIONS, VOLUMES, Result
from layers.scenarios import add
from layers.triangulate import triangulate
from tests.analysis.planned import make_plan, rectangle
from tests.cities import imported_here
from tests.towns import ORIGIN, SIDES, Numbers
from tests.towns import box as town_box

MILL: Numbers = (2, 2, 10, 6, 0, 10)
BOXES = {
    "mill": MILL,
    "hut": (25, 5, 5, 5, 0, 3),
    "long": (15, 105, 10, 5, 0, 4),
    "out": (-2, 112, 5, 5, 0, 4),
    "far": (100, 0, 5, 5, 0, 90),
    "church": (2, 200, 10, 10, 0, 40),
}
LAYERS = {
    "plots": {
        "A": ("Polygon", rectangle(0, 0, 20, 20), {"maxHeight": 7, "feet": 20, "GRZ": 0.1}),
        "B": ("Polygon", rectangle(20, 0, 40, 20), {"feet": 40}),
        "C": ("Polygon", rectangle(0, 100, 20, 120), {"maxHeight": 3}),
        "D": ("Polygon", rectangle(20, 100, 40, 120), {"maxHeight": 5}),
    },
    "lines": {
        "window": ("Polygon", rectangle(4, 1, 19, 19), {}),
        "line": ("LineString", [(-1, 3), (21, 3)], {}),
    },
    "streets": {"Mill Street": ("LineString", [(-4, -30), (-4, 50)], {})},
    "gardens": {"garden": ("Polygon", rectangle(2, 14, 12, 18), {})},
}
GARDEN = ((2, 12), (14, 18))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Boxes on four plots."""
    storeys = {"mill": {"storeysAboveGround": 4}}
    with imported_here(), make_plan(tmp_path_factory.mktemp("plan"), BOXES, LAYERS, storeys) as project:
        yield project


def box(x: float, y: float, wide: float, deep: float, foot: float, top: float) -> Float64:
    """The triangles of a box."""
    corners = [
        (x + a * wide, y + b * deep, z) for z in (foot, top) for a, b in ((0, 0), (1, 0), (1, 1), (0, 1))
    ]
    triangles = [[side[0], side[at], side[at + 1]] for side in SIDES for at in (1, 2)]
    return np.array(corners, np.float64)[np.array(triangles)]


def checked(project: Project, plot: str = "A", **more: Any) -> Result:
    given = {"plots": "plots", "plot_where": f"id == '{plot}'" if len(plot) == 1 else plot, **more}
    return perform(zoning, project, zoning.Inputs(**given), lambda *_: None)


def violations(result: Result) -> dict[str, tuple[float, ...]]:
    """By rule: found, allowed, excess, volume of the worst."""
    table = result.tables[VIOLATIONS]
    numbers = zip(*(table.numbers(name) for name in ("found", "allowed", "excess", "volume_m3")), strict=True)
    rows = zip(table.texts("rule"), numbers, strict=True)
    return {rule: tuple(round(float(value), 6) for value in values) for rule, values in rows}


# --- numbers against closed forms -----------------------------------------------------------------


def test_what_is_above_a_level_and_beside_a_border_is_exact() -> None:
    plot, mill = shapely.box(0, 0, 20, 20), box(*MILL)
    over = overshoot(mill, cells_of([level(plot, 7.0)]))
    assert over.volume_m3 == pytest.approx(10 * 6 * 3, rel=1e-9)
    assert over.area_m2 == pytest.approx(60) and over.most[0] == 3.0
    strip = overshoot(mill, cells_of([forbidden(plot.difference(plot.buffer(-3)))]))
    assert strip.volume_m3 == pytest.approx((10 * 6 - 9 * 5) * 10, rel=1e-9)


def test_planes_at_an_angle_leave_what_closed_forms_say() -> None:
    street = beside(np.array([(0.0, -50.0), (0.0, 50.0)]), 0.0, math.tan(math.radians(45)), 100.0, False)
    over = overshoot(box(*MILL), cells_of(lowest(street)))
    assert over.volume_m3 == pytest.approx(6 * (10 - 2) ** 2 / 2, rel=1e-9)  # ∫ (10 - x) dx from 2 to 10
    ring = np.array([(0, 0), (20, 0), (20, 20), (0, 20), (0, 0)], np.float64)
    plot = shapely.Polygon(ring)
    hip = lowest([clipped(sheet, plot) for sheet in beside(ring, 0.0, 1.0, 30.0, True)])
    assert sum(sheet.area.area for sheet in hip) == pytest.approx(400)
    over = overshoot(box(0, 0, 20, 20, 0, 10), cells_of(hip))
    assert over.volume_m3 == pytest.approx(4000 - 4000 / 3, rel=1e-9)  # a block without the pyramid in it


def test_a_dent_in_a_border_is_a_cone() -> None:
    """Around the inner corner of an L heights grow with the distance from it."""
    ring = np.array([(0, 0), (20, 0), (20, 10), (10, 10), (10, 20), (0, 20), (0, 0)], np.float64)
    plot = shapely.Polygon(ring)
    sheets = lowest([clipped(sheet, plot) for sheet in beside(ring, 0.0, 1.0, 30.0, True)])
    over = overshoot(box(0, 0, 20, 20, 0, 10), cells_of(sheets))
    # By distance to the border r: what lies below a height is the area beyond that distance.
    steps = np.linspace(0, 10, 4001)
    inside = [plot.buffer(-float(r), quad_segs=200).area for r in steps]
    assert over.volume_m3 == pytest.approx(10 * plot.area - np.trapezoid(inside, steps), rel=2e-4)


def clipped(sheet: Sheet, plot: shapely.Polygon) -> Sheet:
    return Sheet(polygons_of(sheet.area.intersection(plot)), sheet.plane)


PLANES = st.tuples(*[st.floats(-1.5, 1.5)] * 2, st.floats(-5, 15))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(PLANES, min_size=1, max_size=4), st.sampled_from(("flat", "gable", "hip")), st.booleans())
def test_volumes_agree_with_solids_that_are_cut_out(
    planes: list[tuple[float, float, float]], roof: str, is_dented: bool
) -> None:
    """The sum over triangles is the volume of the solid that Manifold cuts out of the same body."""
    plan = [(1, 1), (13, 1), (13, 8), *([(7, 8), (7, 13)] if is_dented else [(13, 13)]), (1, 13)]
    shape = building([plan], 0.0, 5.0, Roof(roof, pitch_deg=None if roof == "flat" else 35.0), ("2",))
    triangles = triangles_of(shape)
    everywhere = shapely.Polygon([(-5, -5), (20, -3), (14, 20), (-4, 12)])
    cells = cells_of(lowest([Sheet(everywhere, plane) for plane in planes]))
    solid = solid_above(triangles, cells)
    assert solid is not None
    cut_out = volume_and_sides(solid)[0] if len(solid) else 0.0
    assert overshoot(triangles, cells).volume_m3 == pytest.approx(cut_out, rel=1e-6, abs=1e-5)


def triangles_of(shape: Any) -> Float64:
    """The triangles of a shape of planar polygons."""
    faces = shape.geometries[0]["boundaries"][0]
    rings = [ring for face in faces for ring in face]
    corners = shape.vertices[[corner for ring in rings for corner in ring]]
    lengths = np.array([len(ring) for ring in rings], np.int32)
    found = triangulate(corners, lengths, np.array([len(face) for face in faces], np.int32))
    return corners[found.triangles]


# --- plots, rules and verdicts --------------------------------------------------------------------


NO_VOLUME = pytest.approx(math.nan, nan_ok=True)


def test_rules_of_attributes_expressions_and_numbers(project: Project) -> None:
    result = checked(project, "id in ('A', 'B')", setback="3", floor_area_ratio="0.3", storeys="3")
    assert violations(result) == {
        "Height above the ground": (10, 7, 3, 180),
        "Setback from the border": (2, 3, 1, 150),
        "Plot coverage": (0.15, 0.1, 0.05, NO_VOLUME),
        "Floor area ratio": (0.6, 0.3, 0.3, NO_VOLUME),
        "Storeys": (4, 3, 1, NO_VOLUME),
    }
    buildings = result.tables["buildings"]
    outside = dict(zip(buildings.texts("name"), buildings.numbers("outside_m3").tolist(), strict=True))
    assert outside == {"mill": pytest.approx(150 + 180 - 15 * 3), "hut": pytest.approx(0)}
    assert result.verdict == "fail" and "5 rules are broken" in result.tables[FINDINGS].texts("sentence")[0]
    assert "Plot coverage is the attribute GRZ" in result.pedigree.limits
    by_feet = violations(checked(project, height="feet * 0.3048", by_name=False))
    assert by_feet["Height above the ground"][1] == pytest.approx(6.096)
    nothing = checked(project, "B", height="maxHeight", by_name=False)
    assert nothing.verdict == "" and len(nothing.tables[VIOLATIONS]) == 0


def test_what_is_no_rule_is_refused_in_a_sentence(project: Project) -> None:
    for wrong, said in (
        ({"height": "maxheigt"}, "maxheigt"),
        ({"coverage": "40"}, "coverage"),
        ({"by_name": False}, "No rule"),
        ({"views": "7"}, "protected view"),
        ({"axes": "gardens"}, "no lines"),
    ):
        with pytest.raises(CitystrataError, match=said):
            checked(project, **wrong)


def test_windows_lines_streets_and_borders(project: Project) -> None:
    within = violations(checked(project, lines="lines"))
    assert within["Building window"][2:] == (2, 2 * 6 * 10)
    assert within["Building line"][2:] == (1, 1 * 10 * 10)
    street = checked(project, axes="streets", street_deg=45, street_begin_m=1, by_name=False)
    assert violations(street)["Angle from the street"] == (10, 7, 3, 6 * 3**2 / 2)
    assert street.tables[VIOLATIONS].texts("by") == ["Mill Street"]
    border = violations(checked(project, border_deg=45, border_begin_m=1))
    # Within 2 to 12 by 2 to 8 the nearest border is at the least of x, y and what is left to 20.
    xs, ys = np.meshgrid(np.arange(2.005, 12, 0.01), np.arange(2.005, 8, 0.01))
    allowed = 1 + np.minimum(np.minimum(xs, 20 - xs), np.minimum(ys, 20 - ys))
    expected = (10 - allowed).clip(0).mean() * 60
    assert border["Angle from the border"][3] == pytest.approx(expected, rel=1e-4)


def test_what_stands_on_two_plots_or_beside_them(project: Project) -> None:
    """A building is checked on every plot it stands on; what reaches out of all plots is beyond a border."""
    result = checked(project, "id in ('C', 'D')", setback="1")
    table = result.tables[VIOLATIONS]
    rows = list(zip(table.texts("plot"), table.texts("rule"), table.texts("name"), strict=True))
    height, setback = "Height above the ground", "Setback from the border"
    assert sorted(rows) == [
        ("C", height, "long"), ("C", height, "out"),
        ("C", setback, "long"), ("C", setback, "out"),
        ("D", setback, "long"),
    ]  # fmt: skip
    out = rows.index(("C", setback, "out"))
    assert table.numbers("volume_m3")[out] == pytest.approx(2 * 5 * 4 + 1 * 5 * 4)  # beside, and in the strip
    assert table.numbers("excess")[out] == pytest.approx(1 + 2)
    assert result.tables["buildings"].texts("name") == ["long", "out"]


def test_the_sun_of_a_garden(project: Project) -> None:
    """A block may be as high as the rays that pass over it to the near edge of the garden."""
    result = checked(project, sun_areas="gardens", sun_day="2026-03-21", sun_begin="12:40", sun_end="12:40")
    site = site_of(project)
    sun = sun_at(site, times_of(site, "2026-03-21", "12:40", "12:40", 15)).directions_in_grid[0]
    away, rise = -sun[:2] / np.hypot(*sun[:2]), sun[2] / np.hypot(*sun[:2])
    xs, ys = np.meshgrid(np.arange(2.01, 12, 0.02), np.arange(2.01, 8, 0.02))
    ends = [[(end - at) / way for end in ends] for at, way, ends in zip((xs, ys), away, GARDEN, strict=True)]
    begins = np.maximum(*(np.minimum(*pair) for pair in ends))  # how far the garden is along the shadow
    shaded = begins <= np.minimum(*(np.maximum(*pair) for pair in ends))
    over = np.where(shaded, (10 - rise * begins).clip(0), 0)
    found = violations(result)["Sun"]
    assert found[3] == pytest.approx(over.mean() * 60, rel=1e-3)
    assert found[2] == pytest.approx(over.max(), abs=0.02)
    assert result.pedigree.sun


def test_a_protected_view_that_is_kept(project: Project) -> None:
    """What breaks the view on the plot is what the analysis of the view says, to the millimetre."""
    x, y = ORIGIN[0] + 7, ORIGIN[1] - 60
    looking = protectedview.Inputs(places=((x, y, 1.6),), landmark="id == 'church'", compare=False)
    view = perform(protectedview, project, looking, lambda *_: None)
    with project.edit("Keep") as edit:
        number = edit.add_result(view)
    found = violations(checked(project, views=str(number), by_name=False))["Protected view"]
    breaks = view.tables["breaks"]
    mill = breaks.texts("object_id").index("mill")
    assert found[2] == pytest.approx(breaks.numbers("excess_m")[mill], abs=0.002) and found[2] > 2
    eye_z = float(view.tables[OBSERVERS].numbers("z")[0])
    along = np.linspace(62, 68, 601)  # the mill, from the eye; the church is 10 m wide, 260 m away
    rise = (10 - found[2] - eye_z) / 62
    expected = np.trapezoid(10 / 260 * along * (10 - eye_z - rise * along), along)
    assert found[3] == pytest.approx(expected, rel=1e-3)


# --- scenarios, what is drawn, files --------------------------------------------------------------


def test_a_scenario_is_checked_alone_and_the_result_is_the_same_again(project: Project) -> None:
    with project.edit("A tower is proposed") as edit:
        number = edit.add_scenario("Tower")
    with project.edit("Draw it") as edit:
        add(project, edit, number, "Building", town_box((14, 12, 5, 5, 0, 30)), id="tower")
    own = checked(project, scenario="Tower")
    both = checked(project, scenario="Tower", own=False)
    assert own.tables["buildings"].texts("name") == ["tower"]
    assert sorted(both.tables["buildings"].texts("name")) == ["mill", "tower"]
    assert violations(own)["Height above the ground"] == (30, 7, 23, 575)
    # What stands there already counts in the coverage of the plot, though it is not what is checked.
    assert violations(own)["Plot coverage"][0] == pytest.approx((60 + 25) / 400)
    again = rerun(project, own, lambda *_: None)
    assert not again.differences
    shapes = dict(zip(own.tables[VOLUMES].texts("role"), own.tables[VOLUMES].texts("wkb"), strict=True))
    red = shapely.from_wkb(shapes["violation"])
    corners = shapely.get_coordinates(red, include_z=True)
    assert corners.min(axis=0) == pytest.approx((ORIGIN[0] + 14, ORIGIN[1] + 12, 7))
    assert corners.max(axis=0) == pytest.approx((ORIGIN[0] + 19, ORIGIN[1] + 17, 30))
    faces = np.array([shapely.get_coordinates(face, include_z=True)[:3] for face in red.geoms])
    assert volume_and_sides(faces - ORIGIN) == (pytest.approx(575), True)
    envelope = shapely.get_coordinates(shapely.from_wkb(shapes["envelope"]), include_z=True)
    assert set(envelope[:, 2].tolist()) == {7.0}
    assert set(own.surfaces.numbers("breaks_rules").tolist()) == {1.0}


def test_the_command_line(project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start = ["zoning", str(project.path), "--plots", "plots", "--plots-where", "id == 'A'", "--rules-given"]
    out = tmp_path / "permit.csv"
    assert main([*start, "--height", "7", "--out", str(out), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["verdict"] == "fail" and answer["violations"][0]["volume_m3"] == pytest.approx(180)
    assert out.read_text(encoding="utf-8").splitlines()[0].startswith("plot,rule,by,name")
    assert main([*start, "--height", "10.005", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "pass"
    assert main([*start, "--storey-height", "0", "--json"]) == 2
    assert "--storey-height" in json.loads(capsys.readouterr().out)["error"]["what"]
