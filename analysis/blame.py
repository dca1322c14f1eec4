"""Who takes my sun: which object blocks which hours of a window or a plot, on a day and over the year.

From each point a ray follows the sun. The first object on it takes that sunlight; where nothing else
stands behind it, it takes it alone: without it the point would be lit.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from analysis.analysis import Estimate
from analysis.asked import asked
from analysis.blockers import AWAY, LIT, Blockers, Taken
from analysis.casters import Casters
from analysis.localtime import local
from analysis.naming import Naming, subject
from analysis.obstruction import sky_tables
from analysis.site import Site
from analysis.spells import Steps
from analysis.states import situations, states_title
from analysis.sunhours import Band, Followed, days_between, sun_way
from analysis.sunlight import SUNLIGHT, audit_of
from analysis.survey import (
    casters_for,
    finished,
    point_count,
    receivers_of,
    versions,
)
from layers.arrays import Float64
from layers.data import Progress, never_stop, part_of
from layers.errors import UsageError
from layers.project import Project
from layers.results import Pedigree, Quantity, Result, Table
from layers.runs import Int64

NAME = "blame"
TITLE = "Who takes my sun?"
HELP = "Which objects take the sunlight of a window or a plot, at which hours of a day and of the year."

STATES = {LIT: "sun", AWAY: "turned away"}
BLOCKED = "shade"
RAYS_PER_SECOND = 0.5e6
#: Part of the time that it takes to find out what casts shadow.
SET_UP = 0.05
#: The day that is looked at where none is asked for.
EQUINOX = "03-21"
#: Of the year every so many days one is computed.
YEAR_EVERY = 7
METHOD = (
    "From each point a ray follows the centre of the sun {band}, at the middle of steps of {step:g} minutes. "
    "The first object that it meets takes the sunlight of that step. The ray is followed on behind it: "
    "where it meets no other object, the sunlight is taken by that object alone. Parts belong to their "
    "whole. Of several points hours are means, weighted by the area each one stands for. {year}"
)


@dataclass(frozen=True)
class Inputs(Followed):
    """What is asked."""

    day: str = asked("", "Day", "date", help="empty: 21 March in the year of the city", group="When")
    year: bool = asked(True, "The year too", "yes", help="one day of each week of it", group="When")


def estimate(project: Project, inputs: Inputs) -> Estimate:
    """How much there is to do."""
    points = point_count(project, inputs)
    days = 1 + (365 // YEAR_EVERY if inputs.year else 0)
    rays = int(points * days * 12 * 60 / inputs.step_min)
    return Estimate(points, rays, rays / RAYS_PER_SECOND / (os.cpu_count() or 1))


def run(project: Project, inputs: Inputs, progress: Progress = never_stop) -> Result:
    """Find out who takes the sun of the points that are asked for."""
    started = time.perf_counter()
    situation = situations(inputs)[0]
    inputs = replace(inputs, day=inputs.day or f"{situation.year:04}-{EQUINOX}")
    setting_up = part_of(progress, 0.0, SET_UP)
    receivers = receivers_of(project, inputs, setting_up)
    sun_on = partial(sun_way, project, receivers.box, band=band_of(inputs), steps=Steps(inputs.step_min))
    sun = sun_on(days_between(inputs.day, ""))
    if not sun.courses:
        raise UsageError("The sun does not rise on this day", where=sun.site.title, found=inputs.day)
    cast = casters_for(project, inputs, situation, receivers, inputs.least_altitude_deg, setting_up)
    names = Names(Naming(project), cast)
    blockers = Blockers(receivers, cast, names.naming.wholes, inputs.shade_pct / 100)
    first, last = (f"{inputs.day[:4]}-{end}" for end in ("01-01", "12-31"))
    weekly = sun_on(days_between(first, last, YEAR_EVERY)) if inputs.year else None
    day_done = SET_UP + (1 - SET_UP) / (1 + (len(weekly.courses) if weekly is not None else 0))
    day = blockers.over(sun, part_of(progress, SET_UP, day_done))
    tables = {
        "hours": hours_table(names, sun.site, day),
        "blockers": blockers_table(names, day),
        **sky_tables(cast, receivers, sun.site, names.naming.wholes, names.naming.title),
    }
    if weekly is not None:
        year = blockers.over(weekly, part_of(progress, day_done, 1.0))
        tables["blockers"] = blockers_table(names, day, year)
        tables |= months_tables(names, year)
    surfaces = receivers.surfaces_table(**{SUNLIGHT: receivers.per_row(day.lit_h)})
    return finished(
        NAME,
        f"{subject(names.naming, surfaces)}: who takes the sun on {inputs.day}, "
        f"{states_title(project, [situation])}",
        inputs,
        sun.site,
        Pedigree(
            method=METHOD.format(
                band=f"({band_of(inputs).title})",
                step=inputs.step_min,
                year=f"The year is computed on every {YEAR_EVERY}th day." if inputs.year else "",
            ),
            version=versions("pvlib"),
            inputs=cast.inputs,
            sun=audit_of(sun),
            error=f"Each change from one object to another is within {inputs.step_min / 2:g} min",
            limits=(*dict.fromkeys((*receivers.notes, *cast.notes)), "The sun is the point at its centre"),
            numbers={
                "points": len(receivers),
                "triangles": len(cast.triangles),
                "seconds": time.perf_counter() - started,
            },
        ),
        quantities=(Quantity(SUNLIGHT, f"Sunlight on {inputs.day}", "h", digits=1, low=0.0),),
        surfaces=surfaces,
        points=receivers.points_table(**{SUNLIGHT: day.lit_h}),
        tables=tables,
        grid=receivers.grid,
    )


def band_of(inputs: Inputs) -> Band:
    """When the sun counts."""
    return Band(inputs.least_altitude_deg)


class Names:
    """What the keys of what blocks are called."""

    def __init__(self, naming: Naming, cast: Casters) -> None:
        self.naming, self._layers = naming, cast.names

    def fid(self, key: int) -> int:
        """The object, -1 for terrain and scans."""
        return max(key, -1)

    def id(self, key: int) -> str:
        """Its id, '' for terrain and scans."""
        return self.naming.id(key) if key >= 0 else ""

    def title(self, key: int) -> str:
        """Its name, or that of the layer."""
        return self.naming.title(key) if key >= 0 else self._layers[-1 - key]


def hours_table(names: Names, site: Site, day: Taken) -> Table:
    """A row per step of the day: how much is in the sun, and what takes most of the rest."""
    rows = []
    for step in day.steps:
        share = dict(zip(step.key.tolist(), step.share.tolist(), strict=True))
        blocked = {key: value for key, value in share.items() if key not in STATES}
        worst = max(blocked, key=lambda key: blocked[key]) if blocked else LIT
        main = max(share, key=lambda key: share[key])
        clock = local(step.time, site)
        rows.append((clock, STATES.get(main, BLOCKED), share.get(LIT, 0.0), worst, blocked.get(worst, 0.0)))
    blockers = [None if row[3] == LIT else row[3] for row in rows]
    return Table(
        {
            "date": [f"{row[0]:%Y-%m-%d}" for row in rows],
            "time": [f"{row[0]:%H:%M}" for row in rows],
            "state": [row[1] for row in rows],
            "lit_share": np.array([row[2] for row in rows]),
            "object_id": ["" if key is None else names.id(key) for key in blockers],
            "fid": np.array([-1 if key is None else names.fid(key) for key in blockers]),
            "name": ["" if key is None else names.title(key) for key in blockers],
            "taken_share": np.array([row[4] for row in rows]),
        }
    )


def blockers_table(names: Names, day: Taken, year: Taken | None = None) -> Table:
    """A row per object with the hours that it takes, and those it takes alone, the worst first."""
    sums = [_sums(taken) for taken in (day, year) if taken is not None]
    keys = sorted(set().union(*sums), key=lambda key: [-found.get(key, (0.0, 0.0))[0] for found in sums])
    columns: dict[str, Float64] = {}
    for found, ending in zip(sums, ("", "_year"), strict=False):
        hours = np.array([found.get(key, (0.0, 0.0)) for key in keys]).reshape(-1, 2)
        columns |= {f"taken{ending}_h": hours[:, 0], f"sole{ending}_h": hours[:, 1]}
    return Table({**_who(names, keys), **columns})


def months_tables(names: Names, year: Taken) -> dict[str, Table]:
    """Hours of sunlight by month, and those that each object takes."""
    lit, taken = np.zeros(13), dict[int, Float64]()
    for step in year.steps:
        for month, days in step.course.counted.months.items():
            hours = days * step.hours
            for key, share, alone in zip(step.key.tolist(), step.share, step.alone, strict=True):
                if key == LIT:
                    lit[month] += hours * share
                elif key != AWAY:
                    taken.setdefault(key, np.zeros((13, 2)))[month] += hours * share, hours * alone
    keys = sorted(taken, key=lambda key: -taken[key][:, 0].sum())
    months = np.arange(1, 13)
    sums = np.concatenate([np.empty((0, 2)), *(taken[key][1:] for key in keys)])
    by_object = {
        "month": np.tile(months, len(keys)),
        **_who(names, [key for key in keys for _ in months]),
        "taken_h": sums[:, 0],
        "sole_h": sums[:, 1],
    }
    return {
        "months": Table({"month": months, SUNLIGHT: lit[1:]}),
        "blockers_by_month": Table(by_object),
    }


def _who(names: Names, keys: list[int]) -> dict[str, Int64 | list[str]]:
    return {
        "fid": np.array([names.fid(key) for key in keys], np.int64),
        "object_id": [names.id(key) for key in keys],
        "name": [names.title(key) for key in keys],
    }


def _sums(taken: Taken) -> dict[int, tuple[float, float]]:
    """Hours that each object takes, and those it takes alone."""
    found: dict[int, tuple[float, float]] = {}
    for step in taken.steps:
        hours = step.hours * step.course.counted.weight
        for key, share, alone in zip(
            step.key.tolist(), step.share.tolist(), step.alone.tolist(), strict=True
        ):
            if key not in STATES:
                before = found.get(key, (0.0, 0.0))
                found[key] = before[0] + hours * share, before[1] + hours * alone
    return found
