"""The blocks of a layer as they are held by the graphics driver, filled a stretch at a time."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from viewer.aim import Aim
from viewer.blocks import Blocks
from viewer.patch import Patch

#: Blocks in one patch: no more than is filled, and drawn, in a short step.
BLOCKS_PER_PATCH = 25_000
NOWHERE = np.zeros(3, np.float32)


class BlockField:
    """Blocks as seen from one place."""

    def __init__(self) -> None:
        self.patches: list[Patch] = []
        self._blocks: Blocks | None = None
        self._aim: Aim | None = None
        self._shows = (True, True)
        self._filled = 0
        self._held: list[Blocks] = []  # by patch: what was last filled in, as seen from where `_seen` says
        self._seen: tuple[Aim, tuple[bool, bool]] | None = None
        self._culls, self._opacity, self._visible = True, 1.0, True

    def look(self, culls: bool, opacity: float, visible: bool) -> None:
        """Whether sides turned away are drawn, how opaque they are, and whether they are shown."""
        self._culls, self._opacity, self._visible = culls, opacity, visible
        for patch in self.patches:
            self._dress(patch)

    def _dress(self, patch: Patch) -> None:
        patch.actor.GetProperty().SetBackfaceCulling(self._culls)
        patch.actor.GetProperty().SetOpacity(self._opacity)
        patch.show(self._visible)

    def begin(self, blocks: Blocks, aim: Aim, tops: bool, sides: bool) -> None:
        """Show these from now on, once `advance` has filled them in."""
        self._blocks, self._aim, self._shows, self._filled = blocks, aim, (tops, sides), 0
        if self._seen is None or not aim.is_same(self._seen[0]) or self._seen[1] != self._shows:
            self._held, self._seen = [], (aim, self._shows)

    def advance(self, end: float) -> bool:
        """Fill patches until the time `end`; False while some are left."""
        while self._blocks is not None and self._aim is not None:
            number, first = self._filled, self._filled * BLOCKS_PER_PATCH
            if number == len(self.patches):
                if first >= len(self._blocks.base):
                    break
                self.patches.append(Patch())
                self._dress(self.patches[-1])
            stretch = self._blocks.stretch(first, first + BLOCKS_PER_PATCH)
            self._filled += 1
            if number < len(self._held) and stretch.is_same(self._held[number]):
                continue
            points, triangles, colors = stretch.faces(self._aim, *self._shows)
            self.patches[number].fill(points, NOWHERE, triangles, colors)
            self._held[number:] = [stretch, *self._held[number + 1 :]]
            if perf_counter() > end:
                return False
        self._blocks = None
        return True
