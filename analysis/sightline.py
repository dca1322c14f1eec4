"""Lines of sight: free or blocked, by what, where, and how much too high; fans, and bundles to windows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.aims import (
    Aims,
    Sector,
    at_places,
    at_points,
    clear_of,
    open_points,
    over_sector,
    placed,
    points_on,
    target_names,
    told_apart,
)
from analysis.alonglines import are_long, casters_along
from analysis.analysis import Estimate
from analysis.asked import asked
from analysis.looking import (
    FromPlaces,
    Observers,
    bend_of,
    box_around,
    earth_of,
    observers_of,
    place_names,
    positions_of,
    sights_in,
    warnings_of,
)
from analysis.naming import Naming, subject
from analysis.profile import PROFILE
from analysis.receivers import Receivers
from analysis.sightlines import Names, Seen, Sightlines, check_apart
from analysis.sights import GAP_M, Sights
from analysis.sighttables import (
    fan_table,
    hiders_table,
    obstacles_table,
    profile_table,
    sightlines_table,
)
from analysis.sightwords import said_of
from analysis.site import site_if_known
from analysis.states import situations, states_title
from analysis.survey import ONE_EACH_M, finished, measured, quantities_with_change, versions
from layers.data import Progress, never_stop, part_of
from layers.project import Project
from layers.results import (
    BEFORE,
    FINDINGS,
    OBSERVERS,
    SIGHTLINES,
    VOLUMES,
    Pedigree,
    Quantity,
    Result,
    Table,
)

NAME = "sightline"
TITLE = "Line of sight"
HELP = "Whether one sees from here to there, what is in the way, and how much too high it is."

PLACES, SURFACES, SECTOR = "places", "surfaces", "sector"
#: Around the lines, so that what they just touch is there.
MARGIN_M = 2.0
#: For estimates: seconds of a line, and of gathering what stands along them.
LINE_S, SET_UP_S = 0.005, 1.0
#: Part of the time that it takes to find out what stands there.
SET_UP = 0.3

SEEN = "seen_fraction"
QUANTITIES = (Quantity(SEEN, "Seen from the places", "", digits=2, color_map="viridis", low=0.0, high=1.0),)
ERROR = (
    "Distances and heights are those of the model's own triangles within 1 mm; of a target at 20 km the "
    "height that is hidden is within 1 mm of the closed form"
)
METHOD = (
    "Each line of sight is looked at in the upright plane through it: every triangle of terrain, buildings "
    "and {plants} is cut by that plane in float64. {earth} A line is blocked where it meets a cut, the "
    "first one says by what. It is too high by as much as the whole object rises above the line at most, "
    "between the eye and the end. From which height on an end is seen: raised over all that hides it until "
    "nothing does."
)


@dataclass(frozen=True)
class Inputs(FromPlaces):
    """What is asked."""

    towards: str = asked(
        PLACES,
        "Towards",
        "choice",
        choices=(
            (PLACES, "Other places"),
            (SURFACES, "Windows, walls or roofs of objects"),
            (SECTOR, "All directions of a sector"),
        ),
        group="To",
    )
    targets: tuple[Sequence[float], ...] = asked(
        (),
        "Targets",
        "places",
        low=1,
        help="x, y on the ground, or x, y, z",
        group="To",
        when=("towards", PLACES),
    )
    target_height_m: float = asked(
        0.0,
        "Height above the target",
        "number",
        unit="m",
        low=-1000.0,
        high=1000.0,
        group="To",
        when=("towards", PLACES),
    )
    to_where: str = asked("", "Which objects", "expression", group="To", when=("towards", SURFACES))
    to_fids: tuple[int, ...] = asked(
        (),
        "Chosen objects",
        "fids",
        group="To",
        when=("towards", SURFACES),
        takes="standing",
        words=(("", "None yet"),),
    )
    surfaces: str = asked(
        "walls",
        "Surfaces",
        "choice",
        choices=(
            ("windows", "Windows"),
            ("walls", "Walls and windows"),
            ("roofs", "Roofs"),
            ("all", "Roofs and walls"),
        ),
        group="To",
        when=("towards", SURFACES),
    )
    spacing_m: float = asked(
        3.0,
        "Distance of points",
        "number",
        unit="m",
        low=0.1,
        high=100.0,
        help="every surface, such as a window, has one at least",
        group="To",
        when=("towards", SURFACES),
    )
    azimuth_deg: float = asked(
        0.0,
        "Middle of the sector",
        "number",
        unit="°",
        low=-360.0,
        high=360.0,
        help="clockwise from true north",
        group="To",
        when=("towards", SECTOR),
    )
    width_deg: float = asked(
        90.0, "Its width", "number", unit="°", low=0.0, high=360.0, group="To", when=("towards", SECTOR)
    )
    reach_m: float = asked(
        300.0, "Reach", "number", unit="m", low=1.0, high=50_000.0, group="To", when=("towards", SECTOR)
    )
    step_deg: float = asked(
        1.0, "A line every", "number", unit="°", low=0.01, high=90.0, group="To", when=("towards", SECTOR)
    )
    altitude_deg: float = asked(
        0.0,
        "Looking up",
        "number",
        unit="°",
        low=-80.0,
        high=80.0,
        help="above the horizontal",
        group="To",
        when=("towards", SECTOR),
    )

    @property
    def sector(self) -> Sector:
        """The sector that is asked for."""
        return Sector(self.azimuth_deg, self.width_deg, self.altitude_deg, self.reach_m, self.step_deg)


def estimate(project: Project, inputs: Inputs) -> Estimate:
    """How much there is to do."""
    if inputs.towards == PLACES:
        ends = len(inputs.targets)
    elif inputs.towards == SECTOR:
        ends = len(inputs.sector.azimuths_deg)
    else:
        areas = _points(project, replace(inputs, spacing_m=ONE_EACH_M)).row_area_m2
        ends = int(np.maximum(areas / inputs.spacing_m**2, 1).sum())
    lines = ends * len(inputs.places)
    return Estimate(lines, 0, SET_UP_S + lines * len(situations(inputs)) * LINE_S)


def run(project: Project, inputs: Inputs, progress: Progress = never_stop) -> Result:
    """Look along the lines that are asked for."""
    started = time.perf_counter()
    site = site_if_known(project)
    laid = _laid_out(project, inputs, site.convergence_deg, part_of(progress, 0.0, SET_UP))
    naming = Naming(project)
    states = [Sightlines(sights, naming.wholes) for sights in laid.sights]
    found = _looked(laid, states, inputs.towards != SECTOR, part_of(progress, SET_UP, 1.0))
    names = Names(naming, [state.cast for state in states])
    surfaces, points = _seen_on(laid, found)
    return finished(
        NAME,
        f"{_subject(project, inputs, laid, naming)}, {states_title(project, situations(inputs))}",
        inputs,
        site,
        _pedigree(inputs, laid, states, time.perf_counter() - started),
        quantities=quantities_with_change(QUANTITIES, inputs.compare) if len(surfaces) else (),
        surfaces=surfaces,
        points=points,
        tables=_tables(inputs, laid, states, found, names),
    )


# -- what is asked ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Laid:
    """The lines of sight, and what stands along them in each state."""

    observers: Observers
    aims: Aims
    points: Receivers | None  # what they go to, where that is on surfaces
    sights: tuple[Sights, ...]


def _laid_out(project: Project, inputs: Inputs, convergence_deg: float, progress: Progress) -> _Laid:
    places, points = positions_of(inputs.places), None
    around = [places]
    if inputs.towards == SURFACES:
        points = _points(project, inputs, convergence_deg, progress)
        around.append(points.points)
    elif inputs.towards == PLACES:
        around.append(positions_of(inputs.targets, "target"))
    reach = inputs.reach_m if inputs.towards == SECTOR else 0.0
    box = box_around(np.concatenate(around), reach + MARGIN_M)
    if inputs.towards == PLACES and are_long(len(places) * len(around[1]), box):
        lines = [(place[:2], target[:2]) for place in places for target in around[1]]
        sights = tuple(
            Sights(casters_along(project, situation, lines, progress), inputs.vegetation, bend_of(inputs))
            for situation in situations(inputs)
        )
    else:
        sights = tuple(
            sights_in(project, inputs, situation, box, progress=progress) for situation in situations(inputs)
        )
    cast = sights[0].cast
    observers = observers_of(inputs, cast, told_apart(place_names(project, places), "place"))
    if points is not None:
        points = open_points(points, [state.cast for state in sights])
        aims = at_points(observers, points)
    elif inputs.towards == PLACES:
        ends = placed(cast, around[1], inputs.target_height_m)
        aims = at_places(observers, ends, target_names(Naming(project), cast, observers.eyes[0], ends))
    else:
        aims = over_sector(observers, inputs.sector, bend_of(inputs), convergence_deg)
    check_apart(observers, aims)
    return _Laid(observers, aims, points, sights)


def _points(
    project: Project, inputs: Inputs, convergence_deg: float = 0.0, progress: Progress = never_stop
) -> Receivers:
    """On the surfaces that are looked at."""
    wanted = inputs.to_where, inputs.to_fids
    return points_on(
        project,
        situations(inputs)[0],
        wanted,
        inputs.surfaces,
        inputs.spacing_m,
        convergence_deg,
        progress,
    )


def _looked(
    laid: _Laid, states: Sequence[Sightlines], with_heights: bool, progress: Progress
) -> list[list[Seen]]:
    """What is met on the lines, in each state."""
    share = 1 / len(states)
    return [
        state.all(laid.observers, laid.aims, with_heights, part_of(progress, at * share, (at + 1) * share))
        for at, state in enumerate(states)
    ]


# -- what is found ---------------------------------------------------------------------------------


def _seen_on(laid: _Laid, found: Sequence[Sequence[Seen]]) -> tuple[Table, Table]:
    """Surfaces and points with whether they are seen from one of the places at least; else nothing."""
    points = laid.points
    if points is None:
        return Table(), Table()
    seen = []
    for state in found:
        free = np.array([one.is_free for one in state], bool)
        is_seen = np.zeros(len(points))
        is_seen[laid.aims.point[free]] = 1.0
        seen.append({SEEN: is_seen})
    return measured(points, seen[0], seen[1] if len(seen) > 1 else None)


def _tables(
    inputs: Inputs,
    laid: _Laid,
    states: Sequence[Sightlines],
    found: Sequence[Sequence[Seen]],
    names: Names,
) -> dict[str, Table]:
    now, before = found[0], found[1] if len(found) > 1 else None
    lines = sightlines_table(laid.aims, now, names)
    if before is not None:
        was = sightlines_table(laid.aims, before, names)
        kept = ("visible", "blocked_by", "excess_m")
        lines = Table({**lines.columns, **{name + BEFORE: was.columns[name] for name in kept}})
    sentences = said_of(laid.observers, laid.aims, laid.points, now, before, names)
    tables = {SIGHTLINES: lines, "hidden_by": hiders_table(now, names, before)}
    if inputs.towards == PLACES:
        tables["obstacles"] = obstacles_table(laid.aims, now, names)
    if inputs.towards == SECTOR:
        tables[VOLUMES] = fan_table(laid.observers, laid.aims, now, inputs.sector.apart_deg)
    elif now:
        tables[PROFILE] = profile_table(laid.aims, states, now, names)
    return tables | {OBSERVERS: laid.observers.table(), FINDINGS: Table({"sentence": sentences})}


def _subject(project: Project, inputs: Inputs, laid: _Laid, naming: Naming) -> str:
    count = len(laid.aims)
    if inputs.towards == SECTOR:
        return f"Sight fan of {inputs.width_deg:g}° from {_listed(laid.observers.names)}"
    if laid.points is not None:
        what = subject(naming, laid.points.surfaces_table())
        return f"{what}: {count} lines of sight from {_listed(laid.observers.names)}"
    return f"Line of sight, {laid.aims.names[0]}" if count == 1 else f"{count} lines of sight"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} places"


def _pedigree(inputs: Inputs, laid: _Laid, states: Sequence[Sightlines], seconds: float) -> Pedigree:
    notes = [note for state in states for note in state.cast.notes]
    notes = [*(laid.points.notes if laid.points is not None else ()), *notes]
    observers, aims, cast = laid.observers, laid.aims, states[0].cast
    notes = warnings_of(observers.names, observers.eyes, cast) + notes
    if inputs.towards == PLACES:
        count = len(aims) // len(observers)
        before = clear_of(aims.ends[:count], observers.eyes[0])
        notes = warnings_of(aims.targets[:count], before, cast) + notes
    return Pedigree(
        method=METHOD.format(
            plants="trees" if inputs.vegetation else "other objects, but no vegetation,",
            earth=earth_of(inputs),
        ),
        version=versions(),
        inputs=tuple(dict.fromkeys(item for state in states for item in state.cast.inputs)),
        error=ERROR,
        limits=(
            *dict.fromkeys(notes),
            f"What lies within {1000 * GAP_M:g} mm of the eye or {1000 * laid.aims.gap_m:g} mm of the end "
            "does not hide it",
            *(("Trees are in leaf and hide what is behind them",) if inputs.vegetation else ()),
        ),
        numbers={
            "lines": len(laid.aims),
            "triangles": sum(len(state.cast.triangles) for state in states),
            "seconds": seconds,
        },
    )
