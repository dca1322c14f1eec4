"""The timeline: a name below the line means its own date, even where it had to move aside."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.track import Track
from layers.epochs import Tick


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
