"""Triangles as a file gives them, and the things they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.errors import ReadError
from layers.looks import Look
from layers.octree import Cloud
from layers.points import possible
from layers.polygons import Names
from layers.report import Report
from layers.stored import Float64, Int32, UInt8

Int64 = NDArray[np.int64]
Float32 = NDArray[np.float32]

#: More corners than this in one file are no mesh that is drawn as a whole; instances multiply quickly.
MOST_CORNERS = 60_000_000
NOTHING = -1


@dataclass(slots=True)
class Thing:
    """A city object to be: what a mesh file says of some of its triangles."""

    id: str
    type: str = ""
    parent: str | None = None
    lod: str = ""
    attributes: bytes = b"{}"
    valid_from: str | None = None
    valid_to: str | None = None


@dataclass(frozen=True)
class Part:
    """Some triangles of a file. What is None is nowhere said."""

    vertices: Float64  # (n, 3) in the file's own metres, z up
    triangles: Int64  # (m, 3), each number below n
    looks: Int32  # (m,) into `Assembly.looks`, -1 = none
    things: Int32 | None = None  # (m,) into `Assembly.things`, -1 = none
    surfaces: Int32 | None = None  # (m,) code of the semantic type, see `Assembly.type_names`
    rgb: UInt8 | None = None  # (n, 3)
    uv: Float32 | None = None  # (n, 2); v grows upwards, NaN where there is none


@dataclass
class Assembly:
    """All that a mesh file holds, in one system of coordinates."""

    report: Report
    parts: list[Part] = field(default_factory=list)
    points: list[Cloud] = field(default_factory=list)
    lines: list[Float64] = field(default_factory=list)  # (n, 3) each
    things: list[Thing] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    type_names: Names = field(default_factory=lambda: Names(""))
    has_features: bool = False  # whether the file itself tells objects apart
    _corners: int = 0
    _numbers: dict[str, int] = field(default_factory=dict)
    _looks: dict[Look, int] = field(default_factory=dict)

    def thing(self, thing: Thing) -> int:
        """The number of a thing; one of an id that was met before is that thing, met again."""
        known = self._numbers.get(thing.id)
        if known is not None:
            return known
        self._numbers[thing.id] = len(self.things)
        self.things.append(thing)
        return len(self.things) - 1

    def look(self, look: Look) -> int:
        """The number of a look."""
        number = self._looks.setdefault(look, len(self.looks))
        if number == len(self.looks):
            self.looks.append(look)
        return number

    def tinted(self, look: int, color: tuple[float, float, float]) -> int:
        """The number of a look (-1: none) with another colour laid over it."""
        base = self.looks[look] if look >= 0 else Look()
        r, g, b = (one * other for one, other in zip(base.color, color, strict=True))
        return self.look(replace(base, color=(r, g, b)))

    def count(self, corners: int) -> None:
        """Take note of corners before they are made, so that instances cannot fill the memory."""
        self._corners += corners
        if self._corners > MOST_CORNERS:
            raise ReadError(
                "The mesh has too many triangles to be read as a whole",
                found=f"more than {MOST_CORNERS // 3:,}",
                do="Import it in parts",
            )

    def add(self, part: Part) -> None:
        """Take a part; triangles with missing or impossible corners are left out and told."""
        count = len(part.vertices)
        exists = np.all((part.triangles >= 0) & (part.triangles < count), axis=1)
        fine = possible(part.vertices)
        if count:
            exists &= np.all(fine[np.where(exists[:, None], part.triangles, 0)], axis=1)
        if not exists.all():
            bad = int((~exists).sum())
            self.report.warn(
                "bad_faces",
                "",
                f"{bad:,} triangles have missing or impossible corners and are left out",
                "dropped",
                bad,
            )
            part = replace(
                part,
                triangles=part.triangles[exists],
                looks=part.looks[exists],
                things=None if part.things is None else part.things[exists],
                surfaces=None if part.surfaces is None else part.surfaces[exists],
            )
        if len(part.triangles):
            self.parts.append(part)


def joined(parts: Sequence[Part]) -> Part:
    """Several parts as one; colours, places in images and things only where any part has them."""
    counts = np.array([len(part.vertices) for part in parts], np.int64)
    base = np.cumsum(counts) - counts
    return Part(
        np.concatenate([np.empty((0, 3)), *(part.vertices for part in parts)]),
        np.concatenate(
            [
                np.empty((0, 3), np.int64),
                *(part.triangles + first for part, first in zip(parts, base, strict=True)),
            ]
        ),
        np.concatenate([np.empty(0, np.int32), *(part.looks for part in parts)]),
        _of_triangles(parts, [part.things for part in parts], NOTHING),
        _of_triangles(parts, [part.surfaces for part in parts], 0),
        _of_corners(parts, [part.rgb for part in parts], 255, 3),
        _of_corners(parts, [part.uv for part in parts], np.nan, 2),
    )


def _of_triangles(parts: Sequence[Part], values: Sequence[Int32 | None], none: int) -> Int32 | None:
    if all(value is None for value in values):
        return None
    return np.concatenate(
        [
            np.full(len(part.triangles), none, np.int32) if value is None else value
            for part, value in zip(parts, values, strict=True)
        ]
    )


def _of_corners(
    parts: Sequence[Part], values: Sequence[NDArray[Any] | None], none: float, width: int
) -> NDArray[Any] | None:
    kind = next((value.dtype for value in values if value is not None), None)
    if kind is None:
        return None
    return np.concatenate(
        [
            np.full((len(part.vertices), width), none, kind) if value is None else value
            for part, value in zip(parts, values, strict=True)
        ]
    )
