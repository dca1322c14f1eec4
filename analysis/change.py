"""What changed between two states of a city: what came, went, was split or merged, moved, is said anew."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from analysis.analysis import Estimate
from analysis.asked import asked
from analysis.changes.cases import cases_of, measured
from analysis.changes.tables import Found, attribute_rows, change_rows, doubtful_rows, surface_table
from analysis.changes.traits import members_of, traits_between
from analysis.changes.wholes import State, apart, compared, pools, told
from analysis.changes.words import sentences
from analysis.checked import content_of
from analysis.matching import matched
from analysis.site import site_if_known
from analysis.situation import Situation
from analysis.states import states_title
from analysis.survey import finished, versions
from layers.data import Progress, never_stop, part_of
from layers.errors import UsageError
from layers.project import Project
from layers.results import FINDINGS, Pedigree, Quantity, Result, Table

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
    "taken out before. Volumes are what lies between surfaces that look up and down (divergence theorem)."
)


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
    progress(0.0, "what stands in both states")
    before, after, kept = compared(project, *states)
    is_by_layer = bool(inputs.layer and inputs.compare_layer)
    pool = pools(project, before, after, is_by_layer)
    found = matched(
        before.things(pool[0]),
        after.things(pool[1]),
        told(project, before, after, inputs.key.strip(), is_by_layer),
        apart(project, before, after),
        part_of(progress, 0.1, 0.4),
    )
    cases = cases_of(found)
    progress(0.4, "how far surfaces moved")
    sizes = measured(before, after, cases, inputs.tolerance_m, part_of(progress, 0.4, 0.7))
    progress(0.7, "attributes")
    ignored = {name.strip() for name in inputs.ignored.split(",")} - {""}
    members = members_of(before, after, cases)
    traits = traits_between(project, members, ignored)
    progress(0.9, "the list of changes")
    everything = Found(project, before, after, found, cases, sizes, members, traits, kept, inputs.tolerance_m)
    changes = change_rows(everything)
    return finished(
        NAME,
        f"{TITLE}: {_title(project, states)}",
        inputs,
        site_if_known(project),
        Pedigree(
            method=METHOD,
            version=versions("shapely", "numba"),
            inputs=_contents(project, everything),
            error=_error(inputs),
            limits=_limits(everything),
            numbers={
                "before": len(before) + kept,
                "after": len(after) + kept,
                "unchanged": everything.unchanged,
                "seconds": time.perf_counter() - started,
            },
        ),
        quantities=_quantities(everything),
        surfaces=surface_table(everything),
        tables={
            FINDINGS: Table({"sentence": sentences(everything, changes)}),
            "changes": changes,
            "attributes": attribute_rows(everything),
            "doubtful": doubtful_rows(everything),
        },
    )


def _quantities(found: Found) -> tuple[Quantity, ...]:
    far = found.sizes.distance_m
    high = float(far[np.isfinite(far)].max(initial=found.tolerance_m))
    return (
        Quantity(
            KIND, "Change", "", digits=0, color_map="change", low=-1.0, high=1.0,
            words=("gone", "changed", "new"),
        ),
        Quantity(DISTANCE, "Moved by", "m", digits=2, color_map="sun", low=0.0, high=high),
    )  # fmt: skip


def _title(project: Project, states: tuple[State, State]) -> str:
    names = [state.layer or states_title(project, [state.situation]) for state in states]
    return f"{names[0]} to {names[1]}"


def _contents(project: Project, found: Found) -> tuple[tuple[str, str], ...]:
    layers = {layer.id: layer for side in (found.before, found.after) for layer in side.layers}
    return tuple(content_of(project, layer) for layer in layers.values())


def _error(inputs: Inputs) -> str:
    return (
        f"What moved by no more than {inputs.tolerance_m:g} m counts as unchanged; distances of what has no "
        "counterpart are known to 1 m along a surface, volumes exactly for closed shells"
    )


def _limits(found: Found) -> tuple[str, ...]:
    limits = ["Only the finest level of detail that both states have is compared"]
    if found.sizes.coarser:
        limits.append(
            f"{found.sizes.coarser} objects were compared in a coarser level than one of the states has"
        )
    return tuple(limits)
