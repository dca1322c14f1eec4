"""How results read: verdicts, numbers with their units, and where they come from; window and report alike."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.analysis import analysis_of
from analysis.asked import Ask, questions
from analysis.spelling import place_text
from app.labels import counted, thousands
from layers.errors import CitystrataError
from layers.project import Project
from layers.results import (
    BEFORE,
    CHANGE,
    FINDINGS,
    SHARE_POINTS,
    VIEWS,
    VOLUMES,
    Quantity,
    Result,
    ResultSummary,
    Table,
    areas_in_words,
)
from layers.rulefiles import all_rules
from layers.words import words
from layers.written import grouped, metres

VERDICTS = "verdicts"
#: Objects that are called by their names; more are counted.
MOST_NAMED = 3
WORDS = {"pass": "PASS", "fail": "FAIL", "too close": "TOO CLOSE"}
NOTHING = "–"
#: Titles of columns that many tables have; others are their names with spaces.
TITLES = {
    "longer_h": "Or longer by up to (h)",
    "object_id": "Object",
    "text": "Found",
    "state": "How it stands",
    "ground_z": "Terrain there (m)",
    "surface_id": "Surface",
    "surface_type": "Kind",
    "area_m2": "Area (m²)",
    "tilt_deg": "Tilt (°)",
    "azimuth_deg": "Azimuth from true north (°)",
    "name": "What",
    "change": "What happened",
    "excess": "Too much",
    "outside_m3": "Outside of all limits (m³)",
    "roof_m2": "Roofs (m²)",
    "roof_mwh": "Irradiation on roofs (MWh a year)",
    "roof_pv_mwh": "Yield of solar panels (MWh a year)",
    "density_per_ha": "Population per hectare",
    "before_id": "Before it was",
    "before_layer": "Layer before",
    "told_by": "Found again by",
    "score": "How alike (0 to 1)",
    "height_m": "Height (m)",
    "volume_m3": "Volume (m³)",
    "surfaces": "Surfaces that moved",
    "attributes": "Attributes said anew",
    "property": "Attribute",
    "from": "From",
    "to": "To",
    "taken_as": "Taken as",
    "holds": "Kind of layer",
    "epoch": "Of",
    "cut_m3": "Cut (m³)",
    "fill_m3": "Fill (m³)",
    "balance_m3": "More than before (m³)",
    "cut_m2": "Area cut (m²)",
    "fill_m2": "Area filled (m²)",
    "deepest_m": "Lower by up to (m)",
    "highest_m": "Higher by up to (m)",
    "cell_m": "Cell (m)",
    "m3c2_m": "Away by (m)",
    "detection_m": "Can be told from (m)",
    "significant": "Significant",
    "points_before": "Points before",
    "points_after": "Points after",
    "before": "Before",
    "after": "After",
    "threshold": "Needed",
    "reason": "Why",
    "unit": "Unit",
    "counts": "Counts",
    "margin": "Above what is needed",
    "visible": "Seen",
    "blocked_by": "Blocked by",
    "excess_m": "Too high by (m)",
    "excess_m_change": "More than before (m)",
    "clearance_m": "Clear by (m)",
    "end_from_z": "End seen from z",
    "eye_from_z": "Eye sees from z",
    "reaches_z": "Reaches z",
    "allowed_z": "May reach z",
    "worst_at_m": "Highest above at (m)",
    "lines": "Lines of sight",
    "alone": "Of them alone",
    "foot_z": "Ground there (m)",
    "eye_height_m": "Eye above them (m)",
    "x0": "Eye x",
    "y0": "Eye y",
    "z0": "Eye z",
    "x1": "End x",
    "y1": "End y",
    "z1": "End z",
    "at_x": "Blocked at x",
    "at_y": "Blocked at y",
    "at_z": "Blocked at z",
    "since": "State",
    "breaks": "Breaks the view",
    "hides_m": "Hides of it (m)",
    "allowed_z_m": "May reach z (m)",
    "threshold_z_m": "Threshold z (m)",
    "threshold_deg": "Threshold (°)",
    "top_z_m": "Top z (m)",
    "foot_z_m": "Foot z (m)",
    "eye_z": "Height of the eye (m)",
    "raised_deg2": "Raised (square degrees)",
    "lowered_deg2": "Lowered (square degrees)",
    "ratio": "Ratio to before",
    "least_ratio": "Ratio that would do",
}
#: Columns for programs, which tables for people leave out.
INNER = frozenset(
    words("fid plot_fid caster_fid before_fid whole group layer geometry surface row wkb nx ny nz kind")
)
#: Tables whose rows are drawn, charted or said: programs get them, people see what they hold elsewhere.
DRAWN = frozenset((FINDINGS, VIEWS, VOLUMES, "profile", "panorama", "skyline"))
#: Columns of numbers that mean yes or no.
FLAGS = frozenset(("visible", "visible_before", "breaks", "is_new", "significant"))
#: A time with its offset, as tables have it.
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$", re.ASCII)
UNITS = {
    "_kwh_m2": "kWh/m²",
    "_kwh": "kWh",
    "_m2": "m²",
    "_deg": "°",
    "_deg2": "deg²",
    "_msr": "msr",
    "_pct": "%",
    "_h": "h",
    "_m": "m",
}


@dataclass(frozen=True)
class Numbers:
    """A quantity of a result in numbers; means and shares weigh the area that each value stands for."""

    count: int
    low: float
    mean: float
    high: float
    area_m2: float


def place_of(result: Result, quantity: Quantity) -> Table:
    """The table that has a quantity: that of the points where they have it, else that of the surfaces."""
    for table in (result.points, result.surfaces, result.shapes):
        if quantity.name in table.columns:
            return table
    return Table()


def values_of(result: Result, quantity: Quantity) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The finite values of a quantity, and the area in m² that each stands for."""
    table = place_of(result, quantity)
    if not len(table):
        return np.empty(0), np.empty(0)
    values = table.numbers(quantity.name)
    areas = table.numbers("area_m2") if "area_m2" in table.columns else np.ones(len(values))
    known = np.isfinite(values)
    return values[known], areas[known]


