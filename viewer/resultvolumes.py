"""Surfaces in space that a result speaks of, such as the corridor of a protected view."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from layers.arrays import Float64, Int32
from layers.results import VOLUMES, Result, Table
from layers.triangulate import triangulate
from viewer.color import LegendEntry
from viewer.faces import Index
from viewer.palette import rgb
from viewer.patch import Patch
from viewer.picture import Float32
from viewer.resultlines import Strokes

#: What each role is called, its colour, how much it hides, and how wide its edges are drawn.
ROLES = {
    "corridor": ("View corridor", "#3a7bd5", 0.16, 1.2),
    "threshold": ("Threshold surface", "#e0a100", 0.30, 1.2),
    "breach": ("Breaks the threshold", "#d03020", 0.55, 2.2),
    "envelope": ("Envelope of what may be built", "#3a9a5b", 0.22, 1.2),
    "violation": ("Breaks a rule", "#d03020", 0.55, 2.2),
    "fan": ("Fan of sight", "#009e73", 0.22, 1.2),
    "isovist": ("Isovist", "#1f7a99", 0.30, 1.2),
    "isovist before": ("Isovist before", "#d08a30", 0.18, 1.2),
}
OTHER = ("Volume", "#7a6fb8", 0.20, 1.2)
OUTLINE_STRENGTH = 0.8
#: Polygons that meet at less than this angle (its cosine) are one bent surface, without an edge between.
SAME_SURFACE = 0.94
#: Corners nearer than this are one.
CORNER_M = 0.001


class ResultVolumes:
    """The volumes of a result: translucent patches, and their edges as lines."""

    def __init__(self, result: Result) -> None:
        table = result.tables.get(VOLUMES, Table())
        self._patches: list[tuple[Patch, Float64, Int32]] = []
        self.outlines: tuple[Strokes, ...] = ()
        self.legend: list[LegendEntry] = []
        if not len(table):
            return
        shapes = np.asarray(shapely.from_wkb(table.texts("wkb")))
        roles = np.array(table.texts("role"))
        for role in dict.fromkeys(roles.tolist()):
            label, color, opacity, width = ROLES.get(role, OTHER)
            corners, lengths, rings = _rings(shapes[roles == role])
            if not len(corners):
                continue
            found = triangulate(corners, lengths, rings)
            patch = Patch(is_veil=True)
            patch.paint(rgb(color), opacity)
            self._patches.append((patch, corners, found.triangles))
            edges = _edges(corners, lengths, np.repeat(np.arange(len(rings)), rings), found.normals)
            self.outlines += (Strokes(edges, color, width, OUTLINE_STRENGTH),)
            self.legend.append(LegendEntry(label, color, 0, heading="Volumes"))

    def place(self, origin: Float64) -> None:
        """Make them ready to be drawn relative to an origin."""
        for patch, corners, triangles in self._patches:
            patch.fill(corners, origin, triangles, None)

    def patches(self) -> Iterator[Patch]:
        """What the graphics driver draws, over all else."""
        for patch, _, _ in self._patches:
            yield patch


def _rings(shapes: np.ndarray[tuple[int], np.dtype[np.object_]]) -> tuple[Float64, Int32, Int32]:
    """Corners (n, 3), the lengths of rings, and how many rings every polygon has."""
    polygons = shapely.get_parts(shapes)
    polygons = polygons[shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON]
    polygons = polygons[~shapely.is_empty(polygons)]
    rings, of_polygon = shapely.get_rings(polygons, return_index=True)
    corners = [shapely.get_coordinates(ring, include_z=True)[:-1] for ring in rings]
    lengths = np.array([len(ring) for ring in corners], np.int32)
    counts = np.bincount(of_polygon, minlength=len(polygons)).astype(np.int32)
    return np.concatenate([np.empty((0, 3)), *corners]), lengths, counts


def _edges(corners: Float64, lengths: Int32, polygon_of: Index, normals: Float32) -> Float64:
    """The edges (n, 2, 3) of surfaces: those of one polygon alone, and those where two meet at an angle."""
    ends = np.cumsum(lengths)
    after = np.arange(1, len(corners) + 1)
    after[ends - 1] = ends - lengths
    _, corner = np.unique(np.round(corners / CORNER_M).astype(np.int64), axis=0, return_inverse=True)
    pair = np.sort(np.stack((corner.ravel(), corner.ravel()[after]), axis=1), axis=1)
    normal = normals[np.repeat(polygon_of, lengths)]
    _, edge, count = np.unique(pair, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(edge.ravel(), kind="stable")
    first = np.cumsum(count) - count
    here, there = order[first], order[np.minimum(first + 1, len(order) - 1)]
    bent = np.abs((normal[here] * normal[there]).sum(axis=1)) < SAME_SURFACE
    chosen = here[(count != 2) | bent]
    return np.stack((corners[chosen], corners[after[chosen]]), axis=1)
