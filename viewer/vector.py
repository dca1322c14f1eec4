"""Areas, lines and points as pixels: their outlines on the ground, and a pin at every point."""

from __future__ import annotations

import numpy as np

from layers.arrays import Float64, Int32
from layers.pipes import Terrain
from layers.records import Layer
from layers.vector import AREA, POINT, Shapes
from viewer.bodies import BodiesView
from viewer.color import Classes, LegendEntry, classify
from viewer.palette import object_color, rgb
from viewer.solids import Solids, pins, tubes
from viewer.view import ATTRIBUTE, Source

LINE_RADIUS_M = 0.25
PIN_HEIGHT_M = 6.0


class VectorView(BodiesView):
    """A layer of areas, lines and points."""

    def __init__(self, source: Source, shapes: Shapes, terrain: Terrain | None) -> None:
        solids, objects = _solids(shapes, _heights(shapes, terrain))
        super().__init__(source, solids, objects)
        self._classes: Classes | None = None
        self._color()
        self.begin()

    @property
    def _one_color(self) -> str:
        return str(self.layer.style.get("color") or object_color("LandUse"))

    def _color(self) -> None:
        style = self.layer.style
        way = str(style.get("color_by", ""))
        key = "type" if way == "type" else way.removeprefix(ATTRIBUTE) if way.startswith(ATTRIBUTE) else ""
        self._classes = None
        if key:
            values = self._source.columns.values(key)
            method, classes = str(style.get("method", "")), int(style.get("classes", 6))
            self._classes = classify(values, method, classes, str(style.get("color_map", "")))
            colors = self._classes.colors.astype(np.float32)
            self._base = colors[self._classes.codes[self._faces.part_object]]
        else:
            self._base[:] = rgb(self._one_color)

    def style_changed(self, before: Layer) -> None:
        """Colours follow the style."""
        self._color()

    def refresh(self, keys: frozenset[str]) -> None:
        """Recolour when the layer is coloured by a value that changed."""
        way = str(self.layer.style.get("color_by", ""))
        if way.startswith(ATTRIBUTE) and way.removeprefix(ATTRIBUTE) in keys:
            self._color()
            self._fade()

    def legend(self) -> list[LegendEntry]:
        """Classes with counts, or the one colour."""
        layer, shown = self.layer, np.unique(self._faces.part_object[self._visible])
        if self._classes is not None:
            heading = str(layer.style.get("color_by", "")).removeprefix(ATTRIBUTE)
            return self._classes.legend(layer.id, heading, shown)
        return [LegendEntry(layer.name, self._one_color, len(shown), "objects", layer.id, layer.name)]


def _heights(shapes: Shapes, terrain: Terrain | None) -> Float64:
    """The corners, on the terrain where they have no heights of their own, else at 0."""
    corners = shapes.corners.copy()
    missing = np.isnan(corners[:, 2])
    if terrain is not None and missing.any():
        corners[missing, 2] = terrain(corners[missing, :2])
    corners[:, 2] = np.nan_to_num(corners[:, 2], nan=0.0)
    return corners


def _solids(shapes: Shapes, corners: Float64) -> tuple[Solids, Int32]:
    """A pin at every point, a thin tube along every line and ring; and whose they are."""
    part_of = np.repeat(np.arange(len(shapes.part_kind)), np.diff(shapes.part_start))
    kinds = shapes.part_kind[part_of]
    lines: list[Float64] = []
    owners: list[int] = []
    for ring in np.flatnonzero(kinds != POINT).tolist():
        line = corners[shapes.ring_start[ring] : shapes.ring_start[ring + 1]]
        if kinds[ring] == AREA:
            line = np.concatenate((line, line[:1]))
        if len(line) > 1:
            lines.append(line)
            owners.append(int(shapes.part_object[part_of[ring]]))
    points = np.concatenate([np.empty((0, 3)), *lines])
    offsets = np.concatenate(([0], np.cumsum([len(line) for line in lines], dtype=np.int64)))
    single = np.flatnonzero(kinds == POINT)
    solids = tubes(points, offsets, np.full(len(points), LINE_RADIUS_M))
    solids = solids.then(pins(corners[shapes.ring_start[single]], PIN_HEIGHT_M))
    return solids, np.concatenate((owners, shapes.part_object[part_of[single]])).astype(np.int32)
