"""What breaks a rule as a closed solid, for pictures: the body within the space above its sheets.

By E. Lalish's Manifold, https://github.com/elalish/manifold: results are closed by construction. Numbers
come from `overshoot`, which needs no closed body; the two agree in the tests.
"""

from __future__ import annotations

import manifold3d
import numpy as np
from manifold3d import Manifold, Mesh64

from analysis.zones.sheets import Cells
from layers.arrays import Float64
from layers.runs import Int64

#: Corners nearer to each other than this, in metres, are one.
SAME_M = 1e-5
#: Spaces above sheets reach so far above the highest corner, and below the lowest one.
BEYOND_M = 1.0
#: The sides of a prism over a triangle, anticlockwise from outside: its floor, its ceiling, its walls.
PRISM = np.array(
    [
        *((0, 2, 1), (3, 4, 5)),
        *((0, 1, 4), (0, 4, 3)),
        *((1, 2, 5), (1, 5, 4)),
        *((2, 0, 3), (2, 3, 5)),
    ]
)


def solid_above(triangles: Float64, cells: Cells) -> Float64 | None:
    """Triangles (t, 3, 3) around what of a closed body lies above sheets; None where it is no sound body."""
    body = _manifold(triangles)
    if body is None:
        return None
    low, high = float(triangles[..., 2].min()) - BEYOND_M, float(triangles[..., 2].max()) + BEYOND_M
    boxes = triangles[..., :2].min(axis=(0, 1)), triangles[..., :2].max(axis=(0, 1))
    near = (cells.corners.min(axis=1) <= boxes[1]) & (cells.corners.max(axis=1) >= boxes[0])
    prisms = [_prism(cells, at, low, high) for at in np.flatnonzero(near.all(axis=1)).tolist()]
    if not prisms:
        return np.empty((0, 3, 3))
    space = Manifold.batch_boolean(prisms, manifold3d.OpType.Add)
    mesh = Manifold.batch_boolean([body, space], manifold3d.OpType.Intersect).to_mesh64()
    points = np.array(mesh.vert_properties[:, :3], np.float64)
    found: Float64 = points[np.array(mesh.tri_verts, np.int64)]
    return found


def _manifold(triangles: Float64) -> Manifold | None:
    _, first, same = np.unique(
        np.round(triangles.reshape(-1, 3) / SAME_M), axis=0, return_index=True, return_inverse=True
    )
    corners: Int64 = same.reshape(-1, 3)
    is_whole = (corners != np.roll(corners, 1, axis=1)).all(axis=1)
    points = triangles.reshape(-1, 3)[first]
    made = Manifold(Mesh64(np.ascontiguousarray(points), np.ascontiguousarray(corners[is_whole], np.uint64)))
    is_sound = made.status() == manifold3d.Error.NoError and not made.is_empty()
    return made if is_sound else None


def _prism(cells: Cells, at: int, low: float, high: float) -> Manifold:
    """What lies above the sheet of a cell, between two heights."""
    flat = cells.corners[at]
    a, b, c = cells.planes[cells.sheet[at]]
    floor = flat @ (a, b) + c
    if (floor < low).all():  # nothing is asked of heights there
        floor = np.full(3, low)
    points = np.concatenate(
        (np.column_stack((flat, floor)), np.column_stack((flat, np.maximum(floor, high) + BEYOND_M)))
    )
    return Manifold(Mesh64(np.ascontiguousarray(points), np.ascontiguousarray(PRISM, np.uint64)))
