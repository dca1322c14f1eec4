"""The bar "Sun and shadow": real clicks and keys move the sun, and the scene follows."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QInputDialog
from pytestqt.qtbot import QtBot

from app import theme
from app.session import Session
from app.spokenfield import SpokenField
from app.sundays import season_of
from app.suntracks import BAR_TOP, SunTrack, sky_colour
from app.window import Window
from layers.data import ReadOptions
from layers.importing import import_files
from layers.project import Project
from tests.app.blocks import write_city
from tests.cities import imported_here

LEFT = Qt.MouseButton.LeftButton
Settled = Callable[[Session], None]


def opened(qtbot: QtBot, window: Window, settled: Settled, path: Path) -> None:
    """Open a project, and press the button with the sun when its layers are drawn."""
    window.open_paths([path])
    qtbot.waitUntil(lambda: bool(window.session.is_open and window.session.project.layers))
    settled(window.session)
    qtbot.mouseClick(window._toolbar.widgetForAction(window.actions_["sun"]), LEFT)


@pytest.fixture
def sunny(qtbot: QtBot, window: Window, settled: Settled, blocks: Path, tmp_path: Path) -> Window:
    """A window on nine boxes in the Netherlands, with the sun switched on by its button."""
    path = tmp_path / "copy" / blocks.name
    shutil.copytree(blocks.parent, path.parent)
    opened(qtbot, window, settled, path)
    qtbot.waitUntil(lambda: window.sun.light is not None, timeout=20_000)
    qtbot.waitUntil(lambda: window.session.scene.sun.shadows is not None, timeout=20_000)
    window.sun.set_clock(date(2025, 6, 21), "12:00")
    return window


def press(qtbot: QtBot, track: SunTrack, value: float) -> None:
    """Click where a value is on a track."""
    qtbot.mouseClick(track, LEFT, pos=QPoint(round(track.x_of(value)), round(BAR_TOP + 5)))


def test_the_button_lights_the_city_and_switches_it_off_again(qtbot: QtBot, sunny: Window) -> None:
    assert sunny.sun_panel.isVisible()
    assert sunny.session.scene.sun is not None
    assert "Europe/" in sunny.sun_panel.audit.text() and "NREL SPA" in sunny.sun_panel.audit.text()
    with qtbot.waitActive(sunny):  # keys reach a window that has just been shown only then
        sunny.activateWindow()
    qtbot.keyClick(sunny, Qt.Key.Key_7, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not sunny.sun_panel.isVisible(), timeout=5_000)
    assert sunny.session.scene.sun is None


def test_the_panel_fits_into_1280_by_800(sunny: Window) -> None:
    assert sunny.width() <= 1280 and sunny.height() <= 800
    assert sunny.canvas.height() >= 300
    panel = sunny.sun_panel
    for widget in (panel.time_field, panel.date_field, panel.zone, panel.now, *panel.presets):
        assert panel.rect().contains(widget.geometry()), widget


def test_a_click_on_the_day_moves_the_sun_and_its_shadows(qtbot: QtBot, sunny: Window) -> None:
    before = sunny.session.scene.sun
    press(qtbot, sunny.sun_panel.day_track, 9 / 24)
    moment, sun = sunny.sun.moment, sunny.session.scene.sun
    assert moment is not None and abs(moment.hour * 60 + moment.minute - 9 * 60) <= 5
    assert sun.azimuth_deg < before.azimuth_deg
    assert sunny.sun_panel.time_field.text() == f"{moment:%H:%M}"
    # A point in the shadow of a box in the morning is lit at noon.
    box = sunny.session.project.layers[0].box
    assert box is not None and sun.shadows is not None
    under = np.array([[(box[0] + box[3]) / 2, (box[1] + box[4]) / 2, box[2] + 0.1]])
    assert sun.shadows.lit(under, sun.direction)[0] == 0


def test_keys_move_the_day_and_the_year(qtbot: QtBot, sunny: Window) -> None:
    panel, sun = sunny.sun_panel, sunny.sun
    panel.day_track.setFocus()
    qtbot.keyClick(panel.day_track, Qt.Key.Key_Right)
    assert sun.moment.strftime("%H:%M") == "12:05"
    qtbot.keyClick(panel.day_track, Qt.Key.Key_PageDown)
    assert sun.moment.strftime("%H:%M") == "11:05"
    panel.year_track.setFocus()
    qtbot.keyClick(panel.year_track, Qt.Key.Key_Right)
    assert sun.moment.strftime("%Y-%m-%d %H:%M") == "2025-06-22 11:05"
    qtbot.keyClick(panel.year_track, Qt.Key.Key_End)
    assert sun.moment.date() == date(2025, 12, 31)


def test_presets_go_to_equinox_and_solstices_at_the_same_hour(qtbot: QtBot, sunny: Window) -> None:
    for button, day, words in zip(
        sunny.sun_panel.presets,
        (date(2025, 3, 21), date(2025, 6, 21), date(2025, 12, 21)),
        ("spring equinox", "summer solstice", "winter solstice"),
        strict=True,
    ):
        qtbot.mouseClick(button, LEFT)
        assert sunny.sun.moment.date() == day
        assert sunny.sun.moment.strftime("%H:%M") == "12:00"
        assert words in sunny.sun_panel.words.text()


def type_in(qtbot: QtBot, field: SpokenField, text: str) -> None:
    """Click into a field, mark all of it, and write."""
    qtbot.mouseClick(field, LEFT)
    field.window().activateWindow()
    field.setFocus()
    qtbot.wait(50)  # a field that gets the focus marks its text in the next turn
    qtbot.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(field, text)


def test_a_date_and_a_time_are_typed_as_people_write_them(qtbot: QtBot, sunny: Window) -> None:
    panel = sunny.sun_panel
    for text, clock in (("9", "09:00"), ("0930", "09:30"), ("945", "09:45"), ("15:30", "15:30")):
        type_in(qtbot, panel.time_field, text)
        qtbot.keyClick(panel.time_field, Qt.Key.Key_Return)
        assert sunny.sun.moment.strftime("%H:%M") == panel.time_field.text() == clock
    for text, day in (("21.3", "2025-03-21"), ("1 May", "2025-05-01"), ("2024-12-21", "2024-12-21")):
        type_in(qtbot, panel.date_field, text)
        panel.date_field.clearFocus()  # leaving it is enough
        assert sunny.sun.moment.date().isoformat() == panel.date_field.text() == day
    assert "2024-12-21T15:30:00+01:00" in panel.audit.text()


def test_a_time_that_is_none_is_said_in_words_and_moves_nothing(qtbot: QtBot, sunny: Window) -> None:
    panel = sunny.sun_panel
    type_in(qtbot, panel.time_field, "soon")
    qtbot.keyClick(panel.time_field, Qt.Key.Key_Return)
    assert "“soon” is not understood" in panel.words.toolTip()
    assert sunny.sun.moment.strftime("%H:%M") == "12:00"
    qtbot.keyClick(panel.time_field, Qt.Key.Key_Escape)
    assert panel.time_field.text() == "12:00"


def test_clicks_and_drags_come_to_rest_every_five_minutes(qtbot: QtBot, sunny: Window) -> None:
    track = sunny.sun_panel.day_track
    y = round(BAR_TOP + 5)
    qtbot.mouseClick(track, LEFT, pos=QPoint(round(track.x_of(15 / 24)) + 3, y))  # beside the mark of 15:00
    assert sunny.sun.moment.strftime("%H:%M") == "15:00"
    qtbot.mouseClick(track, LEFT, pos=QPoint(round(track.x_of(16.37 / 24)), y))
    assert sunny.sun.moment.minute % 5 == 0
    qtbot.mouseClick(sunny.sun_panel.hours[0], LEFT)
    assert sunny.sun.moment.strftime("%H:%M") == "09:00"


def test_below_the_horizon_is_said_in_words(qtbot: QtBot, sunny: Window) -> None:
    press(qtbot, sunny.sun_panel.day_track, 1.5 / 24)
    assert "below the horizon" in sunny.sun_panel.words.text()
    assert sunny.session.scene.sun.note


def test_sunrise_and_sunset_are_marked_and_catch_the_handle(qtbot: QtBot, sunny: Window) -> None:
    track, day = sunny.sun_panel.day_track, sunny.sun.day
    marks = {mark.text.split()[0]: mark for mark in track._marks if mark.is_above}
    assert set(marks) == {"rise", "noon", "set"}
    qtbot.mouseClick(track, LEFT, pos=QPoint(round(track.x_of(marks["rise"].at)) + 3, round(BAR_TOP)))
    assert abs(sunny.sun.time - day.sunrise) < np.timedelta64(60_000, "ms")


def test_a_day_and_a_year_play_until_somebody_moves_the_sun(qtbot: QtBot, sunny: Window) -> None:
    panel, sun = sunny.sun_panel, sunny.sun
    start = sun.time
    qtbot.mouseClick(panel.play_day, LEFT)
    qtbot.waitUntil(lambda: sun.time > start + np.timedelta64(10, "m"), timeout=10_000)
    qtbot.mouseClick(panel.play_year, LEFT)
    assert not panel.play_day.isChecked()
    clock = sun.moment.strftime("%H:%M")
    qtbot.waitUntil(lambda: sun.moment.date() > date(2025, 6, 23), timeout=10_000)
    assert sun.moment.strftime("%H:%M") == clock
    press(qtbot, panel.day_track, 0.5)
    assert not panel.play_year.isChecked()
    stopped = sun.time
    qtbot.wait(200)
    assert sun.time == stopped


def test_the_path_of_the_sun_is_drawn_when_asked_for(qtbot: QtBot, sunny: Window) -> None:
    assert not sunny.session.scene.shows_dome
    qtbot.mouseClick(sunny.sun_panel.dome, LEFT, pos=QPoint(8, sunny.sun_panel.dome.height() // 2))
    assert sunny.session.scene.shows_dome


def test_the_time_zone_is_kept_in_the_project_and_can_be_undone(
    qtbot: QtBot, sunny: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QInputDialog, "getItem", lambda *_args: ("Asia/Tokyo", True))
    azimuth = sunny.session.scene.sun.azimuth_deg
    qtbot.mouseClick(sunny.sun_panel.zone, LEFT)
    assert sunny.session.project.fact("time_zone") == "Asia/Tokyo"
    assert sunny.sun_panel.zone.text() == "Asia/Tokyo  UTC+09:00"
    assert sunny.sun.moment.strftime("%H:%M") == "12:00"  # but the sun is where it is at noon in Japan
    assert sunny.session.scene.sun.azimuth_deg != pytest.approx(azimuth)
    sunny.session.undo()
    assert sunny.sun_panel.zone.text().startswith("Europe/")


def test_the_audit_line_can_be_copied(qtbot: QtBot, sunny: Window) -> None:
    audit = sunny.sun_panel.audit
    audit.setFocus()
    qtbot.keyClick(audit, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(audit, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == audit.text() != ""
    QApplication.clipboard().clear()
    qtbot.mouseClick(sunny.sun_panel.copy, LEFT)
    assert QApplication.clipboard().text() == audit.text()


def test_shadows_follow_an_edit_of_the_city(qtbot: QtBot, sunny: Window) -> None:
    scene = sunny.session.scene
    before = scene.sun.shadows.casters
    layer = sunny.session.project.layers[0]
    sunny.session.run_edit("Hide the layer", lambda edit: edit.set_layer(layer.id, visible=False))
    qtbot.waitUntil(lambda: scene.sun.shadows.casters is not before, timeout=20_000)
    assert scene.sun.shadows.casters.triangles == 0
    assert not before.is_alive


def test_when_the_process_with_the_shadows_dies_the_city_is_lit_and_it_is_replaced(
    qtbot: QtBot, sunny: Window
) -> None:
    scene = sunny.session.scene
    before = scene.sun.shadows.casters
    before._process.kill()
    before._process.wait()
    press(qtbot, sunny.sun_panel.day_track, 10 / 24)
    assert scene.sun.shadows.lit(np.zeros((3, 3)), scene.sun.direction).tolist() == [1, 1, 1]
    sunny.canvas.zoom(0.9)
    qtbot.waitUntil(lambda: scene.sun.shadows.casters is not before, timeout=20_000)
    assert scene.sun.shadows.casters.is_alive


def test_it_is_drawn_in_light_and_dark(sunny: Window) -> None:
    pictures = []
    for choice in ("light", "dark"):
        sunny.set_theme(choice)
        pictures.append(sunny.sun_panel.grab().toImage())
    assert pictures[0] != pictures[1]
    assert theme.current().is_dark


def test_a_model_without_a_place_is_asked_where_it_lies(
    qtbot: QtBot, window: Window, settled: Settled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "local.city.gpkg"
    with Project.create(path) as project, imported_here():
        import_files(project, [write_city(tmp_path / "c.city.json", crs=None)], ReadOptions(crs="local"))
    opened(qtbot, window, settled, path)
    panel = window.sun_panel
    qtbot.waitUntil(panel.place.isVisible, timeout=20_000)
    assert "not known where on Earth" in panel.words.toolTip()
    assert not panel.day_track.isEnabled()
    monkeypatch.setattr(QInputDialog, "getText", lambda *_args: ("28.04, -26.2", True))
    qtbot.mouseClick(panel.place, LEFT)
    qtbot.waitUntil(lambda: window.sun.light is not None, timeout=20_000)
    assert "26.2000° S, 28.0400° E" in panel.audit.text()
    assert panel.zone.text().startswith("Africa/Johannesburg")
    assert not panel.place.isVisible()


def test_equinoxes_and_solstices_have_the_names_of_their_half_of_the_earth() -> None:
    assert season_of(date(2025, 3, 21), 52.0) == "spring equinox"
    assert season_of(date(2025, 3, 21), -34.0) == "autumn equinox"
    assert season_of(date(2025, 3, 22), 52.0) == ""


def test_the_sky_is_dark_at_night_and_bright_at_noon() -> None:
    lightness = [sky_colour(height).lightness() for height in (-30, -10, 2, 60)]
    assert lightness == sorted(lightness)
