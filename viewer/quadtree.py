"""A city's objects as cells within cells: what is seen from somewhere, as coarse as it may be.

Entries lie in Morton order (`layers.arrays.CityTiles`), so a cell of any size is one stretch of them and
its children are one stretch of the next level. The last level holds the entries themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.arrays import KEY_BITS, CityTiles, Float64
from viewer.aim import Aim
from viewer.camera import Ray
from viewer.detail import Allowed
from viewer.faces import Index, Mask, spans, united
from viewer.picking import ray_reaches_boxes

Float32 = NDArray[np.float32]

#: Levels end where cells hold fewer entries than this on average.
FEWEST_PER_CELL = 2.5
#: By what share of its extent a block that stands for several objects may be mistaken.
MERGED_ERROR = 0.3
TILE_ENTRIES = 1024
#: Boxes of cells are kept in single precision: rounding must not make a ray miss them.
HAIR_M = 0.02
TILE_TRIANGLES = 16_000


@dataclass(frozen=True)
class Level:
    """The cells of one size that hold anything."""

    start: Index  # (c + 1,) first entry
    child: Index  # (c + 1,) first cell of the next level
    middle: Float32  # (c, 3) of the box around all its entries, from the origin of the tree
    half: Float32  # (c, 3) half of that box
    error_m: Float32  # (c,) by which one block in its place may be mistaken
    tile: NDArray[np.int32]  # (c,) the tile that is this cell, or -1


@dataclass(frozen=True)
class Tiles:
    """Cells that are drawn in full detail as one: small enough to be built at once."""

    start: Index  # (t + 1,) first entry
    box: Float64  # (t, 2, 3)
    error_m: Float32  # (t,) by which the blocks of its entries are mistaken

    def box_of(self, city: CityTiles, kept: Mask) -> Float64:
        """Boxes around the entries that are kept, of every tile that has any."""
        entries = np.flatnonzero(kept)
        tile = self.of(entries)
        first = np.flatnonzero(np.r_[True, np.diff(tile) != 0][: len(tile)])
        return united(np.asarray(city.entry_box)[entries], first)

    def of(self, entries: Index) -> Index:
        """The tiles that entries lie in."""
        found: Index = np.searchsorted(self.start, entries, side="right") - 1
        return found


class Quadtree:
    """The levels, coarsest first, and the tiles."""

    def __init__(self, city: CityTiles) -> None:
        self.count = len(city.entry_object)
        starts = _starts(np.asarray(city.entry_key))
        boxes = _boxes(np.asarray(city.entry_box), starts)
        errors = _errors(np.asarray(city.block_error), starts, boxes)
        self.tiles, numbers = _tiles(city, starts, boxes[-1])
        self.origin: Float64 = boxes[0].mean(axis=(0, 1)) if self.count else np.zeros(3)
        self.levels = [
            Level(start, _children(start, below), *self._around(box), error, number)
            for start, below, box, error, number in zip(
                starts, [*starts[1:], starts[-1]], boxes, errors, numbers, strict=True
            )
        ]

    def _around(self, boxes: Float64) -> tuple[Float32, Float32]:
        middle = (boxes.mean(axis=1) - self.origin).astype(np.float32)
        return middle, (np.ptp(boxes, axis=1) / 2).astype(np.float32)

    def tile_triangles(self, triangles: Index, allowed: Allowed) -> Index:
        """How many triangles each tile has of what is allowed; given those of every entry."""
        if not len(self.tiles.box):
            return np.empty(0, np.int64)
        found: Index = np.add.reduceat(triangles * allowed.entries, self.tiles.start[:-1], dtype=np.int64)
        return found

    def summed(self, values: Float32) -> list[Float32]:
        """Values (m, k) of entries summed up for the cells of every level, coarsest first."""
        sums = [values]
        for level in reversed(self.levels[:-1]):
            sums.append(np.add.reduceat(sums[-1], level.child[:-1], axis=1))
        return sums[::-1]

    def sum_again(self, sums: list[Float32], entries: Index) -> None:
        """Bring sums up to date after the values of some entries, ascending, in the last have changed."""
        for number in range(len(self.levels) - 2, -1, -1):
            level = self.levels[number]
            cells = np.searchsorted(level.start, entries, side="right") - 1  # ascending, as the entries
            cells = cells[np.r_[True, np.diff(cells) != 0][: len(cells)]]
            first, last = level.child[cells], level.child[cells + 1]
            run = np.cumsum(last - first) - (last - first)
            sums[number][:, cells] = np.add.reduceat(sums[number + 1][:, spans(first, last)], run, axis=1)

    def on_ray(self, ray: Ray) -> Index:
        """The entries whose boxes a ray meets, and perhaps some that it misses by a hair."""
        from_origin = Ray(ray.origin - self.origin, ray.direction)
        cells = np.arange(len(self.levels[0].start) - 1)
        for number, level in enumerate(self.levels):
            middle, half = level.middle[cells].astype(np.float64), level.half[cells] + HAIR_M
            meets = np.isfinite(
                ray_reaches_boxes(from_origin, np.stack((middle - half, middle + half), axis=1))
            )
            cells = cells[meets]
            if number < len(self.levels) - 1:
                cells = spans(level.child[cells], level.child[cells + 1])
        return cells

    def cut(
        self, aim: Aim, error_px: float, present: list[Mask], drawn: Index, most: int
    ) -> list[Index] | None:
        """The cells of each level that together show all that is seen, none mistaken by more than `error_px`.

        `present` says which cells hold anything visible, per level; `drawn` tiles are left out.
        Gives None once it has found more than `most` cells.
        """
        found: list[Index] = []
        single: list[Index] = []
        cells = np.arange(len(self.levels[0].start) - 1)
        sure = np.zeros(len(cells), bool)  # they lie in the picture wholly
        total = 0
        for number, level in enumerate(self.levels):
            cells, sure = self._seen(aim, level, cells, sure, present[number])
            if number == len(self.levels) - 1:
                found.append(np.concatenate((*single, cells)))
                total += len(cells)
                break
            is_single = level.start[cells + 1] - level.start[cells] == 1
            size = aim.metres_per_pixel_around(level.middle[cells], level.half[cells], self.origin)
            keeps = (level.error_m[cells] <= error_px * size) & ~is_single
            splits = ~keeps & ~is_single
            if len(drawn):
                holds, is_drawn = self._hold(level, cells, drawn), np.isin(level.tile[cells], drawn)
                splits = (splits | (holds & ~is_single)) & ~is_drawn
                keeps &= ~holds
                is_single &= ~is_drawn
            single.append(level.start[cells[is_single]])
            found.append(cells[keeps])
            split, sure = cells[splits], sure[splits]
            total += len(found[-1]) + len(single[-1])
            if total + len(split) > most:
                return None
            cells = spans(level.child[split], level.child[split + 1])
            sure = np.repeat(sure, level.child[split + 1] - level.child[split])
        return found if total <= most else None

    def _seen(self, aim: Aim, level: Level, cells: Index, sure: Mask, present: Mask) -> tuple[Index, Mask]:
        """Those of the cells that hold anything and are in the picture, and which of them are so wholly."""
        kept = present[cells]
        cells, sure = cells[kept], sure[kept]
        asked = np.flatnonzero(~sure)
        seen, whole = aim.sees_around(level.middle[cells[asked]], level.half[cells[asked]], self.origin)
        kept = sure.copy()
        kept[asked], sure[asked] = seen, whole
        return cells[kept], sure[kept]

    def _hold(self, level: Level, cells: Index, drawn: Index) -> Mask:
        """Which of these cells hold one of the tiles."""
        above = np.searchsorted(level.start, self.tiles.start[drawn], side="right") - 1
        holds: Mask = np.isin(cells, above)
        return holds


def _starts(keys: NDArray[np.uint64]) -> list[Index]:
    """First entry of each cell and one past the last, per level; the entries themselves come last."""
    count = len(keys)
    starts: list[Index] = []
    for depth in range(KEY_BITS + 1):
        cell = keys >> np.uint64(2 * (KEY_BITS - depth))
        start = np.append(np.flatnonzero(np.r_[True, cell[1:] != cell[:-1]][:count]), count)
        if starts and (len(start) - 1) * FEWEST_PER_CELL >= count:
            break
        if starts and len(start) == len(starts[-1]):
            starts.pop()  # nothing was split: the smaller cells do as well
        starts.append(start)
    return [*starts, np.arange(count + 1)]


def _children(start: Index, below: Index) -> Index:
    return np.searchsorted(below, start)


def _boxes(entries: Float64, starts: list[Index]) -> list[Float64]:
    boxes = [entries]
    for start, below in zip(reversed(starts[:-1]), reversed(starts[1:]), strict=True):
        first = _children(start, below)[:-1]
        boxes.append(united(boxes[-1], first))
    return boxes[::-1]


def _errors(entries: Float32, starts: list[Index], boxes: list[Float64]) -> list[Float32]:
    errors: list[Float32] = []
    for start, box in zip(starts[:-1], boxes[:-1], strict=True):
        error = (box[:, 1, :2] - box[:, 0, :2]).max(axis=1, initial=0.0) * MERGED_ERROR
        single = np.diff(start) == 1
        error[single] = entries[start[:-1][single]]
        errors.append(error.astype(np.float32))
    return [*errors, entries]


def _tiles(city: CityTiles, starts: list[Index], entry_box: Float64) -> tuple[Tiles, list[NDArray[np.int32]]]:
    """The uppermost cells that are small enough, and per level which cell is which tile."""
    triangle = city.entry_triangle
    chosen: list[Index] = []
    found: list[Index] = []
    taken = np.zeros(len(starts[0]) - 1, bool)
    for number, start in enumerate(starts):
        fits = (np.diff(start) <= TILE_ENTRIES) & (np.diff(triangle[start]) <= TILE_TRIANGLES)
        fits |= number == len(starts) - 1
        chosen.append(np.flatnonzero(fits & ~taken))
        found.append(start[chosen[-1]])
        if number + 1 < len(starts):
            taken = np.repeat(fits | taken, np.diff(_children(start, starts[number + 1])))
    first = np.sort(np.concatenate(found))
    numbers = []
    for start, cells, mine in zip(starts, chosen, found, strict=True):
        number_of = np.full(len(start) - 1, -1, np.int32)
        number_of[cells] = np.searchsorted(first, mine)
        numbers.append(number_of)
    tile_start = np.append(first, len(city.entry_object))
    area, error = np.asarray(city.block_area) + np.float32(0.01), np.asarray(city.block_error)
    if not len(first):
        return Tiles(tile_start, np.empty((0, 2, 3)), error), numbers
    mean = np.sqrt(np.add.reduceat(area * error**2, first) / np.add.reduceat(area, first))
    return Tiles(tile_start, united(entry_box, first), mean), numbers
