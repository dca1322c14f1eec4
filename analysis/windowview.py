"""From my window: what share of a view is sky, green, water and buildings, how much sun it gets, and why."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.analysis import Estimate
from analysis.asked import asked
from analysis.casters import Casters, casters
from analysis.landcover import KINDS, TITLES, land_cover
from analysis.naming import Naming, subject
from analysis.receivers import Receivers
from analysis.sight.looking import box_around
from analysis.sight.sights import Bend
from analysis.sight.windowlook import PICTURE_COLUMNS, Looker, Sight, towards_change
from analysis.sight.windowplaces import Places, box_of_points, given_places, telling_place
from analysis.sight.windowsun import SunSeen, Yearly, sun_seen, year_of_sun
from analysis.sight.windowtables import Found, StateSeen, tables_of
from analysis.site import Site, site_if_known, site_of
from analysis.sky import directions
from analysis.skyview import error_share
from analysis.states import situations, states_title
from analysis.sunhours import SunWay
from analysis.sunlight import audit_of
from analysis.survey import (
    finished,
    measured,
    point_count,
    quantities_with_change,
    receivers_of,
    standing_rows,
    versions,
    without_plants,
)
from layers.arrays import Float64
from layers.data import Box, Progress, never_stop, part_of
from layers.project import Project
from layers.results import OBSERVERS, VIEWS, Pedigree, Quantity, Result
from layers.views import View, views_table

NAME = "windowview"
TITLE = "From my window"
HELP = "What a window or a spot sees: sky, green, water, buildings; its sun by month; what a proposal takes."

#: Where one looks if nothing is said: straight out of a window, from a spot to what changes.
AHEAD = -1.0
#: The point in the middle of a picture is so far away.
TO_M = 100.0
ASPECT = 1.5
RAYS_PER_SECOND = 2.0e6
#: Of shares in steps of half a degree, 0 … 1, against closed forms.
LEAST_ERROR = 0.002
QUANTITIES = tuple(
    Quantity(f"{kind}_pct", TITLES[kind], "%", digits=1, color_map="viridis", low=0.0) for kind in KINDS
)
#: Parts of the time: laying out, looking; the rest follows the sun.
LAID_OUT, LOOKED = 0.1, 0.5
METHOD = (
    "From the eye rays are cast in all directions, {step:g}° apart, and through the {columns} columns of a "
    "picture that is {wide:g}° wide; each counts with the solid angle that it stands for. What a ray meets "
    "first says what is seen: plants are green, buildings with their parts are buildings; where it meets the "
    "ground, what covers it there says whether that is green, water, or a street. A share is one of all that "
    "lies before the facade, or around a spot, and one of the picture. A ray that leaves the model sees the "
    "sky, below the horizon the ground. {sun}Looked at is {states}"
)
SUN_METHOD = (
    "Hours of sun follow the centre of the sun on every {every}th day in steps of {minutes:g} minutes; "
    "what an object takes are the hours at which it is the first thing before the sun. "
)


@dataclass(frozen=True)
class Inputs(Yearly):
    """What is asked."""

    on: str = asked(
        "points",
        "Look out of",
        "choice",
        choices=(
            ("points", "A window or a spot"),
            ("surfaces", "All windows or walls of objects"),
        ),
        group="Where",
    )
    points: tuple[Sequence[object], ...] = asked(
        (),
        "Windows and spots",
        "points",
        low=1,
        help="click a facade, or the ground where one stands",
        group="Where",
        when=("on", "points"),
    )
    surfaces: str = asked(
        "walls",
        "Surfaces",
        "choice",
        choices=(("walls", "Walls and windows"), ("windows", "Windows"), ("all", "Roofs and walls")),
        group="Where",
        when=("on", "surfaces"),
    )
    spacing_m: float = asked(
        2.0,
        "Distance of points",
        "number",
        unit="m",
        low=0.1,
        high=100,
        group="Where",
        when=("on", "surfaces"),
    )
    vegetation: bool = asked(
        True,
        "Trees hide and shade",
        "yes",
        help="no: as if there were none",
        group="More",
    )
    eye_height_m: float = asked(
        1.6,
        "Height of the eye",
        "number",
        unit="m",
        low=0.0,
        high=1000.0,
        help="above a spot; a window is looked out of where it is clicked",
        group="Where",
        when=("on", "points"),
    )
    width_deg: float = asked(
        90.0, "Field of view", "number", unit="°", low=5.0, high=150.0, help="of the picture", group="Picture"
    )
    azimuth_deg: float = asked(
        AHEAD,
        "Looks to",
        "number",
        unit="°",
        low=AHEAD,
        high=360.0,
        words=((AHEAD, "straight out, or to what changes"),),
        help="clockwise from true north",
        group="Picture",
    )
    altitude_deg: float = asked(
        0.0, "Looks up", "number", unit="°", low=-80.0, high=80.0, help="negative: down", group="Picture"
    )
    reach_m: float = asked(
        3000.0, "Looks as far as", "number", unit="m", low=50.0, high=20_000.0, group="More"
    )
    step_deg: float = asked(0.5, "Rays are apart", "number", unit="°", low=0.1, high=5.0, group="More")
    directions: int = asked(
        2000,
        "Directions, from many windows",
        "whole",
        low=100,
        high=100_000,
        group="More",
        when=("on", "surfaces"),
    )


def estimate(project: Project, inputs: Inputs) -> Estimate:
    """How much there is to do."""
    points = point_count(project, inputs)
    places = points if inputs.on == "points" else 1
    rays = places * round(360 * 180 / inputs.step_deg**2)
    if inputs.on == "surfaces":
        rays += points * inputs.directions // 2
    if inputs.sun:
        rays += places * round(2 * 365 / inputs.every * 12 * 60 / inputs.step_min)
    rays *= len(situations(inputs))
    return Estimate(points, rays, rays / RAYS_PER_SECOND / (os.cpu_count() or 1))


def run(project: Project, inputs: Inputs, progress: Progress = never_stop) -> Result:
    """What the windows and spots see that are asked for."""
    started = time.perf_counter()
    site = site_of(project) if inputs.sun else site_if_known(project)
    naming = Naming(project)
    laying_out, looking = part_of(progress, 0.0, LAID_OUT), part_of(progress, LAID_OUT, LOOKED)
    facades = receivers_of(project, inputs, laying_out) if inputs.on == "surfaces" else None
    box = facades.box if facades is not None else box_of_points(project, inputs.points)
    lookers = _lookers(project, inputs, box, naming, laying_out)
    casts = [looker.land.cast for looker in lookers]
    if facades is None:
        places = given_places(inputs.points, inputs.eye_height_m, casts[0], naming)
    else:
        shares = _of_facades(project, inputs, facades, lookers, looking)
        places = telling_place(facades, naming, *shares)
    views = [_view(lookers, places, number, inputs, site) for number in range(len(places))]
    sights = _sights(lookers, places, views, inputs.step_deg, looking)
    eyes = places.receivers(site.convergence_deg)
    if facades is None:
        shares = [np.array([sight.whole for sight in state]) for state in sights]
    sun = year_of_sun(project, inputs, eyes, situations(inputs)[0].year) if inputs.sun else None
    suns = _suns(eyes, casts, naming, sun, inputs, progress)
    states = [StateSeen(*each) for each in zip(map(_mean, shares), sights, suns, strict=True)]
    is_mean = facades is not None
    found = Found(places, views, states, naming, site.convergence_deg, inputs.step_deg, is_mean)
    receivers = eyes if facades is None else facades
    columns = [_columns(part) for part in shares]
    surfaces, points = measured(receivers, columns[0], columns[1] if inputs.compare else None)
    return finished(
        NAME,
        _title(project, inputs, places, subject(naming, surfaces)),
        inputs,
        site,
        _pedigree(inputs, receivers, casts, sun, found, time.perf_counter() - started),
        # A window or a spot colours nothing of the city: its shares are in the tables.
        quantities=quantities_with_change(QUANTITIES, inputs.compare) if is_mean else (),
        surfaces=surfaces,
        points=points,
        tables={**tables_of(found), OBSERVERS: places.table(), VIEWS: views_table(views)},
        grid=receivers.grid,
    )


def _lookers(project: Project, inputs: Inputs, box: Box, naming: Naming, progress: Progress) -> list[Looker]:
    """Who looks at each state of the city, as far as is asked for."""
    reached = box_around(np.array(box).reshape(2, 3), inputs.reach_m)
    found = []
    for state in situations(inputs):
        cast = casters(project, state, box, inputs.reach_m, progress)
        cast = cast if inputs.vegetation else without_plants(cast)
        found.append(Looker(land_cover(project, state, cast, reached), naming.wholes(cast.fid)))
    return found


def _of_facades(
    project: Project, inputs: Inputs, facades: Receivers, lookers: Sequence[Looker], progress: Progress
) -> list[Float64]:
    """Shares (n, 6) that points on facades see in each state, NaN where their object does not stand."""
    found = []
    for number, (state, looker) in enumerate(zip(situations(inputs), lookers, strict=True)):
        part = part_of(progress, number / len(lookers), (number + 1) / len(lookers))
        shares = looker.of_points(facades, inputs.directions, part)
        shares[~standing_rows(project, facades, state)[facades.row]] = np.nan
        found.append(shares)
    return found


def _columns(shares: Float64) -> dict[str, Float64]:
    """Shares (n, 6) as quantities."""
    return {quantity.name: 100 * shares[:, at] for at, quantity in enumerate(QUANTITIES)}


def _sights(
    lookers: Sequence[Looker], places: Places, views: Sequence[View], step_deg: float, progress: Progress
) -> list[list[Sight]]:
    """What each place sees, in each state."""
    count = len(lookers) * len(views)

    def sight(state: int, number: int) -> Sight:
        done = state * len(views) + number
        part = part_of(progress, done / count, (done + 1) / count, f"looking from {places.names[number]}")
        return lookers[state].sight(places, number, views[number], step_deg, part)

    return [[sight(state, number) for number in range(len(views))] for state in range(len(lookers))]


def _view(lookers: Sequence[Looker], places: Places, number: int, inputs: Inputs, site: Site) -> View:
    """The picture of a place: where it is said to, straight out of a window, from a spot to what changes."""
    eye, normal = places.eyes[number], places.normal(number)
    if inputs.azimuth_deg != AHEAD:
        azimuth = inputs.azimuth_deg - site.convergence_deg
    elif normal is not None:
        azimuth = float(np.degrees(np.arctan2(normal[0], normal[1])))
    else:
        changed = towards_change(lookers, eye)
        azimuth = -site.convergence_deg if changed is None else changed
    to = eye + TO_M * directions(np.array([azimuth]), np.array([inputs.altitude_deg]))[0]
    x, y, z = to.tolist()
    x0, y0, z0 = eye.tolist()
    return View(places.names[number], (x0, y0, z0), (x, y, z), inputs.width_deg, ASPECT, site.convergence_deg)


def _suns(
    receivers: Receivers,
    casts: Sequence[Casters],
    naming: Naming,
    sun: SunWay | None,
    inputs: Inputs,
    progress: Progress,
) -> list[SunSeen | None]:
    """The sun of places in each state, where it is asked for."""
    if sun is None:
        return [None] * len(casts)
    share = (1 - LOOKED) / len(casts)
    return [
        sun_seen(
            receivers,
            cast,
            naming,
            sun,
            inputs,
            part_of(progress, LOOKED + number * share, LOOKED + (number + 1) * share),
        )
        for number, cast in enumerate(casts)
    ]


def _mean(shares: Float64) -> Float64:
    """Mean shares (6,) of points (n, 6), of those whose object stands."""
    kept = shares[np.isfinite(shares[:, 0])]
    return np.asarray(kept.mean(axis=0) if len(kept) else np.full(len(KINDS), np.nan), np.float64)


def _title(project: Project, inputs: Inputs, places: Places, of: str) -> str:
    """As in "Window of Lohe School: from my window, plan 2035 against today"."""
    name = of if inputs.on == "surfaces" or len(places) > 1 else places.names[0]
    return f"{name[:1].upper()}{name[1:]}: {TITLE.lower()}, {states_title(project, situations(inputs))}"


def _pedigree(
    inputs: Inputs,
    receivers: Receivers,
    casts: Sequence[Casters],
    sun: SunWay | None,
    found: Found,
    seconds: float,
) -> Pedigree:
    notes = dict.fromkeys((*receivers.notes, *(note for cast in casts for note in cast.notes)))
    inside = [name for cast in casts[1:] for name in found.places.closed_in(cast)]
    is_leafy = any(cast.opaque < len(cast.triangles) for cast in casts)
    error = max(sight.error for state in found.states for sight in state.sights)
    suns = [state.sun for state in found.states if state.sun is not None]
    return Pedigree(
        method=METHOD.format(
            step=inputs.step_deg,
            columns=PICTURE_COLUMNS,
            wide=inputs.width_deg,
            sun=SUN_METHOD.format(every=inputs.every, minutes=inputs.step_min) if inputs.sun else "",
            states=" Before is ".join(f"{state.title}." for state in situations(inputs)),
        ),
        version=versions("pvlib"),
        inputs=tuple(dict.fromkeys(item for cast in casts for item in cast.inputs)),
        sun=audit_of(sun) if sun is not None else (),
        error=error_of(inputs, error, max((one.error_h for one in suns), default=0.0)),
        limits=(
            *notes,
            f"What is farther away than {inputs.reach_m:g} m is not seen; the Earth is flat, so that what "
            f"lies there stands too high by {Bend().drop_m(np.array([inputs.reach_m]))[0]:.1f} m",
            "The eye is just outside of the window: what its frame and the room hide is not known",
            "Ground of which nothing is said counts as ground, even where it is a meadow",
            *(f"Before, {name} lies inside something that stood there" for name in inside),
            *(f"The sun is that of {situations(inputs)[0].year} in both states",)
            * (sun is not None and inputs.compare),
            *("Trees are in leaf and hide what is behind them; the sun shines through them by season",)
            * is_leafy,
        ),
        numbers={
            "points": len(receivers),
            "places": len(found.places),
            "triangles": sum(len(cast.triangles) for cast in casts),
            "largest_error_pct": 100 * error,
            "seconds": seconds,
        },
    )


def error_of(inputs: Inputs, half: float, hours: float) -> str:
    """How far off shares and hours may be; `half` is what every second ray alone would change."""
    most = max(LEAST_ERROR * (inputs.step_deg / 0.5), half)
    text = f"Shares of the places that are looked at closely are within {100 * most:.2g} % of the view"
    if inputs.on == "surfaces":
        text += f"; those of each of many windows within {100 * error_share(inputs.directions // 2):.2g} %"
    return f"{text}. Hours of sun of a year are within {hours:.2g} h" if inputs.sun else text
