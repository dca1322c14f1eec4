"""`citystrata exposure`: from where on streets and squares an object is seen, and how much of it."""

from __future__ import annotations

import argparse

from app.verbs.asking import (
    checked_expression,
    is_compared,
    lines_of,
    measured,
    rows_of,
    told,
    values_of,
)
from app.verbs.looking import LOOKING_OPTIONS, add_seeing, looking_from
from app.verbs.options import Option, add_options, given, options_of
from app.verbs.verb import Answer, Verb, add_project

GIVEN = (
    Option("box", "box", "WEST,SOUTH,EAST,NORTH", "instead: the ground in a rectangle"),
    Option("height", "eye_height_m", "M", "of the eye above the ground in metres; default 1.6", float),
    Option("spacing", "spacing_m", "M", "distance of places in metres; default 5", float),
    Option("radius", "radius_m", "M", "no farther from the object than this", float),
    Option("least", "least_pct", "PCT", "seen where at least so much of it shows; default anything", float),
    Option("pieces", "pieces", "N", "into which the object is cut, about; default 250", int),
)
NAMED = {**LOOKING_OPTIONS, **options_of(GIVEN), "target": "--of", "where": "--from"}


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    add = parser.add_argument
    add("--of", metavar="EXPR", required=True, help="the object that is looked at, or several as one")
    add("--from", dest="areas", metavar="EXPR", default="", help="areas; default all streets and squares")
    add_options(parser, GIVEN)
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
