"""Points of facades that no daylight ever reaches: under the ground, and where a neighbour is built against.

Walls of city models reach down below the terrain, and walls between joined houses are modelled too. Such
points would pull means down that are meant for what one sees of a building.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.obstacles import Bodies, Casters
from analysis.receivers import Receivers, some_rows
from layers.arrays import Float64
from layers.columns import Mask
from layers.runs import Int64
from layers.written import grouped

#: A body that begins within this of a wall is built against it.
TOUCHING_M = 0.05
UP, DOWN = np.array([0.0, 0.0, 1.0]), np.array([0.0, 0.0, -1.0])


def below_ground(receivers: Receivers, cast: Casters) -> Mask:
    """(n,) which points lie under the terrain; none where there is no terrain."""
    with np.errstate(invalid="ignore"):
        found: Mask = receivers.points[:, 2] < cast.ground.heights(receivers.points[:, :2])
    return found


def built_against(receivers: Receivers, cast: Casters) -> Mask:
    """(n,) which points lie in the body of another object, or within TOUCHING_M of one that they look at.

    In a body one sees one and the same object from within, above and below. Looking both ways keeps
    points apart that only stand under the eaves of a neighbour.
    """
    bodies = cast.bodies
    if not len(bodies.fid):
        return np.zeros(len(receivers), bool)
    places = receivers.points + TOUCHING_M * receivers.normals
    above, below = (_seen(bodies, places, way) for way in (UP, DOWN))
    found: Mask = (above >= 0) & (above == below) & (above != receivers.fid[receivers.row])
    return found


def _seen(bodies: Bodies, places: Float64, way: Float64) -> Int64:
    """(n,) the object that is met first from each place, -1 where none is, or not from within."""
    triangle, _ = bodies.rays.first(places, way)
    met = np.flatnonzero(triangle >= 0)
    met = met[bodies.turn[triangle[met]] * way[2] > 0]
    found = np.full(len(places), -1, np.int64)
    found[met] = bodies.fid[triangle[met]]
    return found


def without_hidden(receivers: Receivers, states: list[Casters]) -> Receivers:
    """The points that light may reach in one of the states; what is left out is said in square metres."""
    buried, covered = hidden_in(receivers, states)
    notes = left_out(*(float(receivers.area_m2[hidden].sum()) for hidden in (buried, covered & ~buried)))
    return replace(_some(receivers, ~(buried | covered)), notes=(*receivers.notes, *notes))


def left_out(buried_m2: float, covered_m2: float) -> tuple[str, ...]:
    """What is said of surfaces that are below the ground, or that others are built against."""
    said = (
        (buried_m2, "below the terrain"),
        (covered_m2, "against which another building stands (party walls)"),
    )
    return tuple(
        f"{grouped(area)} m² of surfaces {where} are left out: neither light nor eyes reach them"
        for area, where in said
        if area > 0
    )


def hidden_in(receivers: Receivers, states: list[Casters]) -> tuple[Mask, Mask]:
    """(n,) which points lie below the ground in all states, and which there or behind another building."""
    buried, covered = np.ones(len(receivers), bool), np.ones(len(receivers), bool)
    for cast in states:
        is_buried = below_ground(receivers, cast)
        covered &= is_buried | built_against(receivers, cast)
        buried &= is_buried
    return buried, covered


def _some(receivers: Receivers, kept: Mask) -> Receivers:
    """Some of the points of surfaces, and the surfaces that still have points."""
    rows, row = np.unique(receivers.row[kept].astype(np.int64), return_inverse=True)
    area = receivers.area_m2[kept]
    return replace(
        some_rows(receivers, rows),
        points=receivers.points[kept],
        area_m2=area,
        row=row.astype(np.int32),
        row_area_m2=np.bincount(row, area, len(rows)).astype(np.float64),
    )
