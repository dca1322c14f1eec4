"""Rasters of any size on disk: square blocks of cells, in levels of which each is half as fine."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from layers.stored import Int32

Cells = NDArray[Any]
Index = NDArray[np.int64]
Span = tuple[int, int]  # first, and one past the last

BLOCK = 64  # cells along the side of a block
HEADER = 128  # bytes before the blocks in their file
WORKERS = min(os.cpu_count() or 1, 8)
SAVE_EVERY_S = 5.0
DONE = "pieces.txt"


@dataclass(frozen=True)
class Level:
    """One level of a pyramid: its cells, and the number of its first block among those of all levels."""

    number: int  # 0 is the finest
    rows: int
    columns: int
    first_block: int

    @property
    def blocks_down(self) -> int:
        """Rows of blocks."""
        return -(-self.rows // BLOCK)

    @property
    def blocks_across(self) -> int:
        """Blocks in a row."""
        return -(-self.columns // BLOCK)


Levels = tuple[Level, ...]


def levels_of(rows: int, columns: int, halved: Callable[[int], int], smallest: int) -> Levels:
    """The levels of a raster, down to one of at most `smallest` rows and columns; at least two."""
    levels = [Level(0, rows, columns, 0)]
    while len(levels) < 2 or max(levels[-1].rows, levels[-1].columns) > smallest:
        last = levels[-1]
        first = last.first_block + last.blocks_down * last.blocks_across
        levels.append(Level(len(levels), halved(last.rows), halved(last.columns), first))
    return tuple(levels)


class Finder:
    """Cells by level, row and column. `place` says where a block is stored, -1 where it holds nothing."""

    def __init__(self, blocks: Cells, place: Int32, levels: Levels, nothing: float) -> None:
        self._blocks, self._place, self._nothing = np.asarray(blocks), np.asarray(place), nothing
        self._first = np.array([level.first_block for level in levels])
        self._across = np.array([level.blocks_across for level in levels])

    def __call__(self, level: Index | int, row: Index, column: Index) -> Cells:
        """The cells at these levels, rows and columns, which broadcast."""
        number = self._first[level] + row // BLOCK * self._across[level] + column // BLOCK
        place = self._place[number]
        if not len(self._blocks):
            return np.full((*place.shape, *self._blocks.shape[3:]), self._nothing, self._blocks.dtype)
        found: Cells = np.asarray(self._blocks[np.maximum(place, 0), row % BLOCK, column % BLOCK])
        found[place < 0] = self._nothing
        return found

    def window(self, level: Level, rows: Span, columns: Span) -> Cells:
        """The cells of some rows and columns of a level, block by block."""
        place = self._place[block_numbers(level, rows, columns)]
        if len(self._blocks):
            blocks = self._blocks[np.maximum(place, 0)]
            blocks[place < 0] = self._nothing
        else:
            blocks = np.full((len(place), *self._blocks.shape[1:]), self._nothing, self._blocks.dtype)
        return joined(blocks, rows, columns)


def block_numbers(level: Level, rows: Span, columns: Span) -> Index:
    """The numbers of the blocks that hold some rows and columns, row by row."""
    down = np.arange(rows[0] // BLOCK, -(-rows[1] // BLOCK))
    across = np.arange(columns[0] // BLOCK, -(-columns[1] // BLOCK))
    found: Index = level.first_block + down[:, None] * level.blocks_across + across
    return found.ravel()


def joined(blocks: Cells, rows: Span, columns: Span) -> Cells:
    """These rows and columns of the blocks that hold them."""
    top, left = rows[0] // BLOCK * BLOCK, columns[0] // BLOCK * BLOCK
    down, across = -(-rows[1] // BLOCK) - top // BLOCK, -(-columns[1] // BLOCK) - left // BLOCK
    whole = blocks.reshape(down, across, *blocks.shape[1:]).swapaxes(1, 2)
    whole = whole.reshape(down * BLOCK, across * BLOCK, *blocks.shape[3:])
    return whole[rows[0] - top : rows[1] - top, columns[0] - left : columns[1] - left]


# -- making one ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Piece:
    """A rectangle of whole blocks of a level, made in one go; it ends where the level ends."""

    level: Level
    rows: Span
    columns: Span


def pieces_of(level: Level, rows: int, columns: int) -> Iterator[Piece]:
    """The level cut into pieces of so many cells, row by row."""
    for top in range(0, level.rows, rows):
        for left in range(0, level.columns, columns):
            bottom, right = min(top + rows, level.rows), min(left + columns, level.columns)
            yield Piece(level, (top, bottom), (left, right))


class Recipe(Protocol):
    """How the pieces of a pyramid are made."""

    def pieces(self, level: Level) -> Iterator[Piece]:
        """What a level is cut into."""

    def make(self, piece: Piece) -> Any:
        """A piece, from the source or from the level before; in any thread."""

    def keep(self, piece: Piece, made: Any) -> None:
        """Store it; in the order of the pieces."""

    def save(self) -> None:
        """Write down what is stored, so that another process can go on from there."""


def build(folder: Path, levels: Levels, recipe: Recipe, progress: Callable[[float], None]) -> None:
    """Make all pieces, level by level on all cores, but for those that an earlier process has saved."""
    cells, kept = sum(level.rows * level.columns for level in levels), 0
    done, number, saved = pieces_done(folder), 0, monotonic()
    with ThreadPoolExecutor(WORKERS) as pool:
        for level in levels:
            for piece, made in _in_order(pool, recipe, recipe.pieces(level), done - number):
                number += 1
                kept += (piece.rows[1] - piece.rows[0]) * (piece.columns[1] - piece.columns[0])
                if made is None:
                    continue
                recipe.keep(piece, made.result())
                if monotonic() - saved > SAVE_EVERY_S:
                    recipe.save()
                    (folder / DONE).write_text(str(number), encoding="ascii")
                    saved = monotonic()
                progress(kept / cells)
    (folder / DONE).unlink(missing_ok=True)


def _in_order(
    pool: ThreadPoolExecutor, recipe: Recipe, pieces: Iterator[Piece], skipped: int
) -> Iterator[tuple[Piece, Future[Any] | None]]:
    """The pieces with what becomes of them; a few are in the making ahead."""
    for piece in islice(pieces, max(skipped, 0)):
        yield piece, None
    waiting = [(piece, pool.submit(recipe.make, piece)) for piece in islice(pieces, WORKERS + 1)]
    while waiting:
        yield waiting.pop(0)
        waiting += [(piece, pool.submit(recipe.make, piece)) for piece in islice(pieces, 1)]


def pieces_done(folder: Path) -> int:
    """How many pieces an earlier process has made and saved in this folder."""
    try:
        return int((folder / DONE).read_text("ascii"))
    except (OSError, ValueError):
        return 0


class Blocks:
    """Blocks in the making: `NAME.npy` with `NAME_place.npy`, what `Finder` reads, in a folder."""

    def __init__(
        self, folder: Path, name: str, levels: Levels, kind: type, nothing: float, channels: int = 0
    ) -> None:
        """Go on with what the folder holds, if some pieces in it are saved."""
        self._levels, self._nothing, self._kind = levels, nothing, np.dtype(kind)
        self._shape = (BLOCK, BLOCK, channels) if channels else (BLOCK, BLOCK)
        self._bytes = int(np.prod(self._shape)) * self._kind.itemsize
        self._place_path = folder / f"{name}_place.npy"
        if pieces_done(folder):
            self.place: Int32 = np.load(self._place_path, allow_pickle=False)
        else:
            last = levels[-1]
            count = last.first_block + last.blocks_down * last.blocks_across
            self.place = np.full(count, -1, np.int32)
        self._count = int(self.place.max()) + 1
        self._lock = threading.Lock()
        path = folder / f"{name}.npy"
        self._file = path.open("r+b" if self._count else "w+b")
        self._file.truncate(HEADER + self._count * self._bytes)

    def keep(self, piece: Piece, cells: Cells) -> None:
        """Store the cells of a piece; blocks that hold nothing are left out."""
        rows, columns = (-(-side // BLOCK) * BLOCK for side in cells.shape[:2])
        whole = np.full((rows, columns, *self._shape[2:]), self._nothing, self._kind)
        whole[: cells.shape[0], : cells.shape[1]] = cells
        blocks = whole.reshape(rows // BLOCK, BLOCK, columns // BLOCK, *self._shape[1:]).swapaxes(1, 2)
        blocks = blocks.reshape(-1, *self._shape)
        flat = blocks.reshape(len(blocks), -1)
        is_nothing = np.isnan(flat) if np.isnan(self._nothing) else flat == self._nothing
        holds = ~is_nothing.all(axis=1)
        numbers = block_numbers(piece.level, piece.rows, piece.columns)[holds]
        with self._lock:
            self._file.seek(HEADER + self._count * self._bytes)
            self._file.write(np.ascontiguousarray(blocks[holds]).data)
        self.place[numbers] = self._count + np.arange(len(numbers), dtype=np.int32)
        self._count += len(numbers)

    def window(self, level: Level, rows: Span, columns: Span) -> Cells:
        """The cells of some rows and columns of a level that is made."""
        place = self.place[block_numbers(level, rows, columns)]
        blocks = np.full((len(place), *self._shape), self._nothing, self._kind)
        for number in np.flatnonzero(place >= 0):
            with self._lock:
                self._file.seek(HEADER + int(place[number]) * self._bytes)
                self._file.readinto(blocks[number].data)
        return joined(blocks, rows, columns)

    def save(self) -> None:
        """Hand everything to the system, so that it outlives this process."""
        self._file.flush()
        partial = self._place_path.with_suffix(".partial")
        with partial.open("wb") as file:
            np.save(file, self.place, allow_pickle=False)
        partial.replace(self._place_path)

    def finish(self) -> None:
        """Make the file an array of blocks."""
        header = {"descr": self._kind.str, "fortran_order": False, "shape": (self._count, *self._shape)}
        self._file.seek(0)
        np.lib.format.write_array_header_1_0(self._file, header)
        assert self._file.tell() == HEADER
        self.save()
        self._file.close()
