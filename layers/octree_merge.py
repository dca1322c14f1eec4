"""The top of an octree: nodes above the trees of its cells, and the rows of all of them in one order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from layers.morton import DEPTH
from layers.octree import PART, PointTree
from layers.octree_build import COUNTS, HEADS, POINTS, ROWS, Counts, Heads, Look, PartWriter, Rows
from layers.octree_pieces import Columns
from layers.octree_sample import ALL, MOST_IN_LEAF, Node, Stretch, sample_depths
from layers.stored import Int64, UInt8


@dataclass(frozen=True)
class Roots(Stretch):
    """The points of the roots of all trees: they are split up as far as there is more than one tree."""

    start: Int64  # (t,) first point of each tree
    tree_shown: UInt8  # (t,) the depth up to which its root shows them
    has_more: NDArray[np.bool_]  # (t,) whether there are nodes below its root

    def trees(self, first: int, end: int) -> slice:
        """The trees of a stretch."""
        return slice(*np.searchsorted(self.start, (first, end)).tolist())

    def leaf(self, first: int, end: int, level: int) -> Node | None:
        """A tree, or some that end with their roots."""
        trees = self.trees(first, end)
        if trees.stop == trees.start + 1:
            more = trees.start if self.has_more[trees.start] else None
            return Node(first, end, level, int(self.tree_shown[trees.start]), root_of=more)
        if self.has_more[trees].any() or end - first > MOST_IN_LEAF:
            return None
        return Node(first, end, level, ALL)

    def shown(self, first: int, end: int) -> int:
        """No finer than each of the trees' roots: below them are points that are not here."""
        return min(super().shown(first, end), int(self.tree_shown[self.trees(first, end)].min()))

    def parts(self, first: int, end: int, level: int) -> Iterator[tuple[int, int]]:
        """By cells; trees in one and the same place one by one."""
        if level < DEPTH:
            return super().parts(first, end, level)
        return pairwise([*self.start[self.trees(first, end)].tolist(), end])


class Merger:
    """Puts the trees of several folders, in the order of their keys, under nodes of their own."""

    def __init__(self, folders: Sequence[Path], look: Look, out: Path) -> None:
        self._folders, self._look, self._out = folders, look, out
        self._rows = [Rows.load(folder / ROWS) for folder in folders]
        self._order = [np.argsort(rows.parent, kind="stable") for rows in self._rows]
        self._homes: list[tuple[int, int]] = []  # part and number there of each tree
        self._found: list[tuple[int, int, int]] = []  # parent, part, and row there of each node

    def tree(self) -> PointTree:
        """The whole tree; its nodes' points are moved into its folder."""
        self._out.mkdir(parents=True, exist_ok=True)
        top = len(self._folders)
        with (self._out / PART.format(top)).open("wb") as file:
            writer = PartWriter(file, self._look)
            self._walk(writer)
        self._rows.append(writer.rows())
        tree = self._joined()
        tree.save(self._out)
        for part, folder in enumerate(self._folders):
            if (folder / POINTS).exists():  # else an earlier run has moved it
                (folder / POINTS).replace(self._out / PART.format(part))
        return PointTree.load(self._out)

    def _walk(self, writer: PartWriter) -> None:
        """Write the nodes at the top, and note all nodes, each before those below it, level by level."""
        roots, columns = self._roots()
        top = len(self._folders)
        waiting: deque[tuple[int, Node | tuple[int, int]]] = deque([(-1, roots.tree(0, len(roots.keys)))])
        while waiting:
            parent, item = waiting.popleft()
            number = len(self._found)
            if isinstance(item, Node):
                self._found.append((parent, top, writer.add(-1, item, roots.depth, columns)))
                waiting.extend((number, child) for child in item.children)
                below = () if item.root_of is None else self._below_root(*self._homes[item.root_of])
            else:
                self._found.append((parent, *item))
                below = self._below(*item)
            waiting.extend((number, child) for child in below)

    def _roots(self) -> tuple[Roots, Columns]:
        """The points of all trees' roots."""
        heads = [Heads.load(folder / HEADS) for folder in self._folders]
        self._homes = [(part, tree) for part, head in enumerate(heads) for tree in range(len(head.end))]
        base = np.cumsum([0, *(len(head.keys) for head in heads)])
        end = np.concatenate([head.end + first for head, first in zip(heads, base, strict=False)])
        start = np.concatenate(([0], end[:-1]))
        keys, depth = (np.concatenate([getattr(head, name) for head in heads]) for name in ("keys", "depth"))
        # The first point of each tree stands for larger cells too.
        depth[start] = sample_depths(keys[start])
        has_more = np.array([bool(self._below_root(*home)) for home in self._homes])
        shown = np.concatenate([head.shown for head in heads])
        names = ("place", *self._look.attributes)
        columns = {name: np.concatenate([head.columns()[name] for head in heads]) for name in names}
        return Roots(keys, depth, start, shown, has_more), columns

    def _below_root(self, part: int, tree: int) -> list[tuple[int, int]]:
        return self._below(part, -1 - tree)

    def _below(self, part: int, parent: int) -> list[tuple[int, int]]:
        """Part and row of the nodes below a row."""
        order = self._order[part]
        first, end = np.searchsorted(self._rows[part].parent, (parent, parent + 1), sorter=order).tolist()
        return [(part, row) for row in order[first:end].tolist()]

    def _joined(self) -> PointTree:
        """All rows in the order in which they were found."""
        parent, part, row = np.array(self._found, np.int64).T
        base = np.cumsum([0, *(len(rows.parent) for rows in self._rows)])[part] + row
        level, count, spacing, start, box = (
            np.concatenate([getattr(rows, name) for rows in self._rows])[base]
            for name in ("level", "count", "spacing_m", "start", "box")
        )
        for node in range(len(parent) - 1, 0, -1):  # a node's box holds those below it
            above = box[parent[node]]
            np.minimum(above[0], box[node, 0], out=above[0])
            np.maximum(above[1], box[node, 1], out=above[1])
        counts = Counts.total([Counts.load(folder / COUNTS) for folder in self._folders])
        return PointTree(
            parent=parent.astype(np.int32),
            level=level,
            box=box,
            count=count,
            spacing_m=spacing,
            part=part.astype(np.int32),
            start=start,
            scale=np.array(self._look.frame.scale),
            offset=np.array(self._look.frame.offset),
            attributes=self._look.attributes,
            class_count=counts.class_count,
            return_count=counts.return_count,
            intensity_count=counts.intensity_count,
            height_count=counts.height_count,
            height_range=np.array([self._look.low_m, self._look.high_m]),
        )
