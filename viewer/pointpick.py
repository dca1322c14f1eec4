"""Which point lies under the cursor: nodes before blocks before points, in double precision at the end."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from layers.arrays import Float64, Int32, PointTree
from layers.errors import ReadError
from viewer.faces import Index, Mask, spans
from viewer.picking import POINT_REACH_PX, View2D, boxes_over
from viewer.splat import Sight
from viewer.stock import POINTS_PER_BLOCK, Node, Stock

#: Nodes whose points are kept in double precision.
MOST_EXACT = 16
#: So long nodes are read to find a point that is not drawn yet; afterwards what is drawn must do.
REFINE_S = 0.02
#: Scores are found in single precision first; so far below the best ones they are looked at exactly.
UNSURE_M, UNSURE_PX = 0.01, 0.5

#: Which points of a node are shown at all; None: every one.
Filter = Callable[[int, Node], Mask | None]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Points that may be drawn within reach of the cursor."""

    node: Int32
    point: Index  # position in the node
    place: Float64  # (n, 3) world, to a fraction of a millimetre

    @classmethod
    def of(cls, parts: list[Candidates]) -> Candidates:
        """All of several."""
        return cls(
            np.concatenate([np.empty(0, np.int32), *(part.node for part in parts)]),
            np.concatenate([np.empty(0, np.int64), *(part.point for part in parts)]),
            np.concatenate([np.empty((0, 3)), *(part.place for part in parts)]),
        )


class PointPicker:
    """Finds the points of one cloud."""

    def __init__(self, tree: PointTree, stock: Stock) -> None:
        self._tree, self._stock = tree, stock
        self._clouds: OrderedDict[int, Float64] = OrderedDict()

    def exact(self, number: int) -> Float64:
        """The points of a node as the source has them; as they are drawn, if it cannot be read any more."""
        if number not in self._clouds:
            try:
                self._clouds[number] = self._tree.read(number).points
            except ReadError:
                node = self._stock.get(number)
                return node.world(np.arange(len(node)))
        self._clouds.move_to_end(number)
        if len(self._clouds) > MOST_EXACT:
            self._clouds.popitem(last=False)
        return self._clouds[number]

    def pick(
        self, view: View2D, x: float, y: float, drawn: list[tuple[int, Node]], shown: Filter
    ) -> tuple[float, Float64] | None:
        """Distance along the sight line, and the point: the nearest drawn one, or a finer one about there."""
        first = self._near(view, x, y, drawn, shown)
        score = scores(view, x, y, first.place)
        if not np.isfinite(score).any():
            return None
        finer = self._finer(view, first.place[score.argmin()], {number for number, _ in drawn})
        every = Candidates.of([first, self._near(view, x, y, finer, shown)])
        point = self._best(view, x, y, every)
        ray = view.ray(x, y)
        return float((point - ray.origin) @ ray.direction), point

    def _near(
        self, view: View2D, x: float, y: float, nodes: list[tuple[int, Node]], shown: Filter
    ) -> Candidates:
        """The points of these nodes that may be drawn within reach of the cursor."""
        numbers = np.array([number for number, _ in nodes], np.int64)
        over = boxes_over(view, self._tree.box[numbers], x, y, x, y, POINT_REACH_PX)
        nodes = [nodes[place] for place in np.flatnonzero(over)]
        boxes = np.concatenate([np.empty((0, 2, 3)), *(node.block_box for _, node in nodes)])
        blocks = np.flatnonzero(boxes_over(view, boxes, x, y, x, y, POINT_REACH_PX))
        ends = np.cumsum([0, *(len(node.block_box) for _, node in nodes)])
        bounds = np.searchsorted(blocks, ends)
        sight, found = Sight(view, view.camera.eye), []
        for place in np.flatnonzero(np.diff(bounds)):
            number, node = nodes[place]
            mine = blocks[bounds[place] : bounds[place + 1]] - ends[place]
            points = _within_reach(sight, x, y, node, mine, shown(number, node))
            owner = np.full(len(points), number, np.int32)
            found.append(Candidates(owner, points, node.world(points)))
        return Candidates.of(found)

    def _finer(self, view: View2D, about: Float64, known: set[int]) -> list[tuple[int, Node]]:
        """Nodes with points so near to a place that they are drawn on it, coarse ones first."""
        tree, begun = self._tree, perf_counter()
        depth = max(float((about - view.camera.eye) @ view.camera.basis[2]), 0.0)
        reach_m = POINT_REACH_PX * 2 * view.camera.half_height / view.height
        reach_m *= view.camera.distance_m if view.camera.parallel else depth
        found: list[tuple[int, Node]] = []
        nodes = np.zeros(1, np.int64)
        while len(nodes):
            box = tree.box[nodes]
            nodes = nodes[((box[:, 0] <= about + reach_m) & (box[:, 1] >= about - reach_m)).all(axis=1)]
            for number in nodes.tolist():
                if number not in known:
                    if perf_counter() - begun > REFINE_S:
                        return found
                    found.append((number, self._stock.get(number)))
            nodes = spans(np.searchsorted(tree.parent, nodes), np.searchsorted(tree.parent, nodes + 1))
        return found

    def _best(self, view: View2D, x: float, y: float, found: Candidates) -> Float64:
        """The best candidate, by its coordinates in the source."""
        score = scores(view, x, y, found.place)
        sure = np.flatnonzero(score <= score.min() + UNSURE_M)
        at = zip(found.node[sure].tolist(), found.point[sure].tolist(), strict=True)
        points = np.stack([self.exact(number)[point] for number, point in at])
        best: Float64 = points[scores(view, x, y, points).argmin()]
        return best


def scores(view: View2D, x: float, y: float, points: Float64) -> Float64:
    """How far points are in front; infinite for those that are not drawn within reach of the cursor.

    A little nearer to the cursor is worth a little farther from the eye.
    """
    seen = view.project(points)
    away = np.hypot(seen[:, 0] - x, seen[:, 1] - y)
    size = view.camera.metres_per_pixel(view.height)
    close = (away <= POINT_REACH_PX) & (seen[:, 2] > 0)
    return np.where(close, seen[:, 2] + away * size * 2, np.inf)


def _within_reach(sight: Sight, x: float, y: float, node: Node, blocks: Index, shown: Mask | None) -> Index:
    """The points of some blocks of a node that are drawn within reach of the cursor, or hardly beyond."""
    points = spans(blocks * POINTS_PER_BLOCK, np.minimum((blocks + 1) * POINTS_PER_BLOCK, len(node)))
    if shown is not None:
        points = points[shown[points]]
    across, down, _ = sight.pixels(np.take(node.places, points, axis=1), sight.of_corner(node.corner))
    across -= np.float32(x)
    down -= np.float32(y)
    with np.errstate(all="ignore"):
        near = across * across + down * down <= (POINT_REACH_PX + UNSURE_PX) ** 2
    return np.asarray(points[near])
