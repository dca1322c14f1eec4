"""The scene on real city models: what is drawn, picked, selected, hidden, and told in the legend."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from layers.arrays import CityTiles, Float64, PointTree, Scan, UInt8
from layers.data import ReadOptions
from layers.importing import import_files
from layers.project import Project
from layers.records import Layer
from tests.cities import import_here, imported_here, make_project, surface_objects
from tests.clouds import whole
from tests.conftest import real
from viewer.camera import Camera
from viewer.palette import NO_VALUE
from viewer.scene import Scene, prepare
from viewer.view import ATTRIBUTE

SIZE = (640, 400)
#: The labels of the edits made here; the fixture takes them back.
STEPS = ("Hide roofs", "Colour", "Clear", "Look below", "Heights", "Demolished")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with make_project(real("cityjson/denhaag/denhaag.city.json"), tmp_path_factory.mktemp("denhaag")) as made:
        yield made


@pytest.fixture
def scene(project: Project) -> Iterator[Scene]:
    made = scene_of(project)
    project.changed.connect(made.on_changes)
    yield made
    project.changed.disconnect(made.on_changes)
    while (step := project.can_undo) and step.label in STEPS:
        project.undo()
    made.close()


def scene_of(project: Project) -> Scene:
    scene = Scene(project, SIZE)
    for layer in reversed(project.layers):
        scene.add(prepare(layer, project.drawable(layer), project.place, project))
    scene.settle()
    return scene


def picture(scene: Scene) -> UInt8:
    scene.settle()
    return scene.frame()


def city(project: Project) -> Layer:
    return next(layer for layer in project.layers if layer.kind == "city")


def tiles_of(project: Project) -> CityTiles:
    tiles = project.drawable(city(project))
    assert isinstance(tiles, CityTiles)
    return tiles


def on_roof(project: Project, scene: Scene, number: int) -> tuple[float, float, int]:
    """A pixel in the middle of a large roof, seen from above, and the fid it belongs to."""
    mesh = tiles_of(project)
    surface = np.repeat(np.arange(len(mesh.surface_type)), np.diff(mesh.surface_triangle))
    roofs = np.flatnonzero(mesh.surface_type[surface] == mesh.type_names.index("RoofSurface"))
    corner = mesh.vertices[mesh.triangles[roofs]]
    size = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    triangle = roofs[np.argsort(-size)[number]]
    middle = mesh.vertices[mesh.triangles[triangle]].mean(axis=0)
    scene.camera = Camera(middle, 150.0, 0.0, 90.0)
    owner = int(surface_objects(mesh)[surface[triangle]])
    return SIZE[0] / 2, SIZE[1] / 2, city(project).first_fid + owner


def owner_of(project: Project, fid: int) -> int:
    """The building that an object is a part of, itself if of none."""
    parent = project.object(fid).parent
    building = None if parent is None else project.by_id(parent)
    return fid if building is None else building.fid


def vertices_of(city: CityTiles, position: int) -> Float64:
    """The source vertices of one object."""
    (entry,) = np.flatnonzero(city.entry_object == position)
    return city.vertices[city.entry_vertex[entry] : city.entry_vertex[entry + 1]]


def test_a_frame_is_the_picture_as_an_array_and_is_drawn_only_when_needed(scene: Scene) -> None:
    frame = picture(scene)
    assert frame.shape == (SIZE[1], SIZE[0], 3) and frame.dtype == np.uint8
    assert not scene.needs_frame
    assert np.array_equal(scene.frame(), frame)
    assert frame[0].mean(axis=0) == pytest.approx((206, 219, 231), abs=4)  # the sky is above
    scene.resize(320, 200)
    assert scene.needs_frame and scene.frame().shape == (200, 320, 3)
    assert scene.frame(fine=True).shape == (200, 320, 3)


def test_there_are_few_actors(scene: Scene) -> None:
    assert scene._window.renderer.GetActors().GetNumberOfItems() <= 200


def test_a_point_on_a_roof_is_the_source_vertex_to_a_millimetre(project: Project, scene: Scene) -> None:
    mesh = tiles_of(project)
    for number in range(0, 60, 6):
        x, y, fid = on_roof(project, scene, number)
        hit = scene.pick(x, y)
        assert hit is not None and hit.fid == fid and hit.surface is not None
        assert hit.surface.type == "RoofSurface"
        mine = vertices_of(mesh, fid - city(project).first_fid)
        corner = mine[np.argmax(mine[:, 2])]
        drawn_x, drawn_y, _ = scene.camera.project(corner[None], *SIZE)[0]
        if not (0 < drawn_x < SIZE[0] and 0 < drawn_y < SIZE[1]):
            continue
        near = scene.pick(drawn_x, drawn_y)
        assert near is not None
        if near.vertex_in_world is not None and near.fid == fid:
            assert np.abs(mine - near.vertex_in_world).max(axis=1).min() < 1e-3


def test_picking_tells_the_polygon_in_the_file(project: Project, scene: Scene) -> None:
    hit = scene.pick(*on_roof(project, scene, 3)[:2])
    assert hit is not None and hit.surface is not None and hit.fid is not None
    geometry = project.geometries(hit.fid)[hit.surface.geometry_index]
    assert geometry["type"] in ("MultiSurface", "Solid", "CompositeSurface")
    semantics = geometry["semantics"]
    flat = np.concatenate([np.ravel(part) for part in semantics["values"]])
    assert semantics["surfaces"][int(flat[hit.surface.polygon_index])]["type"] == hit.surface.type


def test_what_is_hidden_is_neither_drawn_nor_picked(project: Project, scene: Scene) -> None:
    x, y, fid = on_roof(project, scene, 0)
    before = picture(scene)
    family = [owner_of(project, fid)]
    scene.hide(family)
    hit = scene.pick(x, y)
    assert hit is None or hit.fid != fid
    assert not np.array_equal(picture(scene), before)
    scene.show_all()
    assert np.array_equal(picture(scene), before)
    scene.isolate(family)
    hit = scene.pick(x, y)
    assert hit is not None and hit.fid == fid
    assert len(np.unique(picture(scene).reshape(-1, 3), axis=0)) < len(
        np.unique(before.reshape(-1, 3), axis=0)
    )


def test_hidden_surface_types_let_the_pick_through(project: Project, scene: Scene) -> None:
    x, y, fid = on_roof(project, scene, 0)
    with project.edit("Hide roofs") as edit:
        edit.set_layer(city(project).id, style={"hidden_types": ["RoofSurface"]})
    hit = scene.pick(x, y)
    assert hit is None or hit.surface is None or hit.surface.type != "RoofSurface"
    assert "RoofSurface" not in [entry.label for entry in scene.legend()]
    project.undo()
    hit = scene.pick(x, y)
    assert hit is not None and hit.fid == fid


def test_selecting_changes_the_picture_where_the_object_is_and_nowhere_else(
    project: Project, scene: Scene
) -> None:
    x, y, fid = on_roof(project, scene, 0)
    before = picture(scene).astype(int)
    scene.select([fid])
    changed = np.abs(picture(scene).astype(int) - before).max(axis=2) > 8
    assert changed[int(y), int(x)] and changed.mean() < 0.9
    assert changed[:, [0, -1]].mean() < changed.mean()
    scene.select([])
    assert np.array_equal(picture(scene), before)


def test_a_rectangle_selects_what_is_in_it(project: Project, scene: Scene) -> None:
    x, y, fid = on_roof(project, scene, 0)
    assert fid in scene.pick_box(x + 5, y + 5, x - 5, y - 5)
    everything = scene.pick_box(0, 0, *SIZE)
    scene.camera = scene.camera.viewed("top")
    scene.fit()
    assert set(everything) < set(scene.pick_box(0, 0, *SIZE))
    scene.camera = scene.camera.zoomed(scene.camera.target, 3.0)
    assert scene.pick_box(0, 0, 5, 5) == []


def test_colours_follow_attributes_edits_and_undo(project: Project, scene: Scene) -> None:
    layer = city(project)
    name = next(iter(project.attribute_types(layer)))
    before = picture(scene)
    with project.edit("Colour") as edit:
        edit.set_layer(layer.id, style={"color_by": ATTRIBUTE + name})
    rows = [row for row in scene.legend() if row.layer == layer.id]
    shown = set(tiles_of(project).entry_object.tolist())
    assert sum(row.count for row in rows) <= len(shown) and rows[0].heading == name
    coloured = picture(scene)
    assert not np.array_equal(coloured, before)
    x, y, fid = on_roof(project, scene, 0)
    close = picture(scene)
    has_own = name in project.object(fid).attributes
    with project.edit("Clear") as edit:
        edit.remove_attribute(fid if has_own else owner_of(project, fid), name)
    assert tuple(picture(scene)[int(y), int(x)]) != tuple(close[int(y), int(x)])
    assert any(row.color == NO_VALUE for row in scene.legend())
    project.undo()
    assert np.array_equal(picture(scene), close)


def test_terrain_is_told_apart_and_seen_through(project: Project, scene: Scene) -> None:
    terrain = next(layer for layer in project.layers if layer.kind == "terrain")
    height = scene.ground_height(*scene.box.mean(axis=0)[:2])
    assert height is not None and scene.box[0, 2] - 1 < height < scene.box[1, 2]
    scene.camera = scene.camera.viewed("top")
    scene.fit()
    before, flat = picture(scene), np.ptp(scene.box[:, 2])
    hit = next(
        h for x in range(20, SIZE[0], 20) if (h := scene.pick(x, SIZE[1] / 2)) and h.layer == terrain.id
    )
    assert hit.fid is not None and project.object(hit.fid).type == "TINRelief"
    with project.edit("Look below") as edit:
        edit.set_layer(terrain.id, opacity=0.4)
    assert not np.array_equal(picture(scene), before)
    with project.edit("Heights") as edit:
        edit.set_layer(terrain.id, opacity=1.0, style={"color_by": "height", "exaggeration": 3.0})
    assert {row.unit for row in scene.legend() if row.layer == terrain.id} == {"m"}
    assert np.ptp(scene.box[:, 2]) > 2 * flat


def test_objects_of_other_dates_are_ghosts_that_cannot_be_picked(project: Project, scene: Scene) -> None:
    x, y, fid = on_roof(project, scene, 0)
    today = picture(scene)
    with project.edit("Demolished") as edit:
        edit.set_valid(fid, None, "1950-01-01")
    scene.set_date("2024-01-01")
    ghost = picture(scene)
    hit = scene.pick(x, y)
    assert (hit is None or hit.fid != fid) and not np.array_equal(ghost, today)
    scene.ghosts = False
    assert not np.array_equal(picture(scene), ghost)
    scene.set_date("1940-01-01")
    hit = scene.pick(x, y)
    assert hit is not None and hit.fid == fid
    scene.set_date(None)
    project.undo()
    assert np.array_equal(picture(scene), today)


def test_removing_a_layer_takes_it_out_and_undo_brings_the_layer_back(project: Project) -> None:
    scene = scene_of(project)
    project.changed.connect(scene.on_changes)
    terrain = next(layer for layer in project.layers if layer.kind == "terrain")
    with project.edit("Remove") as edit:
        edit.set_layer(terrain.id, present=False)
    assert scene.layer_ids == (city(project).id,)
    project.undo()
    scene.add(prepare(terrain, project.drawable(terrain), project.place, project))
    assert set(scene.layer_ids) == {terrain.id, city(project).id}
    project.changed.disconnect(scene.on_changes)
    scene.close()


def test_the_highest_lod_or_the_chosen_one_is_drawn(tmp_path: Path) -> None:
    with make_project(real("cityjson/cjio/multi_lod.json"), tmp_path) as project:
        layer, mesh, scene = city(project), tiles_of(project), scene_of(project)
        project.changed.connect(scene.on_changes)
        lods = np.array([float(name) for name in mesh.lod_names])[mesh.geometry_lod]
        objects = np.repeat(mesh.entry_object, np.diff(mesh.entry_geometry))
        best = {int(owner): lods[objects == owner].max() for owner in objects}
        drawn = []
        for lod in ("", *mesh.lod_names):
            with project.edit("LoD") as edit:
                edit.set_layer(layer.id, lod=lod)
            wanted = lods == (float(lod) if lod else [best[int(owner)] for owner in objects])
            rows = [row for row in scene.legend() if row.unit == "surfaces"]
            drawn.append(sum(row.count for row in rows))
            assert drawn[-1] == np.repeat(wanted, np.diff(mesh.geometry_surface)).sum() or not rows
        assert len(mesh.lod_names) > 1 and len(set(drawn)) > 1
        scene.close()


def test_pipes_lie_at_their_levels_and_are_picked_by_their_axes(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p.city.gpkg") as project, imported_here():
        layer, *_areas = import_files(
            project, [real("utilities/bellinge/bellinge_small.inp")], ReadOptions(crs="EPSG:25832")
        )
        scene = scene_of(project)
        counts = {row.label: row.count for row in scene.legend() if row.layer == layer.id}
        assert counts == {"Pipes": 15, "Storage units": 15, "Outfalls": 1}
        view = scene._views[layer.id]
        network = view._network  # type: ignore[attr-defined]
        for line in range(len(network.fid)):
            start, end = network.points[network.offsets[line] : network.offsets[line] + 2]
            scene.camera = Camera((start + end) / 2, 60.0, 10.0, 70.0)
            hit = scene.pick(SIZE[0] / 2, SIZE[1] / 2)
            assert hit is not None and hit.fid is not None
            radius = network.diameter_m[line] / 2
            if hit.fid == network.fid[line]:
                away = np.linalg.norm(
                    np.cross(hit.point_in_world - start, (end - start) / np.linalg.norm(end - start))
                )
                assert away <= radius + 1e-6
        assert (picture(scene).std(axis=(0, 1)) > 1).all()
        scene.close()


def test_clouds_are_coloured_and_picked_to_the_point(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p.city.gpkg") as project:
        layer = import_here(project, real("pointcloud/lidr/Megaplot.laz"))
        tree = project.drawable(layer)
        assert isinstance(tree, PointTree)
        points = whole(tree).points
        scene = scene_of(project)
        top = points[np.argmax(points[:, 2])]
        scene.camera = Camera(top, 60.0, 20.0, 60.0)
        scene.settle()
        hit = scene.pick(SIZE[0] / 2, SIZE[1] / 2)
        assert hit is not None and hit.fid is None and hit.vertex_in_world is not None
        assert np.abs(points - hit.point_in_world).max(axis=1).min() == 0
        assert hit.point_in_world == pytest.approx(top, abs=2.0)
        assert {row.unit for row in scene.legend()} == {"m"}
        scene.moving = True
        assert scene.needs_frame
        scene.close()


def test_a_scanned_mesh_is_shaded_and_picked(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p.city.gpkg") as project, imported_here():
        (layer,) = import_files(
            project, [real("heritage/vcg/Laurana50k.ply")], ReadOptions(kind="heritage", crs="local")
        )
        scan = project.drawable(layer)
        assert isinstance(scan, Scan)
        scene = scene_of(project)
        frame = picture(scene)
        hit = scene.pick(SIZE[0] / 2, SIZE[1] / 2)
        assert hit is not None and hit.vertex_in_world is not None
        assert np.abs(scan.vertices - hit.vertex_in_world).max(axis=1).min() == 0
        assert len(np.unique(frame.reshape(-1, 3), axis=0)) > 100
        scene.close()
