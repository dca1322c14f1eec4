"""Straight skeletons: how far each place of an outline lies inwards, side by side, as polygons."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from layers.arrays import Float64
from layers.errors import EditError
from layers.modelling.linking import Ring, joined, ring_area
from layers.modelling.outlines import Outline
from layers.modelling.wavefront import Front, followed

_AREA_ERROR = 1e-6


@dataclass(frozen=True)
class Skeleton:
    """The faces of an outline's sides over common nodes; the first nodes are the outline's corners."""

    nodes: Float64  # (n, 3) x, y, and how far inwards, metres
    faces: list[list[Ring]]  # of each side, each anticlockwise; none of a side that stays where it is

    @property
    def reach_m(self) -> float:
        """How far inwards the innermost place is."""
        return float(self.nodes[:, 2].max())


def skeleton(outline: Outline, gables: Collection[int] = ()) -> Skeleton:
    """The straight skeleton of an outline; sides in `gables` (numbers of their first corners) stay."""
    sides = outline.places[outline.following] - outline.places
    along = sides / np.linalg.norm(sides, axis=1)[:, None]
    normals = np.stack((-along[:, 1], along[:, 0]), axis=-1)
    speeds = np.array([0.0 if number in gables else 1.0 for number in range(len(normals))])
    # Around the origin, so that coordinates of maps do not take from the exactness.
    middle = outline.places.mean(axis=0)
    front = followed([ring - middle for ring in outline.rings], normals, speeds)
    nodes = np.array(front.nodes)
    faces = [_face(front, nodes, number) if speeds[number] else [] for number in range(len(normals))]
    area = sum(ring_area(nodes[ring, :2]) for rings in faces for ring in rings)
    if abs(area - outline.area_m2) > _AREA_ERROR * outline.area_m2:
        raise EditError(
            "The roof of this outline cannot be found",
            found=f"its parts cover {area:.3f} m² of {outline.area_m2:.3f} m²",
            do="Draw the outline with fewer corners",
        )
    nodes[:, :2] += middle
    nodes[: len(normals), :2] = outline.places
    return Skeleton(nodes, faces)


def _face(front: Front, nodes: Float64, side: int) -> list[Ring]:
    arcs = front.arcs[side]
    return [[arcs[number][0] for number in numbers] for numbers in joined(arcs, nodes[:, :2])]
