"""Edited objects are drawn anew by themselves; the picture is that of a layer drawn anew as a whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from layers import revised as arrays
from layers.arrays import CityTiles
from layers.importing import import_files
from layers.modelling.moving import moved, turned
from layers.modelling.pushing import raised
from layers.project import Project
from layers.reworking import Workshop
from layers.shapes import Shape
from tests.boxes import HEAD, SIDES, Box, some_boxes, write_boxes
from tests.cities import imported_here
from viewer.arrangement import Arrangement
from viewer.camera import Camera
from viewer.city import CityView
from viewer.panes import Panes
from viewer.prepared import revised
from viewer.scene import Scene, prepare
from viewer.showing import Showing

SIZE = (480, 320)
HOUSES = 1500
#: A few pixels at edges of bodies that go through each other, which are drawn in another order.
HARDLY = 5 / (SIZE[0] * SIZE[1])
Change = Callable[[Shape], Shape]
CHANGES: dict[str, Change] = {
    "raised": lambda shape: raised(shape, 25.0),
    "moved": lambda shape: moved(shape, (31.0, 12.0, 2.0)),
    "turned": lambda shape: turned(shape, 30.0, shape.vertices.mean(axis=0)),
}


def made(folder: Path, *files: Path) -> Project:
    project = Project.create(folder / "town.city.gpkg")
    with imported_here():
        import_files(project, list(files))
    return project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with made(tmp_path, write_boxes(tmp_path / "town.city.jsonl", some_boxes(HOUSES))) as project:
        yield project


def drawn(project: Project, camera: Camera | None = None) -> Scene:
    """The layer as it is now, drawn as a whole."""
    scene, layer = Scene(project, SIZE), project.layers[0]
    scene.add(prepare(layer, project.drawable(layer), project.place, project))
    if camera is not None:
        scene.camera = camera
    return scene


def change(project: Project, change: Change, *positions: int) -> None:
    workshop, first = Workshop(project, None), project.layers[0].first_fid
    shapes = {first + at: workshop.shape(first + at) for at in positions}
    with project.edit("Change") as edit:
        workshop.reshape(edit, {fid: change(shape) for fid, shape in shapes.items() if shape is not None})


def revise(project: Project, scene: Scene | Panes, *positions: int) -> None:
    layer = project.layers[0]
    scene.revise(revised(layer, np.array(positions) + layer.first_fid, project))


def picture(scene: Scene) -> NDArray[np.uint8]:
    scene.settle()
    return scene.frame()


def differ(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Share of the pixels that are not the same; a shade of rounding is nothing."""
    away = np.abs(one.astype(np.int16) - other).max(axis=2)
    return float((away > 2).mean())


def without_lines(project: Project) -> None:
    """How far outlines stand off goes by their tile: they may fall on other pixels."""
    with project.edit("No outlines") as edit:
        edit.set_layer(project.layers[0].id, style={"edges": False})


def looking_at(project: Project, position: int, distance_m: float, altitude_deg: float) -> Camera:
    box = project.box([project.layers[0].first_fid + position])
    assert box is not None
    return Camera(np.array(box).reshape(2, 3).mean(axis=0), distance_m, 30.0, altitude_deg)


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize(("distance_m", "altitude_deg"), [(120.0, 35.0), (400.0, 90.0), (2500.0, 40.0)])
def test_the_picture_is_that_of_a_layer_drawn_as_a_whole(
    project: Project, name: str, distance_m: float, altitude_deg: float
) -> None:
    without_lines(project)
    scene = drawn(project, looking_at(project, 700, distance_m, altitude_deg))
    before = picture(scene)
    change(project, CHANGES[name], 700, 731)
    revise(project, scene, 700, 731)
    after = picture(scene)
    whole = drawn(project, scene.camera)
    assert (after != before).any()
    assert differ(after, picture(whole)) < HARDLY
    assert (scene.box == whole.box).all()
    assert scene.shown_objects == whole.shown_objects == (HOUSES, HOUSES)
    assert scene.legend() == whole.legend()
    places = [(x, y) for x in range(5, SIZE[0], 25) for y in range(5, SIZE[1], 25)]
    for hit, other in [(scene.pick(*place), whole.pick(*place)) for place in places]:
        assert (hit is None) == (other is None)
        assert hit is None or other is None or (hit.fid, hit.surface) == (other.fid, other.surface)
    assert scene.pick_box(0, 0, *SIZE) == whole.pick_box(0, 0, *SIZE)
    project.undo()
    revise(project, scene, 700, 731)
    assert (picture(scene) == before).all()
    scene.close()
    whole.close()


def test_outlines_colours_dates_and_what_is_selected_and_hidden_follow(project: Project) -> None:
    first = project.layers[0].first_fid
    change(project, CHANGES["raised"], 3)
    scene = drawn(project, looking_at(project, 700, 250.0, 50.0))
    scene.ghosts = False
    change(project, CHANGES["moved"], 700)
    revise(project, scene, 700)
    whole = drawn(project, scene.camera)
    whole.ghosts = False

    def apart() -> float:
        return differ(picture(scene), picture(whole))

    assert apart() < 0.01  # outlines
    without_lines(project)
    project.changed.connect(scene.on_changes)
    project.changed.connect(whole.on_changes)
    with project.edit("Colours") as edit:
        edit.set_layer(project.layers[0].id, style={"color_by": "attribute:height", "edges": False})
    assert apart() < HARDLY
    for one in (scene, whole):
        one.select([first + 700, first + 701])
    selected = picture(scene)
    assert apart() < HARDLY
    for one in (scene, whole):
        one.select([])
        one.hide([first + 700])
    assert apart() < HARDLY and (picture(scene) != selected).any()
    for one in (scene, whole):
        one.show_all()
        one.set_date("1990")
    with project.edit("Dates") as edit:
        edit.set_valid(first + 700, "2000", None)
    assert apart() < HARDLY
    with project.edit("Away") as edit:
        edit.set_layer(project.layers[0].id, visible=False)
    assert apart() < HARDLY
    assert len(np.unique(picture(scene).reshape(-1, 3), axis=0)) < 260  # sky alone
    scene.close()
    whole.close()


