"""A point cloud out of core: an octree whose nodes each hold a sample of the points, read node by node.

The tree is additive: a point is in exactly one node, and the points of a node refine those of the nodes
above it. The nodes' arrays lie mapped in the cache folder; the points are read when asked for and never
stay mapped. A node's points lie together, attribute by attribute, in one of the tree's part files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from layers.errors import ReadError
from layers.stored import NOT_STORED, Float64, Int32, Int64, Stored, UInt8, UInt16

#: What a point may have beside its place, in the order in which a part file holds it.
ATTRIBUTES: Mapping[str, np.dtype[Any]] = MappingProxyType(
    {
        "intensity": np.dtype("<u2"),
        "rgb": np.dtype(("u1", (3,))),
        "classification": np.dtype("u1"),
        "return_number": np.dtype("u1"),
    }
)
PLACE = np.dtype(("<i4", (3,)))
PART = "points-{:05d}.bin"
HEIGHT_BINS = 4096


@dataclass(frozen=True)
class Frame:
    """How places are stored as whole numbers: world = stored * scale + offset."""

    scale: tuple[float, float, float]
    offset: tuple[float, float, float]

    def world(self, stored: NDArray[Any]) -> Float64:
        """Places in the world."""
        return np.asarray(stored * np.array(self.scale) + np.array(self.offset))

    def cells(self, world: Float64) -> Float64:
        """The nearest whole numbers."""
        return np.asarray(np.rint((world - np.array(self.offset)) / np.array(self.scale)))


@dataclass(frozen=True)
class Cloud(Stored):
    """Points in world coordinates."""

    points: Float64  # (n, 3)
    rgb: UInt8 | None = None  # (n, 3)
    intensity: UInt16 | None = None  # (n,)
    classification: UInt8 | None = None  # (n,) ASPRS
    return_number: UInt8 | None = None  # (n,)


@dataclass(frozen=True)
class PointTree(Stored):
    """The nodes of a point cloud, parents before children, the children of a node side by side."""

    parent: Int32  # (n,) -1: the root, which is node 0
    level: UInt8  # (n,) depth of the node's cell in the octree
    box: Float64  # (n, 2, 3) world: around the points of the node and of all nodes below it
    count: Int32  # (n,) points of the node itself
    spacing_m: Float64  # (n,) metres between neighbouring points, with those of the nodes above drawn too
    part: Int32  # (n,) file that holds the node's points
    start: Int64  # (n,) first byte there
    scale: Float64  # (3,) world = stored * scale + offset
    offset: Float64  # (3,)
    attributes: tuple[str, ...]  # of ATTRIBUTES
    class_count: Int64  # (256,) points of each class
    return_count: Int64  # (16,) points of each return number
    intensity_count: Int64  # (65536,) points of each intensity
    height_count: Int64  # (HEIGHT_BINS,) points by height
    height_range: Float64  # (2,) what the bins of height_count divide
    folder: Path = field(default=Path(), metadata=NOT_STORED)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The nodes, mapped; their points stay in the folder."""
        return replace(super().load(folder), folder=folder)

    @property
    def points(self) -> int:
        """How many points the cloud has."""
        return int(self.count.sum(dtype=np.int64))

    def has(self, attribute: str) -> bool:
        """Whether points have this attribute."""
        return attribute in self.attributes

    def children(self, node: int) -> range:
        """The nodes that refine a node."""
        first, end = np.searchsorted(self.parent, (node, node + 1)).tolist()
        return range(first, end)

    def get_ready(self) -> None:
        """Prepare for nodes being read soon; at once."""

    def read(self, node: int) -> Cloud:
        """The points of a node, in any thread."""
        columns = unpacked(self.block(node), self.attributes)
        return Cloud(columns.pop("place") * self.scale + self.offset, **columns)

    def block(self, node: int) -> bytes:
        """The points of a node as they are stored."""
        path = self.folder / PART.format(int(self.part[node]))
        size = self.bytes_per_point * int(self.count[node])
        try:
            with path.open("rb", buffering=0) as file:
                file.seek(int(self.start[node]))
                data = file.read(size)
        except OSError as error:
            raise ReadError("The cache could not be read", where=str(path), found=str(error)) from error
        if len(data) < size:
            raise ReadError("The cache could not be read", where=str(path), found="it is cut off")
        return data

    @property
    def bytes_per_point(self) -> int:
        """What a point takes in a part file."""
        return bytes_per_point(self.attributes)

    def class_counts(self) -> dict[int, int]:
        """How many points each class has."""
        return {int(code): int(self.class_count[code]) for code in np.flatnonzero(self.class_count)}

    def return_counts(self) -> dict[int, int]:
        """How many points each return number has."""
        return {int(number): int(self.return_count[number]) for number in np.flatnonzero(self.return_count)}

    def intensities(self, *percent: float) -> tuple[float, ...]:
        """Intensities below which so many per cent of the points lie."""
        return _percentiles(self.intensity_count, percent)

    def heights_m(self, *percent: float) -> tuple[float, ...]:
        """Heights below which so many per cent of the points lie."""
        low, high = self.height_range.tolist()
        step = (high - low) / HEIGHT_BINS
        return tuple(low + (place + 0.5) * step for place in _percentiles(self.height_count, percent))


def _percentiles(counts: Int64, percent: tuple[float, ...]) -> tuple[float, ...]:
    """The bins in which so many per cent of what was counted is reached."""
    below = np.cumsum(counts)
    return tuple(float(np.searchsorted(below, share / 100 * below[-1])) for share in percent)


def bytes_per_point(attributes: Sequence[str]) -> int:
    """What a point with these attributes takes."""
    return PLACE.itemsize + sum(ATTRIBUTES[name].itemsize for name in attributes)


def packed(columns: Mapping[str, NDArray[Any]], attributes: Sequence[str]) -> bytes:
    """Points as they are stored: column after column."""
    return b"".join(np.ascontiguousarray(columns[name]).tobytes() for name in ("place", *attributes))


def unpacked(data: bytes, attributes: Sequence[str]) -> dict[str, NDArray[Any]]:
    """The columns of stored points: "place" and the attributes."""
    columns: dict[str, NDArray[Any]] = {}
    count, position = len(data) // bytes_per_point(attributes), 0
    for name in ("place", *attributes):
        kind = ATTRIBUTES.get(name, PLACE)
        columns[name] = np.frombuffer(data, kind, count, position)
        position += kind.itemsize * count
    return columns
