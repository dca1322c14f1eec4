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
    Cells,
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
from layers.stored import Float64, Int32, Int64, Stored, UInt8

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

    def at(self, level: int, column: Float64, row: Float64) -> Cells:
        """Colours and cover at places counted in finest pixels from the outer corner, (…, 4) float32.

        Linear between the middles of pixels; nothing is covered beside the picture.
        """
        this, (rows, columns) = self.levels[level], self.size.tolist()
        inside = (column >= 0) & (column <= columns) & (row >= 0) & (row <= rows)
        u = np.clip(column / 2**level - 0.5, 0, this.columns - 1)
        v = np.clip(row / 2**level - 0.5, 0, this.rows - 1)
        left, top = u.astype(np.int64), v.astype(np.int64)
        right, bottom = np.minimum(left + 1, this.columns - 1), np.minimum(top + 1, this.rows - 1)
        u, v = (u - left).astype(np.float32)[..., None], (v - top).astype(np.float32)[..., None]
        upper = self._pixels(level, top, left) * (1 - u) + self._pixels(level, top, right) * u
        lower = self._pixels(level, bottom, left) * (1 - u) + self._pixels(level, bottom, right) * u
        found: Cells = upper * (1 - v) + lower * v
        found[~inside] = 0
        return found

    def window(self, level: int, rows: Index, columns: Index) -> UInt8:
        """The pixels where rows and columns meet, (r, c, 4); beside the picture those at its border."""
        this = self.levels[level]
        down, across = np.clip(rows, 0, this.rows - 1), np.clip(columns, 0, this.columns - 1)
        found: UInt8 = self._pixels(level, down[:, None], across)
        return found

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
