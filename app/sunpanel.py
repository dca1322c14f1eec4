"""The bar "Sun and shadow" under the view: a day and a year to slide along, and the sun audit line."""

from __future__ import annotations

import calendar
import zoneinfo
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import TypeVar

import numpy as np
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QHideEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from analysis.days import Day
from analysis.localtime import clock_time, local, offset_of
from analysis.site import Site
from analysis.spelling import clock_from, day_from
from app import theme
from app.labels import ElidedLabel
from app.livesun import LiveSun
from app.session import Session
from app.spokenfield import SpokenField
from app.sundays import (
    SEASONS,
    city_title,
    date_title,
    day_heights,
    days_in,
    noon_heights,
    ordinal,
    season_of,
)
from app.suntracks import Mark, SunTrack

StandardKey = QKeySequence.StandardKey
Dressed = TypeVar("Dressed", bound=QWidget)

MINUTE = np.timedelta64(60_000, "ms")
DAY_STEP_MINUTES, DAY_LEAP_MINUTES, YEAR_LEAP_DAYS = 5, 60, 30
#: While it plays: how often the sun moves, and how far.
PLAY_MS, PLAY_MINUTES, PLAY_DAYS = 50, 4, 1
#: A day is played from so long before sunrise to so long after sunset.
TWILIGHT = 30 * MINUTE
FIRST_YEAR, LAST_YEAR = 1900, 2100
PRESETS = ((3, 21), (6, 21), (12, 21))
HOURS = (9, 12, 15)
FIELD_WIDTH, PRESET_WIDTH = 96, 64
OWN_ZONE = "As its place suggests"


class AuditLine(QLabel):
    """Words that can be selected and copied; its keys come before those of the window."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("hint")
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAccessibleName("Sun audit line")
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )

    def event(self, event: QEvent) -> bool:
        """Keep Ctrl+A and Ctrl+C here."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            event.setAccepted(any(event.matches(key) for key in (StandardKey.Copy, StandardKey.SelectAll)))
        return bool(super().event(event))

    def copy(self) -> None:
        """Put all of it on the clipboard."""
        QGuiApplication.clipboard().setText(self.text())


