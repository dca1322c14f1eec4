"""What stands at other dates: drawn so that one sees through it, or as outlines alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, Int32
from viewer.edges import SAME_PLANE, place_codes
from viewer.palette import GHOST, GHOST_LINE, rgb
from viewer.patch import LINES, Patch

Float32 = NDArray[np.float32]

OPACITY = 0.22
#: The corners of a face of four, as the ends of its sides.
SIDES = (0, 1, 1, 2, 2, 3, 3, 0)


class Ghosts:
    """The ghosts of a layer."""

    def __init__(self) -> None:
        self._faces, self._lines = Patch(), Patch(LINES, width=1.2)
        self._faces.paint(rgb(GHOST), OPACITY)
        self._lines.paint(rgb(GHOST_LINE))

    def patches(self) -> Iterator[Patch]:
        """What is drawn of them."""
        yield self._lines
        yield self._faces

    @property
    def vertex_count(self) -> int:
        """How much is drawn."""
        return self._faces.vertex_count + self._lines.vertex_count

    def show(self, shown: bool) -> None:
        """Draw them or not."""
        self._faces.show(shown)
        self._lines.show(shown)

    def fill(
        self,
        points: Float64 | Float32,
        origin: Float64 | Float32,
        triangles: Int32,
        ends: Float64 | Float32 | None = None,
    ) -> None:
        """Show these faces; or where `ends` of lines are given, two by two, those in their place."""
        nothing = points[:0]
        faces, lines = (points, nothing) if ends is None else (nothing, ends)
        self._faces.fill(faces, origin, triangles[: len(triangles) if ends is None else 0], None)
        self._lines.fill(lines, origin, np.arange(len(lines), dtype=np.int32), None)


def sides_of(points: Float32) -> Float32:
    """The sides of faces with four corners each, as ends of lines, two by two."""
    ends: Float32 = points.reshape(-1, 4, 3)[:, SIDES].reshape(-1, 3)
    return ends


def bends(points: Float64, triangles: Int32) -> Float64:
    """The edges of triangles where their surface bends or ends, as ends of lines, two by two."""
    if not len(triangles):
        return np.empty((0, 3))
    corners = points[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    codes = place_codes(points)[triangles]
    edges = np.stack((codes, np.roll(codes, -1, axis=1)), axis=-1).reshape(-1, 2)
    key = edges.min(axis=1) * 1_000_003 ^ edges.max(axis=1) * 998_244_353
    order = np.argsort(key, kind="stable")
    first = np.flatnonzero(np.r_[True, np.diff(key[order]) != 0])
    count = np.diff(np.r_[first, len(order)])
    one, other = order[first], order[np.minimum(first + 1, len(order) - 1)]
    flat = np.abs((normals[one // 3] * normals[other // 3]).sum(axis=1)) > SAME_PLANE
    kept = one[(count != 2) | ~flat]
    ends = np.stack((triangles[kept // 3, kept % 3], triangles[kept // 3, (kept + 1) % 3]), axis=-1)
    found: Float64 = points[ends.ravel()]
    return found
