"""Storeys and gross floor area: as the model says, else by heights, as is stated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from analysis.zones.bodies import Body, Piece
from layers.values import typed_number
from layers.words import find_field, words

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

#: What models call the number of storeys above the ground.
STOREYS = words(
    "storeysaboveground numberofstoreys storeys floors levels buildinglevels vollgeschosse geschosse "
    "anzahlgeschosse bouwlagen nooffloors etages stories"
)
#: A storey that is lower by less than this share is a whole one.
ALMOST = 1e-6


@dataclass(frozen=True)
class Floors:
    """How storeys are counted."""

    storey_height_m: float = 3.0

    def of(self, body: Body, piece: Piece) -> tuple[float, bool]:
        """The storeys of a part of a building, and whether the model says so."""
        own = said(piece.values)
        if own is not None:
            return own, True
        by_height = float(max(math.floor(piece.mean_height_m / self.storey_height_m + ALMOST), 1))
        of_whole = said(body.values)
        if of_whole is None:
            return by_height, False
        return (of_whole, True) if len(body.pieces) == 1 else (min(by_height, of_whole), False)

    def storeys(self, body: Body) -> float:
        """Of the part of a building that has most."""
        return max(self.of(body, piece)[0] for piece in body.pieces)

    def gross_m2(self, body: Body, within: BaseGeometry) -> tuple[float, float]:
        """Gross floor area of what stands in an area, and how much of it rests on stated storeys."""
        whole = stated = 0.0
        for piece in body.pieces:
            storeys, is_said = self.of(body, piece)
            area = float(shapely.intersection(piece.plan, within).area) * storeys
            whole += area
            stated += area if is_said else 0.0
        return whole, stated


def said(values: Mapping[str, object]) -> float | None:
    """The number of storeys that attributes state; None where they do not."""
    name = find_field(values, STOREYS)
    return None if name is None else as_number(values[name])


def as_number(value: object) -> float | None:
    """A value as a finite number; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    number = typed_number(value) if isinstance(value, str) else float(value)
    return number if number is not None and math.isfinite(number) else None