class SunPanel(QWidget):
    """Moves the sun of a session, and says where it stands."""

    def __init__(self, session: Session, live: LiveSun) -> None:
        super().__init__()
        self._session, self._live = session, live
        self._playing: QToolButton | None = None
        self.setObjectName("sunpanel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        minutes = 24 * 60
        self.day_track = SunTrack("Time of day", DAY_STEP_MINUTES / minutes, DAY_LEAP_MINUTES / minutes)
        self.year_track = SunTrack("Day of the year", 1 / 364, YEAR_LEAP_DAYS / 364)
        self.time_field = SpokenField("Time on the clock", clock_from, "a time such as 9:00 or 1530")
        self.date_field = SpokenField("Date of the sun", self._day_from, "a date such as 21.3 or 2026-03-21")
        self.play_day = self._player("Play the day", partial(self._set_playing, 0))
        self.play_year = self._player("Play the year", partial(self._set_playing, 1))
        self.dome = QCheckBox("Sun path")
        self.dome.setToolTip("Draw the path of the sun in the sky")
        self.zone = named(QPushButton(), "link")
        self.zone.setToolTip("Change the time zone of this project")
        self.copy = named(QToolButton(), "quiet")
        self.copy.setToolTip("Copy the sun audit line")
        self.copy.setAccessibleName("Copy the sun audit line")
        self.place = named(QPushButton("Say where it is…"), "link")
        self.words, self.audit = named(ElidedLabel(), "heading"), AuditLine()
        self._build()
        self._timer = QTimer(self, interval=PLAY_MS)
        self._timer.timeout.connect(self._play_on)
        self._connect()
        self._tint()
        self.refresh()

    # -- building ------------------------------------------------------------------------------

    def _player(self, title: str, toggled: partial[None]) -> QToolButton:
        button = QToolButton()
        button.setCheckable(True)
        button.setToolTip(title)
        button.setAccessibleName(title)
        button.toggled.connect(toggled)
        return button

    def _build(self) -> None:
        for field in (self.time_field, self.date_field):
            field.setAlignment(Qt.AlignmentFlag.AlignCenter)
            field.setFixedWidth(FIELD_WIDTH)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(12, 6, 12, 8)
        rows.setSpacing(2)
        self.hours = [
            preset(f"{hour} h", f"{hour}:00 on the clock, the same day", self._set_clock, f"{hour:02}:00")
            for hour in HOURS
        ]
        self.presets = [
            preset(f"{number} {calendar.month_abbr[month]}", "", self._set_day_of_year, month, number)
            for month, number in PRESETS
        ]
        for button, track, presets, field in (
            (self.play_day, self.day_track, self.hours, self.time_field),
            (self.play_year, self.year_track, self.presets, self.date_field),
        ):
            row = QHBoxLayout()
            row.setSpacing(6)
            row.addWidget(button)
            row.addWidget(track, 1)
            for each in (*presets, field):
                row.addWidget(each)
            rows.addLayout(row)
        rows.addLayout(self._more())
        rows.addWidget(self.words)
        rows.addWidget(self.audit)

    def _more(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        self.now = named(QPushButton("Now"), "small")
        self.now.setToolTip("The sun at this moment")
        row.addWidget(self.now)
        row.addSpacing(8)
        row.addWidget(self.dome)
        row.addStretch(1)
        row.addWidget(self.place)
        row.addWidget(self.zone)
        row.addWidget(self.copy)
        return row

    def _connect(self) -> None:
        live = self._live
        self.day_track.moved.connect(self._on_day_track)
        self.year_track.moved.connect(self._on_year_track)
        self.time_field.entered.connect(self._set_clock)
        self.date_field.entered.connect(self._go_to)
        for field in (self.time_field, self.date_field):
            field.refused.connect(self.words.set_text)
        self.now.clicked.connect(self._on_now)
        self.dome.toggled.connect(live.set_dome)
        self.zone.clicked.connect(self._ask_zone)
        self.place.clicked.connect(self._ask_place)
        self.copy.clicked.connect(self.audit.copy)
        live.changed.connect(self.refresh)
        theme.current().changed.connect(self._tint)

    def _tint(self) -> None:
        self.copy.setIcon(theme.current().icon("copy"))
        for button in (self.play_day, self.play_year):
            button.setIcon(theme.current().icon("pause" if button.isChecked() else "play"))

    # -- what is shown -------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show where the sun stands, and the day and the year around it."""
        live = self._live
        site, moment, day = live.site, live.moment, live.day
        is_known = site is not None and moment is not None and day is not None
        for widget in (
            *(self.day_track, self.year_track, self.time_field, self.date_field, self.play_day),
            *(self.play_year, self.dome, self.now, *self.presets, *self.hours),
        ):
            widget.setEnabled(is_known)
        self.place.setVisible(bool(live.problem))
        self.zone.setVisible(is_known)
        self.copy.setVisible(is_known)
        if site is None or moment is None or day is None:
            self.words.set_text(live.problem or ("Finding the place …" if live.is_on else ""))
            self.audit.clear()
            return
        self._show_day(site, moment, day)
        self._show_year(site, moment)
        self.time_field.show_text(f"{moment:%H:%M}")
        self.date_field.show_text(moment.date().isoformat())
        self.zone.setText(f"{site.zone}  UTC{offset_of(live.time, site)}" if live.time is not None else "")
        self.zone.setEnabled(not self._session.project.read_only)
        self.words.set_text(self._said(site, moment, day))
        self.audit.setText(live.light.audit_line if live.light is not None else "")

    def _said(self, site: Site, moment: datetime, day: Day) -> str:
        """The dates of the sun and of the city, how long the day is, and what is unusual about the light."""
        season = season_of(moment.date(), site.latitude)
        parts = [f"Sun on {date_title(moment.date())}{season and f', {season}'}"]
        if self._session.ticks:
            parts.append(f"city of {city_title(self._session.project.epochs, self._live.city_date)}")
        light = self._live.light
        if light is not None and light.note:
            parts.append(light.note)
        elif day.note:
            parts.append(day.note)
        else:
            parts.append(f"up for {day.hours:.1f} h")
        return " · ".join((*parts, self._live.note)).removesuffix(" · ")

    def _show_day(self, site: Site, moment: datetime, day: Day) -> None:
        length = day.end - day.start
        hours = [(hour, clock_time(site, moment.date(), f"{hour:02}:00")) for hour in range(0, 25, 3)]
        marks = [Mark(float((time - day.start) / length), str(hour)) for hour, time in hours]
        for name, time in (("rise", day.sunrise), ("noon", day.noon), ("set", day.sunset)):
            if time is not None:
                shown = f"{name} {local(time, site):%H:%M}"
                marks.append(Mark(float((time - day.start) / length), shown, is_above=True))
        grain = float(DAY_STEP_MINUTES * MINUTE / length)
        self.day_track.show_scale(marks, day_heights(site, moment.date()), grain)
        if self._live.time is not None:
            self.day_track.show_value(float((self._live.time - day.start) / length))

    def _show_year(self, site: Site, moment: datetime) -> None:
        last = days_in(moment.year) - 1
        firsts = [(date(moment.year, month, 1), calendar.month_abbr[month]) for month in range(1, 13)]
        marks = [Mark(ordinal(day) / last, title) for day, title in firsts]
        for month, number, *_ in SEASONS:
            day = date(moment.year, month, number)
            marks.append(Mark(ordinal(day) / last, f"{number} {calendar.month_abbr[month]}", is_above=True))
        self.year_track.show_scale(marks, noon_heights(site, moment.year), 1 / last)
        self.year_track.show_value(ordinal(moment.date()) / last)
        for button, (month, number) in zip(self.presets, PRESETS, strict=True):
            day = date(moment.year, month, number)
            button.setToolTip(f"{date_title(day)}, {season_of(day, site.latitude)}, at the same time")

    # -- moving the sun ------------------------------------------------------------------------

    def _on_day_track(self, value: float) -> None:
        self._stop()
        day = self._live.day
        if day is not None:
            time = day.start + np.timedelta64(round(value * float((day.end - day.start) / MINUTE)), "m")
            self._live.set_time(min(time, day.end - MINUTE))

    def _on_year_track(self, value: float) -> None:
        self._stop()
        moment = self._live.moment
        if moment is not None:
            number = round(value * (days_in(moment.year) - 1))
            self._set_date(date(moment.year, 1, 1) + timedelta(number))

    def _day_from(self, text: str) -> date | None:
        """The date that a text spells, in the year of the sun where it names none."""
        moment = self._live.moment
        day = day_from(text, moment.year) if moment is not None else None
        return day if day is not None and FIRST_YEAR <= day.year <= LAST_YEAR else None

    def _go_to(self, day: date) -> None:
        self._stop()
        self._set_date(day)

    def _set_clock(self, clock: str) -> None:
        """Another time on the clock of the same day."""
        self._stop()
        moment = self._live.moment
        if moment is not None:
            self._live.set_clock(moment.date(), clock)

    def _on_now(self) -> None:
        self._stop()
        self._live.set_now()

    def _set_day_of_year(self, month: int, number: int) -> None:
        moment = self._live.moment
        if moment is not None:
            self._go_to(date(moment.year, month, number))

    def _set_date(self, day: date) -> None:
        """Another date at the same time on the clock."""
        moment = self._live.moment
        if moment is not None:
            self._live.set_clock(day, f"{moment:%H:%M}")

    # -- playing -------------------------------------------------------------------------------

    def _set_playing(self, which: int, on: bool) -> None:
        button, other = (self.play_day, self.play_year)[:: -1 if which else 1]
        if on:
            other.setChecked(False)
            self._playing = button
            self._timer.start()
        elif self._playing is button:
            self._playing = None
            self._timer.stop()
        self._tint()

    def _stop(self) -> None:
        if self._playing is not None:
            self._playing.setChecked(False)

    def _play_on(self) -> None:
        live, moment, day = self._live, self._live.moment, self._live.day
        if live.time is None or moment is None or day is None:
            self._stop()
        elif self._playing is self.play_year:
            number = (ordinal(moment.date()) + PLAY_DAYS) % days_in(moment.year)
            self._set_date(date(moment.year, 1, 1) + timedelta(number))
        else:
            first = max(day.start, (day.sunrise or day.start) - TWILIGHT)
            last = min(day.end - MINUTE, (day.sunset or day.end) + TWILIGHT)
            time = live.time + PLAY_MINUTES * MINUTE
            live.set_time(time if first <= time <= last else first)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody watches: stop playing."""
        self._stop()
        super().hideEvent(event)

    # -- where it is ---------------------------------------------------------------------------

    def _ask_zone(self) -> None:
        site = self._live.site
        names = [OWN_ZONE, *sorted(zoneinfo.available_timezones())]
        now = names.index(site.zone) if site is not None and site.zone in names else 0
        name, good = QInputDialog.getItem(
            self, "Time zone", "The clocks of this project run in the time zone:", names, now, False
        )
        if good:
            self._live.set_zone("" if name == OWN_ZONE else name)

    def _ask_place(self) -> None:
        text, good = QInputDialog.getText(
            self, "Place", "Longitude and latitude of the model in degrees, for example 4.357, 52.012:"
        )
        if good and text.strip():
            self._live.set_place(text)


def named(widget: Dressed, name: str) -> Dressed:
    """A widget with the name by which the stylesheet dresses it."""
    widget.setObjectName(name)
    return widget


def preset(text: str, words: str, act: Callable[..., None], *what: object) -> QPushButton:
    """A small button that goes to a time; those of both tracks are equally wide."""
    button = named(QPushButton(text), "small")
    button.setToolTip(words)
    button.setFixedWidth(PRESET_WIDTH)
    button.clicked.connect(lambda _on=False: act(*what))
    return button
