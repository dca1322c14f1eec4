"""Exact shadows on the ground as polygons: of every object at every time, of all, and for how long."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import monotonic

import numpy as np
import shapely

from analysis.analysis import Estimate
from analysis.asked import asked
from analysis.casters import Casters, casters
from analysis.durations import BAND_H, bands, gaps_h
from analysis.foliage import in_leaf
from analysis.localtime import Times, local, local_iso, moment_from, times_of
from analysis.missing import why_nothing
from analysis.shadowcast import Shape, simplified, union, without
from analysis.shadowing import Caster, Cutter, Receiving, Shadow, casters_chosen, chosen_box
from analysis.site import Site, site_of
from analysis.situation import Situation
from analysis.spelling import clock_from
from analysis.states import States, situations, states_title
from analysis.sun import SunPositions, audit_lines, sun_at, sun_over
from analysis.survey import finished, versions
from layers.arrays import Float64
from layers.data import Box, Progress
from layers.errors import UsageError
from layers.project import Project
from layers.records import Layer
from layers.results import Pedigree, Quantity, Result, Table

NAME = "shadow"
TITLE = "Shadows on the ground"
HELP = "Exact shadows as polygons, of every object and time, with how long they last."

#: A shadow takes about so long.
SECONDS_EACH = 0.01
#: End of the names of tables of the state that is compared with.
BEFORE = "_before"
#: Uncertainty of the sun's direction (see analysis.sun), and half the angle that the sun fills.
SUN_ERROR_DEG, SUN_RADIUS_DEG = 0.0003, 0.2666
METHOD = (
    "The triangles of each object are projected along the direction to the centre of the sun, computed for "
    "the object's own place, onto {ground}, in double precision and without rays. Of an object only what "
    "stands above a triangle of the terrain casts on it. A shadow includes the ground that its object "
    "covers; beside_m2 is its area outside the object's own footprint. Areas are true areas in plan."
)
SERIES = (
    " What lies between two times counts as shadow where a place is covered at both; so durations are what "
    "is certain of them."
)


@dataclass(frozen=True)
class Inputs(States):
    """What is asked."""

    day: str = asked("2026-03-21", "Day", "date", group="When")
    times: str = asked(
        "",
        "Times",
        "text",
        help="such as 9:00 12:00 15:00 on that day, or 2026-06-21T12:00; empty: every step from … to",
        group="When",
    )
    begin: str = asked("09:00", "From", "time", help="local time", group="When")
    end: str = asked("17:00", "To", "text", help="local time", group="When")
    step_min: float = asked(
        30.0,
        "Step in time",
        "number",
        unit="min",
        low=1.0,
        high=240.0,
        help="30 or less to tell for how long places lie in shadow",
        group="When",
        when=("times", ""),
    )
    where: str = asked("", "Whose shadows", "expression", group="Where")
    fids: tuple[int, ...] = asked((), "Whose shadows", "fids", help="none chosen: of all", group="Where")
    on: str = asked("", "Terrain", "text", help="name of its layer; empty: the uppermost", group="Where")
    vegetation: bool = asked(True, "Shadows of trees", "yes", group="More")
    least_altitude_deg: float = asked(
        1.0, "Lowest sun that counts", "number", unit="°", low=0.1, high=60.0, group="More"
    )


@dataclass(frozen=True)
class State:
    """The shadows in one state of the city."""

    cast: Casters
    chosen: Sequence[Caster]
    found: Sequence[Shadow]  # in the order of times and objects
    together: Sequence[Shape]  # of all objects at each time, in plan, relative to the origin
    ground: Receiving
    notes: tuple[str, ...]


def estimate(project: Project, inputs: Inputs) -> Estimate:
    """About as many shadows as there are objects that are no parts, at every time."""
    objects = sum(
        int((project.parents(layer)[project.fids(layer, inputs.where or None) - layer.first_fid] < 0).sum())
        for layer in project.layers
        if layer.kind == "city" and layer.visible
    )
    count = (
        (len(inputs.fids) or objects) * len(times_asked(inputs, site_of(project))) * len(situations(inputs))
    )
    return Estimate(count, 0, count * SECONDS_EACH)


def run(project: Project, inputs: Inputs, progress: Progress) -> Result:
    """The shadows of the chosen objects, and what changes from the state that they are compared with."""
    begun = monotonic()
    sun, notes = sun_up(inputs, site_of(project))
    box = chosen_box(project, inputs.where, inputs.fids)
    states = [
        _look(project, inputs, situation, box, sun, part)
        for situation, part in zip(situations(inputs), _parts(progress, inputs), strict=True)
    ]
    now, origin = states[0], np.array(box[:3])
    if not any(state.chosen for state in states):
        raise UsageError(
            "There is nothing that casts a shadow",
            found=why_nothing(project, inputs.where, inputs.fids, situations(inputs)[0])
            or "what is chosen has no surfaces",
            do="Choose other objects, or another date of the city",
        )
    pedigree = Pedigree(
        _method(now.ground.layer, inputs),
        versions("shapely", "pvlib"),
        _inputs(states),
        audit_lines(sun),
        _error(states, sun, inputs),
        tuple(dict.fromkeys([*notes, *_limits(now.ground.layer, inputs), *_noted(states)])),
        {"casters": len(now.chosen), "shadows": len(now.found),
         "terrain_triangles": now.ground.triangles, "seconds": round(monotonic() - begun, 3)},
    )  # fmt: skip
    return finished(
        NAME,
        f"{TITLE}, {_when(sun)}, {states_title(project, situations(inputs))}",
        inputs,
        sun.site,
        pedigree,
        quantities=(Quantity("area_m2", "Shadow", "m²", 1),),
        shapes=_shapes_table(now.found, sun, origin),
        tables=_tables(states, sun, origin, is_series=not inputs.times and len(sun.times) > 1),
    )


def _parts(progress: Progress, inputs: Inputs) -> list[Progress]:
    """The progress of each state, one after the other."""
    count = len(situations(inputs))

    def part(number: int) -> Progress:
        return lambda done, text: progress((number + done) / count, text)

    return [part(number) for number in range(count)]


def _look(
    project: Project,
    inputs: Inputs,
    situation: Situation,
    box: Box,
    sun: SunPositions,
    progress: Progress,
) -> State:
    """The shadows in one state of the city."""
    origin = np.array(box[:3])
    cast = casters(project, situation, box)
    chosen = casters_chosen(project, cast, inputs.where, inputs.fids, inputs.vegetation, origin)
    ground = Receiving(project, inputs.on, situation, origin)
    feet = np.array([caster.foot for caster in chosen]).reshape(-1, 3)
    field = sun_over(project, np.asarray(box), sun.times)
    directions = np.stack([field.directions(feet + origin, number) for number in range(len(sun.times))])
    cutter = Cutter(chosen, directions, ground, progress)
    found = sorted(cutter.shadows(), key=lambda shadow: (shadow.time, shadow.number))
    together = [
        simplified(union(np.array([shadow.shape for shadow in found if shadow.time == number], object)))
        for number in range(len(sun.times))
    ]
    return State(cast, chosen, found, together, ground, (*cast.notes, *sorted(cutter.notes)))


# --- when -----------------------------------------------------------------------------------------


def times_asked(inputs: Inputs, site: Site) -> Times:
    """The times in UTC, as they are given or in steps over the day; a time alone is one of that day."""
    given = re.split(r"[\s,;]+", inputs.times.strip()) if inputs.times.strip() else []
    if given:
        clocks = [(text, clock_from(text)) for text in given]
        moments = [f"{inputs.day}T{clock}" if clock else text for text, clock in clocks]
        return np.array([moment_from(text, site).utc for text in moments])
    return times_of(site, inputs.day, inputs.begin, inputs.end, inputs.step_min)


def sun_up(inputs: Inputs, site: Site) -> tuple[SunPositions, list[str]]:
    """The sun at the times at which it is high enough, and what is to be said about the others."""
    sun = sun_at(site, times_asked(inputs, site))
    high = sun.altitude_deg >= inputs.least_altitude_deg
    if not high.any():
        raise UsageError(
            "The sun is not up at any of these times",
            found=", ".join(audit_lines(sun)[:2]),
            allowed=f"an altitude of {inputs.least_altitude_deg:g}° or more",
        )
    low = [local_iso(time, site) for time in sun.times[~high]]
    notes = [f"The sun is lower than {inputs.least_altitude_deg:g}° at {', '.join(low)}"] if low else []
    return sun_at(site, sun.times[high]), notes


def _when(sun: SunPositions) -> str:
    first, last = (local(time, sun.site) for time in (sun.times[0], sun.times[-1]))
    if first == last:
        return f"{first:%Y-%m-%d %H:%M}"
    return f"{first:%Y-%m-%d %H:%M} to {last:{'%H:%M' if first.date() == last.date() else '%Y-%m-%d %H:%M'}}"


# --- shadows --------------------------------------------------------------------------------------


def _shapes_table(found: Sequence[Shadow], sun: SunPositions, origin: Float64) -> Table:
    times = [local_iso(time, sun.site) for time in sun.times]
    leaf = [in_leaf(local(time, sun.site).date(), sun.site.latitude) for time in sun.times]
    return Table(
        {
            "wkb": _wkb([shadow.shape for shadow in found], origin),
            "caster": [shadow.caster.id for shadow in found],
            "caster_fid": np.array([shadow.caster.fid for shadow in found], np.int64),
            "layer": [shadow.caster.layer for shadow in found],
            "time": [times[shadow.time] for shadow in found],
            "area_m2": np.array([shadow.shape.area for shadow in found], np.float64),
            "beside_m2": np.array([shadow.beside_m2 for shadow in found], np.float64),
            "lets_through": np.array(
                [shadow.caster.transmissivity[0 if leaf[shadow.time] else 1] for shadow in found], np.float64
            ),
        }
    )


def _tables(states: Sequence[State], sun: SunPositions, origin: Float64, is_series: bool) -> dict[str, Table]:
    """The shadow of all objects at each time and for how long it lasts, and how that has changed."""
    tables = {}
    for state, when in zip(states, ("", BEFORE), strict=False):
        tables[f"together{when}"] = _timed(state.together, sun, origin)
        if is_series:
            tables[f"bands{when}"] = _lasting(state.together, gaps_h(sun.times), origin)
    if len(states) > 1:
        now, before = (state.together for state in states)
        tables["newly_shaded"] = _timed(list(map(without, now, before)), sun, origin)
        tables["no_longer_shaded"] = _timed(list(map(without, before, now)), sun, origin)
    return tables


def _timed(shapes: Sequence[Shape], sun: SunPositions, origin: Float64) -> Table:
    there = [number for number, shape in enumerate(shapes) if not shape.is_empty]
    return Table(
        {
            "wkb": _wkb([shapes[number] for number in there], origin),
            "time": [local_iso(sun.times[number], sun.site) for number in there],
            "area_m2": np.array([shapes[number].area for number in there], np.float64),
        }
    )


def _lasting(together: Sequence[Shape], gaps: Float64, origin: Float64) -> Table:
    """For how long places are covered at least, and how much longer one spell of shadow may be."""
    found = bands(together, gaps)
    return Table(
        {
            "wkb": _wkb([shape for _, shape in found], origin),
            "hours": np.array([hours for hours, _ in found], np.float64),
            "longer_h": np.full(len(found), 2 * gaps.max(initial=0.0)),
            "area_m2": np.array([shape.area for _, shape in found], np.float64),
        }
    )


def _wkb(shapes: Sequence[Shape], origin: Float64) -> list[str]:
    """Shapes in the world as hexadecimal WKB."""
    moved = shapely.transform(np.array(shapes, object), lambda places: places + origin[:2])
    return [str(text) for text in shapely.to_wkb(moved, hex=True)]


# --- what is to be said ---------------------------------------------------------------------------


def _method(terrain: Layer | None, inputs: Inputs) -> str:
    ground = f"the triangles of {terrain.name}" if terrain else "level ground at its foot"
    return METHOD.format(ground=ground) + ("" if inputs.times else SERIES)


def _inputs(states: Sequence[State]) -> tuple[tuple[str, str], ...]:
    """What casts, as triangles, and the file of the terrain below."""
    found = [
        (f"{name}{when}", sha256)
        for state, when in zip(states, ("", ", before"), strict=False)
        for name, sha256 in state.cast.inputs
    ]
    terrain = states[0].ground.layer
    return (*found, (f"{terrain.name}, its file", terrain.source_sha256)) if terrain else tuple(found)


def _noted(states: Sequence[State]) -> Iterator[str]:
    for state in states:
        yield from state.notes


def _error(states: Sequence[State], sun: SunPositions, inputs: Inputs) -> str:
    lowest = np.radians(float(sun.altitude_deg.min()))
    height_m = max(float(np.ptp(caster.corners[..., 2])) for state in states for caster in state.chosen)
    per_degree = height_m * np.radians(1.0) / np.sin(lowest) ** 2
    said = (
        "The polygons are exact for the geometry given, to 0.1 mm. The sun's direction is certain to "
        f"{SUN_ERROR_DEG}° without refraction, which moves the tip of the longest shadow by up to "
        f"{1000 * SUN_ERROR_DEG * per_degree:.1f} mm; the edge shown is the middle of a penumbra up to "
        f"{2 * SUN_RADIUS_DEG * per_degree:.2f} m wide."
    )
    if inputs.times:
        return said
    return (
        f"{said} A spell of shadow may begin up to {inputs.step_min:g} min earlier and end up to "
        f"{inputs.step_min:g} min later than durations count; spells between two times are not seen."
    )


def _limits(terrain: Layer | None, inputs: Inputs) -> Iterator[str]:
    if terrain:
        yield "Shadows end at the edge of the terrain; objects beside it cast on level ground at their foot"
        yield "The terrain's own shadow is no object's; ground that looks away from the sun has none of any"
    if not inputs.times and inputs.step_min > BAND_H * 60 / 2:
        yield (
            f"The step of {inputs.step_min:g} min is long for durations: they may be up to "
            f"{2 * inputs.step_min / 60:g} h longer than shown. Take 30 min or less"
        )
    if inputs.vegetation:
        yield "Plants cast the shadow of their outline; lets_through is the share of light that passes them"
