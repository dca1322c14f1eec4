"""The points of a layer, once it is known where they belong: the layer is then drawn from their tree."""

from __future__ import annotations

from pathlib import Path

from layers.cache import need_room
from layers.copcfile import CopcFile, open_tree
from layers.data import LayerData, Progress
from layers.moving import Move
from layers.octree import Cloud
from layers.octree_index import index

#: What a point needs on the disk while it is indexed: in a piece and in the tree.
BYTES_PER_POINT = 52


def index_points(layer: LayerData, move: Move, folder: Path, progress: Progress) -> None:
    """Give a layer of points its tree, in a folder; a COPC file has one already."""
    source = layer.points
    assert source is not None
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(source, CopcFile):
        layer.drawable, layer.stored = open_tree(source, move, folder), folder
        return
    count = len(source.points) if isinstance(source, Cloud) else source.points
    need_room(folder, BYTES_PER_POINT * count, "to index this point cloud", "the cloud")
    tree = index(source, move, folder, layer.report, progress)
    layer.drawable, layer.stored = tree, tree.folder