def numbers_of(result: Result, quantity: Quantity) -> Numbers | None:
    """A quantity in numbers; None where it has no values."""
    values, areas = values_of(result, quantity)
    # Shapes of several times lie over each other: they have no mean, and no area together.
    if not len(values) or quantity.name in result.shapes.columns:
        return None
    weights = areas if areas.sum() > 0 else np.ones(len(values))
    mean = float((values * weights).sum() / weights.sum())
    return Numbers(len(values), float(values.min()), mean, float(values.max()), float(areas.sum()))


def parts_of(result: Result, quantity: Quantity) -> list[tuple[str, str]]:
    """What is yes and what is no, each with its area and share; nothing where values are no such."""
    areas = areas_in_words(result, quantity)
    unit = "m²" if values_of(result, quantity)[1].any() else ""
    whole = sum(areas.values()) or 1.0
    return [
        (word, f"{amount(part, 0, unit)} ({amount(100 * part / whole, 1, '%')})")
        for word, part in areas.items()
    ]


def amount(value: float, digits: int, unit: str = "") -> str:
    """A number with its unit; NaN is nothing."""
    if not np.isfinite(value):
        return NOTHING
    rounded = grouped(value, digits)
    if not unit:
        return rounded
    return f"{rounded}{unit}" if unit == "°" else f"{rounded}\u202f{unit}"


def of_quantity(value: float, quantity: Quantity) -> str:
    """A value of a quantity, no more exact than it is; yes or no in words, and a share in percent."""
    if quantity.words and np.isfinite(value):
        share = SHARE_POINTS if quantity.name.endswith(CHANGE) else "%"
        return quantity.meanings.get(value) or amount(100 * value, 0, share)
    return amount(value, quantity.digits, quantity.unit)


def when(result: Result | ResultSummary) -> str:
    """When a result was made, on the clocks of its place."""
    try:
        return local_time(datetime.fromisoformat(result.made_at))
    except ValueError:
        return result.made_at


def local_time(moment: datetime) -> str:
    """As in "2035-03-21 13:03+01:00"; a time without an offset is one of this computer."""
    here = moment if moment.tzinfo else moment.astimezone()
    return here.isoformat(" ", "minutes")


def kind_title(kind: str) -> str:
    """The title of an analysis; its name where this version does not know it."""
    from analysis import ANALYSES

    return analysis_of(kind).TITLE if kind in ANALYSES else kind


def column_title(name: str, quantities: Sequence[Quantity] = ()) -> str:
    """What a column is called for people, with its unit."""
    for found in quantities:
        if found.name == name:
            return f"{found.title} ({found.unit})" if found.unit else found.title
    if name in TITLES:
        return TITLES[name]
    for ending, said in ((BEFORE, " before"), (CHANGE, ", change")):
        if name.endswith(ending):
            title, bracket, unit = column_title(name.removesuffix(ending), quantities).partition(" (")
            unit = f"{SHARE_POINTS})" if ending == CHANGE and unit == "%)" else unit
            return f"{title}{said}{bracket}{unit}"
    for ending, unit in UNITS.items():
        if name.endswith(ending):
            return f"{_words(name.removesuffix(ending))} ({unit})"
    return _words(name)


def _words(name: str) -> str:
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def digits_of(name: str, quantities: Sequence[Quantity] = (), table: Table | None = None) -> int:
    """Digits after the point that a column of numbers shows: two where rows have units of their own."""
    otherwise = 2 if table is not None and "unit" in table.columns else 1
    return next((found.digits for found in quantities if found.name == name), otherwise)


