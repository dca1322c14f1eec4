"""M3C2: how far a cloud of points is from another, along the normals of the first.

D. Lague, N. Brodu, J. Leroux, Accurate 3D comparison of complex topography with terrestrial laser scanner,
ISPRS Journal of Photogrammetry and Remote Sensing 82, 2013, 10–26, doi:10.1016/j.isprsjprs.2013.04.009.
The normal of a core point is that of the plane that fits best the points of the first cloud around it, and
looks upwards; the distance is that of the mean places of both clouds within a cylinder along it. The first
call compiles, for some seconds; later ones, of other processes too, read what came of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from analysis.abreast import abreast
from layers.arrays import Float64
from layers.columns import Mask
from layers.data import Progress, never_stop
from layers.runs import Int64, starts

#: Of a normal deviation, for 95 % (Lague et al. 2013, equation 1).
CONFIDENCE = 1.96
#: Fewer points give no plane.
FEWEST = 3
#: The cells in which neighbours are looked for are so many at most.
MOST_CELLS = 4_000_000
#: Core points that one thread looks at in one go.
AT_ONCE = 2_000


@dataclass(frozen=True)
class Scales:
    """How far around core points one looks, metres."""

    normal_m: float  # radius of what the normal is told from
    radius_m: float  # of the cylinder
    depth_m: float  # half its length


@dataclass(frozen=True)
class Distances:
    """What was found at each core point; NaN where a cloud has no points there."""

    normal: Float64  # (n, 3)
    distance_m: Float64  # (n,) of the second cloud from the first, along the normal
    detection_m: Float64  # (n,) level of detection at 95 %
    spread_m: Float64  # (n, 2) standard deviations of both clouds along the normal
    count: Int64  # (n, 2) points of both

    @property
    def is_significant(self) -> Mask:
        """(n,) whether the distance is larger than what could not be told."""
        found: Mask = np.abs(self.distance_m) > self.detection_m
        return found


def m3c2(
    cores: Float64,
    before: Float64,
    after: Float64,
    scales: Scales,
    registration_m: float = 0.0,
    progress: Progress = never_stop,
) -> Distances:
    """The distances at core points (n, 3) between clouds (m, 3) and (k, 3), all in metres.

    `registration_m` is by how much the clouds may be badly laid onto each other.
    """
    middle = cores.mean(axis=0) if len(cores) else np.zeros(3)
    places = cores - middle
    reach = math.hypot(scales.radius_m, scales.depth_m)
    bins = [_bins(cloud - middle, max(reach / 2, scales.normal_m / 2)) for cloud in (before, after)]
    stretches = [slice(first, first + AT_ONCE) for first in range(0, len(cores), AT_ONCE)]

    def look(part: slice) -> tuple[Float64, Float64, Float64]:
        normal = _normals(_spreads(places[part], *bins[0], scales.normal_m))
        sums = [_cylinders(places[part], normal, *cloud, scales.radius_m, scales.depth_m) for cloud in bins]
        return normal, sums[0], sums[1]

    parts = list(abreast(look, stretches, progress, "distances of clouds"))
    normal, one, other = (
        np.concatenate([np.zeros((0, 3)), *(part[number] for part in parts)]) for number in range(3)
    )
    return _distances(normal, one, other, registration_m)


def _distances(normal: Float64, one: Float64, other: Float64, registration_m: float) -> Distances:
    """From count, sum and sum of squares along the normals of both clouds."""
    count = np.column_stack((one[:, 0], other[:, 0]))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.column_stack((one[:, 1], other[:, 1])) / count
        square = np.column_stack((one[:, 2], other[:, 2])) / count
        variance = np.maximum(square - mean**2, 0.0)
        error = np.sqrt((variance / count).sum(axis=1))
    return Distances(
        normal,
        mean[:, 1] - mean[:, 0],
        CONFIDENCE * (error + registration_m),
        np.sqrt(variance),
        count.astype(np.int64),
    )


def _normals(spreads: Float64) -> Float64:
    """(n, 3) of planes from count and spreads (n, 7): xx, xy, xz, yy, yz, zz; NaN for too few points."""
    found = np.full((len(spreads), 3), np.nan)
    enough = spreads[:, 0] >= FEWEST
    xx, xy, xz, yy, yz, zz = spreads[enough, 1:].T
    rows = [np.stack(row, axis=1) for row in ((xx, xy, xz), (xy, yy, yz), (xz, yz, zz))]
    normal = np.linalg.eigh(np.stack(rows, axis=1))[1][:, :, 0]
    normal[normal[:, 2] < 0] *= -1
    found[enough] = normal
    return found


# --- points by where they are ---------------------------------------------------------------------


Bins = tuple[Float64, Int64, Float64, Int64]


def _bins(cloud: Float64, side_m: float) -> Bins:
    """A cloud in order of square cells: its points, the first of each cell, west, south, side; columns."""
    low = cloud[:, :2].min(axis=0) if len(cloud) else np.zeros(2)
    size = np.ptp(cloud[:, :2], axis=0) if len(cloud) else np.ones(2)
    side = max(side_m, math.sqrt(float(size[0] * size[1]) / MOST_CELLS), float(size.max()) / MOST_CELLS)
    columns, rows = (int(extent // side) + 1 for extent in size.tolist())
    place = ((cloud[:, :2] - low) // side).astype(np.int64)
    cell = place[:, 1] * columns + place[:, 0]
    order = np.argsort(cell, kind="stable")
    first = starts(np.bincount(cell, minlength=columns * rows))
    return cloud[order], first, np.array([*low.tolist(), side]), np.array([columns, rows])


@njit(nogil=True, cache=True, error_model="numpy")
def _cells_around(x: float, y: float, reach: float, frame: Float64, size: Int64) -> tuple[int, int, int, int]:
    """The first and last columns and rows of cells that lie within reach."""
    west, south, side = frame[0], frame[1], frame[2]
    left = max(math.floor((x - reach - west) / side), 0)
    right = min(math.floor((x + reach - west) / side), size[0] - 1)
    low = max(math.floor((y - reach - south) / side), 0)
    high = min(math.floor((y + reach - south) / side), size[1] - 1)
    return left, right, low, high


@njit(nogil=True, cache=True, error_model="numpy")
def _spreads(
    cores: Float64, cloud: Float64, first: Int64, frame: Float64, size: Int64, radius: float
) -> Float64:
    """(n, 7) of the points around each core: their count and how they spread."""
    found = np.zeros((len(cores), 7))
    for core in range(len(cores)):
        cx, cy, cz = cores[core]
        sums = np.zeros(3)
        squares = np.zeros(6)
        count = 0
        left, right, low, high = _cells_around(cx, cy, radius, frame, size)
        if left > right:  # beside the cloud
            continue
        for row in range(low, high + 1):
            for at in range(first[row * size[0] + left], first[row * size[0] + right + 1]):
                x, y, z = cloud[at, 0] - cx, cloud[at, 1] - cy, cloud[at, 2] - cz
                if x * x + y * y + z * z <= radius * radius:
                    count += 1
                    sums += np.array((x, y, z))
                    squares += np.array((x * x, x * y, x * z, y * y, y * z, z * z))
        found[core, 0] = count
        if count:
            mx, my, mz = sums / count
            means = np.array((mx * mx, mx * my, mx * mz, my * my, my * mz, mz * mz))
            found[core, 1:] = squares / count - means
    return found


@njit(nogil=True, cache=True, error_model="numpy")
def _cylinders(
    cores: Float64,
    normals: Float64,
    cloud: Float64,
    first: Int64,
    frame: Float64,
    size: Int64,
    radius: float,
    depth: float,
) -> Float64:
    """(n, 3) of the points in a cylinder about each core: count, sum along the normal, sum of squares."""
    found = np.zeros((len(cores), 3))
    reach = math.hypot(radius, depth)
    for core in range(len(cores)):
        cx, cy, cz = cores[core]
        nx, ny, nz = normals[core]
        if math.isnan(nx):
            continue
        left, right, low, high = _cells_around(cx, cy, reach, frame, size)
        if left > right:  # beside the cloud
            continue
        for row in range(low, high + 1):
            for at in range(first[row * size[0] + left], first[row * size[0] + right + 1]):
                x, y, z = cloud[at, 0] - cx, cloud[at, 1] - cy, cloud[at, 2] - cz
                along = x * nx + y * ny + z * nz
                away = x * x + y * y + z * z - along * along
                if abs(along) <= depth and away <= radius * radius:
                    found[core, 0] += 1
                    found[core, 1] += along
                    found[core, 2] += along * along
    return found
