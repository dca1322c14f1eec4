"""Pits and mounds: an outline, how deep or high, and the slope of the sides, on any terrain.

The sides run inwards from the outline, 1 up or down on `slope` level. How far the ground moves at a place
depends on the outline alone (on its straight skeleton), so the volume is exact whatever the ground is like.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from layers.arrays import Float64
from layers.errors import EditError
from layers.modelling.cells import Cells, cut
from layers.modelling.linking import ring_area
from layers.modelling.outlines import Outline, outline_of
from layers.modelling.skeleton import Skeleton, skeleton

DEPTHS_M = (0.01, 1000.0)
SLOPES = (0.01, 100.0)


@dataclass(frozen=True)
class Volumes:
    """Earth that is taken away and brought, cubic metres."""

    cut_m3: float
    fill_m3: float

    @property
    def balance_m3(self) -> float:
        """What has to be brought; negative where some is left over."""
        return self.fill_m3 - self.cut_m3


class Earthwork:
    """A pit (depth above 0) or a mound (below 0) within an outline, its sides 1 : slope."""

    def __init__(self, outline: Sequence[ArrayLike] | Outline, depth_m: float, slope: float) -> None:
        if not DEPTHS_M[0] <= abs(depth_m) <= DEPTHS_M[1]:
            low, high = DEPTHS_M
            raise EditError(
                "The ground cannot be moved so far",
                found=f"{depth_m:g} m",
                allowed=f"{low:g} m to {high:g} m",
            )
        if not (slope == 0 or SLOPES[0] <= slope <= SLOPES[1]):
            low, high = SLOPES
            raise EditError(
                "The sides cannot be so steep",
                found=f"1 : {slope:g}",
                allowed=f"upright (0), or 1 : {low:g} to 1 : {high:g}",
            )
        self.outline, self.depth_m, self.slope = outline_of(outline), float(depth_m), float(slope)

    @cached_property
    def _skeleton(self) -> Skeleton:
        return skeleton(self.outline)

    @property
    def run_m(self) -> float:
        """How far inwards from the outline the sides reach."""
        return min(abs(self.depth_m) * self.slope, self._skeleton.reach_m)

    @cached_property
    def cells(self) -> Cells:
        """Its sides and floor, where they are not upright; heights are how far inwards their nodes are."""
        found = self._skeleton
        polygons = [[ring] for rings in found.faces for ring in rings]
        cells = Cells(found.nodes, polygons, len(self.outline.places))
        return cut(cells, found.nodes[:, 2] - abs(self.depth_m) * self.slope)

    @cached_property
    def volume_m3(self) -> float:
        """How much earth is moved, exactly."""
        if self.slope == 0:
            return self.outline.area_m2 * abs(self.depth_m)
        cells = self.cells
        moved = np.minimum(cells.nodes[:, 2] / self.slope, abs(self.depth_m))
        return sum(_below(cells.nodes[:, :2], moved, polygon) for polygon in cells.polygons)

    def moved_m(self, places: Float64) -> Float64:
        """By how much the ground is lower (higher for a mound) at places (n, 2); 0 outside."""
        from shapely import contains_xy, prepare

        found = np.zeros(len(places))
        prepare(self.outline.polygon)
        inside = np.flatnonzero(contains_xy(self.outline.polygon, places[:, 0], places[:, 1]))
        if self.slope == 0:
            found[inside] = abs(self.depth_m)
        else:
            found[inside] = np.minimum(self._inwards(places[inside]) / self.slope, abs(self.depth_m))
        return np.copysign(found, self.depth_m)

    def _inwards(self, places: Float64) -> Float64:
        """How far inwards places within the outline are: from the side in whose face they lie."""
        from shapely import Polygon, contains_xy

        corners = self.outline.places
        sides = corners[self.outline.following] - corners
        along = sides / np.linalg.norm(sides, axis=1)[:, None]
        found = np.zeros(len(places))
        for number, rings in enumerate(self._skeleton.faces):
            for ring in rings:
                # A hair wider, so that places on the arcs between faces are in one of them at least.
                face = Polygon(self._skeleton.nodes[ring, :2]).buffer(1e-9)
                mine = contains_xy(face, places[:, 0], places[:, 1])
                away = places[mine] - corners[number]
                found[mine] = along[number, 0] * away[:, 1] - along[number, 1] * away[:, 0]
        return found

    def changed(self, heights: Float64, places: Float64) -> Float64:
        """The heights (n,) of a grid's cells with centres at places (n, 2), after the work."""
        found: Float64 = heights - self.moved_m(places)
        return found

    def levelled(self, heights: Float64, places: Float64, level_m: float) -> Float64:
        """Heights brought to one level, as far as depth and sides allow."""
        reach = np.abs(self.moved_m(places))
        found: Float64 = heights + np.clip(level_m - heights, -reach, reach)
        return found


def _below(places: Float64, heights: Float64, polygon: list[list[int]]) -> float:
    """The volume under a polygon over which heights are linear."""
    total = 0.0
    for ring in polygon:
        first = places[ring[0]]
        for one, other in pairwise(ring):
            area = ring_area(np.array([first, places[one], places[other]]))
            total += area * float(heights[[ring[0], one, other]].mean())
    return total


def volumes(before: Float64, after: Float64, cell_m2: float) -> Volumes:
    """What was taken and brought between two states of a grid, cell by cell; NaN counts as no change."""
    change = np.nan_to_num(after - before, nan=0.0)
    return Volumes(float(-change[change < 0].sum()) * cell_m2, float(change[change > 0].sum()) * cell_m2)
