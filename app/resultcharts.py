"""The charts of a result, for window and paper alike: its values, its months, its day, what takes the sun."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from analysis.obstruction import PLACE, SKY, place_from, sky_from
from analysis.sight.profile import PROFILE
from analysis.sight.silhouette import SKYLINE
from analysis.zones.figures import MEASURES
from app.charts import (
    Bars,
    DayChart,
    Histogram,
    LevelBars,
    Look,
    Painted,
    Row,
    Series,
    Spell,
    by_month,
    paint_bars,
    paint_day,
    paint_histogram,
    paint_level_bars,
    paint_profile,
    paint_skyline,
    paint_sun_path,
    paint_view,
    profiles_of,
    skylines_of,
    stacked_by_month,
    sun_path_of,
    view_charts_of,
)
from app.charts.view import Paint
from app.resulttext import UNITS, column_title, values_of
from layers.results import BEFORE, CHANGE, INDICATORS, Quantity, Result, Table

Data = TypeVar("Data")
#: States of a step of the day that charts call otherwise.
KINDS = {"turned away": "away"}
#: Whose sun is drawn where a result names no day: its course is the same each year within 0.2°.
ANY_YEAR = 2026
MONTHS, HOURS, BLOCKERS = "months", "hours", "blockers"
#: Tables whose charts come before how values are spread.
LEADING = (BLOCKERS, PROFILE, SKYLINE, INDICATORS)
#: Parts of a sum that are stacked, by the beginnings of their columns.
PARTS = ("direct", "diffuse", "reflected")
#: Objects that take the sun and get a bar of their own, and what is too little for one.
MOST_BLOCKERS, LEAST_H = 8, 0.05
#: Areas that get bars, and what of them needs none.
MOST_AREAS, AREA = 12, "area_m2"


@dataclass(frozen=True)
class ResultChart:
    """A chart with the title it stands below."""

    title: str
    height: int
    paint: Paint


def _filled(paint: Callable[[QPainter, QRectF, Data, Look], Painted], data: Data) -> Paint:
    """A painting function with its data filled in."""

    def filled(painter: QPainter, box: QRectF, look: Look) -> Painted:
        return paint(painter, box, data, look)

    return filled


def charts_of(result: Result, quantity: Quantity | None) -> list[ResultChart]:
    """All charts that a result has something for."""
    return in_order(result, quantity_charts(result, quantity), further_charts(result))


def in_order(
    result: Result, of_quantity: Sequence[ResultChart], further: Sequence[ResultChart]
) -> list[ResultChart]:
    """What the result is about first: who takes the sun before how the sunlight is spread."""
    leads = any(name in result.tables for name in LEADING)
    return [*further, *of_quantity] if leads else [*of_quantity, *further]


def quantity_charts(result: Result, quantity: Quantity | None) -> list[ResultChart]:
    """The charts of one quantity; quick."""
    return list(_histogram(result, quantity)) if quantity is not None else []


def further_charts(result: Result) -> list[ResultChart]:
    """The charts of a result's tables; the course of the sun takes a moment."""
    tables = result.tables
    made = [
        ResultChart(f"Along {chart.name}", 230, _filled(paint_profile, chart))
        for chart in profiles_of(result)
    ]
    made += [
        ResultChart(f"What is seen: {chart.name}", chart.height, _filled(paint_view, chart))
        for chart in view_charts_of(result)
    ]
    made += [
        ResultChart(f"The skyline from {chart.place}", 220, _filled(paint_skyline, chart))
        for chart in skylines_of(result)
    ]
    if "taken_h" in tables.get(BLOCKERS, Table()).columns and len(tables[BLOCKERS]):
        made.append(_blockers(tables[BLOCKERS]))
    if SKY in tables and PLACE in tables:
        made.append(_sun_path(result))
    if {"time", "state", "date"} <= set(tables.get(HOURS, Table()).columns):
        made.append(_day(tables[HOURS], _takers(result)))
    if INDICATORS in tables:
        made += _indicators(tables[INDICATORS])
    if MONTHS in tables and len(tables[MONTHS]) > 1:
        made += _months(result, tables[MONTHS])
    return made


def _histogram(result: Result, quantity: Quantity) -> Iterator[ResultChart]:
    values, areas = values_of(result, quantity)
    if quantity.is_told_in_words(values) or quantity.name in result.shapes.columns:
        return
    if len(values) < 3 or values.min() == values.max():
        return
    is_area = bool(areas.sum() > 0)
    weights = areas if is_area else None
    chart = Histogram(
        values,
        weights,
        quantity.unit,
        "m²" if is_area else "values",
        color_map=quantity.color_map,
        low=quantity.low,
        high=quantity.high,
        digits=quantity.digits,
    )
    is_phrase = "," in quantity.title
    title = f"{quantity.title}: values" if is_phrase else f"How {quantity.title.lower()} is spread"
    yield ResultChart(title, 170, _filled(paint_histogram, chart))


