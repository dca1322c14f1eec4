"""A frame that is not finished: its pixels, and how far away what they show is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, UInt8

Float32 = NDArray[np.float32]


@dataclass
class Picture:
    """What the graphics driver has drawn; layers that draw themselves do so into these arrays."""

    pixels: UInt8  # (h, w, 3) top row first
    depth: Float32  # (h, w) metres from the eye along the view, infinite where nothing is drawn
    eye: Float64  # (3,) relative to the origin; in a parallel view, behind everything
    near: float  # nothing nearer is drawn
