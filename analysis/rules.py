"""Rules for daylight and sunlight checked, with a verdict: passed, failed, or too close to call.

The rules are files (`layers.rulefiles`); what they ask for is measured by the analyses of sunlight and of
the sky. A value within its error of its threshold is neither passed nor failed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analysis import skyview, sunlight
from analysis.analysis import Estimate
from analysis.asked import as_json, asked
from analysis.localtime import date_from
from analysis.naming import WINDOWS, Naming, subject
from analysis.plots import GROUND_AREA
from analysis.situation import Situation
from analysis.skyview import COMPONENT
from analysis.states import COMPARED, States, is_compared, situations, states_title
from analysis.sunhours import SHADE_SHARE
from analysis.sunlight import ENOUGH, ENOUGH_ERROR, ERROR, SUNLIGHT
from analysis.verdicts import (
    CLOSE,
    FAIL,
    NO_RATIO,
    NOTHING,
    ORDER,
    PASS,
    Measured,
    Spread,
    Verdict,
    judge,
    overall,
    ratio_of,
)
from layers.data import Progress, never_stop
from layers.errors import UsageError
from layers.project import Project
from layers.results import BEFORE, Result, Table
from layers.rulefiles import Rule, Sun, all_rules

NAME = "rules"
TITLE = "Check a rule"
HELP = "Whether yards, gardens and windows keep a rule for daylight or sunlight, before and after."

#: Directions of the sky for rules, with an error of a quarter of a per cent.
SKY_DIRECTIONS = 5000
SKY_ERROR_PCT = 100 * skyview.error_share(SKY_DIRECTIONS)
#: Set by the rule.
BY_RULE = -1.0


@dataclass(frozen=True)
class Inputs(States):
    """What is asked."""

    compare: bool = asked(True, "Compare with the state before", "yes", group="State")
    rule: str = asked("bre-amenity", "Rule", "rules", group="Rule")
    where: str = asked("", "Which objects", "expression", group="Where")
    fids: tuple[int, ...] = asked((), "Chosen objects", "fids", group="Where")
    points: tuple[Sequence[Any], ...] = asked(
        (),
        "Windows",
        "points",
        help="x, y, z and the way they look",
        group="Where",
        when=("rule", "windows"),
    )
    surfaces: str = asked(
        "walls",
        "Where no windows are given, take",
        "choice",
        choices=(("walls", "Walls and windows of the objects"), ("windows", "Their windows only")),
        group="Where",
        when=("rule", "windows"),
    )
    spacing_m: float = asked(1.0, "Distance of points", "number", unit="m", low=0.1, high=100, group="Where")
    day: str = asked("", "Another day", "date", help="where the rule leaves a choice", group="More")
    least_altitude_deg: float = asked(
        BY_RULE,
        "Lowest sun that counts",
        "number",
        unit="°",
        low=BY_RULE,
        high=60.0,
        words=((BY_RULE, "as the rule says"),),
        group="More",
    )
    step_min: float = asked(5.0, "Step in time", "number", unit="min", low=0.5, high=60.0, group="More")


def rule_named(name: str) -> Rule:
    """The rule of that name; UsageError names those there are, and files that cannot be used."""
    found = all_rules()
    if name not in found.rules:
        problem = next((text for text in found.problems if f"({name}.toml)" in text), "")
        raise UsageError(
            "There is no such rule", found=repr(name), allowed=", ".join(sorted(found.rules)), do=problem
        )
    return found.rules[name]


def estimate(project: Project, inputs: Inputs) -> Estimate:
    """How much there is to do."""
    rule = rule_named(inputs.rule)
    if rule.sun is None:
        return skyview.estimate(project, sky_inputs(rule, inputs))
    return sunlight.estimate(project, sun_inputs(rule, rule.sun, inputs))


def run(project: Project, inputs: Inputs, progress: Progress = never_stop) -> Result:
    """Measure what a rule asks for, and judge it."""
    rule = rule_named(inputs.rule)
    if rule.sun is None:
        measured = skyview.run(project, sky_inputs(rule, inputs), progress)
    else:
        measured = sunlight.run(project, sun_inputs(rule, rule.sun, inputs), progress)
    naming = Naming(project)
    states = situations(replace(inputs, compare=is_compared(inputs)))
    judged = with_wholes(rule, naming, rows_judged(rule, naming, measured, len(states) > 1))
    verdict = overall([row.verdict.verdict for row in judged if row.counts])
    title = f"{subject(naming, measured.surfaces)}: {_inside(rule.title)}, {states_title(project, states)}"
    pedigree = measured.pedigree
    says = (rule.about, COUNTS[rule.one_of], WALLS if any(row.is_wall for row in judged) else "")
    return replace(
        measured,
        kind=NAME,
        title=f"{title}: {WORDS[verdict]}",
        inputs=as_json(inputs),
        verdict=verdict,
        tables={"verdicts": verdicts_table(rule, judged), **measured.tables},
        pedigree=replace(
            pedigree,
            method=" ".join(filter(None, (*says, f"Source: {rule.source}.", pedigree.method))),
            inputs=((f"rule {rule.name}", rule.sha256), *pedigree.inputs),
            limits=(*rule.limits, *pedigree.limits, WHAT_CLOSE_MEANS),
        ),
    )


WORDS = {PASS: "passed", FAIL: "failed", CLOSE: "too close to call", NOTHING: "nothing to judge"}
WHAT_CLOSE_MEANS = (
    "A value within its error of a threshold is neither passed nor failed. For shares of an area the error "
    "is that of the hours of each point, and one standard deviation of as many points at random places; "
    "in a ratio to the state before, the errors of points that are as they were cancel out"
)
#: What is said of rules by what counts in them.
COUNTS = {"": "", "building": "The best window of a building counts for the building."}
WALLS = "No windows were given: each wall, with the mean over it, stands in for its windows."


def _inside(title: str) -> str:
    """A title as it stands inside a sentence."""
    return title[:1].lower() + title[1:]


def survey_of(rule: Rule, inputs: Inputs) -> dict[str, Any]:
    """Where and in which states of the city a rule is checked."""
    on = "ground" if rule.judges == "areas" else "points" if inputs.points else "surfaces"
    if on == "ground" and not inputs.where and not inputs.fids:
        raise UsageError(
            "It is not clear which areas the rule is checked on",
            where=rule.title,
            do="Choose a plot, a yard or a garden",
        )
    shared = ("where", "fids", "points", "surfaces", "spacing_m", "date", "scenario", "without")
    found = {name: getattr(inputs, name) for name in (*shared, *COMPARED)}
    return {"on": on, "compare": is_compared(inputs), **found}


def sky_inputs(rule: Rule, inputs: Inputs) -> skyview.Inputs:
    """What a rule asks of the sky."""
    return skyview.Inputs(**survey_of(rule, inputs), vegetation=False, directions=SKY_DIRECTIONS)


def sun_inputs(rule: Rule, sun: Sun, inputs: Inputs) -> sunlight.Inputs:
    """What a rule asks of sunlight."""
    least = inputs.least_altitude_deg
    shade_pct = {"opaque": 100.0}.get(sun.trees, 100 * SHADE_SHARE)
    return sunlight.Inputs(
        **survey_of(rule, inputs),
        vegetation=sun.trees != "ignore",
        shade_pct=shade_pct,
        day=day_of_rule(rule, sun, inputs),
        begin=sun.begin,
        end=sun.end,
        clock=sun.clock,
        enough_h=rule.hours if rule.measure == "share" else rule.enough.at_least,
        least_altitude_deg=sun.least_altitude_deg if least == BY_RULE else least,
        least_spell_min=sun.least_spell_min,
        step_min=inputs.step_min,
    )


def day_of_rule(rule: Rule, sun: Sun, inputs: Inputs) -> str:
    """The day a rule is checked on, in the year of the city that is looked at."""
    if inputs.day:
        day = date_from(inputs.day)
        earliest, latest = sun.earliest or sun.day, sun.latest or sun.day
        if not earliest <= f"{day:%m-%d}" <= latest:
            raise UsageError(
                "The rule does not hold on this day",
                where=rule.title,
                found=inputs.day,
                allowed=earliest if earliest == latest else f"{earliest} to {latest} (month-day)",
            )
        return inputs.day
    return f"{Situation(inputs.date).year:04}-{sun.day}"


@dataclass(frozen=True)
class Judged:
    """An area, a window or a building with its verdict."""

    name: str
    fid: int
    whole: int  # the building, or the object itself; -1 = none
    after: Measured
    before: Measured
    verdict: Verdict
    reason: str
    is_wall: bool = False  # that stands in for its windows
    counts: bool = True  # in the verdict of all


def rows_judged(rule: Rule, naming: Naming, measured: Result, is_compared: bool) -> list[Judged]:
    """Each row of what was measured with its verdict and the reason for it."""
    fids = measured.surfaces.numbers("fid").astype(np.int64)
    after = values_of(rule, measured, "")
    before = values_of(rule, measured, BEFORE) if is_compared else [NO_RATIO] * len(fids)
    asks_ratio = is_compared and rule.enough.or_ratio is not None
    ratios = ratios_of(rule, measured) if asks_ratio else [NO_RATIO] * len(fids)
    kinds, names, wholes = (
        measured.surfaces.texts("surface_type"),
        names_of(naming, measured),
        naming.wholes(fids),
    )
    found = []
    for fid, whole, name, kind, now, was, ratio in zip(
        fids.tolist(), wholes.tolist(), names, kinds, after, before, ratios, strict=True
    ):
        verdict = judge(rule.enough, now, ratio)
        is_wall = rule.judges == "windows" and kind not in OPENINGS
        said = reason(rule, now, was, verdict)
        found.append(
            Judged(name, fid, whole, now, was, verdict, f"{said}; {WALL}" if is_wall else said, is_wall)
        )
    return found


#: Types of surfaces that are windows, found or given.
OPENINGS = WINDOWS | {"Window"}
WALL = "the wall, with the mean over it, stands in for its windows"


def with_wholes(rule: Rule, naming: Naming, rows: list[Judged]) -> list[Judged]:
    """The rows, and before them each building with its best window where one window of a building counts.

    Given windows belong to no building: each counts by itself.
    """
    if rule.one_of != "building":
        return rows
    buildings: dict[int, list[Judged]] = {}
    for row in rows:
        if row.whole >= 0:
            buildings.setdefault(row.whole, []).append(row)
    judged = [_building(naming.title(whole), whole, mine) for whole, mine in buildings.items()]
    return [*judged, *(replace(row, counts=row.whole < 0) for row in rows)]


def _building(name: str, whole: int, rows: list[Judged]) -> Judged:
    """A building, which is as good as its best window."""
    best = max(rows, key=lambda row: (ORDER.index(row.verdict.verdict), np.nan_to_num(row.after.value)))
    what = "walls" if best.is_wall else "windows"
    passed = sum(row.verdict.verdict == PASS for row in rows)
    which = best.name.removeprefix(f"{name}, ")
    text = f"{passed} of {len(rows)} {what} pass, one is enough. The best, {which}: {best.reason}"
    return replace(best, name=name, fid=whole, reason=text)


def values_of(rule: Rule, measured: Result, state: str) -> list[Measured]:
    """The value of each row and its error, in the state with that ending of columns."""
    table = measured.surfaces
    if rule.measure == "sky":
        return [Measured(value, SKY_ERROR_PCT) for value in table.numbers(COMPONENT + state).tolist()]
    names = (ENOUGH, ENOUGH_ERROR) if rule.measure == "share" else (SUNLIGHT, ERROR)
    values, errors = (table.numbers(name + state).tolist() for name in names)
    return [Measured(*pair) for pair in zip(values, errors, strict=True)]


def ratios_of(rule: Rule, measured: Result) -> list[Measured]:
    """The ratio of each row to what it was before, and its error, from the points of both states."""
    points, row = measured.points, measured.points.numbers("row").astype(np.int64)
    column, wrong = (COMPONENT, "") if rule.measure == "sky" else (SUNLIGHT, ERROR)
    errors = [points.numbers(wrong + state) if wrong else SKY_ERROR_PCT for state in ("", BEFORE)]
    now, was = (points.numbers(column + state) for state in ("", BEFORE))
    after, before = (Spread.around(*pair) for pair in zip((now, was), errors, strict=True))
    is_share = rule.measure == "share"
    if is_share:
        after, before = after.reaching(rule.hours), before.reaching(rule.hours)
    found = []
    for number in range(len(measured.surfaces)):
        mine = row == number
        found.append(ratio_of(after.some(mine), before.some(mine), (now == was)[mine], is_share))
    return found


def names_of(naming: Naming, measured: Result) -> list[str]:
    """What each row is called: an area as its object, a window by its surface too."""
    fids = measured.surfaces.numbers("fid").astype(np.int64)
    wholes = naming.wholes(fids).tolist()
    ids, kinds = (measured.surfaces.texts(name) for name in ("surface_id", "surface_type"))
    return [
        id if fid < 0 else naming.title(fid) if kind == GROUND_AREA else f"{naming.title(fid)}, {kind} {id}"
        for fid, id, kind in zip(wholes, ids, kinds, strict=True)
    ]


def verdicts_table(rule: Rule, judged: Sequence[Judged]) -> Table:
    """A row per area, window or building with its verdict and the reason for it."""
    count = len(judged)
    return Table(
        {
            "name": [row.name for row in judged],
            "fid": np.array([row.fid for row in judged], np.int64),
            "rule": [rule.title] * count,
            "verdict": [row.verdict.verdict for row in judged],
            "counts": np.array([row.counts for row in judged], bool),
            "before": np.array([row.before.value for row in judged]),
            "after": np.array([row.after.value for row in judged]),
            "error": np.array([row.after.error for row in judged]),
            "threshold": np.full(count, rule.enough.at_least),
            "margin": np.array([row.verdict.margin for row in judged]),
            "unit": [rule.unit] * count,
            "ratio": np.array([row.verdict.ratio.value for row in judged]),
            "least_ratio": np.full(count, rule.enough.or_ratio or math.nan),
            "level": [row.verdict.level for row in judged],
            "reason": [row.reason for row in judged],
        }
    )


WHAT = {
    "share": "of the area has {hours:g} h of sunlight or more",
    "hours": "of sunlight",
    "sky": "vertical sky component",
}


def reason(rule: Rule, after: Measured, before: Measured, verdict: Verdict) -> str:
    """Why the verdict is what it is, in a sentence."""
    if not math.isfinite(after.value):
        return "There is nothing to judge: no point lies on it"
    unit, enough = rule.unit, rule.enough
    text = (
        f"{after.value:.3g} ± {after.error:.2g} {unit} {WHAT[rule.measure].format(hours=rule.hours)}, "
        f"{enough.at_least:g} {unit} are asked for"
    )
    if math.isfinite(verdict.ratio.value):
        text += (
            f"; {verdict.ratio.value:.2f} ± {verdict.ratio.error:.2g} times the {before.value:.3g} {unit} "
            f"before, at least {enough.or_ratio:g} would do"
        )
    return text + (f"; level reached: {verdict.level}" if verdict.level else "")
