"""What a result says in a sentence or two, and in a small table: before all numbers and charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analysis.zones.figures import MEASURES
from analysis.zones.figuretables import SIDE_BY_SIDE
from app.resulttext import amount, clock_text, counting_rows, of_quantity, place_of
from layers.results import BEFORE, FINDINGS, SHARE_POINTS, WARNING, Quantity, Result, Table, unit_of_change
from layers.written import unbroken

CLOUDLESS = (
    "This is a cloudless year: an upper bound that no real year reaches. Weather from a file (EPW, PVGIS) "
    "gives what is to be expected."
)
#: Tables of shapes with a row per time, and what their areas are.
TIMED = {
    "together": "Shadow",
    f"together{BEFORE}": "Before",
    "newly_shaded": "New",
    "no_longer_shaded": "No longer",
}
#: Areas whose indicators are shown at once, and columns of their table that are no situation.
MOST_AREAS = 3
NO_SITUATION = ("name", "indicator", "unit", "fid")
BLOCKERS, HOURS, BUILDINGS, BANDS = "blockers", "hours", "buildings", "bands"
#: Buildings that are told one by one, and the share of a yard from which on it is taken at a time.
MOST_TOLD, MOSTLY = 4, 0.5
#: So many that take the sun are told, those that take at least so much.
MOST_TAKERS, LEAST_H = 3, 0.05


@dataclass(frozen=True)
class SmallTable:
    """Few rows of words and numbers, the first column of words."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def answers_of(result: Result) -> list[str]:
    """The sentences that a result is about: what breaks a view, who takes the sun, how much energy."""
    if len(result.tables.get(FINDINGS, Table())):
        return [unbroken(sentence) for sentence in result.tables[FINDINGS].texts("sentence")]
    if {"taken_h", "sole_h", "name"} <= result.tables.get(BLOCKERS, Table()).columns.keys():
        return _taken(result)
    if "total_kwh" in result.tables.get(BUILDINGS, Table()).columns:
        return _energy(result)
    return _before_and_after(result)


def _before_and_after(result: Result) -> list[str]:
    """The mean of the first quantity after and before, over what stood in both states."""
    if SIDE_BY_SIDE in result.tables or counting_rows(result):  # which tell it row by row
        return []
    names = {each.name for each in result.quantities}
    quantity = next((each for each in result.quantities if each.name + BEFORE in names), None)
    table = place_of(result, quantity) if quantity is not None else Table()
    if quantity is None or table is result.shapes or quantity.name + BEFORE not in table.columns:
        return []
    now, was = (table.numbers(name) for name in (quantity.name, quantity.name + BEFORE))
    known = np.isfinite(now) & np.isfinite(was)
    areas = table.numbers("area_m2")[known] if "area_m2" in table.columns else np.ones(int(known.sum()))
    if not areas.sum() > 0:
        return []
    after, before = (float(np.average(values[known], weights=areas)) for values in (now, was))
    return [
        f"{quantity.title}: {_mean_text(after, quantity)} on average, {_difference(after, before, quantity)}."
    ]


def _mean_text(mean: float, quantity: Quantity) -> str:
    """A mean; of what is yes or no it is a share, even where all is the same."""
    return amount(100 * mean, 0, "%") if quantity.words else of_quantity(mean, quantity)


def _difference(after: float, before: float, quantity: Quantity) -> str:
    """What a mean was before, and by how much it differs as both are written."""
    scale, digits = (100, 0) if quantity.words else (1, quantity.digits)
    change = round(scale * after, digits) - round(scale * before, digits)
    if not change:
        return "as before"
    unit = SHARE_POINTS if quantity.words else unit_of_change(quantity.unit)
    more = "more" if change > 0 else "less"
    return f"{_mean_text(before, quantity)} before: {amount(abs(change), digits, unit)} {more}"


def warnings_of(result: Result) -> list[str]:
    """What must be known before a result is trusted, such as a viewing place inside a building."""
    return [limit for limit in result.pedigree.limits if limit.startswith(WARNING)]


def small_tables(result: Result) -> list[SmallTable]:
    """The areas of shadows by time and by how long they last; indicators, situations side by side."""
    found = []
    timed = {title: result.tables[name] for name, title in TIMED.items() if name in result.tables}
    times = sorted({time for table in timed.values() if len(table) for time in table.texts("time")})
    if times:
        areas = [_by_time(table) for table in timed.values()]
        rows = [
            (clock_text(time), *(amount(each.get(time, 0.0), 0, "m²") for each in areas)) for time in times
        ]
        found.append(SmallTable(("At", *timed), tuple(rows)))
    bands = result.tables.get(BANDS, Table())
    if len(bands):
        found.append(_lasting(bands))
    return [*found, *_indicators(result.tables.get(SIDE_BY_SIDE, Table()))]


def _indicators(table: Table) -> list[SmallTable]:
    """The indicators of the first areas, a column for each situation."""
    if "indicator" not in table.columns:
        return []
    situations = [name for name in table.columns if name not in NO_SITUATION and " minus " not in name]
    digits = {measure.title: measure.digits for measure in MEASURES}
    names, titles, units = (table.texts(name) for name in ("name", "indicator", "unit"))
    found = []
    for area in list(dict.fromkeys(names))[:MOST_AREAS]:
        rows = [
            (
                f"{titles[at]}, {units[at]}" if units[at] else titles[at],
                *(amount(table.numbers(name)[at], digits.get(titles[at], 1), "") for name in situations),
            )
            for at, name in enumerate(names)
            if name == area
        ]
        found.append(SmallTable((area, *situations), tuple(rows)))
    return found


