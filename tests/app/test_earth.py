"""Digging in the terrain and placing designs, with clicks and keys in the view."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from app.modelling.designs import read_design
from app.session import Session
from app.window import Window
from layers.arrays import TerrainPyramid
from layers.ground import terrain_of
from layers.importing import import_files
from layers.project import Project
from tests.app.test_modelling import draw, scenario, spot, start
from viewer.camera import Camera

Settled = Callable[[Session], None]
LEFT_M, TOP_M, SIDE = 84_000.0, 446_100.0, 100
SQUARE = ((84_040.0, 446_040.0), (84_060.0, 446_040.0), (84_060.0, 446_060.0), (84_040.0, 446_060.0))
#: A house of 4 m by 3 m by 5 m in coordinates of its own.
HOUSE = """v 0 0 0
v 4 0 0
v 4 3 0
v 0 3 0
v 0 0 5
v 4 0 5
v 4 3 5
v 0 3 5
f 1 4 3 2
f 5 6 7 8
f 1 2 6 5
f 2 3 7 6
f 3 4 8 7
f 4 1 5 8
"""


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed project with a level terrain at a height of 10 m, with cells of 1 m."""
    folder = tmp_path_factory.mktemp("plain")
    source, path = folder / "plain.tif", folder / "plain.city.gpkg"
    profile = {"driver": "GTiff", "width": SIDE, "height": SIDE, "count": 1, "dtype": "float32"}
    transform = rasterio.Affine(1, 0, LEFT_M, 0, -1, TOP_M)
    with rasterio.open(source, "w", crs="EPSG:28992", transform=transform, **profile) as raster:
        raster.write(np.full((SIDE, SIDE), 10, np.float32), 1)
    with Project.create(path, crs="EPSG:28992") as project:
        import_files(project, [source], name="Ground")
    return path


@pytest.fixture
def field(qtbot: QtBot, window: Window, settled: Settled, plain: Path) -> Iterator[Window]:
    """A window on the terrain, seen from the south."""
    window.open_paths([plain])
    qtbot.waitUntil(lambda: bool(window.session.is_open and window.session.project.layers))
    settled(window.session)
    window.canvas.set_camera(Camera(np.array([84_050.0, 446_050.0, 10.0]), 120.0, 0.0, 50.0))
    yield window
    while window.session.project.can_undo and window.session.project.can_undo.label != "Import plain.tif":
        window.session.undo()


def height(window: Window, place: tuple[float, float], number: int | None) -> float:
    """The height of the ground at a place."""
    heights = terrain_of(window.session.project, number)
    assert heights is not None
    return float(heights(np.array([place]))[0])


def test_a_pit_is_dug_in_a_scenario_alone(qtbot: QtBot, field: Window, settled: Settled) -> None:
    number = scenario(field)
    start(field, "earth")
    draw(qtbot, field, *SQUARE, level=10.0)
    qtbot.keyClick(field.canvas, Qt.Key.Key_Return)
    qtbot.keyClicks(field.canvas, "4")
    field.modelling.panel.fields["slope"].setValue(0.0)
    tool = field.modelling.desk.tool
    assert tool is not None
    area, volume = (float(part.split()[0]) for part in tool.numbers.split(" · "))
    assert area == pytest.approx(400, abs=8) and volume == pytest.approx(4 * area, abs=0.5)
    for _ in range(2):  # the number, then the earth
        qtbot.keyClick(field.canvas, Qt.Key.Key_Return)
    settled(field.session)
    project = field.session.project
    assert project.can_undo is not None and project.can_undo.label == "Pit of 4 m in Tower"
    middle = (84_050.0, 446_050.0)
    assert (height(field, middle, None), height(field, middle, number)) == pytest.approx((10, 6))
    (made,) = (layer for layer in project.layers if layer.scenario == number)
    terrain = project.drawable(made)
    assert made.name == "Ground – Tower" and isinstance(terrain, TerrainPyramid)
    taken = float((10 - terrain.window((0, SIDE), (0, SIDE))).sum())
    assert taken == pytest.approx(volume, rel=0.06)  # cells of 1 m at the rim
    # What is drawn then stands on the floor of the pit.
    start(field, "building")
    inside = ((84_045.0, 446_045.0), (84_055.0, 446_045.0), (84_055.0, 446_055.0))
    for x, y in inside:
        qtbot.mouseClick(field.canvas, Qt.MouseButton.LeftButton, pos=spot(field, x, y, 6.0))
    for _ in range(2):
        qtbot.keyClick(field.canvas, Qt.Key.Key_Return)
    (fid,) = field.session.selection.tolist()
    shape = project.shape(fid)
    assert shape is not None and shape.vertices[:, 2].min() == pytest.approx(6, abs=1e-3)


