"""The pictures of a printed comparison: every situation from the same camera, in one light and style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.paper import MM
from app.printed.comparison import ASPECTS, PER_ROW, Comparison
from layers.arrays import Float64, UInt8
from layers.project import Project
from viewer.camera import Camera, corners
from viewer.color import LegendEntry
from viewer.studio import check_showing, staged

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
    """Draw all situations, one after the other in one scene, so that each is drawn as finely as the others.

    There are no words on them, which the sheet has as vectors.
    """
    count = len(comparison.showings)
    width = round((comparison.page.width / PER_ROW[count] - BETWEEN) / MM * FINENESS)
    size = width, round(width / ASPECTS[count])
    for showing in comparison.showings:
        check_showing(project, showing)
    pictures, legend = [], dict[LegendEntry, None]()
    with staged(project, size, comparison.take, comparison.showings[:1]) as panes:
        for number, showing in enumerate(comparison.showings):
            panes.show(0, showing)
            if comparison.suns:
                panes.set_sun(0, comparison.suns[number])
            panes.settle()
            pictures.append(panes.frame(fine=True).copy())
            for entry in panes.legend():
                legend[replace(entry, count=0, unit="", layer=0)] = None
        return Seen(pictures, list(legend), panes.camera)
