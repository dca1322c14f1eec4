"""Random chains of edits in scenarios: the base is untouched, undo gives back every value."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers import proposals, reshaped, scenarios
from layers.arrays import CityTiles
from layers.edit import Edit
from layers.epochs import state_at
from layers.errors import EditError
from layers.exporting import export_layer
from layers.importing import import_files
from layers.project import Project
from layers.records import Layer
from tests.towns import BOXES, box, write_town

NAMES = [*BOXES, "hall"]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chains")
    with Project.create(folder / "town.city.gpkg") as project:
        import_files(project, [write_town(folder / "houses.city.json")], name="Houses")
        with project.edit("Begin") as edit:
            edit.add_scenario("Branch", edit.add_scenario("Trunk"))
    return folder


Step = tuple[str, str, int, int]
steps = st.lists(
    st.tuples(
        st.sampled_from(("raise", "say", "remove", "add", "undo", "redo")),
        st.sampled_from(NAMES),
        st.integers(1, 30),
        st.sampled_from((1, 2)),
    ),
    min_size=1,
    max_size=8,
)


def raise_it(project: Project, edit: Edit, fid: int, by: int, scenario: int) -> None:
    copy = scenarios.editable(project, edit, [fid], scenario)[fid]
    edit.set_geometry(copy, box((0, 0, 5, 5, 0, by)))


def say(project: Project, edit: Edit, fid: int, value: int, scenario: int) -> None:
    edit.set_attribute(scenarios.editable(project, edit, [fid], scenario)[fid], "storeys", value)


def remove(project: Project, edit: Edit, fid: int, _value: int, scenario: int) -> None:
    scenarios.remove(project, edit, [fid], scenario)


def add(project: Project, edit: Edit, fid: int, value: int, scenario: int) -> None:
    base = project.object(fid).layer
    shape = box((100, 0, 5, value, 0, value))
    scenarios.add(project, edit, scenario, "Building", shape, base=base, attributes={"storeys": value})


DO: dict[str, Callable[[Project, Edit, int, int, int], None]] = {
    "raise": raise_it,
    "say": say,
    "remove": remove,
    "add": add,
}


def take(project: Project, step: Step) -> None:
    what, name, number, scenario = step
    if what in ("undo", "redo"):
        # The town itself and its scenarios stay.
        if what == "redo" or (project.can_undo and project.can_undo.step > 2):
            getattr(project, what)()
        return
    item = project.by_id(name, project.layer("Houses"))
    assert item is not None
    try:
        with project.edit(what) as edit:
            DO[what](project, edit, item.fid, number, scenario)
    except EditError as error:
        assert "does not stand in this scenario" in str(error)


def told(project: Project) -> list[object]:
    """All that a project says: of what stands where, with which values and corners."""
    found: list[object] = []
    for scenario in (None, 1, 2):
        state = state_at(project, None, scenario)
        found += [(layer.name, state[layer.id][0].tolist()) for layer in project.layers]
    for layer in project.layers:
        for item in project.objects(layer):
            shape = project.shape(item.fid)
            found.append((item, None if shape is None else shape.text(), project.box([item.fid])))
    return found


def base_of(project: Project, folder: Path) -> bytes:
    out = folder / "base.city.json"
    export_layer(project, project.layer("Houses"), out, overwrite=True)
    return out.read_bytes()


def as_made_anew(project: Project, layer: Layer) -> bool:
    """Whether the arrays of a drawn layer, renewed step by step, are those of its shapes."""
    kept = project.drawable(layer)
    assert isinstance(kept, CityTiles)
    shapes = [(fid, shape.text()) for fid, shape in project.shapes(layer).items()]
    types = {item.fid: item.type for item in project.objects(layer)}
    anew = reshaped.tiles_of(shapes, types, layer, project.mover(layer))
    return all(
        np.array_equal(getattr(kept, name), getattr(anew, name))
        for name in (
            "entry_object",
            "vertices",
            "triangles",
            "surface_type",
            "surface_normal",
            "geometry_lod",
        )
    )


@settings(max_examples=12)
@given(steps)
def test_the_base_is_untouched_and_undo_gives_back_all(town: Path, chain: list[Step]) -> None:
    with TemporaryDirectory() as folder:
        here = Path(shutil.copytree(town, Path(folder, "town")))
        source = (here / "houses.city.json").read_bytes()
        with Project.open(here / "town.city.gpkg") as project:
            begin = told(project)
            for step in chain:
                take(project, step)
                for layer in project.layers:
                    assert not layer.is_drawn or as_made_anew(project, layer)
            assert base_of(project, here) == source
            end = told(project)
            count = 0
            while project.can_undo is not None and project.can_undo.step > 2:
                project.undo()
                count += 1
            assert (told(project), base_of(project, here)) == (begin, source)
            for _ in range(count):
                project.redo()
            assert told(project) == end


@settings(max_examples=6)
@given(steps)
def test_what_is_merged_stands_as_it_stood_in_the_scenario(town: Path, chain: list[Step]) -> None:
    def standing(project: Project, scenario: int | None) -> list[tuple[object, ...]]:
        found = []
        for layer in project.layers:
            stands = state_at(project, None, scenario)[layer.id][0]
            for item in project.objects(layer):
                if stands[item.fid - layer.first_fid]:
                    where = project.box([item.fid])
                    found.append((item.id if item.id in NAMES else "", item.type, item.attributes, where))
        return sorted(found, key=repr)

    with TemporaryDirectory() as folder:
        here = Path(shutil.copytree(town, Path(folder, "town")))
        with Project.open(here / "town.city.gpkg") as project:
            for step in chain:
                take(project, step)
            wanted, before = standing(project, 2), base_of(project, here)
            with project.edit("Merge") as edit:
                proposals.merge(project, edit, 2)
            assert standing(project, None) == wanted
            project.undo()
            assert base_of(project, here) == before