def cell_text(value: Any, digits: int, name: str = "") -> str:
    """A value of a table, in a column of some name, as people read it."""
    if name in FLAGS:
        return "yes" if value else "no"
    if isinstance(value, str):
        return clock_text(value) if MOMENT.match(value) else WORDS.get(value, value)
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return thousands(int(value))
    return amount(float(value), digits)


def clock_text(moment: str) -> str:
    """2026-03-21T09:00:00+01:00 as 2026-03-21 09:00: on the clocks of the place."""
    return moment[:16].replace("T", " ")


def counting_rows(result: Result) -> list[dict[str, Any]]:
    """The verdicts that count: not those on the windows of a building of which one is enough."""
    return [row for row in verdict_rows(result) if row.get("counts", True)]


def verdict_rows(result: Result) -> list[dict[str, Any]]:
    """The rows of the table of verdicts, as names with values."""
    table = result.tables.get(VERDICTS, Table())
    names = list(table.columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*table.columns.values(), strict=True)]


def verdict_number(row: Mapping[str, Any], key: str) -> str:
    """One of the numbers of a verdict, with its unit."""
    value = row.get(key)
    if isinstance(value, str) or value is None:
        return str(value or NOTHING)
    number = float(value)
    if row.get("unit") == "m":
        return metres(number)
    unit = str(row.get("unit", ""))
    is_count = not unit and number.is_integer()
    return amount(number, 0 if is_count else 2 if abs(number) < 10 else 1, unit)


def verdict_numbers(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The numbers behind a verdict, each with what it is called; without a state before, one is found."""
    before = verdict_number(row, "before")
    compares = before != NOTHING
    return [
        *([("Before", before)] if compares else []),
        ("After" if compares else "Found", verdict_number(row, "after")),
        ("Allowed" if isinstance(row.get("threshold"), str) else "Needed", verdict_number(row, "threshold")),
    ]


def answers(result: Result | ResultSummary, project: Project | None = None) -> list[tuple[str, str]]:
    """What was asked and answered, in words; without questions that were left empty."""
    from analysis import ANALYSES

    if result.kind not in ANALYSES:
        return [(_words(name), str(value)) for name, value in result.inputs.items()]
    asked = {found.name: ask for found, ask in questions(analysis_of(result.kind).Inputs)}
    return list(_answered(asked, result.inputs, project))


def _answered(
    asked: Mapping[str, Ask], inputs: Mapping[str, Any], project: Project | None
) -> Iterator[tuple[str, str]]:
    for name, value in inputs.items():
        ask = asked.get(name)
        if ask is None or value in ("", None) or (isinstance(value, Sequence) and not value):
            continue
        if _was_asked(ask, inputs):
            yield ask.title, answer_text(ask, value, project)


def _was_asked(ask: Ask, inputs: Mapping[str, Any]) -> bool:
    """Whether a question was put, given the other answers; some are put for what a rule judges."""
    if ask.when is None or ask.when[0] not in inputs:
        return True
    name = ask.when[0]
    rule = all_rules().rules.get(str(inputs.get(name))) if name == "rule" else None
    return ask.is_wanted_by(inputs.get(name) if rule is None else rule.judges)


def answer_text(ask: Ask, value: Any, project: Project | None = None) -> str:
    """An answer in words."""
    for special, said in ask.words:
        if value == special:
            return said
    if ask.kind == "yes":
        return "yes" if value else "no"
    if ask.kind == "choice":
        return dict(ask.choices).get(value, str(value))
    if ask.kind == "rules":
        rule = all_rules().rules.get(value)
        return rule.title if rule is not None else str(value)
    if ask.kind == "scenario":
        return str(value or "none: the city as it is")
    if ask.kind == "date" and project is not None:
        names = [epoch.name for epoch in project.epochs if epoch.date == value]
        return f"{value} ({names[0]})" if names else str(value)
    if ask.kind == "fids" and project is not None:
        return names_of(project, value)
    if ask.kind == "places" and len(value) <= MOST_NAMED:
        return "\n".join(map(place_text, value))
    if isinstance(value, list | tuple):
        return f"{len(value)} chosen"
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{shown} {ask.unit}" if ask.unit else shown


def names_of(project: Project, fids: Sequence[int] | NDArray[np.int64]) -> str:
    """What some objects are called: "Lohe School yard", "12 objects"."""
    if len(fids) > MOST_NAMED:
        return counted(len(fids), "object")
    names = []
    for fid in fids:
        with suppress(CitystrataError):  # it is no longer there
            item = project.object(int(fid))
            names.append(str(item.attributes.get("name") or item.id))
    return ", ".join(names) or counted(len(fids), "object")
