"""Lines of sight: free or blocked, by what, where, and how much too high; fans, and bundles to windows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.analysis import Estimate
from analysis.casters import Casters
from analysis.naming import Naming, subject
from analysis.sight.aims import CLICKED_M, Aims, clear_of
from analysis.sight.laidlines import PLACES, SECTOR, Laid, Towards, laid_out, laid_points
from analysis.sight.looking import EYE_HEIGHT_M, MOST_WARNED, Observers, earth_of, warnings_of
from analysis.sight.outlook import IS_SEEN, SEEN
from analysis.sight.profile import PROFILE
from analysis.sight.sightlines import Names, Seen, Sightlines
from analysis.sight.sights import GAP_M
from analysis.sight.sighttables import (
    fan_table,
    hiders_table,
    obstacles_table,
    profile_table,
    sightlines_table,
)
from analysis.sight.sightwords import said_of
from analysis.site import site_if_known
from analysis.states import situations, states_title
from analysis.survey import (
    ONE_EACH_M,
    finished,
    measured,
    quantities_with_change,
    standing_only,
    standing_rows,
    versions,
)
from layers.data import Progress, never_stop, part_of
from layers.project import Project
from layers.results import (
    BEFORE,
    FINDINGS,
    OBSERVERS,
    SIGHTLINES,
    VOLUMES,
    WARNING,
    Pedigree,
    Result,
    Table,
)
from layers.written import grouped

NAME = "sightline"
TITLE = "Line of sight"
HELP = "Whether one sees from here to there, what is in the way, and how much too high it is."

#: For estimates: seconds of a line, and of gathering what stands along them.
LINE_S, SET_UP_S = 0.005, 1.0
#: Part of the time that it takes to find out what stands there.
SET_UP = 0.3
#: Along lines that go beyond the terrain it is looked for at so many places, and on all of them together.
STOPS, ALL_STOPS = 2_001, 200_000
#: What hides so near to an eye, on the map, may be what one stands on.
UNDERFOOT_M = 2.0

QUANTITIES = (replace(IS_SEEN, title="Seen from the places"),)
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
class Inputs(Towards):
    """What is asked."""


def estimate(project: Project, inputs: Inputs) -> Estimate:
    """How much there is to do."""
    if inputs.towards == PLACES:
        ends = len(inputs.targets)
    elif inputs.towards == SECTOR:
        ends = len(inputs.sector.azimuths_deg)
    else:
        areas = laid_points(project, replace(inputs, spacing_m=ONE_EACH_M)).row_area_m2
        ends = int(np.maximum(areas / inputs.spacing_m**2, 1).sum())
    lines = ends * len(inputs.places)
    return Estimate(lines, 0, SET_UP_S + lines * len(situations(inputs)) * LINE_S)


def run(project: Project, inputs: Inputs, progress: Progress = never_stop) -> Result:
    """Look along the lines that are asked for."""
    started = time.perf_counter()
    site = site_if_known(project)
    laid = laid_out(project, inputs, site.convergence_deg, part_of(progress, 0.0, SET_UP))
    naming = Naming(project)
    states = [Sightlines(sights, naming.wholes) for sights in laid.sights]
    found = _looked(laid, states, inputs.towards != SECTOR, part_of(progress, SET_UP, 1.0))
    names = Names(naming, [state.cast for state in states])
    surfaces, points = _seen_on(project, inputs, laid, found)
    return finished(
        NAME,
        f"{_subject(inputs, laid, naming)}, {states_title(project, situations(inputs))}",
        inputs,
        site,
        _pedigree(project, inputs, laid, states, found[0], time.perf_counter() - started),
        quantities=quantities_with_change(QUANTITIES, inputs.compare) if len(surfaces) else (),
        surfaces=surfaces,
        points=points,
        tables=_tables(inputs, laid, states, found, names, _are_new(surfaces)),
    )


# -- what is asked ---------------------------------------------------------------------------------


#: What was found on all lines in one state.
_State = list[Seen]


def _looked(laid: Laid, states: Sequence[Sightlines], with_heights: bool, progress: Progress) -> list[_State]:
    """What is met on the lines, in each state."""
    share = 1 / len(states)
    return [
        state.all(laid.observers, laid.aims, with_heights, part_of(progress, at * share, (at + 1) * share))
        for at, state in enumerate(states)
    ]


# -- what is found ---------------------------------------------------------------------------------


def _seen_on(project: Project, inputs: Inputs, laid: Laid, found: Sequence[_State]) -> tuple[Table, Table]:
    """Surfaces and points with whether they are seen from one of the places at least; else nothing."""
    points = laid.points
    if points is None:
        return Table(), Table()
    seen = []
    for lines, situation in zip(found, situations(inputs), strict=True):
        free = np.array([one.is_free for one in lines], bool)
        is_seen = np.zeros(len(points))
        is_seen[laid.aims.point[free]] = 1.0
        stood = standing_rows(project, points, situation)[points.row]
        seen.append(standing_only({SEEN: is_seen}, stood))
    return measured(points, seen[0], seen[1] if len(seen) > 1 else None)


def _tables(
    inputs: Inputs,
    laid: Laid,
    states: Sequence[Sightlines],
    found: Sequence[_State],
    names: Names,
    is_new: bool,
) -> dict[str, Table]:
    """The tables of a result; `is_new`: what is looked at did not stand before, nothing is said of then."""
    now, before = found[0], found[1] if len(found) > 1 else None
    lines = sightlines_table(laid.aims, now, names)
    if before is not None:
        was = sightlines_table(laid.aims, before, names)
        kept = ("visible", "blocked_by", "excess_m")
        lines = Table({**lines.columns, **{name + BEFORE: was.columns[name] for name in kept}})
    sentences = said_of(laid.observers, laid.aims, laid.points, now, None if is_new else before, names)
    tables = {SIGHTLINES: lines, "hidden_by": hiders_table(now, names, before)}
    if inputs.towards == PLACES:
        tables["obstacles"] = obstacles_table(laid.aims, now, names)
    if inputs.towards == SECTOR:
        tables[VOLUMES] = fan_table(laid.observers, laid.aims, now, inputs.sector.apart_deg)
    elif now:
        tables[PROFILE] = profile_table(laid.aims, states, now, names)
    return tables | {OBSERVERS: laid.observers.table(), FINDINGS: Table({"sentence": sentences})}


def _are_new(surfaces: Table) -> bool:
    """Whether none of the surfaces stand in the state that is compared with."""
    column = SEEN + BEFORE
    return column in surfaces.columns and bool(np.isnan(surfaces.numbers(column)).all())


def _subject(inputs: Inputs, laid: Laid, naming: Naming) -> str:
    count = len(laid.aims)
    if inputs.towards == SECTOR:
        return f"Sight fan of {inputs.width_deg:g}° from {_listed(laid.observers.names)}"
    if laid.points is not None:
        what = subject(naming, laid.points.surfaces_table())
        return f"{what}: {count} lines of sight from {_listed(laid.observers.names)}"
    return f"Line of sight, {laid.aims.names[0]}" if count == 1 else f"{count} lines of sight"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} places"


def _pedigree(
    project: Project,
    inputs: Inputs,
    laid: Laid,
    states: Sequence[Sightlines],
    found: _State,
    seconds: float,
) -> Pedigree:
    notes = [note for state in states for note in state.cast.notes]
    notes = [*(laid.points.notes if laid.points is not None else ()), *notes]
    observers, aims, cast = laid.observers, laid.aims, states[0].cast
    notes = warnings_of(project, observers.names, observers.eyes, cast, inputs.vegetation) + notes
    if inputs.towards == PLACES:
        count = len(aims) // len(observers)
        before = clear_of(aims.ends[:count], observers.eyes[0]) + np.array((0.0, 0.0, CLICKED_M))
        notes = warnings_of(project, aims.targets[:count], before, cast, inputs.vegetation) + notes
    notes = _at_the_eye(observers, aims, found) + _about_ground(cast, laid, inputs.towards) + notes
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


def _about_ground(cast: Casters, laid: Laid, towards: str) -> list[str]:
    """What is said where there is no terrain along the lines: of fans a note, of others a warning."""
    if not len(cast.ground.triangles):
        return ["There is no terrain: only objects hide"]
    starts, ends = laid.observers.eyes[laid.aims.observer, :2], laid.aims.ends[:, :2]
    ground = [cast.ground.heights(places) for places in (starts, ends)]
    beyond = np.flatnonzero(np.isnan(ground).any(axis=0))
    if not len(beyond):
        return []
    who = "1 line of sight goes" if len(beyond) == 1 else f"{len(beyond)} lines of sight go"
    count = min(STOPS, 2 + ALL_STOPS // len(beyond))
    stops = np.linspace(starts[beyond], ends[beyond], count).reshape(-1, 2)
    share = np.isnan(cast.ground.heights(stops)).reshape(count, -1).mean(axis=0)
    metres = float((share * np.hypot(*(ends - starts)[beyond].T)).max())
    far = f"{grouped(metres / 1000, 1)} km" if metres >= 1000 else f"{metres:.0f} m"
    text = f"{who} beyond the terrain, by {far}{' at most' * (len(beyond) > 1)}: no ground hides there"
    return [text if towards == SECTOR else WARNING + text]


def _at_the_eye(observers: Observers, aims: Aims, found: _State) -> list[str]:
    """That what one seems to stand on hides, where places with a height are taken for the eyes themselves."""
    if observers.eye_height_m > 0:
        return []
    names = dict.fromkeys(
        observers.names[who]
        for who, one in zip(aims.observer.tolist(), found, strict=True)
        if one.obstacles and one.obstacles[0].from_m < UNDERFOOT_M
    )
    return [
        f"{WARNING}what hides before {name} is right at the eye: the given place is the eye itself; if it is "
        f"where one stands, give the height of the eye too, such as {EYE_HEIGHT_M:g} m"
        for name in list(names)[:MOST_WARNED]
    ]
