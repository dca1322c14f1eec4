"""Putting a layer elsewhere by hand: by numbers, or by points known in the model and on the ground."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import orjson

from layers.arrays import Float64
from layers.data import Box
from layers.edit import Edit
from layers.epochs import BASE
from layers.errors import PlaceError
from layers.moving import moved_box
from layers.place import local_origin
from layers.placement import AS_READ, Pair, Placement, Triple
from layers.project import Project
from layers.records import Layer
from layers.siting import upright_foot

#: Numbers farther from the local origin than this lose millimetres on the screen.
FAR_M = 20_000.0
#: Points nearer to each other than this, or in one line, tell nothing of a rotation.
LEAST_SPREAD_M = 0.01


def place_layer(edit: Edit, project: Project, layer: Layer, placement: Placement) -> None:
    """Put a layer somewhere, as part of an edit.

    The terrain that shows some of its objects goes with it, and so do layers of what was changed of it in
    scenarios, or added to it.
    """
    holder = layer.objects_layer
    for other in project.layers:
        if holder in (other.objects_layer, other.facts.get(BASE)):
            edit.set_layer(other.id, placement=placement)
    origin = _better_origin(project, layer, placement)
    if origin is not None:
        edit.set_project("origin", orjson.dumps(origin).decode())


def box_placed(project: Project, layer: Layer, placement: Placement) -> Box | None:
    """The box of a layer in the project's CRS if it were put there."""
    box = layer.facts.get("layer_box")
    return moved_box(box, project.mover(replace(layer, placement=placement))) if box else None


def _better_origin(project: Project, layer: Layer, placement: Placement) -> list[float] | None:
    """A local origin nearer to the city where the one there is has become too far; None where it has not."""
    moved = box_placed(project, layer, placement)
    others = [other.box for other in project.layers if other.objects_layer != layer.objects_layer]
    boxes = [box for box in (moved, *others) if box]
    if moved is None or not boxes:
        return None
    origin = project.place.origin
    if any(_distance(box, origin) < FAR_M for box in boxes):
        return None
    return local_origin(moved)


def _distance(box: Box, origin: Float64) -> float:
    middle = (np.array(box[:2]) + np.array(box[3:5])) / 2
    return float(np.hypot(*(middle - origin[:2])))


def unplaced(placement: Placement) -> Placement:
    """A placement without what was done by hand; the file's coordinates stay corrected."""
    return replace(AS_READ, offset=placement.offset, swapped=placement.swapped)


def by_numbers(project: Project, layer: Layer) -> Placement:
    """The placement as a person is shown it: told about the middle of the layer's foot, set upright."""
    foot = foot_of(project, layer, layer.placement.tilt_deg)
    return layer.placement if foot is None else layer.placement.about(foot)


def foot_of(project: Project, layer: Layer, tilt_deg: Pair) -> Triple | None:
    """Where the file and its CRS put what is the middle of the layer's foot when it is tilted so."""
    box = box_placed(project, layer, unplaced(layer.placement))
    return None if box is None else upright_foot(box, tilt_deg)


def tilted(project: Project, layer: Layer, placement: Placement, tilt_deg: Pair) -> Placement:
    """The same placement by its numbers with another tilt: the middle of its foot stands where it stood."""
    foot = foot_of(project, layer, tilt_deg)
    if foot is None:
        return replace(placement, tilt_deg=tilt_deg)
    east, north, up = (np.array(placement.pivot) + np.array(placement.shift) - np.array(foot)).tolist()
    return replace(placement, tilt_deg=tilt_deg, pivot=foot, shift=(east, north, up))


@dataclass(frozen=True)
class Fit:
    """A placement found from pairs of points, and how far each is off in it."""

    placement: Placement
    residuals_m: Float64  # (n, 3) of each pair: where it comes to lie minus where it should, in project units

    @property
    def rms_m(self) -> float:
        """The root of the mean of the squared distances."""
        return float(np.sqrt((self.residuals_m**2).sum(axis=1).mean()))


def fitted(placement: Placement, in_model: Float64, in_project: Float64, with_scale: bool = False) -> Fit:
    """The placement that brings points of a model where they belong, by least squares.

    `in_model` (n, 3) are as the layer lies now, by `placement`; `in_project` (n, 3) where they should
    be. Rotation about the vertical and shift, and scale if asked for, else it keeps its own:
    the closed form of a plane similarity (Umeyama 1991, doi:10.1109/34.88573); heights by their mean
    difference. One pair shifts.
    """
    if len(in_model) != len(in_project) or not len(in_model):
        raise PlaceError(
            "A layer is placed by pairs of points", found=f"{len(in_model)} and {len(in_project)}"
        )
    source, target = placement.take_back(in_model), np.asarray(in_project, np.float64)
    pivot = source.mean(axis=0)
    a, b = (source - pivot) @ placement.upright().T, target - target.mean(axis=0)
    rotation, scale = placement.rotation_deg, placement.scale
    if len(source) > 1:
        spread = float((a[:, :2] ** 2).sum())
        if spread < LEAST_SPREAD_M**2 or float((b[:, :2] ** 2).sum()) < LEAST_SPREAD_M**2:
            raise PlaceError(
                "The points lie at one place, which tells no direction", do="Pick points farther apart"
            )
        along = float((a[:, :2] * b[:, :2]).sum())
        across = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum())
        rotation = math.degrees(math.atan2(across, along))
        scale = math.hypot(along, across) / spread if with_scale else scale
    east, north, up = (target.mean(axis=0) - pivot).tolist()
    found = replace(
        placement,
        pivot=_triple(pivot),
        shift=(east, north, up),
        rotation_deg=rotation,
        scale=scale,
    )
    found.check()
    return Fit(found, found.put(source) - target)


def _triple(point: Sequence[float] | Float64) -> Triple:
    x, y, z = (float(part) for part in point)
    return x, y, z
