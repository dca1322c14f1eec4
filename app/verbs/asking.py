"""What the verbs of analyses share: where and in which states of the city, what is written and kept."""

from __future__ import annotations

import argparse
import dataclasses
import math
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from analysis.analysis import analysis_of, perform
from analysis.asked import as_json, checked, questions
from analysis.situated import ALL_DATES
from analysis.states import situations_told
from app.verbs.options import Option, add_options, given
from app.verbs.verb import AS_IT_IS, Progress, add_project, table
from layers.errors import UsageError
from layers.expression import parse
from layers.project import Project
from layers.resultfiles import check_out, export_result
from layers.results import WARNING, Result, Table

#: Options by which inputs are given, where they are called otherwise.
OPTIONS: Mapping[str, str] = {
    "where": "--objects",
    "points": "--point",
    "begin": "--from",
    "end": "--to",
    "times": "--time",
    "step_min": "--step",
    "spacing_m": "--spacing",
    "vegetation": "--no-trees",
    "least_altitude_deg": "--least-altitude",
    "least_spell_min": "--least-spell",
    "enough_h": "--enough",
}
SPACING = Option("spacing", "spacing_m", "M", "distance of points in metres", float)
#: The question whether states are compared; its dates are told either way.
COMPARE = "compare"
#: What is looked at cell by cell.
RASTER = "raster"
#: Rows of a table that are shown to people; all are in the file and in the JSON.
ROWS_SHOWN = 20
#: Digits after the point of numbers shown to people.
DECIMALS = 2


def add_where(parser: argparse.ArgumentParser, spacing: str = "1") -> None:
    """The project, and where in it is measured."""
    add_project(parser)
    add_objects(parser, spacing)


def add_objects(parser: argparse.ArgumentParser, spacing: str = "1") -> None:
    """Which objects, points or windows are measured on, and how finely."""
    parser.add_argument("--objects", metavar="EXPR", default="", help="which objects; default all buildings")
    parser.add_argument(
        "--point",
        metavar="X,Y,Z,NX,NY,NZ",
        action="append",
        default=[],
        type=point_from,
        help="a window: a point in the project's CRS and the direction it looks in; may be given again",
    )
    parser.add_argument(
        "--window",
        metavar="X,Y,Z;X,Y,Z;…",
        action="append",
        default=[],
        type=ring_from,
        help="a window by its corners, turning to the left seen from outside; may be given again",
    )
    add_options(parser, [dataclasses.replace(SPACING, about=f"{SPACING.about}; default {spacing}")])


def add_surfaces(parser: argparse.ArgumentParser, *more: str, about: str = "") -> None:
    """Which surfaces of the objects, or the ground; `more` there is to choose from, and what that is."""
    parser.add_argument(
        "--on",
        choices=("surfaces", "roofs", "walls", "windows", "ground", *more),
        default="surfaces",
        help=f"roofs and walls of the objects, some of them, or the ground that they cover{about}",
    )
    parser.add_argument("--box", metavar="WEST,SOUTH,EAST,NORTH", help="the ground in a rectangle")


def add_states(parser: argparse.ArgumentParser, city_date: str) -> None:
    """The state of the city, and one to compare it with; `city_date` is the option of the first date."""
    parser.add_argument(
        city_date,
        dest="city_date",
        metavar="DATE",
        help="the city as it stands at this date; default the day asked about, else today; all: every date",
    )
    parser.add_argument("--without", metavar="EXPR", default="", help="objects that are left out")
    parser.add_argument("--compare-date", metavar="DATE", help="the city before, as it stood at this date")
    parser.add_argument(
        "--compare-without", metavar="EXPR", help="before, objects that were not there, such as the proposal"
    )
    parser.add_argument("--scenario", metavar="NAME", default="", help="the city in this scenario")
    parser.add_argument(
        "--compare-scenario",
        metavar="NAME",
        help=f"the city before, in this scenario; {AS_IT_IS}: as it is without any",
    )


