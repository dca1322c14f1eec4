"""Lines of sight in a small town: what hides, what would help, fans, bundles, before and after."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from analysis import sightline
from analysis.analysis import analysis_of, perform
from analysis.receivers import LIFT_M
from analysis.rerunning import rerun
from analysis.sight.laidlines import PLACES, SECTOR, SURFACES
from analysis.sight.profile import COLUMNS, GONE, GROUND, OBJECT
from analysis.sight.sights import REFRACTION, Bend
from analysis.sightline import Inputs
from layers import wkb
from layers.data import ReadOptions, never_stop
from layers.errors import UsageError
from layers.importing import import_files
from layers.project import Project
from layers.results import FINDINGS, OBSERVERS, SIGHTLINES, VOLUMES, Result
from tests import rasters
from tests.analysis.town import CRS, HOUSE_HEIGHT_M, SLOPE, at, make_town

#: Rings of corners; an object's type and its faces, each an outer ring and its holes.
Ring = Sequence[tuple[float, float, float]]
Faces = tuple[str, Sequence[Sequence[Ring]]]
#: West of house A, which stands from 50 to 60 m east; B stood behind it up to 70 m until 2000.
EYE, BEHIND = at(30, 55, 2.0), at(90, 55, 2.0)
ACROSS = Inputs(
    places=(EYE,), eye_height_m=0.0, towards=PLACES, targets=(BEHIND,), curvature=False, date="2020-01-01"
)


def look(town: Project, **changes: Any) -> Result:
    return perform(analysis_of("sightline"), town, replace(ACROSS, **changes), never_stop)


def test_what_hides_a_place_where_and_how_much_too_high(town: Project) -> None:
    lines = look(town).tables[SIGHTLINES]
    assert lines.numbers("visible")[0] == 0 and lines.texts("blocked_by") == ["A"]
    # The line rises with the ground, 2 m above it; the house's top is level.
    assert [lines.numbers(f"at_{axis}")[0] for axis in "xyz"] == pytest.approx(at(50, 55, 2.0), abs=1e-6)
    assert lines.numbers("distance_m")[0] == pytest.approx(20 * np.hypot(1, SLOPE), abs=1e-6)
    assert lines.numbers("excess_m")[0] == pytest.approx(HOUSE_HEIGHT_M - 2.0, abs=1e-3)
    # Over the house's near edge, or its far one: whichever asks for more.
    top = 50 * SLOPE + HOUSE_HEIGHT_M
    eye = 30 * SLOPE + 2.0
    assert lines.numbers("end_from_z")[0] == pytest.approx(eye + (top - eye) * 60 / 20, abs=1e-3)
    end = 90 * SLOPE + 2.0
    assert lines.numbers("eye_from_z")[0] == pytest.approx(end + (top - end) * 60 / 30, abs=1e-3)


def test_what_is_too_high_says_how_high_it_may_be(town: Project) -> None:
    obstacles = look(town, date="1990-01-01").tables["obstacles"]
    assert obstacles.texts("name") == ["A", "B"]
    assert obstacles.numbers("to_m") - obstacles.numbers("from_m") == pytest.approx([10, 10], abs=1e-6)
    assert obstacles.numbers("reaches_z") == pytest.approx(
        SLOPE * np.array([50, 60]) + HOUSE_HEIGHT_M, abs=1e-3
    )
    assert obstacles.numbers("allowed_z") == pytest.approx(SLOPE * np.array([50, 60]) + 2.0, abs=1e-3)


def test_a_line_over_the_roof_is_free_and_says_by_how_much(town: Project) -> None:
    result = look(town, places=(at(30, 55, 20.0),), targets=(at(90, 55, 20.0),))
    lines = result.tables[SIGHTLINES]
    assert lines.numbers("visible")[0] == 1 and lines.texts("blocked_by") == [""]
    assert np.isnan(lines.numbers("distance_m")[0])
    assert lines.numbers("clearance_m")[0] == pytest.approx(20 - HOUSE_HEIGHT_M, abs=1e-3)
    assert "12.0 m above" in result.tables[FINDINGS].texts("sentence")[0]


def test_a_target_on_the_ground_is_not_warned_of(town: Project) -> None:
    targets = [(at(x, y, 0.0)[:2]) for x in (80, 130, 190) for y in (20, 120, 180)]
    limits = look(town, places=(at(195, 195, 2.0),), targets=tuple(targets)).pedigree.limits
    assert not any(limit.startswith("Warning") for limit in limits)


def test_a_place_without_height_stands_on_the_ground(town: Project) -> None:
    result = look(town, places=(EYE[:2],), targets=(BEHIND[:2],), eye_height_m=1.6, target_height_m=3.0)
    eyes, lines = result.tables[OBSERVERS], result.tables[SIGHTLINES]
    assert eyes.numbers("z") - eyes.numbers("foot_z") == pytest.approx(1.6)
    assert eyes.numbers("foot_z") == pytest.approx(30 * SLOPE, abs=0.01)
    assert lines.numbers("z1") == pytest.approx(90 * SLOPE + 3.0, abs=0.01)


def test_trees_hide_unless_they_are_left_out(town: Project) -> None:
    under = {"places": (at(140, 53, 4.0),), "targets": (at(165, 53, 4.0),)}
    assert look(town, **under).tables[SIGHTLINES].texts("blocked_by") == ["lime"]
    assert look(town, vegetation=False, **under).tables[SIGHTLINES].numbers("visible")[0] == 1


def test_before_and_after_and_what_is_gone_in_the_profile(town: Project) -> None:
    result = look(town, compare=True, compare_date="1990-01-01", compare_without="id == 'A'")
    lines = result.tables[SIGHTLINES]
    assert (lines.texts("blocked_by"), lines.texts("blocked_by_before")) == (["A"], ["B"])
    assert any(
        "hidden before too, by B" in sentence for sentence in result.tables[FINDINGS].texts("sentence")
    )
    profile = result.tables["profile"]
    states = dict(zip(profile.texts("name"), profile.texts("state"), strict=True))
    assert (states["A"], states["B"]) == ("new", GONE)


def test_the_profile_is_the_house_and_the_ground(town: Project) -> None:
    profile = look(town).tables["profile"]
    kinds, rows = np.array(profile.texts("kind")), np.column_stack([profile.numbers(c) for c in COLUMNS])
    house = rows[kinds == OBJECT]
    assert house[:, 0].min() == pytest.approx(20, abs=1e-5) and house[:, 1].max() == pytest.approx(
        30, abs=1e-5
    )
    assert (house[:, 4:] - house[:, 2:4]).ravel() == pytest.approx(HOUSE_HEIGHT_M, abs=1e-3)
    ground = rows[kinds == GROUND]
    assert (ground[:, 1] - ground[:, 0]).sum() == pytest.approx(60, abs=1e-5)
    assert ground[:, 4] == pytest.approx((30 + ground[:, 0]) * SLOPE, abs=0.01)


def test_of_a_house_the_sides_that_face_the_place_are_seen(town: Project) -> None:
    result = look(town, towards=SURFACES, to_where="id == 'A'", surfaces="walls", spacing_m=2.0)
    seen = dict(
        zip(
            result.surfaces.numbers("azimuth_deg").round(),
            result.surfaces.numbers("seen_fraction"),
            strict=True,
        )
    )
    west = min(seen, key=lambda azimuth: abs(azimuth - 270))
    east = min(seen, key=lambda azimuth: abs(azimuth - 90))
    assert seen[west] == 1.0 and seen[east] == 0.0
    lines = result.tables[SIGHTLINES]
    assert len(lines) < len(result.points) and lines.numbers("visible").all()
    assert result.tables[FINDINGS].texts("sentence")[0].startswith("1 of 4 surfaces is seen")


def test_of_what_did_not_stand_before_nothing_is_said_of_before(town: Project) -> None:
    result = look(
        town,
        towards=SURFACES,
        to_where="id == 'B'",
        date="1990-01-01",
        compare=True,
        compare_date="2020-01-01",
    )
    assert np.isnan(result.surfaces.numbers("seen_fraction_before")).all()
    assert not any("before" in text for text in result.tables[FINDINGS].texts("sentence"))


def test_a_bundle_goes_to_every_window_of_a_facade(tmp_path: Path) -> None:
    """Three windows in a facade that looks west, a screen before the middle one, and one that looks east."""
    wall = [(20, 12, 0), (20, 0, 0), (20, 0, 4), (20, 12, 4)]
    windows = [[(20, y + 1, 1), (20, y, 1), (20, y, 2), (20, y + 1, 2)] for y in (1, 5, 9)]
    behind = [(22, 5, 1), (22, 6, 1), (22, 6, 2), (22, 5, 2)]
    screen = [(10, 5, 0), (10, 6.5, 0), (10, 6.5, 4), (10, 5, 4)]
    faces: list[Sequence[Ring]] = [[wall, *(ring[::-1] for ring in windows)], *([ring] for ring in windows)]
    with Project.create(tmp_path / "facade.city.gpkg", "local") as project:
        objects: dict[str, Faces] = {
            "house": ("Building", [*faces, [behind]]),
            "screen": ("CityFurniture", [[screen]]),
        }
        source = write_faces(tmp_path / "facade.city.json", objects, ["WallSurface", *["Window"] * 4])
        import_files(project, [source], ReadOptions(crs="local"))
        result = look(
            project, places=((0, 6, 1.5),), towards=SURFACES, to_where="id == 'house'", surfaces="windows"
        )
    lines = result.tables[SIGHTLINES]
    assert lines.numbers("visible").tolist() == [1, 0, 1] and lines.texts("blocked_by")[1] == "screen"
    assert [lines.numbers(f"{axis}1")[1] for axis in "xyz"] == pytest.approx((20 - LIFT_M, 5.5, 1.5))
    assert result.surfaces.numbers("seen_fraction").tolist() == [1, 0, 1, 0]
    assert set(result.surfaces.texts("surface_type")) == {"Window"}
    assert result.tables[FINDINGS].texts("sentence")[0] == "2 of 4 windows are seen."


def write_faces(path: Path, objects: Mapping[str, Faces], types: list[str]) -> Path:
    """Objects of faces, each an outer ring and its holes; the first one's faces have these types."""
    vertices: list[list[int]] = []
    found: dict[str, Any] = {}

    def numbered(ring: Ring) -> list[int]:
        vertices.extend([round(1000 * value) for value in place] for place in ring)
        return list(range(len(vertices) - len(ring), len(vertices)))

    for name, (kind, faces) in objects.items():
        boundaries = [[numbered(ring) for ring in face] for face in faces]
        surface: dict[str, Any] = {"type": "MultiSurface", "lod": "3", "boundaries": boundaries}
        if not found:
            named = [{"type": type_name} for type_name in types]
            surface["semantics"] = {"surfaces": named, "values": list(range(len(faces)))}
        found[name] = {"type": kind, "geometry": [surface]}
    transform = {"scale": [0.001] * 3, "translate": [0, 0, 0]}
    city = {"type": "CityJSON", "version": "2.0", "transform": transform, "CityObjects": found}
    path.write_text(json.dumps({**city, "vertices": vertices}), encoding="utf-8")
    return path


