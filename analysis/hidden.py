"""Points of facades that no daylight ever reaches: under the ground, and where a neighbour is built against.

Walls of city models reach down below the terrain, and walls between joined houses are modelled too. Such
points would pull means down that are meant for what one sees of a building.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.obstacles import Casters
from analysis.rays import Rays
from analysis.receivers import Receivers
from layers.arrays import Float64
from layers.columns import Mask
from layers.runs import Int64

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
    is_body = ~np.isin(cast.layer[: cast.opaque], cast.terrain)
    triangles, fid = cast.triangles[: cast.opaque][is_body], cast.fid[: cast.opaque][is_body]
    if not len(triangles):
        return np.zeros(len(receivers), bool)
    rays, places = Rays(cast.vertices, triangles), receivers.points + TOUCHING_M * receivers.normals
    turned = _turn(cast.vertices[triangles])
    above, below = (_seen(rays, places, way, fid, turned * way[2] > 0) for way in (UP, DOWN))
    found: Mask = (above >= 0) & (above == below) & (above != receivers.fid[receivers.row])
    return found


def _turn(corners: Float64) -> Float64:
    """Whether triangles (m, 3, 3) look up (> 0) or down (< 0)."""
    ab, ac = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    found: Float64 = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    return found


def _seen(rays: Rays, places: Float64, way: Float64, fid: Int64, is_from_within: Mask) -> Int64:
    """(n,) the object that is met first from each place, -1 where none is, or not from within."""
    triangle, _ = rays.first(places, way)
    met = np.flatnonzero(triangle >= 0)
    met = met[is_from_within[triangle[met]]]
    found = np.full(len(places), -1, np.int64)
    found[met] = fid[triangle[met]]
    return found


def without_hidden(receivers: Receivers, states: list[Casters]) -> Receivers:
    """The points that light may reach in one of the states; what is left out is said in square metres."""
    buried, covered = hidden_in(receivers, states)
    said = (
        (buried, "below the terrain"),
        (covered & ~buried, "against which another building stands (party walls)"),
    )
    notes = tuple(
        f"{area:.0f} m² of surfaces {where} are left out: no light gets there"
        for hidden, where in said
        if (area := float(receivers.area_m2[hidden].sum())) > 0
    )
    return replace(_some(receivers, ~(buried | covered)), notes=(*receivers.notes, *notes))


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
    rows, row = np.unique(receivers.row[kept], return_inverse=True)
    area = receivers.area_m2[kept]
    chosen = rows.tolist()
    return replace(
        receivers,
        points=receivers.points[kept],
        area_m2=area,
        row=row.astype(np.int32),
        row_normal=receivers.row_normal[rows],
        layer=receivers.layer[rows],
        fid=receivers.fid[rows],
        object_id=[receivers.object_id[at] for at in chosen],
        geometry=receivers.geometry[rows],
        surface=receivers.surface[rows],
        surface_id=[receivers.surface_id[at] for at in chosen],
        surface_type=[receivers.surface_type[at] for at in chosen],
        row_area_m2=np.bincount(row, area, len(rows)).astype(np.float64),
        tilt_deg=receivers.tilt_deg[rows],
        azimuth_deg=receivers.azimuth_deg[rows],
    )
