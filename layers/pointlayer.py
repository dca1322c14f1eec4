"""The points of a layer, once it is known where they belong: the layer is then drawn from their tree."""

from __future__ import annotations

import shutil
from pathlib import Path

from layers.copcfile import CopcFile, open_tree
from layers.data import LayerData, Progress
from layers.errors import ReadError
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
    _check_room(len(source.points) if isinstance(source, Cloud) else source.points, folder)
    tree = index(source, move, folder, layer.report, progress)
    layer.drawable, layer.stored = tree, tree.folder


def _check_room(points: int, folder: Path) -> None:
    needed, free = BYTES_PER_POINT * points, shutil.disk_usage(folder).free
    if needed > free:
        raise ReadError(
            "There is not enough room on the disk to index this point cloud",
            where=str(folder),
            found=f"{free / 1e9:.1f} GB free",
            allowed=f"about {needed / 1e9:.1f} GB",
            do="Make room, or cut the cloud to the area you need",
        )
