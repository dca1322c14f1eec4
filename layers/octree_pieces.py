"""Points on their way from the files into an octree: pieces of them on disk, each sorted by key.

As every piece is sorted, the points of any cell are one run in each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.data import Box
from layers.morton import Cube, Keys
from layers.moving import Move
from layers.octree import Frame
from layers.pointfiles import DECODED, Decoded
from layers.points import box_of

KEY = np.dtype("<u8")
#: Every so many-th key of a piece is enough to plan by.
MARK_STEP = 512
_LARGEST = 2.0**31 - 1

Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Target:
    """How the points of a tree are stored, and in what order."""

    frame: Frame
    move: Move  # from the files' CRS into the project's
    cube: Cube
    attributes: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of a piece."""
        return ("place", *self.attributes)

    def columns(self, decoded: Decoded) -> Columns:
        """Points from a file as a piece holds them; those that can be nowhere are left out."""
        place, good = self._placed(decoded)
        columns = {"place": place}
        for name in self.attributes:
            values = decoded.columns.get(name)
            if values is None:
                columns[name] = np.zeros(len(place), DECODED[name])
            else:
                kept = values if good is None else values[good]
                columns[name] = kept.astype(DECODED[name].base, copy=False)
        return columns

    def _placed(self, decoded: Decoded) -> tuple[NDArray[np.int32], NDArray[np.bool_] | None]:
        """The places in the tree's frame, and which points have one (None: all)."""
        good = decoded.good
        stored = decoded.stored if good is None else decoded.stored[good]
        if self.move.stays and decoded.frame == self.frame and stored.dtype == np.int32:
            return stored, good
        moved = self.move(decoded.frame.world(stored))
        cells = self.frame.cells(moved)
        fits = np.abs(cells).max(axis=1, initial=0.0) <= _LARGEST
        if not fits.all():
            good = np.ones(len(decoded.stored), bool) if good is None else good
            good[np.flatnonzero(good)[~fits]] = False
            cells = cells[fits]
        return cells.astype(np.int32), good


@dataclass(frozen=True)
class Piece:
    """Sorted points in a file: their keys, then column after column."""

    path: str
    count: int
    names: tuple[str, ...]
    box: Box  # world
    brightest: int  # the largest intensity
    most_colour: int  # of any channel

    @classmethod
    def write(cls, path: Path, columns: Columns, target: Target) -> Piece:
        """Sort points by key and write them."""
        world = target.frame.world(columns["place"])
        keys = target.cube.keys(world)
        order = np.argsort(keys)
        keys = keys[order]
        with path.open("wb") as file:
            file.write(keys.data)
            for name in target.names:
                file.write(columns[name].take(order, axis=0).data)
        np.save(path.with_suffix(".npy"), keys[::MARK_STEP])
        box = box_of(world)
        assert box is not None, "a piece has points"
        most = [int(columns[name].max()) if name in columns else 0 for name in ("intensity", "rgb")]
        return cls(str(path), len(keys), target.names, box, *most)

    def keys(self) -> Keys:
        """The keys, mapped."""
        return np.memmap(self.path, KEY, "r", 0, (self.count,))

    def marks(self) -> Keys:
        """Every MARK_STEP-th key."""
        found: Keys = np.load(Path(self.path).with_suffix(".npy"), allow_pickle=False)
        return found

    def column(self, name: str, first: int, end: int) -> NDArray[Any]:
        """The values of a column from one point to another."""
        kind, position = DECODED[name], KEY.itemsize * self.count
        for other in self.names[: self.names.index(name)]:
            position += DECODED[other].itemsize * self.count
        shape = kind.shape
        flat = np.fromfile(
            self.path,
            kind.base,
            (end - first) * int(np.prod(shape, initial=1)),
            offset=position + first * kind.itemsize,
        )
        return flat.reshape(-1, *shape)

    def columns(self) -> Columns:
        """All points."""
        return {name: self.column(name, 0, self.count) for name in self.names}

    def remove(self) -> None:
        """It is no longer needed."""
        Path(self.path).unlink(missing_ok=True)
        Path(self.path).with_suffix(".npy").unlink(missing_ok=True)


@dataclass(frozen=True)
class Run:
    """Points of a piece that lie side by side."""

    piece: Piece
    first: int
    end: int


def gathered(pieces: Sequence[Piece], bounds: tuple[int, int], most: int) -> Iterator[tuple[Keys, Columns]]:
    """All points with keys in a range, sorted; where all have one key, no more than about `most` at once."""
    is_one_key = bounds[1] == bounds[0] + 1
    runs: list[Run] = []
    for piece in pieces:
        first, end = np.searchsorted(piece.keys(), np.array(bounds, KEY)).tolist()
        for start in range(first, end, most if is_one_key else piece.count):
            runs.append(Run(piece, start, min(end, start + most) if is_one_key else end))
            if is_one_key and sum(run.end - run.first for run in runs) >= most:
                yield _merged(runs)
                runs = []
    if runs:
        yield _merged(runs)


def _merged(runs: Sequence[Run]) -> tuple[Keys, Columns]:
    keys = np.concatenate([np.array(run.piece.keys()[run.first : run.end]) for run in runs])
    order = np.argsort(keys, kind="stable")  # merges what is sorted already
    columns = {}
    for name in runs[0].piece.names:
        values = np.concatenate([run.piece.column(name, run.first, run.end) for run in runs])
        columns[name] = values.take(order, axis=0)
    return keys[order], columns
