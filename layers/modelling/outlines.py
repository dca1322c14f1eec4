"""Footprints that were drawn: checked, freed of corners that say nothing, turned the usual way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from layers.arrays import Float64
from layers.errors import EditError
from layers.modelling.linking import ring_area

if TYPE_CHECKING:
    from shapely import Polygon

#: A corner that is no farther from the line between its neighbours says nothing.
STRAIGHT_M = 0.001
SHORTEST_M = 0.01
#: Sides whose directions differ by less run along each other.
_SAME_WAY_DEG = 0.01
SMALLEST_M2 = 0.01


@dataclass(frozen=True)
class Outline:
    """An area with holes: the outer ring runs anticlockwise, those of the holes clockwise."""

    rings: tuple[Float64, ...]  # each (n, 2), not closed

    @classmethod
    def of(cls, *rings: ArrayLike) -> Outline:
        """The area within the first ring of places (n, 2) and outside the others."""
        from shapely import Polygon, is_valid_reason

        found = []
        for number, given in enumerate(rings):
            ring = _cleaned(np.asarray(given, np.float64))
            if len(ring) < 3:
                raise _refused(number, "fewer than three corners")
            found.append(ring if (ring_area(ring) > 0) == (number == 0) else ring[::-1])
        if not found:
            raise _refused(0, "nothing is drawn")
        outline = cls(tuple(found))
        shape = Polygon(found[0], found[1:])
        if not shape.is_valid:
            raise _refused(0, is_valid_reason(shape).lower())
        if shape.area < SMALLEST_M2:
            raise _refused(0, f"{shape.area:.4f} m²", f"at least {SMALLEST_M2} m²")
        short = min(float(_lengths(ring).min()) for ring in found)
        if short < SHORTEST_M:
            raise _refused(0, f"a side of {short:.4f} m", f"at least {SHORTEST_M} m")
        return outline

    @cached_property
    def polygon(self) -> Polygon:
        """The area as shapely has it."""
        from shapely import Polygon

        return Polygon(self.rings[0], self.rings[1:])

    @property
    def area_m2(self) -> float:
        """The area without the holes."""
        return sum(map(ring_area, self.rings))

    @cached_property
    def places(self) -> Float64:
        """(n, 2) all corners, ring by ring."""
        return np.concatenate(self.rings)

    @cached_property
    def following(self) -> list[int]:
        """The number of the corner that comes after each one in its ring."""
        found: list[int] = []
        for ring in self.rings:
            first = len(found)
            found += [first + (at + 1) % len(ring) for at in range(len(ring))]
        return found

    @property
    def is_convex(self) -> bool:
        """Whether it has neither dents nor holes."""
        return len(self.rings) == 1 and bool((turns(self.rings[0]) > 0).all())

    def long_axis_deg(self) -> float:
        """The direction of the long side of the smallest rectangle around it; ° from east, anticlockwise."""
        from shapely import LineString, get_coordinates, oriented_envelope

        ring = self.rings[0]
        corners = get_coordinates(oriented_envelope(LineString(ring - ring[0])))
        envelope = np.diff(corners[:3], axis=0)
        axis = _bearing(envelope[np.linalg.norm(envelope, axis=1).argmax()][None])[0]
        # A side that runs along it says more exactly where it runs.
        sides = np.roll(ring, -1, axis=0) - ring
        off = np.abs((_bearing(sides) - axis + 90) % 180 - 90)
        lengths = np.where(off < _SAME_WAY_DEG, np.linalg.norm(sides, axis=1), 0)
        best = int(lengths.argmax())
        return float(_bearing(sides[best : best + 1])[0] if lengths[best] > 0 else axis)


def _bearing(ways: Float64) -> Float64:
    """(n,) the directions of ways (n, 2) and back, degrees from east, anticlockwise."""
    found: Float64 = np.degrees(np.arctan2(ways[:, 1], ways[:, 0])) % 180
    return found


def turns(ring: Float64) -> Float64:
    """The sine of the turn at each corner of a ring, positive to the left."""
    before, after = ring - np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0) - ring
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    found: Float64 = cross / (np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1))
    return found


def _cleaned(ring: Float64) -> Float64:
    """A ring without corners that repeat, or lie on the line between, their neighbours."""
    if ring.ndim != 2 or ring.shape[1] < 2 or not np.isfinite(ring).all():
        raise EditError(
            "The outline cannot be used",
            found="a corner without two coordinates",
            allowed="x and y in metres",
        )
    corners: list[Float64] = [np.array(place[:2]) for place in ring]
    at = 0
    kept = 0
    while len(corners) > 2 and kept < len(corners):
        before, here, after = (corners[(at + step) % len(corners)] for step in (-1, 0, 1))
        if _says_nothing(before, here, after):
            corners.pop(at % len(corners))
            at, kept = at - 1, 0
        else:
            at, kept = at + 1, kept + 1
    return np.array(corners)


def _says_nothing(before: Float64, here: Float64, after: Float64) -> bool:
    across = after - before
    length = float(np.hypot(*across))
    if min(float(np.hypot(*(here - before))), float(np.hypot(*(after - here)))) <= STRAIGHT_M:
        return True
    if length <= STRAIGHT_M:
        return True  # there and back
    way = here - before
    return abs(float(across[0] * way[1] - across[1] * way[0])) / length <= STRAIGHT_M


def _lengths(ring: Float64) -> Float64:
    found: Float64 = np.linalg.norm(np.roll(ring, -1, axis=0) - ring, axis=1)
    return found


def _refused(
    number: int, found: str, allowed: str = "a ring that does not cross or touch itself"
) -> EditError:
    where = f"hole {number}" if number else ""
    return EditError("The outline cannot be used", where=where, found=found, allowed=allowed)


def outline_of(rings: Sequence[ArrayLike] | Outline) -> Outline:
    """Rings as an outline, if they are not one already."""
    return rings if isinstance(rings, Outline) else Outline.of(*rings)