def add_out(parser: argparse.ArgumentParser) -> None:
    """The file that a result is written to."""
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        help="where to write it: .gpkg, .csv, .json, .geojson, .tif (ground), .city.json",
    )
    parser.add_argument("--overwrite", action="store_true", help="even where there is such a file already")


def add_results(parser: argparse.ArgumentParser) -> None:
    """What becomes of the result."""
    add_out(parser)
    parser.add_argument("--keep", action="store_true", help="keep the result in the project too")


def point_from(text: str) -> tuple[float, ...]:
    """Six numbers of a window's point."""
    numbers = numbers_from(text)
    if len(numbers) != 6 or not any(numbers[3:]):
        raise UsageError(
            "The point is not understood",
            found=repr(text),
            allowed="X,Y,Z,NX,NY,NZ: a place in the project's CRS and the direction it looks in",
        )
    return numbers


def ring_from(text: str) -> tuple[tuple[float, ...], ...]:
    """The corners of a window."""
    corners = tuple(numbers_from(part) for part in text.split(";"))
    if len(corners) < 3 or any(len(corner) != 3 for corner in corners):
        raise UsageError(
            "The window is not understood",
            found=repr(text),
            allowed="X,Y,Z;X,Y,Z;X,Y,Z: three corners or more in the project's CRS",
        )
    return corners


def numbers_from(text: str) -> tuple[float, ...]:
    """Numbers with commas between them; none where one is not finite."""
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        return ()
    return found if all(map(math.isfinite, found)) else ()


def surveyed_from(arguments: argparse.Namespace) -> dict[str, Any]:
    """The common inputs of analyses, from the arguments."""
    found: dict[str, Any] = {
        **states_from(arguments),
        "where": checked_expression(arguments.objects),
        "points": (*arguments.point, *arguments.window),
        **given(arguments, [SPACING]),
    }
    if hasattr(arguments, "on"):
        is_part = arguments.on in ("roofs", "walls", "windows")
        on = "surfaces" if is_part else arguments.on
        surfaces = arguments.on if is_part else "all"
        if arguments.box:
            found["box"] = arguments.box
        if on != RASTER:  # what is told of a part of it says which
            on = "ground" if arguments.box else "points" if found["points"] else on
        found |= {"on": on, "surfaces": surfaces}
    return found


def states_from(arguments: argparse.Namespace) -> dict[str, Any]:
    """The inputs that say which states of the city are looked at."""
    here = arguments.city_date or date.today().isoformat()
    dates = {"date": here, "compare_date": arguments.compare_date or here}
    return {
        **{name: "" if value == ALL_DATES else value for name, value in dates.items()},
        "without": checked_expression(arguments.without),
        "compare": is_compared(arguments),
        "scenario": arguments.scenario,
        "compare_scenario": scenario_from(arguments.compare_scenario, arguments.scenario),
        "compare_without": checked_expression(arguments.compare_without or ""),
    }


def is_compared(arguments: argparse.Namespace) -> bool:
    """Whether a state before is asked for."""
    return any(
        getattr(arguments, name) is not None
        for name in ("compare_date", "compare_without", "compare_scenario")
    )


def scenario_from(named: str | None, otherwise: str = "") -> str:
    """The scenario that an option names: '' is the city as it is."""
    return otherwise if named is None else "" if named == AS_IT_IS else named


def checked_expression(text: str) -> str:
    """An expression that can be understood, or nothing."""
    if text:
        parse(text)
    return text


