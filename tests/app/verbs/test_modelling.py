"""`citystrata build`, `raise` and `move`: what they make, say and refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layers.project import Project
from layers.reworking import Workshop
from tests.app.verbs.answering import answer
from tests.towns import write_town

#: West of the mill, whose corner is the origin of the town.
FOOTPRINT = "84970,447000 84982,447000 84982,447008 84970,447008"


@pytest.fixture
def town(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    source, path = write_town(tmp_path / "town.city.json"), str(tmp_path / "town.city.gpkg")
    assert answer(capsys, "import", str(source), "--into", path, "--layer", "Town")[0] == 0
    assert answer(capsys, "scenario", path, "add", "Tower")[0] == 0
    return path


def test_a_house_is_built_raised_and_moved_in_a_scenario(
    town: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, built = answer(
        capsys, "build", town, "--footprint", FOOTPRINT, "--storeys", "3", "--roof", "gable",
        "--pitch", "45", "--ground", "0", "--scenario", "Tower", "--set", "use=school",
    )  # fmt: skip
    assert status == 0 and built["layer"] == "Town – Tower"
    # Walls of 9 m, and a ridge 4 m above them over 12 m by 8 m.
    assert built["volume_m3"] == pytest.approx(96 * 9 + 96 * 4 / 2, rel=1e-6)
    assert (built["height_m"], built["footprint_m2"]) == pytest.approx((13, 96))
    where = ("--layer", "Town", "--scenario", "Tower", "--where")
    _, raised = answer(capsys, "raise", town, *where, "use == 'school'", "--by", "5")
    assert raised["objects"] == [built["id"]]
    _, moved = answer(capsys, "move", town, *where, "use == 'school'", "--by", "-3,4,1", "--turn", "90")
    assert moved["objects"] == [built["id"]]
    out = tmp_path / "tower.city.json"
    assert answer(capsys, "scenario", town, "export", "Tower", str(out))[0] == 0
    written = json.loads(out.read_bytes())
    (house,) = written["CityObjects"].values()
    attributes = {"measuredHeight": 18, "roofType": "1030", "storeysAboveGround": 3, "use": "school"}
    assert house["attributes"] == attributes
    assert [geometry["lod"] for geometry in house["geometry"]] == ["1", "2"]
    z = [vertex[2] * written["transform"]["scale"][2] for vertex in written["vertices"]]
    assert max(z) - min(z) == pytest.approx(18)
    assert answer(capsys, "validate", str(out))[1]["valid"]
    with Project.open(Path(town), read_only=True) as project:
        assert project.count(project.layer("Town")) == 6


def test_a_mansard_breaks_where_it_is_told_to(town: str, capsys: pytest.CaptureFixture[str]) -> None:
    base = ("build", town, "--footprint", FOOTPRINT, "--height", "6", "--ground", "0", "--roof")
    _, built = answer(capsys, *base, "mansard", "--pitch", "45", "--break-height", "2", "--upper-pitch", "30")
    # 2 m inwards and up at 45°, then 2 m more to the ridge at 30°.
    assert built["height_m"] == pytest.approx(6 + 2 + 2 * 3**-0.5)
    status, told = answer(capsys, *base, "hip", "--break-height", "2")
    assert status == 2 and "mansard" in told["error"]["what"]


def test_what_is_of_the_base_is_copied_before_it_is_changed(
    town: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, raised = answer(
        capsys, "raise", town, "--layer", "Town", "--where", "id == 'mill'", "--storeys", "1",
        "--scenario", "Tower",
    )  # fmt: skip
    assert raised["objects"] == ["mill"]
    _, copied = answer(
        capsys, "move", town, "--layer", "Town", "--where", "id == 'hall'", "--by", "0,50", "--copy"
    )
    with Project.open(Path(town), read_only=True) as project:
        mill = project.by_id("mill", project.layer("Town").id)
        tower = project.layer("Town – Tower")
        copy = project.by_id("mill", tower.id)
        heights = [
            Workshop(project, None).shape(item.fid).vertices[:, 2].max()  # type: ignore[union-attr]
            for item in (mill, copy)
            if item is not None
        ]
        assert heights == pytest.approx([8, 11])
        hall = project.by_id(copied["objects"][0], project.layer("Town (drawn)").id)
        assert hall is not None and len(project.children(hall.fid)) == 2


REFUSED = (
    (("build", "--footprint", "0,0 4,4 4,0 0,4", "--height", "3"), "outline"),
    (("build", "--footprint", FOOTPRINT), "how high"),
    (("build", "--footprint", FOOTPRINT, "--height", "3"), "no terrain"),
    (("raise", "--where", "id == 'mill'", "--by", "-9"), "cannot be moved by -9 m"),
    (("raise", "--by", "2"), "which objects"),
    (("move", "--where", "id == 'none'", "--by", "1,1"), "No object is like that"),
    (("move", "--where", "id == 'mill'"), "where to"),
)


def test_what_cannot_be_is_a_sentence(town: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, before = answer(capsys, "history", town)
    for (verb, *rest), sentence in REFUSED:
        status, said = answer(capsys, verb, town, *rest)
        assert status in (1, 2) and sentence in said["error"]["what"]
    assert answer(capsys, "history", town)[1] == before


def test_a_line_is_drawn_into_a_layer_of_lines_in_a_scenario(
    town: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = {"type": "LineString", "coordinates": [[85_000.0, 447_000.0], [85_005.0, 447_000.0]]}
    feature = {"type": "Feature", "properties": {"kind": "path"}, "geometry": line}
    source = tmp_path / "paths.geojson"
    source.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    said = ("--kind", "vector", "--crs", "EPSG:7415", "--layer", "Paths")
    assert answer(capsys, "import", str(source), "--into", town, *said)[0] == 0
    draw = ("draw", town, "--layer", "Paths", "--scenario", "Tower")
    status, drawn = answer(capsys, *draw, "--line", "85000,447010 85020,447010", "--set", "width=3")
    assert status == 0 and (drawn["layer"], drawn["type"]) == ("Paths – Tower", "Line")
    _, found = answer(capsys, "query", town, "--layer", "Paths – Tower", "--select", "width")
    assert [item["width"] for item in found] == [3]
    assert answer(capsys, *draw)[0] == 2
    status, told = answer(capsys, *draw, "--line", "85000,447010")
    assert status == 2 and "--line" in told["error"]["what"]
    status, told = answer(capsys, "draw", town, "--layer", "Town", "--point", "85000,447010")
    assert status == 1 and "point" in told["error"]["what"]
