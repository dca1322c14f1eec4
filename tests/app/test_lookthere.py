"""A result that looks from somewhere: the view goes there and comes back, its panorama is in the panel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from analysis import windowview
from app.analysisform import AnalysisForm
from app.window import Window
from layers.project import Project
from tests.analysis.town import at, make_town
from viewer.camera import Camera

WINDOW = (*at(50, 55, 4.0), -1.0, 0.0, 0.0)
SPOT = at(30, 90, 0.0)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town with what one sees from a window and from a spot, before and after B went."""
    path = make_town(tmp_path_factory.mktemp("town"))
    inputs = windowview.Inputs(
        points=(WINDOW, SPOT), sun=False, step_deg=2.0, compare=True, compare_date="1990-01-01"
    )
    with Project.open(path) as project:
        result = windowview.run(project, inputs)
        with project.edit("Keep") as edit:
            edit.add_result(result)
    return path


def test_the_view_goes_to_each_place_of_a_result_and_back(
    town: Path, qtbot: QtBot, opened: Callable[[Path], Window]
) -> None:
    window = opened(town)
    action = window.actions_["look_there"]
    assert not action.isEnabled()
    window.analysing.show(window.analysing.results[0].id)
    qtbot.waitUntil(lambda: window.analysing.shown is not None, timeout=10_000)
    assert action.isEnabled() and window.results.look.isVisibleTo(window)
    shown = window.analysing.shown
    assert shown is not None
    titles = [chart.title for chart in shown.charts]
    assert titles == ["What is seen: window of A", "What is seen: spot 2"]
    canvas, before = window.canvas, window.canvas.camera

    window.results.look.click()
    eye = (WINDOW[0] - 0.1, WINDOW[1], WINDOW[2])
    qtbot.waitUntil(lambda: canvas.camera.eye == pytest.approx(eye, abs=1e-6), timeout=5000)
    assert canvas.camera.azimuth_deg == pytest.approx(270.0)
    action.trigger()  # the next place
    eye = (SPOT[0], SPOT[1], SPOT[2] + 1.6)
    qtbot.waitUntil(lambda: canvas.camera.eye == pytest.approx(eye, abs=1e-6), timeout=5000)
    qtbot.waitUntil(lambda: not window.session.scene.needs_frame, timeout=10_000)
    below = QPoint(canvas.width() // 2, canvas.height() - 20)
    assert canvas.hit(QPointF(below)) is not None
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=below)
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=canvas.rect().center())
    assert len(window.session.selection) == 0, "who looks around selects nothing unawares"
    canvas.setFocus()
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: canvas.camera.eye == pytest.approx(before.eye, abs=1e-6), timeout=5000)
    assert canvas.looking is None

    window.results.look.click()
    window.actions_["fit"].trigger()  # whoever flies elsewhere leaves the eye
    assert canvas.looking is None


def test_a_facade_that_is_clicked_is_looked_out_of_and_asked_about(
    town: Path, qtbot: QtBot, opened: Callable[[Path], Window]
) -> None:
    window = opened(town)
    canvas, wall = window.canvas, np.array(WINDOW[:3])
    canvas.set_camera(Camera(wall, 40.0, azimuth_deg=80.0, altitude_deg=20.0))
    qtbot.waitUntil(lambda: not window.session.scene.needs_frame, timeout=10_000)
    middle = canvas.rect().center()
    QTimer.singleShot(0, lambda: window.findChild(QMenu).close())
    qtbot.mouseClick(canvas, Qt.MouseButton.RightButton, pos=middle)
    assert canvas.context_hit is not None
    place = canvas.context_hit.point_in_world
    assert place == pytest.approx(wall, abs=0.3)

    window.actions_["look_here"].trigger()
    eye = place + np.array([-0.1, 0.0, 0.0])
    qtbot.waitUntil(lambda: canvas.camera.eye == pytest.approx(eye, abs=1e-6), timeout=5000)
    assert canvas.camera.azimuth_deg == pytest.approx(270.0, abs=1e-6)
    window.actions_["view_here"].trigger()
    form = window.findChild(AnalysisForm)
    form.check()
    assert form.inputs.points == ((*place.tolist(), -1.0, 0.0, 0.0),)
    form.close()
