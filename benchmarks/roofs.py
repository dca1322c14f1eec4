"""Shapes of buildings: footprints with straight walls under flat, gable, hip and pyramid roofs.

A shape is made for many buildings at once: corners, ridge points and the faces over them. Faces
number the ground corners 0 to n - 1, the eaves n to 2n - 1 and the ridge from 2n on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Face = tuple[int, ...]

RIDGE_SHARE = 0.35  # height of the roof above the eaves, of the building's own height


@dataclass(frozen=True)
class Shape:
    """The buildings of one form: their points, and the faces that all of them share."""

    roof: str
    points: Float64  # (k, 2 n + r, 3) metres around the building's middle, z from the ground
    ground: tuple[Face, ...]
    walls: tuple[Face, ...]
    roofs: tuple[Face, ...]


def raised(roof: str, corners: Float64, ridge: Float64, faces: tuple[Face, ...], height_m: Float64) -> Shape:
    """A shape from its footprint (k, n, 2), its ridge points (k, r, 2) and the roof's faces."""
    count, n, _ = corners.shape
    rise = height_m * RIDGE_SHARE if ridge.shape[1] else np.zeros(count)
    levels = ((corners, np.zeros(count)), (corners, height_m - rise), (ridge, height_m))
    points = np.concatenate(
        [
            np.concatenate((flat, np.broadcast_to(z[:, None, None], (*flat.shape[:2], 1))), axis=2)
            for flat, z in levels
        ],
        axis=1,
    )
    gables = {face[0] - n: face[2] for face in faces if len(face) == 3 and roof == "gable"}
    walls = tuple(_wall(edge, n, gables.get(edge)) for edge in range(n))
    roofs = faces if roof != "gable" else tuple(face for face in faces if len(face) > 3)
    return Shape(roof, points, (tuple(range(n))[::-1],), walls, roofs)


def _wall(edge: int, n: int, top: int | None) -> Face:
    after = (edge + 1) % n
    return (edge, after, n + after, n + edge) if top is None else (edge, after, n + after, top, n + edge)


def flat(corners: Float64, height_m: Float64) -> Shape:
    """Any footprint under a flat roof."""
    n = corners.shape[1]
    return raised("flat", corners, np.empty((len(corners), 0, 2)), (tuple(range(n, 2 * n)),), height_m)


def pyramid(corners: Float64, height_m: Float64) -> Shape:
    """A footprint that its middle sees whole, under a roof with one apex."""
    n = corners.shape[1]
    faces = tuple((n + edge, n + (edge + 1) % n, 2 * n) for edge in range(n))
    return raised("pyramid", corners, np.zeros((len(corners), 1, 2)), faces, height_m)


def rectangle(roof: str, length_m: Float64, width_m: Float64, height_m: Float64) -> Shape:
    """A rectangle under a gable or hip roof."""
    a, w = length_m, width_m
    corners = _points((0, 0), (a, 0), (a, w), (0, w))
    inset = w / 2 if roof == "hip" else 0
    ridge = _points((inset, w / 2), (a - inset, w / 2))
    faces = ((4, 5, 9, 8), (5, 6, 9), (6, 7, 8, 9), (7, 4, 8))
    return raised(roof, *_centred(corners, ridge), faces, height_m)


def l_shape(length_m: Float64, width_m: Float64, height_m: Float64) -> Shape:
    """Two wings of one width under a hip roof."""
    a, w = length_m, width_m * 0.6
    b = a * 0.9
    corners = _points((0, 0), (a, 0), (a, w), (w, w), (w, b), (0, b))
    ridge = _points((w / 2, w / 2), (a - w / 2, w / 2), (w / 2, b - w / 2))
    faces = ((6, 7, 13, 12), (7, 8, 13), (8, 9, 12, 13), (9, 10, 14, 12), (10, 11, 14), (11, 6, 12, 14))
    return raised("hip", *_centred(corners, ridge), faces, height_m)


def u_shape(length_m: Float64, width_m: Float64, height_m: Float64) -> Shape:
    """Three wings around a court under a hip roof."""
    a, b, w = length_m * 1.2, length_m * 0.8, width_m * 0.4
    corners = _points((0, 0), (a, 0), (a, b), (a - w, b), (a - w, w), (w, w), (w, b), (0, b))
    h = w / 2
    ridge = _points((h, h), (a - h, h), (a - h, b - h), (h, b - h))
    faces = (
        (8, 9, 17, 16),
        (9, 10, 18, 17),
        (10, 11, 18),
        (11, 12, 17, 18),
        (12, 13, 16, 17),
        (13, 14, 19, 16),
        (14, 15, 19),
        (15, 8, 16, 19),
    )
    return raised("hip", *_centred(corners, ridge), faces, height_m)


def comb(teeth: int, length_m: Float64, width_m: Float64) -> Float64:
    """A long house with `teeth` wings on one side: 4 × teeth corners."""
    step = length_m / (2 * teeth - 1)
    places = [(0 * step, 0 * step), (length_m, 0 * step)]
    for tooth in range(2 * teeth - 1, 0, -2):
        places += [(tooth * step, width_m), ((tooth - 1) * step, width_m)]
        if tooth > 1:
            places += [((tooth - 1) * step, width_m * 0.5), ((tooth - 2) * step, width_m * 0.5)]
    return _centred(_points(*places), np.empty((len(length_m), 0, 2)))[0]


def around(n: int, width_m: Float64, jitter: Float64) -> Float64:
    """n corners around the middle, each a little nearer or farther by `jitter` (k, n)."""
    angle = np.arange(n) * (2 * np.pi / n)
    radius = width_m[:, None] / 2 * (1 + jitter)
    return np.stack((radius * np.cos(angle), radius * np.sin(angle)), axis=-1)


def _points(*places: tuple[Float64 | float, Float64 | float]) -> Float64:
    """(k, len(places), 2) of coordinates that are numbers or one value per building."""
    return np.stack([np.stack(np.broadcast_arrays(x, y), axis=-1) for x, y in _same_length(places)], axis=1)


def _same_length(
    places: tuple[tuple[Float64 | float, Float64 | float], ...],
) -> list[tuple[Float64, Float64]]:
    count = max(np.size(value) for place in places for value in place)
    return [(np.broadcast_to(x, count), np.broadcast_to(y, count)) for x, y in places]


def _centred(corners: Float64, ridge: Float64) -> tuple[Float64, Float64]:
    middle = (corners.min(axis=1, keepdims=True) + corners.max(axis=1, keepdims=True)) / 2
    return corners - middle, ridge - middle
