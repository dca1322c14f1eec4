"""`citystrata history`, `undo` and `redo`: the edit journal."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from app.verbs.verb import Answer, Verb, add_project, table
from layers.errors import EditError, UsageError
from layers.project import Project
from layers.records import Changes, Step


def _history_arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    parser.add_argument("--object", metavar="ID", help="only what changed in this object")


def _history(arguments: argparse.Namespace) -> Answer:
    with Project.open(arguments.project, read_only=True) as project:
        fid = None
        if arguments.object is not None:
            item = project.by_id(arguments.object)
            if item is None:
                raise UsageError("There is no such object", found=repr(arguments.object))
            fid = item.fid
        steps = project.history(fid)
    rows = [[str(s.step), s.when, s.who, "undone" if s.undone else "", s.label, s.why] for s in steps]
    return Answer([_values(step) for step in steps], table(rows) or ("No edits yet.",))


def _values(step: Step) -> dict[str, Any]:
    values: dict[str, Any] = {
        "step": step.step,
        "label": step.label,
        "who": step.who,
        "when": step.when,
        "why": step.why,
        "undone": step.undone,
        "changes": step.count,
    }
    if step.changes:
        values["details"] = [
            {"key": change.key, "before": change.before, "after": change.after} for change in step.changes
        ]
    return values


def _turn_arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    parser.add_argument("n", metavar="N", nargs="?", type=int, default=1, help="how many steps; default 1")


def _turn(name: str, turn: Callable[[Project], Changes | None]) -> Callable[[argparse.Namespace], Answer]:
    def run(arguments: argparse.Namespace) -> Answer:
        if arguments.n < 1:
            raise UsageError(
                "The number of steps is not possible", found=str(arguments.n), allowed="1 or more"
            )
        done: list[Step] = []
        with Project.open(arguments.project) as project:
            while len(done) < arguments.n and (changes := turn(project)) is not None:
                done.append(changes.step)
        if not done:
            raise EditError(f"There is nothing to {name}", where=str(arguments.project))
        values = [
            {"step": s.step, "label": s.label, "who": s.who, "when": s.when, "why": s.why} for s in done
        ]
        return Answer(values, tuple(f"{name}: {step.label}" for step in done))

    return run


HISTORY = Verb(
    "history",
    "The edit journal: who changed what, when and why.",
    "citystrata history delft.city.gpkg --json",
    _history_arguments,
    _history,
)
UNDO = Verb(
    "undo",
    "Take the last step back, or the last N.",
    "citystrata undo delft.city.gpkg 2",
    _turn_arguments,
    _turn("undo", Project.undo),
)
REDO = Verb(
    "redo",
    "Do the last undone step again, or the last N.",
    "citystrata redo delft.city.gpkg",
    _turn_arguments,
    _turn("redo", Project.redo),
)
