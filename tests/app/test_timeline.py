"""The timeline: names below the line, the play of its dates, what is seen of others, time-lapses."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.dialogs.timelapse import TimelapseForm
from app.timelapse import run_timelapse
from app.track import Track
from app.window import Window
from layers.epochs import Tick
from tests.app.snapshots import drawn, town, two_dates
from viewer.showing import Showing

__all__ = ["town", "two_dates"]


def test_a_click_on_a_name_goes_to_its_date(qtbot: QtBot) -> None:
    track = Track()
    qtbot.addWidget(track)
    track.resize(400, 48)
    dates = ("1950-07-01", "2025-07-01", "2035-07-01")
    names = ("1950", "today", "plan 2035")
    track.set_ticks(tuple(Tick(day, (name,), 0) for day, name in zip(dates, names, strict=True)))
    labels = list(track.labels())
    assert [name for _, name, _ in labels] == list(names)
    for day, _, box in labels:  # also at their ends, far from their ticks
        inner = box.adjusted(1, 1, -2, -2)
        for at in (inner.center(), inner.topLeft(), inner.bottomRight()):
            qtbot.mouseClick(track, Qt.MouseButton.LeftButton, pos=at.toPoint())
            assert track.day == day
    assert track.day == date(2035, 7, 1)


def test_where_there_is_little_room_the_line_keeps_most_of_it(qtbot: QtBot) -> None:
    track = Track()
    qtbot.addWidget(track)
    track.set_ticks((Tick("1950-07-01", ("1950",), 0), Tick("2035-07-01", ("plan 2035",), 0)))
    for width in (400, 140):
        track.resize(width, 48)
        (_, _, first), *_, (_, _, last) = list(track.labels())
        assert first.left() >= 0 and last.right() <= width
        assert last.center().x() - first.center().x() > width / 2


def test_play_goes_from_date_to_date_and_stops_at_the_end(qtbot: QtBot, town: Window) -> None:
    player, timeline = town.timeline.player, town.timeline
    player.set_speed(4.0)
    timeline.fade.setChecked(False)
    qtbot.mouseClick(timeline.play, Qt.MouseButton.LeftButton)
    assert player.is_playing and town.actions_["play"].isChecked()
    seen = []
    town.session.situation.changed.connect(lambda: seen.append(town.session.situation.date))
    qtbot.waitUntil(lambda: not player.is_playing, timeout=10_000)
    qtbot.waitUntil(lambda: town.session.situation.date == "2022-01-01", timeout=1000)
    assert list(dict.fromkeys(seen)) == ["2016-01-01", "2022-01-01"]
    assert not timeline.play.isChecked()


def test_play_begins_again_where_that_is_wanted(qtbot: QtBot, town: Window) -> None:
    player = town.timeline.player
    player.set_speed(8.0)
    town.timeline.loop.setChecked(True)
    player.play(True)
    seen: list[str] = []
    town.session.situation.changed.connect(lambda: seen.append(town.session.situation.date))
    qtbot.waitUntil(lambda: seen.count("2016-01-01") > 1 and player.is_playing, timeout=10_000)
    player.play(False)


def test_one_date_fades_into_the_next(qtbot: QtBot, town: Window) -> None:
    panes = town.session.panes
    town.timeline.track.step(1)
    qtbot.waitUntil(lambda: town.session.situation.date != "", timeout=2000)
    drawn(qtbot, town)
    shares = []
    town.session.comparing.moved.connect(lambda: shares.append(panes.fade))
    town.timeline.track.step(1)
    qtbot.waitUntil(lambda: bool(shares) and shares[-1] == 1.0, timeout=5000)
    assert shares == sorted(shares) and any(0.0 < share < 1.0 for share in shares)


def test_ages_and_outlines_are_chosen_beside_the_line(qtbot: QtBot, town: Window) -> None:
    town.timeline.show_date("2022")
    town.timeline.age.setChecked(True)
    qtbot.waitUntil(lambda: town.session.situation.date == "2022-01-01", timeout=2000)
    drawn(qtbot, town)
    assert town.actions_["colour_age"].isChecked()
    assert "under 2" in [entry.label for entry in town.session.panes.legend()]  # years
    town.actions_["colour_age"].trigger()
    assert not town.timeline.age.isChecked() and town.session.situation.showing.color_by is None
    town.timeline.ghosts.setChecked(True)
    town.timeline.outlines.setChecked(True)
    assert town.session.scene.ghosts and town.session.scene.ghost_outlines


def test_a_time_lapse_is_asked_for_and_written(qtbot: QtBot, town: Window, tmp_path: Path) -> None:
    town.actions_["timelapse"].trigger()
    form = next(form for form in town.findChildren(TimelapseForm) if form.isVisible())
    assert (form.first.text(), form.last.text()) == ("2016-01-01", "2022-01-01")
    form.first.setText("soon")
    assert form.wanted is None
    form.first.setText("2050")
    assert form.wanted is None and "an earlier and a later date" in form.sentence
    form.first.setText("2016")
    form.dates.setValue(2)
    form.between.setValue(1)
    assert form.wanted is not None and "3 pictures" in form.sentence
    wanted = replace(form.wanted, size=(160, 120))
    run_timelapse(town.session, wanted, tmp_path / "film")
    qtbot.waitUntil(lambda: not town.session.jobs.running, timeout=60_000)
    assert len(list((tmp_path / "film").glob("*.png"))) == 3


def test_the_date_of_a_scenario_is_told_and_cannot_be_switched_off(qtbot: QtBot, town: Window) -> None:
    timeline, situation = town.timeline, town.session.situation
    with town.session.project.edit("Plan") as edit:
        number = edit.add_scenario("Tower", epoch="2022-01-01")
    situation.show(Showing(scenario=number))
    assert timeline.use_date.isChecked() and not timeline.use_date.isEnabled()
    assert timeline.use_date.toolTip() == "Tower changes the city of 2022-01-01"
    assert timeline.track.day == date(2022, 1, 1)
    timeline.show_date("2016")
    qtbot.waitUntil(lambda: situation.date == "2016-01-01", timeout=2000)
    assert timeline.use_date.isEnabled()
    timeline.use_date.click()
    qtbot.waitUntil(lambda: situation.date == "", timeout=2000)
    assert timeline.use_date.isChecked() and timeline.track.day == date(2022, 1, 1)
    situation.set_scenario(None)
    assert timeline.use_date.isEnabled() and not timeline.use_date.isChecked()


def test_a_time_lapse_is_offered_between_dates_with_names(qtbot: QtBot) -> None:
    track = Track()
    qtbot.addWidget(track)
    ticks = (Tick("1240-01-01", (), 3), Tick("2025-07-01", ("today",), 0), Tick("2035-07-01", ("plan",), 1))
    track.set_ticks(ticks)
    assert track.told == (date(2025, 7, 1), date(2035, 7, 1))
    track.set_ticks(ticks[:2])
    assert track.told == track.span == (date(1240, 1, 1), date(2025, 7, 1))
