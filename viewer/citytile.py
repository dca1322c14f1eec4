"""Tiles of a city as they are held by the graphics driver, and the outlines of the nearest ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from layers.arrays import CityTiles, Float64
from viewer.detail import Detail, Outlines, outlines_of
from viewer.faces import Mask
from viewer.patch import LINES, Patch

Float32 = NDArray[np.float32]

#: More outlines than this are left away: they cost frames, and would only be a grey haze.
MOST_EDGES, MOST_EDGES_MOVING = 150_000, 30_000
OUTLINED_BELOW_M = 1.2  # metres per pixel; towards it they fade
OUTLINE_TONE = 0.62  # of the polygon's own colour, where one is near


@dataclass
class Tile:
    """A tile in full detail, ready to be drawn."""

    patch: Patch
    detail: Detail
    lit: Float32 = field(default_factory=lambda: np.empty((0, 3), np.float32))  # per polygon
    outlines: Outlines | None = None
    used: int = 0


class OutlinesOfTiles:
    """Lines where surfaces bend, darker the nearer they are."""

    def __init__(self, city: CityTiles, origin: Float64, plain: Mask) -> None:
        self._city, self._origin, self._plain = city, origin, plain
        self.patch = Patch(LINES, width=1.0)
        #: Whether there are some that motion has no time for.
        self.is_left_out = False

    def draw(self, tiles: list[Tile], metres_per_pixel: Float64, moving: bool, end: float) -> bool:
        """Show those of the nearest tiles; False when it was not done at the time `end`."""
        order = np.argsort(metres_per_pixel)
        near = [(tiles[i], float(metres_per_pixel[i])) for i in order.tolist()]
        count, farthest = 0, OUTLINED_BELOW_M
        self.is_left_out = False
        for tile, metres in near:
            if metres > farthest:
                break
            if tile.outlines is None:
                if moving:
                    return self._leave_out()
                tile.outlines = outlines_of(self._city, tile.detail, self._plain)
                if perf_counter() > end:
                    return False
            count += len(tile.outlines.part)
            if moving and count > MOST_EDGES_MOVING:
                return self._leave_out()
            if count > MOST_EDGES:
                farthest = metres
        self._fill([(tile, metres) for tile, metres in near if metres < farthest], farthest)
        return True

    def _leave_out(self) -> bool:
        self.patch.show(False)
        self.is_left_out = True
        return True

    def _fill(self, tiles: list[tuple[Tile, float]], farthest: float) -> None:
        ends, tones = [np.empty((0, 3))], [np.empty((0, 3), np.uint8)]
        for tile, metres in tiles:
            if tile.outlines is not None:
                tone = 1.0 - (1.0 - OUTLINE_TONE) * min(2.0 * (1.0 - metres / farthest), 1.0)
                lit = (tile.lit[tile.outlines.part] * tone).astype(np.uint8)
                ends.append(tile.outlines.lifted(metres))
                tones.append(np.repeat(lit, 2, axis=0))
        points = np.concatenate(ends)
        cells = np.arange(len(points), dtype=np.int32)
        self.patch.fill(points, self._origin, cells, np.concatenate(tones))
        self.patch.show(True)
