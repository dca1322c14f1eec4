"""Visual exposure: from where on streets and squares an object is seen, and how much of it.

Lines of sight run from the eyes of people everywhere on the chosen ground to small pieces of the object's
outside. Three numbers say how much is seen: the share of what would be seen if nothing else stood, the
solid angle, and how much of the object's height shows.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.analysis import Estimate
from analysis.asked import asked
from analysis.casters import Casters, casters
from analysis.naming import Naming
from analysis.plots import Area, people_on
from analysis.receivers import Receivers, joined
from analysis.sight.appearance import Appearance, appearance
from analysis.sight.exposuretables import (
    AREAS,
    CHANGES,
    SHARES,
    areas_table,
    changes_table,
    findings_of,
    largest_from,
    shares_table,
)
from analysis.sight.looking import Looking, bend_of, earth_of, eye_height
from analysis.sight.outlook import COLORS
from analysis.sight.patches import PIECES, patches_of
from analysis.sight.sights import Sights
from analysis.sight.targets import Target, row_of_triangles, surfaces_of_target, target_of
from analysis.site import site_if_known
from analysis.situation import Situation
from analysis.states import situations, states_title
from analysis.survey import (
    Surveyed,
    areas_of,
    box_of,
    finished,
    quantities_with_change,
    versions,
    with_change,
)
from layers.arrays import Float64
from layers.columns import Mask
from layers.data import Box, Progress, never_stop, part_of
from layers.errors import UsageError
from layers.project import Project
from layers.results import FINDINGS, OBSERVERS, VIEWS, Pedigree, Quantity, Result, Table
from layers.runs import totals
from layers.views import views_table

NAME = "exposure"
TITLE = "Visual exposure"
HELP = "From where on streets and squares an object such as a spire or a tower is seen, and how much of it."

#: Where people are unless other areas are chosen.
STREETS = "type == 'Road' or type == 'TransportSquare' or type == 'Square'"
#: By how much lines of sight may leave their curve: no more than pieces are unsure.
OFF_CURVE_M = 0.05
#: Lines of sight followed in a second, on each core; for estimates.
SIGHTS_PER_SECOND = 1.2e6
#: Part of the time that it takes to find out what stands.
SET_UP = 0.1

SEEN, HEIGHT, SOLID, FROM = "seen_pct", "seen_height_m", "solid_angle_msr", "seen_from_pct"
QUANTITIES = (
    Quantity(HEIGHT, "Height that is seen", "m", digits=0, color_map=COLORS, low=0.0),
    Quantity(SEEN, "Seen, of what faces the place", "%", digits=0, color_map=COLORS, low=0.0, high=100.0),
    Quantity(SOLID, "Visible solid angle", "msr", digits=2, color_map=COLORS, low=0.0),
    Quantity(FROM, "Seen from this share of the area", "%", digits=0, color_map=COLORS, low=0.0),
)
METHOD = (
    "The outside of {target} is cut into {pieces} pieces, in {levels} slices of {level:.2g} m. From eyes "
    "{eye:g} m above the ground, every {spacing:g} m on {where}, a line of sight runs to a spot in each "
    "piece that faces the eye; the piece is seen when nothing lies on it{trees}. The visible solid "
    "angle is the sum of those of the pieces seen (Van Oosterom & Strackee 1983); its share is of the sum "
    "over all pieces that would be seen if {target} stood alone. The height seen is that of the slices, "
    "each counted with the share of it that is seen. The object counts as seen where {least} of it shows. "
    "{earth}"
)


@dataclass(frozen=True)
class Inputs(Looking):
    """What is asked."""

    target: str = asked("", "Which object is looked at", "expression", group="Object")
    target_fids: tuple[int, ...] = asked(
        (), "Chosen objects", "fids", low=1, group="Object", takes="standing", words=(("", "None yet"),)
    )
    where: str = asked(
        "", "From which areas", "expression", help="nothing: all streets and squares", group="From"
    )
    fids: tuple[int, ...] = asked(
        (),
        "Chosen areas",
        "fids",
        group="From",
        takes="ground",
        words=(("", "All streets and squares"),),
    )
    spacing_m: float = asked(5.0, "Distance of places", "number", unit="m", low=0.1, high=1000, group="From")
    eye_height_m: float = eye_height()
    radius_m: float = asked(
        0.0,
        "No farther from the object than",
        "number",
        unit="m",
        low=0.0,
        words=((0.0, "any distance"),),
        group="From",
    )
    least_pct: float = asked(
        0.0,
        "Seen from a place when it shows",
        "number",
        unit="%",
        low=0.0,
        high=100.0,
        words=((0.0, "anything at all"),),
        help="of what would be seen if nothing else stood",
        group="More",
    )
    pieces: int = asked(
        PIECES, "Pieces of the object, about", "whole", low=20, high=20_000, group="More",
        help="more show smaller parts of it",
    )  # fmt: skip
    box: str = asked(
        "",
        "Rectangle",
        "text",
        help="west, south, east, north in the project's CRS, instead of areas",
        group="More",
    )


def estimate(project: Project, inputs: Inputs) -> Estimate:
    """How much there is to do."""
    areas, _ = _areas(project, inputs)
    points = int(sum(area.polygon.area for area in areas) / inputs.spacing_m**2)
    sights = points * inputs.pieces * len(situations(inputs))
    return Estimate(points, sights, sights / SIGHTS_PER_SECOND / (os.cpu_count() or 1))


@dataclass(frozen=True)
class State:
    """What is seen in one state of the city."""

    cast: Casters
    seen: Appearance
    from_m2: Float64  # (r,) of the area, from how much each surface of the target is seen
    patches: int
    levels: int
    level_m: float


def run(project: Project, inputs: Inputs, progress: Progress = never_stop) -> Result:
    """From where the object is seen, and how much of it."""
    started = time.perf_counter()
    states = situations(inputs)
    site = site_if_known(project)
    target = target_of(project, inputs.target, inputs.target_fids, states)
    areas, where = _areas(project, inputs)
    setting_up = part_of(progress, 0.0, SET_UP)
    box = around(box_of(areas), target.box)
    standing = [casters(project, state, box, 0.0, setting_up) for state in states]
    places, eyes = people_on(standing[0], areas, inputs.spacing_m, inputs.eye_height_m, inputs.vegetation)
    near = _near(places, target.box, inputs.radius_m)
    places, eyes = places.thinned(near), eyes[near]
    if not len(places):
        raise UsageError(
            "There is nowhere to look from",
            found="no place lies on open ground in the areas",
            do="Choose other areas, a smaller distance of places, or look from farther away",
        )
    rows = surfaces_of_target(project, target, _stands_in(states, target, standing), site.convergence_deg)
    found = []
    for number, cast in enumerate(standing):
        done = SET_UP + (1 - SET_UP) * np.array((number, number + 1)) / len(states)
        found.append(
            _look(project, inputs, target, places, eyes, rows, cast, part_of(progress, *done.tolist()))
        )
    seen, area = [state.seen for state in found], own_area(places)
    areas_seen = areas_table(Naming(project), places, area, seen, inputs.least_pct)
    height_m = max(state.levels * state.level_m for state in found)
    changes = changes_table(area, seen[0], seen[1], inputs.least_pct) if inputs.compare else None
    stood = all(state.patches for state in found)
    sentences = findings_of(target, where, height_m, areas_seen, changes if stood else None)
    columns, means = _columns(places, rows, found)
    largest = largest_from(Naming(project), places, eyes, seen[0], target.box, site.convergence_deg)
    return finished(
        NAME,
        f"{target.title}: {TITLE.lower()}, {states_title(project, states)}",
        inputs,
        site,
        _pedigree(inputs, target, where, places, found, time.perf_counter() - started),
        quantities=quantities_with_change(QUANTITIES, inputs.compare),
        surfaces=joined([places, rows]).surfaces_table(**means),
        points=places.points_table(**columns),
        tables={
            FINDINGS: Table({"sentence": list(sentences)}),
            AREAS: areas_seen,
            SHARES: shares_table(area, seen),
            **({CHANGES: changes} if changes is not None else {}),
            **({OBSERVERS: largest[0].table(), VIEWS: views_table([largest[1]])} if largest else {}),
        },
        grid=places.grid,
    )


def _areas(project: Project, inputs: Inputs) -> tuple[list[Area], str]:
    """Where people are, and what that is called."""
    asked_for = Surveyed(where=inputs.where, fids=inputs.fids, box=inputs.box)
    if inputs.box or inputs.where or inputs.fids:
        found = areas_of(project, asked_for)
        return found, found[0].name if len(found) == 1 else "the chosen areas"
    try:
        return areas_of(project, replace(asked_for, where=STREETS)), "streets and squares"
    except UsageError:  # the city has none
        return areas_of(project, asked_for), "open ground"


def around(one: Box, other: Box) -> Box:
    """A box around two, as high as the second one."""
    west, south = min(one[0], other[0]), min(one[1], other[1])
    return west, south, other[2], max(one[3], other[3]), max(one[4], other[4]), other[5]


def _near(places: Receivers, box: Box, radius_m: float) -> Mask:
    """(n,) which places are no farther than a radius from a box on the map, all where the radius is 0."""
    x, y = places.points[:, 0], places.points[:, 1]
    away = np.hypot(
        np.maximum(np.maximum(box[0] - x, x - box[3]), 0), np.maximum(np.maximum(box[1] - y, y - box[4]), 0)
    )
    found: Mask = away <= (radius_m or np.inf)
    return found


def _stands_in(states: Sequence[Situation], target: Target, standing: Sequence[Casters]) -> Situation:
    """The first state that the target stands in."""
    there = [bool(target.triangles_in(cast).any()) for cast in standing]
    return states[there.index(True)] if True in there else states[0]


def _look(
    project: Project,
    inputs: Inputs,
    target: Target,
    places: Receivers,
    eyes: Float64,
    rows: Receivers,
    cast: Casters,
    progress: Progress,
) -> State:
    """What is seen of the target in one state."""
    alone = target.alone(cast)
    patches = patches_of(alone.vertices[alone.triangles], alone.fid, inputs.pieces)
    sights = Sights(cast, inputs.vegetation, replace(bend_of(inputs), off_curve_m=OFF_CURVE_M))
    area = own_area(places)
    seen = appearance(sights, alone, patches, eyes, area, progress)
    row = row_of_triangles(project, rows, alone)[patches.owner]
    known, count = row >= 0, len(rows.fid)
    weights = patches.area_m2[known]
    share = totals(row[known], weights * seen.seen_from_m2[known], count)
    total = totals(row[known], weights, count)
    from_m2 = np.divide(share, total, out=np.full(count, np.nan), where=total > 0)
    return State(cast, seen, from_m2, len(patches), patches.levels, patches.level_m)


def own_area(places: Receivers) -> Float64:
    """(n,) of the area that each place stands for, its part where areas lie over each other."""
    if places.grid is None:
        return places.area_m2
    _, cell, times = np.unique(places.grid.cell, return_inverse=True, return_counts=True)
    found: Float64 = places.area_m2 / times[cell]
    return found


# --- what is told ---------------------------------------------------------------------------------


def _columns(
    places: Receivers, rows: Receivers, states: Sequence[State]
) -> tuple[dict[str, Float64], dict[str, Float64]]:
    """The quantities of places (n,), and of areas and surfaces of the target (r,)."""
    columns = with_change(
        *(
            {HEIGHT: seen.height_m, SEEN: 100 * seen.share, SOLID: 1000 * seen.seen_sr}
            for seen in (state.seen for state in states)
        )
    )
    whole = own_area(places).sum()
    of_target = with_change(*({FROM: 100 * state.from_m2 / whole} for state in states))
    nowhere = np.full(len(places.fid), np.nan)
    none = np.full(len(rows.fid), np.nan)
    means = {name: np.concatenate((places.per_row(values), none)) for name, values in columns.items()}
    return columns, means | {name: np.concatenate((nowhere, values)) for name, values in of_target.items()}


def _pedigree(
    inputs: Inputs, target: Target, where: str, places: Receivers, states: Sequence[State], seconds: float
) -> Pedigree:
    now = max(states, key=lambda state: state.patches)
    pairs = sum(state.patches for state in states) * len(places)
    is_leafy = any(state.cast.opaque < len(state.cast.triangles) for state in states)
    absent = [
        f"{target.title} does not stand in the state {when}: nothing of it is seen there"
        for state, when in zip(states, ("looked at", "before"), strict=False)
        if not state.patches
    ]
    notes = dict.fromkeys((*places.notes, *(note for state in states for note in state.cast.notes)))
    return Pedigree(
        method=METHOD.format(
            target=target.title,
            pieces=now.patches,
            levels=now.levels,
            level=now.level_m,
            eye=inputs.eye_height_m,
            spacing=inputs.spacing_m,
            where=where,
            earth=earth_of(inputs),
            trees=", trees included" if inputs.vegetation else "",
            least=f"at least {inputs.least_pct:g} %" if inputs.least_pct else "anything",
        ),
        version=versions(),
        inputs=tuple(dict.fromkeys(item for state in states for item in state.cast.inputs)),
        error=(
            "At 19 of 20 places from which something is seen shares and solid angles are within "
            f"{100 * error_share(now.patches):.0f} % of the whole object as it looks from there, and "
            "heights within as much of its height; means over many places are within 1 %"
        ),
        limits=(
            *notes,
            *absent,
            *_narrow(places, inputs),
            *("Trees are in leaf, and nothing is seen through them",) * (is_leafy and inputs.vegetation),
        ),
        numbers={
            "points": len(places),
            "pieces": now.patches,
            "sights": pairs,
            "triangles": sum(len(state.cast.triangles) for state in states),
            "seconds": seconds,
        },
    )


def _narrow(places: Receivers, inputs: Inputs) -> Iterator[str]:
    """What is to be said of areas that no place lies in."""
    without = len(places.fid) - len(np.unique(places.row))
    if without and not inputs.radius_m:
        yield (
            f"{without} of {len(places.fid)} areas are built over, overgrown, or too narrow for places every "
            f"{inputs.spacing_m:g} m, and are left out"
        )


def error_share(pieces: int) -> float:
    """How far shares are off at 19 of 20 places that see something, as found against far more pieces."""
    return float(1.5 / np.sqrt(max(pieces, 1)))
