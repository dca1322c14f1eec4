"""How long shapes that come and go cover the ground at least: bands of 1 h, 2 h and so on.

The outlines of all shapes cut the ground into pieces; over each piece it is known at which times it is
covered. What lies between two times is counted where the ground is covered at both of them. So a band is
as exact as the shapes, and a place that is covered at one time alone is in none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.arrays import Float64

#: Outlines that are no farther apart than this are one.
SAME_M = 1e-5
#: From one band to the next, where times are no farther apart than that.
BAND_H = 1.0


def gaps_h(times: NDArray[np.datetime64]) -> Float64:
    """The hours from each of a series of times to the next."""
    found: Float64 = np.diff(times) / np.timedelta64(3_600_000, "ms")
    return found


def band_step_h(gaps: Float64) -> float:
    """The hours from one band to the next: none is shorter than what lies between two times."""
    return max(BAND_H, float(gaps.max(initial=0.0)))


def bands(shapes: Sequence[Any], gaps: Float64) -> list[tuple[float, Any]]:
    """The areas covered for at least so many hours, the last one that any place reaches being the last.

    `shapes` are polygons, one per time, and `gaps` the hours between one time and the next. A shape that
    comes and goes once covers a place for up to two gaps longer than is counted.
    """
    if len(shapes) < 2:
        return []
    covers = np.array(shapes, object)
    outlines = shapely.union_all(shapely.boundary(covers), grid_size=SAME_M)
    pieces = shapely.get_parts(shapely.polygonize([outlines]))
    piece, cover = shapely.STRtree(covers).query(shapely.point_on_surface(pieces), predicate="within")
    covered = np.zeros((len(covers), len(pieces)), bool)
    covered[cover, piece] = True
    hours: Float64 = gaps @ (covered[:-1] & covered[1:])
    step = band_step_h(gaps)
    longest = int(np.floor(hours.max(initial=0.0) / step + 1e-9))
    return [
        (number * step, shapely.coverage_union_all(pieces[hours >= number * step - 1e-9]))
        for number in range(1, longest + 1)
    ]
