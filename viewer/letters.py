"""Words as flat shapes that lie on the ground, as on a plan."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from vtkmodules.vtkRenderingFreeType import vtkVectorText

from layers.arrays import Float64
from layers.runs import starts
from viewer.faces import Index
from viewer.solids import Solids

#: How high capitals are, as on the plans from which such words come.
SIZE_M = 0.7
#: More of a text is not laid out.
MOST_LETTERS = 80
#: A tip, for words that are empty: an arrow's, which points to where the words would go.
_TIP = np.array([(0.0, 0.0), (-0.9, 0.3), (-0.9, -0.3)]), np.array([(0, 1, 2)])


@lru_cache(maxsize=1024)
def outline(words: str) -> tuple[Float64, Index]:
    """The corners (n, 2) and triangles of words that begin at zero, with capitals of height one."""
    maker = vtkVectorText()
    maker.SetText(words[:MOST_LETTERS])
    maker.Update()
    found = maker.GetOutput()
    if not found.GetNumberOfPolys():
        return _TIP
    corners = np.asarray(found.GetPoints().GetData(), np.float64)[:, :2]
    triangles = np.asarray(found.GetPolys().GetConnectivityArray(), np.int64).reshape(-1, 3)
    return corners, triangles


def lettered(places: Float64, words: Sequence[str], turn_deg: Float64) -> Solids:
    """Words on the ground at (n, 3) places, each turned clockwise from east; an arrow's tip for no words."""
    shapes = [outline(text.strip()) for text in words]
    counts = np.array([len(corners) for corners, _ in shapes], np.int64)
    first = starts(counts)
    owner = np.repeat(np.arange(len(places)), counts)
    flat = np.concatenate([np.empty((0, 2)), *(corners for corners, _ in shapes)]) * SIZE_M
    turn = -np.radians(np.nan_to_num(turn_deg))[owner]
    cos, sin = np.cos(turn), np.sin(turn)
    vertices = places[owner].copy()
    vertices[:, 0] += cos * flat[:, 0] - sin * flat[:, 1]
    vertices[:, 1] += sin * flat[:, 0] + cos * flat[:, 1]
    triangles = [shape[1] + first[number] for number, shape in enumerate(shapes)]
    normals = np.tile(np.array((0.0, 0.0, 1.0), np.float32), (len(vertices), 1))
    return Solids(
        vertices,
        normals,
        np.concatenate([np.empty((0, 3), np.int64), *triangles]).astype(np.int32),
        np.repeat(np.arange(len(places)), [len(shape[1]) for shape in shapes]).astype(np.int32),
        first,
    )
