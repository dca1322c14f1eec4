"""Sunlight hours of points over days: the sun's way over an area in steps, and what is lit on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import product

import numpy as np

from analysis.asked import asked
from analysis.casters import Casters
from analysis.days import Spell, day_of, spells_above
from analysis.foliage import in_leaf
from analysis.localtime import Times, clock_time, date_from, day_bounds
from analysis.rays import unpacked
from analysis.receivers import Receivers
from analysis.site import Site, site_of
from analysis.spells import Steps, spells_of
from analysis.sun import SunField, sun_at, sun_over
from analysis.survey import Surveyed
from layers.arrays import Float64
from layers.columns import Mask
from layers.data import Box, Progress, never_stop, part_of
from layers.errors import UsageError
from layers.project import Project
from layers.runs import Int64

#: Over a smaller extent the sun stands everywhere where it stands in the middle, to 0.005°, 1 s of time.
ONE_SUN_M = 1000.0
#: Vegetation that lets less light through casts shade: one bare crown does not, two do.
SHADE_SHARE = 0.25
MOST_DAYS = 366
NOON_H = 12.0


@dataclass(frozen=True)
class Followed(Surveyed):
    """What analyses ask that follow the sun from step to step."""

    step_min: float = asked(5.0, "Step in time", "number", unit="min", low=0.5, high=60.0, group="More")
    least_altitude_deg: float = asked(
        0.0, "Lowest sun that counts", "number", unit="°", low=0.0, high=60.0, group="More"
    )
    shade_pct: float = asked(
        100 * SHADE_SHARE,
        "Trees cast shade when less gets through than",
        "number",
        unit="%",
        low=0.0,
        high=100.0,
        help="46 % of sunlight gets through a bare crown, 3 % through one in leaf",
        group="More",
    )


@dataclass(frozen=True)
class Band:
    """When on a day the sun counts."""

    least_altitude_deg: float = 0.0  # of its centre, as seen
    begin: str = "00:00"
    end: str = "24:00"
    is_solar: bool = False  # true solar time: 12 h when the sun is on the meridian; else clocks of the place

    @property
    def title(self) -> str:
        """As in "from 08:00 to 16:00 true solar time, the sun 10° high or more"."""
        hours = "" if (self.begin, self.end) == ("00:00", "24:00") else f"from {self.begin} to {self.end} "
        clock = "true solar time" if self.is_solar else "local time"
        high = (
            f"{self.least_altitude_deg:g}° high or more" if self.least_altitude_deg else "above the horizon"
        )
        return f"{hours}{clock + ', ' if hours else ''}the sun {high}"


@dataclass(frozen=True)
class Counted:
    """A day that is computed, and how many days it stands for."""

    day: date
    first: date  # it stands for the days from here
    weight: int  # so many

    @property
    def months(self) -> Mapping[int, int]:
        """How many of these days are in which month."""
        return Counter((self.first + timedelta(number)).month for number in range(self.weight))


def days_between(first: str, last: str, every: int = 1) -> list[Counted]:
    """The middle day of each `every` days from the first to the last, which stands for all of them."""
    begin = date_from(first)
    end = date_from(last) if last else begin
    count = (end - begin).days + 1
    if not 1 <= count <= MOST_DAYS:
        raise UsageError(
            "The days are not understood",
            found=f"{first} to {last}",
            allowed=f"the last day up to {MOST_DAYS - 1} days after the first",
        )
    return [
        Counted(begin + timedelta(start + size // 2), begin + timedelta(start), size)
        for start in range(0, count, every)
        for size in (min(every, count - start),)
    ]


def daylight(site: Site, day: date, band: Band) -> tuple[Spell, ...]:
    """When on a day the sun counts, in UTC."""
    start, end = day_bounds(site, day)
    if band.is_solar:
        # The sun is on the meridian within seconds of this on the same day: the equation of time drifts
        # by no more than 30 s a day.
        noon = day_of(site, day).noon
        begin, stop = (noon + _hours(solar_hour(text) - NOON_H) for text in (band.begin, band.end))
    else:
        begin, stop = (clock_time(site, day, text) for text in (band.begin, band.end))
    begin, stop = max(begin, start), min(stop, end)
    if stop <= begin:
        return ()

    def height(times: Times) -> Float64:
        return sun_at(site, times).altitude_deg - band.least_altitude_deg

    return spells_above(begin, stop, height)


def solar_hour(text: str) -> float:
    """Hours of a time of day such as "09:30"."""
    hours, _, minutes = text.partition(":")
    return int(hours) + int(minutes or 0) / 60.0


def _hours(hours: float) -> np.timedelta64:
    return np.timedelta64(round(hours * 3_600_000), "ms")


@dataclass(frozen=True)
class Course:
    """The sun's way over an area in equal steps, without a gap."""

    counted: Counted
    times: Times  # (k,) UTC
    hours: Float64  # (k,) since the first
    first: int  # number of the first time among those of all courses
    in_leaf: bool


@dataclass(frozen=True)
class SunWay:
    """The courses of the sun over an area on all days that are looked at."""

    site: Site  # the middle of the area
    days: tuple[Counted, ...]
    courses: tuple[Course, ...]
    field: SunField  # at the times of all courses, one after another

    @property
    def steps(self) -> int:
        """How many times are looked at."""
        return sum(len(course.times) for course in self.courses)

    @property
    def hours(self) -> float:
        """How long the sun counts, on all days together."""
        return sum(float(course.hours[-1]) * course.counted.weight for course in self.courses)

    def towards(self, points: Float64) -> Float64:
        """Unit vectors to the sun (k, 3) at all times, from the middle of some points (n, 3)."""
        middle = (points.min(axis=0) + points.max(axis=0))[None] / 2
        found = np.einsum("c,ckx->kx", self.field.weights(middle)[0], self.field.corners)
        unit: Float64 = found / np.sqrt((found**2).sum(axis=1, keepdims=True))
        return unit


