"""Scans as Wavefront OBJ: vertices with optional colours, and faces."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64
from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats._scan import KINDS as KINDS
from layers.formats._scan import Raw, colours, layer_of, numbers
from layers.report import Report

NAME = "obj"
TITLE = "OBJ scan"
ENDINGS = (".obj",)

BYTES_AT_ONCE = 16 * 2**20
_VERTEX = re.compile(rb"(?m)^v\s+[-+.\d]")
_AFTER_SLASH = re.compile(rb"/[^\s]*")


@dataclass
class _Parts:
    """What has been read so far."""

    vertices: list[Float64] = field(default_factory=list)  # (n, 3) or (n, 6) with colours
    corners: list[NDArray[np.int64]] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    vertex_count: int = 0
    objects: int = 0
    unsupported: int = 0
    materials: str = ""


def can_read(head: bytes, path: Path) -> int:
    """Likely when it is called .obj and has lines of vertices."""
    if path.suffix.lower() not in ENDINGS or b"\0" in head:
        return 0
    return 80 if _VERTEX.search(head) else 20


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The scan as a mesh, or as a cloud when it has no faces."""
    parts, size, done = _Parts(), path.stat().st_size, 0
    with path.open("rb") as file:
        while lines := file.readlines(BYTES_AT_ONCE):
            try:
                _take(parts, lines)
            except ValueError as error:
                raise ReadError(
                    "A line of this OBJ file is not understood", where=path.name, found=str(error)
                ) from error
            done += sum(map(len, lines))
            options.progress(done / size, "Reading the scan")
    report = Report(unsupported=parts.unsupported)
    if parts.materials:
        report.warn("materials", "", f"the materials of {parts.materials} are not drawn")
    if parts.unsupported:
        report.warn("unsupported", "", f"{parts.unsupported:,} lines, curves or surfaces are not used")
    return layer_of(path, ENDINGS, _raw(parts), report, options, {"objects": parts.objects})


def _take(parts: _Parts, lines: list[bytes]) -> None:
    """Sorts lines by their first word and reads the numbers of vertices and faces."""
    vertices: list[bytes] = []
    faces: list[bytes] = []
    vertices_before: list[int] = []
    for line in lines:
        word, _space, rest = line.lstrip().partition(b" ")
        if word == b"v":
            vertices.append(rest)
        elif word == b"f":
            faces.append(rest)
            vertices_before.append(parts.vertex_count + len(vertices))
        elif word in (b"o", b"g"):
            parts.objects += 1
        elif word in (b"p", b"l", b"curv", b"surf"):
            parts.unsupported += 1
        elif word == b"mtllib":
            parts.materials = rest.decode("utf-8", "replace").strip()
    parts.vertex_count += len(vertices)
    if vertices:
        parts.vertices.append(_vertices(vertices))
    if faces:
        corners, lengths = _faces(faces, np.array(vertices_before))
        parts.corners.append(corners)
        parts.lengths.extend(lengths)


def _vertices(lines: list[bytes]) -> Float64:
    """(n, 3) places or (n, 6) places and colours."""
    counts = {len(line.split()) for line in lines}
    if len(counts) != 1 or not counts <= {3, 4, 6, 7}:
        raise ValueError(f"vertices of {', '.join(map(str, sorted(counts)))} numbers")
    (count,) = counts
    table = numbers(b" ".join(lines)).reshape(-1, count)
    return np.hstack((table[:, :3], table[:, -3:])) if count >= 6 else table[:, :3]


def _faces(lines: list[bytes], vertices_before: NDArray[np.int64]) -> tuple[NDArray[np.int64], list[int]]:
    """Corners counted from 0, all faces in a row, and how many each has."""
    lengths = [len(line.split()) for line in lines]
    found = numbers(_AFTER_SLASH.sub(b"", b" ".join(lines)))
    if len(found) != sum(lengths):
        raise ValueError("a face whose corners are no numbers")
    corners = np.clip(found, -(2**40), 2**40).astype(np.int64)
    backwards = np.repeat(vertices_before, lengths) + corners  # -1 is the vertex read last
    return np.where(corners < 0, backwards, corners - 1), lengths


def _raw(parts: _Parts) -> Raw:
    widths = {table.shape[1] for table in parts.vertices}
    joined = np.concatenate([table[:, :3] for table in parts.vertices]) if widths else np.empty((0, 3))
    rgb = None
    if widths == {6}:
        rgb = colours([np.concatenate([table[:, i] for table in parts.vertices]) for i in (3, 4, 5)])
    corners = np.concatenate(parts.corners) if parts.corners else np.empty(0, np.int64)
    return Raw(np.ascontiguousarray(joined), corners, np.array(parts.lengths, np.int64), rgb)
