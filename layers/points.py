"""Point clouds: their box, their classes, and which points are possible."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from layers.data import Box
from layers.stored import Float64

LARGEST_COORDINATE = 1e8

#: ASPRS standard classes, LAS 1.4 R15 table 17.
CLASS_NAMES: Mapping[int, str] = MappingProxyType(
    {
        0: "never classified",
        1: "unclassified",
        2: "ground",
        3: "low vegetation",
        4: "medium vegetation",
        5: "high vegetation",
        6: "building",
        7: "low noise",
        8: "model key point",
        9: "water",
        10: "rail",
        11: "road surface",
        12: "overlap",
        13: "wire guard",
        14: "wire conductor",
        15: "transmission tower",
        16: "wire connector",
        17: "bridge deck",
        18: "high noise",
        19: "overhead structure",
        20: "ignored ground",
        21: "snow",
        22: "temporal exclusion",
    }
)


def class_name(code: int) -> str:
    """The ASPRS name of a class; 64 to 255 are the producer's own."""
    return CLASS_NAMES.get(code, f"class {code}")


def box_of(points: Float64) -> Box | None:
    """The box around points, None when there are none."""
    if not len(points):
        return None
    x, y, z = points.T  # column by column: several times faster than along the rows
    return float(x.min()), float(y.min()), float(z.min()), float(x.max()), float(y.max()), float(z.max())


def is_possible(box: Box) -> bool:
    """Whether every point of the box is (NaN anywhere makes its numbers NaN)."""
    return all(abs(value) < LARGEST_COORDINATE for value in box)


def possible(points: Float64) -> NDArray[np.bool_]:
    """Which points have coordinates that can be true: finite and smaller than 100 000 km."""
    return np.asarray((np.abs(points) < LARGEST_COORDINATE).all(axis=1))
