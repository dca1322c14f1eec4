"""What changed between two states of a city: what came, went, was split or merged, moved, is said anew."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from analysis.analysis import Estimate
from analysis.asked import asked
from analysis.changes.cases import cases_of, measured
from analysis.changes.clouds import Apart, clouds_apart
from analysis.changes.earth import Earth, earth_moved
from analysis.changes.ground import (
    cloud_sentences,
    cloud_table,
    earth_sentences,
    earth_table,
    places_of,
    quantities,
    with_row,
)
from analysis.changes.m3c2 import Scales
from analysis.changes.state import State, layers_in
from analysis.changes.tables import (
    Found,
    attribute_rows,
    change_rows,
    doubtful_rows,
    layer_rows,
    surface_table,
)
from analysis.changes.told import apart, pools, renamed, told
from analysis.changes.traits import members_of, traits_between
from analysis.changes.wholes import compared
from analysis.changes.words import sentences
from analysis.checked import content_of
from analysis.matching import doubted, matched
from analysis.site import site_if_known
from analysis.situation import Situation
from analysis.states import states_title
from analysis.survey import finished, versions
from layers.data import Progress, never_stop, part_of
from layers.errors import UsageError
from layers.importing import complete
from layers.project import Project
from layers.results import CHANGES, FINDINGS, Pedigree, Quantity, Result, Table

NAME = "change"
TITLE = "What changed"
HELP = "Two dates, scenarios or layers: what came, went, was split, merged, moved or has other attributes."

#: Objects that are compared in a second.
OBJECTS_PER_SECOND = 8_000
KIND, DISTANCE = "changed", "distance_m"
METHOD = (
    "Objects of two states are the same when people say so, when one is the copy of the other in a scenario, "
    "by an attribute that identifies them, by id, or else by their footprints: they are when both cover 70 % "
    "of what either does, or when footprint (60 %), height (25 %) and middle (15 %) are alike by 0.6 of 1; "
    "from 0.5 on they are taken to be and listed as doubtful. One is split, or several are merged, when "
    "together they cover the other better than the best of them alone. Surfaces are compared as sets of "
    "places, however they are cut into polygons and rings, in the finest level of detail that both have: by "
    "how far the corners of a polygon are from those of its counterpart, else by the largest distance of "
    "places on it from the other surface (P. Hausdorff). A constant offset in height between two layers is "
    "taken out before. Where one layer says of both when they stand, other ids mean other objects, unless "
    "they are alike by 0.9. Volumes are what lies between surfaces that look up and down."
)


EARTH_METHOD = (
    "Terrain is compared at the centre of every cell of the finest raster of both states, between the "
    "centres of coarser ones linearly; each cell stands for the ground about its centre."
)
CLOUD_METHOD = (
    "Clouds are compared by M3C2 (Lague et al. 2013, doi:10.1016/j.isprsjprs.2013.04.009): along the normal "
    "of the earlier points around a place, between the mean places of both clouds within a cylinder."
)
_BY_DENSITY = ((0.0, "as dense as the points are"),)


@dataclass(frozen=True)
class Inputs:
    """What is asked."""

    compare_date: str = asked("", "City before, of", "date", group="Before")
    compare_scenario: str = asked("", "Before, scenario", "scenario", group="Before")
    compare_layer: str = asked("", "Before, only layer", "layer", group="Before")
    date: str = asked("", "City of", "date", group="After")
    scenario: str = asked("", "Scenario", "scenario", group="After")
    layer: str = asked("", "Only layer", "layer", group="After")
    tolerance_m: float = asked(
        0.1, "Moved by more than", "number", unit="m", low=0.001, high=100, group="What"
    )
    ignored: str = asked(
        "", "Attributes left out", "text", help="names, with commas between them", group="What"
    )
    key: str = asked(
        "", "Attribute that identifies objects", "text", help="in place of their ids", group="What"
    )
    normal_m: float = asked(
        0.0, "Normals of clouds from points within", "number", unit="m", low=0, high=1000, group="More",
        words=_BY_DENSITY,
    )  # fmt: skip
    radius_m: float = asked(
        0.0, "Distances of clouds in cylinders of radius", "number", unit="m", low=0, high=1000, group="More",
        words=_BY_DENSITY,
    )  # fmt: skip
    depth_m: float = asked(
        10.0, "Clouds are away by no more than", "number", unit="m", low=0.01, high=10_000, group="More"
    )
    registration_m: float = asked(
        0.0, "Clouds lie on each other to within", "number", unit="m", low=0, high=100, group="More"
    )


def states_of(inputs: Inputs) -> tuple[State, State]:
    """What is compared: the earlier state, then the later one."""
    before = State(Situation(inputs.compare_date, "", inputs.compare_scenario), inputs.compare_layer)
    after = State(Situation(inputs.date, "", inputs.scenario), inputs.layer)
    if before == after:
        raise UsageError(
            "Both states are the same, so nothing can have changed",
            found=before.title,
            do="Choose another date, scenario or layer",
        )
    return before, after


def estimate(project: Project, inputs: Inputs) -> Estimate:
    """How much there is to do."""
    before, after, _ = compared(project, *states_of(inputs))
    count = len(before) + len(after)
    return Estimate(count, 0, count / OBJECTS_PER_SECOND, what="object")


def run(project: Project, inputs: Inputs, progress: Progress = never_stop) -> Result:
    """What changed."""
    started = time.perf_counter()
    states = states_of(inputs)
    complete(project, [layer for state in states for layer in layers_in(project, state)], progress)
    found = _objects(project, inputs, states, part_of(progress, 0.0, 0.7))
    earth = earth_moved(project, *states, inputs.tolerance_m, part_of(progress, 0.7, 0.85))
    scales = Scales(inputs.normal_m, inputs.radius_m, inputs.depth_m)
    clouds = clouds_apart(project, *states, scales, inputs.registration_m, part_of(progress, 0.85, 1.0))
    changes = change_rows(found)
    surfaces = surface_table(found)
    places = places_of(earth, clouds, len(surfaces), list(surfaces.columns))
    layers = layer_rows(project, *states)
    said = [*sentences(found, changes, layers)]
    said += earth_sentences(earth) if earth is not None else ()
    said += cloud_sentences(clouds) if clouds is not None else ()
    tables = {
        FINDINGS: Table({"sentence": said}),
        CHANGES: changes,
        "attributes": attribute_rows(found),
        "doubtful": doubtful_rows(found),
        "layers": layers,
        **({} if earth is None else {"earth": earth_table(earth)}),
        # Where the ground takes the result's points, distances of clouds have a table of their own.
        **({"clouds": cloud_table(clouds)} if earth is not None and clouds is not None else {}),
    }
    return finished(
        NAME,
        f"{TITLE}: {_title(project, states)}",
        inputs,
        site_if_known(project),
        Pedigree(
            method=" ".join(_of_each(found, earth, clouds, METHOD, EARTH_METHOD, CLOUD_METHOD)),
            version=versions("shapely", "numba"),
            inputs=_contents(project, states),
            error=_error(inputs, found, earth, clouds),
            limits=_limits(found, clouds),
            numbers={
                "before": len(found.before) + found.kept,
                "after": len(found.after) + found.kept,
                "unchanged": found.unchanged,
                "seconds": time.perf_counter() - started,
            },
        ),
        quantities=(*_quantities(found), *quantities(earth, clouds)),
        surfaces=surfaces if places is None else with_row(surfaces, places.row),
        points=Table() if places is None else places.points,
        grid=None if places is None else places.grid,
        tables=tables,
    )


def _objects(project: Project, inputs: Inputs, states: tuple[State, State], progress: Progress) -> Found:
    """What became of objects."""
    progress(0.0, "what stands in both states")
    before, after, kept = compared(project, *states)
    is_by_layer = bool(inputs.layer and inputs.compare_layer)
    pool = pools(project, before, after, is_by_layer)
    matching = matched(
        before.things(pool[0]),
        after.things(pool[1]),
        told(project, before, after, inputs.key.strip(), is_by_layer),
        apart(project, before, after),
        part_of(progress, 0.2, 0.4),
    )
    matching = doubted(matching, renamed(before, after, matching.same))
    cases = cases_of(matching)
    sizes = measured(before, after, cases, inputs.tolerance_m, part_of(progress, 0.4, 0.8))
    progress(0.8, "attributes")
    ignored = {name.strip() for name in inputs.ignored.split(",")} - {""}
    members = members_of(before, after, cases)
    traits = traits_between(project, members, ignored)
    progress(1.0, "the list of changes")
    return Found(project, before, after, matching, cases, sizes, members, traits, kept, inputs.tolerance_m)


def _quantities(found: Found) -> tuple[Quantity, ...]:
    far = found.sizes.distance_m
    high = float(far[np.isfinite(far)].max(initial=found.tolerance_m))
    words = ("gone", "changed", "new")
    changed = Quantity(KIND, "Change", "", 0, "change", -1.0, 1.0, words)
    moved = Quantity(DISTANCE, "Moved by", "m", 2, "sun", 0.0, high)
    return (changed, moved) if len(found.before) or len(found.after) else ()


def _title(project: Project, states: tuple[State, State]) -> str:
    names = [state.layer or states_title(project, [state.situation]) for state in states]
    return f"{names[0]} to {names[1]}"


def _contents(project: Project, states: tuple[State, State]) -> tuple[tuple[str, str], ...]:
    layers = {layer.id: layer for state in states for layer in layers_in(project, state)}
    return tuple(content_of(project, layer) for layer in layers.values())


def _of_each(
    found: Found, earth: Earth | None, clouds: Apart | None, objects: str, ground: str, points: str
) -> list[str]:
    """Of what is said of objects, the ground and clouds, that of which there are such."""
    has_none = earth is not None or clouds is not None
    said = [objects] if not has_none or len(found.before) or len(found.after) else []
    return [*said, *([ground] if earth is not None else ()), *([points] if clouds is not None else ())]


def _error(inputs: Inputs, found: Found, earth: Earth | None, clouds: Apart | None) -> str:
    objects = (
        f"What moved by no more than {inputs.tolerance_m:g} m counts as unchanged; distances of what has no "
        "counterpart are known to 1 m along a surface, volumes exactly for closed shells"
    )
    ground = "" if earth is None else f"Cut and fill are counted in cells of {earth.cell_m:g} m"
    points = "Distances of clouds are known to the level of detection told at each place (95 %)"
    return "; ".join(_of_each(found, earth, clouds, objects, ground, points))


def _limits(found: Found, clouds: Apart | None) -> tuple[str, ...]:
    limits = []
    if len(found.before) or len(found.after):
        limits.append("Only the finest level of detail that both states have is compared")
    if found.sizes.coarser:
        limits.append(
            f"{found.sizes.coarser} objects were compared in a coarser level than one of the states has"
        )
    if clouds is not None:
        scales = clouds.scales
        limits.append(
            "Clouds: normals from points within "
            f"{scales.normal_m:.2f} m, cylinders of {scales.radius_m:.2f} m radius and {scales.depth_m:g} m "
            "either way"
        )
        if clouds.is_thinned:
            limits.append("The clouds are so dense that points of their finest levels were left out")
    return tuple(limits)
