"""`citystrata isovist`: how far and how wide one sees around places, and how open the sky is."""

from __future__ import annotations

import argparse

from app.verbs.asking import checked_expression, lines_of, measured, rows_of, told, values_of
from app.verbs.looking import LOOKING_OPTIONS, add_from, add_seeing, looking_from
from app.verbs.options import Option, add_options, given, options_of
from app.verbs.verb import Answer, Verb
from layers.errors import UsageError

GIVEN = (
    Option("box", "box", "WEST,SOUTH,EAST,NORTH", "instead: everywhere in a rectangle"),
    Option("spacing", "spacing_m", "M", "there, distance of places in metres; default 5", float),
    Option("radius", "radius_m", "M", "look no farther than this; default 300", float),
    Option("sky-directions", "sky_directions", "N", "of the sky; default 1000", int),
)
NAMED = {**LOOKING_OPTIONS, **options_of(GIVEN), "where": "--areas"}


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_from(parser, least=False)
    add = parser.add_argument
    add("--areas", metavar="EXPR", help="instead: everywhere in areas, such as \"type == 'LandUse'\"")
    add_options(parser, GIVEN)
    add_seeing(parser, far=False)


def _run(arguments: argparse.Namespace) -> Answer:
    in_areas = arguments.areas is not None or arguments.box is not None
    if in_areas == bool(arguments.from_places):
        raise UsageError(
            "It is not clear where one looks from",
            allowed="either --from X,Y… or one of --areas EXPR and --box WEST,SOUTH,EAST,NORTH",
        )
    answers = {
        **looking_from(arguments),
        "on": "ground" if in_areas else "places",
        "where": checked_expression(arguments.areas or ""),
        **given(arguments, GIVEN),
    }
    result, said = measured(arguments, "isovist", answers, NAMED)
    headings = {
        "surface_id": "place",
        "isovist_area_m2": "m²",
        "isovist_perimeter_m": "perimeter, m",
        "longest_sight_m": "longest, m",
        "openness_pct": "open sky, %",
        "sky_view_factor": "sky view",
    }
    lines = [
        *result.tables["findings"].texts("sentence"),
        *lines_of(result.surfaces, headings),
        *told(result),
        *said,
    ]
    return Answer({**values_of(arguments, result), "surfaces": rows_of(result.surfaces)}, tuple(lines))


VERB = Verb(
    "isovist",
    "How far and how wide one sees around places or everywhere in an area, and how open the sky is.",
    "citystrata isovist town.city.gpkg --from 548310,5494420 --radius 200 --out isovist.gpkg",
    _arguments,
    _run,
)
