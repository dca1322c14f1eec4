"""What analyses of light have in common: where they look, in which states of the city, and what they say.

Points lie on surfaces, on the ground or where they are given; the state that is looked at may be compared
with another one, at the same points.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from typing import Any

import numpy as np

from analysis.asked import as_json, asked
from analysis.casters import Casters, casters, height_range, margin_for
from analysis.facades import Wanted, on_surfaces
from analysis.hidden import without_hidden
from analysis.missing import why_nothing
from analysis.plots import Area, on_ground, settled
from analysis.receivers import Receivers, joined, on_points, on_windows
from analysis.site import Site, site_of
from analysis.situation import Situation, state_of
from analysis.standing import standing
from analysis.states import States, situations
from layers.arrays import Float64
from layers.columns import Mask
from layers.data import Box, Progress, never_stop
from layers.errors import UsageError
from layers.footprint import plan_of
from layers.project import Project
from layers.results import BEFORE, CHANGE, Pedigree, Quantity, Result, Table, unit_of_change

#: Semantic surfaces behind each choice; None: all that the sky may see.
SURFACE_TYPES: Mapping[str, frozenset[str] | None] = {
    "all": None,
    "roofs": frozenset(("RoofSurface", "OuterCeilingSurface")),
    "walls": frozenset(("WallSurface", "Window", "Door")),
    "windows": frozenset(("Window",)),
}
#: What is missing when a choice finds none.
LACKING: Mapping[str, str] = {"all": "surfaces", "roofs": "roofs", "walls": "walls", "windows": "windows"}
#: Without terrain, an area is as high as what stands within so many metres.
NEIGHBOURS_M = 100.0
#: Where objects are asked for.
ON_OBJECTS = ("surfaces", "ground")
#: Distance of points at which every surface has but one.
ONE_EACH_M = 1e6


@dataclass(frozen=True)
class Surveyed(States):
    """The questions that all these analyses ask."""

    on: str = asked(
        "surfaces",
        "Where",
        "choice",
        choices=(
            ("surfaces", "On surfaces of buildings"),
            ("ground", "On the ground"),
            ("points", "At given points"),
        ),
        group="Where",
    )
    where: str = asked("", "Which objects", "expression", group="Where", when=("on", ON_OBJECTS))
    fids: tuple[int, ...] = asked((), "Chosen objects", "fids", group="Where", when=("on", ON_OBJECTS))
    surfaces: str = asked(
        "all",
        "Surfaces",
        "choice",
        choices=(
            ("all", "Roofs and walls"),
            ("roofs", "Roofs"),
            ("walls", "Walls and windows"),
            ("windows", "Windows"),
        ),
        group="Where",
        when=("on", "surfaces"),
    )
    points: tuple[Sequence[Any], ...] = asked(
        (),
        "Points",
        "points",
        low=1,
        help="x, y, z and the direction they look in; or the corners of a window",
        group="Where",
        when=("on", "points"),
    )
    spacing_m: float = asked(1.0, "Distance of points", "number", unit="m", low=0.1, high=100, group="Where")
    box: str = asked(
        "",
        "Rectangle",
        "text",
        help="west, south, east, north in the project's CRS; empty: the chosen objects, or all",
        group="More",
        when=("on", "ground"),
    )
    vegetation: bool = asked(True, "Trees take light", "yes", help="no: as if there were none", group="More")


def receivers_of(project: Project, inputs: Surveyed, progress: Progress = never_stop) -> Receivers:
    """The points that are asked for, in the state looked at; UsageError where there are none."""
    situation = situations(inputs)[0]
    site = site_of(project)
    if inputs.on == "points":
        return given(inputs.points, inputs.spacing_m, site.convergence_deg)
    if inputs.on == "ground":
        areas = areas_of(project, inputs)
        cast = casters(project, situation, box_of(areas), NEIGHBOURS_M)
        found = on_ground(cast, areas, inputs.spacing_m)
    else:
        found = surfaces_points(project, inputs, situation, site.convergence_deg, progress)
        if len(found):
            around = [casters(project, each, found.box) for each in situations(inputs)]
            if inputs.where or inputs.fids:  # perhaps streets and lawns, which follow the ground only roughly
                found = settled(found, around[0])
            found = without_hidden(found, around)
    return not_nothing(project, inputs, found)


def not_nothing(project: Project, inputs: Surveyed, found: Receivers) -> Receivers:
    """The points that are asked for; UsageError where there are none."""
    if not len(found):
        raise UsageError(
            "There is nothing to measure on",
            found=why_nothing(project, inputs.where, inputs.fids, situations(inputs)[0])
            or (
                f"what is chosen has no {LACKING[inputs.surfaces]}"
                if inputs.on == "surfaces"
                else "there is no open ground in the area"
            ),
            do="Choose other objects, or another date of the city",
        )
    return found


def surfaces_points(
    project: Project,
    inputs: Surveyed,
    situation: Situation,
    convergence_deg: float = 0.0,
    progress: Progress = never_stop,
    within: Box | None = None,
) -> Receivers:
    """Points on all the surfaces that are asked for, those that light never reaches too.

    `within` a box: of objects that reach into it.
    """
    wanted = Wanted(inputs.where, inputs.fids or None, SURFACE_TYPES[inputs.surfaces], within)
    return on_surfaces(project, situation, wanted, inputs.spacing_m, convergence_deg, progress)


def given(points: Sequence[Any], spacing_m: float, convergence_deg: float) -> Receivers:
    """Receivers at points (x, y, z and the direction they look in) and on windows (rings of corners)."""
    if not points:
        raise UsageError("No points are given", do="Give points, or look at surfaces or the ground")
    rings = [point for point in points if len(point) and isinstance(point[0], Sequence)]
    lone = [point for point in points if not (len(point) and isinstance(point[0], Sequence))]
    try:
        places = np.array(lone, np.float64).reshape(len(lone), 6)
        corners = [np.array(ring, np.float64).reshape(len(ring), 3) for ring in rings]
    except (TypeError, ValueError):
        places, corners = np.full((1, 6), np.nan), []
    is_good = all(np.isfinite(values).all() for values in (places, *corners))
    if not is_good or not places[:, 3:].any(axis=1).all() or any(len(ring) < 3 for ring in corners):
        raise UsageError(
            "The points or windows are not understood",
            allowed="points x, y, z with the direction they look in, or windows of three corners or more",
        )
    if not corners:
        return on_points(places, convergence_deg)
    windows = on_windows(corners, spacing_m, convergence_deg, [f"window {n + 1}" for n in range(len(rings))])
    return joined([on_points(places, convergence_deg), windows]) if lone else windows


def point_count(project: Project, inputs: Surveyed, within: Box | None = None) -> int:
    """About how many points are asked for, without laying them out; of objects that reach into a box."""
    if inputs.on == "points":
        return len(inputs.points)
    if inputs.on == "ground":
        areas = np.array([area.polygon.area for area in areas_of(project, inputs)])
    else:
        sparse = replace(inputs, spacing_m=ONE_EACH_M)
        areas = surfaces_points(project, sparse, situations(inputs)[0], within=within).row_area_m2
    return int(np.maximum(areas / inputs.spacing_m**2, 1).sum())


def areas_of(project: Project, inputs: Surveyed) -> list[Area]:
    """The outlines of the objects that are asked for; of none, the rectangle around the city."""
    from shapely import box as rectangle

    if inputs.box:
        return [Area(rectangle(*bounds_from(inputs.box)), "rectangle")]
    if not inputs.fids and not inputs.where:
        x0, y0, _, x1, y1, _ = _around_city(project)
        return [Area(rectangle(x0, y0, x1, y1), project.title)]
    found = []
    for thing in project.objects(where=inputs.where or None, fids=inputs.fids or None):
        plan = plan_of(project, thing)
        outline = None if plan is None else plan.buffer(0)
        if outline is not None and outline.area > 0:
            found.append(Area(outline, thing.id, thing.layer, thing.fid))
    if not found:
        raise UsageError(
            "There is nothing to measure on",
            found=why_nothing(project, inputs.where, inputs.fids, Situation())
            or "the chosen objects have no outline on the ground",
            do="Choose other objects, with an area",
        )
    return found


def bounds_from(text: str) -> tuple[float, float, float, float]:
    """West, south, east and north from a text."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west = south = east = north = np.nan
    if not (np.isfinite((west, south, east, north)).all() and west < east and south < north):
        raise UsageError(
            "The rectangle is not understood",
            found=repr(text),
            allowed="WEST,SOUTH,EAST,NORTH in the project's CRS, the smaller one first",
        )
    return west, south, east, north


