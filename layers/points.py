"""Point clouds: their box, their classes, thinning, and leaving out impossible points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Cloud, Float64, UInt8, UInt16
from layers.data import Box

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


def class_counts(cloud: Cloud) -> dict[int, int]:
    """How many points each class has."""
    if cloud.classification is None:
        return {}
    counts = np.bincount(cloud.classification, minlength=256)
    return {int(code): int(counts[code]) for code in np.flatnonzero(counts)}


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


def thinning_step(count: int, max_points: int) -> int:
    """Every how many-th point to keep so that at most `max_points` remain."""
    return max(1, -(-count // max(1, max_points)))


def picked(cloud: Cloud, which: NDArray[np.bool_]) -> Cloud:
    """The cloud of the points in `which`, each remembering its position in the file."""
    parts = {item.name: getattr(cloud, item.name) for item in fields(cloud)}
    if parts["source_index"] is None:
        parts["source_index"] = np.arange(len(cloud.points), dtype=np.int64)
    return replace(cloud, **{name: part[which] for name, part in parts.items() if part is not None})


def colours_in_8_bits(colours: UInt16) -> UInt8:
    """Colours stored in 16 bits; some writers leave them in the lower 8."""
    if not colours.size or int(colours.max()) <= 255:
        return colours.astype(np.uint8)
    return (colours >> 8).astype(np.uint8)
