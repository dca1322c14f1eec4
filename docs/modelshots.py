"""The pictures of the chapter on drawing: a tower on the demo city, a pulled face, a row of houses, a pit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.window import Window
from docs.pictures import demo_opened, keep, settle
from layers.arrays import Float64
from viewer.camera import Camera

#: A free place beside the church of the demo city, and corners of a footprint there.
PLACE = np.array([548_520.0, 5_494_560.0, 0.0])
FOOTPRINT = ((0, 0), (22, 6), (18, 20), (8, 17))
HOLLOW = ((22, -17), (38, -12), (33, 0), (18, -5))


def model(window: Window, folder: Path) -> None:
    """From a footprint to a tower in a scenario, and on."""
    project, desk = demo_opened(window, folder), window.modelling.desk
    with project.edit("Begin scenario Tower at the church") as edit:
        scenario = edit.add_scenario("Tower at the church")
    window.session.situation.set_scenario(scenario)
    foot = on_ground(window, PLACE)
    window.canvas.set_camera(Camera(foot, 170.0, 30.0, 38.0))
    settle(window)
    window.actions_["model_building"].trigger()
    corners = [on_ground(window, foot + np.array([*corner, 0])) for corner in FOOTPRINT]
    click(window, corners[:-1])
    point(window, corners[-1])
    keep(window, "model-1-footprint")
    click(window, corners[-1:])
    QTest.keyClick(window.canvas, Qt.Key.Key_Return)
    QTest.keyClicks(window.canvas, "24")
    QTest.keyClick(window.canvas, Qt.Key.Key_Return)
    assert desk.tool is not None
    desk.tool.set_value("roof", "hip")
    keep(window, "model-2-roof")
    QTest.keyClick(window.canvas, Qt.Key.Key_Return)
    settle(window)
    (tower,) = window.session.selection.tolist()
    window.actions_["model_push"].trigger()
    wall = np.mean([corners[0], corners[1]], axis=0) + np.array([0, 0, 10])
    window.session.select([tower])
    QTest.mouseClick(window.canvas, Qt.MouseButton.LeftButton, pos=spot(window, wall))
    QTest.keyClicks(window.canvas, "4")
    keep(window, "model-3-push")
    QTest.keyClick(window.canvas, Qt.Key.Key_Return)
    QTest.keyClick(window.canvas, Qt.Key.Key_Escape)
    settle(window)
    window.actions_["model_earth"].trigger()
    click(window, [on_ground(window, foot + np.array([*corner, 0])) for corner in HOLLOW])
    QTest.keyClick(window.canvas, Qt.Key.Key_Return)
    settle(window)
    keep(window, "model-4-pit")
    desk.end()


def on_ground(window: Window, place: Float64) -> Float64:
    """A place on the terrain."""
    return np.array([*place[:2], window.modelling.desk.aim.ground(place)])


def spot(window: Window, place: Float64) -> QPoint:
    """Where a place of the world is in the view."""
    canvas = window.canvas
    drawn = window.session.scene.as_drawn(place[None])
    x, y, _ = canvas.camera.project(drawn, canvas.width(), canvas.height())[0].tolist()
    return QPoint(round(x), round(y))


def point(window: Window, place: Float64) -> None:
    """Let the cursor come to a place."""
    QTest.mouseMove(window.canvas, spot(window, place))
    QApplication.processEvents()
    window.modelling.desk.point_now()


def click(window: Window, places: Sequence[Float64]) -> None:
    """Click places."""
    for place in places:
        point(window, place)
        QTest.mouseClick(window.canvas, Qt.MouseButton.LeftButton, pos=spot(window, place))
