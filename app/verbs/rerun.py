"""`citystrata results` and `rerun`: what a project keeps of analyses, and whether it still holds."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence

from app.verbs.asking import add_out
from app.verbs.verb import Answer, Progress, Verb, add_project, table
from layers.errors import UsageError
from layers.importing import complete
from layers.project import Project
from layers.resultfiles import export_result
from layers.results import ResultSummary
from layers.source import is_gone

OUTDATED = "the city has changed since"
#: Columns with other values that are shown to people; all are in the JSON.
DIFFERENCES_SHOWN = 12


def found_result(results: Sequence[ResultSummary], name: str) -> ResultSummary:
    """The result with that id or title."""
    found = [one for one in results if name in (str(one.id), one.title)]
    if len(found) == 1:
        return found[0]
    raise UsageError(
        "There are several results of that title" if found else "There is no such result",
        found=repr(name),
        allowed="; ".join(f"{one.id} ({one.title})" for one in results) or "none yet",
    )


def _results_arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    parser.add_argument("result", metavar="RESULT", nargs="?", help="with --out: id or title of the result")
    parser.add_argument("--layer", metavar="NAME", help="for CityJSON: whose surfaces get the values")
    add_out(parser)


def _results(arguments: argparse.Namespace) -> Answer:
    if (arguments.result is None) != (arguments.out is None):
        raise UsageError("To write a result, give both the result and --out FILE")
    with Project.open(arguments.project, read_only=True) as project:
        results = project.results
        if arguments.out is not None:
            return _exported(project, results, arguments)
        outdated = {one.id: why_outdated(project, one) for one in results}
    values = [
        {
            "id": one.id,
            "kind": one.kind,
            "title": one.title,
            "made_at": one.made_at,
            "verdict": one.verdict or None,
            "quantities": [
                {"name": each.name, "title": each.title, "unit": each.unit} for each in one.quantities
            ],
            "error": one.pedigree.error,
            "version": one.pedigree.version,
            "inputs": [{"name": name, "sha256": sha256} for name, sha256 in one.pedigree.inputs],
            "outdated": bool(outdated[one.id]),
            "why_outdated": outdated[one.id] or None,
        }
        for one in results
    ]
    if not results:
        return Answer(values, ("No results are kept in this project yet.",))
    rows = [["id", "kind", "made", "title", "", ""]]
    rows += [
        [str(one.id), one.kind, one.made_at, one.title, one.verdict, outdated[one.id]] for one in results
    ]
    return Answer(values, table(rows))


def why_outdated(project: Project, result: ResultSummary) -> str:
    """Why a result may no longer hold, or cannot be computed again; '' where it can."""
    if project.is_outdated(result.id):
        return OUTDATED
    used = {name for name, _ in result.pedigree.inputs}
    gone = [layer.name for layer in project.layers if layer.name in used and is_gone(layer)]
    return f"the file of layer {gone[0]!r} is gone" if gone else ""


def _exported(project: Project, results: Sequence[ResultSummary], arguments: argparse.Namespace) -> Answer:
    kept = project.result(found_result(results, arguments.result).id)
    progress = Progress()
    try:
        complete(project, [layer for layer in project.layers if layer.kind == "city"], progress)
    finally:
        progress.end()
    said = export_result(project, kept, arguments.out, arguments.layer, arguments.overwrite)
    values = {"result": kept.id, "title": kept.title, "out": str(arguments.out), "how": said}
    return Answer(values, (f"{kept.title}: {said}. File: {arguments.out}",))


def _rerun_arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    parser.add_argument("result", metavar="RESULT", help="id or title, as citystrata results P lists them")


def _rerun(arguments: argparse.Namespace) -> Answer:
    # The engines of analyses load only where something is computed.
    from analysis.rerunning import rerun

    progress = Progress()
    with Project.open(arguments.project, read_only=True) as project:
        kept = project.result(found_result(project.results, arguments.result).id)
        try:
            found = rerun(project, kept, progress)
        finally:
            progress.end()
    largest = found.largest_difference
    values = {
        "same": found.same,
        "largest_difference": largest if math.isfinite(largest) else None,
        "where": found.where,
        "changed_inputs": list(found.changed_inputs),
        "verdict": found.again.verdict or None,
        "verdict_then": kept.verdict or None,
        "differences": [
            {"where": each.where, "then": each.then, "now": each.now} for each in found.differences
        ],
        "result": kept.id,
        "version": found.again.pedigree.version,
        "version_then": kept.pedigree.version,
    }
    lines = [f"{kept.title}: {_said(found.same, largest, found.where)}"]
    if found.differences:
        shown = [[each.where, each.then, each.now] for each in found.differences[:DIFFERENCES_SHOWN]]
        lines += table([["where they differ most", "then", "now"], *shown])
    more = len(found.differences) - DIFFERENCES_SHOWN
    if more > 0:
        lines.append(f"… and {more} more columns")
    if found.changed_inputs:
        lines.append(f"Changed since it was computed: {', '.join(found.changed_inputs)}.")
    if kept.pedigree.version != found.again.pedigree.version:
        lines.append(f"Computed then by {kept.pedigree.version}, now by {found.again.pedigree.version}.")
    return Answer(values, tuple(lines), 0 if found.same else 1)


def _said(same: bool, largest: float, where: str) -> str:
    if same:
        return "the same, to the last digit."
    if math.isinf(largest):
        return f"not the same: rows, columns or texts differ ({where})."
    return f"not the same: numbers differ by up to {largest:.6g} ({where})."


RESULTS = Verb(
    "results",
    "List the results of analyses that a project keeps, or write one to a file.",
    "citystrata results town.city.gpkg 1 --out sunlight.gpkg",
    _results_arguments,
    _results,
)
RERUN = Verb(
    "rerun",
    "Compute a kept result again and say whether it is the same; 1 when it is not.",
    "citystrata rerun town.city.gpkg 1",
    _rerun_arguments,
    _rerun,
)
