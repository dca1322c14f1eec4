"""Between a layer and the plane of metres in which shapes are made."""

from __future__ import annotations

from dataclasses import replace

from layers.arrays import Float64
from layers.checks.layer import metres
from layers.project import Project
from layers.records import Layer
from layers.shapes import Shape


class Workplace:
    """A plane of metres about the project's local origin, and the ways between it and a layer's CRS.

    It is right for projects in degrees and in feet, too.
    """

    def __init__(self, project: Project, layer: Layer) -> None:
        self._origin, self._scale = project.place.origin, metres(project)
        self._there, self._back = project.mover(layer), project.place.way_back_of(layer)

    def inside(self, points_in_world: Float64) -> Float64:
        """Places (n, 2) or points (n, 3) of the project's CRS in metres."""
        size = points_in_world.shape[-1]
        found: Float64 = (points_in_world - self._origin[:size]) * self._scale[:size]
        return found

    def outside(self, points: Float64) -> Float64:
        """Points (n, 2 or 3) in metres in the project's CRS."""
        size = points.shape[-1]
        found: Float64 = points / self._scale[:size] + self._origin[:size]
        return found

    def taken(self, shape: Shape) -> Shape:
        """A shape of the layer in metres."""
        return replace(shape, vertices=self.inside(self._there(shape.vertices)))

    def given(self, shape: Shape) -> Shape:
        """A shape in metres in the layer's CRS, as an edit wants it."""
        return replace(shape, vertices=self._back(self.outside(shape.vertices)))
