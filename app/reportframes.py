"""What the pictures of a report hold: all that a result speaks of, and what is judged up to its top."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import atan, degrees, radians, tan

import numpy as np

from app.resultbox import subject_box
from layers.arrays import Float64
from layers.project import Project
from layers.results import OBSERVERS, Result, Table
from layers.views import View
from viewer.camera import Camera, corners

#: What is so many times as long as it is wide lies along the width of its map.
LONG = 2.5
#: Around a map's subject: a part of its size, and metres where it is small.
ROOM, ROOM_M = 0.02, 85.0
#: Around what is long and thin.
BESIDE_M = 25.0
#: What is long is seen from the side: no less than this sine of the angle between.
ACROSS = 0.7
#: Maps are so high at least and at most, as parts of their width.
FLATTEST, HIGHEST = 0.36, 1.4
#: So many points tell how far a result reaches.
MOST_PLACES = 4000
#: A picture is widened up to this tangent from its middle: farther out all is stretched.
FARTHEST = 2.2
#: Of what is judged so much is free around it, as a part of the picture.
FREE = 0.05


@dataclass(frozen=True)
class MapFrame:
    """How a map is taken: its camera, and its height as a part of its width."""

    camera: Camera
    height: float


def map_frame(project: Project, result: Result, camera: Camera, highest: float = HIGHEST) -> MapFrame:
    """North up, or with what is long and thin along the width of the page."""
    held, bearing = _held(project, result)
    from_above = replace(camera, parallel=True).viewed("top")
    if bearing is not None:
        from_above = replace(from_above, azimuth_deg=(bearing % 180 - 90) % 360)
    ends = np.concatenate([corners(one) for one in held])
    right, up, _ = from_above.basis @ (ends - ends.mean(axis=0)).T
    height = float(np.clip(np.ptp(up) / max(np.ptp(right), 1e-9), FLATTEST, max(highest, FLATTEST)))
    return MapFrame(from_above.fitted(held, 1 / height), height)


def bird_frame(
    project: Project, result: Result, azimuths_deg: Sequence[float]
) -> tuple[Float64, Sequence[float]]:
    """Boxes (n, 2, 3) that a bird's view holds, and which directions of some it may look in."""
    held, bearing = _held(project, result)
    if bearing is None:
        return held, azimuths_deg
    across = [azimuth for azimuth in azimuths_deg if abs(np.sin(np.radians(azimuth - bearing))) >= ACROSS]
    return held, across or azimuths_deg


def _held(project: Project, result: Result) -> tuple[Float64, float | None]:
    """Boxes (n, 2, 3) that hold what a result speaks of, and the azimuth along which it is long."""
    places = _places(result)
    bearing = _bearing(places) if result.grid is not None else None
    if bearing is not None:
        return np.stack((places - BESIDE_M, places + BESIDE_M), axis=1), bearing
    box = subject_box(project, result)
    size = float((box[1] - box[0])[:2].max())
    room = max(ROOM * size, ROOM_M * min(1.0, ROOM_M / max(size, 1.0)))
    return (box + np.array([[-room, -room, 0.0], [room, room, 0.0]]))[None], None


def _places(result: Result) -> Float64:
    """Points that have values, and who looks, (n, 3)."""
    found = [np.empty((0, 3))]
    for table in (result.points, result.tables.get(OBSERVERS, Table())):
        if len(table):
            some = slice(None, None, max(len(table) // MOST_PLACES, 1))
            found.append(np.column_stack([table.numbers(axis)[some] for axis in "xyz"]))
    return np.concatenate(found)


def _bearing(places: Float64) -> float | None:
    """The azimuth along which places lie, where they are much longer than wide."""
    if len(places) < 3:
        return None
    off = places[:, :2] - places[:, :2].mean(axis=0)
    _, sizes, axes = np.linalg.svd(off, full_matrices=False)
    if sizes[0] < LONG * sizes[1]:
        return None
    return degrees(np.arctan2(axes[0, 0], axes[0, 1]))


@dataclass(frozen=True)
class ViewFrame:
    """What a camera takes of what lies before it, as tangents from the direction it looks in."""

    left: float
    right: float
    low: float
    high: float

    @classmethod
    def of_view(cls, view: View) -> ViewFrame:
        """The true field of view."""
        wide = tan(radians(view.fov_deg) / 2)
        return cls(-wide, wide, -wide / view.aspect, wide / view.aspect)

    def holding(self, camera: Camera, boxes: Float64) -> ViewFrame:
        """Widened so that what is in the field of view is seen as a whole, boxes (n, 2, 3)."""
        frame = self
        for box in boxes:
            right, up, depth = camera.basis @ (corners(box) - camera.eye).T
            if depth.min() <= 0:
                continue
            across, above = right / depth, up / depth
            if across.max() <= self.left or across.min() >= self.right or above.max() <= self.low:
                continue
            free = FREE * (self.high - self.low)
            frame = ViewFrame(
                min(frame.left, max(float(across.min()) - free, -FARTHEST)),
                max(frame.right, min(float(across.max()) + free, FARTHEST)),
                frame.low,
                max(frame.high, min(float(above.max()) + free, FARTHEST)),
            )
        return frame

    @property
    def aspect(self) -> float:
        """Width / height."""
        return (self.right - self.left) / (self.high - self.low)

    @property
    def wide_deg(self) -> float:
        """From its left to its right edge."""
        return degrees(atan(self.right) - atan(self.left))

    def camera(self, camera: Camera) -> Camera:
        """One with the same axis that takes all of it."""
        high = max(abs(self.low), abs(self.high))
        return replace(camera, fov_deg=degrees(2 * atan(high)))

    def whole(self, pixels_per_unit: float) -> tuple[int, int]:
        """The size in pixels of a picture with the axis in its middle."""
        wide, high = max(abs(self.left), abs(self.right)), max(abs(self.low), abs(self.high))
        return round(2 * wide * pixels_per_unit), round(2 * high * pixels_per_unit)

    def cut(self, size: tuple[int, int], pixels_per_unit: float) -> tuple[slice, slice]:
        """The rows and columns that it has of such a picture."""
        width, height = size
        return (
            slice(
                max(round(height / 2 - self.high * pixels_per_unit), 0),
                min(round(height / 2 - self.low * pixels_per_unit), height),
            ),
            slice(
                max(round(width / 2 + self.left * pixels_per_unit), 0),
                min(round(width / 2 + self.right * pixels_per_unit), width),
            ),
        )
