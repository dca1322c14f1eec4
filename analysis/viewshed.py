"""What is seen of a raster of heights from its cells: for one observer, or counted for many."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.abreast import abreast
from analysis.fieldofview import ON_EDGE_DEG, FieldOfView
from analysis.sights import STRAIGHT, Bend
from layers.arrays import Float64
from layers.data import Progress, never_stop
from layers.errors import UsageError
from layers.runs import Int64

Float32 = NDArray[np.float32]
UInt16 = NDArray[np.uint16]

#: Observers that can be counted.
MOST_OBSERVERS = 65_534
#: Threads that count observers each have a raster of their own; all of these take no more memory.
MOST_BYTES = 1 << 31
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
    alone = len(eyes) == 1  # then the octants are worked out abreast: they share no cell
    octants = [list(_octants(cells, eye, surface.steps_m, aim)) for eye in eyes]
    parts = [[octant] for octant in octants[0]] if alone else octants
    kept: list[tuple[UInt16, Float32]] = []

    def blank() -> tuple[UInt16, Float32]:
        lowest = np.full(cells.size if with_lowest else 0, NEVER_M)
        return np.zeros(cells.size, np.uint16), lowest

    room = threading.Semaphore(max(1, MOST_BYTES // (cells.size * (6 if with_lowest else 2))))

    def see(part: Sequence[_Octant]) -> int:
        if alone:
            return sum(octant.see(together, aim, *kept[0]) for octant in part)
        with room:
            rasters = kept.pop() if kept else blank()
            count = sum(octant.see(together, aim, *rasters) for octant in part)
            kept.append(rasters)
        return count

    if alone:
        kept.append(blank())
    counts = list(abreast(see, parts, progress, TEXT))
    seen, lowest = kept[0]
    for more, less in kept[1:]:
        seen += more
        np.minimum(lowest, less, out=lowest)
    feet = _see_under_foot(together, eyes, seen, lowest)
    found = feet + (sum(counts) if alone else np.array(counts))
    return Seen(seen.reshape(cells.shape), lowest.reshape(cells.shape) if with_lowest else None, found)


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
    from analysis.horizonlines import see_as_gdal

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
    from analysis.horizonlines import excess_of

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

    def see(self, surface: Surface, aim: Aim, seen: UInt16, lowest: Float32) -> int:
        """Add what is seen in it; gives how many cells that are."""
        from analysis.horizonlines import see_octant

        return see_octant(
            surface.heights.reshape(-1), seen, lowest, self.start, self.steps, self.size, self.first,
            self.last, float(self.eye.z), float(aim.target_m), self.along, aim.bend.per_m2,
            _window(aim.field), max(self.size[0] * aim.rays_per_cell, 1),
        )  # fmt: skip


def _octants(
    heights: Float32, eye: Eye, steps_m: tuple[float, float, float, float], aim: Aim
) -> Iterator[_Octant]:
    """The eight octants about an observer, as far as the raster and the view reach."""
    height, width = heights.shape
    start = eye.row * width + eye.column
    across, down = np.array(steps_m).reshape(2, 2)
    room = {1: width - 1 - eye.column, -1: eye.column}, {1: height - 1 - eye.row, -1: eye.row}
    between = abs(float(across[0] * down[1] - across[1] * down[0]))
    for is_down in (False, True):
        out, side = (down, across) if is_down else (across, down)
        most = aim.field.radius_m / (between / math.hypot(*side))
        for way in (1, -1):
            for turn in (1, -1):
                rings, sides = room[is_down][way], room[not is_down][turn]
                rings = min(rings, math.floor(most) if math.isfinite(most) else rings)
                outwards, sideways = (width, 1) if is_down else (1, width)
                yield _Octant(
                    eye,
                    start,
                    (way * outwards, turn * sideways),
                    (rings, min(sides, rings)),
                    int(turn < 0),
                    int(is_down),
                    (*(way * out).tolist(), *(turn * side).tolist()),
                )


def _window(view: FieldOfView) -> tuple[float, ...]:
    """A field of view as `horizonlines._close` takes it."""
    from analysis.horizonlines import BEYOND, NOTHING

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
