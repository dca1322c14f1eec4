"""What of a city is drawn in full detail and what as blocks: as fine as there is room for."""

from __future__ import annotations

import numpy as np

from viewer.aim import Aim
from viewer.faces import Index
from viewer.masses import Masses
from viewer.quadtree import Quadtree

#: How far a block may be off, in pixels, where there is no need to save.
ERROR_PX_MOVING, ERROR_PX_RESTING = 1.0, 0.7
#: Share of the budget that full detail may take while far objects need some too.
DETAIL_SHARE = 0.7
#: Detail is wanted where blocks are off by this share of what others may be off.
DETAIL_BEFORE = 0.5
#: Steps by which that is made coarser or finer, beginning with the coarsest at rest.
COARSER, CAUTION, COARSEST_PX = 1.25, 1.1, 12.0
TRIANGLES_PER_BLOCK = 5
#: Blocks are made by the processor for every picture: even where a graphics card could draw more of them.
MOST_BLOCKS, MOST_BLOCKS_MOVING = 400_000, 40_000


class Choice:
    """Shares a budget out; remembers how fine the last picture was, for the next one in motion."""

    def __init__(self, tree: Quadtree, masses: Masses) -> None:
        self._tree, self._masses = tree, masses
        self._moving_px = ERROR_PX_MOVING  # what the last picture in motion came to
        self._start_px = self._found_px = ERROR_PX_MOVING

    def tiles(self, aim: Aim, triangles: Index) -> Index:
        """The tiles to draw in full detail, the most urgent first."""
        tiles = self._tree.tiles
        # At rest the outcome must not depend on what was drawn before.
        self._start_px = self._moving_px if aim.moving else COARSEST_PX
        seen = np.flatnonzero(triangles > 0)
        seen = seen[aim.sees(tiles.box[seen])]
        cost = triangles[seen]
        urgency = tiles.error_m[seen] / aim.metres_per_pixel(tiles.box[seen])
        order = np.argsort(-urgency, kind="stable")
        if int(cost.sum()) <= aim.triangles and len(seen) <= aim.city_tiles:
            return seen[order]
        if not aim.moving:
            self.cells(aim, np.empty(0, np.int64), aim.triangles // 4)
            self._start_px = self._found_px
        # Detail where buildings are only a little wrong must not cost others their shape.
        order = order[urgency[order] > max(self._start_px * DETAIL_BEFORE, _least_error(aim))]
        affordable = np.cumsum(cost[order]) <= aim.triangles * DETAIL_SHARE
        return seen[order[affordable][: aim.city_tiles]]

    def cells(self, aim: Aim, drawn: Index, triangles: int) -> tuple[list[Index], Index]:
        """The cells to draw as blocks, as fine as there is room for, and the entries among them."""
        most = min(triangles // TRIANGLES_PER_BLOCK, MOST_BLOCKS_MOVING if aim.moving else MOST_BLOCKS)
        least = _least_error(aim)
        error = max(self._start_px, least)
        found = self._tree.cut(aim, error, self._masses.present, drawn, most)
        while found is None:
            error *= COARSER
            found = self._tree.cut(aim, error, self._masses.present, drawn, most)
        while error > least:
            # The number of cells grows with the square of the fineness.
            room = most / max(sum(map(len, found)), 1)
            if room < COARSER**2:
                break
            finer = max(error / room**0.5 * CAUTION, least)
            better = self._tree.cut(aim, finer, self._masses.present, drawn, most)
            if better is None:
                break
            error, found = finer, better
        self._found_px = error
        if aim.moving:
            self._moving_px = error
        return found[:-1], found[-1]


def _least_error(aim: Aim) -> float:
    return ERROR_PX_MOVING if aim.moving else ERROR_PX_RESTING
