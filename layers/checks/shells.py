"""Shells: whether polygons close around a space, each edge between two of them, all looking outwards."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64
from layers.checks import contact
from layers.checks.codes import SNAP_M
from layers.checks.faces import Flat
from layers.runs import starts

Index = NDArray[np.intp]
FEWEST_POLYGONS = 4


class Shell:
    """The edges of a shell's polygons, and which of them meet."""

    def __init__(self, flat: Flat) -> None:
        self.flat = flat
        begin = starts(flat.rings)
        after = np.arange(1, len(flat.numbers) + 1)
        before = np.arange(-1, len(flat.numbers) - 1)
        filled = flat.rings > 0
        after[begin[1:][filled] - 1] = begin[:-1][filled]
        before[begin[:-1][filled]] = begin[1:][filled] - 1
        self.before = before
        self.tail, self.head = flat.numbers.astype(np.int64), flat.numbers[after].astype(np.int64)
        self.polygon = np.repeat(flat.ring_polygon, flat.rings)
        low, high = np.minimum(self.tail, self.head), np.maximum(self.tail, self.head)
        _, self.edge = np.unique(low * (len(flat.points) + 1) + high, return_inverse=True)
        self.edge = self.edge.reshape(-1)
        count = int(self.edge.max()) + 1 if len(self.edge) else 0
        self.uses = np.bincount(self.edge, minlength=count)
        forward = (self.tail < self.head).astype(np.int64)
        self.forward = np.bincount(self.edge, forward, count).astype(np.int64)

    def alone(self) -> Index:
        """Half-edges whose edge has a polygon on one side only."""
        return np.flatnonzero(self.uses[self.edge] == 1)

    def crowded(self) -> Index:
        """Edges that belong to more than two polygons."""
        return np.flatnonzero(self.uses > 2)

    def turned(self) -> Index:
        """Edges along which two polygons run in the same direction."""
        return np.flatnonzero((self.uses == 2) & (self.forward != 1))

    def place_of(self, edge: int) -> tuple[float, ...]:
        """The middle of an edge."""
        half = int(np.flatnonzero(self.edge == edge)[0])
        ends = self.flat.points[[self.tail[half], self.head[half]]]
        return tuple(ends.mean(axis=0).tolist())

    def components(self) -> int:
        """How many groups of polygons there are that no edge joins."""
        return _components(len(self.flat.polygon_rings), *self._neighbours())

    def _neighbours(self) -> tuple[Index, Index]:
        order = np.argsort(self.edge, kind="stable")
        same = np.flatnonzero(np.diff(self.edge[order]) == 0)
        return self.polygon[order[same]], self.polygon[order[same + 1]]

    def pinched(self) -> Index:
        """Points at which a closed shell touches itself: several fans of polygons meet there.

        Only for shells whose every edge runs once in each direction.
        """
        order = np.argsort(self.edge, kind="stable")
        twin = np.empty(len(order), np.int64)
        twin[order[0::2]], twin[order[1::2]] = order[1::2], order[0::2]
        around = twin[self.before]
        fan = _labels(len(around), np.arange(len(around)), around)
        fans = np.unique(np.stack((self.tail, fan), axis=-1), axis=0)
        points, count = np.unique(fans[:, 0], return_counts=True)
        return points[count > 1]

    def volume(self) -> float:
        """The space within, in cubic units; negative when the polygons look inwards."""
        corners = self.flat.corner_triangles()
        if not len(corners):
            return 0.0
        a, b, c = np.moveaxis(corners - corners[0, 0], 1, 0)
        return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)

    def self_crossings(self) -> tuple[Index, Index]:
        """Pairs of polygons that pass through or lie upon each other."""
        triangles, owner = self.flat.corner_triangles(), self.flat.triangles.polygon
        a, b = contact.near_pairs(triangles, None, SNAP_M)
        apart = owner[a] != owner[b]
        a, b = a[apart], b[apart]
        hit = contact.crossing(triangles[a], triangles[b], SNAP_M)
        hit |= contact.upon_each_other(triangles[a], triangles[b], SNAP_M)
        return owner[a[hit]], owner[b[hit]]


def shell_findings(shell: Shell, is_closed: bool = True) -> Iterator[tuple[int, str, str, tuple[float, ...]]]:
    """Polygon (or -1), code, sentence and place of all that keeps polygons from being a shell."""
    flat = shell.flat
    if is_closed and len(flat.polygon_rings) < FEWEST_POLYGONS:
        yield -1, "301", f"it has {len(flat.polygon_rings)} polygons; allowed: at least 4", _middle(flat)
        return
    alone, crowded, turned = shell.alone(), shell.crowded(), shell.turned()
    if is_closed and len(alone):
        text = f"{len(alone)} edges have a polygon on one side only"
        yield int(shell.polygon[alone[0]]), "302", text, shell.place_of(int(shell.edge[alone[0]]))
    if len(crowded):
        text = f"{len(crowded)} edges belong to more than two polygons"
        yield _owner(shell, crowded), "303", text, shell.place_of(int(crowded[0]))
    if len(turned):
        text = f"along {len(turned)} edges two polygons run in the same direction"
        yield _owner(shell, turned), "307", text, shell.place_of(int(turned[0]))
    is_whole = not (len(alone) or len(crowded) or len(turned))
    pinched = shell.pinched() if is_whole else np.empty(0, np.intp)
    if len(pinched):
        place = tuple(flat.points[pinched[0]].tolist())
        yield -1, "303", f"at {len(pinched)} points it only touches itself", place
    if not len(crowded) and (parts := shell.components()) > 1:
        yield -1, "305", f"it falls into {parts} components", _middle(flat)
    one, other = shell.self_crossings()
    if len(one):
        place = tuple(flat.points[flat.numbers[shell.polygon == one[0]]].mean(axis=0).tolist())
        pairs = len({tuple(sorted(pair)) for pair in zip(one.tolist(), other.tolist(), strict=True)})
        first = f"first {one[0]} and {other[0]}"
        text = f"{pairs} pairs of polygons cross or overlap by more than {SNAP_M} m, {first}"
        yield int(one[0]), "306", text, place


def _owner(shell: Shell, edges: Index) -> int:
    return int(shell.polygon[np.flatnonzero(shell.edge == edges[0])[0]])


def _middle(flat: Flat) -> tuple[float, ...]:
    corners: Float64 = flat.corners
    return tuple(corners.mean(axis=0).tolist()) if len(corners) else ()


def _labels(count: int, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each of so many nodes the lowest one that edges lead to."""
    found = np.arange(count)
    while True:
        lowest = np.minimum(found[one], found[other])
        before = found.copy()
        np.minimum.at(found, before[one], lowest)
        np.minimum.at(found, before[other], lowest)
        while (found[found] != found).any():
            found = found[found]
        if (found == before).all():
            return found


def _components(count: int, one: NDArray[np.int64], other: NDArray[np.int64]) -> int:
    return len(np.unique(_labels(count, one, other)))