def test_only_the_tiles_that_held_it_are_built_again(project: Project) -> None:
    scene = drawn(project, looking_at(project, 700, 3000.0, 90.0))
    picture(scene)
    (view,) = scene._views.values()
    assert isinstance(view, CityView)
    before = dict(view._near.tiles)
    assert len(before) > 1
    change(project, CHANGES["raised"], 700)
    revise(project, scene, 700)
    picture(scene)
    after = view._near.tiles
    assert sum(after[number] is not tile for number, tile in before.items()) == 1
    assert scene.made(project.layers[0].id) is view
    scene.close()


def test_the_arrays_are_those_of_the_whole_layer(project: Project) -> None:
    change(project, CHANGES["turned"], 12, 900)
    layer = project.layers[0]
    objects = np.array([5, 12, 900, 1100])
    few, whole = arrays.tiles_of(project, layer, objects), project.drawable(layer)
    assert isinstance(whole, CityTiles)
    assert sorted(few.entry_object.tolist()) == objects.tolist()
    for entry, position in enumerate(few.entry_object.tolist()):
        (at,) = np.flatnonzero(whole.entry_object == position)
        for level, values in (
            ("vertex", "vertices"),
            ("surface", "surface_type"),
            ("geometry", "geometry_lod"),
        ):
            mine = slice(*getattr(few, f"entry_{level}")[entry : entry + 2])
            its = slice(*getattr(whole, f"entry_{level}")[at : at + 2])
            assert np.array_equal(getattr(few, values)[mine], getattr(whole, values)[its])
        assert np.array_equal(few.entry_box[entry], whole.entry_box[at])


def write_family(path: Path) -> Path:
    """A building with a coarse shape of its own, and a part with a finer one."""

    def solid(lod: str, first: int) -> dict[str, object]:
        sides = [[[corner + first for corner in side]] for side in SIDES]
        return {"type": "Solid", "lod": lod, "boundaries": [sides]}

    whole, part = Box((0, 0), 30, 20, 0.0, 0, 9), Box((0, 0), 20, 20, 0.0, 0, 12)
    objects = {
        "house": {"type": "Building", "geometry": [solid("1", 0)], "children": ["part"]},
        "part": {"type": "BuildingPart", "geometry": [solid("2.2", 8)], "parents": ["house"]},
    }
    corners = np.concatenate((whole.corners, part.corners))
    vertices = (corners * 1000).round().astype(int).tolist()
    feature = {"type": "CityJSONFeature", "id": "house", "CityObjects": objects, "vertices": vertices}
    path.write_text(f"{json.dumps(HEAD)}\n{json.dumps(feature)}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("edited", [0, 1])
def test_a_building_and_its_parts_are_drawn_anew_together(tmp_path: Path, edited: int) -> None:
    with made(tmp_path, write_family(tmp_path / "family.city.jsonl")) as project:
        without_lines(project)
        layer = project.layers[0]
        assert arrays.families(project, layer, np.array([edited])).tolist() == [0, 1]
        scene = drawn(project)
        change(project, CHANGES["moved"], edited)
        revise(project, scene, edited)
        whole = drawn(project)
        scene.camera = whole.camera
        assert differ(picture(scene), picture(whole)) < HARDLY
        scene.close()
        whole.close()


def test_all_panes_follow_and_so_do_those_that_were_prepared_before_the_edit(project: Project) -> None:
    without_lines(project)
    layer = project.layers[0]
    panes = Panes(project, SIZE)
    panes.has_captions = False
    panes.lead.add(prepare(layer, project.drawable(layer), project.place, project))
    panes.camera = looking_at(project, 700, 250.0, 50.0)
    panes.arrange(Arrangement("row"), [Showing(), Showing()])
    panes.bring_all()
    panes.arrange(Arrangement("row"), [Showing(), Showing(), Showing()])
    late = prepare(layer, project.drawable(layer), project.place, project)
    change(project, CHANGES["raised"], 700)
    revise(project, panes, 700)
    panes.bring(2, late)
    panes.settle()
    panes.frame()
    assert not panes.missing()
    for scene in panes.scenes:
        whole = Scene(project, scene.size)
        whole.add(prepare(layer, project.drawable(layer), project.place, project))
        whole.camera = panes.camera
        assert differ(picture(scene), picture(whole)) < HARDLY
        whole.close()
    panes.close()


def test_a_layer_that_is_gone_or_drawn_anew_as_a_whole_forgets_what_was_revised(project: Project) -> None:
    without_lines(project)
    layer = project.layers[0]
    scene = drawn(project, looking_at(project, 700, 250.0, 50.0))
    change(project, CHANGES["moved"], 700)
    revise(project, scene, 700)
    expected = picture(scene)
    scene.add(prepare(layer, project.drawable(layer), project.place, project))
    assert scene.revision(layer.id) is None
    assert (picture(scene) == expected).all()
    scene.remove(layer.id)
    assert len(np.unique(picture(scene).reshape(-1, 3), axis=0)) < 260
    scene.camera = replace(scene.camera, distance_m=100.0)
    revise(project, scene, 700)  # there is nothing that could be revised
    assert not scene.layer_ids
    scene.close()
