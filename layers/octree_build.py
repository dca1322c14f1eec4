"""The points of some cells of an octree, spread over nodes and written; what nodes above may still take."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from layers.data import Box
from layers.morton import Cube, Keys
from layers.octree import HEIGHT_BINS, Frame, packed
from layers.octree_pieces import Columns, Piece, gathered
from layers.octree_sample import Node, Stretch, sample_depths
from layers.pointfiles import box_in_world
from layers.stored import Float64, Int32, Int64, Stored, UInt8, UInt16

ROWS, HEADS, COUNTS, POINTS = "rows", "heads", "counts", "points.bin"
#: The box of no points.
NOWHERE: Box = (np.inf, np.inf, np.inf, -np.inf, -np.inf, -np.inf)
#: Points in one and the same place are built into trees by so many.
MOST_OF_ONE_KEY = 2_000_000


@dataclass(frozen=True)
class Look:
    """What of the points is stored, and what the statistics divide; known once all pieces are there."""

    frame: Frame
    cube: Cube
    attributes: tuple[str, ...]
    colour_bits: int  # 8 or 16, of the files' colours
    low_m: float  # heights
    high_m: float

    def columns(self, found: Columns) -> Columns:
        """The columns of pieces as the tree stores them."""
        columns = {name: found[name] for name in ("place", *self.attributes)}
        return in_small_colours(columns, self.colour_bits)


def in_small_colours(columns: Columns, bits: int) -> Columns:
    """Columns with colours of 8 bits instead of so many."""
    if "rgb" not in columns:
        return columns
    return {**columns, "rgb": (columns["rgb"] >> (bits - 8)).astype(np.uint8)}


@dataclass(frozen=True)
class Counts(Stored):
    """How often each value occurs."""

    class_count: Int64  # (256,)
    return_count: Int64  # (16,)
    intensity_count: Int64  # (65536,)
    height_count: Int64  # (HEIGHT_BINS,)

    @classmethod
    def of(cls, columns: Columns, look: Look) -> Counts:
        """Counted from columns; what they lack is nowhere."""
        step = (look.high_m - look.low_m) / HEIGHT_BINS or 1.0
        heights_m = columns["place"][:, 2] * look.frame.scale[2] + look.frame.offset[2]
        bins = np.clip((heights_m - look.low_m) / step, 0, HEIGHT_BINS - 1).astype(np.int32)
        return cls(
            _counted(columns.get("classification"), 256),
            _counted(columns.get("return_number"), 16),
            _counted(columns.get("intensity"), 65536),
            _counted(bins, HEIGHT_BINS),
        )

    def scaled(self, factor: float) -> Counts:
        """The counts of so many times as much."""
        return Counts(
            *(np.round(getattr(self, item.name) * factor).astype(np.int64) for item in fields(self))
        )

    @classmethod
    def total(cls, many: Sequence[Counts]) -> Counts:
        """The sums."""
        return cls(*(np.sum([getattr(one, item.name) for one in many], axis=0) for item in fields(cls)))


def _counted(values: NDArray[Any] | None, most: int) -> Int64:
    return np.zeros(most, np.int64) if values is None else np.bincount(values, minlength=most)


@dataclass(frozen=True)
class Rows(Stored):
    """Nodes as rows of arrays, in the order in which they were written to one part file."""

    parent: Int32  # another row, or -1 - the tree whose root is above
    level: UInt8
    count: Int32
    spacing_m: Float64
    start: Int64  # first byte in the part file
    box: Float64  # (n, 2, 3) around the node's own points


@dataclass(frozen=True)
class Heads(Stored):
    """The points of the trees' roots, tree after tree: nodes above take the first samples of them."""

    end: Int64  # (t,) of each tree's points
    shown: UInt8  # (t,) the depth up to which its root shows them
    keys: Keys
    depth: UInt8
    place: Int32  # (n, 3)
    intensity: UInt16 | None = None
    rgb: UInt8 | None = None
    classification: UInt8 | None = None
    return_number: UInt8 | None = None

    def columns(self) -> Columns:
        """The points' columns."""
        names = ("place", "intensity", "rgb", "classification", "return_number")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


