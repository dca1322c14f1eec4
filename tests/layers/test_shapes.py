"""Edited shapes: drawn, told, undone, and written back with every other byte as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from layers import cache, reshaped
from layers.arrays import CityTiles
from layers.errors import EditError
from layers.exporting import export_layer
from layers.project import Project
from layers.records import CityObject, Layer
from layers.shapes import Shape
from layers.shaping import Shapes
from tests.cities import import_here, raw_objects, read_layer
from tests.conftest import real

UP = np.array([0.0, 0.0, 2.5])
BAG, SEQUENCE = "cityjson/3dbag/9-284-556.city.json", "cityjson/val3dity-cj/3dbag_b2.city.jsonl"


def first_with_surfaces(project: Project, layer: Layer) -> CityObject:
    return project.object(Shapes(project, layer).fids()[0])


def raised(shape: Shape | None) -> Shape:
    assert shape is not None
    return replace(shape, vertices=shape.vertices + UP)


def tiles(project: Project, layer: Layer) -> CityTiles:
    found = project.drawable(layer)
    assert isinstance(found, CityTiles)
    return found


def corners(project: Project, layer: Layer, fid: int) -> np.ndarray:
    """The corners of an object as it is drawn, in the order of its polygons."""
    city = tiles(project, layer)
    (entry,) = np.flatnonzero(city.entry_object == fid - layer.first_fid)
    return np.array(city.vertices[slice(*city.entry_vertex[entry : entry + 2])])


def state(project: Project, layer: Layer, fid: int) -> tuple[object, ...]:
    """All that a project says of an object."""
    item = project.object(fid)
    return item, project.wkb(fid), project.box([fid]), project.source_text(fid), project.shape(fid)


@pytest.fixture(params=["cityjson/val3dity-cj/several_lods_valid.json", SEQUENCE])
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    project = Project.create(tmp_path / "p.city.gpkg")
    import_here(project, real(request.param))
    return project


def test_a_shape_that_is_given_again_is_what_was_drawn(town: Project) -> None:
    layer = town.layers[-1]
    item = first_with_surfaces(town, layer)
    before = corners(town, layer, item.fid)
    shape = Shapes(town, layer).of(item.fid)
    with town.edit("The same") as edit:
        edit.set_geometry(item.fid, shape)
    assert np.array_equal(corners(town, layer, item.fid), before)
    after = town.object(item.fid)
    assert (after.lods, after.surfaces) == (item.lods, item.surfaces)


def test_a_raised_object_is_drawn_higher_and_undo_gives_back_all(town: Project) -> None:
    layer = town.layers[-1]
    fid = first_with_surfaces(town, layer).fid
    before, drawn = state(town, layer, fid), corners(town, layer, fid)
    others = len(tiles(town, layer).entry_object)
    with town.edit("Raise") as edit:
        edit.set_geometry(fid, raised(Shapes(town, layer).of(fid)))
    assert np.allclose(corners(town, layer, fid), drawn + UP, atol=1e-9)
    assert len(tiles(town, layer).entry_object) == others
    told = json.loads(town.source_text(fid))
    assert told["geometry"] == town.geometries(fid) and told["type"] == town.object(fid).type
    old, new = before[2], town.box([fid])
    assert isinstance(old, tuple) and new is not None
    assert new[2] - old[2] == pytest.approx(2.5, abs=1e-3) and new[0] == pytest.approx(old[0], abs=0.1)
    town.undo()
    assert state(town, layer, fid) == before
    assert np.array_equal(corners(town, layer, fid), drawn)
    town.redo()
    assert np.allclose(corners(town, layer, fid), drawn + UP, atol=1e-9)
    with town.edit("Back") as edit:
        edit.set_geometry(fid, None)
    assert town.shape(fid) is None and np.array_equal(corners(town, layer, fid), drawn)


def test_only_the_edited_object_is_written_anew(town: Project, tmp_path: Path) -> None:
    layer = town.layers[-1]
    source = Path(layer.source_path)
    ending = ".city.jsonl" if source.name.endswith("l") else ".city.json"
    item = first_with_surfaces(town, layer)
    with town.edit("Raise") as edit:
        edit.set_geometry(item.fid, raised(Shapes(town, layer).of(item.fid)))
    out = tmp_path / f"out{ending}"
    export_layer(town, layer, out)
    before, after = raw_objects(source), raw_objects(out)
    assert list(before) == list(after)
    for id in before:
        assert (before[id] == after[id]) == (id != item.id), id
    changed = {key for key, value in after[item.id].items() if value != before[item.id][key]}
    assert changed <= {"geometry", "geographicalExtent"} and "geometry" in changed
    again = read_layer(out)
    (number,) = (n for n, feature in enumerate(again.features) if feature.id == item.id)
    mesh = again.drawable
    found = mesh.vertices[np.repeat(mesh.surface_object, np.diff(mesh.surface_start)) == number]  # type: ignore[union-attr]
    assert np.allclose(found, corners(town, layer, item.fid), atol=0.0006)  # the file's millimetres
    town.undo()
    export_layer(town, layer, out, overwrite=True)
    assert out.read_bytes() == source.read_bytes()


def test_vertices_that_are_there_already_are_named(tmp_path: Path) -> None:
    source = real("cityjson/val3dity-cj/several_lods_valid.json")
    with Project.create(tmp_path / "p.city.gpkg") as project:
        layer = import_here(project, source)
        fid = Shapes(project, layer).fids()[0]
        shape = Shapes(project, layer).of(fid)
        assert shape is not None
        vertices = shape.vertices.copy()
        vertices[0] += UP
        with project.edit("One corner") as edit:
            edit.set_geometry(fid, replace(shape, vertices=vertices))
        out = tmp_path / "out.city.json"
        export_layer(project, layer, out)
    before, after = json.loads(source.read_bytes()), json.loads(out.read_bytes())
    assert after["vertices"][: len(before["vertices"])] == before["vertices"]
    assert len(after["vertices"]) == len(before["vertices"]) + 1


def test_large_layers_are_put_together_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reshaped, "SMALL", 0)
    with Project.create(tmp_path / "p.city.gpkg") as project:
        layer = import_here(project, real("cityjson/val3dity-cj/several_lods_valid.json"))
        fid = Shapes(project, layer).fids()[0]
        drawn = corners(project, layer, fid)
        with project.edit("Raise") as edit:
            edit.set_geometry(fid, raised(Shapes(project, layer).of(fid)))
        assert np.allclose(corners(project, layer, fid), drawn + UP, atol=1e-9)
        folder = cache.layer_folder(project.path, layer.uid)
        assert len(list(folder.glob(f"{reshaped.FOLDER}*/"))) == 1
        assert np.allclose(corners(project, layer, fid), drawn + UP, atol=1e-9)


def test_a_shape_that_cannot_be_drawn_is_refused(town: Project) -> None:
    layer = town.layers[-1]
    fid = Shapes(town, layer).fids()[0]
    shape = Shapes(town, layer).of(fid)
    assert shape is not None
    for wrong in (
        replace(shape, vertices=shape.vertices[:2]),
        replace(shape, vertices=shape.vertices * np.inf),
        replace(shape, geometries=[{"type": "Solid", "boundaries": [[0, 1, 2]]}]),
    ):
        with pytest.raises(EditError), town.edit("Broken") as edit:
            edit.set_geometry(fid, wrong)
    assert town.shape(fid) is None


def test_a_raised_object_keeps_its_pictures(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p.city.gpkg") as project:
        layer = import_here(project, real("cityjson/cjval-texture/data/texture4.city.json"))
        before = tiles(project, layer)
        assert before.surface_look is not None and before.vertex_uv is not None
        shapes = Shapes(project, layer)
        with project.edit("Raise") as edit:
            edit.set_geometries({fid: raised(shapes.of(fid)) for fid in shapes.fids()})
        after = tiles(project, layer)
        assert after.album is not None and after.surface_look is not None and after.vertex_uv is not None
        assert np.array_equal(after.surface_look, before.surface_look)
        assert np.array_equal(after.vertex_uv, before.vertex_uv, equal_nan=True)
        fid = shapes.fids()[0]
        shape = shapes.of(fid)
        assert shape is not None
        with project.edit("Without pictures") as edit:
            edit.set_geometry(fid, replace(shape, geometries=[{**shape.geometries[0]}][:1]))
        assert len(tiles(project, layer).entry_object) == len(before.entry_object)
