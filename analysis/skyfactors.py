"""Sky view factor and sky component of points: how much of the sky they see.

Both weigh the visible directions of the sky with the cosine of their incidence, the sky view factor under
a uniform sky, the sky component under the overcast sky of Moon & Spencer 1942 (ISO/CIE 15469): three times
as bright at the zenith as at the horizon. Directions lie on a Fibonacci lattice of equal solid angles
(González 2010, doi:10.1007/s11004-009-9257-x); the visible part of the lattice scales the closed form of
the unobstructed surface, which is thereby exact for any tilt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.obstacles import Casters
from analysis.rays import Starts, unpacked
from layers.arrays import Float64
from layers.data import Progress, never_stop

#: Of the sky; 3000 are within 0.005 of closed forms (root mean square 0.001), 1000 within 0.01.
DIRECTIONS = 3000
#: Points and directions that are looked at together: their cosines stay in the processor's cache.
POINTS_AT_ONCE, DIRECTIONS_AT_ONCE = 32_768, 16


@dataclass(frozen=True)
class SkyFactors:
    """What points see of the sky, 0 … 1, in the order of the points."""

    sky_view: Float64  # of radiation from a uniform sky; an unobstructed wall 0.5, a roof up to 1
    sky_component: Float64  # of the light of an overcast sky on open ground; an unobstructed wall 0.396
    openness: Float64  # of the solid angle of the sky before the surface, all of it alike


def sky_factors(
    cast: Casters, points: Float64, normals: Float64, count: int = DIRECTIONS, progress: Progress = never_stop
) -> SkyFactors:
    """What points (n, 3) on surfaces with unit normals (n, 3) see of the sky, past trees in leaf."""
    directions = sky_directions(count)
    visible, whole = np.zeros((3, len(points))), np.zeros((3, len(points)))
    for start in range(0, len(points), POINTS_AT_ONCE):
        part = slice(start, start + POINTS_AT_ONCE)
        starts, facing = cast.rays.starts(points[part]), normals[part]
        size = len(facing)
        for first in range(0, count, DIRECTIONS_AT_ONCE):
            progress((start + first / count * size) / len(points), "looking at the sky")
            some = directions[first : first + DIRECTIONS_AT_ONCE]
            through = _through(cast, starts, points[part], facing, some)
            weight = np.maximum(_products(some, facing), 0.0)
            for row, weights in enumerate((weight, weight * overcast(some[:, 2:]), np.sign(weight))):
                whole[row, part] += weights.sum(axis=0)
                visible[row, part] += (weights * through).sum(axis=0)
    seen = np.divide(visible, whole, out=np.zeros_like(visible), where=whole > 0)
    return SkyFactors(seen[0] * open_sky_view(normals), seen[1] * open_sky_component(normals), seen[2])


def _through(
    cast: Casters, starts: Starts, points: Float64, normals: Float64, directions: Float64
) -> Float64:
    """The share of light (d, n) that comes through from directions to points that look that way."""
    seen = unpacked(cast.rays.visible(starts, normals, directions), len(points))
    found = seen.astype(np.float64)
    if cast.opaque < len(cast.triangles):
        direction, point = np.nonzero(seen)
        found[direction, point] = cast.through(points[point], directions[direction])
    return found


def _products(directions: Float64, normals: Float64) -> Float64:
    """Scalar products (directions, normals), added in one order on every machine."""
    x, y, z = (np.multiply.outer(directions[:, axis], normals[:, axis]) for axis in range(3))
    return x + y + z


def sky_directions(count: int = DIRECTIONS) -> Float64:
    """Unit vectors (count, 3) to cells of the sky of equal solid angle, from the horizon up."""
    number = np.arange(count)
    up = (number + 0.5) / count
    turn = number * np.pi * (3.0 - np.sqrt(5.0))
    level = np.sqrt(1.0 - up * up)
    return np.column_stack((np.cos(turn) * level, np.sin(turn) * level, up))


def overcast(up: Float64) -> Float64:
    """Brightness of the overcast sky, 1 at the zenith; `up` is the sine of the altitude."""
    return (1.0 + 2.0 * up) / 3.0


def open_sky_view(normals: Float64) -> Float64:
    """Sky view factor of unobstructed surfaces: (1 + cos tilt) / 2."""
    return (1.0 + np.clip(normals[:, 2], -1.0, 1.0)) / 2.0


def open_sky_component(normals: Float64) -> Float64:
    """Sky component of unobstructed surfaces under the overcast sky (Muneer 2004, equation 4.3.9)."""
    cosine = np.clip(normals[:, 2], -1.0, 1.0)
    tilt = np.arccos(cosine)
    bent = np.sin(tilt) - tilt * cosine - np.pi * (1.0 - cosine) / 2.0
    return (1.0 + cosine) / 2.0 + 4.0 / (7.0 * np.pi) * bent
