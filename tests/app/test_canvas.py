"""The view under real mouse and key events: selecting, moving the camera, and drawing only when needed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.canvas import Canvas
from app.gestures import HandledCanvas
from app.navigation import Flight
from app.overlay import length_text, nice_length
from app.session import Session
from app.statusbar import scale_text
from layers.views import View

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE, SHIFT, CTRL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)


@pytest.fixture
def canvas(
    qtbot: QtBot, session: Session, settled: Callable[[Session], None], blocks: Path, tmp_path: Path
) -> Canvas:
    """A view of nine boxes from above, at rest."""
    made = HandledCanvas(session)
    qtbot.addWidget(made)
    made.resize(600, 400)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow, timeout=5000)
    shutil.copytree(blocks.parent, tmp_path / "city")
    session.open_project(tmp_path / "city" / blocks.name)
    qtbot.waitUntil(lambda: session.is_open, timeout=5000)
    settled(session)
    made.set_camera(session.scene.camera.viewed("top"))
    made.set_camera(session.scene.camera.fitted(session.scene.box, 1.5))
    qtbot.waitUntil(lambda: not session.scene.needs_frame, timeout=5000)
    return made


def roof(canvas: Canvas, number: int) -> QPoint:
    """Where the middle of a box's roof is in the widget."""
    x, y = 84_005.0 + number % 3 * 20, 446_005.0 + number // 3 * 20
    middle = np.array([[x, y, number + 3.0]])
    pixel = canvas.camera.project(middle, canvas.width(), canvas.height())[0]
    return QPoint(round(pixel[0]), round(pixel[1]))


def ids(session: Session) -> list[str]:
    return [session.project.object(fid).id for fid in session.selection]


def drag(qtbot: QtBot, canvas: Canvas, start: QPoint, end: QPoint, button: Qt.MouseButton = LEFT) -> None:
    qtbot.mousePress(canvas, button, NONE, start)
    for step in range(1, 6):
        at = start + (end - start) * step / 5
        QApplication.sendEvent(canvas, _move(canvas, at, button))
    qtbot.mouseRelease(canvas, button, NONE, end)


def _move(canvas: Canvas, at: QPoint, button: Qt.MouseButton) -> QMouseEvent:
    where = QPointF(at)
    return QMouseEvent(
        QEvent.Type.MouseMove, where, QPointF(canvas.mapToGlobal(at)), Qt.MouseButton.NoButton, button, NONE
    )