def test_what_looks_away_is_not_seen_and_said_to(town: Project) -> None:
    result = look(
        town, places=(at(30, 55, 30.0),), towards=SURFACES, to_where="id == 'hedge'", surfaces="walls"
    )
    turned = [text for text in result.tables[FINDINGS].texts("sentence") if "away from all" in text]
    assert turned == ["2 of them look away from all viewing places."]
    below = look(town, places=(at(30, 55, 2.0),), towards=SURFACES, to_where="id == 'A'", surfaces="roofs")
    assert len(below.tables[SIGHTLINES]) == 0 and below.surfaces.numbers("seen_fraction") == [0.0]


def test_a_fan_ends_at_the_house_and_is_drawn_as_wide(town: Project) -> None:
    result = look(
        town, targets=(), towards=SECTOR, azimuth_deg=90.0, width_deg=20.0, reach_m=60.0, step_deg=5.0
    )
    lines = result.tables[SIGHTLINES]
    assert len(lines) == 5
    assert lines.texts("blocked_by")[2] == "A"
    # The grid is turned a little against true north, the ground rises.
    assert lines.numbers("distance_m")[2] == pytest.approx(20.0, abs=0.05)
    shape = wkb.read(bytes.fromhex(result.tables[VOLUMES].texts("wkb")[0]))
    assert len(shape.parts) == 5
    assert "of 5 directions are free to 60 m" in result.tables[FINDINGS].texts("sentence")[0]


