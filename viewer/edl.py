"""Eye-dome lighting: points are darker where their neighbours in the picture are nearer to the eye."""

from __future__ import annotations

from math import log

import numpy as np

from viewer.picture import Float32

#: How dark a step in depth is: with strength 1, one of 1 % leaves three fifths of the light.
DARKNESS = 50.0
LEAST_LIGHT = 0.12


def light(depth: Float32, strength: float, distance_m: float | None) -> Float32:
    """How much light pixels get, 0 … 256, from their depths; of infinite ones it says nothing.

    What counts is how much nearer the nearest of the four neighbours is, relative to the depth. In a
    parallel view, where depths start anywhere, it counts relative to `distance_m`.
    """
    nearest = depth.copy()
    for apart in (1, depth.shape[1]):  # beside and below, the rows taken as one long one
        for mine, other in ((slice(apart, None), slice(-apart)), (slice(-apart), slice(apart, None))):
            part = nearest.reshape(-1)[mine]
            np.minimum(part, depth.reshape(-1)[other], out=part)
        if apart == 1:  # at the ends of rows those were no neighbours
            for edge, inner in ((0, 1), (-1, -2)):
                np.minimum(depth[:, edge], depth[:, inner], out=nearest[:, edge])
    with np.errstate(invalid="ignore"):
        shade = np.subtract(nearest, depth, out=nearest)
        shade /= depth if distance_m is None else np.float32(distance_m)
        shade *= np.float32(DARKNESS * strength)
        np.maximum(shade, np.float32(log(LEAST_LIGHT)), out=shade)
        np.exp(shade, out=shade)
        shade *= np.float32(256)
    return shade
