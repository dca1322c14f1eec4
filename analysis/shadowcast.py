"""The exact shadow of triangles on terrain made of triangles: projected along the sun, no rays.

All is computed in the frame (u, v) = (x, y) - z · (dx, dy) / dz of the sun's direction d, in which every
ray of the sun is one point. There the shadow of a caster's triangle on a triangle of terrain is the
overlap of the two, of that part of the caster which stands above the terrain triangle's plane.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.arrays import Float64
from layers.columns import Mask
from layers.runs import Int64, ranges, starts

#: Shapely geometries; it has no types.
Shape = Any
Shapes = NDArray[np.object_]

#: Corners that different triangles share are computed for each of them; so far they may differ.
SAME_M, DECIMALS = 1e-5, 5
#: What comes out has its corners on a grid so wide: no part and no gap is narrower.
GRID_M = 1e-4
#: A caster's corner that is no farther below the ground stands on it.
ON_GROUND_M = 1e-6
#: Faces that the sun grazes have no area in its frame.
LEAST_M2 = 1e-9
POLYGON, MULTI_POLYGON = 3, 6
#: Unions of no more shapes are quick in any way.
FEW = 8


@dataclass(frozen=True)
class Terrain:
    """Triangles that shadows fall on, found quickly by their place."""

    corners: Float64  # (t, 3, 3), relative to the same origin as the casters

    @cached_property
    def normals(self) -> Float64:
        """(t, 3) upwards, twice as long as the area."""
        edges = self.corners[:, 1:] - self.corners[:, :1]
        found = np.cross(edges[:, 0], edges[:, 1])
        found[found[:, 2] < 0] *= -1
        return found

    @cached_property
    def _tree(self) -> Shape:
        low, high = self.corners[..., :2].min(axis=1), self.corners[..., :2].max(axis=1)
        return shapely.STRtree(shapely.box(*low.T, *high.T))

    @cached_property
    def lowest(self) -> float:
        """The lowest corner."""
        return float(self.corners[..., 2].min(initial=np.inf))

    def highest(self, some: Mask) -> float:
        """The highest corner of some triangles."""
        return float(self.corners[some][..., 2].max(initial=-np.inf))

    def within(self, low: Float64, high: Float64) -> Terrain:
        """The triangles that reach into a rectangle (2,), (2,)."""
        found = self._tree.query(shapely.box(*low, *high))
        return Terrain(self.corners[np.sort(found)])

    def facing(self, direction: Float64) -> Terrain:
        """The triangles that the sun shines on from above."""
        return Terrain(self.corners[(self.normals @ direction > 0) & (self.normals[:, 2] > 0)])


def shadow_on_terrain(caster: Float64, terrain: Terrain, direction: Float64) -> Shape | None:
    """The shadow of triangles (m, 3, 3) in plan; `direction` (3,) points to the sun, which is up.

    None where no terrain lies below the shadow.
    """
    slope = _slope(direction)
    near = terrain.within(*reach([caster], terrain.lowest, direction)).facing(direction)
    if not len(near.corners):
        return None
    projected = _Projected.of(caster, slope)
    whole, parts = _overlaps(projected, near, direction, slope)
    return _joined(near.corners[whole][..., :2], parts)


def shadow_on_plane(caster: Float64, z: float, direction: Float64) -> Shape:
    """The shadow of triangles (m, 3, 3) on a level plane, in plan."""
    slope = _slope(direction)
    above = caster[caster[..., 2].max(axis=1) > z]
    corners, counts = clipped(above, above[..., 2] - z)
    return simplified(union(_polygons(_frame(corners, slope) + z * slope, counts)))


def footprint(caster: Float64) -> Shape:
    """What triangles (m, 3, 3) cover in plan."""
    return union(_Projected.of(caster, np.zeros(2)).shapes)


def _slope(direction: Float64) -> Float64:
    """How far a shadow reaches per metre of height, against the sun: (dx, dy) / dz."""
    if not direction[2] > 0:
        raise ValueError("the sun is not up")
    found: Float64 = direction[:2] / direction[2]
    return found


def _frame(points: Float64, slope: Float64) -> Float64:
    """Points (…, 3) in the frame of the sun (…, 2)."""
    found: Float64 = points[..., :2] - points[..., 2:] * slope
    return found


def reach(casters: Sequence[Float64], lowest: float, directions: Float64) -> tuple[Float64, Float64]:
    """The rectangle (2,), (2,) in plan that no shadow of triangles (m, 3, 3) leaves.

    No ground is lower than `lowest`; `directions` (…, 3) are all those to the sun that are asked about.
    """
    low = np.min([corners.min(axis=(0, 1)) for corners in casters], axis=0)
    high = np.max([corners.max(axis=(0, 1)) for corners in casters], axis=0)
    some = directions.reshape(-1, 3)
    falls = max(high[2] - lowest, 0.0) * some[:, :2] / some[:, 2:]
    return low[:2] - np.maximum(falls, 0).max(axis=0), high[:2] + np.maximum(-falls, 0).max(axis=0)


@dataclass(frozen=True)
class _Projected:
    """A caster's triangles that are not seen edge-on from the sun."""

    corners: Float64  # (m, 3, 3)
    frame: Float64  # (m, 3, 2)
    shapes: Shapes  # (m,)

    @classmethod
    def of(cls, corners: Float64, slope: Float64) -> _Projected:
        frame = _frame(corners, slope)
        edges = frame[:, 1:] - frame[:, :1]
        area = edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0]
        seen = np.abs(area) > LEAST_M2
        return cls(corners[seen], frame[seen], triangles_in_plan(frame[seen]))

    def higher_than(self, z: float, slope: Float64) -> Shape:
        """What is above a height, in the sun's frame, ready to be asked about many shapes."""
        some = self.corners[self.corners[..., 2].max(axis=1) > z]
        corners, counts = clipped(some, some[..., 2] - z)
        found = union(_polygons(_frame(corners, slope), counts))
        shapely.prepare(found)
        return found


