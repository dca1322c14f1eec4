"""The octree of a cloud: every point once, in the node where it belongs, whatever the files are like."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import laspy
import numpy as np
import pytest

from layers import octree_index, octree_sample
from layers.morton import DEPTH, Cube, common_depth, depths_apart
from layers.octree import Cloud, PointTree
from layers.octree_index import tree_of
from tests.clouds import city, prints_of, whole
from tests.conftest import ROOT


def test_every_point_is_in_the_tree_once_with_all_it_has(tmp_path: Path) -> None:
    cloud = city(200_000)
    tree = tree_of(cloud, tmp_path)
    assert len(tree.count) > 4
    assert tree.points == 200_000
    assert np.array_equal(prints_of(whole(tree)), prints_of(cloud))


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
    assert np.array_equal(prints_of(whole(tree)), prints_of(Cloud(points)))


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


#: Indexes a file in many small steps.
INDEX = """
import sys
from pathlib import Path
from layers import octree_index
from layers.data import ReadOptions, never_stop
from layers.formats import las
from layers.moving import Move
las.POINTS_AT_ONCE, octree_index.FEW_POINTS = 50_000, 0
octree_index.FEWEST_AT_ONCE = octree_index.MOST_AT_ONCE = 100_000
(layer,) = las.read(Path(sys.argv[1]), ReadOptions(crs="EPSG:7415"))
octree_index.index(layer.points, Move(None, None), Path(sys.argv[2]), layer.report, never_stop)
"""


def written_as_laz(cloud: Cloud, path: Path) -> None:
    header = laspy.LasHeader(version="1.4", point_format=7)
    header.scales, header.offsets = np.full(3, 0.001), np.zeros(3)
    data = laspy.LasData(header)
    data.xyz = cloud.points
    for name in ("intensity", "classification", "return_number"):
        data[name] = getattr(cloud, name)
    assert cloud.rgb is not None
    data.red, data.green, data.blue = cloud.rgb.astype(np.uint16).T
    data.write(path)


def indexing(path: Path, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", INDEX, str(path), str(folder)], cwd=ROOT)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_an_index_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    """All processes share the work, in many steps; what is done has a mark."""
    path, folder = tmp_path / "city.laz", tmp_path / "index"
    written_as_laz(city(400_000), path)
    for name in ("sort-*.json", "cells-*.json"):
        with indexing(path, folder) as process:
            while not (marks := sorted(folder.glob(name))):
                assert process.poll() is None
                time.sleep(0.002)
            process.kill()
    before = {mark: mark.stat().st_mtime_ns for mark in [*folder.glob("sort-*.json"), *marks]}
    assert indexing(path, folder).wait() == 0
    assert {mark: mark.stat().st_mtime_ns for mark in before} == before
    tree = PointTree.load(folder / octree_index.TREE)
    assert np.array_equal(prints_of(whole(tree)), prints_of(city(400_000)))
    assert sorted(folder.glob("*.bin")) == []  # all pieces are gone
