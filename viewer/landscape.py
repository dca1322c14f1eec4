"""A raster of heights where it lies in the project: boxes and meshes of its tiles, and what a ray hits."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, Int32, Mover, TerrainPyramid
from layers.pyramid import BLOCK
from layers.terrain import triangles_of
from viewer.camera import Ray
from viewer.cut import Node
from viewer.faces import Index
from viewer.light import DAY
from viewer.picking import ray_meets_boxes, ray_meets_triangles

Float32 = NDArray[np.float32]

MOST_MESHES = 160  # kept ready
MOST_GAPS = 20_000
SIDES = ((-1, 0), (1, 0), (0, -1), (0, 1))  # of a tile: above, below, left, right
#: So far into a tile a skirt reaches at least, in cells of the coarser neighbour: no light falls through.
SKIRT_CELLS = 0.25
#: Boxes are this much larger than their corners say: straight edges bend when they are moved.
BENT = 2e-3
PICK_CELLS = 8  # cells along the side of the smallest boxes that a ray is held against
#: A pick looks into so many tiles at once, the nearest first.
TILES_AT_ONCE = 24


@dataclass(frozen=True)
class TileMesh:
    """The cells of a tile as one level has them."""

    level: int  # whose cells they are
    vertices: Float64  # (r * c, 3) world; where there is no height it is 0
    light: Float32  # (r * c, 3)
    triangles: Int32  # (m, 3)
    known: NDArray[np.bool_]  # (r, c)


class Landscape:
    """The tiles of a terrain in the project's CRS."""

    def __init__(self, terrain: TerrainPyramid, mover: Mover) -> None:
        self.terrain, self._move = terrain, mover
        self._boxes: dict[Node, Float64] = {}
        self._gaps: dict[tuple[Node, int, int, int], float] = {}
        self._meshes: OrderedDict[tuple[Node, int], TileMesh] = OrderedDict()
        a, b, _c, d, e, _f = terrain.affine
        self._mirrored = bool(a * e - b * d > 0)  # rows go where the y axis does: triangles turn round
        levels = [level.number for level in terrain.levels if terrain.tiles(level.number) == (1, 1)]
        self.root: Node = (levels[0], 0, 0)

    # -- boxes -------------------------------------------------------------------------------------

    def boxes(self, nodes: Sequence[Node]) -> Float64:
        """The boxes of tiles, (n, 2, 3); of a tile of holes from inf to -inf."""
        missing = [node for node in nodes if node not in self._boxes]
        if missing:
            self._boxes.update(zip(missing, self._measured(np.array(missing)), strict=True))
        return np.array([self._boxes[node] for node in nodes]).reshape(-1, 2, 3)

    def _measured(self, nodes: Index) -> Float64:
        level, row, column = nodes.T
        numbers = np.array([self.terrain.tile_numbers(k, r, c) for k, r, c in nodes.tolist()])
        low_high = self.terrain.tile_range[numbers].astype(np.float64)
        return self._boxes_around(level, row * BLOCK, column * BLOCK, BLOCK, low_high)

    def _boxes_around(self, level: Index, row: Index, column: Index, side: int, low_high: Float64) -> Float64:
        """World boxes of squares of `side` cells between two heights each."""
        part = np.array([0, side // 2, side])
        last = np.array([(one.rows - 1, one.columns - 1) for one in self.terrain.levels])[level]
        rows = np.minimum(row[:, None, None] + part[:, None], last[:, :1, None])
        columns = np.minimum(column[:, None, None] + part, last[:, 1:, None])
        places = self.terrain.places(level[:, None, None], rows, columns).reshape(len(level), 9, 2)
        holes = low_high[:, 0] > low_high[:, 1]
        heights = np.where(holes[:, None], 0.0, low_high)
        corners = np.empty((len(level), 2, 9, 3))
        corners[..., :2] = places[:, None]
        corners[..., 2] = heights[:, :, None]
        moved = self._move(corners.reshape(-1, 3)).reshape(len(level), 18, 3)
        found = np.stack((moved.min(axis=1), moved.max(axis=1)), axis=1)
        found[:, 0, :2], found[:, 1, :2] = (
            found[:, end, :2] + sign * BENT * np.ptp(found[..., :2], axis=1)
            for end, sign in ((0, -1), (1, 1))
        )
        found[holes] = [[np.inf] * 3, [-np.inf] * 3]
        return found

    def errors(self, nodes: Sequence[Node]) -> Float64:
        """By how much tiles may deviate from the finest cells, in the unit of heights."""
        numbers = [int(self.terrain.tile_numbers(k, np.array(r), np.array(c))) for k, r, c in nodes]
        return self.terrain.tile_error[numbers].astype(np.float64)

    def children(self, node: Node) -> list[Node]:
        """The tiles of the next finer level in a tile."""
        level, row, column = node
        down, across = self.terrain.tiles(level - 1)
        return [
            (level - 1, r, c)
            for r in range(2 * row, min(2 * row + 2, down))
            for c in range(2 * column, min(2 * column + 2, across))
        ]

    def outline(self, node: Node) -> tuple[int, int, int, int]:
        """First and last row and column of a tile, in finest cells."""
        level, row, column = node
        rows, columns = self.terrain.size.tolist()
        side = BLOCK << level
        top, left = row * side, column * side
        return top, min(top + side, rows - 1), left, min(left + side, columns - 1)

    # -- meshes ------------------------------------------------------------------------------------

    def mesh(self, node: Node, level: int) -> TileMesh:
        """The mesh of a tile, from its own level or a coarser one."""
        key = node, min(level, len(self.terrain.levels) - 1)
        if key not in self._meshes:
            self._meshes[key] = self._made(*key)
            if len(self._meshes) > MOST_MESHES:
                self._meshes.popitem(last=False)
        self._meshes.move_to_end(key)
        return self._meshes[key]

    def _cells(self, node: Node, level: int) -> tuple[Index, Index]:
        """Rows and columns of a level in a tile."""
        whole = self.terrain.levels[level]
        side = BLOCK >> (level - node[0])
        return (
            np.arange(node[1] * side, min(node[1] * side + side, whole.rows - 1) + 1),
            np.arange(node[2] * side, min(node[2] * side + side, whole.columns - 1) + 1),
        )

    def _made(self, node: Node, level: int) -> TileMesh:
        rows, columns = self._cells(node, level)
        heights = self.terrain.heights_at(level, rows[:, None], columns).astype(np.float64)
        known = np.isfinite(heights)
        points = np.empty((*known.shape, 3))
        points[..., :2] = self.terrain.places(level, rows[:, None], columns)
        points[..., 2] = np.where(known, heights, 0.0)
        vertices = self._move(points.reshape(-1, 3))
        normals = self.terrain.normals_of(level, rows, columns) @ self._frame(vertices, known.shape)
        light = DAY.on_rough(normals.reshape(-1, 3).astype(np.float32))
        triangles = triangles_of(known).astype(np.int32)
        return TileMesh(level, vertices, light, triangles[:, ::-1] if self._mirrored else triangles, known)

    def _frame(self, vertices: Float64, shape: tuple[int, int]) -> Float64:
        """World directions along the columns, along the rows, and up."""
        grid = vertices.reshape(*shape, 3)
        a, b, _c, d, e, _f = self.terrain.affine
        frame = np.array([(a, d, 0.0), (b, e, 0.0), (0.0, 0.0, 1.0)])
        for axis, (end, count) in enumerate(((grid[0, -1], shape[1]), (grid[-1, 0], shape[0]))):
            if count > 1:
                frame[axis, :2] = end[:2] - grid[0, 0, :2]
        directions: Float64 = frame / np.linalg.norm(frame, axis=1, keepdims=True)
        return directions

    def gap_m(self, node: Node, side: int, level: int, other: int) -> float:
        """How far apart two levels run, at most, along a side of a tile; with a little more."""
        key = node, side, level, other
        if key not in self._gaps:
            if len(self._gaps) > MOST_GAPS:
                self._gaps.clear()
            self._gaps[key] = self._measured_gap_m(*key)
        return self._gaps[key]

    def _measured_gap_m(self, node: Node, side: int, level: int, other: int) -> float:
        top, bottom, left, right = self.outline(node)
        along_row = side < 2
        fixed = (top, bottom, left, right)[side]
        first, stop = (left, right) if along_row else (top, bottom)
        last = int(self.terrain.size[1 if along_row else 0]) - 1
        coarse = max(level, other)
        lines = []
        for number in (min(level, other), coarse):
            at = np.arange(first >> number, -(-stop >> number) + 1)
            across = np.array(fixed >> number)
            line = self.terrain.heights_at(number, *((across, at) if along_row else (at, across)))
            lines.append((np.minimum(at << number, last), line.astype(np.float64)))
        (places, fine), (others, rough) = lines
        inside = (places >= others[0]) & (places <= others[-1])
        apart = np.abs(fine - np.interp(places, others, rough))[inside]
        apart = apart[np.isfinite(apart)]
        cell = float(self.terrain.cell_m.max()) * 2**coarse
        return float(apart.max(initial=0.0) + SKIRT_CELLS * cell)

    # -- picking -----------------------------------------------------------------------------------

    def first_hit(self, ray: Ray) -> tuple[float, Float64] | None:
        """Distance to the finest surface along a ray, and the corners of the triangle there."""
        nodes = [self.root]
        while nodes and nodes[0][0] > 0:
            nodes = [child for node in self._met(ray, nodes)[0] for child in self.children(node)]
        nodes, away = self._met(ray, nodes)
        nearest: tuple[float, Float64] | None = None
        for start in range(0, len(nodes), TILES_AT_ONCE):
            if nearest is not None and away[start] > nearest[0]:
                break
            found = self._hit_in(ray, nodes[start : start + TILES_AT_ONCE])
            if found is not None and (nearest is None or found[0] < nearest[0]):
                nearest = found
        return nearest

    def _met(self, ray: Ray, nodes: Sequence[Node]) -> tuple[list[Node], Float64]:
        """The tiles whose boxes the ray passes through, the nearest first, and how far away they begin."""
        boxes = self.boxes(nodes)
        met = np.flatnonzero(np.isfinite(boxes[:, 0, 0]))
        met = met[ray_meets_boxes(ray, boxes[met])]
        away = np.linalg.norm(np.clip(ray.origin, boxes[met, 0], boxes[met, 1]) - ray.origin, axis=1)
        order = np.argsort(away)
        return [nodes[number] for number in met[order]], away[order]

    def _hit_in(self, ray: Ray, nodes: Sequence[Node]) -> tuple[float, Float64] | None:
        """The same within finest tiles: boxes of a few cells first, then their triangles."""
        tiles = np.array(nodes)
        side = np.arange(0, BLOCK, PICK_CELLS)
        row = (tiles[:, 1, None, None] * BLOCK + side[:, None] + np.zeros_like(side)).ravel()
        column = (tiles[:, 2, None, None] * BLOCK + side + np.zeros_like(side)[:, None]).ravel()
        rows, columns = self.terrain.size.tolist()
        inside = (row < max(rows - 1, 1)) & (column < max(columns - 1, 1))
        row, column = row[inside], column[inside]
        cells = np.arange(PICK_CELLS + 1)
        every_row = np.minimum(row[:, None, None] + cells[:, None], rows - 1)
        every_column = np.minimum(column[:, None, None] + cells, columns - 1)
        heights = self.terrain.heights_at(0, every_row, every_column).astype(np.float64)
        low, high = (pick.reduce(heights.reshape(len(row), -1), axis=1) for pick in (np.fmin, np.fmax))
        some = np.isfinite(low)
        low_high = np.where(some[:, None], np.stack((low, high), axis=-1), (np.inf, -np.inf))
        boxes = self._boxes_around(np.zeros(len(row), np.int64), row, column, PICK_CELLS, low_high)
        met = np.flatnonzero(some)
        met = met[ray_meets_boxes(ray, boxes[met])]
        corners = [self._triangles(heights[k], every_row[k], every_column[k]) for k in met.tolist()]
        if not corners:
            return None
        triangles = np.concatenate(corners)
        distance = ray_meets_triangles(ray, triangles)
        nearest = int(distance.argmin()) if len(distance) else 0
        if not len(distance) or not np.isfinite(distance[nearest]):
            return None
        return float(distance[nearest]), triangles[nearest]

    def _triangles(self, heights: Float64, row: Index, column: Index) -> Float64:
        """World corners (n, 3, 3) of the triangles of some finest cells."""
        known = np.isfinite(heights)
        points = np.empty((*heights.shape, 3))
        points[..., :2] = self.terrain.places(0, row, column)
        points[..., 2] = np.where(known, heights, 0.0)
        moved = self._move(points.reshape(-1, 3))
        corners: Float64 = moved[triangles_of(known)]
        return corners
