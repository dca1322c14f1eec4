"""The light of the sun in a picture and what an observer sees of it: pixel by pixel, by exact rays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

import numpy as np

from layers.arrays import Float64, UInt8
from viewer.coarsetones import CoarseTones
from viewer.depths import Depths
from viewer.faces import Index
from viewer.light import Daylight
from viewer.observer import Observer, tint
from viewer.picture import Float32, Picture
from viewer.resultground import Ground, GroundPaint
from viewer.sharedlight import shared_light
from viewer.skydome import Dome

#: Pixels worked on at once: their numbers fit into the cache of the processor.
AT_ONCE = 32_768
#: So long a step of a picture at rest may take.
STEP_S = 0.03
#: So long the light of a picture in motion may take, and how long a side of pixels shares a ray at most.
MOVING_S, MOST_SHARING = 0.02, 4
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
#: What rays say of points (n, 3): how much light reaches them, or whether they are in sight.
Ask = Callable[[Float64], Float32]


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
    """Puts the light of the sun into a picture that was drawn in `light.DAY`, paints its ground, tints it."""

    def __init__(
        self, sun: SunLight | None, pace: Pace, strength: float = 1.0, observer: Observer | None = None
    ) -> None:
        """Without a sun the light stays as it is; less `strength` leaves colours that have a meaning."""
        self._sun, self._pace, self._strength = sun, pace, np.float32(strength)
        self._observer = observer
        self._light = Daylight.of(sun.direction, sun.altitude_deg) if sun is not None else None

    def at_rest(
        self,
        pixels: UInt8,
        depths: Depths,
        paints: Sequence[GroundPaint],
        ground: Ground | None,
        enlarged: bool = False,
    ) -> Iterator[None]:
        """Every pixel of a picture (h, w, 3), the lowest row first, in short steps.

        What is drawn below the true `ground`, because it is drawn coarsely, does not lie in its shadow.
        `enlarged` pictures have four pixels for one.
        """
        flat = pixels.reshape(-1, 3)
        height, width, _ = pixels.shape
        rows, end = 2 * max(AT_ONCE // width // 2, 1), perf_counter() + STEP_S
        for first in range(0, height, rows):
            shown = depths.shown(first, min(first + rows, height))
            if len(shown):
                colors, look = flat[shown], _Look(depths, shown)
                tones = self._tones(look, ground, LIFT_PX, enlarged)
                _paint(tones, colors, look, paints, ground)
                self._tint(tones, colors, look, ground, LIFT_PX, enlarged)
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
            look = _Look(depths, coarse.shown())
            tones, colors = self._tones(look, ground, LIFT_MOVING_PX), pixels.reshape(-1, 3)[look.pixels]
            _paint(tones, colors, look, paints, ground)
            self._tint(tones, colors, look, ground, LIFT_MOVING_PX)
            coarse.fill(tones, look.slopes)
            coarse.apply(pixels)
        self._pace.learn(perf_counter() - begun)
        yield from ()

    def on_points(self, picture: Picture, before: Float32, depths: Depths, moving: bool) -> Iterator[None]:
        """The points that have been drawn into a picture since its depths were as before."""
        height, width = picture.depth.shape
        drawn = np.flatnonzero(picture.depth.reshape(-1) < before.reshape(-1))
        flat = picture.pixels.reshape(-1, 3)
        share = self._pace.step if moving else 1
        end = perf_counter() + STEP_S
        for first in range(0, len(drawn), AT_ONCE):
            chosen = drawn[first : first + AT_ONCE]
            some = chosen[::share]
            row, column = np.divmod(some, width)
            distance = picture.depth.reshape(-1)[some].astype(np.float64)
            towards = np.minimum(POINTS_LIFT_M, 0.5 * np.abs(distance))
            places = depths.places((height - 1 - row) * width + column, distance - towards)
            tones = self._tones_of_points(places, flat[some])
            flat[chosen] = _times(flat[chosen], np.repeat(tones, share, axis=1)[:, : len(chosen)])
            if not moving and perf_counter() > end:
                yield
                end = perf_counter() + STEP_S

    def _tones_of_points(self, places: Float64, colors: UInt8) -> Float32:
        """The tones (3, n) of points at places (n, 3), which have no side."""
        tones = np.ones((3, len(places)), np.float32)
        if self._light is not None:
            sun = self._lit(places) * np.float32(POINTS_FACING)
            tones = self._softened(self._light.tones(np.ones(len(places), np.float32), sun))
        if self._observer is not None:
            tint(tones, colors, self._observer.sees(places) * self._observer.near(places))
        return tones

    def _tones(self, look: _Look, ground: Ground | None, lift_px: float, by_squares: bool = False) -> Float32:
        """What the colours of pixels are multiplied with, (3, n)."""
        if self._light is None:
            return np.ones((3, len(look.pixels)), np.float32)
        sky, sun = self._light.shares(look.normals)
        sun *= look.reached(sun, self._lit, ground, lift_px, by_squares)
        return self._softened(self._light.tones(sky, sun))

    def _tint(
        self,
        tones: Float32,
        colors: UInt8,
        look: _Look,
        ground: Ground | None,
        lift_px: float,
        by_squares: bool = False,
    ) -> None:
        """Change tones (3, n) so that they tell what of pixels with colours (n, 3) the observer sees."""
        observer = self._observer
        if observer is None:
            return
        facing = observer.facing(look.places, look.normals)
        seen = look.reached(facing, observer.sees, ground, lift_px, by_squares)
        tint(tones, colors, np.where(facing > 0, seen, np.float32(0)))

    def _softened(self, tones: Float32) -> Float32:
        return tones if self._strength == 1 else 1 - self._strength * (1 - tones)

    def _lit(self, points: Float64) -> Float32:
        """How lit points are (n,)."""
        sun = self._sun
        if sun is None or sun.shadows is None or sun.direction_when_up is None or not len(points):
            return np.ones(len(points), np.float32)
        return sun.shadows.lit(points, sun.direction)


def _asked(ask: Ask, points: Float64, ground: Ground | None) -> Float32:
    """What rays say of points; those they do not reach that lie below the ground are asked about on it."""
    found = ask(points)
    if ground is None or not ground.is_coarse:
        return found
    found = found.copy()  # it is the caster's
    dark = np.flatnonzero(found == 0)
    height = ground.heights(points[dark, :2]) + LIFT_OFF_GROUND_M
    below = height > points[dark, 2]
    if below.any():
        raised = np.column_stack((points[dark[below], :2], height[below]))
        found[dark[below]] = ask(raised)
    return found


class _Look:
    """Pixels, and what their depths tell of what they show."""

    def __init__(self, depths: Depths, pixels: Index) -> None:
        self._depths, self.pixels = depths, pixels
        self.slopes = depths.slopes(pixels)
        self.normals = depths.normals(pixels, self.slopes)

    @property
    def depth(self) -> Float32:
        """(n,) as the depth buffer has it."""
        found: Float32 = self._depths.buffer.reshape(-1)[self.pixels]
        return found

    @property
    def place(self) -> tuple[Index, Index]:
        """Rows, from the first one on, and columns."""
        row, column = np.divmod(self.pixels, self._depths.view.width)
        return row - row[0] // 2 * 2, column

    @property
    def places(self) -> Float64:
        """What they show, (n, 3) world."""
        return self._depths.places(self.pixels, self._depths.distances(self.pixels))

    def reached(
        self, facing: Float32, ask: Ask, ground: Ground | None, lift_px: float, by_squares: bool
    ) -> Float32:
        """What rays say of those that face by some shares (n,); 1 of the others."""

        def cast(some: Index) -> Float32:
            return _asked(ask, self.lifted(some, lift_px), ground)

        if by_squares:
            return shared_light(*self.place, self.depth, self.slopes, facing, cast)
        found, some = np.ones(len(facing), np.float32), np.flatnonzero(facing > 0)
        found[some] = cast(some)
        return found

    def seen(self, some: Index) -> tuple[Float64, Float64]:
        """Places (k, 3) of some, and how much of the world a pixel covers there."""
        pixels = self.pixels[some]
        distances = self._depths.distances(pixels)
        return self._depths.places(pixels, distances), self._depths.sizes(distances)[0]

    def lifted(self, some: Index, lift_px: float) -> Float64:
        """Places (k, 3) of some, off their surfaces, so that these do not shade themselves."""
        depths, pixels = self._depths, self.pixels[some]
        distances = depths.distances(pixels)
        size, blur = depths.sizes(distances)
        # Towards the eye nothing is in the way, for else it would be seen.
        near = np.minimum(lift_px * size + 2 * blur, 0.5 * np.abs(distances))
        points = depths.places(pixels, distances - near)
        points += (self.normals[:, some] * (lift_px * size + LIFT_M).astype(np.float32)).T
        return points


def _paint(
    tones: Float32, colors: UInt8, look: _Look, paints: Sequence[GroundPaint], ground: Ground | None
) -> None:
    """Change tones (3, n) so that they make painted colours out of the colours (n, 3) of pixels."""
    if not paints:
        return
    level = np.flatnonzero(look.normals[2] > LEVEL)
    places, pixel_m = look.seen(level)
    own = np.maximum(colors[level], 1).astype(np.float32)
    painted = own.copy()
    for paint in paints:
        paint.blend(painted, places, pixel_m, ground)
    tones[:, level] *= (painted / own).T


def _times(colors: UInt8, tones: Float32) -> UInt8:
    """Colours (n, 3) times tones (3, n)."""
    found = np.empty_like(colors)
    for channel in range(3):
        tone = tones[channel] * colors[:, channel]
        found[:, channel] = np.minimum(tone, np.float32(255), out=tone)
    return found
