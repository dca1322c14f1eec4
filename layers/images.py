"""Orthophotos: a pyramid of pixels, and the way to any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from layers.pyramid import (
    BLOCK,
    Blocks,
    Finder,
    Index,
    Level,
    Levels,
    Piece,
    Span,
    build,
    levels_of,
    pieces_of,
)
from layers.stored import Float64, Int32, Int64, Stored, UInt8, UInt16

SMALLEST = BLOCK  # rows and columns of the coarsest level
COARSE_PIECE = 2 * BLOCK, 16 * BLOCK
#: Pixels of some rows and columns of the source: red, green, blue, and how much they cover; in any thread.
Pixels = Callable[[Span, Span], UInt8]


@dataclass(frozen=True)
class ImagePyramid(Stored):
    """A picture in the layer's CRS, in levels; pixel r of level k is pixels r · 2^k and following."""

    pixels: UInt8  # (n, BLOCK, BLOCK, 4) red, green, blue, and how much the pixel covers
    pixels_place: Int32  # per block of all levels: which of `pixels`, -1 where there is no picture
    size: Int64  # (2,) rows, columns
    affine: Float64  # (6,) a b c d e f: x = a*col + b*row + c, y = d*col + e*row + f (pixel corners)

    @cached_property
    def levels(self) -> Levels:
        """From the finest to the coarsest."""
        rows, columns = self.size.tolist()
        return image_levels(rows, columns)

    @cached_property
    def _pixels(self) -> Finder:
        return Finder(self.pixels, self.pixels_place, self.levels, 0)

    def level_for(self, pixels: float) -> int:
        """The coarsest level whose pixels are no wider than so many of the finest."""
        return int(np.clip(np.floor(np.log2(max(pixels, 1.0))), 0, len(self.levels) - 1))

    def at(self, level: int, column: Float64, row: Float64) -> UInt8:
        """Colours and cover at places counted in finest pixels from the outer corner, (…, 4).

        Linear between the middles of pixels; nothing is covered beside the picture.
        """
        rows, columns = self.size.tolist()
        inside = (column >= 0) & (column <= columns) & (row >= 0) & (row <= rows)
        (top, below, v), (left, beside, u) = self._between(level, row, 0), self._between(level, column, 1)
        pixels = self._around(level, top, left)
        wide = pixels.shape[1]
        packed = pixels.reshape(-1, 4).view(np.uint32)[:, 0]
        first = (top - top.min()) * wide + (left - left.min())
        four = (packed[first + step].view(np.uint8).reshape(*first.shape, 4) for step in
                (0, beside, below * wide, below * wide + beside))  # fmt: skip
        a, b, c, d = four
        found = _mixed(_mixed(a, b, u[..., None]), _mixed(c, d, u[..., None]), v[..., None])
        found[~inside] = 0
        return found

    def in_grid(self, level: int, columns: Float64, rows: Float64) -> UInt8:
        """The same where columns and rows cross, (rows, columns, 4)."""
        (top, below, v), (left, beside, u) = self._between(level, rows, 0), self._between(level, columns, 1)
        pixels = self._around(level, top, left)
        top, left = top - top.min(), left - left.min()
        down = _mixed(pixels[top], pixels[top + below], v[:, None, None])
        found = _mixed(np.take(down, left, axis=1), np.take(down, left + beside, axis=1), u[:, None])
        high, wide = self.size.tolist()
        found[(rows < 0) | (rows > high)] = 0
        found[:, (columns < 0) | (columns > wide)] = 0
        return found

    def _between(self, level: int, at: Float64, axis: int) -> tuple[Index, Index, UInt16]:
        """The pixels before places along an axis, the steps to those after, and how far on, of 256."""
        this = self.levels[level]
        last = (this.rows, this.columns)[axis] - 1
        fraction = np.clip(at / 2**level - 0.5, 0, last)
        before = fraction.astype(np.int64)
        after = np.minimum(before + 1, last)
        return before, after - before, ((fraction - before) * 256).astype(np.uint16)

    def _around(self, level: int, top: Index, left: Index) -> UInt8:
        """The pixels from the least of these rows and columns to one past the greatest."""
        this = self.levels[level]
        rows = int(top.min()), min(int(top.max()) + 2, this.rows)
        columns = int(left.min()), min(int(left.max()) + 2, this.columns)
        found: UInt8 = np.ascontiguousarray(self._pixels.window(this, rows, columns))
        return found

    def window(self, level: int, rows: Span, columns: Span) -> UInt8:
        """The pixels of some rows and columns, (r, c, 4); beside the picture those at its border."""
        this = self.levels[level]
        inside = [
            (max(span[0], 0), min(span[1], end)) for span, end in ((rows, this.rows), (columns, this.columns))
        ]
        found = self._pixels.window(this, inside[0], inside[1])
        missing = [
            (has[0] - span[0], span[1] - has[1]) for has, span in zip(inside, (rows, columns), strict=True)
        ]
        return np.pad(found, (*missing, (0, 0)), mode="edge") if any(map(any, missing)) else found

    def covers(self, places: Float64) -> NDArray[np.bool_]:
        """Whether there is a picture at places (n, 2) in the layer's CRS."""
        column, row = self.to_pixels(places)
        found: NDArray[np.bool_] = self.at(0, column, row)[..., 3] > 0
        return found

    def places(self, level: int, rows: Float64, columns: Float64) -> Float64:
        """Places (…, 2) in the layer's CRS of fractional rows and columns of a level; they broadcast."""
        height, width = self.size.tolist()
        row, column = np.minimum(rows * 2.0**level, height), np.minimum(columns * 2.0**level, width)
        a, b, c, d, e, f = self.affine
        x, y = a * column + b * row + c, d * column + e * row + f
        return np.stack(np.broadcast_arrays(x, y), axis=-1)

    def to_pixels(self, places: Float64) -> tuple[Float64, Float64]:
        """Fractional (column, row) of places (…, 2) in the layer's CRS, in finest pixels."""
        turn = np.linalg.inv(self.affine[[0, 1, 3, 4]].reshape(2, 2))
        column, row = np.moveaxis((places - self.affine[[2, 5]]) @ turn.T, -1, 0)
        return column, row


