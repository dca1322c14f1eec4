"""A camera that sees everything, and leaves a corner of the picture free for the legend where it can."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from layers.arrays import Float64
from viewer.camera import Camera

#: How far back it may go, as multiples of the distance from which everything just fills the picture.
BACK = (1.0, 1.06, 1.14, 1.24)
#: Which shares of the free border beside and above the city it may be moved by.
ASIDE = (0.0, 0.5, 0.9)
#: Rows of the picture that is reckoned with, and how many boxes are looked at.
ROWS, MOST_BOXES = 1000, 200
#: Points of a box along each of its sides.
ALONG = 9


def framed(camera: Camera, boxes: Float64, aspect: float, legend: tuple[float, float]) -> Camera:
    """The same direction; boxes (n, 2, 3) fill the picture, and as few as may be lie under the legend.

    `legend` is how much of the width and of the height its plate takes in the lower right corner.
    """
    points = _points(boxes[:: -(-len(boxes) // MOST_BOXES)])
    best = camera.fitted(boxes, aspect)
    least = _covered(best, points, aspect, legend)
    for candidate in _candidates(best, points, aspect):
        if least == 0:
            break
        count = _covered(candidate, points, aspect, legend)
        if count < least:
            best, least = candidate, count
    return best


def _points(boxes: Float64) -> Float64:
    """Points all over the feet and tops of boxes."""
    share = np.stack(np.meshgrid(*[np.linspace(0, 1, ALONG)] * 2, [0.0, 1.0]), axis=-1).reshape(-1, 3)
    found: Float64 = (boxes[:, None, 0] + share * (boxes[:, None, 1] - boxes[:, None, 0])).reshape(-1, 3)
    return found


def _candidates(fitted: Camera, points: Float64, aspect: float) -> Iterator[Camera]:
    """Cameras farther back and aside that see all that the fitted one sees; the nearest first."""
    width = aspect * ROWS
    for back in BACK:
        camera = replace(fitted, distance_m=fitted.distance_m * back)
        seen = camera.project(points, round(width), ROWS)
        free = np.maximum(seen[:, :2].min(axis=0), 0.0) * camera.metres_per_pixel(ROWS)
        for across, down in sorted(np.ndindex(len(ASIDE), len(ASIDE)), key=sum):
            east, south = ASIDE[across] * free[0], ASIDE[down] * free[1]
            aside = camera.basis.T @ np.array([east, -south, 0.0])
            found = replace(camera, target=camera.target + aside)
            if (found.project(points, round(width), ROWS)[:, :2] >= 0).all():
                yield found


def _covered(camera: Camera, points: Float64, aspect: float, legend: tuple[float, float]) -> int:
    """How many points lie under the legend."""
    width = aspect * ROWS
    x, y, _depth = camera.project(points, round(width), ROWS).T
    return int(((x > width * (1 - legend[0])) & (y > ROWS * (1 - legend[1]))).sum())
