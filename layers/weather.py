"""Hourly weather for sun and energy: what a year's irradiance is, at which place, from which file.

Irradiance is in W/m², as the mean of its time step; times are the moments in UTC for which the sun's
position stands: the middle of the step where a file gives means, the moment itself where it says so.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64
from layers.errors import ReadError
from layers.smallfile import read_whole

Times = NDArray[np.datetime64]  # UTC, datetime64[ms]

LARGEST_BYTES: Final = 64 * 1024 * 1024
#: What an irradiance in W/m² can be; slightly below 0 a pyranometer may say at night.
LOWEST, HIGHEST = -20.0, 2000.0
#: A year with more than this share of its hours missing says nothing about a year.
MOST_MISSING = 0.05
#: Missing values are taken from the same hour of so many days before and after.
NEIGHBOURS = 7
#: A clock that is off by more is told.
MOST_CLOCK_ERROR_MINUTES = 30.0

#: Weather from farther away is that of another part of the world.
TOO_FAR_KM = 1500.0

HOUR = np.timedelta64(3_600_000, "ms")
DAY = 24 * HOUR


@dataclass(frozen=True)
class Readings:
    """What a file says, before it is checked; missing values are nan."""

    format: str
    times: Times
    ghi: Float64
    dni: Float64
    dhi: Float64
    first_row: int = 1  # line of the file, for messages
    title: str = ""
    longitude: float | None = None
    latitude: float | None = None
    height_m: float | None = None
    utc_offset_h: float = 0.0  # of the clock the file counts its days by
    is_instant: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Weather:
    """Irradiance over one or more whole years, (n,) each."""

    format: str  # "EPW", "TMY3", "PVGIS TMY", "PVGIS hourly", "clear sky"
    source: str  # file name
    sha256: str
    title: str  # of the place, as the file calls it
    longitude: float | None  # degrees east; None where the file does not say
    latitude: float | None
    height_m: float | None
    utc_offset_h: float
    times: Times  # for which the sun's position stands
    step_h: float  # hours that each value stands for
    is_instant: bool  # values of a moment, not means
    ghi: Float64  # global horizontal irradiance
    dni: Float64  # direct normal
    dhi: Float64  # diffuse horizontal
    notes: tuple[str, ...] = ()  # what one should know about it

    @property
    def years(self) -> int:
        """How many years it spans: sums divided by it are those of a mean year."""
        return max(1, round(len(self.times) * self.step_h / 8766))

    @property
    def months(self) -> NDArray[np.int64]:
        """The month of each value, 1 to 12, on the clock of the file."""
        local = self.times + np.timedelta64(round(self.utc_offset_h * 3600), "s")
        return local.astype("datetime64[M]").astype(np.int64) % 12 + 1

    @property
    def day_of_year(self) -> Float64:
        """1 to 366, in UTC."""
        return day_of_year(self.times)

    @property
    def yearly_ghi_kwh_m2(self) -> float:
        """Global horizontal irradiation of a mean year."""
        return float(self.ghi.sum() * self.step_h / 1000 / self.years)

    def distance_km(self, longitude: float, latitude: float) -> float | None:
        """How far its place is from another; None when the file does not say where it is."""
        if self.longitude is None or self.latitude is None:
            return None
        east, north, here, there = np.radians([self.longitude, self.latitude, longitude, latitude])
        cosine = np.sin(north) * np.sin(there) + np.cos(north) * np.cos(there) * np.cos(east - here)
        return float(6371.0 * np.arccos(np.clip(cosine, -1, 1)))


def day_of_year(times: Times) -> Float64:
    """1 to 366, in UTC."""
    days = times.astype("datetime64[D]")
    found: Float64 = (days - days.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.float64) + 1.0
    return found


def read_weather(path: Path) -> Weather:
    """The weather in a file: EPW, TMY3, or PVGIS hourly or typical year as CSV or JSON."""
    from layers.weatherfiles import parse

    data = read_whole(path, "weather file", LARGEST_BYTES)
    try:
        readings = parse(data)
        return checked(readings, path.name, hashlib.sha256(data).hexdigest())
    except ReadError as error:
        parts = {**error.parts(), "where": str(path)}
        if error.where:
            parts["found"] = f"{error.where}: {error.found}" if error.found else error.where
        raise ReadError(**parts) from error


def checked(readings: Readings, source: str, sha256: str) -> Weather:
    """Readings as weather: whole years in order, finite, within limits, with what was missing filled in."""
    step = _step(readings)
    _check_order(readings, step)
    columns, notes = [], list(readings.notes)
    for name in ("ghi", "dni", "dhi"):
        values, note = _filled(getattr(readings, name), name.upper(), round(DAY / step), readings)
        columns.append(values)
        notes += [note] if note else []
    ghi, dni, dhi = columns
    if not (dni.any() and dhi.any()):
        raise ReadError(
            "The weather file lacks direct or diffuse irradiance",
            found="all zero",
            do="Use one that tells the light of the sun from that of the sky",
        )
    found = Weather(
        readings.format,
        source,
        sha256,
        readings.title,
        readings.longitude,
        readings.latitude,
        readings.height_m,
        readings.utc_offset_h,
        readings.times,
        float(step / HOUR),
        readings.is_instant,
        ghi,
        dni,
        dhi,
    )
    late = clock_error_minutes(found)
    if late is not None and abs(late) > MOST_CLOCK_ERROR_MINUTES:
        notes.append(
            f"in this file the sun culminates {abs(late):.0f} minutes too {'late' if late > 0 else 'early'} "
            "for its place: its time zone may be wrong"
        )
    return replace(found, notes=tuple(notes))


def clock_error_minutes(weather: Weather) -> float | None:
    """How late the irradiance of an average day is against the sun's course; None without a place.

    The mean hour angle, weighted by global irradiance. Clouds that come in the afternoon make some
    minutes; the equation of time is J. W. Spencer's (Search 2(5), 172, 1971).
    """
    if weather.longitude is None or not weather.ghi.any():
        return None
    turn = 2 * np.pi * (weather.day_of_year - 1) / 365
    equation = 229.18 * (
        0.000075
        + 0.001868 * np.cos(turn)
        - 0.032077 * np.sin(turn)
        - 0.014615 * np.cos(2 * turn)
        - 0.040849 * np.sin(2 * turn)
    )
    minutes = (weather.times - weather.times.astype("datetime64[D]")) / np.timedelta64(1, "m")
    solar = (minutes + 4 * weather.longitude + equation) % 1440 - 720
    return float((solar * weather.ghi).sum() / weather.ghi.sum())


def _step(readings: Readings) -> np.timedelta64:
    if len(readings.times) < 24:
        raise ReadError("The weather file is cut off", found=f"{len(readings.times)} values")
    step: np.timedelta64 = np.sort(np.diff(readings.times))[len(readings.times) // 2]
    if not np.timedelta64(60_000, "ms") <= step <= HOUR or HOUR % step:
        raise ReadError(
            "The weather is not hourly", found=f"one value in {step / HOUR:g} h", allowed="1 h or less"
        )
    return step


def _check_order(readings: Readings, step: np.timedelta64) -> None:
    """Every step of the year has its value, though months of a typical year come from different years."""
    local = readings.times + np.timedelta64(round(readings.utc_offset_h * 3600), "s")
    # All in one leap year, so that what is left is the calendar.
    in_year = local - local.astype("datetime64[Y]").astype("datetime64[ms]")
    is_leap = _is_leap(local.astype("datetime64[Y]").astype(np.int64) + 1970)
    calendar = in_year + np.where(~is_leap & (in_year >= 59 * DAY), DAY, np.timedelta64(0, "ms"))
    ahead = np.diff(calendar)
    is_first_of_march = (calendar[1:] >= 60 * DAY) & (calendar[1:] < 60 * DAY + 2 * HOUR)
    fits = (ahead == step) | (ahead == step - 366 * DAY) | ((ahead == step + DAY) & is_first_of_march)
    if not fits.all():
        at = int(np.argmin(fits)) + 1
        raise ReadError(
            "The weather file skips or repeats hours",
            where=f"line {readings.first_row + at}",
            found=f"{local[at].astype('datetime64[m]')} after {local[at - 1].astype('datetime64[m]')}",
        )
    hours = len(local) * (step / HOUR)
    years = int(hours // 8760)
    if not years or hours - years * 8760 not in [24 * days for days in range(years + 1)]:
        raise ReadError(
            "The weather file does not hold whole years",
            found=f"{hours:g} hours, the last {local[-1].astype('datetime64[m]')}",
            allowed="8760 hours, or 8784 in a leap year, or several such years",
        )


def _is_leap(years: NDArray[np.int64]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (years % 4 == 0) & ((years % 100 != 0) | (years % 400 == 0))
    return found


def _filled(values: Float64, name: str, per_day: int, readings: Readings) -> tuple[Float64, str]:
    """A column without gaps, and what is to be said about it."""
    is_missing = np.isnan(values)
    wrong = ~is_missing & ~((values >= LOWEST) & (values <= HIGHEST))
    if wrong.any():
        at = int(np.argmax(wrong))
        raise ReadError(
            f"An irradiance ({name}) cannot be so",
            where=f"line {readings.first_row + at}",
            found=f"{values[at]:g} W/m²",
            allowed=f"0 to {HIGHEST:g} W/m²",
        )
    missing = int(is_missing.sum())
    if missing > MOST_MISSING * len(values):
        raise ReadError(
            f"The weather file lacks too much irradiance ({name})",
            found=f"{missing} of {len(values)} values missing",
            allowed=f"up to {MOST_MISSING:.0%}",
        )
    found = np.where(is_missing, 0.0, np.maximum(values, 0.0))
    if not missing:
        return found, ""
    total, count = np.zeros(len(values)), np.zeros(len(values))
    for days in range(1, NEIGHBOURS + 1):
        for way in (-days, days):
            there = np.roll(found, way * per_day)
            known = ~np.roll(is_missing, way * per_day)
            total, count = total + np.where(known, there, 0.0), count + known
    found[is_missing] = (total / np.maximum(count, 1))[is_missing]
    return found, f"{missing} missing values of {name} are means of the same hour in the days around them"
