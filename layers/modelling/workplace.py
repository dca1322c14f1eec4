"""Between a layer and the plane in which shapes are made: that of the project, which is one of metres."""

from __future__ import annotations

from dataclasses import replace

from layers.arrays import Float64
from layers.project import Project
from layers.records import Layer
from layers.shapes import Shape


class Workplace:
    """The ways between the project's CRS, where shapes are made, and a layer's own: degrees, feet."""

    def __init__(self, project: Project, layer: Layer) -> None:
        self._there, self._back = project.mover(layer), project.place.way_back_of(layer)

    def taken(self, shape: Shape) -> Shape:
        """A shape of the layer in the project's CRS."""
        return replace(shape, vertices=self.taken_points(shape.vertices))

    def given(self, shape: Shape) -> Shape:
        """A shape in the project's CRS in that of the layer, as an edit wants it."""
        return replace(shape, vertices=self.given_points(shape.vertices))

    def taken_points(self, points: Float64) -> Float64:
        """Points (n, 3) of the layer in the project's CRS."""
        return self._there(points)

    def given_points(self, points: Float64) -> Float64:
        """Points (n, 3) of the project's CRS in that of the layer."""
        return self._back(points)
