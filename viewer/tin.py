"""The terrain that a city file brings along: its TINRelief objects as one surface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from layers.arrays import CityTiles, Float64, Int32
from layers.tin import TIN as TIN
from layers.tin import entries_of, triangles_in
from viewer.faces import welded


def tin_of(city: CityTiles, types: Sequence[Any]) -> tuple[Float64, Int32, Int32]:
    """Vertices, triangles and the object of each; all of the city's when it has no TINRelief."""
    entries = entries_of(city, types)
    counts = np.diff(city.entry_triangle)[entries]
    vertices, triangles, _ = welded(*triangles_in(city, entries))
    return vertices, triangles, np.repeat(city.entry_object[entries], counts)
