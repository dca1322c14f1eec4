"""A COPC file before and while it becomes a layer: what it says, and its tree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np

from layers.copctree import DECODED, NODE, CopcTree
from layers.morton import Cube
from layers.moving import Move
from layers.octree import Frame, packed
from layers.octree_build import Counts, Look
from layers.octree_index import SMALLEST_SIDE_M, frame_around, moved_box
from layers.octree_pieces import Columns, Target
from layers.stored import Float64, Int32, Int64, UInt8

#: The statistics are those of the uppermost nodes, of about so many points.
SAMPLE = 50_000
#: A moved cell is no cube any more: so much of its side is allowed for.
BENT = 0.001


@dataclass(frozen=True)
class CopcFile:
    """What the header and the hierarchy of a COPC file say, found to be possible."""

    path: Path
    points: int
    box: Float64  # (2, 3) of the points, in the file's CRS
    frame: Frame
    attributes: tuple[str, ...]
    cube: Cube
    spacing: float  # between the points of the root
    level: UInt8  # (n,) nodes, parents before children, those of one parent side by side
    cell: Int32  # (n, 3) in its level
    parent: Int32
    start: Int64  # first byte of the node's points
    size: Int32  # bytes
    count: Int32  # points

    def boxes(self) -> Float64:
        """(n, 2, 3) the cells, as far as there are points."""
        side = self.cube.side_m / 2.0 ** self.level.astype(float)
        low = np.array(self.cube.low) + self.cell * side[:, None]
        cells = np.stack((low, low + side[:, None]), axis=1)
        slack = np.array(self.frame.scale)
        return np.asarray(np.clip(cells, self.box[0], self.box[1]) + np.array([-slack, slack]))


@dataclass(frozen=True)
class Origin:
    """The file that points come from, and how they come into their tree."""

    bytes: int
    target: Target
    colour_bits: int


def open_tree(file: CopcFile, move: Move, folder: Path) -> CopcTree:
    """The tree of a COPC file, saved in a folder; its uppermost nodes are decoded for the statistics."""
    # Loads the decoder: only importing processes and helpers come here.
    from layers.formats._copc_nodes import decoded

    box = moved_box(file.box, move)
    frame = file.frame if move.stays else frame_around(box, (file.frame,), move)
    target = Target(frame, move, file.cube, file.attributes)
    found: dict[int, Columns] = {}
    for node in np.flatnonzero(file.count).tolist():
        place = (int(values[node]) for values in (file.start, file.size, file.count))
        found[node] = decoded(file.path, target, *place)
        if sum(len(columns["place"]) for columns in found.values()) >= SAMPLE:
            break
    sample = {name: np.concatenate([columns[name] for columns in found.values()]) for name in target.names}
    most = {name: int(sample[name].max(initial=0)) for name in file.attributes}
    kept = tuple(name for name in file.attributes if most[name] or name not in ("intensity", "rgb"))
    target = replace(target, attributes=kept)
    colour_bits = 16 if most.get("rgb", 0) > 255 else 8
    look = Look(frame, file.cube, kept, colour_bits, float(box[0, 2]), float(box[1, 2]))
    counts = Counts.of(look.columns(sample), look).scaled(file.points / max(1, len(sample["place"])))
    stretched = np.ptp(box[:, :2]) / max(np.ptp(file.box[:, :2]), SMALLEST_SIDE_M)
    origin = Origin(file.path.stat().st_size, target, colour_bits)
    tree = CopcTree(
        parent=file.parent,
        level=file.level,
        box=_moved_boxes(file.boxes(), move),
        count=file.count,
        spacing_m=file.spacing * stretched / 2.0 ** file.level.astype(float),
        part=np.zeros(len(file.count), np.int32),
        start=file.start,
        scale=np.array(frame.scale),
        offset=np.array(frame.offset),
        attributes=kept,
        **vars(counts),
        height_range=np.array([look.low_m, look.high_m]),
        size=file.size,
        origin=(str(file.path), msgspec.json.encode(origin).decode()),
    )
    tree.save(folder)
    (folder / DECODED).mkdir(exist_ok=True)
    for node, columns in found.items():
        (folder / DECODED / NODE.format(node)).write_bytes(packed(look.columns(columns), kept))
    return CopcTree.load(folder)


def _moved_boxes(boxes: Float64, move: Move) -> Float64:
    """(n, 2, 3) around the corners of boxes where they belong."""
    if move.stays:
        return boxes
    corners = np.stack(
        [boxes[:, [a, b, c], range(3)] for a in (0, 1) for b in (0, 1) for c in (0, 1)], axis=1
    )
    moved = move(corners.reshape(-1, 3)).reshape(-1, 8, 3)
    found = np.stack((moved.min(axis=1), moved.max(axis=1)), axis=1)
    slack = (found[:, 1] - found[:, 0]) * BENT
    return np.asarray(found + np.stack((-slack, slack), axis=1))
