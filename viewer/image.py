"""An orthophoto as pixels: laid over terrain by `viewer.drape`, and flat where there is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

import numpy as np

from layers.arrays import Float64, ImagePyramid, Int32, Mover, UInt8
from layers.terrain import triangles_of
from viewer.aim import Aim
from viewer.color import LegendEntry
from viewer.cut import Node, cut
from viewer.drape import Laid
from viewer.palette import hex_color
from viewer.patch import Patch
from viewer.picking import Hit, View2D
from viewer.pyramidview import PyramidView
from viewer.texture import Texture
from viewer.view import Found, Source

TILE = 256  # pixels along the side of a tile
QUADS = 8  # along the side of a tile: straight lines bend when they are moved into another CRS
#: In so many places along a side it is asked whether a tile lies under the terrain.
PROBES = 5

#: The height of the terrain at places (n, 2), NaN where there is none.
Heights = Callable[[Float64], Float64]


class _Tile:
    def __init__(self, origin: Float64, points: Float64, triangles: Int32) -> None:
        self.patch = Patch()
        self.texture = Texture(self.patch)
        self.patch.fill(points, origin, triangles, np.full((len(points), 3), 255, np.uint8))


class ImageView(PyramidView[_Tile]):
    """A layer with a picture of the ground."""

    def __init__(self, source: Source, image: ImagePyramid, to_layer: Mover) -> None:
        """`to_layer` moves points from the project's CRS into the layer's."""
        super().__init__(source.layer)
        self._source, self._image, self._to_layer = source, image, to_layer
        self._height = 0.0
        self._terrain: Heights | None = None
        self._boxes: dict[Node, Float64] = {}
        self._bare: dict[Node, bool] = {}
        self._chosen: list[Node] = []
        top = next(one.number for one in image.levels if max(one.rows, one.columns) <= TILE)
        self._root: Node = (top, 0, 0)
        self.boxes = self._boxes_of([self._root])

    # -- where it lies -----------------------------------------------------------------------------

    @property
    def laid(self) -> Laid | None:
        """The picture for who has it laid over terrain; None when it is not to be seen."""
        if not (self.is_shown and self.layer.opacity > 0):
            return None
        return Laid(self.layer.id, self.layer.opacity, self._image, self._to_layer)

    def lie(self, height: float, terrain: Heights | None) -> None:
        """Lie flat at a height, but for where the terrain is, over which it is laid."""
        if (height, terrain) == (self._height, self._terrain):
            return
        self._height, self._terrain = height, terrain
        self._boxes, self._bare, self._tiles, self._chosen, self._aim = {}, {}, {}, [], None
        self.boxes = self._boxes_of([self._root])

    def _edges(self, node: Node, parts: int) -> tuple[Float64, Float64]:
        """Rows and columns, in pixels of the node's level, that divide a tile evenly."""
        level, row, column = node
        whole = self._image.levels[level]
        rows = np.linspace(row * TILE, min((row + 1) * TILE, whole.rows), parts + 1)
        columns = np.linspace(column * TILE, min((column + 1) * TILE, whole.columns), parts + 1)
        return rows, columns

    def _points(self, node: Node, parts: int) -> Float64:
        """World places of a tile that is divided evenly, ((parts + 1)², 3)."""
        rows, columns = self._edges(node, parts)
        flat = self._image.places(node[0], rows[:, None], columns).reshape(-1, 2)
        points = self._source.mover(np.column_stack((flat, np.zeros(len(flat)))))
        points[:, 2] = self._height
        return points

    def _boxes_of(self, nodes: Sequence[Node]) -> Float64:
        for node in nodes:
            if node not in self._boxes:
                points = self._points(node, QUADS)
                self._boxes[node] = np.stack((points.min(axis=0), points.max(axis=0)))
        return np.array([self._boxes[node] for node in nodes]).reshape(-1, 2, 3)

    def _children(self, node: Node) -> list[Node]:
        level, row, column = node
        finer = self._image.levels[level - 1]
        return [
            (level - 1, r, c)
            for r in range(2 * row, min(2 * row + 2, -(-finer.rows // TILE)))
            for c in range(2 * column, min(2 * column + 2, -(-finer.columns // TILE)))
        ]

    def _is_bare(self, node: Node) -> bool:
        """Whether a part of the tile lies beside the terrain."""
        if self._terrain is None:
            return True
        if node not in self._bare:
            heights = self._terrain(self._points(node, PROBES - 1)[:, :2])
            self._bare[node] = bool(np.isnan(heights).any())
        return self._bare[node]

    # -- what is drawn -----------------------------------------------------------------------------

    def aim(self, aim: Aim) -> None:
        """Choose tiles; those of before stay until the new ones are there."""
        if aim.is_same(self._aim):
            return
        self._aim = aim
        if self.is_shown:
            chosen = cut(aim, self._root, self._boxes_of, self._children, self._need, aim.tiles)
            self._chosen = [node for node in chosen if self._is_bare(node)]

    def _need(self, nodes: Sequence[Node], metres_per_pixel: Float64) -> Float64:
        wide, deep = np.ptp(self._boxes_of(nodes)[..., :2], axis=1).T
        return np.asarray(np.sqrt(wide * deep) / metres_per_pixel / TILE)

    def catch_up(self, seconds: float) -> bool:
        """Load tiles for about so long; False while some are left."""
        if not self.is_shown:
            return True
        end = perf_counter() + seconds
        for node in self._chosen:
            if node in self._tiles:
                continue
            if perf_counter() > end:
                return False
            self._tiles[node] = self._loaded(node)
        self._tiles = {node: self._tiles[node] for node in self._chosen}
        return True

    def _loaded(self, node: Node) -> _Tile:
        triangles = triangles_of(np.ones((QUADS + 1, QUADS + 1), bool)).astype(np.int32)
        tile = _Tile(self._source.origin, self._points(node, QUADS), triangles)
        rows, columns = self._edges(node, 1)
        (top, bottom), (left, right) = rows.astype(int).tolist(), columns.astype(int).tolist()
        # One more pixel around: neighbours blend into each other.
        pixels = self._image.window(node[0], (top - 1, bottom + 1), (left - 1, right + 1))
        tile.texture.paper(_opaque(pixels)[::-1])
        v, u = (
            (np.linspace(0.5, count + 0.5, QUADS + 1) / (count + 1)).astype(np.float32)
            for count in (bottom - top, right - left)
        )
        across, down = (part.ravel() for part in np.broadcast_arrays(u, v[:, None]))
        tile.texture.place(across, 1 - down)
        self._show(tile)
        return tile

    # -- what the scene asks -----------------------------------------------------------------------

    def pick(self, view: View2D, x: float, y: float) -> Found | None:
        """The place of the picture under a pixel position, where it lies flat."""
        ray = view.ray(x, y)
        if not self.is_shown or ray.direction[2] == 0:
            return None
        distance = (self._height - ray.origin[2]) / ray.direction[2]
        if distance <= 0:
            return None
        point = ray.at(distance)
        if self._terrain is not None and np.isfinite(self._terrain(point[None, :2])).any():
            return None
        if not self._image.covers(self._to_layer(point[None])[:, :2])[0]:
            return None
        return Found(float(distance), Hit(self.layer.id, None, None, point))

    def legend(self) -> list[LegendEntry]:
        """Its name, in the colour it has on the whole."""
        coarsest = self._image.levels[-1]
        pixels = self._image.window(coarsest.number, (0, coarsest.rows), (0, coarsest.columns))
        covered = pixels[pixels[..., 3] > 0]
        color = covered[:, :3].mean(axis=0) if len(covered) else np.full(3, 128)
        return [LegendEntry(self.layer.name, hex_color(color), 0, "", self.layer.id, "Picture")]


def _opaque(pixels: UInt8) -> UInt8:
    """Pixels without their cover where all of them cover everything."""
    return pixels[..., :3] if (pixels[..., 3] == 255).all() else pixels
