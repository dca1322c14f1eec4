"""What is looked at from places: points on surfaces, on the ground or given, and what stands around."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.casters import Casters, casters
from analysis.facades import laid_again
from analysis.plots import Area, on_ground, settled
from analysis.receivers import Receivers, some_rows
from analysis.sight.fieldofview import FieldOfView
from analysis.sight.looking import box_around
from analysis.sight.openareas import PROBES, opened, parts
from analysis.sight.sights import Bend
from analysis.site import Site
from analysis.states import situations
from analysis.survey import NEIGHBOURS_M, Surveyed, areas_of, box_of, given, not_nothing, surfaces_points
from layers.arrays import Float64
from layers.columns import Mask
from layers.data import Box, Progress, never_stop, part_of
from layers.errors import UsageError
from layers.project import Project

#: Parts of the time: laying out points, and finding what stands; the rest is what of it lies in the open.
LAID_OUT, STANDING = 0.3, 0.5


@dataclass(frozen=True)
class LookedAt:
    """Points that are looked at, and what stands in each state wherever a line of sight to them may pass."""

    receivers: Receivers
    states: list[Casters]


def looked_at(
    project: Project,
    inputs: Surveyed,
    site: Site,
    places: Float64,
    radius_m: float,
    progress: Progress = never_stop,
) -> LookedAt:
    """What is asked for, as it is looked at from places (n, 3) whose heights need not be known."""

    def standing(box: Box) -> list[Casters]:
        around = _hull(box, places)
        step = part_of(progress, LAID_OUT, STANDING)
        return [casters(project, each, around, NEIGHBOURS_M, step) for each in situations(inputs)]

    if inputs.on == "ground":
        areas = ground_areas(project, inputs, places, radius_m)
        states = standing(box_of(areas))
        return LookedAt(not_nothing(project, inputs, on_ground(states[0], areas, inputs.spacing_m)), states)
    if inputs.on == "points":
        found = given(inputs.points, inputs.spacing_m, site.convergence_deg)
        return LookedAt(found, standing(found.box))
    near = box_around(places, radius_m) if np.isfinite(radius_m) else None
    situation = situations(inputs)[0]
    laying_out = part_of(progress, 0.0, LAID_OUT)
    found = surfaces_points(project, inputs, situation, site.convergence_deg, laying_out, near)
    if near is not None and not len(found):
        raise _out_of_reach(f"within {radius_m:g} m")
    states = standing(not_nothing(project, inputs, found).box)
    if inputs.where or inputs.fids:  # perhaps streets and lawns, which follow the ground only roughly
        found = settled(found, states[0])
    found = opened(project, found, states, part_of(progress, STANDING, 1.0))
    return LookedAt(not_nothing(project, inputs, found), states)


def in_view(
    project: Project,
    inputs: Surveyed,
    receivers: Receivers,
    eyes: Float64,
    view: FieldOfView,
    bend: Bend,
    target_height_m: float = 0.0,
) -> Receivers:
    """What of the ground lies within reach and in the field of view of one of the eyes (k, 3) at least.

    Surfaces are kept whole where some of them does; given points are all kept. Where nothing lies in view
    all is kept that was asked for, and not seen.
    """
    if view.is_all or inputs.on == "points":
        return receivers
    if inputs.on == "ground":
        is_held = _held(receivers.points + np.array((0.0, 0.0, target_height_m)), eyes, view, bend)
    else:
        near = np.zeros(len(receivers.fid), bool)
        for _, rows in parts(np.arange(len(near)), PROBES):
            probes = laid_again(project, receivers, rows, PROBES)
            near[rows[probes.row[_held(probes.points, eyes, view, bend)]]] = True
        is_held = near[receivers.row]
    if not is_held.any():
        if inputs.where or inputs.fids or inputs.box:
            return receivers
        raise _out_of_reach(view.title)
    found = receivers.thinned(is_held)
    rows, row = np.unique(found.row, return_inverse=True)
    return replace(
        some_rows(found, rows),
        points=found.points,
        area_m2=found.area_m2,
        row=row.astype(np.int32),
    )


def _held(points: Float64, eyes: Float64, view: FieldOfView, bend: Bend) -> Mask:
    """(n,) which points one of the eyes looks at."""
    found = np.zeros(len(points), bool)
    for eye in eyes:
        rest = np.flatnonzero(~found)
        found[rest] = view.holds(eye, points[rest], bend)
    return found


def ground_areas(project: Project, inputs: Surveyed, places: Float64, radius_m: float) -> list[Area]:
    """The pieces of ground that are asked for; of none, all within reach, else the city."""
    if inputs.box or inputs.where or inputs.fids or not np.isfinite(radius_m):
        return areas_of(project, inputs)
    from shapely import MultiPoint

    return [Area(MultiPoint(places[:, :2]).buffer(radius_m), f"Ground within {radius_m:g} m")]


def _out_of_reach(where: str) -> UsageError:
    return UsageError(
        "Nothing of what is looked at lies within reach of the viewing places",
        found=f"nothing {where}",
        do="Look farther, or at other objects",
    )


def _hull(box: Box, places: Float64) -> Box:
    """Around a box and places on the map; of unknown height."""
    ends = np.concatenate((np.reshape(box, (2, 3))[:, :2], places[:, :2]))
    (x0, y0), (x1, y1) = ends.min(axis=0).tolist(), ends.max(axis=0).tolist()
    return x0, y0, 0.0, x1, y1, 0.0
