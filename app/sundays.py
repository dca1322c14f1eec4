"""Days of the sun in words and numbers: seasons, titles, how high it stands in a day and in a year."""

from __future__ import annotations

import calendar
from datetime import date
from functools import lru_cache

import numpy as np

from analysis.days import path_of
from analysis.site import Site
from analysis.sun import sun_at
from layers.arrays import Float64
from layers.records import Epoch

#: Month and day, and the season that begins then in the north and in the south.
SEASONS = (
    (3, 21, "spring equinox", "autumn equinox"),
    (6, 21, "summer solstice", "winter solstice"),
    (9, 23, "autumn equinox", "spring equinox"),
    (12, 21, "winter solstice", "summer solstice"),
)


def season_of(day: date, latitude_deg: float) -> str:
    """The equinox or solstice on a date, by its name on that half of the Earth; '' on other dates."""
    for month, number, north, south in SEASONS:
        if (day.month, day.day) == (month, number):
            return north if latitude_deg >= 0 else south
    return ""


def date_title(day: date) -> str:
    """As in "21 June 2026"."""
    return f"{day.day} {calendar.month_name[day.month]} {day.year}"


def city_title(epochs: tuple[Epoch, ...], city_date: str) -> str:
    """What the city of a date is called, as in "plan 2035"; '' is every date."""
    names = [epoch.name for epoch in epochs if epoch.date == city_date]
    return names[0] if names else city_date or "all dates"


@lru_cache(maxsize=64)
def day_heights(site: Site, day: date) -> Float64:
    """How high the sun stands from midnight to midnight, degrees."""
    return path_of(site, day).altitude_deg


@lru_cache(maxsize=16)
def noon_heights(site: Site, year: int) -> Float64:
    """How high the sun stands at noon, every fifth day of a year, degrees."""
    noon = np.datetime64(f"{year}-01-01T12:00", "ms") - np.timedelta64(round(site.longitude * 240_000), "ms")
    return sun_at(site, noon + np.arange(0, 366, 5) * np.timedelta64(1, "D")).altitude_deg


def days_in(year: int) -> int:
    """365, or 366."""
    return 366 if calendar.isleap(year) else 365


def ordinal(day: date) -> int:
    """The number of a day in its year, from 0."""
    return day.timetuple().tm_yday - 1