def _lasting(bands: Table) -> SmallTable:
    """The areas that lie in shadow for long, and how uncertain that is."""
    longer = f", or up to {bands.numbers('longer_h')[0]:g} h longer" if "longer_h" in bands.columns else ""
    rows = [
        (f"{hours:g} h or more", amount(area, 0, "m²"))
        for hours, area in zip(bands.numbers("hours"), bands.numbers("area_m2"), strict=True)
    ]
    return SmallTable((f"In shadow for{longer}", "Area"), tuple(rows))


def _by_time(table: Table) -> dict[str, float]:
    if not len(table):
        return {}
    return dict(zip(table.texts("time"), table.numbers("area_m2").tolist(), strict=True))


# --- who takes the sun ----------------------------------------------------------------------------


def _taken(result: Result) -> list[str]:
    """A sentence for each of those that take the most: how much, when, and what there would be without it."""
    blockers, hours = result.tables[BLOCKERS], result.tables.get(HOURS, Table())
    now = _mean(result.surfaces, result.quantities[0].name) if result.quantities else np.nan
    rows = zip(*(blockers.columns[name] for name in ("name", "taken_h", "sole_h")), strict=True)
    lines = []
    for name, taken, sole in list(rows)[:MOST_TAKERS]:
        if taken < LEAST_H:
            break
        spells = _spells(hours, str(name))
        mostly = f", mostly {' and '.join(spells[:2])}" if spells else ""
        without = (
            f"; without it there would be {amount(now + sole, 1, 'h')} of sunlight"
            if np.isfinite(now)
            else ""
        )
        lines.append(f"{name} takes {amount(taken, 1, 'h')}{mostly}{without}.")
    there = f" There is {amount(now, 1, 'h')} now." if np.isfinite(now) else ""
    return (
        [lines[0] + there, *lines[1:]] if lines else ["Hardly anything takes the sun of this place." + there]
    )


def _mean(surfaces: Table, name: str) -> float:
    """The mean of a column, weighted by area."""
    if not len(surfaces) or name not in surfaces.columns:
        return np.nan
    values, areas = surfaces.numbers(name), surfaces.numbers("area_m2")
    weights = areas if areas.sum() > 0 else np.ones(len(values))
    return float((values * weights).sum() / weights.sum())


def _spells(hours: Table, name: str) -> list[str]:
    """When somebody takes most of a place's sun, the longest spell first: "11:45–13:45"."""
    if not {"time", "name", "taken_share"} <= hours.columns.keys() or len(hours) < 2:
        return []
    times = [int(text[:2]) * 60 + int(text[3:5]) for text in hours.texts("time")]
    step = round(float(np.median(np.diff(times))))
    takes = np.array(hours.texts("name"), object) == name
    takes &= hours.numbers("taken_share") >= MOSTLY
    edges = np.flatnonzero(np.diff(np.concatenate(([False], takes, [False])).astype(int)))
    spells = [(times[first], times[last - 1]) for first, last in _pairs(edges.tolist())]
    spells.sort(key=lambda spell: spell[0] - spell[1])
    return [f"{_minutes(first - step / 2)}–{_minutes(last + step / 2)}" for first, last in spells]


def _pairs(edges: Sequence[int]) -> list[tuple[int, int]]:
    return list(pairwise(edges))[::2]


def _minutes(minutes: float) -> str:
    return f"{round(minutes) // 60:02}:{round(minutes) % 60:02}"


# --- solar energy ---------------------------------------------------------------------------------


def _energy(result: Result) -> list[str]:
    """Sums per year, of all and of each building, and what kind of year that is."""
    table = result.tables[BUILDINGS]
    total = float(np.nansum(table.numbers("total_kwh")))
    said = f"{_kwh(total)} per year fall on these surfaces"
    if "pv_kwh" in table.columns and (power := float(np.nansum(table.numbers("pv_kwh")))) > 0:
        said += f"; modules on their roofs would yield {_kwh(power)} per year"
    lines = [f"{said}.", *_less(table)]
    if 1 < len(table) <= MOST_TOLD:
        each = zip(table.texts("name"), table.numbers("total_kwh").tolist(), strict=True)
        lines.append("; ".join(f"{name}: {_kwh(value)} per year" for name, value in each) + ".")
    if not result.inputs.get("weather"):
        lines.append(CLOUDLESS)
    return lines


def _less(table: Table) -> list[str]:
    """Of two states, by how much the light on what stands in both differs from what it was before."""
    if f"total_kwh{BEFORE}" not in table.columns:
        return []
    after, before = (table.numbers(name) for name in ("total_kwh", f"total_kwh{BEFORE}"))
    stood = np.isfinite(after) & (before > 0)
    if not stood.any():
        return []
    was = float(before[stood].sum())
    change = float(after[stood].sum()) - was
    share = amount(abs(100 * change / was), 1, "%")
    where = "" if stood.all() else " on what stood before, too"
    return [f"That is {_kwh(abs(change))} ({share}) {'more' if change > 0 else 'less'} than before{where}."]


def _kwh(value: float) -> str:
    return amount(value, 0, "kWh")