def _mixed(one: UInt8, other: UInt8, share: UInt16) -> UInt8:
    """Pixels so much of the way, of 256, from one to the other."""
    mixed = one * (256 - share)
    mixed += other * share
    mixed += 128
    mixed >>= 8
    found: UInt8 = mixed.astype(np.uint8)
    return found


def image_levels(rows: int, columns: int) -> Levels:
    """The levels of a picture."""
    return levels_of(rows, columns, lambda count: -(-count // 2), SMALLEST)


def build_image(
    folder: Path, size: tuple[int, int], affine: Float64, piece: tuple[int, int], pixels: Pixels,
    progress: Callable[[float], None],
) -> None:  # fmt: skip
    """Save an `ImagePyramid` in a folder, where an earlier process may have begun it."""
    folder.mkdir(parents=True, exist_ok=True)
    levels = image_levels(*size)
    recipe = _Recipe(folder, levels, piece, pixels)
    build(folder, levels, recipe, progress)
    recipe.finish()
    for name, value in (("size", size), ("affine", affine)):
        np.save(folder / f"{name}.npy", np.asarray(value), allow_pickle=False)


class _Recipe:
    def __init__(self, folder: Path, levels: Levels, piece: tuple[int, int], pixels: Pixels) -> None:
        self._levels, self._piece, self._read = levels, piece, pixels
        self._blocks = Blocks(folder, "pixels", levels, np.uint8, 0, channels=4)
        self.keep, self.save, self.finish = self._blocks.keep, self._blocks.save, self._blocks.finish

    def pieces(self, level: Level) -> Iterator[Piece]:
        """As the source is read best; coarser levels in pieces of which many fit into memory."""
        return pieces_of(level, *(COARSE_PIECE if level.number else self._piece))

    def make(self, piece: Piece) -> UInt8:
        """Pixels from the source, or the mean of four of the level before."""
        if not piece.level.number:
            return self._read(piece.rows, piece.columns)
        finer = self._levels[piece.level.number - 1]
        rows, columns = (
            (2 * start, min(2 * stop, end))
            for (start, stop), end in ((piece.rows, finer.rows), (piece.columns, finer.columns))
        )
        return _halved(self._blocks.window(finer, rows, columns))


def _halved(fine: UInt8) -> UInt8:
    """Means of two by two pixels, as far as they cover anything."""
    rows, columns = (side % 2 for side in fine.shape[:2])
    if rows or columns:
        fine = np.pad(fine, ((0, rows), (0, columns), (0, 0)), mode="edge")
    four = [fine[i::2, j::2].astype(np.uint32) for i in (0, 1) for j in (0, 1)]
    if (fine[..., 3] == 255).all():
        return ((four[0] + four[1] + four[2] + four[3] + 2) >> 2).astype(np.uint8)
    cover = sum(pixels[..., 3:] for pixels in four)
    color = sum(pixels[..., :3] * pixels[..., 3:] for pixels in four) // np.maximum(cover, 1)
    return np.concatenate((color, (cover + 2) >> 2), axis=-1).astype(np.uint8)
