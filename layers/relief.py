"""How a raster of heights becomes a pyramid: coarser levels, what they get wrong, and how slopes look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from layers.pyramid import (
    BLOCK,
    Blocks,
    Cells,
    Index,
    Level,
    Levels,
    Piece,
    Span,
    build,
    levels_of,
    pieces_done,
    pieces_of,
)
from layers.stored import Float64

Float32 = NDArray[np.float32]
#: Heights of some rows and columns of the source, NaN where there are none; in any thread.
Heights = Callable[[Span, Span], Float32]

SMALLEST = 17  # rows and columns of the coarsest level
#: Gentle slopes are shaded as if this much steeper, as on relief maps.
STEEPENED = 2.0
UNIT = 127  # length of a normal in bytes
COARSE_PIECE = 2 * BLOCK, 32 * BLOCK


def halved(count: int) -> int:
    """Rows of the next level: every second one, and always the last."""
    return -(-(count - 1) // 2) + 1


def height_levels(rows: int, columns: int) -> Levels:
    """The levels of a terrain. Row r of level k is row r · 2^k of the finest, or its last."""
    return levels_of(rows, columns, halved, SMALLEST)


def tiles(level: Level) -> tuple[int, int]:
    """Rows and columns of tiles: BLOCK by BLOCK squares of cells, which share the cells between them."""
    return max(1, -(-(level.rows - 1) // BLOCK)), max(1, -(-(level.columns - 1) // BLOCK))


def first_tiles(levels: Levels) -> list[int]:
    """The number of the first tile of each level, and at the end how many there are."""
    counts = [down * across for down, across in map(tiles, levels)]
    return [0, *np.cumsum(counts).tolist()]


@dataclass(frozen=True)
class Source:
    """A raster to be made into a pyramid."""

    size: tuple[int, int]  # rows, columns
    affine: Float64  # (6,) from cells to the CRS
    cell_m: tuple[float, float]  # width and height of a cell
    piece: tuple[int, int]  # rows and columns that are read at once, multiples of BLOCK
    heights: Heights


def build_terrain(folder: Path, source: Source, progress: Callable[[float], None]) -> None:
    """Save a `layers.terrain.TerrainPyramid` in a folder, where an earlier process may have begun it."""
    folder.mkdir(parents=True, exist_ok=True)
    levels = height_levels(*source.size)
    recipe = _Recipe(folder, levels, source)
    build(folder, levels, recipe, progress)
    recipe.finish()
    for name, value in (("size", source.size), ("affine", source.affine), ("cell_m", source.cell_m)):
        np.save(folder / f"{name}.npy", np.asarray(value), allow_pickle=False)


@dataclass(frozen=True)
class _Made:
    heights: Float32
    relief: Cells | None = None
    # Of the tiles of this piece, and of those of the finest level under it.
    error: Float32 | None = None
    finest_range: Float32 | None = None


class _Recipe:
    def __init__(self, folder: Path, levels: Levels, source: Source) -> None:
        self._levels, self._source = levels, source
        self._heights = Blocks(folder, "heights", levels, np.float32, np.nan)
        self._relief = Blocks(folder, "relief", levels, np.int8, 0, channels=3)
        self._first_tile = first_tiles(levels)
        self._paths = folder / "tile_range.npy", folder / "tile_error.npy"
        if pieces_done(folder):
            self._range, self._error = (np.load(path, allow_pickle=False) for path in self._paths)
        else:
            count = self._first_tile[-1]
            self._range = np.full((count, 2), (np.inf, -np.inf), np.float32)
            self._error = np.zeros(count, np.float32)

    def pieces(self, level: Level) -> Iterator[Piece]:
        """As the source is read best; coarser levels in pieces of which many fit into memory."""
        return pieces_of(level, *(COARSE_PIECE if level.number else self._source.piece))

    def make(self, piece: Piece) -> _Made:
        """Heights from the source, or all from the level before."""
        if not piece.level.number:
            return _Made(self._source.heights(piece.rows, piece.columns))
        return self._thinned(piece)

    def _thinned(self, piece: Piece) -> _Made:
        level, finer = piece.level, self._levels[piece.level.number - 1]
        # One more row and column than are kept: the tiles share them.
        down = _Line(np.arange(piece.rows[0], min(piece.rows[1] + 1, level.rows)), finer.rows)
        across = _Line(np.arange(piece.columns[0], min(piece.columns[1] + 1, level.columns)), finer.columns)
        fine = self._heights.window(finer, down.span, across.span)
        known = np.isfinite(fine)
        coarse = _mean(fine, known, down, across)
        if level.number == 1:
            relief = normals_at(fine, self._source.cell_m, down.squares, across.squares)
        else:
            bytes_ = self._relief.window(finer, down.span, across.span).astype(np.float32)
            relief = np.stack([_mean(bytes_[..., axis], known, down, across) for axis in range(3)], axis=-1)
        wrong = _deviation(fine, coarse, down, across, self._cell_m(level))
        span = np.array([down.whole, across.whole])
        rows, columns = (stop - start for start, stop in (piece.rows, piece.columns))
        return _Made(
            coarse[:rows, :columns],
            np.rint(np.nan_to_num(relief[:rows, :columns])).astype(np.int8),
            np.nan_to_num(_over_tiles(np.fmax, wrong, 2 * BLOCK)),
            self._finest_range(fine, span) if level.number == 1 else None,
        )

    def _cell_m(self, level: Level) -> float:
        """Across a cell: as wrong is a level, in the least, where cells of the finer one have no height."""
        return max(self._source.cell_m) * float(2**level.number)

    def _finest_range(self, fine: Float32, span: Index) -> Float32:
        whole = fine[slice(*span[0]), slice(*span[1])]
        return np.stack([_over_tiles(pick, whole, BLOCK) for pick in (np.fmin, np.fmax)], axis=-1)

    def keep(self, piece: Piece, made: _Made) -> None:
        """Store cells, and what is known of the tiles that begin in the piece."""
        self._heights.keep(piece, made.heights)
        if made.relief is None or made.error is None:
            return
        self._relief.keep(piece, made.relief)
        number = piece.level.number
        mine, below = self._numbers(piece, number, BLOCK), self._numbers(piece, number - 1, BLOCK // 2)
        if not below.size:
            return  # but for the cells that are shared with the tiles before
        if made.finest_range is not None:
            found = made.finest_range[: below.shape[0], : below.shape[1]]
            self._range[below] = np.where(np.isnan(found), (np.inf, -np.inf), found)
        down, across = (np.arange(0, side, 2) for side in below.shape)
        low, high = (
            pick.reduceat(pick.reduceat(self._range[below, end], down, axis=0), across, axis=1)
            for end, pick in enumerate((np.minimum, np.maximum))
        )
        self._range[mine] = np.stack((low, high), axis=-1)
        before = np.maximum.reduceat(np.maximum.reduceat(self._error[below], down, axis=0), across, axis=1)
        self._error[mine] = before + made.error[: mine.shape[0], : mine.shape[1]]

    def _numbers(self, piece: Piece, number: int, side: int) -> Index:
        """The numbers of the tiles of level `number` under a piece, (down, across)."""
        down, across = tiles(self._levels[number])
        (top, bottom), (left, right) = piece.rows, piece.columns
        rows = np.arange(top // side, min(-(-bottom // side), down))
        columns = np.arange(left // side, min(-(-right // side), across))
        found: Index = self._first_tile[number] + rows[:, None] * across + columns
        return found

    def save(self) -> None:
        """Blocks first: what is noted of tiles speaks of them."""
        self._heights.save()
        self._relief.save()
        for path, values in zip(self._paths, (self._range, self._error), strict=True):
            np.save(path, values, allow_pickle=False)

    def finish(self) -> None:
        """Make all files arrays."""
        self.save()
        self._heights.finish()
        self._relief.finish()


class _Line:
    """Some rows (or columns) of a level among those of the finer level."""

    def __init__(self, wanted: Index, finer: int) -> None:
        centre = np.minimum(2 * wanted, finer - 1)
        first, last = int(centre[0]), int(centre[-1])
        #: What is needed of the finer level; all that follows is counted from its beginning.
        self.span: Span = max(first - 1, 0), min(last + 2, finer)
        start, count = self.span[0], self.span[1] - self.span[0]
        self.centre = centre - start
        self.beside = np.maximum(self.centre - 1, 0), np.minimum(self.centre + 1, count - 1)
        self.squares = squares_beside(self.centre, count)
        #: The finer rows from the first centre to the last, and between which wanted ones each lies.
        self.whole: Span = first - start, last + 1 - start
        fine = np.arange(*self.whole)
        self.upper = np.searchsorted(self.centre, fine, side="right") - 1
        self.lower = self.upper + (self.centre[self.upper] != fine)


def squares_beside(rows: Index, count: int) -> tuple[Index, Index]:
    """The squares between rows, of which there are `count`, before and after each of these rows."""
    last = max(count - 2, 0)
    return np.clip(rows - 1, 0, last), np.clip(rows, 0, last)


def _mean(fine: Float32, known: NDArray[np.bool_], down: _Line, across: _Line) -> Float32:
    """Means around the centres with weights 1 2 1; a hole where the centre is one."""
    if known.all():
        return _weighed(fine, down, across)
    total = _weighed(np.where(known, fine, np.float32(0)), down, across)
    weight = _weighed(known.astype(np.float32), down, across)
    centre = known[np.ix_(down.centre, across.centre)]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(centre, total / weight, np.float32(np.nan))


def _weighed(fine: Float32, down: _Line, across: _Line) -> Float32:
    rows = fine[down.centre] * np.float32(2)
    for beside in down.beside:
        rows += fine[beside]
    found: Float32 = rows[:, across.centre] * np.float32(2)
    for beside in across.beside:
        found += rows[:, beside]
    found *= np.float32(1 / 16)
    return found


def normals_at(
    heights: Float32, cell_m: tuple[float, float], down: tuple[Index, Index], across: tuple[Index, Index]
) -> Float32:
    """Normals `UNIT` long, the mean of the squares before and after; straight up where there are none.

    They have parts along the columns, along the rows, and up.
    """
    straight = np.array([0, 0, UNIT], np.float32)
    if min(heights.shape) < 2:
        return np.broadcast_to(straight, (len(down[0]), len(across[0]), 3))
    a, b, c, d = heights[:-1, :-1], heights[:-1, 1:], heights[1:, :-1], heights[1:, 1:]
    falling, rising = d - a, b - c
    along: Float32 = (falling + rising) * np.float32(-STEEPENED / 2 / cell_m[0])
    aside: Float32 = (falling - rising) * np.float32(-STEEPENED / 2 / cell_m[1])
    length = np.sqrt(along * along + aside * aside + np.float32(1))
    up: Float32 = np.divide(np.float32(UNIT), length)
    known = np.isfinite(up)
    parts: list[Float32] = [along * up, aside * up, up]
    if known.all():
        return np.stack([_sum(part, down, across) for part in parts], axis=-1) * np.float32(1 / 4)
    count = _sum(known.astype(np.float32), down, across)[..., None]
    total = np.stack([_sum(np.where(known, part, np.float32(0)), down, across) for part in parts], axis=-1)
    return np.where(count > 0, total / np.maximum(count, 1), straight)


def _sum(squares: Float32, down: tuple[Index, Index], across: tuple[Index, Index]) -> Float32:
    rows = squares[down[0]] + squares[down[1]]
    found: Float32 = rows[:, across[0]] + rows[:, across[1]]
    return found


def _deviation(fine: Float32, coarse: Float32, down: _Line, across: _Line, cell_m: float) -> Float32:
    """By how much the coarse triangles, split from the upper left, miss each finer cell."""
    whole = fine[slice(*down.whole), slice(*across.whole)]
    drawn = coarse[down.upper][:, across.upper]
    drawn += coarse[down.lower][:, across.lower]
    drawn *= np.float32(0.5)
    drawn -= whole
    np.abs(drawn, out=drawn)
    if np.isnan(drawn).any():
        there, shown = np.isfinite(whole), np.isfinite(drawn)
        drawn[there & ~shown] = cell_m
    return drawn


def _over_tiles(pick: np.ufunc, cells: Cells, side: int) -> Cells:
    """The least or greatest in squares of `side` by `side` cells, with the row and column they share."""
    for axis in (0, 1):
        count = cells.shape[axis]
        starts = np.arange(0, max(count - 1, 1), side)
        shared = np.minimum(starts + side, count - 1)
        cells = pick(pick.reduceat(cells, starts, axis=axis), np.take(cells, shared, axis=axis))
    return cells
