"""Points drawn by the processor: the nearest point of every pixel, found with whole arrays.

A software renderer spends some 250 ns on a point, however small; this takes 15 ns, for all points in
view in every frame, and needs no actors. Every pixel holds one 64-bit number, the bits of the depth
above those of the colour: the smallest number is the nearest point, and positive floats sort like
their bits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from math import floor, log
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, UInt8
from viewer.edl import light
from viewer.faces import Mask
from viewer.picking import View2D, stretched
from viewer.picture import Float32, Picture

UInt32 = NDArray[np.uint32]
UInt64 = NDArray[np.uint64]

#: Points worked on at once: their numbers fit into the cache of the processor.
AT_ONCE = 32_768
ROWS_AT_ONCE = 64
#: So long the points of a picture may take while the camera moves.
MOVING_S = 0.05
FEWEST_MOVING = 100_000
#: What that changes by, so that points do not come and go with every small change of pace.
STEP = 1.3
NOTHING = np.uint64(2**64 - 1)
RED_AND_BLUE, GREEN = np.uint32(0xFF00FF), np.uint32(0x00FF00)


@dataclass(frozen=True, eq=False)
class Batch:
    """Points with their colours; single precision is enough relative to a corner near them."""

    corner: Float64  # (3,) world
    places: Float32  # (3, n) relative to the corner
    colors: UInt32  # (n,) red in the lowest byte


@dataclass(frozen=True)
class Look:
    """How points are drawn."""

    opacity: float = 1.0
    eye_dome: float = 1.0  # strength, 0: off
    gap_px: int = 0  # gaps of up to so many pixels between points are closed


@dataclass(frozen=True)
class Dots:
    """The points of a layer, and how they are drawn."""

    look: Look
    batches: list[Batch]
    sizes_px: list[int]  # of the points of each batch


class Sight:
    """Where points are drawn in a picture, in single precision relative to a corner near them."""

    def __init__(self, view: View2D, eye: Float64, near: float = 0.0) -> None:
        self._view, camera = view, view.camera
        self.parallel, self.distance_m = camera.parallel, camera.distance_m
        scale = view.height / 2 / camera.half_height / (camera.distance_m if camera.parallel else 1.0)
        self._turned = camera.basis * np.array([[scale], [-scale], [1.0]])
        self._eye, self.near = eye, near
        self._matrix = np.asarray(self._turned * (1.0, 1.0, view.stretch), np.float32)
        self._middle = np.array([[view.width / 2], [view.height / 2]], np.float32)

    def pixels(self, places: Float32, corner: Float32, aside: float = 0.0) -> Float32:
        """Pixel x, y and depth (3, n) of places (3, n) relative to a corner, see `of_corner`.

        `aside` moves them so many pixels to the right and down.
        """
        seen: Float32 = self._matrix @ places
        seen += corner
        if not self.parallel:
            with np.errstate(all="ignore"):
                seen[:2] *= np.reciprocal(seen[2])
        seen[:2] += self._middle + np.float32(aside)
        return seen

    def of_corner(self, corner: Float64) -> Float32:
        """What a corner adds to the places relative to it, (3, 1); worked out in double precision."""
        view = self._view
        moved = self._turned @ (stretched(corner, view.origin, view.stretch) - self._eye)
        return np.asarray(moved[:, None], np.float32)


class Pace:
    """How quick points were drawn of late."""

    def __init__(self) -> None:
        self._per_point_s = self._per_picture_s = 0.0

    def learn(self, points: int, placing_s: float, laying_s: float) -> None:
        """A picture took so long for so many points, and so long for its pixels."""
        self._per_picture_s = _blended(self._per_picture_s, laying_s, 0.1)
        if points:
            weight = 0.1 * min(points / FEWEST_MOVING, 1)
            self._per_point_s = _blended(self._per_point_s, placing_s / points, weight)

    def moving_points(self, most: int) -> int:
        """How many points keep motion fluent."""
        if not self._per_point_s:
            return most
        left_s = max(MOVING_S - self._per_picture_s, 0.0)
        steps = floor(log(left_s / self._per_point_s / FEWEST_MOVING + 1e-9, STEP))
        return min(most, round(FEWEST_MOVING * STEP ** max(steps, 0)))


def _blended(before: float, now: float, weight: float) -> float:
    """A mean that follows slowly; much more than before means that other work came between."""
    return before + (min(now, 2 * before) - before) * weight if before else now


class Splats:
    """Draws points into pictures."""

    def __init__(self) -> None:
        self.pace = Pace()
        self._fields: dict[int, UInt64] = {}  # for each size of points, used again

    def draw(self, picture: Picture, view: View2D, every: Iterable[Dots]) -> None:
        """Draw the points of all layers; those that look alike in one go."""
        sight = Sight(view, picture.eye + view.origin, picture.near)
        alike: dict[Look, dict[int, list[Batch]]] = {}
        for dots in every:
            by_size = alike.setdefault(dots.look, {})
            for batch, size in zip(dots.batches, dots.sizes_px, strict=True):
                by_size.setdefault(size, []).append(batch)
        for look, by_size in sorted(alike.items(), key=lambda item: -item[0].opacity):
            if by_size:
                begun = perf_counter()
                fields = self._placed(picture, sight, look, by_size)
                placed = perf_counter()
                _lay(fields, picture, sight, look)
                points = sum(len(batch.colors) for batches in by_size.values() for batch in batches)
                self.pace.learn(points, placed - begun, perf_counter() - placed)

    def _placed(
        self, picture: Picture, sight: Sight, look: Look, by_size: dict[int, list[Batch]]
    ) -> dict[int, UInt64]:
        """For every size of points, the nearest one of every pixel."""
        more = 2 * look.gap_px + max(by_size) + 1  # points beyond the borders reach into the picture
        shape = picture.depth.shape[0] + more, picture.depth.shape[1] + more
        found = {}
        for size, batches in by_size.items():
            field = found[size] = self._empty(size, shape)
            for batch in batches:
                _place(field, sight, batch, look.gap_px + (size - 1) / 2)
        return found

    def _empty(self, size: int, shape: tuple[int, int]) -> UInt64:
        field = self._fields.get(size)
        if field is None or field.shape != shape:
            field = self._fields[size] = np.empty(shape, np.uint64)
        field.fill(NOTHING)
        return field


def _place(field: UInt64, sight: Sight, batch: Batch, edge: float) -> None:
    """Put points on pixels, `edge` to the right and below; nearer ones stay on top."""
    height, width = field.shape
    corner, pixels = sight.of_corner(batch.corner), field.reshape(-1)
    for first in range(0, batch.places.shape[1], AT_ONCE):
        seen = sight.pixels(batch.places[:, first : first + AT_ONCE], corner, edge)
        depth = seen[2]
        with np.errstate(all="ignore"):
            column, row = seen[:2].astype(np.int32)
        inside = column.view(np.uint32) < width
        inside &= row.view(np.uint32) < height
        inside &= depth > sight.near
        row *= width
        row += column
        key = depth.view(np.uint32).astype(np.uint64)
        key <<= np.uint64(32)
        key |= batch.colors[first : first + AT_ONCE]
        if not inside.all():
            row, key = row[inside], key[inside]
        np.minimum.at(pixels, row, key)


def _lay(fields: dict[int, UInt64], picture: Picture, sight: Sight, look: Look) -> None:
    """Bring the points into the picture where nothing is before them, band by band."""
    (upper, lower), (left, right) = _reached(fields, picture.depth.shape, look.gap_px)
    for top in range(upper, lower, ROWS_AT_ONCE):
        end = min(top + ROWS_AT_ONCE, lower)
        first, last = max(top - 1, 0), min(end + 1, picture.depth.shape[0])  # the light needs neighbours
        halves = _nearest(fields, first, last, (left, right), look.gap_px).view(np.uint32)
        colors, depth = halves[:, ::2].copy(), halves[:, 1::2].copy().view(np.float32)
        behind = picture.depth[first:last, left:right]
        shown = depth <= behind  # where no point is, the depth is not a number
        if not shown.any():
            continue
        depth = np.where(shown, depth, behind)
        if look.eye_dome > 0:
            shade = light(depth, look.eye_dome, sight.distance_m if sight.parallel else None)
            with np.errstate(invalid="ignore"):
                colors = _darkened(colors, shade.astype(np.uint32))
        middle = slice(top - first, end - first)
        picture.depth[top:end, left:right] = depth[middle]
        _blend(picture.pixels[top:end, left:right], colors[middle], shown[middle], look.opacity)


def _reached(
    fields: dict[int, UInt64], shape: tuple[int, ...], gap_px: int
) -> tuple[tuple[int, int], tuple[int, int]]:
    """The rows and columns of a picture that points reach, from the first to before the last.

    One more all around them, for the light; and at least two, for it looks at neighbours.
    """
    found = []
    for axis, length in enumerate(shape):
        held = reduce(np.logical_or, [(field != NOTHING).any(axis=1 - axis) for field in fields.values()])
        at = np.flatnonzero(held)
        if not len(at):
            return (0, 0), (0, 0)
        first = max(int(at[0]) - 2 * gap_px - max(fields) - 1, 0)
        last = min(int(at[-1]) + 2, length)
        found.append((min(first, max(last - 2, 0)), last))
    return found[0], found[1]


def _nearest(
    fields: dict[int, UInt64], first: int, last: int, columns: tuple[int, int], gap_px: int
) -> UInt64:
    """The nearest point of every pixel of some rows and columns, with gaps filled from beside them.

    First every point covers a square of its size and the gaps around it; then a pixel gets the farthest
    of what covers the squares around it. So outlines stay where they are, a lone point stays a point,
    slopes stay what they are, and what shines through a gap is covered.
    """
    rows, (left, right) = last - first, columns
    reach = 2 * gap_px + max(fields) + 1
    covered = [
        _pooled(field[first:, left : right + reach], rows + gap_px + 1, size + gap_px, np.minimum)
        for size, field in fields.items()
    ]
    return _pooled(reduce(np.minimum, covered), rows, gap_px + 1, np.maximum)[:, : right - left]


def _pooled(field: UInt64, rows: int, size: int, choose: np.ufunc) -> UInt64:
    """The chosen ones of all squares of `size` pixels that begin in the first rows, each where it begins.

    The rows are worked on as one long one, which is more than twice as quick; the last columns, whose
    squares run into the next row, hold nothing of use. One row more than the squares reach into is needed.
    """
    width = field.shape[1]
    flat = field[: rows + size].reshape(-1)
    reached = 1
    while reached < size:
        step = min(reached, size - reached)
        across = choose(flat[:-step], flat[step:])
        flat = choose(across[: -step * width], across[step * width :])
        reached += step
    return flat[: rows * width].reshape(rows, width)


def _blend(pixels: UInt8, colors: UInt32, shown: Mask, opacity: float) -> None:
    parts = colors.view(np.uint8).reshape(*colors.shape, 4)
    for channel in range(3):
        below, above = pixels[..., channel], parts[..., channel]
        if opacity < 1:
            above = (below + (above.astype(np.float32) - below) * np.float32(opacity)).astype(np.uint8)
        pixels[..., channel] = np.where(shown, above, below)


def _darkened(colors: UInt32, shade: UInt32) -> UInt32:
    """Colours times 0 … 256, two channels at once."""
    found = colors & RED_AND_BLUE
    found *= shade
    found >>= np.uint32(8)
    found &= RED_AND_BLUE
    green = colors & GREEN
    green *= shade
    green >>= np.uint32(8)
    green &= GREEN
    found |= green
    return found
