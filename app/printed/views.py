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
#: In a picture is of what so much is within it, or what takes so much of it.
LEAST_SHARE = 0.25
#: What fills the views has so much of its surroundings around it, as a share of its size, and in metres.
AROUND, LEAST_AROUND_M = 0.25, 20.0


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
        """Whether a good part of a box (2, 3) in world coordinates lies in the pictures.

        Of what a corner reaches into them nothing may be seen.
        """
        width, height = self.size
        seen = self.camera.project(corners(box), width, height)
        seen = seen[(seen[:, 2] > 0) | self.camera.parallel][:, :2]
        if not len(seen):
            return False
        low, high = seen.min(axis=0), np.maximum(seen.max(axis=0), seen.min(axis=0) + 1.0)
        inside = np.clip(np.minimum(high, self.size) - np.maximum(low, 0.0), 0.0, None).prod()
        return bool(inside >= LEAST_SHARE * min((high - low).prod(), float(width * height)))

    def top_of(self, box: Float64) -> tuple[float, float]:
        """The pixel of the middle of the upper side of a box (2, 3)."""
        middle = np.array([[*box[:, :2].mean(axis=0), box[1, 2]]])
        x, y, _ = self.camera.project(middle, *self.size)[0].tolist()
        return x, y


def seen(project: Project, comparison: Comparison, differing: Sequence[Float64] = ()) -> Seen:
    """Draw all situations, one after the other in one scene, so that each is drawn as finely as the others.

    Boxes (2, 3) of what differs fill the views, from the side that was asked for. There are no words on the
    pictures, which the sheet has as vectors.
    """
    count = len(comparison.showings)
    width = round((comparison.page.width / PER_ROW[count] - BETWEEN) / MM * FINENESS)
    size = width, round(width / ASPECTS[count])
    for showing in comparison.showings:
        check_showing(project, showing)
    pictures, legend = [], dict[LegendEntry, None]()
    with staged(project, size, comparison.take, comparison.showings[:1]) as panes:
        if len(differing):
            panes.camera = panes.camera.fitted(_with_surroundings(np.stack(differing)), ASPECTS[count])
        for number, showing in enumerate(comparison.showings):
            panes.show(0, showing)
            if comparison.suns:
                panes.set_sun(0, comparison.suns[number])
            panes.settle()
            pictures.append(panes.frame(fine=True).copy())
            for entry in panes.legend():
                legend[replace(entry, count=0, unit="", layer=0)] = None
        return Seen(pictures, list(legend), panes.camera)


def _with_surroundings(boxes: Float64) -> Float64:
    """The box (2, 3) of boxes (n, 2, 3) and of what lies around them."""
    low, high = boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)
    around = max(AROUND * float(np.ptp([low[:2], high[:2]], axis=0).max()), LEAST_AROUND_M)
    aside = np.array([around, around, 0.0])
    found: Float64 = np.stack((low - aside, high + aside))
    return found
