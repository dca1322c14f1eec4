"""Viewsheds over the cells of a terrain raster, with buildings and trees on it: far, and every cell."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.analysis import Estimate
from analysis.receivers import Receivers
from analysis.sight.fieldofview import FieldOfView, field_of_view
from analysis.sight.keptcells import HIDDEN, kept_of, lowest_of, raster_of_counts
from analysis.sight.looking import (
    MOST_WARNED,
    Observers,
    bend_of,
    check_above_ground,
    earth_of,
    place_names,
)
from analysis.sight.outlook import CUMULATIVE, IS_SEEN, SEEN, SEEN_BY, SEEN_BY_PCT, one_of
from analysis.sight.ownlines import Checked, See, checked
from analysis.sight.sights import Bend
from analysis.sight.standingheights import (
    Cells,
    Standing,
    bare_of,
    cells_about,
    raster_of,
    stands,
    with_objects,
)
from analysis.sight.viewshed import NEVER_M, Aim, Eye, Seen, Surface, viewshed, viewshed_as_gdal
from analysis.sight.waypoints import places_title, viewing_places
from analysis.site import site_if_known
from analysis.states import situations, states_title
from analysis.survey import bounds_from, finished, quantities_with_change, versions, with_change
from layers.arrays import Float64
from layers.columns import Mask
from layers.crs import LOCAL, semi_major_m
from layers.data import Progress, never_stop, part_of
from layers.errors import UsageError
from layers.project import Project
from layers.results import FINDINGS, OBSERVERS, WARNING, Pedigree, Quantity, Result, Table
from layers.written import grouped

if TYPE_CHECKING:
    from analysis.visibility import Inputs

#: Cells of the raster per second and observer, on all cores of a modest machine; for estimates.
CELLS_PER_SECOND = 1e8
#: Seconds to read a million cells, and to find what stands on them.
SECONDS_PER_MILLION = 0.5

HIDDEN_HEIGHT = Quantity(
    HIDDEN, "Hidden up to this height", "m", digits=1, color_map="viridis", low=0.0, high=100.0
)
SOLID_TREES = (
    "trees count as solid down to the ground: at eye height among them more is seen than this says; what is "
    "looked at as “The ground” is seen under their crowns too"
)
LINES = (
    "Rays go out from eyes {eye} over the terrain {terrain!r} in cells of {cell:.3g} m{standing}, to every "
    "cell at its edge; heights are linear between two cells, and each ray keeps the steepest that it has met "
    "(after R2 of Franklin & Ray 1994). A cell is seen when what stands {target:g} m above it rises over "
    "what the two rays beside it have met."
)
AS_GDAL = (
    "As GDAL's gdal_viewshed does it (mode Edge, after Wang, Robinson & White 2000), for eyes {eye} over the "
    "terrain {terrain!r} in cells of {cell:.3g} m{standing}: the height from which on a cell is seen follows "
    "from those of the two neighbours nearer to the observer. A cell is seen when what stands {target:g} m "
    "above it reaches that height."
)
MORE = " {earth}{view} Hidden up to a height says how tall something may stand there without being seen."


def raster_estimate(project: Project, inputs: Inputs, count: int) -> Estimate:
    """How much there is to do for so many observers."""
    cells = _cells_of(project, inputs)
    number, states = cells.shape[0] * cells.shape[1], len(situations(inputs))
    seconds = number * (count / CELLS_PER_SECOND + SECONDS_PER_MILLION / 1e6) * states
    return Estimate(number, 8 * sum(cells.shape) * count * states, seconds)


def on_raster(project: Project, inputs: Inputs, progress: Progress = never_stop) -> Result:
    """What is seen of the cells of a terrain raster."""
    started = time.perf_counter()
    site = site_if_known(project)
    view, cells = field_of_view(inputs, site.convergence_deg), _cells_of(project, inputs)
    observers, eyes = _observers(project, inputs, cells)
    aim = Aim(inputs.target_height_m, _bend(inputs, cells), view)
    see = viewshed_as_gdal if inputs.method == "gdal" else viewshed
    shares = np.linspace(0.0, 0.9, len(situations(inputs)) + 1)
    inside = cells.inside(bounds_from(inputs.box)) if inputs.box else None
    states, seen = [], []
    for number, situation in enumerate(situations(inputs)):
        part = part_of(progress, shares[number], shares[number + 1])
        states.append(
            with_objects(project, cells, situation, inputs.vegetation, part_of(part, 0.0, 0.5))
            if inputs.objects
            else bare_of(cells)
        )
        seen.append(_looked_over(see, states[-1].surface, eyes, aim, inside, part_of(part, 0.5, 1.0)))
    kept = kept_of(cells, states, seen, part_of(progress, 0.9, 1.0))
    has_all = kept.group == 1 and cells.is_upright
    now = kept.columns(0, len(eyes))
    before = kept.columns(1, len(eyes)) if inputs.compare else None
    totals = [_totals(cells, found) for found in seen]
    quantities = (IS_SEEN, *(CUMULATIVE if len(eyes) > 1 else ()), HIDDEN_HEIGHT)
    receivers = kept.receivers(cells)
    rows = [_of_all(receivers, total, len(eyes)) for total in totals]
    within = "" if view.is_all and not inputs.box else " within reach"
    check = checked(see, states[0].surface, eyes, aim, seen[0])
    return finished(
        "visibility",
        f"{cells.layer.name}: what is seen from {places_title(inputs, observers)}, "
        f"{states_title(project, situations(inputs))}",
        inputs,
        site,
        _pedigree(
            project, inputs, cells, states, observers, kept.group, check, time.perf_counter() - started
        ),
        quantities=quantities_with_change(quantities, inputs.compare),
        surfaces=receivers.surfaces_table(**with_change(rows[0], rows[1] if inputs.compare else None)),
        points=receivers.points_table(**with_change(now, before)),
        tables={
            FINDINGS: Table({"sentence": _sentences(observers, cells, totals, seen, within)}),
            "places": _places_table(observers, totals),
            OBSERVERS: observers.table(),
        },
        grid=receivers.grid,
        raster=None if has_all else raster_of_counts(cells, seen, project.place.crs),
    )


def _pedigree(
    project: Project,
    inputs: Inputs,
    cells: Cells,
    states: Sequence[Standing],
    observers: Observers,
    group: int,
    check: Checked,
    seconds: float,
) -> Pedigree:
    notes = dict.fromkeys(note for state in states for note in state.notes)
    view = field_of_view(inputs, site_if_known(project).convergence_deg)
    limits = *_warnings(observers, cells, states[0]), *_limits(project, inputs, cells, states), *notes
    return Pedigree(
        method=_method(inputs, cells, view),
        version=versions("numba"),
        inputs=tuple(dict.fromkeys(item for state in states for item in state.inputs)),
        error=_error(cells, group, check),
        limits=limits,
        numbers={
            "places": len(observers),
            "cells": cells.shape[0] * cells.shape[1],
            "cell_m": math.sqrt(cells.cell_m2),
            **check.numbers,
            "seconds": seconds,
        },
    )


# --- who looks ------------------------------------------------------------------------------------


def _cells_of(project: Project, inputs: Inputs) -> Cells:
    """The cells that are looked over."""
    layer = raster_of(project, inputs.terrain, situations(inputs)[0])
    places, _ = viewing_places(project, inputs)
    bounds = bounds_from(inputs.box) if inputs.box else None
    return cells_about(project, layer, places, inputs.radius_m or math.inf, bounds)


def _looked_over(
    see: See, surface: Surface, eyes: Sequence[Eye], aim: Aim, inside: Mask | None, progress: Progress
) -> Seen:
    """What is seen of all cells, or of those inside a rectangle: each eye by itself, as each is counted."""
    if inside is None:
        return see(surface, eyes, aim, True, progress)
    count, lowest = np.zeros(inside.shape, np.uint16), np.full(inside.shape, NEVER_M)
    each = []
    for number, eye in enumerate(eyes):
        step = part_of(progress, number / len(eyes), (number + 1) / len(eyes))
        one = see(surface, [eye], aim, True, step)
        count += one.count * inside
        lowest = np.where(inside, np.minimum(lowest, lowest_of(one)), NEVER_M)
        each.append(int(np.count_nonzero(one.count[inside])))
    return Seen(count, lowest, np.array(each))


def _bend(inputs: Inputs, cells: Cells) -> Bend:
    """How lines of sight bend; GDAL takes the Earth for as large as the ellipsoid of the raster's CRS."""
    bend = bend_of(inputs)
    if inputs.method != "gdal" or not inputs.curvature or cells.layer.crs in (None, LOCAL):
        return bend
    return replace(bend, radius_m=semi_major_m(cells.layer.crs))


