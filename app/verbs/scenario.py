"""`citystrata scenario`: alternatives to the city as it is: begun, listed, merged, exported, approved."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.verbs.verb import Answer, Progress, Verb, add_project, table
from layers.adding import STATUSES
from layers.epochs import iso_date
from layers.errors import UsageError
from layers.project import Project
from layers.proposals import merge, touched
from layers.records import Layer, Scenario
from layers.written import counted

COLUMNS = ("name", "branches from", "epoch", "status", "changed", "removed", "added")


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    parser.add_argument("action", choices=ACTIONS, help="what is to be done")
    parser.add_argument("name", metavar="NAME", nargs="?", help="of the scenario")
    parser.add_argument(
        "value", metavar="VALUE", nargs="?", help=f"of status: {', '.join(STATUSES)}; of export: the file"
    )
    parser.add_argument("--from", metavar="NAME", dest="parent", help="add: the scenario to branch from")
    parser.add_argument("--epoch", metavar="DATE", default="", help="add: the city of this date is changed")
    parser.add_argument("--note", metavar="TEXT", default="", help="add, status: what is to be said of it")
    parser.add_argument("--layer", metavar="NAME", help="export: which of its layers, where it has several")
    parser.add_argument("--overwrite", action="store_true", help="export: even where there is such a file")


def _run(arguments: argparse.Namespace) -> Answer:
    if arguments.action != "list" and not arguments.name:
        raise UsageError("The scenario is not named", allowed=f"scenario P {arguments.action} NAME")
    with Project.open(arguments.project, read_only=arguments.action in ("list", "export")) as project:
        return ACTIONS[arguments.action](project, arguments)


def _list(project: Project, _arguments: argparse.Namespace) -> Answer:
    values = [_values(project, scenario) for scenario in project.scenarios]
    if not values:
        return Answer(values, ("There are no scenarios yet.",))
    rows = [[str(value[key]) for key in _KEYS] for value in values]
    return Answer(values, table([list(COLUMNS), *rows]))


_KEYS = ("name", "parent", "epoch", "status", "changed", "removed", "added")


def _values(project: Project, scenario: Scenario) -> dict[str, Any]:
    names = {known.id: known.name for known in project.scenarios}
    found = touched(project, scenario.id)
    return {
        "id": scenario.id,
        "name": scenario.name,
        "parent": names.get(scenario.parent or 0, ""),
        "epoch": scenario.epoch,
        "status": scenario.status,
        "note": scenario.note,
        "changed": len(found.changed),
        "removed": len(found.removed),
        "added": len(found.added),
        "layers": [layer.name for layer in _layers(project, scenario)],
    }


def _layers(project: Project, scenario: Scenario) -> list[Layer]:
    return [layer for layer in project.layers if layer.scenario == scenario.id]


def _add(project: Project, arguments: argparse.Namespace) -> Answer:
    epoch = iso_date(arguments.epoch) if arguments.epoch else ""
    if epoch is None:
        epoch = next((known.date for known in project.epochs if known.name == arguments.epoch), None)
    if epoch is None:
        raise UsageError(
            "The epoch is not known",
            found=repr(arguments.epoch),
            allowed=", ".join(["a date such as 2024-05-31", *(known.name for known in project.epochs)]),
        )
    parent = project.scenario(arguments.parent).id if arguments.parent else None
    with project.edit(f"Begin scenario {arguments.name}") as edit:
        number = edit.add_scenario(arguments.name, parent, epoch)
        if arguments.note:
            edit.set_scenario(number, note=arguments.note)
    return _said(project, arguments.name, f"Scenario {arguments.name!r} is begun.")


def _said(project: Project, name: str, sentence: str) -> Answer:
    return Answer(_values(project, project.scenario(name)), (sentence,))


def _status(project: Project, arguments: argparse.Namespace) -> Answer:
    scenario = project.scenario(arguments.name)
    if arguments.value is None:
        return _said(project, scenario.name, f"{scenario.name}: {scenario.status}")
    values = {"status": arguments.value} | ({"note": arguments.note} if arguments.note else {})
    with project.edit(f"Scenario {scenario.name} is {arguments.value}") as edit:
        edit.set_scenario(scenario.id, **values)
    return _said(project, scenario.name, f"{scenario.name}: {arguments.value}")


def _remove(project: Project, arguments: argparse.Namespace) -> Answer:
    scenario = project.scenario(arguments.name)
    with project.edit(f"Remove scenario {scenario.name}") as edit:
        edit.set_scenario(scenario.id, present=False)
    said = f"Scenario {scenario.name!r} is removed; undo brings it back."
    return Answer({"removed": scenario.name}, (said,))


def _merge(project: Project, arguments: argparse.Namespace) -> Answer:
    scenario = project.scenario(arguments.name)
    with project.edit(f"Merge scenario {scenario.name}") as edit:
        found = merge(project, edit, scenario.id)
    values = {
        "scenario": scenario.name,
        "changed": len(found.changed),
        "removed": len(found.removed),
        "added": len(found.added),
        "step": edit.changes.step.step if edit.changes else None,
    }
    said = f"{counted(len(found.changed), 'object')} changed, {len(found.removed)} removed, "
    return Answer(values, (f"{said}{len(found.added)} added: {scenario.name} is built.",))


def _export(project: Project, arguments: argparse.Namespace) -> Answer:
    from layers.exporting import export_layer

    scenario = project.scenario(arguments.name)
    if arguments.value is None:
        raise UsageError("The file is not named", allowed="scenario P export NAME OUT")
    layers = [layer for layer in _layers(project, scenario) if arguments.layer in (None, layer.name)]
    if len(layers) != 1:
        raise UsageError(
            f"Scenario {scenario.name!r} has {len(layers)} such layers",
            allowed=", ".join(layer.name for layer in _layers(project, scenario)) or "none yet",
            do="Choose one with --layer" if layers else "",
        )
    out, progress = Path(arguments.value), Progress()
    try:
        how = export_layer(project, layers[0], out, progress=progress, overwrite=arguments.overwrite)
    finally:
        progress.end()
    values = {"layer": layers[0].name, "out": str(out), "how": how}
    return Answer(values, (f"{layers[0].name}: {how}. File: {out}",))


#: What can be done with scenarios.
ACTIONS: dict[str, Callable[[Project, argparse.Namespace], Answer]] = {
    "list": _list,
    "add": _add,
    "status": _status,
    "merge": _merge,
    "export": _export,
    "remove": _remove,
}

VERB = Verb(
    "scenario",
    "Alternatives to the city as it is: begin one, list all, merge one into the city, export it alone.",
    "citystrata scenario town.city.gpkg add Tower --epoch 2030",
    _arguments,
    _run,
)
