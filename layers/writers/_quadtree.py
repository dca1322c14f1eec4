"""City objects dealt out to the cells of a quadtree: large ones near its root, small ones far below."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from layers.arrays import Float64
from layers.runs import Int64

DEEPEST = 12


@dataclass
class Cell:
    """A cell: the objects of its own, and the cells that it is divided into."""

    objects: Int64  # into what was dealt out
    children: list[Cell] = field(default_factory=list)
    low: Float64 = field(default_factory=lambda: np.full(3, np.inf))  # around all objects here and below
    high: Float64 = field(default_factory=lambda: np.full(3, -np.inf))
    error_m: float = 0.0  # the size of the largest object below: what one does not see without the children

    @property
    def size_m(self) -> float:
        """The diagonal of the box around all there is."""
        return float(np.linalg.norm(np.maximum(self.high - self.low, 0.0)))


def dealt(boxes: Float64, weights: Int64, most: int) -> Cell:
    """Deal out objects with (n, 2, 3) boxes so that no cell has many more than `most` of their weights."""
    sizes = np.linalg.norm(boxes[:, 1] - boxes[:, 0], axis=1)
    middle = boxes[:, :, :2].mean(axis=1)
    low = middle.min(axis=0) if len(boxes) else np.zeros(2)
    side = float(np.ptp(middle, axis=0).max()) if len(boxes) else 0.0
    return _cell(_Dealing(boxes, weights, sizes, middle, most), np.arange(len(boxes)), low, side, 0)


@dataclass(frozen=True)
class _Dealing:
    boxes: Float64
    weights: Int64
    sizes: Float64
    middle: Float64
    most: int


def _cell(dealing: _Dealing, objects: Int64, low: Float64, side: float, depth: int) -> Cell:
    order = objects[np.argsort(-dealing.sizes[objects], kind="stable")]
    if depth == DEEPEST or side <= 0:
        count = len(order)
    else:
        count = max(1, int(np.searchsorted(np.cumsum(dealing.weights[order]), dealing.most, side="right")))
    rest = order[count:]
    cell = Cell(np.sort(order[:count]))
    half = side / 2
    where = (dealing.middle[rest] >= low + half) @ np.array([1, 2])
    for quarter in np.unique(where).tolist():
        corner = low + half * np.array([quarter & 1, quarter >> 1])
        child = _cell(dealing, rest[where == quarter], corner, half, depth + 1)
        cell.children.append(child)
        cell.low, cell.high = np.minimum(cell.low, child.low), np.maximum(cell.high, child.high)
    if len(cell.objects):
        own = dealing.boxes[cell.objects]
        cell.low = np.minimum(cell.low, own[:, 0].min(axis=0))
        cell.high = np.maximum(cell.high, own[:, 1].max(axis=0))
    if len(rest):
        cell.error_m = float(dealing.sizes[rest].max())
    return cell