def _around_city(project: Project) -> Box:
    boxes = np.array([layer.box for layer in project.layers if layer.kind == "city" and layer.box])
    if not len(boxes):
        raise UsageError("The project has no city objects", do="Import a city model first")
    x0, y0, z0 = boxes[:, :3].min(axis=0).tolist()
    x1, y1, z1 = boxes[:, 3:].max(axis=0).tolist()
    return x0, y0, z0, x1, y1, z1


def box_of(areas: Sequence[Area]) -> Box:
    """Around areas; of unknown height."""
    bounds = np.array([area.polygon.bounds for area in areas])
    x0, y0 = bounds[:, :2].min(axis=0).tolist()
    x1, y1 = bounds[:, 2:].max(axis=0).tolist()
    return x0, y0, 0.0, x1, y1, 0.0


def casters_for(
    project: Project,
    inputs: Surveyed,
    situation: Situation,
    receivers: Receivers,
    lowest_altitude_deg: float,
    progress: Progress = never_stop,
) -> Casters:
    """What may take light from the receivers, when it is never lower than an altitude."""
    margin = margin_for(lowest_altitude_deg, height_range(project))
    found = casters(project, situation, receivers.box, margin, progress, lowest_altitude_deg)
    return found if inputs.vegetation else without_plants(found)


