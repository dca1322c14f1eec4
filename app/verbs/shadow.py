"""`citystrata shadow`: exact shadows on the ground as polygons, per casting object and time."""

from __future__ import annotations

import argparse
from typing import Any

from app.verbs.asking import (
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
from app.verbs.verb import Answer, Verb, add_project
from layers.errors import UsageError


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    add = parser.add_argument
    add(
        "--time",
        metavar="ISO",
        nargs="+",
        action="extend",
        default=[],
        help="such as 2026-03-21T12:00 on the clocks of the place, or with its offset or Z",
    )
    add("--day", metavar="D", help="instead: steps over a day, and for how long places lie in shadow")
    add("--from", dest="begin", metavar="HH:MM", help="first step, or with its day as 2026-03-21T09:00")
    add("--to", dest="end", metavar="HH:MM", help="last step")
    add("--step", metavar="MIN", type=float, help="minutes from step to step; default 30")
    add("--objects", metavar="EXPR", default="", help="which objects cast; default all")
    add("--on", metavar="LAYER", default="", help="the terrain they cast on; default the uppermost")
    add("--no-trees", action="store_true", help="no shadows of vegetation")
    add_states(parser, "--date")
    add_results(parser)


def _run(arguments: argparse.Namespace) -> Answer:
    when = _when(arguments)
    arguments.city_date = arguments.city_date or when.get("day") or when["times"][: len("2026-03-21")]
    answers = {
        **when,
        **states_from(arguments),
        "where": checked_expression(arguments.objects),
        "on": arguments.on,
        "vegetation": not arguments.no_trees,
    }
    result, said = measured(arguments, "shadow", answers)
    names = {"caster": "caster", "time": "time", "area_m2": "m²", "beside_m2": "m² outside its footprint"}
    values = {**values_of(arguments, result), "features": rows_of(result.shapes)}
    lines = [result.title, *lines_of(result.shapes, names)]
    if "newly_shaded" in result.tables:
        lines += [
            "Newly in shadow:",
            *lines_of(result.tables["newly_shaded"], {"time": "time", "area_m2": "m²"}),
        ]
    if "bands" in result.tables:
        lines += lines_of(
            result.tables["bands"],
            {"hours": "at least h", "longer_h": "or longer by up to h", "area_m2": "m² in shadow"},
        )
    return Answer(values, (*lines, *told(result), *said))


def _when(arguments: argparse.Namespace) -> dict[str, Any]:
    """The inputs that say when: single times, or steps over a day."""
    days = {arguments.day} if arguments.day else set()
    clock: dict[str, str] = {}
    for name in ("begin", "end"):
        day, _, time = (getattr(arguments, name) or "").rpartition("T")
        days |= {day} if day else set()
        clock |= {name: time} if time else {}
    is_series = bool(days or clock or arguments.step)
    if is_series == bool(arguments.time) or (is_series and len(days) != 1):
        raise UsageError(
            "It is not clear when shadows are asked for",
            allowed="--time ISO…, or one --day D with --from, --to and --step",
        )
    if not is_series:
        return {"times": " ".join(arguments.time)}
    return {"day": days.pop(), **clock, **({"step_min": arguments.step} if arguments.step else {})}


VERB = Verb(
    "shadow",
    "Exact shadows on the ground as polygons, of every object and time.",
    "citystrata shadow town.city.gpkg --time 2026-03-21T12:00 --objects \"name == 'Tower'\" --out out.gpkg",
    _arguments,
    _run,
)
