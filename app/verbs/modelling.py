"""`citystrata build`, `raise` and `move`: shapes drawn and changed, in a scenario or in the city as it is."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np

from app.verbs.verb import Answer, Verb, add_project, add_selection, chosen_layer, pair_from, triple_from
from layers import scenarios
from layers.arrays import Float64
from layers.edit import Edit
from layers.errors import EditError, UsageError
from layers.expression import parse
from layers.footing import grounded
from layers.modelling.buildings import building
from layers.modelling.figures import figures
from layers.modelling.moving import middle, moved, scaled, turned
from layers.modelling.outlines import Outline
from layers.modelling.pushing import raised
from layers.modelling.roofs import KINDS, Roof
from layers.project import Project
from layers.reworking import Design, Workshop, building_attributes
from layers.shapes import Shape
from layers.values import number_from
from layers.written import counted

STOREY_M = 3.0


def add_scenario(parser: argparse.ArgumentParser) -> None:
    """The options that say where edits of shapes go, and why they are made."""
    parser.add_argument("--scenario", metavar="NAME", help="in this scenario; the city stays as it is")
    parser.add_argument("--why", metavar="TEXT", default="", help="the reason, for the journal")


def workshop_of(project: Project, arguments: argparse.Namespace) -> Workshop:
    """What reads and writes shapes where the options say."""
    name = arguments.scenario
    return Workshop(project, project.scenario(name).id if name else None)


def label_of(text: str, arguments: argparse.Namespace) -> str:
    """The name of a step, with the scenario."""
    return f"{text} in {arguments.scenario}" if arguments.scenario else text


def step_of(edit: Edit) -> int | None:
    """The number of the step that an edit became."""
    return edit.changes.step.step if edit.changes else None


# --- build ----------------------------------------------------------------------------------------


def _build_arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    add = parser.add_argument
    add(
        "--footprint",
        metavar='"X,Y X,Y …"',
        required=True,
        help="its corners in the project's CRS, in metres",
    )
    add("--hole", metavar='"X,Y …"', action="append", default=[], help="corners of a courtyard")
    add("--height", metavar="M", type=float, help="of the eaves above the ground; default 3 m a storey")
    add("--storeys", metavar="N", type=int, help="how many there are")
    add("--roof", choices=KINDS, default="flat", help="default flat")
    add("--pitch", metavar="DEG", type=float, help="of the roof; default what is usual")
    add("--break-height", metavar="M", type=float, help="of a mansard's break over the eaves")
    add("--upper-pitch", metavar="DEG", type=float, help="of a mansard above its break; default 25")
    add("--direction", metavar="DEG", type=float, help="of the ridge, or the fall of a shed, from north")
    add("--ground", metavar="M", type=float, help="height of its ground; default the lowest terrain below it")
    add("--type", metavar="TYPE", default="Building", help="of city object; default Building")
    add("--set", metavar="KEY=VALUE", nargs="+", default=[], help="attributes it has")
    add("--layer", metavar="NAME", help="the layer to which it belongs; needed when there are several")
    add_scenario(parser)


def _build(arguments: argparse.Namespace) -> Answer:
    outline = Outline.of(
        *(places_from(text, "The footprint", 3) for text in (arguments.footprint, *arguments.hole))
    )
    storeys = arguments.storeys
    if arguments.height is None and storeys is None:
        raise UsageError("It is not said how high the building is", allowed="--height M or --storeys N")
    eaves_m = storeys * STOREY_M if arguments.height is None else arguments.height
    with Project.open(arguments.project) as project:
        base = project.layer(arguments.layer).id if arguments.layer else _city(project)
        workshop = workshop_of(project, arguments)
        ground_m = _ground(workshop, outline) if arguments.ground is None else arguments.ground
        shape = building(outline, ground_m, eaves_m, _roof(arguments))
        told = building_attributes(shape, arguments.roof, storeys) | told_values(arguments.set)
        with project.edit(label_of(f"Build {arguments.type}", arguments), arguments.why) as edit:
            (fid,) = workshop.add(edit, [Design(arguments.type, shape, told)], base)
        item, found = project.object(fid), figures(shape)
        values = {
            "id": item.id,
            "layer": project.any_layer(item.layer).name,
            "scenario": arguments.scenario or "",
            "ground_m": ground_m,
            "eaves_m": eaves_m,
            "height_m": found.height_m,
            "footprint_m2": found.footprint_m2,
            "volume_m3": found.volume_m3,
            "step": step_of(edit),
        }
    said = f"{item.id}: {found.height_m:.2f} m high, {found.footprint_m2:.1f} m², {found.volume_m3:.0f} m³"
    return Answer(values, (f"{said}, in layer {values['layer']}.",))


def _roof(arguments: argparse.Namespace) -> Roof:
    broken = arguments.break_height, arguments.upper_pitch
    if arguments.roof != "mansard" and broken != (None, None):
        raise UsageError(
            "Only a mansard roof has a break", found=f"--roof {arguments.roof}", allowed="--roof mansard"
        )
    return Roof(
        arguments.roof,
        pitch_deg=arguments.pitch,
        direction_deg=arguments.direction,
        break_m=broken[0],
        upper_pitch_deg=broken[1],
    )


def places_from(text: str, option: str, fewest: int) -> Float64:
    """(n, 2) places that are typed as "X,Y X,Y …", at least so many."""
    places = text.replace(";", " ").split()
    if len(places) < fewest:
        example = " ".join(["X,Y"] * fewest)
        raise UsageError(f"{option} is not understood", found=repr(text), allowed=f'"{example} …"')
    return np.array([triple_from(place, "A corner")[:2] for place in places])


def told_values(texts: Sequence[str]) -> dict[str, Any]:
    """Attributes that are typed as KEY=VALUE; numbers become numbers."""
    pairs = dict(pair_from(text, "--set") for text in texts)
    return {key: value if (number := number_from(value)) is None else number for key, value in pairs.items()}


def _city(project: Project) -> int | None:
    """The only layer of city objects as it is; None where there is none."""
    cities = [layer for layer in project.layers if layer.kind == "city" and layer.scenario is None]
    own = [layer for layer in cities if not layer.is_drawn] or cities
    if len(own) > 1:
        names = ", ".join(f"--layer {layer.name!r}" for layer in own)
        raise UsageError("It is not clear to which layer the building belongs", allowed=names)
    return own[0].id if own else None


def _ground(workshop: Workshop, outline: Outline) -> float:
    heights = workshop.heights()
    found = np.array([np.nan]) if heights is None else heights(outline.places)
    if np.isnan(found).all():
        raise EditError("There is no terrain below the footprint", do="Say the height with --ground")
    return float(np.nanmin(found))


# --- raise and move -------------------------------------------------------------------------------


def _raise_arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    add_selection(parser)
    parser.add_argument("--by", metavar="M", type=float, help="metres up, or down where it is less than 0")
    parser.add_argument("--storeys", metavar="N", type=int, help="so many storeys of 3 m")
    add_scenario(parser)


def _raise(arguments: argparse.Namespace) -> Answer:
    if (arguments.by is None) == (arguments.storeys is None):
        raise UsageError("It is not clear by how much", allowed="either --by M or --storeys N")
    by_m = arguments.storeys * STOREY_M if arguments.by is None else arguments.by
    with Project.open(arguments.project) as project:
        workshop = workshop_of(project, arguments)
        shapes = workshop.shapes(_chosen(project, arguments, workshop), whole=False)
        changed = {fid: raised(shape, by_m) for fid, shape in shapes.items()}
        with project.edit(label_of(f"Raise by {by_m:g} m", arguments), arguments.why) as edit:
            made = workshop.reshape(edit, changed, rise_m=by_m)
        return _told(project, edit, made, f"raised by {by_m:g} m")


def _move_arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    add_selection(parser)
    add = parser.add_argument
    add("--by", metavar="DX,DY[,DZ]", help="metres east, north and up")
    add("--turn", metavar="DEG", type=float, default=0.0, help="clockwise, about the middle of all")
    add("--scale", metavar="F", type=float, default=1.0, help="about the middle of all, on its foot")
    add("--on-terrain", action="store_true", help="then set each building on the ground")
    add("--copy", action="store_true", help="copies are put there, and what is there stays")
    add_scenario(parser)


def _move(arguments: argparse.Namespace) -> Answer:
    is_moved = arguments.by or arguments.turn or arguments.scale != 1.0
    if not is_moved and not arguments.on_terrain:
        raise UsageError("It is not said where to", allowed="--by, --turn, --scale, --on-terrain")
    way = triple_from(arguments.by, "--by") if arguments.by else (0.0, 0.0, 0.0)
    with Project.open(arguments.project) as project:
        workshop = workshop_of(project, arguments)
        shapes = workshop.shapes(_chosen(project, arguments, workshop))
        about = middle(Shape([], np.concatenate([shape.vertices for shape in shapes.values()])))
        changed = {}
        for fid, shape in shapes.items():
            if arguments.scale != 1.0:
                shape = scaled(shape, arguments.scale, about)
            if arguments.turn:
                shape = turned(shape, -arguments.turn, about)
            changed[fid] = moved(shape, way)
        if arguments.on_terrain:
            changed = grounded(workshop, changed)
        with project.edit(
            label_of("Duplicate" if arguments.copy else "Move", arguments), arguments.why
        ) as edit:
            made = workshop.copies(edit, [changed]) if arguments.copy else workshop.reshape(edit, changed)
        return _told(project, edit, made, "copied" if arguments.copy else "moved")


def _chosen(project: Project, arguments: argparse.Namespace, workshop: Workshop) -> list[int]:
    """The objects that are meant, as they stand in the scenario."""
    if arguments.where is None:
        raise UsageError("It is not said which objects are meant", allowed="--where EXPR")
    layer, where = chosen_layer(project, arguments.layer), parse(arguments.where)
    layers = scenarios.layers_in(project, layer, workshop.scenario)
    where.check({key: kind for each in layers for key, kind in project.attribute_types(each).items()})
    found = [scenarios.standing_fids(project, each, where, workshop.scenario) for each in layers]
    fids: list[int] = np.concatenate(found).tolist()
    if not fids:
        raise EditError(
            "No object is like that, so nothing was changed",
            where=layer.name,
            found=f"--where {arguments.where!r}",
            do="citystrata query shows which are there",
        )
    return fids


def _told(project: Project, edit: Edit, fids: list[int], what: str) -> Answer:
    values = {"objects": [project.object(fid).id for fid in fids], "step": step_of(edit)}
    return Answer(values, (f"{counted(len(fids), 'object')} {what}.",))


BUILD = Verb(
    "build",
    "Build a house on a footprint, with walls and a roof, as a sound solid of LoD 1 and 2.",
    'citystrata build town.city.gpkg --footprint "0,0 12,0 12,8 0,8" --height 9 --roof gable',
    _build_arguments,
    _build,
)
RAISE = Verb(
    "raise",
    "Move the roofs of buildings up or down; their walls follow.",
    "citystrata raise town.city.gpkg --where \"id == 'b12'\" --by 5 --scenario Tower",
    _raise_arguments,
    _raise,
)
MOVE = Verb(
    "move",
    "Move, turn and scale buildings, set them on the terrain, or put copies elsewhere.",
    "citystrata move town.city.gpkg --where \"id == 'b12'\" --by 10,-4 --turn 15 --on-terrain",
    _move_arguments,
    _move,
)