def without_plants(cast: Casters) -> Casters:
    """As if there were no vegetation."""
    kept = slice(cast.opaque)
    return replace(
        cast,
        triangles=cast.triangles[kept],
        fid=cast.fid[kept],
        layer=cast.layer[kept],
        surface=cast.surface[kept],
        transmissivity=cast.transmissivity[kept],
    )


def standing_rows(project: Project, receivers: Receivers, situation: Situation) -> Mask:
    """Which rows are of objects that stand in a situation; what is no object always does."""
    found = np.ones(len(receivers.fid), bool)
    states = state_of(project, situation)
    for number in np.unique(receivers.layer[receivers.fid >= 0]).tolist():
        layer = project.layer(number)
        mine = np.flatnonzero((receivers.layer == number) & (receivers.fid >= 0))
        stands = standing(project, layer, situation, states[number][0])
        found[mine] = stands[receivers.fid[mine] - layer.first_fid]
    return found


def standing_only(values: Mapping[str, Float64], stood: Mask) -> dict[str, Float64]:
    """The values where the object stands, NaN elsewhere."""
    return {name: np.where(stood, column, np.nan) for name, column in values.items()}


def with_change(
    now: Mapping[str, Float64], before: Mapping[str, Float64] | None = None
) -> dict[str, Float64]:
    """Quantities as columns, with those of the state compared with and the changes since."""
    found = dict(now)
    for name, values in (before or {}).items():
        found[name + BEFORE] = values
        found[name + CHANGE] = now[name] - values
    return found


def changed_words(_no: str, yes: str) -> tuple[str, str, str]:
    """What -1, 0 and 1 mean where a matter of yes or no changes."""
    return f"No longer {yes.lower()}", "As before", f"Newly {yes.lower()}"


def quantities_with_change(quantities: Sequence[Quantity], compare: bool) -> tuple[Quantity, ...]:
    """The quantities that `with_change` gives columns of."""
    if not compare:
        return tuple(quantities)
    return tuple(
        version
        for quantity in quantities
        for version in (
            quantity,
            replace(quantity, name=quantity.name + BEFORE, title=f"{quantity.title} before"),
            replace(
                quantity,
                name=quantity.name + CHANGE,
                title=f"{quantity.title}, change",
                unit=unit_of_change(quantity.unit),
                color_map="balance",
                low=None,
                high=None,
                words=changed_words(*quantity.words) if quantity.words else (),
            ),
        )
    )


def measured(
    receivers: Receivers,
    now: Mapping[str, Float64],
    before: Mapping[str, Float64] | None,
) -> tuple[Table, Table]:
    """Tables of surfaces (means over their points) and of points, from quantities of points (n,)."""
    columns = with_change(now, before)
    means = {name: receivers.per_row(values) for name, values in columns.items()}
    return receivers.surfaces_table(**means), receivers.points_table(**columns)


def versions(*libraries: str) -> str:
    """As in "Citystrata 0.1.0, embreex 4.4.0"."""
    return ", ".join(
        f"{name if name != 'citystrata' else 'Citystrata'} {version(name)}"
        for name in ("citystrata", "numpy", "embreex", *libraries)
    )


def finished(kind: str, title: str, inputs: Any, site: Site, pedigree: Pedigree, **parts: Any) -> Result:
    """A result with the time on the clocks of its place."""
    return Result(
        kind=kind,
        title=title,
        inputs=as_json(inputs),
        pedigree=pedigree,
        made_at=datetime.now(site.tz).isoformat(timespec="seconds"),
        **parts,
    )


#: How a state of the city is looked at: quantities (n,) of points.
Look = Callable[[Casters], Mapping[str, Float64]]


def in_each_state(
    project: Project,
    inputs: Surveyed,
    receivers: Receivers,
    lowest_altitude_deg: float,
    look: Look,
    progress: Progress = never_stop,
) -> tuple[list[Casters], list[Mapping[str, Float64]]]:
    """What casts shadow, and what is found, in the state looked at and in the one compared with."""
    states = [
        casters_for(project, inputs, situation, receivers, lowest_altitude_deg, progress)
        for situation in situations(inputs)
    ]
    stood = [standing_rows(project, receivers, situation)[receivers.row] for situation in situations(inputs)]
    return states, [standing_only(look(state), was) for state, was in zip(states, stood, strict=True)]
