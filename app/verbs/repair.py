"""`citystrata repair`: repair what is safe in the geometries of a layer, as one undoable step."""

from __future__ import annotations

import argparse

from app.verbs.verb import Answer, Progress, Verb, add_project, add_selection, chosen_layer
from layers.errors import UsageError
from layers.expression import parse
from layers.importing import complete
from layers.project import Project
from layers.remedies import repairs


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    add_selection(parser)
    parser.add_argument("--why", metavar="TEXT", default="", help="the reason, for the journal")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be repaired")


def _run(arguments: argparse.Namespace) -> Answer:
    with Progress() as progress, Project.open(arguments.project) as project:
        layer = chosen_layer(project, arguments.layer)
        if layer.kind != "city":
            raise UsageError("Only city objects are repaired", found=f"a layer of kind {layer.kind!r}")
        complete(project, [layer], progress)
        chosen = project.matching(layer, parse(arguments.where)) if arguments.where else None
        found = repairs(project, layer, chosen, progress)
        progress.end()
        step = None
        if found.shapes and not arguments.dry_run:
            with project.edit(f"Repair geometry of {layer.name}", arguments.why) as edit:
                edit.set_geometries(found.shapes)
            step = edit.changes.step.step if edit.changes else None
        ids = [project.object(fid).id for fid in found.shapes]
    values = {"repaired": len(ids), "objects": ids, "done": dict(found.done), "step": step}
    lines = [found.sentence(is_done=not arguments.dry_run)]
    if step is not None:
        lines.append("citystrata undo takes it back.")
    elif ids:
        lines.append("Nothing was changed.")
    return Answer(values, tuple(lines))


VERB = Verb(
    "repair",
    "Repair what is safe in geometries: repeated corners, orientation, polygons without area; undoable.",
    "citystrata repair delft.city.gpkg --layer delft --why 'before hand-over'",
    _arguments,
    _run,
)
