"""`citystrata windowview`: what a window or a spot sees, how much sun it gets, and what a proposal takes."""

from __future__ import annotations

import argparse
from typing import Any

from app.verbs.asking import (
    SPACING,
    add_objects,
    add_results,
    add_states,
    checked_expression,
    lines_of,
    measured,
    rows_of,
    states_from,
    told,
    values_of,
)
from app.verbs.looking import HEIGHT, LOOKING_OPTIONS, add_from
from app.verbs.options import Option, add_options, given, options_of
from app.verbs.verb import Answer, Verb
from layers.results import Result

GIVEN = (
    Option("width", "width_deg", "DEG", "field of view of the picture; default 90", float),
    Option(
        "azimuth",
        "azimuth_deg",
        "DEG",
        "where it looks to, from true north; default straight out, from a spot to what changes",
        float,
    ),
    Option("altitude", "altitude_deg", "DEG", "how far up it looks; default 0", float),
    Option("reach", "reach_m", "M", "looks as far as this; default 3000", float),
    Option("every", "every", "DAYS", "of so many days of the year one is computed; default 7", int),
    Option("step", "step_min", "MIN", "step in time in minutes; default 5", float),
)
NAMED = {**LOOKING_OPTIONS, **options_of(GIVEN)}


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_from(parser, least=False)
    add_objects(parser, spacing="2")
    add = parser.add_argument
    add(
        "--on",
        choices=("surfaces", "walls", "windows"),
        default="walls",
        help="of --objects: roofs and walls, walls with windows, or windows alone",
    )
    add_options(parser, GIVEN)
    add("--no-sun", action="store_true", help="without hours of sun")
    add("--no-trees", action="store_true", help="as if there were no vegetation")
    add_states(parser, "--date")
    add_results(parser)


def _run(arguments: argparse.Namespace) -> Answer:
    places = (*arguments.point, *arguments.window, *arguments.from_places)
    answers = {
        **states_from(arguments),
        "on": "surfaces" if arguments.objects and not places else "points",
        "points": places,
        "where": checked_expression(arguments.objects),
        "surfaces": "all" if arguments.on == "surfaces" else arguments.on,
        "vegetation": not arguments.no_trees,
        "sun": not arguments.no_sun,
        **given(arguments, (*GIVEN, HEIGHT, SPACING)),
    }
    result, said = measured(arguments, "windowview", answers, NAMED)
    lines = [
        result.title,
        *result.tables["findings"].texts("sentence"),
        *_tables(result),
        *told(result),
        *said,
    ]
    return Answer(_values(arguments, result), tuple(lines))


def _tables(result: Result) -> list[str]:
    """Shares by kind, and the objects that are seen."""
    compared = bool(result.inputs["compare"])
    kinds = {"name": "seen", "view_pct": "of the view, %", "picture_pct": "of the picture, %"}
    objects = {"name": "object", "view_pct": "of the view, %"}
    if result.inputs["on"] == "surfaces":  # one of the windows is looked out of closely
        kinds |= {"view_pct": "of all views, %", "picture_pct": "of one picture, %"}
        objects |= {"view_pct": "of one window's view, %"}
    if compared:
        kinds |= {"view_pct_before": "before, %"}
        objects |= {"view_pct_before": "before, %"}
    if result.inputs["sun"]:
        objects |= {"sun_taken_h": "sun it takes, h a year"}
    if result.inputs["sun"] and compared:
        objects |= {"sun_taken_h_before": "before, h"}
    return [*lines_of(result.tables["view_shares"], kinds), *lines_of(result.tables["seen_objects"], objects)]


def _values(arguments: argparse.Namespace, result: Result) -> dict[str, Any]:
    return {**values_of(arguments, result), "surfaces": rows_of(result.surfaces)}


VERB = Verb(
    "windowview",
    "What a window or a spot sees, how much sun it gets, and what a proposal takes of both.",
    "citystrata windowview town.city.gpkg --point 548734,5494568,214,0,-1,0 --date 2035-07-01 "
    "--compare-date 2025-07-01",
    _arguments,
    _run,
)
