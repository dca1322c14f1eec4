"""A result of an analysis as colours on the surfaces, points, grids and shapes it speaks of."""

from __future__ import annotations

from dataclasses import dataclass

from layers.arrays import Float64
from layers.results import Quantity


@dataclass(frozen=True)
class Reading:
    """What a result says about the place under the cursor."""

    values: tuple[tuple[Quantity, float], ...]  # every quantity that is known there
    point_in_world: Float64
    is_point: bool  # of the sample point nearest to the place; else of the surface as a whole
    row: int = -1  # of the result's surfaces, -1: none
    fid: int | None = None
    object_id: str = ""
    surface_id: str = ""
    surface_type: str = ""


@dataclass(frozen=True, eq=False)
class Scale:
    """What the colours of the quantity mean, with what a histogram needs."""

    quantity: Quantity
    low: float  # values at the ends of the colours
    high: float
    values: Float64  # (n,) one per sample point, or per surface; finite
    weights: Float64  # (n,) m² that each stands for
