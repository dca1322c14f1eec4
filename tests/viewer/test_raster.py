"""Terrain and orthophotos as pixels: no cracks, exact picks, colours where they belong, within a budget."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pyproj import Transformer
from rasterio import Affine

from layers.data import ReadOptions
from layers.importing import import_files
from layers.place import Place
from layers.project import Project
from layers.records import Layer
from layers.terrain import TerrainPyramid, height_at, triangles_of
from tests.cities import imported_here
from tests.conftest import real
from tests.rasters import NORTH, WEST, hilly, made, write
from viewer.camera import Camera, Ray
from viewer.landscape import Landscape
from viewer.light import Background
from viewer.picking import ray_meets_triangles
from viewer.raster import RasterView
from viewer.scene import Scene, prepare
from viewer.skirts import NO_SKIRTS, skirted

SIZE = (480, 320)
LOUD = Background((255, 0, 255), (255, 0, 255), (0, 0, 0), (255, 255, 255))
SIDE = 700  # cells of the test terrain
MIDDLE = np.array([WEST + SIDE / 2, NORTH - SIDE / 2])
GREEN, RED, BLUE = (40, 160, 60), (200, 40, 40), (30, 60, 200)


@pytest.fixture(scope="module")
def steep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hills, and cliffs of 30 m along no line of tiles."""
    heights = hilly(SIDE, SIDE)
    heights[200:423, 250:501] += 30
    return write(tmp_path_factory.mktemp("steep") / "steep.tif", heights.astype(np.float32), crs="EPSG:25832")


def project_of(folder: Path, *paths: Path, crs: str = "EPSG:25832") -> Project:
    project = Project.create(folder / "ground.city.gpkg", crs=crs)
    with imported_here():
        import_files(project, paths, ReadOptions())
    return project


