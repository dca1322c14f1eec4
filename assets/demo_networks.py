"""Sewer and drinking water below the streets of the demo city, as GeoJSON in the city's CRS."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely import LineString, Point

from assets.demo_features import feature, write_features
from assets.demo_plan import Plan
from assets.demo_solids import XY
from assets.demo_terrain import Terrain

MANHOLE_SPACING_M = 38.0
JOIN_M = 14.0
SEWER_COVER_M = 1.9
WATER_COVER_M = 1.3
WATER_BESIDE_SEWER_M = (1.3, 1.1)
_NO_SEWER = ("Am Steg", "Südtor", "Burgweg")
_NO_WATER = ("Am Steg",)
_YEARS = {"old": 1896, "town": 1901, "rows": 1955, "suburb": 1967, "works": 1961, "path": 1972}
_SEWER_SIZES = ((5, 250), (14, 300), (28, 400), (48, 500), (80, 600), (130, 800), (10_000, 1000))


@dataclass
class Graph:
    """Places along the streets and which of them are joined."""

    places: list[XY] = field(default_factory=list)
    joined: dict[int, dict[int, str]] = field(default_factory=dict)  # node -> neighbour -> kind of street

    def node(self, p: XY) -> int:
        """The node at a place, made when it is new."""
        for i, known in enumerate(self.places):
            if math.dist(known, p) < 2.5:
                return i
        self.places.append((round(p[0], 2), round(p[1], 2)))
        self.joined[len(self.places) - 1] = {}
        return len(self.places) - 1

    def join(self, a: int, b: int, kind: str) -> None:
        """Join two nodes."""
        if a != b:
            self.joined[a][b] = self.joined[b][a] = kind

    def nearest(self, p: XY) -> int:
        """The node nearest to a place."""
        return min(range(len(self.places)), key=lambda i: math.dist(self.places[i], p))

    def edges(self) -> Iterator[tuple[int, int, str]]:
        """Every pair of joined nodes once."""
        for a, around in self.joined.items():
            yield from ((a, b, kind) for b, kind in around.items() if a < b)


def street_graph(plan: Plan, without: Iterable[str]) -> Graph:
    """Nodes at crossings and at most 38 m apart; dead ends are joined to a street that passes near."""
    graph, skipped = Graph(), set(without)
    streets = [s for s in plan.streets if s.name not in skipped]
    for street in streets:
        others = shapely.union_all([s.line for s in streets if s is not street])
        crossings = shapely.get_coordinates(street.line.intersection(others)).tolist()
        stops = sorted(
            {0.0, street.line.length, *(round(street.line.project(Point(c)), 2) for c in crossings)}
        )
        for start, end in pairwise(stops):
            count = max(1, math.ceil((end - start) / MANHOLE_SPACING_M))
            along = [street.line.interpolate(s) for s in np.linspace(start, end, count + 1)]
            nodes = [graph.node((p.x, p.y)) for p in along]
            for a, b in pairwise(nodes):
                graph.join(a, b, street.kind)
    for i, around in graph.joined.items():
        if len(around) == 1:
            near = [
                j
                for j in graph.joined
                if j not in (i, *around) and math.dist(graph.places[i], graph.places[j]) < JOIN_M
            ]
            if near:
                graph.join(i, min(near, key=lambda j: math.dist(graph.places[i], graph.places[j])), "old")
    return graph


@dataclass(frozen=True)
class _Sewer:
    """A tree of conduits towards one outfall."""

    graph: Graph
    ground: list[float]
    downstream: dict[int, int]
    order: list[int]  # outfall first


def _drained(graph: Graph, ground: list[float], outfall: XY) -> _Sewer:
    """The way from every node to the outfall that is short and seldom uphill."""
    root = graph.nearest(outfall)
    cost: dict[int, float] = {root: 0.0}
    downstream: dict[int, int] = {}
    order: list[int] = []
    queue = [(0.0, root)]
    while queue:
        so_far, a = heapq.heappop(queue)
        if so_far > cost[a]:
            continue
        order.append(a)
        for b in graph.joined[a]:
            length = math.dist(graph.places[a], graph.places[b])
            total = so_far + length + 70 * max(0.0, ground[a] - ground[b])
            if total < cost.get(b, math.inf):
                cost[b], downstream[b] = total, a
                heapq.heappush(queue, (total, b))
    return _Sewer(graph, ground, downstream, order)


def _sewer_levels(sewer: _Sewer) -> tuple[dict[int, float], dict[int, float], dict[int, int]]:
    """Lowest level in each manhole, level where each conduit ends, and nodes upstream of each node."""
    invert = {n: sewer.ground[n] - SEWER_COVER_M for n in sewer.order}
    conduit_end: dict[int, float] = {}
    above = dict.fromkeys(sewer.order, 1)
    for n in reversed(sewer.order):
        down = sewer.downstream.get(n)
        if down is None:
            continue
        length = math.dist(sewer.graph.places[n], sewer.graph.places[down])
        slope = 0.005 if above[n] < 28 else 0.0025
        conduit_end[n] = min(invert[n] - slope * length, sewer.ground[down] - SEWER_COVER_M)
        invert[down] = min(invert[down], conduit_end[n])
        above[down] += above[n]
    return invert, conduit_end, above


def _year(kind: str, n: int) -> int:
    """When a main was laid; one in four has been renewed."""
    return 1984 + n * 7 % 38 if n % 4 == 1 else _YEARS[kind] + n * 5 % 12


def _sewer_material(size_mm: int, year: int) -> str:
    if size_mm >= 800:
        return "reinforced concrete" if year > 1950 else "brick"
    if size_mm >= 400:
        return "concrete"
    return "vitrified clay" if year < 1965 else "PVC-U" if year < 2000 else "PP"


def write_sewer(path: Path, plan: Plan, terrain: Terrain) -> None:
    """Conduits and manholes of the two gravity sewers, north and south of the river."""
    graph = street_graph(plan, _NO_SEWER)
    ground = [terrain.at(*p) for p in graph.places]
    features: list[dict[str, Any]] = []
    for outfall in ((985.0, 330.0), (992.0, 190.0)):
        sewer = _drained(graph, ground, outfall)
        invert, conduit_end, above = _sewer_levels(sewer)
        features += [
            _conduit(sewer, n, invert[n], conduit_end[n], above[n]) for n in sewer.order if n in conduit_end
        ]
        features += [_manhole(sewer, n, invert[n]) for n in sewer.order]
    write_features(path, "sewer", features)


def _conduit(sewer: _Sewer, n: int, start: float, end: float, above: int) -> dict[str, Any]:
    down = sewer.downstream[n]
    kind = sewer.graph.joined[n][down]
    year = _year(kind, n)
    size = next(mm for limit, mm in _SEWER_SIZES if above <= limit)
    a, b = sewer.graph.places[n], sewer.graph.places[down]
    record = {
        "id": f"SC-{n + 1:04d}",
        "network": "combined sewer",
        "diameter": size,
        "material": _sewer_material(size, year),
        "startInvertLevel": round(start, 2),
        "endInvertLevel": round(end, 2),
        "length": round(math.dist(a, b), 1),
        "fromNode": f"SM-{n + 1:04d}",
        "toNode": f"SM-{down + 1:04d}",
        "yearOfConstruction": year,
        "condition": ("good", "fair", "fair", "poor")[min(3, max(0, (2025 - year) // 35))],
    }
    return feature(LineString(((*a, start), (*b, end))), record)


def _manhole(sewer: _Sewer, n: int, invert: float) -> dict[str, Any]:
    is_outfall = n not in sewer.downstream
    record = {
        "id": f"SM-{n + 1:04d}",
        "manholeType": "outfall to the treatment plant" if is_outfall else "manhole",
        "coverLevel": round(sewer.ground[n], 2),
        "invertLevel": round(invert, 2),
        "depth": round(sewer.ground[n] - invert, 2),
        "diameter": 1500 if is_outfall else 1000,
        "coverMaterial": "cast iron",
    }
    return feature(Point(*sewer.graph.places[n], invert), record)


def write_water(path: Path, plan: Plan, terrain: Terrain) -> None:
    """The looped drinking water network with its hydrants, valves and service reservoir."""
    graph = street_graph(plan, _NO_WATER)
    reservoir = graph.node((246.0, 791.0))
    graph.join(
        reservoir,
        min(
            (i for i in graph.joined if i != reservoir),
            key=lambda i: math.dist(graph.places[i], (232.0, 735.0)),
        ),
        "works",
    )
    level = [terrain.at(*p) - WATER_COVER_M for p in graph.places]
    edges = sorted(graph.edges())
    features = [_main(graph, i, a, b, kind, level) for i, (a, b, kind) in enumerate(edges)]
    for n, p in enumerate(graph.places):
        role = (
            "reservoir"
            if n == reservoir
            else "hydrant"
            if n % 3 == 0
            else "valve"
            if n % 7 == 2
            else "junction"
        )
        record = {
            "id": f"WN-{n + 1:04d}",
            "nodeType": role,
            "groundLevel": round(level[n] + WATER_COVER_M, 2),
            "elevation": round(level[n], 2),
            "depth": WATER_COVER_M,
            "diameter": 600 if role in ("hydrant", "valve") else 300,
        }
        features.append(feature(Point(*_beside(p), level[n]), record))
    write_features(path, "water", features)


def _beside(p: XY) -> XY:
    return p[0] + WATER_BESIDE_SEWER_M[0], p[1] + WATER_BESIDE_SEWER_M[1]


def _main(graph: Graph, i: int, a: int, b: int, kind: str, level: list[float]) -> dict[str, Any]:
    year = _year(kind, i)
    size = {"town": 200, "works": 250, "old": 150}.get(kind, (100, 125, 150)[i % 3])
    material = (
        "grey cast iron"
        if year < 1950
        else "asbestos cement"
        if year < 1963
        else "ductile iron"
        if year < 1992
        else "PE 100"
    )
    p, q = graph.places[a], graph.places[b]
    record = {
        "id": f"WP-{i + 1:04d}",
        "network": "drinking water",
        "diameter": size,
        "material": material,
        "coverDepth": WATER_COVER_M,
        "pressureZone": "high" if max(level[a], level[b]) > 222 else "low",
        "length": round(math.dist(p, q), 1),
        "fromNode": f"WN-{a + 1:04d}",
        "toNode": f"WN-{b + 1:04d}",
        "yearOfConstruction": year,
    }
    return feature(LineString(((*_beside(p), level[a]), (*_beside(q), level[b]))), record)
