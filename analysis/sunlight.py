"""Sunlight hours on surfaces, windows and ground: on a day, over some days, or over a year."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.analysis import Estimate
from analysis.asked import asked
from analysis.casters import Casters
from analysis.naming import Naming, subject
from analysis.receivers import Receivers
from analysis.spells import Steps
from analysis.states import situations, states_title
from analysis.sun import audit_lines, sun_at
from analysis.sunhours import (
    Band,
    Followed,
    Sunlight,
    SunWay,
    days_between,
    sun_way,
    sunlight_of,
)
from analysis.survey import (
    casters_for,
    finished,
    point_count,
    quantities_with_change,
    receivers_of,
    standing_only,
    standing_rows,
    versions,
    with_change,
)
from layers.arrays import Float64
from layers.data import Progress, never_stop, part_of
from layers.errors import UsageError
from layers.project import Project
from layers.results import BEFORE, CHANGE, Pedigree, Quantity, Result, Table
from layers.runs import Int64

NAME = "sunlight"
TITLE = "Sunlight hours"
HELP = "How long surfaces, windows and ground are sunlit, on a day or over the year."

#: Columns: means over the points of a surface, or of each point.
SUNLIGHT, LONGEST, ERROR = "sunlight_h", "longest_h", "error_h"
#: And of surfaces alone: extremes, the mean per day, the share of the area that has enough.
LEAST, MOST, PER_DAY = "sunlight_least_h", "sunlight_most_h", "sunlight_h_day"
ENOUGH, ENOUGH_ERROR = "enough_pct", "enough_error_pct"
#: Per processor core, in scenes of a million triangles.
RAYS_PER_SECOND = 2.5e6
#: Parts of the time: laying out points, and in each state finding out what casts shadow.
LAID_OUT, BUILT = 0.05, 0.2
#: Share of rays that need not be cast, as their points look away from the sun.
LOOK_AWAY = 0.4
METHOD = (
    "For each point the sun is followed {days}, {band}, in steps of {step:g} minutes; at each step a ray is "
    "cast towards the centre of the sun, whose place is computed for the place of the point. Where sunlight "
    "begins or ends between two steps, the moment is found by halving the step until {end} are left. "
    "Hours are the sum of the spells of sunlight{spell}. Looked at is {states}"
)


@dataclass(frozen=True)
class Inputs(Followed):
    """What is asked."""

    day: str = asked("2026-03-21", "Day", "date", group="When")
    last_day: str = asked("", "Last day", "date", help="empty: that day only", group="When")
    every: int = asked(
        1,
        "Compute every … days",
        "whole",
        low=1,
        high=31,
        help="1: every day; 7: the middle of each week stands for it",
        group="When",
    )
    begin: str = asked("00:00", "From", "time", help="local time", group="When")
    end: str = asked("24:00", "To", "time", help="local time, 24:00 is midnight", group="When")
    clock: str = asked(
        "local",
        "These are hours of",
        "choice",
        choices=(("local", "Clocks of the place"), ("true solar", "True solar time")),
        group="More",
    )
    enough_h: float = asked(
        2.0, "Enough is", "number", unit="h", low=0.0, high=24.0, help="a day", group="When"
    )
    refine: bool = asked(
        True, "Find the moments of change", "yes", help="within 10 s; no: half a step", group="More"
    )
    least_spell_min: float = asked(
        0.0, "Shortest spell that counts", "number", unit="min", low=0.0, high=240.0, group="More"
    )

    @property
    def steps(self) -> Steps:
        """How time is stepped through."""
        return Steps(self.step_min, 10.0 if self.refine else 0.0, self.least_spell_min)

    @property
    def band(self) -> Band:
        """When the sun counts."""
        return Band(self.least_altitude_deg, self.begin, self.end, self.clock == "true solar")


def estimate(project: Project, inputs: Inputs) -> Estimate:
    """How much there is to do."""
    points = point_count(project, inputs)
    days = days_between(inputs.day, inputs.last_day, inputs.every)
    steps = len(days) * int(12 * 60 / inputs.step_min)
    rays = int(points * steps * (1 - LOOK_AWAY)) * len(situations(inputs))
    return Estimate(points, rays, rays / RAYS_PER_SECOND / (os.cpu_count() or 1))


def run(project: Project, inputs: Inputs, progress: Progress = never_stop) -> Result:
    """Sunlight hours of the points that are asked for."""
    started = time.perf_counter()
    receivers = receivers_of(project, inputs, part_of(progress, 0.0, LAID_OUT))
    days = days_between(inputs.day, inputs.last_day, inputs.every)
    sun = sun_way(project, receivers.box, days, inputs.band, inputs.steps)
    if not sun.courses:
        raise UsageError("The sun does not count at any time", where=sun.site.title, found=inputs.band.title)
    states: list[Casters] = []
    found: list[Sunlight] = []
    asked_for = situations(inputs)
    for number, situation in enumerate(asked_for):
        start, end = (LAID_OUT + (1 - LAID_OUT) * at / len(asked_for) for at in (number, number + 1))
        ready = start + BUILT * (end - start)
        building, following = part_of(progress, start, ready), part_of(progress, ready, end)
        states.append(casters_for(project, inputs, situation, receivers, inputs.least_altitude_deg, building))
        shade = inputs.shade_pct / 100
        found.append(sunlight_of(receivers, states[-1], sun, inputs.steps, shade, following))
    stood = [standing_rows(project, receivers, situation) for situation in situations(inputs)]
    count = sum(day.weight for day in days)
    rows = [
        standing_only(_of_rows(receivers, light, count, inputs.enough_h), was)
        for light, was in zip(found, stood, strict=True)
    ]
    points = [
        standing_only(_of_points(light), was[receivers.row]) for light, was in zip(found, stood, strict=True)
    ]
    surfaces = receivers.surfaces_table(**_compared(rows))
    return finished(
        NAME,
        _title(project, inputs, count, subject(Naming(project), surfaces)),
        inputs,
        sun.site,
        _pedigree(inputs, receivers, states, sun, found, time.perf_counter() - started),
        quantities=_quantities(inputs, count),
        surfaces=surfaces,
        points=receivers.points_table(**_compared(points)),
        tables=_tables(project, receivers, rows, found),
        grid=receivers.grid,
    )


def _compared(states: Sequence[Mapping[str, Float64]]) -> dict[str, Float64]:
    """The columns of one or two states; what changes an extreme or an error is left out."""
    left_out = {name + CHANGE for name in (LEAST, MOST, LONGEST, ERROR, ENOUGH_ERROR)}
    return {name: values for name, values in with_change(*states).items() if name not in left_out}


def _of_points(light: Sunlight) -> dict[str, Float64]:
    return {SUNLIGHT: light.hours, LONGEST: light.longest_h, ERROR: light.error_h}


def _of_rows(receivers: Receivers, light: Sunlight, days: int, enough_h: float) -> dict[str, Float64]:
    """Mean, least and most of the points of each row, and the share of its area that has enough.

    The error of the share is that of the hours of its points, and one standard deviation of a share of as
    many points at random places; on a raster it is smaller.
    """
    least, most = (np.full(len(receivers.fid), start) for start in (np.inf, -np.inf))
    np.minimum.at(least, receivers.row, light.hours)
    np.maximum.at(most, receivers.row, light.hours)
    mean = receivers.per_row(light.hours)
    surely, enough, maybe = (
        receivers.per_row((light.hours + sign * light.error_h) / days >= enough_h) for sign in (-1, 0, 1)
    )
    chance = np.sqrt(enough * (1 - enough) / np.maximum(np.bincount(receivers.row, minlength=len(mean)), 1))
    found = {
        SUNLIGHT: mean,
        LEAST: np.where(np.isfinite(least), least, np.nan),
        MOST: np.where(np.isfinite(most), most, np.nan),
        ERROR: receivers.per_row(light.error_h),
        ENOUGH: 100 * enough,
        ENOUGH_ERROR: 100 * (np.maximum(maybe - enough, enough - surely) + chance),
    }
    if days > 1:
        found[PER_DAY] = mean / days
    if len(light.months) > 1:
        found |= {f"{SUNLIGHT}_{month:02}": receivers.per_row(hours) for month, hours in light.months.items()}
    return found


def _quantities(inputs: Inputs, days: int) -> tuple[Quantity, ...]:
    found = [
        Quantity(SUNLIGHT, "Sunlight", "h", digits=1, low=0.0),
        Quantity(ENOUGH, f"Area with {inputs.enough_h:g} h or more", "%", digits=0, low=0.0, high=100.0),
    ]
    if days > 1:
        found.append(Quantity(PER_DAY, "Sunlight per day", "h", digits=1, low=0.0))
    return quantities_with_change(found, inputs.compare)


def _tables(
    project: Project, receivers: Receivers, rows: Sequence[Mapping[str, Float64]], found: Sequence[Sunlight]
) -> dict[str, Table]:
    """Sums per object, those that lose most first, and the hours of each month where there are several."""
    tables = {"hours_lost" if len(rows) > 1 else "objects": _by_object(project, receivers, rows)}
    months = found[0].months
    if len(months) > 1:
        weight = receivers.area_m2 if receivers.area_m2.any() else None
        means = {
            name: np.array([np.average(light.months[month], weights=weight) for month in months])
            for name, light in zip((SUNLIGHT, SUNLIGHT + BEFORE), found, strict=False)
        }
        tables["months"] = Table({"month": np.array(list(months)), **means})
    return tables


def _by_object(project: Project, receivers: Receivers, rows: Sequence[Mapping[str, Float64]]) -> Table:
    """Means over the surfaces of each object, weighted by their areas; parts belong to their whole.

    A point or window that belongs to no object has a row of its own.
    """
    naming = Naming(project)
    alone = -1 - np.arange(len(receivers.fid))
    wholes, owner = np.unique(
        np.where(receivers.fid >= 0, naming.wholes(receivers.fid), alone), return_inverse=True
    )
    area = np.where(receivers.row_area_m2 > 0, receivers.row_area_m2, 1.0)
    columns = {SUNLIGHT: _mean(rows[0][SUNLIGHT], area, owner, len(wholes))}
    if len(rows) > 1:
        columns[SUNLIGHT + BEFORE] = _mean(rows[1][SUNLIGHT], area, owner, len(wholes))
        columns[SUNLIGHT + CHANGE] = columns[SUNLIGHT] - columns[SUNLIGHT + BEFORE]
    total = np.bincount(owner, receivers.row_area_m2, len(wholes))
    order = np.argsort(columns.get(SUNLIGHT + CHANGE, columns[SUNLIGHT]), kind="stable")
    keys = wholes[order].tolist()
    return Table(
        {
            "fid": np.maximum(wholes[order], -1),
            "object_id": [naming.id(key) for key in keys],
            "name": [naming.title(key) if key >= 0 else receivers.surface_id[-1 - key] for key in keys],
            "area_m2": total[order],
            **{name: values[order] for name, values in columns.items()},
        }
    )


def _mean(values: Float64, weight: Float64, owner: Int64, count: int) -> Float64:
    """Weighted means by owner, of values that are known; NaN where none is."""
    known = np.isfinite(values)
    total = np.bincount(owner[known], (values * weight)[known], count)
    of = np.bincount(owner[known], weight[known], count)
    found: Float64 = np.divide(total, of, out=np.full(count, np.nan), where=of > 0)
    return found


def _title(project: Project, inputs: Inputs, days: int, of: str) -> str:
    """As in "School yard: sunlight hours on 2035-03-21, plan 2035 against today"."""
    when = f"on {inputs.day}" if days == 1 else f"from {inputs.day} to {inputs.last_day}"
    return f"{of}: {TITLE.lower()} {when}, {states_title(project, situations(inputs))}"


def _pedigree(
    inputs: Inputs,
    receivers: Receivers,
    states: Sequence[Casters],
    sun: SunWay,
    found: Sequence[Sunlight],
    seconds: float,
) -> Pedigree:
    steps, count = inputs.steps, sum(day.weight for day in sun.days)
    notes = dict.fromkeys((*receivers.notes, *(note for state in states for note in state.notes)))
    limits = [*notes, "The sun is the point at its centre: half shade at the edge of shadows is not counted"]
    if inputs.vegetation:
        limits.append(
            f"Trees cast shade when less than {inputs.shade_pct:g} % of the sunlight gets through them, in "
            "leaf or bare by the season"
        )
    return Pedigree(
        method=METHOD.format(
            days="on each day" if len(sun.days) == count else f"on {len(sun.days)} of {count} days",
            band=inputs.band.title,
            step=inputs.step_min,
            end=f"{2 * steps.end_error_s:.3g} s" if inputs.refine else "the whole of it",
            spell=f" of {spell:g} minutes or more" if (spell := inputs.least_spell_min) else "",
            states=" Before is ".join(f"{state.title}." for state in situations(inputs)),
        ),
        version=versions("pvlib"),
        inputs=tuple(dict.fromkeys(item for state in states for item in state.inputs)),
        sun=audit_of(sun),
        error=error_of(steps, found, len(sun.days) < count),
        limits=tuple(limits),
        numbers={
            "points": len(receivers),
            "days": len(sun.days),
            "steps": sun.steps,
            "triangles": sum(len(state.triangles) for state in states),
            "largest_error_h": max((float(light.error_h.max(initial=0.0)) for light in found), default=0.0),
            "sun_h": sun.hours,
            "seconds": seconds,
        },
    )


def audit_of(sun: SunWay) -> tuple[str, ...]:
    """Audit lines of the sun's first, middle and last step on the first and the last day."""
    ends = dict.fromkeys((0, len(sun.courses) - 1))
    times = [sun.courses[at].times[[0, len(sun.courses[at].times) // 2, -1]] for at in ends]
    return audit_lines(sun_at(sun.site, np.concatenate(times)))


def error_of(steps: Steps, found: Sequence[Sunlight], skips_days: bool) -> str:
    """How far off the hours may be: by the step in time, and by the days that were left out."""
    worst = max((float(light.error_h.max(initial=0.0)) for light in found), default=0.0)
    text = f"{steps.statement}. So the hours of a point are within {worst:.2g} h"
    if skips_days:
        skipped = max((float(np.abs(light.halved_h - light.hours).mean()) for light in found), default=0.0)
        text += f"; with half as many days they change by {skipped:.2g} h on average"
    return f"{text}. How exact the model itself is, is not part of this."
