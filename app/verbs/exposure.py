"""`citystrata exposure`: from where on streets and squares an object is seen, and how much of it."""

from __future__ import annotations

import argparse

from app.verbs.asking import (
    checked_expression,
    is_compared,
    lines_of,
    measured,
    options_of,
    rows_of,
    told,
    values_of,
)
from app.verbs.looking import LOOKING_OPTIONS, add_seeing, given, looking_from
from app.verbs.verb import Answer, Verb, add_project

#: Options that are inputs of the analysis by another name.
GIVEN = {
    "height": "eye_height_m",
    "spacing": "spacing_m",
    "radius": "radius_m",
    "least": "least_pct",
    "pieces": "pieces",
    "box": "box",
}
NAMED = {**LOOKING_OPTIONS, **options_of(GIVEN), "target": "--of", "where": "--from"}


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    add = parser.add_argument
    add("--of", metavar="EXPR", required=True, help="the object that is looked at, or several as one")
    add("--from", dest="areas", metavar="EXPR", default="", help="areas; default all streets and squares")
    add("--box", metavar="WEST,SOUTH,EAST,NORTH", help="instead: the ground in a rectangle")
    add("--height", metavar="M", type=float, help="of the eye above the ground in metres; default 1.6")
    add("--spacing", metavar="M", type=float, help="distance of places in metres; default 5")
    add("--radius", metavar="M", type=float, help="no farther from the object than this")
    add(
        "--least", metavar="PCT", type=float, help="seen where at least so much of it shows; default anything"
    )
    add("--pieces", metavar="N", type=int, help="into which the object is cut, about; default 250")
    add_seeing(parser)


def _run(arguments: argparse.Namespace) -> Answer:
    answers = {
        **looking_from(arguments),
        "target": checked_expression(arguments.of),
        "where": checked_expression(arguments.areas),
        **given(arguments, GIVEN),
    }
    result, said = measured(arguments, "exposure", answers, NAMED)
    headings = {"name": "area", "area_m2": "m²", "seen_area_pct": "seen from, %", "mean_height_m": "m seen"}
    if is_compared(arguments):
        headings["seen_area_pct_before"] = "before, %"
    lines = [
        *result.tables["findings"].texts("sentence"),
        *lines_of(result.tables["areas"], headings),
        *told(result),
        *said,
    ]
    return Answer({**values_of(arguments, result), "surfaces": rows_of(result.surfaces)}, tuple(lines))


VERB = Verb(
    "exposure",
    "From where on streets and squares an object is seen, and how much of it.",
    "citystrata exposure town.city.gpkg --of \"name == 'Tower'\" --date 2035-07-01 --out exposure.gpkg",
    _arguments,
    _run,
)
