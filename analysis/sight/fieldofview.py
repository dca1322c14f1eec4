"""How far and which way somebody looks: a sector of directions, a range of altitudes, a reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.asked import asked
from analysis.sight.looking import FromPlaces
from analysis.sight.sights import STRAIGHT, Bend
from layers.arrays import Float64
from layers.columns import Mask

FULL_TURN_DEG = 360.0
#: Directions this close to the edge of a field of view still lie in it.
ON_EDGE_DEG = 1e-9


@dataclass(frozen=True)
class Sector(FromPlaces):
    """The questions of those that look from places, in a field of view."""

    radius_m: float = asked(
        0.0,
        "How far",
        "number",
        unit="m",
        low=0.0,
        high=200_000.0,
        words=((0.0, "as far as the city reaches"),),
        help="measured on the map",
        group="From",
    )
    azimuth_deg: float = asked(
        0.0,
        "Looking towards",
        "number",
        unit="°",
        low=0.0,
        high=FULL_TURN_DEG,
        help="azimuth, clockwise from true north",
        group="Field of view",
    )
    width_deg: float = asked(
        FULL_TURN_DEG,
        "Width of the view",
        "number",
        unit="°",
        low=0.1,
        high=FULL_TURN_DEG,
        words=((FULL_TURN_DEG, "all around"),),
        group="Field of view",
    )
    low_deg: float = asked(
        -90.0,
        "Lowest altitude",
        "number",
        unit="°",
        low=-90.0,
        high=90.0,
        help="above the horizon; below it is negative",
        group="Field of view",
    )
    high_deg: float = asked(
        90.0, "Highest altitude", "number", unit="°", low=-90.0, high=90.0, group="Field of view"
    )


@dataclass(frozen=True)
class FieldOfView:
    """Which ends of lines of sight somebody looks at."""

    radius_m: float = np.inf  # on the map
    azimuth_deg: float = 0.0  # of its middle, clockwise from grid north
    width_deg: float = FULL_TURN_DEG
    low_deg: float = -90.0  # altitude above the horizon
    high_deg: float = 90.0

    @property
    def is_all(self) -> bool:
        """Whether it leaves nothing out."""
        return np.isinf(self.radius_m) and self.is_everywhere

    @property
    def is_everywhere(self) -> bool:
        """Whether nothing but the distance limits it."""
        return self.is_around and self.low_deg <= -90 and self.high_deg >= 90

    @property
    def is_around(self) -> bool:
        """Whether it holds all azimuths."""
        return self.width_deg >= FULL_TURN_DEG

    def holds(self, eyes: Float64, ends: Float64, bend: Bend = STRAIGHT) -> Mask:
        """(n,) whether the ends (n, 3) are looked at from eyes, (3,) or (n, 3).

        Altitudes are those that are seen: they fall with the Earth's curvature.
        """
        found = np.ones(len(ends), bool)
        if self.is_all:
            return found
        east, north, up = (ends - eyes).T
        away = np.hypot(east, north)
        found &= away <= self.radius_m
        if not self.is_around:
            off = np.degrees(np.arctan2(east, north)) - self.azimuth_deg
            found &= np.abs((off + 180.0) % 360.0 - 180.0) <= self.width_deg / 2 + ON_EDGE_DEG
        if self.low_deg > -90 or self.high_deg < 90:
            altitude = np.degrees(np.arctan2(up - bend.drop_m(away), away))
            found &= (altitude >= self.low_deg - ON_EDGE_DEG) & (altitude <= self.high_deg + ON_EDGE_DEG)
        return found

    @property
    def title(self) -> str:
        """What it leaves out, in words; '' where it leaves out nothing."""
        said = []
        if np.isfinite(self.radius_m):
            said.append(f"within {self.radius_m:g} m")
        if not self.is_around:
            said.append(f"in a sector {self.width_deg:g}° wide")
        if self.low_deg > -90 or self.high_deg < 90:
            said.append(f"at altitudes from {self.low_deg:g}° to {self.high_deg:g}°")
        return ", ".join(said)


def field_of_view(inputs: Sector, convergence_deg: float) -> FieldOfView:
    """The field of view that is asked for, turned from true north to the grid's."""
    return FieldOfView(
        inputs.radius_m or np.inf,
        inputs.azimuth_deg - convergence_deg,
        inputs.width_deg,
        inputs.low_deg,
        inputs.high_deg,
    )
