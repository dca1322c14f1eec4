"""The octree of a COPC file as a tree of points: a node is decoded when it is asked for.

A helper process decodes nodes into the cache folder, where they stay as long as there is room.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from layers.octree import PointTree
from layers.stored import Int32
from layers.workers import Helpers

DECODED = "decoded"
NODE = "node-{:07d}.bin"
MOST_HELPERS = 2
_helpers = Helpers("layers.formats._copc_nodes", MOST_HELPERS)


@dataclass(frozen=True)
class CopcTree(PointTree):
    """The nodes of a COPC file; `start` is the first byte of a node's points there."""

    size: Int32 = field(default_factory=lambda: np.empty(0, np.int32))  # (n,) bytes of a node's points there
    origin: tuple[str, ...] = ()  # the file, and as JSON what its points go through (`copcfile.Origin`)

    def get_ready(self) -> None:
        """Start a process that decodes points, ahead of the first question."""
        _helpers.start_ahead()

    def block(self, node: int) -> bytes:
        """The points of a node as they are stored, decoded before or now."""
        if not self.count[node]:
            return b""
        try:
            return self.kept_at(node).read_bytes()
        except OSError:  # not decoded, or no longer there
            answer = _helpers.ask({"path": self.origin[0], "folder": str(self.folder), "node": int(node)})
            return Path(answer["kept_at"]).read_bytes()

    def kept_at(self, node: int) -> Path:
        """The file of a node's points, when they have been decoded."""
        return self.folder / DECODED / NODE.format(node)
