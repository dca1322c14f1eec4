"""The near tiles of a city: built from the mapped arrays in full detail, coloured, papered and outlined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import inf
from time import perf_counter

import numpy as np

from layers.arrays import CityTiles
from layers.readahead import ReadAhead
from viewer.aim import Aim
from viewer.citytile import OutlinesOfTiles, Tile
from viewer.coat import Coat
from viewer.detail import Allowed, detail_of
from viewer.faces import Index, Mask
from viewer.looks import Looks
from viewer.patch import Patch
from viewer.quadtree import Quadtree
from viewer.view import Source

NOTHING = np.empty((0, 3))
#: Their many small faces look better without outlines.
PLANTS = frozenset(("SolitaryVegetationObject", "PlantCover"))


class Near:
    """Tiles in full detail, no more than are wanted for a picture or were for one not long ago."""

    def __init__(self, source: Source, city: CityTiles, tree: Quadtree, coat: Coat) -> None:
        self._city, self._origin, self._tree, self._coat = city, source.origin, tree, coat
        self.tiles: dict[int, Tile] = {}
        #: The tiles to draw, the most urgent first.
        self.wanted: Index = np.empty(0, np.int64)
        #: Whether tiles have come since they were last shown, one that was seen has gone, lines are old.
        self.is_stale = self.outlines_stale = True
        self.has_gap = False
        self._ahead = ReadAhead()
        self._spare: list[Patch] = []
        self._faded: set[int] = set()  # to be coloured anew
        self._outlines = OutlinesOfTiles(city, source.origin, self._plain(coat.looks))
        self._culls, self._opacity = True, 1.0
        self._frame, self._most = 0, 1

    def _plain(self, looks: Looks) -> Mask:
        found: Mask = looks.of_types(PLANTS)[self._city.entry_object]
        return found

    # -- which there are -------------------------------------------------------------------------

    def want(self, tiles: Index, most: int) -> None:
        """Draw these tiles from now on, and keep no more than `most`."""
        self._frame += 1
        self.wanted, self._most = tiles, max(most, 1)
        for number in tiles.tolist():
            if number in self.tiles:
                self.tiles[number].used = self._frame

    def build(self, allowed: Allowed, end: float) -> bool:
        """Build and colour what is missing, until the time `end`; False while something is left."""
        wanted, start = self.wanted.tolist(), self._tree.tiles.start
        self._ahead.forget_others(wanted)
        for number in wanted:
            if number not in self.tiles:
                self._ahead.want(number, self._city.parts(start[number], start[number + 1]))
        are_here = True
        for number in wanted:
            tile = self.tiles.get(number)
            if tile is None and end < inf and not self._ahead.is_here(number):
                are_here = False  # the disk is slow: it is read in a thread
                continue
            if tile is None:
                self._build(number, allowed)
                self.is_stale = True
            elif number in self._faded:
                self._faded.discard(number)
                self._coat.paint(number, tile)
                self.outlines_stale = True
            else:
                continue
            if perf_counter() > end:
                return False
        return are_here

    def _build(self, number: int, allowed: Allowed) -> None:
        start = self._tree.tiles.start
        detail = detail_of(self._city, allowed, np.arange(start[number], start[number + 1]))
        while len(self.tiles) >= self._most:
            self.drop(min(self.tiles, key=lambda key: self.tiles[key].used))
        patch = self._spare.pop() if self._spare else Patch()
        look = patch.actor.GetProperty()
        look.SetBackfaceCulling(self._culls)
        look.SetOpacity(self._opacity)
        patch.fill(detail.vertices, self._origin, detail.triangles, None)
        # What the graphics driver has need not be kept a second time, nor what was read for it.
        tile = Tile(patch, replace(detail, vertices=NOTHING), used=self._frame)
        self._city.let_go()
        self._faded.discard(number)
        self._coat.paint(number, tile)
        self.tiles[number] = tile

    def drop(self, number: int) -> None:
        """Forget a tile, whose polygons have changed, or which is not wanted any more."""
        if self._coat.result is not None:
            self._coat.result.drop(number)
        self._coat.papers.drop(number)
        tile = self.tiles.pop(number, None)
        if tile is not None:
            self.has_gap |= tile.patch.is_shown
            tile.patch.show(False)
            self._spare.append(tile.patch)

    def fade(self, tiles: Iterable[int] | None = None) -> None:
        """Have these tiles, or all, coloured anew."""
        self._faded.update(self.tiles if tiles is None else tiles)

    # -- how they are drawn ----------------------------------------------------------------------

    def patches(self) -> Iterator[Patch]:
        """The tiles."""
        for tile in self.tiles.values():
            yield tile.patch

    @property
    def lines(self) -> Patch:
        """Their outlines."""
        return self._outlines.patch

    @property
    def ready(self) -> Index:
        """Those of the wanted tiles that are built."""
        return np.array([number for number in self.wanted.tolist() if number in self.tiles], np.int64)

    def show(self, drawn: Index) -> None:
        """Draw these tiles alone."""
        self.is_stale, self.has_gap, self.outlines_stale = False, False, True
        shown = set(drawn.tolist())
        for number, tile in self.tiles.items():
            tile.patch.show(number in shown)

    def hide(self) -> None:
        """Draw none."""
        self._outlines.patch.show(False)
        for tile in self.tiles.values():
            tile.patch.show(False)

    def look(self, culls: bool, opacity: float) -> None:
        """Whether far sides are left away, and how opaque tiles are."""
        self._culls, self._opacity = culls, opacity
        self._coat.papers.fade(opacity)
        for tile in self.tiles.values():
            tile.patch.actor.GetProperty().SetBackfaceCulling(culls)
            tile.patch.actor.GetProperty().SetOpacity(opacity)
        self._outlines.patch.actor.GetProperty().SetOpacity(opacity)

    def hang(self, aim: Aim, end: float) -> bool:
        """Hang images on the tiles, the nearest first; False while some are missing at the time `end`."""
        ready = self.ready
        size = aim.metres_per_pixel(self._tree.tiles.box[ready]) if len(ready) else np.empty(0)
        return self._coat.papers.hang_all(self.tiles, ready, size, end, self._coat.paint)

    def outline(self, aim: Aim, end: float, shown: bool) -> bool:
        """Draw the outlines of the nearest tiles; while moving, only where they are few."""
        tiles = [self.tiles[number] for number in self.wanted.tolist()] if shown else []
        size = aim.metres_per_pixel(self._tree.tiles.box[self.wanted]) if shown else np.empty(0)
        done = self._outlines.draw(tiles, size, aim.moving, end)
        self.outlines_stale = not done or (aim.moving and self._outlines.is_left_out)
        return done
