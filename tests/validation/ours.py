"""What Citystrata finds for points, without a project around them."""

from __future__ import annotations

import numpy as np

from analysis.casters import Casters
from analysis.energy import Energy, energy_on
from analysis.fineness import EXACT, Fineness
from analysis.irradiation import Spots
from analysis.light import Light
from analysis.pieces import Albedo
from layers.arrays import Float64

#: Albedo of what lies beyond all triangles.
OPEN_GROUND = 0.2


def spots_of(points: Float64, normals: Float64) -> Spots:
    """Points (n, 3) on surfaces, each normal once."""
    rows, row = np.unique(normals.round(9), axis=0, return_inverse=True)
    return Spots(points, row.reshape(-1), rows)


def received(
    casters: Casters,
    light: Light,
    points: Float64,
    normals: Float64,
    albedo: Float64,
    bounces: int,
    fineness: Fineness = EXACT,
) -> Energy:
    """What points (n, 3) get; `albedo` (m,) is that of the casters' opaque triangles."""
    return energy_on(
        spots_of(points, normals),
        casters,
        light,
        Albedo(albedo, lambda places: np.full(len(places), OPEN_GROUND)),
        np.zeros(len(points)),
        fineness,
        bounces,
    )
