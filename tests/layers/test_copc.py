"""COPC files: their own nodes, decoded in another process; what cannot be true is refused."""

from __future__ import annotations

import struct
from pathlib import Path

import laspy
import numpy as np
import pytest

from layers.copcfile import CopcFile, open_tree
from layers.copctree import DECODED, CopcTree
from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats import copc, detect
from layers.formats._copc_nodes import make_room
from layers.moving import Move
from layers.stored import Float64
from tests.conftest import real

LION = "heritage/potree-lion/lion_takanawa.copc.laz"
SMALL = "pointcloud/pdal/1.2-with-color.copc.laz"
CLOUDS = (LION, SMALL, "pointcloud/pdal/lone-star.copc.laz")


def read(path: Path, **options: object) -> LayerData:
    (layer,) = copc.read(path, ReadOptions(**options))  # type: ignore[arg-type]
    return layer


def opened(path: Path, folder: Path, move: Move = Move(None, None)) -> CopcTree:  # noqa: B008
    nodes = read(path).points
    assert isinstance(nodes, CopcFile)
    return open_tree(nodes, move, folder)


def ordered(points: Float64) -> Float64:
    return points[np.lexsort(points.T)]


@pytest.mark.parametrize("name", CLOUDS)
def test_the_nodes_are_those_that_laspy_reads(name: str, tmp_path: Path) -> None:
    tree = opened(real(name), tmp_path)
    with laspy.CopcReader.open(real(name)) as reader:
        for level in range(int(tree.level.max()) + 1):
            expected = reader.query(level=range(level, level + 1))
            clouds = [tree.read(node) for node in np.flatnonzero(tree.level == level).tolist()]
            found = np.concatenate([cloud.points for cloud in clouds])
            assert np.array_equal(
                ordered(found), ordered(np.column_stack((expected.x, expected.y, expected.z)))
            )
            classes = np.concatenate(
                [cloud.classification for cloud in clouds if cloud.classification is not None]
            )
            assert np.array_equal(np.sort(classes), np.sort(expected.classification))
    assert tree.points == reader.header.point_count


@pytest.mark.parametrize("name", CLOUDS)
def test_nodes_lie_in_their_boxes_and_below_their_parents(name: str, tmp_path: Path) -> None:
    tree = opened(real(name), tmp_path)
    assert tree.parent[0] == -1 and (tree.parent[1:] < np.arange(1, len(tree.parent))).all()
    assert (np.diff(tree.parent) >= 0).all()
    for node in range(min(len(tree.count), 40)):
        points = tree.read(node).points
        assert (points >= tree.box[node, 0]).all() and (points <= tree.box[node, 1]).all()
        assert all(tree.level[child] == tree.level[node] + 1 for child in tree.children(node))


def test_nodes_move_into_the_crs_of_the_project(tmp_path: Path) -> None:
    move = Move("EPSG:2991+6360", "EPSG:26910+5703", 0.30480060960121924)
    tree, stays = opened(real(SMALL), tmp_path / "moved", move), opened(real(SMALL), tmp_path / "stays")
    for node in range(5):
        found, expected = tree.read(node).points, move(stays.read(node).points)
        assert np.abs(found - expected).max() <= 0.00051
        assert (found >= tree.box[node, 0]).all() and (found <= tree.box[node, 1]).all()


def test_copc_is_known_from_its_first_bytes(tmp_path: Path) -> None:
    assert detect(real(LION)).NAME == "copc"
    assert detect(real("pointcloud/startinpy/small.laz")).NAME == "las"


def test_decoded_nodes_are_kept_as_long_as_there_is_room(tmp_path: Path) -> None:
    tree = opened(real(LION), tmp_path)
    for node in range(len(tree.count)):
        tree.read(node)
    files = sorted((tmp_path / DECODED).iterdir())
    assert len(files) == len(tree.count)
    assert [file.stat().st_size for file in files] == (tree.count * tree.bytes_per_point).tolist()
    make_room(tmp_path / DECODED, most=2_000_000)
    assert sum(file.stat().st_size for file in (tmp_path / DECODED).iterdir()) <= 2_000_000
    assert len(tree.read(0).points) == tree.count[0]


def test_a_file_that_has_changed_or_gone_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "lion.copc.laz"
    path.write_bytes(real(LION).read_bytes())
    tree = opened(path, tmp_path / "tree")
    last = len(tree.count) - 1
    with path.open("ab") as file:
        file.write(b"more")
    with pytest.raises(ReadError, match="has changed since it was linked"):
        tree.read(last)
    path.unlink()
    with pytest.raises(ReadError, match="is gone"):
        tree.read(last)


def test_damage_in_a_node_is_a_sentence_and_the_others_are_read(tmp_path: Path) -> None:
    data = bytearray(real(LION).read_bytes())
    nodes = read(real(LION)).points
    assert isinstance(nodes, CopcFile)
    start, size = int(nodes.start[5]), int(nodes.size[5])
    data[start + 30 : start + size] = b"\xff" * (size - 30)
    path = tmp_path / "damaged.copc.laz"
    path.write_bytes(data)
    tree = opened(path, tmp_path / "tree")
    try:
        assert len(tree.read(5).points) <= tree.count[5]  # some damage cannot be noticed
    except ReadError as error:
        assert error.sentence()
    assert len(tree.read(6).points) == tree.count[6]


def with_entry(tmp_path: Path, number: int, **changes: int) -> Path:
    """A copy of the lion with numbers of an entry of the hierarchy replaced."""
    data = bytearray(real(LION).read_bytes())
    first = struct.unpack_from("<Q", data, 375 + 54 + 40)[0]
    entry = np.frombuffer(data, copc.ENTRY, 1, first + copc.ENTRY.itemsize * number).copy()
    for name, value in changes.items():
        entry[name] = value
    begin = first + copc.ENTRY.itemsize * number
    data[begin : begin + copc.ENTRY.itemsize] = entry.tobytes()
    path = tmp_path / "a.copc.laz"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"count": -1, "start": 2735695, "size": 288}, "twice"),  # a page that leads to itself
        ({"count": -1, "start": 2**60}, "a page of the hierarchy"),
        ({"count": -1, "size": -32}, "a page of the hierarchy"),
        ({"count": 2_000_000}, "points of all nodes"),
        ({"count": 2**30}, "points of a node"),
        ({"count": -7}, "points of a node"),
        ({"start": 2**62}, "the place of a node"),
        ({"size": 2**30}, "the place of a node"),
        ({"start": 5}, "the place of a node"),
        ({"level": 200}, "levels of the nodes"),
        ({"level": -1}, "levels of the nodes"),
        ({"cell": 9}, "cells of the nodes"),
        ({"level": 3, "cell": 7}, "without a parent"),
        ({"level": 0, "cell": 0}, "two of one cell"),
    ],
)
def test_hierarchies_that_cannot_be_true_are_refused(
    tmp_path: Path, changes: dict[str, int], sentence: str
) -> None:
    with pytest.raises(ReadError, match=sentence):
        read(with_entry(tmp_path, 4, **changes))


@pytest.mark.parametrize(("place", "value"), [(24, 0.0), (24, float("nan")), (0, float("inf")), (32, -1.0)])
def test_a_root_that_is_no_cube_is_refused(tmp_path: Path, place: int, value: float) -> None:
    data = bytearray(real(LION).read_bytes())
    struct.pack_into("<d", data, 375 + 54 + place, value)
    path = tmp_path / "a.copc.laz"
    path.write_bytes(data)
    with pytest.raises(ReadError, match="cube of the root"):
        read(path)
