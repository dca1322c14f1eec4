"""The bar "Sun and shadow" under the view: a day and a year to slide along, and the sun audit line."""

from __future__ import annotations

import calendar
import zoneinfo
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from typing import TypeVar

import numpy as np
from PySide6.QtCore import QDate, QEvent, QSignalBlocker, Qt, QTime, QTimer
from PySide6.QtGui import QGuiApplication, QHideEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QCheckBox,
    QDateEdit,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QPushButton,
    QTimeEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from analysis.days import Day, path_of
from analysis.localtime import clock_time, local, offset_of
from analysis.site import Site
from analysis.sun import sun_at
from app import theme
from app.labels import ElidedLabel
from app.livesun import LiveSun
from app.session import Session
from app.suntracks import Mark, SunTrack
from layers.arrays import Float64

StandardKey = QKeySequence.StandardKey
Dressed = TypeVar("Dressed", bound=QWidget)

MINUTE = np.timedelta64(60_000, "ms")
DAY_STEP_MINUTES, DAY_LEAP_MINUTES, YEAR_LEAP_DAYS = 5, 60, 30
#: While it plays: how often the sun moves, and how far.
PLAY_MS, PLAY_MINUTES, PLAY_DAYS = 50, 4, 1
#: A day is played from so long before sunrise to so long after sunset.
TWILIGHT = 30 * MINUTE
FIRST_YEAR, LAST_YEAR = 1900, 2100
#: Month and day, and the season that begins then in the north and in the south.
SEASONS = (
    (3, 21, "spring equinox", "autumn equinox"),
    (6, 21, "summer solstice", "winter solstice"),
    (9, 23, "autumn equinox", "spring equinox"),
    (12, 21, "winter solstice", "summer solstice"),
)
PRESETS = ((3, 21), (6, 21), (12, 21))
FIELD_WIDTH = 104
OWN_ZONE = "As its place suggests"


def season_of(day: date, latitude_deg: float) -> str:
    """The equinox or solstice on a date, by its name on that half of the Earth; '' on other dates."""
    for month, number, north, south in SEASONS:
        if (day.month, day.day) == (month, number):
            return north if latitude_deg >= 0 else south
    return ""


def date_title(day: date) -> str:
    """As in "21 June"."""
    return f"{day.day} {calendar.month_name[day.month]}"


@lru_cache(maxsize=64)
def day_heights(site: Site, day: date) -> Float64:
    """How high the sun stands from midnight to midnight, degrees."""
    return path_of(site, day).altitude_deg


