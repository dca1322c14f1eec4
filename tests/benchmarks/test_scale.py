"""A city of a hundred thousand buildings does all that a million must do; nothing is timed here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks import flights
from benchmarks.city import city_file
from benchmarks.drawing import actor_count, flown_ms, opened, orbit, rest_ms
from benchmarks.project import import_anew, project_beside
from benchmarks.rays import BruteForce, hit_distance
from layers.arrays import CityTiles
from layers.project import Project
from layers.records import Layer
from viewer.scene import Scene

BUILDINGS = 100_000
Opened = tuple[Project, Scene, Layer]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = city_file(BUILDINGS, ".city.jsonl", tmp_path_factory.mktemp("scale"))
    import_anew(source)
    return project_beside(source)


@pytest.fixture(scope="module")
def city(path: Path) -> Iterator[Opened]:
    with opened(path) as (project, scene, layer):
        project.changed.connect(scene.on_changes)
        yield project, scene, layer
        project.changed.disconnect(scene.on_changes)


def test_everything_is_there(city: Opened) -> None:
    project, scene, layer = city
    tiles = project.drawable(layer)
    assert isinstance(tiles, CityTiles)
    assert layer.object_count == len(tiles.entry_object) == BUILDINGS
    rest_ms(scene)
    assert scene.shown_objects == (BUILDINGS, BUILDINGS)


def test_flights_leave_nothing_out_and_picks_agree_with_the_judge(city: Opened) -> None:
    project, scene, layer = city
    tiles = project.drawable(layer)
    assert isinstance(tiles, CityTiles)
    judge, here = BruteForce(tiles), scene.camera
    for number, there in enumerate(flights.cameras(scene).values()):
        flown_ms(scene, flights.between(here, there, 4))
        rest_ms(scene)
        assert actor_count(scene) <= 200
        assert flights.wrong_picks(scene, layer, judge, 30, number) == []
        rested = scene.frame()
        fresh = Scene(project, scene.size)
        fresh.load(layer, tiles)
        fresh.camera = there
        fresh.settle()
        assert flights.differing(fresh.frame(), rested) < 1e-3
        fresh.close()
        here = there


def test_colour_filter_date_and_level_of_detail_follow(city: Opened) -> None:
    project, scene, layer = city
    scene.fit()
    camera = scene.camera
    tall = layer.first_fid + np.flatnonzero(project.matching(layer, "measuredHeight > 30"))
    assert 0 < len(tall) < BUILDINGS / 10
    scene.isolate(tall)
    rest_ms(scene)
    assert scene.shown_objects[0] == len(tall)
    scene.isolate(None)
    before = picture(scene)
    with project.edit("Colour the city") as edit:
        edit.set_layer(layer.id, style={**layer.style, "color_by": "attribute:energyLabel"})
    coloured = picture(scene)
    assert flights.differing(coloured, before) > 0.01
    with project.edit("Show footprints") as edit:
        edit.set_layer(layer.id, lod="0")
    assert flights.differing(picture(scene), coloured) > 0.01
    project.undo()
    project.undo()
    scene.set_date("1930-01-01")
    rest_ms(scene)
    assert 0 < scene.shown_objects[0] < BUILDINGS
    scene.set_date(None)
    flown_ms(scene, orbit(camera, camera.target, 3))
    scene.camera = camera
    np.testing.assert_array_equal(picture(scene), before)


def picture(scene: Scene) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    rest_ms(scene)
    return scene.frame()


def test_the_judge_knows_the_nearest_triangle() -> None:
    triangles = np.array(
        [[(0.0, 0.0, 5.0), (4.0, 0.0, 5.0), (0.0, 4.0, 5.0)], [(0, 0, 3), (4, 0, 3), (0, 4, 3)]]
    )
    origin = np.array([1.0, 1.0, 10.0])
    assert hit_distance(triangles, origin, np.array([0.0, 0.0, -1.0])) == 5.0
    assert hit_distance(triangles, origin, np.array([0.0, 0.0, 1.0])) == np.inf
    assert hit_distance(triangles, origin + 5, np.array([0.0, 0.0, -1.0])) == np.inf
