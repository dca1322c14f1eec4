"""How long shapes that come and go cover the ground: bands of at least 1 h, 2 h and so on.

The outlines of all shapes cut the ground into pieces; over each piece it is counted at which times it is
covered. So the bands are as exact as the shapes, and off by the time step only.
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


def weights_h(times: NDArray[np.datetime64]) -> Float64:
    """How many hours each of a series of times stands for: half the way to its neighbours."""
    gaps = np.diff(times) / np.timedelta64(3_600_000, "ms")
    found: Float64 = (np.append(0.0, gaps) + np.append(gaps, 0.0)) / 2
    return found


def bands(shapes: Sequence[Any], hours: Float64) -> list[tuple[int, Any]]:
    """The areas covered for at least 1, 2, … hours, the last one that any place reaches being the last.

    `shapes` are polygons, one per time, which stands for so many `hours`.
    """
    if not len(shapes):
        return []
    covers = np.array(shapes, object)
    outlines = shapely.union_all(shapely.boundary(covers), grid_size=SAME_M)
    pieces = shapely.get_parts(shapely.polygonize([outlines]))
    piece, cover = shapely.STRtree(covers).query(shapely.point_on_surface(pieces), predicate="within")
    covered_h = np.bincount(piece, hours[cover], len(pieces))
    longest = int(np.floor(covered_h.max(initial=0.0) + 1e-9))
    return [
        (least, shapely.coverage_union_all(pieces[covered_h >= least - 1e-9]))
        for least in range(1, longest + 1)
    ]
