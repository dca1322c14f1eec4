"""How high one may build in the corridors of protected views: a surface over plots or whole corridors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.casters import Casters
from analysis.ground import Ground
from analysis.naming import Naming
from analysis.plots import Area, on_ground
from analysis.receivers import LIFT_M, Receivers
from analysis.sight.corridor import Corridor
from analysis.sight.landmark import Landmark
from analysis.survey import Surveyed, areas_of
from layers.arrays import Float64
from layers.project import Project
from layers.results import Quantity

#: Points of the map, at most.
MOST_POINTS = 250_000
ALLOWED, ALLOWED_Z, LEFT = "allowed_height_m", "allowed_z_m", "room_m"
QUANTITIES = (
    Quantity(ALLOWED, "Highest allowed, above the ground", "m", digits=1, color_map="viridis"),
    Quantity(ALLOWED_Z, "Highest allowed, in the project's heights", "m", digits=1, color_map="viridis"),
    Quantity(LEFT, "Left above what stands there", "m", digits=1, color_map="balance"),
)


def points_in(
    project: Project,
    plots: Surveyed | None,
    spacing_m: float,
    cast: Casters,
    naming: Naming,
    corridors: Sequence[Corridor],
) -> tuple[Receivers, tuple[str, ...]]:
    """Points on the ground of the corridors, or of plots as far as they lie in them, and notes."""
    from shapely import Polygon, union_all

    whole = union_all([Polygon(corridor.outline()) for corridor in corridors])
    corridor = [Area(whole, "corridor" if len(corridors) == 1 else "corridors")]
    areas, notes = corridor, []
    if plots is not None:
        cut = [replace(area, polygon=area.polygon.intersection(whole)) for area in areas_of(project, plots)]
        areas = [area for area in cut if area.polygon.area > 0] or corridor
        notes = [
            f"{naming.title(area.fid)} lies beside the corridor: the view does not limit what is built there"
            for area in cut
            if not area.polygon.area > 0
        ]
    spacing = spacing_for(sum(area.polygon.area for area in areas), spacing_m)
    if spacing > spacing_m:
        notes.append(f"Highest allowed heights are given every {spacing:g} m: the corridor is large")
    return on_ground(cast, areas, spacing, under_roofs=True), tuple(notes)


def spacing_for(area_m2: float, wanted_m: float) -> float:
    """The distance of points that is wanted, or a multiple that gives MOST_POINTS of them at most."""
    return wanted_m * max(1, math.ceil(math.sqrt(area_m2 / MOST_POINTS) / wanted_m))


def allowed_heights(
    receivers: Receivers, cast: Casters, landmark: Landmark, corridors: Sequence[Corridor]
) -> dict[str, Float64]:
    """How high one may build at points: above the ground, and above the project's zero; and what is left."""
    places = receivers.points[:, :2]
    limit = np.full(len(places), np.nan)
    for corridor in corridors:
        limit = np.fmin(limit, corridor.allowed_z(places))
    ground = receivers.points[:, 2] - LIFT_M
    others = np.flatnonzero(~landmark.is_own)
    top = Ground(cast.vertices, cast.triangles[others]).near(receivers.box).heights(places)
    return {ALLOWED: limit - ground, ALLOWED_Z: limit, LEFT: limit - np.fmax(top, ground)}


def lowest(receivers: Receivers, values: Float64) -> Float64:
    """The lowest of values (n,) of the points of each row; NaN without."""
    found = np.full(len(receivers.fid), np.inf)
    known = np.isfinite(values)
    np.minimum.at(found, receivers.row[known], values[known])
    return np.where(np.isfinite(found), found, np.nan)
