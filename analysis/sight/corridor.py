"""The corridor of a protected view: a wedge in space from an eye to a landmark, and what rises into it.

Lines of sight that just meet a height at the landmark lie in one surface, the threshold surface. It is a
plane over a flat Earth; over the round one everything sinks by (1 - k) d² / 2R with its distance d, and
the surface is that plane once all heights are told as they appear. What rises above it between the
corridor's sides hides what is to be seen. All is counted in float64, on the triangles themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.clipping import Cut, cut, whole
from analysis.sight.sights import STRAIGHT, Bend
from layers.arrays import Float64, Int32
from layers.columns import Mask

#: Outlines of corridors go in stretches that leave their curve by no more than this; building rules use them.
DRAWN_M = 0.005


@dataclass(frozen=True)
class Corridor:
    """A wedge from an eye towards a landmark.

    Places in it are told as (along, across, up): metres along its axis, to the left of it, and above the eye.
    """

    eye: Float64  # (3,) world
    axis: Float64  # (2,) unit, from the eye to the middle of the landmark
    left: float  # across / along on the left side
    right: float  # and on the right one; smaller
    distance_m: float  # along the axis to the landmark
    threshold_z: float  # what is above this is to be seen, at the landmark
    reach_m: float  # along the axis to its end: the landmark, or behind it
    bend: Bend = STRAIGHT

    @property
    def rise(self) -> float:
        """How much the threshold surface rises per metre along the axis, as it appears from the eye."""
        up = self.threshold_z - float(self.eye[2])
        return (up - self.bend.per_m2 * self.distance_m**2) / self.distance_m

    def local(self, points: Float64) -> Float64:
        """Points (…, 2 or 3) of the world as (along, across, up)."""
        away = points - self.eye[: points.shape[-1]]
        along = away[..., 0] * self.axis[0] + away[..., 1] * self.axis[1]
        across = away[..., 1] * self.axis[0] - away[..., 0] * self.axis[1]
        return np.stack((along, across, *np.moveaxis(away[..., 2:], -1, 0)), axis=-1)

    def world(self, local: Float64) -> Float64:
        """Points (…, 2 or 3) of the corridor in the world."""
        x = local[..., 0] * self.axis[0] - local[..., 1] * self.axis[1]
        y = local[..., 0] * self.axis[1] + local[..., 1] * self.axis[0]
        return np.stack((x, y, *np.moveaxis(local[..., 2:], -1, 0)), axis=-1) + self.eye[: local.shape[-1]]

    def threshold_up(self, along: Float64, across: Float64) -> Float64:
        """Height of the threshold surface above the eye."""
        return self.rise * along + self.bend.per_m2 * (along**2 + across**2)

    def above(self, local: Float64) -> Float64:
        """How far points (…, 3) of the corridor lie above its threshold surface, in metres."""
        found: Float64 = local[..., 2] - self.threshold_up(local[..., 0], local[..., 1])
        return found

    def allowed_z(self, places: Float64) -> Float64:
        """The height of the threshold surface at places (n, 2) of the world; NaN beside the corridor."""
        along, across = np.moveaxis(self.local(places), -1, 0)
        found = self.eye[2] + self.threshold_up(along, across)
        return np.where(self.holds(along, across), found, np.nan)

    def holds(self, along: Float64, across: Float64) -> Mask:
        """Which places lie between its sides, the eye and its end."""
        found: Mask = (across <= self.left * along) & (across >= self.right * along) & (along <= self.reach_m)
        return found

    def edge(self, along: Float64, side: float) -> Float64:
        """(n, 2) of the world on one side, so far along the axis."""
        return self.world(np.column_stack((along, side * along)))

    def outline(self) -> Float64:
        """(3, 2) of the world: the eye and the corners of its end."""
        end = np.array([self.reach_m])
        return np.concatenate((self.eye[None, :2], self.edge(end, self.right), self.edge(end, self.left)))

    @property
    def width_m(self) -> float:
        """At the landmark."""
        return (self.left - self.right) * self.distance_m

    @property
    def width_deg(self) -> float:
        """Between its sides, at the eye."""
        return float(np.degrees(np.arctan(self.left) - np.arctan(self.right)))


def axis_to(eye: Float64, places: Float64) -> tuple[Float64, float, float]:
    """The axis from an eye to places (n, 2), and the tangents of the angles to the outermost on both sides.

    The axis halves the angle between them.
    """
    away = places - eye[:2]
    first = away.mean(axis=0)
    turn = np.arctan2(
        first[0] * away[:, 1] - first[1] * away[:, 0], first[0] * away[:, 0] + first[1] * away[:, 1]
    )
    middle, half = (turn.max() + turn.min()) / 2, (turn.max() - turn.min()) / 2
    azimuth = np.arctan2(first[1], first[0]) + middle
    side = float(np.tan(min(half, np.radians(89.0))))
    return np.array((np.cos(azimuth), np.sin(azimuth))), side, -side


def inside(corridor: Corridor, vertices: Float64, triangles: Int32) -> Cut:
    """The pieces of triangles (m, 3) that lie in a corridor."""
    local = corridor.local(vertices)
    along, across = local[:, 0], local[:, 1]
    kept = np.ones(len(triangles), bool)
    for side in (
        corridor.left * along - across,
        across - corridor.right * along,
        corridor.reach_m - along,
        along,
    ):
        kept &= (side >= 0)[triangles].any(axis=1)
    which = np.flatnonzero(kept)
    found = whole(local[triangles[which]], which)
    for slope, sign in ((corridor.left, 1.0), (corridor.right, -1.0)):
        found = cut(found, sign * (slope * found.corners[..., 0] - found.corners[..., 1]))
    return cut(found, corridor.reach_m - found.corners[..., 0])


def highest(corridor: Corridor, pieces: Cut) -> tuple[Float64, Float64]:
    """Of each piece how far it rises above the threshold surface at most, in metres, and where (n, 3).

    That is at a corner, or on an edge where the surface curves away below it; within a face it is never
    more than c r² higher, c being the bend per m² and r the distance to its edges: 0.2 mm at r = 50 m.
    """
    starts, ends = pieces.corners, np.take_along_axis(pieces.corners, pieces.following[..., None], axis=1)
    way = ends - starts
    bend = corridor.bend.per_m2
    length2 = way[..., 0] ** 2 + way[..., 1] ** 2
    ahead = (starts[..., :2] * way[..., :2]).sum(axis=-1)
    slope = way[..., 2] - corridor.rise * way[..., 0] - 2 * bend * ahead
    share = np.zeros(slope.shape)
    np.divide(slope, 2 * bend * length2, out=share, where=bend * length2 > 0)
    places = starts + np.clip(share, 0.0, 1.0)[..., None] * way
    both = np.concatenate((starts, places), axis=1)
    above = np.where(np.tile(pieces.valid, 2), corridor.above(both), -np.inf)
    at = above.argmax(axis=1)
    rows = np.arange(len(at))
    return above[rows, at], both[rows, at]


def breaking(corridor: Corridor, pieces: Cut) -> Cut:
    """What of pieces lies above the threshold surface."""
    return cut(pieces, corridor.above(pieces.corners)) if len(pieces.count) else pieces


def surfaces_of(corridor: Corridor, top_z: float) -> tuple[list[Float64], list[Float64]]:
    """Polygons (k, 3) of the threshold surface, and of the sides and the end of what is above it.

    `top_z` is the height of the landmark: the upper side of the corridor goes there.
    """
    rising = Corridor(
        corridor.eye,
        corridor.axis,
        corridor.left,
        corridor.right,
        corridor.distance_m,
        max(top_z, corridor.threshold_z),
        corridor.reach_m,
        corridor.bend,
    )
    longest = np.sqrt(4 * DRAWN_M / corridor.bend.per_m2) if corridor.bend.per_m2 else np.inf
    along = np.linspace(0.0, corridor.reach_m, 1 + max(1, int(np.ceil(corridor.reach_m / longest))))

    def line(of: Corridor, side: float) -> Float64:
        flat = np.column_stack((along, side * along))
        return of.world(np.column_stack((flat, of.threshold_up(*flat.T))))

    low = line(corridor, corridor.left), line(corridor, corridor.right)
    high = line(rising, corridor.left), line(rising, corridor.right)
    threshold = _strip(*low)
    walls = [*_strip(low[0], high[0]), *_strip(low[1], high[1])]
    walls.append(np.stack((low[0][-1], low[1][-1], high[1][-1], high[0][-1])))
    return threshold, walls


def _strip(one: Float64, other: Float64) -> list[Float64]:
    """Polygons between two lines (n, 3) that begin at the same point."""
    first = np.stack((one[0], one[1], other[1]))
    return [
        first,
        *(np.stack((one[at], one[at + 1], other[at + 1], other[at])) for at in range(1, len(one) - 1)),
    ]
