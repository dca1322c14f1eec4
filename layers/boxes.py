"""The boxes around meshes and around the objects in them."""

from __future__ import annotations

import numpy as np

from layers.arrays import Float64, Mesh
from layers.data import Box


def object_boxes(mesh: Mesh, count: int) -> Float64:
    """(count, 6) minima and maxima of each object; NaN where it has no geometry."""
    boxes = np.full((count, 6), np.nan)
    if len(mesh.vertices) == 0:
        return boxes
    owner = mesh.surface_object
    # The polygons of an object are consecutive, and so are their vertices.
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    starts = mesh.surface_start[first]
    filled = np.diff(starts, append=len(mesh.vertices)) > 0
    starts, owner = starts[filled], owner[first[filled]]
    for columns, better in ((slice(0, 3), np.fmin), (slice(3, 6), np.fmax)):
        better.at(boxes[:, columns], owner, better.reduceat(mesh.vertices, starts))
    return boxes


def mesh_box(mesh: Mesh) -> Box | None:
    """The box around a mesh."""
    points = [part for part in (mesh.vertices, mesh.points) if len(part)]
    if not points:
        return None
    low = np.min([part.min(axis=0) for part in points], axis=0)
    high = np.max([part.max(axis=0) for part in points], axis=0)
    return (*low.tolist(), *high.tolist())
