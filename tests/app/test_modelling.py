"""Drawing and changing buildings in the view, with clicks, drags and keys."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.session import Session
from app.window import Window
from layers.arrays import Float64
from layers.checks.geometry import ObjectCheck
from layers.reworking import Workshop
from viewer.camera import Camera

LEFT = Qt.MouseButton.LeftButton
Settled = Callable[[Session], None]
#: North of the nine boxes of 10 m, which stand 20 m apart from 84000, 446000 on.
FREE: Float64 = np.array([84_020.0, 446_075.0, 0.0])
#: House-4, 7 m high, stands in the middle.
ROOF: Float64 = np.array([84_025.0, 446_025.0, 7.0])


@pytest.fixture
def city(qtbot: QtBot, window: Window, settled: Settled, blocks: Path, tmp_path: Path) -> Window:
    """A window on nine boxes, seen from the south."""
    path = tmp_path / "copy" / blocks.name
    shutil.copytree(blocks.parent, path.parent)
    window.open_paths([path])
    qtbot.waitUntil(lambda: bool(window.session.is_open and window.session.project.layers))
    settled(window.session)
    window.canvas.set_camera(Camera(FREE, 120.0, 0.0, 50.0))
    return window


def spot(window: Window, *place: float) -> QPoint:
    """Where a place of the world is in the view."""
    canvas = window.canvas
    x, y, _ = canvas.camera.project(np.array([place]), canvas.width(), canvas.height())[0].tolist()
    return QPoint(round(x), round(y))


def draw(qtbot: QtBot, window: Window, *places: tuple[float, float]) -> None:
    """Click corners on the ground."""
    for x, y in places:
        qtbot.mouseMove(window.canvas, spot(window, x, y, 0.0))
        qtbot.mouseClick(window.canvas, LEFT, pos=spot(window, x, y, 0.0))


def drag(qtbot: QtBot, window: Window, start: QPoint, end: QPoint) -> None:
    """Drag from one position to another, in steps."""
    qtbot.mousePress(window.canvas, LEFT, pos=start)
    for share in (0.4, 0.8, 1.0):
        qtbot.mouseMove(window.canvas, start + (end - start) * share)
    qtbot.mouseRelease(window.canvas, LEFT, pos=end)


def start(window: Window, name: str) -> None:
    """Take up a tool from the menu."""
    window.actions_[f"model_{name}"].trigger()


def scenario(window: Window, name: str = "Tower") -> int:
    """Begin a scenario, and look at it."""
    with window.session.project.edit("Begin") as edit:
        number = edit.add_scenario(name)
    window.session.situation.set_scenario(number)
    return number


SQUARE = ((84_010.0, 446_070.0), (84_030.0, 446_070.0), (84_030.0, 446_082.0), (84_010.0, 446_082.0))


def test_a_tower_is_drawn_in_a_scenario_raised_and_undone(
    qtbot: QtBot, city: Window, settled: Settled
) -> None:
    number, project = scenario(city), city.session.project
    before = project.can_undo
    start(city, "building")
    assert city.modelling.panel.isVisible() and "Tower" in city.modelling.panel.into.text()
    draw(qtbot, city, *SQUARE)
    qtbot.keyClick(city.canvas, Qt.Key.Key_Return)
    assert project.can_undo == before  # a ghost so far
    qtbot.keyClicks(city.canvas, "21.5")
    qtbot.keyClick(city.canvas, Qt.Key.Key_Return)
    assert city.modelling.panel.fields["eaves_m"].value() == 21.5
    city.modelling.panel.fields["roof"].setCurrentText("Hip")
    qtbot.keyClick(city.canvas, Qt.Key.Key_Return)
    assert project.can_undo.label == "Draw building in Tower"
    (fid,) = city.session.selection.tolist()
    tower, workshop = project.object(fid), Workshop(project, number)
    assert project.layer(tower.layer).scenario == number and tower.lods == ("1", "2")
    assert tower.attributes["roofType"] == "1040" and tower.attributes["storeysAboveGround"] == 7
    shape = workshop.shape(fid)
    assert shape is not None
    assert np.allclose(shape.vertices.min(axis=0), (84_010, 446_070, 0), atol=0.5)
    assert not list(ObjectCheck("", shape.vertices).findings(shape.geometries))
    settled(city.session)
    before_m = shape.vertices[:, 2].max()
    start(city, "raise")
    (place, _) = city.modelling.desk.tool.knobs()[0]
    knob = spot(city, *place)
    drag(qtbot, city, knob, knob - QPoint(0, 25))
    after = workshop.shape(fid)
    up = after.vertices[:, 2].max() - before_m
    assert up > 1 and project.can_undo.label == f"Raise by {up:g} m in Tower"
    qtbot.keyClicks(city.canvas, "5")
    qtbot.keyClick(city.canvas, Qt.Key.Key_Return)
    assert workshop.shape(fid).vertices[:, 2].max() == pytest.approx(before_m + up + 5)
    qtbot.keyClick(city.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert workshop.shape(fid).vertices[:, 2].max() == pytest.approx(before_m + up)
    qtbot.keyClick(city.canvas, Qt.Key.Key_Escape)
    assert city.modelling.desk.tool is None and not city.modelling.panel.isVisible()
