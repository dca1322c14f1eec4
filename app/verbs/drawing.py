"""`citystrata draw`: points, lines and areas, in a scenario or in the city as it is."""

from __future__ import annotations

import argparse

from app.verbs.modelling import add_scenario, label_of, places_from, step_of, told_values, workshop_of
from app.verbs.verb import Answer, Verb, add_project
from layers.errors import UsageError
from layers.plans import CODES
from layers.project import Project


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    parser.add_argument("--layer", metavar="NAME", required=True, help="the layer to which it belongs")
    for kind, article in (("point", "its place"), ("line", "its places"), ("area", "its corners")):
        parser.add_argument(f"--{kind}", metavar='"X,Y …"', help=f"{article} in the project's CRS, in metres")
    parser.add_argument("--set", metavar="KEY=VALUE", nargs="+", default=[], help="attributes it has")
    add_scenario(parser)


def _run(arguments: argparse.Namespace) -> Answer:
    said = [kind for kind in CODES if getattr(arguments, kind) is not None]
    if len(said) != 1:
        raise UsageError(
            "It is not clear what is drawn",
            found=", ".join(f"--{kind}" for kind in said) or "nothing",
            allowed=", ".join(f"--{kind}" for kind in CODES),
        )
    (kind,) = said
    places = places_from(getattr(arguments, kind), f"--{kind}", CODES[kind])
    with Project.open(arguments.project) as project:
        workshop, layer = workshop_of(project, arguments), project.layer(arguments.layer)
        with project.edit(label_of(f"Draw {kind}", arguments), arguments.why) as edit:
            fid = workshop.draw(edit, layer, kind, places, told_values(arguments.set))
        item = project.object(fid)
        values = {
            "id": item.id,
            "type": item.type,
            "layer": project.any_layer(item.layer).name,
            "scenario": arguments.scenario or "",
            "step": step_of(edit),
        }
    return Answer(values, (f"{item.type} {item.id}, in layer {values['layer']}.",))


VERB = Verb(
    "draw",
    "Draw a point, a line or an area into a layer of such, or a pipe into a network.",
    'citystrata draw town.city.gpkg --layer Sewer --line "0,0 25,0" --set diameter=300 --scenario Tower',
    _arguments,
    _run,
)
