"""What is seen in plan by another way than ours: all that no shadow of a wall covers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
import shapely.affinity
from shapely.geometry.base import BaseGeometry

from layers.arrays import Float64


def rectangle(x: float, y: float, half: float, deep: float, turn: float) -> Float64:
    """The corners (4, 2) of a turned rectangle."""
    cos, sin = np.cos(turn), np.sin(turn)
    ring = np.array([(-half, -deep), (half, -deep), (half, deep), (-half, deep)])
    found: Float64 = ring @ np.array([[cos, sin], [-sin, cos]]) + (x, y)
    return found


def seen_in_plan(place: Sequence[float], rings: Sequence[Float64], radius_m: float) -> BaseGeometry:
    """What is seen from a place among rings of corners: a circle less what lies behind each side."""
    here = np.asarray(place, float)
    hidden = []
    for ring in rings:
        for one, other in zip(ring - here, np.roll(ring, -1, axis=0) - here, strict=True):
            far = [end / np.linalg.norm(end) * 50 * radius_m for end in (one, other)]
            hidden.append(shapely.convex_hull(shapely.multipoints([one, other, *far])))
    circle = shapely.Point(0, 0).buffer(radius_m, quad_segs=8192)
    return shapely.affinity.translate(shapely.difference(circle, shapely.union_all(hidden)), *here)
