"""Shapes of buildings: footprints with straight walls under roofs of many forms.

A shape is made for many buildings at once: their points, and the faces that all of them share. A face
is its outer ring and its holes, counter-clockwise seen from outside; the first points are the ground's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Ring = tuple[int, ...]
Face = tuple[Ring, ...]

RIDGE_SHARE = 0.35  # height of the roof above the eaves, of the building's own height


@dataclass(frozen=True)
class Shape:
    """The buildings of one form: their points, and the faces that all of them share."""

    roof: str
    points: Float64  # (k, p, 3) metres around the middle of the footprint, z from the ground
    ground: tuple[Face, ...]
    walls: tuple[Face, ...]
    roofs: tuple[Face, ...]


#: Makes the buildings of one form from their length, width and height in metres, and from "dents"
#: (k, 16) that say how irregular they are.
Form = Callable[[Float64, Float64, Float64, Float64], Shape]


def raised(roof: str, corners: Float64, ridge: Float64, faces: tuple[Ring, ...], height_m: Float64) -> Shape:
    """A shape from its footprint (k, n, 2), its ridge points (k, r, 2) and the roof's faces.

    Faces number the ground corners 0 to n - 1, the eaves n to 2n - 1 and the ridge from 2n on.
    """
    count, n, _ = corners.shape
    rise = height_m * RIDGE_SHARE if ridge.shape[1] else np.zeros(count)
    points = _levels((corners, np.zeros(count)), (corners, height_m - rise), (ridge, height_m))
    gables = {face[0] - n: face[2] for face in faces if len(face) == 3 and roof == "gable"}
    walls = tuple(_wall(edge, n, gables.get(edge)) for edge in range(n))
    roofs = faces if roof != "gable" else tuple(face for face in faces if len(face) > 3)
    return Shape(roof, points, _plain((tuple(range(n))[::-1],)), _plain(walls), _plain(roofs))


def _wall(edge: int, n: int, top: int | None) -> Ring:
    after = (edge + 1) % n
    return (edge, after, n + after, n + edge) if top is None else (edge, after, n + after, top, n + edge)


def _plain(rings: tuple[Ring, ...]) -> tuple[Face, ...]:
    """Faces without holes."""
    return tuple((ring,) for ring in rings)


def _levels(*levels: tuple[Float64, Float64]) -> Float64:
    """Points (k, n, 2) with one height per building each, one after the other."""
    return np.concatenate(
        [
            np.concatenate((flat, np.broadcast_to(z[:, None, None], (*flat.shape[:2], 1))), axis=2)
            for flat, z in levels
        ],
        axis=1,
    )


def flat(corners: Float64, height_m: Float64) -> Shape:
    """Any footprint under a flat roof."""
    n = corners.shape[1]
    return raised("flat", corners, np.empty((len(corners), 0, 2)), (tuple(range(n, 2 * n)),), height_m)


def block(length_m: Float64, width_m: Float64, height_m: Float64, dents: Float64) -> Shape:
    """A rectangle under a flat roof."""
    return flat(_rectangle(length_m, width_m), height_m)


def rectangle(roof: str, length_m: Float64, width_m: Float64, height_m: Float64, dents: Float64) -> Shape:
    """A rectangle under a gable or hip roof, whose ridge follows the longer side."""
    along = length_m >= width_m
    a, w = np.maximum(length_m, width_m), np.minimum(length_m, width_m)
    inset = w / 2 if roof == "hip" else np.zeros_like(w)
    ridge = _centred(_points((-a / 2 + inset, 0), (a / 2 - inset, 0)), (0.0, 0.0))
    corners = _rectangle(a, w)
    faces = ((4, 5, 9, 8), (5, 6, 9), (6, 7, 8, 9), (7, 4, 8))
    return raised(roof, _turned(corners, along), _turned(ridge, along), faces, height_m)


def mansard(length_m: Float64, width_m: Float64, height_m: Float64, dents: Float64) -> Shape:
    """A rectangle under a roof that is steep below and gentle above."""
    along = length_m >= width_m
    a, w = np.maximum(length_m, width_m), np.minimum(length_m, width_m)
    inset = w * 0.16
    corners, upper = _rectangle(a, w), _rectangle(a - 2 * inset, w - 2 * inset)
    ridge = _points((w / 2 - a / 2, 0), (a / 2 - w / 2, 0))
    levels = ((corners, height_m * 0), (corners, height_m * 0.7), (upper, height_m * 0.93), (ridge, height_m))
    points = _levels(*((_turned(flat, along), z) for flat, z in levels))
    walls = tuple(_wall(edge, 4, None) for edge in range(4))
    steep = tuple(tuple(4 + i for i in _wall(edge, 4, None)) for edge in range(4))
    roofs = (*steep, (8, 9, 13, 12), (9, 10, 13), (10, 11, 12, 13), (11, 8, 12))
    return Shape("mansard", points, _plain(((3, 2, 1, 0),)), _plain(walls), _plain(roofs))


def stepped(length_m: Float64, width_m: Float64, height_m: Float64, dents: Float64) -> Shape:
    """A broad lower storey and a smaller body on it, both flat: the lower roof has a hole."""
    low = np.where(height_m > 35, 9.0, height_m * 0.8)
    narrower, aside = 0.62 + dents[:, 0], dents[:, 1, None, None]
    corners = _rectangle(length_m, width_m)
    upper = corners * narrower[:, None, None] + aside * corners[:, :1] * 0.5
    levels = ((corners, height_m * 0), (corners, low), (upper, low), (upper, height_m))
    walls = tuple(_wall(edge, 4, None) for edge in range(4))
    inner = tuple(tuple(8 + i for i in _wall(edge, 4, None)) for edge in range(4))
    roofs: tuple[Face, ...] = (((4, 5, 6, 7), (11, 10, 9, 8)), ((12, 13, 14, 15),))
    return Shape("stepped", _levels(*levels), _plain(((3, 2, 1, 0),)), _plain((*walls, *inner)), roofs)


def annexed(length_m: Float64, width_m: Float64, height_m: Float64, dents: Float64) -> Shape:
    """A house under a gable roof with a low flat annex behind it."""
    a, w = length_m, width_m * 0.68
    left, right = a * (-0.42 + dents[:, 0]), a * (0.15 + dents[:, 1])
    front, rear, back = -width_m / 2, w - width_m / 2, width_m / 2
    eaves, low = height_m * (1 - RIDGE_SHARE), np.minimum(height_m * 0.4, 3.1)
    main = _points((-a / 2, front), (a / 2, front), (a / 2, rear), (-a / 2, rear))
    annex = _points((right, rear), (right, back), (left, back), (left, rear))
    ridge = _points((-a / 2, (front + rear) / 2), (a / 2, (front + rear) / 2))
    levels = ((main, eaves * 0), (annex, eaves * 0), (main, eaves), (annex, low), (ridge, height_m))
    walls = (
        (0, 1, 9, 8),
        (1, 2, 10, 17, 9),
        (2, 4, 12, 15, 7, 3, 11, 10),
        (3, 0, 8, 16, 11),
        (4, 5, 13, 12),
        (5, 6, 14, 13),
        (6, 7, 15, 14),
    )
    roofs = ((8, 9, 17, 16), (10, 11, 16, 17), (12, 13, 14, 15))
    ground = (0, 3, 7, 6, 5, 4, 2, 1)
    return Shape("gable", _levels(*levels), _plain((ground,)), _plain(walls), _plain(roofs))


def sawtooth(length_m: Float64, width_m: Float64, height_m: Float64, dents: Float64) -> Shape:
    """A hall under four slopes with upright windows between them."""
    teeth, b = 4, width_m / 2
    eaves, step = height_m * 0.72, length_m / teeth
    # The outline from the side: up, then slope down and window up for each tooth; y is height here.
    outline = [(-length_m / 2, eaves * 0), (-length_m / 2, height_m)]
    for tooth in range(1, teeth + 1):
        x = tooth * step - length_m / 2
        outline += [(x, eaves)] + ([(x, height_m)] if tooth < teeth else [])
    outline.append((length_m / 2, eaves * 0))
    side = _points(*outline)
    n = side.shape[1]
    near, far = (np.broadcast_to(y[:, None], side.shape[:2]) for y in (-b, b))
    points = np.concatenate([np.stack((side[..., 0], y, side[..., 1]), axis=-1) for y in (near, far)], axis=1)
    bands = tuple((i, i + 1, n + i + 1, n + i) for i in range(n - 1))
    slopes, windows = bands[1 : n - 2 : 2], (bands[0], *bands[2 : n - 2 : 2], bands[n - 2])
    sides = (tuple(range(n))[::-1], tuple(range(n, 2 * n)))
    return Shape(
        "sawtooth", points, _plain(((0, n, 2 * n - 1, n - 1),)), _plain((*sides, *windows)), _plain(slopes)
    )


def l_shape(length_m: Float64, width_m: Float64, height_m: Float64, dents: Float64) -> Shape:
    """Two wings of one width under a hip roof."""
    a, b = length_m, width_m
    w = np.minimum(a, b) * 0.46
    middle = (a / 2, b / 2)
    corners = _centred(_points((0, 0), (a, 0), (a, w), (w, w), (w, b), (0, b)), middle)
    ridge = _centred(_points((w / 2, w / 2), (a - w / 2, w / 2), (w / 2, b - w / 2)), middle)
    faces = ((6, 7, 13, 12), (7, 8, 13), (8, 9, 12, 13), (9, 10, 14, 12), (10, 11, 14), (11, 6, 12, 14))
    return raised("hip", corners, ridge, faces, height_m)


def u_shape(length_m: Float64, width_m: Float64, height_m: Float64, dents: Float64) -> Shape:
    """Three wings around a court under a hip roof."""
    a, b = length_m, width_m
    w = np.minimum(a, b) * 0.3
    h, middle = w / 2, (a / 2, b / 2)
    corners = _points((0, 0), (a, 0), (a, b), (a - w, b), (a - w, w), (w, w), (w, b), (0, b))
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
    return raised("hip", _centred(corners, middle), _centred(ridge, middle), faces, height_m)


def comb(teeth: int, length_m: Float64, width_m: Float64, height_m: Float64, dents: Float64) -> Shape:
    """A long flat house with `teeth` wings on one side: 4 × teeth corners."""
    step = length_m / (2 * teeth - 1)
    places: list[tuple[Float64 | float, Float64 | float]] = [(0.0, 0.0), (length_m, 0.0)]
    for tooth in range(2 * teeth - 1, 0, -2):
        places += [(tooth * step, width_m), ((tooth - 1) * step, width_m)]
        if tooth > 1:
            places += [((tooth - 1) * step, width_m * 0.5), ((tooth - 2) * step, width_m * 0.5)]
    return flat(_centred(_points(*places), (length_m / 2, width_m / 2)), height_m)


def pyramid(n: int, length_m: Float64, width_m: Float64, height_m: Float64, dents: Float64) -> Shape:
    """n corners around the middle, each a little nearer or farther, under a roof with one apex."""
    angle = np.arange(n) * (2 * np.pi / n)
    radius = np.minimum(length_m, width_m)[:, None] / 2 * (1 + dents[:, :n])
    corners = np.stack((radius * np.cos(angle), radius * np.sin(angle)), axis=-1)
    faces = tuple((n + edge, n + (edge + 1) % n, 2 * n) for edge in range(n))
    return raised("pyramid", corners, np.zeros((len(corners), 1, 2)), faces, height_m)


FORMS: dict[str, Form] = {
    "flat": block,
    "gable": partial(rectangle, "gable"),
    "hip": partial(rectangle, "hip"),
    "mansard": mansard,
    "stepped": stepped,
    "annexed": annexed,
    "sawtooth": sawtooth,
    "l": l_shape,
    "u": u_shape,
    "comb2": partial(comb, 2),
    "comb3": partial(comb, 3),
    "comb4": partial(comb, 4),
    "pyramid5": partial(pyramid, 5),
    "pyramid8": partial(pyramid, 8),
    "pyramid16": partial(pyramid, 16),
}


def _rectangle(length_m: Float64, width_m: Float64) -> Float64:
    a, w = length_m / 2, width_m / 2
    return _points((-a, -w), (a, -w), (a, w), (-a, w))


def _points(*places: tuple[Float64 | float, Float64 | float]) -> Float64:
    """(k, len(places), 2) of coordinates that are numbers or one value per building."""
    count = max(np.size(value) for place in places for value in place)
    columns = [[np.broadcast_to(value, count) for value in place] for place in places]
    return np.stack([np.stack(column, axis=-1) for column in columns], axis=1)


def _centred(points: Float64, middle: tuple[Float64 | float, Float64 | float]) -> Float64:
    return points - _points(middle)


def _turned(points: Float64, keep: NDArray[np.bool_]) -> Float64:
    """Turned by a quarter where `keep` is false."""
    quarter = np.stack((-points[..., 1], points[..., 0]), axis=-1)
    return np.where(keep[:, None, None], points, quarter)