def _observers(project: Project, inputs: Inputs, cells: Cells) -> tuple[Observers, list[Eye]]:
    """Who looks; those whose height is not given stand on the terrain of their cell."""
    places, names = viewing_places(project, inputs)
    row, column = cells.at(places)
    feet = places.copy()
    feet[:, 2] = np.where(np.isnan(places[:, 2]), cells.bare[row, column], places[:, 2])
    lost = np.flatnonzero(np.isnan(feet[:, 2]))
    if len(lost):
        x, y = feet[lost[0], :2]
        raise UsageError(
            "There is no terrain under a viewing place",
            where=f"{x:.2f}, {y:.2f}",
            do="Give its height too, as X,Y,Z",
        )
    observers = Observers(
        feet, feet + np.array((0.0, 0.0, inputs.eye_height_m)), names or place_names(project, feet)
    )
    check_above_ground(observers.names, observers.eyes, cells.bare[row, column].astype(np.float64))
    eyes = [
        Eye(*where)
        for where in zip(row.tolist(), column.tolist(), observers.eyes[:, 2].tolist(), strict=True)
    ]
    return observers, eyes


# --- what is said ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Totals:
    """Sums over the cells of the raster in one state."""

    looked_at_m2: float
    seen_m2: float  # by one observer at least
    each_m2: Float64  # (k,) by each