def wheel(canvas: Canvas, at: QPoint, notches: int) -> None:
    event = QWheelEvent(
        QPointF(at),
        QPointF(canvas.mapToGlobal(at)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        NONE,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def test_a_click_selects_and_ctrl_or_shift_extends(qtbot: QtBot, session: Session, canvas: Canvas) -> None:
    qtbot.mouseClick(canvas, LEFT, NONE, roof(canvas, 4))
    assert ids(session) == ["house-4"]
    qtbot.mouseClick(canvas, LEFT, CTRL, roof(canvas, 8))
    qtbot.mouseClick(canvas, LEFT, SHIFT, roof(canvas, 0))
    assert ids(session) == ["house-0", "house-4", "house-8"]
    qtbot.mouseClick(canvas, LEFT, SHIFT, roof(canvas, 8))
    assert ids(session) == ["house-0", "house-4"]
    qtbot.mouseClick(canvas, LEFT, NONE, QPoint(5, 5))
    assert ids(session) == []


def test_a_click_on_the_legend_is_none_on_the_city(qtbot: QtBot, session: Session, canvas: Canvas) -> None:
    canvas.grab()
    under = canvas.legend_area.center().toPoint()
    assert canvas.legend_area.isValid()
    told: list[object] = []
    canvas.picked.connect(told.append)
    canvas.begin_picking("Click a place")
    qtbot.mouseClick(canvas, LEFT, NONE, under)
    qtbot.mouseClick(canvas, LEFT, NONE, roof(canvas, 4))
    canvas.end_picking()
    assert len(told) == 1
    qtbot.mouseClick(canvas, LEFT, NONE, roof(canvas, 4))
    qtbot.mouseClick(canvas, LEFT, NONE, under)
    assert ids(session) == ["house-4"]


def test_a_view_of_everything_has_no_house_under_the_legend(
    qtbot: QtBot, session: Session, canvas: Canvas
) -> None:
    width, height = canvas.width(), canvas.height()
    for azimuth, altitude in ((20.0, 35.0), (45.0, 35.0), (180.0, 60.0)):
        canvas.set_camera(replace(canvas.camera, azimuth_deg=azimuth, altitude_deg=altitude))
        canvas.fit()
        flight = canvas.findChild(Flight)
        qtbot.waitUntil(lambda flight=flight: not flight.under_way, timeout=5000)
        canvas.grab()
        for number in range(9):
            assert not canvas.legend_area.contains(QPointF(roof(canvas, number)))
        seen = canvas.camera.project(session.scene.boxes.reshape(-1, 3), width, height)
        assert (seen[:, :2] >= 0).all() and (seen[:, :2] <= [width, height]).all()


def test_a_left_drag_orbits_and_selects_nothing(qtbot: QtBot, session: Session, canvas: Canvas) -> None:
    before = session.scene.camera
    drag(qtbot, canvas, QPoint(300, 200), QPoint(380, 160))
    after = session.scene.camera
    assert after.azimuth_deg != before.azimuth_deg and after.altitude_deg < before.altitude_deg
    assert session.selection.tolist() == []


def test_a_right_drag_pans_so_that_the_point_stays_under_the_cursor(
    qtbot: QtBot, session: Session, canvas: Canvas
) -> None:
    start = roof(canvas, 4)
    held = canvas.hit(QPointF(start))
    assert held is not None
    end = start + QPoint(60, 30)
    drag(qtbot, canvas, start, end, RIGHT)
    pixel = session.scene.camera.project(held.point_in_world[None], canvas.width(), canvas.height())[0]
    assert np.allclose(pixel[:2], (end.x(), end.y()), atol=0.5)


def test_the_wheel_zooms_to_the_point_under_the_cursor(session: Session, canvas: Canvas) -> None:
    at = roof(canvas, 8)
    before, distance = canvas.hit(QPointF(at)), session.scene.camera.distance_m
    wheel(canvas, at, 3)
    after = canvas.hit(QPointF(at))
    assert session.scene.camera.distance_m < distance * 0.7
    assert before is not None and after is not None
    assert np.allclose(before.point_in_world, after.point_in_world, atol=0.01)


def test_a_double_click_flies_to_the_point(qtbot: QtBot, session: Session, canvas: Canvas) -> None:
    distance = session.scene.camera.distance_m
    qtbot.mouseDClick(canvas, LEFT, NONE, roof(canvas, 0))
    qtbot.waitUntil(lambda: session.scene.camera.distance_m < distance * 0.36, timeout=3000)
    assert np.allclose(session.scene.camera.target[:2], (84_005, 446_005), atol=0.5)


def test_a_box_selects_what_is_in_it(qtbot: QtBot, session: Session, canvas: Canvas) -> None:
    canvas.set_box_mode(True)
    corner = roof(canvas, 0) + QPoint(-60, 60)
    drag(qtbot, canvas, corner, roof(canvas, 4) + QPoint(30, -30))
    assert set(ids(session)) == {"house-0", "house-1", "house-3", "house-4"}


def test_hovering_tells_the_place_in_the_projects_crs(qtbot: QtBot, canvas: Canvas) -> None:
    told: list[object] = []
    canvas.hovered.connect(told.append)
    QApplication.sendEvent(canvas, _move(canvas, roof(canvas, 4), Qt.MouseButton.NoButton))
    qtbot.waitUntil(lambda: bool(told), timeout=2000)
    assert np.allclose(getattr(told[-1], "point_in_world"), (84_025, 446_025, 7), atol=0.6)  # noqa: B009


def test_nothing_is_drawn_while_nothing_changes(qtbot: QtBot, session: Session, canvas: Canvas) -> None:
    qtbot.wait(600)
    frames: list[bool] = []
    begin = session.scene.begin

    def counted(fine: bool = False) -> None:
        frames.append(fine)
        begin(fine)

    session.scene.begin = counted  # type: ignore[method-assign]
    canvas.update()
    qtbot.wait(100)
    assert frames == []
    for _ in range(10):
        session.select(session.project.fids(session.project.layers[0])[:3].tolist())
        session.select([])
    qtbot.wait(100)
    assert frames == [False]
    qtbot.waitUntil(lambda: frames == [False, True], timeout=2000)
    qtbot.wait(300)
    assert frames == [False, True]


def test_walking_stands_on_the_ground_and_moves_with_the_keys(
    qtbot: QtBot, session: Session, canvas: Canvas
) -> None:
    before = session.scene.camera
    canvas.set_walking(True)
    start = session.scene.camera.eye
    qtbot.keyPress(canvas, Qt.Key.Key_W)
    qtbot.wait(300)
    qtbot.keyRelease(canvas, Qt.Key.Key_W)
    assert 0.5 < np.linalg.norm((session.scene.camera.eye - start)[:2]) < 6
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert not canvas.walking
    qtbot.waitUntil(lambda: bool(np.allclose(session.scene.camera.eye, before.eye)), timeout=3000)


def test_arrow_keys_turn_the_view(qtbot: QtBot, session: Session, canvas: Canvas) -> None:
    before = session.scene.camera.azimuth_deg
    qtbot.keyClick(canvas, Qt.Key.Key_Left)
    assert session.scene.camera.azimuth_deg != before


def test_scale_bars_and_scales_have_round_numbers() -> None:
    lengths = [length_text(nice_length(longest)) for longest in (0.034, 7, 26, 1999, 56_000)]
    assert lengths == ["2 cm", "5 m", "20 m", "1 km", "50 km"]
    assert scale_text(1.4) == "1 : 5\u202f000"


def test_the_city_is_seen_from_an_eye_as_wide_as_it_looks_and_as_before_again(
    canvas: Canvas, qtbot: QtBot
) -> None:
    before = canvas.camera
    view = View("a window", (84_005.0, 445_950.0, 12.0), (84_025.0, 446_030.0, 6.0), 50.0, 1.5)
    canvas.look_from(view)
    qtbot.waitUntil(lambda: canvas.camera.eye == pytest.approx(view.eye, abs=1e-6), timeout=3000)
    assert canvas.camera.horizontal_fov_deg(canvas.width() / canvas.height()) == pytest.approx(50.0)
    middle = canvas.camera.project(np.array([view.to]), canvas.width(), canvas.height())[0]
    assert middle[:2] == pytest.approx((canvas.width() / 2, canvas.height() / 2))

    drag(qtbot, canvas, QPoint(300, 200), QPoint(340, 210))  # turns the head
    assert canvas.camera.eye == pytest.approx(view.eye, abs=1e-6)
    canvas.zoom(0.5)  # and coming nearer narrows the view
    assert canvas.camera.eye == pytest.approx(view.eye, abs=1e-6)
    assert canvas.camera.horizontal_fov_deg(1.5) < 30.0

    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert canvas.looking is None
    qtbot.waitUntil(lambda: canvas.camera.eye == pytest.approx(before.eye, abs=1e-6), timeout=3000)
