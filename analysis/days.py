"""The course of the sun over a day: rise, noon, set, the time it is up, and its path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial

import numpy as np

from analysis.localtime import MINUTE, Times, date_from, day_bounds
from analysis.site import Site
from analysis.sun import SunPositions, spa, standard_conditions, sun_at
from layers.arrays import Float64
from layers.columns import Mask

#: True altitude of the sun's centre when its upper edge is on the horizon: refraction and 16' radius.
RISE_ALTITUDE_DEG = -0.8333
#: The sun is looked at this often to find when it rises and sets.
_SAMPLE_MINUTES = 10
_HALVINGS = 14  # of ten minutes: 0.04 s, of an hour: 0.2 s

#: From one time to another, UTC.
Spell = tuple[np.datetime64, np.datetime64]


@dataclass(frozen=True)
class Day:
    """The sun on one local date; times in UTC."""

    date: str  # ISO
    start: np.datetime64  # local midnight
    end: np.datetime64  # the next
    noon: np.datetime64  # transit: the sun on the meridian
    noon_altitude_deg: float
    #: From rise (or midnight) to set (or midnight), with the sun's upper edge above a flat horizon.
    spells: tuple[Spell, ...]

    @property
    def sunrise(self) -> np.datetime64 | None:
        """None when the sun does not rise on this date."""
        return next((begin for begin, _ in self.spells if begin > self.start), None)

    @property
    def sunset(self) -> np.datetime64 | None:
        """None when the sun does not set on this date."""
        return next((end for _, end in reversed(self.spells) if end < self.end), None)

    @property
    def hours(self) -> float:
        """How long the sun is up."""
        return float(sum((end - begin) / np.timedelta64(1, "h") for begin, end in self.spells))

    @property
    def note(self) -> str:
        """What is unusual about the day, '' when the sun rises and sets."""
        if not self.spells:
            return "polar night: the sun does not rise"
        return "polar day: the sun does not set" if self.spells == ((self.start, self.end),) else ""


@lru_cache(maxsize=128)
def day_of(site: Site, on: str | date) -> Day:
    """The sun on a local date."""
    start, end = day_bounds(site, on)
    noon = _noon(site, start, end)
    altitude = float(sun_at(site, np.array([noon])).altitude_deg[0])
    spells = spells_above(start, end, partial(_height, site))
    return Day(date_from(on).isoformat(), start, end, noon, altitude, spells)


def spells_above(
    start: np.datetime64, end: np.datetime64, height: Callable[[Times], Float64]
) -> tuple[Spell, ...]:
    """When a height that depends on the time (n,) is above zero, between two times in UTC."""
    samples = np.append(np.arange(start, end, _SAMPLE_MINUTES * MINUTE), end)
    above = height(samples)
    rises, sets = _crossings(samples, above, height)
    begins = [start, *rises] if above[0] > 0 else rises
    ends = [*sets, end] if above[-1] > 0 else sets
    return tuple(zip(begins, ends, strict=True))


def path_of(site: Site, on: str | date, step_minutes: float = 10.0) -> SunPositions:
    """The sun over a local date from midnight to midnight, for diagrams."""
    start, end = day_bounds(site, on)
    step = np.timedelta64(round(step_minutes * 60_000), "ms")
    return sun_at(site, np.append(np.arange(start, end, step), end))


def hour_lines(site: Site, year: int, every_days: int = 5) -> dict[int, SunPositions]:
    """The sun over the year at every full hour of standard time at which it is ever up, by that hour."""
    days = np.arange(np.datetime64(f"{year}-01-01"), np.datetime64(f"{year + 1}-01-01"), every_days)
    ahead = standard_offset(site, year)
    found = {hour: sun_at(site, days + np.timedelta64(hour, "h") - ahead) for hour in range(24)}
    return {hour: sun for hour, sun in found.items() if sun.up.any()}


def standard_offset(site: Site, year: int) -> np.timedelta64:
    """What clocks without summer time are ahead of UTC."""
    offsets: Sequence[np.timedelta64] = [
        np.datetime64(f"{year}-{month:02}-01") - day_bounds(site, f"{year}-{month:02}-01")[0]
        for month in (1, 7)
    ]
    return min(offsets)


def _height(site: Site, times: Times) -> Float64:
    """Altitude of the sun's upper edge as seen, degrees."""
    return sun_at(site, times).true_altitude_deg - RISE_ALTITUDE_DEG


def _crossings(
    times: Times, above: Float64, height: Callable[[Times], Float64]
) -> tuple[list[np.datetime64], list[np.datetime64]]:
    """When a height rises above zero and when it falls below."""
    at = np.flatnonzero((above[:-1] > 0) != (above[1:] > 0))
    was_up = above[at] > 0
    found = changes(times[at], times[at + 1], was_up, lambda moments: height(moments) > 0)
    return list(found[~was_up]), list(found[was_up])


def changes(low: Times, high: Times, was_up: Mask, is_up: Callable[[Times], Mask]) -> Times:
    """When something that changes once between each two times (n,) does so, by halving."""
    for _ in range(_HALVINGS if len(low) else 0):
        middle = low + (high - low) / 2
        same = is_up(middle) == was_up
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return high


def _noon(site: Site, start: np.datetime64, end: np.datetime64) -> np.datetime64:
    """When the sun crosses the meridian between two midnights: mean noon less the equation of time."""
    first = start.astype("datetime64[D]") - np.timedelta64(1, "D")
    mean = first + np.arange(4) * np.timedelta64(1, "D") + np.timedelta64(12, "h")
    mean = (mean - np.timedelta64(round(site.longitude * 240_000), "ms")).astype("datetime64[ms]")
    noons, ones = mean, np.ones(len(mean))
    for _ in range(3):
        _, _, _, minutes = spa(
            noons, site.longitude * ones, site.latitude * ones, 0.0, standard_conditions(0.0)
        )
        noons = mean - np.round(minutes * 60_000).astype("timedelta64[ms]")
    # Where clocks are far from the sun's time, some days have none and others two.
    found: np.datetime64 = noons[np.argmin(np.abs(noons - (start + (end - start) / 2)))]
    return found
