"""Continuous surfaces with soft shading: what terrain, scans and pipes have in common."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, Int32, UInt8
from viewer.faces import Index, boxes_of_cells, outer_boxes, smooth, vertex_normals
from viewer.light import DAY
from viewer.tiles import TiledView
from viewer.view import Source


class SurfaceView(TiledView):
    """Triangles that share vertices; colours and light are kept per vertex."""

    def __init__(
        self,
        source: Source,
        vertices: Float64,
        triangles: Int32,
        triangle_object: Int32,
        steepened: float = 1.0,
        triangle_paper: Int32 | None = None,
    ) -> None:
        """No tile has triangles of several papers, where all triangles are of one object."""
        apart = triangle_object if triangle_paper is None else triangle_paper
        faces, self._origin_of = smooth(vertices, triangles, apart, source.most_tiles)
        #: What the tiles are papered with.
        self.tile_paper = faces.part_object
        if triangle_paper is not None:
            faces = replace(faces, part_object=np.zeros_like(faces.part_object))
        super().__init__(source, faces)
        # Triangles of a terrain come in any order, so that a run of them may span all of it.
        self.boxes = outer_boxes(boxes_of_cells(faces.vertices))
        normals = vertex_normals(vertices * (1.0, 1.0, steepened), triangles)
        self._light = DAY.on(normals)[self._origin_of]
        self._lit = np.empty((0, 3), np.uint8)

    def color(self, base: NDArray[np.float32]) -> None:
        """Take own colours, one for all or one per vertex of the faces."""
        self.color_as(np.clip(base * self._light, 0, 255).astype(np.uint8))

    def color_as(self, lit: UInt8) -> None:
        """Take colours that hold the light already, one per vertex of the faces."""
        self._lit = lit

    def vertex_colors(self, parts: Index, vertices: Index) -> UInt8:
        """The lit colours of these vertices."""
        colors: UInt8 = self._lit[vertices]
        return colors