@pytest.fixture(scope="module")
def project(steep: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with project_of(tmp_path_factory.mktemp("ground"), steep) as project:
        yield project


def scene_of(project: Project) -> Scene:
    scene = Scene(project, SIZE)
    for layer in reversed(project.layers):
        scene.add(prepare(layer, project.drawable(layer), project.place, project))
    scene._window.set_background(LOUD)
    return scene


@pytest.fixture
def scene(project: Project) -> Iterator[Scene]:
    scene = scene_of(project)
    yield scene
    scene.close()


def view_of(scene: Scene) -> RasterView:
    return next(view for view in scene._views.values() if isinstance(view, RasterView))


def terrain_of(project: Project) -> TerrainPyramid:
    layer = next(layer for layer in project.layers if layer.kind == "terrain")
    terrain = project.drawable(layer)
    assert isinstance(terrain, TerrainPyramid)
    return terrain


def is_background(picture: np.ndarray) -> np.ndarray:
    return np.abs(picture.astype(int) - LOUD.low).max(axis=2) < 60


# -- terrain -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("moving", [True, False])
@pytest.mark.parametrize("exaggeration", [1.0, 4.0])
def test_no_background_shines_through_the_ground(scene: Scene, moving: bool, exaggeration: float) -> None:
    """Wherever the picture is all ground, a pixel of background would be a crack between tiles."""
    stretch(scene, exaggeration)
    scene.detail = 0.6  # so few tiles that levels differ by more than one
    scene.moving = moving
    levels, middle = set(), np.array([*MIDDLE, 20.0])
    for azimuth in range(0, 360, 40):
        for distance, altitude in ((60.0, 65.0), (140.0, 65.0), (250.0, 72.0), (300.0, 88.0)):
            scene.camera = above_ground(scene, Camera(middle, distance, float(azimuth), altitude))
            assert not is_background(scene.frame()).any(), (azimuth, distance, altitude)
            levels |= {tile.level for tile in view_of(scene)._tiles.values()}
    assert len(levels) > 2


def test_no_background_shines_through_below_the_horizon(scene: Scene) -> None:
    for azimuth in range(0, 360, 60):
        for distance, altitude in ((60.0, 12.0), (160.0, 35.0), (900.0, 20.0)):
            camera = Camera(np.array([*MIDDLE, 20.0]), distance, float(azimuth), altitude)
            scene.camera = above_ground(scene, camera)
            cracks = [at for at in slivers(is_background(scene.frame())) if is_ground_around(scene, *at)]
            assert cracks == [], (azimuth, distance, altitude)


def stretch(scene: Scene, exaggeration: float) -> None:
    scene._stretch = exaggeration
    scene._stage.stretch(exaggeration)


def test_without_skirts_there_would_be_cracks(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viewer.raster.skirted", lambda mesh, _: skirted(mesh, NO_SKIRTS))
    scene.detail = 0.6
    scene.camera = above_ground(scene, Camera(np.array([*MIDDLE, 20.0]), 250.0, 160.0, 70.0))
    cracks = slivers(is_background(scene.frame()))
    assert any(is_ground_around(scene, *at) for at in cracks)


def slivers(background: np.ndarray, wide: int = 12) -> list[tuple[int, int]]:
    """Pixels of background with ground near on both sides, as (x, y)."""
    found = np.zeros_like(background)
    for axis in (0, 1):
        reach = [np.roll(~background, shift, axis) for shift in range(-wide, wide + 1)]
        found |= background & np.any(reach[:wide], axis=0) & np.any(reach[wide + 1 :], axis=0)
    found[:wide], found[-wide:], found[:, :wide], found[:, -wide:] = False, False, False, False
    return [(int(x), int(y)) for y, x in np.argwhere(found)]


def is_ground_around(scene: Scene, x: int, y: int) -> bool:
    """Whether the sight lines through a pixel and those around it meet the finest cells."""
    return all(scene.pick(x + 0.5 + i, y + 0.5 + j) for i in (0, -6, 6) for j in (0, -6, 6))


def above_ground(scene: Scene, camera: Camera) -> Camera:
    """Raised until the eye is well above whatever is around it."""
    around = camera.eye[:2] + np.mgrid[-12:13:4, -12:13:4].reshape(2, -1).T
    ground = (view_of(scene).heights(around).max() - scene.origin[2]) * scene._stretch + scene.origin[2]
    lift = max(float(ground) + 10.0 - float(camera.eye[2]), 0.0)
    return replace(camera, target=camera.target + np.array([0.0, 0.0, lift]))


def test_coarse_tiles_are_as_bright_as_fine_ones(scene: Scene) -> None:
    scene.camera = Camera(np.array([*MIDDLE, 0.0]), 900.0, 0.0, 90.0)
    scene.detail = 0.1
    scene.moving = True
    coarse = scene.frame()
    scene.detail = 3.0
    scene.moving = False
    scene.settle()
    fine = scene.frame()
    ground = ~(is_background(coarse) | is_background(fine))
    assert coarse[ground].mean() == pytest.approx(fine[ground].mean(), rel=0.01)


def test_a_view_of_tiles_keeps_to_its_budget(scene: Scene) -> None:
    view = view_of(scene)
    for moving, most in ((True, 30_000), (False, 380_000)):
        scene.moving = moving
        for distance in (30.0, 300.0, 3000.0):
            scene.camera = Camera(np.array([*MIDDLE, 20.0]), distance, 30.0, 20.0)
            scene.settle()
            scene.frame()
            assert len(list(view.patches())) <= 60
            assert sum(len(tile.shape.triangles) for tile in view._tiles.values()) <= most


def test_pieces_of_ground_do_not_overlap_and_leave_nothing_out(scene: Scene) -> None:
    scene.camera = Camera(np.array([*MIDDLE, 20.0]), 2000.0, 30.0, 90.0)
    scene.frame()
    view = view_of(scene)
    covered = np.zeros((SIDE, SIDE), int)
    for node in view._tiles:
        top, bottom, left, right = view._land.outline(node)
        covered[top : bottom + (bottom == SIDE - 1), left : right + (right == SIDE - 1)] += 1
    assert (covered == 1).all()


def test_a_click_finds_the_finest_cells_even_where_tiles_are_coarse(scene: Scene, project: Project) -> None:
    scene.detail = 0.1
    scene.moving = True
    scene.camera = Camera(np.array([*MIDDLE, 20.0]), 500.0, 30.0, 40.0)
    hit = scene.pick(240, 200)
    assert hit is not None
    assert (hit.layer, hit.fid) == (project.layers[0].id, None)
    assert on_surface(terrain_of(project), hit.point_in_world) < 1e-6
    straight_down = scene.ground_height(*MIDDLE)
    assert straight_down == pytest.approx(surface_at(terrain_of(project), MIDDLE), abs=1e-6)


def surface_at(terrain: TerrainPyramid, place: np.ndarray) -> float:
    """The height of the finest triangles, split from the upper left."""
    (column,), (row,) = terrain.to_cells(place[:1], place[1:2])
    i, j = int(row - 0.5), int(column - 0.5)
    v, u = row - 0.5 - i, column - 0.5 - j
    a, b, c, d = terrain.heights_at(
        0, np.array([i, i, i + 1, i + 1]), np.array([j, j + 1, j, j + 1])
    ).tolist()
    return a + (b - a) * u + (d - b) * v if u >= v else a + (c - a) * v + (d - c) * u


def on_surface(terrain: TerrainPyramid, point: np.ndarray) -> float:
    return abs(surface_at(terrain, point[:2]) - float(point[2]))


@pytest.mark.parametrize("crs", [None, "EPSG:3035"])
def test_picks_agree_with_every_triangle(tmp_path: Path, crs: str | None) -> None:
    heights = hilly(150, 170)
    heights[40:60, 30:90] = np.nan
    terrain = made(tmp_path, heights)
    move = lambda points: points  # noqa: E731
    if crs:
        there = Place(crs, np.zeros(3)).mover("EPSG:25832")
        move = lambda points: there(points + np.array([WEST, NORTH, 0.0]))  # noqa: E731
    land = Landscape(terrain, move)
    known = np.isfinite(heights)
    rows, columns = np.arange(150), np.arange(170)
    points = np.dstack((terrain.places(0, rows[:, None], columns), np.nan_to_num(heights.astype(np.float32))))
    triangles = move(points.reshape(-1, 3).astype(float))[triangles_of(known)]
    centre = triangles.reshape(-1, 3).mean(axis=0)
    random = np.random.default_rng(8)
    hits = 0
    for _ in range(150):
        start = centre + random.normal(size=3) * 90 + (0, 0, 60)
        aimed = centre + random.uniform(-1, 1, 3) * (95, 85, 45) - start
        ray = Ray(start, aimed / np.linalg.norm(aimed))
        expected = ray_meets_triangles(ray, triangles).min()
        found = land.first_hit(ray)
        assert (found[0] if found else np.inf) == pytest.approx(expected, abs=1e-6)
        hits += found is not None
    assert 90 < hits < 150


def test_terrain_of_another_crs_lies_where_proj_puts_it(
    project: Project, steep: Path, tmp_path: Path
) -> None:
    with project_of(tmp_path, steep, crs="EPSG:3035") as other:
        scene = scene_of(other)
        x, y = Transformer.from_crs("EPSG:25832", "EPSG:3035", always_xy=True).transform(*MIDDLE)
        height = float(height_at(terrain_of(project), *MIDDLE))
        scene.camera = Camera(np.array([x, y, height]), 100.0, 0.0, 90.0)
        hit = scene.pick(SIZE[0] / 2, SIZE[1] / 2)
        assert hit is not None
        assert hit.point_in_world[2] == pytest.approx(height, abs=3.0)
        assert view_of(scene).heights(np.array([[x, y]]))[0] == pytest.approx(height, abs=1e-3)
        scene.close()


# -- pictures over it --------------------------------------------------------------------------------


def chequered(folder: Path, name: str, side_m: float, transform: Affine, pixels: int = 800) -> Path:
    """Squares of green and red from the upper left corner."""
    at = (np.arange(pixels) * abs(transform.a) // side_m).astype(int)
    is_red = (at[:, None] + at) % 2 == 1
    colors = np.where(is_red, np.array(RED)[:, None, None], np.array(GREEN)[:, None, None]).astype(np.uint8)
    return write(folder / name, colors, transform=transform, crs="EPSG:25832", photometric="RGB")


def flat_project(folder: Path, *pictures: Path) -> Project:
    ground = write(folder / "flat.tif", np.full((200, 200), 50, np.float32), crs="EPSG:25832")
    return project_of(folder, ground, *pictures)


def seen_at(scene: Scene, x: float, y: float, z: float = 50.0) -> np.ndarray:
    column, row, _ = scene._view2d().project(np.array([[x, y, z]]))[0]
    return scene.frame()[int(row), int(column)]


def is_like(color: np.ndarray, wanted: tuple[int, int, int]) -> bool:
    """The same hue, whatever the light."""
    parts = np.asarray(color, float) / np.linalg.norm(np.asarray(color, float))
    return float(parts @ np.array(wanted) / np.linalg.norm(wanted)) > 0.995


def looking_down(scene: Scene, distance: float = 150.0) -> None:
    scene.camera = Camera(np.array([WEST + 100, NORTH - 100, 50.0]), distance, 0.0, 90.0)
    scene.settle()


def test_colours_of_a_picture_lie_within_a_pixel_of_their_place(tmp_path: Path) -> None:
    photo = chequered(tmp_path, "photo.tif", 20.0, Affine(0.25, 0, WEST, 0, -0.25, NORTH))
    with flat_project(tmp_path, photo) as project:
        scene = scene_of(project)
        looking_down(scene)
        metres = scene.camera.metres_per_pixel(SIZE[1])
        picture = scene.frame()
        view = scene._view2d()
        for i, j in ((3, 4), (4, 4), (5, 6), (6, 5)):  # squares, from the corner
            wanted, other = (GREEN, RED) if (i + j) % 2 == 0 else (RED, GREEN)
            west, north = WEST + j * 20, NORTH - i * 20
            for x, y, color in (
                (west + 10, north - 10, wanted),
                (west + 1.5 * metres, north - 10, wanted),
                (west - 1.5 * metres, north - 10, other),
                (west + 10, north - 1.5 * metres, wanted),
                (west + 10, north + 1.5 * metres, other),
            ):
                column, row, _ = view.project(np.array([[x, y, 50.0]]))[0]
                assert is_like(picture[int(row), int(column)], color), (i, j, x - west, y - north)
        scene.close()


def test_pictures_are_blended_by_order_and_opacity(tmp_path: Path) -> None:
    place = Affine(1, 0, WEST, 0, -1, NORTH)
    below = write(tmp_path / "below.tif", plain(GREEN, 200), transform=place, crs="EPSG:25832")
    above = write(tmp_path / "above.tif", plain(BLUE, 100), transform=place, crs="EPSG:25832")
    with flat_project(tmp_path, below, above) as project:
        scene = scene_of(project)
        project.changed.connect(scene.on_changes)
        looking_down(scene)
        both, one = (WEST + 80, NORTH - 80), (WEST + 130, NORTH - 130)
        assert is_like(seen_at(scene, *both), BLUE)
        assert is_like(seen_at(scene, *one), GREEN)
        top = layer_named(project, "above")
        with project.edit("Half") as edit:
            edit.set_layer(top.id, opacity=0.5)
        scene.settle()
        assert is_like(seen_at(scene, *both), tuple((np.array(GREEN) + BLUE) / 2))
        with project.edit("Off") as edit:
            for name in ("above", "below"):
                edit.set_layer(layer_named(project, name).id, visible=False)
        scene.settle()
        assert not is_like(seen_at(scene, *both), GREEN)
        assert [entry.label for entry in scene.legend()] == ["flat"]
        project.changed.disconnect(scene.on_changes)
        scene.close()


def plain(color: tuple[int, int, int], side: int) -> np.ndarray:
    return np.tile(np.array(color, np.uint8)[:, None, None], (1, side, side))


def layer_named(project: Project, name: str) -> Layer:
    return next(layer for layer in project.layers if layer.name == name)


def test_beside_the_terrain_a_picture_lies_flat_on_the_lowest_ground(tmp_path: Path) -> None:
    photo = chequered(tmp_path, "photo.tif", 50.0, Affine(0.5, 0, WEST + 100, 0, -0.5, NORTH))
    with flat_project(tmp_path, photo) as project:
        scene = scene_of(project)
        scene.camera = Camera(np.array([WEST + 250, NORTH - 100, 50.0]), 500.0, 0.0, 90.0)
        scene.settle()
        assert is_like(seen_at(scene, WEST + 325, NORTH - 25), GREEN)
        assert is_like(seen_at(scene, WEST + 375, NORTH - 25), RED)
        assert is_like(seen_at(scene, WEST + 175, NORTH - 25), RED)  # on the terrain
        x, y, _ = scene._view2d().project(np.array([[WEST + 325, NORTH - 25, 50.0]]))[0]
        hit = scene.pick(x, y)
        assert hit is not None
        assert hit.layer == layer_named(project, "photo").id
        assert hit.point_in_world == pytest.approx([WEST + 325, NORTH - 25, 50.0], abs=1e-6)
        scene.close()


def test_a_picture_alone_is_drawn_in_its_own_crs_and_pixels(tmp_path: Path) -> None:
    """In a project of another CRS, and with a border that covers nothing."""
    colors = plain(GREEN, 700)
    colors[:, :, 350:] = np.array(BLUE)[:, None, None]
    colors[:, :60] = 0
    photo = write(tmp_path / "photo.tif", colors, crs="EPSG:25832", nodata=0)
    with project_of(tmp_path, photo, crs="EPSG:3035") as project:
        scene = scene_of(project)
        into = Transformer.from_crs("EPSG:25832", "EPSG:3035", always_xy=True)
        x, y = into.transform(WEST + 350, NORTH - 350)
        scene.camera = replace(
            scene.camera, target=np.array([x, y, 0.0]), distance_m=1400.0, altitude_deg=90.0
        )
        scene.settle()
        for east, south, color in ((340, 300, GREEN), (360, 300, BLUE), (20, 680, GREEN), (690, 70, BLUE)):
            assert is_like(seen_at(scene, *into.transform(WEST + east, NORTH - south), 0.0), color)
        assert is_background(seen_at(scene, *into.transform(WEST + 350, NORTH - 30), 0.0)[None, None]).all()
        scene.close()


def test_a_picture_lies_over_terrain_of_triangles_too(tmp_path: Path) -> None:
    place = Affine(1, 0, 78200, 0, -1, 458300)
    photo = write(tmp_path / "photo.tif", plain(BLUE, 900), transform=place, crs="EPSG:28992")
    with project_of(tmp_path, real("cityjson/denhaag/denhaag.city.json"), photo, crs="EPSG:7415") as project:
        scene = scene_of(project)
        scene.fit()
        scene.settle()
        picture = scene.frame()
        tin = layer_named(project, "denhaag terrain").id
        places = [(x, y) for x in range(20, SIZE[0], 20) for y in range(20, SIZE[1], 20)]
        ground = [at for at in places if (hit := scene.pick(*at)) is not None and hit.layer == tin]
        assert len(ground) > 20
        blue = [is_like(picture[y, x], BLUE) for x, y in ground]
        assert np.mean(blue) > 0.9
        scene.close()
