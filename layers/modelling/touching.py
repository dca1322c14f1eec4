"""How near a body comes to itself: where it touches, without an edge there, it has no thickness."""

from __future__ import annotations

import numpy as np

from layers.arrays import Float64
from layers.checks.codes import SNAP_M
from layers.errors import EditError
from layers.modelling.bodies import Body


def refuse_touching(body: Body) -> None:
    """Refuse a body of which a corner lies on a face that it is no corner of."""
    shell = body.shell
    triangles, owner = shell.flat.corner_triangles(), shell.flat.triangles.polygon
    faces: dict[int, set[int]] = {}
    for number, face in enumerate(body.faces):
        for node in (node for ring in face for node in ring):
            faces.setdefault(node, set()).add(number)
    low, high = triangles.min(axis=1) - SNAP_M, triangles.max(axis=1) + SNAP_M
    for node, mine in faces.items():
        place = body.points[node]
        near = np.flatnonzero(((place >= low) & (place <= high)).all(axis=1))
        near = near[~np.isin(owner[near], list(mine))]
        if len(near) and distances(place, triangles[near]).min() <= SNAP_M:
            raise EditError(
                "The shape would touch itself",
                where=f"near {place[0]:.2f}, {place[1]:.2f}, {place[2]:.2f}",
                do="Choose another distance; nothing was changed",
            )


def distances(point: Float64, triangles: Float64) -> Float64:
    """How far a point is from each of some triangles (n, 3, 3).

    In the plane where it lies within one, else to the nearest edge.
    """
    a, b, c = np.moveaxis(triangles - point, 1, 0)
    normal = np.cross(b - a, c - a)
    length = np.linalg.norm(normal, axis=1)
    unit = normal / np.maximum(length, 1e-300)[:, None]
    off = np.abs(np.einsum("ij,ij->i", a, unit))
    within = np.ones(len(triangles), np.bool_)
    nearest = np.full(len(triangles), np.inf)
    for one, other in ((a, b), (b, c), (c, a)):
        along = other - one
        square = np.einsum("ij,ij->i", along, along)
        share = np.clip(-np.einsum("ij,ij->i", one, along) / np.maximum(square, 1e-300), 0, 1)
        nearest = np.minimum(nearest, np.linalg.norm(one + share[:, None] * along, axis=1))
        within &= np.einsum("ij,ij->i", np.cross(along, -one), unit) >= 0
    return np.where(within & (length > 0), off, nearest)
