"""The terrain that a city file brings along: its TINRelief objects as one surface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from layers.arrays import CityTiles, Float64, Int32
from viewer.faces import welded

TIN = "TINRelief"


def tin_of(city: CityTiles, types: Sequence[Any]) -> tuple[Float64, Int32, Int32]:
    """Vertices, triangles and the object of each; all of the city's when it has no TINRelief."""
    is_tin = np.array([name == TIN for name in types], bool)
    owner = np.repeat(city.entry_object, np.diff(city.entry_triangle))
    chosen = is_tin[owner] if is_tin.any() else np.ones(len(owner), bool)
    triangles = city.triangles[chosen]
    used, local = np.unique(triangles, return_inverse=True)
    vertices = np.asarray(city.vertices[used])
    vertices, triangles, _ = welded(vertices, local.reshape(-1, 3).astype(np.int32))
    return vertices, triangles, owner[chosen]