def _overlaps(caster: _Projected, near: Terrain, direction: Float64, slope: Float64) -> tuple[Mask, Shapes]:
    """Which terrain triangles lie wholly in shadow, and the shadowed parts of the others, in plan."""
    frame = _frame(near.corners, slope)
    ground = triangles_in_plan(frame)
    pairs = _Pairs(caster, near, *shapely.STRtree(caster.shapes).query(ground))
    touched, cut = np.zeros((2, len(ground)), bool)
    touched[pairs.ground] = True
    cut[pairs.ground[pairs.dips(frame, slope)]] = True
    whole = np.zeros(len(ground), bool)
    if cut.any():
        # What is higher than all of that ground casts on it as a whole.
        whole[cut] = shapely.covers(caster.higher_than(near.highest(cut), slope), ground[cut])
    silhouette = union(caster.shapes)
    shapely.prepare(silhouette)
    plain = np.flatnonzero(touched & ~cut)
    covered = shapely.covers(silhouette, ground[plain])
    whole[plain[covered]] = True
    rim = plain[~covered]
    rim = rim[shapely.intersects(silhouette, ground[rim])]
    dark, _ = _in_plan(shapely.intersection(ground[rim], silhouette), rim, near, slope)
    return whole, np.append(dark, pairs.of(cut & ~whole).standing_out(ground, slope))


@dataclass(frozen=True)
class _Pairs:
    """Triangles of terrain, each with a triangle of a caster that may cast on it."""

    caster: _Projected
    near: Terrain
    ground: Int64  # (p,) into the terrain
    over: Int64  # (p,) into the caster

    def of(self, wanted: Mask) -> _Pairs:
        """The pairs of some terrain triangles."""
        kept = wanted[self.ground]
        return _Pairs(self.caster, self.near, self.ground[kept], self.over[kept])

    @cached_property
    def heights(self) -> Float64:
        """(p, 3) how far the caster's corners stand above the terrain triangle's plane, straight up."""
        normals = self.near.normals[self.ground]
        first = self.near.corners[self.ground][:, :1]
        found: Float64 = np.einsum("pki,pi->pk", self.caster.corners[self.over] - first, normals)
        return found / normals[:, 2:]

    def dips(self, frame: Float64, slope: Float64) -> Int64:
        """The pairs in which a part of the caster lies below the plane, where the terrain triangle is."""
        deep = np.flatnonzero((self.heights < -ON_GROUND_M).any(axis=1))
        corners, counts = clipped(self.caster.corners[self.over[deep]], -self.heights[deep])
        begin, places = starts(counts)[:-1], _frame(corners, slope)
        if not len(begin):
            return deep[:0]
        low, high = np.minimum.reduceat(places, begin), np.maximum.reduceat(places, begin)
        mine = frame[self.ground[deep]]
        meet = (low < mine.max(axis=1)) & (high > mine.min(axis=1))
        found: Int64 = deep[meet.all(axis=1)]
        return found

    def standing_out(self, ground: Shapes, slope: Float64) -> Shapes:
        """What the casters' parts above each terrain triangle cover of it, in plan."""
        up = self.heights.max(axis=1, initial=0) > ON_GROUND_M
        numbers = self.ground[up]
        corners, counts = clipped(self.caster.corners[self.over[up]], self.heights[up])
        pieces = shapely.intersection(ground[numbers], _polygons(_frame(corners, slope), counts))
        # One piece that is all of its triangle makes the others needless.
        full = np.flatnonzero(shapely.area(pieces) > shapely.area(ground[numbers]) - LEAST_M2)
        covered, one = np.unique(numbers[full], return_index=True)
        kept = ~np.isin(numbers, covered)
        kept[full[one]] = True
        pieces, numbers = _in_plan(pieces[kept], numbers[kept], self.near, slope)
        pieces = shapely.make_valid(rounded(pieces))
        order = np.argsort(numbers, kind="stable")
        first = np.flatnonzero(np.diff(numbers[order], prepend=-1))
        parts = np.split(pieces[order], first[1:]) if len(first) else []
        return np.array([_united(part) for part in parts], object)


