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
        area = receivers.area_m2 if receivers.area_m2.any() else np.ones(len(receivers))
        self.weight: Float64 = area / area.sum()  # share of the whole that each point stands for
        fids, of_triangle = np.unique(cast.fid, return_inverse=True)
        found = wholes(fids)[of_triangle]
        self.keys: Int64 = np.where(found >= 0, found, -1 - cast.layer.astype(np.int64))

    def over(self, sun: SunWay, progress: Progress) -> Taken:
        """Who blocks on some days."""
        towards = sun.towards(self.receivers.points)
        lit_h = np.zeros(len(self.receivers))
        steps: list[Step] = []
        for number, course in enumerate(sun.courses):
            hours = float(course.hours[1])
            for at, key, alone in self._along(course, towards[course.first :]):
                done = number + at / len(course.times)
                progress(done / len(sun.courses), f"who takes the sun, {course.counted.day}")
                found, which = np.unique(key, return_inverse=True)
                share, sole = (_sums(which, part) for part in (self.weight, self.weight * alone))
                middle = course.times[at] + (course.times[at + 1] - course.times[at]) // 2
                steps.append(Step(course, middle, hours, found, share, sole))
                lit_h += course.counted.weight * hours * (key == LIT)
        return Taken(tuple(steps), lit_h)

    def _along(self, course: Course, towards: Float64) -> Iterator[tuple[int, Int64, Mask]]:
        """For each step of a course what blocks each receiver (n,), and whether it does so alone."""
        count = len(self.receivers)
        for numbers in _groups(len(course.times) - 1, count):
            at = np.repeat(numbers, count)
            directions = (towards[at] + towards[at + 1]) / 2
            keys, alone = self.between(np.tile(np.arange(count), len(numbers)), directions, course.in_leaf)
            yield from zip(numbers.tolist(), keys.reshape(-1, count), alone.reshape(-1, count), strict=True)

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


def _sums(which: Int64, values: Float64) -> Float64:
    return np.asarray(np.bincount(which, values), np.float64)


def _groups(steps: int, points: int) -> Iterator[Int64]:
    """Numbers of steps, as many at once as make a good number of rays."""
    size = max(1, RAYS_AT_ONCE // max(points, 1))
    return (np.arange(first, min(first + size, steps)) for first in range(0, steps, size))
