"""Terrain as pixels: a shaded surface from a raster or from TINRelief, tinted by height or plain."""

from __future__ import annotations

import numpy as np

from layers.arrays import CityTiles, Grid
from layers.records import Layer
from layers.terrain import surface
from viewer.color import LegendEntry, nice_step
from viewer.palette import EARTH, hex_color, ramp, rgb
from viewer.surface import SurfaceView
from viewer.tin import tin_of
from viewer.view import Source

MOST_VERTICES = 250_000
#: Gentle slopes are shaded as if this much steeper, as on relief maps.
STEEPENED = 2.0
LEGEND_ROWS = 5
HEIGHT_MAP = "heights"


class TerrainView(SurfaceView):
    """A layer of terrain."""

    def __init__(self, source: Source, drawable: CityTiles | Grid) -> None:
        if isinstance(drawable, CityTiles):
            vertices, triangles, owner = tin_of(drawable, source.columns.values("type"))
        else:
            vertices, triangles = surface(drawable, source.mover, MOST_VERTICES)
            owner = np.zeros(len(triangles), np.int32)
        super().__init__(source, vertices, triangles, owner, STEEPENED)
        height = self._faces.vertices[:, 2]
        self._range = (float(height.min()), float(height.max())) if len(height) else (0.0, 0.0)
        self._color()
        self.begin()

    def _color(self) -> None:
        style = self.layer.style
        if style.get("color_by") == "height":
            low, high = self._range
            part = (self._faces.vertices[:, 2] - low) / max(high - low, 1e-9)
            self.color(ramp(self._map, part).astype(np.float32))
        else:
            self.color(rgb(str(style.get("color", EARTH))).astype(np.float32))

    @property
    def _map(self) -> str:
        return str(self.layer.style.get("color_map") or HEIGHT_MAP)

    def style_changed(self, before: Layer) -> None:
        """Colours follow the style."""
        self._color()

    def legend(self) -> list[LegendEntry]:
        """Heights at even steps, or the one colour."""
        layer = self.layer
        if layer.style.get("color_by") != "height":
            color = str(layer.style.get("color", EARTH))
            return [LegendEntry(layer.name, color, 0, "", layer.id, "Terrain")]
        low, high = self._range
        step = nice_step(max(high - low, 1e-3) / LEGEND_ROWS)
        marks = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
        colors = ramp(self._map, (marks - low) / max(high - low, 1e-9))
        return [
            LegendEntry(f"{mark:g}", hex_color(color), 0, "m", layer.id, "Height")
            for mark, color in zip(marks[::-1], colors[::-1], strict=True)
        ]
