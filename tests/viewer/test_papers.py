"""City objects and scans in the images and materials of their files: pixels where they must be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layers.album import NONE, Album
from layers.arrays import UInt8
from layers.data import ReadOptions
from layers.importing import import_files
from layers.project import Project
from layers.tones import HATCH
from tests.cities import imported_here
from tests.conftest import real
from tests.dressed import ONCE, QUARTERS, THRICE, write_image, write_wall
from viewer.camera import Camera
from viewer.citylegend import _materials
from viewer.palette import surface_color
from viewer.scene import Scene, prepare

SIZE = (400, 400)
#: The middle of the wall; it fills the middle of the picture, 320 pixels wide.
MIDDLE, DISTANCE_M = np.array([85_008.0, 446_000.0, 8.0]), 48.28
NORTHWARD = 0.0
SKY_ABOVE = 60


@contextmanager
def scene_of(path: Path, tmp_path: Path, kind: str | None = None) -> Iterator[tuple[Project, Scene]]:
    """A scene with one file, looked at from the south."""
    with Project.create(tmp_path / "p.city.gpkg", crs="EPSG:7415") as project, imported_here():
        import_files(project, [path], ReadOptions(kind=kind, crs="EPSG:7415"))
        scene = Scene(project, SIZE)
        project.changed.connect(scene.on_changes)
        for layer in project.layers:
            scene.add(prepare(layer, project.drawable(layer), project.place, project))
        scene.camera = Camera(MIDDLE, DISTANCE_M, NORTHWARD, 0.0)
        try:
            yield project, scene
        finally:
            project.changed.disconnect(scene.on_changes)
            scene.close()


def picture(scene: Scene) -> UInt8:
    scene.settle()
    return scene.frame()


def wall(scene: Scene, across: int, up: int, of: int) -> np.ndarray:
    """What is seen in the middle of one of `of` by `of` equal parts of the wall."""
    frame = picture(scene)
    inside = np.flatnonzero(np.ptp(frame.astype(int), axis=2).max(axis=0) > SKY_ABOVE)
    rows = np.flatnonzero(np.ptp(frame.astype(int), axis=2).max(axis=1) > SKY_ABOVE)
    left, right, top, bottom = inside[0], inside[-1], rows[0], rows[-1]
    x = left + (right - left) * (across + 0.5) / of
    y = bottom - (bottom - top) * (up + 0.5) / of
    found: np.ndarray = frame[round(y), round(x)].astype(float)
    return found


def is_like(found: np.ndarray, color: tuple[int, ...]) -> bool:
    """Whether it is this colour in some light."""
    a, b = found / np.linalg.norm(found), np.array(color) / np.linalg.norm(color)
    return float(a @ b) > 0.99


@pytest.mark.parametrize(("places", "times"), [(ONCE, 1), (THRICE, 3)])
def test_an_image_lies_upright_on_its_wall(
    tmp_path: Path, places: tuple[tuple[float, float], ...], times: int
) -> None:
    write_image(tmp_path / "wall.png")
    with scene_of(write_wall(tmp_path / "a.city.json", places=places), tmp_path) as (_, scene):
        for row in range(2 * times):
            for column in range(2 * times):
                color = QUARTERS[column % 2 + 2 * (1 - row % 2)]
                assert is_like(wall(scene, column, row, 2 * times), color), (column, row)


def test_a_mirrored_image_turns_over(tmp_path: Path) -> None:
    write_image(tmp_path / "wall.png")
    path = write_wall(tmp_path / "a.city.json", places=((0, 0), (2, 0), (2, 1), (0, 1)))
    path.write_text(path.read_text().replace('"wrap"', '"mirror"'))
    with scene_of(path, tmp_path) as (_, scene):
        seen = [next(n for n, c in enumerate(QUARTERS) if is_like(wall(scene, k, 3, 4), c)) for k in range(4)]
    assert seen == [0, 1, 1, 0]


def test_a_missing_image_is_hatched(tmp_path: Path) -> None:
    with scene_of(write_wall(tmp_path / "a.city.json"), tmp_path) as (_, scene):
        frame = picture(scene)[150:250, 150:250].reshape(-1, 3).astype(float)
        bright = frame.sum(axis=1)
        light, dark = (float(sum(tone)) for tone in HATCH)
        assert bright.min() / bright.max() == pytest.approx(dark / light, abs=0.02)
        assert 0.3 < (bright > bright.mean()).mean() < 0.7
        assert any(row.label.startswith("Image is missing") and row.count == 1 for row in scene.legend())


def test_what_can_be_seen_through_is_cut_out(tmp_path: Path) -> None:
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((200, 30, 30, 255), (0, 0, 32, 64))
    image.save(tmp_path / "wall.png")
    with scene_of(write_wall(tmp_path / "a.city.json"), tmp_path) as (_, scene):
        frame = picture(scene)
        bare = scene.background.pixels(*SIZE)
        assert is_like(frame[200, 150].astype(float), (200, 30, 30))
        assert np.allclose(frame[200, 250].astype(int), bare[200, 250], atol=3)


def test_style_theme_and_selection_are_followed(tmp_path: Path) -> None:
    write_image(tmp_path / "wall.png")
    texture = {"photo": {"values": [[[0, 0, 1, 2, 3]]]}}
    path = write_wall(tmp_path / "a.city.json", texture=texture, material={"heat": {"value": 0}})
    with scene_of(path, tmp_path) as (project, scene):
        layer = project.layers[0]

        def drawn(**style: str) -> np.ndarray:
            with project.edit("Style") as edit:
                edit.set_layer(layer.id, style=style)
            found: np.ndarray = picture(scene)[150, 250].astype(float)
            return found

        assert is_like(drawn(), QUARTERS[1])
        assert is_like(drawn(theme="heat"), (204, 51, 26))
        assert is_like(drawn(theme="photo"), QUARTERS[1])
        assert not is_like(drawn(color_by="plain"), QUARTERS[1])
        assert is_like(drawn(color_by="appearance"), QUARTERS[1])
        scene.camera = Camera(MIDDLE - (4, 0, 4), DISTANCE_M, NORTHWARD, 0.0)
        blue = picture(scene)[240, 160].astype(int)
        scene.select([layer.first_fid])
        red, _, marked = (picture(scene)[240, 160].astype(int) - blue).tolist()
        assert marked < -60 and red > -20  # what is selected is seen through amber
        scene.select([])
        assert (picture(scene)[240, 160] == blue).all()
        scene.camera = Camera(MIDDLE, DISTANCE_M, NORTHWARD, 0.0)
        project.undo()
        assert not is_like(picture(scene)[150, 250].astype(float), QUARTERS[1])


def test_from_afar_it_has_the_mean_colour_of_its_image(tmp_path: Path) -> None:
    write_image(tmp_path / "wall.png")
    with scene_of(write_wall(tmp_path / "a.city.json"), tmp_path) as (_, scene):
        scene.camera = Camera(MIDDLE, 1500.0, NORTHWARD, 0.0)
        frame = picture(scene).astype(int)
        bare = scene.background.pixels(*SIZE).astype(int)
        seen = frame[np.abs(frame - bare).max(axis=2) > SKY_ABOVE].mean(axis=0)
        assert is_like(seen, tuple(np.mean(QUARTERS, axis=0).astype(int)))


def test_a_scan_wears_its_images_and_materials(tmp_path: Path) -> None:
    write_image(tmp_path / "wall.png")
    corners = "".join(f"v {85_000 + x} 446000 {z}\n" for x in (0, 8, 16) for z in (0, 16))
    places = "".join(f"vt {u} {v}\n" for u in (0, 1) for v in (0, 1))
    faces = "usemtl photo\nf 1/1 3/3 4/4 2/2\nusemtl brick\nf 3/1 5/3 6/4 4/2\n"
    (tmp_path / "scan.obj").write_text(f"mtllib scan.mtl\n{corners}{places}{faces}")
    (tmp_path / "scan.mtl").write_text(
        "newmtl photo\nKd 1 1 1\nmap_Kd wall.png\nnewmtl brick\nKd 0.8 0.2 0.1\n"
    )
    with scene_of(tmp_path / "scan.obj", tmp_path, "heritage") as (project, scene):
        frame = picture(scene).astype(float)
        colors = [frame[120, 100], frame[120, 160], frame[280, 100], frame[280, 160]]
        assert [is_like(found, color) for found, color in zip(colors, QUARTERS, strict=True)] == [True] * 4
        assert is_like(frame[200, 280], (204, 51, 26))
        with project.edit("Stone") as edit:
            edit.set_layer(project.layers[0].id, style={"color_by": "plain"})
        assert not is_like(picture(scene)[120, 100].astype(float), QUARTERS[0])


def test_the_legend_tells_every_colour_of_what_wears_no_image(tmp_path: Path) -> None:
    path = real("citygml/plateau-yokosuka/bldg/52397519_bldg_6697_op.gml")
    with scene_of(path, tmp_path) as (_, scene):
        rows = {row.label: row for row in scene.legend()}
        assert rows["RoofSurface, no image"].color == surface_color("RoofSurface")
        assert rows["RoofSurface, no image"].count > 0 and rows["WallSurface, no image"].count > 244
        assert rows["Image of the file"].count == 335 and sum(row.count for row in rows.values()) == 734


def test_materials_without_names_are_numbered() -> None:
    count = 4
    album = Album(
        color=np.array([(200, 0, 0), (0, 200, 0), (0, 0, 200), (9, 9, 9)], np.uint8),
        opacity=np.ones(count, np.float32),
        picture=np.full(count, NONE, np.int32),
        wrap=np.zeros(count, np.uint8),
        names=("", "glass", "", ""),
        themes=("",),
        size=np.empty((0, 2), np.int32),
        begin=np.zeros(1, np.int64),
        data=np.empty(0, np.uint8),
    )
    named = [name for name, _, _ in _materials(album, np.array([5, 9, 7, 0]))]
    assert named == ["glass", "Material 1", "Material 2"]