def clipped(corners: Float64, height: Float64) -> tuple[Float64, Int64]:
    """The parts of triangles (m, 3, 3) where a height (m, 3) of their corners is above zero.

    As polygons of so many corners each, one after the other: each corner that is above, and between two
    of which one is, the point between (Sutherland & Hodgman 1974, doi:10.1145/360767.360802). Of every
    triangle some corner must be above.
    """
    following, next_height = np.roll(corners, -1, axis=1), np.roll(height, -1, axis=1)
    crosses = (height > 0) != (next_height > 0)
    share = np.divide(height, height - next_height, out=np.zeros_like(height), where=crosses)
    crossing = corners + share[..., None] * (following - corners)
    points = np.stack((corners, crossing), axis=2).reshape(len(corners), 6, 3)
    kept = np.stack((height > 0, crosses), axis=2).reshape(len(corners), 6)
    return points[kept], kept.sum(axis=1)


def triangles_in_plan(corners: Float64) -> Shapes:
    """Polygons of triangles (n, 3, 2)."""
    return np.asarray(shapely.polygons(corners), object)


def _polygons(points: Float64, counts: Int64) -> Shapes:
    """Polygons (n,) of so many corners each, in (u, v)."""
    first = starts(counts)[:-1]
    closed = ranges(first, counts + 1)
    closed[starts(counts + 1)[1:] - 1] = first
    rings = shapely.linearrings(points[closed], indices=np.repeat(np.arange(len(counts)), counts + 1))
    return np.asarray(shapely.polygons(rings), object)


def _in_plan(shapes: Shapes, owners: Int64, near: Terrain, slope: Float64) -> tuple[Shapes, Int64]:
    """Polygons in the sun's frame on terrain triangles, in plan: each point moves along its ray.

    What is no polygon is left out; with each comes the triangle it lies on.
    """
    parts, at = shapely.get_parts(shapes, return_index=True)
    inner, deeper = shapely.get_parts(parts, return_index=True)
    kept = (shapely.get_type_id(inner) == POLYGON) & (shapely.area(inner) > LEAST_M2)
    inner, owner = inner[kept], owners[at[deeper[kept]]]
    places, of_shape = shapely.get_coordinates(inner, return_index=True)
    triangle = owner[of_shape]
    normals, first = near.normals[triangle], near.corners[triangle, 0]
    along = normals[:, :2] @ slope + normals[:, 2]
    z = (np.einsum("pi,pi->p", normals, first) - np.einsum("pi,pi->p", normals[:, :2], places)) / along
    return shapely.set_coordinates(inner, places + z[:, None] * slope), owner


def _joined(whole: Float64, parts: Shapes) -> Shape:
    """Triangles (n, 3, 2) and parts of others, which meet along their edges, as one without the edges."""
    inner, rim = _large(rounded(triangles_in_plan(whole))), _large(rounded(parts))
    found = _coverage(np.append(inner, rim))
    if found is None:
        # Somewhere a corner lies on the edge of a neighbour that has none there; hardly among whole ones.
        middle = _coverage(inner)
        found = union(np.append(inner if middle is None else middle, rim))
    return simplified(found)


def _large(shapes: Shapes) -> Shapes:
    found: Shapes = shapes[shapely.area(shapes) > LEAST_M2]
    return found


def _coverage(shapes: Shapes) -> Shape | None:
    """Shapes that share the corners of their common edges, as one; None where they do not."""
    try:
        found = shapely.coverage_union_all(shapes)
    except shapely.GEOSException:
        return None
    return found if shapely.is_valid(found) else None


def union(shapes: Shapes) -> Shape:
    """The areas of shapes as one.

    Where edges all but coincide, GEOS may lose whole areas in plain numbers of 16 digits. So the corners
    are rounded first; for large unions that is nearly always enough, and is checked, else GEOS rounds all
    that it computes, which never fails and takes several times as long.
    """
    return _united(shapely.make_valid(_large(rounded(_large(shapes)))))


def _united(shapes: Shapes) -> Shape:
    """Valid shapes with rounded corners as one."""
    if len(shapes) == 1:
        return shapes[0]
    if len(shapes) > FEW:
        found = shapely.union_all(shapes)
        shapely.prepare(found)
        if shapely.intersects(found, shapely.point_on_surface(shapes)).all():
            return found
    return shapely.union_all(shapes, grid_size=SAME_M)


def rounded(shapes: Shapes) -> Shapes:
    """The shapes with their corners rounded, so that those they share are the same."""
    found: Shapes = shapely.transform(shapes, lambda places: np.round(places, DECIMALS))
    return found


def simplified(shape: Shape) -> Shape:
    """A shape without corners on straight edges, and without the gaps and needles that rounding has left."""
    return shapely.set_precision(shapely.simplify(polygonal(shape), SAME_M), GRID_M)


def without(shape: Shape, other: Shape) -> Shape:
    """What of a shape lies outside another."""
    return simplified(shapely.difference(shape, other, grid_size=GRID_M))


def polygonal(shape: Shape) -> Shape:
    """The areas of a shape, as one or several polygons."""
    if shapely.get_type_id(shape) in (POLYGON, MULTI_POLYGON):
        return shape
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.union_all(parts[shapely.get_type_id(parts) == POLYGON])
