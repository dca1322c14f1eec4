"""What lies under a place of the picture, among all layers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from viewer.camera import Camera
from viewer.picking import Hit, Rectangle, View2D, stretched
from viewer.view import Found, LayerView

#: A surface more transparent than this is picked only where nothing lies behind it.
SEEN_THROUGH = 0.7


def nearest(views: Iterable[LayerView], view: View2D, x: float, y: float) -> Hit | None:
    """What lies under a pixel position."""
    solid: list[Found] = []
    clear: list[Found] = []
    for layer in views:
        found = layer.pick(view, x, y)
        if found is not None:
            (solid if layer.layer.opacity > SEEN_THROUGH else clear).append(found)
    first = min(solid or clear, key=lambda found: found.distance_m, default=None)
    return first.hit if first is not None else None


def within(views: Iterable[LayerView], view: View2D, rectangle: Rectangle) -> list[int]:
    """The fids of what is drawn in a rectangle."""
    return sorted({fid for layer in views for fid in layer.pick_box(view, rectangle)})


def ground_height(
    views: Sequence[LayerView], view: View2D, x: float, y: float, above_m: float
) -> float | None:
    """Height, as drawn, of the terrain at a place; of anything one could stand on without terrain.

    `above_m` is a height above all that is drawn.
    """
    camera = Camera(np.array([x, y, above_m]), 1.0, azimuth_deg=0.0, altitude_deg=90.0)
    down = replace(view, camera=camera)
    kinds = [one for one in views if one.layer.kind == "terrain"] or views
    middle = view.width / 2, view.height / 2
    points = [found.hit.point_in_world for one in kinds if (found := one.pick(down, *middle)) is not None]
    if not points:
        return None
    return float(stretched(np.array(points), view.origin, view.stretch)[:, 2].max())
