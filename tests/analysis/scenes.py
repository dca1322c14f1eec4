"""Triangles to cast rays at: houses whose coordinates float32 holds exactly, relative to a place."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from layers.arrays import Float64, Int32

#: In the middle of a UTM zone, as far from its zero as cities are.
FAR = np.array([500_000.0, 5_900_000.0, 0.0])
#: float32 holds multiples of this up to 8 km exactly.
GRAIN = 1 / 1024
#: Of a house with four corners below, four at the eaves, and the two ends of its ridge.
FACES = (
    (0, 1, 5, 4),
    (1, 2, 6, 5),
    (2, 3, 7, 6),
    (3, 0, 4, 7),
    (4, 5, 8),
    (6, 7, 9),
    (5, 6, 9, 8),
    (7, 4, 8, 9),
)


def gabled_houses(count: int, seed: int = 4) -> tuple[Float64, Int32]:
    """Houses with gable roofs, turned and of all sizes, on a plane; vertices and triangles at FAR."""
    random = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(count)))
    corners, triangles = [], []
    for number in range(count):
        x, y = np.array(divmod(number, side)) * 22.0 + random.uniform(-3, 3, 2)
        half, deep, eaves = random.uniform((4, 4, 3), (9, 8, 25))
        ring = [(-half, -deep, 0), (half, -deep, 0), (half, deep, 0), (-half, deep, 0)]
        ridge = [(0, -deep, eaves + half), (0, deep, eaves + half)]
        local = np.array([*ring, *((a, b, eaves) for a, b, _ in ring), *ridge])
        turn = random.uniform(0, np.pi)
        local[:, :2] = local[:, :2] @ [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]] + (x, y)
        triangles += [
            (10 * number + face[0], 10 * number + a, 10 * number + b)
            for face in FACES
            for a, b in pairwise(face[1:])
        ]
        corners.append(local)
    size = 22.0 * side
    plain = np.array([(-30, -30, 0), (size, -30, 0), (size, size, 0), (-30, size, 0)])
    first = 10 * count
    triangles += [(first, first + 1, first + 2), (first, first + 2, first + 3)]
    points = np.round(np.concatenate((*corners, plain)) / GRAIN) * GRAIN
    return points + FAR, np.array(triangles, np.int32)
