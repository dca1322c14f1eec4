"""`citystrata indicators`: footprint, floor area, volumes, heights, roofs, green and people, per area."""

from __future__ import annotations

import argparse
from typing import Any

from analysis.indicators import NAME
from analysis.situated import situation_named
from analysis.zones.figuretables import SIDE_BY_SIDE
from app.verbs.asking import add_results, checked_expression, lines_of, measured, told, values_of
from app.verbs.options import STOREY_HEIGHT, Option, add_options, given, options_of
from app.verbs.verb import Answer, Verb, add_project
from layers.project import Project

OPTIONS = (
    Option("areas", "areas", "LAYER", "districts, plots or other areas; default the whole city"),
    Option("areas-where", "area_where", "EXPR", "which areas; default all", checked_expression),
    Option("objects", "where", "EXPR", "which buildings; default all", checked_expression),
    Option("green", "green", "EXPR", "what is green; default plants", checked_expression),
    Option("homes", "homes", "EXPR", "buildings with homes; default all", checked_expression),
    Option("per-person", "m2_per_person", "M2", "gross floor area per person; default 50, 0: none", float),
    STOREY_HEIGHT,
    Option("solar", "solar", "N", "the kept solar result for the energy of roofs; default the latest", int),
)


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    parser.add_argument(
        "--situations",
        metavar="A,B,…",
        default="",
        help="dates, epochs, snapshots, scenarios; default as it is",
    )
    add_options(parser, OPTIONS)
    add_results(parser)


def _run(arguments: argparse.Namespace) -> Answer:
    answers = {**given(arguments, OPTIONS), **_situations(arguments)}
    result, said = measured(arguments, NAME, answers, options_of(OPTIONS))
    table = result.tables[SIDE_BY_SIDE]
    shown = {name: "area" if name == "name" else name for name in table.columns if name != "fid"}
    lines = [result.title, *lines_of(table, shown)]
    return Answer(values_of(arguments, result), (*lines, *told(result), *said))


def _situations(arguments: argparse.Namespace) -> dict[str, Any]:
    """The first two situations as now and before, and all others."""
    names = [name for name in arguments.situations.split(",") if name.strip()]
    with Project.open(arguments.project, read_only=True) as project:
        found = [situation_named(project, name).situation for name in names[:2]]
    answers: dict[str, Any] = {"further": ",".join(names[2:])}
    for prefix, situation in zip(("", "compare_"), found, strict=False):
        answers |= {f"{prefix}date": situation.date, f"{prefix}scenario": situation.scenario}
    return {**answers, "compare": len(found) > 1}


VERB = Verb(
    "indicators",
    "Footprint, floor area, volumes, heights, roofs, green and people of areas, situations side by side.",
    "citystrata indicators town.city.gpkg --areas Districts --situations Tower,2026 --out indicators.csv",
    _arguments,
    _run,
)
