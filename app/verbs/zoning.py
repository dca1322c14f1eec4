"""`citystrata zoning`: which buildings break the rules of their plots, by how much, as for a permit."""

from __future__ import annotations

import argparse

from analysis.situated import ALL_DATES
from analysis.zones.ordinance import (
    ABOVE,
    BULK,
    COVERAGE,
    FLOOR_AREA,
    HEIGHT,
    REFERENCE,
    SETBACK,
    STOREYS,
    TOP,
)
from analysis.zoning import NAME
from app.verbs.asking import (
    add_results,
    checked_expression,
    lines_of,
    measured,
    told,
    values_of,
)
from app.verbs.options import STOREY_HEIGHT, Option, add_options, given, options_of
from app.verbs.verb import Answer, Verb, add_project
from layers.results import FINDINGS, VIOLATIONS

RULE = "a number, an attribute of the plots, or an expression"
#: Rules that plots state: what they say.
STATED = (
    ("height", HEIGHT, "highest above the ground at the building, m"),
    ("top", TOP, "highest above the project's zero, m"),
    ("above-reference", ABOVE, "highest above the reference level, m"),
    ("reference", REFERENCE, "the reference level, m; default the mean ground of the plot"),
    ("storeys", STOREYS, "most storeys"),
    ("setback", SETBACK, "from the border of the plot, m"),
    ("coverage", COVERAGE, "share of the plot that is covered, 0.4"),
    ("far", FLOOR_AREA, "floor area ratio: gross floor area / area of the plot"),
    ("volume-ratio", BULK, "m³ of building / m² of plot"),
)
OPTIONS = (
    Option("plots", "plots", "LAYER", "the layer of plots with their rules"),
    Option("plots-where", "plot_where", "EXPR", "which plots; default all", checked_expression),
    Option("objects", "where", "EXPR", "which buildings; default all on the plots", checked_expression),
    Option("date", "date", "DATE", "the city of this date; all: every date"),
    Option("scenario", "scenario", "NAME", "the buildings of this scenario"),
    Option("without", "without", "EXPR", "objects that are left out", checked_expression),
    *(Option(name, rule, "RULE", f"{about}; {RULE}") for name, rule, about in STATED),
    Option("lines", "lines", "LAYER", "building windows (areas) and building lines"),
    Option("axes", "axes", "LAYER", "axes of streets that an angle rises from"),
    Option("border-angle", "border_deg", "DEG", "planes rise inwards from the border at this angle", float),
    Option("border-from", "border_begin_m", "M", "and begin so high above the ground", float),
    Option("street-angle", "street_deg", "DEG", "planes rise from the axes at this angle; default 45", float),
    Option("street-from", "street_begin_m", "M", "and begin so high above the ground", float),
    Option("views", "views", "N,M", "protected views that stay clear: numbers of kept results, or all"),
    Option("sun-areas", "sun_areas", "LAYER", "areas that keep their sun"),
    Option("sun-day", "sun_day", "D", "the day on which they do; default 2026-03-21"),
    Option("sun-from", "sun_begin", "HH:MM", "from; default 10:00"),
    Option("sun-to", "sun_end", "HH:MM", "to; default 14:00"),
    Option("sun-step", "sun_step_min", "MIN", "the sun is looked at so often; default 15", float),
    STOREY_HEIGHT,
    Option("tolerance", "tolerance_m", "M", "what is beyond by no more is kept; default 0.01", float),
)


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    add_options(parser, OPTIONS)
    add = parser.add_argument
    add("--all", action="store_true", help="of a scenario all that stands, not only what it builds")
    add("--rules-given", action="store_true", help="no rules from attributes that are named after them")
    add_results(parser)


def _run(arguments: argparse.Namespace) -> Answer:
    answers = {
        **given(arguments, OPTIONS),
        "own": not arguments.all,
        "by_name": not arguments.rules_given,
    }
    if answers.get("date") == ALL_DATES:
        answers["date"] = ""
    result, said = measured(arguments, NAME, answers, options_of(OPTIONS))
    lines = [result.title, *result.tables[FINDINGS].texts("sentence")]
    if len(result.tables[VIOLATIONS]):
        headings = {
            "plot": "plot",
            "name": "building",
            "rule": "rule",
            "found": "found",
            "allowed": "allowed",
            "excess": "too much",
            "volume_m3": "m³",
        }
        lines += lines_of(result.tables[VIOLATIONS], headings)
    return Answer(values_of(arguments, result), (*lines, *told(result), *said))


VERB = Verb(
    "zoning",
    "Buildings against the rules of their plots: heights, setbacks, floor area, angles, views, sun.",
    "citystrata zoning town.city.gpkg --plots Plots --height maxHeight --setback 3 --far 1.2 "
    "--scenario Tower --out permit.gpkg",
    _arguments,
    _run,
)
