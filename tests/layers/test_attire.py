"""Copies and edited shapes wear what they were made of: drawn, and in files that are written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layers.arrays import CityTiles
from layers.exporting import export_layer
from layers.importing import import_files
from layers.modelling.dividing import Cut
from layers.modelling.moving import moved, turned
from layers.modelling.pushing import raised
from layers.project import Project
from layers.proposals import merge
from layers.records import Layer
from layers.reworking import Workshop
from tests.dressed import write_image
from tests.towns import BOXES, ORIGIN, SIDES, write_town

#: The roof of the mill has the whole image, its south wall is of brick.
ROOF, SOUTH = 1, 2


def dress_mill(path: Path) -> Path:
    """The town, with looks on the mill."""
    city = json.loads(write_town(path).read_text())
    write_image(path.parent / "roof.png")
    city["appearance"] = {
        "textures": [{"type": "PNG", "image": "roof.png", "wrapMode": "wrap"}],
        "materials": [{"name": "brick", "diffuseColor": [0.8, 0.2, 0.1]}],
        "vertices-texture": [[0, 0], [1, 0], [1, 1], [0, 1]],
    }
    (geometry,) = city["CityObjects"]["mill"]["geometry"]
    nothing: list[Any] = [[[None]] for _ in SIDES]
    nothing[ROOF] = [[0, 0, 1, 2, 3]]
    geometry["texture"] = {"visual": {"values": [nothing]}}
    materials: list[int | None] = [None] * len(SIDES)
    materials[SOUTH] = 0
    geometry["material"] = {"visual": {"values": [materials]}}
    path.write_text(json.dumps(city))
    return path


@pytest.fixture
def town(tmp_path: Path) -> Project:
    project = Project.create(tmp_path / "town.city.gpkg")
    import_files(project, [dress_mill(tmp_path / "town.city.json")], name="Town")
    with project.edit("Begin") as edit:
        edit.add_scenario("Tower")
    return project


def worn(project: Project, layer: Layer, fid: int) -> dict[tuple[float, ...], Any]:
    """Per corner of what has an image: its place in the project, and in the image."""
    city = project.drawable(layer)
    assert isinstance(city, CityTiles) and city.surface_look is not None and city.vertex_uv is not None
    assert city.album is not None and city.album.has_pictures
    entry = city.entry_object.tolist().index(fid - layer.first_fid)
    found = {}
    for surface in range(*city.entry_surface[entry : entry + 2].tolist()):
        look = int(city.surface_look[surface, 0])
        if look >= 0 and city.album.picture[look] >= 0:
            for at in range(*city.surface_vertex[surface : surface + 2].tolist()):
                place = np.round(city.vertices[at] - ORIGIN, 3).tolist()
                found[tuple(place)] = np.round(city.vertex_uv[at, 0].astype(np.float64), 3).tolist()
    return found


def named(project: Project, id: str = "mill") -> int:
    """An object of the town."""
    item = project.by_id(id, project.layer("Town"))
    assert item is not None
    return item.fid


WHOLE = {(0, 0, 8): [0, 0], (10, 0, 8): [1, 0], (10, 10, 8): [1, 1], (0, 10, 8): [0, 1]}


def test_copies_in_a_scenario_wear_what_they_replace_wherever_they_are_put(town: Project) -> None:
    fid, workshop = named(town), Workshop(town, 1)
    assert worn(town, town.layer("Town"), fid) == WHOLE
    (shape,) = workshop.shapes([fid]).values()
    with town.edit("Move") as edit:
        (copy,) = workshop.reshape(edit, {fid: moved(turned(shape, 90, ORIGIN), (100, 0, 1))})
    own = town.layer("Town – Tower")
    assert worn(town, own, copy) == {
        (100, 0, 9): [0, 0], (100, 10, 9): [1, 0], (90, 10, 9): [1, 1], (90, 0, 9): [0, 1]
    }  # fmt: skip
    with town.edit("Attribute") as edit:
        edit.set_attribute(copy, "use", "inn")
    town.undo()
    town.undo()
    assert worn(town, town.layer("Town"), fid) == WHOLE


def test_what_is_split_goes_on_wearing_its_faces(town: Project) -> None:
    fid, workshop = named(town), Workshop(town, 1)
    cut = Cut.by_line(np.add(ORIGIN, (4, -5, 0)), np.add(ORIGIN, (4, 15, 0)))
    with town.edit("Split") as edit:
        west, east = workshop.divide(edit, cut.split(workshop.shapes([fid])))
    own = town.layer("Town – Tower")
    assert worn(town, own, west) == {
        (0, 0, 8): [0, 0], (4, 0, 8): [0.4, 0], (4, 10, 8): [0.4, 1], (0, 10, 8): [0, 1]
    }  # fmt: skip
    assert worn(town, own, east)[4, 0, 8] == [0.4, 0] and worn(town, own, east)[10, 10, 8] == [1, 1]
    city = town.drawable(own)
    assert isinstance(city, CityTiles) and city.surface_look is not None and city.album is not None
    names = [city.album.names[look] for look in city.surface_look[:, 0].tolist() if look >= 0]
    assert names.count("brick") == 2


def test_duplicates_wear_the_same_and_so_does_what_is_merged(town: Project) -> None:
    fid, workshop = named(town), Workshop(town, 1)
    shapes = workshop.shapes([fid])
    with town.edit("Copy") as edit:
        (twin,) = workshop.copies(edit, [{fid: moved(shapes[fid], (0, 50, 0))}])
    with town.edit("Raise") as edit:
        workshop.reshape(edit, {fid: raised(shapes[fid], 2)})
    assert set(worn(town, town.layer("Town – Tower"), twin)) == {(x, y + 50, z) for x, y, z in WHOLE}
    with town.edit("Merge") as edit:
        merge(town, edit, 1)
    assert set(worn(town, town.layer("Town"), fid)) == {(x, y, z + 2) for x, y, z in WHOLE}
    (added,) = town.objects(town.layer("Town (drawn)"))
    assert set(worn(town, town.layer("Town (drawn)"), added.fid)) == {(x, y + 50, z) for x, y, z in WHOLE}


def test_copies_are_written_with_their_images(town: Project, tmp_path: Path) -> None:
    fid, workshop = named(town), Workshop(town, 1)
    with town.edit("Move") as edit:
        workshop.reshape(edit, {fid: moved(workshop.shapes([fid])[fid], (100, 0, 0))})
    own, out = town.layer("Town – Tower"), tmp_path / "out" / "tower.city.json"
    out.parent.mkdir()
    export_layer(town, own, out)
    model = json.loads(out.read_bytes())
    (texture,), (material,) = model["appearance"]["textures"], model["appearance"]["materials"]
    assert (out.parent / texture["image"]).is_file() and material["name"] == "brick"
    (geometry,) = model["CityObjects"]["mill"]["geometry"]
    ((shell,),) = (worn["values"] for worn in geometry["material"].values())
    assert [number is not None for number in shell] == [side == SOUTH for side in range(len(SIDES))]
    with Project.create(tmp_path / "again.city.gpkg") as again:
        import_files(again, [out], name="Town")
        assert worn(again, again.layer("Town"), named(again)) == {
            (x + 100, y, z): place for (x, y, z), place in WHOLE.items()
        }
    export_layer(town, own, tmp_path / "tower.glb")
    glb = (tmp_path / "tower.glb").read_bytes()
    told = json.loads(glb[20 : 20 + int.from_bytes(glb[12:16], "little")])
    assert len(told["images"]) == 1 and "brick" in [item["name"] for item in told["materials"]]


def test_a_building_of_several_parts_is_split_into_two_of_them(town: Project) -> None:
    workshop = Workshop(town, 1)
    hall = named(town, "hall")
    x, y, *_ = BOXES["hall-1"]
    cut = Cut.by_line(np.add(ORIGIN, (x + 4, y - 1, 0)), np.add(ORIGIN, (x + 4, y + 11, 0)))
    with town.edit("Attribute") as edit:
        edit.set_attribute(hall, "measuredHeight", 12.0)
    with town.edit("Split") as edit:
        first, second = workshop.divide(edit, cut.split(workshop.shapes([hall])))
    (west,), east = (list(map(town.object, town.children(fid))) for fid in (first, second))
    assert (
        town.object(first).replaces == hall and west.id == "hall-1" and town.object(second).type == "Building"
    )
    assert [item.type for item in east] == ["BuildingPart"] * 2
    assert {item.parent for item in east} == {town.object(second).id}
    sizes = {
        tuple(np.ptp(shape.vertices, axis=0).round(3).tolist())
        for item in (west, *east)
        if (shape := town.shape(item.fid))
    }
    assert sizes == {(4, 10, 12), (6, 10, 12), (10, 10, 5)}
    assert [town.object(fid).attributes["measuredHeight"] for fid in (first, second)] == [12, 12]
    assert town.count(town.layer("Town")) == 6 and town.shape(hall) is None
    town.undo()
    assert all(layer.name == "Town" for layer in town.layers)


def test_parts_that_only_lie_apart_are_divided_in_place(town: Project) -> None:
    workshop = Workshop(town, None)
    hall = named(town, "hall")
    x, y, *_ = BOXES["hall-2"]
    cut = Cut.by_line(np.add(ORIGIN, (x, y - 1, 0)), np.add(ORIGIN, (x, y + 11, 0)))
    with town.edit("Split") as edit:
        first, second = workshop.divide(edit, cut.split(workshop.shapes([hall])))
    assert first == hall and [town.object(fid).id for fid in town.children(hall)] == ["hall-1"]
    assert len(town.children(second)) == 1 and town.layer("Town (drawn)").id == town.object(second).layer
    assert town.shape(town.children(hall)[0]) is None  # as its source has it
