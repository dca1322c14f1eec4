"""Whether levels fit the terrain: feet taken for metres, another height reference, or plainly far off."""

from __future__ import annotations

import numpy as np

from layers.arrays import Float64
from layers.words import METRES

#: Pipes lie so near below the ground, or above it on a bridge; levels beyond are doubted.
NEAR_M = 15.0
#: Offsets that differ by so little all along are one offset.
_EVEN_M = 5.0
_FEWEST = 5
_FOOT = METRES["ft"]


def doubt(levels_m: Float64, ground_m: Float64) -> str | None:
    """What is odd about levels at places with these heights of the ground; None when they fit.

    Places without ground (NaN) do not count; the median of the differences decides.
    """
    known = np.isfinite(levels_m) & np.isfinite(ground_m)
    levels, ground = levels_m[known], ground_m[known]
    if len(levels) < _FEWEST:
        return None
    apart = levels - ground
    middle = float(np.median(apart))
    if abs(middle) <= NEAR_M:
        return None
    for factor, text in ((_FOOT, "feet, not metres"), (1 / _FOOT, "metres, not feet")):
        if abs(float(np.median(levels * factor - ground))) < min(NEAR_M, abs(middle) / 5):
            return f"Levels would fit the terrain if they were {text}: check the unit of their fields."
    where = "above" if middle > 0 else "below"
    low, high = np.quantile(apart, (0.25, 0.75)).tolist()
    if high - low < _EVEN_M:
        return (
            f"Levels lie about {abs(middle):.1f} m {where} the terrain throughout: another height reference?"
        )
    return f"Half of the levels lie {abs(middle):.0f} m or more {where} the terrain."
