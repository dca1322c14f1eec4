"""What the verbs of analyses share: where and in which states of the city, what is written and kept."""

from __future__ import annotations

import argparse
import dataclasses
import math
from datetime import date
from pathlib import Path
from typing import Any

from analysis.analysis import analysis_of
from analysis.asked import checked, questions
from app.verbs.verb import Progress, add_project, table
from layers.errors import UsageError
from layers.expression import parse
from layers.project import Project
from layers.resultfiles import check_out, export_result
from layers.results import Result, Table

#: What one says for the city of all dates, what was demolished and what is planned included.
ALL_DATES = "all"
#: Rows of a table that are shown to people; all are in the file and in the JSON.
ROWS_SHOWN = 20


def add_where(parser: argparse.ArgumentParser, spacing: str = "1") -> None:
    """The project, and where in it is measured."""
    add_project(parser)
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
    parser.add_argument(
        "--spacing", metavar="M", type=float, help=f"distance of points in metres; default {spacing}"
    )


def add_surfaces(parser: argparse.ArgumentParser) -> None:
    """Which surfaces of the objects, or the ground."""
    parser.add_argument(
        "--on",
        choices=("surfaces", "roofs", "walls", "windows", "ground"),
        default="surfaces",
        help="roofs and walls of the objects, some of them, or the ground that they cover",
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
    numbers = _numbers(text)
    if len(numbers) != 6 or not any(numbers[3:]):
        raise UsageError(
            "The point is not understood",
            found=repr(text),
            allowed="X,Y,Z,NX,NY,NZ: a place in the project's CRS and the direction it looks in",
        )
    return numbers


def ring_from(text: str) -> tuple[tuple[float, ...], ...]:
    """The corners of a window."""
    corners = tuple(_numbers(part) for part in text.split(";"))
    if len(corners) < 3 or any(len(corner) != 3 for corner in corners):
        raise UsageError(
            "The window is not understood",
            found=repr(text),
            allowed="X,Y,Z;X,Y,Z;X,Y,Z: three corners or more in the project's CRS",
        )
    return corners


def _numbers(text: str) -> tuple[float, ...]:
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
    }
    if arguments.spacing is not None:
        found["spacing_m"] = arguments.spacing
    if hasattr(arguments, "on"):
        on = "points" if found["points"] else "ground" if arguments.on == "ground" else "surfaces"
        surfaces = arguments.on if arguments.on in ("roofs", "walls", "windows") else "all"
        if arguments.box:
            on, found["box"] = "ground", arguments.box
        found |= {"on": on, "surfaces": surfaces}
    return found


def states_from(arguments: argparse.Namespace) -> dict[str, Any]:
    """The inputs that say which states of the city are looked at."""
    here = arguments.city_date or date.today().isoformat()
    dates = {"date": here, "compare_date": arguments.compare_date or here}
    return {
        **{name: "" if value == ALL_DATES else value for name, value in dates.items()},
        "without": checked_expression(arguments.without),
        "compare": arguments.compare_date is not None or arguments.compare_without is not None,
        "compare_without": checked_expression(arguments.compare_without or ""),
    }


def checked_expression(text: str) -> str:
    """An expression that can be understood, or nothing."""
    if text:
        parse(text)
    return text


def measured(arguments: argparse.Namespace, name: str, answers: dict[str, Any]) -> tuple[Result, list[str]]:
    """Run an analysis; write and keep its result as asked. Gives the result and what was done with it."""
    if arguments.out is not None:
        check_out(arguments.out, arguments.overwrite)
    analysis = analysis_of(name)
    inputs = analysis.Inputs(**checked_answers(analysis.Inputs, answers))
    progress = Progress()
    said: list[str] = []
    try:
        with Project.open(arguments.project, read_only=not arguments.keep) as project:
            result = analysis.run(project, inputs, progress)
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


def checked_answers(inputs: type[Any], answers: dict[str, Any]) -> dict[str, Any]:
    """The answers, where each may be one to its question."""
    asks = {field.name: ask for field, ask in questions(inputs)}
    return {name: checked(asks[name], value) for name, value in answers.items()}


def rows_of(found: Table) -> list[dict[str, Any]]:
    """A table as plain rows; what is not known is null."""
    columns = {
        name: values if isinstance(values, list) else values.tolist()
        for name, values in found.columns.items()
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
    rows = rows_of(found)
    shown = [list(names.values()), *([_text(row[name]) for name in names] for row in rows[:ROWS_SHOWN])]
    more = len(rows) - ROWS_SHOWN
    return [*table(shown), *([f"… and {more} more"] if more > 0 else [])]


def _text(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
