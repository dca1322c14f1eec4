"""Which tiles of a pyramid are drawn: those seen, as coarse as the picture allows, at most so many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush

import numpy as np

from layers.arrays import Float64
from viewer.aim import Aim

#: Level, row and column of a tile of a pyramid.
Node = tuple[int, int, int]

#: Tiles are looked at in groups of so many; one by one would take longer than drawing them.
AT_ONCE = 8
#: Triangles of a tile that is drawn from its own level, and from one and two coarser ones.
TILE_TRIANGLES = (8192, 2048, 512)


def cut(
    aim: Aim,
    root: Node,
    boxes: Callable[[Sequence[Node]], Float64],
    children: Callable[[Node], list[Node]],
    need: Callable[[Sequence[Node], Float64], Float64],
    most: int,
) -> dict[Node, float]:
    """The tiles to draw, with the metres that a pixel covers in each; no two of them overlap.

    `need` says from the metres per pixel how much finer each tile would have to be: above 1 it is
    replaced by its children, those first that need it most, as long as there are not too many.
    """
    chosen: dict[Node, float] = {}
    waiting: dict[Node, tuple[float, float]] = {}  # need and metres per pixel

    def consider(nodes: list[Node]) -> None:
        around = boxes(nodes)
        seen = np.flatnonzero(np.isfinite(around[:, 0, 0]))  # else there is nothing in it
        seen = seen[aim.sees(around[seen])]
        nodes = [nodes[number] for number in seen]
        if not nodes:
            return
        metres = aim.metres_per_pixel(around[seen])
        for node, needed, covered in zip(nodes, need(nodes, metres), metres.tolist(), strict=True):
            if needed > 1 and node[0] > 0:
                waiting[node] = needed, covered
            else:
                chosen[node] = covered

    consider([root])
    while waiting and len(chosen) + len(waiting) + 3 <= most:
        room = (most - len(chosen) - len(waiting)) // 3
        worst = sorted(waiting, key=lambda node: -waiting[node][0])[: min(room, AT_ONCE)]
        for node in worst:
            del waiting[node]
        consider([child for node in worst for child in children(node)])
    return chosen | {node: covered for node, (_, covered) in waiting.items()}


def coarseness(metres_per_pixel: dict[Node, float], triangles: int) -> dict[Node, int]:
    """By how many levels, up to two, each tile is drawn more coarsely than it could be.

    As far as the triangles reach, those become finer whose cells are largest in the picture.
    """
    coarsest = len(TILE_TRIANGLES) - 1
    found = dict.fromkeys(metres_per_pixel, coarsest)
    left = triangles - len(found) * TILE_TRIANGLES[coarsest]
    waiting = [(-(2.0 ** (node[0] + coarsest)) / metres, node) for node, metres in metres_per_pixel.items()]
    heapify(waiting)
    while waiting:
        size, node = heappop(waiting)
        now = found[node]
        cost = TILE_TRIANGLES[now - 1] - TILE_TRIANGLES[now]
        if cost > left:
            continue
        left -= cost
        found[node] = now - 1
        if now > 1:
            heappush(waiting, (size / 2, node))
    return found
