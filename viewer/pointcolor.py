"""The colours of points, and what they mean."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layers.arrays import PointTree, UInt8
from layers.points import class_name
from layers.records import Layer
from viewer.color import LegendEntry, nice_step
from viewer.palette import (
    CATEGORY_MAP,
    POINT_CLASS_COLORS,
    STONE,
    color_table,
    hex_color,
    ramp,
    rgb,
    spare_color,
)
from viewer.splat import UInt32
from viewer.stock import Node, packed

LEGEND_ROWS = 5
#: Steps of a colour map over heights.
SHADES = 1024
#: Per cent of the points that lie below the ends of a colour map: a few stray ones do not stretch it.
OF_HEIGHTS, OF_INTENSITIES = (0.5, 99.5), (2.0, 98.0)
GREYS = (45, 235)


class PointColors:
    """How the points of a layer are coloured in its present style."""

    def __init__(self, tree: PointTree, layer: Layer) -> None:
        self._tree, self._layer = tree, layer
        self.way = _way(tree, str(layer.style.get("color_by", "")))
        self._map = str(layer.style.get("color_map") or "")
        self._range = self._ends()
        self._table = packed(self._colors())

    def of(self, node: Node) -> UInt32:
        """One colour per point."""
        if self.way == "rgb" and node.rgb is not None:
            return node.rgb
        if self.way == "height":
            low, high = self._range
            at = (node.heights_m - np.float32(low)) * np.float32(SHADES / (high - low))
            return np.take(self._table, at.astype(np.int32), mode="clip")
        values = node.values(self.way)
        if values is None:
            return np.full(len(node), self._table[0], np.uint32)
        return np.take(self._table, values, mode="clip")

    def legend(self) -> list[LegendEntry]:
        """Classes and return numbers with their counts, or values at even steps."""
        if self.way == "classification":
            return [
                self._row(class_name(code).capitalize(), class_color(code), count)
                for code, count in self._tree.class_counts().items()
            ]
        if self.way == "return_number":
            return [
                self._row(f"Return {number}", hex_color(_return_color(number)), count)
                for number, count in self._tree.return_counts().items()
            ]
        return self._scale() if self.way in ("height", "intensity") else []

    def _row(self, label: str, color: str, count: int) -> LegendEntry:
        return LegendEntry(label, color, count, "points", self._layer.id, self._layer.name)

    def _scale(self) -> list[LegendEntry]:
        low, high = self._range
        step = nice_step(max(high - low, 1e-3) / LEGEND_ROWS)
        marks = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
        colors = self._ramp((marks - low) / (high - low))
        unit, heading = ("m", "Height") if self.way == "height" else ("", "Intensity")
        return [
            LegendEntry(f"{mark:g}", hex_color(color), 0, unit, self._layer.id, heading)
            for mark, color in zip(marks[::-1], colors[::-1], strict=True)
        ]

    def _ends(self) -> tuple[float, float]:
        """What the colour map runs between."""
        if self.way not in ("height", "intensity") or not self._tree.points:
            return 0.0, 1.0
        tree = self._tree
        low, high = tree.heights_m(*OF_HEIGHTS) if self.way == "height" else tree.intensities(*OF_INTENSITIES)
        return low, max(high, low + (1e-3 if self.way == "height" else 1.0))

    def _colors(self) -> UInt8:
        if self.way == "classification":
            return np.array([rgb(class_color(code)) for code in range(256)], np.uint8)
        if self.way == "return_number":
            return np.array([_return_color(number) for number in range(16)], np.uint8)
        if self.way == "height":
            return self._ramp((np.arange(SHADES) + 0.5) / SHADES)
        if self.way == "intensity":
            low, high = self._range
            return self._ramp((np.arange(2**16) - low) / (high - low))
        return rgb(str(self._layer.style.get("color", STONE)))[None]

    def _ramp(self, at: NDArray[np.floating]) -> UInt8:
        if self.way == "intensity" and not self._map:
            dark, bright = GREYS
            grey = np.clip(at, 0, 1) * (bright - dark) + dark
            return np.repeat(grey.astype(np.uint8)[:, None], 3, axis=1)
        return ramp(self._map or "viridis", at)


def _way(tree: PointTree, wanted: str) -> str:
    """What points are coloured by: what the style says if they have it, else what they have."""
    if wanted in ("height", "plain") or (wanted in WAYS and tree.has(wanted)):
        return wanted
    if tree.has("rgb"):
        return "rgb"
    return "classification" if _is_classified(tree) else "height"


WAYS = ("rgb", "classification", "intensity", "return_number")


def _is_classified(tree: PointTree) -> bool:
    """Whether most points have a class that says something."""
    counts = np.asarray(tree.class_count)
    return tree.has("classification") and bool(counts[2:].sum() > counts[:2].sum())


def class_color(code: int) -> str:
    """The colour of an ASPRS class."""
    return POINT_CLASS_COLORS.get(code) or spare_color(str(code))


def _return_color(number: int) -> UInt8:
    table = color_table(CATEGORY_MAP)
    return np.asarray(table[max(number - 1, 0) % len(table)], np.uint8)
