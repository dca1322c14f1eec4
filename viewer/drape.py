"""Orthophotos over the ground: the pictures that tiles of terrain are papered with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, ImagePyramid, Mover, UInt8

Float32 = NDArray[np.float32]
#: The colours of the bare ground at places (n, 2), (n, 3) float32.
Ground = Callable[[Float64], Float32]

#: Between so many places along a side, the way into another CRS is straight.
STEPS = 17
#: Where a picture is turned by less than this it is taken to lie straight.
STRAIGHT_PIXELS = 0.05
#: The bare ground is looked at in so many places along a side.
GROUND_STEPS = 33
LEAST_PIXELS, MOVING_PIXELS, MOST_PIXELS = 32, 128, 1024
#: The size of the picture of a tile that has just come into view, and of one that has none.
FIRST_PIXELS, BARE = (32, 32), (0, 0)
#: A photograph brings shadows of its own: so much of ours is laid over it.
SHADE_ON_PHOTO = 0.45


@dataclass(frozen=True)
class Laid:
    """A picture as it lies over the ground."""

    layer: int
    opacity: float
    image: ImagePyramid = field(compare=False)
    into: Mover = field(compare=False)  # from the project's CRS into the picture's


@dataclass(frozen=True)
class Part:
    """A rectangle of the map."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def around(cls, box: Float64) -> Part:
        """Of a box (2, 3)."""
        return cls(*box[:, :2].ravel().tolist())

    def grid(self, across: int, up: int) -> Float64:
        """So many places from west to east and from south to north, (up, across, 2)."""
        x, y = np.linspace(self.west, self.east, across), np.linspace(self.south, self.north, up)
        return np.stack(np.broadcast_arrays(x, y[:, None]), axis=-1)

    def within(self, points: Float64) -> tuple[Float32, Float32]:
        """Where points (n, 2 or 3) lie between west and east, and south and north, 0 to 1."""
        across = (points[:, 0] - self.west) / max(self.east - self.west, 1e-9)
        up = (points[:, 1] - self.south) / max(self.north - self.south, 1e-9)
        return across.astype(np.float32), up.astype(np.float32)


@dataclass(frozen=True)
class Drape:
    """Pictures over the ground, the uppermost first."""

    laid: tuple[Laid, ...] = ()

    def pixels_for(self, part: Part, metres_per_pixel: float, most: int) -> tuple[int, int]:
        """How large a picture of a part should be, (width, height): no finer than what there is."""
        finest = min(_pixel_m(laid, part) for laid in self.laid)
        pixel = max(metres_per_pixel, finest)
        sides = ((part.east - part.west) / pixel, (part.north - part.south) / pixel)
        powers = (2 ** int(np.ceil(np.log2(max(side, 1.0)))) for side in sides)
        width, height = (int(np.clip(power, LEAST_PIXELS, most)) for power in powers)
        return width, height

    def picture(self, part: Part, size: tuple[int, int], ground: Ground) -> UInt8:
        """What is seen of a part of the map, (h, w, 3), its lowest row first.

        The middle of the first pixel is its lower left corner, that of the last its upper right.
        """
        width, height = size
        seen, clear = np.zeros((height, width, 3), np.float32), np.ones((height, width, 1), np.float32)
        for laid in self.laid:
            found = _sampled(laid, part, size)
            if laid.opacity == 1 and laid is self.laid[0] and (found[..., 3] == 255).all():
                return found[..., :3]
            share = clear * found[..., 3:] * np.float32(laid.opacity / 255)
            seen += share * found[..., :3]
            clear -= share
            if clear.max() < 1 / 255:
                break
        else:
            seen += clear * _spread(ground, part, size)
        return (seen + 0.5).astype(np.uint8)


def _sampled(laid: Laid, part: Part, size: tuple[int, int]) -> UInt8:
    """Colours and cover of a picture, for every pixel of a part of the map."""
    column, row = _in_picture(laid, part, size)
    width, height = size
    step = max(np.ptp(column) / max(width - 1, 1), np.ptp(row) / max(height - 1, 1))
    level = laid.image.level_for(float(step))
    if max(np.ptp(column, axis=0).max(), np.ptp(row, axis=1).max()) < STRAIGHT_PIXELS * 2**level:
        # Rows and columns run as those of the picture.
        columns, rows = _enlarged(column[:1], (width, 1))[0], _enlarged(row[:, :1], (1, height))[:, 0]
        return laid.image.in_grid(level, columns, rows)
    return laid.image.at(level, _enlarged(column, size), _enlarged(row, size))


def _pixel_m(laid: Laid, part: Part) -> float:
    """How much of the world a finest pixel covers there."""
    column, row = _in_picture(laid, part, (2, 2))
    pixels = float(np.hypot(column[1, 1] - column[0, 0], row[1, 1] - row[0, 0]))
    diagonal = float(np.hypot(part.east - part.west, part.north - part.south))
    return diagonal / max(pixels, 1e-9)


def _in_picture(laid: Laid, part: Part, size: tuple[int, int]) -> tuple[Float64, Float64]:
    """Fractional columns and rows of the picture, for some places in a part of the map, evenly spread."""
    across, up = (min(side, STEPS) for side in size)
    places = part.grid(across, up).reshape(-1, 2)
    moved = laid.into(np.column_stack((places, np.zeros(len(places)))))[:, :2]
    return laid.image.to_pixels(moved.reshape(up, across, 2))


def _spread(ground: Ground, part: Part, size: tuple[int, int]) -> Float32:
    """The bare ground, looked at in some places, for every pixel."""
    across, up = (min(side, GROUND_STEPS) for side in size)
    colors = ground(part.grid(across, up).reshape(-1, 2)).reshape(up, across, 3)
    return np.stack([_enlarged(colors[..., k], size) for k in range(3)], axis=-1).astype(np.float32)


def _enlarged(values: NDArray[np.floating], size: tuple[int, int]) -> Float64:
    """Values (v, u) spread evenly over (height, width), linear between them."""
    for axis, wanted in ((0, size[1]), (1, size[0])):
        count = values.shape[axis]
        if count == wanted:
            continue
        at = np.linspace(0, count - 1, wanted)
        before = np.minimum(at.astype(np.int64), count - 2)
        part = at - before
        part = part[:, None] if axis == 0 else part
        values = np.take(values, before, axis) * (1 - part) + np.take(values, before + 1, axis) * part
    return np.asarray(values, np.float64)


def softened(light: Float32) -> UInt8:
    """The light on vertices as colours that a photograph is multiplied with."""
    soft = 1 - np.float32(SHADE_ON_PHOTO) * (1 - light)
    colors: UInt8 = np.clip(soft * 255, 0, 255).astype(np.uint8)
    return colors