@lru_cache(maxsize=16)
def noon_heights(site: Site, year: int) -> Float64:
    """How high the sun stands at noon, every fifth day of a year, degrees."""
    noon = np.datetime64(f"{year}-01-01T12:00", "ms") - np.timedelta64(round(site.longitude * 240_000), "ms")
    return sun_at(site, noon + np.arange(0, 366, 5) * np.timedelta64(1, "D")).altitude_deg


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
        self.time_field, self.date_field = QTimeEdit(), QDateEdit()
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
        self.time_field.setDisplayFormat("HH:mm")
        self.time_field.setAccessibleName("Time on the clock")
        self.date_field.setDisplayFormat("yyyy-MM-dd")
        self.date_field.setAccessibleName("Date of the sun")
        self.date_field.setDateRange(QDate(FIRST_YEAR, 1, 1), QDate(LAST_YEAR, 12, 31))
        for field in (self.time_field, self.date_field):
            field.setAlignment(Qt.AlignmentFlag.AlignCenter)
            field.setKeyboardTracking(False)
            field.setFixedWidth(FIELD_WIDTH)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(12, 6, 12, 8)
        rows.setSpacing(2)
        for button, track, field in (
            (self.play_day, self.day_track, self.time_field),
            (self.play_year, self.year_track, self.date_field),
        ):
            row = QHBoxLayout()
            row.setSpacing(6)
            row.addWidget(button)
            row.addWidget(track, 1)
            row.addWidget(field)
            rows.addLayout(row)
        rows.addLayout(self._presets())
        rows.addWidget(self.words)
        rows.addWidget(self.audit)

    def _presets(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        self.presets: list[QPushButton] = []
        for month, number in PRESETS:
            button = named(QPushButton(f"{number} {calendar.month_abbr[month]}"), "small")
            button.clicked.connect(partial(self._set_day_of_year, month, number))
            self.presets.append(button)
            row.addWidget(button)
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
        self.time_field.timeChanged.connect(lambda _time: self._on_fields())
        self.date_field.dateChanged.connect(lambda _date: self._on_fields())
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
            *(self.play_year, self.dome, self.now, *self.presets),
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
        with QSignalBlocker(self.time_field), QSignalBlocker(self.date_field):
            self.time_field.setTime(QTime(moment.hour, moment.minute))
            self.date_field.setDate(QDate(moment.year, moment.month, moment.day))
        self.zone.setText(f"{site.zone}  UTC{offset_of(live.time, site)}" if live.time is not None else "")
        self.zone.setEnabled(not self._session.project.read_only)
        self.words.set_text(self._said(site, moment, day))
        self.audit.setText(live.light.audit_line if live.light is not None else "")

    def _said(self, site: Site, moment: datetime, day: Day) -> str:
        """The date in words, sunrise and sunset, and what is unusual about the light."""
        season = season_of(moment.date(), site.latitude)
        parts = [f"{date_title(moment.date())}, {season}" if season else date_title(moment.date())]
        light = self._live.light
        if light is not None and light.note:
            parts.append(light.note)
        elif day.note:
            parts.append(day.note)
        else:
            parts.append(f"the sun is up for {day.hours:.1f} hours")
        return " · ".join((*parts, self._live.note)).removesuffix(" · ")

    def _show_day(self, site: Site, moment: datetime, day: Day) -> None:
        length = day.end - day.start
        hours = [(hour, clock_time(site, moment.date(), f"{hour:02}:00")) for hour in range(0, 25, 3)]
        marks = [Mark(float((time - day.start) / length), str(hour)) for hour, time in hours]
        for name, time in (("rise", day.sunrise), ("noon", day.noon), ("set", day.sunset)):
            if time is not None:
                shown = f"{name} {local(time, site):%H:%M}"
                marks.append(Mark(float((time - day.start) / length), shown, is_above=True))
        self.day_track.show_scale(marks, day_heights(site, moment.date()))
        if self._live.time is not None:
            self.day_track.show_value(float((self._live.time - day.start) / length))

    def _show_year(self, site: Site, moment: datetime) -> None:
        last = days_in(moment.year) - 1
        firsts = [(date(moment.year, month, 1), calendar.month_abbr[month]) for month in range(1, 13)]
        marks = [Mark(ordinal(day) / last, title) for day, title in firsts]
        for month, number, *_ in SEASONS:
            day = date(moment.year, month, number)
            marks.append(Mark(ordinal(day) / last, f"{number} {calendar.month_abbr[month]}", is_above=True))
        self.year_track.show_scale(marks, noon_heights(site, moment.year))
        self.year_track.show_value(ordinal(moment.date()) / last)
        for button, (month, number) in zip(self.presets, PRESETS, strict=True):
            day = date(moment.year, month, number)
            button.setToolTip(f"{date_title(day)}, {season_of(day, site.latitude)}")

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

    def _on_fields(self) -> None:
        self._stop()
        day, time = self.date_field.date(), self.time_field.time()
        self._live.set_clock(date(day.year(), day.month(), day.day()), time.toString("HH:mm"))

    def _on_now(self) -> None:
        self._stop()
        self._live.set_now()

    def _set_day_of_year(self, month: int, number: int) -> None:
        self._stop()
        moment = self._live.moment
        if moment is not None:
            self._set_date(date(moment.year, month, number))

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


def days_in(year: int) -> int:
    """365, or 366."""
    return 366 if calendar.isleap(year) else 365


def ordinal(day: date) -> int:
    """The number of a day in its year, from 0."""
    return day.timetuple().tm_yday - 1
