"""What stands around a point: the part of the sky that is hidden, and which object hides it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.obstacles import Casters
from analysis.sky import directions
from layers.arrays import Float64
from layers.columns import Mask

#: What a part of the sky is when no object hides it.
BEHIND, OPEN, NAMELESS = -3, -2, -1
#: Degrees between the directions that are looked into.
STEP_DEG = 1.0


@dataclass(frozen=True)
class Obstruction:
    """The sky around a point in cells, a row for each altitude from the horizon up, a column per azimuth.

    Azimuths are clockwise from true north, the first cell begins there.
    """

    step_deg: float
    #: fid of the object, NAMELESS for terrain and scans, OPEN for open sky, BEHIND for what is behind the
    #: surface that the point lies on.
    hider: NDArray[np.int64]

    @property
    def altitudes_deg(self) -> Float64:
        """Of the middle of each row."""
        return (np.arange(self.hider.shape[0], dtype=np.float64) + 0.5) * self.step_deg

    @property
    def azimuths_deg(self) -> Float64:
        """Of the middle of each column."""
        return (np.arange(self.hider.shape[1], dtype=np.float64) + 0.5) * self.step_deg

    @property
    def hidden(self) -> Mask:
        """Whether something hides a cell that is before the surface."""
        found: Mask = self.hider >= NAMELESS
        return found

    @property
    def behind(self) -> Mask:
        """Whether a cell is behind the surface."""
        found: Mask = self.hider == BEHIND
        return found

    @property
    def horizon_deg(self) -> Float64:
        """Up to which altitude the sky is hidden at some height, for each azimuth."""
        tops = (np.arange(self.hider.shape[0])[:, None] + 1) * self.hidden * self.step_deg
        found: Float64 = tops.max(axis=0)
        return found

    def at(self, azimuth_deg: Float64, altitude_deg: Float64) -> NDArray[np.int64]:
        """What hides the sun at some directions (n,); OPEN below the horizon too."""
        row = np.floor(altitude_deg / self.step_deg).astype(np.int64)
        column = np.floor(azimuth_deg % 360 / self.step_deg).astype(np.int64) % self.hider.shape[1]
        found = self.hider[np.clip(row, 0, self.hider.shape[0] - 1), column]
        return np.where(altitude_deg >= 0, found, OPEN)

    def shares(self) -> Mapping[int, float]:
        """Share of the sky's solid angle that each object hides, the largest first."""
        edges = np.radians(np.arange(self.hider.shape[0] + 1) * self.step_deg)
        weight = np.diff(np.sin(edges)) / self.hider.shape[1]
        fids = np.unique(self.hider[self.hidden])
        found = {int(fid): float(((self.hider == fid).sum(axis=1) * weight).sum()) for fid in fids}
        return dict(sorted(found.items(), key=lambda item: -item[1]))


def obstruction(
    casters: Casters,
    point: Float64,
    normal: Float64 | None = None,
    convergence_deg: float = 0.0,
    step_deg: float = STEP_DEG,
) -> Obstruction:
    """Look around from a point (3,) that lies off its surface, whose normal (3,) is given if it has one.

    Both are in the project's grid, whose north lies `convergence_deg` clockwise from true north.
    """
    rows, columns = round(90 / step_deg), round(360 / step_deg)
    altitude = np.repeat((np.arange(rows) + 0.5) * step_deg, columns)
    azimuth = np.tile((np.arange(columns) + 0.5) * step_deg, rows)
    ways = directions(azimuth - convergence_deg, altitude)
    triangle, _ = casters.rays.first(
        np.repeat(np.asarray(point, np.float64)[None, :], len(ways), axis=0), ways
    )
    hider = np.where(triangle >= 0, casters.fid[triangle], OPEN)
    if normal is not None:
        hider[ways @ np.asarray(normal, np.float64) <= 0] = BEHIND
    return Obstruction(step_deg, hider.reshape(rows, columns))