def test_a_design_comes_where_it_is_clicked(
    qtbot: QtBot, field: Window, settled: Settled, tmp_path: Path
) -> None:
    number = scenario(field, "Shed")
    path = tmp_path / "house.obj"
    path.write_text(HOUSE)
    read_design(field.modelling.desk, path)
    settled(field.session)
    qtbot.waitUntil(lambda: field.modelling.desk.tool is not None, timeout=20_000)
    (made,) = (layer for layer in field.session.project.layers if layer.scenario == number)
    qtbot.mouseClick(field.canvas, Qt.MouseButton.LeftButton, pos=spot(field, 84_050.0, 446_050.0, 10.0))
    made = field.session.project.layer(made.id)
    assert made.box is not None
    box = np.array(made.box)
    assert (box[:3] + box[3:]) / 2 == pytest.approx((84_050, 446_050, 12.5), abs=0.6)
    step = field.session.project.can_undo
    assert step is not None and step.label == f"Place {made.name}"


def test_a_pit_is_dug_in_a_terrain_of_triangles(
    qtbot: QtBot, window: Window, settled: Settled, tmp_path: Path
) -> None:
    corners = [(0, 0, 10), (100, 0, 10), (100, 100, 10), (0, 100, 10)]
    relief = {"type": "CompositeSurface", "lod": "1", "boundaries": [[[0, 1, 2]], [[0, 2, 3]]]}
    city = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.001] * 3, "translate": [LEFT_M, TOP_M - SIDE, 0]},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
        "CityObjects": {"plain": {"type": "TINRelief", "geometry": [relief]}},
        "vertices": [[1000 * part for part in corner] for corner in corners],
    }
    path = tmp_path / "plain.city.json"
    path.write_text(json.dumps(city))
    with Project.create(tmp_path / "plain.city.gpkg") as project:
        import_files(project, [path])
    window.open_paths([tmp_path / "plain.city.gpkg"])
    qtbot.waitUntil(lambda: window.session.is_open, timeout=20_000)
    settled(window.session)
    window.canvas.set_camera(Camera(np.array([84_050.0, 446_050.0, 10.0]), 120.0, 0.0, 50.0))
    number, project = scenario(window), window.session.project
    start(window, "earth")
    draw(qtbot, window, *SQUARE, level=10.0)
    qtbot.keyClick(window.canvas, Qt.Key.Key_Return)
    qtbot.keyClicks(window.canvas, "4")
    assert "m³ of earth" in window.modelling.desk.tool.numbers and not window.modelling.desk.tool.refusal
    qtbot.keyClick(window.canvas, Qt.Key.Key_Return)
    qtbot.keyClick(window.canvas, Qt.Key.Key_Return)
    assert project.can_undo.label == "Pit of 4 m in Tower"
    middle = np.array([[84_050.0, 446_050.0]])
    assert terrain_of(project, number)(middle)[0] == pytest.approx(6, abs=0.01)
    assert terrain_of(project)(middle)[0] == pytest.approx(10)
    settled(window.session)
    hit = window.canvas.hit(QPointF(spot(window, 84_050.0, 446_050.0, 6.0)))
    assert hit is not None and hit.point_in_world[2] == pytest.approx(6, abs=0.1)
