"""What stands between points and the sun: the first object on each ray, and whether another is behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from analysis.casters import Casters
from analysis.receivers import Receivers
from analysis.sunhours import Course, SunWay
from layers.arrays import Float64
from layers.columns import Mask
from layers.data import Progress
from layers.runs import Int64

#: In place of the key of what blocks: sunlit, and turned away from the sun. Keys of objects are their
#: fids, those of terrain and scans -1 less the id of their layer.
LIT, AWAY = -(1 << 62), -(1 << 62) + 1
#: Things that one ray is followed through.
MOST_MET = 64
#: So far behind what it met a ray goes on.
BEHIND_M = 1e-2
RAYS_AT_ONCE = 200_000


@dataclass(frozen=True)
class Step:
    """One step in time: who blocks which share of the receivers."""

    course: Course
    time: np.datetime64  # its middle, UTC
    hours: float  # that it stands for
    key: Int64  # (k,) of what blocks, LIT or AWAY
    share: Float64  # (k,) of the receivers' area
    alone: Float64  # (k,) of which nothing else would block


@dataclass(frozen=True)
class Taken:
    """Who blocks over some days."""

    steps: tuple[Step, ...]
    lit_h: Float64  # (n,) sunlight of the points


class Blockers:
    """Follows rays from receivers to the sun through what stands in the way.

    The sun is that of their middle: 1 km away it stands a hundredth of a degree elsewhere.
    """

    def __init__(
        self,
        receivers: Receivers,
        cast: Casters,
        wholes: Callable[[Int64], Int64],
        shade_share: float,
    ) -> None:
        """`wholes` gives the object that each one is a part of."""
        self.receivers, self.cast, self.shade_share = receivers, cast, shade_share
        fids, of_triangle = np.unique(cast.fid, return_inverse=True)
        found = wholes(fids)[of_triangle]
        self.keys: Int64 = np.where(found >= 0, found, -1 - cast.layer.astype(np.int64))

    def over(self, sun: SunWay, progress: Progress) -> Taken:
        """Who blocks on some days."""
        area = self.receivers.area_m2
        weight = area / area.sum() if area.sum() > 0 else np.full(len(area), 1 / len(area))
        towards = sun.towards(self.receivers.points)
        lit_h = np.zeros(len(area))
        steps: list[Step] = []
        for number, course in enumerate(sun.courses):
            progress(number / len(sun.courses), f"who takes the sun, {course.counted.day}")
            hours = float(np.diff(course.hours)[0])
            for numbers in _groups(len(course.times) - 1, len(area)):
                everyone = np.tile(np.arange(len(area)), len(numbers))
                at_start = course.first + np.repeat(numbers, len(area))
                directions = (towards[at_start] + towards[at_start + 1]) / 2
                keys, alone = self.between(everyone, directions, course.in_leaf)
                for at, key, own in zip(
                    numbers.tolist(), keys.reshape(-1, len(area)), alone.reshape(-1, len(area)), strict=True
                ):
                    found, which = np.unique(key, return_inverse=True)
                    middle = course.times[at] + (course.times[at + 1] - course.times[at]) // 2
                    share, sole = (
                        np.asarray(np.bincount(which, shares), np.float64)
                        for shares in (weight, weight * own)
                    )
                    steps.append(Step(course, middle, hours, found, share, sole))
                    lit_h += course.counted.weight * hours * (key == LIT)
        return Taken(tuple(steps), lit_h)

    def between(self, some: Int64, directions: Float64, leafy: bool) -> tuple[Int64, Mask]:
        """What blocks the sun from some points (k,) in directions (k, 3), and whether it does so alone."""
        keys, alone = np.full(len(some), AWAY), np.zeros(len(some), bool)
        faces = np.flatnonzero((self.receivers.normals[some] * directions).sum(axis=1) > 0)
        points, ways = self.receivers.points[some[faces]], directions[faces]
        found, is_alone = self._behind_each_other(points, ways)
        if self.cast.opaque < len(self.cast.triangles):
            through, plant, without_it = self._plants(points, ways, leafy)
            is_shaded = through < self.shade_share
            is_free = found == LIT
            found = np.where(is_free & is_shaded, plant, found)
            is_alone = np.where(is_free, is_shaded & (without_it >= self.shade_share), is_alone & ~is_shaded)
        keys[faces], alone[faces] = found, is_alone
        return keys, alone

    def _behind_each_other(self, points: Float64, ways: Float64) -> tuple[Int64, Mask]:
        """The first opaque object on each ray, LIT without, and whether there is no other one behind it."""
        rays = self.cast.rays
        first = np.full(len(points), LIT)
        alone = np.zeros(len(points), bool)
        active, origins = np.arange(len(points)), points
        for number in range(MOST_MET):
            triangle, distance = rays.first(origins, ways[active])
            met = triangle >= 0
            alone[active[~met]] = first[active[~met]] != LIT
            active, key = active[met], self.keys[triangle[met]]
            if number == 0:
                first[active] = key
            same = key == first[active]
            active = active[same]
            if not len(active):
                break
            beyond = (distance[met][same] + BEHIND_M).astype(np.float64)
            origins = origins[met][same] + ways[active] * beyond[:, None]
        return first, alone

    def _plants(self, points: Float64, ways: Float64, leafy: bool) -> tuple[Float64, Int64, Float64]:
        """Share of light through vegetation, the first plant on each ray, and the share without that one."""
        share = self.cast.through(points, ways, leafy).astype(np.float64)
        triangle, _ = self.cast.veils.first(points, ways)
        met = np.flatnonzero(triangle >= 0)
        number = self.cast.opaque + triangle[met]
        plant, without_it = np.full(len(points), LIT), share.copy()
        plant[met] = self.keys[number]
        without_it[met] /= self.cast.transmissivity[number, 0 if leafy else 1]
        return share, plant, without_it


def _groups(steps: int, points: int) -> Iterator[Int64]:
    """Numbers of steps, as many at once as make a good number of rays."""
    size = max(1, RAYS_AT_ONCE // max(points, 1))
    return (np.arange(first, min(first + size, steps)) for first in range(0, steps, size))
