"""`citystrata windowview`: what a window or a spot sees, how much sun it gets, and what a proposal takes."""

from __future__ import annotations

import argparse
from typing import Any

from app.verbs.asking import (
    add_objects,
    add_results,
    add_states,
    checked_expression,
    lines_of,
    measured,
    options_of,
    rows_of,
    states_from,
    told,
    values_of,
)
from app.verbs.looking import LOOKING_OPTIONS, add_from, given
from app.verbs.verb import Answer, Verb
from layers.results import Result

#: Options that are inputs of the analysis by another name.
GIVEN = {
    "height": "eye_height_m",
    "width": "width_deg",
    "azimuth": "azimuth_deg",
    "altitude": "altitude_deg",
    "reach": "reach_m",
    "every": "every",
    "step": "step_min",
    "spacing": "spacing_m",
}
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
    add("--width", metavar="DEG", type=float, help="field of view of the picture; default 90")
    add(
        "--azimuth",
        metavar="DEG",
        type=float,
        help="where it looks to, from true north; default straight out, from a spot to what changes",
    )
    add("--altitude", metavar="DEG", type=float, help="how far up it looks; default 0")
    add("--reach", metavar="M", type=float, help="looks as far as this; default 3000")
    add("--no-sun", action="store_true", help="without hours of sun")
    add("--every", metavar="DAYS", type=int, help="of so many days of the year one is computed; default 7")
    add("--step", metavar="MIN", type=float, help="step in time in minutes; default 5")
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
        **given(arguments, GIVEN),
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
