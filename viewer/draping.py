"""Which pictures lie over which terrain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from layers.arrays import Float64
from viewer.drape import Drape
from viewer.image import ImageView
from viewer.view import LayerView


@runtime_checkable
class Drapable(Protocol):
    """A terrain that pictures can be laid over."""

    def drape(self, drape: Drape) -> None:
        """Lay pictures over it, or take them off."""

    def heights(self, places: Float64) -> Float64:
        """The height at places (n, 2); NaN where there is none."""


def lay(views: Sequence[LayerView]) -> None:
    """Lay the pictures among the views (the uppermost first) over the uppermost terrain that is shown.

    Beside it they lie flat, as low as the lowest ground.
    """
    pictures = [view for view in views if isinstance(view, ImageView)]
    terrains = [view for view in views if isinstance(view, Drapable)]
    laid = tuple(one for view in pictures if (one := view.laid) is not None)
    uppermost = next((view for view in terrains if view.is_shown), None)
    for terrain in terrains:
        terrain.drape(Drape(laid) if terrain is uppermost else Drape())
    lows = [low for group in (terrains, views) if (low := _lowest(group)) is not None]
    for picture in pictures:
        picture.lie(lows[0] if lows else 0.0, uppermost.heights if uppermost is not None else None)


def _lowest(views: Sequence[LayerView]) -> float | None:
    """The lowest height that any of them reaches."""
    lows = [float(v.boxes[:, 0, 2].min()) for v in views if len(v.boxes) and not isinstance(v, ImageView)]
    return min(lows, default=None)
