"""Which way semantic surfaces look: normals turned outwards, tilt, azimuth, and types where none are said."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layers.arrays import Float64, Int32
from layers.columns import Mask
from layers.runs import Int64

ROOF, WALL, GROUND = "RoofSurface", "WallSurface", "GroundSurface"
#: Surfaces without a type are walls when they lean less than this from upright.
UPRIGHT_DEG = 15.0
#: Below this tilt a surface looks up and has no azimuth.
FLAT_DEG = 0.01


def normals_and_areas(corners: Float64, triangle_count: Int64) -> tuple[Float64, Float64]:
    """Unit normals (s, 3) and areas of polygons that are runs of triangles (m, 3, 3)."""
    crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    count = len(triangle_count)
    owner = np.repeat(np.arange(count), triangle_count)
    summed = np.stack([np.bincount(owner, crossed[:, axis], count) for axis in range(3)], axis=-1)
    length = np.sqrt((summed**2).sum(axis=1))
    up = np.tile((0.0, 0.0, 1.0), (count, 1))
    normals = np.divide(summed, length[:, None], out=up, where=length[:, None] > 0)
    areas = np.bincount(owner, np.sqrt((crossed**2).sum(axis=1)) / 2, count)
    return normals, areas.astype(np.float64)


def in_plane(directions: Float64, normals: Float64) -> Float64:
    """Directions (n, 3) brought into the planes of unit normals, one metre long."""
    flat = directions - (directions * normals).sum(axis=1)[:, None] * normals
    length = np.sqrt((flat**2).sum(axis=1))[:, None]
    # Any direction will do where there is none: across the normal and the axis farthest from it.
    axis = np.eye(3)[np.abs(normals).argmin(axis=1)]
    spare = np.cross(normals, axis)
    spare /= np.sqrt((spare**2).sum(axis=1))[:, None]
    found: Float64 = np.divide(flat, length, out=spare, where=length > 1e-9)
    return found


def tilts(normals: Float64) -> Float64:
    """Tilts (n,) in degrees of unit normals: 0 looks up, 90 is a wall, 180 looks down."""
    flat = np.hypot(normals[:, 0], normals[:, 1])
    return np.degrees(np.arctan2(flat, normals[:, 2]))


def azimuths(normals: Float64, convergence_deg: float = 0.0) -> Float64:
    """Azimuths (n,) in degrees that unit normals look to, clockwise from true north; 0 for flat ones.

    Grid convergence is the angle from true north to grid north, clockwise.
    """
    grid = np.degrees(np.arctan2(normals[:, 0], normals[:, 1]))
    flat = np.abs(np.hypot(normals[:, 0], normals[:, 1])) < np.sin(np.radians(FLAT_DEG))
    found: Float64 = np.where(flat, 0.0, (grid + convergence_deg) % 360)
    return found


def types_by_tilt(tilt_deg: Float64) -> list[str]:
    """The semantic types that tilts suggest."""
    codes = (tilt_deg >= 90 - UPRIGHT_DEG).astype(int) + (tilt_deg > 90 + UPRIGHT_DEG)
    return [(ROOF, WALL, GROUND)[code] for code in codes.tolist()]


def inside_out(
    normals: Float64, areas_m2: Float64, types: Sequence[str], type_of: Int32, geometry: Int64
) -> Mask:
    """(s,) of which surfaces the geometry is turned inside out: its roofs look down, its grounds up."""
    sign = np.array([(name == ROOF) - (name == GROUND) for name in types] or [0], np.float64)
    _, number = np.unique(geometry, return_inverse=True)
    seen = np.bincount(number, sign[type_of] * normals[:, 2] * areas_m2)
    found: Mask = (seen < 0)[number]
    return found
