"""The light of the sun in a picture, and the shadows it casts: pixel by pixel, by exact rays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

import numpy as np

from layers.arrays import Float64, UInt8
from viewer.coarsetones import CoarseTones
from viewer.depths import Depths
from viewer.faces import Index
from viewer.light import Daylight
from viewer.picture import Float32, Picture
from viewer.resultground import Ground, GroundPaint
from viewer.skydome import Dome

#: Pixels worked on at once: their numbers fit into the cache of the processor.
AT_ONCE = 32_768
#: So long a step of a picture at rest may take.
STEP_S = 0.03
#: So long the light of a picture in motion may take, and how long a side of pixels shares a ray at most.
MOVING_S, MOST_SHARING = 0.02, 6
#: By how much points are lifted towards the eye and off their surface, in pixels at rest and in motion:
#: what is drawn far away is coarser than what casts shadow.
LIFT_PX, LIFT_MOVING_PX = 0.12, 0.5
#: And in metres: for the ray engine counts in single precision, and ground is not the same everywhere.
LIFT_M, LIFT_OFF_GROUND_M = 0.003, 0.2
#: What looks up more than this (z of its normal) may be ground.
LEVEL = 0.6
#: Points that the processor draws have no side: so much they face the sun, and so far they are lifted,
#: for a scan and a model of one wall differ.
POINTS_FACING, POINTS_LIFT_M = 0.85, 0.3


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
    def direction_when_up(self) -> Float64 | None:
        """Towards the sun; None while it is below the horizon."""
        return self.direction if self.altitude_deg > 0 else None

    @property
    def note(self) -> str:
        """A word on the picture where there is no sun to be seen."""
        if self.altitude_deg > 0:
            return ""
        phase = "twilight" if self.altitude_deg > -18 else "night"
        return f"The sun is {-self.altitude_deg:.1f}° below the horizon: {phase}"


class Pace:
    """How many pixels of a picture in motion share a ray, so that motion stays fluent."""

    def __init__(self) -> None:
        self.step = 3

    def learn(self, seconds: float) -> None:
        """A picture took so long."""
        if seconds > MOVING_S:
            self.step = min(self.step + 1, MOST_SHARING)
        elif self.step > 1 and seconds * (self.step / (self.step - 1)) ** 2 < 0.8 * MOVING_S:
            self.step -= 1


class Shade:
    """Puts the light of the sun into a picture that was drawn in `light.DAY`, and paints its ground."""

    def __init__(self, sun: SunLight | None, pace: Pace, strength: float = 1.0) -> None:
        """Without a sun the light stays as it is; less `strength` leaves colours that have a meaning."""
        self._sun, self._pace, self._strength = sun, pace, np.float32(strength)
        self._light = Daylight.of(sun.direction, sun.altitude_deg) if sun is not None else None

    def at_rest(
        self, pixels: UInt8, depths: Depths, paints: Sequence[GroundPaint], ground: Ground | None
    ) -> Iterator[None]:
        """Every pixel of a picture (h, w, 3), the lowest row first, in short steps.

        What is drawn below the true `ground`, because it is drawn coarsely, does not lie in its shadow.
        """
        flat = pixels.reshape(-1, 3)
        height, width, _ = pixels.shape
        rows, end = max(AT_ONCE // width, 1), perf_counter() + STEP_S
        for first in range(0, height, rows):
            shown = depths.shown(first, min(first + rows, height))
            if len(shown):
                colors = flat[shown]
                normals = depths.normals(shown, depths.slopes(shown))
                tones = self._tones(depths, shown, normals, ground, LIFT_PX)
                _paint(tones, colors, depths, shown, normals, paints, ground)
                flat[shown] = _times(colors, tones)
            if perf_counter() > end:
                yield
                end = perf_counter() + STEP_S

    def in_motion(
        self, pixels: UInt8, depths: Depths, paints: Sequence[GroundPaint], ground: Ground | None
    ) -> Iterator[None]:
        """One pixel in every square of some, the others after the neighbour whose plane they lie in."""
        begun = perf_counter()
        if self._pace.step == 1:
            for _ in self.at_rest(pixels, depths, paints, ground):
                pass
        else:
            coarse = CoarseTones(depths, self._pace.step)
            shown = coarse.shown()
            slopes = depths.slopes(shown)
            normals = depths.normals(shown, slopes)
            tones = self._tones(depths, shown, normals, ground, LIFT_MOVING_PX)
            _paint(tones, pixels.reshape(-1, 3)[shown], depths, shown, normals, paints, ground)
            coarse.fill(tones, slopes)
            coarse.apply(pixels)
        self._pace.learn(perf_counter() - begun)
        yield from ()

    def on_points(self, picture: Picture, before: Float32, depths: Depths, moving: bool) -> Iterator[None]:
        """The points that have been drawn into a picture since its depths were as before."""
        height, width = picture.depth.shape
        drawn = np.flatnonzero(picture.depth.reshape(-1) < before.reshape(-1))
        flat, light = picture.pixels.reshape(-1, 3), self._light
        if light is None:
            return
        share = self._pace.step if moving else 1
        end = perf_counter() + STEP_S
        for first in range(0, len(drawn), AT_ONCE):
            chosen = drawn[first : first + AT_ONCE]
            some = chosen[::share]
            row, column = np.divmod(some, width)
            distance = picture.depth.reshape(-1)[some].astype(np.float64)
            towards = np.minimum(POINTS_LIFT_M, 0.5 * np.abs(distance))
            places = depths.places((height - 1 - row) * width + column, distance - towards)
            sun = np.repeat(self._lit(places), share)[: len(chosen)] * np.float32(POINTS_FACING)
            tones = self._softened(light.tones(np.ones(len(chosen), np.float32), sun))
            flat[chosen] = _times(flat[chosen], tones)
            if not moving and perf_counter() > end:
                yield
                end = perf_counter() + STEP_S

    def _tones(
        self, depths: Depths, pixels: Index, normals: Float32, ground: Ground | None, lift_px: float
    ) -> Float32:
        """What the colours of pixels are multiplied with, (3, n)."""
        if self._light is None:
            return np.ones((3, len(pixels)), np.float32)
        sky, sun = self._light.shares(normals)
        facing = np.flatnonzero(sun > 0)
        if len(facing):
            points = _lifted(depths, pixels[facing], normals[:, facing], lift_px)
            lit = self._lit(points)
            if ground is not None:
                self._raise(points, lit, ground)
            sun[facing] *= lit
        return self._softened(self._light.tones(sky, sun))

    def _softened(self, tones: Float32) -> Float32:
        return tones if self._strength == 1 else 1 - self._strength * (1 - tones)

    def _raise(self, points: Float64, lit: Float32, ground: Ground) -> None:
        """Ask again for dark points that lie below the ground."""
        dark = np.flatnonzero(lit == 0)
        places = points[dark]
        height = ground(places[:, :2]) + LIFT_OFF_GROUND_M
        below = height > places[:, 2]
        if below.any():
            raised = np.column_stack((places[below, :2], height[below]))
            lit[dark[below]] = self._lit(raised)

    def _lit(self, points: Float64) -> Float32:
        sun = self._sun
        if sun is None or sun.shadows is None or sun.direction_when_up is None:
            return np.ones(len(points), np.float32)
        return sun.shadows.lit(points, sun.direction)


def _lifted(depths: Depths, pixels: Index, normals: Float32, lift_px: float) -> Float64:
    """Points (n, 3) that pixels show, off their surfaces, so that these do not shade themselves."""
    distances = depths.distances(pixels)
    size, blur = depths.sizes(distances)
    # Towards the eye nothing is in the way, for else it would be seen.
    near = np.minimum(lift_px * size + 2 * blur, 0.5 * np.abs(distances))
    points = depths.places(pixels, distances - near)
    points += (normals * (lift_px * size + LIFT_M).astype(np.float32)).T
    return points


def _paint(
    tones: Float32,
    colors: UInt8,
    depths: Depths,
    pixels: Index,
    normals: Float32,
    paints: Sequence[GroundPaint],
    ground: Ground | None,
) -> None:
    """Change tones (3, n) so that they make painted colours out of the colours (n, 3) of pixels."""
    if not paints:
        return
    flat = np.flatnonzero(normals[2] > LEVEL)
    distances = depths.distances(pixels[flat])
    places, pixel_m = depths.places(pixels[flat], distances), depths.sizes(distances)[0]
    own = np.maximum(colors[flat], 1).astype(np.float32)
    painted = own.copy()
    for paint in paints:
        paint.blend(painted, places, pixel_m, ground)
    tones[:, flat] *= (painted / own).T


def _times(colors: UInt8, tones: Float32) -> UInt8:
    """Colours (n, 3) times tones (3, n)."""
    found = np.empty_like(colors)
    for channel in range(3):
        tone = tones[channel] * colors[:, channel]
        found[:, channel] = np.minimum(tone, np.float32(255), out=tone)
    return found
