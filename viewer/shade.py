"""The light of the sun in a picture, and the shadows it casts: pixel by pixel, by exact rays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from layers.arrays import Float64
from viewer.picture import Float32
from viewer.skydome import Dome


class Shadows(Protocol):
    """What stands in the way of the sun; asked on the interface thread for some thousand points."""

    def lit(self, points: Float64, direction: Float64) -> Float32:
        """The share of light, 0 … 1 (n,), that reaches points (n, 3, world) from a direction (3,)."""


@dataclass(frozen=True, eq=False)
class SunLight:
    """Where the sun stands, for a scene."""

    direction: Float64  # (3,) unit, towards the sun, in the project's grid
    altitude_deg: float  # above the horizon, with refraction
    azimuth_deg: float  # clockwise from true north
    audit_line: str = ""  # place, local time, UTC, azimuth, altitude, convergence, algorithm
    shadows: Shadows | None = None  # None: surfaces that face the sun are bright, nothing casts a shadow
    dome: Dome | None = None

    @property
    def note(self) -> str:
        """A word on the picture where there is no sun to be seen."""
        if self.altitude_deg > 0:
            return ""
        phase = "twilight" if self.altitude_deg > -18 else "night"
        return f"The sun is {-self.altitude_deg:.1f}° below the horizon: {phase}"
