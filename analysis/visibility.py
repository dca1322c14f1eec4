"""Viewsheds: what of roofs, walls and ground is seen from places, or along a path."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import numpy as np

from analysis.analysis import Estimate
from analysis.asked import asked
from analysis.naming import Naming, subject
from analysis.sight.fieldofview import FieldOfView, field_of_view
from analysis.sight.lookedat import LookedAt, ground_areas, in_view, looked_at
from analysis.sight.looking import (
    Observers,
    bend_of,
    box_around,
    buried_warnings,
    earth_of,
    observers_at,
    trees_hide,
    warnings_of,
)
from analysis.sight.outlook import (
    CUMULATIVE,
    IS_SEEN,
    Outlook,
    findings,
    objects_table,
    outlook,
    places_table,
)
from analysis.sight.seeing import Watch, seen_of
from analysis.sight.shares import Fineness, fineness, refined
from analysis.sight.sights import Sights
from analysis.sight.waypoints import Along, places_title, viewing_places
from analysis.site import site_if_known
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
from layers.arrays import Float64
from layers.data import Progress, never_stop, part_of
from layers.project import Project
from layers.results import FINDINGS, OBSERVERS, Pedigree, Result

NAME = "visibility"
TITLE = "Viewshed"
HELP = "What of roofs, walls and ground is seen from places or along a path, and by how many of them."

#: On each core; for estimates.
RAYS_PER_SECOND = 0.3e6
#: That are laid out, and kept; for estimates.
POINTS_PER_SECOND = 0.3e6
#: Part of the time that it takes to find out what is looked at and what stands.
SET_UP = 0.3

METHOD = (
    "Lines of sight from eyes {height:g} m above the viewing places to points {what}{raised}, on grids about "
    "{spacing:g} m wide: a point is seen when nothing stands in between.{view} {earth}{finer}"
)
FINER = " The share of each surface that is seen in part is told by {points} points."
#: What lies out of view, by what is looked at.
HELD = {
    "surfaces": " Only surfaces that lie {view}, in part at least, are looked at.",
    "ground": " Only ground {view} is looked at.",
    "points": " What is not {view} counts as not seen.",
}
EXACT = "Points are seen or not, exactly but for 1 cm"
SHARES = (
    "the share of a surface that is seen is within {error:g}, but within 0.05 where a neighbour that is "
    "built against it leaves less than a tenth of it"
)


@dataclass(frozen=True)
class Inputs(Surveyed, Along):
    """What is asked."""

    vegetation: bool = trees_hide()
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
    spacing_m: float = asked(
        1.0,
        "Distance of points",
        "number",
        unit="m",
        low=0.1,
        high=100.0,
        group="Where",
        when=("on", ("surfaces", "ground", "points")),
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
        when=("on", ("ground", "raster")),
    )
    box: str = asked(
        "",
        "Rectangle",
        "text",
        help="west, south, east, north in the project's CRS; empty: the chosen objects, or all",
        group="More",
        when=("on", ("ground", "raster")),
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
    method: str = asked(
        "lines",
        "Method",
        "choice",
        choices=(("lines", "Lines of sight"), ("gdal", "As gdal_viewshed does it, to compare")),
        group="More",
        when=("on", "raster"),
    )


def estimate(project: Project, inputs: Inputs) -> Estimate:
    """How much there is to do."""
    places, _ = viewing_places(project, inputs)
    if inputs.on == "raster":
        from analysis.sight.rasterview import raster_estimate

        return raster_estimate(project, inputs, len(places))
    points = _point_count(project, inputs, places)
    # Half of the points of surfaces look away; those of edges come to as many again.
    rays = points * len(places) * len(situations(inputs))
    seconds = rays / RAYS_PER_SECOND / (os.cpu_count() or 1) + points / POINTS_PER_SECOND
    return Estimate(points, rays, seconds)


def _point_count(project: Project, inputs: Inputs, places: Float64) -> int:
    """About how many points are looked at."""
    if inputs.on != "ground":
        near = box_around(places, inputs.radius_m) if inputs.radius_m else None
        return point_count(project, inputs, near)
    areas = ground_areas(project, inputs, places, inputs.radius_m or np.inf)
    return int(sum(area.polygon.area for area in areas) / inputs.spacing_m**2)


def run(project: Project, inputs: Inputs, progress: Progress = never_stop) -> Result:
    """What is seen from the places that are asked for."""
    if inputs.on == "raster":
        from analysis.sight.rasterview import on_raster

        return on_raster(project, inputs, progress)
    started = time.perf_counter()
    site = site_if_known(project)
    places, names = viewing_places(project, inputs)
    looked = looked_at(
        project, inputs, site, places, inputs.radius_m or np.inf, part_of(progress, 0.0, SET_UP)
    )
    receivers, states = looked.receivers, looked.states
    observers = observers_at(project, places, inputs.eye_height_m, states[0], names)
    view = field_of_view(inputs, site.convergence_deg)
    receivers = in_view(
        project, inputs, receivers, observers.eyes, view, bend_of(inputs), inputs.target_height_m
    )
    viewing = Viewing(project, inputs, LookedAt(receivers, states), observers, view)
    half = SET_UP + (1 - SET_UP) / len(states)
    now = viewing.in_state(0, part_of(progress, SET_UP, half))
    before = viewing.in_state(1, part_of(progress, half, 1.0)) if inputs.compare else None
    surfaces = receivers.surfaces_table(**with_change(now.rows, before.rows if before else None))
    naming = Naming(project)
    notes = dict.fromkeys((*receivers.notes, *(note for cast in states for note in cast.notes)))
    is_leafy = inputs.vegetation and any(cast.opaque < len(cast.triangles) for cast in states)
    quantities = (IS_SEEN, *(CUMULATIVE if len(observers) > 1 else ()))
    return finished(
        NAME,
        f"{subject(naming, surfaces)}: what is seen from {places_title(inputs, observers)}, "
        f"{states_title(project, situations(inputs))}",
        inputs,
        site,
        Pedigree(
            method=method_of(viewing),
            version=versions(),
            inputs=tuple(dict.fromkeys(item for cast in states for item in cast.inputs)),
            error=error_of(viewing),
            limits=(
                *warnings_of(project, observers.names, observers.eyes, states[0], inputs.vegetation),
                *_buried_points(inputs, looked),
                *notes,
                *("Trees are in leaf and hide all that is behind them",) * is_leafy,
                *("What stands only before is not looked at; it hides what is behind it",) * inputs.compare,
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
            FINDINGS: findings(naming, receivers, observers, now, before, view.is_all),
            "objects": objects_table(naming, receivers, now, before, bool(inputs.where or inputs.fids)),
            "places": places_table(receivers, observers, now, before),
            OBSERVERS: observers.table(),
        },
        grid=receivers.grid,
    )


def _buried_points(inputs: Inputs, looked: LookedAt) -> list[str]:
    """That some of the points that are given lie below the terrain; other kinds are laid out above it."""
    if inputs.on != "points":
        return []
    names = [looked.receivers.surface_id[row] for row in looked.receivers.row.tolist()]
    return list(dict.fromkeys(buried_warnings(names, looked.receivers.points, looked.states[0])))


@dataclass(frozen=True)
class Viewing:
    """What is looked at, and by whom."""

    project: Project
    inputs: Inputs
    looked: LookedAt
    observers: Observers
    view: FieldOfView

    def in_state(self, number: int, progress: Progress) -> Outlook:
        """What is seen in the state looked at (0), or in the one compared with (1)."""
        receivers, on_ground = self.looked.receivers, self.inputs.on == "ground"
        watch = Watch(
            Sights(self.looked.states[number], self.inputs.vegetation, bend_of(self.inputs)),
            self.observers.eyes,
            self.view,
            self.inputs.target_height_m if on_ground else 0.0,
            one_sided=not on_ground,
        )
        seen = seen_of(watch, receivers, part_of(progress, 0.0, 0.5))
        if self.fineness is not None:
            seen = refined(
                self.project, receivers, self.looked.states, watch, seen, part_of(progress, 0.5, 1.0)
            )
        stood = standing_rows(self.project, receivers, situations(self.inputs)[number])
        return outlook(seen, receivers, stood)

    @property
    def fineness(self) -> Fineness | None:
        """How finely the shares of surfaces are told; None where they are as fine as the points."""
        return fineness(len(self.observers)) if self.inputs.on == "surfaces" else None


def method_of(viewing: Viewing) -> str:
    """How it was counted."""
    inputs, fine, held = viewing.inputs, viewing.fineness, viewing.view.title
    on_ground = inputs.on == "ground"
    return METHOD.format(
        height=inputs.eye_height_m,
        what="of the ground" if on_ground else "of the surfaces that face the eye",
        raised=f", {inputs.target_height_m:g} m above it" if on_ground and inputs.target_height_m else "",
        spacing=inputs.spacing_m,
        view=HELD[inputs.on].format(view=held) if held else "",
        earth=earth_of(inputs),
        finer=FINER.format(points=fine.points) if fine else "",
    )


def error_of(viewing: Viewing) -> str:
    """The error statement."""
    fine = viewing.fineness
    if fine:
        return f"{EXACT}; {SHARES.format(error=fine.error)}"
    return (
        f"{EXACT}; edges of what is seen are within {viewing.inputs.spacing_m / 2:g} m, half their distance"
    )
