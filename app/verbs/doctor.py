"""`citystrata doctor`: what floats above the terrain or is sunk in it, why, and its correction."""

from __future__ import annotations

import argparse
from typing import Any

from analysis.analysis import check_names, perform
from analysis.asked import checked, questions
from analysis.doctor import FLOATING, SUNK, Inputs, Patient, examined, sentences
from app.verbs.verb import Answer, Progress, Verb, add_project, add_selection
from layers.errors import UsageError
from layers.ground import terrain_of
from layers.importing import complete
from layers.pipes import network
from layers.placing import place_layer
from layers.project import Project
from layers.records import Layer
from layers.remedies import lifted


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    add_selection(parser)
    parser.add_argument("--tolerance", metavar="M", type=float, default=1.0, help="in metres; default 1")
    parser.add_argument(
        "--apply",
        choices=("layer", "objects"),
        help="correct it as one undoable step: the whole layer as suspected, or each object that is off",
    )
    parser.add_argument("--keep", action="store_true", help="keep what was found as a result in the project")
    parser.add_argument("--why", metavar="TEXT", default="", help="the reason, for the journal")


def _run(arguments: argparse.Namespace) -> Answer:
    tolerance = {field.name: ask for field, ask in questions(Inputs)}["tolerance_m"]
    inputs = Inputs(
        where=arguments.where or "",
        layer=arguments.layer or "",
        tolerance_m=checked(tolerance, arguments.tolerance),
    )
    read_only = not (arguments.apply or arguments.keep)
    with Progress() as progress, Project.open(arguments.project, read_only=read_only) as project:
        check_names(project, inputs)
        complete(project, [one for one in project.layers if one.kind in ("city", "terrain")], progress)
        if networks := _networks(project, inputs.layer):
            return _of_networks(project, networks)
        patients = examined(project, inputs, progress)
        if arguments.keep:
            _keep(project, inputs, progress)
        progress.end()
        values: dict[str, Any] = {
            "layers": [_layer(patient) for patient in patients],
            "objects": _objects(project, patients),
        }
        lines = [text for patient in patients for text in sentences(patient)]
        if arguments.apply:
            step = _apply(project, patients, arguments.apply, arguments.why)
            values["step"] = step
            lines.append(
                "There is nothing to correct."
                if step is None
                else "Corrected; citystrata undo takes it back."
            )
    return Answer(values, tuple(lines))


def _networks(project: Project, name: str) -> list[Layer]:
    """The networks that are meant: the one that is named, or all where there are no city objects."""
    if name:
        return [layer for layer in project.layers if layer.name == name and layer.kind == "pipes"]
    if any(layer.kind == "city" for layer in project.layers):
        return []
    return [layer for layer in project.layers if layer.kind == "pipes"]


def _of_networks(project: Project, layers: list[Layer]) -> Answer:
    """What is odd about the levels of networks; only city objects can be corrected."""
    terrain = terrain_of(project)
    fine = (
        "its levels fit the terrain"
        if terrain is not None
        else "there is no terrain to hold its levels against"
    )
    found = {layer.name: network(project, layer, terrain).notes for layer in layers}
    lines = [f"{name}: {note}" for name, notes in found.items() for note in notes or (f"{fine}.",)]
    return Answer(
        {"networks": [{"layer": name, "notes": notes} for name, notes in found.items()]}, tuple(lines)
    )


def _keep(project: Project, inputs: Inputs, progress: Progress) -> None:
    from analysis import doctor

    result = perform(doctor, project, inputs, progress)
    with project.edit(f"Keep result {result.title}") as edit:
        edit.add_result(result)


def _layer(patient: Patient) -> dict[str, Any]:
    states = patient.states
    gaps = patient.gap_m[patient.feet.over_terrain]
    ordered = sorted(gaps.tolist())
    return {
        "layer": patient.layer.name,
        "objects": len(states),
        "over_terrain": len(ordered),
        "floating": states.count(FLOATING),
        "sunk": states.count(SUNK),
        "gap_m": ordered[len(ordered) // 2] if ordered else None,
        "tolerance_m": patient.tolerance_m,
        "suspected": [
            {
                "kind": each.kind,
                "text": each.text,
                "before_m": None if each.kind == "swapped" else each.before_m,
                "after_m": each.after_m,
                "shift_m": each.shift_m,
                "height_scale": each.height_scale,
                "swapped": each.swapped,
            }
            for each in patient.suspicions
        ],
    }


def _objects(project: Project, patients: list[Patient]) -> list[dict[str, Any]]:
    found = []
    for patient in patients:
        rows = list(zip(patient.feet.fid.tolist(), patient.states, patient.gap_m.tolist(), strict=True))
        off = {fid: (state, gap) for fid, state, gap in (rows[row] for row in patient.off)}
        for item in project.objects(fids=off):
            state, gap = off[item.fid]
            found.append({"layer": patient.layer.name, "id": item.id, "state": state, "gap_m": gap})
    return found


def _apply(project: Project, patients: list[Patient], what: str, why: str) -> int | None:
    """Correct whole layers or single objects; gives the step."""
    if what == "layer":
        ailing = [patient for patient in patients if patient.suspicions]
        if len(ailing) > 1:
            raise UsageError(
                "Several layers are suspected",
                found=", ".join(patient.layer.name for patient in ailing),
                do="Name one with --layer",
            )
        with project.edit("Correct heights", why) as edit:
            for patient in ailing:
                first = patient.suspicions[0]
                if patient.own_ground and first.kind == "offset":
                    raised = patient.raised_m(first)
                    edit.set_geometries(lifted(project, patient.layer, raised))
                else:
                    place_layer(edit, project, patient.layer, patient.placement(first))
    else:
        with project.edit("Set objects on the ground", why) as edit:
            for patient in patients:
                edit.set_geometries(lifted(project, patient.layer, patient.lifts_m()))
    if what == "layer" and edit.changes is not None:
        complete(project, project.layers)
    return edit.changes.step.step if edit.changes else None


VERB = Verb(
    "doctor",
    "Find what floats above the terrain or is sunk in it, wrong datums, swapped axes, feet for metres.",
    "citystrata doctor town.city.gpkg --layer buildings --apply layer",
    _arguments,
    _run,
)
