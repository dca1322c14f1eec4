"""Eye-dome lighting: points are darker where their neighbours in the picture are nearer to the eye."""

from __future__ import annotations

import numpy as np

from viewer.picture import Float32

#: How dark a step in depth is: with strength 1, one of 1 % on one side leaves two thirds of the light.
DARKNESS = 40.0
LEAST_LIGHT = 0.12


def light(depth: Float32, strength: float, distance_m: float | None) -> Float32:
    """How much light pixels get, 0 … 1, from their depths; of those without a depth it says nothing.

    Steps count relative to the depth. In a parallel view, where depths start anywhere, they count
    relative to `distance_m`. What is infinitely far casts no shade.
    """
    shade = np.zeros_like(depth)
    with np.errstate(invalid="ignore"):
        for axis in (0, 1):
            low: list[slice] = [slice(None), slice(None)]
            high = list(low)
            low[axis], high[axis] = slice(None, -1), slice(1, None)
            step = depth[tuple(high)] - depth[tuple(low)]
            shade[tuple(high)] += np.maximum(step, 0)
            shade[tuple(low)] -= np.minimum(step, 0, out=step)
        shade /= depth if distance_m is None else np.float32(distance_m)
        shade *= -DARKNESS * strength
        np.exp(shade, out=shade)
    return np.maximum(shade, LEAST_LIGHT, out=shade)
