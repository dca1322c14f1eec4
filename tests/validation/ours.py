"""What Citystrata finds for points, without a project around them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.casters import Casters
from analysis.fineness import EXACT, Fineness
from analysis.irradiation import Irradiation, Spots
from analysis.light import Light
from analysis.pieces import Albedo
from analysis.reflection import reflected
from layers.arrays import Float64

#: Albedo of what lies beyond all triangles.
OPEN_GROUND = 0.2


@dataclass(frozen=True)
class Received:
    """kWh/m² (n, periods)."""

    direct: Float64
    diffuse: Float64
    reflected: Float64

    @property
    def total(self) -> Float64:
        """All together."""
        return self.direct + self.diffuse + self.reflected


def received(
    casters: Casters,
    light: Light,
    points: Float64,
    normals: Float64,
    albedo: Float64,
    bounces: int,
    fineness: Fineness = EXACT,
    senders: Fineness | None = None,
) -> Received:
    """What points (n, 3) get; `albedo` (m,) of the casters' opaque triangles, which stand on ground at 0 m.

    `senders` is how finely what reflects light is looked at itself.
    """
    rows, row = np.unique(normals.round(9), axis=0, return_inverse=True)
    spots = Spots(points, row.reshape(-1), rows)
    whole = Irradiation(casters, light, fineness)
    others = Irradiation(casters, light, senders) if senders else whole
    got = whole.on(spots)
    back = np.zeros_like(got.direct)
    if bounces:
        reflection = reflected(
            casters,
            Albedo(albedo, lambda places: np.full(len(places), OPEN_GROUND)),
            spots,
            got.total,
            np.zeros(len(points)),
            lambda some, progress: others.on(some, progress).total,
            fineness,
            bounces,
        )
        back = reflection.light
    return Received(*(part.astype(np.float64) for part in (got.direct, got.diffuse, back)))
