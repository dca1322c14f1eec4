"""The sky dome: where the sun goes in a day and in the seasons, drawn around what is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64
from viewer.faces import Index
from viewer.light import Background
from viewer.pen import Pen
from viewer.picking import View2D
from viewer.picture import Float32, Picture

#: The radius of the dome, as a share of what is seen from the top to the bottom of the picture.
REACH = 0.36
#: How strong lines are: of the day itself, of other days, of the ring of the compass.
DAY, SEASON, RING = 0.95, 0.6, 0.7
#: What is left of a line behind something.
BEHIND = 0.35
DAY_COLOR, SEASON_COLOR, SUN_COLOR = (232, 150, 36), (206, 158, 84), (250, 190, 60)
DISC_PX = 9.0
WORD_SIZE, NAME_SIZE = 11, 14
RING_STEPS = 180
COMPASS = ("N", "E", "S", "W")
#: Ticks of the compass, every so many degrees.
TICK_DEG = 15


@dataclass(frozen=True, eq=False)
class SkyMark:
    """A place on a path of the sun with a word: a full hour, sunrise, sunset."""

    direction: Float64  # (3,) unit, towards the sun, in the project's grid
    label: str  # "9", "6:12"
    is_horizon: bool = False  # sunrise or sunset


@dataclass(frozen=True, eq=False)
class SkyPath:
    """Where the sun goes in one day, as far as it is above the horizon."""

    title: str  # "21 March"
    directions: Float64  # (n, 3) unit, towards the sun, in the project's grid
    is_day: bool = False  # of the day that is looked at; others are drawn fainter
    marks: tuple[SkyMark, ...] = ()


@dataclass(frozen=True, eq=False)
class Dome:
    """What is drawn of the sky."""

    paths: tuple[SkyPath, ...] = ()
    convergence_deg: float = 0.0  # of the grid: true north lies at the grid azimuth of minus so much


def draw(picture: Picture, view: View2D, dome: Dome, to_sun: Float64 | None, background: Background) -> None:
    """Draw the dome into a picture; `to_sun` is where the sun is, above the horizon."""
    sketch = _Sketch(picture, view, background)
    ink = np.array(background.ink, np.float32)
    sketch.line(_ring(dome.convergence_deg), ink, RING)
    for way, length in _ticks(dome.convergence_deg):
        sketch.line(np.stack((way, way * (1 + length))), ink, RING)
    for name, azimuth in zip(COMPASS, range(0, 360, 90), strict=True):
        sketch.word(1.13 * _level(azimuth - dome.convergence_deg), name, ink, size=NAME_SIZE)
    for path in sorted(dome.paths, key=lambda one: not one.is_day):
        color = np.array(DAY_COLOR if path.is_day else SEASON_COLOR, np.float32)
        sketch.line(path.directions, color, DAY if path.is_day else SEASON, 1.5 if path.is_day else 1.0)
        if len(path.directions) and path.title and not path.is_day:
            sketch.word(1.05 * path.directions[len(path.directions) // 2], path.title, ink, strength=0.7)
        for mark in sorted(path.marks, key=lambda one: not one.is_horizon):
            sketch.dot(mark.direction, color, 3.0 if mark.is_horizon else 2.2, DAY)
            sketch.word((1.12 if mark.is_horizon else 1.07) * mark.direction, mark.label, ink)
    if to_sun is not None:
        sketch.line(np.stack((np.zeros(3), to_sun)), np.array(SUN_COLOR, np.float32), SEASON)
        sketch.dot(to_sun, np.array(SUN_COLOR, np.float32), DISC_PX, 1.0)


def _level(azimuth_deg: NDArray[np.floating] | float) -> Float64:
    """Unit directions (…, 3) in the plane of the map."""
    angle = np.radians(azimuth_deg)
    return np.stack((np.sin(angle), np.cos(angle), np.zeros_like(angle)), axis=-1)


def _ring(convergence_deg: float) -> Float64:
    return _level(np.linspace(0.0, 360.0, RING_STEPS + 1) - convergence_deg)


def _ticks(convergence_deg: float) -> Iterator[tuple[Float64, float]]:
    """Directions of the ticks of the compass, and how long they are."""
    for azimuth in range(0, 360, TICK_DEG):
        length = 0.06 if azimuth % 90 == 0 else 0.03 if azimuth % 45 == 0 else 0.018
        yield _level(azimuth - convergence_deg), length


class _Sketch:
    """Draws directions of a dome around the target of the camera."""

    def __init__(self, picture: Picture, view: View2D, background: Background) -> None:
        self._picture, self._view = picture, view
        self._pen = Pen(picture.pixels, background.paper)
        camera = view.camera
        self._radius = REACH * 2 * camera.half_height * camera.distance_m
        self._words: list[tuple[float, float, float]] = []  # x, y and width of those drawn
        #: Depths of pictures of parallel views count from behind everything, not from the eye.
        self._ahead = float((camera.eye - view.origin - picture.eye) @ camera.basis[2])

    def _projected(self, directions: Float64) -> Float64:
        """Pixel x, y and depth (n, 3) of directions, which may be longer than 1, before the eye."""
        camera, view = self._view.camera, self._view
        seen = camera.project(camera.target + self._radius * directions, view.width, view.height)
        seen[:, 2] += self._ahead
        seen[(seen[:, 2] <= 0) & (not camera.parallel)] = np.inf
        return seen

    def _seen(self, column: Index, row: Index, depth: Float64) -> Float32:
        covered = self._picture.depth[row, column] < depth
        return np.where(covered, np.float32(BEHIND), np.float32(1))

    def line(self, directions: Float64, color: Float32, strength: float, width: float = 1.2) -> None:
        """A line through directions."""
        self._pen.line(self._projected(directions), color, strength, width, self._seen)

    def dot(self, direction: Float64, color: Float32, radius: float, strength: float) -> None:
        """A round spot."""
        x, y, depth = self._projected(direction[None])[0].tolist()
        if np.isfinite(depth):
            self._pen.dot(x, y, radius, color, strength)

    def word(
        self, direction: Float64, words: str, color: Float32, strength: float = 0.9, size: int = WORD_SIZE
    ) -> None:
        """A word, in the middle of a direction, unless another one is there."""
        x, y, depth = self._projected(direction[None])[0].tolist()
        wide = 0.6 * size * len(words)
        if not np.isfinite(depth) or any(
            abs(x - other) < (wide + width) / 2 and abs(y - level) < size
            for other, level, width in self._words
        ):
            return
        self._words.append((x, y, wide))
        self._pen.word(x, y, words, color, strength, size)
