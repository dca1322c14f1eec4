"""One ray for the four pixels of a square, where that is as good as four.

A picture with smooth edges is drawn at twice its size. Inside a lit or a dark part of a surface its four
pixels have the same light; only along the edges of shadows and of surfaces each of them needs a ray.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from viewer.coarsetones import OFF_SLOPE, OFF_STEPS
from viewer.depths import STEP
from viewer.faces import Index, Mask
from viewer.picture import Float32

#: How lit some of the pixels are, given as positions among them.
Cast = Callable[[Index], Float32]
#: Pixels that face the sun by shares that differ by more than this do not lie in one plane.
SAME_FACING = 0.02


def shared_light(
    row: Index, column: Index, depth: Float32, slopes: Float32, facing: Float32, cast: Cast
) -> Float32:
    """How lit pixels are (n,) that face the sun by some shares; others stay 1.

    Rows, from an even one on, and columns lie within a strip of the picture; `slopes` (2, n) tell how
    `depth` changes from pixel to pixel.
    """
    across, down = int(column.max()) // 2 + 1, int(row.max()) // 2 + 1
    square = (row >> 1) * across + (column >> 1)
    is_first = ((row | column) & 1) == 0
    first = np.flatnonzero(is_first & (facing > 0))
    others = np.flatnonzero(~is_first & (facing > 0))
    lit, of_square = np.ones(len(row), np.float32), np.full(across * down, -1, np.float32)
    first_of = np.full(across * down, -1, np.int64)
    of_square[square[first]] = lit[first] = cast(first)
    first_of[square[first]] = first
    same = _alike(of_square.reshape(down, across)).ravel()[square[others]]
    others_first = first_of[square[others]]
    same &= others_first >= 0
    mine, theirs = others[same], others_first[same]
    aside = column[mine] - column[theirs], row[mine] - row[theirs]
    off = depth[mine] - depth[theirs] - slopes[0][theirs] * aside[0] - slopes[1][theirs] * aside[1]
    allowed = OFF_SLOPE * np.abs(slopes[:, theirs]).sum(axis=0) + OFF_STEPS * STEP
    in_plane = (np.abs(off) <= allowed) & (np.abs(facing[mine] - facing[theirs]) <= SAME_FACING)
    lit[mine] = lit[theirs]
    rest = np.sort(np.concatenate((others[~same], mine[~in_plane])))
    lit[rest] = cast(rest)
    return lit


def _alike(light: Float32) -> Mask:
    """Which squares (h, w) have the light of all their neighbours."""
    most, least = light.copy(), light.copy()
    for axis in (0, 1):
        wide, narrow = most.copy(), least.copy()
        ahead = tuple(slice(1, None) if k == axis else slice(None) for k in (0, 1))
        behind = tuple(slice(None, -1) if k == axis else slice(None) for k in (0, 1))
        for mine, other in ((ahead, behind), (behind, ahead)):
            np.maximum(wide[mine], most[other], out=wide[mine])
            np.minimum(narrow[mine], least[other], out=narrow[mine])
        most, least = wide, narrow
    return np.asarray(most == least)
