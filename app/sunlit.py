"""The sun as the scene wants it: from a place and a time to light, shadows and the dome of the sky."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Protocol

import numpy as np

from analysis.casters import casters
from analysis.days import day_of, path_of
from analysis.foliage import in_leaf
from analysis.localtime import local
from analysis.site import Site, site_of
from analysis.situation import Situation
from analysis.sun import SunPositions, audit_line, sun_at
from layers.arrays import Float64
from layers.project import Project
from viewer.picture import Float32
from viewer.shade import Shadows, SunLight
from viewer.skydome import Dome, SkyMark, SkyPath

#: The days whose paths stand for the seasons, as month and day.
SEASONS = (("21 March", 3, 21), ("21 June", 6, 21), ("21 December", 12, 21))
PATH_STEP_MINUTES = 6.0
HOUR = np.timedelta64(1, "h")


class Sharing(Protocol):
    """What knows how much light reaches points: `analysis.casters.Casters`, or a process that has them."""

    def share(self, points: Float64, direction: Float64, in_leaf: bool = True, /) -> Float32:
        """The share of light (n,) that reaches points (n, 3) from a direction (3,)."""


@dataclass(frozen=True, eq=False)
class Cast(Shadows):
    """The shadows of a city, in one season."""

    casters: Sharing
    in_leaf: bool

    def lit(self, points: Float64, direction: Float64) -> Float32:
        """The share of light, 0 … 1 (n,), that reaches points (n, 3) from a direction (3,)."""
        return self.casters.share(points, direction, self.in_leaf)


def cast_of(casters: Sharing, site: Site, time: np.datetime64) -> Cast:
    """The shadows of what casts them, with leaves or without, as the time of the year has it."""
    return Cast(casters, in_leaf(local(time, site).date(), site.latitude))


def sun_light(site: Site, time: np.datetime64, shadows: Shadows | None = None) -> SunLight:
    """The sun at a time in UTC, seen from a site."""
    sun = sun_at(site, np.array([time]))
    return SunLight(
        sun.directions_in_grid[0],
        float(sun.altitude_deg[0]),
        float(sun.azimuth_deg[0]),
        audit_line(site, time),
        shadows,
        dome_of(site, local(time, site).date()),
    )


def sun_over(project: Project, time: np.datetime64, situation: Situation) -> SunLight:
    """The sun at a time in UTC, with the shadows of all that stands in a situation."""
    site = site_of(project)
    return sun_light(site, time, cast_of(casters(project, situation), site, time))


@lru_cache(maxsize=64)
def dome_of(site: Site, day: date) -> Dome:
    """The paths of the sun on a local date and in the seasons of its year."""
    seasons = [_season(site, title, date(day.year, month, number)) for title, month, number in SEASONS]
    return Dome((*seasons, _day(site, day)), site.convergence_deg)


@lru_cache(maxsize=64)
def _season(site: Site, title: str, day: date) -> SkyPath:
    return SkyPath(title, _above(path_of(site, day, PATH_STEP_MINUTES)))


def _day(site: Site, day: date) -> SkyPath:
    """The day's own path, with its full hours, sunrise and sunset."""
    course = day_of(site, day)
    path = path_of(site, day, PATH_STEP_MINUTES)
    first = path.times[0].astype("datetime64[h]")
    hours = sun_at(site, np.arange(first, path.times[-1], HOUR))
    marks = [
        SkyMark(direction, str(local(time, site).hour))
        for time, direction, up in zip(hours.times, hours.directions_in_grid, hours.up, strict=True)
        if up
    ]
    for time in (course.sunrise, course.sunset):
        if time is not None:
            ends = sun_at(site, np.array([time])).directions_in_grid[0]
            marks.append(SkyMark(ends, f"{local(time, site):%H:%M}", is_horizon=True))
    return SkyPath("", _above(path), True, tuple(marks))


def _above(path: SunPositions) -> Float64:
    """The directions from rise to set, where it rises."""
    return path.directions_in_grid[path.up]
