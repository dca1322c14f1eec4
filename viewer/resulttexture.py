"""The points of a result on the polygons near by, as fine as they were computed: one texture per tile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from layers.arrays import CityTiles, Float64, Int32, UInt8
from viewer.detail import Detail
from viewer.faces import Index, Mask, spans
from viewer.packing import packed
from viewer.patch import Patch
from viewer.picture import Float32
from viewer.resultscale import Scale
from viewer.texture import Texture

#: The texture stands off its polygons by so much.
LIFT_M = 0.03
ATLAS_WIDTH = 1024
#: Texels of one polygon and of one tile: beyond them texels are larger than the points lie apart.
MOST_OF_POLYGON, MOST_OF_TILE = 40_000, 700_000
#: So often what is known is spread into texels beside it.
SPREADS = 6
FEWEST_POINTS = 2


@dataclass(frozen=True, eq=False)
class Points:
    """The sample points of a layer, those of a polygon one after the other."""

    place: Float64  # (n, 3) world
    value: Float64  # (n,)
    scale: Scale  # what colours these have
    spacing_m: Float32  # (n,) how far apart they lie
    usual_m: float  # the middle one of these
    start: Index  # (s + 1,) first point of every polygon of the city


def points_of(
    count: int, surfaces: Index, places: Float64, values: Float64, areas: Float64, scale: Scale
) -> Points:
    """Points in the order of the polygons they lie on, of a city with so many; -1 is none."""
    order = np.argsort(surfaces, kind="stable")
    order = order[np.searchsorted(surfaces[order], 0) :]
    start = np.searchsorted(surfaces[order], np.arange(count + 1))
    spacing = np.sqrt(areas[order]).astype(np.float32)
    usual = float(np.median(spacing)) if len(spacing) else 0.0
    return Points(places[order], values[order], scale, spacing, usual, start)


class SurfaceTexture:
    """What is drawn over a tile."""

    def __init__(self, city: CityTiles, origin: Float64, detail: Detail, points: Points) -> None:
        """`detail` says which polygons the tile has, how they look and how much light reaches them."""
        self.patch = Patch()
        counts = points.start[detail.surface + 1] - points.start[detail.surface]
        chosen = np.flatnonzero(counts >= FEWEST_POINTS)
        surfaces = detail.surface[chosen]
        normals = detail.normal[chosen].astype(np.float64)
        first, last = city.surface_vertex[surfaces], city.surface_vertex[surfaces + 1]
        corners = np.asarray(city.vertices[spans(first, last)])
        begin, end = city.surface_triangle[surfaces], city.surface_triangle[surfaces + 1]
        start = np.cumsum(last - first) - (last - first)
        shift = np.repeat(first - start, end - begin)
        triangles = (np.asarray(city.triangles[spans(begin, end)]) - shift[:, None]).astype(np.int32)
        of_corner = np.repeat(np.arange(len(chosen)), last - first)
        self.patch.fill(corners + LIFT_M * normals[of_corner], origin, triangles, None)
        if not len(chosen):
            return
        atlas = _Atlas(points, surfaces, counts[chosen], normals, corners, of_corner)
        light = np.clip(detail.softened()[chosen] * 255, 0, 255).astype(np.uint8)
        self.patch.recolor(light[of_corner])
        self._texture = Texture(self.patch)
        self._texture.paper(atlas.pixels)
        self._texture.place(*atlas.places(corners, of_corner))


class _Atlas:
    """A picture with a rectangle for every polygon, in which its points lie as in its plane."""

    def __init__(
        self,
        points: Points,
        surfaces: Index,
        counts: Index,
        normals: Float64,
        corners: Float64,
        of_corner: Index,
    ) -> None:
        self._corner = points.place[points.start[surfaces]]
        self._along = _along(points, surfaces, normals)
        self._across = np.cross(normals, self._along)
        self._texel = points.spacing_m[points.start[surfaces]].astype(np.float64)
        chosen = spans(points.start[surfaces], points.start[surfaces + 1])
        of_point = np.repeat(np.arange(len(surfaces)), counts)
        low, high = self._extent(corners, of_corner, len(surfaces))
        size = np.ceil(high - low).astype(np.int64) + 3
        coarser = np.sqrt(np.maximum((size[:, 0] * size[:, 1]) / MOST_OF_POLYGON, 1.0))
        coarser = np.maximum(coarser, np.sqrt(max((size[:, 0] * size[:, 1]).sum() / MOST_OF_TILE, 1.0)))
        coarser = np.maximum(coarser, size.max(axis=1) / (ATLAS_WIDTH - 4))
        self._texel *= coarser
        self._low = np.floor(low / coarser[:, None])
        size = np.ceil(high / coarser[:, None] - self._low).astype(np.int64) + 3
        self._left, self._foot, height = packed(size, ATLAS_WIDTH)
        self._shape = height, ATLAS_WIDTH
        owner = np.full(self._shape, -1, np.int32)
        for number, (wide, tall) in enumerate(size.tolist()):
            left, foot = self._left[number], self._foot[number]
            owner[foot : foot + tall, left : left + wide] = number
        column, row = np.rint(self._texels(points.place[chosen], of_point)).astype(np.int64).T
        known = np.zeros(self._shape, bool)
        pixels = np.zeros((*self._shape, 3), np.float32)
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < ATLAS_WIDTH)
        row, column = row[inside], column[inside]
        known[row, column] = True
        colors = points.scale.colors(points.value[chosen])
        pixels[row, column] = colors[inside]
        sums = [np.bincount(of_point, colors[:, channel]) for channel in range(3)]
        means = np.stack(sums, axis=-1) / counts[:, None]
        _spread(pixels, known, owner)
        pixels[~known] = means[owner[~known]]
        self.pixels: UInt8 = pixels.astype(np.uint8)

    def _extent(self, corners: Float64, of_corner: Index, count: int) -> tuple[Float64, Float64]:
        """The least and greatest places of polygons in their own planes, in texels, (n, 2) each."""
        flat = self._flat(corners, of_corner)
        first = np.flatnonzero(np.r_[True, np.diff(of_corner) != 0])
        return np.minimum.reduceat(flat, first, axis=0), np.maximum.reduceat(flat, first, axis=0)

    def _flat(self, places: Float64, of: Index) -> Float64:
        """Places in the planes of polygons, in texels from their first point."""
        away = places - self._corner[of]
        along = np.einsum("ij,ij->i", away, self._along[of])
        across = np.einsum("ij,ij->i", away, self._across[of])
        return np.stack((along, across), axis=-1) / self._texel[of, None]

    def _texels(self, places: Float64, of: Index) -> Float64:
        """Columns and rows of the picture, (n, 2)."""
        corner = np.stack((self._left, self._foot), axis=-1)[of] + 1
        return np.asarray(self._flat(places, of) - self._low[of] + corner)

    def places(self, corners: Float64, of_corner: Index) -> tuple[Float32, Float32]:
        """Where the corners lie in the picture, from 0 to 1."""
        texels = self._texels(corners, of_corner) / (self._shape[1] - 1, max(self._shape[0] - 1, 1))
        return texels[:, 0].astype(np.float32), texels[:, 1].astype(np.float32)


def _along(points: Points, surfaces: Index, normals: Float64) -> Float64:
    """The direction in which the points of each polygon follow each other, in its plane."""
    first = points.start[surfaces]
    step = points.place[first + 1] - points.place[first]
    step -= normals * np.einsum("ij,ij->i", step, normals)[:, None]
    return np.asarray(step / np.maximum(np.linalg.norm(step, axis=1, keepdims=True), 1e-9))


def _spread(pixels: Float32, known: Mask, owner: Int32) -> None:
    """Give texels without a point the colours of those beside them on the same polygon."""
    for _ in range(SPREADS):
        sums = np.zeros_like(pixels)
        counts = np.zeros(known.shape, np.float32)
        for axis, way in ((0, 1), (0, -1), (1, 1), (1, -1)):
            near = np.roll(known, way, axis) & (np.roll(owner, way, axis) == owner) & ~known
            sums[near] += np.roll(pixels, way, axis)[near]
            counts[near] += 1
        new = counts > 0
        if not new.any():
            break
        pixels[new] = sums[new] / counts[new, None]
        known |= new
