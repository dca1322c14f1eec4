"""A result on a layer of city objects: the colours of its polygons, and textures of the nearest tiles."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

import numpy as np

from layers.arrays import CityTiles, Float64
from viewer.aim import Aim
from viewer.detail import Allowed, detail_of
from viewer.faces import Index
from viewer.patch import Patch
from viewer.quadtree import Tiles
from viewer.resultcity import Painted
from viewer.resulttexture import Points, SurfaceTexture

#: Triangles that are drawn once more with the points of a result, at rest and in motion.
TEXTURED, TEXTURED_MOVING = 120_000, 20_000
#: That is done where a pixel is smaller than this share of how far points lie apart.
TEXTURED_BELOW = 0.7


class CityResult:
    """What is drawn of a result beside the tiles of a city."""

    def __init__(self, city: CityTiles, origin: Float64, painted: Painted, points: Points | None) -> None:
        self.painted = painted
        self._city, self._origin, self._points = city, origin, points
        self._textures: dict[int, SurfaceTexture] = {}

    def patches(self) -> Iterator[Patch]:
        """The textures."""
        for texture in self._textures.values():
            yield texture.patch

    def drop(self, tile: int) -> None:
        """Forget the texture of a tile, whose polygons have changed."""
        texture = self._textures.pop(tile, None)
        if texture is not None:
            texture.patch.show(False)

    def draw(
        self, tiles: Tiles, wanted: Index, triangles: Index, allowed: Allowed, aim: Aim, end: float
    ) -> bool:
        """Show the points on the nearest of the tiles; False when it was not done at the time `end`."""
        points, left = self._points, TEXTURED_MOVING if aim.moving else TEXTURED
        if points is None or not len(points.place):
            return True
        size = aim.metres_per_pixel(tiles.box[wanted])
        near = wanted[np.argsort(size)][: int((size < TEXTURED_BELOW * points.usual_m).sum())]
        shown: set[int] = set()
        for number in near.tolist():
            left -= int(triangles[number])
            if left < 0 or (aim.moving and number not in self._textures):
                break
            if number not in self._textures:
                entries = np.arange(tiles.start[number], tiles.start[number + 1])
                detail = detail_of(self._city, allowed, entries)
                self._textures[number] = SurfaceTexture(self._city, self._origin, detail, points)
            shown.add(number)
            if perf_counter() > end:
                return False
        for number, texture in self._textures.items():
            texture.patch.show(number in shown)
        return True
