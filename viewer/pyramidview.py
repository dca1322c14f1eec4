"""What views of pyramids have in common: tiles that come and go with the aim, shown or not as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

from layers.records import Layer
from viewer.aim import Aim
from viewer.cut import Node
from viewer.patch import Patch
from viewer.picking import Rectangle, View2D
from viewer.view import Shown


class Patched(Protocol):
    """A tile as it is drawn."""

    patch: Patch


Tile = TypeVar("Tile", bound=Patched)


class PyramidView(Generic[Tile]):
    """A layer that is there as a whole, or is not, and has neither objects nor attributes."""

    def __init__(self, layer: Layer) -> None:
        self.layer: Layer = layer
        self._tiles: dict[Node, Tile] = {}
        self._aim: Aim | None = None
        self._visible = True

    @property
    def is_shown(self) -> bool:
        """Whether anything of it is drawn now."""
        return self.layer.visible and self._visible

    def patches(self) -> Iterator[Patch]:
        """The tiles that are drawn now."""
        for tile in self._tiles.values():
            yield tile.patch

    def restyle(self, layer: Layer) -> None:
        """Follow the layer's opacity and visibility."""
        self.layer = layer
        self._show_all()

    def update(self, shown: Shown) -> None:
        """Everything is visible, or nothing."""
        self._visible = bool(shown.visible[0])
        self._show_all()

    def _show_all(self) -> None:
        self._aim = None
        for tile in self._tiles.values():
            self._show(tile)

    def _show(self, tile: Tile) -> None:
        tile.patch.show(self.is_shown)
        tile.patch.actor.GetProperty().SetOpacity(self.layer.opacity)

    def refresh(self, keys: frozenset[str]) -> None:
        """There are no attributes."""

    def set_near(self, near: bool) -> None:
        """It is seen from both sides."""

    def set_moving(self, moving: bool) -> None:
        """The aim says so."""

    def pick_box(self, view: View2D, rectangle: Rectangle) -> list[int]:
        """There are no objects."""
        return []
