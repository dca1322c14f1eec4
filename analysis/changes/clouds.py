"""How far the point clouds of one state are from those of the other, by M3C2."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.changes.m3c2 import Distances, Scales, m3c2
from analysis.changes.state import State, layers_in
from layers.arrays import Cloud, Float64, PointTree
from layers.checks.layer import metres
from layers.columns import Mask
from layers.data import Progress, never_stop, part_of
from layers.project import Project
from layers.records import Layer

#: Points of each state that are looked at, at most: beyond, every node of the finest levels is left out.
MOST_POINTS = 20_000_000
#: Places at which distances are told, at most.
MOST_CORES = 200_000
#: Radii by the distance of neighbouring points: some 25 points give a normal, some 20 a mean place.
NORMAL_SPACINGS, RADIUS_SPACINGS = 2.8, 2.5


@dataclass(frozen=True)
class Apart:
    """The distances of two clouds."""

    before: tuple[Layer, ...]
    after: tuple[Layer, ...]
    places: Float64  # (n, 3) core points, in the project's CRS
    found: Distances
    scales: Scales
    points: tuple[int, int]
    is_thinned: bool


def clouds_apart(
    project: Project,
    before: State,
    after: State,
    wanted: Scales,
    registration_m: float,
    progress: Progress = never_stop,
) -> Apart | None:
    """The distances of the clouds of two states; None where they are the same, or one has none.

    Scales of 0 are chosen by how dense the earlier points are.
    """
    layers = [
        tuple(layer for layer in layers_in(project, state, "points") if layer.box is not None)
        for state in (before, after)
    ]
    if not all(layers) or layers[0] == layers[1]:
        return None
    around = _shared_box(layers)
    if around is None:
        return None
    unit = metres(project)
    read = [
        _points(project, some, around, part_of(progress, 0.2 * at, 0.2 * at + 0.2))
        for at, some in enumerate(layers)
    ]
    one, other = (places * unit for places, _ in read)
    if not len(one) or not len(other):
        return None
    spacing = math.sqrt(float(np.prod(np.ptp(one[:, :2], axis=0))) / len(one)) or 1.0
    scales = Scales(
        wanted.normal_m or NORMAL_SPACINGS * spacing,
        wanted.radius_m or RADIUS_SPACINGS * spacing,
        wanted.depth_m,
    )
    cores = one[_spread_out(one[:, :2], scales.radius_m)]
    found = m3c2(cores, one, other, scales, registration_m, part_of(progress, 0.4, 1.0))
    return Apart(
        before=layers[0],
        after=layers[1],
        places=cores / unit,
        found=found,
        scales=scales,
        points=(len(one), len(other)),
        is_thinned=any(is_thinned for _, is_thinned in read),
    )


def _shared_box(layers: Sequence[Sequence[Layer]]) -> Float64 | None:
    """(2, 2) west, south and east, north of where both states have points; None where they do not meet."""
    boxes = [np.array([layer.box for layer in some]).reshape(-1, 2, 3)[:, :, :2] for some in layers]
    low = np.max([box[:, 0].min(axis=0) for box in boxes], axis=0)
    high = np.min([box[:, 1].max(axis=0) for box in boxes], axis=0)
    return np.array([low, high]) if (low < high).all() else None


def _points(
    project: Project, layers: Sequence[Layer], around: Float64, progress: Progress
) -> tuple[Float64, bool]:
    """The points of some layers in a box, in the project's CRS, and whether some were left out."""
    parts, left, is_thinned = [np.zeros((0, 3))], MOST_POINTS, False
    for layer in layers:
        drawable, move = project.drawable(layer), project.mover(layer)
        if isinstance(drawable, Cloud):
            parts.append(move(np.asarray(drawable.points)))
        elif isinstance(drawable, PointTree):
            nodes = np.argsort(np.asarray(drawable.level), kind="stable").tolist()
            for number, node in enumerate(nodes):
                progress(number / len(nodes), f"points of {layer.name}")
                if left <= 0:
                    is_thinned = True
                    break
                if drawable.count[node]:
                    parts.append(move(drawable.read(node).points))
                    left -= len(parts[-1])
    places = np.concatenate(parts)
    inside = ((places[:, :2] >= around[0]) & (places[:, :2] <= around[1])).all(axis=1)
    return places[inside], is_thinned


def _spread_out(places: Float64, apart_m: float) -> Mask:
    """Some places, one in each square of a raster as wide as the distance, or wider where they are many."""
    size = np.ptp(places, axis=0)
    side = max(apart_m, math.sqrt(float(size[0] * size[1]) / MOST_CORES), 1e-6)
    cell = ((places - places.min(axis=0)) // side).astype(np.int64)
    key = cell[:, 1] * (int(cell[:, 0].max(initial=0)) + 1) + cell[:, 0]
    found = np.zeros(len(places), bool)
    found[np.unique(key, return_index=True)[1]] = True
    return found
