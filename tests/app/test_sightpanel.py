"""The observer in the view: put down with a click, dragged and moved with keys; the city follows."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.analysisform import AnalysisForm
from app.session import Session
from app.sightpin import SightPin
from app.window import Window
from layers.arrays import Float64
from layers.results import OBSERVERS, Pedigree, Result, Table
from viewer.camera import Camera
from viewer.scene import Reading

LEFT = Qt.MouseButton.LeftButton
Settled = Callable[[Session], None]
#: Between the boxes of 10 m, which stand 20 m apart; house-3 is to the west of it, 6 m high.
STREET = np.array([84_015.0, 446_025.0, 0.0])


@pytest.fixture
def watched(qtbot: QtBot, window: Window, settled: Settled, blocks: Path, tmp_path: Path) -> Window:
    """A window on nine boxes, seen from above, with an observer between them."""
    path = tmp_path / "copy" / blocks.name
    shutil.copytree(blocks.parent, path.parent)
    window.open_paths([path])
    qtbot.waitUntil(lambda: bool(window.session.is_open and window.session.project.layers))
    settled(window.session)
    qtbot.mouseClick(window._toolbar.widgetForAction(window.actions_["sight"]), LEFT)
    window.canvas.set_camera(Camera(STREET, 90.0, 0.0, 60.0))
    return window


def at(window: Window, place: Float64) -> QPoint:
    """Where a place of the world is in the view."""
    canvas = window.canvas
    x, y, _ = canvas.camera.project(place[None], canvas.width(), canvas.height())[0].tolist()
    return QPoint(round(x), round(y))


def put(qtbot: QtBot, window: Window, place: Float64) -> None:
    """Put the observer down with a click on the roof or wall at a place, and wait until rays are cast."""
    qtbot.mouseClick(window.canvas, LEFT, pos=at(window, place))
    qtbot.waitUntil(lambda: window.surroundings.rays is not None, timeout=20_000)
    qtbot.waitUntil(lambda: window.sight.all_round is not None, timeout=20_000)


def pin(window: Window) -> SightPin:
    handle = window.canvas.handle
    assert isinstance(handle, SightPin)
    return handle


ROOF = np.array([84_025.0, 446_025.0, 7.0])  # of house-4, in the middle


def test_the_button_asks_for_a_click_and_the_click_puts_the_observer_down(
    qtbot: QtBot, watched: Window
) -> None:
    assert watched.sight_panel.isVisible() and watched.canvas.picking
    assert "Click in the view" in watched.sight_panel.words.toolTip()
    assert not watched.sight_panel.keep.isEnabled()
    put(qtbot, watched, ROOF)
    sight, scene, panel = watched.sight, watched.session.scene, watched.sight_panel
    assert not watched.canvas.picking and len(watched.session.selection) == 0
    assert sight.foot is not None and np.linalg.norm(sight.foot - ROOF) < 1.0
    assert scene.observer is not None and scene.observer.sight is watched.surroundings.rays
    assert np.allclose(scene.observer.eye, sight.foot + np.array([0, 0, 1.6]))
    assert {row.label for row in scene.legend()} == {"Seen", "Not seen"}
    assert "object" in watched.sight_panel.words.toolTip() and "sky" in watched.sight_panel.words.toolTip()
    assert watched.width() <= 1280 and watched.canvas.height() >= 300
    for widget in (panel.pick, panel.place_field, panel.height_field, panel.reach_field, panel.keep):
        assert panel.rect().contains(widget.geometry()), widget


def test_an_eye_inside_a_building_is_told_to_be(qtbot: QtBot, watched: Window) -> None:
    put(qtbot, watched, ROOF)
    assert "inside" not in watched.sight.summary()
    watched.sight.place(ROOF * (1, 1, 0))  # on the floor of house-4
    qtbot.waitUntil(lambda: watched.sight.all_round is not None, timeout=20_000)
    assert watched.sight.summary().startswith("The eye is inside house-4 · sees ")


def test_what_is_seen_is_right_and_told_of_what_lies_under_the_cursor(qtbot: QtBot, watched: Window) -> None:
    put(qtbot, watched, ROOF)
    watched.sight.place(STREET)  # at 0 m between house-3 and house-4
    canvas, panel = watched.canvas, watched.sight_panel
    rays = watched.surroundings.rays
    assert rays is not None and watched.sight.eye is not None
    walls = np.array([(84_010.02, 446_025.0, 3.0), (84_029.9, 446_025.0, 3.0)])  # before, and behind house-4
    assert rays.sees(walls, watched.sight.eye).tolist() == [1.0, 0.0]
    panel.point_at(canvas.hit(QPointF(at(watched, np.array([84_005.0, 446_025.0, 6.0])))))
    assert "house-3: not seen" in panel.hint.toolTip()  # its roof, from the street
    assert "hidden by itself" in panel.hint.toolTip()
    panel.point_at(None)
    assert "arrow keys" in panel.hint.text()
    rays._process.kill()  # as for want of memory: another process takes over
    watched.sight.place(ROOF)
    qtbot.waitUntil(lambda: watched.surroundings.rays is not rays, timeout=20_000)
    qtbot.waitUntil(lambda: watched.sight.all_round is not None, timeout=20_000)
    assert watched.session.scene.observer.sight is watched.surroundings.rays


def test_arrow_keys_walk_as_one_sees_it_and_page_keys_raise_the_eye(qtbot: QtBot, watched: Window) -> None:
    put(qtbot, watched, ROOF)
    canvas, sight = watched.canvas, watched.sight
    canvas.setFocus()
    begin = sight.foot
    camera = canvas.camera
    qtbot.keyClick(canvas, Qt.Key.Key_Up)  # the view looks north
    assert np.allclose(sight.foot[:2] - begin[:2], (0, 1), atol=1e-9)
    qtbot.keyClick(canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert np.allclose(sight.foot[:2] - begin[:2], (10, 1), atol=1e-9)
    qtbot.keyClick(canvas, Qt.Key.Key_PageUp)
    assert sight.eye_height_m == pytest.approx(2.1)
    assert watched.sight_panel.height_field.text() == "2.10 m"
    assert canvas.camera == camera
    qtbot.keyClick(canvas, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert canvas.camera != camera  # with Ctrl the arrows turn the view as ever


def test_the_pin_is_dragged_over_roofs_and_the_view_stays(qtbot: QtBot, watched: Window) -> None:
    put(qtbot, watched, ROOF)
    canvas, camera = watched.canvas, watched.canvas.camera
    head = at(watched, watched.sight.foot) - QPoint(0, 20)
    other = np.array([84_045.0, 446_025.0, 8.0])  # the roof of house-5
    way = at(watched, other) - at(watched, ROOF)
    qtbot.mousePress(canvas, LEFT, pos=head)
    for share in (0.5, 1.0):
        there = QPointF(head) + QPointF(way) * share
        moved = QMouseEvent(
            QEvent.Type.MouseMove, there, canvas.mapToGlobal(there), Qt.MouseButton.NoButton, LEFT,
            Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QApplication.sendEvent(canvas, moved)
    qtbot.mouseRelease(canvas, LEFT, pos=head + way)
    assert np.linalg.norm(watched.sight.foot - other) < 1.5
    assert canvas.camera == camera and len(watched.session.selection) == 0
    qtbot.mouseClick(canvas, LEFT, pos=at(watched, np.array([84_005.0, 446_045.0, 9.0])))
    assert len(watched.session.selection) == 1  # beside the pin a click selects as ever


def test_places_and_heights_are_typed(qtbot: QtBot, watched: Window) -> None:
    panel = watched.sight_panel
    put(qtbot, watched, ROOF)
    for field, text in (
        (panel.place_field, "84015, 446025, 0"),
        (panel.height_field, "1,2 m"),
        (panel.reach_field, "12"),
    ):
        field.setFocus()
        qtbot.wait(50)
        field.selectAll()
        qtbot.keyClicks(field, text)
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert np.allclose(watched.sight.foot, STREET) and watched.sight.eye_height_m == 1.2
    observer = watched.session.scene.observer
    assert observer is not None and observer.reach_m == 12
    watched.sight.place(STREET)
    panel.point_at(watched.canvas.hit(QPointF(at(watched, np.array([84_005.0, 446_045.0, 9.0])))))
    assert "farther than is looked" in panel.hint.toolTip()
    panel.height_field.setFocus()
    qtbot.wait(50)
    qtbot.keyClicks(panel.height_field, "high")
    qtbot.keyClick(panel.height_field, Qt.Key.Key_Return)
    assert "not understood" in panel.words.toolTip() and watched.sight.eye_height_m == 1.2


def test_it_becomes_an_analysis_of_all_that_is_seen_whatever_is_selected(
    qtbot: QtBot, watched: Window
) -> None:
    put(qtbot, watched, ROOF)
    watched.session.select(watched.session.project.fids(watched.session.project.layers[0])[:1])
    watched.sight.set_eye_height(4.0)
    watched.sight.set_reach(250.0)
    surfaces, ground = watched.sight_panel.keep.menu().actions()
    ground.trigger()
    form = next(found for found in watched.findChildren(AnalysisForm) if found.isVisible())
    assert (form.inputs.on, form.inputs.where, form.inputs.fids) == ("ground", "", ())
    form.reject()
    surfaces.trigger()
    form = next(found for found in watched.findChildren(AnalysisForm) if found.isVisible())
    assert (form.inputs.on, form.inputs.where, form.inputs.fids) == ("surfaces", "", ())
    assert form.analysis.NAME == "visibility" and form.inputs is not None
    assert form.inputs.eye_height_m == 4.0 and form.inputs.radius_m == 250.0
    assert np.allclose(form.inputs.places, [watched.sight.foot], atol=0.006)
    form.reject()
    canvas = watched.canvas
    watched.session.select([])
    qtbot.mouseClick(watched.sight_panel.look, LEFT)
    qtbot.waitUntil(lambda: bool(np.linalg.norm(canvas.camera.eye - watched.sight.eye) < 0.01), timeout=5000)
    canvas.look_back()
    qtbot.waitUntil(lambda: bool(np.linalg.norm(canvas.camera.eye - watched.sight.eye) > 40), timeout=5000)


def test_switched_off_all_is_as_before_and_a_result_switches_it_off(qtbot: QtBot, watched: Window) -> None:
    put(qtbot, watched, ROOF)
    scene, roof = watched.session.scene, watched.canvas.hit(QPointF(at(watched, ROOF)))
    watched.actions_["sight"].trigger()
    assert scene.observer is None and not watched.sight_panel.isVisible()
    assert watched.canvas.handle is None and watched.surroundings.rays is None
    watched.actions_["sight"].trigger()  # the observer is still where they were
    qtbot.waitUntil(lambda: scene.observer is not None and scene.observer.sight is not None, timeout=20_000)
    assert not watched.canvas.picking
    place = {"name": ["here"], "x": ROOF[:1], "y": ROOF[1:2], "z": ROOF[2:], "foot_z": ROOF[2:] - 1.6}
    result = Result("visibility", "Seen", {}, Pedigree("", "", ()), tables={OBSERVERS: Table(place)})
    watched.session.run_edit("Keep", lambda edit: edit.add_result(result))
    watched.analysing.show(watched.session.project.results[-1].id)
    qtbot.waitUntil(lambda: watched.analysing.shown is not None, timeout=10_000)
    assert scene.observer is None and not watched.actions_["sight"].isChecked()
    watched.results.read(None, Reading((), ROOF, True, words=("here", "Eye 1.60 m above 7.00 m")))
    assert watched.results.glance.reading.text == "here\nEye 1.60 m above 7.00 m"
    assert watched.actions_["result_hide"].isEnabled()  # though it has no values, only a pin
    watched.canvas.context_hit = roof
    watched.actions_["sight_here"].trigger()
    assert watched.sight_panel.isVisible() and scene.observer is not None
    assert watched.analysing.shown is None and np.linalg.norm(watched.sight.foot - ROOF) < 1.0
    watched.session.close_project()
    assert watched.sight.foot is None


def test_sun_and_observer_ask_one_process(qtbot: QtBot, watched: Window) -> None:
    put(qtbot, watched, ROOF)
    rays, scene = watched.surroundings.rays, watched.session.scene
    watched.actions_["sun"].trigger()
    qtbot.waitUntil(lambda: scene.sun is not None and scene.sun.shadows is not None, timeout=20_000)
    assert scene.sun.shadows.casters is rays
    watched.actions_["sight"].trigger()
    assert watched.surroundings.rays is rays and rays.is_alive
    watched.actions_["sun"].trigger()
    assert watched.surroundings.rays is None and not rays.is_alive
