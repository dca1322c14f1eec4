"""Directed edges in the plane, joined to the rings that they bound."""

from __future__ import annotations

import math
from collections.abc import Sequence

from layers.arrays import Float64

Edge = tuple[int, int]
Ring = list[int]


def joined(edges: Sequence[Edge], places: Float64) -> list[list[int]]:
    """The rings that directed edges make, each as numbers of edges; what they bound lies to their left.

    Nodes lie at `places` (n, 2). Where several rings meet at a node, they touch there and do not cross.
    """
    leaving: dict[int, list[int]] = {}
    for number, (tail, _) in enumerate(edges):
        leaving.setdefault(tail, []).append(number)
    rings: list[list[int]] = []
    is_free = [True] * len(edges)
    for first in range(len(edges)):
        ring, at = [], first
        while is_free[at]:
            is_free[at] = False
            ring.append(at)
            following = leaving.get(edges[at][1], [])
            if not following:
                break
            at = following[0] if len(following) == 1 else _rightmost(edges, at, following, places)
        if ring:
            rings.append(ring)
    return rings


def _rightmost(edges: Sequence[Edge], at: int, following: Sequence[int], places: Float64) -> int:
    """The edge that comes first clockwise from the way back."""
    back = _direction(edges[at][::-1], places)
    return min(
        following, key=lambda number: (back - _direction(edges[number], places)) % math.tau or math.tau
    )


def _direction(edge: Sequence[int], places: Float64) -> float:
    (x0, y0), (x1, y1) = places[edge[0]].tolist(), places[edge[1]].tolist()
    return math.atan2(y1 - y0, x1 - x0)


def ring_area(places: Float64) -> float:
    """The area of a ring of places (n, 2), positive where it runs anticlockwise."""
    x, y = (places - places[0]).T
    return float(x @ _next(y) - y @ _next(x)) / 2


def _next(values: Float64) -> Float64:
    found: Float64 = values.take(range(1, len(values) + 1), mode="wrap")
    return found


def with_holes(rings: Sequence[Ring], places: Float64) -> list[list[Ring]]:
    """Rings as polygons: each anticlockwise one with the clockwise ones that lie in it."""
    from shapely import Polygon

    outer = [ring for ring in rings if len(ring) > 2 and ring_area(places[ring]) > 0]
    holes = [ring for ring in rings if len(ring) > 2 and ring_area(places[ring]) < 0]
    found = [[ring] for ring in outer]
    shapes = [Polygon(places[ring]) for ring in outer]
    for hole in holes:
        inside = Polygon(places[hole]).representative_point()
        around = [number for number, shape in enumerate(shapes) if shape.contains(inside)]
        if around:
            found[min(around, key=lambda number: shapes[number].area)].append(hole)
    return found
