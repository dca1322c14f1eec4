"""Terrain tiles with skirts: strips that hang down where a neighbour is drawn from another level."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from layers.arrays import Float64, Int32
from viewer.faces import Index
from viewer.landscape import TileMesh

#: Skirts of a tile above, below, left and right: how far they hang down; 0 for none.
Skirts = tuple[float, float, float, float]
#: How far a tile's own level and another run apart along one of its sides: tile, side, other level.
Gap = Callable[[int, int, int], float]
NO_SKIRTS: Skirts = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Skirted:
    """A mesh with its skirts."""

    points: Float64  # (n, 3) world
    triangles: Int32  # (m, 3)
    source: Index  # (n,) the vertex of the mesh that each point is, or hangs below


def skirted(mesh: TileMesh, skirts: Skirts) -> Skirted:
    """The mesh with the skirts that are wanted."""
    index = np.arange(mesh.known.size).reshape(mesh.known.shape)
    points, triangles, source = [mesh.vertices], [mesh.triangles], [index.ravel()]
    count = mesh.known.size
    for border, depth in zip((index[0], index[-1], index[:, 0], index[:, -1]), skirts, strict=True):
        if depth <= 0:
            continue
        hanging = count + np.arange(len(border))
        known = mesh.known.ravel()[border]
        both = known[:-1] & known[1:]
        a, b, c, d = (row[both] for row in (border[:-1], border[1:], hanging[:-1], hanging[1:]))
        triangles += [np.stack((a, c, d), axis=-1), np.stack((a, d, b), axis=-1)]
        points.append(mesh.vertices[border] - (0.0, 0.0, depth))
        source.append(border)
        count += len(border)
    return Skirted(np.concatenate(points), np.concatenate(triangles).astype(np.int32), np.concatenate(source))


def skirts_between(outlines: Index, levels: Index, gap_m: Gap) -> list[Skirts]:
    """The skirts that tiles need: `outlines` (n, 4) are their first and last rows and columns."""
    top, bottom, left, right = outlines.T
    columns = (left < right[:, None]) & (right > left[:, None])  # [i, j] have columns in common
    rows = (top < bottom[:, None]) & (bottom > top[:, None])
    differ = levels != levels[:, None]
    meets = (
        columns & differ & (bottom == top[:, None]),
        columns & differ & (top == bottom[:, None]),
        rows & differ & (right == left[:, None]),
        rows & differ & (left == right[:, None]),
    )
    found = np.zeros((len(outlines), len(meets)))
    for side, pairs in enumerate(meets):
        for tile in np.flatnonzero(pairs.any(axis=1)).tolist():
            others = np.unique(levels[pairs[tile]]).tolist()
            found[tile, side] = max(gap_m(tile, side, other) for other in others)
    return [(a, b, c, d) for a, b, c, d in found.tolist()]
