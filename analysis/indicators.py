"""Indicators of areas: what is built on them, how high and dense, how green, in several situations."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from analysis.analysis import Estimate
from analysis.asked import asked
from analysis.casters import casters
from analysis.checked import content_of
from analysis.site import site_if_known
from analysis.situated import Named, situation_named
from analysis.situation import Situation, state_of
from analysis.standing import matching, standing
from analysis.states import States, situations, states_title
from analysis.survey import finished, versions
from analysis.zones.areas import Area, areas_in, box_around, ground_in, whole_city
from analysis.zones.bodies import bodies_of
from analysis.zones.figures import Assumed, Energy, Figures, Whole, energy_in, figures_of, wholes_of
from analysis.zones.figuretables import Sides, quantities_of, surfaces_of, tables_of
from analysis.zones.floors import Floors
from analysis.zones.frame import Frame
from layers.data import Progress, never_stop, part_of
from layers.footprint import plans_of
from layers.project import Project
from layers.records import Layer
from layers.results import Pedigree, Result

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

NAME = "indicators"
TITLE = "Indicators"
HELP = "Footprint, floor area, volumes, heights, roofs, green and people per area, situations side by side."

#: City objects that are counted in a second.
OBJECTS_PER_SECOND = 600
#: More than this is said to be covered by several buildings at once, m²: no mere seams.
TWICE_M2 = 1.0
GREEN = "type == 'PlantCover' or type == 'SolitaryVegetationObject'"
METHOD = (
    "Of every building the share that lies on an area counts, by what it covers; its volume is cut at the "
    "border (divergence theorem). As a building it counts where its middle is. Footprints are unions, "
    "without overhanging roofs where the model tells ground surfaces; floor areas and volumes are sums, in "
    "which what lies in two buildings at once counts twice. Gross floor area is storeys times what "
    "is covered, part by part; where the model states no storeys they are the mean height by {storey:g} m, "
    "rounded down, at least one. Heights are of the highest corner above the mean terrain along the outline, "
    "without terrain above the lowest corner. Roofs are roof surfaces as they slope; of buildings that tell "
    "none what looks up. Green is what these objects cover: {green}. {people}"
)
PEOPLE = "Population is an assumption: one person for {m2:g} m² of gross floor area{homes}."


@dataclass(frozen=True)
class Inputs(States):
    """What is asked."""

    further: str = asked(
        "", "Further situations", "text", help="dates, epochs and scenarios, with commas between them",
        group="State",
    )  # fmt: skip
    areas: str = asked("", "Areas of", "layer", takes="vector", group="Areas")
    area_where: str = asked("", "Which areas", "expression", group="Areas")
    area_fids: tuple[int, ...] = asked(
        (), "Chosen areas", "fids", takes="ground", words=(("", "The whole city"),), group="Areas"
    )
    where: str = asked("", "Which buildings", "expression", group="Buildings")
    green: str = asked(GREEN, "What is green", "expression", group="Assumptions")
    homes: str = asked("", "Buildings with homes", "expression", help="empty: all", group="Assumptions")
    m2_per_person: float = asked(
        50.0, "Gross floor area per person", "number", unit="m²", low=0, high=1000,
        words=((0.0, "no population"),), group="Assumptions",
    )  # fmt: skip
    storey_height_m: float = asked(
        3.0, "Height of a storey", "number", unit="m", low=1.5, high=20, group="Assumptions"
    )
    solar: int = asked(
        0, "Roof energy of the kept solar result", "whole", low=0, words=((0, "the latest"),), group="More"
    )


def named_situations(project: Project, inputs: Inputs) -> list[Named]:
    """The situations that are looked at, each with its title."""
    found = [Named(state, states_title(project, [state])) for state in situations(inputs)]
    found += [situation_named(project, text) for text in inputs.further.split(",") if text.strip()]
    return list({named.situation: named for named in found}.values())


def _areas(project: Project, inputs: Inputs, situation: Situation) -> tuple[list[Area], Frame]:
    if not (inputs.areas or inputs.area_where or inputs.area_fids):
        return whole_city(project)
    return areas_in(project, inputs.areas, inputs.area_where, inputs.area_fids, situation)


def estimate(project: Project, inputs: Inputs) -> Estimate:
    """How much there is to do."""
    count = sum(project.count(layer) for layer in project.layers if layer.kind == "city")
    count *= len(named_situations(project, inputs))
    return Estimate(count, 0, count / OBJECTS_PER_SECOND, what="object")


def run(project: Project, inputs: Inputs, progress: Progress = never_stop) -> Result:
    """The indicators of areas."""
    started = time.perf_counter()
    named = named_situations(project, inputs)
    areas, frame = _areas(project, inputs, named[0].situation)
    energy = energy_in(project, inputs.solar)
    seen = []
    for number, each in enumerate(named):
        share = part_of(progress, number / len(named), (number + 1) / len(named))
        seen.append(_seen(project, inputs, each, areas, frame, energy, share))
    sides = Sides(project, frame, areas, [each.title for each in named], [one.figures for one in seen],
                  seen[0].wholes, inputs.compare and len(named) > 1)  # fmt: skip
    inputs_of = dict.fromkeys(item for one in seen for item in one.inputs)
    homes = f" of {inputs.homes}" if inputs.homes else ""
    people = PEOPLE.format(m2=inputs.m2_per_person, homes=homes) if inputs.m2_per_person else ""
    return finished(
        NAME,
        f"{TITLE} of {areas[0].name if len(areas) == 1 else f'{len(areas)} areas'}: "
        + ", ".join(each.title for each in named),
        inputs,
        site_if_known(project),
        Pedigree(
            method=METHOD.format(
                storey=inputs.storey_height_m, green=inputs.green or "nothing", people=people
            ),
            version=versions("shapely"),
            inputs=(*inputs_of, *(content_of(project, one) for one in _layers_of(project, areas))),
            error="Areas and volumes are exact for the shapes; storeys that are not stated may be one off",
            limits=tuple(dict.fromkeys(_limits(seen, energy))),
            numbers={
                "areas": len(areas),
                "situations": len(named),
                "buildings": len(seen[0].wholes),
                "seconds": time.perf_counter() - started,
            },
        ),
        quantities=quantities_of(sides),
        surfaces=surfaces_of(sides),
        tables=tables_of(sides),
    )


@dataclass(frozen=True)
class _Seen:
    """One situation."""

    wholes: Sequence[Whole]
    figures: Sequence[Figures]  # of each area
    inputs: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def _seen(
    project: Project,
    inputs: Inputs,
    named: Named,
    areas: Sequence[Area],
    frame: Frame,
    energy: Energy | None,
    progress: Progress,
) -> _Seen:
    """The indicators in one situation."""
    progress(0.0, f"what stands: {named.title}")
    cast = casters(project, named.situation, box_around(areas, frame))
    bodies = bodies_of(project, cast, frame, inputs.where, None)
    homes = None
    if inputs.homes:
        homes = frozenset(body.fid for body in bodies_of(project, cast, frame, inputs.homes, None))
    assumed = Assumed(inputs.m2_per_person, homes)
    ground = ground_in(cast, frame)
    progress(0.5, f"buildings: {named.title}")
    wholes = wholes_of(project, cast, bodies, ground, Floors(inputs.storey_height_m), energy, assumed)
    tree = shapely.STRtree([whole.body.plan for whole in wholes])
    green = _green(project, inputs.green, named.situation, frame) if inputs.green else None
    figures = []
    for number, area in enumerate(areas):
        progress(0.6 + 0.4 * number / len(areas), f"{area.name}: {named.title}")
        near = [wholes[at] for at in np.sort(tree.query(area.polygon, predicate="intersects")).tolist()]
        figures.append(figures_of(area, near, green, assumed))
    return _Seen(wholes, figures, cast.inputs, cast.notes)


def _green(project: Project, where: str, situation: Situation, frame: Frame) -> BaseGeometry:
    """What is green, as seen from above, in metres."""
    states, found = state_of(project, situation), []
    for layer in project.layers:
        if layer.object_count and layer.kind in ("city", "vector"):
            chosen = standing(project, layer, situation, states[layer.id][0])
            at = np.flatnonzero(chosen & matching(project, layer, where, None))
            plans = plans_of(project, layer, layer.first_fid + at)
            found += [frame.shape(plan) for plan in plans.tolist() if plan is not None]
    flat = [shapely.make_valid(plan) for plan in found if shapely.get_dimensions(plan) == 2]
    return shapely.union_all(flat)


def _layers_of(project: Project, areas: Sequence[Area]) -> list[Layer]:
    numbers = {area.layer for area in areas}
    return [layer for layer in project.layers if layer.id in numbers]


def _limits(seen: Sequence[_Seen], energy: Energy | None) -> list[str]:
    """What was assumed or left out."""
    said = [note for one in seen for note in one.notes]
    is_open = max(sum(each.is_open for each in one.figures) for one in seen)
    if is_open:
        said.append(f"{is_open} buildings are not closed: their volumes are not counted")
    twice = max(sum(each.twice_m2 for each in one.figures) for one in seen)
    if twice > TWICE_M2:
        said.append(
            f"{twice:.0f} m² are covered by more than one building: floor areas and volumes are sums there, "
            "the footprint is not"
        )
    stated = sum(each.stated_m2 for each in seen[0].figures)
    whole = sum(each.values["floor_area_m2"] for each in seen[0].figures)
    if whole:
        said.append(f"{100 * stated / whole:.0f} % of the gross floor area rests on storeys that are stated")
    if energy is None:
        said.append("No result of solar energy is kept: nothing is known of the energy of roofs")
    else:
        said.append(f"Energy of roofs is that of the kept result {energy.result}, {energy.title}")
        unknown = sum(each.no_energy_m2 for each in seen[0].figures)
        roofs = sum(each.values["roof_m2"] for each in seen[0].figures)
        if unknown > 0 and roofs > 0:
            said.append(
                f"It says nothing of {100 * unknown / roofs:.0f} % of the roofs, which are not counted"
            )
    return said
