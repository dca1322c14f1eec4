"""The looks of city objects by their file's own appearance: mean colours far away, images near by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from math import inf
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from layers.arrays import CityTiles, Float64
from layers.stored import Damaged
from viewer.citytile import Tile
from viewer.faces import Index, Mask
from viewer.papering import Decoded, Sheet, sheet_of
from viewer.texture import Texture

Float32 = NDArray[np.float32]

#: Colours a tile anew.
Paint = Callable[[int, Tile], None]

#: The member of a style that says which theme of the appearance is drawn.
THEME = "theme"
#: From where a pixel covers more than this, images are no more than their mean colours.
FLAT_M = 1.0
#: Texels are so much finer than pixels.
FINER = 1.5
#: Texels of a tile, by how near it is among others: the nearest ones, those behind them, all others.
MOST_TEXELS = ((4, 4 << 20), (16, 1 << 20))
FEWEST_TEXELS = 1 << 18


@dataclass(frozen=True)
class Wish:
    """How fine the sheet of a tile is to be."""

    level: int  # texels of two metres to the power of minus this
    most: int  # texels

    def is_met_by(self, other: Wish | None, is_coarser: bool) -> bool:
        """Whether a sheet that was made for another wish will do, and does not take too much."""
        if other is None or other.level < self.level:
            return False
        return other.most == self.most or (other.most < self.most and not is_coarser)


@dataclass
class _Hung:
    """A sheet on its tile."""

    wish: Wish
    tile: Tile
    texture: Texture | None = None  # None where the tile has no images
    sheet: Sheet | None = None

    def cut_out(self, is_opaque: bool) -> None:
        """Draw nothing where an image can be seen through, but the rest as what is opaque."""
        seen_through = self.sheet is not None and self.sheet.pixels.shape[2] == 4
        self.tile.patch.actor.SetForceOpaque(seen_through and is_opaque)


class Papers:
    """The images of one layer, put together in a thread and hung on tiles where they are seen."""

    def __init__(self, city: CityTiles) -> None:
        self._city = city
        self._decoded = Decoded(city.album) if city.album is not None else None
        self._pool: ThreadPoolExecutor | None = None
        self._making: dict[int, tuple[Wish, Future[Sheet | None]]] = {}
        self._hung: dict[int, _Hung] = {}
        self._theme = 0
        self._is_opaque = True

    @property
    def is_default(self) -> bool:
        """Whether the layer is drawn so unless it is asked for otherwise."""
        city = self._city
        if city.album is None or not city.themes:
            return False
        has_colors = len(np.unique(city.album.color, axis=0)) > 1
        return city.album.has_pictures or (has_colors and len(city.type_names) < 2)

    @property
    def theme(self) -> int:
        """Which of the looks of each polygon is drawn."""
        return self._theme

    def show_theme(self, name: str) -> None:
        """Draw the looks of this theme, or those of no theme in particular."""
        themes = self._city.album.themes if self._city.album is not None else ()
        found = themes.index(name) if name in themes else 0
        theme = found if found < self._city.themes else 0
        if theme != self._theme:
            self.take_down()
            self._theme = theme

    # -- colours -----------------------------------------------------------------------------------

    def polygons(self, base: Float32, surfaces: Index) -> Float32:
        """The own colours of polygons (n, 3), those with looks in the mean colours of these."""
        city = self._city
        if city.surface_look is None or city.surface_tone is None:
            return base
        has = np.asarray(city.surface_look)[surfaces, self._theme] >= 0
        base[has] = np.asarray(city.surface_tone)[surfaces[has], self._theme]
        return base

    def tops(self, colors: Float32, entries: Index | slice) -> Float32:
        """The colours of the tops of entries (n, 3) in place of `colors`."""
        return self._mixed(colors, entries, 0)

    def sides(self, colors: Float32, entries: Index | slice) -> Float32:
        """The colours of their sides."""
        return self._mixed(colors, entries, 1)

    def _mixed(self, colors: Float32, entries: Index | slice, which: int) -> Float32:
        if self._city.block_tone is None:
            return colors
        tone = np.asarray(self._city.block_tone)[entries, self._theme, which].astype(np.float32)
        share = tone[:, 3:] / np.float32(255)
        return np.asarray(colors + (tone[:, :3] - colors) * share)

    # -- images ------------------------------------------------------------------------------------

    def hang_all(
        self, tiles: Mapping[int, Tile], wanted: Index, pixel_m: Float64, end: float, paint: Paint
    ) -> bool:
        """Hang sheets on tiles, the nearest first, and have them painted anew; False while some are missing.

        `pixel_m` is what a pixel covers at each. Sheets are waited for where there is no `end` to it.
        """
        for number in self._making.keys() - set(wanted.tolist()):
            self._making.pop(number)[1].cancel()
        is_complete = True
        for rank, at in enumerate(np.argsort(pixel_m, kind="stable").tolist()):
            number, wish = int(wanted[at]), self._wish(rank, float(pixel_m[at]))
            if wish is None or self._is_hung(number, wish):
                continue
            if self._hang(number, tiles[number], wish, wait=end == inf):
                paint(number, tiles[number])
                if perf_counter() > end:
                    return False
            else:
                is_complete = False
        return is_complete

    def _wish(self, rank: int, pixel_m: float) -> Wish | None:
        """What the sheet of a tile is to be that is the `rank`-th nearest; None where none is seen."""
        if self._decoded is None or not pixel_m < FLAT_M:
            return None
        most = next((texels for ranks, texels in MOST_TEXELS if rank < ranks), FEWEST_TEXELS)
        return Wish(int(np.ceil(np.log2(FINER / max(pixel_m, 1e-4)))), most)

    def _is_hung(self, number: int, wish: Wish) -> bool:
        """Whether the tile has the sheet that is wished for."""
        hung = self._hung.get(number)
        if hung is None:
            return False
        return hung.sheet is None or wish.is_met_by(hung.wish, hung.sheet.is_coarser)

    def _hang(self, number: int, tile: Tile, wish: Wish, wait: bool) -> bool:
        """Hang the sheet as soon as it is made; False while it is not."""
        assert self._decoded is not None
        made = self._making.get(number)
        if made is None or made[0] != wish:
            if made is not None:
                made[1].cancel()
            if self._pool is None:
                self._pool = ThreadPoolExecutor(1, thread_name_prefix="papering")
            pixel_m = 2.0**-wish.level
            work = (self._city, self._decoded, tile.detail.surface, self._theme, pixel_m, wish.most)
            made = self._making[number] = wish, self._pool.submit(_made, *work)
        if not (wait or made[1].done()):
            return False
        del self._making[number]
        self._put(number, tile, wish, made[1].result())
        return True

    def _put(self, number: int, tile: Tile, wish: Wish, sheet: Sheet | None) -> None:
        before = self._hung.get(number)
        hung = self._hung[number] = _Hung(wish, tile, before.texture if before else None, sheet)
        if sheet is not None:
            hung.texture = hung.texture or Texture(tile.patch)
            hung.texture.paper(sheet.pixels)
            hung.texture.place(sheet.across, sheet.up)
        hung.cut_out(self._is_opaque)

    def fade(self, opacity: float) -> None:
        """Follow the opacity of the layer."""
        self._is_opaque = opacity == 1
        for hung in self._hung.values():
            hung.cut_out(self._is_opaque)

    def drop(self, number: int) -> None:
        """Take the sheet off a tile."""
        if number in self._making:
            self._making.pop(number)[1].cancel()
        hung = self._hung.pop(number, None)
        if hung is not None and hung.texture is not None:
            hung.texture.remove()
            hung.sheet = None
            hung.cut_out(False)

    def take_down(self) -> None:
        """Take all sheets down."""
        for number in {*self._hung, *self._making}:
            self.drop(number)

    def papered(self, number: int) -> Mask | None:
        """Which polygons of a tile are covered by its sheet."""
        hung = self._hung.get(number)
        return None if hung is None or hung.sheet is None else hung.sheet.papered


def _made(
    city: CityTiles, decoded: Decoded, surface: Index, theme: int, pixel_m: float, most: int
) -> Sheet | None:
    """A sheet; none where the cache is damaged, which whoever reads it next will find out."""
    try:
        return sheet_of(city, decoded, surface, theme, pixel_m, most)
    except Damaged:
        return None
