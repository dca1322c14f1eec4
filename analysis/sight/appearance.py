"""How much of an object is seen from many places, how large it looks, and how much of its height shows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.abreast import abreast
from analysis.obstacles import Casters
from analysis.products import dots
from analysis.sight.patches import FAR, Patches, far_solid_angles, solid_angles
from analysis.sight.sights import Sights
from layers.arrays import Float64
from layers.columns import Mask
from layers.data import Progress, never_stop
from layers.runs import Int64, totals

#: Pairs of places and pieces that are looked at together: they stay in the processor's cache.
PAIRS_AT_ONCE = 1 << 16


@dataclass(frozen=True)
class Appearance:
    """What is seen of an object from places."""

    seen_sr: Float64  # (n,) solid angle of what is seen of it
    alone_sr: Float64  # (n,) of what would be seen if nothing else stood
    height_m: Float64  # (n,) of its height, each slice as far as it is seen
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

    A piece is seen as a whole when the line of sight to its spot is free: past all that stands, and for
    `alone_sr` past the target itself only.
    """
    if not len(patches):
        nothing = np.zeros(len(eyes))
        return Appearance(nothing, nothing, nothing, np.zeros(0))
    step = max(PAIRS_AT_ONCE // len(patches), 1)
    parts = [slice(first, first + step) for first in range(0, len(eyes), step)]
    seeing = _Seeing(
        replace(sights, cast=sights.cast.on_one_thread()),
        Sights(target.on_one_thread(), sights.plants, sights.bend),
        patches,
    )
    found = list(
        abreast(lambda part: seeing.on(eyes[part], area_m2[part]), parts, progress, "how much is seen of it")
    )
    seen_from = np.zeros(len(patches))
    for part in found:
        seen_from += part.seen_from_m2
    seen_sr, alone_sr, height_m = (
        np.concatenate([getattr(part, name) for part in found])
        for name in ("seen_sr", "alone_sr", "height_m")
    )
    return Appearance(seen_sr, alone_sr, height_m, seen_from)


@dataclass(frozen=True)
class _Seeing:
    """Lines of sight to the pieces of a target: past all that stands, and past itself alone."""

    sights: Sights
    alone: Sights
    patches: Patches

    def on(self, eyes: Float64, area_m2: Float64) -> Appearance:
        """What is seen from some eyes (n, 3)."""
        patches, count = self.patches, len(eyes)
        pairs = _pairs(patches, eyes)
        seen = self.sights.free(*pairs.ends(eyes))
        free = np.ones(len(seen), bool)
        if not patches.is_convex:
            # What is seen past all is seen past the target.
            free[~seen] = self.alone.free(*pairs.some(~seen).ends(eyes))
        seen_sr, alone_sr = (
            totals(pairs.eye[some], pairs.solid_angle_sr[some], count) for some in (seen, free)
        )
        return Appearance(
            seen_sr,
            alone_sr,
            patches.level_m * pairs.slices_seen(free, seen, count),
            totals(pairs.patch[seen], area_m2[pairs.eye[seen]], len(patches)),
        )


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

    def slices_seen(self, free: Mask, seen: Mask, eyes: int) -> Float64:
        """(n,) how many slices are seen, each as the share of it that would be if nothing else stood."""
        cell = self.eye * self.patches.levels + self.patches.level[self.patch]
        count = eyes * self.patches.levels
        alone, mine = (totals(cell[some], self.solid_angle_sr[some], count) for some in (free, seen))
        share = np.divide(mine, alone, out=np.zeros(count), where=alone > 0)
        found: Float64 = share.reshape(eyes, -1).sum(axis=1)
        return found

    def ends(self, eyes: Float64) -> tuple[Float64, Float64]:
        """The lines of sight: (k, 3) from where, (k, 3) to where, a little before the piece."""
        sides = self.patches.sides
        number = np.where(self.side > 0, self.patch, self.patch + len(self.patches))
        return eyes.take(self.eye, axis=0), sides.take(number, axis=0)


def _pairs(patches: Patches, eyes: Float64) -> _Pairs:
    """The places and the pieces that face each other, and how large those look."""
    middles, outward = patches.middles, patches.outward
    # Axis by axis, so that sums are rounded alike on every machine.
    before = np.zeros((len(eyes), len(patches)))
    for axis in range(3):
        before += np.subtract.outer(eyes[:, axis], middles[:, axis]) * outward[:, axis]
    patch, eye = np.nonzero(((before > 0) | ~patches.is_closed).T)
    before = before[eye, patch]
    ways = middles.take(patch, axis=0)
    ways -= eyes.take(eye, axis=0)
    solid = far_solid_angles(ways, outward.take(patch, axis=0), patches.area_m2[patch])
    near = np.flatnonzero(dots(ways, ways) < np.square(FAR * patches.width_m)[patch])
    exact = solid_angles(eyes[eye[near]], patches.corners[patch[near]])
    solid[near] = exact * patches.weight[patch[near]]
    return _Pairs(patches, eye, patch, np.where(before > 0, 1.0, -1.0), solid)
