"""Metres about a place near what is looked at, where coordinates are small and so are their errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from layers.arrays import Float64
from layers.checks.layer import metres
from layers.project import Project

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True)
class Frame:
    """Metres to the east, to the north and upwards from a place; heights are counted from zero."""

    place: Float64  # (2,) in the project's CRS
    unit: Float64  # (3,) metres per unit of that

    @classmethod
    def about(cls, project: Project, bounds: Float64) -> Frame:
        """About the south-western corner of (n, 4) bounds, on a whole number."""
        return cls(np.floor(np.nanmin(bounds[:, :2], axis=0)), metres(project))

    def local(self, points: Float64) -> Float64:
        """Points (…, 2 or 3) of the project's CRS in metres."""
        size = points.shape[-1]
        found: Float64 = (points - np.append(self.place, 0.0)[:size]) * self.unit[:size]
        return found

    def world(self, points: Float64) -> Float64:
        """Points (…, 2 or 3) in metres, in the project's CRS."""
        size = points.shape[-1]
        found: Float64 = points / self.unit[:size] + np.append(self.place, 0.0)[:size]
        return found

    def shape(self, shape: BaseGeometry) -> BaseGeometry:
        """A shape of the project's CRS in metres, as seen from above."""
        return shapely.transform(shapely.force_2d(shape), self.local)
