"""`citystrata zoning`: which buildings break the rules of their plots, by how much, as for a permit."""

from __future__ import annotations

import argparse
from typing import Any

from analysis.situated import ALL_DATES
from analysis.zoning import NAME
from app.verbs.asking import (
    add_results,
    checked_expression,
    lines_of,
    measured,
    options_of,
    told,
    values_of,
)
from app.verbs.verb import Answer, Verb, add_project
from layers.results import FINDINGS, VIOLATIONS

#: Rules that are numbers, attributes or expressions of both, with what they say.
STATED = {
    "height": "highest above the ground at the building, m",
    "top": "highest above the project's zero, m",
    "above_reference": "highest above the reference level, m",
    "reference": "the reference level, m; default the mean ground of the plot",
    "storeys": "most storeys",
    "setback": "from the border of the plot, m",
    "coverage": "share of the plot that is covered, 0.4",
    "far": "floor area ratio: gross floor area / area of the plot",
    "volume_ratio": "m³ of building / m² of plot",
}
#: Layers and numbers of other rules: option, input, what it means, what it stands for in the help.
LAYERS = {
    "lines": ("lines", "building windows (areas) and building lines"),
    "axes": ("axes", "axes of streets that an angle rises from"),
    "sun_areas": ("sun_areas", "areas that keep their sun"),
}
NUMBERS = {
    "border_angle": ("border_deg", "DEG", "planes rise inwards from the border of the plot at this angle"),
    "border_from": ("border_begin_m", "M", "and begin so high above the ground"),
    "street_angle": ("street_deg", "DEG", "planes rise from the axes at this angle; default 45"),
    "street_from": ("street_begin_m", "M", "and begin so high above the ground"),
    "sun_step": ("sun_step_min", "MIN", "the sun is looked at so often; default 15"),
    "storey_height": ("storey_height_m", "M", "where no storeys are stated; default 3"),
    "tolerance": ("tolerance_m", "M", "what is beyond by no more is kept; default 0.01"),
}
TEXTS = {
    "sun_day": ("sun_day", "D", "the day on which they do; default 2026-03-21"),
    "sun_from": ("sun_begin", "HH:MM", "from; default 10:00"),
    "sun_to": ("sun_end", "HH:MM", "to; default 14:00"),
    "views": ("views", "N,M", "protected views that stay clear: numbers of kept results, or all"),
}
INPUTS = {
    **{name: "floor_area_ratio" if name == "far" else name for name in STATED},
    **{option: name for option, (name, *_) in (*LAYERS.items(), *NUMBERS.items(), *TEXTS.items())},
}
NAMED = {**options_of(INPUTS), "where": "--objects", "plot_where": "--plots-where"}


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    add = parser.add_argument
    add("--plots", metavar="LAYER", default="", help="the layer of plots with their rules")
    add("--plots-where", metavar="EXPR", default="", help="which plots; default all")
    add("--objects", metavar="EXPR", default="", help="which buildings; default all on the plots")
    add("--date", metavar="DATE", default="", help="the city of this date; all: every date")
    add("--scenario", metavar="NAME", default="", help="the buildings of this scenario")
    add("--all", action="store_true", help="of a scenario all that stands, not only what it builds")
    add("--without", metavar="EXPR", default="", help="objects that are left out")
    add("--rules-given", action="store_true", help="no rules from attributes that are named after them")
    about = "; a number, an attribute of the plots, or an expression"
    for name, what in STATED.items():
        add(f"--{name.replace('_', '-')}", metavar="RULE", default="", help=what + about)
    for name, (_, what) in LAYERS.items():
        add(f"--{name.replace('_', '-')}", metavar="LAYER", help=what)
    for name, (_, unit, what) in NUMBERS.items():
        add(f"--{name.replace('_', '-')}", metavar=unit, type=float, help=what)
    for name, (_, unit, what) in TEXTS.items():
        add(f"--{name.replace('_', '-')}", metavar=unit, help=what)
    add_results(parser)


def _run(arguments: argparse.Namespace) -> Answer:
    given = {option: getattr(arguments, option) for option in INPUTS}
    answers: dict[str, Any] = {
        **{INPUTS[option]: value for option, value in given.items() if value not in (None, "")},
        "plots": arguments.plots,
        "plot_where": checked_expression(arguments.plots_where),
        "where": checked_expression(arguments.objects),
        "date": "" if arguments.date == ALL_DATES else arguments.date,
        "scenario": arguments.scenario,
        "own": not arguments.all,
        "without": checked_expression(arguments.without),
        "by_name": not arguments.rules_given,
    }
    result, said = measured(arguments, NAME, answers, NAMED)
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
