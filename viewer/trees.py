"""Trees as symbols: a trunk, and a crown as wide and as high as is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64
from viewer.solids import Solids, shafts

#: Of a tree of which nothing else is known.
HEIGHT_M = 8.0
#: A crown is so wide, of the tree's height, and begins so high above the ground.
WIDTH_SHARE, CLEAR_SHARE = 0.6, 0.25
LEAST_TRUNK_M = 0.25
FEW_TREES = 5_000
FINE, COARSE = (8, 5), (6, 4)  # sides and rows of a crown


def trees(places: Float64, height_m: Float64, crown_m: Float64, trunk_m: Float64) -> tuple[Solids, Solids]:
    """Crowns and trunks, one body each per place; NaN where a height or a diameter is not known."""
    wide = np.isfinite(crown_m) & (crown_m > 0)
    height = np.where(np.isfinite(height_m) & (height_m > 0), height_m, np.nan)
    height = np.where(np.isnan(height) & wide, crown_m / WIDTH_SHARE, height)
    height = np.nan_to_num(height, nan=HEIGHT_M)
    radius = np.where(wide, crown_m, height * WIDTH_SHARE) / 2
    clear = height * CLEAR_SHARE
    middle = places + np.column_stack((np.zeros((len(places), 2)), (clear + height) / 2))
    crowns = _balls(middle, radius, (height - clear) / 2)
    trunk = np.where(np.isfinite(trunk_m) & (trunk_m > 0), trunk_m, height * 0.04)
    stems = shafts(places, places[:, 2] + clear * 1.3, np.maximum(trunk, LEAST_TRUNK_M) / 2)
    return crowns, stems


def _balls(middle: Float64, radius: Float64, half_height: Float64) -> Solids:
    """Upright ellipsoids."""
    points, triangles = _ball(*(FINE if len(middle) <= FEW_TREES else COARSE))
    size = np.column_stack((radius, radius, half_height))
    vertices = middle[:, None] + size[:, None] * points
    facing = points / np.maximum(size[:, None], 1e-6)
    facing /= np.linalg.norm(facing, axis=-1, keepdims=True)
    shift = np.arange(len(middle), dtype=np.int32)[:, None, None] * np.int32(len(points))
    return Solids(
        vertices.reshape(-1, 3),
        facing.reshape(-1, 3).astype(np.float32),
        (triangles[None] + shift).reshape(-1, 3),
        np.repeat(np.arange(len(middle), dtype=np.int32), len(triangles)),
        np.arange(len(middle) + 1, dtype=np.int64) * len(points),
    )


def _ball(sides: int, rows: int) -> tuple[Float64, NDArray[np.int32]]:
    """A ball of radius 1: its vertices and its triangles, facing outward."""
    angle = np.arange(sides) * (2 * np.pi / sides)
    polar = np.linspace(0, np.pi, rows + 1)[1:-1]
    rings = [
        np.column_stack((np.sin(p) * np.cos(angle), np.sin(p) * np.sin(angle), np.full(sides, np.cos(p))))
        for p in polar
    ]
    points = np.concatenate(([(0.0, 0.0, 1.0)], *rings, [(0.0, 0.0, -1.0)]))
    here = np.arange(sides)
    there = (here + 1) % sides
    found = [np.column_stack((np.zeros(sides, int), 1 + here, 1 + there))]
    for row in range(rows - 2):
        above, below = 1 + row * sides, 1 + (row + 1) * sides
        found.append(np.column_stack((above + here, below + here, below + there)))
        found.append(np.column_stack((above + here, below + there, above + there)))
    last = 1 + (rows - 2) * sides
    found.append(np.column_stack((last + here, np.full(sides, len(points) - 1), last + there)))
    return points, np.concatenate(found).astype(np.int32)
