"""Which points somebody sees, and what share of each surface: from one place after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.receivers import Receivers
from analysis.sight.fieldofview import FieldOfView
from analysis.sight.sights import Sights
from layers.arrays import Float64, Int32
from layers.columns import Mask
from layers.data import Progress, never_stop, part_of
from layers.runs import Int64

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Watch:
    """Who looks in one state of the city, and which way."""

    sights: Sights
    eyes: Float64  # (k, 3) world
    view: FieldOfView
    target_height_m: float = 0.0  # above the points that are looked at
    one_sided: bool = True  # points are seen from before only, as those of surfaces

    def faced(self, eye: Float64, receivers: Receivers) -> Int64:
        """The points that lie in the field of view of an eye and, one-sided, look towards it."""
        ends = self.ends(receivers)
        found = self.view.holds(eye, ends, self.sights.bend)
        if self.one_sided:
            way = eye - ends
            # As it is seen: over a round Earth a line of sight comes in from farther below.
            way[:, 2] -= self.sights.bend.drop_m(np.hypot(way[:, 0], way[:, 1]))
            # Term by term: a product of matrices rounds otherwise on other machines.
            nx, ny, nz = receivers.normals.T
            found &= nx * way[:, 0] + ny * way[:, 1] + nz * way[:, 2] > 0
        return np.flatnonzero(found)

    def ends(self, receivers: Receivers) -> Float64:
        """(n, 3) where lines of sight to points end."""
        found: Float64 = receivers.points + np.array((0.0, 0.0, self.target_height_m))
        return found

    def seen(self, receivers: Receivers, progress: Progress = never_stop) -> Iterator[Mask]:
        """(n,) which points are seen, from one eye after the other."""
        ends = self.ends(receivers)
        for number, eye in enumerate(self.eyes):
            step = part_of(progress, number / len(self.eyes), (number + 1) / len(self.eyes), "lines of sight")
            step(0.0, "")
            some = self.faced(eye, receivers)
            found = np.zeros(len(receivers), bool)
            found[some] = self.sights.free(eye, ends[some], progress=step)
            yield found


@dataclass(frozen=True)
class Seen:
    """What was seen of points and of their rows (surfaces, areas)."""

    count: Int32  # (n,) from so many places each point is seen
    any_share: Float64  # (r,) of each row, seen from one of the places at least
    share: Float32  # (k, r) of each row, seen from each place

    @property
    def mean_share(self) -> Float64:
        """(r,) of the places and the row together."""
        return np.asarray(self.share.mean(axis=0, dtype=np.float64))

    @property
    def places(self) -> Int64:
        """(r,) from how many places something of the row is seen."""
        return np.asarray((self.share > 0).sum(axis=0), np.int64)


def seen_of(watch: Watch, receivers: Receivers, progress: Progress = never_stop) -> Seen:
    """What is seen of points and their rows."""
    count = np.zeros(len(receivers), np.int32)
    share = np.zeros((len(watch.eyes), len(receivers.fid)), np.float32)
    for number, mask in enumerate(watch.seen(receivers, progress)):
        count += mask
        share[number] = receivers.per_row(mask)
    return Seen(count, receivers.per_row(count > 0), share)
