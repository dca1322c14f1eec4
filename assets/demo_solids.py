"""Closed solids for the demo city: a roof is the lowest of several planes over a convex footprint.

    gable     two planes through the ridge         half-hip  gable and two steep end planes
    hip       gable and two end planes             mansard   steep lower and shallow upper planes
    pyramid   one plane for each edge              flat      one level plane

Coordinates are metres from the corner of the demo area; points of a solid are whole millimetres.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

XY = tuple[float, float]
Point = tuple[int, int, int]  # millimetres
Ring = tuple[Point, ...]
MILLIMETRES = 1000.0
WELD_MM = 2


@dataclass(frozen=True)
class Plane:
    """z = a x + b y + c"""

    a: float
    b: float
    c: float

    def at(self, p: XY) -> float:
        """The height over `p`."""
        return self.a * p[0] + self.b * p[1] + self.c


@dataclass(frozen=True)
class Face:
    """One planar polygon, its outer ring counter-clockwise seen from outside; then its holes."""

    kind: str
    rings: tuple[Ring, ...]


@dataclass(frozen=True)
class Solid:
    """Faces that close a volume."""

    faces: tuple[Face, ...]

    def edge_uses(self) -> Counter[tuple[Point, Point]]:
        """How often each directed edge occurs."""
        return Counter(edge for face in self.faces for ring in face.rings for edge in pairs(ring))

    def is_closed(self) -> bool:
        """Whether every edge is used once in each direction."""
        uses = self.edge_uses()
        return bool(uses) and all(n == 1 and uses.get((b, a)) == 1 for (a, b), n in uses.items())

    def height_range_m(self) -> tuple[float, float]:
        """Lowest and highest vertex."""
        heights = [p[2] for face in self.faces for ring in face.rings for p in ring]
        return min(heights) / MILLIMETRES, max(heights) / MILLIMETRES


def pairs(ring: Sequence[Point]) -> Iterator[tuple[Point, Point]]:
    """The edges of a closed ring."""
    return zip(ring, (*ring[1:], ring[0]), strict=True)


def millimetres(x: float, y: float, z: float) -> Point:
    """A point on the millimetre grid."""
    return round(x * MILLIMETRES), round(y * MILLIMETRES), round(z * MILLIMETRES)


class _Welded:
    """Points of one solid; a point within 2 mm of an earlier one is that point."""

    def __init__(self) -> None:
        self.points: list[Point] = []

    def add(self, p: XY, z: float) -> Point:
        wanted = millimetres(p[0], p[1], z)
        for known in self.points:
            if all(abs(k - w) <= WELD_MM for k, w in zip(known, wanted, strict=True)):
                return known
        self.points.append(wanted)
        return wanted


def on_grid(footprint: Iterable[XY]) -> list[XY]:
    """Corners moved to whole millimetres."""
    return [(round(x, 3), round(y, 3)) for x, y in footprint]


def area_m2(ring: Sequence[XY]) -> float:
    """Signed area, positive when counter-clockwise."""
    following = (*ring[1:], ring[0])
    return 0.5 * sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, following, strict=True))


def _clip(ring: list[XY], keep: Plane) -> list[XY]:
    """The part of a convex ring where `keep` is not negative."""
    out: list[XY] = []
    for p, q in zip(ring, (*ring[1:], ring[0]), strict=True):
        at_p, at_q = keep.at(p), keep.at(q)
        if at_p >= -1e-9:
            out.append(p)
        if (at_p < -1e-9 and at_q > 1e-9) or (at_p > 1e-9 and at_q < -1e-9):
            t = at_p / (at_p - at_q)
            out.append((p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])))
    return out


def _without_repeats(ring: Sequence[Point]) -> Ring:
    return tuple(p for i, p in enumerate(ring) if p != ring[i - 1])


def _roof_faces(footprint: list[XY], planes: Sequence[Plane], welded: _Welded) -> Iterator[Face]:
    for k, plane in enumerate(planes):
        ring = footprint
        for j, other in enumerate(planes):
            if j != k and ring:
                lower = Plane(other.a - plane.a, other.b - plane.b, other.c - plane.c)
                ring = _clip(ring, lower)
        points = _without_repeats([welded.add(p, plane.at(p)) for p in ring])
        if len(set(points)) >= 3 and abs(area_m2([(p[0] / 1e3, p[1] / 1e3) for p in points])) > 0.02:
            yield Face("RoofSurface", (points,))


def _wall(a: XY, b: XY, base: float, roof_points: Iterable[Point], welded: _Welded) -> Face | None:
    """The wall below the roof's edge from `a` to `b`."""
    length = math.dist(a, b)
    along = ((b[0] - a[0]) / length, (b[1] - a[1]) / length)
    tops: list[tuple[float, Point]] = []
    for p in roof_points:
        dx, dy = p[0] / MILLIMETRES - a[0], p[1] / MILLIMETRES - a[1]
        if (
            abs(dx * along[1] - dy * along[0]) < 0.003
            and -0.003 < dx * along[0] + dy * along[1] < length + 0.003
        ):
            tops.append((dx * along[0] + dy * along[1], p))
    tops.sort(reverse=True)
    ring = _without_repeats([welded.add(a, base), welded.add(b, base), *(p for _, p in tops)])
    return Face("WallSurface", (ring,)) if len(set(ring)) >= 3 else None


