"""How buildings stand: on the ground, moved along with it, and one in another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from layers import scenarios
from layers.arrays import Float64
from layers.errors import EditError
from layers.footprint import plan_of
from layers.modelling.moving import moved, placed, rise_m
from layers.project import Project
from layers.records import CityObject
from layers.reworking import Workshop
from layers.shapes import Shape

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

#: What is asked whether it stands in others of its kind.
BUILDINGS = frozenset(("Building", "BuildingPart"))
#: Buildings that share less than this stand beside each other: square metres, and metres of height.
SHARED_M2, SHARED_M = 1.0, 0.1


def grounded(workshop: Workshop, shapes: Mapping[int, Shape]) -> dict[int, Shape]:
    """Shapes with each building moved up or down until its foot is on the ground."""
    heights = workshop.heights()
    if heights is None:
        raise EditError("There is no terrain to place anything on", do="Add a terrain first")
    found: dict[int, Shape] = {}
    for mine in _buildings(workshop.project, shapes):
        corners = _corners(shapes, mine)
        by_m = float((placed(Shape([], corners), heights).vertices - corners)[0, 2])
        found |= {fid: moved(shapes[fid], (0, 0, by_m)) for fid in mine}
    return found


def carried(workshop: Workshop, shapes: Mapping[int, Shape], way: Float64) -> dict[int, Shape]:
    """Shapes moved over the ground: each city object goes up or down with it, where its height is known."""
    heights, project = workshop.heights(), workshop.project
    found: dict[int, Shape] = {}
    for mine in _buildings(project, shapes):
        there = way.copy()
        if heights is not None and project.any_layer(project.object(mine[0]).layer).kind == "city":
            there[2] += rise_m(_corners(shapes, mine), way, heights)
        found |= {fid: moved(shapes[fid], there) for fid in mine}
    return found


def _buildings(project: Project, shapes: Mapping[int, Shape]) -> Iterator[list[int]]:
    """Those of some shapes that are of one building, building by building."""
    for root in dict.fromkeys(scenarios.root_of(project, fid) for fid in shapes):
        yield [item.fid for item in scenarios.family(project, root) if item.fid in shapes]


def _corners(shapes: Mapping[int, Shape], fids: Iterable[int]) -> Float64:
    return np.concatenate([shapes[fid].vertices for fid in fids])


@dataclass(frozen=True)
class _Body:
    """What a building covers, between its lowest and its highest corner."""

    plan: BaseGeometry
    low_m: float
    high_m: float

    def meets(self, other: _Body) -> bool:
        """Whether both share more than a seam."""
        height_m = min(self.high_m, other.high_m) - max(self.low_m, other.low_m)
        return height_m > SHARED_M and float(self.plan.intersection(other.plan).area) > SHARED_M2


def run_into(workshop: Workshop, fids: Iterable[int], date: str | None = None) -> list[str]:
    """The ids of the other buildings that stand, at a date, where some do."""
    project = workshop.project
    roots = dict.fromkeys(scenarios.root_of(project, fid) for fid in fids)
    every = [item for root in roots for item in scenarios.family(project, root)]
    found: dict[int, None] = {}
    for item in every:
        body = _body(workshop, item)
        if body is None:
            continue
        west, south, east, north = body.plan.bounds
        reach_m = max(east - west, north - south) / 2
        near = workshop.near(((west + east) / 2, (south + north) / 2), reach_m)
        for fid in workshop.standing(near, date):
            root = scenarios.root_of(project, fid)
            other = _body(workshop, project.object(fid)) if root not in roots else None
            if other is not None and body.meets(other):
                found[root] = None
    return [project.object(root).id for root in found]


def _body(workshop: Workshop, item: CityObject) -> _Body | None:
    """A building, or a part of one, that has a shape."""
    from shapely import make_valid

    shape = workshop.shape(item.fid) if item.type in BUILDINGS else None
    plan = None if shape is None else plan_of(workshop.project, item)
    if shape is None or plan is None or plan.is_empty:
        return None
    z = shape.vertices[:, 2]
    return _Body(make_valid(plan), float(z.min()), float(z.max()))
