"""Clip boxes: what lies inside or outside of boxes is not drawn and not picked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from layers.arrays import Float64
from layers.columns import Mask


@dataclass(frozen=True, eq=False)
class Clip:
    """Shown is what lies in any of `kept` (in all the world without any) and in none of `cut`."""

    kept: Float64  # (k, 2, 3) world
    cut: Float64  # (c, 2, 3) world

    @classmethod
    def of(cls, style: Mapping[str, Any]) -> Clip:
        """What a layer's style says; entries that say nothing are passed over.

        `clip` is a list of {"box": [minx, miny, minz, maxx, maxy, maxz], "keep": "inside" | "outside"}.
        """
        boxes: dict[str, list[Float64]] = {"inside": [], "outside": []}
        entries = style.get("clip")
        for entry in entries if isinstance(entries, list) else ():
            box = _box(entry.get("box")) if isinstance(entry, dict) else None
            if box is not None:
                boxes["outside" if entry.get("keep") == "outside" else "inside"].append(box)
        kept, cut = (np.array(found).reshape(-1, 2, 3) for found in boxes.values())
        return cls(kept, cut)

    def __bool__(self) -> bool:
        return bool(len(self.kept) or len(self.cut))

    def shows(self, points: Float64) -> Mask:
        """Which points (n, 3) are shown; the sides of a box belong to it."""
        shown = np.full(len(points), not len(self.kept))
        for box in self.kept:
            shown |= _inside(points, box)
        for box in self.cut:
            shown &= ~_inside(points, box)
        return shown

    def may_show(self, boxes: Float64) -> Mask:
        """Which boxes (n, 2, 3) may hold something that is shown."""
        shown = np.full(len(boxes), not len(self.kept))
        for box in self.kept:
            shown |= (boxes[:, 0] <= box[1]).all(axis=1) & (boxes[:, 1] >= box[0]).all(axis=1)
        for box in self.cut:
            shown &= ~(_inside(boxes[:, 0], box) & _inside(boxes[:, 1], box))
        return shown

    def narrowed(self, boxes: Float64) -> Float64:
        """Boxes around what may be shown of boxes (n, 2, 3); empty ones are left out."""
        if len(self.kept):
            low = np.maximum(boxes[:, None, 0], self.kept[None, :, 0]).reshape(-1, 3)
            high = np.minimum(boxes[:, None, 1], self.kept[None, :, 1]).reshape(-1, 3)
            boxes = np.stack((low, high), axis=1)
        return boxes[(boxes[:, 0] <= boxes[:, 1]).all(axis=1)]

    def shows_all(self, boxes: Float64) -> Mask:
        """Which boxes (n, 2, 3) are shown with all they hold."""
        whole = np.full(len(boxes), not len(self.kept))
        for box in self.kept:
            whole |= _inside(boxes[:, 0], box) & _inside(boxes[:, 1], box)
        for box in self.cut:
            whole &= (boxes[:, 0] > box[1]).any(axis=1) | (boxes[:, 1] < box[0]).any(axis=1)
        return whole


def _box(numbers: object) -> Float64 | None:
    """A box (2, 3) from six numbers in any order of its sides."""
    if not isinstance(numbers, list) or len(numbers) != 6:
        return None
    if not all(isinstance(number, int | float) for number in numbers):
        return None
    return np.sort(np.array(numbers, np.float64).reshape(2, 3), axis=0)


def _inside(points: Float64, box: Float64) -> Mask:
    found = np.ones(len(points), bool)
    for axis in range(3):  # column by column: several times faster than along the rows
        along = points[:, axis]
        found &= (along >= box[0, axis]) & (along <= box[1, axis])
    return found