def measured(
    arguments: argparse.Namespace, name: str, answers: dict[str, Any], options: Mapping[str, str] = OPTIONS
) -> tuple[Result, list[str]]:
    """Run an analysis; write and keep its result as asked. Gives the result and what was done with it.

    `options` says by which option each answer was given, where it is called otherwise than the input.
    """
    analysis = analysis_of(name)
    inputs = analysis.Inputs(**checked_answers(analysis.Inputs, answers, options))
    progress = Progress()
    said: list[str] = []
    try:
        with Project.open(arguments.project, read_only=not arguments.keep) as project:
            if arguments.keep:
                project.check_writable()
            if arguments.out is not None:
                check_out(project, arguments.out, arguments.overwrite, as_json(inputs))
            result = perform(analysis, project, inputs, progress, progress.announce)
            if arguments.out is not None:
                how = export_result(project, result, arguments.out, overwrite=arguments.overwrite)
                said.append(f"{how}. File: {arguments.out}")
            if arguments.keep:
                with project.edit(f"Keep result {result.title}") as edit:
                    number = edit.add_result(result)
                result = dataclasses.replace(result, id=number)
                said.append(f"Kept in the project as result {number}")
    finally:
        progress.end()
    return result, said


def checked_answers(inputs: type[Any], answers: dict[str, Any], options: Mapping[str, str]) -> dict[str, Any]:
    """The answers, where each may be one to its question; what is refused is called by its option."""
    asks = {
        field.name: dataclasses.replace(
            ask, title=options.get(field.name) or f"--{field.name}".replace("_", "-")
        )
        for field, ask in questions(inputs)
    }
    return {name: checked(asks[name], value) for name, value in answers.items()}


def check_wanted(inputs: type[Any], answers: Mapping[str, Any], options: Mapping[str, str]) -> None:
    """Refuse answers to questions that the others leave no room for: they would say nothing."""
    for field, ask in questions(inputs):
        answer = answers.get(field.name, field.default)
        if ask.when is None or ask.when[0] == COMPARE or answer == field.default:
            continue
        other = answers[ask.when[0]]
        if not ask.is_wanted_by(other):
            option, about = (options.get(name, f"--{name}") for name in (field.name, ask.when[0]))
            wanted = ask.when[1] if isinstance(ask.when[1], tuple) else (ask.when[1],)
            raise UsageError(
                f"“{option}” says nothing here",
                found=f"without {about}" if other is False else f"{about} {other}",
                allowed=f"with {about}" if other is False else f"with {about} {' or '.join(wanted)}",
            )


def values_of(arguments: argparse.Namespace, result: Result) -> dict[str, Any]:
    """The result for machines: its tables by name, what was done with it, and its pedigree."""
    return {
        "title": result.title,
        "verdict": result.verdict or None,
        "out": str(arguments.out) if arguments.out else None,
        "result": result.id or None,
        **{name: rows_of(found) for name, found in result.tables.items()},
        "points": len(result.points),
        "numbers": dict(result.pedigree.numbers),
        "sun": list(result.pedigree.sun),
        "error": result.pedigree.error,
        "notes": list(result.pedigree.limits),
    }


def told(result: Result) -> list[str]:
    """Which states were looked at, where the sun stood, how far off the numbers may be, what was assumed."""
    pedigree, inputs = result.pedigree, result.inputs
    return [
        f"State: {', before: '.join(state.title for state in situations_told(inputs))}",
        *pedigree.sun[:1],
        f"Accuracy: {pedigree.error}",
        *(limit if limit.startswith(WARNING) else f"Note: {limit}" for limit in pedigree.limits),
    ]


def rows_of(found: Table) -> list[dict[str, Any]]:
    """A table as plain rows, without shapes; what is not known is null."""
    columns = {
        name: values if isinstance(values, list) else values.tolist()
        for name, values in found.columns.items()
        if name != "wkb"
    }
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return [
        {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in row.items()
        }
        for row in rows
    ]


def lines_of(found: Table, names: dict[str, str]) -> list[str]:
    """The first rows of a table for people: some of its columns, under these headings."""
    rows = rows_of(found.shown(lambda _: DECIMALS))
    shown = [list(names.values()), *([_text(row[name]) for name in names] for row in rows[:ROWS_SHOWN])]
    more = len(rows) - ROWS_SHOWN
    return [*table(shown), *([f"… and {more} more"] if more > 0 else [])]


def _text(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
