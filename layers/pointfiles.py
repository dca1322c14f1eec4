"""Point clouds that still lie in their files: what their headers say, and stretches of them as arrays.

A reader hands over `PointFiles`; they are indexed (`layers.octree_index`) once it is known where they belong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.data import Box
from layers.errors import ReadError
from layers.octree import Frame
from layers.points import box_of, is_possible, possible
from layers.stored import Float64

#: Points that are decoded at once.
POINTS_AT_ONCE = 1_000_000
#: Where the points of a format are decoded; only the processes that do it load these.
DECODERS: Mapping[str, str] = MappingProxyType(
    {
        "las": "layers.formats._las_points",
        "ply": "layers.formats._ply_points",
        "e57": "layers.formats._e57_points",
        "xyz": "layers.formats._xyz_points",
    }
)
#: Columns as they are decoded; colours have 16 bits until all of them are known.
DECODED: Mapping[str, np.dtype[Any]] = MappingProxyType(
    {
        "place": np.dtype(("<i4", (3,))),
        "intensity": np.dtype("<u2"),
        "rgb": np.dtype(("<u2", (3,))),
        "classification": np.dtype("u1"),
        "return_number": np.dtype("u1"),
    }
)
#: How floating-point numbers are stored.
AS_IT_IS = Frame((1.0, 1.0, 1.0), (0.0, 0.0, 0.0))


@dataclass(frozen=True)
class Stretch:
    """So many points of a file, from one on."""

    decoder: str  # of DECODERS
    path: str
    first: int
    count: int
    alone: int  # points that can be decoded without those before them: a chunk

    def decoded(self) -> Iterator[Decoded]:
        """The points in blocks of about POINTS_AT_ONCE."""
        decode: Callable[[Stretch], Iterator[Decoded]] = import_module(DECODERS[self.decoder]).decode
        return decode(self)

    def parts(self) -> list[Stretch]:
        """The smallest parts that can be decoded alone."""
        end = self.first + self.count
        starts = range(self.first, end, self.alone)
        return [replace(self, first=start, count=min(self.alone, end - start)) for start in starts]


@dataclass(frozen=True)
class Decoded:
    """Points as a file holds them."""

    stored: NDArray[Any]  # (n, 3) int32, or float64 where the file has such
    frame: Frame
    columns: Mapping[str, NDArray[Any]]  # of DECODED, without "place"

    @property
    def good(self) -> NDArray[np.bool_] | None:
        """Which points have coordinates that can be true; None: all."""
        box = box_in_world(self.frame, self.stored)
        return None if box is None or is_possible(box) else possible(self.frame.world(self.stored))


def box_in_world(frame: Frame, stored: NDArray[Any]) -> Box | None:
    """The box around stored places, None when there are none."""
    found = box_of(stored)
    if found is None:
        return None
    return as_box(np.sort(frame.world(np.reshape(found, (2, 3))), axis=0))


@dataclass(frozen=True)
class PointFile:
    """What the header of a file says."""

    path: Path
    points: int
    box: Float64  # (2, 3) in the file's CRS
    frame: Frame | None  # None: the file holds floating-point numbers
    attributes: tuple[str, ...]  # of octree.ATTRIBUTES
    stretches: tuple[Stretch, ...]  # may be decoded in any order


@dataclass(frozen=True)
class PointFiles:
    """The files of one cloud."""

    files: tuple[PointFile, ...]

    @property
    def points(self) -> int:
        """How many points the headers promise."""
        return sum(file.points for file in self.files)

    @property
    def box(self) -> Box:
        """Around all of them, in their CRS."""
        return as_box(around([file.box for file in self.files]))


def around(boxes: Iterable[Float64 | Box]) -> Float64:
    """(2, 3) around boxes."""
    many = np.array([np.reshape(box, (2, 3)) for box in boxes])
    return np.array([many[:, 0].min(axis=0), many[:, 1].max(axis=0)])


def as_box(low_high: Float64) -> Box:
    """A box (2, 3) as numbers in a row."""
    (x0, y0, z0), (x1, y1, z1) = low_high.tolist()
    return x0, y0, z0, x1, y1, z1


def surveyed(path: Path, stretches: Iterable[Stretch]) -> Float64:
    """The box (2, 3) of the points of a file whose header does not tell it, or tells what cannot be true."""
    boxes: list[Box] = []
    for stretch in stretches:
        for decoded in stretch.decoded():
            good = decoded.good
            box = box_in_world(decoded.frame, decoded.stored if good is None else decoded.stored[good])
            boxes += [] if box is None else [box]
    if not boxes:
        raise ReadError("No point of this cloud has possible coordinates", where=path.name)
    return around(boxes)
