"""Where a place that one points at is meant to be: on a corner, on an edge, in line with one, on a grid."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from layers.arrays import Float64
from layers.flatten import DEPTH
from layers.modelling.cells import edges_of
from layers.shapes import Shape, rings_of

CORNER, EDGE, GRID, PARALLEL, SQUARE, FREE = "corner", "edge", "grid", "parallel", "perpendicular", "free"


@dataclass(frozen=True)
class Snapped:
    """A place, and what it was drawn to."""

    place: Float64  # as many coordinates as were asked for
    to: str


class Snapper:
    """Draws places to corners and edges of what is there, and to a grid.

    `edges` (m, 2, 2 or 3): their ends; `reach_m`: from how far, metres, which follows from the zoom.
    """

    def __init__(self, edges: ArrayLike, reach_m: float, grid_m: float = 0.0, angle_deg: float = 4.0) -> None:
        self._edges = np.asarray(edges, np.float64)
        self._reach, self._grid, self._angle = reach_m, grid_m, angle_deg
        self._corners = self._edges.reshape(-1, self._edges.shape[-1]) if self._edges.size else None

    @classmethod
    def of(cls, shapes: Iterable[Shape], reach_m: float, grid_m: float = 0.0) -> Snapper:
        """The corners and edges of shapes, with their heights."""
        found = [np.empty((0, 2, 3)), *map(edges_in, shapes)]
        return cls(np.concatenate(found), reach_m, grid_m)

    def snap(self, place: ArrayLike) -> Snapped:
        """The nearest corner within reach, else the nearest place on an edge, else the next of the grid."""
        here = np.asarray(place, np.float64)
        if self._corners is not None:
            size = len(here)
            away = np.linalg.norm(self._corners[:, :size] - here, axis=1)
            if away.min() <= self._reach:
                return Snapped(self._corners[int(away.argmin()), :size].copy(), CORNER)
            on = self._on_edges(here)
            away = np.linalg.norm(on - here, axis=1)
            if away.min() <= self._reach:
                return Snapped(on[int(away.argmin())], EDGE)
        if self._grid > 0:
            return Snapped(np.round(here / self._grid) * self._grid, GRID)
        return Snapped(here, FREE)

    def _on_edges(self, here: Float64) -> Float64:
        """(m, d) the place on each edge that is nearest."""
        one, other = (self._edges[:, end, : len(here)] for end in (0, 1))
        along = other - one
        square = np.einsum("ij,ij->i", along, along)
        share = np.einsum("ij,ij->i", here - one, along) / np.where(square > 0, square, 1)
        found: Float64 = one + np.clip(share, 0, 1)[:, None] * along
        return found

    def in_line(self, start: ArrayLike, place: ArrayLike, edges: ArrayLike | None = None) -> Snapped:
        """The end (x, y) of a line from a start, set parallel or square to an edge if it nearly is.

        Corners and edges within reach come first. `edges`: those meant, in place of all.
        """
        near = self.snap(np.asarray(place, np.float64)[:2])
        if near.to in (CORNER, EDGE):
            return near
        begin, here = np.asarray(start, np.float64)[:2], np.asarray(place, np.float64)[:2]
        way = here - begin
        ends = np.asarray(self._edges if edges is None else edges, np.float64)
        if not len(ends) or not np.hypot(*way) > 0:
            return near
        sides = ends[:, 1, :2] - ends[:, 0, :2]
        sides = sides[np.hypot(sides[:, 0], sides[:, 1]) > 1e-9]
        if not len(sides):
            return near
        turn = np.degrees(np.arctan2(way[1], way[0]) - np.arctan2(sides[:, 1], sides[:, 0]))
        off = (turn + 45) % 90 - 45
        best = int(np.abs(off).argmin())
        if abs(off[best]) > self._angle:
            return near
        angle = math.atan2(way[1], way[0]) - math.radians(float(off[best]))
        along = np.array([math.cos(angle), math.sin(angle)])
        is_parallel = abs((float(turn[best]) + 45) % 180 - 45) < 45
        return Snapped(begin + (way @ along) * along, PARALLEL if is_parallel else SQUARE)


def edges_in(shape: Shape) -> Float64:
    """(m, 2, 3) the edges of a shape's polygons and lines, each once."""
    found: set[tuple[int, int]] = set()
    for geometry in shape.geometries:
        depth = DEPTH.get(str(geometry.get("type")))
        if depth is not None:
            for face in rings_of(geometry["boundaries"], depth):
                found |= {(min(edge), max(edge)) for ring in face for edge in edges_of(ring)}
        elif geometry.get("type") == "MultiLineString":
            found |= {(min(edge), max(edge)) for line in geometry["boundaries"] for edge in pairwise(line)}
    return np.asarray(shape.vertices[np.array(sorted(found), np.intp).reshape(-1, 2)], np.float64)
