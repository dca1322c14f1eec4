"""`citystrata indicators`: footprint, floor area, volumes, heights, roofs, green and people, per area."""

from __future__ import annotations

import argparse
from typing import Any

from analysis.indicators import NAME
from analysis.situated import situation_named
from analysis.zones.figuretables import SIDE_BY_SIDE
from app.verbs.asking import add_results, checked_expression, lines_of, measured, told, values_of
from app.verbs.verb import Answer, Verb, add_project
from layers.project import Project

#: Options that are inputs by another name.
INPUTS = {
    "areas": "areas",
    "areas_where": "area_where",
    "objects": "where",
    "green": "green",
    "homes": "homes",
    "per_person": "m2_per_person",
    "storey_height": "storey_height_m",
    "solar": "solar",
}
NAMED = {name: f"--{option.replace('_', '-')}" for option, name in INPUTS.items()}


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    add = parser.add_argument
    add(
        "--situations",
        metavar="A,B,…",
        default="",
        help="dates, epochs, snapshots, scenarios; default as it is",
    )
    add("--areas", metavar="LAYER", help="districts, plots or other areas; default the whole city")
    add("--areas-where", metavar="EXPR", help="which areas; default all")
    add("--objects", metavar="EXPR", help="which buildings; default all")
    add("--green", metavar="EXPR", help="what is green; default plants")
    add("--homes", metavar="EXPR", help="buildings with homes; default all")
    add("--per-person", metavar="M2", type=float, help="gross floor area per person; default 50, 0: none")
    add("--storey-height", metavar="M", type=float, help="where no storeys are stated; default 3")
    add(
        "--solar",
        metavar="N",
        type=int,
        help="the kept solar result for the energy of roofs; default the latest",
    )
    add_results(parser)


def _run(arguments: argparse.Namespace) -> Answer:
    for name in ("areas_where", "objects", "green", "homes"):
        checked_expression(getattr(arguments, name) or "")
    given = {option: getattr(arguments, option) for option in INPUTS}
    answers: dict[str, Any] = {
        **{INPUTS[option]: value for option, value in given.items() if value is not None},
        **_situations(arguments),
    }
    result, said = measured(arguments, NAME, answers, NAMED)
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
