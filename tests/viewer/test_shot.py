"""Pictures in files, and how much two of them differ."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from layers.errors import UsageError
from layers.pictures import read_png, write_png
from layers.project import Project
from tests.cities import make_project
from tests.conftest import real
from viewer.camera import Camera
from viewer.shot import camera_from, camera_text, compare, shot

WISHES: list[dict[str, object]] = [
    {"view": "sideways"},
    {"size": (0, 10)},
    {"size": (99_999, 10)},
    {"lod": "7"},
    {"color_by": "no such"},
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with make_project(real("cityjson/cjio/delft.json"), tmp_path_factory.mktemp("delft")) as made:
        yield made


def test_a_shot_shows_the_city_and_what_its_colours_mean(project: Project, tmp_path: Path) -> None:
    plain, marked = tmp_path / "plain.png", tmp_path / "marked.png"
    shot(project, plain, (900, 560), marks=False)
    shot(project, marked, (900, 560), title="Delft")
    a, b = read_png(plain), read_png(marked)
    assert a.shape == b.shape == (560, 900, 3)
    changed = np.abs(a.astype(int) - b).max(axis=2) > 5
    for corner in (changed[:60, :120], changed[:60, -60:], changed[-60:, :100], changed[-100:, -140:]):
        assert corner.any()  # title, north arrow, scale bar, legend
    assert not changed[240:300, 400:480].any()


def test_the_same_project_gives_the_same_picture_and_others_differ(project: Project, tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.png" for name in ("one", "two", "top", "dark", "camera")]
    shot(project, paths[0], (300, 200))
    shot(project, paths[1], (300, 200))
    shot(project, paths[2], (300, 200), view="top")
    shot(project, paths[3], (300, 200), dark=True)
    x, y, z = project.place.origin
    shot(project, paths[4], (300, 200), camera=camera_from(f"{x},{y},{z},300,45,40"))
    assert compare(paths[0], paths[1]) == 0.0
    assert all(compare(paths[0], path) > 0.005 for path in paths[2:])


def test_colours_and_lods_of_a_shot_are_no_edit(project: Project, tmp_path: Path) -> None:
    before = project.layers
    name = next(iter(project.attribute_types(before[0])))
    shot(project, tmp_path / "a.png", (300, 200))
    shot(project, tmp_path / "b.png", (300, 200), color_by=name)
    assert compare(tmp_path / "a.png", tmp_path / "b.png") > 0.001
    assert project.layers == before


def test_the_difference_is_a_mean_from_0_to_1(tmp_path: Path) -> None:
    a, b, c = (tmp_path / name for name in ("a.png", "b.png", "c.png"))
    picture = np.zeros((4, 6, 3), np.uint8)
    write_png(a, picture)
    picture[:2] = 255
    write_png(b, picture)
    write_png(c, picture[:, :3])
    assert compare(a, b) == 0.5
    with pytest.raises(UsageError, match="differ in size"):
        compare(a, c)


@pytest.mark.parametrize("text", ["", "1,2,3", "a,b,c,d,e,f", "1,2,3,0,0,0", "1,2,3,9,0,91", "nan,2,3,9,0,9"])
def test_a_camera_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="X,Y,Z,DISTANCE,AZIMUTH,ALTITUDE"):
        camera_from(text)


@pytest.mark.parametrize("wish", WISHES)
def test_what_cannot_be_drawn_is_said(project: Project, tmp_path: Path, wish: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        shot(project, tmp_path / "p.png", **wish)  # type: ignore[arg-type]
    assert not (tmp_path / "p.png").exists()


@pytest.mark.parametrize("parallel", [False, True])
@pytest.mark.parametrize("fov_deg", [35.0, 60.0])
def test_a_camera_that_is_said_is_the_same_again(parallel: bool, fov_deg: float) -> None:
    camera = Camera(np.array([548_760.25, 5_494_586.5, 211.0]), 412.5, 310.0, 48.0, fov_deg, parallel)
    again = camera_from(camera_text(camera))
    points = camera.target + np.array([[0.0, 0.0, 0.0], [30.0, -10.0, 8.0], [-50.0, 20.0, 40.0]])
    pixels = [each.project(points, 640, 400)[:, :2] for each in (camera, again)]
    assert np.allclose(pixels[0], pixels[1], atol=0.05) and again.parallel == parallel
