"""What one reads of a shape while it is made: sizes, and which face lies under a point."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from layers.arrays import Float64
from layers.modelling.bodies import GROUND, ROOF, WALL, Body, bodies_of
from layers.modelling.touching import distances
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
    *_, (_, _, body) = bodies_of(shape)
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


def face_at(shape: Shape, point: ArrayLike) -> tuple[int, int]:
    """The place of the geometry and of the face of its most detailed body that is nearest to a point."""
    *_, (geometry, _, body) = bodies_of(shape)
    triangles = body.shell.flat.corner_triangles()
    away = distances(np.asarray(point, np.float64), triangles)
    return geometry, int(body.shell.flat.triangles.polygon[int(away.argmin())])
