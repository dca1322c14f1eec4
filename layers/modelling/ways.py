"""Roads: a centre line with a carriageway and footways beside it, as surfaces of their kinds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from layers.arrays import Float64
from layers.errors import EditError
from layers.modelling.bodies import checked
from layers.modelling.linking import ring_area
from layers.shapes import Shape

#: Codes of CityGML's traffic areas (OGC 12-019, annex C): what one drives and walks on.
DRIVING, WALKING = "1", "2"
WIDTHS_M = (0.5, 200.0)


def road(
    line: ArrayLike,
    width_m: float,
    footways_m: float | tuple[float, float] = 0.0,
    heights: Callable[[Float64], Float64] | float = 0.0,
    step_m: float = 5.0,
) -> Shape:
    """A road along a line (n, 2): `width_m` of carriageway, and footways left and right of it.

    Across its line it is level; along it, it follows the heights (of the ground, at places (n, 2)), taken
    at every corner and every `step_m`. With one height it is level.
    """
    left, right = (footways_m, footways_m) if isinstance(footways_m, int | float) else footways_m
    if not WIDTHS_M[0] <= width_m <= WIDTHS_M[1] or min(left, right) < 0 or max(left, right) > WIDTHS_M[1]:
        low, high = WIDTHS_M
        raise EditError(
            "The road cannot be so wide",
            found=f"{width_m:g} m, footways of {left:g} m and {right:g} m",
            allowed=f"{low:g} m to {high:g} m, footways from 0 m",
        )
    is_level = not callable(heights)
    places, across = _stations(np.asarray(line, np.float64)[:, :2], np.inf if is_level else step_m)
    z = heights(places) if callable(heights) else np.full(len(places), float(heights))
    if np.isnan(z).any():
        raise EditError(
            "The road leaves the terrain", found="a place without height", do="Draw it on the terrain"
        )
    half = width_m / 2
    strips = [(half, -half, DRIVING)]
    strips += [(half + left, half, WALKING)] if left else []
    strips += [(-half, -half - right, WALKING)] if right else []
    _refuse_folded(places, across, half + max(left, right))
    return checked(_surfaces(places, across, z, strips, is_level))


def _stations(line: Float64, step_m: float) -> tuple[Float64, Float64]:
    """Places along a line, and (n, 2) the way to the left, so long that sides stay parallel to the line."""
    lengths = np.linalg.norm(np.diff(line, axis=0), axis=1)
    line = line[np.concatenate(([True], lengths > 1e-3))]
    if len(line) < 2:
        raise EditError("The road has no length", found=f"{len(line)} place", allowed="two places or more")
    ways = np.diff(line, axis=0)
    lengths = np.linalg.norm(ways, axis=1)
    lefts = np.stack((-ways[:, 1], ways[:, 0]), axis=-1) / lengths[:, None]
    share = 1 + np.einsum("ij,ij->i", lefts[:-1], lefts[1:])
    if (share < 0.03).any():
        at = int(np.flatnonzero(share < 0.03)[0]) + 1
        raise EditError(
            "The road turns back on itself", where=f"corner {at}", do="Draw the bend with more corners"
        )
    bends = (lefts[:-1] + lefts[1:]) / share[:, None]
    places, across = [line[:1]], [lefts[:1]]
    for number, length in enumerate(lengths.tolist()):
        count = max(1, int(np.ceil(length / step_m)))
        shares = np.arange(1, count + 1)[:, None] / count
        places.append(line[number] + shares * ways[number])
        mine = np.repeat(lefts[number : number + 1], count, axis=0)
        if number < len(bends):
            mine[-1] = bends[number]
        across.append(mine)
    return np.concatenate(places), np.concatenate(across)


def _refuse_folded(places: Float64, across: Float64, reach_m: float) -> None:
    """Refuse bends in which the inner side would run backwards, and roads that cross themselves."""
    from shapely import Polygon

    left, right = places + reach_m * across, places - reach_m * across
    along = np.diff(places, axis=0)
    folded = np.zeros(len(along), np.bool_)
    for side in (left, right):
        folded |= np.einsum("ij,ij->i", np.diff(side, axis=0), along) <= 0
    outline = np.concatenate((right, left[::-1]))
    if folded.any() or not Polygon(outline).is_valid:
        where = places[int(np.flatnonzero(folded)[0])] if folded.any() else places[0]
        raise EditError(
            "The road turns too sharply for its width, or crosses itself",
            where=f"near {where[0]:.2f}, {where[1]:.2f}",
            do="Make it narrower, or the bend wider",
        )


def _surfaces(
    places: Float64, across: Float64, z: Float64, strips: list[tuple[float, float, str]], is_level: bool
) -> Shape:
    """Strips between two distances to the left of the line, as one polygon or station by station."""
    points: list[Float64] = []
    faces: list[list[list[int]]] = []
    values: list[int] = []
    surfaces: list[dict[str, str | list[str]]] = []
    count = 0
    for left, right, function in strips:
        kind: dict[str, str | list[str]] = {"type": "TrafficArea", "function": [function]}
        if kind not in surfaces:
            surfaces.append(kind)
        near = np.column_stack((places + right * across, z))
        far = np.column_stack((places + left * across, z))
        points += [near, far]
        mine = list(_strip(near, far, count, is_level))
        faces += mine
        values += [surfaces.index(kind)] * len(mine)
        count += 2 * len(places)
    vertices, numbers = np.unique(np.concatenate(points), axis=0, return_inverse=True)
    at = numbers.reshape(-1).tolist()
    boundaries = [[[at[node] for node in ring] for ring in face] for face in faces]
    semantics = {"surfaces": surfaces, "values": values}
    geometry = {"type": "MultiSurface", "lod": "2", "boundaries": boundaries, "semantics": semantics}
    return Shape([geometry], vertices)


def _strip(near: Float64, far: Float64, first: int, is_level: bool) -> list[list[list[int]]]:
    count = len(near)
    rights, lefts = list(range(first, first + count)), list(range(first + count, first + 2 * count))
    if is_level:
        return [[[*rights, *reversed(lefts)]]]
    found: list[list[list[int]]] = []
    for at in range(count - 1):
        corners = [rights[at], rights[at + 1], lefts[at + 1], lefts[at]]
        places = np.vstack((near[at : at + 2], far[at : at + 2][::-1]))
        if ring_area(places[:, :2]) <= 0:
            continue
        normal = np.cross(places[1] - places[0], places[3] - places[0])
        if abs(float((places[2] - places[0]) @ normal)) <= 1e-4 * float(np.linalg.norm(normal)):
            found.append([corners])
        else:
            found += [[[corners[0], corners[1], corners[2]]], [[corners[0], corners[2], corners[3]]]]
    return found
