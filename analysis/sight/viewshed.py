"""What is seen of a raster of heights from its cells: for one observer, or counted for many."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.abreast import abreast
from analysis.sight.fieldofview import ON_EDGE_DEG, FieldOfView
from analysis.sight.sights import STRAIGHT, Bend
from layers.arrays import Float64
from layers.data import Progress, never_stop, part_of
from layers.errors import UsageError
from layers.runs import Int64

Float32 = NDArray[np.float32]
UInt16 = NDArray[np.uint16]

#: Observers that can be counted.
MOST_OBSERVERS = 65_534
#: Threads that count observers each have a raster of their own; all of these take no more memory.
MOST_BYTES = 1 << 31
#: From so many observers on it pays to turn the raster.
MANY = 12
#: Rays from an observer, per cell at the edge of what is looked at.
RAYS_PER_CELL = 1
#: So much higher does a target stand that may not be seen at all.
NEVER_M = np.float32(np.inf)
TEXT = "what is seen of the raster"


@dataclass(frozen=True)
class Surface:
    """Heights in the middles of cells, in metres; NaN hides nothing and is not seen."""

    heights: Float32  # (rows, columns)
    #: Metres (east, north) from a cell to the next one of its row, and to the one of the next row.
    steps_m: tuple[float, float, float, float] = (1.0, 0.0, 0.0, -1.0)


@dataclass(frozen=True)
class Eye:
    """An observer over the middle of a cell."""

    row: int
    column: int
    z: float  # of the eye, in the heights of the surface


@dataclass(frozen=True)
class Aim:
    """What is looked for."""

    target_m: float = 0.0  # what is looked at stands so high above the surface
    bend: Bend = STRAIGHT
    field: FieldOfView = field(default_factory=FieldOfView)
    rays_per_cell: int = RAYS_PER_CELL


@dataclass(frozen=True)
class Seen:
    """How much is seen, cell by cell."""

    count: UInt16  # (rows, columns) observers who see the cell, or a target on it
    #: (rows, columns) metres above the surface from which on somebody sees a target; infinite where no one
    #: looks; None where it was not asked for.
    lowest_m: Float32 | None = None
    cells: Int64 = field(default_factory=lambda: np.empty(0, np.int64))  # (n,) that each observer sees


def viewshed(
    surface: Surface,
    eyes: Sequence[Eye],
    aim: Aim | None = None,
    with_lowest: bool = False,
    progress: Progress = never_stop,
) -> Seen:
    """What observers see: rays go out from each eye, and what is between two of them is in between.

    After the reference algorithm R2 of W. R. Franklin, C. K. Ray (1994), "Higher isn't necessarily better:
    visibility algorithms and experiments", with heights that are linear between two cells, and between
    two rays the height of the horizon that is linear too.
    """
    _check(surface, eyes)
    aim = aim or Aim()
    cells = np.ascontiguousarray(surface.heights, np.float32)
    together = Surface(cells, surface.steps_m)
    progress(0.0, TEXT)  # what follows compiles, the first time on a computer
    see = _seen_by_one if len(eyes) == 1 else _seen_by_many
    sums = see(together, eyes, aim, with_lowest, progress)
    feet = _see_under_foot(together, eyes, sums.count, sums.lowest)
    lowest = sums.lowest.reshape(cells.shape) if with_lowest else None
    return Seen(sums.count.reshape(cells.shape), lowest, sums.each + feet)


@dataclass(frozen=True)
class _Sums:
    """What is seen in some octants, of flattened rasters."""

    count: UInt16
    lowest: Float32  # empty where not wanted
    each: Int64  # (n,) cells that each observer sees

    @classmethod
    def blank(cls, cells: int, with_lowest: bool, observers: int) -> _Sums:
        """Nothing is seen yet."""
        lowest = np.full(cells if with_lowest else 0, NEVER_M)
        return cls(np.zeros(cells, np.uint16), lowest, np.zeros(observers, np.int64))

    def add(self, count: UInt16, lowest: Float32) -> None:
        """Add what is seen in others."""
        np.add(self.count, count, out=self.count)
        np.minimum(self.lowest, lowest, out=self.lowest)


def _seen_by_one(
    surface: Surface, eyes: Sequence[Eye], aim: Aim, with_lowest: bool, progress: Progress
) -> _Sums:
    """The octants of an observer are worked out abreast: they share no cell."""
    found = _Sums.blank(surface.heights.size, with_lowest, 1)
    octants = [
        octant for is_down in (False, True) for octant in _octants(surface, eyes[0], aim, is_down, is_down)
    ]
    for count in abreast(lambda octant: octant.see(surface, aim, found), octants, progress, TEXT):
        found.each[0] += count
    return found


def _seen_by_many(
    surface: Surface, eyes: Sequence[Eye], aim: Aim, with_lowest: bool, progress: Progress
) -> _Sums:
    """First what lies up and down the columns from all of them, then what lies along the rows.

    Of many observers the latter is looked at in a raster whose rows are the columns: what lies side by side
    is then side by side in memory.
    """
    first, second = part_of(progress, 0.0, 0.5), part_of(progress, 0.5, 1.0)
    found = _summed(surface, eyes, aim, with_lowest, (True, True), first)
    if len(eyes) < MANY:
        more = _summed(surface, eyes, aim, with_lowest, (False, False), second)
        found.add(more.count, more.lowest)
    else:
        across, down = surface.steps_m[:2], surface.steps_m[2:]
        turned = Surface(np.ascontiguousarray(surface.heights.T), (*down, *across))
        swapped = [Eye(eye.column, eye.row, eye.z) for eye in eyes]
        more = _summed(turned, swapped, aim, with_lowest, (True, False), second)
        shape = turned.heights.shape
        lowest = more.lowest.reshape(shape).T.ravel() if with_lowest else more.lowest
        found.add(more.count.reshape(shape).T.ravel(), lowest)
    np.add(found.each, more.each, out=found.each)
    return found


def _summed(
    surface: Surface,
    eyes: Sequence[Eye],
    aim: Aim,
    with_lowest: bool,
    which: tuple[bool, bool],
    progress: Progress,
) -> _Sums:
    """What observers see in four octants each, by several of them at once; `which` as `_octants` has it."""
    size = surface.heights.size
    kept: list[_Sums] = []
    room = threading.Semaphore(max(1, MOST_BYTES // (size * (6 if with_lowest else 2))))

    def see(eye: Eye) -> int:
        with room:
            mine = kept.pop() if kept else _Sums.blank(size, with_lowest, len(eyes))
            count = sum(octant.see(surface, aim, mine) for octant in _octants(surface, eye, aim, *which))
            kept.append(mine)
        return count

    counts = list(abreast(see, eyes, progress, TEXT))
    found = kept[0]
    for other in kept[1:]:
        found.add(other.count, other.lowest)
    found.each[:] = counts
    return found


def viewshed_as_gdal(
    surface: Surface,
    eyes: Sequence[Eye],
    aim: Aim | None = None,
    with_lowest: bool = False,
    progress: Progress = never_stop,
) -> Seen:
    """What observers see according to GDAL's `gdal_viewshed`, of which this is the method.

    Its curvature coefficient is 1 less the refraction, and it takes the semi-major axis of the CRS's
    ellipsoid for the Earth's radius. Of a field of view it knows the distance alone.
    """
    from analysis.sight.horizonlines import see_as_gdal

    _check(surface, eyes)
    aim = aim or Aim()
    if not aim.field.is_everywhere:
        raise UsageError(
            "The method of GDAL looks all around, up and down",
            found=aim.field.title,
            do="Look all around, or choose lines of sight",
        )
    cells = np.ascontiguousarray(surface.heights, np.float32)

    def see(eye: Eye) -> tuple[UInt16, Float32]:
        seen, lowest = np.zeros(cells.size, np.uint16), np.full(cells.size * with_lowest, NEVER_M)
        see_as_gdal(
            cells, seen, lowest, eye.row, eye.column, float(eye.z), float(aim.target_m), surface.steps_m,
            aim.bend.per_m2, aim.field.radius_m**2,
        )  # fmt: skip
        return seen, lowest

    count, least, each = np.zeros(cells.size, np.uint16), np.full(cells.size * with_lowest, NEVER_M), []
    for seen, lowest in abreast(see, eyes, progress, TEXT):
        count += seen
        np.fmin(least, lowest, out=least)
        each.append(int(seen.sum()))
    shape = cells.shape
    return Seen(count.reshape(shape), least.reshape(shape) if with_lowest else None, np.array(each))


def excess_m(surface: Surface, eye: Eye, rows: Int64, columns: Int64, bend: Bend = STRAIGHT) -> Float64:
    """By how much the surface rises above the line of sight to each of some cells (n,), at that cell.

    Every cell's own line is followed over all lines of the raster that it crosses: exact, and slow. A target
    on the cell is seen when it stands at least as high above it; a negative excess is room to spare.
    """
    from analysis.sight.horizonlines import excess_of

    cells = np.ascontiguousarray(surface.heights, np.float32)
    found = np.empty(len(rows))
    where = eye.row, eye.column, float(eye.z)
    excess_of(cells, *where, rows, columns, surface.steps_m, bend.per_m2, found)
    return found


# --- octants --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Octant:
    """An eighth of what an observer looks over."""

    eye: Eye
    start: int  # the observer's cell in the flattened raster
    steps: tuple[int, int]  # to the next cell outwards, and sideways
    size: tuple[int, int]  # rings, and cells to the side
    first: int  # 1 where the octant beside it has the axis
    last: int  # 1 where it has the diagonal
    along: tuple[float, float, float, float]  # metres (east, north) of the steps

    def see(self, surface: Surface, aim: Aim, sums: _Sums) -> int:
        """Add what is seen in it; gives how many cells that are."""
        from analysis.sight.horizonlines import see_octant

        return see_octant(
            surface.heights.reshape(-1), sums.count, sums.lowest, self.start, self.steps, self.size,
            self.first, self.last, float(self.eye.z), float(aim.target_m), self.along, aim.bend.per_m2,
            _window(aim.field), max(self.size[0] * aim.rays_per_cell, 1),
        )  # fmt: skip


def _octants(
    surface: Surface, eye: Eye, aim: Aim, is_down: bool, without_diagonal: bool
) -> Iterator[_Octant]:
    """Four octants about an observer, up and down or left and right, as far as the raster and view reach.

    Of two octants that share a diagonal or an axis, one has it.
    """
    height, width = surface.heights.shape
    start = eye.row * width + eye.column
    across, down = np.array(surface.steps_m).reshape(2, 2)
    room = {1: width - 1 - eye.column, -1: eye.column}, {1: height - 1 - eye.row, -1: eye.row}
    between = abs(float(across[0] * down[1] - across[1] * down[0]))
    out, side = (down, across) if is_down else (across, down)
    outwards, sideways = (width, 1) if is_down else (1, width)
    most = aim.field.radius_m / (between / math.hypot(*side))
    for way in (1, -1):
        for turn in (1, -1):
            rings, sides = room[is_down][way], room[not is_down][turn]
            rings = min(rings, math.floor(most) if math.isfinite(most) else rings)
            yield _Octant(
                eye,
                start,
                (way * outwards, turn * sideways),
                (rings, min(sides, rings)),
                int(turn < 0),
                int(without_diagonal),
                (*(way * out).tolist(), *(turn * side).tolist()),
            )


def _window(view: FieldOfView) -> tuple[float, ...]:
    """A field of view as `horizonlines._close` takes it."""
    from analysis.sight.horizonlines import BEYOND, NOTHING

    low, high = view.low_deg - ON_EDGE_DEG, view.high_deg + ON_EDGE_DEG
    half = math.radians(view.width_deg / 2 + ON_EDGE_DEG)
    left, right = math.radians(view.azimuth_deg) - half, math.radians(view.azimuth_deg) + half
    return (
        float(not view.is_all),
        view.radius_m**2,
        float(not view.is_around),
        math.sin(left),
        math.cos(left),
        math.sin(right),
        math.cos(right),
        float(view.width_deg > 180),
        math.tan(math.radians(low)) if low > -90 else NOTHING,
        math.tan(math.radians(high)) if high < 90 else BEYOND,
    )


def _see_under_foot(surface: Surface, eyes: Sequence[Eye], seen: UInt16, lowest: Float32) -> Int64:
    """Observers see the cell on which they stand, if it is no hole; gives how many each sees (n,)."""
    width = surface.heights.shape[1]
    found = np.zeros(len(eyes), np.int64)
    for number, eye in enumerate(eyes):
        if np.isfinite(surface.heights[eye.row, eye.column]):
            found[number] = 1
            seen[eye.row * width + eye.column] += 1
            if len(lowest):
                lowest[eye.row * width + eye.column] = 0.0
    return found


def _check(surface: Surface, eyes: Sequence[Eye]) -> None:
    rows, columns = surface.heights.shape
    for eye in eyes:
        if not (0 <= eye.row < rows and 0 <= eye.column < columns):
            raise UsageError(
                "An observer stands beside the raster",
                where=f"row {eye.row}, column {eye.column}",
                allowed=f"rows 0 to {rows - 1}, columns 0 to {columns - 1}",
            )
    if not 0 < len(eyes) <= MOST_OBSERVERS:
        raise UsageError(
            "So many observers cannot be counted", found=str(len(eyes)), allowed=f"1 to {MOST_OBSERVERS}"
        )
