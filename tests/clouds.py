"""Clouds for tests, and all that a tree holds as one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layers.octree import ATTRIBUTES, Cloud, PointTree


def city(count: int, seed: int = 1) -> Cloud:
    """Ground and blocks, denser in one corner."""
    chance = np.random.default_rng(seed)
    x, y = chance.random((2, count)) ** 1.5 * 300
    z = np.where((x % 30 > 12) & (y % 30 > 12), 8.0 + (x // 30) % 5, 0.0) + chance.normal(0, 0.02, count)
    return Cloud(
        np.column_stack((x + 85_000, y + 446_000, z)).round(3),
        rgb=chance.integers(1, 256, (count, 3), np.uint8),
        intensity=chance.integers(0, 4000, count).astype(np.uint16),
        classification=np.where(z > 4, 6, 2).astype(np.uint8),
        return_number=chance.integers(1, 4, count).astype(np.uint8),
    )


def whole(tree: PointTree) -> Cloud:
    """The points of all nodes."""
    clouds = [tree.read(node) for node in range(len(tree.count))]
    names = ("points", *tree.attributes)
    return Cloud(**{name: np.concatenate([getattr(cloud, name) for cloud in clouds]) for name in names})


def prints_of(cloud: Cloud) -> NDArray[np.uint64]:
    """A fingerprint of every point with all it has, sorted: clouds of the same points have the same."""
    columns = [getattr(cloud, name) for name in ATTRIBUTES]
    parts = [cloud.points.round(8) + 0.0]  # no negative zeros
    parts += [np.reshape(column, (len(cloud.points), -1)) for column in columns if column is not None]
    prints = np.zeros(len(cloud.points), np.uint64)
    for part in parts:
        for values in np.asarray(part, np.float64).T:
            prints = (prints ^ np.ascontiguousarray(values).view(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
            prints ^= prints >> np.uint64(29)
    return np.sort(prints)