class PartWriter:
    """Writes the points of nodes to a part file, node after node, and keeps their rows."""

    def __init__(self, file: IO[bytes], look: Look) -> None:
        self._file, self._look = file, look
        self._rows: list[tuple[int, int, int, float, int]] = []
        self._boxes: list[Float64] = []

    def add(self, parent: int, node: Node, depth: UInt8, columns: Columns) -> int:
        """Write a node; gives its row."""
        own = node.own(depth)
        start = self._file.tell()
        taken = {name: values.take(own, axis=0) for name, values in columns.items()}
        self._file.write(packed(taken, self._look.attributes))
        box = box_in_world(self._look.frame, taken["place"])
        self._boxes.append(np.reshape(box or NOWHERE, (2, 3)))
        self._rows.append((parent, node.level, len(own), node.spacing_m(depth, self._look.cube), start))
        return len(self._rows) - 1

    def rows(self) -> Rows:
        """What was written."""
        parent, level, count, spacing, start = zip(*self._rows, strict=True) if self._rows else ((),) * 5
        return Rows(
            np.array(parent, np.int32),
            np.array(level, np.uint8),
            np.array(count, np.int32),
            np.array(spacing, np.float64),
            np.array(start, np.int64),
            np.array(self._boxes).reshape(-1, 2, 3),
        )


class TreeBuilder:
    """Builds the trees of some cells, one after the other."""

    def __init__(self, file: IO[bytes], look: Look) -> None:
        self._look, self._writer = look, PartWriter(file, look)
        self._heads: list[Columns] = []
        self._shown: list[int] = []
        self._counts: list[Counts] = []

    def add(self, keys: Keys, found: Columns, bounds: Sequence[int]) -> None:
        """Build the trees of sorted points between keys."""
        columns = self._look.columns(found)
        self._counts.append(Counts.of(columns, self._look))
        for first, end in pairwise(np.searchsorted(keys, np.array(bounds, np.uint64)).tolist()):
            if end > first:
                self._tree(keys[first:end], {name: values[first:end] for name, values in columns.items()})

    def _tree(self, keys: Keys, columns: Columns) -> None:
        depth = sample_depths(keys)
        root = Stretch(keys, depth).tree(0, len(keys))
        for child in root.children:
            self._branch(-1 - len(self._shown), child, depth, columns)
        own = root.own(depth)
        values: Columns = {"keys": keys, "depth": depth, **columns}
        self._heads.append({name: value.take(own, axis=0) for name, value in values.items()})
        self._shown.append(root.shown)

    def _branch(self, parent: int, node: Node, depth: UInt8, columns: Columns) -> None:
        row = self._writer.add(parent, node, depth, columns)
        for child in node.children:
            self._branch(row, child, depth, columns)

    def save(self, folder: Path) -> None:
        """Write all but the points of the nodes, which are written."""
        self._writer.rows().save(folder / ROWS)
        Counts.total(self._counts).save(folder / COUNTS)
        end = np.cumsum([len(head["keys"]) for head in self._heads])
        joined = {name: np.concatenate([head[name] for head in self._heads]) for name in self._heads[0]}
        Heads(end=end, shown=np.array(self._shown, np.uint8), **joined).save(folder / HEADS)


def build(pieces: Sequence[Piece], bounds: Sequence[int], look: Look, folder: Path) -> int:
    """Write the nodes and heads of the cells between keys into a folder, put into place; gives the points."""
    work = folder.with_suffix(".new")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    points = 0
    with (work / POINTS).open("wb") as file:
        builder = TreeBuilder(file, look)
        for keys, columns in gathered(pieces, (bounds[0], bounds[-1]), MOST_OF_ONE_KEY):
            builder.add(keys, columns, bounds)
            points += len(keys)
    if points:
        builder.save(work)
    shutil.rmtree(folder, ignore_errors=True)
    work.replace(folder)
    return points
