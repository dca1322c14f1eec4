"""Light over the city: sky and ground light, a key light from the north-west, sky backgrounds.

The light is worked into the colours of the vertices once, not into every frame: the city stands
still, so a flat shader draws it in the same tones at less than half the cost on a software renderer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, UInt8

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Light:
    """Colours are linear factors on a surface's own colour."""

    to_key: tuple[float, float, float] = (-0.46, 0.50, 0.73)  # towards the north-west, 47° high
    key: tuple[float, float, float] = (0.40, 0.385, 0.35)
    to_fill: tuple[float, float, float] = (-0.35, -0.85, 0.40)  # the sky opposite, brightest in the south
    fill: tuple[float, float, float] = (0.125, 0.125, 0.13)
    sky: tuple[float, float, float] = (0.67, 0.685, 0.705)
    ground: tuple[float, float, float] = (0.585, 0.565, 0.545)

    @property
    def key_tone(self) -> np.float32:
        """How bright the key light is, whatever its colour."""
        return np.float32(np.mean(self.key))

    @property
    def fill_tone(self) -> np.float32:
        """How bright the fill light is."""
        return np.float32(np.mean(self.fill))

    @property
    def sky_tone(self) -> float:
        """How bright the light of the sky is."""
        return float(np.mean(self.sky))

    @property
    def ground_tone(self) -> float:
        """How bright the light of the ground is."""
        return float(np.mean(self.ground))

    def on(self, normals: Float32) -> Float32:
        """What reaches surfaces with these unit normals, (n, 3); degenerate ones get the mean."""
        return self._on(normals, lambda facing: np.clip(facing, 0, None))

    def on_rough(self, normals: Float32) -> Float32:
        """What reaches rough ground on average: its normals are means, the shorter the more they differ."""
        # Normals about a mean turn towards a light as if by a normal distribution of this variance.
        variance = np.clip(1 - (normals * normals).sum(axis=1), 0, 1) / 3
        share = np.float32(2 / np.pi) * variance
        return self._on(normals, lambda facing: (facing + np.sqrt(facing * facing + share)) / 2)

    def _on(self, normals: Float32, lit_share: Callable[[Float32], Float32]) -> Float32:
        toward_sky = (normals[:, 2:3] + 1) / 2
        sky, ground = np.asarray(self.sky, np.float32), np.asarray(self.ground, np.float32)
        lit: Float32 = ground + toward_sky * (sky - ground)
        for direction, color in ((self.to_key, self.key), (self.to_fill, self.fill)):
            way = np.asarray(direction, np.float32)
            facing = lit_share(normals @ (way / np.linalg.norm(way)))
            lit += facing[:, None] * np.asarray(color, np.float32)
        return lit


DAY = Light()
#: The sun at the horizon and high up; what is left of the sky at night, and the sky by day.
LOW_SUN, HIGH_SUN = (0.66, 0.46, 0.26), (0.56, 0.53, 0.46)
NIGHT_SKY, DAY_SKY = (0.30, 0.34, 0.43), (0.535, 0.565, 0.615)
#: How much of the light of the sky reaches what looks down; it comes back from the ground.
SKY_BELOW = 0.8
#: A surface that faces the sun by this share gets half of the light of one that faces it fully.
SOFT_FACING = 0.25


