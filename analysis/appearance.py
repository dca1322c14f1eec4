"""How much of an object is seen from many places, how large it looks, and how much of its height shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.obstacles import Casters
from analysis.patches import FAR, Patches, far_solid_angles, solid_angles
from analysis.receivers import LIFT_M
from analysis.sights import Sights
from layers.arrays import Float64
from layers.columns import Mask
from layers.data import Progress, never_stop
from layers.runs import Int64, totals

#: Pairs of places and pieces that are looked at together.
PAIRS_AT_ONCE = 1 << 19


@dataclass(frozen=True)
class Appearance:
    """What is seen of an object from places."""

    seen_sr: Float64  # (n,) solid angle of what is seen of it
    alone_sr: Float64  # (n,) of what would be seen if nothing else stood
    height_m: Float64  # (n,) of the slices of its height of which something is seen
    seen_from_m2: Float64  # (p,) of the area that the places stand for, from how much each piece is seen

    @property
    def share(self) -> Float64:
        """(n,) of what would be seen of it if nothing else stood, 0 … 1; 0 where that is nothing."""
        nothing = np.zeros(len(self.seen_sr))
        return np.divide(self.seen_sr, self.alone_sr, out=nothing, where=self.alone_sr > 0)


def appearance(
    sights: Sights,
    target: Casters,
    patches: Patches,
    eyes: Float64,
    area_m2: Float64,
    progress: Progress = never_stop,
) -> Appearance:
    """What is seen of the pieces of a target from eyes (n, 3), each of which stands for an area (n,).

    A piece is seen as a whole when the line of sight to its middle is free: past all that stands, and for
    `alone_sr` past the target itself only.
    """
    alone = Sights(target, sights.plants, sights.bend)
    seen_sr, alone_sr, height_m = np.zeros((3, len(eyes)))
    seen_from = np.zeros(len(patches))
    if not len(patches):
        return Appearance(seen_sr, alone_sr, height_m, seen_from)
    step = max(PAIRS_AT_ONCE // len(patches), 1)
    for first in range(0, len(eyes), step):
        progress(first / len(eyes), "how much is seen of it")
        part = slice(first, first + step)
        pairs = _pairs(patches, eyes[part])
        free = np.ones(len(pairs.eye), bool) if patches.is_convex else alone.free(*pairs.ends(eyes[part]))
        seen = np.zeros(len(pairs.eye), bool)
        seen[free] = sights.free(*pairs.some(free).ends(eyes[part]))
        count = len(eyes[part])
        alone_sr[part] = totals(pairs.eye[free], pairs.solid_angle_sr[free], count)
        seen_sr[part] = totals(pairs.eye[seen], pairs.solid_angle_sr[seen], count)
        shows = np.zeros((count, patches.levels), bool)
        shows[pairs.eye[seen], patches.level[pairs.patch[seen]]] = True
        height_m[part] = shows.sum(axis=1) * patches.level_m
        seen_from += totals(pairs.patch[seen], area_m2[part][pairs.eye[seen]], len(patches))
    return Appearance(seen_sr, alone_sr, height_m, seen_from)


@dataclass(frozen=True)
class _Pairs:
    """Places and the pieces that look their way, piece by piece."""

    patches: Patches
    eye: Int64  # (k,)
    patch: Int64  # (k,)
    side: Float64  # (k,) 1 where the eye is before a piece, -1 behind it
    solid_angle_sr: Float64  # (k,)

    def some(self, kept: Mask) -> _Pairs:
        return _Pairs(
            self.patches, self.eye[kept], self.patch[kept], self.side[kept], self.solid_angle_sr[kept]
        )

    def ends(self, eyes: Float64) -> tuple[Float64, Float64]:
        """The lines of sight: (k, 3) from where, (k, 3) to where, a little before the piece."""
        lift = (LIFT_M * self.side)[:, None] * self.patches.outward[self.patch]
        return eyes[self.eye], self.patches.middles[self.patch] + lift


def _pairs(patches: Patches, eyes: Float64) -> _Pairs:
    """The places and the pieces that face each other, and how large those look."""
    middles, outward = patches.middles, patches.outward
    # Axis by axis, so that sums are rounded alike on every machine.
    before = np.zeros((len(eyes), len(patches)))
    for axis in range(3):
        before += np.subtract.outer(eyes[:, axis], middles[:, axis]) * outward[:, axis]
    patch, eye = np.nonzero(((before > 0) | ~patches.is_closed).T)
    before = before[eye, patch]
    ways = middles[patch] - eyes[eye]
    area, width = patches.area_m2, patches.width_m
    solid = far_solid_angles(ways, outward[patch], area[patch])
    near = np.flatnonzero((ways * ways).sum(axis=1) < np.square(FAR * width[patch]))
    exact = solid_angles(eyes[eye[near]], patches.corners[patch[near]])
    solid[near] = exact * patches.weight[patch[near]]
    return _Pairs(patches, eye, patch, np.where(before > 0, 1.0, -1.0), solid)
