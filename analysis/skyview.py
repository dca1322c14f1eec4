"""Sky view as an analysis: sky view factor and vertical sky component of walls, windows, roofs and ground."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from analysis.analysis import Estimate
from analysis.asked import asked
from analysis.casters import Casters
from analysis.naming import Naming, subject
from analysis.receivers import Receivers
from analysis.site import site_of
from analysis.skyfactors import DIRECTIONS, sky_factors
from analysis.states import situations, states_title
from analysis.survey import (
    Surveyed,
    finished,
    in_each_state,
    measured,
    point_count,
    quantities_with_change,
    receivers_of,
    versions,
)
from layers.arrays import Float64
from layers.data import Progress, never_stop
from layers.project import Project
from layers.results import Pedigree, Quantity, Result

NAME = "skyview"
TITLE = "Sky view"
HELP = "How much of the sky walls, windows, roofs and ground see: sky view factor and sky component."

#: What is lower than this above the horizon is not looked for far away: 0.004 of a wall's sky at most.
LOWEST_DEG = 0.5
#: On each core; for estimates.
RAYS_PER_SECOND = 2.5e6

SKY_VIEW, COMPONENT = "sky_view_factor", "sky_component_pct"
QUANTITIES = (
    Quantity(SKY_VIEW, "Sky view factor", "", digits=2, color_map="viridis", low=0.0, high=1.0),
    Quantity(COMPONENT, "Sky component, overcast sky", "%", digits=1, color_map="viridis", low=0.0),
)
METHOD = (
    "Rays from each point to {count} directions of equal solid angle over the sky. The sky view factor "
    "weighs those that meet nothing with the cosine of their incidence, so that open ground sees 1 and an "
    "open wall 0.5; the sky component weighs them with the brightness of the CIE standard overcast sky too, "
    "and is given as a share of the light on open ground: on windows and walls it is the vertical sky "
    "component of BRE 209, 39.6 % where nothing stands in the way."
)


@dataclass(frozen=True)
class Inputs(Surveyed):
    """What is asked."""

    directions: int = asked(DIRECTIONS, "Directions of the sky", "whole", low=100, high=100_000, group="More")


def estimate(project: Project, inputs: Inputs) -> Estimate:
    """How much there is to do."""
    points = point_count(project, inputs)
    rays = points * inputs.directions * len(situations(inputs)) * 2 // 3
    return Estimate(points, rays, rays / RAYS_PER_SECOND / (os.cpu_count() or 1))


def run(project: Project, inputs: Inputs, progress: Progress = never_stop) -> Result:
    """Sky view factor and sky component of the points that are asked for."""
    started = time.perf_counter()
    receivers = receivers_of(project, inputs, progress)
    look = partial(_look, receivers, inputs.directions, progress)
    states, found = in_each_state(project, inputs, receivers, LOWEST_DEG, look, progress)
    surfaces, points = measured(receivers, found[0], found[1] if inputs.compare else None)
    notes = dict.fromkeys((*receivers.notes, *(note for state in states for note in state.notes)))
    is_leafy = any(state.opaque < len(state.triangles) for state in states)
    pedigree = Pedigree(
        method=METHOD.format(count=inputs.directions),
        version=versions(),
        inputs=tuple(dict.fromkeys(item for state in states for item in state.inputs)),
        error=error_of(inputs.directions),
        limits=(*notes, "Reflected light does not count", *("Trees are in leaf",) * is_leafy),
        numbers={
            "points": len(receivers),
            "triangles": sum(len(state.triangles) for state in states),
            "seconds": time.perf_counter() - started,
        },
    )
    return finished(
        NAME,
        f"{subject(Naming(project), surfaces)}: {TITLE.lower()}, {states_title(project, situations(inputs))}",
        inputs,
        site_of(project),
        pedigree,
        quantities=quantities_with_change(QUANTITIES, inputs.compare),
        surfaces=surfaces,
        points=points,
        grid=receivers.grid,
    )


def error_share(count: int) -> float:
    """Largest error, 0 … 1: measured against closed forms, it falls with the 0.75th power of the count."""
    return float(0.005 * (DIRECTIONS / count) ** 0.75)


def error_of(count: int) -> str:
    """The error statement."""
    most = error_share(count)
    return f"Within {most:.3f} of absolute value at each point ({100 * most:.1f} % of the open sky)"


def _look(receivers: Receivers, count: int, progress: Progress, cast: Casters) -> Mapping[str, Float64]:
    seen = sky_factors(cast, receivers.points, receivers.normals, count, progress)
    return {SKY_VIEW: seen.sky_view, COMPONENT: 100 * seen.sky_component}
