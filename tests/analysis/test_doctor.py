"""Height doctor: what was done to a town that stood on its terrain is found, named, and put right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.doctor import FLOATING, SUNK, Inputs, Patient, examined, run, sentences
from analysis.heightfaults import FOOT_M, known_offsets, suspicions
from layers.data import ReadOptions
from layers.importing import complete, import_files
from layers.placement import Placement
from layers.placing import place_layer
from layers.project import Project
from layers.records import Layer
from layers.remedies import lifted
from tests.app.blocks import FACES
from tests.conftest import real

#: A town of 5 by 5 houses on a slope, in the middle of the Netherlands as EPSG:7415 counts.
WEST, SOUTH, COUNT = 120_000.0, 480_000.0, 5


def ground(x: float, y: float) -> float:
    """The slope: 20 m at the corner, a metre up on ten."""
    return 20.0 + 0.1 * (x - WEST) + 0.02 * (y - SOUTH)


def town(folder: Path, lift: dict[int, float] | None = None, swapped: bool = False) -> Path:
    """Houses whose feet are on the lowest ground under them; some of them lifted."""
    vertices: list[list[int]] = []
    objects = {}
    for number in range(COUNT**2):
        x, y = 10 + 20 * (number % COUNT), 10 + 20 * (number // COUNT)
        foot = ground(WEST + x, SOUTH + y) + (lift or {}).get(number, 0.0)
        base = len(vertices)
        for z in (foot, foot + 8):
            vertices += [
                [round(1000 * v) for v in (x + dx, y + dy, z)] for dx, dy in ((0, 0), (4, 0), (4, 4), (0, 4))
            ]
        faces = [[[base + corner for corner in face]] for face in FACES]
        solid = {"type": "Solid", "lod": "2", "boundaries": [faces]}
        objects[f"house-{number}"] = {"type": "Building", "geometry": [solid]}
    translate = [WEST, SOUTH, 0]
    if swapped:
        vertices, translate = [[y, x, z] for x, y, z in vertices], [SOUTH, WEST, 0]
    text = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.001] * 3, "translate": translate},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
        "CityObjects": objects,
        "vertices": vertices,
    }
    path = folder / "town.city.json"
    path.write_text(json.dumps(text), encoding="utf-8")
    return path


def terrain(folder: Path) -> Path:
    """The slope in cells of a metre."""
    rows = [
        " ".join(f"{ground(WEST + column + 0.5, SOUTH + 129.5 - row):.3f}" for column in range(130))
        for row in range(130)
    ]
    head = f"ncols 130\nnrows 130\nxllcorner {WEST}\nyllcorner {SOUTH}\ncellsize 1\nNODATA_value -9999\n"
    path = folder / "ground.asc"
    path.write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def made(folder: Path, city: Path) -> Project:
    project = Project.create(folder / "p.city.gpkg")
    import_files(project, [terrain(folder)], ReadOptions(crs="EPSG:7415"))
    import_files(project, [city])
    return project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with made(tmp_path, town(tmp_path)) as found:
        yield found


def patient_of(project: Project) -> Patient:
    (found,) = examined(project, Inputs())
    return found


def city_of(project: Project) -> Layer:
    return next(layer for layer in project.layers if layer.kind == "city")


def put(project: Project, placement: Placement) -> None:
    with project.edit("Put elsewhere") as edit:
        place_layer(edit, project, city_of(project), placement)
    complete(project, project.layers)


def middle_gap(project: Project) -> float:
    return float(np.median(np.abs(patient_of(project).gap_m)))


def test_a_town_on_its_terrain_is_well(project: Project) -> None:
    found = patient_of(project)
    assert (len(found.feet), set(found.states)) == (COUNT**2, {"standing"})
    assert found.suspicions == () and not found.lifts_m()
    assert np.abs(found.gap_m).max() < 0.5  # what the slope is under four metres


@pytest.mark.parametrize(
    ("placement", "kind"),
    [
        (Placement(shift=(0.0, 0.0, 43.1)), "offset"),
        (Placement(shift=(0.0, 0.0, -2.33)), "offset"),
        (Placement(height_scale=1 / FOOT_M), "feet"),
        (Placement(height_scale=FOOT_M), "metres"),
    ],
)
def test_what_is_wrong_with_a_layer_is_found_and_put_right_as_one_step(
    project: Project, placement: Placement, kind: str
) -> None:
    put(project, placement)
    found = patient_of(project)
    assert [each.kind for each in found.suspicions][:1] == [kind]
    first = found.suspicions[0]
    assert first.before_m > 1.0 and first.after_m < 0.5
    assert first.text in " ".join(sentences(found))
    put(project, found.placement(first))
    assert middle_gap(project) < 0.5
    project.undo()
    complete(project, project.layers)
    assert patient_of(project).suspicions[0] == first


def test_known_offsets_are_named(project: Project) -> None:
    put(project, Placement(shift=(0.0, 0.0, 43.1)))
    assert "above the ellipsoid, the others above NAP" in patient_of(project).suspicions[0].text
    assert list(known_offsets(-2.33, 4.4, 51.9))[-1].startswith("TAW taken for NAP")
    assert list(known_offsets(43.0, -120.0, 10.0)) == []


def test_swapped_axes_are_found_with_and_without_terrain(tmp_path: Path) -> None:
    with made(tmp_path, town(tmp_path, swapped=True)) as project:
        found = patient_of(project)
        (first,) = found.suspicions
        assert first.kind == "swapped" and "0 % of 25 objects" in first.text and "100 %" in first.text
        put(project, found.placement(first))
        assert middle_gap(project) < 0.5


def test_single_objects_are_set_on_the_ground(tmp_path: Path) -> None:
    with made(tmp_path, town(tmp_path, {3: 5.0, 7: -4.0})) as project:
        found = patient_of(project)
        assert found.suspicions == ()
        layer = city_of(project)
        off = {project.object(fid).id: lift for fid, lift in found.lifts_m().items()}
        assert off == {"house-3": pytest.approx(-5.0, abs=0.1), "house-7": pytest.approx(4.0, abs=0.1)}
        assert (found.states.count(FLOATING), found.states.count(SUNK)) == (1, 1)
        with project.edit("Set on the ground") as edit:
            edit.set_geometries(lifted(project, layer, found.lifts_m()))
        assert set(patient_of(project).states) == {"standing"}
        project.undo()
        assert patient_of(project).lifts_m() == found.lifts_m()


def test_the_result_speaks_of_the_objects_that_are_off(tmp_path: Path) -> None:
    with made(tmp_path, town(tmp_path, {3: 5.0})) as project:
        result = run(project, Inputs())
        assert result.verdict == "fail"
        assert result.tables["objects"].texts("object_id") == ["house-3"]
        assert len(result.surfaces) == 6 and np.allclose(result.surfaces.numbers("gap_m"), 4.8, atol=0.2)
        with project.edit("Keep") as edit:
            number = edit.add_result(result)
        assert project.result(number).tables["findings"].texts("sentence")[0].startswith("town: 25 of 25")


def with_parts(city: Path) -> Path:
    """The same town, in which house 1 and house 2 are parts of house 0."""
    model = json.loads(city.read_text(encoding="utf-8"))
    model["CityObjects"]["house-0"]["children"] = ["house-1", "house-2"]
    for name in ("house-1", "house-2"):
        model["CityObjects"][name] |= {"type": "BuildingPart", "parents": ["house-0"]}
    city.write_text(json.dumps(model), encoding="utf-8")
    return city


def test_parts_that_others_carry_do_not_float_and_buildings_move_as_a_whole(tmp_path: Path) -> None:
    with made(tmp_path, with_parts(town(tmp_path, {2: 8.0}))) as project:
        found = patient_of(project)
        assert len(found.feet) == COUNT**2 - 2 and set(found.states) == {"standing"}
        layer = city_of(project)
        with project.edit("Raise") as edit:
            every = {layer.first_fid + number: 5.0 for number in range(3)}
            edit.set_geometries(lifted(project, layer, every))
        found = patient_of(project)
        assert found.states.count(FLOATING) == 1 and found.gaps_m().keys() == every.keys()
        lifts = found.lifts_m()
        assert lifts.keys() == every.keys() and len(set(lifts.values())) == 1
        assert found.lifts_m([layer.first_fid + 1]) == {}, "a part alone is not moved"
        assert len(run(project, Inputs()).surfaces) == 3 * len(FACES)


def test_nothing_is_judged_where_there_is_no_terrain(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p.city.gpkg") as project:
        import_files(project, [town(tmp_path)])
        result = run(project, Inputs())
        assert result.verdict == ""
        (said,) = result.tables["findings"].texts("sentence")
        assert said == "town: its heights could not be checked, as there is no terrain."


def test_how_far_away_the_terrain_is_that_lies_beside_a_town(project: Project) -> None:
    for east, words in ((7130.0, "which is 7.0 km away"), (-600.0, "which is 506 m away")):
        put(project, Placement(shift=(east, 0.0, 0.0)))
        patient = patient_of(project)
        assert not patient.is_tested
        (said, *_) = sentences(patient)
        assert said.startswith(
            "town: its heights could not be checked, as it does not lie over the terrain ground"
        )
        assert words in said


def test_flat_land_at_sea_level_is_no_scale() -> None:
    """Where all stands at nought nothing can be told from ratios."""
    feet = np.full(20, 3.0)
    (found,) = suspicions(feet, np.zeros(20), 1.0, 4.4, 51.9)
    assert (found.kind, found.shift_m) == ("offset", -3.0)
    assert replace(found, text="").after_m == 0.0


def test_a_real_quarter_stands_on_its_roads_and_gardens(tmp_path: Path) -> None:
    """A model made from laser heights, whose ground is objects of the same file."""
    with Project.create(tmp_path / "p.city.gpkg") as project:
        (layer,) = import_files(project, [real("cityjson/3dfier-testarea/testarea.json")])
        found = patient_of(project)
        assert len(found.feet) == 160 and set(found.states) == {"standing"}
        assert abs(float(np.median(found.gap_m))) < 0.01
        raised = {int(fid): 3.0 for fid in found.feet.fid[::20]}
        with project.edit("Raise") as edit:
            edit.set_geometries(lifted(project, layer, raised))
        lifts = patient_of(project).lifts_m()
        assert lifts.keys() == raised.keys()
        assert all(-3.5 < lift < -2.9 for lift in lifts.values())
        project.undo()
        with project.edit("Another datum") as edit:
            every = dict.fromkeys(found.feet.fid.tolist(), 43.0)
            edit.set_geometries(lifted(project, layer, every))
        ill = patient_of(project)
        assert ill.own_ground and ill.suspicions[0].kind == "offset"
        with project.edit("Back") as edit:
            edit.set_geometries(lifted(project, layer, ill.raised_m(ill.suspicions[0])))
        assert abs(float(np.median(patient_of(project).gap_m))) < 0.05
