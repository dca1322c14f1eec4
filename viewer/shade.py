"""The light of the sun in a picture, and the shadows it casts: pixel by pixel, by exact rays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

import numpy as np

from layers.arrays import Float64, UInt8
from viewer.depths import Depths
from viewer.faces import Index
from viewer.light import Daylight
from viewer.picture import Float32
from viewer.skydome import Dome

#: Pixels worked on at once: their numbers fit into the cache of the processor.
AT_ONCE = 32_768
#: So long a step of a picture at rest may take.
STEP_S = 0.03
#: Points are lifted off their surface by shares of a pixel towards the eye, where nothing is in the
#: way, and off the surface: what is drawn far away is coarser than what casts shadow.
LIFT_TO_EYE_PX, LIFT_OFF_PX, LIFT_OFF_M = 0.5, 0.5, 0.003
#: Of points that the processor draws, which have no side: so much they face the sun.
POINTS_FACING = 0.6


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


class Shade:
    """Puts the light of the sun into a picture that was drawn in `light.DAY`."""

    def __init__(self, sun: SunLight) -> None:
        self._sun = sun
        self._light = Daylight.of(sun.direction, sun.altitude_deg)
        self._is_up = bool(self._light.sun.any())

    def at_rest(self, pixels: UInt8, depths: Depths) -> Iterator[None]:
        """Every pixel of a picture (h, w, 3), the lowest row first, in short steps."""
        flat = pixels.reshape(-1, 3)
        height, width, _ = pixels.shape
        rows, end = max(AT_ONCE // width, 1), perf_counter() + STEP_S
        for first in range(0, height, rows):
            shown = depths.shown(first, min(first + rows, height))
            if len(shown):
                flat[shown] = self._tinted(flat[shown], *self._shares(depths, shown))
            if perf_counter() > end:
                yield
                end = perf_counter() + STEP_S

    def _shares(self, depths: Depths, pixels: Index) -> tuple[Float32, Float32]:
        """How much of the light of the sky and of the sun reaches pixels."""
        normals = depths.normals(pixels)
        sky, sun = self._light.shares(normals)
        if not self._is_up or self._sun.shadows is None:
            return sky, sun
        facing = np.flatnonzero(sun > 0)
        if len(facing):
            chosen = pixels[facing]
            distances = depths.distances(chosen)
            points = depths.places(chosen, distances)
            self._lift(depths, points, normals[:, facing], distances)
            sun[facing] *= self._sun.shadows.lit(points, self._sun.direction)
        return sky, sun

    def _lift(self, depths: Depths, points: Float64, normals: Float32, distances: Float64) -> None:
        """Move points off their surfaces, so that these do not shade themselves."""
        size, blur = depths.sizes(distances)
        off = LIFT_OFF_PX * size + LIFT_OFF_M
        near = np.minimum(LIFT_TO_EYE_PX * size + 2 * blur, 0.5 * np.abs(distances))
        to_eye = depths.to_eye(points)
        for axis in range(3):
            points[:, axis] += normals[axis] * off
            points[:, axis] += to_eye[axis] * near

    def _tinted(self, colors: UInt8, sky: Float32, sun: Float32) -> UInt8:
        """Colours (n, 3) in this light."""
        found = np.empty_like(colors)
        for channel in range(3):
            tone = sky * self._light.sky[channel]
            tone += sun * self._light.sun[channel]
            tone *= colors[:, channel]
            np.minimum(tone, np.float32(255), out=tone)
            found[:, channel] = tone
        return found
