"""The colours of terrain: one for all, or a colour map along the heights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layers.records import Layer
from viewer.color import LegendEntry, nice_step
from viewer.palette import EARTH, hex_color, ramp, rgb

LEGEND_ROWS = 5
HEIGHT_MAP = "heights"


class Tint:
    """What the style of a layer says, for heights from `low` to `high`."""

    def __init__(self, layer: Layer, low: float, high: float) -> None:
        self._layer, self._low, self._high = layer, low, high
        self._by_height = layer.style.get("color_by") == "height"
        self._map = str(layer.style.get("color_map") or HEIGHT_MAP)
        self._color = str(layer.style.get("color", EARTH))

    def colors(self, heights: NDArray[np.floating]) -> NDArray[np.float32]:
        """The colour of every height, (n, 3); the lowest where there is none."""
        if not self._by_height:
            return np.broadcast_to(rgb(self._color).astype(np.float32), (len(heights), 3))
        part = (np.nan_to_num(heights, nan=self._low) - self._low) / max(self._high - self._low, 1e-9)
        return ramp(self._map, part).astype(np.float32)

    def legend(self) -> list[LegendEntry]:
        """Heights at even steps, or the one colour."""
        layer = self._layer
        if not self._by_height:
            return [LegendEntry(layer.name, self._color, 0, "", layer.id, "Terrain")]
        step = nice_step(max(self._high - self._low, 1e-3) / LEGEND_ROWS)
        marks = np.arange(np.ceil(self._low / step), np.floor(self._high / step) + 1) * step
        colors = ramp(self._map, (marks - self._low) / max(self._high - self._low, 1e-9))
        return [
            LegendEntry(f"{mark:g}", hex_color(color), 0, "m", layer.id, "Height")
            for mark, color in zip(marks[::-1], colors[::-1], strict=True)
        ]
