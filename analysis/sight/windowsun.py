"""The sun of windows and spots over a year: hours by month, and which objects take them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.asked import asked
from analysis.blockers import AWAY, LIT, Blockers
from analysis.casters import Casters
from analysis.naming import Naming
from analysis.receivers import Receivers
from analysis.spells import Steps
from analysis.sunhours import Band, Followed, SunWay, days_between, sun_way, sunlight_of
from layers.arrays import Float64
from layers.data import Progress, part_of
from layers.project import Project

MONTHS = range(1, 13)


@dataclass(frozen=True)
class Yearly(Followed):
    """What is asked of the sun of a year."""

    sun: bool = asked(True, "Hours of sun by month", "yes", group="Sun")
    every: int = asked(
        7,
        "Compute every … days",
        "whole",
        low=1,
        high=31,
        help="7: the middle of each week stands for it",
        group="More",
        when=("sun", True),
    )


@dataclass(frozen=True)
class SunSeen:
    """Hours over a year in one state of the city, means over some places."""

    months_h: Float64  # (12,) of sunlight
    taken_h: dict[int, float]  # by each whole object, as the first thing before the sun
    error_h: float  # of the sum of a year

    @property
    def year_h(self) -> float:
        """Of the whole year."""
        return float(self.months_h.sum())


def year_of_sun(project: Project, inputs: Yearly, receivers: Receivers, year: int) -> SunWay:
    """The sun's way over some places, on some days of a year."""
    days = days_between(f"{year:04}-01-01", f"{year:04}-12-31", inputs.every)
    return sun_way(project, receivers.box, days, Band(inputs.least_altitude_deg), Steps(inputs.step_min))


def sun_seen(
    receivers: Receivers, cast: Casters, naming: Naming, sun: SunWay, inputs: Followed, progress: Progress
) -> SunSeen:
    """The sun that places get in a state of the city, and what takes it."""
    shade = inputs.shade_pct / 100
    steps = Steps(inputs.step_min)
    lit = sunlight_of(receivers, cast, sun, steps, shade, part_of(progress, 0.0, 0.5))
    taken = Blockers(receivers, cast, naming.wholes, shade).over(sun, part_of(progress, 0.5, 1.0))
    hours: dict[int, float] = {}
    for step in taken.steps:
        stands_for = step.hours * step.course.counted.weight
        for key, share in zip(step.key.tolist(), step.share.tolist(), strict=True):
            if key not in (LIT, AWAY):
                hours[key] = hours.get(key, 0.0) + stands_for * share
    months = np.array([lit.months[month].mean() if month in lit.months else 0.0 for month in MONTHS])
    return SunSeen(months, hours, float(lit.error_h.max(initial=0.0)))
