"""Zoning check: buildings against the limits of the plots they stand on, as for a building permit.

Limits are planes over the plots and areas where nothing may stand. What of a building is beyond them is
counted exactly on its triangles, in float64.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.analysis import Estimate
from analysis.asked import asked
from analysis.casters import casters
from analysis.checked import content_of
from analysis.localtime import times_of
from analysis.site import Site, site_if_known, site_of
from analysis.situation import Situation
from analysis.states import states_title
from analysis.sun import SunPositions, audit_lines, sun_at
from analysis.survey import finished, versions
from analysis.verdicts import FAIL
from analysis.zones.areas import Area, Ground, areas_in, box_around, ground_along, ground_in
from analysis.zones.bodies import Body, bodies_of
from analysis.zones.floors import Floors
from analysis.zones.frame import Frame
from analysis.zones.ordinance import TERMS, Ordinance, ordinance_from
from analysis.zones.permit import checked
from analysis.zones.permittables import QUANTITIES, Checked, surfaces_of, tables_of
from analysis.zones.stated import Angle, Stated, Sunlit, axes_in, ruled, shapes_in, sunlit, views_in
from layers.arrays import Float64
from layers.data import Progress, never_stop
from layers.errors import UsageError
from layers.project import Project
from layers.proposals import touched
from layers.results import Pedigree, Result

NAME = "zoning"
TITLE = "Zoning check"
HELP = "Heights, setbacks, coverage, floor area, angles, views and sun: what breaks the rules of its plot."

#: Plots that are checked in a second, with what stands on them.
PLOTS_PER_SECOND = 20
METHOD = (
    "Each rule is a plane over its plot, or an area where nothing may stand; where several planes of a rule "
    "lie over one another the lowest counts. The triangles of every building are cut by the planes and the "
    "edges of their areas; what is beyond is measured by its highest corner above the plane, or the corner "
    "that reaches farthest into the area, and by the volume between the triangles and the plane (divergence "
    "theorem). Heights above the ground count from the mean terrain along the outline of the building, "
    "without terrain from its lowest corner; planes at an angle from the mean terrain along the border, or "
    "along the axis of the street. {sun}A plot covers what its buildings cover together, without "
    "overhanging roofs where the model tells ground surfaces. Gross floor area is storeys times what is "
    "covered, part by part; where the model states no storeys they are the mean height by {storey:g} m, "
    "rounded down, at least one."
)
SUN = (
    "For the sun, a building may be as high as the rays that reach the nearest place of the area that is "
    "kept sunlit, from each place of the sun, every {step:g} minutes. "
)


@dataclass(frozen=True)
class Inputs:
    """What is asked."""

    date: str = asked("", "City of", "date", group="State")
    scenario: str = asked("", "Scenario", "scenario", group="State")
    own: bool = asked(
        True, "Only what the scenario builds", "yes", help="no: all that stands in it", group="State"
    )
    without: str = asked("", "Without", "expression", help="objects that are left out", group="More")
    plots: str = asked("", "Plots with rules", "layer", takes="vector", group="Plots")
    plot_where: str = asked("", "Which plots", "expression", group="Plots")
    plot_fids: tuple[int, ...] = asked((), "Chosen plots", "fids", takes="ground", group="Plots")
    where: str = asked("", "Which buildings", "expression", group="Buildings")
    fids: tuple[int, ...] = asked((), "Chosen buildings", "fids", takes="standing", group="Buildings")
    by_name: bool = asked(
        True, "Read rules from attributes that are named after them", "yes", group="Rules of plots",
        help="such as maxHeight, setback, GRZ, GFZ",
    )  # fmt: skip
    height: str = asked(
        "", "Height above the ground", "text", unit="m", group="Rules of plots",
        help="a number, an attribute of the plots, or an expression: maxHeightFeet * 0.3048",
    )  # fmt: skip
    top: str = asked("", "Height above zero", "text", unit="m", group="Rules of plots")
    above_reference: str = asked(
        "", "Height above the reference level", "text", unit="m", group="Rules of plots"
    )
    reference: str = asked("", "Reference level", "text", unit="m", group="Rules of plots")
    storeys: str = asked("", "Storeys", "text", group="Rules of plots")
    setback: str = asked("", "Setback from the border", "text", unit="m", group="Rules of plots")
    coverage: str = asked("", "Plot coverage", "text", help="0.4 or percent / 100", group="Rules of plots")
    floor_area_ratio: str = asked("", "Floor area ratio", "text", group="Rules of plots")
    volume_ratio: str = asked("", "Building volume ratio", "text", unit="m³/m²", group="Rules of plots")
    lines: str = asked(
        "", "Building windows and lines", "layer", takes="vector", group="Lines",
        help="beside windows, and before lines, nothing may stand",
    )  # fmt: skip
    border_deg: float = asked(
        0.0,
        "Angle from the border",
        "number",
        unit="°",
        low=0,
        high=89,
        words=((0.0, "none"),),
        group="Lines",
    )
    border_begin_m: float = asked(
        0.0, "It begins above the ground by", "number", unit="m", low=0, high=100, group="Lines"
    )
    axes: str = asked("", "Axes of streets", "layer", takes="vector", group="Lines")
    street_deg: float = asked(45.0, "Angle from the axes", "number", unit="°", low=1, high=89, group="Lines")
    street_begin_m: float = asked(
        0.0, "That begins above the ground by", "number", unit="m", low=0, high=100, group="Lines"
    )
    views: str = asked(
        "", "Protected views", "text", help="numbers of kept results, or all", group="Views and sun"
    )
    sun_areas: str = asked("", "Areas that keep their sun", "layer", takes="vector", group="Views and sun")
    sun_day: str = asked("2026-03-21", "On", "date", group="Views and sun")
    sun_begin: str = asked("10:00", "From", "time", group="Views and sun")
    sun_end: str = asked("14:00", "To", "time", group="Views and sun")
    sun_step_min: float = asked(15.0, "Step in time", "number", unit="min", low=1, high=60, group="More")
    storey_height_m: float = asked(
        3.0, "Height of a storey", "number", unit="m", low=1.5, high=20, group="More"
    )
    tolerance_m: float = asked(
        0.01, "What is beyond by no more is kept", "number", unit="m", low=0.001, high=10, group="More"
    )


def estimate(project: Project, inputs: Inputs) -> Estimate:
    """How much there is to do, once plots and rules are understood."""
    plots, _ = _plots(project, inputs)
    _ordinance(project, inputs, plots)
    return Estimate(len(plots), 0, len(plots) / PLOTS_PER_SECOND, what="plot")


def situation_of(inputs: Inputs) -> Situation:
    """The city that is checked."""
    return Situation(inputs.date, inputs.without, inputs.scenario)


def _plots(project: Project, inputs: Inputs) -> tuple[list[Area], Frame]:
    return areas_in(project, inputs.plots, inputs.plot_where, inputs.plot_fids, situation_of(inputs))


def run(project: Project, inputs: Inputs, progress: Progress = never_stop) -> Result:
    """What breaks the rules of its plot."""
    started = time.perf_counter()
    plots, frame = _plots(project, inputs)
    ordinance = _ordinance(project, inputs, plots)
    progress(0.05, "what stands on the plots")
    cast = casters(project, situation_of(inputs), box_around(plots, frame))
    bodies = bodies_of(project, cast, frame, inputs.where, None)
    ground = ground_in(cast, frame)
    progress(0.4, "the limits of the plots")
    low = min((body.low_z for body in bodies), default=0.0)
    top = max((body.high_z for body in bodies), default=0.0)
    others, sun, site = _others(project, inputs, frame, ground, low)
    grounds = [_mean(ground_along(plot.polygon, ground), low) for plot in plots]
    each = [ruled(plot, ordinance, others, height, top) for plot, height in zip(plots, grounds, strict=True)]
    progress(0.6, "what is beyond them")
    floors = Floors(inputs.storey_height_m)
    permit = checked(each, bodies, ground, floors, inputs.tolerance_m, _wanted(project, inputs))
    found = Checked(project, frame, each, grounds, permit)
    progress(0.95, "the list of what breaks rules")
    return finished(
        NAME,
        f"{TITLE}: {_title(found)}, {states_title(project, [situation_of(inputs)])}",
        inputs,
        site,
        Pedigree(
            method=METHOD.format(
                sun=SUN.format(step=inputs.sun_step_min) if inputs.sun_areas else "",
                storey=inputs.storey_height_m,
            ),
            version=versions("shapely"),
            inputs=(*cast.inputs, *_contents(project, inputs, plots)),
            sun=tuple(audit_lines(sun)) if sun is not None else (),
            error=(
                f"Exact for the triangles to 1 mm; what is beyond by no more than {inputs.tolerance_m:g} m "
                "is kept. Round corners of setbacks and angles are told to 0.02 % of their radius, "
                "protected views to 5 mm"
            ),
            limits=(*cast.notes, *_limits(ordinance, bodies, found)),
            numbers={
                "plots": len(plots),
                "buildings": len(permit.standing),
                "triangles": sum(len(body.triangles) for body in bodies),
                "seconds": time.perf_counter() - started,
            },
        ),
        quantities=QUANTITIES if permit.standing else (),
        surfaces=surfaces_of(found),
        tables=tables_of(found),
        verdict=found.verdict,
    )


def _ordinance(project: Project, inputs: Inputs, plots: Sequence[Area]) -> Ordinance:
    """The rules of plots that are stated; a check of nothing is refused."""
    stated = {name: str(getattr(inputs, name)) for name in TERMS}
    layers = dict.fromkeys(plot.layer for plot in plots)
    known = [name for number in layers for name in project.attribute_types(number)]
    ordinance = ordinance_from(stated, known, inputs.by_name)
    others = (inputs.lines, inputs.border_deg, inputs.axes, inputs.views, inputs.sun_areas)
    if not ordinance.terms and not any(others):
        raise UsageError(
            "No rule is stated",
            found="no attribute of the plots that is named after one" if inputs.by_name else "",
            allowed="a height, a setback, a coverage, a floor area ratio, building lines, angles, views, sun",
            do="State a rule, such as a height of 15, or name the attribute of the plots that has it",
        )
    return ordinance


def _wanted(project: Project, inputs: Inputs) -> frozenset[int] | None:
    """The buildings that are checked; None: all."""
    if inputs.fids:
        return frozenset(inputs.fids)
    if not (inputs.scenario and inputs.own):
        return None
    found = touched(project, inputs.scenario)
    imported = [fid for layer in found.layers for fid in project.fids(layer).tolist()]
    return frozenset((*found.changed.values(), *found.added, *imported))


def _mean(heights: Float64, otherwise: float) -> float:
    return float(heights.mean()) if len(heights) else otherwise


def _others(
    project: Project, inputs: Inputs, frame: Frame, ground: Ground, low_z: float
) -> tuple[Stated, SunPositions | None, Site]:
    """All rules that are no numbers of plots, and where the sun stands for them."""
    situation, site, sun, shade = situation_of(inputs), site_if_known(project), None, Sunlit()
    if inputs.sun_areas:
        site = site_of(project)
        times = times_of(site, inputs.sun_day, inputs.sun_begin, inputs.sun_end, inputs.sun_step_min)
        sun = sun_at(site, times)
        shade = sunlit(shapes_in(project, inputs.sun_areas, situation, frame), ground, low_z, sun)
    lines = shapes_in(project, inputs.lines, situation, frame) if inputs.lines else []
    stated = Stated(
        lines=tuple(shape for _, shape in lines),
        axes=axes_in(project, inputs.axes, situation, frame, ground, low_z) if inputs.axes else (),
        street=Angle(inputs.street_deg, inputs.street_begin_m) if inputs.axes else Angle(),
        border=Angle(inputs.border_deg, inputs.border_begin_m),
        views=views_in(project, inputs.views.strip(), frame) if inputs.views.strip() else (),
        sunlit=shade,
    )
    return stated, sun, site


def _title(found: Checked) -> str:
    broken = len(found.broken)
    names = [one.plot.name for one in found.ruled]
    where = names[0] if len(names) == 1 else f"{len(names)} plots"
    said = f"{broken} broken" if found.verdict == FAIL else "all rules kept"
    return f"{where}, {said}"


def _contents(project: Project, inputs: Inputs, plots: Sequence[Area]) -> list[tuple[str, str]]:
    """The layers that state the rules, with the hashes of what is in them."""
    numbers = {plot.layer for plot in plots}
    numbers |= {project.layer(name).id for name in (inputs.lines, inputs.axes, inputs.sun_areas) if name}
    return [content_of(project, layer) for layer in project.layers if layer.id in numbers]


def _limits(ordinance: Ordinance, bodies: Sequence[Body], found: Checked) -> list[str]:
    """What was assumed or left out."""
    said = [
        f"{TERMS[name].title} is the attribute {attribute}" for name, attribute in ordinance.found.items()
    ]
    is_open = sum(not one.body.is_closed for one in found.permit.standing)
    if is_open:
        said.append(
            f"{is_open} of {len(found.permit.standing)} buildings are not closed: how many m³ of them are "
            "beyond a limit is not known, heights and distances are"
        )
    sizes = found.permit.sizes
    stated, whole = (sum(getattr(size, name) for size in sizes) for name in ("stated_m2", "floor_m2"))
    if whole:
        said.append(f"{100 * stated / whole:.0f} % of the gross floor area rests on storeys that are stated")
    if len(bodies) > len(found.permit.standing):
        said.append(
            f"{len(bodies) - len(found.permit.standing)} buildings near by stand on none of the plots"
        )
    return said
