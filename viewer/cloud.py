"""Clouds that are in memory as a whole, as pixels: thinned while moving."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from layers.arrays import Cloud, Float64, UInt8
from layers.points import CLASS_NAMES
from layers.records import Layer
from viewer.aim import Aim
from viewer.color import LegendEntry, nice_step
from viewer.faces import boxes_of_runs, outer_boxes, tile_numbers
from viewer.palette import POINT_CLASS_COLORS, STONE, hex_color, ramp, rgb, spare_color
from viewer.patch import POINTS, Patch
from viewer.picking import Blocks, Hit, Rectangle, View2D, nearest_point
from viewer.view import Found, Shown, Source

#: Drawn while the camera moves; all are drawn when it rests.
MOVING_POINTS = 400_000
POINTS_PER_BLOCK = 2_000
MOST_BLOCKS = 4_096
POINT_SIZE = 2.0
LEGEND_ROWS = 5


class CloudView:
    """A layer of points."""

    def __init__(self, source: Source, cloud: Cloud) -> None:
        self.layer: Layer = source.layer
        self._source, self._cloud = source, cloud
        self._points = np.asarray(cloud.points)
        self._blocks = _blocks(self._points)
        self.boxes: Float64 = outer_boxes(self._blocks.box)
        self._all, self._thin = Patch(POINTS), Patch(POINTS)
        self._stride = max(1, -(-len(self._points) // MOVING_POINTS))
        self._moving, self._visible = False, True
        self._fill(self._all, slice(None))
        if self._stride > 1:
            self._fill(self._thin, slice(None, None, self._stride))
        self._color()
        self._show()

    def _fill(self, patch: Patch, chosen: slice) -> None:
        points = self._points[chosen]
        patch.fill(points, self._source.origin, np.arange(len(points), dtype=np.int32)[:, None], None)

    @property
    def color_by(self) -> str:
        """What the points are coloured by: what the style says if the cloud has it, else what it has."""
        cloud, wanted = self._cloud, str(self.layer.style.get("color_by", ""))
        has = {
            "rgb": cloud.rgb is not None,
            "classification": cloud.classification is not None,
            "intensity": cloud.intensity is not None,
            "height": True,
            "plain": True,
        }
        if has.get(wanted):
            return wanted
        if has["rgb"]:
            return "rgb"
        return "classification" if self._is_classified() else "height"

    def _is_classified(self) -> bool:
        """Whether most points have a class that says something."""
        codes = self._cloud.classification
        if codes is None or not len(codes):
            return False
        return float((codes[:: self._stride] > 1).mean()) > 0.5

    def _colors(self) -> UInt8:
        cloud, way = self._cloud, self.color_by
        if way == "rgb" and cloud.rgb is not None:
            return np.asarray(cloud.rgb)
        if way == "classification" and cloud.classification is not None:
            table = np.array([rgb(_class_color(code)) for code in range(256)], np.uint8)
            return table[cloud.classification]
        if way == "intensity" and cloud.intensity is not None:
            low, high = np.percentile(cloud.intensity[:: self._stride], (2, 98))
            grey = np.clip((cloud.intensity - low) / max(high - low, 1.0), 0, 1) * 190 + 45
            return np.repeat(grey.astype(np.uint8)[:, None], 3, axis=1)
        if way == "plain":
            return np.tile(rgb(str(self.layer.style.get("color", STONE))), (len(self._points), 1))
        low, high = self._heights()
        return ramp(self._map, (self._points[:, 2] - low) / max(high - low, 1e-9))

    def _heights(self) -> tuple[float, float]:
        """Heights the colours run between; a few stray points do not stretch them."""
        if not len(self._points):
            return 0.0, 1.0
        low, high = np.percentile(self._points[:: self._stride, 2], (0.5, 99.5))
        return float(low), float(high)

    @property
    def _map(self) -> str:
        return str(self.layer.style.get("color_map") or "viridis")

    def _color(self) -> None:
        colors = self._colors()
        self._all.recolor(colors)
        if self._stride > 1:
            self._thin.recolor(colors[:: self._stride])

    def patches(self) -> Iterator[Patch]:
        """All points, and the fewer that are drawn while moving."""
        yield self._all
        yield self._thin

    def restyle(self, layer: Layer) -> None:
        """Follow the layer's new style, opacity and visibility."""
        before, self.layer = self.layer, layer
        if before.style != layer.style:
            self._color()
        self._show()

    def update(self, shown: Shown) -> None:
        """A cloud is there as a whole, or it is not."""
        self._visible = bool(shown.visible[0])
        self._show()

    def refresh(self, keys: frozenset[str]) -> None:
        """A cloud has no attributes."""

    def aim(self, aim: Aim) -> None:
        """All points are always there."""

    def catch_up(self, seconds: float) -> bool:
        """Nothing is ever left to do."""
        return True

    def set_near(self, near: bool) -> None:
        """Points have no inside."""

    def set_moving(self, moving: bool) -> None:
        """Draw fewer points until the camera rests."""
        self._moving = moving
        self._show()

    def _show(self) -> None:
        shown, thin = self.layer.visible and self._visible, self._moving and self._stride > 1
        self._all.show(shown and not thin)
        self._thin.show(shown and thin)
        size = float(self.layer.style.get("point_size", POINT_SIZE))
        for patch in self.patches():
            patch.width = size
            patch.actor.GetProperty().SetOpacity(self.layer.opacity)

    def pick(self, view: View2D, x: float, y: float) -> Found | None:
        """The front-most point near a pixel position."""
        if not (self.layer.visible and self._visible):
            return None
        found = nearest_point(view, x, y, self._points, self._blocks)
        if found is None:
            return None
        point = np.array(self._points[found[1]])
        return Found(found[0], Hit(self.layer.id, None, None, point, point))

    def pick_box(self, view: View2D, rectangle: Rectangle) -> list[int]:
        """Points are not objects: nothing to select."""
        return []

    def legend(self) -> list[LegendEntry]:
        """Classes with their counts, or heights at even steps."""
        cloud, layer, way = self._cloud, self.layer, self.color_by
        if way == "classification" and cloud.classification is not None:
            counts = np.bincount(cloud.classification, minlength=256)
            return [
                LegendEntry(
                    _class_name(code), _class_color(code), int(counts[code]), "points", layer.id, layer.name
                )
                for code in np.flatnonzero(counts).tolist()
            ]
        if way != "height":
            return []
        low, high = self._heights()
        step = nice_step(max(high - low, 1e-3) / LEGEND_ROWS)
        marks = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
        colors = ramp(self._map, (marks - low) / max(high - low, 1e-9))
        return [
            LegendEntry(f"{mark:g}", hex_color(color), 0, "m", layer.id, "Height")
            for mark, color in zip(marks[::-1], colors[::-1], strict=True)
        ]


def _class_color(code: int) -> str:
    return POINT_CLASS_COLORS.get(code) or spare_color(str(code))


def _class_name(code: int) -> str:
    return CLASS_NAMES.get(code, f"class {code}").capitalize()


def _blocks(points: Float64) -> Blocks:
    count = int(np.clip(len(points) // POINTS_PER_BLOCK, 1, MOST_BLOCKS))
    block = tile_numbers(points, count)
    order = np.argsort(block, kind="stable")
    start = np.flatnonzero(np.r_[True, np.diff(block[order]) != 0]) if len(points) else np.empty(0, np.int64)
    boxes = boxes_of_runs(points[order], start)
    return Blocks(order, np.r_[start, len(points)], boxes)
