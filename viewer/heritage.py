"""Scanned surfaces as pixels, in their own colours or in stone."""

from __future__ import annotations

from math import inf

import numpy as np

from layers.arrays import Scan
from layers.records import Layer
from viewer.color import LegendEntry
from viewer.palette import STONE, rgb
from viewer.surface import SurfaceView
from viewer.view import Shown, Source


class ScanView(SurfaceView):
    """A scanned mesh."""

    def __init__(self, source: Source, scan: Scan) -> None:
        triangles = np.asarray(scan.triangles)
        super().__init__(source, np.asarray(scan.vertices), triangles, np.zeros(len(triangles), np.int32))
        self._scan = scan
        self._color()
        self.update(Shown.all(source.columns.count))
        self.catch_up(inf)

    @property
    def _has_own_colors(self) -> bool:
        return self._scan.rgb is not None and self.layer.style.get("color_by", "rgb") == "rgb"

    def _color(self) -> None:
        if self._scan.rgb is not None and self._has_own_colors:
            self.color(self._scan.rgb[self._origin_of].astype(np.float32) * 1.04)
        else:
            self.color(rgb(str(self.layer.style.get("color", STONE))).astype(np.float32))

    def style_changed(self, before: Layer) -> None:
        """Colours follow the style."""
        self._color()

    def legend(self) -> list[LegendEntry]:
        """The one colour, where there is one."""
        if self._has_own_colors:
            return []
        color = str(self.layer.style.get("color", STONE))
        return [LegendEntry(self.layer.name, color, 1, "", self.layer.id, "Heritage")]
