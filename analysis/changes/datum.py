"""Heights that are off by the same in all objects of a layer: another vertical datum, or another survey.

The offset is the middle of the shortest stretch that holds half of all differences of feet and tops (the
shorth: D. F. Andrews et al., Robust Estimates of Location, 1972). It is taken for one when so many of the
differences are near it that chance is no explanation, and when it is known better than it is large.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from layers.arrays import Float64
from layers.records import Layer

#: Fewer objects say nothing.
FEWEST = 5
#: So many of the differences are near the offset, in metres from it.
MOST, NEAR_M = 0.6, 0.15
#: Below this, nobody could tell.
LEAST_M = 0.001
#: An offset is larger than so many standard errors of the middle.
ERRORS = 3.0


@dataclass(frozen=True)
class Datum:
    """How much higher one layer says that things are than another."""

    before: Layer
    after: Layer
    offset_m: float  # of the later one over the earlier one; 0 where there is no constant one
    spread_m: float  # half of the differences are within so much of it
    share: float  # of the differences that are near it
    pairs: int
    what: str = "object"  # that was compared

    @property
    def is_found(self) -> bool:
        """Whether there is a constant offset."""
        return self.offset_m != 0.0


def datum_between(before: Layer, after: Layer, feet_m: Float64, tops_m: Float64) -> Datum:
    """What the differences in height (n,) of feet and of tops of the same objects say of their layers."""
    values = np.sort(np.concatenate((feet_m[np.isfinite(feet_m)], tops_m[np.isfinite(tops_m)])))
    if len(values) < 2 * FEWEST:
        return Datum(before, after, 0.0, 0.0, 0.0, len(feet_m))
    middle, spread = shorth(values)
    share = float((np.abs(values - middle) <= NEAR_M).mean())
    error = spread / np.sqrt(len(values) / 2)
    is_constant = share >= MOST and abs(middle) >= LEAST_M and abs(middle) > ERRORS * error
    return Datum(before, after, middle if is_constant else 0.0, spread, share, len(feet_m))


def shorth(values: Float64) -> tuple[float, float]:
    """The median of the shortest stretch that holds half of some ascending values, and half its length."""
    half = (len(values) + 1) // 2
    lengths = values[half - 1 :] - values[: len(values) - half + 1]
    at = int(lengths.argmin())
    return float(np.median(values[at : at + half])), float(lengths[at]) / 2