def _months(result: Result, table: Table) -> Iterator[ResultChart]:
    """Sums or means of each month; parts stacked, two states beside each other."""
    if len(table) != 12:
        return
    names = [name for name in table.columns if name != "month"]
    parts = [name for part in PARTS for name in names if name.startswith(f"{part}_") and not _compares(name)]
    if len(parts) > 1:
        title = "By month"
        shown = {name.partition("_")[0].capitalize(): table.numbers(name).tolist() for name in parts}
        chart = stacked_by_month(shown, _unit(parts[0]))
        yield ResultChart(title, 190, _filled(paint_bars, chart))
        return
    for name in names:
        if _compares(name):
            continue
        before = table.numbers(name + BEFORE).tolist() if name + BEFORE in names else None
        chart = by_month(table.numbers(name).tolist(), _unit(name), before=before)
        # Its quantity may speak of one day: what a column holds by month its name says.
        title = f"{column_title(name)} by month"
        yield ResultChart(title, 190, _filled(paint_bars, chart))


def _takers(result: Result) -> tuple[str, ...]:
    """Who takes the sun, the worst first: they have the same colours in all charts."""
    table = result.tables.get(BLOCKERS, Table())
    return tuple(table.texts("name")) if "name" in table.columns else ()


def _day(table: Table, takers: tuple[str, ...]) -> ResultChart:
    """When there is sun and who takes it, for each day that the table has."""
    rows = []
    steps = list(zip(*(table.texts(name) for name in ("date", "time", "state", "name")), strict=True))
    for day, found in groupby(steps, key=lambda step: step[0]):
        times = list(found)
        hours = [_hours(time) for _, time, _, _ in times]
        half = float(np.median(np.diff(hours))) / 2 if len(hours) > 1 else 0.0
        spells = []
        stretches = groupby(zip(hours, times, strict=True), key=lambda step: (step[1][2], _taker(step[1])))
        for (state, by), stretch in stretches:
            places = [hour for hour, _ in stretch]
            spells.append(Spell(places[0] - half, places[-1] + half, KINDS.get(state, state), by))
        rows.append(Row(day, tuple(spells)))
    chart = DayChart(tuple(rows), order=takers)
    return ResultChart("Hour by hour", 60 + 34 * len(rows), _filled(paint_day, chart))


def _sun_path(result: Result) -> ResultChart:
    """The sun's paths over the place that was looked at, and what stands before them."""
    sky, names = sky_from(result.tables[SKY])
    day = str(result.inputs.get("day", ""))
    year = int(day[:4]) if day[:4].isdigit() else ANY_YEAR
    chart = sun_path_of(place_from(result.tables[PLACE]), year, sky, names, order=_takers(result))
    return ResultChart("What stands before the sun", 360, _filled(paint_sun_path, chart))


def _taker(step: tuple[str, ...]) -> str:
    """What takes the sun in a step, where it is taken."""
    return step[3] if step[2] == "shade" else ""


def _hours(clock: str) -> float:
    hour, _, minute = clock.partition(":")
    return int(hour) + int(minute) / 60


def _blockers(table: Table) -> ResultChart:
    """Bars of those that take the most; what the others take is one more bar."""
    names = [name or id for name, id in zip(table.texts("name"), table.texts("object_id"), strict=True)]
    bars = dict(zip(names, table.numbers("taken_h").tolist(), strict=True))
    shown = {name: hours for name, hours in list(bars.items())[:MOST_BLOCKERS] if hours >= LEAST_H}
    rest = sum(bars.values()) - sum(shown.values())
    if rest >= LEAST_H:
        shown[f"{len(table) - len(shown)} others"] = rest
    labels, taken = tuple(shown), tuple(shown.values())
    chart = LevelBars(labels, taken, "h")
    return ResultChart("Who takes the sun", 24 * len(labels) + 12, _filled(paint_level_bars, chart))


def _indicators(table: Table) -> Iterator[ResultChart]:
    """Bars of areas, situations beside each other: one chart for each indicator that any of them has."""
    areas = list(dict.fromkeys(table.texts("name")))[:MOST_AREAS]
    situations = list(dict.fromkeys(table.texts("situation")))
    rows = list(zip(table.texts("name"), table.texts("situation"), strict=True))
    for measure in MEASURES:
        numbers = dict(zip(rows, np.nan_to_num(table.numbers(measure.name)).tolist(), strict=True))
        if measure.name == AREA or not any(numbers.values()):
            continue
        bars = Bars(*_sides(numbers, areas, situations), measure.unit, digits=measure.digits)
        yield ResultChart(measure.title, 190, _filled(paint_bars, bars))


def _sides(
    numbers: Mapping[tuple[str, str], float], areas: Sequence[str], situations: Sequence[str]
) -> tuple[tuple[str, ...], tuple[Series, ...]]:
    """Labels and series of bars: of one area its situations, else areas with their situations as colours."""
    if len(areas) == 1:
        values = tuple(numbers.get((areas[0], situation), 0.0) for situation in situations)
        return tuple(situations), (Series("", values, "accent"),)
    named = situations if len(situations) > 1 else [""]
    return tuple(areas), tuple(
        Series(name, tuple(numbers.get((area, situation), 0.0) for area in areas))
        for name, situation in zip(named, situations, strict=True)
    )


def _compares(name: str) -> bool:
    return name.endswith((BEFORE, CHANGE))


def _unit(name: str) -> str:
    return next((unit for ending, unit in UNITS.items() if name.endswith(ending)), "")
