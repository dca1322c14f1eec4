"""A frame that is not finished: its pixels, and how far away what they show is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, UInt8

Float32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Raw:
    """What the graphics driver has drawn, as OpenGL has it: the lowest row first, enlarged or not."""

    pixels: UInt8  # (h, w, 3)
    buffer: Float32  # (h, w) depths from 0, the near plane, to 1, the far plane, where nothing is
    eye: Float64  # (3,) relative to the origin; in a parallel view, behind everything
    near: float
    far: float


@dataclass
class Picture:
    """What the graphics driver has drawn; layers that draw themselves do so into these arrays."""

    pixels: UInt8  # (h, w, 3) top row first
    depth: Float32  # (h, w) metres from the eye along the view, infinite where nothing is drawn
    eye: Float64  # (3,) relative to the origin; in a parallel view, behind everything
    near: float  # nothing nearer is drawn
