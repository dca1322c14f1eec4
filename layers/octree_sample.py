"""How the points of a sorted stretch spread over nodes: samples that are even in space, within a budget.

Every point gets a depth: the coarsest at which it stands for its cell of the octree, as one point of each
cell does. The points up to a depth are thus an even sample of the stretch, and the samples of all depths
are nested. A node shows its cell at the finest depth whose points do not exceed the budget.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from layers.morton import DEPTH, Cube, Keys, cell_ends, common_depth, depths_apart
from layers.stored import Int64, UInt8

#: Points that a node may show; where a cell has no more than MOST_IN_LEAF, its node shows them all.
MOST_IN_NODE = 40_000
MOST_IN_LEAF = 50_000
#: Neighbouring leaves are one node up to this number of points.
MOST_IN_JOINED = 40_000
#: The depth that comprises all points.
ALL = DEPTH + 1


def sample_depths(keys: Keys) -> UInt8:
    """(n,) the coarsest depth at which each of sorted points is the first in its cell; twins: ALL."""
    return np.concatenate((np.zeros(1, np.uint8), depths_apart(keys)))


@dataclass
class Node:
    """A cell, or a few cells side by side: the points [first, end) of the stretch up to a depth."""

    first: int
    end: int
    level: int
    shown: int  # the depth up to which its points are shown here or above
    above: int = -1  # the depth up to which the parent shows them
    children: list[Node] = field(default_factory=list)
    root_of: int | None = None  # the tree, built elsewhere, whose nodes are below this one

    @property
    def is_leaf(self) -> bool:
        """Whether nothing is below it."""
        return not self.children and self.root_of is None

    def own(self, depth: UInt8) -> Int64:
        """Positions of the points that the node itself shows."""
        some = depth[self.first : self.end]
        return np.flatnonzero((some > self.above) & (some <= self.shown)) + self.first

    def spacing_m(self, depth: UInt8, cube: Cube) -> float:
        """Metres between neighbouring points, the nodes above drawn too."""
        finest = self.shown
        if finest >= ALL and self.end > self.first:
            finest = int(np.median(depth[self.first : self.end]))
        return cube.spacing_m(max(finest, self.above))


@dataclass(frozen=True)
class Stretch:
    """Sorted points with the depths at which they are samples."""

    keys: Keys
    depth: UInt8

    def tree(self, first: int, end: int) -> Node:
        """The node that shows the points [first, end), with all below it."""
        level = common_depth(int(self.keys[first]), int(self.keys[end - 1]))
        leaf = self.leaf(first, end, level)
        if leaf is not None:
            return leaf
        shown = self.shown(first, end)
        children = [self.tree(*part) for part in self.parts(first, end, level)]
        return Node(first, end, level, shown, children=self.joined(children, shown))

    def leaf(self, first: int, end: int, level: int) -> Node | None:
        """The node of points that are not split up further."""
        return Node(first, end, level, ALL) if end - first <= MOST_IN_LEAF else None

    def shown(self, first: int, end: int) -> int:
        """The finest depth whose points do not exceed the budget of a node."""
        counts = np.bincount(self.depth[first:end], minlength=ALL + 1)
        return int(np.searchsorted(np.cumsum(counts), MOST_IN_NODE, side="right")) - 1

    def parts(self, first: int, end: int, level: int) -> Iterator[tuple[int, int]]:
        """The points by the eight cells of a cell, those in one place by numbers."""
        if level == DEPTH:
            bounds = [*range(first, end, MOST_IN_LEAF), end]
        else:
            ends = cell_ends(int(self.keys[first]), level)
            bounds = (np.searchsorted(self.keys[first:end], ends) + first).tolist()
        for start, stop in pairwise(bounds):
            if stop > start:
                yield start, stop

    def joined(self, nodes: list[Node], above: int) -> list[Node]:
        """The nodes below one that shows up to `above`, small leaves side by side as one."""
        found: list[Node] = []
        room = 0
        for node in nodes:
            node.above = above
            if not node.is_leaf:
                found.append(node)
                room = 0
                continue
            more = int((self.depth[node.first : node.end] > above).sum())
            if not more:
                continue  # the nodes above show it all
            if more <= room:
                last = found[-1]
                last.end, last.level = node.end, min(last.level, node.level)
                room -= more
            else:
                found.append(node)
                room = MOST_IN_JOINED - more
        return found
