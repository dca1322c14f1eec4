"""What stands around points, in pieces of some metres: those that reflect light onto them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.casters import Casters
from analysis.fineness import Fineness
from analysis.irradiation import Spots
from analysis.receivers import LIFT_M
from layers.arrays import Float64, Int32
from layers.runs import starts

Float32 = NDArray[np.float32]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: The ground is looked at this far around the points; what lies beyond counts as open land.
GROUND_M = 200.0
#: Pieces of ground, at most; of larger areas they are larger.
MOST_GROUND = 4_000_000
#: What lies on a surface is no farther from it than this.
CLOSE_M = 0.05
#: No piece: the sky.
NOTHING = -1
#: Digits of the unit normals of pieces: those that look almost the same way are counted as one surface.
DIGITS = 2


@dataclass(frozen=True)
class Albedo:
    """The share of light that is reflected."""

    triangle: Float64  # (m,) of the casters' opaque triangles
    ground: Callable[[Float64], Float64]  # of terrain and open ground at places (n, 3)


@dataclass(frozen=True)
class Met:
    """What rays met first."""

    piece: Int32  # of each ray, NOTHING for the sky
    ray: Ints  # (m,) rays that met one
    place: Float32  # (m, 3) where, relative to the origin of the rays
    triangle: Int32  # (m,) -1 on open ground


class Pieces:
    """The pieces of all polygons, of both their sides, and of the ground; and which of them were met.

    Terrain, scans and, where there is neither, open ground are cut into squares seen from above.
    """

    def __init__(self, casters: Casters, points: Float64, fineness: Fineness) -> None:
        """Around points (n, 3)."""
        self._rays = casters.rays.on_one_thread()
        corners = casters.vertices[casters.triangles[: casters.opaque]]
        across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        length = np.linalg.norm(across, axis=1, keepdims=True)
        self._triangle_normal = np.divide(across, length, out=np.zeros_like(across), where=length > 0)
        local = corners - self._rays.origin
        self._polygons = _Polygons.of(casters, local, self._triangle_normal, fineness.piece_m)
        self._ground = _Ground.around(points - self._rays.origin, fineness.ground_piece_m)
        self._first_ground = int(self._polygons.start[-1])
        self._far = self._first_ground + self._ground.cells
        self._is_met = np.zeros(self._far + 1, bool)
        self._place = np.zeros((self._far + 1, 3))
        self._triangle = np.full(self._far + 1, -1, np.int32)
        # Far open land: above all that could shade it.
        tops = (points[:, 2].max(), casters.vertices[:, 2].max(initial=-np.inf))
        self._place[self._far] = *points[:, :2].mean(axis=0), max(tops) + 1.0

    def look(self, points: Float64, ways: Float32, ground_m: Float64) -> Met:
        """What rays from points (n, 3) meet, each in its ways (d, n, 3); piece by piece, ray d · n + point.

        On their way down they end on open ground at heights (n,) at the latest.
        """
        count = len(points)
        ways = ways.reshape(-1, 3)
        starts = self._rays.starts(points)[np.tile(np.arange(count), len(ways) // max(count, 1))]
        triangle, distance = self._rays.first(starts, ways)
        down = np.flatnonzero((triangle < 0) & (ways[:, 2] < 0))
        height = np.maximum(points[:, 2] - ground_m, 0.0).astype(np.float32)
        distance[down] = height[down % count] / -ways[down, 2]
        met = np.flatnonzero(np.isfinite(distance))
        ways, triangle = ways.take(met, axis=0), triangle[met]
        place = starts[met].local + ways * distance[met, None]
        piece = np.full(len(distance), NOTHING, np.int32)
        piece[met] = self._pieces(triangle, place, ways)
        return Met(piece, met, place, triangle)

    def inside(self, spots: Spots) -> Mask:
        """Which spots (n,) are inside a body: straight before them they see a surface from behind."""
        starts, ways = self._rays.starts(spots.points), spots.row_normal[spots.row].astype(np.float32)
        triangle, _ = self._rays.first(starts, ways)
        met = np.flatnonzero(triangle >= 0)
        found = np.zeros(len(spots), bool)
        found[met] = np.einsum("ij,ij->i", self._triangle_normal[triangle[met]], ways[met]) > 0
        return found

    def beneath(self, spots: Spots) -> Int32:
        """The piece that each spot lies on, NOTHING where it lies on none."""
        starts, ways = self._rays.starts(spots.points), -spots.row_normal[spots.row].astype(np.float32)
        triangle, distance = self._rays.first(starts, ways)
        on = np.flatnonzero(distance < CLOSE_M)
        place = starts[on].local + ways[on] * distance[on, None]
        found = np.full(len(spots), NOTHING, np.int32)
        found[on] = self._pieces(triangle[on], place, ways[on])
        return found

    def _pieces(self, triangle: Int32, place: Float32, ways: Float32) -> Int32:
        """The pieces (n,) of triangles, -1 for open ground, at places that rays came to on their ways."""
        found = np.empty(len(triangle), np.int32)
        polygon = self._polygons.of_triangle[triangle]
        on, under = np.flatnonzero(polygon >= 0), np.flatnonzero(polygon < 0)
        found[under] = self._first_ground + self._ground.cell_of(place[under])
        found[on] = self._polygons.pieces(polygon[on], place[on], ways[on])
        return found

    def note(self, met: Met) -> None:
        """Keep where pieces were met; the first place counts."""
        piece = met.piece[met.ray]
        new = np.flatnonzero(~self._is_met[piece])[::-1]
        self._is_met[piece[new]] = True
        near = new[piece[new] != self._far]
        self._place[piece[near]] = met.place[near] + self._rays.origin
        self._triangle[piece[near]] = met.triangle[near]

    @property
    def met(self) -> Ints:
        """The numbers of all that were met, ascending."""
        return np.flatnonzero(self._is_met)

    def spots(self, pieces: Ints) -> Spots:
        """Where pieces (p,) were met, lifted off them."""
        triangle = self._triangle[pieces]
        on = triangle >= 0
        normals = np.tile((0.0, 0.0, 1.0), (len(pieces), 1))
        normals[on] = self._triangle_normal[triangle[on]]
        is_ground = pieces >= self._first_ground
        backs = np.where(is_ground, normals[:, 2] < 0, pieces % 2 == 1)
        normals[backs] *= -1
        points = self._place[pieces] + LIFT_M * normals
        directions, row = np.unique(np.round(normals, DIGITS), axis=0, return_inverse=True)
        directions /= np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 0.5)
        return Spots(points, row.reshape(-1), directions)

    def albedos(self, pieces: Ints, albedo: Albedo) -> Float64:
        """The albedo of pieces (p,)."""
        is_ground = pieces >= self._first_ground
        found = np.empty(len(pieces))
        found[~is_ground] = albedo.triangle[self._triangle[pieces[~is_ground]]]
        found[is_ground] = albedo.ground(self._place[pieces[is_ground]])
        return found


@dataclass(frozen=True)
class _Polygons:
    """Flat surfaces, each cut into a grid in its plane; every piece has a front and a back."""

    of_triangle: Int32  # (m + 1,) -1 for terrain, and at the end for no triangle
    axes: Float32  # (g, 3, 3): two along the polygon, in pieces, and its normal
    zero: Float32  # (g, 2) where their count begins
    cuts: Int32  # (g, 2)
    start: Ints  # (g + 1,) first piece

    @classmethod
    def of(cls, casters: Casters, corners: Float64, normals: Float64, piece_m: float) -> _Polygons:
        count = len(corners)
        is_ground = np.isin(casters.layer[:count], casters.terrain) & (casters.fid[:count] < 0)
        surface, layer = casters.surface[:count], casters.layer[:count]
        is_first = np.ones(count, bool)
        is_first[1:] = (surface[1:] < 0) | (surface[1:] != surface[:-1]) | (layer[1:] != layer[:-1])
        is_first &= ~is_ground
        first = np.flatnonzero(is_first)
        group = np.cumsum(is_first) - 1
        up = normals[first]
        along = np.cross(np.where(np.abs(up[:, 2:]) < 0.99, (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)), up)
        along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
        axes = np.stack([along / piece_m, np.cross(up, along) / piece_m, up], axis=1)
        flat = np.flatnonzero(~is_ground)
        mine = group[flat]
        places = np.einsum("tij,tkj->tki", axes[mine, :2], corners[flat]).reshape(-1, 6)
        begin = np.searchsorted(mine, np.arange(len(first)))
        low, high = np.empty((0, 2)), np.empty((0, 2))
        if len(first):
            low = np.minimum.reduceat(places, begin).reshape(-1, 3, 2).min(axis=1)
            high = np.maximum.reduceat(places, begin).reshape(-1, 3, 2).max(axis=1)
        cuts = np.maximum(np.round(high - low), 1).astype(np.int64)
        scale = cuts / np.maximum(high - low, 1e-9)
        axes[:, :2] *= scale[:, :, None]
        return cls(
            np.append(np.where(is_ground, -1, group), -1).astype(np.int32),
            axes.astype(np.float32),
            (low * scale).astype(np.float32),
            cuts.astype(np.int32),
            starts(2 * cuts.prod(axis=1)),
        )

    def pieces(self, polygon: Int32, place: Float32, ways: Float32) -> Ints:
        """The piece of each place (n, 3) on a polygon, of the side that rays came to on their ways."""
        axes, cuts = self.axes.take(polygon, axis=0), self.cuts.take(polygon, axis=0)
        cell = np.einsum("nij,nj->ni", axes[:, :2], place) - self.zero.take(polygon, axis=0)
        cell = np.clip(cell.astype(np.int32), 0, cuts - 1)
        is_back = np.einsum("nj,nj->n", axes[:, 2], ways) > 0
        found: Ints = self.start[polygon] + 2 * (cell[:, 0] * cuts[:, 1] + cell[:, 1]) + is_back
        return found


@dataclass(frozen=True)
class _Ground:
    """Ground in squares; one more number stands for all that lies beyond."""

    corner: Float64  # (2,)
    step_m: float
    rows: int
    columns: int

    @classmethod
    def around(cls, points: Float64, step_m: float) -> _Ground:
        low, high = points[:, :2].min(axis=0) - GROUND_M, points[:, :2].max(axis=0) + GROUND_M
        step = max(step_m, float(np.sqrt(np.prod(high - low) / MOST_GROUND)))
        columns, rows = np.ceil((high - low) / step).astype(int).tolist()
        return cls(low, step, rows, columns)

    @property
    def cells(self) -> int:
        return self.rows * self.columns

    def cell_of(self, places: Float32) -> Ints:
        """The square of each place (n, 3)."""
        column, row = np.floor((places[:, :2] - self.corner) / self.step_m).astype(np.int64).T
        inside = (row >= 0) & (row < self.rows) & (column >= 0) & (column < self.columns)
        return np.where(inside, row * self.columns + column, self.cells)
