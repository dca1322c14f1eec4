"""Roofs over an outline: cells with heights above the eaves."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from layers.arrays import Float64
from layers.errors import EditError
from layers.modelling.cells import Cells, cut
from layers.modelling.outlines import Outline, turns
from layers.modelling.skeleton import Skeleton, skeleton

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

#: The pitch of a roof of which neither pitch nor height is said.
USUAL_PITCH_DEG: Mapping[str, float] = MappingProxyType(
    {"flat": 0.0, "gable": 40.0, "hip": 35.0, "shed": 10.0, "pyramid": 40.0, "mansard": 70.0}
)
KINDS = tuple(USUAL_PITCH_DEG)
#: Of a mansard above its break.
USUAL_UPPER_DEG = 25.0
PITCHES_DEG = (0.5, 89.0)
#: The end of a wing has corners that are about square: their sines.
_SQUARE = math.sin(math.radians(50))


@dataclass(frozen=True)
class Roof:
    """What a roof is like; what is not said follows from the outline."""

    kind: str = "flat"
    pitch_deg: float | None = None  # of a mansard, below its break
    rise_m: float | None = None  # of the highest place over the eaves; in place of the pitch
    #: Grid azimuth (clockwise from north) of the ridge; of a shed, the way it falls.
    direction_deg: float | None = None
    upper_pitch_deg: float | None = None  # of a mansard, above its break
    break_m: float | None = None  # of a mansard: height of the break over the eaves


def roof_cells(outline: Outline, roof: Roof) -> Cells:
    """The roof as cells whose heights count from the eaves."""
    maker = _MAKERS.get(roof.kind)
    if maker is None:
        raise EditError("There is no such roof", found=repr(roof.kind), allowed=", ".join(KINDS))
    for name, pitch in (("pitch", roof.pitch_deg), ("upper pitch", roof.upper_pitch_deg)):
        if pitch is not None and not PITCHES_DEG[0] <= pitch <= PITCHES_DEG[1]:
            low, high = PITCHES_DEG
            raise EditError(
                f"The {name} cannot be used", found=f"{pitch:g}°", allowed=f"{low:g}° to {high:g}°"
            )
    if roof.rise_m is not None and not (math.isfinite(roof.rise_m) and roof.rise_m > 0):
        raise EditError("The roof has no height", found=f"{roof.rise_m:g} m", allowed="more than 0 m")
    return maker(outline, roof)


def _slope(roof: Roof, run_m: float) -> float:
    """The slope of a roof that rises over so many metres."""
    if roof.rise_m is not None:
        return roof.rise_m / run_m
    return math.tan(math.radians(USUAL_PITCH_DEG[roof.kind] if roof.pitch_deg is None else roof.pitch_deg))


def _whole(outline: Outline) -> Cells:
    rings, first = [], 0
    for ring in outline.rings:
        rings.append(list(range(first, first + len(ring))))
        first += len(ring)
    return Cells(np.column_stack((outline.places, np.zeros(first))), [rings], first)


def _flat(outline: Outline, roof: Roof) -> Cells:
    return _whole(outline)


def _way(azimuth_deg: float) -> Float64:
    """The direction of a grid azimuth in the plane."""
    azimuth = math.radians(azimuth_deg)
    return np.array([math.sin(azimuth), math.cos(azimuth)])


def _shed(outline: Outline, roof: Roof) -> Cells:
    azimuth = -outline.long_axis_deg() if roof.direction_deg is None else roof.direction_deg
    uphill = outline.places @ -_way(azimuth)
    uphill = uphill - uphill.min()
    return _whole(outline).with_heights(uphill * _slope(roof, float(uphill.max())))


def _gable(outline: Outline, roof: Roof) -> Cells:
    if roof.direction_deg is None and not outline.is_convex:
        return _winged(outline, roof)
    ridge = 90 - outline.long_axis_deg() if roof.direction_deg is None else roof.direction_deg
    across = outline.places @ _way(ridge + 90)
    middle, half = (across.max() + across.min()) / 2, (across.max() - across.min()) / 2
    whole = _whole(outline)
    cells = cut(whole, across - middle)
    away = np.abs(cells.nodes[:, :2] @ _way(ridge + 90) - middle)
    return cells.with_heights((half - away) * _slope(roof, float(half)))


def _winged(outline: Outline, roof: Roof) -> Cells:
    """Ridges that follow the wings of an outline, each ending in a gable."""
    found = skeleton(outline, _ends(outline, skeleton(outline)))
    return _sloped(outline, found, roof)


def _ends(outline: Outline, hips: Skeleton) -> set[int]:
    """The sides at the ends of wings: those with a triangular hip and about square corners."""
    sines = np.concatenate([turns(ring) for ring in outline.rings])
    following = outline.following
    lengths = np.linalg.norm(outline.places[following] - outline.places, axis=1)
    found: set[int] = set()
    taken: set[int] = set()
    for side in np.argsort(lengths, kind="stable").tolist():
        ends = {side, following[side]}
        is_triangle = len(hips.faces[side]) == 1 and len(hips.faces[side][0]) == 3
        if is_triangle and min(sines[list(ends)]) > _SQUARE and not ends & taken:
            found.add(side)
            taken |= ends
    return found


def _sloped(outline: Outline, found: Skeleton, roof: Roof) -> Cells:
    slope = _slope(roof, found.reach_m)
    polygons = [[ring] for rings in found.faces for ring in rings]
    return Cells(found.nodes * (1, 1, slope), polygons, len(outline.places))


def _hip(outline: Outline, roof: Roof) -> Cells:
    return _sloped(outline, skeleton(outline), roof)


def _mansard(outline: Outline, roof: Roof) -> Cells:
    found = skeleton(outline)
    steep = math.tan(math.radians(USUAL_PITCH_DEG["mansard"] if roof.pitch_deg is None else roof.pitch_deg))
    upper_deg = USUAL_UPPER_DEG if roof.upper_pitch_deg is None else roof.upper_pitch_deg
    shallow = math.tan(math.radians(upper_deg))
    if roof.break_m is not None:
        run = roof.break_m / steep
        if roof.rise_m is not None and run < found.reach_m:
            shallow = (roof.rise_m - roof.break_m) / (found.reach_m - run)
    elif roof.rise_m is not None:
        run = (roof.rise_m - shallow * found.reach_m) / (steep - shallow)
    else:
        run = found.reach_m / 4
    if not 0 < run < found.reach_m or not 0 < shallow < steep:
        highest = steep * found.reach_m
        raise EditError(
            "The mansard roof does not fit on this outline",
            found=f"its break would lie {run:.2f} m inwards of {found.reach_m:.2f} m",
            allowed=f"a rise between {shallow * found.reach_m:.2f} m and {highest:.2f} m, its break below"
            " the top, and less steep above than below",
            do="Choose another rise, break or pitch",
        )
    polygons = [[ring] for rings in found.faces for ring in rings]
    cells = cut(Cells(found.nodes, polygons, len(outline.places)), found.nodes[:, 2] - run)
    inwards = cells.nodes[:, 2]
    heights = np.where(inwards < run, steep * inwards, steep * run + shallow * (inwards - run))
    return cells.with_heights(heights)


def _pyramid(outline: Outline, roof: Roof) -> Cells:
    top = _seen_from_all(outline)
    whole = _whole(outline)
    apex = len(whole.nodes)
    away = _distances(outline, top)
    rise = roof.rise_m if roof.rise_m is not None else _slope(roof, 1.0) * float(away.min())
    polygons = [[[side, following, apex]] for side, following in enumerate(outline.following)]
    return Cells(np.vstack((whole.nodes, [*top, rise])), polygons, apex)


def _distances(outline: Outline, place: Float64) -> Float64:
    """How far a place lies to the left of each side, metres."""
    sides = outline.places[outline.following] - outline.places
    away = place - outline.places
    found: Float64 = (sides[:, 0] * away[:, 1] - sides[:, 1] * away[:, 0]) / np.linalg.norm(sides, axis=1)
    return found


def _seen_from_all(outline: Outline) -> Float64:
    """The middle of an outline, or of the part of it that all of its sides face."""
    from shapely import Polygon

    places = outline.places
    middle = np.array(outline.polygon.centroid.coords[0])
    if len(outline.rings) == 1 and _distances(outline, middle).min() > 0.05:
        return middle
    size = 4 * float(np.ptp(places, axis=0).max())
    kernel: BaseGeometry = outline.polygon if len(outline.rings) == 1 else Polygon()
    for here, there in zip(places, places[outline.following], strict=True):
        along = (there - here) / np.linalg.norm(there - here) * size
        left = np.array([-along[1], along[0]])
        kernel = kernel.intersection(
            Polygon([here - along, here + along, here + along + left, here - along + left])
        )
    if kernel.area < 0.01:
        raise EditError(
            "A pyramid roof does not fit on this outline",
            found="no place from which all sides are seen",
            do="Choose a hip roof",
        )
    return np.array(kernel.centroid.coords[0])


_MAKERS: Mapping[str, Callable[[Outline, Roof], Cells]] = MappingProxyType(
    {"flat": _flat, "gable": _gable, "hip": _hip, "shed": _shed, "pyramid": _pyramid, "mansard": _mansard}
)