def sun_way(project: Project, box: Box, days: Sequence[Counted], band: Band, steps: Steps) -> SunWay:
    """The sun over a box of the project on some days."""
    middle = np.array([(box[axis] + box[axis + 3]) / 2 for axis in range(3)])
    site = site_of(project, middle)
    courses: list[Course] = []
    first = 0
    for counted in days:
        leafy = in_leaf(counted.day, site.latitude)
        for start, end in daylight(site, counted.day, band):
            times = _stepped(start, end, steps.step_min)
            hours = (times - times[0]).astype(np.int64) / 3_600_000.0
            courses.append(Course(counted, times, hours, first, leafy))
            first += len(times)
    times = np.concatenate([np.empty(0, "datetime64[ms]"), *(course.times for course in courses)])
    return SunWay(site, tuple(days), tuple(courses), sun_over(project, np.array(box), times))


def _stepped(start: np.datetime64, end: np.datetime64, step_min: float) -> Times:
    """Times from start to end in equal steps no longer than asked for."""
    length = int((end - start).astype("timedelta64[ms]").astype(np.int64))
    count = max(1, int(np.ceil(length / (step_min * 60_000))))
    return start + np.rint(np.linspace(0, length, count + 1)).astype("timedelta64[ms]")


class Watch:
    """Points that are close together, and what stands between them and the sun on its course."""

    def __init__(
        self, receivers: Receivers, some: Int64, cast: Casters, leafy: bool, shade_share: float
    ) -> None:
        self.points, self.normals = receivers.points[some], receivers.normals[some]
        self.cast, self.leafy, self.shade_share = cast, leafy, shade_share
        self.starts = cast.rays.starts(self.points)
        self.has_plants = cast.opaque < len(cast.triangles)

    def look(self, towards: Float64, numbers: Int64) -> Mask:
        """Which points are lit at some steps (s,) of the directions to the sun (k, 3): (s, points)."""
        bits = self.cast.rays.visible(self.starts, self.normals, towards[numbers])
        found = unpacked(bits, len(self.points))
        if self.has_plants:
            step, point = np.nonzero(found)
            found[step, point] = self._through(point, towards[numbers[step]])
        return found

    def lit(self, towards: Float64, some: Int64, numbers: Int64, share: Float64) -> Mask:
        """Which points (k,) are lit, each at a step (k,) and a share of the way to the next."""
        ways = towards[numbers] + share[:, None] * (towards[numbers + 1] - towards[numbers])
        facing = self.normals[some]
        # Added up in one order on every machine.
        along = facing[:, 0] * ways[:, 0] + facing[:, 1] * ways[:, 1] + facing[:, 2] * ways[:, 2]
        turned = np.flatnonzero(along > 0)
        free = turned[~self.cast.rays.blocked(self.starts[some[turned]], ways[turned])]
        if self.has_plants:
            free = free[self._through(some[free], ways[free])]
        found = np.zeros(len(some), bool)
        found[free] = True
        return found

    def _through(self, some: Int64, ways: Float64) -> Mask:
        """Whether enough light gets through vegetation to points (k,) from directions (k, 3)."""
        found: Mask = self.cast.through(self.points[some], ways, self.leafy) >= self.shade_share
        return found


def neighbourhoods(points: Float64) -> list[Int64]:
    """Numbers of points in groups that have one sun: squares of the ground."""
    if not len(points):
        return []
    low = points[:, :2].min(axis=0)
    square = ((points[:, :2] - low) // (ONE_SUN_M / np.sqrt(2))).astype(np.int64)
    key = square[:, 0] * (square[:, 1].max() + 1) + square[:, 1]
    order = np.argsort(key, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(key[order])) + 1)


@dataclass(frozen=True)
class Sunlight:
    """Sunlight of points (n,) over all days, each day counted as often as it stands for others."""

    hours: Float64
    longest_h: Float64  # the longest spell
    error_h: Float64  # of the hours, by the steps in time
    halved_h: Float64  # the hours again, from every second of the days computed alone
    months: dict[int, Float64]  # hours by month


def sunlight_of(
    receivers: Receivers,
    cast: Casters,
    sun: SunWay,
    steps: Steps,
    shade_share: float = SHADE_SHARE,
    progress: Progress = never_stop,
) -> Sunlight:
    """The sunlight of points where some things cast shadow."""
    count, second = len(receivers), set(sun.days[::2])
    hours, longest, error, halved = (np.zeros(count) for _ in range(4))
    months = {month: np.zeros(count) for day in sun.days for month in day.months}
    groups = neighbourhoods(receivers.points)
    for number, (some, course) in enumerate(product(groups, sun.courses)):
        step = 1 / (len(groups) * len(sun.courses))
        text = f"following the sun, {course.counted.day}"
        part = part_of(progress, number * step, (number + 1) * step, text)
        watch = Watch(receivers, some, cast, course.in_leaf, shade_share)
        towards = sun.towards(watch.points)[course.first :]
        look, lit = partial(watch.look, towards), partial(watch.lit, towards)
        spells = spells_of(look, lit, len(some), course.hours, steps, part)
        weight = course.counted.weight
        hours[some] += weight * spells.hours
        error[some] += weight * spells.error_h
        longest[some] = np.maximum(longest[some], spells.longest_h)
        for month, days in course.counted.months.items():
            months[month][some] += days * spells.hours
        if course.counted in second:
            halved[some] += weight * spells.hours
    halved *= sum(day.weight for day in sun.days) / max(sum(day.weight for day in second), 1)
    return Sunlight(hours, longest, error, halved, months)