def _totals(cells: Cells, found: Seen) -> Totals:
    looked_at = int(np.isfinite(lowest_of(found)).sum())
    seen = int(np.count_nonzero(found.count))
    return Totals(
        looked_at * cells.cell_m2, seen * cells.cell_m2, found.cells.astype(np.float64) * cells.cell_m2
    )


def _of_all(receivers: Receivers, total: Totals, observers: int) -> dict[str, Float64]:
    """The quantities of the raster as a whole (1,)."""
    whole = max(total.looked_at_m2, 1e-9)
    found = {SEEN: np.array([total.seen_m2 / whole])}
    if observers > 1:
        mean = float(total.each_m2.sum()) / whole
        found |= {SEEN_BY: np.array([mean]), SEEN_BY_PCT: np.array([100.0 * mean / observers])}
    return found


def _places_table(observers: Observers, totals: Sequence[Totals]) -> Table:
    """A row per viewing place: how much is seen from it."""

    def columns(total: Totals) -> dict[str, Float64]:
        return {"seen_m2": total.each_m2, "seen_pct": 100.0 * total.each_m2 / max(total.looked_at_m2, 1e-9)}

    before = columns(totals[1]) if len(totals) > 1 else None
    return Table({"name": list(observers.names), **with_change(columns(totals[0]), before)})


def _sentences(
    observers: Observers, cells: Cells, totals: Sequence[Totals], seen: Sequence[Seen], within: str
) -> list[str]:
    """What was found, the most important first."""
    total = totals[0]
    if total.seen_m2 <= 0:
        said = [f"Nothing of the terrain is seen from {one_of(observers, 'any')}."]
    else:
        share = 100.0 * total.seen_m2 / total.looked_at_m2
        said = [
            f"{_area(total.seen_m2)} of {_area(total.looked_at_m2)}{within} ({share:.1f} %) are seen from "
            f"{one_of(observers)}."
        ]
    if len(seen) > 1:
        is_seen, was_seen = (found.count > 0 for found in seen)
        lost = int(np.count_nonzero(was_seen & ~is_seen)) * cells.cell_m2
        gained = int(np.count_nonzero(is_seen & ~was_seen)) * cells.cell_m2
        changes = [
            f"{_area(amount)} {what}."
            for amount, what in (
                (lost, "that were seen before are no longer seen"),
                (gained, "that were hidden before are seen now"),
            )
            if amount > 0
        ]
        said += changes or ["Between the two states nothing changes in what is seen."]
    return said


def _area(area_m2: float) -> str:
    """As in "1 240 m²", "3.42 km²"."""
    return f"{grouped(area_m2 / 1e6, 2)} km²" if area_m2 >= 1e6 else f"{grouped(area_m2)} m²"


def _method(inputs: Inputs, cells: Cells, view: FieldOfView) -> str:
    held = ", ".join(text for text in (view.title, "in the rectangle" * bool(inputs.box)) if text)
    return ((AS_GDAL if inputs.method == "gdal" else LINES) + MORE).format(
        eye=f"{inputs.eye_height_m:g} m above the viewing places, at the middles of their cells,",
        terrain=cells.layer.name,
        cell=math.sqrt(cells.cell_m2),
        standing=", as high as what stands uppermost over their middles" if inputs.objects else "",
        target=inputs.target_height_m,
        earth=earth_of(inputs),
        view=f" Only what is {held} is looked at." if held else "",
    )


def _error(cells: Cells, group: int, check: Checked) -> str:
    half = math.sqrt(cells.cell_m2) / 2
    said = f"{check.title}. Places and outlines are known to half a cell, {half:.2g} m{check.outline}"
    if group == 1:
        return said
    return f"{said}; the result keeps {group} by {group} cells as one, with the share that is seen"


def _limits(project: Project, inputs: Inputs, cells: Cells, states: Sequence[Standing]) -> tuple[str, ...]:
    said = ["Under bridges and overhangs nothing is seen: of each cell only the uppermost counts"]
    if not inputs.objects:
        said = ["Buildings and trees are left out: they hide nothing"]
    elif any(state.is_leafy for state in states):
        said.insert(0, f"{WARNING}{SOLID_TREES}")
    if np.isnan(cells.bare).any():
        said.append("Holes of the terrain hide nothing and are not seen")
    for situation in situations(inputs):
        if not stands(project, cells.layer, situation):
            said.append(
                f"The terrain {cells.layer.name!r} is of another date than the city of {situation.date}"
            )
    return tuple(said)


def _warnings(observers: Observers, cells: Cells, standing: Standing) -> tuple[str, ...]:
    """What is odd about where somebody stands."""
    is_buried = observers.eyes[:, 2] < standing.surface.heights[cells.at(observers.eyes)]
    buried = [name for name, is_under in zip(observers.names, is_buried.tolist(), strict=True) if is_under]
    return tuple(
        f"{WARNING}{name} is inside a building or tree, and sees little more than that"
        for name in buried[:MOST_WARNED]
    )
