"""Layers of round bodies, one or more per object: what pipes and heritage pins have in common."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Int32, UInt8
from viewer.faces import Index, grouped
from viewer.light import DAY
from viewer.solids import Solids
from viewer.tiles import TiledView
from viewer.view import Source


class BodiesView(TiledView):
    """Bodies in one colour each, softly shaded."""

    def __init__(self, source: Source, solids: Solids, body_object: Int32) -> None:
        faces = grouped(
            solids.vertices,
            solids.triangles,
            solids.triangle_body,
            solids.body_vertex,
            body_object,
            np.arange(len(body_object), dtype=np.int32),
            source.most_tiles,
        )
        super().__init__(source, faces)
        self._light = DAY.on(solids.normals)
        self._base = np.zeros((len(body_object), 3), np.float32)

    def vertex_colors(self, parts: Index, vertices: Index) -> UInt8:
        """The bodies' own colours under the light of the day."""
        counts = self._faces.part_vertex[parts + 1] - self._faces.part_vertex[parts]
        lit: NDArray[np.float32] = np.repeat(self._base[parts], counts, axis=0) * self._light[vertices]
        return np.minimum(lit, 255).astype(np.uint8)