def test_what_cannot_be_is_a_sentence(town: Project, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No viewing place"):
        look(town, places=())
    with pytest.raises(UsageError, match="No target"):
        look(town, targets=())
    with pytest.raises(UsageError, match="straight above or below"):
        look(town, targets=((*EYE[:2], 50.0),))
    with pytest.raises(UsageError, match="which objects"):
        look(town, towards=SURFACES)
    with pytest.raises(UsageError, match="nothing to look at"):
        look(town, towards=SURFACES, to_where="id == 'B'")
    with Project.open(make_town(tmp_path, terrain=False)) as bare:
        with pytest.raises(UsageError, match="no terrain under a viewing place"):
            look(bare, places=(EYE[:2],))
        result = look(bare)
    assert result.tables[SIGHTLINES].texts("blocked_by") == ["A"]
    assert "There is no terrain: only objects hide" in result.pedigree.limits


def test_lines_that_leave_the_terrain_are_told(town: Project) -> None:
    limits = look(town, targets=(at(250.3, 55, 2.0), BEHIND)).pedigree.limits
    warned = "Warning: 1 line of sight goes beyond the terrain, by 51 m: no ground hides there"
    assert warned in limits
    far = look(town, targets=(at(100_030, 55, 2.0),)).pedigree.limits
    assert any("1 line of sight goes beyond the terrain, by 99.8 km" in limit for limit in far)
    fan = look(town, targets=(), towards=SECTOR, reach_m=1000.0).pedigree.limits
    assert not any(limit.startswith("Warning") for limit in fan)


def test_places_from_where_nobody_sees_the_city_are_refused(town: Project) -> None:
    x, y, z = EYE
    for change in ({"places": ((y, x, z),)}, {"targets": ((y, x),)}):
        with pytest.raises(UsageError, match="lies far outside of the city"):
            look(town, **change)


def test_whether_a_place_is_the_eye_itself_is_said(town: Project) -> None:
    bare = look(town, places=(EYE,), targets=(BEHIND,), eye_height_m=0.0)
    above = look(town, places=(EYE,), targets=(BEHIND,), eye_height_m=1.6)
    z = EYE[2]
    assert bare.tables[FINDINGS].texts("sentence")[-1] == (
        f"The eye is the given place itself, at a height of {z:.2f} m."
    )
    assert above.tables[FINDINGS].texts("sentence")[-1] == (
        f"The eye is 1.6 m above the place, at a height of {z + 1.6:.2f} m."
    )
    assert bare.tables[OBSERVERS].numbers("eye_height_m").tolist() == [0.0]
    assert above.tables[OBSERVERS].numbers("eye_height_m").tolist() == [1.6]


def test_an_eye_on_the_edge_of_what_hides_is_warned_of(town: Project) -> None:
    edge = at(49.0, 55, HOUSE_HEIGHT_M - 0.5)
    wanted = {"targets": (BEHIND,), "eye_height_m": 0.0}
    warned = [limit for limit in look(town, places=(edge,), **wanted).pedigree.limits if "Warning" in limit]
    assert len(warned) == 1 and "the given place is the eye itself" in warned[0]
    assert not any("Warning" in limit for limit in look(town, places=(EYE,), **wanted).pedigree.limits)


def test_an_eye_in_a_house_and_a_target_under_the_ground_are_warned_of(town: Project) -> None:
    limits = look(town, places=(at(55, 55, 2.0),), targets=(BEHIND, at(90, 20, -1.0))).pedigree.limits
    assert "Warning: place 1 is inside A, where little else is in sight" in limits
    assert "Warning: target B is below the terrain, where little else is in sight" in limits


def test_along_a_long_line_the_terrain_is_as_fine_as_it_is(tmp_path: Path) -> None:
    heights = np.zeros((1040, 1040), np.float32)
    heights[:, 500] = 10.0  # a ridge two metres wide at its foot
    with Project.create(tmp_path / "ridge.city.gpkg") as project:
        import_files(project, [rasters.write(tmp_path / "ridge.tif", heights, crs=CRS)])
        ends = {"places": (_on_raster(20, 20),), "targets": (_on_raster(1020, 1020),)}
        lines = look(project, eye_height_m=2.0, target_height_m=2.0, **ends).tables[SIGHTLINES]
    assert lines.texts("blocked_by") == ["ridge"]
    assert lines.numbers("excess_m")[0] == pytest.approx(8.0, abs=1e-6)
    # The line goes into its slope, 10 m high over 1 m, at a height of 2 m.
    assert lines.numbers("distance_m")[0] == pytest.approx((500.5 - 1 + 0.2 - 20) * np.sqrt(2), abs=1e-3)


def test_over_20_km_of_sea_the_earth_hides_what_the_closed_form_says(tmp_path: Path) -> None:
    sea = np.zeros((4, 202), np.float32)
    wide = rasterio.Affine(100, 0, rasters.WEST, 0, -100, rasters.NORTH)
    eye, tower = _on_raster(100, 200), _on_raster(20_100, 200)
    with Project.create(tmp_path / "sea.city.gpkg") as project:
        import_files(project, [rasters.write(tmp_path / "sea.tif", sea, crs=CRS, transform=wide)])
        changes = {"places": (eye,), "targets": (tower,), "eye_height_m": 10.0, "curvature": True}
        lines = look(project, target_height_m=3.0, **changes).tables[SIGHTLINES]
    bend = Bend(REFRACTION)
    horizon = np.sqrt(10.0 / bend.per_m2)
    assert lines.texts("blocked_by") == ["sea"]
    assert lines.numbers("end_from_z")[0] == pytest.approx(bend.per_m2 * (20_000 - horizon) ** 2, abs=1e-3)


def _on_raster(east: float, south: float) -> tuple[float, float]:
    return rasters.WEST + east, rasters.NORTH - south


def test_a_target_that_was_clicked_on_a_wall_is_not_hidden_by_it(town: Project) -> None:
    west = at(50, 55, 4.0)
    for inside_m in (-0.005, 0.0, 0.005):
        lines = look(town, targets=((west[0] + inside_m, *west[1:]),)).tables[SIGHTLINES]
        assert lines.numbers("visible")[0] == 1


def test_targets_are_called_by_what_they_lie_on(town: Project) -> None:
    result = look(town, targets=(at(50, 55, 4.0), at(90, 53, 4.0)))
    assert not any(limit.startswith("Warning") for limit in result.pedigree.limits)
    assert result.tables[SIGHTLINES].texts("name") == ["place 1 to A", "place 1 to target B"]


def test_a_kept_result_is_computed_again_the_same(town_path: Path, tmp_path: Path) -> None:
    shutil.copytree(town_path.parent, tmp_path / "town")
    with Project.open(tmp_path / "town" / town_path.name) as own:
        with own.edit("Keep") as edit:
            number = edit.add_result(look(own, compare=True, compare_date="1990-01-01"))
        assert rerun(own, own.result(number), never_stop).same


def test_what_is_estimated_is_what_is_looked_at(town: Project) -> None:
    assert sightline.estimate(town, ACROSS).points == 1
    walls = replace(ACROSS, towards=SURFACES, to_where="id == 'A'", spacing_m=2.0)
    points = len(perform(analysis_of("sightline"), town, walls, never_stop).points)
    assert sightline.estimate(town, walls).points == pytest.approx(points, rel=0.1)
    fan = replace(ACROSS, towards=SECTOR, width_deg=360.0, step_deg=10.0)
    assert sightline.estimate(town, fan).points == 36
