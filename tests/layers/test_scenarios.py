"""Scenarios: nothing of the base is touched, undo gives everything back, merging makes it the city."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from layers import proposals, scenarios
from layers.arrays import CityTiles
from layers.epochs import state_at
from layers.errors import EditError, ProjectError
from layers.exporting import export_layer
from layers.importing import import_files
from layers.project import Project
from layers.reworking import Workshop
from tests.towns import BOXES, box, write_town

HIGH = box((0, 0, 10, 10, 0, 40))


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "town.city.gpkg") as project:
        import_files(project, [write_town(tmp_path / "houses.city.json")], name="Houses")
        yield project


def fid_of(project: Project, id: str, layer: str = "Houses") -> int:
    found = project.by_id(id, project.layer(layer).id)
    assert found is not None
    return found.fid


def standing(project: Project, scenario: int | str | None = None) -> set[str]:
    """Layer name and id of all that stands in a scenario."""
    found = set()
    for layer in project.layers:
        stands, _ghosts = state_at(project, None, scenario)[layer.id]
        ids = project.column(layer, "id")
        found |= {f"{layer.name}: {ids[at]}" for at in np.flatnonzero(stands[: len(ids)])}
    return found


def begun(project: Project, name: str = "Tower", parent: int | None = None) -> int:
    with project.edit(f"Begin {name}") as edit:
        return edit.add_scenario(name, parent)


def raise_mill(project: Project, scenario: int | None) -> int:
    with project.edit("Raise the mill") as edit:
        mill = fid_of(project, "mill")
        copy = scenarios.editable(project, edit, [mill], scenario)[mill]
        edit.set_geometry(copy, HIGH)
        edit.set_attribute(copy, "storeys", 9)
    return copy


def base_of(project: Project, out: Path) -> bytes:
    export_layer(project, project.layer("Houses"), out, overwrite=True)
    return out.read_bytes()


def test_what_is_drawn_has_an_id_that_one_can_read_and_that_nothing_else_has(town: Project) -> None:
    tower, shed = begun(town), box((70, 0, 5, 5, 0, 5))
    with town.edit("Draw") as edit:
        one = scenarios.add(town, edit, tower, "Building", shed)
        scenarios.add(town, edit, tower, "Building", shed, id="Drawn-41")
        scenarios.add(town, edit, None, "Building", shed, id="drawn-b")
    assert town.object(one).id == "drawn-1"
    town.undo()
    with town.edit("Draw") as edit:
        other = scenarios.add(town, edit, None, "Building", shed)
        workshop = Workshop(town, tower)
        copies = workshop.copies(edit, [workshop.shapes([fid_of(town, "mill")])] * 2)
    assert town.object(other).id == "drawn-42", "what was undone keeps its name"
    assert [town.object(fid).id for fid in copies] == ["drawn-43", "drawn-44"]


def test_a_change_in_a_scenario_leaves_the_base_as_it_was(town: Project, tmp_path: Path) -> None:
    before, here = base_of(town, tmp_path / "before.city.json"), standing(town)
    copy = raise_mill(town, begun(town))
    assert standing(town) == here
    assert standing(town, "Tower") == here - {"Houses: mill"} | {"Houses – Tower: mill"}
    assert base_of(town, tmp_path / "after.city.json") == before
    assert town.object(copy).attributes == {"storeys": 9}
    assert town.object(fid_of(town, "mill")).attributes == {"storeys": 0}
    city = town.drawable(town.layer("Houses – Tower"))
    assert isinstance(city, CityTiles)
    assert city.vertices[:, 2].max() == 40


def test_a_part_is_copied_with_its_whole_building_once(town: Project) -> None:
    tower, part = begun(town), fid_of(town, "hall-2")
    with town.edit("Move a part") as edit:
        first = scenarios.editable(town, edit, [part], tower)
        again = scenarios.editable(town, edit, [fid_of(town, "hall"), part], tower)
    assert again[part] == first[part]
    assert {name for name in standing(town, tower) if "Tower" in name} == {
        "Houses – Tower: hall",
        "Houses – Tower: hall-1",
        "Houses – Tower: hall-2",
    }
    copy = town.object(again[fid_of(town, "hall")])
    first_part = fid_of(town, "hall-1", "Houses – Tower")
    assert town.children(copy.fid) == [first_part, again[part]]
    assert town.box([copy.fid]) == pytest.approx(town.box([fid_of(town, "hall")]))


def test_undo_and_redo_of_what_was_done_in_a_scenario(town: Project) -> None:
    here = standing(town)
    tower = begun(town)
    raise_mill(town, tower)
    with town.edit("Take the barn away") as edit:
        scenarios.remove(town, edit, [fid_of(town, "barn")], tower)
        scenarios.remove(town, edit, [fid_of(town, "hall-2")], tower)
    there = standing(town, tower)
    houses = town.layer("Houses")
    _stands, ghosts = state_at(town, None, tower)[houses.id]
    assert {town.column(houses, "id")[at] for at in np.flatnonzero(ghosts)} == {"barn", "hall-2"}
    assert "Houses: barn" not in there and "Houses – Tower: hall-2" not in there
    for _ in range(3):
        town.undo()
    assert (standing(town), [layer.name for layer in town.layers]) == (here, ["Houses"])
    assert town.scenarios == ()
    for _ in range(3):
        town.redo()
    assert (standing(town), standing(town, tower)) == (here, there)


def test_scenarios_branch_from_scenarios(town: Project) -> None:
    tower = begun(town)
    raise_mill(town, tower)
    branch = begun(town, "Higher", tower)
    assert standing(town, branch) == standing(town, tower)
    with town.edit("Change what the branch came with") as edit:
        mine = fid_of(town, "mill", "Houses – Tower")
        copy = scenarios.editable(town, edit, [mine], branch)[mine]
        edit.set_attribute(copy, "storeys", 20)
        scenarios.add(town, edit, branch, "Building", box((70, 0, 5, 5, 0, 5)), id="shed")
    assert "Houses – Tower: mill" in standing(town, tower)
    assert {name for name in standing(town, branch) if "mill" in name or "shed" in name} == {
        "Houses – Higher: mill",
        "Higher: shed",
    }
    assert town.object(copy).attributes["storeys"] == 20
    with town.edit("What is meant is what stands for it there") as edit:
        base = fid_of(town, "mill")
        assert scenarios.editable(town, edit, [base], branch) == {base: copy}
    other = begun(town, "Other")
    with pytest.raises(EditError, match="does not stand in this scenario"), town.edit("No") as edit:
        scenarios.editable(town, edit, [copy], other)


def test_the_nearest_change_counts(town: Project) -> None:
    tower = begun(town)
    branch = begun(town, "Higher", tower)
    mine, theirs = raise_mill(town, branch), raise_mill(town, tower)
    assert mine != theirs
    assert {name for name in standing(town, branch) if "mill" in name} == {"Houses – Higher: mill"}
    assert {name for name in standing(town, tower) if "mill" in name} == {"Houses – Tower: mill"}
    assert list(proposals.touched(town, branch).changed.values()) == [mine]


def test_merging_is_one_step_that_can_be_undone(town: Project, tmp_path: Path) -> None:
    before = base_of(town, tmp_path / "before.city.json")
    tower = begun(town)
    raise_mill(town, tower)
    with town.edit("More") as edit:
        scenarios.remove(town, edit, [fid_of(town, "barn")], tower)
        houses = town.layer("Houses").id
        scenarios.add(town, edit, tower, "Building", box((70, 0, 5, 5, 0, 5)), id="shed", base=houses)
    with town.edit("Merge") as edit:
        proposals.merge(town, edit, tower)
    assert standing(town) == {
        *(f"Houses: {id}" for id in ("mill", "hall", "hall-1", "hall-2", "yard")),
        "Houses (drawn): shed",
    }
    assert town.scenario(tower).status == "built"
    written = json.loads(base_of(town, tmp_path / "merged.city.json"))
    assert written["CityObjects"]["mill"]["attributes"] == {"storeys": 9}
    assert (written["CityObjects"]["yard"]["children"], "barn" in written["CityObjects"]) == (["mill"], False)
    highest = max(vertex[2] for vertex in written["vertices"])
    assert highest == 40_000
    with pytest.raises(EditError, match="built"):
        raise_mill(town, tower)
    town.undo()
    assert base_of(town, tmp_path / "undone.city.json") == before
    assert "Houses – Tower: shed" in standing(town, tower)


def test_a_building_with_another_part_is_merged_as_a_new_one(town: Project) -> None:
    tower = begun(town)
    with town.edit("Build on") as edit:
        hall = fid_of(town, "hall")
        scenarios.editable(town, edit, [hall], tower)
        scenarios.add(
            town,
            edit,
            tower,
            "BuildingPart",
            box((60, 0, 5, 10, 0, 5)),
            id="hall-3",
            parent="hall",
            base=town.layer("Houses").id,
        )
    with town.edit("Merge") as edit:
        proposals.merge(town, edit, tower)
    new = {f"Houses (drawn): {id}" for id in ("hall", "hall-1", "hall-2", "hall-3")}
    assert standing(town) == {"Houses: mill", "Houses: barn", "Houses: yard", *new}
    assert len(town.children(fid_of(town, "hall", "Houses (drawn)"))) == 3


def test_a_scenario_is_exported_alone(town: Project, tmp_path: Path) -> None:
    raise_mill(town, begun(town))
    out = tmp_path / "tower.city.json"
    export_layer(town, town.layer("Houses – Tower"), out)
    (item,) = json.loads(out.read_bytes())["CityObjects"].values()
    (geometry,) = item["geometry"]
    (drawn,) = HIGH.geometries
    assert (geometry["type"], geometry["lod"], geometry["semantics"]) == ("Solid", "2.2", drawn["semantics"])
    export_layer(town, town.layer("Houses – Tower"), tmp_path / "tower.glb")


def test_what_is_gone_is_nowhere(town: Project, tmp_path: Path) -> None:
    with town.edit("Demolish") as edit:
        edit.remove_objects([fid_of(town, "hall"), fid_of(town, "mill")])
    left = {"barn", "yard"}
    houses = town.layer("Houses")
    assert {item.id for item in town.objects(houses)} == left
    assert len(town.fids(houses)) == len(town.fids(houses, "storeys >= 0")) + 1 == 2
    assert town.by_id("mill") is None and town.find("hall") == []
    assert standing(town) == {f"Houses: {id}" for id in left}
    out = tmp_path / "left.csv"
    export_layer(town, houses, out)
    assert len(out.read_text(encoding="utf-8").splitlines()) == 1 + len(left)
    with pytest.raises(EditError, match="no such object"), town.edit("Again") as edit:
        edit.remove_objects([1, 2])
    town.undo()
    assert len(town.fids(houses)) == len(BOXES) + 2


def test_a_scenario_takes_its_layers_with_it_and_brings_them_back(town: Project) -> None:
    tower = begun(town)
    raise_mill(town, tower)
    there = standing(town, tower)
    with town.edit("Remove") as edit:
        edit.set_scenario(tower, present=False)
    assert ([layer.name for layer in town.layers], town.scenarios) == (["Houses"], ())
    town.undo()
    assert standing(town, tower) == there


def test_a_scenario_needs_a_name_of_its_own(town: Project) -> None:
    tower = begun(town)
    with pytest.raises(EditError, match="name already"):
        begun(town)
    with pytest.raises(EditError, match="no such status"), town.edit("Status") as edit:
        edit.set_scenario(tower, status="dreamt")
    begun(town, "Branch", tower)
    with pytest.raises(EditError, match="Remove the others first"), town.edit("Remove") as edit:
        edit.set_scenario(tower, present=False)
    with pytest.raises(ProjectError, match="Tower, Branch"):
        town.scenario("Towre")