def roofed(footprint: Sequence[XY], base: float, planes: Sequence[Plane]) -> Solid:
    """Walls from `base` to the lowest of `planes` over a convex counter-clockwise footprint."""
    corners = on_grid(footprint)
    welded = _Welded()
    roof = list(_roof_faces(corners, planes, welded))
    roof_points = list(dict.fromkeys(p for face in roof for p in face.rings[0]))
    walls = [
        _wall(a, b, base, roof_points, welded)
        for a, b in zip(corners, (*corners[1:], corners[0]), strict=True)
    ]
    ground = Face("GroundSurface", (tuple(reversed([welded.add(p, base) for p in corners])),))
    return Solid((ground, *(w for w in walls if w), *roof))


def block(outer: Sequence[XY], base: float, top: float, holes: Sequence[Sequence[XY]] = ()) -> Solid:
    """An upright block over any simple footprint, courtyards included."""
    rings = [on_grid(outer), *(on_grid(h) for h in holes)]
    rings = [r if (area_m2(r) > 0) == (i == 0) else r[::-1] for i, r in enumerate(rings)]
    walls = [
        Face(
            "WallSurface",
            ((millimetres(*a, base), millimetres(*b, base), millimetres(*b, top), millimetres(*a, top)),),
        )
        for ring in rings
        for a, b in zip(ring, (*ring[1:], ring[0]), strict=True)
    ]
    ground = Face("GroundSurface", tuple(tuple(millimetres(*p, base) for p in reversed(r)) for r in rings))
    roof = Face("RoofSurface", tuple(tuple(millimetres(*p, top) for p in r) for r in rings))
    return Solid((ground, *walls, roof))


@dataclass(frozen=True)
class Frame:
    """Axes of a footprint: `along` the ridge and `across` it, with the footprint's reach in both."""

    along: XY
    across: XY
    start: float
    end: float
    near: float
    far: float

    @classmethod
    def of(cls, footprint: Sequence[XY], ridge: XY) -> Frame:
        """The frame of a footprint whose ridge runs in direction `ridge`."""
        size = math.hypot(*ridge)
        along = (ridge[0] / size, ridge[1] / size)
        across = (-along[1], along[0])
        s = [p[0] * along[0] + p[1] * along[1] for p in footprint]
        t = [p[0] * across[0] + p[1] * across[1] for p in footprint]
        return cls(along, across, min(s), max(s), min(t), max(t))

    @property
    def half_width(self) -> float:
        """From the eaves to the ridge, level."""
        return (self.far - self.near) / 2

    def rising_across(self, slope: float, z: float, at: float) -> Plane:
        """A plane of height `z` where the distance across is `at`, rising with `slope`."""
        return Plane(slope * self.across[0], slope * self.across[1], z - slope * at)

    def rising_along(self, slope: float, z: float, at: float) -> Plane:
        """A plane of height `z` where the distance along is `at`, rising with `slope`."""
        return Plane(slope * self.along[0], slope * self.along[1], z - slope * at)


