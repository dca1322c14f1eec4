"""Footprints that overlap, and how alike the objects are that they belong to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.arrays import Float64
from layers.columns import Mask
from layers.data import Progress
from layers.runs import Int64

Footprints = NDArray[np.object_]

#: What each of the likenesses of footprints, heights and middles is worth.
WEIGHTS = (0.6, 0.25, 0.15)
#: Footprints that are looked for in one go.
AT_ONCE = 20_000


@dataclass(frozen=True)
class Things:
    """Objects of one state, in the project's CRS."""

    footprint: Footprints  # (n,) flat; None where there is none
    low_z: Float64  # (n,) NaN where they have no height
    high_z: Float64  # (n,)
    pool: Int64  # (n,) only those of one pool may be the same, unless it is said that they are

    def __len__(self) -> int:
        return len(self.footprint)

    def some(self, rows: Int64) -> Things:
        """Some of them."""
        return Things(self.footprint[rows], self.low_z[rows], self.high_z[rows], self.pool[rows])


@dataclass(frozen=True)
class Edges:
    """Footprints that overlap."""

    before: Int64
    after: Int64
    shared: Float64  # m²
    area_before: Float64  # of each, m²
    area_after: Float64

    @property
    def iou(self) -> Float64:
        """What both cover as a share of what either does."""
        return self.shared / (self.area_before + self.area_after - self.shared)

    def some(self, chosen: Mask) -> Edges:
        """Some of them."""
        return Edges(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    def turned(self) -> Edges:
        """The later ones as the earlier ones."""
        return Edges(self.after, self.before, self.shared, self.area_after, self.area_before)


def areas(footprints: Footprints) -> Float64:
    """(n,) m² of footprints, 0 where there is none."""
    found: Float64 = np.nan_to_num(shapely.area(footprints))
    return found


def likeness(before: Things, after: Things, one: Int64, other: Int64, iou: Float64) -> Float64:
    """(k,) how alike pairs of objects are whose footprints overlap, from 0 to 1."""
    heights = [things.high_z[rows] - things.low_z[rows] for things, rows in ((before, one), (after, other))]
    low, high = np.minimum(*heights), np.maximum(*heights)
    with np.errstate(invalid="ignore", divide="ignore"):
        height = np.where(high > 0, low / high, 1.0)
    height = np.nan_to_num(np.clip(height, 0, 1), nan=1.0)
    mine, yours = before.footprint[one], after.footprint[other]
    apart = np.nan_to_num(shapely.distance(shapely.centroid(mine), shapely.centroid(yours)))
    size = np.sqrt(np.maximum(areas(mine), areas(yours)))
    middle = np.exp(-apart / np.maximum(size, 1e-9))
    found: Float64 = WEIGHTS[0] * iou + WEIGHTS[1] * height + WEIGHTS[2] * middle
    return found


def overlaps(before: Things, after: Things, one: Int64, other: Int64, progress: Progress) -> Edges:
    """All pairs of these rows of one pool whose footprints overlap."""
    tree = shapely.STRtree(after.footprint[other])
    found = [Edges(*(np.zeros(0, kind) for kind in (np.int64, np.int64, float, float, float)))]
    for start in range(0, len(one), AT_ONCE):
        progress(start / len(one), "footprints that overlap")
        rows = one[start : start + AT_ONCE]
        asking, met = tree.query(before.footprint[rows], predicate="intersects")
        mine, yours = rows[asking], other[met]
        of_pool = before.pool[mine] == after.pool[yours]
        mine, yours = mine[of_pool], yours[of_pool]
        first, second = before.footprint[mine], after.footprint[yours]
        shared = areas(shapely.intersection(first, second))
        there = shared > 0
        edges = Edges(mine, yours, shared, areas(first), areas(second))
        found.append(edges.some(there))
    return Edges(
        *(np.concatenate([getattr(part, name) for part in found]) for name in Edges.__dataclass_fields__)
    )
