"""Several views in the window, by keys, clicks and drags: swipe, split, onion skin and blink."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from app.recalling import REST_MS
from app.statusbar import StatusBar
from app.window import Window
from layers.recalled import keep_view
from tests.app.snapshots import drag, drawn, over, town, two_dates
from tests.app.yard import PLAN, TODAY, yards
from viewer.arrangement import BLINK, GRID, ONION, ROW, SWIPE
from viewer.showing import Showing

__all__ = ["town", "two_dates", "yards"]

SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


def press(qtbot: QtBot, window: Window, key: Qt.Key, modifier: Qt.KeyboardModifier = SHIFT) -> None:
    qtbot.keyClick(window.canvas, key, modifier)


def dates(window: Window) -> list[str | None]:
    return [showing.date for showing in window.session.comparing.showings]


def ids(window: Window) -> list[str]:
    return [window.session.project.object(fid).id for fid in window.session.selection]


def test_a_key_swipes_between_the_last_two_dates_and_escape_ends_it(qtbot: QtBot, town: Window) -> None:
    press(qtbot, town, Qt.Key.Key_S)
    comparing = town.session.comparing
    assert comparing.way == SWIPE and dates(town) == ["2016-01-01", "2022-01-01"]
    assert town.time.bar.isVisible() and town.actions_["compare_swipe"].isChecked()
    assert [head.what.text().split()[0] for head in town.time.heads.heads] == ["2016-01-01", "2022-01-01"]
    drawn(qtbot, town)
    canvas = town.canvas
    middle = QPoint(canvas.width() // 2, canvas.height() // 2)
    camera = town.session.scene.camera
    drag(qtbot, canvas, middle, QPoint(canvas.width() // 4, middle.y()))
    assert comparing.at == pytest.approx(0.25, abs=0.01)
    assert town.session.scene.camera == camera  # the line was dragged, not the city
    assert town.time.bar.slider.value() == pytest.approx(250, abs=10)
    press(qtbot, town, Qt.Key.Key_BracketRight, Qt.KeyboardModifier.NoModifier)
    assert comparing.at == pytest.approx(0.27, abs=0.01)
    press(qtbot, town, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    assert not comparing.is_on and not town.time.bar.isVisible() and town.time.heads.heads == []
    assert town.session.situation.date == "2022-01-01"  # the view that was the active one stays
    assert town.timeline.use_date.isChecked()


def test_names_of_views_are_shortened_where_there_is_little_room(qtbot: QtBot, town: Window) -> None:
    with town.session.project.edit("Begin") as edit:
        number = edit.add_scenario("A very long name of a scenario")
    town.session.situation.set_scenario(number)
    press(qtbot, town, Qt.Key.Key_S)
    town.session.comparing.show(1, replace(town.session.comparing.showings[1], scenario=number))
    head = town.time.heads.heads[1]
    wide = head.width()
    town.session.comparing.set_at(1 - (wide + 20) / town.canvas.width())
    assert head.isVisible() and head.width() < wide and "…" in head.what.text()
    assert head.geometry().right() <= town.canvas.width()
    assert "A very long name of a scenario" in head.what.toolTip()
    town.session.comparing.show(1, replace(town.session.comparing.showings[1], date="2022-01-01"))
    assert head.what.text().split("  ")[0].endswith("…, 2022-01-01"), "the date stays as long as may be"


def test_the_status_bar_counts_the_active_view(qtbot: QtBot, town: Window) -> None:
    press(qtbot, town, Qt.Key.Key_S)
    town.session.comparing.show(1, Showing("1990-01-01"))
    bar = town.statusBar()
    assert isinstance(bar, StatusBar)
    for number, words in ((0, "3 of 6 objects drawn"), (1, "0 of 6 objects drawn")):
        town.session.comparing.activate(number)
        drawn(qtbot, town)
        qtbot.waitUntil(lambda words=words: bar.shown.text() == words, timeout=3000)


def test_a_click_means_what_is_seen_on_that_side_of_the_line(qtbot: QtBot, town: Window) -> None:
    town.canvas.set_camera(town.canvas.camera.viewed("top"))
    town.canvas.fit()
    qtbot.waitUntil(lambda: not town.canvas._flight.under_way, timeout=3000)
    press(qtbot, town, Qt.Key.Key_S)
    drawn(qtbot, town)
    barn = over(town, 0, (50, 10, 6))
    town.session.comparing.set_at((barn.x() + 60) / town.canvas.width())
    qtbot.mouseClick(town.canvas, LEFT, Qt.KeyboardModifier.NoModifier, barn)
    assert ids(town) == ["barn"] and town.session.comparing.active == 0
    town.session.comparing.set_at((barn.x() - 60) / town.canvas.width())
    qtbot.mouseClick(town.canvas, LEFT, Qt.KeyboardModifier.NoModifier, barn)
    assert ids(town) == [] and town.session.comparing.active == 1  # of 2022: there is no barn


def test_four_views_side_by_side_turn_as_one_until_their_cameras_are_unlinked(
    qtbot: QtBot, town: Window
) -> None:
    press(qtbot, town, Qt.Key.Key_D)
    bar, comparing, panes = town.time.bar, town.session.comparing, town.session.panes
    assert comparing.way == ROW
    qtbot.mouseClick(bar.more, LEFT)
    qtbot.mouseClick(bar.more, LEFT)
    assert comparing.way == GRID and len(town.time.heads.heads) == 4 and not bar.more.isEnabled()
    assert dates(town)[comparing.active] == "2022-01-01"  # what was looked at
    drawn(qtbot, town)
    areas = town.canvas.pane_areas
    at = areas[3].center().toPoint()
    drag(qtbot, town.canvas, at, at + QPoint(60, 0))
    drawn(qtbot, town)
    cameras = [scene.camera for scene in panes.scenes]
    assert comparing.active == 3 and all(camera is cameras[0] for camera in cameras)
    qtbot.mouseClick(bar.linked, LEFT)
    drag(qtbot, town.canvas, at, at + QPoint(-40, 0))
    drawn(qtbot, town)
    assert panes.scenes[3].camera != panes.scenes[0].camera and panes.scenes[0].camera == cameras[0]
    qtbot.mouseClick(bar.linked, LEFT)  # linked again: as the active one looks
    drawn(qtbot, town)
    assert panes.scenes[0].camera == panes.scenes[3].camera != cameras[0]
    qtbot.mouseClick(bar.fewer, LEFT)
    assert len(panes.scenes) == 3
    qtbot.mouseClick(bar.close_, LEFT)
    assert not comparing.is_on


def test_the_timeline_sets_the_active_view_alone_and_follows_when_another_one_is_clicked(
    qtbot: QtBot, town: Window
) -> None:
    press(qtbot, town, Qt.Key.Key_D)
    assert town.timeline.track.day.isoformat() == "2022-01-01"
    head = town.time.heads.heads[0]
    qtbot.mouseClick(head, LEFT, pos=QPoint(2, 2))
    assert town.session.comparing.active == 0 and town.timeline.track.day.isoformat() == "2016-01-01"
    town.timeline.track.step(1)
    qtbot.waitUntil(lambda: dates(town) == ["2022-01-01", "2022-01-01"], timeout=3000)
    assert head.what.text().startswith("2022-01-01")
    menu = head.what.menu()
    menu.aboutToShow.emit()
    chosen = next(action for action in menu.actions() if action.text().startswith("Town 2016"))
    chosen.trigger()
    assert dates(town) == ["2016-01-01", "2022-01-01"]


def test_a_style_belongs_to_one_view_and_no_edit_is_made(qtbot: QtBot, town: Window) -> None:
    press(qtbot, town, Qt.Key.Key_D)
    steps = len(town.session.project.history())
    menu = town.time.heads.heads[1].style_.menu()
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.text() == "Age").trigger()
    drawn(qtbot, town)
    assert [showing.color_by for showing in town.session.comparing.showings] == [None, "age"]
    assert len(town.session.project.history()) == steps
    assert any("Age" in entry.heading for entry in town.session.panes.legend())


def test_an_onion_skin_is_mixed_by_the_slider_and_a_blink_turns_by_itself(qtbot: QtBot, town: Window) -> None:
    press(qtbot, town, Qt.Key.Key_O)
    drawn(qtbot, town)
    comparing, panes = town.session.comparing, town.session.panes
    assert comparing.way == ONION
    town.time.bar.slider.setValue(0)
    first = panes.frame()
    town.time.bar.slider.setValue(1000)
    second = panes.frame()
    town.time.bar.slider.setValue(500)
    middle = (first.astype(int) + second) / 2
    assert (first != second).any() and np.abs(panes.frame() - middle).max() <= 2
    comparing.set_blink_ms(150)
    press(qtbot, town, Qt.Key.Key_B)
    assert comparing.way == BLINK
    seen = set()
    qtbot.waitUntil(lambda: not seen.add(comparing.at) and seen >= {0.0, 1.0}, timeout=5000)
    press(qtbot, town, Qt.Key.Key_B)
    assert not comparing.is_on


def test_a_picture_that_is_kept_names_what_its_views_show(qtbot: QtBot, town: Window) -> None:
    press(qtbot, town, Qt.Key.Key_S)
    drawn(qtbot, town)
    with_words = town.canvas.picture()
    town.set_marks(False)
    without = town.canvas.picture()
    scale = with_words.width() / town.canvas.width()
    band = round(50 * scale)
    assert with_words.copy(0, 0, with_words.width(), band) != without.copy(0, 0, without.width(), band)
    assert not town.session.panes.has_captions  # on the screen heads say it


def test_an_edit_is_seen_in_all_views(qtbot: QtBot, town: Window) -> None:
    press(qtbot, town, Qt.Key.Key_D)
    drawn(qtbot, town)
    inn = next(item for item in town.session.project.find("inn"))
    town.session.run_edit("Remove", lambda edit: edit.remove_objects([inn.fid]))
    drawn(qtbot, town)
    at = [over(town, pane, (90, 10, 7)) for pane in (0, 1)]
    hits = [town.canvas.hit(QPointF(place)) for place in at]
    fids = [hit.fid if hit is not None else None for hit in hits]
    assert fids.count(None) == 1


def test_each_view_has_the_shadows_of_its_own_city(
    qtbot: QtBot, yards: Path, opened: Callable[[Path], Window]
) -> None:
    window = opened(yards)
    window.timeline.show_date(PLAN)
    qtbot.waitUntil(lambda: window.session.situation.date == PLAN, timeout=2000)
    press(qtbot, window, Qt.Key.Key_S)
    assert dates(window) == [TODAY, PLAN]
    window.set_sun(True)
    panes = window.session.panes

    def are_lit() -> bool:
        suns = [scene.sun for scene in panes.scenes]
        return all(sun is not None and sun.shadows is not None for sun in suns)

    window.sun.set_clock(date(2025, 12, 21), "12:00")
    qtbot.waitUntil(lambda: window.canvas.update() or are_lit(), timeout=30_000)
    first, second = (scene.sun for scene in panes.scenes)
    yard = np.array([[84_015.0, 446_014.0, 0.1]])
    lit = [float(sun.shadows.lit(yard, sun.direction)[0]) for sun in (first, second)]
    assert lit[0] > 0.9 and lit[1] < 0.1  # the planned tower takes the sun from the yard
    window.set_sun(False)
    drawn(qtbot, window)
    assert [scene.sun for scene in panes.scenes] == [None, None]


def test_a_view_may_leave_layers_out(qtbot: QtBot, town: Window) -> None:
    press(qtbot, town, Qt.Key.Key_D)
    drawn(qtbot, town)
    menu = town.time.heads.heads[1].style_.menu()
    menu.aboutToShow.emit()
    layers = next(action.menu() for action in menu.actions() if action.text() == "Layers")
    next(action for action in layers.actions() if action.text() == "Town 2022").trigger()
    drawn(qtbot, town)
    boxes = [scene.shown_objects[0] for scene in town.session.panes.scenes]
    assert boxes[0] > 0 and boxes[1] == 0


def reopened(qtbot: QtBot, window: Window, path: Path) -> None:
    window.actions_["close"].trigger()
    assert not window.session.is_open
    window.open_paths([path])
    qtbot.waitUntil(lambda: window.session.is_open, timeout=10_000)
    drawn(qtbot, window)


def test_a_project_opens_in_the_scenario_and_from_where_it_was_looked_at(qtbot: QtBot, town: Window) -> None:
    session, path = town.session, town.session.project.path
    with session.project.edit("Plan") as edit:
        number = edit.add_scenario("Tower", epoch="2022-01-01")
    session.situation.show(Showing("2022-01-01", number, color_by="type"))
    camera = replace(town.canvas.camera, distance_m=77.0, azimuth_deg=123.0)
    town.canvas.set_camera(camera)
    reopened(qtbot, town, path)
    assert session.situation.showing == Showing("2022-01-01", number, color_by="type")
    assert town.timeline.use_date.isChecked() and "Tower" in town.windowTitle()
    seen = town.canvas.camera
    assert (seen.distance_m, seen.azimuth_deg) == (77.0, 123.0)
    assert np.allclose(seen.target, camera.target, atol=0.01)
    session.comparing.ending.disconnect(town.time.recalling.keep)
    keep_view(path, {"views": [{"date": "never", "scenario": number + 1}], "cameras": ["nonsense"]})
    reopened(qtbot, town, path)
    assert session.situation.showing == Showing(), "what is not there any more is not looked at"


def test_several_views_come_back_and_go_along_into_a_copy(qtbot: QtBot, town: Window, tmp_path: Path) -> None:
    session = town.session
    qtbot.keyClick(town.canvas, Qt.Key.Key_S, SHIFT)
    session.comparing.set_at(0.3)
    session.comparing.activate(0)
    drawn(qtbot, town)
    views, copy = session.comparing.showings, tmp_path / "Copy.city.gpkg"
    town.canvas.set_camera(replace(town.canvas.camera, distance_m=66.0))
    qtbot.wait(REST_MS + 200)
    session.save_as(copy)
    qtbot.waitUntil(lambda: session.is_open and session.project.path == copy, timeout=20_000)
    drawn(qtbot, town)
    comparing = session.comparing
    assert (comparing.way, comparing.at, comparing.active) == (SWIPE, 0.3, 0)
    assert comparing.showings == views and town.canvas.camera.distance_m == 66.0
    comparing.begin(ROW, 3)
    comparing.set_linked(False)
    comparing.activate(2)
    town.canvas.set_camera(replace(town.canvas.camera, distance_m=44.0))
    reopened(qtbot, town, copy)
    assert comparing.way == ROW and not comparing.linked and comparing.active == 2
    assert [scene.camera.distance_m for scene in session.panes.scenes] == [66.0, 66.0, 44.0]
