"""The points of a COPC file's nodes, decoded; as a process of its own for whoever draws them.

Run as `python -m layers.formats._copc_nodes` it is asked by `layers.copctree`.
"""

from __future__ import annotations

import os
import tempfile
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np

from layers.copcfile import Origin
from layers.copctree import CopcTree
from layers.errors import ReadError
from layers.formats._las_header import Header, read_header
from layers.formats._las_points import decoded_records, decompress, sentences
from layers.octree import packed
from layers.octree_build import in_small_colours
from layers.octree_pieces import Columns, Target
from layers.workers import Answer, Task, serve

#: So many bytes of decoded nodes are kept for a tree; the oldest go first, down to this share.
KEPT_BYTES = 2 << 30
KEPT_SHARE = 0.8
#: After so many nodes it is seen how many there are.
NODES_BETWEEN = 64
_elsewhere = tempfile.TemporaryDirectory(prefix="citystrata-nodes-")


def decoded(path: Path, target: Target, start: int, size: int, count: int) -> Columns:
    """The points of a node as a tree's target has them."""
    header = _header(path)
    records = np.empty(count * header.record_bytes, np.uint8)
    with path.open("rb") as file, sentences(path):
        file.seek(start)
        decompress(file.read(size), header, records, np.array([[count, size]]))
    return target.columns(decoded_records(records, header))


class Keeper:
    """Decodes nodes of trees and keeps them in files."""

    def __init__(self) -> None:
        self._written = 0

    def answer(self, task: Task) -> Answer:
        """Where the points of a node are kept."""
        folder = Path(task["folder"])
        tree = _tree(folder, (folder / "start.npy").stat().st_mtime_ns)
        return {"kept_at": str(self._keep(tree, task["node"]))}

    def _keep(self, tree: CopcTree, node: int) -> Path:
        path = tree.kept_at(node)
        data = packed(_stored(tree, node), tree.attributes)
        try:
            path.parent.mkdir(exist_ok=True)
            self._written += 1
            if self._written % NODES_BETWEEN == 0:
                make_room(path.parent)
            return _written(path, data)
        except OSError:  # the project may be read-only, or the disk full
            return _written(Path(_elsewhere.name, path.name), data)


def make_room(folder: Path, most: int = KEPT_BYTES) -> None:
    """Delete the nodes that have been kept longest, when they are too many."""
    states = [(Path(entry.path), entry.stat()) for entry in os.scandir(folder)]
    files = sorted((state.st_mtime_ns, state.st_size, path) for path, state in states)
    total = sum(size for _time, size, _path in files)
    if total <= most:
        return
    for _time, size, path in files:
        path.unlink(missing_ok=True)
        total -= size
        if total <= most * KEPT_SHARE:
            return


def _written(path: Path, data: bytes) -> Path:
    """Write a file that is whole when it is there."""
    new = path.with_suffix(f".{os.getpid()}")
    new.write_bytes(data)
    new.replace(path)
    return path


def _stored(tree: CopcTree, node: int) -> Columns:
    """The points of a node as the tree stores them."""
    path, text = Path(tree.origin[0]), tree.origin[1]
    origin = msgspec.json.decode(text, type=Origin)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise ReadError(
            "The file of this point cloud is gone",
            where=str(path),
            found=error.strerror or "",
            do="Put it back, or remove the layer",
        ) from error
    if size != origin.bytes:
        raise ReadError(
            "The file of this point cloud has changed since it was linked",
            where=str(path),
            do="Import it again as a new layer",
        )
    found = decoded(path, origin.target, *(int(a[node]) for a in (tree.start, tree.size, tree.count)))
    return in_small_colours(found, origin.colour_bits)


@lru_cache(maxsize=8)
def _header(path: Path) -> Header:
    return read_header(path)


@lru_cache(maxsize=8)
def _tree(folder: Path, _written_at: int) -> CopcTree:
    return CopcTree.load(folder)


if __name__ == "__main__":
    serve(Keeper().answer, ends_with_starter=False)