def flat(z: float) -> list[Plane]:
    """A level roof."""
    return [Plane(0.0, 0.0, z)]


def shed(frame: Frame, eaves: float, slope: float) -> list[Plane]:
    """One slope, lowest at the near side."""
    return [frame.rising_across(slope, eaves, frame.near)]


def gable(frame: Frame, eaves: float, slope: float) -> list[Plane]:
    """Two slopes meeting in a ridge."""
    return [frame.rising_across(slope, eaves, frame.near), frame.rising_across(-slope, eaves, frame.far)]


def hip(frame: Frame, eaves: float, slope: float, end_slope: float) -> list[Plane]:
    """A gable roof with sloping ends."""
    ends = [
        frame.rising_along(end_slope, eaves, frame.start),
        frame.rising_along(-end_slope, eaves, frame.end),
    ]
    return gable(frame, eaves, slope) + ends


def half_hip(frame: Frame, eaves: float, slope: float) -> list[Plane]:
    """A gable roof whose gables are cut off in their upper third."""
    start = eaves + 0.62 * slope * frame.half_width
    ends = [frame.rising_along(1.6, start, frame.start), frame.rising_along(-1.6, start, frame.end)]
    return gable(frame, eaves, slope) + ends


def mansard(frame: Frame, eaves: float, steep: float = 2.4, shallow: float = 0.45) -> list[Plane]:
    """Steep lower slopes on all sides below a shallow gable."""
    knee = min(2.9 / steep, 0.4 * frame.half_width)
    upper_eaves = eaves + (steep - shallow) * knee
    return hip(frame, eaves, steep, steep) + gable(frame, upper_eaves, shallow)


def pyramid(footprint: Sequence[XY], eaves: float, slope: float) -> list[Plane]:
    """One plane for each edge of a convex counter-clockwise footprint."""
    planes = []
    for (x0, y0), (x1, y1) in zip(footprint, (*footprint[1:], footprint[0]), strict=True):
        length = math.hypot(x1 - x0, y1 - y0)
        inward = (-(y1 - y0) / length, (x1 - x0) / length)
        at = x0 * inward[0] + y0 * inward[1]
        planes.append(Plane(slope * inward[0], slope * inward[1], eaves - slope * at))
    return planes


def circle(centre: XY, radius: float, corners: int, turn: float = 0.0) -> list[XY]:
    """A regular polygon, counter-clockwise."""
    angles = [turn + 2 * math.pi * i / corners for i in range(corners)]
    return [(centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in angles]


def rectangle(centre: XY, along: XY, length: float, width: float) -> list[XY]:
    """A rectangle whose `length` runs in direction `along`, counter-clockwise."""
    size = math.hypot(*along)
    ux, uy = along[0] / size, along[1] / size
    half = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return [
        (
            centre[0] + i * ux * length / 2 - j * uy * width / 2,
            centre[1] + i * uy * length / 2 + j * ux * width / 2,
        )
        for i, j in half
    ]


def normal_of(ring: Ring) -> NDArray[np.float64]:
    """Newell's normal; its length is twice the ring's area in square metres."""
    points = np.asarray(ring, np.float64) / MILLIMETRES
    following = np.roll(points, -1, axis=0)
    return np.asarray(np.cross(points - points[0], following - points[0]).sum(axis=0), np.float64)
