"""Trees: a trunk and a crown as one closed body."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from layers.arrays import Float64
from layers.errors import EditError
from layers.modelling.bodies import Body, shape_of
from layers.modelling.cells import edges_of
from layers.shapes import Shape

SIDES = 8
DECIDUOUS, CONIFER = "deciduous", "conifer"
#: Rings of a crown from below: share of its height, share of its radius.
_PROFILES = {
    DECIDUOUS: ((0.0, 0.45), (0.2, 0.85), (0.5, 1.0), (0.8, 0.75), (1.0, 0.25)),
    CONIFER: ((0.0, 1.0), (1.0, 0.04)),
}


def tree(
    place: ArrayLike,
    height_m: float,
    crown_m: float,
    trunk_m: float | None = None,
    clear_m: float | None = None,
    kind: str = DECIDUOUS,
) -> Shape:
    """A tree at a point on the ground (x, y, z).

    `crown_m`, `trunk_m`: diameters (a trunk has a tenth of the crown's); `clear_m`: height of the crown's
    lower end (a third of the tree's, a tenth of a conifer's).
    """
    foot = np.asarray(place, np.float64)
    trunk = crown_m / 10 if trunk_m is None else trunk_m
    clear = height_m / (3 if kind == DECIDUOUS else 10) if clear_m is None else clear_m
    profile = _PROFILES.get(kind)
    if profile is None:
        raise EditError("There is no such tree", found=repr(kind), allowed=", ".join(_PROFILES))
    if not (0.5 <= height_m <= 150 and 0 < clear < height_m):
        raise EditError(
            "A tree cannot be so",
            found=f"{height_m:g} m high, its crown from {clear:g} m",
            allowed="0.5 m to 150 m high, and a crown that begins between foot and top",
        )
    if not 0.02 <= trunk < profile[0][1] * crown_m:
        raise EditError(
            "A tree cannot be so",
            found=f"a trunk of {trunk:g} m in a crown of {crown_m:g} m",
            allowed=f"a trunk of 0.02 m to {profile[0][1] * crown_m:g} m",
        )
    rings = [(0.0, trunk / 2), (clear, trunk / 2)]
    rings += [(clear + up * (height_m - clear), out * crown_m / 2) for up, out in profile]
    return shape_of(("2", _turned_body(foot, rings)))


def _turned_body(foot: Float64, rings: list[tuple[float, float]]) -> Body:
    """Rings of corners about an upright axis, joined; where two are at one height lies a rim."""
    angles = 2 * math.pi * np.arange(SIDES) / SIDES
    around = np.column_stack((np.cos(angles), np.sin(angles), np.zeros(SIDES)))
    points = np.concatenate([foot + radius * around + (0, 0, up) for up, radius in rings])
    number = np.arange(len(points)).reshape(len(rings), SIDES).tolist()
    faces = [[number[0][::-1]], [number[-1]]]
    for at, ((below, _), (above, _)) in enumerate(pairwise(rings)):
        if above == below:
            faces.append([number[at + 1][::-1], number[at]])
            continue
        for one, other in edges_of(list(range(SIDES))):
            low, high = number[at], number[at + 1]
            faces.append([[low[one], low[other], high[other], high[one]]])
    return Body(points, faces, [{} for _ in faces])
