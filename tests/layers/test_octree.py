"""The octree of a cloud: every point once, in the node where it belongs, whatever the files are like."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from layers import octree_sample
from layers.morton import DEPTH, Cube, common_depth, depths_apart
from layers.octree import ATTRIBUTES, Cloud, PointTree
from layers.octree_index import tree_of


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


def rows_of(cloud: Cloud) -> NDArray[np.float64]:
    """Every point with all it has as one row, sorted."""
    parts = [np.asarray(cloud.points).round(4)]
    parts += [
        np.reshape(v, (len(cloud.points), -1)) for n in ATTRIBUTES if (v := getattr(cloud, n)) is not None
    ]
    rows = np.concatenate([np.asarray(part, np.float64) for part in parts], axis=1)
    return rows[np.lexsort(rows.T)]


def whole(tree: PointTree) -> Cloud:
    clouds = [tree.read(node) for node in range(len(tree.count))]
    names = ("points", *tree.attributes)
    return Cloud(**{name: np.concatenate([getattr(cloud, name) for cloud in clouds]) for name in names})


def test_every_point_is_in_the_tree_once_with_all_it_has(tmp_path: Path) -> None:
    cloud = city(200_000)
    tree = tree_of(cloud, tmp_path)
    assert len(tree.count) > 4
    assert tree.points == 200_000
    assert np.array_equal(rows_of(whole(tree)), rows_of(cloud))


def test_points_lie_in_the_boxes_of_their_nodes_and_of_those_above(tmp_path: Path) -> None:
    tree = tree_of(city(200_000), tmp_path)
    assert tree.parent[0] == -1
    for node in range(len(tree.count)):
        points, low_high = tree.read(node).points, tree.box[node]
        assert (points >= low_high[0]).all() and (points <= low_high[1]).all()
        if node:
            above = tree.box[tree.parent[node]]
            assert tree.parent[node] < node and node in tree.children(int(tree.parent[node]))
            assert (above[0] <= low_high[0]).all() and (above[1] >= low_high[1]).all()


def test_nodes_keep_to_their_budget_and_samples_are_even(tmp_path: Path) -> None:
    """With the nodes above, a node has one point in every cell that has points, and not two."""
    cloud = city(400_000)
    tree = tree_of(cloud, tmp_path)
    assert tree.count.max() <= octree_sample.MOST_IN_LEAF
    inner = np.unique(tree.parent[1:])
    assert tree.count[inner].max() <= octree_sample.MOST_IN_NODE
    root = tree.read(0).points
    low, side = cloud.points.min(axis=0), np.ptp(cloud.points, axis=0).max()
    depth = round(np.log2(side / tree.spacing_m[0]))
    occupied = {tuple(cell) for cell in ((cloud.points - low) / side * 2**depth).astype(int)}
    taken = [tuple(cell) for cell in ((root - low) / side * 2**depth).astype(int)]
    assert len(taken) == pytest.approx(len(set(taken)), rel=0.001)
    assert len(taken) == pytest.approx(len(occupied), rel=0.001)
    for node in inner[1:]:
        assert tree.spacing_m[node] <= tree.spacing_m[tree.parent[node]]


def test_statistics_are_of_all_points(tmp_path: Path) -> None:
    cloud = city(100_000)
    tree = tree_of(cloud, tmp_path)
    assert cloud.classification is not None and cloud.intensity is not None
    codes, counts = np.unique(cloud.classification, return_counts=True)
    assert tree.class_counts() == dict(zip(codes.tolist(), counts.tolist(), strict=True))
    assert tree.heights_m(2, 98) == pytest.approx(np.percentile(cloud.points[:, 2], (2, 98)), abs=0.01)
    assert tree.intensities(2, 98) == pytest.approx(np.percentile(cloud.intensity, (2, 98)), abs=1)
    assert sum(tree.return_counts().values()) == 100_000


def test_twins_are_kept_in_nodes_of_the_usual_size(tmp_path: Path) -> None:
    points = np.repeat([[1.0, 2.0, 3.0], [4.0, 2.0, 3.0]], 120_000, axis=0)
    tree = tree_of(Cloud(points), tmp_path)
    assert tree.points == 240_000
    assert tree.count.max() <= octree_sample.MOST_IN_LEAF
    assert np.array_equal(rows_of(whole(tree)), rows_of(Cloud(points)))


def test_a_single_point_is_a_cloud(tmp_path: Path) -> None:
    tree = tree_of(Cloud(np.array([[85_000.125, 446_000.5, -1.25]])), tmp_path)
    assert tree.read(0).points.tolist() == [[85_000.125, 446_000.5, -1.25]]


def test_keys_agree_in_the_bits_of_common_cells() -> None:
    points = np.random.default_rng(2).random((3000, 3))
    cube = Cube((0.0, 0.0, 0.0), 1.0)
    keys = cube.keys(points)
    for depth in (1, 4, 9):
        cells = (points * 2**depth).astype(np.int64) @ [1, 2**21, 2**42]
        _, by_cell = np.unique(cells, return_inverse=True)
        _, by_key = np.unique(keys >> np.uint64(3 * (DEPTH - depth)), return_inverse=True)
        assert len(set(zip(by_cell.tolist(), by_key.tolist(), strict=True))) == len(set(by_cell.tolist()))
    ordered = np.sort(keys)
    apart = depths_apart(ordered)
    for first, second, depth in zip(ordered.tolist(), ordered[1:].tolist(), apart.tolist(), strict=False):
        assert common_depth(first, second) == depth - 1
