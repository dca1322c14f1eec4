"""Terrain as pixels: the shaded surface of TINRelief; that of rasters is in `viewer.raster`."""

from __future__ import annotations

from functools import cached_property
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from layers.arrays import CityTiles, Float64
from layers.records import Layer
from layers.relief import STEEPENED
from layers.standing import Standing
from viewer.aim import Aim
from viewer.cachedheights import CachedHeights
from viewer.color import LegendEntry
from viewer.drape import BARE, MOST_PIXELS, MOVING_PIXELS, Drape, Part, softened
from viewer.surface import SurfaceView
from viewer.texture import Texture
from viewer.tin import tin_of
from viewer.tint import Tint
from viewer.view import Source


class TinView(SurfaceView):
    """A layer of terrain made of triangles."""

    def __init__(self, source: Source, city: CityTiles) -> None:
        vertices, triangles, owner = tin_of(city, source.columns.values("type"))
        super().__init__(source, vertices, triangles, owner, STEEPENED)
        height = self._faces.vertices[:, 2]
        self._range = (float(height.min()), float(height.max())) if len(height) else (0.0, 0.0)
        self._tint = Tint(self.layer, *self._range)
        self._standing = Standing(vertices, triangles)
        self._drape = Drape()
        self._textures = [Texture(patch) for patch in self._tiles]
        self._parts = [Part.around(box) for box in self._faces.tile_box]
        self._pixels = [BARE for _ in self._tiles]  # of the picture on each tile
        self._wanted = list(self._pixels)
        self._color()
        self.begin()

    def _color(self) -> None:
        if self._drape.laid:
            self.color_as(softened(self._light))
        else:
            self.color(self._tint.colors(self._faces.vertices[:, 2]))

    def style_changed(self, before: Layer) -> None:
        """Colours follow the style."""
        self._tint = Tint(self.layer, *self._range)
        self._color()
        self._pixels = [BARE for _ in self._tiles]

    def legend(self) -> list[LegendEntry]:
        """Heights at even steps, or the one colour."""
        return self._tint.legend()

    # -- pictures over it --------------------------------------------------------------------------

    def drape(self, drape: Drape) -> None:
        """Lay pictures over the terrain, or take them off."""
        if drape == self._drape:
            return
        self._drape = drape
        self._pixels = [BARE for _ in self._tiles]
        if not drape.laid:
            for texture in self._textures:
                texture.remove()
        self._color()
        self._fade()

    @cached_property
    def near_heights(self) -> CachedHeights:
        """The height near places, found quickly once it has been asked for."""
        boxes = self.boxes
        return CachedHeights(self.heights, np.stack((boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0))))

    def heights(self, places: Float64) -> Float64:
        """The height at places (n, 2) of the project; NaN where there is none."""
        return self._standing.heights(places)

    def aim(self, aim: Aim) -> None:
        """Choose how fine the pictures on the tiles are to be; they never become coarser."""
        super().aim(aim)
        if not self._drape.laid:
            return
        most = MOVING_PIXELS if aim.moving else MOST_PIXELS
        metres = aim.metres_per_pixel(self._faces.tile_box)
        for number, part in enumerate(self._parts):
            wide, high = self._drape.pixels_for(part, float(metres[number]), most)
            has = self._pixels[number]
            self._wanted[number] = max(wide, has[0]), max(high, has[1])

    def catch_up(self, seconds: float) -> bool:
        """Rebuild what has changed, then lay pictures; False while something is left to do."""
        end = perf_counter() + seconds
        done = super().catch_up(seconds)
        for number in range(len(self._tiles)):
            if not self._drape.laid or self._pixels[number] == self._wanted[number]:
                continue
            if perf_counter() > end:
                return False
            self._pixels[number] = self._wanted[number]
            picture = self._drape.picture(self._parts[number], self._wanted[number], self._bare)
            self._textures[number].paper(picture)
            self._place(number)
        return done

    def _bare(self, places: Float64) -> NDArray[np.float32]:
        """The colours of the ground itself."""
        return self._tint.colors(self.heights(places))

    def _rebuild(self, number: int) -> None:
        super()._rebuild(number)
        if self._drape.laid and self._pixels[number] != BARE:
            self._place(number)

    def _place(self, number: int) -> None:
        points, _, _ = self._gather(self._tile_parts[number])
        self._textures[number].place(*self._parts[number].within(points))
