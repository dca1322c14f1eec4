"""`citystrata protectedview`: what rises before a landmark, by how much, and how high one may build."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from analysis.protectedview import NAME
from analysis.sight.landmark import HEIGHT, METRES, SHARE
from analysis.sight.silhouette import SKYLINE
from analysis.sight.viewtables import BREAKS
from app.verbs.asking import checked_expression, lines_of, measured, told, values_of
from app.verbs.looking import LOOKING_OPTIONS, add_from, add_places, add_seeing, looking_from
from app.verbs.options import Option, add_options, given, options_of
from app.verbs.verb import Answer, Verb
from layers.errors import UsageError
from layers.results import FINDINGS, Result

#: What of the landmark is to be seen, and all others.
THRESHOLD = (
    Option("upper-share", "share_pct", "PCT", "of its height that is to be seen; default 50", float),
    Option("upper", "upper_m", "M", "or so many metres of it, from its top", float),
    Option("above", "threshold_z", "Z", "or all of it above this height in the project's heights", float),
)
GIVEN = (
    Option("width", "width_m", "M", "of the corridor at the landmark; default as wide as it is", float),
    Option("margin", "margin_m", "M", "the corridor is wider on both sides by so much", float),
    Option("behind", "background_m", "M", "the corridor goes on behind the landmark so far", float),
    Option("spacing", "spacing_m", "M", "distance of points of that map in metres; default 2", float),
    Option("field", "field_deg", "DEG", "width of the skyline in degrees; default 60", float),
)
NAMED = {**LOOKING_OPTIONS, **options_of((*THRESHOLD, *GIVEN)), "landmark_points": "--point"}
#: A skyline has hundreds of rows: they are in the file, not in the answer.
LEFT_OUT = frozenset((SKYLINE,))


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_from(parser)
    add = parser.add_argument
    add("--landmark", metavar="EXPR", default="", help="the object that is to be seen, such as a church")
    add_places(parser, "--point", "or points that are to be seen", least=False)
    add_options(parser, THRESHOLD)
    add_options(parser, GIVEN)
    add("--plot", metavar="EXPR", default="", help="how high one may build on these; default the corridor")
    add_seeing(parser, trees=False)


def _run(arguments: argparse.Namespace) -> Answer:
    answers = {
        **looking_from(arguments),
        **_threshold(arguments),
        "landmark": checked_expression(arguments.landmark),
        "landmark_points": tuple(arguments.point_places),
        "plot": checked_expression(arguments.plot),
        **given(arguments, GIVEN),
    }
    if bool(arguments.landmark) == bool(arguments.point_places):
        raise UsageError(
            "It is not clear what is to be seen",
            allowed="one of --landmark EXPR and --point X,Y,Z",
        )
    result, said = measured(arguments, NAME, answers, NAMED)
    lines = [result.title, *result.tables[FINDINGS].texts("sentence")]
    if len(result.tables[BREAKS]):
        headings = {
            "name": "object",
            "excess_m": "m into the view",
            **({"since": "since"} if "since" in result.tables[BREAKS].columns else {}),
            "hides_m": "hides m",
            "distance_m": "away m",
            "allowed_z_m": "allowed up to",
        }
        if len(arguments.from_places) > 1:
            headings = {"place": "from", **headings}
        lines += lines_of(result.tables[BREAKS], headings)
    values = {**_headline(result), **values_of(arguments, result)}
    shown = {name: value for name, value in values.items() if name not in LEFT_OUT}
    return Answer(shown, (*lines, *told(result), *said))


def _threshold(arguments: argparse.Namespace) -> dict[str, Any]:
    """What of the landmark is to be seen."""
    ways = {SHARE: arguments.upper_share, METRES: arguments.upper, HEIGHT: arguments.above}
    chosen = [way for way, value in ways.items() if value is not None]
    if len(chosen) > 1:
        raise UsageError(
            "What is to be seen of the landmark is given more than once",
            allowed="one of --upper-share PCT, --upper M and --above Z",
        )
    values = given(arguments, THRESHOLD)
    return {"threshold": chosen[0], **values} if chosen else {}


def _headline(result: Result) -> dict[str, Any]:
    """What breaks a view the most, and by how much."""
    table = result.tables[BREAKS]
    counts = np.flatnonzero(np.asarray(table.columns["breaks"], bool))
    if not len(counts):
        return {"broken_by": None, "excess_m": 0.0}
    excess = table.numbers("excess_m")
    worst = int(counts[excess[counts].argmax()])
    return {"broken_by": table.texts("name")[worst], "excess_m": float(excess[worst])}


VERB = Verb(
    "protectedview",
    "What rises into a protected view of a landmark, by how much, and how high one may build.",
    "citystrata protectedview town.city.gpkg --from 548914,5494551,224.6 "
    "--landmark \"name == 'Parish church of St. Kilian'\" --date 2035 --compare-date 2025 --out view.gpkg",
    _arguments,
    _run,
)
