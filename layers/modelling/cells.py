"""An outline cut into planar cells with heights: what lies over it, before there are walls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64
from layers.checks.codes import SNAP_M
from layers.modelling.linking import Edge, Ring, joined, with_holes

#: Nearer to a cut than this is on it, metres.
ON_IT_M = 1e-6
#: Nodes that an edge so short joins become one.
SHORT_M = 2 * SNAP_M


@dataclass(frozen=True)
class Cells:
    """Polygons over common nodes; the first `corners` nodes are the corners of the outline."""

    nodes: Float64  # (n, 3)
    polygons: list[list[Ring]]
    corners: int

    def with_heights(self, heights: Float64) -> Cells:
        """The same with these heights (n,) at the nodes."""
        return Cells(np.column_stack((self.nodes[:, :2], heights)), self.polygons, self.corners)

    def welded(self, short_m: float = SHORT_M) -> Cells:
        """Without edges that are too short to be told apart: their ends are where their planes meet best."""
        edges = np.array([edge for polygon in self.polygons for ring in polygon for edge in edges_of(ring)])
        length = np.linalg.norm(self.nodes[edges[:, 0]] - self.nodes[edges[:, 1]], axis=1)
        into = np.arange(len(self.nodes))
        for one, other in edges[length <= short_m].tolist():
            low, high = sorted((int(into[one]), int(into[other])))
            if high >= self.corners:
                into[into == high] = low
        polygons = [[slim(into[ring].tolist()) for ring in polygon] for polygon in self.polygons]
        kept = [[ring for ring in polygon if len(ring) > 2] for polygon in polygons if len(polygon[0]) > 2]
        nodes = self.nodes.copy()
        for node, count in enumerate(np.bincount(into)):
            if count > 1 and node >= self.corners:
                nodes[node] = meeting(self.nodes, self.polygons, np.flatnonzero(into == node))
        return Cells(nodes, kept, self.corners)


def meeting(points: Float64, polygons: Sequence[Sequence[Ring]], mine: NDArray[np.intp]) -> Float64:
    """The place nearest to the planes of all polygons that have some of these points, by least squares."""
    middle: Float64 = points[mine].mean(axis=0)
    among = set(mine.tolist())
    # A little of where they are, for what the planes leave open.
    rows, values = [1e-3 * np.eye(3)], [np.zeros(3)]
    for outer, *_ in polygons:
        if among & set(outer):
            centre = points[outer].mean(axis=0)
            corners = points[outer] - centre
            normal = np.cross(corners, np.roll(corners, -1, axis=0)).sum(axis=0)
            size = float(np.linalg.norm(normal))
            if size > 0:
                rows.append(normal[None] / size)
                values.append(rows[-1] @ (centre - middle))
    found: Float64 = middle + np.linalg.lstsq(np.vstack(rows), np.concatenate(values), rcond=None)[0]
    return found


def slim(ring: Sequence[int]) -> Ring:
    """A ring without nodes that repeat, and without ways there and back."""
    found: Ring = []
    for node in ring:
        if len(found) > 1 and found[-2] == node:
            found.pop()
        elif not found or found[-1] != node:
            found.append(node)
    while len(found) > 2 and (found[0] == found[-1] or found[1] == found[-1] or found[0] == found[-2]):
        found = found[1:] if found[1] == found[-1] else found[:-1]
    return found


def edges_of(ring: Ring) -> Iterator[Edge]:
    """The edges of a ring, the one that closes it last."""
    return zip(ring, [*ring[1:], ring[0]], strict=True)


def cut(cells: Cells, values: Float64) -> Cells:
    """Cells cut where a value (n,) at the nodes, in metres and linear over each cell, passes 0."""
    signs = np.where(np.abs(values) <= ON_IT_M, 0, np.sign(values)).astype(int).tolist()
    nodes = list(cells.nodes)
    between: dict[Edge, int] = {}
    polygons: list[list[Ring]] = []
    for polygon in cells.polygons:
        mine = [signs[node] for ring in polygon for node in ring]
        if min(mine) >= 0 or max(mine) <= 0:
            polygons.append(polygon)
            continue
        chopped = [list(_chopped(ring, values, signs, nodes, between)) for ring in polygon]
        polygons += _parts(polygon, chopped, signs, np.array(nodes))
    return Cells(np.array(nodes), _with_stops(polygons, between), cells.corners)


def _chopped(
    ring: Ring, values: Float64, signs: list[int], nodes: list[Float64], between: dict[Edge, int]
) -> Iterator[int]:
    """A ring with a node on each edge that passes 0."""
    for tail, head in edges_of(ring):
        yield tail
        if signs[tail] * signs[head] < 0:
            key = (min(tail, head), max(tail, head))
            if key not in between:
                one, other = (nodes[node] for node in key)
                share = values[key[0]] / (values[key[0]] - values[key[1]])
                between[key] = len(nodes)
                nodes.append(one + share * (other - one))
                signs.append(0)
            yield between[key]


def _parts(
    polygon: list[Ring], chopped: list[Ring], signs: list[int], nodes: Float64
) -> Iterator[list[Ring]]:
    """The parts of a polygon on both sides of a cut."""
    from shapely import Point, Polygon, prepare

    area = Polygon(nodes[polygon[0], :2], [nodes[ring, :2] for ring in polygon[1:]])
    prepare(area)
    edges = [edge for ring in chopped for edge in edges_of(ring)]
    there = set(edges)
    stops = np.array(sorted({node for ring in chopped for node in ring if signs[node] == 0}))
    places = nodes[stops, :2]
    far = places[int(np.linalg.norm(places - places[0], axis=1).argmax())] - places[0]
    order = stops[np.argsort(places @ far)].tolist()
    for one, other in pairwise(order):
        if (one, other) in there or (other, one) in there:
            continue
        if area.contains(Point(nodes[[one, other], :2].mean(axis=0))):
            edges += [(one, other), (other, one)]
    rings = [[edges[number][0] for number in numbers] for numbers in joined(edges, nodes[:, :2])]
    for side in (-1, 1):
        mine = [ring for ring in rings if side in {signs[node] for node in ring}]
        yield from with_holes(mine, nodes[:, :2])


def _with_stops(polygons: list[list[Ring]], between: dict[Edge, int]) -> list[list[Ring]]:
    """Polygons with the nodes that their neighbours' cuts made on common edges."""
    found = []
    for polygon in polygons:
        rings = []
        for ring in polygon:
            longer: Ring = []
            for tail, head in edges_of(ring):
                longer.append(tail)
                key = (min(tail, head), max(tail, head))
                if key in between:
                    longer.append(between[key])
            rings.append(longer)
        found.append(rings)
    return found
