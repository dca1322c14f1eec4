"""Isovists: how far and how wide one sees around a place at the height of the eye, and how open the sky is.

Isovists are those of the plan (Benedikt 1979, doi:10.1068/b060047): what stands is cut at the height of the
eye above the ground, so that one sees along streets which rise and fall.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.abreast import abreast
from analysis.analysis import Estimate
from analysis.asked import asked
from analysis.casters import Casters, casters, height_range, margin_for
from analysis.naming import Naming, subject
from analysis.plots import people_on
from analysis.receivers import Receivers, on_points
from analysis.sight.isovisttables import (
    AREA,
    LONGEST,
    OPENNESS,
    PERIMETER,
    SKY_VIEW,
    findings_of_ground,
    findings_of_places,
    isovists_table,
    numbers_of,
    volumes_table,
)
from analysis.sight.looking import (
    Observers,
    box_around,
    eye_height,
    from_places,
    observers_at,
    positions_of,
    trees_hide,
    warnings_of,
)
from analysis.sight.planview import Isovist, ground_under, levelled
from analysis.site import site_if_known
from analysis.skyfactors import sky_factors
from analysis.skyview import LOWEST_DEG, error_share
from analysis.states import States, situations, states_title
from analysis.survey import (
    Surveyed,
    areas_of,
    box_of,
    finished,
    measured,
    quantities_with_change,
    versions,
    with_change,
    without_plants,
)
from layers.arrays import Float64
from layers.data import Box, Progress, never_stop, part_of
from layers.errors import UsageError
from layers.project import Project
from layers.results import FINDINGS, OBSERVERS, VOLUMES, Pedigree, Quantity, Result, Table

NAME = "isovist"
TITLE = "Isovist and openness"
HELP = "How far and how wide one sees around a place or everywhere in an area, and how open the sky is."

PLACES, GROUND = "places", "ground"
#: Of the sky that are looked at.
SKY_DIRECTIONS = 1000
#: On each core, and on one; for estimates.
RAYS_PER_SECOND, ISOVISTS_PER_SECOND = 2.5e6, 500.0
#: Parts of the time: setting up, then the plan; the rest is the sky.
SET_UP, PLAN = 0.1, 0.5
UP = np.array([0.0, 0.0, 1.0])
METHOD = (
    "What stands is cut {height:g} m above the ground, the height of the eye; trees {trees}. The isovist is "
    "all of that plan which is seen from a place, up to {radius:g} m away; its outline is exact, wall by "
    "wall between the directions to the corners of the plan. Openness is the share of "
    "the sky's solid angle that is free, by rays to {sky} directions of equal solid angle from the eye, past "
    "all that stands and the terrain; the sky view factor weighs them with the sine of their altitude."
)


@dataclass(frozen=True)
class Inputs(States):
    """What is asked."""

    on: str = asked(
        PLACES,
        "Where",
        "choice",
        choices=((PLACES, "At viewing places"), (GROUND, "Everywhere in an area")),
        group="From",
    )
    places: tuple[Sequence[float], ...] = from_places(when=("on", PLACES))
    eye_height_m: float = eye_height()
    where: str = asked("", "Which areas", "expression", group="Area", when=("on", GROUND))
    fids: tuple[int, ...] = asked(
        (),
        "Chosen areas",
        "fids",
        group="Area",
        when=("on", GROUND),
        takes="ground",
        words=(("", "The whole city"),),
    )
    spacing_m: float = asked(
        5.0, "Distance of places", "number", unit="m", low=0.1, high=1000, group="Area", when=("on", GROUND)
    )
    radius_m: float = asked(
        300.0, "Look no farther than", "number", unit="m", low=1.0, high=5000.0, group="From"
    )
    sky_directions: int = asked(
        SKY_DIRECTIONS, "Directions of the sky", "whole", low=100, high=100_000, group="More"
    )
    vegetation: bool = trees_hide()
    box: str = asked(
        "",
        "Rectangle",
        "text",
        help="west, south, east, north in the project's CRS, instead of areas",
        group="More",
        when=("on", GROUND),
    )


QUANTITIES = (
    Quantity(AREA, "Isovist area", "m²", digits=0, color_map="viridis", low=0.0),
    Quantity(PERIMETER, "Isovist perimeter", "m", digits=0, color_map="viridis", low=0.0),
    Quantity(LONGEST, "Longest sight", "m", digits=0, color_map="viridis", low=0.0),
    Quantity(OPENNESS, "Open sky", "%", digits=0, color_map="viridis", low=0.0, high=100.0),
    Quantity(SKY_VIEW, "Sky view factor", "", digits=2, color_map="viridis", low=0.0, high=1.0),
)


def estimate(project: Project, inputs: Inputs) -> Estimate:
    """How much there is to do."""
    points = len(inputs.places)
    if inputs.on == GROUND:
        area = sum(one.polygon.area for one in areas_of(project, _surveyed(inputs)))
        points = int(area / inputs.spacing_m**2)
    count = points * len(situations(inputs))
    rays = count * inputs.sky_directions
    seconds = rays / RAYS_PER_SECOND / (os.cpu_count() or 1) + count / ISOVISTS_PER_SECOND
    return Estimate(points, rays, seconds)


@dataclass(frozen=True)
class Seen:
    """What is seen in one state of the city."""

    cast: Casters
    columns: dict[str, Float64]  # the quantities of the places
    isovists: tuple[Isovist, ...]


def run(project: Project, inputs: Inputs, progress: Progress = never_stop) -> Result:
    """Isovists and open sky of the places that are asked for."""
    started = time.perf_counter()
    states, site = situations(inputs), site_if_known(project)
    box = _box(project, inputs)
    margin = max(inputs.radius_m, margin_for(LOWEST_DEG, height_range(project)))
    setting_up = part_of(progress, 0.0, SET_UP)
    standing = [casters(project, state, box, margin, setting_up) for state in states]
    if not inputs.vegetation:
        standing = [without_plants(cast) for cast in standing]
    if inputs.on == PLACES:
        positions = positions_of(project, inputs.places)
        observers = observers_at(project, positions, inputs.eye_height_m, standing[0])
        places = on_points(_upright(observers.eyes), site.convergence_deg, observers.names)
        eyes = observers.eyes
        warnings = warnings_of(project, observers.names, eyes, standing[0], inputs.vegetation)
    else:
        observers, warnings = None, []
        areas = areas_of(project, _surveyed(inputs))
        places, eyes = people_on(standing[0], areas, inputs.spacing_m, inputs.eye_height_m, inputs.vegetation)
    if not len(places):
        raise UsageError(
            "There is nowhere to look from",
            found="no open ground in the area",
            do="Choose other areas",
        )
    found = []
    for number, cast in enumerate(standing):
        done = SET_UP + (1 - SET_UP) * np.array((number, number + 1)) / len(states)
        found.append(_look(inputs, cast, eyes, part_of(progress, *done.tolist())))
    now, before = found[0].columns, found[1].columns if inputs.compare else None
    surfaces, points = measured(places, now, before)
    what = subject(Naming(project), surfaces) if observers is None else _named(observers)
    return finished(
        NAME,
        f"{what}: {TITLE.lower()}, {states_title(project, states)}",
        inputs,
        site,
        _pedigree(inputs, places, warnings, found, time.perf_counter() - started),
        quantities=quantities_with_change(QUANTITIES, inputs.compare),
        surfaces=surfaces,
        points=points,
        tables=_tables(observers, places, found, inputs.radius_m, site.convergence_deg),
        grid=places.grid,
    )


def _surveyed(inputs: Inputs) -> Surveyed:
    return Surveyed(where=inputs.where, fids=inputs.fids, box=inputs.box)


def _box(project: Project, inputs: Inputs) -> Box:
    """Around the places."""
    if inputs.on == PLACES:
        return box_around(positions_of(project, inputs.places), 0.0)
    return box_of(areas_of(project, _surveyed(inputs)))


def _upright(eyes: Float64) -> Float64:
    """Places (n, 6) that look up."""
    return np.concatenate((eyes, np.tile(UP, (len(eyes), 1))), axis=1)


def _named(observers: Observers) -> str:
    return observers.names[0] if len(observers) == 1 else f"{len(observers)} places"


def _look(inputs: Inputs, cast: Casters, eyes: Float64, progress: Progress) -> Seen:
    """Isovists and sky from eyes (n, 3) in one state."""
    found = _isovists(inputs, cast, eyes, part_of(progress, 0.0, PLAN))
    up = np.tile(UP, (len(eyes), 1))
    sky = sky_factors(cast, eyes, up, inputs.sky_directions, part_of(progress, PLAN, 1.0))
    columns = {
        **numbers_of(found),
        OPENNESS: 100 * sky.openness,
        SKY_VIEW: sky.sky_view,
    }
    return Seen(cast, columns, tuple(found))


def _isovists(inputs: Inputs, cast: Casters, eyes: Float64, progress: Progress) -> list[Isovist]:
    """The isovists of eyes (n, 3), each in the plan at its own height above the ground."""
    standing = levelled(cast, inputs.vegetation, box_around(eyes, inputs.radius_m))
    above = _above_ground(cast, eyes)
    plans = {height: standing.plan(height) for height in np.unique(above).tolist()}
    spots = list(zip(eyes[:, :2], above.tolist(), strict=True))
    return list(
        abreast(
            lambda spot: plans[spot[1]].isovist(spot[0], inputs.radius_m), spots, progress, "looking around"
        )
    )


def _above_ground(cast: Casters, eyes: Float64) -> Float64:
    """How high eyes (n, 3) are above the ground, in whole millimetres."""
    found: Float64 = np.round(eyes[:, 2] - ground_under(cast, eyes[:, :2]), 3)
    return found


def _tables(
    observers: Observers | None,
    places: Receivers,
    found: Sequence[Seen],
    radius_m: float,
    convergence_deg: float,
) -> dict[str, Table]:
    columns = with_change(*(seen.columns for seen in found))
    if observers is None:
        return {FINDINGS: Table({"sentence": list(findings_of_ground(columns, places.area_m2))})}
    isovists = [seen.isovists for seen in found]
    table = isovists_table(observers, isovists, convergence_deg)
    return {
        FINDINGS: Table({"sentence": list(findings_of_places(table, columns, radius_m))}),
        "isovists": table,
        OBSERVERS: observers.table(),
        VOLUMES: volumes_table(observers, isovists),
    }


def _pedigree(
    inputs: Inputs, places: Receivers, warnings: Sequence[str], found: Sequence[Seen], seconds: float
) -> Pedigree:
    sky = 100 * error_share(inputs.sky_directions)
    leafy = any(seen.cast.opaque < len(seen.cast.triangles) for seen in found)
    notes = dict.fromkeys((*places.notes, *(note for seen in found for note in seen.cast.notes)))
    return Pedigree(
        method=METHOD.format(
            height=inputs.eye_height_m,
            trees="are cut like walls" if inputs.vegetation else "are left out",
            radius=inputs.radius_m,
            sky=inputs.sky_directions,
        ),
        version=versions("shapely"),
        inputs=tuple(dict.fromkeys(item for seen in found for item in seen.cast.inputs)),
        error=(
            "Isovists are exact for the geometry given, their areas to a millionth; openness and sky view "
            f"factors are within about {sky:.1f} % of the open sky"
        ),
        limits=(
            *notes,
            *warnings,
            "The terrain hides nothing in the plan; it does hide the sky",
            *("Trees are in leaf",) * leafy,
        ),
        numbers={
            "points": len(places),
            "triangles": sum(len(seen.cast.triangles) for seen in found),
            "seconds": seconds,
        },
    )
