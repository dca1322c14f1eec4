"""The pictures of a printed comparison: every situation from the same camera, in one light and style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.paper import MM
from app.printed.comparison import ASPECTS, PER_ROW, Comparison
from layers.arrays import Float64, UInt8
from layers.project import Project
from viewer.arrangement import GAP, GRID, Arrangement
from viewer.camera import Camera, corners
from viewer.color import LegendEntry
from viewer.studio import staged

#: Pixels of a view per millimetre of paper (230 per inch), and between views on paper in points.
FINENESS, BETWEEN = 9.0, 10.0


@dataclass(frozen=True, eq=False)
class Seen:
    """What was drawn, and how."""

    pictures: Sequence[UInt8]  # of each situation
    legend: Sequence[LegendEntry]
    camera: Camera

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of every picture in pixels."""
        height, width, _ = self.pictures[0].shape
        return width, height

    def holds(self, box: Float64) -> bool:
        """Whether something within a box (2, 3) in world coordinates lies in the pictures."""
        width, height = self.size
        x, y, depth = self.camera.project(corners(box), width, height).T
        if not self.camera.parallel and (depth <= 0).all():
            return False
        x, y = (values[(depth > 0) | self.camera.parallel] for values in (x, y))
        return bool(x.min() < width and x.max() > 0 and y.min() < height and y.max() > 0)

    def top_of(self, box: Float64) -> tuple[float, float]:
        """The pixel of the middle of the upper side of a box (2, 3)."""
        middle = np.array([[*box[:, :2].mean(axis=0), box[1, 2]]])
        x, y, _ = self.camera.project(middle, *self.size)[0].tolist()
        return x, y


def seen(project: Project, comparison: Comparison) -> Seen:
    """Draw all situations, without words on them, which the sheet has as vectors."""
    count = len(comparison.showings)
    across = PER_ROW[count]
    width = round((comparison.page.width / across - BETWEEN) / MM * FINENESS)
    height, down = round(width / ASPECTS[count]), -(-count // across)
    size = across * width + (across - 1) * GAP, down * height + (down - 1) * GAP
    arrangement = Arrangement(GRID) if down > 1 else Arrangement()
    with staged(project, size, comparison.take, comparison.showings, arrangement) as panes:
        for number, sun in enumerate(comparison.suns):
            panes.set_sun(number, sun)
        panes.settle()
        whole = panes.frame(fine=True)
        areas = [panes.area(number) for number in range(count)]
        pictures = [whole[y : y + height, x : x + width].copy() for x, y, _, _ in areas]
        return Seen(pictures, panes.legend(), panes.camera)
