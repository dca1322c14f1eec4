"""Levels of detail: nothing is missing or drawn twice, all of it within the budget, and as it should look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.city import city_file
from layers.arrays import CityTiles
from layers.project import Project
from tests.cities import import_here
from viewer.aim import Aim
from viewer.camera import Camera
from viewer.city import CityView
from viewer.masses import AREA, Masses
from viewer.picking import View2D
from viewer.quadtree import Quadtree
from viewer.scene import Scene, prepare
from viewer.view import ATTRIBUTE

BUILDINGS = 3000
SIZE = (640, 400)
MOST_ACTORS = 200


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("detail")
    with Project.create(folder / "city.city.gpkg") as project:
        import_here(project, city_file(BUILDINGS, ".city.jsonl", folder))
        yield project


@pytest.fixture
def scene(project: Project) -> Iterator[Scene]:
    scene = Scene(project, SIZE)
    layer = project.layers[0]
    scene.add(prepare(layer, project.drawable(layer), project.place, project))
    project.changed.connect(scene.on_changes)
    yield scene
    project.changed.disconnect(scene.on_changes)
    scene.close()


def tiles_of(project: Project) -> CityTiles:
    tiles = project.drawable(project.layers[0])
    assert isinstance(tiles, CityTiles)
    return tiles


def view_of(scene: Scene) -> CityView:
    (view,) = scene._views.values()
    assert isinstance(view, CityView)
    return view


def at_rest(scene: Scene) -> NDArray[np.uint8]:
    scene.moving = False
    picture = scene.frame()
    while scene.needs_frame:
        picture = scene.frame()
    return picture


def some_aims(city: CityTiles, number: int) -> Iterator[Aim]:
    random = np.random.default_rng(number)
    origin = city.entry_box.mean(axis=(0, 1))
    for target in random.choice(city.entry_box.mean(axis=1), 12):
        distance_m = float(np.exp(random.uniform(np.log(100), np.log(5000))))
        camera = Camera(target, distance_m, random.uniform(0, 360), random.uniform(5, 90))
        yield Aim(View2D(camera, *SIZE, origin), False, 100_000, 0)


def test_every_visible_object_in_the_picture_is_drawn_once(project: Project) -> None:
    city = tiles_of(project)
    tree, random = Quadtree(city), np.random.default_rng(1)
    visible = random.random(tree.count) < 0.7
    present = [sums[0] > 0 for sums in tree.summed(visible[None].astype(np.float32))]
    for aim in some_aims(city, 2):
        drawn = np.sort(random.choice(len(tree.tiles.box), len(tree.tiles.box) // 3, replace=False))
        found = tree.cut(aim, random.uniform(0.5, 30), present, drawn, 10**6)
        assert found is not None
        covered = np.zeros(tree.count, np.int64)
        for tile in drawn:
            covered[tree.tiles.start[tile] : tree.tiles.start[tile + 1]] += 1
        for level, cells in zip(tree.levels, found, strict=True):
            for cell in cells:
                covered[level.start[cell] : level.start[cell + 1]] += 1
        assert covered.max() <= 1
        assert covered[visible & aim.sees(np.asarray(city.entry_box))].min(initial=1) == 1


def test_a_finer_picture_has_more_cells_and_too_many_are_refused(project: Project) -> None:
    city = tiles_of(project)
    tree = Quadtree(city)
    present = [np.ones(len(level.start) - 1, bool) for level in tree.levels]
    nothing = np.empty(0, np.int64)
    for aim in some_aims(city, 3):
        counts = []
        for error in (16.0, 4.0, 1.0):
            found = tree.cut(aim, error, present, nothing, 10**6)
            assert found is not None
            counts.append(sum(map(len, found)))
        assert counts == sorted(counts)
        if counts[-1] > 10:
            assert tree.cut(aim, 1.0, present, nothing, counts[-1] - 1) is None


def test_blocks_cover_as_much_ground_and_hold_as_much_as_what_they_stand_for(project: Project) -> None:
    city = tiles_of(project)
    tree = Quadtree(city)
    masses = Masses(city, np.zeros(3), tree)
    visible = np.random.default_rng(4).random(tree.count) < 0.5
    masses.weigh(visible, None)
    masses.form(False, None)
    top = np.random.default_rng(5).uniform(0, 255, (tree.count, 3)).astype(np.float32)
    masses.color_tops(top, np.zeros(tree.count, bool), None)
    masses.color_sides(top, None)
    weight = np.asarray(city.block_area) * visible
    for number in range(len(tree.levels) - 1):
        cells = [np.empty(0, np.int64)] * (len(tree.levels) - 1)
        cells[number] = np.flatnonzero(masses.present[number])
        blocks = masses.blocks(cells, np.empty(0, np.int64))
        area = 4 * blocks.shape[:, 0] * blocks.shape[:, 1]
        assert area.sum() == pytest.approx(weight.sum(), rel=1e-3)
        high = blocks.base[:, 3] - blocks.base[:, 2]
        volume = (weight * (city.block_base[:, 3] - city.block_base[:, 2])).sum()
        assert (area * high).sum() == pytest.approx(volume, rel=1e-2)
        mean = (blocks.top * area[:, None]).sum(axis=0) / area.sum()
        assert mean == pytest.approx((top * weight[:, None]).sum(axis=0) / weight.sum(), abs=0.5)
    assert masses._places[0][AREA].sum() == pytest.approx(weight.sum(), rel=1e-3)


def test_a_frame_in_motion_keeps_to_its_budget_and_few_actors_are_enough(scene: Scene) -> None:
    scene.detail = 0.1
    scene.moving = True
    for turn in range(8):
        scene.camera = replace(scene.camera, azimuth_deg=45.0 * turn)
        scene.frame()
        actors = scene._window.renderer.GetActors()
        shown = [actor for actor in actors if actor.GetVisibility()]
        triangles = sum(actor.GetMapper().GetInput().GetNumberOfPolys() for actor in shown)
        assert 1000 < triangles <= 1.3 * 15_000
        assert actors.GetNumberOfItems() <= MOST_ACTORS


def test_blocks_look_like_what_they_stand_for(scene: Scene) -> None:
    fine = at_rest(scene).astype(np.float64)
    scene.detail = 0.02
    coarse = at_rest(scene).astype(np.float64)
    assert not np.array_equal(fine, coarse)
    # Seen from farther away, in squares of 16 pixels, there is little between them.
    squares = SIZE[1] // 16, 16, SIZE[0] // 16, 16, 3
    one, other = (picture.reshape(squares).mean(axis=(1, 3)) for picture in (fine, coarse))
    assert np.abs(one - other).mean() < 6


def test_the_picture_at_rest_does_not_depend_on_how_one_came_there(project: Project, scene: Scene) -> None:
    scene.detail = 0.2
    camera = replace(scene.camera, distance_m=scene.camera.distance_m / 3)
    scene.moving = True
    for turn in range(6):
        scene.camera = replace(camera, azimuth_deg=60.0 * turn, distance_m=camera.distance_m * (1 + turn))
        scene.frame()
    scene.camera = camera
    travelled = at_rest(scene)
    fresh = Scene(project, SIZE)
    layer = project.layers[0]
    fresh.add(prepare(layer, project.drawable(layer), project.place, project))
    fresh.detail, fresh.camera = 0.2, camera
    assert np.array_equal(at_rest(fresh), travelled)
    fresh.close()


def test_a_picture_drawn_in_steps_is_the_picture_and_one_broken_off_leaves_no_trace(scene: Scene) -> None:
    whole = at_rest(scene)
    steps = 0
    scene.begin()
    while (picture := scene.proceed()) is None:
        steps += 1
    assert np.array_equal(picture, whole)
    scene.begin(fine=True)
    scene.proceed()
    scene.begin()
    assert scene.size == SIZE
    while (picture := scene.proceed()) is None:
        pass
    assert np.array_equal(picture, whole)


def test_hidden_isolated_and_selected_objects_are_so_at_every_level(project: Project, scene: Scene) -> None:
    fids = project.fids(project.layers[0])
    scene.detail = 0.02
    empty = at_rest(scene)
    scene.hide(fids)
    bare = at_rest(scene)
    assert scene.shown_objects == (0, len(fids))
    assert len(np.unique(bare[:, 0], axis=0)) == bare.shape[0] or not np.array_equal(bare, empty)
    scene.show_all()
    assert np.array_equal(at_rest(scene), empty)
    scene.isolate(fids[:1])
    assert scene.shown_objects == (1, len(fids))
    scene.fit()
    assert (at_rest(scene) != bare).any()
    scene.isolate(None)
    scene.select(fids)
    assert np.abs(at_rest(scene).astype(int) - empty).sum() > 0
    scene.select([])


def test_an_edit_of_the_attribute_that_colours_shows_and_undo_takes_it_back(
    project: Project, scene: Scene
) -> None:
    layer = project.layers[0]
    with project.edit("Colours") as edit:
        edit.set_layer(layer.id, style={"color_by": f"{ATTRIBUTE}energyLabel"})
    before, rows = at_rest(scene), scene.legend()
    fids = project.fids(layer)
    with project.edit("Renovated") as edit:
        for fid in fids[:1500]:
            edit.set_attribute(int(fid), "energyLabel", "A")
    assert (at_rest(scene) != before).any()
    assert {row.label: row.count for row in scene.legend()}["A"] >= 1500
    project.undo()
    assert np.array_equal(at_rest(scene), before) and scene.legend() == rows
    project.undo()


def test_a_lod_of_footprints_is_flat_and_small_files_are_drawn_whole(
    project: Project, scene: Scene, tmp_path: Path
) -> None:
    layer = project.layers[0]
    assert "0" in tiles_of(project).lod_names
    scene.camera = replace(scene.camera, altitude_deg=0.5)
    standing = at_rest(scene)
    with project.edit("Footprints") as edit:
        edit.set_layer(layer.id, lod="0")
    for scene.detail in (1.0, 0.02):
        lying = at_rest(scene)
        sky = standing[0, 0]
        covered = [
            (np.abs(picture.astype(int) - sky).max(axis=2) > 40).sum() for picture in (standing, lying)
        ]
        assert covered[1] < covered[0] / 2
    project.undo()
    view = view_of(scene)
    scene.detail = 1.0
    at_rest(scene)
    assert set(view._near.tiles) == set(view._near.wanted.tolist())


@pytest.mark.parametrize("distance_m", [200.0, 3000.0])
def test_what_vanishes_leaves_no_trace_and_comes_back_as_it_was(
    project: Project, scene: Scene, distance_m: float
) -> None:
    city, first = tiles_of(project), project.layers[0].first_fid
    middle = int(
        np.linalg.norm(city.entry_box.mean(axis=(0, 1)) - city.entry_box.mean(axis=1), axis=1).argmin()
    )
    scene.camera = replace(scene.camera, target=city.entry_box[middle].mean(axis=0), distance_m=distance_m)
    scene.detail = 0.1  # so that there are blocks too
    before = at_rest(scene)
    hidden = (city.entry_object[middle - 40 : middle + 40] + first).tolist()
    scene.hide(hidden)
    without = at_rest(scene)
    assert (without != before).any()
    places = [(x, y) for x in range(0, SIZE[0], 8) for y in range(0, SIZE[1], 8)]
    assert not {hit.fid for place in places if (hit := scene.pick(*place))} & set(hidden)
    fresh = Scene(project, SIZE)
    layer = project.layers[0]
    fresh.add(prepare(layer, project.drawable(layer), project.place, project))
    fresh.camera, fresh.detail = scene.camera, scene.detail
    fresh.hide(hidden)
    away = np.abs(at_rest(fresh).astype(int) - without).max(axis=2)
    assert (away > 40).mean() < 0.02  # others may be a little finer
    fresh.close()
    scene.show_all()
    assert (at_rest(scene) == before).all()
