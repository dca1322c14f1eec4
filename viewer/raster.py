"""Terrain from a raster as pixels: tiles of a pyramid, coarse while the camera moves, fine at rest."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, Mover, TerrainPyramid
from layers.records import Layer
from layers.terrain import heights_in
from viewer.aim import Aim
from viewer.color import LegendEntry
from viewer.cut import Node, coarseness, cut
from viewer.drape import BARE, FIRST_PIXELS, MOST_PIXELS, MOVING_PIXELS, Drape, Part, softened
from viewer.faces import outer_boxes
from viewer.landscape import Landscape, TileMesh
from viewer.patch import Patch
from viewer.picking import Hit, View2D, nearest_vertex
from viewer.pyramidview import PyramidView
from viewer.skirts import NO_SKIRTS, Skirted, skirted, skirts_between
from viewer.texture import Texture
from viewer.tint import Tint
from viewer.view import Found, Source

ERROR_PX = 1.0  # a tile that may be mistaken by more pixels is divided, where there is room
#: A tile that asks for a picture of more pixels is divided.
TILE_PIXELS = 384
#: Triangles of all tiles while the camera moves, as a share of those of the city; skirts come on top.
GROUND_SHARE = 0.18
MOST_OUTER_TILES = 64


class _Tile:
    """A tile as it is drawn."""

    def __init__(self, node: Node) -> None:
        self.node, self.metres_per_pixel = node, 1.0
        self.patch = Patch()
        self.texture = Texture(self.patch)
        self.level = -1  # whose cells it is drawn from
        self.mesh: TileMesh | None = None
        self.shape: Skirted | None = None  # as it is drawn; None where that has changed
        self.skirts = NO_SKIRTS
        self.pixels = BARE  # of its picture
        self.is_stale = True  # other pictures, or other colours, are to be seen on it


class RasterView(PyramidView[_Tile]):
    """A layer of terrain in a pyramid."""

    def __init__(self, source: Source, terrain: TerrainPyramid, to_layer: Mover) -> None:
        """`to_layer` moves points from the project's CRS into the layer's."""
        super().__init__(source.layer)
        self._source, self._to_layer = source, to_layer
        self._land = Landscape(terrain, source.mover)
        self.boxes: Float64 = self._outer_boxes()
        self._tint = self._new_tint()
        self._drape = Drape()

    def _outer_boxes(self) -> Float64:
        nodes = [self._land.root]
        while nodes[0][0] > 0 and len(nodes) * 4 <= MOST_OUTER_TILES:
            nodes = [child for node in nodes for child in self._land.children(node)]
        boxes = self._land.boxes(nodes)
        return outer_boxes(boxes[np.isfinite(boxes[:, 0, 0])])

    def _new_tint(self) -> Tint:
        low, high = self._land.boxes([self._land.root])[0, :, 2].tolist()
        return Tint(self.layer, low, high) if low <= high else Tint(self.layer, 0.0, 0.0)

    # -- what is drawn -----------------------------------------------------------------------------

    def aim(self, aim: Aim) -> None:
        """Choose tiles; new ones are there at once, coarse."""
        if aim.is_same(self._aim):
            return
        self._aim = aim
        if not self.is_shown:
            return
        land, before = self._land, self._tiles
        chosen = cut(aim, land.root, land.boxes, land.children, self._need, aim.tiles)
        coarser = coarseness(chosen, round(GROUND_SHARE * aim.triangles))
        self._tiles = {}
        for node, metres in chosen.items():
            level = node[0] + coarser[node]
            tile = self._tiles[node] = before.get(node) or _Tile(node)
            tile.metres_per_pixel = metres
            if aim.moving or tile.mesh is None:
                self._take(tile, level)
        self._join()

    def _need(self, nodes: Sequence[Node], metres_per_pixel: Float64) -> Float64:
        """How much finer tiles would have to be; 1 is fine enough."""
        need = self._land.errors(nodes) / (metres_per_pixel * ERROR_PX)
        if not self._drape.laid:
            return need
        wide, deep = np.ptp(self._land.boxes(nodes)[..., :2], axis=1).T
        pixels = np.sqrt(wide * deep) / metres_per_pixel
        return np.asarray(np.maximum(need, pixels / TILE_PIXELS))

    def catch_up(self, seconds: float) -> bool:
        """Refine tiles and what lies on them, for about so long; False while some are left."""
        if self._aim is None or not self.is_shown:
            return True
        end = perf_counter() + seconds
        done = True
        for tile in self._tiles.values():
            if perf_counter() > end:
                done = False
                break
            if not self._aim.moving:
                self._take(tile, tile.node[0])
            if self._drape.laid:
                self._paper(tile, self._pixels_wanted(tile))
            elif tile.is_stale:
                self._color(tile)
        self._join()
        return done

    def _take(self, tile: _Tile, level: int) -> None:
        """Draw a tile from this level from now on."""
        if tile.level != level:
            tile.level, tile.mesh, tile.shape = level, self._land.mesh(tile.node, level), None

    def _join(self) -> None:
        """Close the gaps between tiles of different levels with skirts, and fill what has changed."""
        tiles = list(self._tiles.values())
        outlines = np.array([self._land.outline(tile.node) for tile in tiles]).reshape(-1, 4)
        levels = np.array([tile.level for tile in tiles], np.int64)

        def gap_m(number: int, side: int, other: int) -> float:
            return self._land.gap_m(tiles[number].node, side, tiles[number].level, other)

        for tile, skirts in zip(tiles, skirts_between(outlines, levels, gap_m), strict=True):
            if tile.mesh is None or (tile.shape is not None and tile.skirts == skirts):
                continue
            tile.skirts, tile.shape = skirts, skirted(tile.mesh, skirts)
            tile.patch.fill(tile.shape.points, self._source.origin, tile.shape.triangles, None)
            self._color(tile)
            self._show(tile)

    def _color(self, tile: _Tile) -> None:
        """Colour the vertices: with the ground's own colours, or with the light on a picture."""
        mesh, shape = tile.mesh, tile.shape
        if mesh is None or shape is None:
            return
        if self._drape.laid:
            tile.patch.recolor(softened(mesh.light)[shape.source])
            if tile.pixels == BARE:
                self._paper(tile, FIRST_PIXELS)
            tile.texture.place(*self._part(tile).within(shape.points))
            return
        colors = np.clip(self._tint.colors(mesh.vertices[:, 2]) * mesh.light, 0, 255).astype(np.uint8)
        tile.patch.recolor(colors[shape.source])
        tile.texture.remove()
        tile.pixels, tile.is_stale = BARE, False

    # -- pictures over it --------------------------------------------------------------------------

    def drape(self, drape: Drape) -> None:
        """Lay pictures over the terrain, or take them off."""
        if drape != self._drape:
            self._drape = drape
            self._make_stale()

    def _make_stale(self) -> None:
        """Let everything be coloured anew, as time allows."""
        self._aim = None
        for tile in self._tiles.values():
            tile.is_stale = True

    def _pixels_wanted(self, tile: _Tile) -> tuple[int, int]:
        """How large the picture on a tile should be; never smaller than it is."""
        moving = self._aim is not None and self._aim.moving
        most = MOVING_PIXELS if moving else MOST_PIXELS
        wide, high = self._drape.pixels_for(self._part(tile), tile.metres_per_pixel, most)
        return max(wide, tile.pixels[0]), max(high, tile.pixels[1])

    def _paper(self, tile: _Tile, pixels: tuple[int, int]) -> None:
        """Lay a picture of this size over the tile, unless it has it already."""
        if tile.pixels == pixels and not tile.is_stale:
            return
        tile.pixels, tile.is_stale = pixels, False
        tile.texture.paper(self._drape.picture(self._part(tile), pixels, self._bare))
        self._color(tile)

    def _part(self, tile: _Tile) -> Part:
        return Part.around(self._land.boxes([tile.node])[0])

    def _bare(self, places: Float64) -> NDArray[np.float32]:
        """The colours of the ground itself."""
        return self._tint.colors(self.heights(places))

    def heights(self, places: Float64) -> Float64:
        """The height at places (n, 2) of the project; NaN where there is none."""
        return heights_in(self._land.terrain, self._to_layer, self._source.mover, places)

    # -- what the scene asks -----------------------------------------------------------------------

    def restyle(self, layer: Layer) -> None:
        """Follow the layer's new style, opacity and visibility."""
        before = self.layer
        super().restyle(layer)
        if before.style != layer.style:
            self._tint = self._new_tint()
            self._make_stale()

    def pick(self, view: View2D, x: float, y: float) -> Found | None:
        """The nearest triangle of the finest cells under a pixel position."""
        if not self.is_shown:
            return None
        ray = view.ray(x, y)
        found = self._land.first_hit(ray)
        if found is None:
            return None
        distance, corners = found
        vertex = nearest_vertex(view, x, y, corners)
        return Found(distance, Hit(self.layer.id, None, None, ray.at(distance), vertex))

    def legend(self) -> list[LegendEntry]:
        """Heights at even steps, or the one colour."""
        return self._tint.legend()