@dataclass(frozen=True)
class Daylight:
    """Sun and sky at one height of the sun, as colours; they take the place of `DAY`."""

    to_sun: Float32  # (3,)
    sun: Float32  # (3,) on a surface that faces it
    sky: Float32  # (3,) on a surface in the shade that looks up

    @classmethod
    def of(cls, to_sun: Float64, altitude_deg: float) -> Daylight:
        """Warm and weak at the horizon, and gone below it, where a blue twilight is left."""
        high = np.interp(altitude_deg, (0.0, 25.0), (0.0, 1.0))
        up = float(np.interp(altitude_deg, (-0.5, 2.0), (0.0, 1.0)))
        dusk = float(np.interp(altitude_deg, (-12.0, 4.0), (0.0, 1.0)))
        sun = up * _between(LOW_SUN, HIGH_SUN, high)
        return cls(np.asarray(to_sun, np.float32), sun, _between(NIGHT_SKY, DAY_SKY, dusk))

    def shares(self, normals: Float32) -> tuple[Float32, Float32]:
        """How much of sky and sun reach surfaces with unit normals (3, n), as shares of `DAY`'s light.

        What faces the sun only a little is brightened: a low sun must still tell light from shadow.
        """
        day = DAY.key_tone * _facing(DAY.to_key, normals)
        day += DAY.fill_tone * _facing(DAY.to_fill, normals)
        day += normals[2] * np.float32((DAY.sky_tone - DAY.ground_tone) / 2)
        day += np.float32((DAY.sky_tone + DAY.ground_tone) / 2)
        over = np.reciprocal(day)
        sky = normals[2] * np.float32((1 - SKY_BELOW) / 2)
        sky += np.float32((1 + SKY_BELOW) / 2)
        sky *= over
        sun = np.maximum(self.to_sun @ normals, np.float32(0))
        sun *= np.float32(1 + SOFT_FACING) / (sun + np.float32(SOFT_FACING))
        sun *= over
        return sky, sun

    def tones(self, sky: Float32, sun: Float32) -> Float32:
        """The light of such shares as colours, (3, n)."""
        return np.stack([sky * self.sky[i] + sun * self.sun[i] for i in range(3)])


def _facing(direction: tuple[float, float, float], normals: Float32) -> Float32:
    way = np.asarray(direction, np.float32)
    return np.asarray(np.maximum((way / np.linalg.norm(way)) @ normals, np.float32(0)))


def _between(low: tuple[float, ...], high: tuple[float, ...], share: float) -> Float32:
    return np.asarray(np.array(low) + (np.array(high) - np.array(low)) * share, np.float32)


@dataclass(frozen=True)
class Background:
    """A sky that fades from the horizon up; 8-bit colours."""

    low: tuple[int, int, int]
    high: tuple[int, int, int]
    ink: tuple[int, int, int]  # for text and lines drawn over it
    paper: tuple[int, int, int]  # what text stands on

    def pixels(self, width: int, height: int) -> UInt8:
        """The bare sky, (h, w, 3), top row first."""
        return _faded(self.low, self.high, width, height).copy()


@lru_cache(maxsize=2)
def _faded(low: tuple[int, ...], high: tuple[int, ...], width: int, height: int) -> UInt8:
    share = (np.arange(height)[::-1, None] + 0.5) / height
    rows = np.rint(np.array(low) + (np.array(high) - np.array(low)) * share).astype(np.uint8)
    return np.asarray(rows[:, None].repeat(width, axis=1))


LIGHT_SKY = Background((244, 244, 240), (206, 219, 231), ink=(52, 55, 60), paper=(244, 244, 240))
DARK_SKY = Background((46, 50, 56), (27, 30, 36), ink=(222, 225, 229), paper=(46, 50, 56))


#: The sky of a theme at dusk, and when the sun stands low: near the horizon, and above.
DUSK_SKY, LOW_SUN_SKY = ((176, 150, 146), (92, 104, 138)), ((246, 228, 202), (196, 209, 226))
NIGHT_SKY_BACKGROUND = ((44, 50, 66), (20, 25, 40))


def sky(dark: bool, sun_altitude_deg: float | None = None) -> Background:
    """The background of a theme; in the light one the sky follows the sun."""
    if dark or sun_altitude_deg is None:
        return DARK_SKY if dark else LIGHT_SKY
    heights = (-14.0, -5.0, 2.0, 14.0)
    skies = (NIGHT_SKY_BACKGROUND, DUSK_SKY, LOW_SUN_SKY, (LIGHT_SKY.low, LIGHT_SKY.high))
    table = np.array(skies, np.float64)  # (heights, low and high, channels)
    mixed = [[np.interp(sun_altitude_deg, heights, table[:, i, k]) for k in range(3)] for i in range(2)]
    (r, g, b), (s, h, c) = np.rint(mixed).astype(int).tolist()
    theme = DARK_SKY if sun_altitude_deg < -6.0 else LIGHT_SKY
    return Background((r, g, b), (s, h, c), theme.ink, theme.paper)


def foot_shade(height_above_base_m: Float32, reach_m: float = 5.0) -> Float32:
    """Walls darken towards the ground, where less sky is seen: 0.84 at the foot, 1 from `reach_m` up."""
    t = np.clip(height_above_base_m / np.float32(reach_m), 0, 1)
    shade: Float32 = np.float32(0.84) + np.float32(0.16) * t * (2 - t)
    return shade
