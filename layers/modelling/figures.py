"""What one reads of a shape while it is made: sizes, and which face lies under a point."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from layers.arrays import Float64
from layers.errors import EditError
from layers.modelling.bodies import GROUND, ROOF, SOLIDS, WALL, Body, body_of
from layers.shapes import Shape


@dataclass(frozen=True)
class Figures:
    """Sizes of a body."""

    volume_m3: float
    footprint_m2: float  # seen from above, of what looks down
    roof_m2: float
    wall_m2: float
    height_m: float  # of the highest over the lowest point
    eaves_m: float  # of the lowest corner of a roof over the lowest point


def figures(shape: Shape) -> Figures:
    """The sizes of a shape's most detailed body."""
    *_, (_, body) = _bodies(shape)
    z = body.points[[node for face in body.faces for ring in face for node in ring], 2]
    vectors = body.area_vectors()
    areas = np.linalg.norm(vectors, axis=1)
    kinds = np.array(list(_kinds(body, vectors)))
    roofs = [node for face, kind in zip(body.faces, kinds, strict=True) if kind == ROOF for node in face[0]]
    return Figures(
        volume_m3=body.volume_m3,
        footprint_m2=float(-vectors[vectors[:, 2] < 0, 2].sum()),
        roof_m2=float(areas[kinds == ROOF].sum()),
        wall_m2=float(areas[kinds == WALL].sum()),
        height_m=float(np.ptp(z)),
        eaves_m=float(body.points[roofs, 2].min() - z.min()) if roofs else 0.0,
    )


def _kinds(body: Body, vectors: Float64) -> Iterator[str]:
    """What each face is said to be, or else what it looks like."""
    steep = np.abs(vectors[:, 2]) < 0.1 * np.linalg.norm(vectors, axis=1)
    for kind, is_steep, up in zip(body.kinds, steep.tolist(), vectors[:, 2].tolist(), strict=True):
        yield kind or (WALL if is_steep else ROOF if up > 0 else GROUND)


def _bodies(shape: Shape) -> list[tuple[int, Body]]:
    """The bodies of a shape and their places among its geometries, the most detailed last."""
    found = [
        (str(geometry.get("lod", "")), place)
        for place, geometry in enumerate(shape.geometries)
        if geometry.get("type") in SOLIDS
    ]
    if not found:
        raise EditError("This shape is not a body", allowed=", ".join(SOLIDS))
    return [(place, body_of(shape.geometries[place], shape.vertices)) for _, place in sorted(found)]


def face_at(shape: Shape, point: ArrayLike) -> tuple[int, int]:
    """The place of the geometry and of the face of its most detailed body that is nearest to a point."""
    *_, (geometry, body) = _bodies(shape)
    triangles = body.shell.flat.corner_triangles()
    away = _distances(np.asarray(point, np.float64), triangles)
    return geometry, int(body.shell.flat.triangles.polygon[int(away.argmin())])


def _distances(point: Float64, triangles: Float64) -> Float64:
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
