"""Rules for daylight and sunlight checked, with a verdict: passed, failed, or too close to call.

The rules are files (`layers.rulefiles`); what they ask for is measured by the analyses of sunlight and of
the sky. A value within its error of its threshold is neither passed nor failed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from analysis import skyview, sunlight
from analysis.analysis import Estimate
from analysis.asked import as_json, asked
from analysis.localtime import date_from
from analysis.naming import Naming, subject
from analysis.plots import GROUND_AREA
from analysis.skyview import COMPONENT
from analysis.sunhours import SHADE_SHARE
from analysis.sunlight import ENOUGH, ENOUGH_ERROR, ERROR, SUNLIGHT
from analysis.survey import BEFORE
from layers.data import Progress, never_stop
from layers.epochs import iso_date
from layers.errors import UsageError
from layers.project import Project
from layers.results import Result, Table
from layers.rulefiles import Enough, Rule, Sun, all_rules

NAME = "rules"
TITLE = "Check a rule"
HELP = "Whether yards, gardens and windows keep a rule for daylight or sunlight, before and after."

#: Of what is judged; NOTHING where no point lies on it.
PASS, FAIL, CLOSE, NOTHING = "pass", "fail", "too close", ""
#: Of the sun's day where the city is looked at on no date.
YEAR = 2026
#: Directions of the sky for rules, with an error of a quarter of a per cent.
SKY_DIRECTIONS = 5000
#: Set by the rule.
BY_RULE = -1.0


@dataclass(frozen=True)
class Inputs:
    """What is asked."""

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
        "Without points, windows are",
        "choice",
        choices=(("walls", "Walls and windows of the objects"), ("windows", "Their windows only")),
        group="Where",
        when=("rule", "windows"),
    )
    spacing_m: float = asked(1.0, "Distance of points", "number", unit="m", low=0.1, high=100, group="Where")
    date: str = asked("", "City of", "date", group="State")
    without: str = asked("", "Without", "expression", help="objects that are left out", group="More")
    compare: bool = asked(True, "Compare with the state before", "yes", group="State")
    compare_date: str = asked("", "City before, of", "date", group="State", when=("compare", True))
    compare_without: str = asked("", "Before, without", "expression", group="More", when=("compare", True))
    day: str = asked("", "Another day", "date", help="where the rule leaves a choice", group="More")
    least_altitude_deg: float = asked(
        BY_RULE,
        "Lowest sun that counts",
        "number",
        unit="°",
        low=BY_RULE,
        high=60.0,
        help="-1: as the rule says",
        group="More",
    )
    step_min: float = asked(5.0, "Step in time", "number", unit="min", low=0.5, high=60.0, group="More")


@dataclass(frozen=True)
class Measured:
    """A value and how far off it may be; NaN where there is none."""

    value: float
    error: float = 0.0

    def is_surely(self, least: float) -> bool:
        """Whether it reaches the least, whatever the error."""
        return self.value - self.error >= least

    def may_be(self, least: float) -> bool:
        """Whether it reaches the least, by some error."""
        return self.value + self.error >= least

    def over(self, other: Measured) -> Measured:
        """The ratio to another value, with the larger of its errors; NaN where the other is nothing."""
        if not other.value > 0 or not math.isfinite(self.value):
            return Measured(math.nan)
        ratio = self.value / other.value
        low = (self.value - self.error) / (other.value + other.error)
        spare = other.value - other.error
        high = (self.value + self.error) / spare if spare > 0 else math.inf
        return Measured(ratio, max(ratio - low, high - ratio))


@dataclass(frozen=True)
class Verdict:
    """Whether a value keeps a rule."""

    verdict: str
    ratio: Measured  # to the value before
    margin: float  # above the threshold, in the unit of the value
    ratio_margin: float  # above the ratio that is asked for
    level: str  # highest that is surely reached


def judge(enough: Enough, after: Measured, before: Measured | None = None) -> Verdict:
    """Whether a value keeps a rule, given the value before where there is one."""
    ratio = after.over(before) if before is not None and enough.or_ratio else Measured(math.nan)
    wanted = enough.or_ratio or math.inf
    if not math.isfinite(after.value):
        verdict = NOTHING
    elif after.is_surely(enough.at_least) or ratio.is_surely(wanted):
        verdict = PASS
    elif after.may_be(enough.at_least) or ratio.may_be(wanted):
        verdict = CLOSE
    else:
        verdict = FAIL
    reached = [level.title for level in enough.levels if after.is_surely(level.at_least)]
    return Verdict(
        verdict,
        ratio,
        after.value - enough.at_least,
        ratio.value - wanted if enough.or_ratio else math.nan,
        reached[-1] if reached else "",
    )


def overall(verdicts: Sequence[str]) -> str:
    """The verdict on all together."""
    return next((found for found in (FAIL, CLOSE, PASS) if found in verdicts), NOTHING)


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
    after = values_of(rule, measured, "")
    before = values_of(rule, measured, BEFORE) if is_compared(inputs) else None
    table = verdicts_table(rule, names_of(naming, measured), measured, after, before)
    verdict = overall(table.texts("verdict"))
    pedigree = measured.pedigree
    return replace(
        measured,
        kind=NAME,
        title=f"{subject(naming, measured.surfaces)}: {_inside(rule.title)} {WORDS[verdict]}",
        inputs=as_json(inputs),
        verdict=verdict,
        tables={"verdicts": table, **measured.tables},
        pedigree=replace(
            pedigree,
            method=f"{rule.about} Source: {rule.source}. {pedigree.method}",
            inputs=((f"rule {rule.name}", rule.sha256), *pedigree.inputs),
            limits=(*rule.limits, *pedigree.limits, WHAT_CLOSE_MEANS),
        ),
    )


WORDS = {PASS: "passed", FAIL: "failed", CLOSE: "too close to call", NOTHING: "nothing to judge"}
WHAT_CLOSE_MEANS = (
    "A value within its error of a threshold is neither passed nor failed. For shares of an area the error "
    "is that of the hours of each point, and one standard deviation of as many points at random places"
)


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
    shared = ("where", "fids", "points", "surfaces", "spacing_m", "date", "without")
    found = {name: getattr(inputs, name) for name in (*shared, "compare_date", "compare_without")}
    return {"on": on, "compare": is_compared(inputs), **found}


def is_compared(inputs: Inputs) -> bool:
    """Whether there is a state before that differs: no ratio is made to one and the same city."""
    now, before = (inputs.date, inputs.without), (inputs.compare_date, inputs.compare_without)
    return inputs.compare and now != before


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
    dated = iso_date(inputs.date) if inputs.date else None
    year = date.fromisoformat(dated).year if dated else YEAR
    return f"{year:04}-{sun.day}"


def values_of(rule: Rule, measured: Result, state: str) -> list[Measured]:
    """The value of each row and its error, in the state with that ending of columns."""
    table = measured.surfaces
    if rule.measure == "sky":
        error = 100 * skyview.error_share(SKY_DIRECTIONS)
        return [Measured(value, error) for value in table.numbers(COMPONENT + state).tolist()]
    names = (ENOUGH, ENOUGH_ERROR) if rule.measure == "share" else (SUNLIGHT, ERROR)
    values, errors = (table.numbers(name + state).tolist() for name in names)
    return [Measured(*pair) for pair in zip(values, errors, strict=True)]


def names_of(naming: Naming, measured: Result) -> list[str]:
    """What each row is called: an area as its object, a window by its surface too."""
    fids = measured.surfaces.numbers("fid").astype(np.int64)
    wholes = naming.wholes(fids).tolist()
    ids, kinds = (measured.surfaces.texts(name) for name in ("surface_id", "surface_type"))
    return [
        id if fid < 0 else naming.title(fid) if kind == GROUND_AREA else f"{naming.title(fid)}, {kind} {id}"
        for fid, id, kind in zip(wholes, ids, kinds, strict=True)
    ]


def verdicts_table(
    rule: Rule,
    names: Sequence[str],
    measured: Result,
    after: Sequence[Measured],
    before: Sequence[Measured] | None,
) -> Table:
    """A row per area or window with its verdict and the reason for it."""
    was = before or [Measured(math.nan)] * len(after)
    found = [judge(rule.enough, now, then if before else None) for now, then in zip(after, was, strict=True)]
    return Table(
        {
            "name": list(names),
            "fid": measured.surfaces.numbers("fid").astype(np.int64),
            "rule": [rule.title] * len(names),
            "verdict": [verdict.verdict for verdict in found],
            "before": np.array([then.value for then in was]),
            "after": np.array([now.value for now in after]),
            "error": np.array([now.error for now in after]),
            "threshold": np.full(len(names), rule.enough.at_least),
            "margin": np.array([verdict.margin for verdict in found]),
            "unit": [rule.unit] * len(names),
            "ratio": np.array([verdict.ratio.value for verdict in found]),
            "least_ratio": np.full(len(names), rule.enough.or_ratio or math.nan),
            "level": [verdict.level for verdict in found],
            "reason": [
                reason(rule, now, then, verdict) for now, then, verdict in zip(after, was, found, strict=True)
            ],
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
