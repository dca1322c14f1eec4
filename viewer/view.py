"""What every layer's view has in common: what it is made of, and what the scene asks of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

import numpy as np

from layers.arrays import Float64, Int32, Mover
from layers.records import Layer
from viewer.aim import Aim
from viewer.color import LegendEntry
from viewer.columns import Columns
from viewer.faces import Mask
from viewer.patch import Patch
from viewer.picking import Hit, Rectangle, View2D
from viewer.splat import Dots

#: Prefix of `color_by` for colouring by an attribute.
ATTRIBUTE = "attribute:"


@dataclass(frozen=True)
class Source:
    """A layer as it is handed to its view."""

    layer: Layer
    origin: Float64
    columns: Columns
    mover: Mover  # from the layer's CRS into the project's
    left_out: frozenset[str] = frozenset()  # object types that another layer shows
    most_tiles: int = 36


@dataclass
class Shown:
    """Which objects of a layer are drawn, as ghosts, and as selected; by position in the layer."""

    visible: Mask
    ghost: Mask
    selected: Int32 = field(default_factory=lambda: np.empty(0, np.int32))
    outlined: bool = False  # ghosts are outlines alone

    def is_same(self, other: Shown | None) -> bool:
        """Whether another one means the same objects."""
        return (
            other is not None
            and self.outlined == other.outlined
            and np.array_equal(self.visible, other.visible)
            and np.array_equal(self.ghost, other.ghost)
            and np.array_equal(self.selected, other.selected)
        )

    def first(self, count: int) -> Shown:
        """What is shown of the first so many objects: a view may be older than objects that were added."""
        few = self.selected[self.selected < count]
        if len(self.visible) <= max(count, 1) and len(few) == len(self.selected):
            return self
        return replace(self, visible=self.visible[:count], ghost=self.ghost[:count], selected=few)

    @classmethod
    def all(cls, count: int) -> Shown:
        """Everything drawn, nothing selected."""
        size = max(count, 1)
        return cls(np.ones(size, bool), np.zeros(size, bool))


@dataclass(frozen=True)
class Found:
    """A hit with its distance from the eye, to compare with those of other layers."""

    distance_m: float
    hit: Hit


class LayerView(Protocol):
    """One layer as pixels. Made in any thread; afterwards used on the interface thread only."""

    layer: Layer
    boxes: Float64  # (n, 2, 3) world: what it reaches out to

    @property
    def is_shown(self) -> bool:
        """Whether anything of it is drawn now: it is visible, and stands at the date that is shown."""

    def patches(self) -> Iterator[Patch]:
        """Everything drawn, in order."""

    def restyle(self, layer: Layer) -> None:
        """Follow the layer's new style, opacity, LoD and visibility."""

    def update(self, shown: Shown) -> None:
        """Follow what is visible, ghost and selected."""

    def refresh(self, keys: frozenset[str]) -> None:
        """Values of these keys have changed in some objects."""

    def aim(self, aim: Aim) -> None:
        """The city is about to be drawn from here: choose what of it, and how detailed."""

    def catch_up(self, seconds: float) -> bool:
        """Do what is left to do, for about so long; False while something is still left."""

    def set_near(self, near: bool) -> None:
        """Whether the eye is so near that it may be inside something."""

    def set_moving(self, moving: bool) -> None:
        """The camera moves (draw less) or has come to rest."""

    def pick(self, view: View2D, x: float, y: float) -> Found | None:
        """What lies under a pixel position."""

    def pick_box(self, view: View2D, rectangle: Rectangle) -> list[int]:
        """The fids of what is drawn in a rectangle."""

    def legend(self) -> list[LegendEntry]:
        """What the colours mean."""


@runtime_checkable
class Dotted(Protocol):
    """A view with points that the processor draws."""

    @property
    def has_begun(self) -> bool:
        """Whether some of its points have been read."""

    def dots(self) -> Dots | None:
        """What it draws now."""
