"""`citystrata place`: put a layer elsewhere, by numbers or by points that are known on the ground."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

import numpy as np

from app.verbs.verb import Answer, Progress, Verb, add_project, add_upright, chosen_layer, triple_from
from layers.errors import UsageError
from layers.importing import check_source, complete
from layers.placement import LEVEL, TILTS_DEG, UNITS_M, Placement
from layers.placing import Fit, by_numbers, fitted, place_layer, tilted, unplaced
from layers.project import Project
from layers.records import Layer


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    add = parser.add_argument
    add("--layer", metavar="NAME", help="the layer; needed when several have objects")
    add("--shift", metavar="X,Y,Z", help="move it so far east, north and up from where it is")
    add("--rotate", metavar="DEG", type=float, default=0.0, help="turn it anticlockwise, seen from above")
    add("--scale", metavar="F", type=float, default=1.0, help="make it so many times as large")
    add("--height-scale", metavar="F", type=float, default=1.0, help="heights besides: 0.3048 for feet")
    add_upright(parser)
    add("--to", metavar="X,Y,Z", help="move the middle of its foot to this point")
    add(
        "--pair", metavar="X,Y,Z=X,Y,Z", action="append", default=[],
        help="a point of the layer as it lies now, and where it should be; from two on it is turned too",
    )  # fmt: skip
    add("--with-scale", action="store_true", help="let the pairs tell its size as well")
    add("--reset", action="store_true", help="first put it back to where its file says")
    add("--why", metavar="TEXT", default="", help="the reason, for the journal")


def _run(arguments: argparse.Namespace) -> Answer:
    progress = Progress()
    with Project.open(arguments.project) as project:
        layer = chosen_layer(project, arguments.layer)
        check_source(layer)
        start = unplaced(layer.placement) if arguments.reset else layer.placement
        placement, fit = _wanted(arguments, project, replace(layer, placement=start))
        placement.check()
        with project.edit(f"Place {layer.name}", arguments.why) as edit:
            place_layer(edit, project, layer, placement)
        try:
            complete(project, [project.layer(layer.id)], progress)
        finally:
            progress.end()
        return _answer(project.layer(layer.id), fit)


def _wanted(arguments: argparse.Namespace, project: Project, layer: Layer) -> tuple[Placement, Fit | None]:
    """The placement that is asked for, and how well pairs of points fit it."""
    by_hand = (
        arguments.shift,
        arguments.to,
        arguments.rotate,
        arguments.scale != 1.0,
        arguments.height_scale != 1.0,
        arguments.unit,
        arguments.up,
    )
    if arguments.pair:
        if any(by_hand):
            raise UsageError("Pairs of points leave nothing to be said by numbers", do="Use one or the other")
        pairs = [_pair(text) for text in arguments.pair]
        model, ground = (np.array([pair[side] for pair in pairs]) for side in (0, 1))
        fit = fitted(layer.placement, model, ground, arguments.with_scale)
        return fit.placement, fit
    if not any(by_hand) and not arguments.reset:
        raise UsageError(
            "Nothing is to be changed",
            allowed="--shift, --rotate, --scale, --unit, --up, --to, --pair, --reset",
        )
    found = by_numbers(project, layer)
    if arguments.up:
        found = tilted(project, layer, found, TILTS_DEG[arguments.up])
    if arguments.unit:
        found = replace(found, scale=UNITS_M[arguments.unit])
    if arguments.to:
        goal = np.array(triple_from(arguments.to, "--to")) - np.array(found.pivot)
        east, north, up = goal.tolist()
        found = replace(found, shift=(east, north, up))
    if arguments.shift:
        found = found.shifted(triple_from(arguments.shift, "--shift"))
    return replace(
        found,
        rotation_deg=(found.rotation_deg + arguments.rotate) % 360,
        scale=found.scale * arguments.scale,
        height_scale=found.height_scale * arguments.height_scale,
    ), None


def _pair(text: str) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    model, sign, ground = text.partition("=")
    if not sign:
        raise UsageError("--pair is not understood", found=repr(text), allowed="X,Y,Z=X,Y,Z")
    return triple_from(model, "--pair"), triple_from(ground, "--pair")


def _answer(layer: Layer, fit: Fit | None) -> Answer:
    placement = layer.placement
    values: dict[str, Any] = {
        "layer": layer.name,
        "shift": list(placement.shift),
        "rotation_deg": placement.rotation_deg,
        "scale": placement.scale,
        "height_scale": placement.height_scale,
        "tilt_deg": list(placement.tilt_deg),
        "pivot": list(placement.pivot),
        "box": list(layer.box) if layer.box else None,
    }
    lines = [f"{layer.name} is where its file says" if placement.is_as_read else _told(layer.name, placement)]
    if layer.box:
        lines.append("Now from {:.3f}, {:.3f}, {:.3f} to {:.3f}, {:.3f}, {:.3f}".format(*layer.box))
    if fit is not None:
        values["residuals_m"], values["rms_m"] = fit.residuals_m.tolist(), fit.rms_m
        lines += [
            f"  point {number}: off by {east:+.3f}, {north:+.3f}, {up:+.3f} m"
            for number, (east, north, up) in enumerate(fit.residuals_m.tolist(), 1)
        ]
        lines.append(f"  root mean square {fit.rms_m:.3f} m")
    return Answer(values, tuple(lines))


def _told(name: str, placement: Placement) -> str:
    east, north, up = placement.shift
    parts = [f"moved by {east:.3f}, {north:.3f}, {up:.3f}"]
    if placement.rotation_deg:
        parts.append(f"turned by {placement.rotation_deg:.6g}°")
    if placement.tilt_deg != LEVEL:
        parts.append("tilted by {:.6g}° about east and {:.6g}° about north".format(*placement.tilt_deg))
    if placement.scale != 1.0:
        parts.append(f"scaled by {placement.scale:.6g}")
    if placement.height_scale != 1.0:
        parts.append(f"heights scaled by {placement.height_scale:.6g}")
    return f"{name} is {', '.join(parts)}"


VERB = Verb(
    "place",
    "Put a layer elsewhere: move, turn and scale it, or fit it to points, as one undoable step.",
    "citystrata place town.city.gpkg --layer house --to 85000,446000,2.1 --rotate 30",
    _arguments,
    _run,
)
