"""What changed between two states: of objects whose changes are known to the millimetre."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis import change
from analysis.analysis import perform
from analysis.rerunning import rerun
from app.cli import main
from layers.data import ReadOptions
from layers.errors import UsageError
from layers.importing import import_files
from layers.project import Project
from layers.resultfiles import export_result
from layers.results import FINDINGS, Result
from layers.scenarios import add, editable, remove
from tests.towns import BOXES, ORIGIN, SIDES, Numbers, box, solid

pytestmark = pytest.mark.usefixtures("read_here")

ROW = {f"house-{number}": (15.0 * number, 40.0, 9.0, 9.0, 0.0, 6.0 + number) for number in range(8)}
KINDS = ("GroundSurface", "RoofSurface", "WallSurface")


def city(
    path: Path,
    boxes: Mapping[str, Numbers],
    attributes: Mapping[str, Any] | None = None,
    parents: Mapping[str, str] | None = None,
    turned: int = 0,
    crs: int = 7415,
) -> Path:
    """Boxes as CityJSON; their rings begin at another corner when they are `turned`."""
    objects: dict[str, Any] = {}
    for number, id in enumerate(boxes):
        objects[id] = {
            "type": "Building",
            "attributes": (attributes or {}).get(id, {"storeys": 2}),
            "geometry": [solid(8 * number)],
        }
        shell = objects[id]["geometry"][0]["boundaries"][0]
        shell[:] = [[ring[turned:] + ring[:turned] for ring in face] for face in shell]
    for part, whole in (parents or {}).items():
        objects[part] |= {"type": "BuildingPart", "parents": [whole]}
        objects.setdefault(whole, {"type": "Building", "children": []})["children"].append(part)
    corners = np.concatenate([box(numbers).vertices for numbers in boxes.values()])
    document = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.001] * 3, "translate": ORIGIN},
        "metadata": {"referenceSystem": f"https://www.opengis.net/def/crs/EPSG/0/{crs}"},
        "CityObjects": objects,
        "vertices": ((corners - ORIGIN) * 1000).round().astype(int).tolist(),
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def two(folder: Path, before: Path, after: Path, dates: tuple[str, str] = ("2016", "2022")) -> Project:
    """A project of two snapshots."""
    project = Project.create(folder / "town.city.gpkg")
    for path, date in zip((before, after), dates, strict=True):
        import_files(project, [path], name="town", epoch=f"{date}-01-01" if date else None)
    return project


def compared(project: Project, **more: Any) -> Result:
    inputs = change.Inputs(**{"compare_date": "2016-01-01", "date": "2022-01-01", **more})
    return perform(change, project, inputs, lambda *_: None)


def listed(result: Result) -> dict[str, tuple[str, float, float, float]]:
    """By id: what happened, how far it moved, how much higher and larger it is."""
    table = result.tables["changes"]
    numbers = (table.numbers(name) for name in ("distance_m", "height_m_change", "volume_m3_change"))
    rows = zip(table.texts("object_id"), table.texts("change"), *numbers, strict=True)
    return {id: (what, *(round(float(value), 6) for value in values)) for id, what, *values in rows}


def test_what_came_went_and_moved_is_told_to_the_millimetre(tmp_path: Path) -> None:
    later = {**{id: BOXES[id] for id in ("barn", "hall-1")}, "mill": (0, 0, 10, 10, 0, 11), **ROW}
    later["barn"] = (20.05, 0, 10, 20, 0, 6)
    before = city(tmp_path / "a.city.json", {**BOXES, **dict(list(ROW.items())[1:])})
    after = city(tmp_path / "b.city.json", later, {"barn": {"storeys": 3, "name": "Barn"}}, turned=2)
    with two(tmp_path, before, after) as project:
        result = compared(project)
    found = listed(result)
    assert found["mill"] == ("geometry changed", 3.0, 3.0, 300.0)
    assert found["barn"][:2] == ("attributes changed", 0.05)
    assert found["hall-2"][0] == "vanished" and found["house-0"][0] == "appeared"
    assert len(found) == 4 and result.pedigree.numbers["unchanged"] == 8
    changes = result.tables["changes"]
    volumes = {
        id: (before, after)
        for id, before, after in zip(
            changes.texts("object_id"),
            changes.numbers("volume_m3_before").tolist(),
            changes.numbers("volume_m3").tolist(),
            strict=True,
        )
    }
    for id, side in (("hall-2", 0), ("house-0", 1)):  # what stands in one state only is measured there
        _, _, *sides, _, height = (BOXES | ROW)[id]
        assert volumes[id][side] == pytest.approx(sides[0] * sides[1] * height)
        assert np.isnan(volumes[id][1 - side])
    said = result.tables["attributes"]
    rows = zip(
        said.texts("object_id"), said.texts("property"), said.texts("from"), said.texts("to"), strict=True
    )
    assert sorted(rows) == [("barn", "name", "", "Barn"), ("barn", "storeys", "2", "3")]
    surfaces = result.surfaces
    kinds = dict(zip(surfaces.texts("object_id"), surfaces.numbers("changed").tolist(), strict=True))
    assert kinds == {"mill": 0.0, "hall-2": -1.0, "house-0": 1.0}
    mill = [
        (kind, distance)
        for id, kind, distance in zip(
            surfaces.texts("object_id"),
            surfaces.texts("surface_type"),
            surfaces.numbers("distance_m"),
            strict=True,
        )
        if id == "mill"
    ]
    # The roof, before and after, and the walls that are now higher: the old ones lie within them.
    assert sorted({kind for kind, _ in mill}) == ["RoofSurface", "WallSurface"] and len(mill) == 6
    assert all(distance == pytest.approx(3.0) for _, distance in mill)


def test_without_ids_footprints_tell_who_is_who(tmp_path: Path) -> None:
    before = city(tmp_path / "a.city.json", {**ROW, "long": (0.0, 80.0, 40.0, 10.0, 0.0, 9.0)})
    halves = {"left": (0.0, 80.0, 18.0, 10.0, 0.0, 9.0), "right": (18.0, 80.0, 22.0, 10.0, 0.0, 9.0)}
    after = city(tmp_path / "b.city.json", {f"new-{id}": numbers for id, numbers in (ROW | halves).items()})
    with two(tmp_path, before, after) as project:
        result = compared(project)
        back = compared(project, compare_date="2022-01-01", date="2016-01-01")
    assert {id: row[0] for id, row in listed(result).items()} == {"new-left": "split", "new-right": "split"}
    assert set(back.tables["changes"].texts("change")) == {"merged"}
    assert result.pedigree.numbers["unchanged"] == back.pedigree.numbers["unchanged"] == 8
    assert result.tables["changes"].numbers("volume_m3_change").tolist() == pytest.approx([0.0, 0.0])


def test_heights_of_another_datum_are_told_and_not_counted(tmp_path: Path) -> None:
    higher = {id: (*plan[:4], plan[4] + 0.28, plan[5] + 0.28) for id, plan in ROW.items()}
    higher["house-3"] = (*higher["house-3"][:5], higher["house-3"][5] + 2)
    before, after = city(tmp_path / "a.city.json", ROW), city(tmp_path / "b.city.json", higher)
    with two(tmp_path, before, after) as project:
        result = compared(project)
    assert listed(result) == {"house-3": ("geometry changed", 2.0, 2.0, 162.0)}
    assert any("higher by 0.280 m throughout" in text for text in result.tables[FINDINGS].texts("sentence"))


def test_parts_that_come_and_go_change_their_building(tmp_path: Path) -> None:
    parents = {"hall-1": "hall", "hall-2": "hall"}
    before = city(tmp_path / "a.city.json", BOXES, parents=parents)
    fewer = {id: plan for id, plan in BOXES.items() if id != "hall-2"}
    after = city(tmp_path / "b.city.json", fewer, {"hall-1": {"storeys": 5}}, {"hall-1": "hall"})
    with two(tmp_path, before, after) as project:
        result = compared(project)
    table = result.tables["changes"]
    assert table.texts("object_id") == ["hall"] and table.texts("attributes") == ["storeys, parts gone"]
    assert listed(result)["hall"][3] == -500.0
    said = result.tables["attributes"]
    assert (said.texts("object_id"), said.texts("to")) == (["hall-1"], ["5"])
    assert said.numbers("whole").tolist() == table.numbers("fid").tolist()


def test_a_scenario_against_the_city_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Project.create(tmp_path / "town.city.gpkg") as project:
        import_files(project, [city(tmp_path / "a.city.json", BOXES)])
        fids = {item.id: item.fid for item in project.objects()}
        with project.edit("Begin") as edit:
            plan = edit.add_scenario("Plan")
        with project.edit("Plan") as edit:
            copies = editable(project, edit, [fids["mill"]], plan)
            edit.set_geometries({copies[fids["mill"]]: box((0, 0, 10, 10, 0, 13))})
            remove(project, edit, [fids["barn"]], plan)
            add(project, edit, plan, "Building", box((70, 0, 5, 5, 0, 30)), id="tower")
        result = compared(project, compare_date="", date="", scenario="Plan")
        found = listed(result)
        assert {id: row[0] for id, row in found.items()} == {
            "tower": "appeared", "barn": "vanished", "mill": "geometry changed"
        }  # fmt: skip
        assert found["mill"][1:] == (5.0, 5.0, 500.0) and result.pedigree.numbers["unchanged"] == 2
        with project.edit("Keep") as edit:
            edit.add_result(result)
        assert rerun(project, project.result(1), lambda *_: None).same
    assert main(["diff", str(tmp_path / "town.city.gpkg"), "--from", "base", "--to", "Plan"]) == 0
    assert "1 object appeared, 1 vanished" in capsys.readouterr().out


def test_people_have_the_last_word(tmp_path: Path) -> None:
    before = city(tmp_path / "a.city.json", {"old": (0, 0, 20, 10, 0, 9)})
    after = city(tmp_path / "b.city.json", {"new": (5, 0, 25, 10, 0, 12)})
    with two(tmp_path, before, after) as project:
        doubtful = compared(project).tables["doubtful"]
        assert (doubtful.texts("before_id"), doubtful.texts("taken_as")) == (["old"], ["the same"])
        pair = int(doubtful.numbers("before_fid")[0]), int(doubtful.numbers("fid")[0])
        for verdict, changes in (("different", {"appeared", "vanished"}), ("same", {"geometry changed"})):
            with project.edit("Confirm") as edit:
                edit.set_identity(*pair, verdict)
            result = compared(project)
            assert set(result.tables["changes"].texts("change")) == changes
            assert not len(result.tables["doubtful"])


def test_an_attribute_may_say_who_is_who_and_others_need_not_be_compared(tmp_path: Path) -> None:
    said = {"a": {"key": "7", "seen": "2016"}, "b": {"key": "9", "seen": "2016"}}
    before = city(tmp_path / "a.city.json", {"a": (0, 0, 9, 9, 0, 5), "b": (50, 0, 9, 9, 0, 5)}, said)
    later = {"b": {"key": "7", "seen": "2022"}, "c": {"key": "9", "seen": "2022"}}
    after = city(tmp_path / "b.city.json", {"b": (0, 0, 9, 9, 0, 5), "c": (50, 0, 9, 9, 0, 5)}, later)
    with two(tmp_path, before, after) as project:
        by_id, by_key = compared(project), compared(project, key="key", ignored="seen")
    assert listed(by_id)["b"][0] == "geometry and attributes changed"  # b moved by 50 m
    assert not len(by_key.tables["changes"]) and by_key.pedigree.numbers["unchanged"] == 2


def test_semantics_alone_may_change(tmp_path: Path) -> None:
    before = city(tmp_path / "a.city.json", ROW)
    document = json.loads(before.read_text())
    semantics = document["CityObjects"]["house-2"]["geometry"][0]["semantics"]
    semantics["values"][0][2] = KINDS.index("RoofSurface")
    (tmp_path / "b.city.json").write_text(json.dumps(document))
    with two(tmp_path, before, tmp_path / "b.city.json") as project:
        result = compared(project)
    assert listed(result)["house-2"][0] == "attributes changed"
    assert result.tables["changes"].texts("attributes") == ["semantic surfaces"]


def test_surfaces_are_places_however_they_are_cut(tmp_path: Path) -> None:
    """A roof in four pieces is the roof that it was; one with a hole is not."""
    before = city(tmp_path / "a.city.json", {"a": (0, 0, 12, 12, 0, 5), "b": (30, 0, 12, 12, 0, 5)})
    document = json.loads(before.read_text())
    corners = document["vertices"]
    for first, id in ((0, "a"), (8, "b")):
        shell = document["CityObjects"][id]["geometry"][0]["boundaries"][0]
        base = np.array(corners[first + 4])
        add = [(4000, 4000), (8000, 4000), (8000, 8000), (4000, 8000)]
        hole = [len(corners) + at for at in range(4)]
        corners += [[int(base[0]) + x, int(base[1]) + y, int(base[2])] for x, y in add]
        outer = [first + corner for corner in SIDES[1]]
        if id == "a":  # four trapeziums about a square
            shell[1] = [hole]
            shell += [[[outer[at], outer[at - 3], hole[at - 3], hole[at]]] for at in range(4)]
            document["CityObjects"][id]["geometry"][0]["semantics"]["values"][0] += [1] * 4
        else:
            shell[1] = [outer, hole[::-1]]
    (tmp_path / "b.city.json").write_text(json.dumps(document))
    with two(tmp_path, before, tmp_path / "b.city.json") as project:
        found = listed(compared(project))
    assert list(found) == ["b"]
    assert found["b"][1] == pytest.approx(2.0, abs=0.3)  # from the middle of the hole to its rim


def test_lists_for_scripts_and_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = city(tmp_path / "a.city.json", {**BOXES, "long": (0, 80, 40, 10, 0, 9)})
    halves = {"left": (0, 80, 18, 10, 0, 9), "right": (18, 80, 22, 10, 0, 9)}
    later = {"mill": (0, 0, 10, 10, 0, 11), "hall-1": BOXES["hall-1"], "inn": (90, 0, 5, 5, 0, 5), **halves}
    after = city(tmp_path / "b.city.json", later, {"mill": {"storeys": 4}})
    two(tmp_path, before, after).close()
    out = tmp_path / "changes.csv"
    call = ["diff", str(tmp_path / "town.city.gpkg"), "--from", "2016", "--to", "town 2022"]
    assert main([*call, "--out", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["id"] for one in found["appeared"]] == ["inn"]
    assert sorted(one["id"] for one in found["vanished"]) == ["barn", "hall-2"]
    assert [(one["before_id"], one["id"]) for one in found["split"]] == [("long", ["left", "right"])]
    assert [one["id"] for one in found["geometry_changed"]] == ["mill"]
    assert found["attributes_changed"][0]["properties"] == [{"property": "storeys", "from": "2", "to": "4"}]
    assert found["merged"] == [] and found["unchanged"] == 1
    assert out.read_text().splitlines()[0].startswith("change,object_id,before_id")
    assert main([*call[:3], "2030", "--to", "2040"]) == 0  # the same snapshots on both days
    assert main([*call[:3], "nowhere", "--to", "2022", "--json"]) == 2
    assert "town 2016" in json.loads(capsys.readouterr().out.splitlines()[-1])["error"]["allowed"]


def test_layers_without_dates_are_compared_as_they_are(tmp_path: Path) -> None:
    before, after = (
        city(tmp_path / "a.city.json", ROW),
        city(tmp_path / "b.city.json", dict(list(ROW.items())[2:])),
    )
    with Project.create(tmp_path / "town.city.gpkg") as project:
        for path, name in ((before, "old"), (after, "new")):
            import_files(project, [path], name=name)
        result = compared(project, compare_date="", date="", compare_layer="old", layer="new")
        export_result(project, result, tmp_path / "changes.gpkg")
        with pytest.raises(UsageError, match="the same"):
            compared(project, compare_date="", date="")
    assert result.tables["changes"].texts("change") == ["vanished", "vanished"]
    assert result.pedigree.numbers["unchanged"] == 6


def features(path: Path, *rows: tuple[str, str, Any, Mapping[str, Any]]) -> Path:
    """Points, lines and areas as GeoJSON: id, kind, corners, attributes."""
    found = [
        {
            "type": "Feature",
            "id": id,
            "properties": dict(properties),
            "geometry": {"type": kind, "coordinates": corners},
        }
        for id, kind, corners, properties in rows
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": found}))
    return path


def test_lines_points_and_areas_are_found_again_by_id_and_place(tmp_path: Path) -> None:
    square = [[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]
    before = features(
        tmp_path / "a.geojson",
        ("1", "LineString", [[0, 0, 5], [50, 0, 4]], {"width": 3}),
        ("2", "LineString", [[0, 20, 5], [50, 20, 4]], {"width": 3}),
        ("3", "Point", [5, 40], {"kind": "oak"}),
        ("4", "Polygon", square, {}),
    )
    after = features(
        tmp_path / "b.geojson",
        ("1", "LineString", [[50, 0, 4], [0, 0, 5]], {"width": 4}),  # the other way round
        ("2", "LineString", [[0, 20, 5], [50, 20, 4.5]], {"width": 3}),
        ("30", "Point", [5.5, 40], {"kind": "oak"}),
        ("5", "Point", [90, 90], {"kind": "elm"}),
    )
    with Project.create(tmp_path / "town.city.gpkg", crs="EPSG:28992") as project:
        for date, path in (("2016", before), ("2022", after)):
            import_files(project, [path], ReadOptions(crs="EPSG:28992"), name="plan", epoch=f"{date}-01-01")
        result = compared(project)
    found = {id: (what, distance) for id, (what, distance, *_) in listed(result).items()}
    assert found["1"] == ("attributes changed", 0.0)
    assert found["2"] == ("geometry changed", 0.5)
    assert found["30"] == ("geometry changed", 0.5)
    assert found["4"][0] == "vanished" and found["5"][0] == "appeared" and len(found) == 5


def test_what_one_layer_says_is_another_building_is_one(tmp_path: Path) -> None:
    """A tower where a house stood, in one layer with dates; a shed of the same shape under another id."""
    boxes = {
        "house": (0, 0, 10, 10, 0, 6),
        "tower": (0, 0, 10, 10, 0, 40),
        "shed": (30, 0, 5, 5, 0, 3),
        "shed-2": (30, 0, 5, 5, 0, 3),
    }
    dates = {id: {"validTo": "2020-01-01"} for id in ("house", "shed")}
    dates |= {id: {"validFrom": "2020-01-01"} for id in ("tower", "shed-2")}
    with Project.create(tmp_path / "town.city.gpkg") as project:
        import_files(project, [city(tmp_path / "a.city.json", boxes, dates)])
        result = compared(project, ignored="validFrom,validTo")
    assert {id: what for id, (what, *_) in listed(result).items()} == {
        "tower": "appeared",
        "house": "vanished",
    }
    doubtful = result.tables["doubtful"]
    assert (doubtful.texts("before_id"), doubtful.texts("taken_as")) == (["house"], ["different"])
