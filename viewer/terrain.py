"""Terrain as pixels: the shaded surface of TINRelief; that of rasters is in `viewer.raster`."""

from __future__ import annotations

from layers.arrays import CityTiles
from layers.records import Layer
from layers.relief import STEEPENED
from viewer.color import LegendEntry
from viewer.surface import SurfaceView
from viewer.tin import tin_of
from viewer.tint import Tint
from viewer.view import Source


class TinView(SurfaceView):
    """A layer of terrain made of triangles."""

    def __init__(self, source: Source, city: CityTiles) -> None:
        vertices, triangles, owner = tin_of(city, source.columns.values("type"))
        super().__init__(source, vertices, triangles, owner, STEEPENED)
        height = self._faces.vertices[:, 2]
        self._range = (float(height.min()), float(height.max())) if len(height) else (0.0, 0.0)
        self._tint = Tint(self.layer, *self._range)
        self._color()
        self.begin()

    def _color(self) -> None:
        self.color(self._tint.colors(self._faces.vertices[:, 2]))

    def style_changed(self, before: Layer) -> None:
        """Colours follow the style."""
        self._tint = Tint(self.layer, *self._range)
        self._color()

    def legend(self) -> list[LegendEntry]:
        """Heights at even steps, or the one colour."""
        return self._tint.legend()
