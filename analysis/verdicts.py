"""Whether values keep a rule: passed, failed, or too close to call, given how far off they may be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from layers.arrays import Float64
from layers.columns import Mask
from layers.rulefiles import Enough

#: Of what is judged; NOTHING where no point lies on it.
PASS, FAIL, CLOSE, NOTHING = "pass", "fail", "too close", ""
#: From the worst to the best.
ORDER = (NOTHING, FAIL, CLOSE, PASS)


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


@dataclass(frozen=True)
class Spread:
    """Values of points (n,) and what they are at least and at most."""

    low: Float64
    value: Float64
    high: Float64

    @classmethod
    def around(cls, value: Float64, error: Float64 | float) -> Spread:
        """Values that may be wrong by an error either way."""
        return cls(value - error, value, value + error)

    def reaching(self, least: float) -> Spread:
        """1 where a value reaches the least, else 0; NaN stays."""
        low, value, high = (
            np.where(np.isnan(side), np.nan, side >= least) for side in (self.low, self.value, self.high)
        )
        return Spread(low, value, high)

    def some(self, chosen: Mask) -> Spread:
        """Those of some points."""
        return Spread(self.low[chosen], self.value[chosen], self.high[chosen])


NO_RATIO = Measured(math.nan)


def ratio_of(after: Spread, before: Spread, is_same: Mask, is_share: bool = False) -> Measured:
    """The ratio of the sums over the same points in two states, and how far off it is; NaN to nothing.

    Where a point is as it was (`is_same`) its error is the same one in both sums. A share of an area is
    known from its points only: one standard deviation of a ratio of sums over as many points at random
    places is added (W. Cochran, Sampling Techniques, 1977, eq. 6.9), which is 0 where all are as they were.
    """
    total, was = float(after.value.sum()), float(before.value.sum())
    if not was > 0 or not math.isfinite(total):
        return NO_RATIO
    ratio = total / was
    kept, now, then = after.some(is_same), after.some(~is_same), before.some(~is_same)
    ends = [float(kept.low.sum()), float(kept.high.sum())]
    low = min(_quotient(end + float(now.low.sum()), end + float(then.high.sum())) for end in ends)
    high = max(_quotient(end + float(now.high.sum()), end + float(then.low.sum())) for end in ends)
    error = max(ratio - low, high - ratio, 0.0)
    if is_share:
        error += float(np.sqrt(((after.value - ratio * before.value) ** 2).sum())) / was
    return Measured(ratio, error)


def _quotient(over: float, under: float) -> float:
    return over / under if under > 0 else math.inf if over > 0 else 1.0


@dataclass(frozen=True)
class Verdict:
    """Whether a value keeps a rule."""

    verdict: str
    ratio: Measured  # to the value before
    margin: float  # above the threshold, in the unit of the value
    level: str  # highest that is surely reached


def judge(enough: Enough, after: Measured, ratio: Measured = NO_RATIO) -> Verdict:
    """Whether a value keeps a rule, given its ratio to the value before where there is one."""
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
    return Verdict(verdict, ratio, after.value - enough.at_least, reached[-1] if reached else "")


def overall(verdicts: Sequence[str]) -> str:
    """The verdict on all together."""
    return min((found for found in verdicts if found), key=ORDER.index, default=NOTHING)
