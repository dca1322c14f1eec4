"""Sky view factor and vertical sky component: how much of the sky a surface sees.

Both weigh the visible directions of the sky with the cosine of their incidence, the sky view factor under
a uniform sky, the sky component under the overcast sky of Moon & Spencer 1942 (CIE S 011): three times as
bright at the zenith as at the horizon. Directions lie on a Fibonacci lattice of equal solid angles
(González 2010, doi:10.1007/s11004-009-9257-x); the visible part of the lattice scales the closed form of
the unobstructed surface, which is thereby exact for any tilt.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analysis.analysis import Estimate
from analysis.asked import asked
from analysis.casters import Casters
from analysis.receivers import Receivers
from analysis.site import site_of
from analysis.survey import (
    Surveyed,
    finished,
    in_each_state,
    measured,
    point_count,
    quantities_with_change,
    receivers_of,
    situations,
    versions,
)
from layers.arrays import Float64
from layers.data import Progress, never_stop
from layers.project import Project
from layers.results import Pedigree, Quantity, Result

NAME = "skyview"
TITLE = "Sky view"
HELP = "How much of the sky walls, windows, roofs and ground see: sky view factor and sky component"

#: How much light gets through from points (n, 3) towards directions (n, 3): 0 … 1, (n,).
Share = Callable[[Float64, Float64], NDArray[np.float32]]

#: Of the sky; 3000 are within 0.005 of closed forms (root mean square 0.001), 1000 within 0.01.
DIRECTIONS = 3000
#: Rays asked for at once.
RAYS_AT_ONCE = 1_000_000
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
        TITLE,
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
    seen = sky_factors(cast.share, receivers.points, receivers.normals, count, progress)
    return {SKY_VIEW: seen.sky_view, COMPONENT: 100 * seen.sky_component}


@dataclass(frozen=True)
class SkyFactors:
    """What points see of the sky, 0 … 1, in the order of the points."""

    sky_view: Float64  # of radiation from a uniform sky; an unobstructed wall 0.5, a roof up to 1
    sky_component: Float64  # of the light of an overcast sky on open ground; an unobstructed wall 0.396


def sky_directions(count: int = DIRECTIONS) -> Float64:
    """Unit vectors (count, 3) to cells of the sky of equal solid angle, from the horizon up."""
    number = np.arange(count)
    up = (number + 0.5) / count
    turn = number * np.pi * (3.0 - np.sqrt(5.0))
    level = np.sqrt(1.0 - up * up)
    return np.column_stack((np.cos(turn) * level, np.sin(turn) * level, up))


def overcast(up: Float64) -> Float64:
    """Brightness of the overcast sky, 1 at the zenith; `up` is the sine of the altitude."""
    return (1.0 + 2.0 * up) / 3.0


def open_sky_view(normals: Float64) -> Float64:
    """Sky view factor of unobstructed surfaces: (1 + cos tilt) / 2."""
    return (1.0 + np.clip(normals[:, 2], -1.0, 1.0)) / 2.0


def open_sky_component(normals: Float64) -> Float64:
    """Sky component of unobstructed surfaces under the overcast sky (Muneer 2004, equation 4.3.9)."""
    cosine = np.clip(normals[:, 2], -1.0, 1.0)
    tilt = np.arccos(cosine)
    bent = np.sin(tilt) - tilt * cosine - np.pi * (1.0 - cosine) / 2.0
    return (1.0 + cosine) / 2.0 + 4.0 / (7.0 * np.pi) * bent


def sky_factors(
    share: Share, points: Float64, normals: Float64, count: int = DIRECTIONS, progress: Progress = never_stop
) -> SkyFactors:
    """What points (n, 3) on surfaces with unit normals (n, 3) see of the sky past what `share` knows."""
    directions = sky_directions(count)
    light = overcast(directions[:, 2])
    seen = np.empty((2, len(points)))
    step = max(1, RAYS_AT_ONCE // count)
    for start in range(0, len(points), step):
        progress(start / len(points), "looking at the sky")
        part = slice(start, start + step)
        cosine = np.clip(_products(directions, normals[part]), 0.0, None)
        direction, point = np.nonzero(cosine)
        through = np.zeros(cosine.shape)
        through[direction, point] = share(points[part][point], directions[direction])
        for row, weight in enumerate((cosine, cosine * light[:, None])):
            all_of_it = weight.sum(axis=0)
            visible = (weight * through).sum(axis=0)
            seen[row, part] = np.divide(visible, all_of_it, out=np.zeros_like(visible), where=all_of_it > 0)
    return SkyFactors(seen[0] * open_sky_view(normals), seen[1] * open_sky_component(normals))


def _products(directions: Float64, normals: Float64) -> Float64:
    """Scalar products (directions, normals), added in one order on every machine."""
    x, y, z = (np.multiply.outer(directions[:, axis], normals[:, axis]) for axis in range(3))
    return x + y + z
