"""Eye-dome lighting: points are darker where their neighbours in the picture are nearer to the eye."""

from __future__ import annotations

from math import log

import numpy as np

from viewer.picture import Float32

#: How dark a step in depth is: with strength 1, one of 1 % leaves a third of the light.
DARKNESS = 80.0
LEAST_LIGHT = 0.12


def light(depth: Float32, strength: float, distance_m: float | None, reach_px: int = 1) -> Float32:
    """How much light pixels get, 0 … 1, from their depths; infinite ones cast no shade.

    Steps count relative to the depth. In a parallel view, where depths start anywhere, they count
    relative to `distance_m`.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        far = np.log(depth) if distance_m is None else depth / np.float32(distance_m)
    shade = np.zeros_like(far)
    for axis in (0, 1):
        low: list[slice] = [slice(None), slice(None)]
        high = list(low)
        low[axis], high[axis] = slice(None, -reach_px), slice(reach_px, None)
        with np.errstate(invalid="ignore"):
            step = far[tuple(high)] - far[tuple(low)]
        shade[tuple(high)] += np.fmax(step, 0)
        shade[tuple(low)] += np.fmax(np.negative(step, out=step), 0)
    shade *= -DARKNESS * strength / 4 / log(2)
    np.exp(shade, out=shade)
    return np.maximum(shade, LEAST_LIGHT, out=shade)
