"""Viewsheds: what of roofs, walls and ground is seen from places, or along a path."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import partial

import numpy as np

from analysis.analysis import Estimate
from analysis.asked import asked
from analysis.casters import Casters
from analysis.fieldofview import FieldOfView, Sector, field_of_view
from analysis.lookedat import LookedAt, looked_at
from analysis.looking import Observers, bend_of, observers_at, positions_of
from analysis.naming import Naming, subject
from analysis.outlook import CUMULATIVE, IS_SEEN, Outlook, findings, objects_table, outlook, places_table
from analysis.seeing import Watch, seen_of
from analysis.shares import FINE, SHARE_ERROR, refined
from analysis.sights import Bend, Sights
from analysis.site import site_of
from analysis.states import situations, states_title
from analysis.survey import (
    Surveyed,
    finished,
    point_count,
    quantities_with_change,
    standing_rows,
    versions,
    with_change,
)
from analysis.waypoints import stops
from layers.arrays import Float64
from layers.data import Progress, never_stop, part_of
from layers.project import Project
from layers.results import FINDINGS, OBSERVERS, Pedigree, Result

NAME = "visibility"
TITLE = "Viewshed"
HELP = "What of roofs, walls and ground is seen from places or along a path, and by how many of them."

#: On each core; for estimates.
RAYS_PER_SECOND = 1.0e6
#: How what is said of a result begins where it is more than a note, and how often it is said.
WARNING, MOST_WARNED = "Warning: ", 3
#: Part of the time that it takes to find out what is looked at and what stands.
SET_UP = 0.1

METHOD = (
    "Lines of sight from eyes {height:g} m above the viewing places to points {what}{raised}, on grids about "
    "{spacing:g} m wide: a point is seen when nothing stands in between.{view} {earth}{finer}"
)
FINER = " Surfaces that are seen in part, and small ones, are looked at again through {count} points each."


@dataclass(frozen=True)
class Inputs(Sector, Surveyed):
    """What is asked."""

    path: bool = asked(False, "Along a path through these places", "yes", group="From")
    path_spacing_m: float = asked(
        25.0,
        "Distance of places on the path",
        "number",
        unit="m",
        low=0.1,
        high=10_000.0,
        group="From",
        when=("path", True),
    )
    on: str = asked(
        "surfaces",
        "What is looked at",
        "choice",
        choices=(
            ("surfaces", "Surfaces of buildings"),
            ("ground", "The ground"),
            ("raster", "The terrain's own cells, far around"),
            ("points", "Given points and windows"),
        ),
        group="Where",
    )
    target_height_m: float = asked(
        0.0,
        "Height above the ground",
        "number",
        unit="m",
        low=0.0,
        high=1000.0,
        help="of what is to be seen there; 0: the ground itself",
        group="Where",
    )
    terrain: str = asked(
        "",
        "Terrain",
        "text",
        help="a raster layer; empty: the uppermost",
        group="More",
        when=("on", "raster"),
    )
    objects: bool = asked(True, "Buildings and trees stand on it", "yes", group="More", when=("on", "raster"))


def estimate(project: Project, inputs: Inputs) -> Estimate:
    """How much there is to do."""
    points = point_count(project, inputs)
    rays = points * len(viewing_places(inputs)[0]) * len(situations(inputs)) // 2
    return Estimate(points, rays, rays / RAYS_PER_SECOND / (os.cpu_count() or 1))


def viewing_places(inputs: Inputs) -> tuple[Float64, tuple[str, ...]]:
    """Where somebody stands (n, 3), z NaN on the terrain, and what the places are called."""
    places = positions_of(inputs.places)
    return stops(places, inputs.path_spacing_m) if inputs.path else (places, ())


def run(project: Project, inputs: Inputs, progress: Progress = never_stop) -> Result:
    """What is seen from the places that are asked for."""
    if inputs.on == "raster":
        from analysis.rasterview import on_raster

        return on_raster(project, inputs, progress)
    started = time.perf_counter()
    site = site_of(project)
    view, bend = field_of_view(inputs, site.convergence_deg), bend_of(inputs)
    places, names = viewing_places(inputs)
    targets = looked_at(project, inputs, site, places, view.radius_m, part_of(progress, 0.0, SET_UP))
    receivers, states = targets.receivers, targets.states
    observers = observers_at(places, inputs.eye_height_m, states[0], names)
    look = partial(_look, project, inputs, targets, observers, view, bend)
    first = SET_UP + (1 - SET_UP) / len(states)
    now = look(0, part_of(progress, SET_UP, first))
    before = look(1, part_of(progress, first, 1.0)) if inputs.compare else None
    surfaces = receivers.surfaces_table(**with_change(now.rows, before.rows if before else None))
    naming = Naming(project)
    notes = dict.fromkeys((*receivers.notes, *(note for cast in states for note in cast.notes)))
    is_leafy = inputs.vegetation and any(cast.opaque < len(cast.triangles) for cast in states)
    quantities = (IS_SEEN, *(CUMULATIVE if len(observers) > 1 else ()))
    return finished(
        NAME,
        f"{subject(naming, surfaces)}: what is seen from {_places(inputs, observers)}, "
        f"{states_title(project, situations(inputs))}",
        inputs,
        site,
        Pedigree(
            method=method_of(inputs, view),
            version=versions(),
            inputs=tuple(dict.fromkeys(item for cast in states for item in cast.inputs)),
            error=error_of(inputs),
            limits=(
                *_warnings(observers, states[0], naming),
                *notes,
                *("Trees are in leaf and hide all that is behind them",) * is_leafy,
            ),
            numbers={
                "places": len(observers),
                "points": len(receivers),
                "triangles": sum(len(cast.triangles) for cast in states),
                "seconds": time.perf_counter() - started,
            },
        ),
        quantities=quantities_with_change(quantities, inputs.compare),
        surfaces=surfaces,
        points=receivers.points_table(**with_change(now.points, before.points if before else None)),
        tables={
            FINDINGS: findings(naming, receivers, observers, now, before),
            "objects": objects_table(naming, receivers, now, before),
            "places": places_table(receivers, observers, now, before),
            OBSERVERS: observers.table(),
        },
        grid=receivers.grid,
    )


def _look(
    project: Project,
    inputs: Inputs,
    targets: LookedAt,
    observers: Observers,
    view: FieldOfView,
    bend: Bend,
    state: int,
    progress: Progress,
) -> Outlook:
    """What is seen in one of the states."""
    receivers, on_ground = targets.receivers, inputs.on == "ground"
    watch = Watch(
        Sights(targets.states[state], inputs.vegetation, bend),
        observers.eyes,
        view,
        inputs.target_height_m if on_ground else 0.0,
        one_sided=not on_ground,
    )
    stood = standing_rows(project, receivers, situations(inputs)[state])
    seen = seen_of(watch, receivers, part_of(progress, 0.0, 0.5))
    if inputs.on == "surfaces":
        seen = refined(project, receivers, targets.states, watch, seen, part_of(progress, 0.5, 1.0))
    return outlook(seen, receivers, stood)


def method_of(inputs: Inputs, view: FieldOfView) -> str:
    """How it was counted."""
    held = view.title
    earth = (
        f"The lines sink by the Earth's curvature less refraction (coefficient {inputs.refraction:g})."
        if inputs.curvature
        else "The Earth counts as flat."
    )
    return METHOD.format(
        height=inputs.eye_height_m,
        what="of the ground" if inputs.on == "ground" else "of the surfaces that face the eye",
        raised=f", {inputs.target_height_m:g} m above it" if inputs.on == "ground" else "",
        spacing=inputs.spacing_m,
        view=f" What is not {held} counts as not seen." if held else "",
        earth=earth,
        finer=FINER.format(count=FINE) if inputs.on == "surfaces" else "",
    )


def error_of(inputs: Inputs) -> str:
    """The error statement."""
    points = "Points are seen or not, exactly but for 1 cm"
    if inputs.on == "surfaces":
        return f"{points}; the share of a surface that is seen is within {SHARE_ERROR:g}"
    return f"{points}; edges of what is seen are within {inputs.spacing_m / 2:g} m, half their distance"


def _places(inputs: Inputs, observers: Observers) -> str:
    if inputs.path:
        return f"{len(observers)} places on a path"
    return observers.names[0] if len(observers) == 1 else f"{len(observers)} places"


def _warnings(observers: Observers, cast: Casters, naming: Naming) -> tuple[str, ...]:
    """What is odd about where somebody stands."""
    ground = cast.ground.heights(observers.eyes[:, :2])
    with np.errstate(invalid="ignore"):
        buried = observers.eyes[:, 2] < ground
    inside = cast.inside(observers.eyes) & ~buried
    said = [(buried, "below the terrain"), (inside, "inside a building")]
    return tuple(
        f"{WARNING}{observers.names[row]} is {where}, and sees little more than that"
        for wrong, where in said
        for row in np.flatnonzero(wrong).tolist()[:MOST_WARNED]
    )
