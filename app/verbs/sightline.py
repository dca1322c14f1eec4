"""`citystrata sightline`: free or blocked, by what, where, and how much too high."""

from __future__ import annotations

import argparse
from typing import Any

from analysis.sight.laidlines import PLACES, SECTOR, SURFACES
from app.verbs.asking import (
    checked_expression,
    lines_of,
    measured,
    numbers_from,
    told,
    values_of,
)
from app.verbs.looking import LOOKING_OPTIONS, add_from, add_places, add_seeing, looking_from
from app.verbs.options import Option, add_options, given, options_of
from app.verbs.verb import Answer, Verb
from layers.errors import UsageError
from layers.results import FINDINGS, SIGHTLINES, Result

GIVEN = (
    Option("target-height", "target_height_m", "M", "above those places in metres; default 0", float),
    Option(
        "on", "surfaces", "", "which surfaces; default walls", choices=("windows", "walls", "roofs", "all")
    ),
    Option("spacing", "spacing_m", "M", "distance of points on them in metres; default 3", float),
    Option("step", "step_deg", "DEG", "between the lines of a fan in degrees; default 1", float),
    Option("altitude", "altitude_deg", "DEG", "of a fan above the horizontal; default 0", float),
)
NAMED = {
    **LOOKING_OPTIONS,
    **options_of(GIVEN),
    "targets": "--to",
    "to_where": "--to-objects",
    "azimuth_deg": "AZIMUTH of --fan",
    "width_deg": "WIDTH of --fan",
    "reach_m": "REACH of --fan",
}
#: Profiles have a row per cell of the terrain: they are in the file, not in the answer.
LEFT_OUT = frozenset(("profile",))


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_from(parser, are_eyes=True)
    add_places(parser, "--to", "to where: X,Y on the ground, or X,Y,Z with the height", least=False)
    add = parser.add_argument
    add_options(parser, GIVEN)
    add("--to-objects", metavar="EXPR", default="", help="instead: to surfaces of these objects")
    add(
        "--fan",
        metavar="AZIMUTH,WIDTH,REACH",
        type=_fan_from,
        help="instead: a fan of lines about an azimuth (from true north), degrees wide, metres far",
    )
    add_seeing(parser)


def _run(arguments: argparse.Namespace) -> Answer:
    answers = {
        **looking_from(arguments),
        **_towards(arguments),
        **given(arguments, GIVEN),
    }
    if arguments.height is None:
        answers |= _eyes(arguments)
    result, said = measured(arguments, "sightline", answers, NAMED)
    values = {**_headline(result), **values_of(arguments, result)}
    lines = [result.title, *result.tables[FINDINGS].texts("sentence")]
    if len(result.tables[SIGHTLINES]) > 1:
        headings = {
            "name": "line",
            "blocked_by": "blocked by",
            "distance_m": "after m",
            "excess_m": "m too high",
        }
        lines += lines_of(result.tables[SIGHTLINES], headings)
    shown = {name: value for name, value in values.items() if name not in LEFT_OUT}
    return Answer(shown, (*lines, *told(result), *said))


def _towards(arguments: argparse.Namespace) -> dict[str, Any]:
    """Where the lines go."""
    ways = [bool(arguments.to_places), bool(arguments.to_objects), arguments.fan is not None]
    if sum(ways) != 1:
        raise UsageError(
            "It is not clear where the lines of sight go",
            allowed="one of --to X,Y[,Z]…, --to-objects EXPR and --fan AZIMUTH,WIDTH,REACH",
        )
    if arguments.to_places:
        return {"towards": PLACES, "targets": tuple(arguments.to_places)}
    if arguments.to_objects:
        return {"towards": SURFACES, "to_where": checked_expression(arguments.to_objects)}
    azimuth, width, reach = arguments.fan
    return {"towards": SECTOR, "azimuth_deg": azimuth, "width_deg": width, "reach_m": reach}


def _eyes(arguments: argparse.Namespace) -> dict[str, Any]:
    """Places with a height are eyes themselves unless it is said how high these are above them."""
    heights = {len(place) == 3 for place in arguments.from_places}
    if len(heights) > 1:
        raise UsageError(
            "It is not clear how high the eyes are",
            found="places with a height and places without",
            do="Say with --height how far above all places the eyes are",
        )
    return {"eye_height_m": 0.0} if True in heights else {}


def _headline(result: Result) -> dict[str, Any]:
    """The answer of a single line of sight."""
    table = result.tables[SIGHTLINES]
    if len(table) != 1:
        return {}
    is_free = bool(table.numbers("visible")[0])
    return {
        "visible": is_free,
        "blocked_by": None if is_free else table.texts("object_id")[0],
        "blocked_by_name": None if is_free else table.texts("blocked_by")[0],
        "at": None if is_free else [float(table.numbers(f"at_{axis}")[0]) for axis in "xyz"],
        "distance_m": None if is_free else float(table.numbers("distance_m")[0]),
        "excess_m": None if is_free else float(table.numbers("excess_m")[0]),
    }


def _fan_from(text: str) -> tuple[float, ...]:
    """Azimuth, width and reach."""
    numbers = numbers_from(text)
    if len(numbers) != 3:
        raise UsageError(
            "The fan is not understood", found=repr(text), allowed="AZIMUTH,WIDTH,REACH as 90,60,500"
        )
    return numbers


VERB = Verb(
    "sightline",
    "Say whether one sees from here to there, what is in the way, and how much too high it is.",
    "citystrata sightline town.city.gpkg --from 548914,5494551,226.2 --to 548310,5494410,240 --json",
    _arguments,
    _run,
)
